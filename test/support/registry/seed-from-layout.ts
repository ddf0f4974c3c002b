import { openImageSource } from '../../../src/archive/read/open.ts';
import type { Digest } from '../../../src/oci/digest.ts';
import { readManifest } from './references.ts';
import type { StoredRepository } from './storage.ts';

/**
 * Puts everything that an image archive or layout folder holds into a repository, past its protocol: manifests as
 * manifests, the rest as blobs. `tags` point to its first root. Gives the digest of that root.
 */
export async function seedFromLayout(
  repository: StoredRepository,
  path: string,
  ...tags: readonly string[]
): Promise<Digest> {
  const source = await openImageSource(path);
  try {
    for (const { digest } of source.blobs()) {
      const chunks: Buffer[] = [];
      for await (const chunk of source.stream(digest)) chunks.push(Buffer.from(chunk));
      repository.blobs.set(digest, Buffer.concat(chunks));
    }
    const [root] = source.roots;
    if (root === undefined) throw new Error(`${path} holds no image`);
    for (const { descriptor } of source.roots) moveManifest(repository, descriptor.digest);
    for (const tag of tags) repository.tags.set(tag, root.descriptor.digest);
    return root.descriptor.digest;
  } finally {
    await source.close();
  }
}

/** Archives keep manifests among the blobs; those that are missing stay missing. */
function moveManifest(repository: StoredRepository, digest: Digest): void {
  const bytes = repository.blobs.get(digest);
  if (bytes === undefined) return;
  const { mediaType, manifests } = readManifest(bytes);
  repository.blobs.delete(digest);
  repository.manifests.set(digest, { bytes, mediaType });
  for (const child of manifests) moveManifest(repository, child.digest);
}
