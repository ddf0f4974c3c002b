import type { Linkage, Program } from './program-type.ts';

const PT_INTERP = 3;
const EM_ARM = 40;
const HEADER_BYTES_32 = 52;
const HEADER_BYTES_64 = 64;

// OSABI bytes; 0 (System V) is what most toolchains write for Linux.
const SYSTEMS: Readonly<Record<number, string>> = {
  2: 'netbsd',
  3: 'linux',
  6: 'solaris',
  9: 'freebsd',
  12: 'openbsd',
};

// machine, bits, endianness -> GOARCH. Specification: the ELF gABI's e_machine registry; Go's cmd/link.
const MACHINES: Readonly<Record<string, string>> = {
  '2/32/big': 'sparc',
  '3/32/little': '386',
  '8/32/big': 'mips',
  '8/32/little': 'mipsle',
  '8/64/big': 'mips64',
  '8/64/little': 'mips64le',
  '20/32/big': 'ppc',
  '21/64/big': 'ppc64',
  '21/64/little': 'ppc64le',
  '22/32/big': 's390',
  '22/64/big': 's390x',
  '40/32/big': 'armbe',
  '40/32/little': 'arm',
  '43/64/big': 'sparc64',
  '62/32/little': 'amd64p32',
  '62/64/little': 'amd64',
  '183/64/big': 'arm64be',
  '183/64/little': 'arm64',
  '243/32/little': 'riscv',
  '243/64/little': 'riscv64',
  '258/64/little': 'loong64',
};

/** Reads an ELF header and what lies of its program headers in `head`; null where it is no ELF file. Specification: gABI. */
export function readElf(head: Buffer): Program | null {
  if (head.length < HEADER_BYTES_32 || head.readUInt32BE(0) !== 0x7f454c46) return null;
  const [elfClass, data] = [head[4], head[5]];
  if ((elfClass !== 1 && elfClass !== 2) || (data !== 1 && data !== 2)) return null;
  const bits = elfClass === 2 ? 64 : 32;
  if (bits === 64 && head.length < HEADER_BYTES_64) return null;
  const endianness = data === 1 ? 'little' : 'big';
  const read = createReader(head, endianness);
  const machine = read.u16(18);
  return {
    format: 'elf',
    arch:
      MACHINES[`${machine}/${bits}/${endianness}`] ??
      `machine 0x${machine.toString(16)} (${bits}-bit ${endianness}-endian)`,
    os: SYSTEMS[head[7] ?? 0] ?? null,
    bits,
    endianness,
    ...readLinkage(head, read, bits),
    armEabi: machine === EM_ARM ? read.u32(36) >>> 24 : null,
  };
}

interface Reader {
  readonly u16: (offset: number) => number;
  readonly u32: (offset: number) => number;
  /** A 64-bit number; those beyond 2^53 lie outside any head anyway. */
  readonly u64: (offset: number) => number;
}

function createReader(head: Buffer, endianness: 'little' | 'big'): Reader {
  return endianness === 'little'
    ? {
        u16: (offset) => head.readUInt16LE(offset),
        u32: (offset) => head.readUInt32LE(offset),
        u64: (offset) => Number(head.readBigUInt64LE(offset)),
      }
    : {
        u16: (offset) => head.readUInt16BE(offset),
        u32: (offset) => head.readUInt32BE(offset),
        u64: (offset) => Number(head.readBigUInt64BE(offset)),
      };
}

/** A program that names no interpreter needs none: it is static, or static-pie. */
function readLinkage(head: Buffer, read: Reader, bits: 32 | 64): { linkage: Linkage; interpreter: string | null } {
  const tableOffset = bits === 64 ? read.u64(32) : read.u32(28);
  const entrySize = read.u16(bits === 64 ? 54 : 42);
  const count = read.u16(bits === 64 ? 56 : 44);
  const smallest = bits === 64 ? 56 : 32;
  if (entrySize < smallest) return { linkage: 'unknown', interpreter: null };
  for (let index = 0; index < count; index++) {
    const entry = tableOffset + index * entrySize;
    if (entry + smallest > head.length) return { linkage: 'unknown', interpreter: null };
    if (read.u32(entry) !== PT_INTERP) continue;
    const offset = bits === 64 ? read.u64(entry + 8) : read.u32(entry + 4);
    const size = bits === 64 ? read.u64(entry + 32) : read.u32(entry + 16);
    if (offset + size > head.length) return { linkage: 'dynamic', interpreter: null };
    const interpreter = head.toString('utf8', offset, offset + size).replace(/\0.*$/s, '');
    return { linkage: 'dynamic', interpreter: interpreter === '' ? null : interpreter };
  }
  return { linkage: 'static', interpreter: null };
}
