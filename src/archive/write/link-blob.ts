import { constants, copyFile, link, open } from 'node:fs/promises';
import { isSystemError } from '../../errors.ts';
import type { Digest } from '../../oci/digest.ts';
import { streamRange } from '../stream/stream-range.ts';
import { copyBlob, type CopyOptions } from './copy-blob.ts';

// Another disk, another file system, no permission, too many links: then the bytes are copied.
const CANNOT = ['EXDEV', 'ENOTSUP', 'EOPNOTSUPP', 'EINVAL', 'EPERM', 'EACCES', 'EMLINK', 'ENOSYS', 'ENOTTY'];

/**
 * Makes a blob's file out of one on the disk without copying bytes: a reflink where the file system has them, else a hard
 * link. The bytes are hashed all the same. Gives false, with nothing at `path`, where neither can be. Throws
 * `blob.corrupt`, the signal's reason, and the system's errors.
 */
export async function linkBlob(
  from: string,
  path: string,
  blob: { readonly digest: Digest; readonly sizeBytes: number },
  options: CopyOptions,
): Promise<boolean> {
  if (!(await tryTo(() => copyFile(from, path, constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL)))) {
    if (!(await tryTo(() => link(from, path)))) return false;
  }
  const handle = await open(path);
  try {
    const nowhere = { append: () => Promise.resolve() };
    const { size } = await handle.stat();
    const bytes = () => streamRange(handle, 0, size, from);
    await copyBlob({ ...blob, bytes, origin: from }, nowhere, options);
    return true;
  } finally {
    await handle.close();
  }
}

async function tryTo(make: () => Promise<void>): Promise<boolean> {
  try {
    await make();
    return true;
  } catch (error) {
    if (isSystemError(error, ...CANNOT)) return false;
    throw error;
  }
}
