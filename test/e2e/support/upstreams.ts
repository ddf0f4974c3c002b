import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { configVariables } from '../../source/repository.ts';
import { COPY_UPSTREAM, FOLDER } from './settings.ts';

/** A git repository that plays an upstream. */
export interface Upstream {
  /** Where recipes say that it is. */
  readonly url: string;
  /** Where it is. */
  readonly folder: string;
  /** What is to be built of it. */
  readonly commit: string;
}

const SOURCES = fileURLToPath(new URL('../upstreams/', import.meta.url));
const COPY_URL = 'https://github.com/tonistiigi/copy.git';
const COPY_COMMIT = '3385f1bfe8d491169b054e4417f570c30f6325df';

type Name = 'copy' | 'modules' | 'c' | 'dockerfile' | 'slow';

/** Makes a repository of test/e2e/upstreams/NAME, once in a run. The same files give the same commit, on every machine. */
export async function makeUpstream(name: Name, url = `https://git.example.org/${name}.git`): Promise<Upstream> {
  const folder = join(FOLDER, 'upstreams', name);
  const git = (...args: string[]) => runGit(folder, args);
  if (existsSync(folder)) return { url, folder, commit: git('rev-parse', 'HEAD') };
  await mkdir(folder, { recursive: true });
  await cp(join(SOURCES, name), folder, { recursive: true });
  git('init', '--quiet', '--initial-branch=master', '--object-format=sha1');
  git('add', '--all', '--force');
  git('commit', '--quiet', '--message', `What ${name} is`);
  return { url, folder, commit: git('rev-parse', 'HEAD') };
}

/**
 * Gives the upstream of dockerfile-copy: the true one where FORKWRIGHT_E2E_COPY_UPSTREAM has it, else the stand-in. A
 * stand-in cannot have the commit that the recipe pins, since a commit's name is the hash of what it holds.
 */
export async function provideCopyUpstream(): Promise<Upstream> {
  if (COPY_UPSTREAM === null) return makeUpstream('copy', COPY_URL);
  return { url: COPY_URL, folder: COPY_UPSTREAM, commit: COPY_COMMIT };
}

/** The shipped recipe of dockerfile-copy, with the commit of an upstream and not one other byte changed. */
export async function copyRecipe({ commit }: Upstream): Promise<string> {
  const shipped = await readFile(new URL('../../../recipes/dockerfile-copy.yaml', import.meta.url), 'utf8');
  if (shipped.split(COPY_COMMIT).length !== 2) throw new Error(`the shipped recipe does not pin ${COPY_COMMIT}, once`);
  return shipped.replace(COPY_COMMIT, commit);
}

/** The environment in which git finds upstreams where they are. */
export function rewriteUrls(upstreams: readonly Upstream[]): Readonly<Record<string, string>> {
  return configVariables(
    Object.fromEntries(upstreams.map(({ url, folder }) => [`url.file://${folder}.insteadOf`, url])),
  );
}

/** Writes the files of an upstream's commit into a folder, without forkwright. */
export async function checkOut({ folder, commit }: Upstream, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  runGit(folder, ['archive', `--output=${to}.tar`, commit]);
  execFileSync('tar', ['-xf', `${to}.tar`, '-C', to]);
}

function runGit(cwd: string, args: readonly string[]): string {
  const person = { NAME: 'A Maintainer', EMAIL: 'maintainer@example.org', DATE: '1700000000 +0000' };
  const dated = Object.entries(person).flatMap(([key, value]) =>
    ['AUTHOR', 'COMMITTER'].map((role) => [`GIT_${role}_${key}`, value] as const),
  );
  const env = { PATH: process.env['PATH'], HOME: cwd, GIT_CONFIG_NOSYSTEM: '1', ...Object.fromEntries(dated) };
  return execFileSync('git', args, { cwd, env, encoding: 'utf8' }).trim();
}
