import type { Program } from './program-type.ts';

// Specification: Apple's <mach/machine.h>, CPU_TYPE_*.
const MACHO_MACHINES: Readonly<Record<number, string>> = {
  7: '386',
  12: 'arm',
  0x01000007: 'amd64',
  0x0100000c: 'arm64',
};

const MACHO_32 = 0xcefaedfe;
const MACHO_64 = 0xcffaedfe;
const MACHO_FAT = 0xcafebabe;
/** A Java class has the same magic, with its version (45 and more) where a universal binary has its count. */
const MOST_FAT_ARCHS = 30;
const FAT_ENTRY_BYTES = 20;

/** Reads the header of a macOS program, universal or not; null where it is none. Specification: <mach-o/loader.h>, fat.h. */
export function readMachO(head: Buffer): Program | null {
  if (head.length < 28) return null;
  const magic = head.readUInt32BE(0);
  if (magic === MACHO_32 || magic === MACHO_64) return { format: 'mach-o', archs: [machOArch(head.readUInt32LE(4))] };
  const count = head.readUInt32BE(4);
  if (magic !== MACHO_FAT || count === 0 || count > MOST_FAT_ARCHS) return null;
  const offsets = Array.from({ length: count }, (_, index) => 8 + index * FAT_ENTRY_BYTES);
  const archs = offsets
    .filter((at) => at + FAT_ENTRY_BYTES <= head.length)
    .map((at) => machOArch(head.readUInt32BE(at)));
  return { format: 'mach-o', archs };
}

function machOArch(type: number): string {
  return MACHO_MACHINES[type] ?? `machine 0x${type.toString(16)}`;
}
