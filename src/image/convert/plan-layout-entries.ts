import type { Descriptor } from '../../oci/descriptor.ts';
import { blobPath, digestParts, type Digest } from '../../oci/digest.ts';
import { MEDIA_TYPE, mediaKind } from '../../oci/media-type.ts';
import { formatFamiliar, formatReference, type ImageReference } from '../../oci/reference.ts';
import { compareText } from '../../platform/order.ts';
import { formatPlatform } from '../../platform/platform.ts';
import { NAME_ANNOTATION } from '../encode-index.ts';
import type { ArchiveEntry } from './archive-entry.ts';
import type { OutputImage } from './convert-image.ts';
import { encodeRepositories, readTagged } from './output-names.ts';
import type { OutputGraph, OutputRoot } from './rewrite-graph.ts';

const LAYOUT_FILE = Buffer.from('{"imageLayoutVersion":"1.0.0"}');
// Docker's note on what it saved; it is about the archive that was.
const OF_EXPORT: ReadonlySet<string> = new Set([NAME_ANNOTATION.image, NAME_ANNOTATION.ref, 'config.digest']);

/** An image with the names that docker is to know it by. */
export interface NamedImage {
  readonly image: OutputImage;
  readonly names: readonly ImageReference[];
}

/**
 * Decides the entries of an OCI layout, what says where everything is in front. With `docker`, manifest.json and
 * repositories stand beside index.json, as Docker 25 and later write them: the same blobs for both sorts of reader.
 * `annotations` are index.json's own. Specification: OCI image-spec, image-layout.md; Docker image spec v1.3.
 */
export function planLayoutEntries(
  graph: OutputGraph,
  docker: readonly NamedImage[] | null,
  annotations: Readonly<Record<string, string>> = {},
): readonly ArchiveEntry[] {
  const folders = new Set(graph.blobs.map(({ digest }) => `blobs/${digestParts(digest).algorithm}`));
  return [
    { kind: 'file', name: 'oci-layout', bytes: LAYOUT_FILE },
    { kind: 'file', name: 'index.json', bytes: encodeRoots(graph.roots, annotations) },
    ...(docker === null ? [] : planDockerFiles(docker)),
    { kind: 'folder', name: 'blobs' },
    ...[...folders].toSorted(compareText).map((name) => ({ kind: 'folder', name }) as const),
    ...graph.blobs.map(
      ({ digest, sizeBytes, bytes }) => ({ kind: 'blob', name: blobPath(digest), digest, sizeBytes, bytes }) as const,
    ),
  ];
}

function planDockerFiles(images: readonly NamedImage[]): readonly ArchiveEntry[] {
  const manifest = Buffer.from(JSON.stringify(images.map(encodeImage)));
  const ids = images.flatMap(({ image, names }) => {
    const top = image.layers.at(-1);
    return top === undefined ? [] : names.map((name) => ({ name, id: digestParts(top.digest).hex }));
  });
  return [
    { kind: 'file', name: 'manifest.json', bytes: manifest },
    ...(ids.length === 0 ? [] : [{ kind: 'file', name: 'repositories', bytes: encodeRepositories(ids) } as const]),
  ];
}

function encodeImage({ image, names }: NamedImage): object {
  // Docker has a note of every layer that it did not unpack itself; for foreign ones it needs it.
  const noted = image.layers.filter(({ mediaType, digest, diffId }) => {
    const kind = mediaKind(mediaType);
    return digest === diffId || (kind.kind === 'layer' && kind.isForeign);
  });
  const sources = noted
    .toSorted((a, b) => compareText(a.diffId, b.diffId))
    .map(({ diffId, mediaType, sizeBytes, digest }) => {
      const own = image.source.manifest.layers.find((layer) => layer.digest === digest);
      const urls = own === undefined || own.urls.length === 0 ? {} : { urls: own.urls };
      return [diffId, { mediaType, size: sizeBytes, digest, ...urls }] as const;
    });
  return {
    Config: blobPath(image.config.digest),
    RepoTags: names.length === 0 ? null : names.map(formatFamiliar),
    Layers: image.layers.map(({ digest }) => blobPath(digest)),
    ...(sources.length === 0 ? {} : { LayerSources: Object.fromEntries(sources) }),
  };
}

/** One entry per name, as docker and buildx write them. Specification: OCI image-spec, image-layout.md, "index.json". */
function encodeRoots(roots: readonly OutputRoot[], own: Readonly<Record<string, string>>): Buffer {
  const manifests = roots.flatMap((root) => {
    const { mediaType, digest, sizeBytes, source } = root;
    const kept = Object.entries(source.annotations).filter(([key]) => !OF_EXPORT.has(key));
    const platform = encodePlatform(source, digest);
    return (root.names.length === 0 ? [null] : root.names).map((name) => {
      const annotations = Object.fromEntries(
        [...kept, ...(name === null ? [] : nameAnnotations(name))].toSorted(([a], [b]) => compareText(a, b)),
      );
      const noted = Object.keys(annotations).length === 0 ? {} : { annotations };
      return { mediaType, digest, size: sizeBytes, ...noted, ...platform };
    });
  });
  const sorted = Object.entries(own).toSorted(([a], [b]) => compareText(a, b));
  const noted = sorted.length === 0 ? {} : { annotations: Object.fromEntries(sorted) };
  return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex, manifests, ...noted }));
}

function nameAnnotations(name: string): readonly (readonly [string, string])[] {
  const reference = readTagged(name);
  if (reference === null) return [[NAME_ANNOTATION.ref, name]];
  return [
    [NAME_ANNOTATION.image, formatReference(reference)],
    [NAME_ANNOTATION.ref, reference.tag ?? ''],
  ];
}

/** The platform that the entry had, if it is about the same manifest. */
function encodePlatform({ platform, digest: before }: Descriptor, digest: Digest): object {
  if (platform === null || before !== digest || formatPlatform(platform) === 'unknown/unknown') return {};
  return {
    platform: {
      architecture: platform.arch,
      os: platform.os,
      ...(platform.osVersion === '' ? {} : { 'os.version': platform.osVersion }),
      ...(platform.osFeatures.length === 0 ? {} : { 'os.features': platform.osFeatures }),
      ...(platform.variant === '' ? {} : { variant: platform.variant }),
    },
  };
}
