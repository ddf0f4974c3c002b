import { describeProgram as describeMachine } from '../image/program/program.ts';
import { formatSize } from '../report/size.ts';
import type { ProgramFile } from './image-facts.ts';

/** A program in one line for people: `/bin/copy: an ELF program for amd64, static, stripped, go1.19.8, 1.2 MiB`. */
export function describeProgramFile({ path, sizeBytes, program, isPacked, isStripped, go }: ProgramFile): string {
  const parts = [describeMachine(program)];
  if (program.format === 'elf') {
    if (program.linkage === 'static') parts.push('static');
    if (program.linkage === 'dynamic') parts.push(`for ${program.interpreter ?? 'a dynamic linker'}`);
    if (isPacked) parts.push('packed by UPX, so that its source is not to be seen');
    if (isStripped === true) parts.push('stripped');
  }
  if (go !== null) {
    const { buildInfo, mainFile } = go;
    parts.push(buildInfo === null ? 'Go' : buildInfo.goVersion);
    const { path: importPath = '', module = null, settings } = buildInfo ?? {};
    if (importPath !== '') parts.push(importPath);
    if (module !== null && module.version !== '') parts.push(`${module.path}@${module.version}`);
    if (mainFile !== null) parts.push(`from ${mainFile}`);
    const [revision, time] = [settings?.get('vcs.revision'), settings?.get('vcs.time')];
    if (revision !== undefined) parts.push(`revision ${revision}${time === undefined ? '' : ` of ${time}`}`);
  }
  return `${path}: ${[...parts, formatSize(sizeBytes)].join(', ')}`;
}
