import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { readKeptJson, writeKeptJson } from '../../cache/kept-json.ts';
import { isDigest, type Digest } from '../../oci/digest.ts';

/** By digest, the repository that was last seen to have a blob; the one that was seen last stands at the end. */
export type KnownHolders = ReadonlyMap<Digest, string>;

/** A push of a thousand images with what they share has fewer. */
const MOST = 5000;

/**
 * Reads what earlier pushes learned of a registry: who has a blob can give it to another repository without its being sent
 * again. It is a guess, which mounting puts to the test. Throws `cache.write-failed`.
 */
export async function readHolders(cacheFolder: string, registry: string): Promise<KnownHolders> {
  const value = await readKeptJson(fileOf(cacheFolder, registry));
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return new Map(
    entries.flatMap(([digest, repository]) => {
      return isDigest(digest) && typeof repository === 'string' ? [[digest, repository] as const] : [];
    }),
  );
}

/** Keeps that a repository has these blobs, and forgets what was longest not seen. Throws `cache.write-failed`. */
export async function keepHolders(
  cacheFolder: string,
  registry: string,
  holders: readonly (readonly [Digest, string])[],
): Promise<void> {
  const known = new Map(await readHolders(cacheFolder, registry));
  for (const [digest, repository] of holders) {
    known.delete(digest);
    known.set(digest, repository);
  }
  await writeKeptJson(fileOf(cacheFolder, registry), Object.fromEntries([...known].slice(-MOST)));
}

function fileOf(cacheFolder: string, registry: string): string {
  return join(cacheFolder, 'holders', `${createHash('sha256').update(registry).digest('hex')}.json`);
}
