import type { Finding } from '../../finding.ts';
import type { Digest } from '../../oci/digest.ts';
import { formatPlatform, isSamePlatform, type Platform } from '../../platform/platform.ts';
import type { ResolvedRecipe, SmokeTest } from '../../recipe/target.ts';

/** What became of one test of a recipe in an image. */
export interface SmokeResult {
  /** The program with its arguments. */
  readonly run: readonly string[];
  readonly state: 'passed' | 'failed' | 'not-run';
  /** Null where the program did not end by itself. */
  readonly exitCode: number | null;
  /** The end of what it printed. */
  readonly output: string;
  /** Why it was not run, or failed otherwise than by its exit code. */
  readonly reason: string | null;
}

/** What became of all tests of a recipe in one image. */
export interface SmokeRecord {
  readonly recipe: string;
  /** As `formatPlatform` writes it. */
  readonly platform: string;
  /** Of the image's manifest: the record is about this image and no other. */
  readonly digest: Digest;
  /** In the recipe's order. */
  readonly tests: readonly SmokeResult[];
}

/** A record, and the place where its image lies. */
export interface PlacedRecord {
  readonly place: string;
  readonly record: SmokeRecord;
}

/**
 * Gives what records say as findings: an error for each failed test at the place of its image, and one note at `source`
 * for all platforms on which tests were not run for the same reason.
 */
export function reportTests(source: string, placed: readonly PlacedRecord[]): readonly Finding[] {
  const failed = placed.flatMap(({ place, record }) =>
    record.tests
      .filter(({ state }) => state === 'failed')
      .map((test): Finding => {
        const output = test.output === '' ? '' : `:\n${test.output}`;
        const text = `on ${record.platform}, ${formatWords(test.run)} ${describeEnd(test)}${output}`;
        return { code: 'test.failed', severity: 'error', place, text, hint: null };
      }),
  );
  return [...failed, ...reportNotRun(source, placed)];
}

function reportNotRun(source: string, placed: readonly PlacedRecord[]): readonly Finding[] {
  const platforms = new Map<string, Set<string>>();
  for (const { record } of placed) {
    for (const { state, reason } of record.tests) {
      if (state !== 'not-run') continue;
      const same = platforms.get(reason ?? '') ?? new Set();
      platforms.set(reason ?? '', same.add(record.platform));
    }
  }
  return [...platforms].map(([reason, names]) => ({
    code: 'test.not-run',
    severity: 'note',
    place: source,
    text: `the tests were not run on ${[...names].join(', ')}: ${reason}`,
    hint: null,
  }));
}

/** An image of an archive that is held to its recipe's tests. */
export interface TestedImage {
  readonly digest: Digest;
  readonly platform: Platform | null;
  /** Where it lies, for findings. */
  readonly place: string;
}

/**
 * Holds the images of an archive to the tests of a recipe: those that have some need a record of the same image and the
 * same tests, and what it says is reported. `source` is the archive.
 */
export function verifyTests(
  source: string,
  images: readonly TestedImage[],
  recipe: ResolvedRecipe,
  records: readonly SmokeRecord[],
): readonly Finding[] {
  const placed: PlacedRecord[] = [];
  const missing: string[] = [];
  for (const { digest, platform, place } of images) {
    const target = recipe.targets.find((each) => platform !== null && isSamePlatform(each.platform, platform));
    if (target === undefined || target.tests.length === 0) continue;
    const record = records.find((each) => each.digest === digest && hasSameTests(each, target.tests));
    if (record === undefined) missing.push(formatPlatform(target.platform));
    else placed.push({ place, record });
  }
  return [...(missing.length === 0 ? [] : [missingRecord(source, missing, recipe)]), ...reportTests(source, placed)];
}

function missingRecord(source: string, platforms: readonly string[], recipe: ResolvedRecipe): Finding {
  return {
    code: 'test.missing-record',
    severity: 'warning',
    place: source,
    text: `there is no record that the tests of ${recipe.file} were run on ${platforms.join(', ')}`,
    hint: `\`forkwright build ${recipe.name}\` runs them`,
  };
}

/** Whether a record is about these tests, in their order. */
export function hasSameTests(record: SmokeRecord, tests: readonly SmokeTest[]): boolean {
  return JSON.stringify(record.tests.map(({ run }) => run)) === JSON.stringify(tests.map(({ run }) => run));
}

function describeEnd({ exitCode, reason }: SmokeResult): string {
  return reason ?? `ended with exit code ${exitCode ?? 'unknown'}`;
}

/** The command for people; words that a shell would not take as they are stand in quotes. */
function formatWords(words: readonly string[]): string {
  return words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word))).join(' ');
}
