import type { Digest } from '../oci/digest.ts';
import { formatReference, type ImageReference } from '../oci/reference.ts';
import type { CheckDeps } from './check-deps.ts';
import { failureOf, type Failure } from './failure.ts';
import type { ImageSight } from './judge-image.ts';
import { keepImageObservation, readImageObservation, type ImageObservation } from './observation.ts';
import { observeImage, readManifests } from './observe-image.ts';
import { remember } from './remember.ts';
import type { PinnedImage } from './state.ts';

export interface SeenImage {
  readonly observation: ImageObservation | null;
  readonly failure: Failure | null;
}

/**
 * Gives what looks at images of registries, or with `isOffline` at what was last seen of them; what it sees is kept. A name
 * is asked for once, whoever has pinned what of it. Throws `cache.write-failed`; what the registry fails at is in the result.
 */
export function createImageSights(deps: CheckDeps): (pinned: PinnedImage) => Promise<ImageSight> {
  const see = remember((reference: ImageReference) => seeImage(reference, deps));
  const readPinned = remember(({ reference, digest }: { reference: ImageReference; digest: Digest }) =>
    deps.limit(reference.registry, async () => {
      const repository = deps.openRepository(reference);
      // A registry need not keep what no tag points to.
      return (await repository.headManifest(digest)) === null ? null : readManifests(digest, repository);
    }),
  );
  return async ({ reference, digest, platforms }) => {
    const seen = await see(reference.tag === null ? reference : { ...reference, digest: null });
    const found = seen.observation?.digest ?? null;
    const isNeeded =
      digest !== null && found !== null && found !== digest && platforms.some((each) => each.digest === null);
    if (!isNeeded || seen.failure !== null || deps.isOffline) return { ...seen, pinnedManifests: null };
    try {
      return { ...seen, pinnedManifests: await readPinned({ reference: { ...reference, digest: null }, digest }) };
    } catch (error) {
      return { ...seen, pinnedManifests: null, failure: failureOf(error, deps.signal) };
    }
  };
}

/** Looks at one image. Throws as above. */
export async function seeImage(reference: ImageReference, deps: CheckDeps): Promise<SeenImage> {
  const name = formatReference(reference);
  const before = await readImageObservation(deps.cacheFolder, name);
  if (deps.isOffline) return { observation: before, failure: null };
  try {
    const now = new Date(deps.nowMs()).toISOString();
    const looking = () => observeImage(reference, deps.openRepository(reference), before, now);
    const observation = await deps.limit(reference.registry, looking);
    await keepImageObservation(deps.cacheFolder, name, observation);
    return { observation, failure: null };
  } catch (error) {
    return { observation: before, failure: failureOf(error, deps.signal) };
  }
}
