import { relative } from 'node:path';
import type { ImageSource } from '../archive/read/image-source.ts';
import { loadImageSet } from '../archive/read/load-images.ts';
import { openImageSource } from '../archive/read/open.ts';
import { writeImageLayout } from '../archive/write/write-layout.ts';
import { ForkwrightError } from '../errors.ts';
import { encodeIndex, NAME_ANNOTATION } from '../image/encode-index.ts';
import type { LoadedImage } from '../image/image-set.ts';
import { listImages } from '../image/select/list-images.ts';
import type { Digest } from '../oci/digest.ts';
import { MEDIA_TYPE } from '../oci/media-type.ts';
import { formatPlatform, isSamePlatform, type Platform } from '../platform/platform.ts';

/** The name of the image in the layout. buildx 0.33 takes no reference without one (docker/buildx issue 3793). */
export const LAYOUT_TAG = 'image';

export interface ImageFolderOptions {
  /** What places in errors count from, absolute. */
  readonly root: string;
  readonly signal: AbortSignal;
  /** Which image; null for the only one. */
  readonly platform: Platform | null;
}

/**
 * Writes one image of an archive as a layout folder that buildx reads, every byte hashed, and gives the digest of its
 * manifest. `archive` and `folder` are absolute. Throws `build.not-one-image`, what opening the archive throws, its first
 * fault, and what writing the folder throws.
 */
export async function writeImageFolder(archive: string, folder: string, options: ImageFolderOptions): Promise<Digest> {
  const { root, signal, platform } = options;
  const source = await openImageSource(relative(root, archive), root);
  try {
    const image = await loadImage(source, platform);
    const { manifest, descriptor } = image;
    const indexJson = encodeIndex(MEDIA_TYPE.ociIndex, [
      { ...descriptor, platform: null, artifactType: null, annotations: { [NAME_ANNOTATION.ref]: LAYOUT_TAG } },
    ]);
    const descriptors = [descriptor, manifest.config, ...manifest.layers];
    const blobs = [...new Map(descriptors.map((each) => [each.digest, each])).values()].map(
      ({ digest, sizeBytes }) => ({
        digest,
        sizeBytes,
        bytes: () => source.stream(digest),
        origin: `${source.name}: ${source.blob(digest)?.name ?? digest}`,
      }),
    );
    await writeImageLayout(folder, { indexJson, blobs, dockerManifest: null }, { signal, onBytes: () => undefined });
    return descriptor.digest;
  } finally {
    await source.close();
  }
}

async function loadImage(source: ImageSource, platform: Platform | null): Promise<LoadedImage> {
  const { set, findings } = await loadImageSet(source);
  const fault = [...source.findings, ...findings].find(({ severity }) => severity === 'error');
  if (fault !== undefined) {
    const { code, text, place, hint } = fault;
    throw new ForkwrightError(code, text, { place, ...(hint === null ? {} : { hint }) });
  }
  const images = listImages(set).filter(
    (each) => platform === null || (each.platform !== null && isSamePlatform(each.platform, platform)),
  );
  const [only] = images;
  if (only !== undefined && images.length === 1) return only.image;
  const what = platform === null ? '' : ` for ${formatPlatform(platform)}`;
  const text = `one image${what} is wanted, and the archive holds ${images.length}`;
  throw new ForkwrightError('build.not-one-image', text, { place: source.name });
}
