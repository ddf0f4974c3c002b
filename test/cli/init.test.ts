import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { guessBuild } from '../../src/cli/init/guess.ts';
import { chooseTrack } from '../../src/cli/init/upstream.ts';
import { makePlace, type Content, type Place } from '../source/repository.ts';
import { runInProcess, type CommandRun } from '../support/context.ts';

interface Ground extends Place {
  readonly forkwright: (...argv: string[]) => Promise<CommandRun>;
  readonly read: (path: string) => Promise<string>;
}

async function makeGround(): Promise<Ground> {
  const place = await makePlace();
  onTestFinished(() => place.remove());
  const env = { ...place.deps.env, FORKWRIGHT_CACHE: place.deps.cacheFolder };
  return {
    ...place,
    forkwright: (...argv) => runInProcess(argv, { cwd: place.root, env, run: place.deps.run }),
    read: (path) => readFile(join(place.root, path), 'utf8'),
  };
}

/** Validates and renders; a commit that is not pinned is all that is left to do. */
async function expectSound({ forkwright }: Ground): Promise<void> {
  const validated = await forkwright('validate');
  expect(validated.stderr.replaceAll(/^.*\[(?:recipe\.unpinned)\]\n.*hint:.*\n|^\d+ warnings?\n/gm, '')).not.toContain(
    'error',
  );
  expect(validated.exitCode).toBe(0);
  const rendered = await forkwright('render');
  expect(rendered.exitCode).toBe(0);
  expect(await forkwright('render', '--check')).toMatchObject({ exitCode: 0 });
}

test('an empty folder becomes a workspace that validates and renders', async () => {
  const ground = await makeGround();
  const run = await ground.forkwright('init');
  expect(run).toEqual({
    exitCode: 0,
    stdout: [
      'wrote forkwright.yaml',
      'wrote .gitlab-ci.yml',
      'wrote .gitignore',
      'wrote recipes/tool.yaml',
      '',
      'Next: read recipes/tool.yaml, then',
      '  forkwright validate && forkwright lock tool && forkwright render',
      '',
    ].join('\n'),
    stderr: '',
  });
  await expectSound(ground);
  expect((await readdir(ground.root)).toSorted()).toEqual([
    '.gitignore',
    '.gitlab-ci.yml',
    'forkwright.yaml',
    'generated',
    'recipes',
  ]);
  const pipeline = parse(await ground.read('.gitlab-ci.yml')) as { include: unknown; stages: readonly string[] };
  expect(pipeline.include).toEqual([{ local: 'generated/pipeline.gitlab-ci.yml' }]);
  expect(pipeline.stages).toEqual(['check', 'build', 'index']);
});

test('what is there already stays as it is, and is told', async () => {
  const ground = await makeGround();
  await writeFile(join(ground.root, '.gitignore'), 'mine\n');
  const run = await ground.forkwright('init', 'other');
  expect(run.stderr).toContain(
    '.gitignore: note: it was there, and stays as it is [init.kept]\n  hint: add a line with out/',
  );
  expect(await ground.read('.gitignore')).toBe('mine\n');
  const again = await ground.forkwright('init', 'other');
  expect(again).toMatchObject({ exitCode: 2, stdout: '' });
  expect(again.stderr).toContain('recipes/other.yaml: error: it is there already, and is not replaced [init.exists]');
});

const KINDS: readonly (readonly [string, Readonly<Record<string, Content>>, Readonly<Record<string, unknown>>])[] = [
  [
    'Go with modules',
    { 'go.mod': 'module example.org/x\n\ngo 1.22.3\n', 'cmd/other/main.go': '', 'cmd/tool/main.go': '', Makefile: '' },
    { kind: 'go', image: 'golang:1.22-bookworm', package: './cmd/tool', ldflags: '-s -w', output: '/usr/bin/tool' },
  ],
  ['make', { Makefile: 'all:\n', Dockerfile: 'FROM scratch\n' }, { kind: 'make', file: 'tool' }],
  ['a Dockerfile', { Dockerfile: 'FROM scratch\n' }, { kind: 'dockerfile' }],
];

