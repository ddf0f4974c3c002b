import type { Finding } from '../../finding.ts';
import { ATTESTATION, isAttestation, type Descriptor } from '../../oci/descriptor.ts';
import { blobPath, digestOf, type Digest } from '../../oci/digest.ts';
import { editJson, type JsonEdit } from '../../oci/edit-json.ts';
import { INPUT_HASH_ANNOTATION, INPUTS_ANNOTATION } from '../../oci/record-annotations.ts';
import { imageKind } from '../image-kind.ts';
import type { ImageSet, LoadedImage, LoadedIndex, LoadedNode } from '../image-set.ts';
import { walkSet } from '../walk.ts';
import { isChanged, type OutputImage } from './convert-image.ts';
import { convertMediaType, type MediaFamily } from './media-type-edit.ts';
import type { PlannedBlob } from './plan-blobs.ts';

/** An entry of index.json as it is to be written. */
export interface OutputRoot {
  readonly names: readonly string[];
  readonly mediaType: string;
  readonly digest: Digest;
  readonly sizeBytes: number;
  /** As the entry had it before. */
  readonly source: Descriptor;
}

/** A graph of indexes, manifests, configs and layers, decided. */
export interface OutputGraph {
  readonly roots: readonly OutputRoot[];
  /** Indexes and manifests, then configs, then layers; each digest once. */
  readonly blobs: readonly PlannedBlob[];
  readonly findings: readonly Finding[];
}

interface Written {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly raw: Buffer;
}

/**
 * Puts converted images where the old ones stood. Indexes of which nothing changes stay byte for byte; others are edited
 * in their text, so that unknown keys and annotations survive. What is not among `images` is left out, and with it its
 * attestations. Attestations and referrers of an image that comes out otherwise are left out with a warning: they are
 * about bytes that are no more. Other artifacts stay where `keepsArtifacts` is set. `has` says whether a blob is there.
 */
export function rewriteGraph(
  set: ImageSet,
  images: ReadonlyMap<Digest, OutputImage>,
  options: {
    readonly family: MediaFamily;
    readonly keepsArtifacts: boolean;
    readonly has: (digest: Digest) => boolean;
  },
): OutputGraph {
  const findings: Finding[] = [];
  const documents = new Map<Digest, PlannedBlob>();
  const extras = new Map<Digest, LoadedImage>();
  const add = ({ digest, raw }: Written, role: 'index' | 'manifest') =>
    documents.set(digest, { digest, sizeBytes: raw.length, role, bytes: raw });

  function rewriteNode(node: LoadedNode): Written | null {
    if (node.kind === 'absent') return null;
    if (node.kind === 'index') return rewriteIndex(node);
    const output = images.get(node.descriptor.digest);
    if (output !== undefined) {
      add(output.manifest, 'manifest');
      return output.manifest;
    }
    return isKept(node) ? keep(node) : null;
  }

  function keep(node: LoadedImage): Written {
    const { descriptor, manifest, raw } = node;
    const written = { mediaType: manifest.mediaType, digest: descriptor.digest, raw };
    extras.set(descriptor.digest, node);
    add(written, 'manifest');
    return written;
  }

  function rewriteIndex(index: LoadedIndex): Written | null {
    const children = index.children.map(rewriteNode);
    const kept = children.filter((child) => child !== null);
    const [only] = kept;
    if (only === undefined) return null;
    const isSmaller = kept.length < children.length;
    // One image alone needs no index around it.
    if (isSmaller && kept.length === 1 && documents.get(only.digest)?.role !== 'index') return only;
    const edits: JsonEdit[] = [];
    const mediaType = kept.some((child, at) => child.digest !== index.children[at]?.descriptor.digest)
      ? convertMediaType(index.document.mediaType, options.family)
      : index.document.mediaType;
    if (mediaType !== index.document.mediaType) edits.push({ path: ['mediaType'], json: JSON.stringify(mediaType) });
    // From behind, so that what is taken away moves nothing that is still to be edited.
    for (const [at, child] of [...children.entries()].toReversed()) {
      const before = index.document.manifests[at];
      if (before === undefined) continue;
      if (child === null) edits.push({ path: ['manifests', at], json: null });
      else edits.push(...editDescriptor(['manifests', at], before, child));
    }
    const raw = edits.length === 0 ? index.raw : Buffer.from(editJson(index.raw.toString('utf8'), edits));
    const written = { mediaType, raw, digest: edits.length === 0 ? index.descriptor.digest : digestOf(raw) };
    add(written, 'index');
    return written;
  }

  function isKept(node: LoadedImage): boolean {
    const kind = imageKind(node);
    if (kind === 'image') return false;
    const subject = isAttestation(node.descriptor)
      ? node.descriptor.annotations[ATTESTATION.subjectKey]
      : node.manifest.subject?.digest;
    if (subject === undefined) return options.keepsArtifacts && isComplete(node, options.has);
    const about = [...images.values()].find(({ source }) => source.descriptor.digest === subject);
    if (about === undefined) return false;
    if (!isChanged(about)) return isComplete(node, options.has);
    const what = kind === 'attestation' ? 'the attestation' : 'the artifact';
    const place = `${set.source}: ${blobPath(node.descriptor.digest)}`;
    const text = `${what} is about ${subject}, which was rewritten; it is left out`;
    if (!findings.some((finding) => finding.place === place)) {
      findings.push({ code: 'convert.lost-attestation', severity: 'warning', place, text, hint: null });
    }
    return false;
  }

  const roots = set.roots.flatMap(({ names, node }): readonly OutputRoot[] => {
    const written = rewriteNode(node);
    if (written === null) return [];
    const { mediaType, digest, raw } = written;
    return [{ names, mediaType, digest, sizeBytes: raw.length, source: node.descriptor }];
  });
  const reachable = new Set(walkSet(set).map(({ node }) => node.descriptor.digest));
  const outputs = [...images.values()].filter(({ source }) => reachable.has(source.descriptor.digest));
  const blobs = [...documents.values(), ...planParts(outputs, [...extras.values()], options.has)];
  return { roots, blobs: [...new Map(blobs.map((blob) => [blob.digest, blob])).values()], findings };
}

