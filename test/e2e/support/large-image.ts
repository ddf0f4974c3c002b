import { writeFile } from 'node:fs/promises';
import { MEDIA_TYPE } from '../../../src/oci/media-type.ts';
import type { Digest } from '../../../src/oci/digest.ts';
import { describeBlob, file, indexOf, layoutEntries, makeImage, tarOf } from '../../support/archives.ts';
import { seededBytes } from '../../support/registry/random.ts';

const LAYERS = 4;
const LAYER_BYTES = 18 * 1024 * 1024;

/** Writes an OCI archive of an image that is large enough to be pulled by two threads; gives the digest of its manifest. */
export async function writeLargeImage(path: string): Promise<Digest> {
  const layers = Array.from({ length: LAYERS }, (_, index) => [file('noise', seededBytes(index + 1, LAYER_BYTES))]);
  const { manifest, blobs } = makeImage(layers);
  await writeFile(path, tarOf(layoutEntries(indexOf([describeBlob(MEDIA_TYPE.ociManifest, manifest)]), blobs)));
  return manifest.digest;
}
