import type { FlattenOptions } from '../archive/layers/flatten-image.ts';
import { readPieces, wholeFile } from '../archive/stream/read-pieces.ts';
import type { Finding } from '../finding.ts';
import type { Inode } from '../image/files/inode-tree.ts';
import { compareText } from '../platform/order.ts';
import { formatPlatform } from '../platform/platform.ts';
import { createProgramScan, describeProgram, type ProgramScan } from './describe-program.ts';
import type { ProgramFile, StudyInput } from './image-facts.ts';
import type { ProgramBytes } from './program-bytes.ts';

/** A file that may be a program. */
export interface Candidate {
  readonly path: string;
  readonly inode: Inode;
}

/** More are not looked at: each that Go made may mean that a layer is unpacked some more times. */
const MOST_PROGRAMS = 200;

/**
 * Tells programs from other files, in one pass over the layers, and says what they are. Both lists are sorted by path.
 * A finding says where there are more programs than are looked at. Throws what `readPieces` throws.
 */
export async function studyPrograms(
  { source, image, platform }: StudyInput,
  candidates: readonly Candidate[],
  options: FlattenOptions,
): Promise<{
  readonly programs: readonly ProgramFile[];
  readonly others: readonly Candidate[];
  readonly findings: readonly Finding[];
}> {
  const scans = await scanAll(candidates, (slices) => readPieces(source, image, slices, options));
  const byPath = candidates.toSorted((a, b) => compareText(a.path, b.path));
  const found = byPath.filter(({ inode }) => scans.has(inode));
  const programs: ProgramFile[] = [];
  for (const { path, inode } of found.slice(0, MOST_PROGRAMS)) {
    const scan = scans.get(inode);
    if (scan === undefined) continue;
    const { sizeBytes, mode } = inode.item;
    const bytes: ProgramBytes = {
      sizeBytes,
      read: async (offset, length) => {
        const slice = { inode, start: offset, end: Math.min(sizeBytes, offset + length) };
        const parts: Buffer[] = [];
        for await (const piece of readPieces(source, image, [slice], options)) parts.push(Buffer.from(piece.bytes));
        return Buffer.concat(parts);
      },
    };
    programs.push({ path, sizeBytes, mode, ...(await describeProgram(scan, bytes)) });
  }
  const place = `${source.name}: ${formatPlatform(platform)}`;
  const text = `it has ${found.length} programs of its own; only the first ${MOST_PROGRAMS} were looked at`;
  const findings: readonly Finding[] =
    found.length > MOST_PROGRAMS ? [{ code: 'adopt.many-programs', severity: 'note', place, text, hint: null }] : [];
  return { programs, others: byPath.filter(({ inode }) => !scans.has(inode)), findings };
}

async function scanAll(
  candidates: readonly Candidate[],
  read: (slices: Parameters<typeof readPieces>[2]) => ReturnType<typeof readPieces>,
): Promise<ReadonlyMap<Inode, ProgramScan>> {
  const scans = new Map<Inode, ProgramScan>();
  let open: { readonly inode: Inode; readonly scan: ReturnType<typeof createProgramScan> } | null = null;
  // Files do not overlap in a layer, so one is at its end where another begins.
  for await (const { slice, bytes } of read(candidates.map(({ inode }) => wholeFile(inode)))) {
    if (open === null || open.inode !== slice.inode) {
      keepScan(scans, open);
      open = { inode: slice.inode, scan: createProgramScan() };
    }
    open.scan.feed(bytes);
  }
  keepScan(scans, open);
  return scans;
}

function keepScan(
  scans: Map<Inode, ProgramScan>,
  open: { readonly inode: Inode; readonly scan: ReturnType<typeof createProgramScan> } | null,
): void {
  const scanned = open?.scan.finish() ?? null;
  if (open !== null && scanned !== null) scans.set(open.inode, scanned);
}
