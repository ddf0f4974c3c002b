import { ForkwrightError } from '../errors.ts';

const NO_SPACE: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/**
 * Gives an error that the file system reported about the cache in `folder` as `cache.write-failed`, which says what to
 * do; any other error as it is.
 */
export function asCacheError(error: unknown, folder: string): unknown {
  if (!(error instanceof Error) || !('syscall' in error && 'code' in error)) return error;
  const isFull = NO_SPACE.has(String(error.code));
  return new ForkwrightError(
    'cache.write-failed',
    isFull ? 'there is no space left for the cache' : 'the cache cannot be used',
    {
      place: folder,
      hint: isFull ? 'free some, or set FORKWRIGHT_CACHE to another folder' : 'set FORKWRIGHT_CACHE to another folder',
      cause: error,
    },
  );
}
