import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ForkwrightError, isSystemError } from '../errors.ts';
import type { Progress } from '../report/progress.ts';
import { formatSize } from '../report/size.ts';
import { formatHash, hashFile, startHash, type ContentHash } from './content-hash.ts';
import { request, showUrl } from './request.ts';
import { retry, TransientError, type Pauses } from './retry.ts';

export interface DownloadOptions {
  readonly cacheFolder: string;
  readonly fetch: typeof globalThis.fetch;
  readonly signal: AbortSignal;
  readonly progress: Progress;
  readonly pauses: Pauses;
}

/** Where something can be had; asked for only when it is not in the cache. */
export interface Origin {
  /** What progress calls it. */
  readonly label: string;
  readonly locate: () => Promise<{ readonly url: string; readonly headers: Readonly<Record<string, string>> }>;
}

/**
 * Gives the path of a file with this hash in the cache, downloaded if it is not there. What lies there is hashed before it
 * is used. A download that broke off goes on where it ended, if the server's file is still the same one. The file appears
 * by rename, and only with the right hash. Throws `prebuilt.integrity-mismatch`, `download.*`, `cache.write-failed`.
 */
export async function download(origin: Origin, hash: ContentHash, options: DownloadOptions): Promise<string> {
  const path = join(options.cacheFolder, 'blobs', hash.algorithm, hash.hex);
  const found = await hashFile(path, hash);
  if (found === hash.hex) return path;
  if (found !== null) {
    options.progress.note(`${origin.label}: the file in the cache is damaged and is downloaded anew`);
    await rm(path, { force: true });
  }
  const { url, headers } = await origin.locate();
  const task = options.progress.task(`downloading ${origin.label}`, null);
  try {
    await mkdir(dirname(path), { recursive: true });
    const partial = await claimPartial(join(options.cacheFolder, 'partial'), `${hash.algorithm}-${hash.hex}`);
    const fetchRest = () => fetchInto(partial, url, headers, hash, (bytes) => task.advance(bytes), options);
    await retry(fetchRest, options.pauses, options.signal);
    await rename(partial, path);
    task.done(formatSize((await stat(path)).size));
    return path;
  } catch (error) {
    task.fail('not downloaded');
    if (!isSystemError(error, 'ENOSPC', 'EDQUOT', 'EACCES', 'EROFS', 'EPERM')) throw error;
    throw new ForkwrightError('cache.write-failed', 'the download cannot be kept', {
      place: options.cacheFolder,
      hint: 'free some space, or set FORKWRIGHT_CACHE to another folder',
      cause: error,
    });
  }
}

/**
 * Gives the path of this process's own unfinished file of a name. What a process that is gone has left of it is taken over,
 * by rename, so that only one can.
 */
async function claimPartial(folder: string, name: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const own = `${name}.${process.pid}`;
  for (const other of (await readdir(folder)).sort()) {
    const pid = other.startsWith(`${name}.`) ? Number(other.slice(name.length + 1)) : Number.NaN;
    if (Number.isNaN(pid) || pid === process.pid || isAlive(pid)) continue;
    try {
      await rename(join(folder, other), join(folder, own));
      break;
    } catch (error) {
      // Another process was quicker.
      if (!isSystemError(error, 'ENOENT')) throw error;
    }
  }
  return join(folder, own);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return !isSystemError(error, 'ESRCH');
  }
}

/** Fetches what is missing of a file and checks the whole of it. */
async function fetchInto(
  partial: string,
  url: string,
  headers: Readonly<Record<string, string>>,
  wanted: ContentHash,
  onBytes: (bytes: number) => void,
  options: DownloadOptions,
): Promise<void> {
  const place = showUrl(url);
  const start = await sizeOf(partial);
  const range: Readonly<Record<string, string>> = start === 0 ? {} : { range: `bytes=${start}-` };
  const answer = await request(url, {
    ...options,
    headers: { ...headers, ...range },
    accept: start === 0 ? [] : [416],
  });
  const goesOn = answer.status === 206 && answer.headers.get('content-range')?.startsWith(`bytes ${start}-`) === true;
  if (start > 0 && answer.status !== 200 && !goesOn) {
    await rm(partial, { force: true });
    throw new TransientError('the server does not go on where the download broke off', null, place);
  }
  const hash = startHash(wanted);
  if (goesOn) for await (const chunk of createReadStream(partial)) hash.update(chunk);
  const file = await open(partial, goesOn ? 'a' : 'w');
  try {
    for await (const chunk of answer.body()) {
      hash.update(chunk);
      await file.writeFile(chunk);
      onBytes(chunk.length);
    }
  } finally {
    await file.close();
  }
  const hex = hash.digest('hex');
  if (hex === wanted.hex) return;
  await rm(partial, { force: true });
  // Two halves of different files have no hash to be trusted, so nothing is said of the server yet.
  if (goesOn) throw new TransientError('the file changed while it was downloaded', null, place);
  throw new ForkwrightError(
    'prebuilt.integrity-mismatch',
    `the file has the hash ${formatHash({ ...wanted, hex })}, the recipe wants ${formatHash(wanted)}`,
    { place, hint: 'find out who changed it before the recipe is changed' },
  );
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return 0;
    throw error;
  }
}
