import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { report } from './json.ts';
import { FOLDER } from './settings.ts';
import { copyRecipe, provideCopyUpstream, rewriteUrls, type Upstream } from './upstreams.ts';
import { makeWorkspace } from './workspace.ts';

/** dockerfile-copy, made for all its platforms. */
export interface CopyBuild {
  /** The workspace. */
  readonly root: string;
  readonly upstream: Upstream;
  /** The environment with which forkwright reaches the upstream. */
  readonly env: Readonly<Record<string, string>>;
  /** The index, relative to the workspace. */
  readonly index: string;
  readonly digest: string;
}

const SETTINGS = 'registry: registry.example.com/releng\n';

/** Gives dockerfile-copy, made from nothing by the first test of a run that wants it. */
export async function provideCopyBuild(): Promise<CopyBuild> {
  const file = join(FOLDER, 'copy-build.json');
  if (existsSync(file)) return JSON.parse(await readFile(file, 'utf8')) as CopyBuild;
  const build = await makeCopy('first');
  await writeFile(file, JSON.stringify(build));
  return build;
}

/** Makes dockerfile-copy in a workspace of its own, with a cache of its own, and takes nothing from earlier builds. */
export async function makeCopy(name: string): Promise<CopyBuild> {
  const upstream = await provideCopyUpstream();
  const recipe = await copyRecipe(upstream);
  const root = await makeWorkspace(name, { 'forkwright.yaml': SETTINGS, 'recipes/dockerfile-copy.yaml': recipe });
  const env = { ...rewriteUrls([upstream]), FORKWRIGHT_CACHE: join(FOLDER, `${name}-cache`) };
  const { exitCode, recipes, findings, stderr } = await report(['make', '--no-cache'], { cwd: root, env });
  const [made] = recipes;
  const isMade = exitCode === 0 && made?.path !== undefined && made.digest !== undefined;
  if (!isMade) throw new Error(`dockerfile-copy was not made: ${JSON.stringify(findings, null, 2)}\n${stderr}`);
  return { root, upstream, env, index: made.path, digest: made.digest };
}
