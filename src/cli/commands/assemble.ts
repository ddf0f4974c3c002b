import { ForkwrightError } from '../../errors.ts';
import type { Finding } from '../../finding.ts';
import { shortDigest } from '../../image/blob-uses.ts';
import type { MergeOptions, MergePlan } from '../../image/merge.ts';
import { formatReference, parseReference, type ImageReference } from '../../oci/reference.ts';
import { compareText } from '../../platform/order.ts';
import { parsePlatform } from '../../platform/parse.ts';
import { formatPlatform, type Platform } from '../../platform/platform.ts';
import type { ResolvedRecipe } from '../../recipe/target.ts';
import { formatSize } from '../../report/size.ts';
import { formatTable } from '../../report/table.ts';
import { assembleArchives } from '../assemble-archives.ts';
import type { CommandResult, Invocation } from '../command.ts';
import { loadRecipe } from '../load-recipe.ts';

const SCHEMA = 'forkwright.assemble/v1';

export interface AssembleArguments {
  /** Archive files or layout folders, as the user named them; one may be named twice. */
  readonly archives: readonly string[];
  /** Where the index goes: an archive where it ends in `.tar`, else a layout folder. */
  readonly output: string;
  /** Image names, each with a tag. */
  readonly names: readonly string[];
  /** The platform that gets a manifest.json for docker's classic store; null for none. */
  readonly dockerCompat: string | null;
  /** `archive=platform`, or with one archive only the platform. */
  readonly platforms?: readonly string[];
  /** File with the image config of root filesystems among the archives; null for none. */
  readonly config?: string | null;
  /** Name of the recipe whose images these are: what they were built from goes into the index; null for none. */
  readonly recipe?: string | null;
}

/**
 * `forkwright assemble`: puts the images of several archives into one index. A broken input is not used: the command ends
 * with 2, its findings say what is wrong, and nothing is written. Throws `reference.malformed`, `platform.unknown`,
 * `assemble.unknown-archive`, and what `loadRecipe` and `assembleArchives` throws.
 */
export async function assembleCommand(options: AssembleArguments, invocation: Invocation): Promise<CommandResult> {
  const { archives, output } = options;
  const names = parseNames(options.names);
  const dockerCompat = options.dockerCompat === null ? null : parsePlatform(options.dockerCompat);
  const platforms = parsePlatforms(options.platforms ?? [], archives);
  const { config = null, recipe = null } = options;
  const given = { config, recipe: recipe === null ? null : await loadRecipe(invocation.root, recipe) };
  const annotations = await annotate(given.recipe, archives, invocation);
  const { written, findings } = await assembleArchives(
    { archives, output, names, dockerCompat, platforms, given, annotations },
    invocation,
  );
  if (written === null) return { schema: SCHEMA, json: {}, text: '', findings, exitCode: 2 };
  const { plan, sizeBytes } = written;
  return {
    schema: SCHEMA,
    json: toJson(plan, output, sizeBytes, names),
    text: formatPlan(plan, output, sizeBytes),
    findings: [...findings, ...sayHowToSelect(names, output)],
  };
}

/** What the images of a recipe were built from; nothing without one, which is why it is loaded only then. */
async function annotate(
  recipe: ResolvedRecipe | null,
  archives: readonly string[],
  invocation: Invocation,
): Promise<NonNullable<MergeOptions['annotations']>> {
  if (recipe === null) return new Map();
  const { listInputAnnotations } = await import('../if-needed/annotations.ts');
  return listInputAnnotations(recipe, archives, invocation);
}

/** A file name may hold `=`, a platform does not. */
function parsePlatforms(texts: readonly string[], archives: readonly string[]): ReadonlyMap<string, Platform> {
  const platforms = new Map<string, Platform>();
  for (const text of texts) {
    const equals = text.lastIndexOf('=');
    const archive = equals === -1 && new Set(archives).size === 1 ? archives[0] : text.slice(0, Math.max(equals, 0));
    if (archive === undefined || !archives.includes(archive)) {
      throw new ForkwrightError('assemble.unknown-archive', `--platform ${text} is for none of the archives`, {
        hint: `write it as the archive is written: --platform ${archives[0] ?? 'tool.tar'}=linux/arm64`,
      });
    }
    platforms.set(archive, parsePlatform(text.slice(equals + 1)));
  }
  return platforms;
}

function parseNames(texts: readonly string[]): readonly ImageReference[] {
  const names = new Map<string, ImageReference>();
  for (const text of texts) {
    const name = parseReference(text);
    if (name.tag === null || name.digest !== null) {
      const why = name.tag === null ? 'has no tag' : 'has a digest';
      const hint = 'a name inside an archive is a repository and a tag: registry.example.org/zoo:1.0';
      throw new ForkwrightError('reference.malformed', `the name ${JSON.stringify(text)} ${why}`, { hint });
    }
    names.set(formatReference(name), name);
  }
  return [...names].toSorted(([a], [b]) => compareText(a, b)).map(([, name]) => name);
}

function toJson(
  { index, children }: MergePlan,
  output: string,
  sizeBytes: number,
  names: readonly ImageReference[],
): CommandResult['json'] {
  return {
    output,
    sizeBytes,
    index: { digest: index.digest, mediaType: index.mediaType, sizeBytes: index.bytes.length },
    names: names.map(formatReference),
    manifests: children.map(({ platform, ...child }) => ({
      ...child,
      platform: platform === null ? null : formatPlatform(platform),
    })),
  };
}

function formatPlan({ index, children }: MergePlan, output: string, sizeBytes: number): string {
  const columns = ['platform', 'digest', 'size', 'from'].map((title) => {
    return { title, align: title === 'size' ? ('right' as const) : ('left' as const) };
  });
  const rows = children.map(({ kind, platform, digest, totalBytes, sources }) => [
    platform === null ? kind : formatPlatform(platform),
    shortDigest(digest),
    formatSize(totalBytes),
    sources.join(', '),
  ]);
  return `${formatTable(columns, rows)}\n${output} ${index.digest} ${formatSize(sizeBytes)}\n`;
}

/** docker and buildx write one entry per name too, and skopeo then wants to be told which. */
function sayHowToSelect(names: readonly ImageReference[], output: string): readonly Finding[] {
  if (names.length < 2) return [];
  const text = `the archive has ${names.length} names for its index; skopeo reads it only with a tag behind its path`;
  const hint = `for example oci-archive:${output}:${names[0]?.tag ?? ''}`;
  return [{ code: 'assemble.several-names', severity: 'note', place: output, text, hint }];
}
