import { readNumbers, type ElfLayout } from './elf-layout.ts';
import type { FunctionTableVersion } from './scan-markers.ts';

/** What of a program's function table is looked at: those of the largest programs are as long. */
export const MAX_TABLE_BYTES = 32 * 1024 * 1024;

const MOST_FUNCTIONS = 1_000_000;
const MAX_PATH_BYTES = 4096;
const MAIN = 'main.main';

/** Where the parts of a function table begin, in bytes from its own beginning. */
interface TableParts {
  readonly functionCount: number;
  /** Pairs of a program counter and the place of a function. */
  readonly functions: number;
  /** What the places of functions count from. */
  readonly functionData: number;
  readonly names: number;
  /** Numbers that say which file a line is in, coded by program counters. */
  readonly counters: number;
  /** Bytes of one half of a pair. */
  readonly pairBytes: number;
  /** Bytes of the first field of a function, where it begins. */
  readonly entryBytes: number;
  readonly fileOf: (fileNumber: number, unit: number) => number;
}

/**
 * Takes a Go program's function table, or the beginning of one, and gives the path of the file that has the function
 * main.main, as the compiler saw it; null where the table does not tell. No program lacks this table: panics print from
 * it. Specification: Go's debug/gosym, pclntab.go, and runtime/symtab.go.
 */
export function findMainFile(table: Buffer, version: FunctionTableVersion, layout: ElfLayout): string | null {
  const parts = readParts(table, version, layout);
  if (parts === null) return null;
  const { u32, word } = readNumbers(table, layout);
  const half = (offset: number) => (parts.pairBytes === 4 ? u32(offset) : word(offset));
  const count = Math.min(parts.functionCount, MOST_FUNCTIONS);
  for (let index = 0; index < count; index++) {
    const place = parts.functions + (2 * index + 1) * parts.pairBytes;
    if (place + parts.pairBytes > table.length) return null;
    const fields = parts.functionData + half(place) + parts.entryBytes;
    const name = parts.names + u32(fields);
    if (!startsWithText(table, name, MAIN)) continue;
    const fileNumber = firstValue(table, parts.counters + u32(fields + 16));
    const path = fileNumber === null ? 0 : parts.fileOf(fileNumber, u32(fields + 28));
    return path === 0 ? null : readText(table, path);
  }
  return null;
}

function readParts(table: Buffer, version: FunctionTableVersion, layout: ElfLayout): TableParts | null {
  const { u32, word } = readNumbers(table, layout);
  const pointerBytes = layout.bits / 8;
  const field = (number: number) => word(8 + number * pointerBytes);
  if (table.length < 8 + 8 * pointerBytes) return null;
  if (version === '1.2') {
    const functions = 8 + pointerBytes;
    const files = u32(functions + 2 * pointerBytes * field(0) + pointerBytes);
    return {
      functionCount: field(0),
      functions,
      functionData: 0,
      names: 0,
      counters: 0,
      pairBytes: pointerBytes,
      entryBytes: pointerBytes,
      fileOf: (fileNumber) => u32(files + 4 * fileNumber),
    };
  }
  // Since 1.18 functions are told by their distance from the first one, which stands where the names stood before.
  const isRelative = version !== '1.16';
  const first = isRelative ? 3 : 2;
  const [names, units, files] = [field(first), field(first + 1), field(first + 2)];
  const functions = field(first + 4);
  return {
    functionCount: field(0),
    functions,
    functionData: functions,
    names,
    counters: field(first + 3),
    pairBytes: isRelative ? 4 : pointerBytes,
    entryBytes: isRelative ? 4 : pointerBytes,
    fileOf: (fileNumber, unit) => {
      const file = u32(units + 4 * (unit + fileNumber));
      return file === 0xffffffff ? 0 : files + file;
    },
  };
}

/** The first value of a coded list: a difference to -1, zigzag and base 128. */
function firstValue(table: Buffer, offset: number): number | null {
  let coded = 0;
  for (let index = 0; index < 5; index++) {
    const byte = table[offset + index];
    if (byte === undefined) return null;
    coded += (byte & 0x7f) * 2 ** (7 * index);
    if (byte >= 0x80) continue;
    const difference = coded % 2 === 0 ? coded / 2 : -(coded + 1) / 2;
    return difference >= 1 ? difference - 1 : null;
  }
  return null;
}

function startsWithText(table: Buffer, offset: number, text: string): boolean {
  if (offset + text.length >= table.length) return false;
  return table[offset + text.length] === 0 && table.toString('latin1', offset, offset + text.length) === text;
}

function readText(table: Buffer, offset: number): string | null {
  const end = table.indexOf(0, offset);
  if (end === -1 || end <= offset || end - offset > MAX_PATH_BYTES) return null;
  return table.toString('utf8', offset, end);
}
