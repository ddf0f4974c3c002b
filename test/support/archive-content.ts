import { loadImageSet } from '../../src/archive/read/load-images.ts';
import { openImageSource } from '../../src/archive/read/open.ts';
import type { RootfsConfig } from '../../src/archive/read/rootfs-config.ts';
import { listImages } from '../../src/image/select/list-images.ts';
import { walkSet } from '../../src/image/walk.ts';
import type { Digest } from '../../src/oci/digest.ts';
import { compareText } from '../../src/platform/order.ts';
import { formatPlatform } from '../../src/platform/platform.ts';

/** What has to survive a conversion of one image. */
export interface ImageContent {
  readonly platform: string | null;
  readonly digest: Digest;
  readonly configDigest: Digest;
  /** The whole document. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly diffIds: readonly Digest[];
}

export interface ArchiveContent {
  readonly format: string;
  readonly images: readonly ImageContent[];
  /** Of what index.json, or manifest.json, lists. */
  readonly roots: readonly Digest[];
  /** Of everything that is there: indexes, manifests, attestations; sorted. */
  readonly digests: readonly Digest[];
  /** Of all roots, sorted. */
  readonly names: readonly string[];
}

/** Reads what an archive holds; a root filesystem needs a config. Throws where it is not sound. */
export async function readContent(path: string, rootfs?: RootfsConfig): Promise<ArchiveContent> {
  const source = await openImageSource(path, '.', rootfs === undefined ? {} : { rootfs });
  try {
    const { set, findings } = await loadImageSet(source);
    const wrong = findings.find(({ severity, code }) => severity === 'error' && code !== 'blob.absent');
    if (wrong !== undefined) throw new Error(`${wrong.place}: ${wrong.text}`);
    const images = listImages(set).map(({ image, platform }): ImageContent => {
      if (image.config === null) throw new Error(`${path}: ${image.descriptor.digest} has no config`);
      return {
        platform: platform === null ? null : formatPlatform(platform),
        digest: image.descriptor.digest,
        configDigest: image.manifest.config.digest,
        config: JSON.parse(image.config.raw.toString('utf8')),
        diffIds: image.config.document.diffIds,
      };
    });
    const present = walkSet(set).filter(({ node }) => node.kind !== 'absent');
    const digests = new Set(present.map(({ node }) => node.descriptor.digest));
    const names = new Set(set.roots.flatMap((root) => root.names));
    return {
      format: source.format,
      images,
      roots: set.roots.map(({ node }) => node.descriptor.digest),
      digests: [...digests].toSorted(compareText),
      names: [...names].toSorted(compareText),
    };
  } finally {
    await source.close();
  }
}

/** A config without what tells of layers. */
export function withoutLayers(config: ImageContent['config']): ImageContent['config'] {
  return { ...config, rootfs: null, history: null };
}
