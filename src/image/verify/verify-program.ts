import type { Finding } from '../../finding.ts';
import type { ContainerConfig } from '../../oci/config.ts';
import { formatPlatform, type Platform } from '../../platform/platform.ts';
import { lookUp, type DirectoryNode, type FileNode } from '../files/file-tree.ts';
import { describeProgram, programMatches } from '../program/program.ts';

// What docker and containerd give a container whose image sets no PATH. Specification: moby, oci/defaults.go.
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** How often Linux goes from one interpreter to the next: execve(2). */
const MOST_INTERPRETERS = 4;

interface Located {
  readonly path: string;
  readonly file: FileNode;
}

/**
 * Holds the program that a container starts with (the first word of entrypoint and cmd) to the image: it is there, can be
 * executed, is made for the platform, and so is what it needs to be started by: a dynamic linker, a script's shell.
 */
export function verifyProgram(
  container: ContainerConfig,
  platform: Platform,
  root: DirectoryNode,
  place: string,
): readonly Finding[] {
  const command = [...(container.entrypoint ?? []), ...(container.cmd ?? [])][0];
  if (command === undefined || command === '') return [];
  const located = platform.os === 'windows' ? locateOnWindows(command, root) : locate(command, container, root);
  const name = JSON.stringify(command);
  if (located === null) {
    // A Windows base may lie in foreign layers, and what may be left out of a name there is the registry's business.
    if (platform.os === 'windows') return [];
    const where = command.includes('/') ? 'not in the image' : `in no folder of PATH (${pathOf(container)})`;
    return [
      fault('program.missing', place, `the program ${name} is ${where}`, 'check entrypoint, cmd and the output path'),
    ];
  }
  if (platform.os !== 'windows' && (located.file.mode & 0o111) === 0) {
    const mode = located.file.mode.toString(8).padStart(4, '0');
    return [
      fault('program.not-executable', place, `the program ${located.path} has mode ${mode}`, 'give it mode 0755'),
    ];
  }
  return verifyFile(located, platform, root, place, 0);
}

function verifyFile(
  { path, file }: Located,
  platform: Platform,
  root: DirectoryNode,
  place: string,
  depth: number,
): readonly Finding[] {
  const { program } = file;
  if (program === null || depth > MOST_INTERPRETERS) return [];
  if (programMatches(platform, program) === 'no') {
    const text = `${path} is ${describeProgram(program)}, the image is for ${formatPlatform(platform)}`;
    return [fault('program.wrong-machine', place, text, 'it was copied from, or built for, another platform')];
  }
  const interpreter = program.format === 'elf' || program.format === 'script' ? program.interpreter : null;
  if (interpreter === null || !interpreter.startsWith('/')) return [];
  const found = lookUp(root, interpreter);
  if (found?.kind === 'file') return verifyFile({ path: interpreter, file: found }, platform, root, place, depth + 1);
  const isScript = program.format === 'script';
  const needs = isScript ? 'is a script for' : 'is linked dynamically and needs';
  const hint = isScript
    ? 'use a base that has the shell'
    : 'link it statically, or use a base that has the dynamic linker';
  return [fault('program.no-interpreter', place, `${path} ${needs} ${interpreter}, which is not in the image`, hint)];
}

/** As exec.LookPath and the runtimes do it: with a slash relative to the working folder, else along PATH. */
function locate(command: string, container: ContainerConfig, root: DirectoryNode): Located | null {
  const workingDir = container.workingDir === '' ? '/' : container.workingDir;
  const folders = command.includes('/') ? [command.startsWith('/') ? '' : workingDir] : pathOf(container).split(':');
  const found = folders.flatMap((folder) => {
    const path = folder === '' ? command : `${folder.replace(/\/+$/, '')}/${command}`;
    const node = lookUp(root, path);
    return node?.kind === 'file' ? [{ path, file: node }] : [];
  });
  return found.find(({ file }) => (file.mode & 0o111) !== 0) ?? found[0] ?? null;
}

function pathOf(container: ContainerConfig): string {
  const entry = container.env.findLast((each) => each.startsWith('PATH='));
  return entry === undefined ? DEFAULT_PATH : entry.slice('PATH='.length);
}

/** Windows layers keep their files below `Files`. Specification: OCI image-spec, layer.md; hcsshim. */
function locateOnWindows(command: string, root: DirectoryNode): Located | null {
  const path = command
    .replace(/^[A-Za-z]:/, '')
    .replaceAll('\\', '/')
    .replace(/^\/+/, '');
  for (const candidate of [`Files/${path}`, path, `Files/${path}.exe`, `${path}.exe`]) {
    const node = lookUp(root, candidate);
    if (node?.kind === 'file') return { path: `/${candidate}`, file: node };
  }
  return null;
}

function fault(code: string, place: string, text: string, hint: string): Finding {
  return { code, severity: 'error', place, text, hint };
}
