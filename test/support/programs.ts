export interface ElfOptions {
  readonly machine: number;
  readonly bits: 32 | 64;
  readonly endianness: 'little' | 'big';
  readonly flags?: number;
  readonly osAbi?: number;
  readonly interpreter?: string;
}

/** Makes the headers of an ELF program: the file's, and one program header for the interpreter if there is one. */
export function elf(options: ElfOptions): Buffer {
  const { bits, interpreter } = options;
  const isLittle = options.endianness === 'little';
  const is64 = bits === 64;
  const [headerBytes, entryBytes] = is64 ? [64, 56] : [52, 32];
  const path = Buffer.from(interpreter === undefined ? '' : `${interpreter}\0`);
  const head = Buffer.alloc(headerBytes + (interpreter === undefined ? 0 : entryBytes) + path.length);
  const u16 = (value: number, at: number) => (isLittle ? head.writeUInt16LE(value, at) : head.writeUInt16BE(value, at));
  const u32 = (value: number, at: number) => (isLittle ? head.writeUInt32LE(value, at) : head.writeUInt32BE(value, at));
  const word = (value: number, at: number) => {
    if (!is64) return u32(value, at);
    return isLittle ? head.writeBigUInt64LE(BigInt(value), at) : head.writeBigUInt64BE(BigInt(value), at);
  };
  head.set([0x7f, 0x45, 0x4c, 0x46, is64 ? 2 : 1, isLittle ? 1 : 2, 1, options.osAbi ?? 0]);
  u16(2, 16);
  u16(options.machine, 18);
  word(headerBytes, is64 ? 32 : 28);
  u32(options.flags ?? 0, is64 ? 48 : 36);
  u16(entryBytes, is64 ? 54 : 42);
  if (interpreter === undefined) return head;
  u16(1, is64 ? 56 : 44);
  u32(3, headerBytes);
  word(headerBytes + entryBytes, headerBytes + (is64 ? 8 : 4));
  word(path.length, headerBytes + (is64 ? 32 : 16));
  path.copy(head, headerBytes + entryBytes);
  return head;
}

/** Makes the headers of a Windows program. */
export function pe(machine: number): Buffer {
  const head = Buffer.alloc(160);
  head.write('MZ', 0);
  head.writeUInt32LE(128, 0x3c);
  head.write('PE\0\0', 128);
  head.writeUInt16LE(machine, 132);
  return head;
}

/** Makes the header of a macOS program, a universal one for several machines. */
export function machO(types: readonly number[]): Buffer {
  const head = Buffer.alloc(128);
  const [only] = types;
  if (types.length === 1 && only !== undefined) {
    head.writeUInt32BE(0xcffaedfe, 0);
    head.writeUInt32LE(only, 4);
    return head;
  }
  head.writeUInt32BE(0xcafebabe, 0);
  head.writeUInt32BE(types.length, 4);
  types.forEach((type, index) => head.writeUInt32BE(type, 8 + index * 20));
  return head;
}
