import type { FileHandle } from 'node:fs/promises';
import { ForkwrightError } from '../errors.ts';
import { DEFAULT_LIMITS, type ReadLimits } from '../limits.ts';
import { createEntryMachine, type EntryMachine, type TarHeader } from './entry-machine.ts';
import { tarFault } from './fault.ts';
import { findNonzero } from './find-nonzero.ts';
import { openWindow, type ReadWindow } from './file-window.ts';
import { BLOCK_BYTES, isZeroBlock, judgeChecksum, paddingBytes, parseHeader } from './header.ts';

const MAX_FAULTS = 100;
const CHUNK_BYTES = 1024 * 1024;

export interface TarEntry extends TarHeader {
  /** Byte offset of the first data byte in the file. */
  readonly dataOffset: number;
}

export interface TarIndex {
  /** In the file's order; all of them only where there are no faults. */
  readonly entries: readonly TarEntry[];
  /** What breaks the rules of a tar file, as `tar.*` errors with their byte offset as the place. */
  readonly faults: readonly ForkwrightError[];
}

interface Walk {
  readonly read: ReadWindow;
  readonly sizeBytes: number;
  readonly machine: EntryMachine;
  readonly entries: TarEntry[];
  readonly faults: ForkwrightError[];
}

/**
 * Reads the headers of a tar file and steps over its data. Everything that is not data is checked: every bit of headers,
 * padding and end. Faults are collected, and the walk goes on where it is sure of its way; it never throws for the
 * content. Throws the system's error where the file cannot be read.
 */
export async function indexTar(
  file: FileHandle,
  sizeBytes: number,
  limits: Pick<ReadLimits, 'extensionBytes' | 'entries'> = DEFAULT_LIMITS,
): Promise<TarIndex> {
  const faults: ForkwrightError[] = [];
  const machine = createEntryMachine((fault) => faults.push(fault), limits);
  const walk: Walk = { read: openWindow(file, sizeBytes), sizeBytes, machine, entries: [], faults };
  try {
    for (let next: number | null = 0; next !== null;) {
      if (faults.length >= MAX_FAULTS)
        throw tarFault('tar.too-large', `${MAX_FAULTS} faults; the rest is not read`, next);
      next = await walkEntry(walk, next);
    }
  } catch (error) {
    if (!(error instanceof ForkwrightError)) throw error;
    faults.push(error);
  }
  return { entries: walk.entries, faults };
}

/** Reads the header at an offset and gives the offset of the next one; null at the end. */
async function walkEntry({ read, sizeBytes, machine, entries, faults }: Walk, start: number): Promise<number | null> {
  const block = await read(start, BLOCK_BYTES);
  if (block === null) {
    machine.finish(start);
    throw tarFault(
      'tar.truncated',
      start === sizeBytes ? 'the file ends without an end mark' : 'the file ends in a header',
      sizeBytes,
    );
  }
  if (isZeroBlock(block)) {
    machine.finish(start);
    faults.push(...(await judgeEnd(read, start + BLOCK_BYTES, sizeBytes)));
    return null;
  }
  const checksum = judgeChecksum(block);
  if (checksum === 'unusual') faults.push(tarFault('tar.unusual-checksum', 'a checksum in an unusual spelling', start));
  if (checksum === 'wrong') {
    const fault = tarFault('tar.bad-checksum', 'a header with a wrong checksum', start);
    if (!(await isFollowed(read, block, start))) throw fault;
    faults.push(fault);
  }
  const step = machine.accept(block, start);
  const dataOffset = start + BLOCK_BYTES;
  const dataBytes = step.kind === 'entry' ? step.header.sizeBytes : step.sizeBytes;
  const dataEnd = dataOffset + dataBytes;
  if (dataEnd > sizeBytes) {
    const missing = dataEnd - sizeBytes;
    const what = step.kind === 'entry' ? JSON.stringify(step.header.name) : 'an extension header';
    throw tarFault(
      'tar.truncated',
      `the file ends in ${what}; ${missing} of its ${dataBytes} bytes are missing`,
      sizeBytes,
    );
  }
  if (step.kind === 'entry') entries.push({ ...step.header, dataOffset });
  else {
    const data = await read(dataOffset, dataBytes);
    if (data !== null) machine.extend(data);
  }
  const padding = await read(dataEnd, paddingBytes(dataBytes));
  if (padding === null) throw tarFault('tar.truncated', 'the file ends in the padding of an entry', sizeBytes);
  if (findNonzero(padding) !== -1) {
    faults.push(tarFault('tar.nonzero-padding', 'bytes other than zero between two entries', dataEnd));
  }
  return dataEnd + padding.length;
}

/** Whether a faulty header is followed by a sound one where it says so: then only the header itself was damaged. */
async function isFollowed(read: ReadWindow, block: Buffer, start: number): Promise<boolean> {
  let sizeBytes: number;
  try {
    sizeBytes = parseHeader(block, start).sizeBytes;
  } catch (error) {
    if (error instanceof ForkwrightError) return false;
    throw error;
  }
  if (sizeBytes < 0) return false;
  const next = await read(start + BLOCK_BYTES + sizeBytes + paddingBytes(sizeBytes), BLOCK_BYTES);
  return next !== null && (isZeroBlock(next) || judgeChecksum(next) !== 'wrong');
}

/** POSIX: two zero blocks end an archive; GNU tar fills the last record up with more. */
async function judgeEnd(read: ReadWindow, start: number, sizeBytes: number): Promise<readonly ForkwrightError[]> {
  const second = await read(start, BLOCK_BYTES);
  if (second === null)
    return [tarFault('tar.truncated', 'the file ends in its end mark of two zero blocks', sizeBytes)];
  for (let position = start; position < sizeBytes; position += CHUNK_BYTES) {
    const chunk = await read(position, Math.min(CHUNK_BYTES, sizeBytes - position));
    const found = chunk === null ? -1 : findNonzero(chunk);
    if (found !== -1) return [tarFault('tar.trailing-data', 'data behind the end mark', position + found)];
  }
  return [];
}
