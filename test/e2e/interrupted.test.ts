import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { testWith } from './support/needs.ts';
import { awaitNoProcess, listProcesses } from './support/processes.ts';
import { runForkwright } from './support/run.ts';
import { quickRecipe, startSlowBuild, type SlowBuild } from './support/slow-build.ts';
import { listOutput } from './support/workspace.ts';

testWith(
  ['docker', 'engine', 'processes'],
  'Ctrl-C ends all that a build has started, and leaves no file',
  async () => {
    const build = await startSlowBuild('interrupted');
    const { running, root, recipe, marks } = build;
    expect((await listProcesses(root, marks)).some((command) => command.includes('buildx'))).toBe(true);
    // As a terminal does: to the whole group.
    process.kill(-running.pid, 'SIGINT');
    const { exitCode, stderr } = await running.end;
    expect(exitCode, stderr).toBe(130);
    expect(await awaitNoProcess(root, marks)).toEqual([]);
    expect(await listOutput(root, recipe)).toEqual([]);
    await expectNextRun(build);
  },
);

testWith(['docker', 'engine', 'processes'], 'kill -9 leaves no process, and no file under its final name', async () => {
  const build = await startSlowBuild('killed');
  const { running, root, recipe, marks } = build;
  process.kill(running.pid, 'SIGKILL');
  expect((await running.end).exitCode).toBe(null);
  expect(await awaitNoProcess(root, marks)).toEqual([]);
  const left = await listOutput(root, recipe);
  expect(left.filter((name) => !name.startsWith('.'))).toEqual([]);
  await expectNextRun(build);
});

/** It works, and what was left behind is gone. */
async function expectNextRun(build: SlowBuild): Promise<void> {
  const { root, recipe, env } = build;
  for (const [path, content] of Object.entries(await quickRecipe(build))) await writeFile(join(root, path), content);
  const { exitCode, stderr } = await runForkwright(['build', recipe], { cwd: root, env });
  expect(exitCode, stderr).toBe(0);
  expect(await listOutput(root, recipe)).toEqual(['linux-amd64.log', 'linux-amd64.oci.tar']);
}
