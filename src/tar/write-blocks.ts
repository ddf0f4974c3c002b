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

/** How many bytes the header blocks of an entry have. Throws RangeError for what no tar can hold. */
export function headerBytes(entry: TarEntryInput): number {
  return isPlain(entry) ? BLOCK_BYTES : encodeHeader(entry).length;
}

/**
 * Writes the header of an entry into `target` at `start` where one block holds it, the same bytes as `encodeHeader`
 * gives, and says whether it did. Headers are a good part of the work where there are a hundred thousand files.
 */
export function writePlainHeader(entry: TarEntryInput, target: Buffer, start: number): boolean {
  if (!isPlain(entry)) return false;
  const { uid = 0, gid = 0, mtime = 0, linkName = '', userName = '', groupName = '' } = entry;
  target.fill(0, start, start + BLOCK_BYTES);
  let sum = 8 * 0x20;
  const byte = (value: number, at: number) => {
    target[start + at] = value;
    sum += value;
  };
  const text = (value: string, at: number) => {
    for (let index = 0; index < value.length; index++) byte(value.charCodeAt(index), at + index);
  };
  const octal = (value: number, at: number, digits: number) => {
    let rest = value;
    for (let index = digits - 1; index >= 0; index--) {
      byte(0x30 + (rest % 8), at + index);
      rest = Math.floor(rest / 8);
    }
  };
  text(entry.name, 0);
  octal(entry.mode, 100, 7);
  octal(uid, 108, 7);
  octal(gid, 116, 7);
  octal(entry.type === 'file' ? (entry.sizeBytes ?? 0) : 0, 124, 11);
  octal(mtime, 136, 11);
  byte(TYPE_FLAGS[entry.type], 156);
  text(linkName, 157);
  text('ustar', 257);
  text('00', 263);
  text(userName, 265);
  text(groupName, 297);
  octal(entry.devMajor ?? 0, 329, 7);
  octal(entry.devMinor ?? 0, 337, 7);
  let rest = sum;
  for (let index = 5; index >= 0; index--) {
    target[start + 148 + index] = 0x30 + (rest % 8);
    rest = Math.floor(rest / 8);
  }
  target[start + 155] = 0x20;
  return true;
}

/** Whether one ustar block with an empty prefix holds all of it. */
function isPlain({ name, type, mode, pax, sizeBytes = 0, ...more }: TarEntryInput): boolean {
  const { uid = 0, gid = 0, mtime = 0, linkName = '', userName = '', groupName = '' } = more;
  return (
    (pax === undefined || pax.size === 0) &&
    fits(name, 100) &&
    fits(linkName, 100) &&
    fits(userName, 32) &&
    fits(groupName, 32) &&
    isWithin(mode, MAX_ID) &&
    isWithin(uid, MAX_ID) &&
    isWithin(gid, MAX_ID) &&
    isWithin(mtime, MAX_SIZE) &&
    isWithin(type === 'file' ? sizeBytes : 0, MAX_SIZE) &&
    isWithin(more.devMajor ?? 0, MAX_ID) &&
    isWithin(more.devMinor ?? 0, MAX_ID)
  );
}

function fits(text: string, length: number): boolean {
  return text === '' || (text.length <= length && ASCII.test(text));
}

function isWithin(value: number, max: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value <= max;
}
