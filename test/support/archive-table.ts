import { canUnpackZstd } from '../../src/archive/stream/decompress.ts';
import { LACKING } from './has-program.ts';

/** An archive of test/fixtures/archives, and what is to be found in it. */
export interface ArchiveRow {
  readonly file: string;
  readonly format: 'oci-archive' | 'oci' | 'docker-archive' | 'dir' | 'rootfs';
  /** Its images in their order, each with the options of `convert` that choose it among others. */
  readonly images: readonly { readonly platform: string; readonly choice: readonly string[] }[];
  /** Whether the images have names of their own, so that docker's archives hold all of them. */
  readonly hasNames: boolean;
  /** Codes that `verify` finds, each once, sorted. */
  readonly found: readonly string[];
  /** What the image has of zoo-1.config.json: all of it, what a container of it is started with, or nothing. */
  readonly zoo: 'config' | 'container' | null;
  /** What it takes to unpack it, besides Node: a program, or, for layers of zstd, a Node that has zstd. */
  readonly needs: 'xz' | 'zstd' | 'zstd-layers' | null;
}

const AMD64: ArchiveRow['images'] = [{ platform: 'linux/amd64', choice: [] }];
const MULTI = ['linux/amd64', 'linux/arm64', 'linux/arm/v7', 'linux/s390x', 'linux/ppc64le'];

/** An archive of the image zoo:1. */
function zoo(file: string, format: ArchiveRow['format'], more: Partial<ArchiveRow> = {}): ArchiveRow {
  return { file, format, images: AMD64, hasNames: false, found: [], zoo: 'config', needs: null, ...more };
}

/** An archive of the image of zoo-multi for some platforms; it has the program for amd64 in all of them. */
function multi(file: string, format: ArchiveRow['format'], platforms: readonly string[]): ArchiveRow {
  const images = platforms.map((platform) => ({
    platform,
    choice: platforms.length === 1 ? [] : ['--platform', platform],
  }));
  const order = platforms.length > 1 ? ['index.order'] : [];
  const machine = platforms.some((platform) => platform !== 'linux/amd64') ? ['program.wrong-machine'] : [];
  return zoo(file, format, { images, found: [...order, ...machine], zoo: null });
}

