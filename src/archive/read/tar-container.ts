import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import type { Finding } from '../../finding.ts';
import { DEFAULT_LIMITS, type ReadLimits } from '../../limits.ts';
import { indexTar, type TarEntry } from '../../tar/index-tar.ts';
import { streamRange } from '../stream/stream-range.ts';
import type { Container, ContainerFile } from './container.ts';
import { normaliseName, resolveSymlink } from './entry-name.ts';
import { errorFinding } from './error-finding.ts';
import type { OpenedFile } from './unpack-archive.ts';

// What is odd and harms no reader.
const WARNINGS: ReadonlySet<string> = new Set(['tar.unusual-checksum']);

/**
 * Opens a tar file as a container: its headers are read, its data is not. What breaks the rules of tar files is in the
 * findings. The container owns the handle. `archiveBytes` is the size of the file before it was unpacked. Throws the
 * system's error where the file cannot be read.
 */
export async function openTarContainer(
  { handle, sizeBytes, compression }: OpenedFile,
  archiveBytes: number,
  name: string,
  limits: ReadLimits = DEFAULT_LIMITS,
): Promise<Container> {
  const { entries, faults } = await indexTar(handle, sizeBytes, limits);
  const findings: Finding[] = faults.map((fault) => {
    const severity = WARNINGS.has(fault.code) ? 'warning' : 'error';
    return errorFinding(fault, `${name}: ${fault.place ?? ''}`, severity);
  });
  const report = (code: string, entry: string, text: string) =>
    findings.push({ code, severity: 'error', place: `${name}: ${entry}`, text, hint: null });

  const { named, repeated, outside } = nameEntries(entries);
  const [first] = outside;
  if (first !== undefined) {
    const text =
      outside.length === 1 ? 'an entry outside of the archive' : `${outside.length} entries outside of the archive`;
    report('archive.entry-outside', first.name, text);
  }
  for (const [path, group] of repeated) {
    if (await areSame(group, handle, name)) continue;
    const text = `${group.length} entries of this name that are not the same; readers differ on which one counts`;
    report('archive.duplicate-entry', path, text);
  }
  return {
    name,
    kind: 'tar',
    sizeBytes: archiveBytes,
    compression,
    findings,
    names: [...named.keys()].filter((path) => path !== ''),
    file: (path) => resolve(named, path, limits.links),
    stream: (file, fromByte = 0) =>
      streamRange(handle, (file.offset ?? 0) + fromByte, file.sizeBytes - fromByte, `${name}: ${file.name}`),
    close: () => handle.close(),
  };
}

function nameEntries(entries: readonly TarEntry[]) {
  const named = new Map<string, TarEntry>();
  const repeated = new Map<string, TarEntry[]>();
  const outside: TarEntry[] = [];
  for (const entry of entries) {
    const path = normaliseName(entry.name);
    const first = path === null ? undefined : named.get(path);
    if (path === null) outside.push(entry);
    else if (first === undefined) named.set(path, entry);
    else if (!repeated.get(path)?.push(entry)) repeated.set(path, [first, entry]);
  }
  return { named, repeated, outside };
}

/** Whether entries of one name mean the same to readers that take the first and to readers that take the last. */
async function areSame(group: readonly TarEntry[], handle: FileHandle, name: string): Promise<boolean> {
  const [first, ...others] = group;
  if (first === undefined || others.length === 0) return true;
  const isAlike = ({ type, sizeBytes, linkName }: TarEntry) =>
    type === first.type && sizeBytes === first.sizeBytes && linkName === first.linkName;
  if (!others.every(isAlike)) return false;
  if (first.type !== 'file') return true;
  const expected = await hashEntry(first, handle, name);
  for (const other of others) if ((await hashEntry(other, handle, name)) !== expected) return false;
  return true;
}

async function hashEntry(entry: TarEntry, handle: FileHandle, name: string): Promise<string> {
  const hash = createHash('sha256');
  const place = `${name}: ${entry.name}`;
  for await (const chunk of streamRange(handle, entry.dataOffset, entry.sizeBytes, place)) hash.update(chunk);
  return hash.digest('hex');
}

/** Follows links by the header index only; nothing is ever looked up outside of it. */
function resolve(named: ReadonlyMap<string, TarEntry>, name: string, maxLinks: number): ContainerFile | undefined {
  let path: string | null = name;
  for (let links = 0; path !== null && links <= maxLinks; links++) {
    const entry = named.get(path);
    if (entry?.type === 'symlink') path = resolveSymlink(path, entry.linkName);
    else if (entry?.type === 'hardlink') path = normaliseName(entry.linkName);
    else if (entry?.type !== 'file') return undefined;
    else return { name: path, sizeBytes: entry.sizeBytes, offset: entry.dataOffset };
  }
  return undefined;
}
