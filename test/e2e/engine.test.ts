import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { makeEngineSocket } from './support/engine-socket.ts';
import { report } from './support/json.ts';
import { testWith } from './support/needs.ts';
import { awaitNoProcess } from './support/processes.ts';
import { runForkwright, startForkwright } from './support/run.ts';
import { FOLDER } from './support/settings.ts';
import { quickRecipe, startSlowBuild } from './support/slow-build.ts';
import { listOutput, makeWorkspace } from './support/workspace.ts';

const RECIPE = `
name: small
image:
  base: alpine:3.20
  packages: [tar]
  labels: { org.example.built: "yes" }
platforms: [linux/amd64]
`;

testWith(['docker'], 'an engine that does not come is told', async () => {
  const root = await makeWorkspace('no-engine', { 'recipes/small.yaml': RECIPE });
  const host = `unix://${FOLDER}/nobody-listens.sock`;
  const env = { DOCKER_HOST: host, FORKWRIGHT_ENGINE_WAIT: '2s' };
  const lack = `docker's server cannot be reached at ${host}`;
  const built = await report(['build', 'small'], { cwd: root, env });
  expect(built.exitCode).toBe(2);
  expect(built.findings).toEqual([
    {
      code: 'build.needs-engine',
      severity: 'error',
      place: 'recipes/small.yaml',
      text: `linux/amd64 was not built: it installs packages (tar); that needs a build engine, and ${lack}`,
      hint: 'start the Docker engine, or set DOCKER_HOST; FORKWRIGHT_ENGINE_WAIT=60s waits for one that is starting',
    },
  ]);
  expect(built.stderr).toContain('waiting for the build engine');
  expect(await listOutput(root, 'small')).toEqual([]);
  // The main job does what it can without one.
  const made = await report(['make'], { cwd: root, env: { ...env, FORKWRIGHT_ENGINE_WAIT: '0' } });
  expect(made).toMatchObject({ exitCode: 0, recipes: [{ name: 'small', state: 'not-built', lack }] });
});

testWith(['docker', 'engine', 'engine-socket'], 'an engine that is starting is waited for', async () => {
  const root = await makeWorkspace('late-engine', { 'recipes/small.yaml': RECIPE });
  const socket = await makeEngineSocket('late');
  const env = { DOCKER_HOST: socket.host, FORKWRIGHT_ENGINE_WAIT: '60s' };
  const running = startForkwright(['build', 'small'], { cwd: root, env });
  // By then it has asked, and asked again.
  await sleep(2000);
  await socket.open();
  try {
    const { exitCode, stderr } = await running.end;
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toMatch(/^waiting for the build engine: ready/m);
  } finally {
    await socket.cut();
  }
});

testWith(
  ['docker', 'engine', 'engine-socket', 'processes'],
  'an engine that dies leaves no process and no archive, and the log says what it was at',
  async () => {
    const socket = await makeEngineSocket('dying');
    await socket.open();
    const build = await startSlowBuild('lost', { DOCKER_HOST: socket.host });
    const { running, root, marks } = build;
    await socket.cut();
    const { exitCode, stderr } = await running.end;
    expect(exitCode).toBe(2);
    expect(stderr).toContain('linux/amd64 was not built: the connection to the build engine was lost: ');
    expect(await awaitNoProcess(root, marks)).toEqual([]);
    expect(await listOutput(root, 'lost')).toEqual(['linux-amd64.log']);

    for (const [path, content] of Object.entries(await quickRecipe(build))) await writeFile(join(root, path), content);
    const next = await runForkwright(['build', 'lost'], { cwd: root, env: build.env });
    expect(next.exitCode, next.stderr).toBe(0);
  },
);
