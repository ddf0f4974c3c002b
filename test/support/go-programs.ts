import { elf } from './programs.ts';

/** What a program made by hand is like. */
export interface GoProgramOptions {
  readonly bits: 32 | 64;
  readonly endianness: 'little' | 'big';
}

/** A writer of numbers as the program's machine has them. */
function numbersOf({ bits, endianness }: GoProgramOptions) {
  const isLittle = endianness === 'little';
  const u32 = (value: number) => {
    const bytes = Buffer.alloc(4);
    if (isLittle) bytes.writeUInt32LE(value);
    else bytes.writeUInt32BE(value);
    return bytes;
  };
  const word = (value: number) => {
    if (bits === 32) return u32(value);
    return isLittle ? Buffer.concat([u32(value), u32(0)]) : Buffer.concat([u32(0), u32(value)]);
  };
  return { u32, word };
}

/** The address to which the first byte of a program is loaded. */
const LOADED_AT = 0x400000;

/** A program of one segment, all of the file, with parts behind its headers, each at a multiple of 32. */
export function goProgram(
  options: GoProgramOptions,
  parts: readonly ((offset: number) => Buffer)[],
  machine = options.bits === 64 ? 62 : 40,
): Buffer {
  const { u32, word } = numbersOf(options);
  const head = elf({ machine, ...options });
  const [is64, isLittle] = [options.bits === 64, options.endianness === 'little'];
  const pieces: Buffer[] = [Buffer.alloc(4096)];
  let length = 4096;
  for (const make of parts) {
    const part = make(length);
    const padded = Buffer.concat([part, Buffer.alloc((32 - (part.length % 32)) % 32)]);
    pieces.push(padded);
    length += padded.length;
  }
  const fields = is64
    ? [u32(1), u32(5), word(0), word(LOADED_AT), word(LOADED_AT), word(length), word(length), word(4096)]
    : [u32(1), word(0), word(LOADED_AT), word(LOADED_AT), word(length), word(length), u32(5), word(4096)];
  const file = Buffer.concat(pieces);
  head.copy(file);
  Buffer.concat(fields).copy(file, head.length);
  const count = is64 ? 56 : 44;
  if (isLittle) file.writeUInt16LE(1, count);
  else file.writeUInt16BE(1, count);
  return file;
}

const MAGIC = Buffer.from('\xff Go buildinf:', 'latin1');
const SENTINEL = Buffer.alloc(16, 0x30);

function framed(text: string): Buffer {
  return text === '' ? Buffer.alloc(0) : Buffer.concat([SENTINEL, Buffer.from(text), SENTINEL]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  return Buffer.from([...bytes, rest]);
}

/** Build information as Go 1.18 and later write it. */
export function inlineBuildInfo({ bits }: GoProgramOptions, version: string, moduleInfo: string): () => Buffer {
  const [text, info] = [Buffer.from(version), framed(moduleInfo)];
  const header = Buffer.concat([MAGIC, Buffer.from([bits / 8, 2]), Buffer.alloc(16)]);
  return () => Buffer.concat([header, varint(text.length), text, varint(info.length), info]);
}

/** Build information as Go 1.13 to 1.17 write it: addresses of texts. */
export function pointedBuildInfo(options: GoProgramOptions, version: string, moduleInfo: string) {
  const { word } = numbersOf(options);
  const [text, info] = [Buffer.from(version), framed(moduleInfo)];
  const bytes = options.bits / 8;
  return (offset: number): Buffer => {
    const [strings, texts] = [offset + 32, offset + 32 + 4 * bytes];
    const at = (place: number) => word(LOADED_AT + place);
    const flags = options.endianness === 'big' ? 1 : 0;
    const header = Buffer.alloc(32);
    Buffer.concat([MAGIC, Buffer.from([bytes, flags]), at(strings), at(strings + 2 * bytes)]).copy(header);
    const pairs = [at(texts), word(text.length), at(texts + text.length), word(info.length)];
    return Buffer.concat([header, ...pairs, text, info]);
  };
}

/** A function table with runtime.main in runtime/proc.go and main.main in a file. */
export function functionTable(
  options: GoProgramOptions,
  version: '1.2' | '1.16' | '1.18' | '1.20',
  mainFile: string,
): () => Buffer {
  const { u32, word } = numbersOf(options);
  const pointer = options.bits / 8;
  const magic = { '1.2': 0xfffffffb, '1.16': 0xfffffffa, '1.18': 0xfffffff0, '1.20': 0xfffffff1 }[version];
  const start = Buffer.concat([u32(magic), Buffer.from([0, 0, 1, pointer])]);
  const names = Buffer.from('runtime.main\0main.mainly\0main.main\0');
  const nameOffsets = ['runtime.main\0', 'main.mainly\0', 'main.main\0'].map((name) => names.indexOf(name));
  const files = Buffer.from(`\0runtime/proc.go\0${mainFile}\0`);
  const fileOffsets = [files.indexOf('runtime'), files.indexOf(mainFile, 16)];
  // A first value of 1 is coded as the difference 2 to -1, twice: 4.
  const counters = Buffer.from([0, 2 * (version === '1.2' ? 2 : 1), 2 * (version === '1.2' ? 3 : 2), 0]);
  const counterOf = [1, 2, 2];
  const func = (index: number, entry: Buffer, base: { names: number; counters: number }) =>
    Buffer.concat([
      entry,
      u32(base.names + (nameOffsets[index] ?? 0)),
      ...[0, 0, 0].map(u32),
      u32(base.counters + (counterOf[index] ?? 0)),
      ...[0, 0, 0, 0].map(u32),
    ]);
  if (version === '1.2') {
    const functabBytes = 6 * pointer + pointer + 4;
    const base = 8 + pointer + functabBytes;
    const size = pointer + 36;
    const places = { names: base + 3 * size, counters: base + 3 * size + names.length, files: 0 };
    const texts = places.counters + counters.length;
    const filetab = texts + files.length;
    const pairs = [0, 1, 2].flatMap((index) => [word(0x1000 + index * 16), word(base + index * size)]);
    const table = Buffer.concat([u32(3), ...fileOffsets.map((offset) => u32(texts + offset))]);
    const funcs = [0, 1, 2].map((index) => func(index, word(0x1000 + index * 16), places));
    return () =>
      Buffer.concat([start, word(3), ...pairs, word(0x2000), u32(filetab), ...funcs, names, counters, files, table]);
  }
  const isRelative = version !== '1.16';
  const headWords = isRelative ? 8 : 7;
  const half = isRelative ? u32 : word;
  const halfBytes = isRelative ? 4 : pointer;
  const namesAt = 8 + headWords * pointer;
  const unitsAt = namesAt + names.length;
  const filesAt = unitsAt + 8;
  const countersAt = filesAt + files.length;
  const functionsAt = countersAt + counters.length;
  const pairsBytes = 7 * halfBytes;
  const size = halfBytes + 36;
  const words = [3, 2, ...(isRelative ? [0x1000] : []), namesAt, unitsAt, filesAt, countersAt, functionsAt];
  const pairs = [0, 1, 2].flatMap((index) => [half(index * 16), half(pairsBytes + index * size)]);
  const funcs = [0, 1, 2].map((index) => func(index, half(index * 16), { names: 0, counters: 0 }));
  return () =>
    Buffer.concat([
      start,
      ...words.map(word),
      names,
      ...fileOffsets.map(u32),
      files,
      counters,
      ...pairs,
      half(0x2000),
      ...funcs,
    ]);
}
