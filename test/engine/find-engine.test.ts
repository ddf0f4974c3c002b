import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findEngine, type EngineDeps } from '../../src/engine/find-engine.ts';
import { readEngineWait } from '../../src/engine/engine-wait.ts';
import { runProgram } from '../../src/process/run-program.ts';
import { makeFolder, SIGNAL } from '../support/archives.ts';
import { makeDocker, type FakeDocker } from '../support/fake-docker.ts';
import { makeDeps } from '../support/obtain-deps.ts';

async function find({ env }: Pick<FakeDocker, 'env'>, more: Partial<EngineDeps> = {}) {
  const root = await makeFolder();
  const { deps, journal } = makeDeps(root);
  const { progress } = deps;
  const nowMs = () => performance.now();
  const found = await findEngine({ root, env, run: runProgram, signal: SIGNAL, progress, waitMs: 0, nowMs, ...more });
  return { found, journal };
}

test('Docker with buildx is an engine', async () => {
  const { found } = await find(await makeDocker());
  expect(found).toMatchObject({ dockerVersion: '26.1.5', buildxVersion: '0.13.1' });
});

test("Debian's buildx says its version in its own way", async () => {
  const docker = await makeDocker({ buildx: "console.log('github.com/docker/buildx 0.13.1+ds1 0.13.1+ds1-3')" });
  expect((await find(docker)).found).toMatchObject({ buildxVersion: '0.13.1+ds1' });
});

test.each([
  {
    why: 'no program',
    scripts: null,
    reason: 'there is no docker on PATH',
    hint: 'install Docker with buildx, or run where there is one',
  },
  {
    why: 'no server',
    scripts: { version: "say('Cannot connect to the Docker daemon at unix:///x.sock.'); process.exitCode = 1;" },
    reason: "docker's server cannot be reached",
    hint: 'start the Docker engine, or set DOCKER_HOST; FORKWRIGHT_ENGINE_WAIT=60s waits for one that is starting',
  },
  {
    why: 'a socket of others',
    scripts: { version: "say('permission denied while trying to connect'); process.exitCode = 1;" },
    reason: 'docker may not talk to its server: permission denied',
    hint: 'join the group docker, or run as a user who may',
  },
  {
    why: 'no plugin',
    scripts: { buildx: 'say("docker: \'buildx\' is not a docker command."); process.exitCode = 1;' },
    reason: 'docker has no buildx',
    hint: 'install the buildx plugin (docker-buildx)',
  },
  {
    why: 'podman',
    scripts: { buildx: "console.log('buildah 1.28.2')" },
    reason: 'what docker calls buildx is something else (buildah 1.28.2)',
    hint: "install Docker's own",
  },
])('$why is no engine', async ({ scripts, reason, hint }) => {
  const docker = scripts === null ? { env: { PATH: '/nowhere' } } : await makeDocker(scripts);
  expect((await find(docker)).found).toEqual({ reason, hint });
});

test('a server that is starting is waited for, and that is shown', async () => {
  const marker = join(await makeFolder(), 'asked');
  const version = `
    if (fs.existsSync(${JSON.stringify(marker)})) console.log('26.1.5');
    else { fs.writeFileSync(${JSON.stringify(marker)}, ''); say('Cannot connect'); process.exitCode = 1; }`;
  const { found, journal } = await find(await makeDocker({ version }), { waitMs: 60_000 });
  expect(found).toMatchObject({ dockerVersion: '26.1.5' });
  expect(journal.tasks).toEqual(['waiting for the build engine: ready']);
});

test('an interruption ends the waiting', async () => {
  const controller = new AbortController();
  const version = "say('Cannot connect'); process.exitCode = 1;";
  const docker = await makeDocker({ version });
  const waiting = find(docker, { waitMs: 60_000, signal: controller.signal });
  while ((await docker.calls()).length === 0) await writeFile(join(await makeFolder(), 'tick'), '');
  controller.abort();
  await expect(waiting).rejects.toThrow();
});

test.each([
  [undefined, 5000],
  ['', 5000],
  ['0', 0],
  ['0s', 0],
  ['1m30s', 90_000],
])('FORKWRIGHT_ENGINE_WAIT=%s', (text, ms) => {
  expect(readEngineWait({ FORKWRIGHT_ENGINE_WAIT: text })).toBe(ms);
});

test.each(['60', 'soon', '-1s'])('FORKWRIGHT_ENGINE_WAIT=%s is refused', (text) => {
  expect(() => readEngineWait({ FORKWRIGHT_ENGINE_WAIT: text })).toThrow(
    expect.objectContaining({ code: 'build.engine-wait', hint: 'give a duration: 60s, 2m' }),
  );
});
