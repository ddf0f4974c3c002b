import type { ConfigDocument } from '../oci/config.ts';
import { ATTESTATION } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import { formatPlatform } from '../platform/platform.ts';
import { listBlobUses, type BlobRole } from './blob-uses.ts';
import { listConsumers, type Consumer, type ContainerShape } from './verify/consumers.ts';
import { imageKind } from './image-kind.ts';
import { judgePlatform } from './image-platform.ts';
import type { AbsentNode, ImageSet, LoadedImage, LoadedNode } from './image-set.ts';
import { totalBytes } from './total-bytes.ts';
import { walkSet } from './walk.ts';

/** What is known of the container: the archive apart from its images. */
export interface InspectInput {
  readonly format: string;
  readonly shape: ContainerShape;
  readonly sizeBytes: number;
  readonly set: ImageSet;
  /** The blobs that are there, in the order of the archive. */
  readonly blobs: Iterable<{
    readonly digest: Digest;
    readonly sizeBytes: number;
    readonly name: string;
    readonly offset: number | null;
  }>;
}

export interface LayerView {
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly mediaType: string;
  readonly diffId: Digest | null;
  /** From the config's history; null where that does not fit the layers. */
  readonly createdBy: string | null;
  readonly present: boolean;
}

export interface AttestationView {
  readonly digest: Digest;
  readonly predicateTypes: readonly string[];
}

export interface ImageView {
  readonly digest: Digest;
  readonly mediaType: string;
  /** Of the manifest. */
  readonly sizeBytes: number;
  /** Manifest, config and layers together. */
  readonly totalBytes: number;
  /** Null where neither config nor index names one. */
  readonly platform: string | null;
  readonly config: ConfigView | null;
  readonly layers: readonly LayerView[];
  /** The manifest's own. */
  readonly annotations: Readonly<Record<string, string>>;
  readonly attestations: readonly AttestationView[];
}

/** The config as the JSON has it: the platform stands with the image, diff ids with the layers. */
export type ConfigView = ConfigDocument['container'] &
  Pick<ConfigDocument, 'created' | 'author'> & { readonly digest: Digest };

export interface AbsentView {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly platform: string | null;
  /** Whether it is there and could not be read. */
  readonly present: boolean;
}

export interface BlobView {
  readonly digest: Digest;
  readonly sizeBytes: number;
  /** Name of the entry or file; null where the blob is absent. */
  readonly name: string | null;
  /** Of its first byte in the (uncompressed) archive; null in a folder and where it is absent. */
  readonly offset: number | null;
  readonly role: BlobRole | 'unreferenced';
  readonly present: boolean;
}

/** The document `forkwright.inspect/v1`, but for its schema and findings. */
export interface InspectView {
  readonly source: string;
  readonly format: string;
  readonly sizeBytes: number;
  readonly roots: readonly { readonly digest: Digest; readonly mediaType: string; readonly names: readonly string[] }[];
  /** The index that all roots point to; null where there is none, or more than one. */
  readonly index: { readonly digest: Digest; readonly mediaType: string } | null;
  readonly images: readonly ImageView[];
  /** Manifests that are neither images nor the attestation of one. */
  readonly artifacts: readonly { readonly digest: Digest; readonly mediaType: string; readonly type: string }[];
  /** Manifests that are listed, but not there, or not readable. */
  readonly absent: readonly AbsentView[];
  readonly blobs: readonly BlobView[];
  /** Which tools read it as it is. */
  readonly consumers: readonly Consumer[];
}

/** Says what an archive holds, from its small JSON alone; images in the order of their index, each once. */
export function viewImages(input: InspectInput): InspectView {
  const { set } = input;
  const blobs = [...input.blobs];
  const present = new Set(blobs.map(({ digest }) => digest));
  const nodes = new Map(walkSet(set).map(({ node }) => [node.descriptor.digest, node]));
  const manifests = [...nodes.values()].filter((node) => node.kind === 'image');
  const images = manifests.filter((node) => imageKind(node) === 'image');
  const attestations = groupBySubject(manifests.filter((node) => imageKind(node) === 'attestation'));
  const subjects = new Set<string>(images.map(({ descriptor }) => descriptor.digest));
  const [root, ...otherRoots] = new Map(set.roots.map(({ node }) => [node.descriptor.digest, node])).values();
  return {
    source: set.source,
    format: input.format,
    sizeBytes: input.sizeBytes,
    roots: set.roots.map(({ names, node }) => ({ ...identity(node), names })),
    index: root?.kind === 'index' && otherRoots.length === 0 ? identity(root) : null,
    images: images.map((image) => viewImage(image, attestations.get(image.descriptor.digest) ?? [], present)),
    artifacts: manifests
      .filter((node) => imageKind(node) !== 'image' && !subjects.has(subjectOf(node)))
      .map((node) => ({ ...identity(node), type: node.manifest.artifactType ?? node.manifest.config.mediaType })),
    absent: [...nodes.values()].filter((node) => node.kind === 'absent').map((node) => viewAbsent(node, present)),
    blobs: viewBlobs(set, blobs, present),
    consumers: listConsumers(input.shape, set),
  };
}

