import pMap from 'p-map';
import { ForkwrightError } from '../../errors.ts';
import { imageKind } from '../../image/image-kind.ts';
import { listedFor } from '../../image/select/select-platform.ts';
import { isOptional } from '../../image/select/select-children.ts';
import type { ReadLimits } from '../../limits.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';
import { mediaKind } from '../../oci/media-type.ts';
import { parseGraphDocument, type GraphDocument } from '../../oci/parse-manifest.ts';
import { parseStrictJson } from '../../oci/strict-json.ts';
import type { Platform } from '../../platform/platform.ts';
import type { ManifestContent, Repository } from '../repository/repository.ts';

const AT_ONCE = 8;
/** Of all documents together; they are held in memory. */
const DOCUMENT_BYTES = 64 * 1024 * 1024;

export interface FetchOptions {
  /** What the user called the image, for places of errors. */
  readonly place: string;
  readonly limits: ReadLimits;
  readonly signal: AbortSignal;
  /** Leaves out what an index lists for other platforms; null for none. */
  readonly platform: Platform | null;
  /** Whether what refers to the manifests by `subject` is fetched too. */
  readonly takesReferrers: boolean;
}

/** All that is small of an image in a registry, and where the rest of it is. */
export interface RegistryDocuments {
  /** Indexes and manifests, in the order in which they are reached. */
  readonly manifests: ReadonlyMap<Digest, ManifestContent>;
  readonly configs: ReadonlyMap<Digest, Buffer>;
  /** Every config and layer that a manifest names and the registry should have. */
  readonly blobs: ReadonlyMap<Digest, Descriptor>;
  /** What refers to the image, and is not listed in it. */
  readonly referrers: readonly Descriptor[];
}

interface Fetching extends FetchOptions {
  readonly repository: Repository;
  readonly manifests: Map<Digest, ManifestContent>;
  readonly configs: Map<Digest, Buffer>;
  readonly blobs: Map<Digest, Descriptor>;
  /** Descriptors that were asked for, found or not. */
  readonly seen: Set<Digest>;
  documentBytes: number;
}

/**
 * Fetches the indexes, manifests and configs below `root`, several at once. A child that the registry does not have is
 * left out, as in a sparse archive; what cannot be understood is kept as it is, for whoever loads it. Throws what the
 * repository throws but for such children, `archive.too-many`, and the signal's reason.
 */
export async function fetchDocuments(
  repository: Repository,
  root: ManifestContent,
  options: FetchOptions,
): Promise<RegistryDocuments> {
  const fetching: Fetching = {
    ...options,
    repository,
    manifests: new Map(),
    configs: new Map(),
    blobs: new Map(),
    seen: new Set([root.digest]),
    documentBytes: 0,
  };
  await addTree(fetching, [root]);
  const referrers = options.takesReferrers ? await addReferrers(fetching) : [];
  const { manifests, configs, blobs } = fetching;
  return { manifests, configs, blobs, referrers };
}

/** Level by level, so that all of one level are asked for at once. */
async function addTree(fetching: Fetching, roots: readonly ManifestContent[]): Promise<void> {
  let level = roots;
  for (let depth = 1; level.length > 0 && depth <= fetching.limits.depth + 1; depth++) {
    const parsed: GraphDocument[] = [];
    for (const content of level) {
      addContent(fetching, content);
      const document = parseContent(fetching, content);
      if (document !== null) parsed.push(document);
    }
    await addBlobs(fetching, parsed);
    level = await fetchManifests(
      fetching,
      parsed.flatMap((each) => wantedChildren(fetching, each)),
    );
  }
}

/** What refers to any of the manifests, and to that again: a signature of a list of materials. */
async function addReferrers(fetching: Fetching): Promise<readonly Descriptor[]> {
  const referrers: Descriptor[] = [];
  const asked = new Set<Digest>();
  for (let round = 0; round < fetching.limits.depth; round++) {
    const subjects = [...fetching.manifests.keys()].filter((digest) => !asked.has(digest));
    for (const digest of subjects) asked.add(digest);
    const lists = await askAll(fetching, subjects, (digest) => fetching.repository.listReferrers(digest));
    const found = lists.flat().filter(({ digest }) => !fetching.manifests.has(digest));
    await addTree(fetching, await fetchManifests(fetching, found));
    referrers.push(...found.filter(({ digest }) => fetching.manifests.has(digest)));
  }
  return [...new Map(referrers.map((referrer) => [referrer.digest, referrer])).values()];
}

