import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import { ForkwrightError } from '../errors.ts';
import type { RunProgram } from '../process/run.ts';
import { connectingEnvironment, isolatedEnvironment } from './git-environment.ts';

export interface GitDeps {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly run: RunProgram;
  readonly signal: AbortSignal;
}

/** Runs git and gives its stdout. Throws `process.failed` and the others of RunProgram. */
export type Git = (args: readonly string[]) => Promise<string>;

/** A repository for one piece of work. Objects stay in the cache; its refs, index and files are thrown away. */
export interface Scratch {
  /** Holds all of it, and takes files and folders of one's own; absolute. */
  readonly folder: string;
  /** git's index. */
  readonly indexFile: string;
  /** An empty folder, which is git's work tree. */
  readonly workTree: string;
  /** Works on objects; nothing of the user's configuration is read, and no server is reached. */
  readonly git: Git;
  /** The same, giving what git says on stderr. */
  readonly gitMessages: Git;
  /** The same with files in another folder. */
  readonly gitIn: (workTree: string) => Git;
  /** Talks to servers, with the user's configuration. */
  readonly connect: Git;
}

const LOCAL_TIMEOUT_MS = 10 * 60_000;
const SERVER_TIMEOUT_MS = 60 * 60_000;

// gitattributes(5): this file has the highest precedence, so no .gitattributes of a tree changes a byte of its files.
const NO_CONVERSION = '* -text -ident !eol !crlf !filter !working-tree-encoding\n';

// A global core.hooksPath would have its hooks run here.
const NO_HOOKS = ['-c', `core.hooksPath=${devNull}`];
const LOCAL_SETTINGS = [...NO_HOOKS, '-c', 'core.symlinks=true', '-c', 'gc.auto=0'];
// A pack appears by rename once it is whole; loose objects appear one by one, and a killed fetch would leave some of them.
const SERVER_SETTINGS = [...NO_HOOKS, '-c', 'fetch.unpackLimit=1', '-c', 'gc.auto=0', '-c', 'maintenance.auto=false'];

/** The hash that a repository with this commit uses: 40 or 64 hex digits tell it. */
export function hashOf(commit: string): 'sha1' | 'sha256' {
  return commit.length === 64 ? 'sha256' : 'sha1';
}

/**
 * Makes a repository whose objects are in `objects` (a folder, absolute), lets `work` use it and removes it. Throws what
 * `work` throws, and what git and the file system throw.
 */
export async function withScratch<Result>(
  objects: string,
  hash: 'sha1' | 'sha256',
  deps: GitDeps,
  work: (scratch: Scratch) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'forkwright-source-'));
  try {
    const [gitFolder, workTree] = [join(folder, 'git'), join(folder, 'tree')];
    await mkdir(join(gitFolder, 'info'), { recursive: true });
    await mkdir(workTree);
    const runIn = (tree: string) => {
      const env = isolatedEnvironment(deps.env, { gitFolder, objects, workTree: tree });
      const options = { env, cwd: tree, signal: deps.signal, timeoutMs: LOCAL_TIMEOUT_MS };
      return (args: readonly string[]) => deps.run(['git', ...LOCAL_SETTINGS, ...args], options);
    };
    const gitIn = (tree: string): Git => {
      const run = runIn(tree);
      return async (args) => (await run(args)).stdout;
    };
    const env = connectingEnvironment(deps.env, { gitFolder, objects, workTree });
    const options = { env, cwd: workTree, signal: deps.signal, timeoutMs: SERVER_TIMEOUT_MS };
    const connect: Git = async (args) => (await deps.run(['git', ...SERVER_SETTINGS, ...args], options)).stdout;
    const git = gitIn(workTree);
    const gitMessages: Git = async (args) => (await runIn(workTree)(args)).stderr;
    await deps.run(['git', 'init', '--bare', '--quiet', '--template=', `--object-format=${hash}`, gitFolder], {
      env: { ...isolatedEnvironment(deps.env, { gitFolder, objects, workTree }), GIT_WORK_TREE: undefined },
      cwd: folder,
      signal: deps.signal,
      timeoutMs: LOCAL_TIMEOUT_MS,
    });
    await writeFile(join(gitFolder, 'info', 'attributes'), NO_CONVERSION);
    const indexFile = join(gitFolder, 'index');
    return await work({ folder, indexFile, workTree, git, gitMessages, gitIn, connect });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Whether git says yes: false where it ends with another exit code than 0. Throws where it could not end by itself. */
export async function succeeds(running: Promise<unknown>): Promise<boolean> {
  return succeedsUnless('process.failed', running);
}

/** Whether something is done: false where it throws an error of this code. Throws the others. */
export async function succeedsUnless(code: string, running: Promise<unknown>): Promise<boolean> {
  try {
    await running;
    return true;
  } catch (error) {
    if (error instanceof ForkwrightError && error.code === code) return false;
    throw error;
  }
}