/** All that hold an image, or become one with the config of zoo:1. */
export const ARCHIVES: readonly ArchiveRow[] = [
  multi('buildx-docker-linux-amd64.tar', 'docker-archive', ['linux/amd64']),
  multi('buildx-docker-linux-arm-v7.tar', 'docker-archive', ['linux/arm/v7']),
  multi('buildx-docker-linux-arm64.tar', 'docker-archive', ['linux/arm64']),
  multi('buildx-docker-linux-s390x.tar', 'docker-archive', ['linux/s390x']),
  zoo('buildx-docker.tar', 'docker-archive'),
  zoo('buildx-oci-dockermt.tar', 'oci-archive'),
  multi('buildx-oci-linux-amd64-attested.tar', 'oci-archive', ['linux/amd64']),
  multi('buildx-oci-linux-arm-v7-attested.tar', 'oci-archive', ['linux/arm/v7']),
  multi('buildx-oci-linux-arm64-attested.tar', 'oci-archive', ['linux/arm64']),
  multi('buildx-oci-linux-ppc64le-attested.tar', 'oci-archive', ['linux/ppc64le']),
  multi('buildx-oci-multi-attested.tar', 'oci-archive', MULTI),
  multi('buildx-oci-multi.tar', 'oci-archive', MULTI),
  // SOURCE_DATE_EPOCH is in its times.
  zoo('buildx-oci-sde.tar', 'oci-archive', { zoo: 'container' }),
  zoo('buildx-oci.tar', 'oci-archive'),
  zoo('buildx-tar.rootfs.tar', 'rootfs', { zoo: 'container' }),
  zoo('crane-export.rootfs.tar', 'rootfs', { zoo: 'container' }),
  zoo('crane-oci-layout', 'oci'),
  zoo('docker-20.10-export.rootfs.tar', 'rootfs', { zoo: 'container' }),
  zoo('docker-20.10-export.rootfs.tar.xz', 'rootfs', { zoo: 'container', needs: 'xz' }),
  zoo('docker-20.10-save-multi.tar', 'docker-archive', {
    images: ['zoo:1', 'zoo:2'].map((name) => ({ platform: 'linux/amd64', choice: ['--image', name] })),
    hasNames: true,
    zoo: null,
  }),
  zoo('docker-20.10-save.tar', 'docker-archive', { zoo: 'container' }),
  zoo('docker-20.10-save.tar.xz', 'docker-archive', { zoo: 'container', needs: 'xz' }),
  { ...multi('docker-26-containerd-save-sparse.tar', 'docker-archive', ['linux/amd64']), found: ['blob.absent'] },
  multi('docker-28-containerd-save-arm64.tar', 'docker-archive', ['linux/arm64']),
  zoo('docker-28-containerd-save.tar', 'docker-archive'),
  zoo('docker-28-containerd-save.tar.zst', 'docker-archive', { needs: 'zstd' }),
  zoo('docker-28-overlay2-save.tar', 'docker-archive', { zoo: 'container', found: ['blob.unreferenced'] }),
  zoo('nix-stream-layered.tar', 'docker-archive', { zoo: null, found: ['config.duplicate-env'] }),
  zoo('podman-save-docker-archive.tar', 'docker-archive', { zoo: 'container' }),
  zoo('podman-save-oci-archive.tar', 'oci-archive', { zoo: 'container' }),
  zoo('skopeo-dir', 'dir'),
  zoo('skopeo-docker-archive.tar', 'docker-archive'),
  zoo('skopeo-oci-archive-zstd.tar', 'oci-archive', { zoo: 'container', needs: 'zstd-layers' }),
  zoo('skopeo-oci-archive.tar', 'oci-archive'),
  zoo('skopeo-oci-layout', 'oci'),
];

/** An archive that ends in the middle. */
export const TRUNCATED = 'ctr-export-truncated.tar';

/** Why this machine cannot unpack an archive; null where it can. */
export function findLack({ needs }: ArchiveRow): string | null {
  if (needs === null) return null;
  if (needs === 'zstd-layers') return canUnpackZstd() ? null : 'this Node cannot unpack zstd';
  return (needs === 'zstd' && canUnpackZstd()) || !LACKING.has(needs) ? null : `there is no ${needs} on PATH`;
}

/** Formats that hold blobs as they are, so that manifests keep their digests, and attestations their subjects. */
export const FORMATS_AS_THEY_ARE = ['oci-archive', 'oci', 'docker-archive'] as const;

/** Formats without compressed layers: a manifest is made anew. */
export const FORMATS_UNPACKED = ['docker-archive-legacy', 'docker-archive-skopeo'] as const;

/** All but the root filesystem. */
export const FORMATS = [...FORMATS_AS_THEY_ARE, ...FORMATS_UNPACKED] as const;

/** A conversion of some images of an archive. */
export interface Leg {
  /** The options of `convert` that choose them. */
  readonly choice: readonly string[];
  /** Their positions in the archive, from one up to another. */
  readonly from: number;
  readonly to: number;
}

/** How an archive is converted to a format: all of it where the format can hold it, else image by image. */
export function legsOf({ images, hasNames }: ArchiveRow, format: (typeof FORMATS)[number] | 'rootfs'): readonly Leg[] {
  const holdsAll = format.startsWith('oci') || (hasNames && format !== 'rootfs');
  if (holdsAll || images.length === 1) return [{ choice: [], from: 0, to: images.length }];
  return images.map(({ choice }, index) => ({ choice, from: index, to: index + 1 }));
}

/** What lies beside the archives. */
export const BESIDE: readonly string[] = ['zoo-1.config.json', 'zoo-1.rootfs.tsv'];
