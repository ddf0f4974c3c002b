import { lstat } from 'node:fs/promises';
import { basename, relative, resolve } from 'node:path';
import { writeTarget } from '../../archive/write/write-target.ts';
import { ForkwrightError, isSystemError } from '../../errors.ts';
import { hasFailed, type Finding } from '../../finding.ts';
import { listImages } from '../../image/select/list-images.ts';
import type { ImageSet } from '../../image/image-set.ts';
import { formatFamiliar, parseReference } from '../../oci/reference.ts';
import { platformNames } from '../../platform/names.ts';
import { formatPlatform, isSamePlatform, type Platform } from '../../platform/platform.ts';
import type { ImageSource } from '../../archive/read/image-source.ts';
import type { ImageFacts } from '../../adopt/image-facts.ts';
import { printable } from '../../report/printable.ts';
import { viewFacts } from '../adopt-view.ts';
import type { CommandResult, Invocation } from '../command.ts';
import { targetOf } from '../convert/archive.ts';
import { findReference } from '../find-reference.ts';
import { loadUsable } from '../load-usable.ts';
import { openKept } from '../open-kept.ts';

const SCHEMA = 'forkwright.adopt/v1';
const MAX_NAME_LENGTH = 512;

export interface AdoptArguments {
  /** Archive file, layout folder or image of a registry, as the user named it. */
  readonly source: string;
  /** Of the recipe; null to make one of the image's. */
  readonly name: string | null;
  /** Where the draft goes; null and `-` for stdout. */
  readonly output: string | null;
}

/**
 * `forkwright adopt`: drafts a recipe from an image, of what it says of itself and of what its files are. Nothing of it is
 * run. The draft is held to the rules of recipes; what is left to do in it, a commit that is not known, is a finding.
 * A broken archive is not used: the command ends with 2. Throws what `openSource` and `studyImage` throw,
 * `image.not-found`, and `adopt.exists` where the output is there already.
 */
export async function adoptCommand(options: AdoptArguments, invocation: Invocation): Promise<CommandResult> {
  const output = options.output === '-' ? null : options.output;
  if (output !== null) await refuseExisting(output, invocation);
  const source = await openKept(options.source, invocation);
  try {
    const { set, findings } = await loadUsable(source);
    if (hasFailed(findings, false)) return { schema: SCHEMA, json: {}, text: '', findings, exitCode: 2 };
    const studied = await studyAll(source, set, invocation);
    const name = options.name ?? nameOf(options.source, output, set);
    const { draftRecipe } = await import('../../adopt/draft-recipe.ts');
    const { formatDraft } = await import('../../adopt/format-draft.ts');
    const sourceText = await sourceTextOf(options.source, invocation);
    const text = formatDraft(draftRecipe(studied.facts, { name, source: options.source, sourceText }));
    if (output !== null) await writeDraft(output, text, invocation);
    return {
      schema: SCHEMA,
      json: { source: options.source, name, output, recipe: text, images: studied.facts.map(viewFacts) },
      text: output === null ? text : `${printable(output)}: a draft of ${name}\n`,
      findings: [...findings, ...studied.findings, ...(await checkDraft(name, text, invocation))],
    };
  } finally {
    await source.close();
  }
}

async function studyAll(source: ImageSource, set: ImageSet, { signal, progress }: Invocation) {
  const { studyImage } = await import('../../adopt/study-image.ts');
  const facts: ImageFacts[] = [];
  const findings: Finding[] = [];
  for (const { image, platform } of listImages(set)) {
    const config = image.config?.document;
    if (platform === null || config === undefined) continue;
    const refusal = refusePlatform(platform, facts);
    if (refusal !== null) {
      const place = `${source.name}: ${formatPlatform(platform)}`;
      findings.push({ code: 'adopt.platform-left-out', severity: 'warning', place, text: refusal, hint: null });
      continue;
    }
    const task = progress.task(`looking at ${source.name}: ${formatPlatform(platform)}`, null);
    try {
      const studied = await studyImage({ source, image, platform, config }, { signal });
      facts.push(studied.facts);
      findings.push(...studied.findings);
      task.done('');
    } catch (error) {
      task.fail('not read to its end');
      throw error;
    }
  }
  if (facts.length > 0) return { facts, findings };
  throw new ForkwrightError('image.not-found', 'it holds no image of a platform that a recipe can have', {
    place: source.name,
    hint: '`forkwright inspect` shows what it holds',
  });
}

function refusePlatform(platform: Platform, before: readonly ImageFacts[]): string | null {
  if (before.some((each) => isSamePlatform(each.platform, platform))) {
    return 'there is another image of this platform before it; this one is not in the draft';
  }
  return platformNames(platform) === null ? 'a recipe cannot have this platform; its image is not in the draft' : null;
}

async function checkDraft(name: string, text: string, { root }: Invocation): Promise<readonly Finding[]> {
  const { loadRecipeText, readWorkspaceDefaults } = await import('../../recipe/load.ts');
  const { defaults } = await readWorkspaceDefaults(root);
  return loadRecipeText(text, `recipes/${name}.yaml`, { ...defaults, isFaulty: false }).findings;
}

async function refuseExisting(output: string, { cwd }: Invocation): Promise<void> {
  try {
    await lstat(resolve(cwd, output));
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return;
    throw error;
  }
  throw new ForkwrightError('adopt.exists', 'it is there already, and a draft does not replace it', {
    place: output,
    hint: 'name another file, or print the draft and compare',
  });
}

async function writeDraft(output: string, text: string, invocation: Invocation): Promise<void> {
  const options = { ...invocation, compression: 'none', zstdLevel: 0 } as const;
  await writeTarget(targetOf(output, invocation), options, (sink) => sink.append(Buffer.from(text)));
}

/** By the file that it is written to, else the image's own name, else the archive's. */
function nameOf(source: string, output: string | null, { roots }: ImageSet): string {
  const file = /^(.*)\.ya?ml$/.exec(output === null ? '' : basename(output))?.[1];
  const [given] = roots.flatMap(({ names }) => names);
  const words = [file, given, source].flatMap((each) => (each === undefined ? [] : [toName(each)]));
  return words.find((word) => word !== '') ?? 'fork';
}

/** `registry.example.com/releng/Tool:1.2` and `out/tool.oci.tar` are `tool`. */
function toName(text: string): string {
  const [named = ''] = text.slice(0, MAX_NAME_LENGTH).split('@', 1);
  const last = named.split(/[/\\]/).findLast((part) => part !== '') ?? '';
  const plain = last.replace(/:[^:]*$/, '').replace(/(?:\.(?:oci|docker|rootfs|tar|tgz|gz|xz|zst))+$/i, '');
  return plain
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 64)
    .replaceAll(/^-|-$/g, '');
}

/** How a recipe of this workspace names the image; null for an archive that does not lie in it. */
async function sourceTextOf(source: string, { cwd, root }: Invocation): Promise<string | null> {
  const reference = await findReference(source, cwd);
  if (reference !== null) return formatFamiliar(parseReference(formatFamiliar(reference)));
  if (source === '-') return null;
  const path = relative(root, resolve(cwd, source.replace(/^(?:oci|oci-archive|docker-archive):/, '')));
  const parts = path.split(/[/\\]/);
  return path === '' || parts[0] === '..' || resolve(path) === path ? null : `./${parts.join('/')}`;
}
