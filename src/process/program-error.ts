import { ForkwrightError, isSystemError } from '../errors.ts';
import type { RunOptions } from './run.ts';

const STDERR_END_CHARACTERS = 2000;
const PLAIN_WORD = /^[\w@%+=:,./-]+$/;

type Secrets = Pick<RunOptions, 'secrets'>;

/** Says how a program ended that did not do its work: the command, how it ended, the end of stderr; secrets are `***`. */
export function describeEnd(
  code: 'process.failed' | 'process.timed-out' | 'process.aborted',
  how: string,
  argv: readonly string[],
  stderr: string,
  options: Secrets,
): ForkwrightError {
  const end = redact(stderr, options).trimEnd();
  const shown = end.length > STDERR_END_CHARACTERS ? `…${end.slice(-STDERR_END_CHARACTERS)}` : end;
  return new ForkwrightError(code, `${formatCommand(argv, options)} ${how}${shown === '' ? '' : `:\n${shown}`}`);
}

/** Says why a program could not even be started. */
export function describeStart(argv: readonly string[], cause: unknown, options: Secrets): ForkwrightError {
  const [file = ''] = argv;
  if (isSystemError(cause, 'ENOENT', 'EACCES')) {
    return new ForkwrightError('process.not-found', `the program ${file} cannot be started`, {
      hint: `install ${file}, or put it on PATH`,
      cause,
    });
  }
  // The cause may quote an argument, so only its code is shown.
  const reason = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
  return new ForkwrightError('process.failed', `${formatCommand(argv, options)} cannot be started${reason}`);
}

/** The command for people; words that a shell would not take as they are stand in quotes. */
function formatCommand(argv: readonly string[], options: Secrets): string {
  return argv
    .map((word) => redact(word, options))
    .map((word) => (PLAIN_WORD.test(word.replaceAll('***', 'x')) ? word : JSON.stringify(word)))
    .join(' ');
}

/** The longest first: one secret may be the start of another. */
function redact(text: string, { secrets = [] }: Secrets): string {
  return secrets
    .filter((secret) => secret !== '')
    .toSorted((a, b) => b.length - a.length)
    .reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
}
