import { readdir, readFile, readlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** Gives the command lines of all processes that work in a folder, or whose command line has one of these texts. */
export async function listProcesses(folder: string, texts: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all((await readdir('/proc')).map((pid) => readProcess(pid)));
  return found.flatMap((process) => {
    if (process === null) return [];
    const { cwd, command } = process;
    return cwd === folder || texts.some((text) => command.includes(text)) ? [command] : [];
  });
}

/** Waits until no process is left, some seconds at most, and gives those that are. */
export async function awaitNoProcess(folder: string, texts: readonly string[]): Promise<readonly string[]> {
  for (let tries = 0; tries < 50; tries++) {
    const left = await listProcesses(folder, texts);
    if (left.length === 0) return left;
    await sleep(200);
  }
  return listProcesses(folder, texts);
}

/** Null for what is none, or no more. */
async function readProcess(pid: string): Promise<{ readonly cwd: string; readonly command: string } | null> {
  if (!/^\d+$/.test(pid)) return null;
  try {
    const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ').trim();
    // A process that is dead and not yet waited for has no command line.
    return command === '' ? null : { cwd: await readlink(`/proc/${pid}/cwd`), command };
  } catch (error) {
    if (error instanceof Error && 'code' in error && ['ENOENT', 'ESRCH', 'EACCES'].includes(String(error.code)))
      return null;
    throw error;
  }
}
