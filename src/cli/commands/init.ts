import { lstat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { replaceOutput } from '../../archive/write/replace-output.ts';
import { findCacheFolder } from '../../cache/cache-folder.ts';
import { ForkwrightError, isSystemError } from '../../errors.ts';
import type { Finding } from '../../finding.ts';
import { parseReference } from '../../oci/reference.ts';
import { loadRecipeText, readWorkspaceDefaults } from '../../recipe/load.ts';
import { WORKSPACE_FILE } from '../../recipe/read-file.ts';
import { hasCredentials, maskCredentials } from '../../recipe/quoted.ts';
import { nameSchema } from '../../recipe/recipe-schema.ts';
import { GIT_URL } from '../../recipe/upstream-schema.ts';
import { readWorkspaceText } from '../../recipe/workspace-file.ts';
import { printable } from '../../report/printable.ts';
import { failureOf } from '../../upstream/failure.ts';
import type { CommandResult, Invocation } from '../command.ts';
import { formatDraft } from '../init/draft.ts';
import type { BuildGuess } from '../init/guess.ts';
import { lookAtUpstream, type UpstreamLook } from '../init/upstream.ts';
import { WORKSPACE_FILES, type NewFile } from '../init/workspace.ts';

export interface InitArguments {
  /** Of the recipe; null to make one of the URL's. */
  readonly name: string | null;
  /** URL of the git repository that is forked; null for none. */
  readonly git: string | null;
  /** The image that upstream publishes; null for none. */
  readonly image: string | null;
}

const DEFAULT_NAME = 'tool';
const UNSEEN: UpstreamLook = { track: { kind: 'none' }, guess: { kind: 'none' } };

/**
 * `forkwright init`: in a folder without a workspace the files of one with a first recipe, in a workspace the draft of another
 * recipe. How it is built is guessed from the upstream where that can be reached. No file is replaced. Throws `usage.init`,
 * `init.exists`, `reference.*`, `cache.no-folder`.
 */
export async function initCommand(given: InitArguments, invocation: Invocation): Promise<CommandResult> {
  const { root } = invocation;
  const isNew = !(await exists(join(root, WORKSPACE_FILE))) && !(await exists(join(root, 'recipes')));
  const name = chooseName(given, isNew);
  const file = `recipes/${name}.yaml`;
  await refuseExisting(root, [file, `recipes/${name}.yml`]);
  if (given.image !== null) parseReference(given.image);
  const { look, findings } = await lookAt(given, name, invocation);
  const { defaults } = isNew ? newDefaults() : await readWorkspaceDefaults(root);
  const text = formatDraft({
    name,
    upstream: given.git === null ? null : { git: given.git, track: look.track },
    guess: look.guess,
    image: given.image,
    has: {
      group: defaults.group !== null,
      registry: defaults.registry !== null,
      platforms: defaults.platforms.length > 0,
      schema: await exists(join(root, 'schema/recipe.schema.json')),
    },
  });
  const hint = 'name another recipe';
  const { written, kept } = await writeFiles(root, [...(isNew ? WORKSPACE_FILES : []), { path: file, text, hint }]);
  const checked = loadRecipeText(text, file, defaults).findings;
  return {
    schema: 'forkwright.init/v1',
    json: { name, kind: look.guess.kind, written, kept: kept.map(({ path }) => path) },
    text: formatWritten(written, name, look.guess),
    findings: [...findings, ...kept.map(describeKept), ...checked],
  };
}

function newDefaults() {
  const settings = WORKSPACE_FILES.find(({ path }) => path === WORKSPACE_FILE)?.text ?? '';
  return readWorkspaceText(settings, WORKSPACE_FILE);
}

function chooseName({ name, git }: InitArguments, isNew: boolean): string {
  if (git !== null && (!GIT_URL.test(git) || hasCredentials(git))) {
    const text = hasCredentials(git) ? 'the URL carries a user or a password' : 'that is not a URL of a git repository';
    const hint = hasCredentials(git)
      ? 'leave it out; git asks its credential helper'
      : 'like https://github.com/owner/name.git';
    throw new ForkwrightError('usage.init', text, { place: maskCredentials(git), hint });
  }
  const chosen = name ?? (git === null ? (isNew ? DEFAULT_NAME : '') : nameOfUrl(git));
  const checked = nameSchema.safeParse(chosen);
  if (checked.success) return chosen;
  const text = chosen === '' ? 'the recipe has no name' : `${JSON.stringify(chosen)} is not a name of a recipe`;
  const hint = 'forkwright init NAME --git URL; lower-case letters and digits, single - or _ between them, at most 64';
  throw new ForkwrightError('usage.init', text, { hint });
}

/** `https://github.com/owner/My.Tool.git` is `my-tool`. */
function nameOfUrl(git: string): string {
  const last =
    git
      .replace(/(?:\.git)?\/*$/, '')
      .split(/[/:]/)
      .at(-1) ?? '';
  const plain = last
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 64);
  return plain.replaceAll(/^-|-$/g, '');
}

async function lookAt(
  { git }: InitArguments,
  name: string,
  invocation: Invocation,
): Promise<{ readonly look: UpstreamLook; readonly findings: readonly Finding[] }> {
  if (git === null) return { look: UNSEEN, findings: [] };
  const { root, cwd, env, run, signal, progress } = invocation;
  const cacheFolder = resolve(cwd, findCacheFolder(env, process.platform));
  try {
    return { look: await lookAtUpstream(git, name, { root, cacheFolder, env, run, signal, progress }), findings: [] };
  } catch (error) {
    const { text } = failureOf(error, signal);
    const hint = 'the draft says nothing of how it is built: write it by hand';
    return { look: UNSEEN, findings: [{ code: 'init.unseen', severity: 'warning', place: git, text, hint }] };
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return false;
    throw error;
  }
}

async function refuseExisting(root: string, files: readonly string[]): Promise<void> {
  for (const file of files) {
    if (!(await exists(join(root, file)))) continue;
    const hint = 'give the recipe another name, or edit the one that is there';
    throw new ForkwrightError('init.exists', 'it is there already, and is not replaced', { place: file, hint });
  }
}

async function writeFiles(root: string, files: readonly NewFile[]) {
  const written: string[] = [];
  const kept: NewFile[] = [];
  for (const file of files) {
    if (await exists(join(root, file.path))) {
      kept.push(file);
      continue;
    }
    await replaceOutput(join(root, file.path), (temporary) => writeFile(temporary, file.text));
    written.push(file.path);
  }
  return { written, kept };
}

function describeKept({ path, hint }: NewFile): Finding {
  return { code: 'init.kept', severity: 'note', place: path, text: 'it was there, and stays as it is', hint };
}

function formatWritten(written: readonly string[], name: string, guess: BuildGuess): string {
  const how = guess.kind === 'none' ? '' : ` (build: kind: ${guess.kind}, guessed from its source)`;
  return [
    ...written.map((path) => `wrote ${printable(path)}`),
    '',
    `Next: read recipes/${name}.yaml${how}, then`,
    `  forkwright validate && forkwright lock ${name} && forkwright render`,
    '',
  ].join('\n');
}
