import { ForkwrightError } from '../../errors.ts';
import { collectFacts } from '../../lock/known-facts.ts';
import type { RecipeLock } from '../../lock/lock.ts';
import type { Refs } from '../../source/list-refs.ts';
import { readGitUrl } from '../../upstream/forge.ts';
import { createHostLimit } from '../../upstream/host-limit.ts';
import { listRemote } from '../../upstream/list-remote.ts';
import type { Invocation } from '../command.ts';
import type { LookUpHabits } from '../lock/look-ups.ts';

const PER_HOST = 4;
const GIT_TIMEOUT_MS = 60_000;

/**
 * Gives how a plan looks things up: what the locks know is not asked for again, repositories are asked a few at a time per
 * host, and a host that does not answer is not waited for twice.
 */
export function planHabits(locks: ReadonlyMap<string, RecipeLock>, { env, run, signal }: Invocation): LookUpHabits {
  const limit = createHostLimit(PER_HOST);
  const silent = new Map<string, ForkwrightError>();
  const askRefs = async (git: string): Promise<Refs> => {
    const host = readGitUrl(git)?.host ?? '';
    return limit(host, async () => {
      const before = silent.get(host);
      if (before !== undefined) throw before;
      try {
        return (await listRemote(git, { env, run, signal, timeoutMs: GIT_TIMEOUT_MS })).refs;
      } catch (error) {
        if (error instanceof ForkwrightError && error.code === 'upstream.too-slow') silent.set(host, error);
        throw error;
      }
    });
  };
  return { known: collectFacts(locks.values()), askRefs };
}
