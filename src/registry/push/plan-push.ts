import { ForkwrightError } from '../../errors.ts';
import type { Finding } from '../../finding.ts';
import { listBlobUses, titleManifests } from '../../image/blob-uses.ts';
import type { LoadedImage, LoadedIndex, LoadedNode } from '../../image/image-set.ts';
import { isOptional } from '../../image/select/select-children.ts';
import { walkSet } from '../../image/walk.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';
import { mediaKind } from '../../oci/media-type.ts';
import type { ManifestContent } from '../repository/repository.ts';
import type { PushRoots } from './push-roots.ts';

/** A config or layer that has to be in every repository. */
export interface PushBlob {
  readonly digest: Digest;
  readonly sizeBytes: number;
  /** For people: `layer 2 of linux/arm64`. */
  readonly title: string;
  /** Its bytes where a descriptor carries them and nothing else does; null for all else. */
  readonly bytes: Buffer | null;
  /** Whether its bytes can be had; the registry must have one that is not held. */
  readonly isHeld: boolean;
}

/** A manifest or index that has to be in every repository. */
export interface PushManifest extends ManifestContent {
  readonly title: string;
  /** The blobs that it names and that are pushed. */
  readonly blobs: readonly Digest[];
}

/** Everything that a repository has to hold in the end, but for tags: decided from the archive alone. */
export interface PushPlan {
  readonly root: PushManifest;
  /** In the order of their first use. */
  readonly blobs: readonly PushBlob[];
  /** What refers to nothing of a later level: children before their index, a subject before what is about it. */
  readonly levels: readonly (readonly PushManifest[])[];
  /** Manifests that are listed and not in the archive: the registry must have them. */
  readonly absent: readonly { readonly descriptor: Descriptor; readonly title: string }[];
  readonly findings: readonly Finding[];
}

export interface PushPlanOptions {
  /** Of places of findings. */
  readonly source: string;
  readonly has: (digest: Digest) => boolean;
  /** Whether foreign layers that the archive holds are sent too. */
  readonly sendsForeign: boolean;
}

type PresentNode = LoadedImage | LoadedIndex;

/**
 * Decides what a push has to bring into a repository, and in which order. Nothing is changed: manifests are sent byte for
 * byte. Throws `push.size-disagrees` where two descriptors give one blob two sizes. Specification: OCI
 * distribution-spec, "Pushing Manifests".
 */
export function planPush({ main, referrers, lost }: PushRoots, options: PushPlanOptions): PushPlan {
  const set = { source: options.source, roots: [main, ...referrers].map((node) => ({ names: [], node })) };
  const nodes = new Map(walkSet(set).map(({ node }) => [node.descriptor.digest, node]));
  const titles = titleManifests(walkSet(set));
  const titleOf = (digest: Digest) => titles.get(digest) ?? 'the index';
  const { blobs, findings } = planBlobs(set, options);
  const toPush = (node: PresentNode): PushManifest => ({
    digest: node.descriptor.digest,
    mediaType: node.kind === 'index' ? node.document.mediaType : node.manifest.mediaType,
    bytes: node.raw,
    title: titleOf(node.descriptor.digest),
    blobs: partsOf(node).flatMap(({ digest }) => (blobs.has(digest) ? [digest] : [])),
  });
  if (main.kind === 'absent') throw new Error('a push of what is absent');
  const present = [...nodes.values()].filter((node) => node.kind !== 'absent');
  const absent = [...nodes.values()].filter((node) => node.kind === 'absent');
  return {
    root: toPush(main),
    blobs: [...blobs.values()],
    levels: orderByLevel(present, nodes).map((level) => level.map(toPush)),
    absent: absent.map(({ descriptor }) => ({ descriptor, title: titleOf(descriptor.digest) })),
    findings: [...findings, ...lost.map(({ digest }) => lostAttestation(options.source, digest))],
  };
}

/** The finding for an attestation that cannot go along with a part of its index. */
export function lostAttestation(source: string, digest: Digest): Finding {
  const text = 'the attestation is listed, but not there; the part of the index is made without it';
  return { code: 'push.lost-attestation', severity: 'warning', place: `${source}: ${digest}`, text, hint: null };
}

function partsOf(node: PresentNode): readonly Descriptor[] {
  return node.kind === 'image' ? [node.manifest.config, ...node.manifest.layers] : [];
}

function orderByLevel(
  present: readonly PresentNode[],
  nodes: ReadonlyMap<Digest, LoadedNode>,
): readonly (readonly PresentNode[])[] {
  const known = new Map<Digest, number>();
  // No circles: a digest cannot stand in what it is the digest of.
  const levelOf = (node: LoadedNode | undefined): number => {
    if (node === undefined || node.kind === 'absent') return -1;
    const { digest } = node.descriptor;
    const found = known.get(digest);
    if (found !== undefined) return found;
    const document = node.kind === 'image' ? node.manifest : node.document;
    const below = node.kind === 'index' ? node.children : [];
    const subject = document.subject === null ? undefined : nodes.get(document.subject.digest);
    const level = 1 + Math.max(-1, ...[...below, subject].map(levelOf));
    known.set(digest, level);
    return level;
  };
  const levels: PresentNode[][] = [];
  for (const node of present) (levels[levelOf(node)] ??= []).push(node);
  return levels;
}

function planBlobs(
  set: Parameters<typeof listBlobUses>[0],
  { source, has, sendsForeign }: PushPlanOptions,
): { readonly blobs: ReadonlyMap<Digest, PushBlob>; readonly findings: readonly Finding[] } {
  const blobs = new Map<Digest, PushBlob>();
  const findings: Finding[] = [];
  let plainBytes = 0;
  for (const { descriptor, role, title } of listBlobUses(set)) {
    if (role !== 'config' && role !== 'layer') continue;
    const { digest, sizeBytes, data, mediaType } = descriptor;
    const known = blobs.get(digest);
    if (known !== undefined) {
      if (known.sizeBytes !== sizeBytes) throw sizeDisagrees(source, title, known.sizeBytes, sizeBytes);
      continue;
    }
    const isHeld = data !== null || has(digest);
    if (isOptional(descriptor) && !(sendsForeign && isHeld)) {
      const text = `${title} is foreign: it is not sent, and fetched from its URLs by whoever runs the image`;
      const hint = has(digest) ? '--foreign-layers sends it' : null;
      findings.push({ code: 'push.foreign-layer', severity: 'note', place: `${source}: ${digest}`, text, hint });
      continue;
    }
    const kind = mediaKind(mediaType);
    if (kind.kind === 'layer' && kind.compression === 'none') plainBytes += sizeBytes;
    blobs.set(digest, { digest, sizeBytes, title, bytes: has(digest) ? null : data, isHeld });
  }
  if (plainBytes > 0) findings.push(uncompressed(source));
  return { blobs, findings };
}

function uncompressed(place: string): Finding {
  const text = 'it has layers that are not compressed; they are sent as they are';
  const hint = '`forkwright convert --layer-compression gzip` makes them smaller, with another digest';
  return { code: 'push.uncompressed', severity: 'note', place, text, hint };
}

function sizeDisagrees(place: string, title: string, one: number, other: number): ForkwrightError {
  const [small, large] = [Math.min(one, other), Math.max(one, other)];
  return new ForkwrightError(
    'push.size-disagrees',
    `${title} has ${small} bytes by one manifest, ${large} by another`,
    {
      place,
      hint: '`forkwright verify` says what is wrong with the archive',
    },
  );
}
