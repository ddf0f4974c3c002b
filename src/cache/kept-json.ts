import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isSystemError } from '../errors.ts';
import { asCacheError } from './cache-error.ts';

/** Reads a JSON file of the cache; null where there is none that can be read as JSON. Throws `cache.write-failed`. */
export async function readKeptJson(file: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return null;
    throw asCacheError(error, file);
  }
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Writes a JSON file of the cache, which appears by rename. Throws `cache.write-failed`. */
export async function writeKeptJson(file: string, value: unknown): Promise<void> {
  const partial = `${file}.${randomUUID()}.partial`;
  try {
    await mkdir(dirname(file), { recursive: true });
    try {
      await writeFile(partial, JSON.stringify(value));
      await rename(partial, file);
    } finally {
      await rm(partial, { force: true });
    }
  } catch (error) {
    throw asCacheError(error, file);
  }
}
