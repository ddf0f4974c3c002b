import { digestOf, isDigest, type Digest } from '../oci/digest.ts';
import { compareText } from '../platform/order.ts';
import type { FileChange, Proposal } from './proposal.ts';

/** What forkwright says of itself in its commits, as trailers. */
export interface CommitMarks {
  readonly key: string;
  /** Stands for the files that the commit changes. */
  readonly content: Digest;
}

/** The digest over paths and contents of changed files, in any order. */
export function digestFiles(files: readonly FileChange[]): Digest {
  const sorted = files.toSorted((one, other) => compareText(one.path, other.path));
  return digestOf(JSON.stringify(sorted.map(({ path, content }) => [path, content])));
}

/** The message of the commit that a proposal's branch has. Specification: git-interpret-trailers. */
export function composeCommitMessage({ key, commitMessage, files }: Proposal): string {
  return `${commitMessage.trim()}\n\nForkwright-Key: ${key}\nForkwright-Content: ${digestFiles(files)}\n`;
}

/** Reads forkwright's trailers; null where a commit is not one of its. Only the end counts: what is above may come from outside. */
export function readCommitMarks(message: string): CommitMarks | null {
  const [, key = '', content = ''] =
    /(?:^|\n)Forkwright-Key: (.+)\nForkwright-Content: (\S+)\s*$/.exec(message.replaceAll('\r\n', '\n')) ?? [];
  return isDigest(content) ? { key, content } : null;
}
