import type { ForkwrightError } from '../errors.ts';
import { DEFAULT_LIMITS, type ReadLimits } from '../limits.ts';
import { tarFault, type ReportFault } from './fault.ts';
import { parseHeader, type RawHeader } from './header.ts';
import { decodeName } from './name-bytes.ts';
import { parsePax, type PaxRecords } from './pax.ts';

export type TarEntryType = 'file' | 'hardlink' | 'symlink' | 'character-device' | 'block-device' | 'directory' | 'fifo';

/** An entry of a tar file, its extension headers applied. */
export interface TarHeader {
  /** As the archive spells it: `./a`, `/a` and `a/` are kept. */
  readonly name: string;
  readonly type: TarEntryType;
  readonly linkName: string;
  /** Of the data; 0 for everything but files. */
  readonly sizeBytes: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly userName: string;
  readonly groupName: string;
  /** Whole seconds since 1970; the fraction is in the PAX records. */
  readonly mtime: number;
  readonly devMajor: number;
  readonly devMinor: number;
  /** Of this entry alone; global ones are not in it. */
  readonly pax: PaxRecords;
}

export type MachineStep =
  /** Read so many bytes of data and hand them to `extend`. */
  { readonly kind: 'extension'; readonly sizeBytes: number } | { readonly kind: 'entry'; readonly header: TarHeader };

/** Puts headers and their extension headers together; who reads the bytes, and from where, is another matter. */
export interface EntryMachine {
  /** Takes the next header block, its checksum judged. Throws `tar.*` for what makes all that follows unsure. */
  accept(block: Buffer, offset: number): MachineStep;
  /** Takes the data of the extension header that `accept` asked for; it is copied. Throws `tar.*`. */
  extend(data: Buffer): void;
  /** Says that the end has come. */
  finish(offset: number): void;
}

const TYPES: Readonly<Record<string, TarEntryType>> = {
  '0': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'character-device',
  '4': 'block-device',
  '5': 'directory',
  '6': 'fifo',
  '7': 'file',
};

const NO_RECORDS: PaxRecords = new Map();

/** What extension headers have said since the last entry. */
interface Pending {
  readonly pax?: PaxRecords;
  readonly longName?: string;
  readonly longLink?: string;
}

/**
 * Makes the machine for one tar file. `report` takes what is wrong without making the rest unsure. Specification:
 * POSIX.1-2017 pax; GNU tar manual. Where readers differ, the entry is faulty: CVE-2025-62518.
 */
export function createEntryMachine(
  report: ReportFault,
  { extensionBytes, entries }: Pick<ReadLimits, 'extensionBytes' | 'entries'> = DEFAULT_LIMITS,
): EntryMachine {
  let count = 0;
  let pending: Pending = {};
  let extension: { readonly typeFlag: string; readonly offset: number } | null = null;
  return {
    accept(block, offset) {
      const raw = parseHeader(block, offset);
      if (raw.sizeBytes < 0)
        throw tarFault('tar.malformed-number', `the size ${raw.sizeBytes} of ${quote(raw.name)}`, offset);
      if ('xgLK'.includes(raw.typeFlag)) {
        // A PAX size belongs to the entry, never to an extension header in between.
        if (raw.sizeBytes > extensionBytes) {
          throw tarFault(
            'tar.too-large',
            `an extension header of ${raw.sizeBytes} bytes; more than ${extensionBytes} are not read`,
            offset,
          );
        }
        extension = { typeFlag: raw.typeFlag, offset };
        return { kind: 'extension', sizeBytes: raw.sizeBytes };
      }
      if (++count > entries) throw tarFault('tar.too-large', `more than ${entries} entries`, offset);
      const header = applyExtensions(raw, pending, offset, report);
      pending = {};
      return { kind: 'entry', header };
    },
    extend(data) {
      if (extension === null) throw new Error('no extension header was read');
      const { typeFlag, offset } = extension;
      extension = null;
      if (typeFlag === 'g') {
        const fault = judgeGlobal(parsePax(data, offset), offset);
        if (fault !== null) report(fault);
        return;
      }
      const key = EXTENSION_KEYS[typeFlag] ?? 'pax';
      if (pending[key] !== undefined) {
        throw tarFault('tar.ambiguous-extension', 'two extension headers of one kind for one entry', offset);
      }
      pending = { ...pending, [key]: key === 'pax' ? parsePax(data, offset) : textBeforeNul(data) };
    },
    finish(offset) {
      if (Object.keys(pending).length > 0) {
        report(tarFault('tar.ambiguous-extension', 'an extension header without an entry behind it', offset));
      }
    },
  };
}

