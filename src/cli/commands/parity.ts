import { stat } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import type { ImageSource } from '../../archive/read/image-source.ts';
import { ForkwrightError, isSystemError } from '../../errors.ts';
import { hasFailed, type Finding } from '../../finding.ts';
import { judgeDifferences } from '../../image/compare/compare-accepted.ts';
import { compareImages } from '../../image/compare/compare-images.ts';
import type { ComparedImage } from '../../image/compare/compare-type.ts';
import type { ImageSet } from '../../image/image-set.ts';
import { listImages } from '../../image/select/list-images.ts';
import { formatFamiliar } from '../../oci/reference.ts';
import { comparePlatforms } from '../../platform/order.ts';
import { formatPlatform, isSamePlatform } from '../../platform/platform.ts';
import type { ResolvedRecipe } from '../../recipe/target.ts';
import type { CommandResult, Invocation } from '../command.ts';
import { describeSide, readSides, type SideImage } from '../compare-sides.ts';
import { loadRecipe } from '../load-recipe.ts';
import { loadUsable } from '../load-usable.ts';
import { openKept } from '../open-kept.ts';
import { formatParity } from '../parity-text.ts';

const SCHEMA = 'forkwright.parity/v1';

export interface ParityArguments {
  readonly recipe: string;
  /** Our image: an archive or an image of a registry; null for the index below out/. */
  readonly ours: string | null;
  /** What it is compared with; null for the image that the recipe names. */
  readonly theirs: string | null;
  /** Whether contents of files are compared too, and all files are listed. */
  readonly files: boolean;
}

/**
 * `forkwright parity`: compares the image of a recipe with the one that upstream publishes, platform by platform. Every
 * difference that the recipe does not accept makes it end with 1. Broken archives are not compared: it ends with 2. Throws
 * what `loadRecipe` and `openSource` throw, `parity.no-image` where nothing says what to compare with, `parity.not-built`.
 */
export async function parityCommand(options: ParityArguments, invocation: Invocation): Promise<CommandResult> {
  const recipe = await loadRecipe(invocation.root, options.recipe);
  const theirName = options.theirs ?? upstreamImage(recipe);
  const ourName = options.ours ?? (await builtIndex(recipe, invocation));
  const ours = await openKept(ourName, invocation);
  try {
    const theirs = await openKept(theirName, invocation);
    try {
      return await compareSources(ours, theirs, recipe, options, invocation);
    } finally {
      await theirs.close();
    }
  } finally {
    await ours.close();
  }
}

function upstreamImage({ parity, file }: ResolvedRecipe): string {
  if (parity !== null) return `docker://${formatFamiliar(parity.image)}`;
  throw new ForkwrightError('parity.no-image', 'the recipe names no image to compare with', {
    place: file,
    hint: 'add parity: {image: …} with what upstream publishes, or give --theirs',
  });
}

async function builtIndex({ name }: ResolvedRecipe, { root, cwd }: Invocation): Promise<string> {
  const path = join(root, 'out', name, `${name}.oci.tar`);
  const shown = relative(cwd, path);
  try {
    await stat(path);
    return shown.startsWith('..') ? resolve(path) : shown;
  } catch (error) {
    if (!isSystemError(error, 'ENOENT', 'ENOTDIR')) throw error;
    throw new ForkwrightError('parity.not-built', 'the recipe has no index yet', {
      place: shown,
      hint: `forkwright make ${name}, or name our image with --ours`,
    });
  }
}

async function compareSources(
  ours: ImageSource,
  theirs: ImageSource,
  recipe: ResolvedRecipe,
  options: ParityArguments,
  invocation: Invocation,
): Promise<CommandResult> {
  const [our, their] = [await loadUsable(ours), await loadUsable(theirs)];
  const before = [...our.findings, ...their.findings];
  if (hasFailed(before, false)) return { schema: SCHEMA, json: {}, text: '', findings: before, exitCode: 2 };
  const [ourImages, theirImages] = [sidesOf(ours, our.set), sidesOf(theirs, their.set)];
  const { described, findings } = await readAll(ourImages, theirImages, options, invocation);
  const { differences, numbers } = compareImages(described[0], described[1]);
  const { judged, unused } = judgeDifferences(differences, recipe.parity?.accept ?? []);
  const open = judged.filter(({ accepted }) => accepted === null).length;
  const place = recipe.file;
  const notes = unused.map(({ what, platform }): Finding => {
    const where = platform === null ? '' : ` on ${platform}`;
    const text = `it accepts ${JSON.stringify(what)}${where}, and there is no such difference`;
    return { code: 'parity.unused-acceptance', severity: 'note', place, text, hint: 'remove it' };
  });
  const text = `${ours.name} and ${theirs.name} have ${open} difference${open === 1 ? '' : 's'} that the recipe does not accept`;
  const hint = 'what is meant is accepted under parity.accept of the recipe';
  const verdict: readonly Finding[] =
    open === 0 ? [] : [{ code: 'parity.differs', severity: 'error', place, text, hint }];
  return {
    schema: SCHEMA,
    json: { recipe: recipe.name, ours: ours.name, theirs: theirs.name, images: numbers, differences: judged },
    text: formatParity(numbers, judged, options.files),
    findings: [...before, ...findings, ...notes, ...verdict],
  };
}

/** In index order; those without a platform or a config are no images that could be compared. */
function sidesOf(source: ImageSource, set: ImageSet): readonly SideImage[] {
  const found = listImages(set).flatMap(({ image, platform }): readonly SideImage[] => {
    const config = image.config?.document;
    return platform === null || config === undefined ? [] : [{ source, image, platform, config }];
  });
  if (found.length > 0) return found.toSorted((a, b) => comparePlatforms(a.platform, b.platform));
  throw new ForkwrightError('image.not-found', 'it holds no image with a platform', {
    place: source.name,
    hint: '`forkwright inspect` shows what it holds',
  });
}

/** Files are read of the images only that have a counterpart which is not the very same. */
async function readAll(
  ours: readonly SideImage[],
  theirs: readonly SideImage[],
  { files: hasContents }: ParityArguments,
  { signal, progress }: Invocation,
): Promise<{
  readonly described: readonly [readonly ComparedImage[], readonly ComparedImage[]];
  readonly findings: readonly Finding[];
}> {
  const findings: Finding[] = [];
  const read = new Map<SideImage, ComparedImage['files']>();
  for (const our of ours) {
    const their = theirs.find(({ platform }) => isSamePlatform(platform, our.platform));
    if (their === undefined || their.image.descriptor.digest === our.image.descriptor.digest) continue;
    const task = progress.task(`comparing ${formatPlatform(our.platform)}`, null);
    try {
      const [one, other] = await readSides(our, their, hasContents, signal);
      read.set(our, one);
      read.set(their, other);
      task.done('');
    } catch (error) {
      task.fail('not read to its end');
      throw error;
    }
    if (our.platform.os !== 'windows') continue;
    const text = 'the layers of a Windows image are not looked at: configs are compared, files are not';
    const place = `${our.source.name}: ${formatPlatform(our.platform)}`;
    findings.push({ code: 'parity.files-not-compared', severity: 'note', place, text, hint: null });
  }
  const describe = (side: SideImage) => ({ ...describeSide(side), files: read.get(side) ?? null });
  return { described: [ours.map(describe), theirs.map(describe)], findings };
}
