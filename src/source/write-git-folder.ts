import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isolatedEnvironment } from './git-environment.ts';
import type { SourceTree } from './obtain.ts';
import { hashOf, type GitDeps } from './scratch.ts';

const TIMEOUT_MS = 10 * 60_000;

/**
 * Adds a `.git` to a folder that `writeSource` wrote: the commit alone, checked out, with the upstream as its origin, as
 * BuildKit's own git context has it with BUILDKIT_CONTEXT_KEEP_GIT_DIR. Some builds ask git for their version. It needs
 * nothing of the cache. Throws what git and the file system throw.
 */
export async function writeGitFolder(source: SourceTree, folder: string, deps: GitDeps): Promise<void> {
  const { commit, git: url, objects: store } = source;
  const gitFolder = join(folder, '.git');
  const objects = join(gitFolder, 'objects');
  const env = isolatedEnvironment(deps.env, { gitFolder, objects, workTree: folder });
  const options = { env, cwd: folder, signal: deps.signal, timeoutMs: TIMEOUT_MS };
  // A log of refs would have a name and the time in it.
  const git = (...args: string[]) => deps.run(['git', '-c', 'core.logAllRefUpdates=false', ...args], options);
  await git('init', '--quiet', '--template=', `--object-format=${hashOf(commit)}`);
  const alternates = join(objects, 'info', 'alternates');
  await mkdir(join(objects, 'info'), { recursive: true });
  await writeFile(alternates, `${store}\n`);
  // gitformat-shallow(5): the commit has no parents here.
  await writeFile(join(gitFolder, 'shallow'), `${commit}\n`);
  await git('update-ref', '--no-deref', 'HEAD', commit);
  await git('repack', '-a', '-d', '--quiet');
  await rm(alternates);
  await git('config', 'remote.origin.url', url);
  await git('reset', '--quiet');
}
