import { createHash } from 'node:crypto';
import { join } from 'node:path';
import * as z from 'zod';
import { readKeptJson, writeKeptJson } from '../cache/kept-json.ts';

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
  await writeKeptJson(file, answer);
}

/** Reads a JSON file of the cache; null where there is none that is sound, since it can be had again. */
export async function readKept<T>(file: string, schema: z.ZodType<T>): Promise<T | null> {
  return schema.safeParse(await readKeptJson(file)).data ?? null;
}
