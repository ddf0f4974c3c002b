import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { asCacheError } from '../cache/cache-error.ts';
import { claimLeftover } from '../cache/claim-leftover.ts';
import { ForkwrightError, isSystemError } from '../errors.ts';
import { retry, type Pauses } from '../http/retry.ts';
import { showUrl } from '../http/show-url.ts';
import type { Progress, Task } from '../report/progress.ts';
import { formatSize } from '../report/size.ts';
import { formatHash, hashFile, type ContentHash } from './content-hash.ts';
import { passing, request } from './request.ts';

export interface DownloadOptions {
  readonly cacheFolder: string;
  readonly fetch: typeof globalThis.fetch;
  readonly signal: AbortSignal;
  readonly progress: Progress;
  readonly pauses: Pauses;
}

export interface Location {
  readonly url: string;
  /** Sent to the URL's origin only. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Where something can be had; asked for only when it is not in the cache. */
export interface Origin {
  /** What people call it; it stands in front of every error. */
  readonly label: string;
  readonly locate: () => Promise<Location>;
}

/**
 * Gives the path of a file with this hash in the cache, downloaded if it is not there. What lies there is hashed before it
 * is used. A download that broke off goes on where it ended. The file appears by rename, and only with the right hash.
 * Throws `prebuilt.integrity-mismatch`, `download.*`, `cache.write-failed`, what `locate` throws, and the signal's reason.
 */
export async function download(origin: Origin, hash: ContentHash, options: DownloadOptions): Promise<string> {
  const path = join(options.cacheFolder, 'blobs', hash.algorithm, hash.hex);
  try {
    const found = await hashFile(path, hash);
    if (found === hash.hex) return path;
    if (found !== null)
      options.progress.note(`${origin.label}: the file in the cache is damaged and is downloaded anew`);
    await downloadTo(path, origin, hash, options);
    return path;
  } catch (error) {
    options.signal.throwIfAborted();
    throw nameOrigin(asCacheError(error, options.cacheFolder), origin.label);
  }
}

function nameOrigin(error: unknown, label: string): unknown {
  if (!(error instanceof ForkwrightError)) return error;
  const { code, message, place, hint, cause } = error;
  return new ForkwrightError(code, `${label}: ${message}`, {
    ...(place === undefined ? {} : { place }),
    ...(hint === undefined ? {} : { hint }),
    cause,
  });
}

async function downloadTo(path: string, origin: Origin, hash: ContentHash, options: DownloadOptions): Promise<void> {
  const task = options.progress.task(`downloading ${origin.label}`, null);
  try {
    const location = await origin.locate();
    await mkdir(dirname(path), { recursive: true });
    const partial = await claimLeftover(join(options.cacheFolder, 'partial'), `${hash.algorithm}-${hash.hex}`);
    await retry(() => fetchRest(partial, location, hash, task, options), options.pauses, options.signal);
    await rename(partial, path);
    task.done(formatSize(await sizeOf(path)));
  } catch (error) {
    task.fail('not downloaded');
    throw error;
  }
}

/** Fetches what is missing of a file, and checks the whole of it as it lies on the disk. */
async function fetchRest(
  partial: string,
  { url, headers }: Location,
  wanted: ContentHash,
  task: Task,
  options: DownloadOptions,
): Promise<void> {
  const place = showUrl(url);
  const start = await sizeOf(partial);
  // Whoever left it may have been stopped before the last step.
  if (start > 0 && (await hashFile(partial, wanted)) === wanted.hex) return;
  const isRest = await fetchInto(partial, url, headers, start, task, options);
  const hex = await hashFile(partial, wanted);
  if (hex === wanted.hex) return;
  await rm(partial, { force: true });
  // The hash decides what an If-Range would: whether both parts are of one file. It says nothing against the server yet.
  if (hex === null || isRest) throw passing('the parts of the download do not fit together', place);
  throw new ForkwrightError(
    'prebuilt.integrity-mismatch',
    `the file has the hash ${formatHash({ ...wanted, hex })}, the recipe wants ${formatHash(wanted)}`,
    { place, hint: 'find out who changed it before the recipe is changed' },
  );
}

/** Tells whether the server sent the rest only; else the file was written anew. */
async function fetchInto(
  partial: string,
  url: string,
  headers: Location['headers'],
  start: number,
  task: Task,
  options: DownloadOptions,
): Promise<boolean> {
  const range: Location['headers'] = start === 0 ? {} : { range: `bytes=${start}-` };
  const accept = start === 0 ? [] : [416];
  return request(url, { ...options, headers: { ...headers, ...range }, accept }, async (answer) => {
    const isRest = answer.status === 206 && answer.headers.get('content-range')?.startsWith(`bytes ${start}-`) === true;
    if (start > 0 && answer.status !== 200 && !isRest) {
      await rm(partial, { force: true });
      throw passing('the server does not go on where the download broke off', showUrl(url));
    }
    const restBytes = answer.headers.get('content-length');
    const doneBytes = isRest ? start : 0;
    task.startAt(doneBytes, restBytes === null ? null : doneBytes + Number(restBytes));
    const file = await open(partial, isRest ? 'a' : 'w');
    try {
      for await (const chunk of answer.body) {
        await file.writeFile(chunk);
        task.advance(chunk.length);
      }
    } finally {
      await file.close();
    }
    return isRest && start > 0;
  });
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return 0;
    throw error;
  }
}
