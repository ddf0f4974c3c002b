import { copyFile, mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isSystemError } from '../../errors.ts';
import { WORKSPACE_FILE } from '../../recipe/read-file.ts';
import type { ResolvedRecipe } from '../../recipe/target.ts';
import type { Invocation } from '../command.ts';

/** What a change may write, what is not read through a link, and what would be taken for another repository. */
const OWN = new Set([WORKSPACE_FILE, 'recipes', 'patches', '.git']);

/**
 * Lets `use` work in a copy of a workspace that has the recipes given, with their patches, and no others; all else is that of
 * the workspace itself, and is only to be read. The copy is gone afterwards.
 */
export async function withTrial<Result>(
  recipes: readonly ResolvedRecipe[],
  { root, env }: Pick<Invocation, 'root' | 'env'>,
  use: (root: string) => Promise<Result>,
): Promise<Result> {
  const copy = await mkdtemp(join(env['FORKWRIGHT_TMPDIR'] || tmpdir(), 'forkwright-propose-'));
  try {
    for (const name of await readdir(root)) if (!OWN.has(name)) await symlink(join(root, name), join(copy, name));
    const files = recipes.flatMap(({ file, targets }) => [file, ...targets.flatMap(({ patches }) => patches)]);
    for (const path of new Set([WORKSPACE_FILE, ...files])) await copyIfThere(join(root, path), join(copy, path));
    return await use(copy);
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

/** What is missing is told by what reads it. */
async function copyIfThere(from: string, to: string): Promise<void> {
  try {
    await mkdir(dirname(to), { recursive: true });
    await copyFile(from, to);
  } catch (error) {
    if (!isSystemError(error, 'ENOENT', 'ENOTDIR')) throw error;
  }
}