const EXTENSION_KEYS: Readonly<Record<string, keyof Pending>> = { x: 'pax', L: 'longName', K: 'longLink' };

function applyExtensions(raw: RawHeader, pending: Pending, offset: number, report: ReportFault): TarHeader {
  const pax = pending.pax ?? NO_RECORDS;
  const sparse = [...pax.keys()].find((key) => key.startsWith('GNU.sparse.'));
  if (raw.typeFlag === 'S' || sparse !== undefined) {
    throw tarFault('tar.sparse', `${quote(raw.name)} is a sparse file, which every reader unpacks differently`, offset);
  }
  const type = TYPES[raw.typeFlag];
  if (type === undefined) {
    throw tarFault('tar.unsupported-type', `${quote(raw.name)} is of the unknown type ${quote(raw.typeFlag)}`, offset);
  }
  const name = pickText(pax.get('path'), pending.longName, raw.name, offset);
  const sizeBytes = paxNumber(pax, 'size', offset) ?? raw.sizeBytes;
  // Tars of before 1988 have no type for directories.
  const isDirectory = type === 'directory' || (raw.typeFlag === '0' && name.endsWith('/'));
  const isFile = type === 'file' && !isDirectory;
  if (!isFile && sizeBytes !== 0) {
    report(
      tarFault(
        'tar.ambiguous-size',
        `${quote(name)} has data and is no file; some readers skip it, some do not`,
        offset,
      ),
    );
  }
  if (/\0/.test(name)) throw tarFault('tar.malformed-pax', `a NUL in the name ${quote(name)}`, offset);
  return {
    name,
    type: isDirectory ? 'directory' : type,
    linkName: pickText(pax.get('linkpath'), pending.longLink, raw.linkName, offset),
    sizeBytes: isFile ? sizeBytes : 0,
    mode: raw.mode,
    uid: paxNumber(pax, 'uid', offset) ?? raw.uid,
    gid: paxNumber(pax, 'gid', offset) ?? raw.gid,
    userName: paxText(pax, 'uname') ?? raw.userName,
    groupName: paxText(pax, 'gname') ?? raw.groupName,
    mtime: paxTime(pax, offset) ?? raw.mtime,
    devMajor: raw.devMajor,
    devMinor: raw.devMinor,
    pax,
  };
}

/** Go, and so Docker, does not apply global headers; `git archive` writes one with a comment. */
function judgeGlobal(records: PaxRecords, offset: number): ForkwrightError | null {
  const keys = [...records.keys()].filter((key) => key !== 'comment');
  if (keys.length === 0) return null;
  const text = `a global header with ${keys.map(quote).join(', ')}, which some readers apply and some do not`;
  return tarFault('tar.global-extension', text, offset);
}

function pickText(pax: Buffer | undefined, long: string | undefined, raw: string, offset: number): string {
  const paxName = pax === undefined || pax.length === 0 ? undefined : decodeName(pax);
  if (paxName !== undefined && long !== undefined && paxName !== long) {
    throw tarFault('tar.ambiguous-extension', `an entry with the names ${quote(paxName)} and ${quote(long)}`, offset);
  }
  return paxName ?? long ?? raw;
}

/** An empty value takes a record back. */
function paxText(pax: PaxRecords, key: string): string | null {
  const value = pax.get(key);
  return value === undefined || value.length === 0 ? null : decodeName(value);
}

function paxNumber(pax: PaxRecords, key: string, offset: number): number | null {
  const text = paxText(pax, key);
  if (text === null) return null;
  if (/^[0-9]+$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text);
  throw tarFault('tar.malformed-pax', `the ${key} ${quote(text)}`, offset);
}

function paxTime(pax: PaxRecords, offset: number): number | null {
  const text = paxText(pax, 'mtime');
  if (text === null) return null;
  if (/^-?[0-9]{1,15}(?:\.[0-9]*)?$/.test(text)) return Math.floor(Number(text));
  throw tarFault('tar.malformed-pax', `the mtime ${quote(text)}`, offset);
}

function textBeforeNul(data: Buffer): string {
  const end = data.indexOf(0);
  return decodeName(end === -1 ? data : data.subarray(0, end));
}

function quote(text: string): string {
  return JSON.stringify(text);
}
