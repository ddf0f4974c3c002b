import { ForkwrightError } from '../errors.ts';

/** What is needed of a commit. */
export interface CommitFacts {
  readonly tree: string;
  /** When it was committed, seconds since 1970. */
  readonly epochSeconds: number;
}

/** Reads a commit as `git cat-file commit` prints it. Throws `source.malformed-commit`. */
export function parseCommit(text: string): CommitFacts {
  const [header = ''] = text.split('\n\n', 1);
  const tree = /^tree ([0-9a-f]+)$/m.exec(header)?.[1];
  const seconds = /^committer .*> (\d+) [+-]\d+$/m.exec(header)?.[1];
  if (tree === undefined || seconds === undefined) {
    throw new ForkwrightError('source.malformed-commit', 'the commit has no tree or no date', {
      hint: 'build another commit',
    });
  }
  return { tree, epochSeconds: Number(seconds) };
}
