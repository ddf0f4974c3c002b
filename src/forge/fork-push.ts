import { ForkwrightError } from '../errors.ts';
import { maskCredentials } from '../recipe/quoted.ts';
import { parseRefs, type Refs } from '../source/list-refs.ts';
import type { GitToolDeps } from '../upstream/git-tools.ts';
import { sayUnreachable } from '../upstream/list-remote.ts';
import { forkGit } from './fork-git.ts';
import type { ForkHome } from './fork-home.ts';
import type { RefUpdate } from './fork-plan.ts';

const LIST_TIMEOUT_MS = 60_000;
const PUSH_TIMEOUT_MS = 60 * 60_000;
/** Command lines are not endless. */
const REFS_AT_ONCE = 1000;

const WANTED = ['refs/heads/*', 'refs/tags/*', 'refs/forkwright/*'];
// What the user's configuration would have pushed besides, asked, signed or run.
const PUSH = ['push', '--quiet', '--no-verify', '--no-follow-tags', '--no-signed', '--recurse-submodules=no'];
// While the server looks at what it got, nothing comes from it.
const PATIENT = ['-c', 'http.lowSpeedTime=600', '-c', 'push.pushOption='];

/** Asks a fork for its branches, its tags and forkwright's own refs. Throws `fork.unreachable`. */
export async function listForkRefs(home: ForkHome, deps: GitToolDeps): Promise<Refs> {
  const { connect } = forkGit(null, home, deps);
  try {
    const listed = parseRefs(await connect(['ls-remote', '--quiet', '--', home.url, ...WANTED], LIST_TIMEOUT_MS));
    return new Map([...listed].filter(([ref]) => !ref.endsWith('^{}')));
  } catch (error) {
    const said = sayUnreachable(error, home.url, LIST_TIMEOUT_MS);
    if (said === error || !(said instanceof ForkwrightError)) throw error;
    const hint =
      home.project === null
        ? 'it has to be there: forkwright makes projects on GitLab only, for a fork that is a path'
        : 'the token needs the scope write_repository';
    throw new ForkwrightError('fork.unreachable', said.message, { place: maskCredentials(home.url), hint });
  }
}

/**
 * Pushes objects of a bare repository (absolute) to a fork: all refs or none of them, each only where it is still what is
 * expected. More than `refsAtOnce` go in several pushes, the branches in the last. Throws `fork.push-refused` with what the
 * server said. Specification: git-push(1), --atomic and --force-with-lease.
 */
export async function pushFork(
  folder: string,
  updates: readonly RefUpdate[],
  home: ForkHome,
  deps: GitToolDeps,
  refsAtOnce = REFS_AT_ONCE,
): Promise<void> {
  const isTag = ({ ref }: RefUpdate) => ref.startsWith('refs/tags/');
  const ordered = [...updates.filter(isTag), ...updates.filter((update) => !isTag(update))];
  for (let start = 0; start < ordered.length; start += refsAtOnce) {
    await pushAtOnce(folder, ordered.slice(start, start + refsAtOnce), home, deps);
  }
}

async function pushAtOnce(folder: string, updates: readonly RefUpdate[], home: ForkHome, deps: GitToolDeps) {
  const { connect } = forkGit(folder, home, deps);
  const leases = updates.map(({ ref, expected }) => `--force-with-lease=${ref}:${expected ?? ''}`);
  const refspecs = updates.map(({ ref, to }) => `${to}:${ref}`);
  // GitLab: what upstream has in its .gitlab-ci.yml is not to run.
  const quiet = home.project === null ? [] : ['--push-option=ci.skip'];
  const push = (...more: readonly string[]) =>
    connect([...PATIENT, ...PUSH, ...quiet, ...more, ...leases, '--', home.url, ...refspecs], PUSH_TIMEOUT_MS);
  try {
    await push('--atomic');
  } catch (error) {
    if (!isRefusal(error)) throw error;
    if (!error.message.includes('does not support --atomic')) throw describeRefusal(error, home);
    try {
      await push();
    } catch (second) {
      throw isRefusal(second) ? describeRefusal(second, home) : second;
    }
  }
}

function isRefusal(error: unknown): error is ForkwrightError {
  return error instanceof ForkwrightError && error.code === 'process.failed';
}

/** What the server's hooks said, and which refs it did not take; else git's own last words. */
function describeRefusal(error: ForkwrightError, { url }: ForkHome): ForkwrightError {
  const [, ...lines] = error.message.split('\n').map((line) => maskCredentials(line.trim()));
  const said = lines.flatMap((line) => /^remote: +(?:=+$)?(.*\S.*)$/.exec(line)?.[1] ?? []);
  const refs = lines.flatMap((line) => /^! \[.*\] +\S+ -> (.*)$/.exec(line)?.[1] ?? []);
  const other = lines.filter((line) => /^(?:fatal|error): /.test(line)).slice(0, 1);
  const words = [...said, ...refs];
  const isStale = refs.some((ref) => ref.endsWith('(stale info)') || ref.includes('fetch first'));
  return new ForkwrightError(
    'fork.push-refused',
    `the push was refused: ${(words.length > 0 ? words : other).join('; ')}`,
    {
      place: maskCredentials(url),
      hint: isStale
        ? 'somebody has pushed meanwhile: run it again'
        : 'the token needs the role Maintainer and write_repository; protected branches have to allow it to force a push',
    },
  );
}
