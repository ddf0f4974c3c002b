import { setMaxListeners } from 'node:events';
import { resolve } from 'node:path';
import { findCacheFolder } from '../cache/cache-folder.ts';
import { REAL_PAUSES } from '../http/retry.ts';
import { readMirrors } from '../recipe/mirrors.ts';
import { mirrorRepository } from '../registry/source/registry-source-mirror.ts';
import { requireGit } from '../source/require-git.ts';
import type { CheckDeps } from '../upstream/check-deps.ts';
import { createHostLimit } from '../upstream/host-limit.ts';
import { createPoliteFetch } from '../upstream/polite-fetch.ts';
import type { Invocation } from './command.ts';
import { createClient } from './open-registry.ts';

const PER_HOST = 4;
const ANSWER_TIMEOUT_MS = 30_000;
const GIT_TIMEOUT_MS = 60_000;

export interface CheckSettings {
  readonly isOffline: boolean;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  /** Of the workspace: registries to ask instead. */
  readonly mirrors: Readonly<Record<string, string>>;
}

/**
 * Lets `use` check upstreams and images with the means of an invocation, a few requests to one host at a time. Throws
 * `source.no-git`, `source.old-git`, `cache.no-folder`, `workspace.mirrors`, and what `use` throws.
 */
export async function withCheckDeps<Result>(
  settings: CheckSettings,
  invocation: Invocation,
  use: (deps: CheckDeps) => Promise<Result>,
): Promise<Result> {
  const { cwd, env, run } = invocation;
  const { isOffline, nowMs } = settings;
  await requireGit(cwd, invocation);
  const signal = AbortSignal.any([invocation.signal]);
  // Every program and every request that is under way listens to it, and takes its listener away.
  setMaxListeners(0, signal);
  const cacheFolder = resolve(cwd, findCacheFolder(env, process.platform));
  const mirrors = readMirrors(env, settings.mirrors);
  const limit = createHostLimit(PER_HOST);
  const client = await createClient(invocation);
  const polite = { cacheFolder, limit, signal, nowMs, pauses: REAL_PAUSES, timeoutMs: ANSWER_TIMEOUT_MS };
  try {
    return await use({
      env,
      run,
      signal,
      cacheFolder,
      limit,
      isOffline,
      nowMs,
      fetch: createPoliteFetch({ ...polite, fetch: invocation.fetch }),
      gitTimeoutMs: GIT_TIMEOUT_MS,
      openRepository: (reference) => client.repository(mirrorRepository(reference, mirrors)),
      silentHosts: new Map(),
    });
  } finally {
    client.close();
  }
}
