import { ForkwrightError } from '../errors.ts';
import type { Finding } from '../finding.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { blobPath, digestOf, type Digest } from '../oci/digest.ts';
import { MEDIA_TYPE } from '../oci/media-type.ts';
import type { ImageReference } from '../oci/reference.ts';
import { normalisePlatform } from '../platform/normalise.ts';
import { formatPlatform, isSamePlatform, type Platform } from '../platform/platform.ts';
import { collectManifests, type CollectedManifest } from './collect-manifests.ts';
import { encodeDockerManifest, encodeIndex, encodeLayoutIndex, type ChildEntry } from './encode-index.ts';
import type { ImageKind } from './image-kind.ts';
import type { ImageSet } from './image-set.ts';
import { planBlobs, type PlannedBlob } from './convert/plan-blobs.ts';
import { isOptional, partsOf, selectChildren } from './select/select-children.ts';
import { totalBytes } from './total-bytes.ts';
import { walkSet } from './walk.ts';

/** One input of a merge: what an archive says, and which blobs it holds. */
export interface MergeInput {
  readonly set: ImageSet;
  readonly has: (digest: Digest) => boolean;
  /** The platform of its one image by the user's word, which wins over config and descriptor; null or absent for none. */
  readonly platform?: Platform | null;
}

export interface MergeOptions {
  /** What the index is called inside the archive; each with a tag. */
  readonly names: readonly ImageReference[];
  /** The platform that docker's classic image store is to find; null for none. */
  readonly dockerCompat: Platform | null;
  /** What is to be said of images in the index besides what the inputs say, by their digests; it wins. None unless given. */
  readonly annotations?: ReadonlyMap<Digest, Readonly<Record<string, string>>>;
}

/** A child of the merged index. */
export interface MergedChild {
  readonly kind: ImageKind;
  readonly digest: Digest;
  readonly mediaType: string;
  /** Null for what is no image. */
  readonly platform: Platform | null;
  /** Of an attestation: the manifest that it is about. */
  readonly subject: Digest | null;
  /** Manifest, config and layers together. */
  readonly totalBytes: number;
  /** Names of the archives that hold it, in the order of the inputs. */
  readonly sources: readonly string[];
}

/** Everything that is to be written, decided. */
export interface MergePlan {
  readonly index: { readonly digest: Digest; readonly mediaType: string; readonly bytes: Buffer };
  readonly indexJson: Buffer;
  /** The index, its manifests in order, configs, then layers in the order of their first use. */
  readonly blobs: readonly PlannedBlob[];
  /** manifest.json for docker's classic store. */
  readonly dockerManifest: Buffer | null;
  readonly children: readonly MergedChild[];
  readonly findings: readonly Finding[];
}

const UNKNOWN_PLATFORM = normalisePlatform({ os: 'unknown', architecture: 'unknown' });

/**
 * Merges the images of several archives into one index; see CONTRACT "Formats". Manifests, configs and layers are kept
 * byte for byte, and the order of the inputs changes no byte of the result. Throws `platform.disagrees`,
 * `merge.platform-conflict` (one platform, two images), `merge.absent-blob`, `merge.size-disagrees`, `merge.no-image`,
 * `merge.several-images` (a platform was given for an archive of several) and `merge.docker-compat`.
 */
