import type { ImageSource } from '../archive/read/image-source.ts';
import { loadImageSet } from '../archive/read/load-images.ts';
import { openImageSource } from '../archive/read/open.ts';
import { ForkwrightError } from '../errors.ts';
import { listImages } from '../image/select/list-images.ts';
import type { Digest } from '../oci/digest.ts';
import { archivePath, indexPath } from '../recipe/output-names.ts';
import type { Target } from '../recipe/target.ts';
import { readInputRecord } from './input-record-file.ts';
import type { PublishedImage } from './published-image.ts';
import { parsePublished } from './read-published.ts';
import type { InputRecord } from './record.ts';

/** The archive of a target that lies in out/. */
export interface StoredTarget {
  /** Relative to the workspace. */
  readonly path: string;
  /** Of the image's manifest. */
  readonly digest: Digest;
  /** Of the archive. */
  readonly sizeBytes: number;
  /** Null where nothing says what this very image was built from. */
  readonly record: InputRecord | null;
}

/**
 * Gives the index of a recipe that lies in out/, named by its path; null where there is none. Nothing but the index is read
 * and hashed. `root` is the workspace, absolute. Throws what opening an archive throws.
 */
export async function readStoredIndex(root: string, recipe: string): Promise<PublishedImage | null> {
  return readArchiveIndex(root, indexPath(recipe));
}

/** Gives the first image of an archive, named by its path below `folder`; null where there is none. Throws as above. */
export async function readArchiveIndex(folder: string, path: string): Promise<PublishedImage | null> {
  return withArchive(folder, path, async (source) => {
    const [first] = source.roots;
    if (first === undefined) return null;
    const { descriptor } = first;
    const bytes = await source.read(descriptor, source.limits.jsonBytes);
    return parsePublished(path, { bytes, mediaType: descriptor.mediaType, digest: descriptor.digest });
  });
}

/**
 * Gives the archive of a target that lies in out/; null where there is none. Its layers are not read. Throws what opening an
 * archive throws, what is wrong with its manifest or config, and `build.not-one-image`.
 */
export async function readStoredTarget(root: string, target: Target): Promise<StoredTarget | null> {
  const path = archivePath(target);
  const kept = await readInputRecord(root, target);
  return withArchive(root, path, async (source) => {
    const { set, findings } = await loadImageSet(source);
    const fault = [...source.findings, ...findings].find(({ severity }) => severity === 'error');
    if (fault !== undefined) throw new ForkwrightError(fault.code, fault.text, { place: fault.place });
    const [only, ...others] = listImages(set);
    if (only === undefined || others.length > 0) {
      const count = only === undefined ? 0 : 1 + others.length;
      throw new ForkwrightError('build.not-one-image', `it holds ${count} images instead of one`, { place: path });
    }
    const { digest } = only.image.descriptor;
    return { path, digest, sizeBytes: source.sizeBytes, record: kept?.digest === digest ? kept.record : null };
  });
}

/** Null where there is no such archive. */
async function withArchive<Result>(
  root: string,
  path: string,
  use: (source: ImageSource) => Promise<Result>,
): Promise<Result | null> {
  let source: ImageSource;
  try {
    source = await openImageSource(path, root);
  } catch (error) {
    if (error instanceof ForkwrightError && error.code === 'archive.not-found') return null;
    throw error;
  }
  try {
    return await use(source);
  } finally {
    await source.close();
  }
}
