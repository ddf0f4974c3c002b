import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { runProgram } from '../../src/process/run-program.ts';
import { makePlace } from '../source/repository.ts';
import { runInProcess } from '../support/context.ts';
import { makeDocker } from '../support/fake-docker.ts';

const PLATFORMS = 'platforms: [linux/amd64, linux/arm64]\n';

/** Gives the same images natively; what an engine writes is copied from there. */
const NATIVE = `name: native
version: "1"
image:
  base: scratch
  files: [{ content: "x\\n", to: /bin/tool, mode: "0755" }]
${PLATFORMS}`;

function goRecipe(url: string, commit: string, more = ''): string {
  return `name: tool
version: "1"
upstream: { git: "${url}", branch: main, commit: ${commit} }
build: { kind: go, image: "golang:1.24-bookworm", output: /bin/tool }
image: { base: "quay.io/org/base:1" }
${PLATFORMS}${more}`;
}

// What BuildKit prints of a smoke test that ends with 0, and what it does for a build.
const ENGINE = `
  if (argv[1] === 'build') {
    say('#5 [2/2] RUN --network=none ["/bin/tool"]');
    say('#5 0.100 hello');
    say('#5 DONE 0.1s');
    return;
  }
  const name = argv.at(-1);
  const slug = name.replace(/^tool-/, '');
  const dest = /dest=([^,]*)/.exec(set.get(name + '.output'))[1];
  const source = set.get(name + '.contexts.upstream') ?? '/nowhere';
  if (fs.existsSync(source)) {
    fs.writeFileSync('seen', JSON.stringify(fs.readdirSync(source).map((file) => [file, fs.statSync(source + '/' + file).mtimeMs / 1000])));
  }
  FAIL
  fs.copyFileSync('out/native/' + slug + '.oci.tar', dest);`;

async function prepare(recipe: (url: string, commit: string) => string, fail = '') {
  const place = await makePlace();
  onTestFinished(place.remove);
  const commit = await place.commit({
    'main.go': 'package main\n',
    '.dockerignore': '*\n',
    Dockerfile: 'FROM alpine\n',
  });
  const files = {
    'forkwright.yaml': 'mirrors: { docker.io: mirror.example.com/hub }\n',
    'recipes/native.yaml': NATIVE,
    'recipes/tool.yaml': recipe(place.url, commit),
  };
  for (const [name, text] of Object.entries(files)) await write(place.root, name, text);
  const docker = await makeDocker({ script: ENGINE.replace('FAIL', fail) });
  const run = (argv: readonly string[], env: Readonly<Record<string, string>> = {}) =>
    runInProcess(argv, {
      cwd: place.root,
      env: { ...place.deps.env, ...docker.env, FORKWRIGHT_CACHE: place.deps.cacheFolder, ...env },
      run: runProgram,
    });
  expect((await run(['build', 'native'])).exitCode).toBe(0);
  return { place, commit, docker, run, list: (folder: string) => readdir(join(place.root, folder)) };
}

async function write(root: string, name: string, text: string): Promise<void> {
  await mkdir(dirname(join(root, name)), { recursive: true });
  await writeFile(join(root, name), text);
}

function settingsOf(call: readonly string[] | undefined): readonly string[] {
  return (call ?? []).filter((_, index, words) => words[index - 1] === '--set');
}

test('an engine gets the source, its time, and the mirrors; tests are run in what it built', async () => {
  const { place, docker, run, list } = await prepare((url, commit) =>
    goRecipe(url, commit, 'test: [{ run: [/bin/tool] }]\n'),
  );
  const env = {
    FORKWRIGHT_MIRRORS: 'quay.io=localhost:5000',
    FORKWRIGHT_CACHE_TO: 'type=local,dest=cache/{recipe}/{slug}',
  };
  const { exitCode, stdout, stderr } = await run(['build', 'tool', '--json', '--parallel', '1'], env);
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0, stderr: expect.not.stringContaining('error') });
  const { archives, findings } = JSON.parse(stdout);
  expect(findings).toMatchObject([{ code: 'lock.missing' }]);
  expect(archives).toMatchObject([
    { platform: 'linux/amd64', tests: [{ run: ['/bin/tool'], state: 'passed', exitCode: 0 }] },
    { platform: 'linux/arm64', tests: [{ run: ['/bin/tool'], state: 'passed', exitCode: 0 }] },
  ]);
  expect(await list('out/tool')).toEqual([
    'linux-amd64.log',
    'linux-amd64.oci.tar',
    'linux-amd64.tests.json',
    'linux-arm64.log',
    'linux-arm64.oci.tar',
    'linux-arm64.tests.json',
  ]);
  const bakes = (await docker.calls()).filter(([, verb]) => verb === 'bake');
  expect(bakes.map((words) => words.at(-1))).toEqual(['tool-linux-amd64', 'tool-linux-arm64']);
  expect(settingsOf(bakes[0]).slice(1)).toEqual([
    '*.args.SOURCE_DATE_EPOCH=1700000060',
    '*.contexts.golang:1.24-bookworm=docker-image://mirror.example.com/hub/library/golang:1.24-bookworm',
    '*.contexts.quay.io/org/base:1=docker-image://localhost:5000/org/base:1',
    expect.stringMatching(/^tool-linux-amd64\.contexts\.upstream=.*\/out\/tool\/\.source\.[0-9a-f-]+\.partial\/0$/),
    'tool-linux-amd64.cache-to=type=local,dest=cache/tool/linux-amd64',
  ]);
  // No .dockerignore, which a git context has no use for, and the commit's time.
  const seen = JSON.parse(await readFile(join(place.root, 'seen'), 'utf8'));
  expect(seen).toEqual([
    ['Dockerfile', 1_700_000_060],
    ['main.go', 1_700_000_060],
  ]);
  expect(await list('generated')).toEqual(['tool']);
});

