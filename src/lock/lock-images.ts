import { ForkwrightError } from '../errors.ts';
import { formatFamiliar } from '../oci/reference.ts';
import { formatPlatform, type Platform } from '../platform/platform.ts';
import type { ResolvedRecipe } from '../recipe/target.ts';
import { unite, type WantedImage } from './list-images.ts';
import type { LockedImage, RecipeLock, RegistryImage } from './lock.ts';
import type { FoundImage } from './look-up-image.ts';
import type { LookUps } from './look-ups.ts';
import type { Problems } from './problems.ts';

/** A recipe, the images that it is made from, and what its lock has of them. */
export interface ImageJob {
  readonly recipe: ResolvedRecipe;
  readonly images: ReadonlyMap<string, WantedImage>;
  readonly before: RecipeLock['images'];
  /** Whether the images are all of them; else what is locked besides them stays. */
  readonly isComplete: boolean;
}

/**
 * Locks the images of recipes; each is looked up once for all that lack the same of it. What a lock has stays: a platform
 * that it lacks is taken out of the index that it has.
 */
export async function lockImages(
  jobs: readonly ImageJob[],
  lookUp: LookUps['image'],
  problems: Problems,
): Promise<ReadonlyMap<string, RecipeLock['images']>> {
  const lacking = new Map<string, Lack>();
  for (const { images, before } of jobs) {
    for (const [key, wanted] of images) {
      const lack = findLack(wanted, before.get(key));
      if (lack === null) continue;
      const name = lackName(key, lack);
      const platforms = unite(lacking.get(name)?.platforms ?? [], lack.platforms);
      lacking.set(name, { ...lack, platforms });
    }
  }
  const asked = new Map<string, Promise<FoundImage>>();
  const ask = async (key: string, lack: Lack): Promise<FoundImage> => {
    const name = lackName(key, lack);
    const { platforms } = lacking.get(name) ?? lack;
    const answer = asked.get(name) ?? lookUp(lack.reference, platforms);
    asked.set(name, answer);
    return answer;
  };
  const locked = jobs.map(async ({ recipe, images, before, isComplete }) => {
    const entries = [...images].map(async ([key, wanted]) => {
      const image = await problems.attempt(recipe.name, () => lockImage(key, wanted, before.get(key), ask));
      return image === null ? [] : [[key, image] as const];
    });
    const settled = (await Promise.all(entries)).flat();
    return [recipe.name, new Map(isComplete ? settled : [...before, ...settled])] as const;
  });
  return new Map(await Promise.all(locked));
}

/** What is to be asked for. */
interface Lack {
  /** With the digest of the index that is locked, where there is one. */
  readonly reference: WantedImage['reference'];
  readonly platforms: readonly Platform[];
}

function lackName(key: string, { reference }: Lack): string {
  return `${key} ${reference.digest ?? ''}`;
}

function findLack(
  { reference, parent, platforms, builders }: WantedImage,
  before: LockedImage | undefined,
): Lack | null {
  if (parent !== null) return null;
  const all = unite(platforms, builders);
  if (before?.kind !== 'registry') return { reference, platforms: all };
  const missing = platforms.filter((platform) => !before.platforms.has(formatPlatform(platform)));
  const hasBuilder =
    builders.length === 0 || builders.some((platform) => before.platforms.has(formatPlatform(platform)));
  if (missing.length === 0 && hasBuilder) return null;
  const [first] = before.platforms.values();
  const digest = before.index ?? first?.digest ?? reference.digest;
  return { reference: { ...reference, digest }, platforms: all };
}

async function lockImage(
  key: string,
  wanted: WantedImage,
  before: LockedImage | undefined,
  ask: (key: string, lack: Lack) => Promise<FoundImage>,
): Promise<LockedImage> {
  if (wanted.parent !== null) return { kind: 'recipe', recipe: wanted.parent };
  const lack = findLack(wanted, before);
  if (lack === null && before?.kind === 'registry') return onlyWanted(before, wanted);
  const { image, listed } = await ask(key, lack ?? wanted);
  const missing = wanted.platforms.map(formatPlatform).filter((platform) => !image.platforms.has(platform));
  if (missing.length === 0 && image.platforms.size > 0) return onlyWanted(image, wanted);
  const what = missing.length === 0 ? 'neither linux/amd64 nor linux/arm64, where it is to run' : missing.join(', ');
  throw new ForkwrightError('lock.no-platform', `${formatFamiliar(wanted.reference)} has no ${what}`, {
    hint: `it has ${listed.join(', ')}`,
  });
}

/** Leaves out platforms that the recipe does not have any more. */
function onlyWanted({ index, platforms }: RegistryImage, wanted: WantedImage): RegistryImage {
  const names = new Set(unite(wanted.platforms, wanted.builders).map(formatPlatform));
  return { kind: 'registry', index, platforms: new Map([...platforms].filter(([platform]) => names.has(platform))) };
}
