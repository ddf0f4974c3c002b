import { open, readdir, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { ForkwrightError, isSystemError } from '../../errors.ts';
import type { Finding } from '../../finding.ts';
import { compareText } from '../../platform/order.ts';
import { streamRange } from '../stream/stream-range.ts';
import type { Container, ContainerFile } from './container.ts';

const ENTERED = /^(?:blobs(?:\/[^/]+)?|[0-9a-f]{64})$/;

/**
 * Opens a folder as a container. Only `blobs/<algorithm>/` and what docker calls by an id are looked into, deeper folders
 * are named but not entered.
 * Links are followed inside the folder; one that leads out of it is a finding. `path` is absolute, `name` what the user
 * called it. Throws `archive.read-failed`.
 */
export async function openFolderContainer(path: string, name: string): Promise<Container> {
  const root = await realpath(path);
  const names: string[] = [];
  const files = new Map<string, ContainerFile>();
  const findings: Finding[] = [];

  async function list(folder: string): Promise<void> {
    for (const child of (await readdir(join(root, folder))).toSorted(compareText)) {
      const entry = folder === '' ? child : `${folder}/${child}`;
      const target = await followInside(root, entry);
      if (target === null) {
        const text = 'a link that leads nowhere, or out of the folder';
        const hint = 'copy what it means into the folder: cp -rL';
        findings.push({ code: 'archive.entry-outside', severity: 'error', place: `${name}: ${entry}`, text, hint });
        continue;
      }
      names.push(entry);
      const { size, isFile, isDirectory } = await kindOf(target);
      if (isFile) files.set(entry, { name: entry, sizeBytes: size, offset: null });
      if (isDirectory && ENTERED.test(entry)) await list(entry);
    }
  }

  try {
    await list('');
  } catch (cause) {
    throw new ForkwrightError('archive.read-failed', 'the folder cannot be read', { place: name, cause });
  }
  return {
    name,
    kind: 'folder',
    compression: 'none',
    sizeBytes: [...files.values()].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    findings,
    names,
    file: (entry) => files.get(entry),
    stream: (file, fromByte = 0) =>
      streamFile(join(root, file.name), fromByte, file.sizeBytes, `${name}: ${file.name}`),
    close: () => Promise.resolve(),
  };
}

async function followInside(root: string, entry: string): Promise<string | null> {
  try {
    const target = await realpath(join(root, entry));
    const way = relative(root, target);
    return way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way) ? null : target;
  } catch (error) {
    if (isSystemError(error, 'ENOENT', 'ELOOP')) return null;
    throw error;
  }
}

async function kindOf(path: string) {
  const stats = await stat(path);
  return { size: stats.size, isFile: stats.isFile(), isDirectory: stats.isDirectory() };
}

async function* streamFile(
  path: string,
  fromByte: number,
  sizeBytes: number,
  place: string,
): AsyncGenerator<Uint8Array> {
  const handle = await open(path).catch((cause: unknown) => {
    throw new ForkwrightError('archive.read-failed', 'cannot be opened', { place, cause });
  });
  try {
    yield* streamRange(handle, fromByte, sizeBytes - fromByte, place);
  } finally {
    await handle.close();
  }
}
