import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fixture, makeFolder } from '../support/archives.ts';
import { runInProcess } from '../support/context.ts';
import { seedFromLayout } from '../support/registry/seed-from-layout.ts';
import { startRegistry } from '../support/registry/registry.ts';

const INDEX = fixture('buildx-oci-multi-attested.tar');
const DIGEST = 'sha256:fcf996fd0b0b2d6435f9e728d6d915e417987c2db06433d3201f38682bc24aae';

test('one name: the digest stands alone on stdout, what was done on stderr', async () => {
  const registry = await startRegistry();
  const run = await runInProcess(['push', INDEX, `${registry.host}/zoo:1`], { cwd: await makeFolder() });
  expect(run).toEqual({
    exitCode: 0,
    stdout: `${DIGEST}\n`,
    stderr: 'pushing buildx-oci-multi-attested.tar: 21 blobs sent, 143.3 KiB (0.0 s)\n',
  });
  expect([registry.checkIntegrity(), registry.violations]).toEqual([[], []]);
});

test('several names: one line each', async () => {
  const registry = await startRegistry();
  const names = [`${registry.host}/a:1`, `${registry.host}/a:2`, `docker://${registry.host}/b`];
  const { stdout, stderr } = await runInProcess(['push', INDEX, ...names], { cwd: await makeFolder() });
  expect(stdout).toBe(
    [`${names[0]}@${DIGEST}`, `${names[1]}@${DIGEST}`, `${registry.host}/b@${DIGEST}`, ''].join('\n'),
  );
  expect(stderr).toContain('21 blobs sent, 143.3 KiB, 21 mounted');
  expect(stderr).toContain(`${registry.host}/b: note: it names no tag, so it is latest`);
});

test('a later push to another repository of the registry mounts what is there', async () => {
  const registry = await startRegistry();
  const cwd = await makeFolder();
  const env = { FORKWRIGHT_CACHE: join(cwd, 'cache') };
  await runInProcess(['push', INDEX, `${registry.host}/a:1`], { cwd, env });
  const { stderr } = await runInProcess(['push', INDEX, `${registry.host}/b:1`], { cwd, env });
  expect(stderr).toBe('pushing buildx-oci-multi-attested.tar: nothing to send, 21 mounted (0.0 s)\n');
  // What is remembered need not be true any more.
  registry.repository('a').blobs.clear();
  registry.repository('b').blobs.clear();
  const last = await runInProcess(['push', INDEX, `${registry.host}/c:1`], { cwd, env });
  expect(last.stderr).toBe('pushing buildx-oci-multi-attested.tar: 21 blobs sent, 143.3 KiB (0.0 s)\n');
  expect(registry.violations).toEqual([]);
});

test('a cache that cannot be used is told of, and the push goes on', async () => {
  const registry = await startRegistry();
  const cwd = await makeFolder();
  await writeFile(join(cwd, 'cache'), 'a file');
  const run = await runInProcess(['push', INDEX, `${registry.host}/a:1`], {
    cwd,
    env: { FORKWRIGHT_CACHE: join(cwd, 'cache') },
  });
  expect([run.exitCode, run.stdout]).toEqual([0, `${DIGEST}\n`]);
  expect(run.stderr).toContain(': note: the cache cannot be used');
});

test('a dry run shows what would be done and does nothing', async () => {
  const registry = await startRegistry();
  const cwd = await makeFolder();
  await runInProcess(['push', INDEX, `${registry.host}/a:1`, '--platform', 'linux/amd64'], { cwd });
  const before = registry.requests.length;
  const names = [`${registry.host}/a:1`, `${registry.host}/b:1`];
  const { stdout, exitCode } = await runInProcess(['push', INDEX, ...names, '--dry-run'], { cwd });
  expect(exitCode).toBe(0);
  const lines = stdout.split('\n').map((line) => line.replaceAll(registry.host, 'HOST').replaceAll(/ {2,}/g, ' | '));
  expect(lines).toContain('HOST/a | layer 1 of 2 of linux/amd64 | sha256:28b48d31c118 | 637 B | is there');
  expect(lines).toContain('HOST/b | layer 1 of 2 of linux/amd64 | sha256:28b48d31c118 | 637 B | mount');
  expect(lines).toContain('HOST/a | layer 2 of 2 of linux/arm64 | sha256:35d276a7b03a | 23.5 KiB | send');
  expect(lines).toContain('HOST/a | the manifest of linux/amd64 | sha256:a81b3e53061b | 667 B | is there');
  expect(lines).toContain('HOST/a | tag 1 | sha256:fcf996fd0b0b | move');
  expect(lines).toContain('HOST/b | tag 1 | sha256:fcf996fd0b0b | write');
  expect(stdout.split('\n').slice(-3)).toEqual(names.map((name) => `${name}@${DIGEST}`).concat(''));
  const calls = registry.requests.slice(before).map(({ method }) => method);
  expect(new Set(calls)).toEqual(new Set(['GET', 'HEAD']));
});

