import { digestParts } from '../../oci/digest.ts';
import { formatFamiliar, formatReference } from '../../oci/reference.ts';
import type { ArchiveEntry } from './archive-entry.ts';
import { encodeRepositories } from './output-names.ts';
import type { NamedImage } from './plan-layout-entries.ts';
import { dockerV1Layers, skopeoV1Layers } from './v1-layers.ts';

const VERSION = Buffer.from('1.0');

/**
 * Decides the entries of a docker archive as docker before 25 wrote them: `<id>/{VERSION,json,layer.tar}`,
 * `<config>.json`, manifest.json and repositories. A layer that comes twice is a link the second time. The layers must
 * not be compressed. Specification: Docker image spec v1.2.
 */
export function planLegacyEntries(images: readonly NamedImage[]): readonly ArchiveEntry[] {
  const entries = new Map<string, ArchiveEntry>();
  const firsts = new Map<string, string>();
  const add = (entry: ArchiveEntry) => void entries.set(entry.name, entry);
  const ids = images.map(({ image }) => {
    const layers = dockerV1Layers(image);
    for (const [index, { id, json }] of layers.entries()) {
      const layer = image.layers[index];
      if (layer === undefined || entries.has(id)) continue;
      add({ kind: 'folder', name: id });
      add({ kind: 'file', name: `${id}/VERSION`, bytes: VERSION });
      add({ kind: 'file', name: `${id}/json`, bytes: json });
      const name = `${id}/layer.tar`;
      const first = firsts.get(layer.digest);
      if (first !== undefined) {
        add({ kind: 'link', name, target: `../${first}` });
        continue;
      }
      firsts.set(layer.digest, name);
      add({ kind: 'blob', name, digest: layer.digest, sizeBytes: layer.sizeBytes, bytes: null });
    }
    addConfig(image.config, add);
    return layers.map(({ id }) => id);
  });
  const manifest = images.map(({ image, names }, index) => ({
    Config: `${digestParts(image.config.digest).hex}.json`,
    RepoTags: names.length === 0 ? null : names.map(formatFamiliar),
    Layers: (ids[index] ?? []).map((id) => `${id}/layer.tar`),
  }));
  return [...entries.values(), ...planTopFiles(images, ids, manifest, formatFamiliar).map(endLine)];
}

/**
 * Decides the entries of a docker archive as skopeo and podman write them: `<diff id>.tar`, `<config>.json`,
 * manifest.json with one path as often as its layer comes, links for readers of the older form, and repositories. The
 * layers must not be compressed. Specification: containers/image, docker/internal/tarfile/writer.go.
 */
export function planSkopeoEntries(images: readonly NamedImage[]): readonly ArchiveEntry[] {
  const entries = new Map<string, ArchiveEntry>();
  const add = (entry: ArchiveEntry) => void entries.set(entry.name, entry);
  for (const { image } of images) {
    for (const { digest, sizeBytes, diffId } of image.layers) {
      add({ kind: 'blob', name: `${digestParts(diffId).hex}.tar`, digest, sizeBytes, bytes: null });
    }
    addConfig(image.config, add);
  }
  const ids = images.map(({ image }) => {
    const layers = skopeoV1Layers(image);
    for (const [index, { id, json }] of layers.entries()) {
      const layer = image.layers[index];
      if (layer === undefined) continue;
      add({ kind: 'link', name: `${id}/layer.tar`, target: `../${digestParts(layer.diffId).hex}.tar` });
      add({ kind: 'file', name: `${id}/VERSION`, bytes: VERSION });
      add({ kind: 'file', name: `${id}/json`, bytes: json });
    }
    return layers.map(({ id }) => id);
  });
  const manifest = images.map(({ image, names }) => ({
    Config: `${digestParts(image.config.digest).hex}.json`,
    RepoTags: names.map(formatReference),
    Layers: image.layers.map(({ diffId }) => `${digestParts(diffId).hex}.tar`),
  }));
  return [...entries.values(), ...planTopFiles(images, ids, manifest, formatReference)];
}

/** docker ends these files with a line feed, skopeo does not. */
function endLine(entry: ArchiveEntry): ArchiveEntry {
  return entry.kind === 'file' ? { ...entry, bytes: Buffer.concat([entry.bytes, Buffer.from('\n')]) } : entry;
}

function addConfig({ digest, raw }: NamedImage['image']['config'], add: (entry: ArchiveEntry) => void): void {
  add({ kind: 'blob', name: `${digestParts(digest).hex}.json`, digest, sizeBytes: raw.length, bytes: raw });
}

function planTopFiles(
  images: readonly NamedImage[],
  ids: readonly (readonly string[])[],
  manifest: readonly object[],
  format: typeof formatFamiliar,
): readonly ArchiveEntry[] {
  const tops = images.flatMap(({ names }, index) => {
    const id = ids[index]?.at(-1);
    return id === undefined ? [] : names.map((name) => ({ name, id }));
  });
  return [
    { kind: 'file', name: 'manifest.json', bytes: Buffer.from(JSON.stringify(manifest)) },
    ...(tops.length === 0
      ? []
      : [{ kind: 'file', name: 'repositories', bytes: encodeRepositories(tops, format) } as const]),
  ];
}
