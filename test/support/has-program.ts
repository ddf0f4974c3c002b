import { spawnSync } from 'node:child_process';

/** Whether a program can be started on this machine. */
export function hasProgram(name: string): boolean {
  return spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0;
}

/** The compressions whose programs are here; tests say which ones they leave out. */
export const LACKING: ReadonlySet<string> = new Set(['xz', 'zstd'].filter((name) => !hasProgram(name)));
