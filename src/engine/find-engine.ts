import { setTimeout as sleep } from 'node:timers/promises';
import { ForkwrightError } from '../errors.ts';
import type { RunProgram } from '../process/run.ts';
import type { Progress } from '../report/progress.ts';
import type { Engine } from './engine.ts';

const ANSWER_MS = 5000;
const PAUSE_MS = 500;

export interface EngineDeps {
  /** Absolute; the folder that docker is run in. */
  readonly root: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly run: RunProgram;
  readonly signal: AbortSignal;
  readonly progress: Progress;
  /** How long a server that does not answer is asked again. */
  readonly waitMs: number;
  readonly nowMs: () => number;
}

/** Why there is no engine, and what to do about it. */
export interface NoEngine {
  /** `there is no docker on PATH`. */
  readonly reason: string;
  readonly hint: string;
}

/** Whether what was found is no engine. */
export function isMissing(found: Engine | NoEngine): found is NoEngine {
  return 'reason' in found;
}

/**
 * Looks for Docker with buildx, by the docker program and its own settings (DOCKER_HOST, contexts). A server that is not
 * there yet is waited for; a missing program, a missing buildx or a refused socket is told at once. Throws
 * `process.aborted`.
 */
export async function findEngine(deps: EngineDeps): Promise<Engine | NoEngine> {
  const engine = createDocker(deps);
  const server = await waitForServer(engine, deps);
  if (typeof server !== 'string') return server;
  const buildx = await ask(engine, ['buildx', 'version'], deps);
  if (buildx instanceof ForkwrightError) {
    return { reason: 'docker has no buildx', hint: 'install the buildx plugin (docker-buildx)' };
  }
  // podman's docker answers too, with a version of buildah.
  const version = /buildx\S*\s+v?(\d+\.\d+\S*)/.exec(buildx)?.[1];
  if (version === undefined) {
    return {
      reason: `what docker calls buildx is something else (${firstLine(buildx)})`,
      hint: "install Docker's own",
    };
  }
  return { dockerVersion: server, buildxVersion: version, docker: engine };
}

type Docker = Engine['docker'];

function createDocker({ root, env, run }: EngineDeps): Docker {
  return (args, options) => run(['docker', ...args], { cwd: root, env, isGuarded: true, ...options });
}

/** Gives the server's version. */
async function waitForServer(docker: Docker, deps: EngineDeps): Promise<string | NoEngine> {
  const startMs = deps.nowMs();
  let task: ReturnType<Progress['task']> | null = null;
  for (;;) {
    const answer = await ask(docker, ['version', '--format', '{{.Server.Version}}'], deps);
    if (typeof answer === 'string' && answer !== '') {
      task?.done('ready');
      return answer;
    }
    const refusal = answer instanceof ForkwrightError ? explain(answer, deps) : SILENT;
    if (!refusal.mayCome || deps.nowMs() - startMs >= deps.waitMs) {
      task?.fail('none');
      return { reason: refusal.reason, hint: refusal.hint };
    }
    if (task === null) {
      task = deps.progress.task('waiting for the build engine', null);
      // In a log of CI a task says nothing before it ends, unless it has steps.
      task.step(refusal.reason);
    }
    await sleep(PAUSE_MS, undefined, { signal: deps.signal });
  }
}

async function ask(docker: Docker, args: readonly string[], { signal }: EngineDeps): Promise<string | ForkwrightError> {
  try {
    return (await docker(args, { signal, timeoutMs: ANSWER_MS })).stdout.trim();
  } catch (error) {
    if (!(error instanceof ForkwrightError) || error.code === 'process.aborted') throw error;
    return error;
  }
}

interface Refusal extends NoEngine {
  /** Whether it may be there a moment later. */
  readonly mayCome: boolean;
}

const SILENT: Refusal = {
  reason: `docker's server did not answer within ${ANSWER_MS / 1000} s`,
  hint: 'look at the log of the Docker engine',
  mayCome: true,
};

function explain(error: ForkwrightError, { env }: EngineDeps): Refusal {
  if (error.code === 'process.not-found') {
    return {
      reason: 'there is no docker on PATH',
      hint: 'install Docker with buildx, or run where there is one',
      mayCome: false,
    };
  }
  if (error.code === 'process.timed-out') return SILENT;
  const host = env['DOCKER_HOST'] ?? '';
  const where = host === '' ? '' : ` at ${host}`;
  if (/permission denied/i.test(error.message)) {
    return {
      reason: `docker may not talk to its server${where}: permission denied`,
      hint: 'join the group docker, or run as a user who may',
      mayCome: false,
    };
  }
  return {
    reason: `docker's server cannot be reached${where}`,
    hint: 'start the Docker engine, or set DOCKER_HOST; FORKWRIGHT_ENGINE_WAIT=60s waits for one that is starting',
    mayCome: true,
  };
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
