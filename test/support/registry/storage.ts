import { createHash } from 'node:crypto';
import { compareText } from '../../../src/platform/order.ts';
import { digestParts, isDigest, type Digest } from '../../../src/oci/digest.ts';
import { Refusal } from './answer.ts';
import { readManifest, type ManifestFacts } from './references.ts';

export interface StoredManifest {
  readonly bytes: Buffer;
  readonly mediaType: string;
}

/** What one repository holds. A test may look and change as it likes. */
export interface StoredRepository {
  readonly name: string;
  readonly blobs: Map<Digest, Buffer>;
  readonly manifests: Map<Digest, StoredManifest>;
  readonly tags: Map<string, Digest>;
}

export type Storage = Map<string, StoredRepository>;

/** The repository of a name; an empty one is made where there is none. */
export function repositoryOf(storage: Storage, name: string): StoredRepository {
  const found = storage.get(name) ?? { name, blobs: new Map(), manifests: new Map(), tags: new Map() };
  storage.set(name, found);
  return found;
}

/** The digest of some bytes by the algorithm of another one. */
export function hashLike(digest: Digest, bytes: Uint8Array): Digest {
  const { algorithm } = digestParts(digest);
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}

/** The manifest that a tag or a digest stands for. */
export function findManifest(
  repository: StoredRepository,
  reference: string,
): { readonly digest: Digest; readonly manifest: StoredManifest } | undefined {
  const digest = isDigest(reference) ? reference : repository.tags.get(reference);
  const manifest = digest === undefined ? undefined : repository.manifests.get(digest);
  return digest === undefined || manifest === undefined ? undefined : { digest, manifest };
}

/** Lists everything in a registry that refers to something missing or wrong; empty where all is whole. */
export function checkStorage(storage: Storage): readonly string[] {
  return [...storage.values()].toSorted((a, b) => compareText(a.name, b.name)).flatMap(checkRepository);
}

function checkRepository(repository: StoredRepository): readonly string[] {
  const { name, blobs, manifests, tags } = repository;
  const faults: string[] = [];
  for (const [tag, digest] of tags) {
    if (!manifests.has(digest)) faults.push(`${name}:${tag} points to ${digest}, which is missing`);
  }
  for (const [digest, bytes] of blobs) {
    if (hashLike(digest, bytes) !== digest) faults.push(`${name}: the blob ${digest} has other bytes`);
  }
  for (const [digest, { bytes, mediaType }] of manifests) {
    const place = `${name}@${digest}`;
    if (hashLike(digest, bytes) !== digest) faults.push(`${place} has other bytes`);
    const facts = readStored(bytes);
    if (facts === null) {
      faults.push(`${place} is no manifest`);
      continue;
    }
    if (facts.mediaType !== mediaType) faults.push(`${place} was put as ${mediaType} and says ${facts.mediaType}`);
    for (const reference of missingFrom(repository, facts)) faults.push(`${place} refers to ${reference}`);
  }
  return faults;
}

function readStored(bytes: Buffer): ManifestFacts | null {
  try {
    return readManifest(bytes);
  } catch (error) {
    if (error instanceof Refusal) return null;
    throw error;
  }
}

/** What a manifest refers to and the repository lacks, or has with another size: `sha256:…, which is missing`. */
export function missingFrom(
  { blobs, manifests }: StoredRepository,
  facts: Pick<ManifestFacts, 'blobs' | 'manifests'>,
): readonly string[] {
  const check = (digest: Digest, sizeBytes: number, actual: number | undefined): readonly string[] => {
    if (actual === undefined) return [`${digest}, which is missing`];
    return actual === sizeBytes ? [] : [`${digest} with ${sizeBytes} bytes, which has ${actual}`];
  };
  return [
    ...facts.blobs.flatMap(({ digest, sizeBytes }) => check(digest, sizeBytes, blobs.get(digest)?.length)),
    ...facts.manifests.flatMap(({ digest, sizeBytes }) =>
      check(digest, sizeBytes, manifests.get(digest)?.bytes.length),
    ),
  ];
}
