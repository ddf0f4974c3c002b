import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, lstat, lutimes, readFile, readlink, utimes } from 'node:fs/promises';
import { join, posix } from 'node:path';
import pMap from 'p-map';
import { ForkwrightError } from '../errors.ts';
import { compareText } from '../platform/order.ts';
import { leadsOutside } from './link-target.ts';
import { hashOf } from './scratch.ts';
import type { TreeEntry } from './tree-entries.ts';

const FILES_AT_ONCE = 16;
const READ_BYTES = 1024 * 1024;
// git-lfs, docs/spec.md: a pointer file is shorter than this, and begins with this.
const LFS_POINTER_BYTES = 1024;
const LFS_POINTER = 'version https://git-lfs.github.com/spec/';

/**
 * Checks that a folder holds exactly the files of a tree, by their hashes, and gives every file and folder the mode 0644 or
 * 0755, and the time. Gives the paths of the files that are pointers of git-lfs. Throws `source.not-exact`,
 * `source.link-outside`. Specification: git's object format, gitformat-pack(5) and git-hash-object(1).
 */
export async function settleFiles(
  folder: string,
  entries: readonly TreeEntry[],
  epochSeconds: number,
): Promise<{ readonly lfsPointers: readonly string[] }> {
  const isPointer = await pMap(entries, (entry) => settleFile(folder, entry, epochSeconds), {
    concurrency: FILES_AT_ONCE,
  });
  await refuseLinksOutside(folder, entries);
  // The deepest first: a folder's time moves with what is done in it.
  for (const path of listFolders(entries)) {
    await chmod(join(folder, path), 0o755);
    await utimes(join(folder, path), epochSeconds, epochSeconds);
  }
  return { lfsPointers: entries.filter((_, index) => isPointer[index] === true).map(({ path }) => path) };
}

/** Says whether the file is a pointer of git-lfs. */
async function settleFile(folder: string, { path, kind, object }: TreeEntry, epochSeconds: number): Promise<boolean> {
  // Its empty folder is one of the folders.
  if (kind === 'submodule') return false;
  const whole = join(folder, path);
  const { size } = await lstat(whole);
  const isLink = kind === 'link';
  if ((await hashBlob(whole, isLink, size, hashOf(object))) !== object) {
    throw new ForkwrightError('source.not-exact', 'the file that git wrote is not what the commit has', {
      place: path,
      hint: 'a file system that does not tell a.txt from A.TXT does this, and a disk that fails',
    });
  }
  if (!isLink) await chmod(whole, kind === 'program' ? 0o755 : 0o644);
  await (isLink ? lutimes : utimes)(whole, epochSeconds, epochSeconds);
  return !isLink && size < LFS_POINTER_BYTES && (await readFile(whole, 'latin1')).startsWith(LFS_POINTER);
}

async function hashBlob(path: string, isLink: boolean, size: number, algorithm: string): Promise<string> {
  const hash = createHash(algorithm);
  if (isLink) {
    const target = await readlink(path, 'buffer');
    return hash.update(`blob ${target.length}\0`).update(target).digest('hex');
  }
  hash.update(`blob ${size}\0`);
  for await (const chunk of createReadStream(path, { highWaterMark: READ_BYTES })) hash.update(chunk);
  return hash.digest('hex');
}

async function refuseLinksOutside(folder: string, entries: readonly TreeEntry[]): Promise<void> {
  const links = new Map<string, string>();
  for (const { path, kind } of entries) if (kind === 'link') links.set(path, await readlink(join(folder, path)));
  const [first] = [...links].filter(([path]) => leadsOutside(path, links));
  if (first === undefined) return;
  const [path, target] = first;
  throw new ForkwrightError('source.link-outside', `a link leads outside the source: ${JSON.stringify(target)}`, {
    place: path,
    hint: 'a patch can remove it',
  });
}

/** All folders, each before the one that it is in; the last is the root, `.`. Submodules are folders. */
function listFolders(entries: readonly TreeEntry[]): readonly string[] {
  const folders = new Set<string>(['.']);
  for (const { path, kind } of entries) {
    let folder = kind === 'submodule' ? path : posix.dirname(path);
    for (; !folders.has(folder); folder = posix.dirname(folder)) folders.add(folder);
  }
  const depth = (path: string) => (path === '.' ? 0 : path.split('/').length);
  return [...folders].toSorted((a, b) => depth(b) - depth(a) || compareText(a, b));
}
