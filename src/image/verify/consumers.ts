import type { ImageSet, LoadedNode } from '../image-set.ts';

/** What the container of images is like, as far as it decides who can read it. */
export interface ContainerShape {
  readonly isFolder: boolean;
  /** Of the archive file as a whole; `none` for a folder. */
  readonly compression: string;
  /** `dir` and `rootfs` are read by few; `registry` is no archive at all. */
  readonly format: string;
  /** Whether it has the files that a docker archive and an OCI layout start from. */
  readonly hasManifestJson: boolean;
  readonly hasIndexJson: boolean;
  /** `repositories` and `<id>/layer.tar`, uncompressed, as Docker before 25 wrote them. */
  readonly hasLayerTars: boolean;
}

/** A tool that reads image archives, and whether it reads this one as it is. */
export interface Consumer {
  readonly name: string;
  readonly reads: boolean;
  /** How it reads it, or why it does not. */
  readonly reason: string;
}

type Verdict = Pick<Consumer, 'reads' | 'reason'>;

const yes = (reason: string): Verdict => ({ reads: true, reason });
const no = (reason: string): Verdict => ({ reads: false, reason });

/**
 * Says which tools can read an archive as it is, without anything being converted. What counts is what they look for:
 * Docker's classic image store reads no OCI layout, umoci no tar, and skopeo one image at a time.
 */
export function listConsumers(shape: ContainerShape, set: ImageSet): readonly Consumer[] {
  // What is in a registry is no archive: whoever reads images pulls it.
  if (shape.format === 'registry') return [];
  return [
    { name: 'docker load (classic image store)', ...judgeClassicStore(shape) },
    { name: 'docker load (containerd image store)', ...judgeContainerdStore(shape) },
    { name: 'podman load', ...judgePodman(shape, set) },
    { name: 'skopeo', ...judgeSkopeo(shape, set) },
    { name: 'ctr images import', ...judgeContainerd(shape) },
    { name: 'umoci', ...judgeUmoci(shape, set) },
    { name: 'tools that want layer.tar', ...judgeOldTools(shape) },
  ];
}

function judgeClassicStore(shape: ContainerShape): Verdict {
  if (shape.isFolder) return no('it loads files, not folders');
  if (shape.format === 'rootfs') return no('`docker import` takes root filesystems, and loses the config');
  return shape.hasManifestJson ? yes('manifest.json') : no('there is no manifest.json');
}

function judgeContainerdStore(shape: ContainerShape): Verdict {
  if (shape.isFolder) return no('it loads files, not folders');
  if (shape.format === 'rootfs') return no('`docker import` takes root filesystems, and loses the config');
  if (shape.hasIndexJson) return yes('index.json, all platforms');
  return shape.hasManifestJson ? yes('manifest.json') : no('there is neither index.json nor manifest.json');
}

const UNPACKED = 'it reads docker archives as files, not unpacked';

function isUnpacked({ isFolder, format }: ContainerShape): boolean {
  return isFolder && format === 'docker-archive';
}

function judgePodman(shape: ContainerShape, set: ImageSet): Verdict {
  if (shape.format === 'rootfs') return no('`podman import` takes root filesystems, and loses the config');
  if (isUnpacked(shape)) return no(UNPACKED);
  if (shape.hasManifestJson) return yes('manifest.json');
  if (!shape.hasIndexJson) return no('there is neither index.json nor manifest.json');
  return set.roots.some(({ node }) => node.kind === 'index') ? yes('its own platform of the index') : yes('index.json');
}

function judgeSkopeo(shape: ContainerShape, set: ImageSet): Verdict {
  if (shape.format === 'dir') return yes('dir:');
  if (shape.format === 'rootfs') return no('it reads no root filesystems');
  if (isUnpacked(shape)) return no(UNPACKED);
  const prefix = shape.isFolder ? 'oci:' : 'oci-archive:';
  const entries = set.roots.length;
  if (shape.hasIndexJson && entries === 1) return yes(prefix);
  if (shape.hasManifestJson && !shape.isFolder) return yes('docker-archive:');
  if (!shape.hasIndexJson) return no('there is neither index.json nor manifest.json');
  const isNamed = set.roots.every(({ names }) => names.length > 0);
  return isNamed ? yes(`${prefix} with a name`) : no(`index.json has ${entries} entries, and not all have a name`);
}

function judgeContainerd({ isFolder, compression, format, hasIndexJson, hasManifestJson }: ContainerShape): Verdict {
  if (isFolder) return no('it imports files, not folders');
  if (format === 'rootfs') return no('it imports no root filesystems');
  if (compression !== 'none') return no(`it is compressed with ${compression}`);
  if (hasIndexJson) return yes('index.json');
  return hasManifestJson ? yes('manifest.json') : no('there is neither index.json nor manifest.json');
}

function judgeUmoci({ isFolder, hasIndexJson }: ContainerShape, set: ImageSet): Verdict {
  if (!isFolder) return no('it reads folders');
  if (!hasIndexJson) return no('there is no index.json');
  const isIndex = ({ kind }: LoadedNode) => kind === 'index';
  if (set.roots.some(({ node }) => isIndex(node))) return no('an index of several images is ambiguous to it');
  return set.roots.every(({ names }) => names.length > 0) ? yes('index.json') : no('its image has no name');
}

function judgeOldTools({ isFolder, hasLayerTars, compression }: ContainerShape): Verdict {
  if (isFolder || !hasLayerTars) return no('there are no repositories with <id>/layer.tar');
  return compression === 'none' ? yes('repositories') : no(`it is compressed with ${compression}`);
}
