import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

/** The packages whose code a command line loads, by what V8 counts coverage of. `npm test` has built dist/ before. */
async function packagesLoadedBy(...argv: string[]): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'forkwright-start-up-'));
  await promisify(execFile)(process.execPath, ['dist/main.js', ...argv], {
    env: { ...process.env, NODE_V8_COVERAGE: folder },
  });
  const packages = new Set<string>();
  for (const file of await readdir(folder)) {
    for (const [, name = ''] of (await readFile(join(folder, file), 'utf8')).matchAll(
      /node_modules\/((?:@[^/"]+\/)?[^/"]+)\//g,
    )) {
      packages.add(name);
    }
  }
  await rm(folder, { recursive: true });
  return [...packages].toSorted();
}

test('--help loads the command line and nothing else, so that it is quick', async () => {
  expect(await packagesLoadedBy('--help')).toEqual(['commander']);
});

test('a command loads what it needs: no templates and no GitHub for a look into the schema', async () => {
  const loaded = await packagesLoadedBy('schema', 'recipe');
  expect(loaded).toContain('zod');
  expect(loaded.filter((name) => /^(?:handlebars|@octokit|zx|fflate)/.test(name))).toEqual([]);
});

test.each([
  ['inspect', 'test/fixtures/archives/buildx-oci.tar'],
  ['verify', 'test/fixtures/archives/buildx-oci.tar'],
])('%s of an archive loads no schemas', async (...argv) => {
  expect((await packagesLoadedBy(...argv)).filter((name) => /^(?:zod|yaml|zx|undici|fflate)/.test(name))).toEqual([]);
});