test('an image goes from one repository to another of its registry without being sent', async () => {
  const registry = await startRegistry();
  await seedFromLayout(registry.repository('from'), INDEX, '1');
  const { stdout, stderr } = await runInProcess(['push', `${registry.host}/from:1`, `${registry.host}/to:2`], {
    cwd: await makeFolder(),
  });
  expect([stdout, stderr]).toEqual([`${DIGEST}\n`, 'pushing from:1: nothing to send, 21 mounted (0.0 s)\n']);
  expect(registry.repository('to').tags.get('2')).toBe(DIGEST);
  expect(registry.checkIntegrity()).toEqual([]);
});

test('an image goes from one registry to another', async () => {
  const [from, to] = [await startRegistry(), await startRegistry({ auth: BASIC })];
  await seedFromLayout(from.repository('zoo'), INDEX, '1');
  const cwd = await makeFolder();
  const auths = { [to.host]: { auth: Buffer.from('somebody:something').toString('base64') } };
  await writeFile(join(cwd, 'config.json'), JSON.stringify({ auths }));
  const options = { cwd, env: { HOME: cwd, DOCKER_CONFIG: cwd } };
  const { exitCode, stdout } = await runInProcess(['push', `${from.host}/zoo:1`, `${to.host}/zoo:1`], options);
  expect([exitCode, stdout]).toEqual([0, `${DIGEST}\n`]);
  expect([to.checkIntegrity(), to.violations, from.violations]).toEqual([[], [], []]);
});

const BASIC = { kind: 'basic', user: 'somebody', password: 'something' } as const;

test('a repository that is not there yet is looked into with a token for pushing', async () => {
  const auth = { kind: 'bearer', user: 'somebody', password: 'something' } as const;
  const registry = await startRegistry({ auth });
  const cwd = await makeFolder();
  const auths = { [registry.host]: { auth: Buffer.from('somebody:something').toString('base64') } };
  await writeFile(join(cwd, 'config.json'), JSON.stringify({ auths }));
  const options = { cwd, env: { HOME: cwd, DOCKER_CONFIG: cwd } };
  expect((await runInProcess(['push', INDEX, `${registry.host}/zoo:1`], options)).exitCode).toBe(0);
  const asked = registry.requests.filter(({ listener }) => listener === 'tokens').map(({ url }) => url);
  const scopes = asked.flatMap((url) => new URL(url, 'http://tokens').searchParams.getAll('scope'));
  expect(new Set(scopes)).toEqual(new Set(['repository:zoo:pull,push']));
  expect([registry.checkIntegrity(), registry.violations]).toEqual([[], []]);
});

test('an archive with several images', async () => {
  const registry = await startRegistry();
  const archive = fixture('docker-20.10-save-multi.tar');
  const cwd = await makeFolder();
  const refused = await runInProcess(['push', archive, `${registry.host}/zoo:1`], { cwd });
  expect(refused).toMatchObject({ exitCode: 2, stdout: '' });
  expect(refused.stderr).toMatch(
    /the archive holds \d images: .*\[push\.several-images\]\n {2}hint: choose one with --image/,
  );
  const name = /the archive holds \d images: ([^;,\s]+)/.exec(refused.stderr)?.[1] ?? '';
  const chosen = await runInProcess(['push', archive, `${registry.host}/zoo:1`, '--image', name], { cwd });
  expect(chosen.exitCode).toBe(0);
  expect(registry.repository('zoo').tags.get('1')).toBe(chosen.stdout.trim());
});

test.each([
  [[fixture('ctr-export-truncated.tar'), 'HOST/zoo:1'], /archive\.truncated/],
  [['nothing.tar', 'HOST/zoo:1'], /archive\.not-found/],
  [[INDEX, 'HOST/Zoo:1'], /reference\.malformed/],
  [[INDEX, 'HOST/zoo:1', '--platform', 'linux/riscv64'], /it holds no image for linux\/riscv64 \[image\.not-found\]/],
  [[INDEX, `HOST/zoo@sha256:${'0'.repeat(64)}`], /push\.other-digest/],
])('push %j changes nothing and ends with 2', async (argv, text) => {
  const registry = await startRegistry();
  const command = ['push', ...argv.map((word) => word.replace('HOST', registry.host))];
  const { exitCode, stdout, stderr } = await runInProcess(command, { cwd: await makeFolder() });
  expect([exitCode, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(text);
  expect(registry.requests.filter(({ method }) => !['GET', 'HEAD'].includes(method))).toEqual([]);
});

test('a registry that lets nobody in', async () => {
  const registry = await startRegistry({ auth: BASIC });
  const { exitCode, stderr } = await runInProcess(['push', INDEX, `${registry.host}/zoo:1`], {
    cwd: await makeFolder(),
  });
  expect(exitCode).toBe(2);
  expect(stderr).toContain('[registry.unauthorized]');
  expect(stderr).toContain(`docker login ${registry.host}`);
});
