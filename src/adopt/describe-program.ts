import type { Program } from '../image/program/program-type.ts';
import { PROGRAM_HEAD_BYTES, readProgram } from '../image/program/program.ts';
import { hasSymbolTable, readElfLayout, type ElfLayout } from './elf-layout.ts';
import { readGoBuildInfo, type GoBuildInfo } from './go-build-info.ts';
import { findMainFile, MAX_TABLE_BYTES } from './go-function-table.ts';
import { readMainPath, type GoMainPath } from './go-import-path.ts';
import type { ProgramBytes } from './program-bytes.ts';
import { createMarkerScan, type FunctionTableVersion, type Markers } from './scan-markers.ts';

/** What is known of a program that Go made. */
export interface GoFacts {
  readonly buildInfo: GoBuildInfo | null;
  /** The form of its function table: the version of Go that began to write it so. */
  readonly tableVersion: FunctionTableVersion | null;
  /** The file with main.main, as the compiler saw it; null where it was not looked for, or is not told. */
  readonly mainFile: string | null;
  /** What that file's path says. */
  readonly mainPath: GoMainPath | null;
}

/** What a program is, read from its bytes alone. */
export interface ProgramFacts {
  readonly program: Program;
  readonly isPacked: boolean;
  /** Whether it has no table of symbols; null where that is not known. */
  readonly isStripped: boolean | null;
  /** Null for what Go did not make. */
  readonly go: GoFacts | null;
}

/** What is found in one pass over a program. */
export interface ProgramScan {
  readonly program: Program;
  readonly head: Buffer;
  readonly markers: Markers;
}

/** UPX writes its name behind the program headers. */
const PACKED = /UPX!/;
const PACKED_WITHIN_BYTES = 1024;
const MAX_SECTION_TABLE_BYTES = 64 * 1024;

/**
 * Looks at a file once, in chunks as they come. `finish` gives null where it is no program; only of an ELF program more
 * than the head is looked at.
 */
export function createProgramScan(): { feed(chunk: Uint8Array): void; finish(): ProgramScan | null } {
  let head: Buffer = Buffer.alloc(0);
  let program: Program | null = null;
  let scan: ReturnType<typeof createMarkerScan> | null = null;
  let isDecided = false;
  const decide = () => {
    isDecided = true;
    program = readProgram(head);
    if (program?.format !== 'elf') return;
    scan = createMarkerScan(readElfLayout(head));
    scan.feed(head);
  };
  return {
    feed(chunk) {
      if (isDecided) return scan?.feed(chunk);
      head = Buffer.concat([head, chunk]);
      if (head.length >= PROGRAM_HEAD_BYTES) decide();
    },
    finish() {
      if (!isDecided) decide();
      if (program === null) return null;
      const first = head.subarray(0, PROGRAM_HEAD_BYTES);
      return { program, head: first, markers: scan?.finish() ?? { buildInfo: [], functionTables: [] } };
    },
  };
}

/**
 * Says what a program is that was scanned before: linked how, packed, stripped, and what Go says of itself. The function
 * table is read only where the build information has no import path.
 */
export async function describeProgram(scan: ProgramScan, bytes: ProgramBytes): Promise<ProgramFacts> {
  const { program, head, markers } = scan;
  if (program.format !== 'elf') return { program, isPacked: false, isStripped: null, go: null };
  const layout = readElfLayout(head);
  const isPacked = PACKED.test(head.toString('latin1', 0, PACKED_WITHIN_BYTES));
  const isStripped = isPacked ? null : await findStripped(bytes, layout);
  return { program, isPacked, isStripped, go: await describeGo(bytes, markers, layout) };
}

async function findStripped(bytes: ProgramBytes, layout: ElfLayout): Promise<boolean | null> {
  const { sections } = layout;
  if (sections === null) return null;
  const length = sections.count * sections.entryBytes;
  if (length > MAX_SECTION_TABLE_BYTES || sections.offset + length > bytes.sizeBytes) return null;
  return !hasSymbolTable(await bytes.read(sections.offset, length), layout);
}

async function describeGo(bytes: ProgramBytes, markers: Markers, layout: ElfLayout): Promise<GoFacts | null> {
  let buildInfo: GoBuildInfo | null = null;
  for (const place of markers.buildInfo) buildInfo ??= await readGoBuildInfo(bytes, place, layout);
  // Built from files that were named one by one, it has this instead of a path.
  const isTold = buildInfo !== null && buildInfo.module !== null && buildInfo.path !== 'command-line-arguments';
  if (isTold && buildInfo?.path !== '') {
    return { buildInfo, tableVersion: null, mainFile: null, mainPath: null };
  }
  for (const { offset, version } of markers.functionTables) {
    const table = await bytes.read(offset, MAX_TABLE_BYTES);
    const mainFile = findMainFile(table, version, layout);
    if (mainFile !== null) return { buildInfo, tableVersion: version, mainFile, mainPath: readMainPath(mainFile) };
  }
  // A marker alone may be a constant of a program that reads other programs.
  return buildInfo === null ? null : { buildInfo, tableVersion: null, mainFile: null, mainPath: null };
}
