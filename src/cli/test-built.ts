import { join } from 'node:path';
import pMap from 'p-map';
import type { BuildOutcome } from '../build/build-targets.ts';
import { writeSmokeRecord } from '../build/smoke-record.ts';
import { runSmokeTests, skipSmokeTests } from '../build/smoke-tests.ts';
import type { Engine } from '../engine/engine.ts';
import { ForkwrightError } from '../errors.ts';
import { isMissing, type NoEngine } from '../engine/find-engine.ts';
import type { SmokeRecord } from '../image/verify-tests.ts';
import type { Invocation } from './command.ts';

type Built = BuildOutcome['built'][number];

/** A target that was built, and what became of its tests. */
export interface TestedTarget extends Built {
  /** Null where it has none, or they are not wanted. */
  readonly record: SmokeRecord | null;
}

export interface TestOutcome {
  readonly tested: readonly TestedTarget[];
  /** Where the engine gave up. */
  readonly failures: readonly ForkwrightError[];
}

/**
 * Runs the tests of what was built, several targets at once, and writes the records beside the archives. Without an
 * engine they say so. Throws the signal's reason.
 */
export async function testBuilt(
  built: readonly Built[],
  parallel: number,
  findEngine: () => Promise<Engine | NoEngine>,
  { root, signal, progress }: Invocation,
): Promise<TestOutcome> {
  const failures: ForkwrightError[] = [];
  const test = async ({ target, archive }: Built): Promise<TestedTarget> => {
    if (target.tests.length === 0) return { target, archive, record: null };
    const engine = await findEngine();
    try {
      const record = isMissing(engine)
        ? skipSmokeTests(target, archive.digest, engine.reason)
        : await runSmokeTests(target, { archive: join(root, archive.path), root, engine, signal, progress });
      await writeSmokeRecord(root, target, record);
      return { target, archive, record };
    } catch (error) {
      if (signal.aborted || !(error instanceof ForkwrightError)) throw error;
      failures.push(error);
      return { target, archive, record: null };
    }
  };
  const tested = await pMap(built, test, { concurrency: parallel });
  return { tested, failures };
}
