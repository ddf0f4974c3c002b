import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { withTemporary } from '../archive/write/replace-output.ts';
import type { Engine } from '../engine/engine.ts';
import type { SmokeRecord, SmokeResult } from '../image/verify/verify-tests.ts';
import type { Digest } from '../oci/digest.ts';
import { formatPlatform } from '../platform/platform.ts';
import { testsPath } from '../recipe/output-names.ts';
import type { SmokeTest, Target } from '../recipe/target.ts';
import type { Progress, Task } from '../report/progress.ts';
import { writeImageFolder } from './image-folder.ts';
import { readBuiltArchive } from './read-built-archive.ts';
import { listRunnable } from './smoke-platforms.ts';
import { LAYOUT, runInImage, type SmokeRun, type SmokeRunOptions } from './smoke-run.ts';

/** How long a test may run; emulation is slow. */
const LIMIT_MS = 2 * 60_000;

const NO_EMULATOR =
  'the engine has no emulator for the platform; `docker run --rm --privileged tonistiigi/binfmt --install all` gives it one';
const NO_LAYOUTS = "the builder takes no image layouts; Docker's own builder does with the containerd image store";

export interface SmokeInput {
  /** The archive with the image, absolute. */
  readonly archive: string;
  /** The workspace, absolute. */
  readonly root: string;
  readonly engine: Engine;
  readonly signal: AbortSignal;
  readonly progress: Progress;
  /** How long a test may run, in milliseconds; two minutes without it. */
  readonly limitMs?: number;
}

/**
 * Runs the tests of a target, one after the other, in the image that was built for it. What fails and what this machine
 * cannot run stands in the record. The image lies in a hidden folder beside the archive for the time. Throws what
 * `writeImageFolder` throws, `test.engine` where the engine gave up, and `process.aborted`.
 */
export async function runSmokeTests(target: Target, input: SmokeInput): Promise<SmokeRecord> {
  const { archive, root, engine, signal, progress, limitMs = LIMIT_MS } = input;
  if (target.platform.os !== 'linux') {
    const { digest } = await readBuiltArchive(archive, target.platform, null, archive);
    return skipSmokeTests(target, digest, 'only images for Linux are run');
  }
  const platform = formatPlatform(target.platform);
  const task = progress.task(`testing ${target.recipe} ${platform}`, null);
  try {
    const record = await withTemporary(join(root, testsPath(target)), async (folder) => {
      await mkdir(folder);
      const digest = await writeImageFolder(archive, join(folder, LAYOUT), { root, signal, platform: null });
      const tests = await runAll(target.tests, task, { folder, platform, engine, signal, limitMs });
      return { recipe: target.recipe, platform, digest, tests };
    });
    endTask(task, record.tests);
    return record;
  } catch (error) {
    task.fail('not tested');
    throw error;
  }
}

/** Gives the record of tests that are not run, and why: `there is no docker on PATH`. */
export function skipSmokeTests(target: Target, digest: Digest, reason: string): SmokeRecord {
  const tests = target.tests.map(({ run }) => notRun(run, reason));
  return { recipe: target.recipe, platform: formatPlatform(target.platform), digest, tests };
}

async function runAll(
  tests: readonly SmokeTest[],
  task: Task,
  options: SmokeRunOptions,
): Promise<readonly SmokeResult[]> {
  const runs: { readonly run: readonly string[]; readonly how: SmokeRun }[] = [];
  for (const { run } of tests) {
    task.step(run.join(' '));
    runs.push({ run, how: await runInImage(run, options) });
  }
  const isRefused = runs.some(({ how }) => isFormatError(how));
  const isRunnable = isRefused && (runs.some(({ how }) => hasPassed(how)) || (await isListed(options)));
  return runs.map(({ run, how }) => judge(run, how, isRunnable, options.limitMs));
}

function judge(run: readonly string[], how: SmokeRun, isRunnable: boolean, limitMs: number): SmokeResult {
  switch (how.end) {
    case 'no-layouts':
      return notRun(run, NO_LAYOUTS);
    case 'timed-out': {
      const reason = `did not end within ${limitMs / 1000} s`;
      return { run, state: 'failed', exitCode: null, output: how.output, reason };
    }
    case 'exit': {
      const { exitCode, output } = how;
      if (!isFormatError(how))
        return { run, state: exitCode === 0 ? 'passed' : 'failed', exitCode, output, reason: null };
      if (!isRunnable) return notRun(run, NO_EMULATOR);
      const reason = 'is neither a program for the platform nor a script with #!';
      return { run, state: 'failed', exitCode, output, reason };
    }
  }
}

/**
 * Whether the kernel refused the program, which is what it does with those of other machines and with scripts that do not
 * begin with `#!`. The words are runc's; they are all that there is then.
 */
function isFormatError(how: SmokeRun): boolean {
  return how.end === 'exit' && how.exitCode !== 0 && /^[^\n]*\bexec\b[^\n]*: exec format error$/.test(how.output);
}

function hasPassed(how: SmokeRun): boolean {
  return how.end === 'exit' && how.exitCode === 0;
}

async function isListed({ engine, platform, signal }: SmokeRunOptions): Promise<boolean> {
  return (await listRunnable(engine, signal)).includes(platform);
}

function notRun(run: readonly string[], reason: string): SmokeResult {
  return { run, state: 'not-run', exitCode: null, output: '', reason };
}

function endTask(task: Task, tests: readonly SmokeResult[]): void {
  const count = (wanted: SmokeResult['state']) => tests.filter(({ state }) => state === wanted).length;
  const [passed, failed, skipped] = [count('passed'), count('failed'), count('not-run')];
  if (failed > 0) task.fail(`${failed} of ${tests.length} tests failed`);
  else task.done(skipped === 0 ? `${passed} passed` : `${skipped} of ${tests.length} not run`);
}
