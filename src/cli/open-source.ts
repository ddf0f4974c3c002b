import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ImageSource } from '../archive/read/image-source.ts';
import { openImageSource } from '../archive/read/open.ts';
import type { RootfsConfig } from '../archive/read/rootfs-config.ts';
import { composeConfig } from '../build/compose-config.ts';
import { readSourceDateEpoch } from '../build/source-date.ts';
import { ForkwrightError } from '../errors.ts';
import type { Finding } from '../finding.ts';
import type { ImageReference } from '../oci/reference.ts';
import { parseConfig } from '../oci/parse-config.ts';
import { parseStrictJson } from '../oci/strict-json.ts';
import { formatPlatform, isSamePlatform, type Platform } from '../platform/platform.ts';
import type { ResolvedRecipe, Target } from '../recipe/target.ts';
import { formatDockerImport } from '../render/docker-import.ts';
import type { Invocation } from './command.ts';
import { findReference } from './find-reference.ts';

/** What the user says of an archive that does not say it itself. */
export interface GivenConfig {
  /** File with an image config, from the invocation's folder; null for none. */
  readonly config: string | null;
  readonly platform: Platform | null;
  /** What the image should be; null for none. */
  readonly recipe: ResolvedRecipe | null;
}

/**
 * Opens an archive, or an image of a registry, for a command; a root filesystem becomes an image where the config is given, by a file or by a recipe
 * and a platform. Throws what `openImageSource` throws; `archive.no-config` has the `docker import` lines where a recipe is
 * known; `config.unreadable`, `json.malformed`, `config.malformed`.
 */
export async function openSource(name: string, given: GivenConfig, invocation: Invocation): Promise<ImageSource> {
  const reference = await findReference(name, invocation.cwd);
  if (reference !== null) return openImage(name, reference, given, invocation);
  const rootfs = await readRootfsConfig(given, invocation);
  try {
    const options = rootfs === null ? invocation : { ...invocation, rootfs };
    const source = await openImageSource(name, invocation.cwd, options);
    return source.format === 'rootfs' ? sayBase(source, given) : sayUnused(source, given);
  } catch (error) {
    if (!(error instanceof ForkwrightError) || error.code !== 'archive.no-config' || given.recipe === null) throw error;
    throw withImportLines(error, name, given.recipe);
  }
}

/** What reaches registries is loaded only where one is asked. */
async function openImage(
  name: string,
  reference: ImageReference,
  given: GivenConfig,
  invocation: Invocation,
): Promise<ImageSource> {
  const { openReference } = await import('./open-registry.ts');
  const options = { platform: null, takesReferrers: false };
  return sayUnused((await openReference(name, reference, options, invocation)).source, given);
}

async function readRootfsConfig(given: GivenConfig, invocation: Invocation): Promise<RootfsConfig | null> {
  const { config, platform, recipe } = given;
  if (config !== null) {
    return { config: await readConfigFile(config, invocation), place: config, platform };
  }
  if (recipe === null || platform === null) return null;
  const target = findTarget(given);
  if (target === null) return null;
  const epochSeconds = readSourceDateEpoch(invocation.env) ?? 0;
  const composed = composeConfig({ platform, image: target.image, base: null, layer: null, epochSeconds });
  return { config: composed, place: recipe.file, platform };
}

function findTarget({ recipe, platform }: GivenConfig): Target | null {
  if (recipe === null || platform === null) return null;
  return recipe.targets.find((each) => isSamePlatform(each.platform, platform)) ?? null;
}

async function readConfigFile(path: string, { cwd }: Invocation): Promise<RootfsConfig['config']> {
  let bytes: Buffer;
  try {
    bytes = await readFile(resolve(cwd, path));
  } catch (cause) {
    throw new ForkwrightError('config.unreadable', 'the config cannot be read', { place: path, cause });
  }
  parseConfig(parseStrictJson(bytes, path), path);
  const document: unknown = JSON.parse(bytes.toString('utf8'));
  return typeof document === 'object' && document !== null ? { ...document } : {};
}

/** A recipe says what it adds to its base, and not what the base says. */
function sayBase(source: ImageSource, given: GivenConfig): ImageSource {
  const base = given.config === null ? findTarget(given)?.image.base : undefined;
  if (base === undefined || base.type === 'scratch') return source;
  const text = 'its config is what the recipe says; what it had from its base, the environment for one, is not known';
  return withNote(source, 'archive.base-unknown', text);
}

function sayUnused(source: ImageSource, { config, platform }: GivenConfig): ImageSource {
  if (config === null && platform === null) return source;
  const text = 'it has configs of its own, so --config and --platform are not used';
  return withNote(source, 'archive.config-unused', text);
}

function withNote(source: ImageSource, code: string, text: string): ImageSource {
  const finding: Finding = { code, severity: 'note', place: source.name, text, hint: null };
  return { ...source, findings: [...source.findings, finding] };
}

function withImportLines(error: ForkwrightError, name: string, recipe: ResolvedRecipe): ForkwrightError {
  // Most platforms start alike; a line for each different start is enough.
  const lines = new Map<string, string>();
  const [first] = recipe.targets;
  for (const { image, platform } of recipe.targets) {
    const start = formatDockerImport(image, first?.platform ?? platform, name, imageName(recipe));
    if (!lines.has(start)) lines.set(start, formatDockerImport(image, platform, name, imageName(recipe)));
  }
  const heading = `${error.message}. By the recipe ${recipe.name} docker gives them back with`;
  const text = [heading, ...lines.values()].join('\n');
  return new ForkwrightError(error.code, text, {
    ...(error.place === undefined ? {} : { place: error.place }),
    hint: `or say which platform it is: --platform ${recipe.targets.map(platformOf).join('|')}`,
  });
}

function platformOf({ platform }: Target): string {
  return formatPlatform(platform);
}

function imageName({ name, version, publish }: ResolvedRecipe): string {
  return `${publish.image ?? name}:${publish.tags[0] ?? version}`;
}
