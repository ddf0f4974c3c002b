import { expect, test } from 'vitest';
import { goRecipe, makeProposeBench, propose, WORKSPACE, type ProposeBench } from './propose-bench.ts';

/** A recipe that follows something and names the commit that it is built from. */
async function makePinnedBench(recipe: (commit: string) => string, tag = ''): Promise<ProposeBench & { old: string }> {
  let old = '';
  const bench = await makeProposeBench(async (place) => {
    old = await place.commit({ 'main.go': 'one\ntwo\nthree\n' });
    if (tag !== '') place.git('tag', tag);
    place.git('checkout', '--quiet', '-b', 'ours');
    await place.formatPatch(await place.commit({ 'main.go': 'one\n2\nthree\n' }));
    place.git('checkout', '--quiet', 'main');
    return { 'forkwright.yaml': WORKSPACE, 'recipes/tool.yaml': recipe(old).replace('URL', place.url) };
  });
  return { ...bench, old };
}

const pinned = (track: string) => (commit: string) =>
  goRecipe('tool', 'URL').replace('branch: main', `${track}commit: "${commit}" `);

test('a commit that the recipe names goes where the branch is, and nothing else of the recipe changes', async () => {
  const more = `# ${'0'.repeat(40)}\npatches: [0001-change.patch]\n`;
  const bench = await makePinnedBench((commit) => `${pinned('branch: main, ')(commit)}${more}`);
  expect(await propose(bench)).toMatchObject({ exitCode: 0, steps: [], findings: [] });
  const commit = await bench.commit({ 'main.go': 'one\n2\nthree\n', 'more.go': '' }, 'Take the change');
  expect(await propose(bench)).toMatchObject({ exitCode: 0, steps: ['created tool: there is news'], findings: [] });
  const request = bench.project.request(1);
  expect(request.title).toBe(`Update tool to ${commit.slice(0, 12)}`);
  expect(request.description).toContain(
    `| branch main | \`${bench.old.slice(0, 12)}\` | \`${commit.slice(0, 12)}\` |\n\n1 new commit.\n\n- \`${commit.slice(0, 12)}\` Take the change\n`,
  );
  const [before, after] = ['main', 'forkwright/tool'].map((branch) => bench.project.files(branch));
  const wanted = before
    ?.get('recipes/tool.yaml')
    ?.replace(bench.old, commit)
    .replace(/patches:.*\n/, '');
  expect(after?.get('recipes/tool.yaml')).toBe(wanted);
  expect(after?.get('locks/tool.lock.yaml')).toContain(` branch main at ${commit}"`);
  expect((await propose(bench)).steps).toEqual(['unchanged tool: it is up to date']);

  bench.project.mergeMergeRequest(1);
  await bench.clone();
  expect((await bench.forkwright('lock', '--frozen')).exitCode).toBe(0);
  expect((await bench.forkwright('render', '--check')).exitCode).toBe(0);
  expect(await propose(bench)).toMatchObject({ exitCode: 0, steps: [], findings: [] });
});

test('commits of platforms go where those follow, and a rule passes over them too', async () => {
  const bench = await makePinnedBench((commit) => {
    const own = `{ platform: linux/arm64, upstream: { tag: "v*", commit: "${commit}" } }`;
    return pinned('branch: main, ')(commit).replace('linux/arm64', own);
  }, 'v1.0.0');
  const tagged = await bench.commit({ 'main.go': 'package main // more\n' });
  bench.git('tag', 'v1.1.0');
  const tip = await bench.commit({ 'main.go': 'package main // even more\n' });
  expect((await propose(bench)).steps).toEqual(['created tool: there is news']);
  expect(bench.project.request(1).title).toBe('Update tool: 2 upstreams');
  const [before = '', after] = ['main', 'forkwright/tool'].map((branch) =>
    bench.project.files(branch).get('recipes/tool.yaml'),
  );
  expect(after).toBe(before.replace(bench.old, tip).replace(bench.old, tagged));

  const rule = 'propose: { project: releng/forks, ignore: [{ what: upstream, versions: "1.1.0" }] }';
  bench.project.pushCommit('main', { 'forkwright.yaml': `registry: registry.example.com\n${rule}\n` });
  await bench.clone();
  expect((await propose(bench)).steps).toEqual(['updated tool: what it proposes has changed']);
  expect(bench.project.files('forkwright/tool').get('recipes/tool.yaml')).toBe(before.replace(bench.old, tip));
  expect(bench.project.request(1).description).toContain('tag v\\* at 1.1.0, by a rule of `forkwright.yaml`');
});

test('a commit of which nothing is followed stays', async () => {
  const bench = await makePinnedBench(pinned(''));
  await bench.commit({ 'main.go': 'package main // more\n' });
  expect(await propose(bench)).toMatchObject({ exitCode: 0, steps: [], findings: [] });
});

test('a commit stays that no followed tag has, and that comes before none of them', async () => {
  const bench = await makePinnedBench(pinned('tag: "v*", '));
  bench.git('tag', 'v1.0.0', bench.git('commit-tree', '-m', 'Another history', 'HEAD^{tree}').trim());
  const apart = await propose(bench);
  expect([apart.exitCode, apart.steps]).toEqual([0, []]);
  const text = `the commit ${bench.old.slice(0, 12)}, which the recipe names, is not in the history of v1.0.0, as far as is known`;
  expect(apart.findings).toEqual([`propose.pinned ${bench.url}: ${text}`]);
  await bench.commit({ 'main.go': 'package main // more\n' });
  bench.git('tag', 'v1.1.0');
  expect(await propose(bench)).toMatchObject({ exitCode: 0, steps: ['created tool: there is news'], findings: [] });
  expect(bench.project.request(1).title).toBe('Update tool to 1.1.0');
});
