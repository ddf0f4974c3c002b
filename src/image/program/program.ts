import type { Platform } from '../../platform/platform.ts';
import type { Program } from './program-type.ts';
import { readElf } from './read-elf.ts';
import { readMachO } from './read-mach-o.ts';
import { readPe } from './read-pe.ts';

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
