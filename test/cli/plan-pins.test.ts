import { rename } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { goRecipe, makePlanBench } from './plan-bench.ts';

test('a commit that the recipe names and that is behind the tags it follows is told, and nothing is built for it', async () => {
  const bench = await makePlanBench({ tool: goRecipe('tool') });
  const old = await bench.commit({ 'main.go': 'package main\n' });
  bench.git('tag', 'v1.0.0');
  await bench.write(
    'recipes/tool.yaml',
    goRecipe('tool')(bench.url).replace('branch: main', `tag: "v*", commit: "${old}"`),
  );
  await bench.forkwright('lock');
  await bench.publish('tool', '1');
  const plan = async (...argv: string[]) => {
    const { exitCode, stdout } = await bench.forkwright('plan', '--json', '--exit-code', ...argv);
    const { findings, counts } = JSON.parse(stdout) as { findings: readonly unknown[]; counts: { build: number } };
    return { exitCode, findings, build: counts.build };
  };
  expect(await plan()).toEqual({ exitCode: 0, findings: [], build: 0 });
  const fresh = await bench.commit({ 'main.go': 'package main // more\n' });
  bench.git('tag', 'v1.1.0');
  expect(await plan()).toEqual({
    exitCode: 0,
    findings: [
      {
        code: 'plan.pin-behind',
        severity: 'note',
        place: 'recipes/tool.yaml',
        text: `${bench.url} tag v* is v1.1.0 at ${fresh.slice(0, 12)}, and the recipe names ${old.slice(0, 12)}`,
        hint: 'run `forkwright propose tool`, or change upstream.commit',
      },
    ],
    build: 0,
  });
  expect(await plan('--locked')).toEqual({ exitCode: 0, findings: [], build: 0 });
  // A branch is followed as well; what cannot be asked changes nothing of the plan.
  const branch = (url: string) => goRecipe('tool')(url).replace('branch: main', `branch: main, commit: "${old}"`);
  await bench.write('recipes/tool.yaml', branch(bench.url));
  await bench.forkwright('lock');
  expect((await plan()).findings).toMatchObject([{ code: 'plan.pin-behind', severity: 'note' }]);
  await rename(bench.upstreamFolder, `${bench.upstreamFolder}.gone`);
  expect(await plan()).toMatchObject({ exitCode: 0, findings: [{ code: 'plan.pin-unknown', severity: 'note' }] });
});
