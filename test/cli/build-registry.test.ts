import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeImageLayout } from '../../src/archive/write/write-layout.ts';
import { file, layoutOf, makeFolder, makeImage, SIGNAL } from '../support/archives.ts';
import { runInProcess } from '../support/context.ts';
import { startRegistry } from '../support/registry/registry.ts';
import { seedFromLayout } from '../support/registry/seed-from-layout.ts';

/** A workspace with a recipe on a base that a registry has, and the digest of that. */
async function prepare() {
  const registry = await startRegistry({ auth: { kind: 'basic', user: 'me', password: 'secret' } });
  const root = await makeFolder();
  const images = ['amd64', 's390x'].map((arch) => makeImage([[file('bin/sh', arch)]], arch));
  await writeImageLayout(join(root, 'base.tar'), layoutOf(images), { signal: SIGNAL, onBytes: () => undefined });
  const digest = await seedFromLayout(registry.repository('hub/library/base'), join(root, 'base.tar'), '1');
  await rm(join(root, 'base.tar'));
  const write = async (name: string, base: string) => {
    const text = `name: ${name}\nversion: "1"\nimage: { base: "${base}", files: [{ content: "x\\n", to: /x }] }\n`;
    await mkdir(join(root, 'recipes'), { recursive: true });
    await writeFile(join(root, `recipes/${name}.yaml`), `${text}platforms: [linux/amd64, linux/s390x]\n`);
  };
  const auth = Buffer.from('me:secret').toString('base64');
  const env = {
    HOME: root,
    FORKWRIGHT_CACHE: join(root, '.cache'),
    FORKWRIGHT_MIRRORS: `docker.io=${registry.host}/hub`,
    DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { [registry.host]: { auth } } }),
  };
  await writeFile(join(root, 'forkwright.yaml'), '{}\n');
  const run = (...argv: string[]) => runInProcess(argv, { cwd: root, env });
  return { registry, digest, root, write, run };
}

test('a recipe on an image of a registry is made without an engine, from the mirror, with credentials', async () => {
  const { registry, digest, write, run } = await prepare();
  await write('pinned', `base:1@${digest}`);
  await write('floating', 'base:1');
  const { exitCode, stdout } = await run('make', '--json');
  const { recipes, findings } = JSON.parse(stdout);
  expect(findings.filter((each: { severity: string }) => each.severity === 'error')).toEqual([]);
  expect({ exitCode, recipes }).toMatchObject({ exitCode: 0, recipes: [{ state: 'built' }, { state: 'built' }] });
  const places = findings.map(({ code, place, severity }: Record<string, string>) => [code, severity, place]);
  expect(places).toContainEqual(['build.floating-image', 'note', 'base:1']);
  expect(places.filter(([code]: string[]) => code === 'build.floating-image')).toHaveLength(1);
  expect(registry.violations).toEqual([]);
});

test('without a network a pinned base is taken out of the cache', async () => {
  const { registry, digest, root, write, run } = await prepare();
  await write('tool', `base:1@${digest}`);
  expect(await run('build', 'tool')).toMatchObject({ exitCode: 0 });
  const first = await readFile(join(root, 'out/tool/linux-s390x.oci.tar'));
  expect(await readFile(join(root, 'out/tool/linux-s390x.log'), 'utf8')).toContain(`\nbase base:1@${digest}\n`);
  await registry.close();
  expect(await run('build', 'tool')).toMatchObject({ exitCode: 0 });
  expect((await readFile(join(root, 'out/tool/linux-s390x.oci.tar'))).equals(first)).toBe(true);
  await rm(join(root, '.cache'), { recursive: true });
  const { exitCode, stderr } = await run('build', 'tool', '--platform', 'linux/amd64');
  expect([exitCode, stderr]).toEqual([2, expect.stringMatching(/\[registry\.[a-z-]+\]/)]);
});
