import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** A folder for the whole run, which its end removes. */
    readonly e2eFolder: string;
  }
}

/** Makes the folder that all files of a run share, and gives what removes it. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'forkwright-e2e-')));
  project.provide('e2eFolder', folder);
  return () => rm(folder, { recursive: true, force: true });
}
