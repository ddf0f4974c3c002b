import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fixture, makeFolder } from '../support/archives.ts';
import { runInProcess } from '../support/context.ts';
import { seedFromLayout } from '../support/registry/seed-from-layout.ts';
import { startRegistry } from '../support/registry/registry.ts';

test.each([
  ['oci-archive', 'buildx-oci-multi-attested.tar', []],
  ['oci-archive', 'buildx-oci-multi-attested.tar', ['--platform', 'linux/arm64']],
  ['docker-archive', 'buildx-oci-multi-attested.tar', ['--platform', 'linux/arm64']],
  ['docker-archive', 'buildx-oci.tar', []],
])('what is pulled to an %s of %s with %j is what a pulled layout is converted to', async (format, name, options) => {
  const registry = await startRegistry();
  await seedFromLayout(registry.repository('zoo'), fixture(name), '1');
  const cwd = await makeFolder();
  const run = async (...argv: string[]) => expect(await runInProcess(argv, { cwd })).toMatchObject({ exitCode: 0 });
  await run('pull', `${registry.host}/zoo:1`, 'pulled.tar', '--to', format, ...options);
  await run('pull', `${registry.host}/zoo:1`, 'layout', ...options);
  await run('convert', 'layout', 'converted.tar', '--to', format);
  const [pulled, converted] = await Promise.all(
    ['pulled.tar', 'converted.tar'].map((file) => readFile(join(cwd, file))),
  );
  expect(pulled?.equals(converted ?? Buffer.alloc(0))).toBe(true);
});