function groupBySubject(attestations: readonly LoadedImage[]): ReadonlyMap<string, readonly LoadedImage[]> {
  const groups = new Map<string, LoadedImage[]>();
  for (const attestation of attestations) {
    const subject = subjectOf(attestation);
    groups.set(subject, [...(groups.get(subject) ?? []), attestation]);
  }
  return groups;
}

/** '' for what is no attestation. */
function subjectOf(image: LoadedImage): string {
  return imageKind(image) === 'attestation' ? (image.descriptor.annotations[ATTESTATION.subjectKey] ?? '') : '';
}

/** A document knows its media type better than its descriptor: skopeo's entries of index.json have none. */
function identity(node: LoadedNode): { digest: Digest; mediaType: string } {
  const { digest, mediaType } = node.descriptor;
  if (node.kind === 'image') return { digest, mediaType: node.manifest.mediaType };
  return { digest, mediaType: node.kind === 'index' ? node.document.mediaType : mediaType };
}

function viewAbsent(node: AbsentNode, present: ReadonlySet<Digest>): AbsentView {
  const { digest, platform } = node.descriptor;
  return {
    ...identity(node),
    platform: platform === null ? null : formatPlatform(platform),
    present: present.has(digest),
  };
}

function viewImage(image: LoadedImage, attestations: readonly LoadedImage[], present: ReadonlySet<Digest>): ImageView {
  const { descriptor, manifest, config } = image;
  const judgement = judgePlatform(image);
  const platform = judgement.agrees ? judgement.platform : judgement.config;
  const created = (config?.document.history ?? []).filter((entry) => !entry.isEmptyLayer);
  const hasHistory = created.length === manifest.layers.length;
  return {
    ...identity(image),
    sizeBytes: descriptor.sizeBytes,
    totalBytes: totalBytes(image),
    platform: platform === null ? null : formatPlatform(platform),
    config: config === null ? null : viewConfig(config.document, manifest.config.digest),
    layers: manifest.layers.map((layer, index) => ({
      digest: layer.digest,
      sizeBytes: layer.sizeBytes,
      mediaType: layer.mediaType,
      diffId: config?.document.diffIds[index] ?? null,
      createdBy: hasHistory ? (created[index]?.createdBy ?? null) : null,
      present: present.has(layer.digest),
    })),
    annotations: manifest.annotations,
    attestations: attestations.map((attestation) => ({
      digest: attestation.descriptor.digest,
      predicateTypes: attestation.manifest.layers.flatMap(({ annotations }) => annotations[PREDICATE_TYPE] ?? []),
    })),
  };
}

/** By which BuildKit says on each layer of an attestation what it states. Specification: buildkit, attestation-storage.md. */
const PREDICATE_TYPE = 'in-toto.io/predicate-type';

function viewConfig(document: ConfigDocument, digest: Digest): ConfigView {
  const { container, created, author } = document;
  return { digest, created, author, ...container };
}

function viewBlobs(
  set: ImageSet,
  blobs: readonly Omit<BlobView, 'role' | 'present'>[],
  present: ReadonlySet<Digest>,
): readonly BlobView[] {
  const uses = listBlobUses(set);
  // The first use gives a blob its role: the walk goes from the top down.
  const roles = new Map(uses.toReversed().map(({ descriptor, role }) => [descriptor.digest, role]));
  const absent = new Map(
    uses.filter(({ descriptor }) => !present.has(descriptor.digest)).map((use) => [use.descriptor.digest, use]),
  );
  return [
    ...blobs.map(({ digest, sizeBytes, name, offset }): BlobView => {
      return { digest, sizeBytes, name, offset, role: roles.get(digest) ?? 'unreferenced', present: true };
    }),
    ...[...absent.values()].map(({ descriptor, role }): BlobView => {
      const { digest, sizeBytes } = descriptor;
      return { digest, sizeBytes, name: null, offset: null, role, present: false };
    }),
  ];
}
