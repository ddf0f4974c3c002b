import type { Engine } from '../engine/engine.ts';

const ANSWER_MS = 60_000;

/**
 * Gives the platforms that the current builder says it can run, as `formatPlatform` writes them. It says too little at
 * times: BuildKit of Docker 26 knows nothing of 32-bit ARM, which it runs. Throws what RunProgram throws.
 */
export async function listRunnable(engine: Engine, signal: AbortSignal): Promise<readonly string[]> {
  const { stdout } = await engine.docker(['buildx', 'inspect'], { signal, timeoutMs: ANSWER_MS });
  // One line per node of the builder; `*` marks what its user has said.
  return [...stdout.matchAll(/^Platforms:(.*)$/gm)].flatMap(([, list = '']) =>
    list.split(',').map((platform) => platform.trim().replace(/\*$/, '')),
  );
}
