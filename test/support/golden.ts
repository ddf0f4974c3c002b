import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';

const GOLDEN = fileURLToPath(new URL('../golden/', import.meta.url));

export interface GoldenFile {
  readonly path: string;
  readonly content: string;
}

/**
 * Compares files with those of test/golden/<name>/, which are read and reviewed as code. UPDATE_GOLDEN=1 writes them
 * instead, though never where CI is set.
 */
export async function expectGolden(name: string, files: readonly GoldenFile[]): Promise<void> {
  const folder = join(GOLDEN, name);
  if (process.env['UPDATE_GOLDEN'] === '1' && process.env['CI'] === undefined) {
    await rm(folder, { recursive: true, force: true });
    for (const { path, content } of files) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), content);
    }
  }
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll('\\', '/'),
    );
  expect(files.map(({ path }) => path).toSorted()).toEqual(paths.toSorted());
  for (const { path, content } of files) {
    expect(content, `test/golden/${name}/${path}`).toBe(await readFile(join(folder, path), 'utf8'));
  }
}
