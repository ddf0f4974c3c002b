import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import * as z from 'zod';
import { replaceOutput } from '../archive/write/replace-output.ts';
import { isSystemError, messageOf } from '../errors.ts';
import type { Finding } from '../finding.ts';
import type { SmokeRecord, SmokeResult } from '../image/verify/verify-tests.ts';
import { isDigest, type Digest } from '../oci/digest.ts';
import { compareText } from '../platform/order.ts';
import { formatPlatform } from '../platform/platform.ts';
import { recipeOutput, TESTS_ENDING, testsPath } from '../recipe/output-names.ts';
import type { Target } from '../recipe/target.ts';

const SCHEMA = 'forkwright.tests/v1';

const recordSchema = z.strictObject({
  schema: z.literal(SCHEMA),
  recipe: z.string(),
  platform: z.string(),
  digest: z.custom<Digest>(isDigest, 'is not a digest'),
  tests: z.array(
    z.strictObject({
      run: z.array(z.string()),
      state: z.enum(['passed', 'failed', 'not-run']),
      exitCode: z.int().nullable(),
      output: z.string(),
      reason: z.string().nullable(),
    }),
  ),
});

/**
 * Writes a record beside the archive that it is about, as JSON. The same record gives the same bytes. `root` is the
 * workspace, absolute. Throws `archive.write-failed`.
 */
export async function writeSmokeRecord(root: string, target: Target, record: SmokeRecord): Promise<void> {
  const { recipe, platform, digest, tests } = record;
  const document = {
    schema: SCHEMA,
    recipe,
    platform,
    digest,
    tests: tests.map(({ run, state, exitCode, output, reason }) => ({ run, state, exitCode, output, reason })),
  };
  const text = `${JSON.stringify(document, null, 2)}\n`;
  await replaceOutput(join(root, testsPath(target)), (temporary) => writeFile(temporary, text));
}

/** Removes the record of an earlier build, if there is one, so that it is not taken for that of the next. */
export async function removeSmokeRecord(root: string, target: Target): Promise<void> {
  await rm(join(root, testsPath(target)), { force: true });
}

/** Reads the record of a target; null where there is none, or what is there is no record. */
export async function readSmokeRecord(root: string, target: Target): Promise<SmokeRecord | null> {
  const { records } = await readSmokeRecords(root, target.recipe);
  const platform = formatPlatform(target.platform);
  return records.find((record) => record.recipe === target.recipe && record.platform === platform) ?? null;
}

/**
 * Reads the records of a recipe in the workspace `root`, absolute, sorted by the names of their files. One that is no
 * record is a finding.
 */
export async function readSmokeRecords(
  root: string,
  recipe: string,
): Promise<{ readonly records: readonly SmokeRecord[]; readonly findings: readonly Finding[] }> {
  const folder = recipeOutput(recipe);
  const records: SmokeRecord[] = [];
  const findings: Finding[] = [];
  for (const name of (await listNames(join(root, folder))).toSorted(compareText)) {
    if (!name.endsWith(TESTS_ENDING) || name.startsWith('.')) continue;
    const place = posix.join(folder, name);
    const record = parseRecord(await readFile(join(root, place), 'utf8'));
    if (typeof record === 'string') findings.push(brokenRecord(place, record));
    else records.push(record);
  }
  return { records, findings };
}

/** Gives the tests of a record as the JSON of commands has them. */
export function testsToJson(record: SmokeRecord): readonly Omit<SmokeResult, 'output'>[] {
  return record.tests.map(({ run, state, exitCode, reason }) => ({ run, state, exitCode, reason }));
}

async function listNames(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return [];
    throw error;
  }
}

/** Gives what is wrong where the text is no record. */
function parseRecord(text: string): SmokeRecord | string {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    return messageOf(error);
  }
  const { data, error } = recordSchema.safeParse(document);
  if (data !== undefined) {
    const { recipe, platform, digest, tests } = data;
    return { recipe, platform, digest, tests };
  }
  const [issue] = error.issues;
  return issue === undefined ? error.message : `${issue.path.join('.') || 'the document'}: ${issue.message}`;
}

function brokenRecord(place: string, why: string): Finding {
  return {
    code: 'test.broken-record',
    severity: 'warning',
    place,
    text: `not a record of tests: ${why}`,
    hint: 'remove it; `forkwright build` writes a new one',
  };
}
