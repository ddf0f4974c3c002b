import type { ElfLayout } from './elf-layout.ts';

/** What Go's linker puts in front of build information. Specification: debug/buildinfo. */
export const BUILD_INFO_MAGIC = Buffer.from('\xff Go buildinf:', 'latin1');
/** Build information is aligned to it. */
const BUILD_INFO_ALIGNMENT = 16;

/** The first four bytes of a function table, by the version of Go from which it looks so. Specification: debug/gosym. */
export const FUNCTION_TABLES = {
  '1.2': 0xfffffffb,
  '1.16': 0xfffffffa,
  '1.18': 0xfffffff0,
  '1.20': 0xfffffff1,
} as const;
export type FunctionTableVersion = keyof typeof FUNCTION_TABLES;

/** Places in a program where something of Go's may begin; most have one of each, and each has to be looked at. */
export interface Markers {
  readonly buildInfo: readonly number[];
  readonly functionTables: readonly { readonly offset: number; readonly version: FunctionTableVersion }[];
}

const MOST_PLACES = 4;
/** A marker with what has to follow it. */
const LONGEST_MARKER = 16;

interface Pattern {
  readonly bytes: Buffer;
  readonly add: (offset: number, after: Buffer) => void;
}

/**
 * Looks for what Go leaves in a program, in chunks as they come: sections may be stripped, these cannot be. `feed` takes
 * the program's bytes in order from its start.
 */
export function createMarkerScan({ bits, isBigEndian }: Pick<ElfLayout, 'bits' | 'isBigEndian'>): {
  feed(chunk: Uint8Array): void;
  finish(): Markers;
} {
  const buildInfo: number[] = [];
  const functionTables: Markers['functionTables'][number][] = [];
  const patterns: Pattern[] = [
    {
      bytes: BUILD_INFO_MAGIC,
      add: (offset) => {
        if (offset % BUILD_INFO_ALIGNMENT === 0 && buildInfo.length < MOST_PLACES) buildInfo.push(offset);
      },
    },
  ];
  for (const version of ['1.2', '1.16', '1.18', '1.20'] as const) {
    const bytes = Buffer.alloc(6);
    if (isBigEndian) bytes.writeUInt32BE(FUNCTION_TABLES[version]);
    else bytes.writeUInt32LE(FUNCTION_TABLES[version]);
    const add: Pattern['add'] = (offset, after) => {
      const [quantum, pointerBytes] = [after[6] ?? 0, after[7]];
      const isTable = [1, 2, 4].includes(quantum) && pointerBytes === bits / 8 && offset % 4 === 0;
      if (isTable && functionTables.length < MOST_PLACES) functionTables.push({ offset, version });
    };
    patterns.push({ bytes, add });
  }
  let rest: Buffer = Buffer.alloc(0);
  let start = 0;
  const look = (bytes: Buffer, isEnd: boolean) => {
    // What begins in the last bytes is looked at together with those that follow.
    const limit = isEnd ? bytes.length : bytes.length - LONGEST_MARKER;
    for (const { bytes: pattern, add } of patterns) {
      for (let at = bytes.indexOf(pattern); at !== -1 && at < limit; at = bytes.indexOf(pattern, at + 1)) {
        add(start + at, bytes.subarray(at, at + LONGEST_MARKER));
      }
    }
    const from = Math.max(0, limit);
    start += from;
    rest = Buffer.from(bytes.subarray(from));
  };
  return {
    feed: (chunk) => look(Buffer.concat([rest, chunk]), false),
    finish: () => {
      look(rest, true);
      return { buildInfo, functionTables };
    },
  };
}
