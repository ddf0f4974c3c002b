import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { FOLDER } from './settings.ts';

/** Makes a workspace in the folder of the run, anew: files by their path. Gives its absolute path. */
export async function makeWorkspace(name: string, files: Readonly<Record<string, string>>): Promise<string> {
  const root = join(FOLDER, name);
  await rm(root, { recursive: true, force: true });
  await mkdir(join(root, 'recipes'), { recursive: true });
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
  return root;
}

/** The names in out/RECIPE, hidden ones too, sorted; none where there is no such folder. */
export async function listOutput(root: string, recipe: string): Promise<readonly string[]> {
  try {
    return (await readdir(join(root, 'out', recipe))).toSorted();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