test('SOURCE_DATE_EPOCH wins over the time of the source', async () => {
  const { docker, run } = await prepare(goRecipe);
  expect((await run(['build', 'tool', '--platform', 'linux/amd64'], { SOURCE_DATE_EPOCH: '5' })).exitCode).toBe(0);
  expect(settingsOf((await docker.calls()).at(-1))[1]).toBe('*.args.SOURCE_DATE_EPOCH=5');
});

test("upstream's own Dockerfile gets the folder as its context, with git's where it asks for it", async () => {
  const { place, docker, run } = await prepare(
    (url, commit) => `name: tool
version: "1"
upstream: { git: "${url}", branch: main, commit: ${commit} }
build: { kind: dockerfile, args: { BUILDKIT_CONTEXT_KEEP_GIT_DIR: "1" } }
${PLATFORMS}`,
  );
  expect((await run(['build', 'tool', '--platform', 'linux/amd64'])).exitCode).toBe(0);
  const settings = settingsOf((await docker.calls()).at(-1));
  expect(
    settings.slice(1).map((text) => text.replace(/=\/.*\/out\//, '=out/').replace(/\.\d+-[0-9a-f]+\./, '.')),
  ).toEqual([
    '*.args.SOURCE_DATE_EPOCH=1700000060',
    '*.contexts.alpine=docker-image://mirror.example.com/hub/library/alpine',
    'tool-linux-amd64.contexts.upstream=out/tool/.source.partial/0',
    'tool-linux-amd64-upstream.context=out/tool/.source.partial/0',
  ]);
  expect(await readFile(join(place.root, 'seen'), 'utf8')).toContain('[".git",');
});

test('a platform that fails leaves its log, the others are built, and the run ends with 2', async () => {
  const fail = `if (slug === 'linux-amd64') { say('ERROR: failed to solve: no luck'); process.exitCode = 1; return; }`;
  const { run, list } = await prepare(goRecipe, fail);
  const { exitCode, stdout, stderr } = await run(['build', 'tool']);
  expect(exitCode).toBe(2);
  expect(stdout).toContain('out/tool/linux-arm64.oci.tar');
  expect(stderr).toContain(
    'out/tool/linux-amd64.log: error: linux/amd64 was not built: no luck [build.failed]\n  hint: the whole log is there\n',
  );
  expect(stderr).toMatch(/\n1 error, 1 warning\n$/);
  expect(await list('out/tool')).toEqual(['linux-amd64.log', 'linux-arm64.log', 'linux-arm64.oci.tar']);
});

test('a recipe whose source cannot be had does not keep the next one from being built', async () => {
  const { run } = await prepare((url) => goRecipe(url, 'a'.repeat(40)));
  const { exitCode, stdout, stderr } = await run(['build', 'tool', 'native']);
  expect(exitCode).toBe(2);
  expect(stderr).toContain('[source.no-commit]');
  expect(stdout).toContain('out/native/linux-arm64.oci.tar');
});

test('make leaves a recipe out whose platforms the engine cannot run, and says so', async () => {
  const fail = `say('ERROR: failed to solve: exec format error'); process.exitCode = 1; return;`;
  const { run } = await prepare(goRecipe, fail);
  const { exitCode, stdout } = await run(['make', 'tool']);
  expect(exitCode).toBe(0);
  expect(stdout).toContain(
    'tool was not built: 2 platforms of it could not be run; it needs emulators in the engine, and linux/amd64 was not built: ' +
      'the engine has no emulator for the platform: exec format error\n',
  );
});

test('a generated file that somebody has taken over is not built from', async () => {
  const { place, docker, run } = await prepare(goRecipe);
  await write(place.root, 'generated/tool/linux-amd64.Dockerfile', 'FROM mine\n');
  const { exitCode, stderr } = await run(['build', 'tool']);
  expect(exitCode).toBe(2);
  expect(stderr).toContain('generated/tool/linux-amd64.Dockerfile: error: ');
  expect(stderr).toContain('[render.not-ours]');
  expect((await docker.calls()).filter(([, verb]) => verb === 'bake')).toEqual([]);
});

test('a record of an earlier build does not survive one without tests', async () => {
  const { run, list } = await prepare((url, commit) => goRecipe(url, commit, 'test: [{ run: [/bin/tool] }]\n'));
  expect((await run(['build', 'tool', '--platform', 'linux/amd64'])).exitCode).toBe(0);
  expect(await list('out/tool')).toContain('linux-amd64.tests.json');
  expect((await run(['build', 'tool', '--platform', 'linux/amd64', '--no-test'])).exitCode).toBe(0);
  expect(await list('out/tool')).toEqual(['linux-amd64.log', 'linux-amd64.oci.tar']);
});

test.each(['0', '-1', 'two', '1.5'])('--parallel %s is refused', async (count) => {
  const { run } = await prepare(goRecipe);
  const { exitCode, stderr } = await run(['build', 'tool', `--parallel=${count}`]);
  expect(exitCode).toBe(2);
  expect(stderr).toBe(`error: --parallel is "${count}" [usage.not-a-count]\n  hint: give 1 or more\n`);
});
