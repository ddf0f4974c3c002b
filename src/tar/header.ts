import { isUtf8 } from 'node:buffer';
import { tarFault } from './fault.ts';

export const BLOCK_BYTES = 512;
const ZERO_BLOCK = Buffer.alloc(BLOCK_BYTES);
const CHECKSUM_START = 148;
const CHECKSUM_END = 156;

/** The fields of one header block, before extension headers have their say. */
export interface RawHeader {
  readonly name: string;
  /** One character; NUL is given as '0'. */
  readonly typeFlag: string;
  readonly linkName: string;
  readonly sizeBytes: number;
  /** The lower twelve bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: number;
  readonly userName: string;
  readonly groupName: string;
  readonly devMajor: number;
  readonly devMinor: number;
}

/** Whether a block is all zeros, as the two at the end of an archive are. */
export function isZeroBlock(block: Buffer): boolean {
  return block.equals(ZERO_BLOCK);
}

/** The bytes between the end of an entry's data and the next header. */
export function paddingBytes(sizeBytes: number): number {
  return (BLOCK_BYTES - (sizeBytes % BLOCK_BYTES)) % BLOCK_BYTES;
}

/**
 * Judges the checksum of a header block. Some old tars summed signed bytes. `unusual` is a right sum in a spelling that
 * no known writer uses: six digits, NUL, space is the rule, some write the space first.
 */
export function judgeChecksum(block: Buffer): 'right' | 'unusual' | 'wrong' {
  const field = block.toString('latin1', CHECKSUM_START, CHECKSUM_END);
  const digits = /^[ \0]*([0-7]+)[ \0]*$/.exec(field)?.[1];
  if (digits === undefined) return 'wrong';
  const { unsigned, signed } = sumBytes(block);
  const sum = Number.parseInt(digits, 8);
  if (sum !== unsigned && sum !== signed) return 'wrong';
  return /^(?:[0-7]{6}(?:\0 | \0)|[0-7]{7}\0)$/.test(field) ? 'right' : 'unusual';
}

/** The sums over a header block with its checksum field taken as spaces. */
export function sumBytes(block: Buffer): { readonly unsigned: number; readonly signed: number } {
  let unsigned = 0;
  let high = 0;
  for (let index = 0; index < BLOCK_BYTES; index++) {
    const byte = index >= CHECKSUM_START && index < CHECKSUM_END ? 0x20 : (block[index] ?? 0);
    unsigned += byte;
    high += byte >> 7;
  }
  return { unsigned, signed: unsigned - 256 * high };
}

/** Whether a block has the magic of POSIX or GNU tar; tars of before 1988 have none. */
export function hasTarMagic(block: Buffer): boolean {
  return block.toString('latin1', 257, 262) === 'ustar';
}

/**
 * Reads the fields of a header block; its checksum is the caller's. `offset` is where the block lies. Throws
 * `tar.malformed-number`. Specification: POSIX.1-2017 pax, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format".
 */
export function parseHeader(block: Buffer, offset: number): RawHeader {
  const number = (start: number, length: number, what: string) =>
    parseNumber(block.subarray(start, start + length), what, offset);
  const typeFlag = block.toString('latin1', 156, 157);
  const isDevice = typeFlag === '3' || typeFlag === '4';
  const prefix = hasPrefix(block) ? textField(block, 345, isStar(block) ? 131 : 155) : '';
  const name = textField(block, 0, 100);
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    typeFlag: typeFlag === '\0' ? '0' : typeFlag,
    linkName: textField(block, 157, 100),
    sizeBytes: number(124, 12, 'size'),
    mode: number(100, 8, 'mode') & 0o7777,
    uid: number(108, 8, 'owner'),
    gid: number(116, 8, 'group'),
    mtime: number(136, 12, 'time'),
    userName: hasTarMagic(block) ? textField(block, 265, 32) : '',
    groupName: hasTarMagic(block) ? textField(block, 297, 32) : '',
    // Undefined bytes in the headers of other types.
    devMajor: isDevice ? number(329, 8, 'device') : 0,
    devMinor: isDevice ? number(337, 8, 'device') : 0,
  };
}

/** The text of a name: UTF-8, or where it is none Latin-1, so that no byte gets lost. */
export function decodeName(bytes: Buffer): string {
  return bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1');
}

/** GNU's magic is "ustar  ": it has other fields where POSIX has the prefix. */
function hasPrefix(block: Buffer): boolean {
  return block.toString('latin1', 257, 263) === 'ustar\0';
}

/** star has its own mark at the end, and times where POSIX has the end of the prefix. */
function isStar(block: Buffer): boolean {
  return block.toString('latin1', 508, 512) === 'tar\0';
}

function textField(block: Buffer, start: number, length: number): string {
  if (block[start] === 0) return '';
  const field = block.subarray(start, start + length);
  const end = field.indexOf(0);
  return decodeName(end === -1 ? field : field.subarray(0, end));
}

/** Octal digits, or where the first bit is set a big-endian number in two's complement (GNU, star). */
function parseNumber(field: Buffer, what: string, offset: number): number {
  const first = field[0] ?? 0;
  if (first >= 0x80) {
    const isNegative = (first & 0x40) !== 0;
    let value = BigInt(isNegative ? first | ~0x7f : first & 0x7f);
    for (const byte of field.subarray(1)) value = (value << 8n) | BigInt(byte);
    if (Number.isSafeInteger(Number(value))) return Number(value);
    throw tarFault('tar.malformed-number', `the ${what} ${value} is beyond any file`, offset);
  }
  const plain = readOctal(field);
  if (plain !== null) return plain;
  const text = field
    .toString('latin1')
    .replace(/^[ \0]+/, '')
    .replace(/[ \0].*$/s, '');
  if (/^[0-7]*$/.test(text)) return text === '' ? 0 : Number.parseInt(text, 8);
  throw tarFault('tar.malformed-number', `the ${what} ${JSON.stringify(text)} is not an octal number`, offset);
}

/** The number of a field as nearly all are: digits with spaces or NULs around them. Null for what is to be looked at. */
function readOctal(field: Buffer): number | null {
  let index = 0;
  while (field[index] === 0x20 || field[index] === 0) index++;
  let value = 0;
  for (; index < field.length; index++) {
    const byte = field[index] ?? 0;
    if (byte === 0x20 || byte === 0) return value;
    if (byte < 0x30 || byte > 0x37) return null;
    value = value * 8 + (byte - 0x30);
  }
  return value;
}
