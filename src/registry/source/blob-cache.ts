import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { keepHashedFile, type HashedFile } from '../../cache/hashed-file.ts';
import { ForkwrightError } from '../../errors.ts';
import { digestParts, isDigest, type Digest } from '../../oci/digest.ts';
import type { Repository } from '../repository/repository.ts';

/** Blobs and manifests by digest, kept on the disk from one run to the next. */
export interface BlobCache {
  /** Gives the kept bytes, or takes them from `fetch`, once however many ask. Throws `blob.corrupt`, `cache.*`. */
  readonly keep: (digest: Digest, place: string, fetch: () => AsyncIterable<Uint8Array>) => Promise<HashedFile>;
}

/** Opens the cache of blobs below forkwright's cache folder. What is kept there is hashed once before it is used. */
export function openBlobCache(cacheFolder: string, signal: AbortSignal): BlobCache {
  const known = new Map<Digest, Promise<HashedFile>>();
  return {
    keep: async (digest, place, fetch) => {
      const { algorithm, hex } = digestParts(digest);
      const folder = join(cacheFolder, 'blobs', algorithm, hex);
      const found = known.get(digest) ?? keepHashedFile(folder, () => holdTo(fetch(), digest, place), signal);
      known.set(digest, found);
      return found;
    },
  };
}

/**
 * Gives a repository that reads by digest from the cache where that has it, without asking the registry. A kept manifest
 * has no media type but the one that it says of itself: `mediaType` is ''. All else is the repository's own.
 */
export function readThroughCache(repository: Repository, cache: BlobCache): Repository {
  const { registry, name } = repository;
  const keep = (digest: Digest, fetch: () => AsyncIterable<Uint8Array>) =>
    cache.keep(digest, `${registry}/${name}@${digest}`, fetch);
  return {
    ...repository,
    readManifest: async (reference) => {
      if (isDigest(reference)) {
        const fetch = async function* () {
          yield (await repository.readManifest(reference)).bytes;
        };
        const { bytes } = await keep(reference, fetch);
        return { bytes: await readWhole(bytes()), mediaType: '', digest: reference };
      }
      const content = await repository.readManifest(reference);
      await keep(content.digest, () => once(content.bytes));
      return content;
    },
    readBlob: async function* (blob, fromByte = 0) {
      const { bytes } = await keep(blob.digest, () => repository.readBlob(blob));
      yield* skip(bytes(), fromByte);
    },
    takeBlob: async (blob, fromByte, take) => {
      const { bytes } = await keep(blob.digest, () => repository.readBlob(blob));
      for await (const chunk of skip(bytes(), fromByte)) take(chunk);
    },
  };
}

/** Nothing is kept under a digest that is not its own. */
async function* holdTo(chunks: AsyncIterable<Uint8Array>, digest: Digest, place: string): AsyncGenerator<Uint8Array> {
  const { algorithm, hex } = digestParts(digest);
  const hash = createHash(algorithm);
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
  const actual = hash.digest('hex');
  if (actual === hex) return;
  throw new ForkwrightError('blob.corrupt', `what the registry sends has the digest ${algorithm}:${actual}`, {
    place,
    hint: 'the registry, or a proxy before it, holds damaged data; push the image again',
  });
}

async function* skip(chunks: AsyncIterable<Uint8Array>, bytes: number): AsyncGenerator<Uint8Array> {
  let left = bytes;
  for await (const chunk of chunks) {
    if (left < chunk.length) yield chunk.subarray(left);
    left = Math.max(0, left - chunk.length);
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function readWhole(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const chunk of chunks) pieces.push(chunk);
  return Buffer.concat(pieces);
}
