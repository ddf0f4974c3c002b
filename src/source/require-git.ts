import { ForkwrightError } from '../errors.ts';
import type { GitDeps } from './scratch.ts';

// The first with GIT_CONFIG_GLOBAL, and with apply --cached --3way.
const OLDEST = [2, 32] as const;
const TIMEOUT_MS = 30_000;

/** Makes sure that there is a git on PATH that is new enough. Throws `source.no-git`, `source.old-git`. */
export async function requireGit(cwd: string, { env, run, signal }: GitDeps): Promise<void> {
  const text = await askVersion(() => run(['git', '--version'], { cwd, env, signal, timeoutMs: TIMEOUT_MS }));
  if (isRecentGit(text)) return;
  throw new ForkwrightError('source.old-git', `${text.trim()} is too old`, {
    hint: `install git ${OLDEST.join('.')} or later`,
  });
}

async function askVersion(ask: () => Promise<{ readonly stdout: string }>): Promise<string> {
  try {
    return (await ask()).stdout;
  } catch (error) {
    if (!(error instanceof ForkwrightError) || error.code !== 'process.not-found') throw error;
    throw new ForkwrightError('source.no-git', 'git is not installed, and an upstream is fetched with it', {
      hint: `install git ${OLDEST.join('.')} or later, and have it on PATH`,
    });
  }
}

/** Whether what `git --version` prints (`git version 2.39.5 (Apple Git-154)`) is of a git that can do all that is needed. */
export function isRecentGit(text: string): boolean {
  const [, major = '0', minor = '0'] = /^git version (\d+)\.(\d+)/.exec(text) ?? [];
  const [wantedMajor, wantedMinor] = OLDEST;
  return Number(major) > wantedMajor || (Number(major) === wantedMajor && Number(minor) >= wantedMinor);
}
