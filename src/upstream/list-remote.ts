import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ForkwrightError } from '../errors.ts';
import { maskCredentials } from '../recipe/quoted.ts';
import { gitComplaint } from '../source/complaint.ts';
import { parseRefs, type Refs } from '../source/list-refs.ts';
import { gitTools, type GitToolDeps } from './git-tools.ts';

/** What a repository answers to `git ls-remote`. */
export interface RemoteRefs {
  /** HEAD, branches and tags by their full names; an annotated tag has its commit as `NAME^{}`. */
  readonly refs: Refs;
  /** What HEAD points to; null where it is no branch, or the server does not say. */
  readonly defaultBranch: string | null;
}

/**
 * Asks a repository on any forge for HEAD, branches and tags, without a token and without cloning.
 * An empty repository has no refs. Throws `upstream.unreachable` with git's reason, `upstream.too-slow`, and what RunProgram
 * throws. Specification: git-ls-remote(1); gitprotocol-v2, symrefs.
 */
export async function listRemote(git: string, deps: GitToolDeps & { readonly timeoutMs: number }): Promise<RemoteRefs> {
  // git works without a repository; one around the current folder would have settings of its own.
  const nowhere = join(tmpdir(), 'forkwright-no-repository');
  const { connect } = gitTools(nowhere, tmpdir(), deps);
  // All branches: what is kept of an upstream serves every recipe that follows something in it.
  const wanted = ['HEAD', 'refs/heads/*', 'refs/tags/*'];
  try {
    // Not with --refs, which leaves out the commits of annotated tags.
    return parseRemote(await connect(['ls-remote', '--quiet', '--symref', '--', git, ...wanted], deps.timeoutMs));
  } catch (error) {
    throw sayUnreachable(error, git, deps.timeoutMs);
  }
}

/** Reads what `git ls-remote --symref` prints. */
export function parseRemote(text: string): RemoteRefs {
  const lines = text.split('\n');
  const head = lines.find((line) => line.startsWith('ref: ') && line.endsWith('\tHEAD'));
  const target = head?.slice('ref: '.length, -'\tHEAD'.length) ?? '';
  return {
    refs: parseRefs(lines.filter((line) => !line.startsWith('ref: ')).join('\n')),
    defaultBranch: target.startsWith('refs/heads/') ? target.slice('refs/heads/'.length) : null,
  };
}

/** Says why git could not talk to a repository; anything else is given back as it is. */
export function sayUnreachable(error: unknown, git: string, timeoutMs: number): unknown {
  if (!(error instanceof ForkwrightError)) return error;
  const place = maskCredentials(git);
  const hint = `try it by hand: git ls-remote ${place}`;
  // Not as the cause: git's command line and stderr may have a URL that was rewritten to one with a password.
  if (error.code === 'process.timed-out') {
    const text = `it did not answer git within ${timeoutMs / 1000} s`;
    return new ForkwrightError('upstream.too-slow', text, { place, hint });
  }
  if (error.code !== 'process.failed') return error;
  return new ForkwrightError('upstream.unreachable', `git cannot reach it: ${gitComplaint(error)}`, { place, hint });
}
