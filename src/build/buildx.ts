import { closeSync, openSync, writeSync } from 'node:fs';
import { join, relative } from 'node:path';
import { replaceOutput } from '../archive/write/replace-output.ts';
import type { Engine } from '../engine/engine.ts';
import { ForkwrightError } from '../errors.ts';
import { archivePath, bakeFilePath, bakeTargetName, logPath, upstreamTargetName } from '../recipe/output-names.ts';
import type { Target } from '../recipe/target.ts';
import type { Task } from '../report/progress.ts';
import type { BuiltArchive } from './built-archive.ts';
import { listCacheSecrets } from './cache-secrets.ts';
import { describeFailure } from './describe-failure.ts';
import { splitLines } from './line-splitter.ts';
import type { NamedContext } from './mirror-contexts.ts';
import { followPlainProgress } from './plain-progress.ts';
import { readBuiltArchive } from './read-built-archive.ts';

const NO_TIMEOUT_MS = 2 ** 31 - 1;

export interface BuildxOptions {
  /** Absolute path of the workspace, whose generated/ has the bake file. */
  readonly root: string;
  readonly engine: Engine;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** The folder with the upstream's source, absolute; null for a target without one. */
  readonly sourceFolder: string | null;
  /** What is taken in the place of images and of archives. */
  readonly contexts: readonly NamedContext[];
  /** The time stamp of everything that is newer, seconds since 1970. */
  readonly epochSeconds: number;
  /** Caches of buildx, `type=registry,ref=...`. */
  readonly cacheFrom: readonly string[];
  readonly cacheTo: readonly string[];
  /** Keep nothing of earlier builds. */
  readonly isCold: boolean;
}

/**
 * Builds a target with buildx, by the bake file that `render` wrote: the archive in out/ appears whole or not at all, and
 * the log beside it whenever the build came to an end. Throws what `describeFailure` gives where the build failed,
 * `process.aborted`, `archive.write-failed`, and what reading the archive throws.
 */
export async function buildWithBuildx(target: Target, task: Task, options: BuildxOptions): Promise<BuiltArchive> {
  const log = logPath(target);
  const result = await replaceOutput(join(options.root, log), (temporaryLog) =>
    tryBuild(target, task, temporaryLog, options),
  );
  if (result instanceof ForkwrightError) throw result;
  return result;
}

/** A failure is given, not thrown: the log has to stay. */
async function tryBuild(
  target: Target,
  task: Task,
  temporaryLog: string,
  options: BuildxOptions,
): Promise<BuiltArchive | ForkwrightError> {
  const path = archivePath(target);
  const log = openLog(temporaryLog);
  try {
    return await replaceOutput(join(options.root, path), async (temporary) => {
      await bake(target, task, relative(options.root, temporary), log, options);
      return { ...(await readBuiltArchive(temporary, target.platform, options.epochSeconds, path)), path };
    });
  } catch (error) {
    if (error instanceof ForkwrightError && error.code !== 'process.aborted') return error;
    throw error;
  } finally {
    log.close();
  }
}

interface Log {
  write(piece: string | Uint8Array): void;
  close(): void;
}

/** Written piece by piece as it comes, so that a killed build leaves all that it said. */
function openLog(path: string): Log {
  const file = openSync(path, 'wx');
  return {
    write: (piece) => void writeSync(file, typeof piece === 'string' ? Buffer.from(piece) : piece),
    close: () => closeSync(file),
  };
}

async function bake(target: Target, task: Task, output: string, log: Log, options: BuildxOptions): Promise<void> {
  const args = bakeArguments(target, output, options);
  const secrets = listCacheSecrets([...options.cacheFrom, ...options.cacheTo]);
  const shown = args.map((word) => secrets.reduce((text, secret) => text.replaceAll(secret, '***'), word));
  log.write(`docker ${shown.map(quoteForPeople).join(' ')}\n`);
  const name = bakeTargetName(target);
  // Where a bake file has two targets, BuildKit puts their names in front of the steps.
  const progress = followPlainProgress((step) => task.step(step.replace(`[${name}-`, '[').replace(`[${name} `, '[')));
  const lines = splitLines(progress.take);
  const { engine, signal, env } = options;
  try {
    await engine.docker(args, {
      signal,
      timeoutMs: NO_TIMEOUT_MS,
      secrets,
      // buildx 0.20 and later refuse to read outside the current folder, where the source is.
      env: { ...env, BUILDX_BAKE_ENTITLEMENTS_FS: '0' },
      onOutput: (piece) => {
        log.write(piece);
        lines.take(piece);
      },
    });
  } catch (error) {
    lines.end();
    if (!(error instanceof ForkwrightError) || error.code !== 'process.failed') throw error;
    const { failedStep, error: said } = progress;
    const end = error.message.replace(/^docker buildx bake .*? (?=ended with|was killed)/s, 'docker buildx bake ');
    throw describeFailure(target, { failedStep, error: said, end, logPath: logPath(target) });
  }
}

function bakeArguments(target: Target, output: string, options: BuildxOptions): readonly string[] {
  const name = bakeTargetName(target);
  const { sourceFolder, contexts, epochSeconds, cacheFrom, cacheTo, isCold } = options;
  const set = (pattern: string, key: string, value: string) => ['--set', `${pattern}.${key}=${value}`];
  return [
    'buildx',
    'bake',
    '--progress',
    'plain',
    '--file',
    bakeFilePath(target.recipe),
    ...(isCold ? ['--no-cache'] : []),
    ...set(name, 'output', `type=oci,dest=${output},rewrite-timestamp=true`),
    // All of them: upstream's own Dockerfile is a target beside ours.
    ...set('*', 'args.SOURCE_DATE_EPOCH', String(epochSeconds)),
    ...contexts.flatMap(({ name: context, value }) => set('*', `contexts.${context}`, value)),
    ...(sourceFolder === null ? [] : sourceArguments(target, sourceFolder, set)),
    ...cacheFrom.flatMap((cache) => set(name, 'cache-from', cache)),
    ...cacheTo.flatMap((cache) => set(name, 'cache-to', cache)),
    name,
  ];
}

function sourceArguments(
  target: Target,
  folder: string,
  set: (pattern: string, key: string, value: string) => readonly string[],
): readonly string[] {
  return [
    ...set(bakeTargetName(target), 'contexts.upstream', folder),
    ...(target.build.kind === 'dockerfile' ? set(upstreamTargetName(target), 'context', folder) : []),
  ];
}

function quoteForPeople(word: string): string {
  return /^[\w@%+=:,./*-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