test.each(KINDS)('an upstream in %s is drafted as that', async (_what, files, build) => {
  const ground = await makeGround();
  await ground.commit(files);
  await ground.forkwright('init', 'first');
  const run = await ground.forkwright('init', 'tool', '--git', ground.url, '--image', 'docker/tool:v1', '--json');
  expect(JSON.parse(run.stdout)).toMatchObject({ name: 'tool', kind: build['kind'], written: ['recipes/tool.yaml'] });
  const recipe = parse(await ground.read('recipes/tool.yaml')) as Readonly<Record<string, unknown>>;
  expect(recipe['upstream']).toEqual({ git: ground.url, branch: 'main' });
  expect(recipe['build']).toMatchObject(build);
  expect(recipe['parity']).toEqual({ image: 'docker/tool:v1' });
  expect(recipe['fork']).toBe('{group}/tool');
  await expectSound(ground);
});

test('releases are followed by the tags that they have, and the name is that of the upstream', async () => {
  const ground = await makeGround();
  await ground.commit({ Makefile: 'all:\n' });
  for (const tag of ['v1.9.0', 'v1.10.0', 'v2.0.0-rc1']) ground.git('tag', tag);
  expect(await ground.forkwright('init', '--git', ground.url)).toMatchObject({ exitCode: 0 });
  const recipe = parse(await ground.read('recipes/upstream.yaml')) as Readonly<Record<string, unknown>>;
  expect(recipe['upstream']).toEqual({ git: ground.url, tag: 'v[0-9]*' });
  await expectSound(ground);
});

test('an upstream that cannot be reached is drafted without a guess', async () => {
  const ground = await makeGround();
  const run = await ground.forkwright('init', 'tool', '--git', `${ground.url}-not`);
  expect(run.exitCode).toBe(0);
  expect(run.stderr).toContain('warning: git cannot reach it');
  expect(parse(await ground.read('recipes/tool.yaml'))).toMatchObject({ upstream: { git: `${ground.url}-not` } });
  await expectSound(ground);
});

test('a workspace without group, registry and platforms gets a draft that needs none of them', async () => {
  const ground = await makeGround();
  await mkdir(join(ground.root, 'recipes'));
  await ground.forkwright('init', 'tool');
  expect(await readdir(ground.root)).toEqual(['recipes']);
  await expectSound(ground);
});

test.each([
  [['No-Name!'], '"No-Name!" is not a name of a recipe'],
  [['--git', 'ext::sh -c id'], 'that is not a URL of a git repository'],
  [['--git', 'https://user:secret@example.org/x.git'], 'the URL carries a user or a password'],
])('init %j is refused, and nothing is written', async (argv, text) => {
  const ground = await makeGround();
  const run = await ground.forkwright('init', ...argv);
  expect(run.exitCode).toBe(2);
  expect(run.stderr).toContain(text);
  expect(run.stderr).not.toContain('secret');
  expect(await readdir(ground.root)).toEqual([]);
});

test.each([
  [['go.mod', 'main.go'], 'go 1.21\n', { kind: 'go', package: '.', others: [], importPath: null }],
  [
    ['go.mod', 'cmd/b/x.go', 'cmd/a/x.go'],
    '',
    { kind: 'go', goVersion: null, package: './cmd/a', others: ['./cmd/b'] },
  ],
  [
    ['cmd/copy/main.go', 'vendor/x/x.go'],
    null,
    { kind: 'go', package: './cmd/copy', importPath: 'github.com/tonistiigi/copy' },
  ],
  [['src/main.c', 'GNUmakefile'], null, { kind: 'make' }],
  [['README.md'], null, { kind: 'none' }],
] as const)('%j is guessed', (paths, goMod, guess) => {
  const git = 'https://github.com/tonistiigi/copy.git';
  expect(guessBuild('copy', { git, paths, goMod })).toMatchObject(guess);
});

test.each([
  [['v1.0.0-rc1'], { kind: 'branch', branch: 'main' }],
  [['nightly'], { kind: 'branch', branch: 'main' }],
  [['release-1.2', 'release-1.10'], { kind: 'tag', pattern: 'release-[0-9]*' }],
  [['1.2'], { kind: 'tag', pattern: '[0-9]*' }],
] as const)('of the tags %j %j is followed', (tags, track) => {
  const refs = new Map(tags.map((tag) => [`refs/tags/${tag}`, '1'.repeat(40)]));
  expect(chooseTrack({ refs, defaultBranch: 'main' })).toEqual(track);
});
