import type { Platform } from '../platform/platform.ts';
import { readElf } from './read-elf.ts';
import { readMachO } from './read-mach-o.ts';
import { readPe } from './read-pe.ts';

/** How an ELF program is linked; `unknown` where its program headers lie beyond the bytes that were read. */
export type Linkage = 'static' | 'dynamic' | 'unknown';

/** What the first bytes of a file say about a program. */
export type Program =
  | {
      readonly format: 'elf';
      /** GOARCH, or `machine 0x…` for one that Go does not know. */
      readonly arch: string;
      /** Null where the file does not say (System V); most programs for Linux do not. */
      readonly os: string | null;
      readonly bits: 32 | 64;
      readonly endianness: 'little' | 'big';
      readonly linkage: Linkage;
      /** The dynamic linker's path; null where there is none or it is not in the bytes that were read. */
      readonly interpreter: string | null;
      /** ARM's EABI version, 5 on every system of today; null for other machines. */
      readonly armEabi: number | null;
    }
  | { readonly format: 'pe'; readonly arch: string | null }
  /** A universal binary has several. */
  | { readonly format: 'mach-o'; readonly archs: readonly string[] }
  | { readonly format: 'script'; readonly interpreter: string };

/** How many bytes of a file `readProgram` wants; headers lie within the first page. */
export const PROGRAM_HEAD_BYTES = 4096;

/** Takes the first bytes of a file (`PROGRAM_HEAD_BYTES`, or the whole file) and says what program it is; null for none. */
export function readProgram(head: Buffer): Program | null {
  return readElf(head) ?? readPe(head) ?? readMachO(head) ?? readScript(head);
}

/** Specification: execve(2), "Interpreter scripts". */
function readScript(head: Buffer): Program | null {
  if (head.toString('latin1', 0, 2) !== '#!') return null;
  const end = head.indexOf('\n');
  const line = head.toString('utf8', 2, end === -1 ? Math.min(head.length, 255) : end);
  const interpreter = line.trim().split(/[ \t]/, 1)[0] ?? '';
  return interpreter === '' ? null : { format: 'script', interpreter };
}

/** Whether a program is made for a platform; `unknown` for scripts and for headers that do not say. */
export function programMatches(platform: Platform, program: Program): 'yes' | 'no' | 'unknown' {
  switch (program.format) {
    case 'script':
      return 'unknown';
    case 'pe':
      if (platform.os !== 'windows') return 'no';
      return program.arch === null ? 'unknown' : yesOrNo(program.arch === platform.arch);
    case 'mach-o':
      return yesOrNo(platform.os === 'darwin' && program.archs.includes(platform.arch));
    case 'elf': {
      if (platform.os === 'windows' || platform.os === 'darwin') return 'no';
      if (program.os !== null && program.os !== platform.os) return 'no';
      if (program.arch !== platform.arch) return 'no';
      // Other systems mark their programs, most of them; Linux alone lives with System V's mark.
      if (program.os === null && platform.os !== 'linux') return 'unknown';
      // Programs from before the EABI need a kernel that was built for them.
      return program.armEabi === 0 ? 'unknown' : 'yes';
    }
  }
}

function yesOrNo(matches: boolean): 'yes' | 'no' {
  return matches ? 'yes' : 'no';
}

/** What a program is and what for, for people: `an ELF program for arm64`, `a PE program for windows/amd64`. */
export function describeProgram(program: Program): string {
  switch (program.format) {
    case 'script':
      return `a script for ${program.interpreter}`;
    case 'pe':
      return `a PE program for windows/${program.arch ?? 'unknown'}`;
    case 'mach-o':
      return `a Mach-O program for darwin/${program.archs.join('+')}`;
    case 'elf':
      return `an ELF program for ${program.os === null ? '' : `${program.os}/`}${program.arch}`;
  }
}
