import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { asCacheError } from '../cache/cache-error.ts';
import { isSystemError } from '../errors.ts';

const answerSchema = z.object({
  etag: z.string().min(1),
  headers: z.record(z.string(), z.string()),
  body: z.string(),
});

/** An answer that the server may call unchanged later on. */
export type KeptAnswer = Readonly<z.infer<typeof answerSchema>>;

/** Gives the file of the answer to a GET: who asks matters as much as what is asked for, and no token is written down. */
export function answerFile(cacheFolder: string, url: string, authorization: string): string {
  const name = createHash('sha256')
    .update(JSON.stringify([url, authorization]))
    .digest('hex');
  return join(cacheFolder, 'answers', name.slice(0, 2), `${name}.json`);
}

/** Reads an answer; null where there is none, or where the file is not what was written. Throws `cache.write-failed`. */
export async function readAnswer(file: string): Promise<KeptAnswer | null> {
  return readKept(file, answerSchema);
}

/** Keeps an answer. Throws `cache.write-failed`. */
export async function keepAnswer(file: string, answer: KeptAnswer): Promise<void> {
  await writeKept(file, answer);
}

/** Reads a JSON file of the cache; null where there is none that is sound, since it can be had again. */
export async function readKept<T>(file: string, schema: z.ZodType<T>): Promise<T | null> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return null;
    throw asCacheError(error, file);
  }
  try {
    return schema.safeParse(JSON.parse(text)).data ?? null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Writes a JSON file of the cache, which appears by rename. Throws `cache.write-failed`. */
export async function writeKept(file: string, value: unknown): Promise<void> {
  const partial = `${file}.${randomUUID()}.partial`;
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(partial, JSON.stringify(value));
    await rename(partial, file);
  } catch (error) {
    throw asCacheError(error, file);
  } finally {
    await rm(partial, { force: true });
  }
}