export function mergeImages(inputs: readonly MergeInput[], options: MergeOptions): MergePlan {
  const has = ({ digest, data }: Descriptor) => data !== null || inputs.some((input) => input.has(digest));
  const { present, missing } = collectManifests(inputs);
  const { children, findings } = selectChildren(present, missing, has);
  if (!children.some(({ kind }) => kind === 'image')) {
    throw new ForkwrightError('merge.no-image', 'the archives hold no image that is whole', {
      place: inputs.map(({ set }) => set.source).join(', '),
      hint: '`forkwright inspect` shows what an archive holds',
    });
  }
  const isDockers = children.every(({ image }) => image.manifest.mediaType === MEDIA_TYPE.dockerManifest);
  const mediaType = isDockers ? MEDIA_TYPE.dockerIndex : MEDIA_TYPE.ociIndex;
  const said = options.annotations ?? new Map<Digest, Readonly<Record<string, string>>>();
  const entries = children.map((child) => toEntry(child, said.get(child.image.descriptor.digest) ?? {}));
  const bytes = encodeIndex(mediaType, entries);
  const index = { digest: digestOf(bytes), mediaType, sizeBytes: bytes.length, bytes };
  const { dockerCompat, names } = options;
  return {
    index,
    indexJson: encodeLayoutIndex(index, names),
    blobs: [{ ...index, role: 'index' }, ...planBlobs(children, has)],
    dockerManifest: dockerCompat === null ? null : dockerManifest(dockerCompat, children, names, has),
    children: children.map(toChild),
    findings: [...findings, ...inputs.flatMap(({ set }) => findLostIndexFields(set))],
  };
}

function toEntry(child: CollectedManifest, said: Readonly<Record<string, string>>): ChildEntry {
  const { descriptor, manifest } = child.image;
  return {
    mediaType: manifest.mediaType,
    digest: descriptor.digest,
    sizeBytes: descriptor.sizeBytes,
    annotations: child.kind === 'image' ? { ...child.annotations, ...said } : child.annotations,
    // Clients that know no attestations must not take one for an image of their platform.
    platform: child.kind === 'attestation' ? UNKNOWN_PLATFORM : child.platform,
    artifactType: child.artifactType,
  };
}

function toChild(child: CollectedManifest): MergedChild {
  const { descriptor, manifest } = child.image;
  return {
    kind: child.kind,
    digest: descriptor.digest,
    mediaType: manifest.mediaType,
    platform: child.kind === 'image' ? child.platform : null,
    subject: child.subject,
    totalBytes: totalBytes(child.image),
    sources: child.sources,
  };
}

function dockerManifest(
  platform: Platform,
  children: readonly CollectedManifest[],
  names: readonly ImageReference[],
  has: (descriptor: Descriptor) => boolean,
): Buffer {
  const images = children.filter(({ kind }) => kind === 'image');
  const chosen = images.find((image) => image.platform !== null && isSamePlatform(image.platform, platform));
  if (chosen === undefined) {
    const held = images.flatMap((image) => (image.platform === null ? [] : [formatPlatform(image.platform)]));
    throw new ForkwrightError('merge.docker-compat', `the index has no image for ${formatPlatform(platform)}`, {
      hint: `it has ${held.join(', ')}`,
    });
  }
  const foreign = partsOf(chosen).find((part) => isOptional(part) && !has(part));
  if (foreign !== undefined) {
    const text = `docker cannot load ${formatPlatform(platform)}: its foreign layer ${foreign.digest} is not in the archive`;
    throw new ForkwrightError('merge.docker-compat', text, { hint: 'leave --docker-compat out' });
  }
  return encodeDockerManifest(chosen.image.manifest, names);
}

/** What an input's index says about itself has no place in an index of several; it is told, not dropped in silence. */
function findLostIndexFields(set: ImageSet): readonly Finding[] {
  return walkSet(set).flatMap(({ node }): readonly Finding[] => {
    if (node.kind !== 'index') return [];
    const { annotations, artifactType, subject } = node.document;
    const lost = [
      ...Object.keys(annotations).map((key) => `annotation ${JSON.stringify(key)}`),
      ...(artifactType === null ? [] : ['artifactType']),
      ...(subject === null ? [] : ['subject']),
    ];
    if (lost.length === 0) return [];
    const text = `the index's own ${lost.join(', ')} is not carried over to the merged index`;
    const place = `${set.source}: ${blobPath(node.descriptor.digest)}`;
    return [{ code: 'merge.index-fields', severity: 'note', place, text, hint: null }];
  });
}
