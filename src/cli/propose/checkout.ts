import { ForkwrightError } from '../../errors.ts';
import { WORKSPACE_FILE } from '../../recipe/read-file.ts';
import type { Invocation } from '../command.ts';

const TIMEOUT_MS = 60_000;
/** What proposals are made from, relative to the workspace. */
const MATERIAL = [WORKSPACE_FILE, 'recipes', 'patches', 'locks', 'templates', 'generated'];

/** The workspace as a part of a git repository. */
export interface Checkout {
  /** The commit that is checked out. */
  readonly head: string;
  /** From the root of the repository to the workspace, with a slash at its end; '' where they are the same. */
  readonly prefix: string;
  /** Files of the workspace that are not as that commit has them, relative to the root of the repository. */
  readonly changed: readonly string[];
}

/** Looks at the git repository that the workspace is in. Throws `propose.no-checkout`, and what running git throws. */
export async function readCheckout(invocation: Pick<Invocation, 'root' | 'env' | 'run' | 'signal'>): Promise<Checkout> {
  const { root, signal, run } = invocation;
  // Looking is not to wait for somebody else's lock, nor to take one.
  const env = { ...invocation.env, GIT_OPTIONAL_LOCKS: '0', LC_ALL: 'C' };
  const git = async (...args: string[]) => {
    return (await run(['git', ...args], { cwd: root, env, signal, timeoutMs: TIMEOUT_MS })).stdout;
  };
  try {
    const [prefix = '', head = ''] = (await git('rev-parse', '--show-prefix', '--verify', 'HEAD')).split('\n');
    const status = await git(
      'status',
      '--porcelain=v1',
      '-z',
      '--no-renames',
      '--untracked-files=all',
      '--',
      ...MATERIAL,
    );
    const changed = status.split('\0').flatMap((line) => (line === '' ? [] : [line.slice('XY '.length)]));
    return { head, prefix, changed };
  } catch (cause) {
    if (!(cause instanceof ForkwrightError) || cause.code !== 'process.failed') throw cause;
    const hint = 'run it in a clone of the project, with the target branch checked out';
    throw new ForkwrightError('propose.no-checkout', 'git knows no commit of this workspace', {
      place: root,
      hint,
      cause,
    });
  }
}
