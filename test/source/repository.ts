import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runProgram } from '../../src/process/run-program.ts';
import type { Upstream } from '../../src/recipe/target.ts';
import type { SourceDeps } from '../../src/source/obtain.ts';
import { makeInvocation } from '../support/invocation.ts';

/** A file's text; or `{ link }`, `{ program }`; null removes it. */
export type Content = string | Uint8Array | { readonly link: string } | { readonly program: string } | null;

/** A git repository with work tree that plays an upstream, and a workspace beside it. */
export interface Place {
  /** Holds everything. */
  readonly folder: string;
  readonly root: string;
  readonly upstreamFolder: string;
  readonly url: string;
  readonly deps: SourceDeps;
  readonly git: (...args: string[]) => string;
  /** Commits these changes a minute after the last commit, and gives the commit. */
  readonly commit: (files: Readonly<Record<string, Content>>, message?: string) => Promise<string>;
  /** Writes `git format-patch` of a commit as patches/tool/NAME, and gives that path. */
  readonly formatPatch: (commit: string, name?: string) => Promise<string>;
  readonly remove: () => Promise<void>;
}

const FIRST_SECOND = 1_700_000_000;

export async function makePlace(options: { readonly hash?: 'sha256' } = {}): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'forkwright-source-test-'));
  const [root, upstreamFolder] = [join(folder, 'workspace'), join(folder, 'upstream')];
  for (const each of [root, upstreamFolder, join(folder, 'home')]) await mkdir(each);
  let seconds = FIRST_SECOND;
  const env: Readonly<Record<string, string>> = {
    PATH: process.env['PATH'] ?? '',
    HOME: join(folder, 'home'),
    GIT_CONFIG_NOSYSTEM: '1',
  };
  const git = (...args: string[]) => {
    const person = { NAME: 'A Maintainer', EMAIL: 'maintainer@example.org', DATE: `${seconds} +0100` };
    const dated = Object.entries(person).flatMap(([key, value]) =>
      ['AUTHOR', 'COMMITTER'].map((role) => [`GIT_${role}_${key}`, value] as const),
    );
    const options = { cwd: upstreamFolder, env: { ...env, ...Object.fromEntries(dated) } };
    return execFileSync('git', args, { ...options, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
  };
  git('init', '--quiet', '--initial-branch=main', `--object-format=${options.hash ?? 'sha1'}`);
  const { signal, progress } = makeInvocation(root);
  return {
    folder,
    root,
    upstreamFolder,
    url: `file://${upstreamFolder}`,
    deps: { root, cacheFolder: join(folder, 'cache'), env, run: runProgram, signal, progress },
    git,
    commit: async (files, message = 'A change') => {
      for (const [name, content] of Object.entries(files)) await put(join(upstreamFolder, name), content);
      seconds += 60;
      git('add', '--all');
      git('commit', '--quiet', '--allow-empty', '--message', message);
      return git('rev-parse', 'HEAD');
    },
    formatPatch: async (commit, name = '0001-change.patch') => {
      const path = `patches/tool/${name}`;
      await mkdir(join(root, dirname(path)), { recursive: true });
      await writeFile(join(root, path), `${git('format-patch', '-1', '--stdout', commit)}\n`);
      return path;
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

async function put(path: string, content: Content): Promise<void> {
  await rm(path, { recursive: true, force: true });
  if (content === null) return;
  await mkdir(dirname(path), { recursive: true });
  if (typeof content === 'string' || content instanceof Uint8Array) return writeFile(path, content);
  if ('link' in content) return symlink(content.link, path);
  await writeFile(path, content.program);
  return chmod(path, 0o755);
}

export function upstreamOf(url: string, commit: string | null, branch = 'main'): Upstream {
  return { git: url, track: { kind: 'branch', branch }, commit };
}

/** A configuration of git in the environment, as a CI job may have it. Specification: git-config(1). */
export function configVariables(config: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const entries = Object.entries(config);
  return {
    GIT_CONFIG_COUNT: String(entries.length),
    ...Object.fromEntries(
      entries.flatMap(([key, value], index) => [
        [`GIT_CONFIG_KEY_${index}`, key],
        [`GIT_CONFIG_VALUE_${index}`, value],
      ]),
    ),
  };
}

/** `LINE 1` to `LINE n`, with some lines written otherwise. */
export function lines(count: number, changed: Readonly<Record<number, string>> = {}): string {
  return Array.from({ length: count }, (_, index) => `${changed[index + 1] ?? `line ${index + 1}`}\n`).join('');
}
