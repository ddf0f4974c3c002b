import { ForkwrightError, isSystemError } from '../../errors.ts';

/** Why something cannot be written, and what to do. */
export interface WriteReason {
  readonly text: string;
  readonly hint: string;
}

const NO_ROOM = 'make room, or write to another disk';
const ELSEWHERE = 'choose another output';

const REASONS: Readonly<Record<string, WriteReason>> = {
  ENOSPC: { text: 'the disk is full', hint: NO_ROOM },
  EDQUOT: { text: 'the disk quota is used up', hint: NO_ROOM },
  EFBIG: { text: 'the file becomes larger than is allowed', hint: 'write to another disk, or raise `ulimit -f`' },
  EIO: { text: 'the disk does not take it', hint: 'write to another disk' },
  EACCES: { text: 'no permission', hint: ELSEWHERE },
  EPERM: { text: 'not permitted', hint: ELSEWHERE },
  EROFS: { text: 'the file system is read-only', hint: ELSEWHERE },
  ENOTDIR: { text: 'a file stands where a folder should be', hint: ELSEWHERE },
  EEXIST: { text: 'a file stands where a folder should be', hint: ELSEWHERE },
  EISDIR: { text: 'a folder stands where a file should be', hint: ELSEWHERE },
  ENAMETOOLONG: { text: 'the name is too long', hint: ELSEWHERE },
};

/** Says for people what a system error of writing means. */
export function explainWriteError(error: Error): WriteReason {
  const code = 'code' in error ? String(error.code) : '';
  return REASONS[code] ?? { text: code === '' ? error.message : code, hint: 'nothing was written; try again' };
}

/** What programs in English say when the file that they were handed takes no more, and when the system ended them. */
const COMPLAINTS: readonly (readonly [complaint: RegExp, code: string])[] = [
  [/No space left on device/, 'ENOSPC'],
  [/Disk quota exceeded/, 'EDQUOT'],
  [/File too large|was killed by SIGXFSZ/, 'EFBIG'],
];

/**
 * Gives what a program failed with as the system error of writing that it met, where it was one: who writes to the file
 * knows what it is for. The program has to be run with LC_ALL=C.
 */
export function asWriteError(thrown: unknown): unknown {
  if (!(thrown instanceof ForkwrightError) || thrown.code !== 'process.failed') return thrown;
  const code = COMPLAINTS.find(([complaint]) => complaint.test(thrown.message))?.[1];
  if (code === undefined) return thrown;
  return Object.assign(new Error(thrown.message, { cause: thrown }), { code, syscall: 'write' });
}

/** Whether what was thrown says that a file takes no more. */
export function isWriteError(thrown: unknown): thrown is Error {
  return isSystemError(thrown, 'ENOSPC', 'EDQUOT', 'EFBIG', 'EIO', 'EROFS') && thrown instanceof Error;
}
