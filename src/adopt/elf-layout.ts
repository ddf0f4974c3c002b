/** Where the parts of an ELF program lie in its file. */
export interface ElfLayout {
  readonly bits: 32 | 64;
  readonly isBigEndian: boolean;
  /** What is loaded: where it lies in memory, and where in the file. Those beyond the head are not in it. */
  readonly segments: readonly { readonly address: number; readonly offset: number; readonly sizeBytes: number }[];
  /** The table of sections; null where there is none. */
  readonly sections: { readonly offset: number; readonly entryBytes: number; readonly count: number } | null;
}

const PT_LOAD = 1;
const SHT_SYMTAB = 2;

/** Reads numbers as a program's machine writes them; those beyond the buffer are 0. */
export interface NumberReader {
  u32(offset: number): number;
  /** An address or a length; above 2^53 it is not exact, and lies outside of any file. */
  word(offset: number): number;
}

/** Makes a reader of a program's numbers out of some of its bytes. */
export function readNumbers(
  bytes: Buffer,
  { bits, isBigEndian }: Pick<ElfLayout, 'bits' | 'isBigEndian'>,
): NumberReader {
  const holds = (offset: number, length: number) => offset >= 0 && offset + length <= bytes.length;
  const u32 = (offset: number) => {
    if (!holds(offset, 4)) return 0;
    return isBigEndian ? bytes.readUInt32BE(offset) : bytes.readUInt32LE(offset);
  };
  const u64 = (offset: number) => {
    if (!holds(offset, 8)) return 0;
    return Number(isBigEndian ? bytes.readBigUInt64BE(offset) : bytes.readBigUInt64LE(offset));
  };
  return { u32, word: bits === 64 ? u64 : u32 };
}

/** Takes the first bytes of an ELF program and gives where its parts lie. Specification: gABI, chapters 4 and 5. */
export function readElfLayout(head: Buffer): ElfLayout {
  const bits = head[4] === 2 ? 64 : 32;
  const isBigEndian = head[5] === 2;
  const { u32, word } = readNumbers(head, { bits, isBigEndian });
  const u16 = (offset: number) => (isBigEndian ? u32(offset) >>> 16 : u32(offset) & 0xffff);
  const is64 = bits === 64;
  const [tableOffset, entryBytes, count] = [word(is64 ? 32 : 28), u16(is64 ? 54 : 42), u16(is64 ? 56 : 44)];
  const segments: ElfLayout['segments'][number][] = [];
  for (let index = 0; index < count; index++) {
    const entry = tableOffset + index * entryBytes;
    if (entry + (is64 ? 56 : 32) > head.length) break;
    if (u32(entry) !== PT_LOAD) continue;
    segments.push({
      offset: word(entry + (is64 ? 8 : 4)),
      address: word(entry + (is64 ? 16 : 8)),
      sizeBytes: word(entry + (is64 ? 32 : 16)),
    });
  }
  const sections = { offset: word(is64 ? 40 : 32), entryBytes: u16(is64 ? 58 : 46), count: u16(is64 ? 60 : 48) };
  const isThere = sections.offset > 0 && sections.count > 0 && sections.entryBytes >= (is64 ? 64 : 40);
  return { bits, isBigEndian, segments, sections: isThere ? sections : null };
}

/** Where in the file an address lies; null for one that no byte of the file is loaded to. */
export function offsetOfAddress({ segments }: ElfLayout, address: number): number | null {
  const segment = segments.find((each) => address >= each.address && address < each.address + each.sizeBytes);
  return segment === undefined ? null : segment.offset + (address - segment.address);
}

/** Takes the table of sections and says whether one of them is a symbol table: `-s` of a linker leaves it out. */
export function hasSymbolTable(table: Buffer, layout: ElfLayout): boolean {
  const { u32 } = readNumbers(table, layout);
  const { count = 0, entryBytes = 0 } = layout.sections ?? {};
  for (let index = 0; index < count; index++) {
    if (u32(index * entryBytes + 4) === SHT_SYMTAB) return true;
  }
  return false;
}
