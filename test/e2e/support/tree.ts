import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readTarStream } from '../../../src/tar/read-stream.ts';
import type { TarHeader } from '../../../src/tar/entry-machine.ts';
import { runWell } from './run.ts';

/** Packs a folder with all that GNU tar can keep, and gives the path of the tar. */
export async function packTree(folder: string): Promise<string> {
  const tar = `${folder}.listing.tar`;
  const keep = ['--format=posix', '--sort=name', '--numeric-owner', '--xattrs', '--xattrs-include=*'];
  const names = ['--directory', folder, '--transform=s,^\\./,,S', '.'];
  await runWell(['tar', '--create', ...keep, '--file', tar, ...names], { cwd: folder });
  return tar;
}

/**
 * Everything that a folder holds, by path, each as one line: type, mode, owner, size, hash of the content or target of
 * the link, time in nanoseconds, extended attributes; of a hardlink the name that stands for it, the first in order.
 */
export async function listTree(folder: string): Promise<Readonly<Record<string, string>>> {
  const lines: [string, string][] = [];
  for await (const { header, body } of readTarStream(createReadStream(await packTree(folder)))) {
    const hash = createHash('sha256');
    for await (const chunk of body) hash.update(chunk);
    lines.push([header.name.replace(/\/$/, ''), describe(header, hash.digest('hex'))]);
  }
  return Object.fromEntries(lines);
}

function describe(header: TarHeader, hash: string): string {
  const { type, mode, uid, gid, sizeBytes, linkName, devMajor, devMinor, mtime, pax } = header;
  if (type === 'hardlink') return `= ${linkName}`;
  const time = pax.get('mtime')?.toString() ?? String(mtime);
  const xattrs = [...pax].filter(([key]) => key.startsWith('SCHILY.xattr.'));
  const what = { file: `${sizeBytes} ${hash}`, symlink: `-> ${linkName}`, directory: '', fifo: '' };
  return [
    type,
    mode.toString(8),
    `${uid}:${gid}`,
    type in what ? what[type as keyof typeof what] : `${devMajor},${devMinor}`,
    time.replace(/\.?0+$/, (zeros) => (time.includes('.') ? '' : zeros)),
    ...xattrs.map(([key, value]) => `${key.slice('SCHILY.xattr.'.length)}=${value.toString('hex')}`).toSorted(),
  ].join(' ');
}
