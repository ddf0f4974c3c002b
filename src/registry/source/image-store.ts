import type { ImageSource } from '../../archive/read/image-source.ts';
import type { Digest } from '../../oci/digest.ts';
import { parseGraphDocument } from '../../oci/parse-manifest.ts';
import { formatFamiliar, formatReference, type ImageReference } from '../../oci/reference.ts';
import { parseStrictJson } from '../../oci/strict-json.ts';
import { acceptablePlatforms } from '../../platform/acceptable.ts';
import { isSamePlatform, type Platform } from '../../platform/platform.ts';
import type { Repository } from '../repository/repository.ts';
import { openBlobCache, readThroughCache } from './blob-cache.ts';
import { DEFAULT_TAG, openRegistrySource } from './registry-source.ts';

export interface ImageStoreSettings {
  /** Gives the repository of a name, or its mirror. */
  readonly openRepository: (reference: ImageReference) => Promise<Repository>;
  readonly cacheFolder: string;
  readonly signal: AbortSignal;
}

/** Images of registries that a build takes something from. */
export interface ImageStore {
  /** Gives what a name stands for: its digest, or what its tag had when it was first asked for, the same for the whole run. */
  readonly resolve: (reference: ImageReference) => Promise<Digest>;
  /**
   * Opens what an image has for a platform, or for the next older variant. What is read is kept; what is kept needs no
   * network. An image without the platform opens, too, and holds nothing of it.
   */
  readonly open: (reference: ImageReference, platform: Platform) => Promise<ImageSource>;
}

/** Opens a store over registries and the cache. Its functions throw as `openRegistrySource`, and `cache.*`. */
export function openImageStore({ openRepository, cacheFolder, signal }: ImageStoreSettings): ImageStore {
  const cache = openBlobCache(cacheFolder, signal);
  const resolved = new Map<string, Promise<Digest>>();
  const openKept = async (reference: ImageReference) => readThroughCache(await openRepository(reference), cache);
  const ask = async (reference: ImageReference): Promise<Digest> => {
    const repository = await openKept(reference);
    return (await repository.readManifest(reference.tag ?? DEFAULT_TAG)).digest;
  };
  const resolve = async (reference: ImageReference): Promise<Digest> => {
    if (reference.digest !== null) return reference.digest;
    const name = formatReference(reference);
    const known = resolved.get(name) ?? ask(reference);
    resolved.set(name, known);
    return known;
  };
  return {
    resolve,
    open: async (reference, platform) => {
      const pinned = { ...reference, digest: await resolve(reference) };
      const repository = await openKept(reference);
      const name = formatFamiliar(pinned);
      const listed = await chooseListed(repository, pinned.digest, platform, name);
      return openRegistrySource(repository, pinned, { name, signal, platform: listed });
    },
  };
}

/** Of an index, the platform that it lists for a wanted one; else the wanted one itself. */
async function chooseListed(
  repository: Repository,
  digest: Digest,
  platform: Platform,
  place: string,
): Promise<Platform> {
  const { bytes, mediaType } = await repository.readManifest(digest);
  const { kind, document } = parseGraphDocument(parseStrictJson(bytes, place), mediaType, place);
  if (kind === 'manifest') return platform;
  const isListed = (accepted: Platform) =>
    document.manifests.some((child) => child.platform !== null && isSamePlatform(child.platform, accepted));
  return acceptablePlatforms(platform).find(isListed) ?? platform;
}