function editDescriptor(path: JsonEdit['path'], before: Descriptor, after: Written): readonly JsonEdit[] {
  if (before.digest === after.digest) return [];
  return [
    ...(before.mediaType === after.mediaType
      ? []
      : [{ path: [...path, 'mediaType'], json: JSON.stringify(after.mediaType) }]),
    { path: [...path, 'digest'], json: JSON.stringify(after.digest) },
    { path: [...path, 'size'], json: String(after.raw.length) },
    { path: [...path, 'data'], json: null },
    // What it says was built is another image now.
    ...[INPUT_HASH_ANNOTATION, INPUTS_ANNOTATION]
      .filter((key) => before.annotations[key] !== undefined)
      .map((key) => ({ path: [...path, 'annotations', key], json: null })),
  ];
}

function isComplete({ manifest }: LoadedImage, has: (digest: Digest) => boolean): boolean {
  return [manifest.config, ...manifest.layers].every(({ digest, data }) => data !== null || has(digest));
}

function planParts(
  images: readonly OutputImage[],
  extras: readonly LoadedImage[],
  has: (digest: Digest) => boolean,
): readonly PlannedBlob[] {
  const configs: PlannedBlob[] = [];
  const layers: PlannedBlob[] = [];
  for (const image of images) {
    const { digest, raw } = image.config;
    configs.push({ digest, sizeBytes: raw.length, role: 'config', bytes: raw });
    for (const [index, layer] of image.layers.entries()) {
      const own = image.source.manifest.layers[index];
      const bytes = own?.digest === layer.digest && !has(layer.digest) ? own.data : null;
      if (layer.isHeld) layers.push({ digest: layer.digest, sizeBytes: layer.sizeBytes, role: 'layer', bytes });
    }
  }
  for (const { manifest } of extras) {
    const { config } = manifest;
    configs.push({ digest: config.digest, sizeBytes: config.sizeBytes, role: 'config', bytes: own(config, has) });
    for (const layer of manifest.layers) {
      layers.push({ digest: layer.digest, sizeBytes: layer.sizeBytes, role: 'layer', bytes: own(layer, has) });
    }
  }
  return [...configs, ...layers];
}

function own({ digest, data }: Descriptor, has: (digest: Digest) => boolean): Buffer | null {
  return has(digest) ? null : data;
}