function addContent(fetching: Fetching, content: ManifestContent): void {
  const { limits, manifests, place } = fetching;
  fetching.documentBytes += content.bytes.length;
  if (manifests.size >= limits.manifests || fetching.documentBytes > DOCUMENT_BYTES) {
    const text = `more than ${limits.manifests} manifests, or more than 64 MiB of them, are not read`;
    throw new ForkwrightError('archive.too-many', text, { place });
  }
  manifests.set(content.digest, content);
}

/** Null for what is no sound manifest: loading the image set says what is wrong with it, in a finding. */
function parseContent({ limits, place }: Fetching, { bytes, mediaType }: ManifestContent): GraphDocument | null {
  try {
    return parseGraphDocument(parseStrictJson(bytes, place), mediaType, place, limits);
  } catch (error) {
    if (error instanceof ForkwrightError) return null;
    throw error;
  }
}

function wantedChildren({ platform }: Fetching, parsed: GraphDocument): readonly Descriptor[] {
  if (parsed.kind !== 'index') return [];
  const { manifests } = parsed.document;
  return platform === null ? manifests : listedFor(manifests, platform);
}

async function fetchManifests(
  fetching: Fetching,
  descriptors: readonly Descriptor[],
): Promise<readonly ManifestContent[]> {
  const wanted = descriptors.filter(({ digest, mediaType }) => {
    const { kind } = mediaKind(mediaType);
    const isNew = !fetching.seen.has(digest) && (kind === 'index' || kind === 'manifest');
    fetching.seen.add(digest);
    return isNew;
  });
  const contents = await askAll(fetching, wanted, ({ digest }) => orNull(fetching.repository.readManifest(digest)));
  return contents.filter((content) => content !== null);
}

async function addBlobs(fetching: Fetching, parsed: readonly GraphDocument[]): Promise<void> {
  const { repository, blobs, configs, limits } = fetching;
  const manifests = parsed.flatMap(({ kind, document }) => (kind === 'manifest' ? [document] : []));
  const parts = manifests.flatMap(({ config, layers }) => [config, ...layers]);
  const fresh = new Map(parts.filter(({ digest }) => !blobs.has(digest)).map((part) => [part.digest, part]));
  // A foreign layer is mostly somewhere else, and only asking tells.
  const foreign = [...fresh.values()].filter(isOptional);
  const held = new Set(
    (
      await askAll(fetching, foreign, async ({ digest }) => ((await repository.hasBlob(digest)) ? digest : null))
    ).filter((digest) => digest !== null),
  );
  for (const part of fresh.values()) {
    if (!isOptional(part) || held.has(part.digest)) blobs.set(part.digest, part);
  }
  // Of attestations and artifacts nobody reads the config.
  const small = manifests
    .filter((manifest) => imageKind({ descriptor: manifest.config, manifest }) === 'image')
    .map(({ config }) => config)
    .filter(({ digest, sizeBytes }) => fresh.has(digest) && sizeBytes <= limits.jsonBytes);
  const read = await askAll(fetching, [...new Map(small.map((config) => [config.digest, config])).values()], (config) =>
    orNull(readWhole(repository, config)),
  );
  for (const found of read) if (found !== null) configs.set(found.digest, found.bytes);
  for (const { digest } of small) if (!configs.has(digest)) blobs.delete(digest);
}

/** The bytes of a blob that is small enough to be held. Throws what the repository throws. */
export async function readWhole(
  repository: Repository,
  descriptor: Pick<Descriptor, 'digest' | 'sizeBytes'>,
): Promise<{ readonly digest: Digest; readonly bytes: Buffer }> {
  const pieces: Buffer[] = [];
  for await (const chunk of repository.readBlob(descriptor)) pieces.push(Buffer.from(chunk));
  return { digest: descriptor.digest, bytes: Buffer.concat(pieces) };
}

/** What is not there is for whoever loads the image to speak of; all else ends the work. */
async function orNull<Value>(asking: Promise<Value>): Promise<Value | null> {
  try {
    return await asking;
  } catch (error) {
    if (error instanceof ForkwrightError && error.code === 'registry.not-found') return null;
    throw error;
  }
}

function askAll<Item, Answer>(
  { signal }: Fetching,
  items: readonly Item[],
  ask: (item: Item) => Promise<Answer>,
): Promise<Answer[]> {
  return pMap(items, ask, { concurrency: AT_ONCE, signal });
}
