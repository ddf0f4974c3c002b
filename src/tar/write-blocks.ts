import { BLOCK_BYTES } from './header.ts';
import { encodeHeader, type TarEntryInput } from './write-header.ts';

const TYPE_FLAGS: Readonly<Record<TarEntryInput['type'], number>> = {
  file: 0x30,
  hardlink: 0x31,
  symlink: 0x32,
  'character-device': 0x33,
  'block-device': 0x34,
  directory: 0x35,
  fifo: 0x36,
};

const MAX_SIZE = 8 ** 11 - 1;
const MAX_ID = 8 ** 7 - 1;
// What fits into the fields of ustar without a prefix, as nearly all of an image's files do.
// eslint-disable-next-line no-control-regex
const ASCII = /^[\x01-\x7f]*$/;

/** All of an entry but its name: many entries are written under another one than they were read with. */
export type NamelessEntry = Omit<TarEntryInput, 'name'>;

/** How many bytes the header blocks of an entry have. Throws RangeError for what no tar can hold. */
export function headerBytes(name: string, entry: NamelessEntry): number {
  return isPlain(name, entry) ? BLOCK_BYTES : encodeHeader({ ...entry, name }).length;
}

/**
 * Writes the header of an entry into `target` at `start` where one block holds it, the same bytes as `encodeHeader`
 * gives, and says whether it did. Headers are a good part of the work where there are a hundred thousand files.
 */
export function writePlainHeader(name: string, entry: NamelessEntry, target: Buffer, start: number): boolean {
  if (!isPlain(name, entry)) return false;
  target.fill(0, start, start + BLOCK_BYTES);
  let sum = 8 * 0x20;
  sum += writeText(target, start, name);
  sum += writeOctal(target, start + 100, 7, entry.mode);
  sum += writeOctal(target, start + 108, 7, entry.uid ?? 0);
  sum += writeOctal(target, start + 116, 7, entry.gid ?? 0);
  sum += writeOctal(target, start + 124, 11, entry.type === 'file' ? (entry.sizeBytes ?? 0) : 0);
  sum += writeOctal(target, start + 136, 11, entry.mtime ?? 0);
  target[start + 156] = TYPE_FLAGS[entry.type];
  sum += TYPE_FLAGS[entry.type];
  sum += writeText(target, start + 157, entry.linkName ?? '');
  sum += writeText(target, start + 257, 'ustar');
  sum += writeText(target, start + 263, '00');
  sum += writeText(target, start + 265, entry.userName ?? '');
  sum += writeText(target, start + 297, entry.groupName ?? '');
  sum += writeOctal(target, start + 329, 7, entry.devMajor ?? 0);
  sum += writeOctal(target, start + 337, 7, entry.devMinor ?? 0);
  writeOctal(target, start + 148, 6, sum);
  target[start + 155] = 0x20;
  return true;
}

/** Writes ASCII and gives the sum of its bytes. */
function writeText(target: Buffer, start: number, text: string): number {
  let sum = 0;
  for (let index = 0; index < text.length; index++) {
    const byte = text.charCodeAt(index);
    target[start + index] = byte;
    sum += byte;
  }
  return sum;
}

/** Writes so many octal digits and gives the sum of their bytes. */
function writeOctal(target: Buffer, start: number, digits: number, value: number): number {
  let sum = digits * 0x30;
  let rest = value;
  for (let index = start + digits - 1; index >= start; index--) {
    const digit = rest % 8;
    target[index] = 0x30 + digit;
    sum += digit;
    rest = (rest - digit) / 8;
  }
  return sum;
}

/** Whether one ustar block with an empty prefix holds all of it. */
function isPlain(name: string, entry: NamelessEntry): boolean {
  const { uid = 0, gid = 0, mtime = 0, linkName = '', userName = '', groupName = '', sizeBytes = 0 } = entry;
  return (
    (entry.pax === undefined || entry.pax.size === 0) &&
    fits(name, 100) &&
    fits(linkName, 100) &&
    fits(userName, 32) &&
    fits(groupName, 32) &&
    isWithin(entry.mode, MAX_ID) &&
    isWithin(uid, MAX_ID) &&
    isWithin(gid, MAX_ID) &&
    isWithin(mtime, MAX_SIZE) &&
    isWithin(entry.type === 'file' ? sizeBytes : 0, MAX_SIZE) &&
    isWithin(entry.devMajor ?? 0, MAX_ID) &&
    isWithin(entry.devMinor ?? 0, MAX_ID)
  );
}

function fits(text: string, length: number): boolean {
  return text === '' || (text.length <= length && ASCII.test(text));
}

function isWithin(value: number, max: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value <= max;
}
