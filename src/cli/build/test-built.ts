import { join } from 'node:path';
import pMap from 'p-map';
import type { BuildOutcome } from '../../build/build-targets.ts';
import { readSmokeRecord, writeSmokeRecord } from '../../build/smoke-record.ts';
import { runSmokeTests, skipSmokeTests } from '../../build/smoke-tests.ts';
import type { Engine } from '../../engine/engine.ts';
import { ForkwrightError } from '../../errors.ts';
import { isMissing, type NoEngine } from '../../engine/find-engine.ts';
import { hasSameTests, type SmokeRecord } from '../../image/verify/verify-tests.ts';
import type { Invocation } from '../command.ts';

type Built = BuildOutcome['built'][number];

/** A target that was built, and what became of its tests. */
export interface TestedTarget extends Built {
  /** Null where it has none, or they are not wanted. */
  readonly record: SmokeRecord | null;
}

export interface TestOutcome<Each extends Built> {
  readonly tested: readonly (Each & TestedTarget)[];
  /** Where the engine gave up. */
  readonly failures: readonly ForkwrightError[];
}

/**
 * Runs the tests of what was built, several targets at once, and writes the records beside the archives. Without an
 * engine they say so. An image whose record says that it has passed them all is not tested again. Throws the signal's reason.
 */
export async function testBuilt<Each extends Built>(
  built: readonly Each[],
  parallel: number,
  findEngine: () => Promise<Engine | NoEngine>,
  { root, signal, progress }: Invocation,
): Promise<TestOutcome<Each>> {
  const failures: ForkwrightError[] = [];
  const test = async (each: Each): Promise<Each & TestedTarget> => {
    const { target, archive } = each;
    if (target.tests.length === 0) return { ...each, record: null };
    const kept = await readKept(root, each);
    if (kept?.tests.every(({ state }) => state === 'passed') === true) return { ...each, record: kept };
    const engine = await findEngine();
    // What an engine has found out before is worth more than that there is none now.
    if (kept !== null && isMissing(engine)) return { ...each, record: kept };
    try {
      const record = isMissing(engine)
        ? skipSmokeTests(target, archive.digest, engine.reason)
        : await runSmokeTests(target, { archive: join(root, archive.path), root, engine, signal, progress });
      await writeSmokeRecord(root, target, record);
      return { ...each, record };
    } catch (error) {
      if (signal.aborted || !(error instanceof ForkwrightError)) throw error;
      failures.push(error);
      return { ...each, record: null };
    }
  };
  const tested = await pMap(built, test, { concurrency: parallel });
  return { tested, failures };
}

/** The record of this very image and of the tests that the recipe has now; null where there is none. */
async function readKept(root: string, { target, archive }: Built): Promise<SmokeRecord | null> {
  const record = await readSmokeRecord(root, target);
  return record?.digest === archive.digest && hasSameTests(record, target.tests) ? record : null;
}
