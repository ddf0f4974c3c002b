import { ForkwrightError } from '../errors.ts';
import { maskCredentials } from '../recipe/quoted.ts';
import { gitComplaint } from './complaint.ts';
import type { Git } from './scratch.ts';

/** What a repository's refs point to now, by their full names and `HEAD`; an annotated tag has its commit as `NAME^{}`. */
export type Refs = ReadonlyMap<string, string>;

/** Asks a repository for HEAD, its branches and its tags. Throws `source.unreachable`. Specification: git-ls-remote(1). */
export async function listRefs(url: string, connect: Git): Promise<Refs> {
  try {
    return parseRefs(await connect(['ls-remote', '--quiet', '--', url, 'HEAD', 'refs/heads/*', 'refs/tags/*']));
  } catch (error) {
    if (!(error instanceof ForkwrightError) || error.code !== 'process.failed') throw error;
    // Not as the cause: git's command line and stderr may have a URL that was rewritten to one with a password.
    throw new ForkwrightError('source.unreachable', `git cannot reach the repository: ${gitComplaint(error)}`, {
      place: maskCredentials(url),
      hint: `try it by hand: git ls-remote ${maskCredentials(url)}`,
    });
  }
}

/** Reads what `git ls-remote` prints. */
export function parseRefs(text: string): Refs {
  const lines = text.split('\n').filter((line) => line !== '');
  return new Map(lines.map((line) => [line.slice(line.indexOf('\t') + 1), line.slice(0, line.indexOf('\t'))]));
}
