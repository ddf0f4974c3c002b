import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Engine } from '../engine/engine.ts';
import { ForkwrightError } from '../errors.ts';
import { LAYOUT_TAG } from './image-folder.ts';
import { splitLines } from './line-splitter.ts';
import { smokeDockerfile, TESTED_IMAGE } from './smoke-dockerfile.ts';
import { followSmokeTest } from './smoke-progress.ts';

/** How long an engine may take to get the image, which may be far away from it. */
const ENGINE_MS = 30 * 60_000;

/** The layout folder with the image, below the folder of a test. */
export const LAYOUT = 'layout';

export interface SmokeRunOptions {
  /** Absolute; holds the layout folder, and gets the Dockerfile. */
  readonly folder: string;
  /** `linux/arm64`. */
  readonly platform: string;
  readonly engine: Engine;
  readonly signal: AbortSignal;
  /** How long the program may run. */
  readonly limitMs: number;
}

/** How a run ended: the program by itself, not within its time, or not begun since the engine reads no layouts. */
export type SmokeRun =
  | { readonly end: 'exit'; readonly exitCode: number; readonly output: string }
  | { readonly end: 'timed-out'; readonly output: string }
  | { readonly end: 'no-layouts' };

/**
 * Runs one program in the image, by BuildKit: it works with every builder that takes image layouts, the program ends when
 * the docker program does, and no image has to be loaded, named or removed. It has no network, and its result comes from
 * no cache.
 * Throws `test.engine` where the engine did not get as far as running it, `process.aborted`, and the others of
 * RunProgram.
 */
export async function runInImage(words: readonly string[], options: SmokeRunOptions): Promise<SmokeRun> {
  const { folder, engine, signal, limitMs } = options;
  await writeFile(join(folder, 'Dockerfile'), smokeDockerfile(words));
  const limit = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const progress = followSmokeTest(() => {
    timer = setTimeout(() => limit.abort(), limitMs);
  });
  const lines = splitLines(progress.take);
  const stopped = await tryDocker(() =>
    engine.docker(solveArguments(options), {
      cwd: folder,
      signal: AbortSignal.any([signal, limit.signal]),
      timeoutMs: ENGINE_MS,
      onOutput: (piece) => lines.take(piece),
    }),
  ).finally(() => clearTimeout(timer));
  lines.end();
  const { exitCode, output } = progress;
  if (stopped !== null && stopped.code !== 'process.failed') {
    if (limit.signal.aborted && !signal.aborted) return { end: 'timed-out', output };
    throw stopped;
  }
  if (exitCode !== null) return { end: 'exit', exitCode, output };
  const said = progress.error?.replace(/^failed to (?:build: failed to )?solve: /, '') ?? stopped?.message ?? 'nothing';
  // The classic image store of Docker's own builder has no such source.
  if (/source\.ocilayout\b.*not supported/.test(said)) return { end: 'no-layouts' };
  throw new ForkwrightError('test.engine', `the engine could not run ${JSON.stringify(words)}: ${said}`, {
    hint: 'is it still running? Look at its own log',
  });
}

async function tryDocker(run: () => Promise<unknown>): Promise<ForkwrightError | null> {
  try {
    await run();
    return null;
  } catch (error) {
    if (error instanceof ForkwrightError) return error;
    throw error;
  }
}

/** Paths are relative: buildx cuts those of layouts at `:` and `@`, which a workspace's path may have. */
function solveArguments({ platform }: SmokeRunOptions): readonly string[] {
  return [
    'buildx',
    'build',
    '--progress=plain',
    '--no-cache',
    '--provenance=false',
    `--platform=${platform}`,
    '--output=type=cacheonly',
    `--build-context=${TESTED_IMAGE}=oci-layout://${LAYOUT}:${LAYOUT_TAG}`,
    '.',
  ];
}
