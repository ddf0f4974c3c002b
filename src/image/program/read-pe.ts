import type { Program } from './program-type.ts';

// IMAGE_FILE_MACHINE_* -> GOARCH. Specification: Microsoft's PE format, "Machine Types".
const PE_MACHINES: Readonly<Record<number, string>> = {
  0x14c: '386',
  0x1c0: 'arm',
  0x1c4: 'arm',
  0x8664: 'amd64',
  0xaa64: 'arm64',
};

const PE_OFFSET_AT = 0x3c;

/** Reads the header of a Windows program; null where it is none. `arch` is null where the header lies beyond `head`. */
export function readPe(head: Buffer): Program | null {
  if (head.length < 64 || head.toString('latin1', 0, 2) !== 'MZ') return null;
  const offset = head.readUInt32LE(PE_OFFSET_AT);
  if (offset + 6 > head.length) return { format: 'pe', arch: null };
  if (head.toString('latin1', offset, offset + 4) !== 'PE\0\0') return null;
  const machine = head.readUInt16LE(offset + 4);
  return { format: 'pe', arch: PE_MACHINES[machine] ?? `machine 0x${machine.toString(16)}` };
}
