import { join } from 'node:path';
import type { RunProgram } from '../process/run.ts';
import { connectingEnvironment, isolatedEnvironment } from '../source/git-environment.ts';

export interface GitToolDeps {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly run: RunProgram;
  readonly signal: AbortSignal;
}

/** Runs git in a repository and gives its stdout. Throws what RunProgram throws. */
export interface GitTools {
  /** Nothing of the user's configuration is read, and no server is reached. */
  readonly local: (args: readonly string[]) => Promise<string>;
  /** Talks to a server with the user's configuration, and asks nothing. */
  readonly connect: (args: readonly string[], timeoutMs: number) => Promise<string>;
}

const LOCAL_TIMEOUT_MS = 5 * 60_000;
// A connection that has stopped is not waited for until the time-out of it all.
const STALLED = ['-c', 'http.lowSpeedLimit=1', '-c', 'http.lowSpeedTime=30'];
const NO_UPKEEP = ['-c', 'gc.auto=0', '-c', 'maintenance.auto=false'];

/** Gives git for a bare repository; `folder` (absolute) need not be there for what needs none. It works in `cwd`. */
export function gitTools(folder: string, cwd: string, { env, run, signal }: GitToolDeps): GitTools {
  const places = { gitFolder: folder, objects: join(folder, 'objects'), workTree: cwd };
  const isolated = { ...isolatedEnvironment(env, places), GIT_WORK_TREE: undefined };
  const connecting = { ...connectingEnvironment(env, places), GIT_WORK_TREE: undefined };
  return {
    local: async (args) => {
      const options = { cwd, env: isolated, signal, timeoutMs: LOCAL_TIMEOUT_MS };
      return (await run(['git', ...NO_UPKEEP, ...args], options)).stdout;
    },
    connect: async (args, timeoutMs) => {
      const options = { cwd, env: connecting, signal, timeoutMs };
      return (await run(['git', ...NO_UPKEEP, ...STALLED, ...args], options)).stdout;
    },
  };
}
