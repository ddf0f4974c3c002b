import { compareText } from '../platform/order.ts';
import type { TarEntryType, TarHeader } from './entry-machine.ts';
import { BLOCK_BYTES, paddingBytes, sumBytes } from './header.ts';
import { encodeName } from './name-bytes.ts';
import { encodePax } from './pax.ts';

/** The two zero blocks that end a tar file. */
export const END_OF_ARCHIVE: Buffer = Buffer.alloc(2 * BLOCK_BYTES);

/** An entry to be written; what is left out is 0 or ''. PAX records are written besides those that the fields need. */
export type TarEntryInput = Pick<TarHeader, 'name' | 'type' | 'mode'> & Partial<TarHeader>;

const TYPE_FLAGS: Readonly<Record<TarEntryType, string>> = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  'character-device': '3',
  'block-device': '4',
  directory: '5',
  fifo: '6',
};

const MAX_SIZE = 8 ** 11 - 1;
const MAX_ID = 8 ** 7 - 1;

/** The zeros that fill the last block of an entry's data. */
export function padding(sizeBytes: number): Buffer {
  return END_OF_ARCHIVE.subarray(0, paddingBytes(sizeBytes));
}

/**
 * Gives the header blocks of an entry: one ustar block, and in front of it a PAX extended header where a value does not
 * fit. Equal entries give equal bytes. Only files have a size. Throws RangeError for what no tar can hold.
 * Specification: POSIX.1-2017 pax.
 */
export function encodeHeader(entry: TarEntryInput): Buffer {
  const sizeBytes = entry.type === 'file' ? (entry.sizeBytes ?? 0) : 0;
  const { uid = 0, gid = 0, mtime = 0, linkName = '', userName = '', groupName = '' } = entry;
  const path = splitPath(entry.name);
  const records = new Map<string, Buffer>(entry.pax ?? []);
  const need = (key: string, value: string | number, fits: boolean) => {
    if (!fits) records.set(key, encodeName(String(value)));
    return fits;
  };
  need('path', entry.name, path !== null);
  const block = encodeBlock({
    name: path?.name ?? '',
    prefix: path?.prefix ?? '',
    typeFlag: TYPE_FLAGS[entry.type],
    mode: entry.mode,
    uid: need('uid', uid, isWithin(uid, MAX_ID)) ? uid : 0,
    gid: need('gid', gid, isWithin(gid, MAX_ID)) ? gid : 0,
    sizeBytes: need('size', sizeBytes, isWithin(sizeBytes, MAX_SIZE)) ? sizeBytes : 0,
    mtime: records.has('mtime') || need('mtime', mtime, isWithin(mtime, MAX_SIZE)) ? Math.max(mtime, 0) : 0,
    linkName: need('linkpath', linkName, fitsField(linkName, 100)) ? linkName : '',
    userName: need('uname', userName, fitsField(userName, 32)) ? userName : '',
    groupName: need('gname', groupName, fitsField(groupName, 32)) ? groupName : '',
    devMajor: entry.devMajor ?? 0,
    devMinor: entry.devMinor ?? 0,
  });
  if (records.size === 0) return block;

  const data = encodePax(new Map([...records].toSorted(([a], [b]) => compareText(a, b))));
  const extension = encodeBlock({ ...EXTENSION, sizeBytes: data.length });
  return Buffer.concat([extension, data, padding(data.length), block]);
}

interface Block {
  readonly name: string;
  readonly prefix: string;
  readonly typeFlag: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly sizeBytes: number;
  readonly mtime: number;
  readonly linkName: string;
  readonly userName: string;
  readonly groupName: string;
  readonly devMajor: number;
  readonly devMinor: number;
}

const EXTENSION: Omit<Block, 'sizeBytes'> = {
  name: 'PaxHeaders/entry',
  prefix: '',
  typeFlag: 'x',
  mode: 0o644,
  uid: 0,
  gid: 0,
  mtime: 0,
  linkName: '',
  userName: '',
  groupName: '',
  devMajor: 0,
  devMinor: 0,
};

function encodeBlock(fields: Block): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES);
  const octal = (value: number, start: number, length: number) => {
    if (!isWithin(value, 8 ** (length - 1) - 1)) throw new RangeError(`${value} does not fit into a tar header`);
    block.write(value.toString(8).padStart(length - 1, '0'), start, 'latin1');
  };
  block.write(fields.name, 0, 'latin1');
  octal(fields.mode, 100, 8);
  octal(fields.uid, 108, 8);
  octal(fields.gid, 116, 8);
  octal(fields.sizeBytes, 124, 12);
  octal(fields.mtime, 136, 12);
  block.write(fields.typeFlag, 156, 'latin1');
  block.write(fields.linkName, 157, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  block.write(fields.userName, 265, 'latin1');
  block.write(fields.groupName, 297, 'latin1');
  octal(fields.devMajor, 329, 8);
  octal(fields.devMinor, 337, 8);
  block.write(fields.prefix, 345, 'latin1');
  block.write(`${sumBytes(block).toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

/** Splits a path over the two fields of ustar; null where it does not fit, or is not plain ASCII as ustar wants it. */
function splitPath(path: string): { readonly name: string; readonly prefix: string } | null {
  if (fitsField(path, 100)) return { name: path, prefix: '' };
  if (!fitsField(path, 256)) return null;
  const slash = path.lastIndexOf('/', 155);
  const [prefix, name] = [path.slice(0, slash), path.slice(slash + 1)];
  return slash > 0 && name !== '' && name.length <= 100 ? { name, prefix } : null;
}

function fitsField(text: string, length: number): boolean {
  return text.length <= length && Buffer.byteLength(text) === text.length && !text.includes('\0');
}

function isWithin(value: number, max: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value <= max;
}
