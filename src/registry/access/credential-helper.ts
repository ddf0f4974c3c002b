import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ForkwrightError } from '../../errors.ts';
import { parseStrictJson } from '../../oci/strict-json.ts';
import type { RunProgram } from '../../process/run.ts';
import type { Credentials } from './credentials.ts';
import { broken, makeCredentials } from './docker-config.ts';

export interface HelperDeps {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly run: RunProgram;
  readonly signal: AbortSignal;
}

const HELPER_TIMEOUT_MS = 60_000;
// What the helpers of docker say on stdout, with exit code 1.
const NOT_FOUND = /credentials not found|no credentials/i;

/**
 * Asks `docker-credential-<helper> get` for a server; null where it has nothing. `place` is the file that names the helper.
 * Throws `registry.credentials` where the helper cannot be started or fails.
 * Specification: docker-credential-helpers, README.
 */
export async function askHelper(
  helper: string,
  server: string,
  place: string,
  { cwd, env, run, signal }: HelperDeps,
): Promise<Credentials | null> {
  const program = `docker-credential-${helper}`;
  const folder = await mkdtemp(join(tmpdir(), 'forkwright-credentials-'));
  const said: Buffer[] = [];
  try {
    // Only the server's name goes to the helper; what it says stays in memory.
    await writeFile(join(folder, 'server'), server);
    const input = await open(join(folder, 'server'), 'r');
    try {
      const onOutput = (piece: Buffer, from: 'stdout' | 'stderr') => void (from === 'stdout' && said.push(piece));
      await run([program, 'get'], { cwd, env, signal, timeoutMs: HELPER_TIMEOUT_MS, inputFd: input.fd, onOutput });
    } finally {
      await input.close();
    }
  } catch (error) {
    if (!(error instanceof ForkwrightError) || error.code === 'process.aborted') throw error;
    if (NOT_FOUND.test(Buffer.concat(said).toString('utf8'))) return null;
    const why = error.code === 'process.not-found' ? `${program} is not installed` : `${program} failed`;
    throw broken(why, place, error);
  } finally {
    await rm(folder, { recursive: true });
  }
  const value = parseStrictJson(Buffer.concat(said), program);
  const [username, secret] = ['Username', 'Secret'].map((key) => (value instanceof Map ? value.get(key) : undefined));
  if (typeof username !== 'string' || typeof secret !== 'string') throw broken(`${program} gave no credentials`, place);
  return username === '' && secret === ''
    ? null
    : makeCredentials(username, secret, `${program}, which ${place} names`);
}
