import { report } from './json.ts';

/** What `verify` finds wrong with an archive, but for where: the same for every copy of it. */
export async function listFaults(archive: string, cwd: string): Promise<readonly string[]> {
  const { findings } = await report(['verify', archive], { cwd });
  return findings.map(({ severity, code, text }) => `${severity} ${code}: ${text}`).toSorted();
}
