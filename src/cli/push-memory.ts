import { findCacheFolder } from '../cache/cache-folder.ts';
import { ForkwrightError } from '../errors.ts';
import type { Finding } from '../finding.ts';
import { keepHolders, readHolders, type KnownHolders } from '../registry/push/known-holders.ts';
import type { PushTarget } from '../registry/push/push-destination.ts';
import type { PreparedPush } from '../registry/push/push-image.ts';
import type { Invocation } from './command.ts';
import { toFinding } from './error-finding.ts';

/** Which repositories had which blobs when they were last pushed to. */
export interface HolderMemory {
  readonly known: ReadonlyMap<string, KnownHolders>;
  /** What is wrong with the cache; a push does without it. */
  readonly findings: readonly Finding[];
  /** Keeps what a push has put where. */
  keep(prepared: PreparedPush): Promise<readonly Finding[]>;
}

/** Reads the memory of the registries that are pushed to. Where there is no cache, there is none. */
export async function openHolderMemory(targets: readonly PushTarget[], { env }: Invocation): Promise<HolderMemory> {
  const known = new Map<string, KnownHolders>();
  const findings = await orNote(async () => {
    const folder = findCacheFolder(env, process.platform);
    for (const registry of new Set(targets.map((target) => target.registry))) {
      known.set(registry, await readHolders(folder, registry));
    }
  });
  return {
    known,
    findings,
    keep: ({ plan, targets: pushed }) =>
      orNote(async () => {
        const folder = findCacheFolder(env, process.platform);
        for (const { registry, repository } of pushed) {
          await keepHolders(
            folder,
            registry,
            plan.blobs.map(({ digest }) => [digest, repository] as const),
          );
        }
      }),
  };
}

async function orNote(work: () => Promise<void>): Promise<readonly Finding[]> {
  try {
    await work();
    return [];
  } catch (error) {
    if (!(error instanceof ForkwrightError) || !error.code.startsWith('cache.')) throw error;
    if (error.code === 'cache.no-folder') return [];
    return [{ ...toFinding(error), severity: 'note' }];
  }
}
