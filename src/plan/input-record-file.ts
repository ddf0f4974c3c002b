import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { replaceOutput } from '../archive/write/replace-output.ts';
import { isSystemError } from '../errors.ts';
import { isDigest, type Digest } from '../oci/digest.ts';
import { compareText } from '../platform/order.ts';
import { formatPlatform } from '../platform/platform.ts';
import { inputsPath } from '../recipe/output-names.ts';
import type { Target } from '../recipe/target.ts';
import { parseJson } from '../oci/parse-json.ts';
import { makeRecord, toLeaves, type InputRecord } from './record.ts';

const SCHEMA = 'forkwright.inputs/v1';

const recordSchema = z.strictObject({
  schema: z.literal(SCHEMA),
  recipe: z.string(),
  platform: z.string(),
  digest: z.custom<Digest>(isDigest, 'is not a digest'),
  inputHash: z.custom<Digest>(isDigest, 'is not a digest'),
  leaves: z.unknown(),
});

/** A record beside an archive: what the image with this manifest was built from. */
export interface KeptRecord {
  readonly digest: Digest;
  readonly record: InputRecord;
}

/**
 * Writes what a target's image was built from beside its archive, as JSON; `digest` is that of the image's manifest, which
 * ties the record to the archive. The same record gives the same bytes. `root` is the workspace, absolute. Throws
 * `archive.write-failed`.
 */
export async function writeInputRecord(root: string, target: Target, { digest, record }: KeptRecord): Promise<void> {
  const { inputHash } = record;
  const leaves = Object.fromEntries(Object.entries(record.leaves).toSorted(([a], [b]) => compareText(a, b)));
  const platform = formatPlatform(target.platform);
  const document = { schema: SCHEMA, recipe: target.recipe, platform, digest, inputHash, leaves };
  const text = `${JSON.stringify(document, null, 2)}\n`;
  await replaceOutput(join(root, inputsPath(target)), (temporary) => writeFile(temporary, text));
}

/** Removes the record of an earlier build, if there is one, so that it is not taken for that of the next. */
export async function removeInputRecord(root: string, target: Target): Promise<void> {
  await rm(join(root, inputsPath(target)), { force: true });
}

/**
 * Reads the record of a target; null where there is none, and where what is there is no record of this target: it is only
 * ever of use to save a build, and a build writes it anew.
 */
export async function readInputRecord(root: string, target: Target): Promise<KeptRecord | null> {
  const text = await readIfThere(join(root, inputsPath(target)));
  const data = text === null ? undefined : recordSchema.safeParse(parseJson(text)).data;
  if (data === undefined || data.recipe !== target.recipe || data.platform !== formatPlatform(target.platform)) {
    return null;
  }
  const leaves = toLeaves(data.leaves);
  const record = leaves === null ? null : makeRecord(leaves);
  return record?.inputHash === data.inputHash ? { digest: data.digest, record } : null;
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return null;
    throw error;
  }
}
