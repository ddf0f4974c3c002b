import { tarFault } from './fault.ts';
import { decodeName } from './name-bytes.ts';

export const BLOCK_BYTES = 512;
const ZERO_BLOCK = Buffer.alloc(BLOCK_BYTES);
const CHECKSUM_START = 148;
const CHECKSUM_END = 156;
const SPACE = 0x20;
const ZERO = 0x30;

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
  const said = readChecksum(block);
  if (said === null) return 'wrong';
  const sum = sumBytes(block);
  if (said !== sum && said !== sum - 256 * countHigh(block)) return 'wrong';
  return isUsual(block) ? 'right' : 'unusual';
}

/** The number in the checksum field, spaces and NULs around it; null for anything else. */
function readChecksum(block: Buffer): number | null {
  const isFiller = (index: number) => block[index] === SPACE || block[index] === 0;
  let start = CHECKSUM_START;
  let end = CHECKSUM_END;
  while (start < end && isFiller(start)) start++;
  while (start < end && isFiller(end - 1)) end--;
  let value = 0;
  for (let index = start; index < end; index++) {
    const digit = (block[index] ?? 0) - ZERO;
    if (digit < 0 || digit > 7) return null;
    value = value * 8 + digit;
  }
  return start === end ? null : value;
}

/** Six digits and NUL and space, in either order, or seven digits and NUL; that it is a number is known. */
function isUsual(block: Buffer): boolean {
  const isDigit = (index: number) => (block[index] ?? 0) >= ZERO;
  for (let index = CHECKSUM_START; index < CHECKSUM_START + 6; index++) if (!isDigit(index)) return false;
  const [seventh = 0, eighth] = [block[CHECKSUM_START + 6], block[CHECKSUM_START + 7]];
  return eighth === 0 ? seventh === SPACE || seventh >= ZERO : eighth === SPACE && seventh === 0;
}

/** The sum of a header block's bytes with its checksum field taken as spaces. */
export function sumBytes(block: Buffer): number {
  let sum = (CHECKSUM_END - CHECKSUM_START) * SPACE;
  for (let index = 0; index < CHECKSUM_START; index++) sum += block[index] ?? 0;
  for (let index = CHECKSUM_END; index < BLOCK_BYTES; index++) sum += block[index] ?? 0;
  return sum;
}

/** How many bytes a sum of signed ones takes as negative. */
function countHigh(block: Buffer): number {
  let count = 0;
  for (const [index, byte] of block.entries()) {
    if (byte >= 0x80 && (index < CHECKSUM_START || index >= CHECKSUM_END)) count++;
  }
  return count;
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
    readOctal(block, start, start + length) ?? parseNumber(block.subarray(start, start + length), what, offset);
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

/** GNU's magic is "ustar  ": it has other fields where POSIX has the prefix. */
function hasPrefix(block: Buffer): boolean {
  return block.toString('latin1', 257, 263) === 'ustar\0';
}

/** star has its own mark at the end, and times where POSIX has the end of the prefix. */
function isStar(block: Buffer): boolean {
  return block.toString('latin1', 508, 512) === 'tar\0';
}

function textField(block: Buffer, start: number, length: number): string {
  let end = start;
  let bits = 0;
  for (; end < start + length && block[end] !== 0; end++) bits |= block[end] ?? 0;
  if (end === start) return '';
  return bits < 0x80 ? block.toString('latin1', start, end) : decodeName(block.subarray(start, end));
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
  const text = field
    .toString('latin1')
    .replace(/^[ \0]+/, '')
    .replace(/[ \0].*$/s, '');
  if (/^[0-7]*$/.test(text)) return text === '' ? 0 : Number.parseInt(text, 8);
  throw tarFault('tar.malformed-number', `the ${what} ${JSON.stringify(text)} is not an octal number`, offset);
}

/** The number of a field as nearly all are: digits with spaces or NULs around them. Null for what is to be looked at. */
function readOctal(block: Buffer, start: number, end: number): number | null {
  let index = start;
  while (index < end && (block[index] === SPACE || block[index] === 0)) index++;
  let value = 0;
  for (; index < end; index++) {
    const byte = block[index] ?? 0;
    if (byte === SPACE || byte === 0) return value;
    if (byte < ZERO || byte > ZERO + 7) return null;
    value = value * 8 + (byte - ZERO);
  }
  return value;
}
