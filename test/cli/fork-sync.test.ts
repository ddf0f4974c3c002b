import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { RunProgram } from '../../src/process/run.ts';
import { runProgram } from '../../src/process/run-program.ts';
import { makePlace, type Place } from '../source/repository.ts';
import { runInProcess, type CommandRun } from '../support/context.ts';
import { serveGit } from '../support/git-http-server.ts';
import { startGitLabHost, TOKEN, type GitLabHost } from '../support/gitlab-git-server.ts';

interface Workspace extends Place {
  readonly host: GitLabHost;
  readonly forkwright: (...argv: string[]) => Promise<CommandRun>;
  /** Every command line that was started. */
  readonly commandLines: string[];
  readonly env: Record<string, string>;
  readonly writeRecipe: (name: string, commit: string | null, more?: string) => Promise<void>;
}

async function makeWorkspace(): Promise<Workspace> {
  const place = await makePlace();
  onTestFinished(() => place.remove());
  const host = await startGitLabHost(join(place.folder, 'gitlab'));
  host.groups.set('repos/releng', 42);
  await mkdir(join(place.root, 'recipes'));
  await writeFile(join(place.root, 'forkwright.yaml'), 'group: repos/releng\nplatforms: [linux/amd64]\n');
  const env: Record<string, string> = {
    ...(place.deps.env as Record<string, string>),
    FORKWRIGHT_CACHE: place.deps.cacheFolder,
    GITLAB_HOST: host.url,
    GITLAB_TOKEN: TOKEN,
  };
  const commandLines: string[] = [];
  const run: RunProgram = (argv, options) => {
    commandLines.push(argv.join(' '));
    return runProgram(argv, options);
  };
  return {
    ...place,
    host,
    env,
    commandLines,
    forkwright: (...argv) => runInProcess(argv, { cwd: place.root, env, run, fetch: globalThis.fetch }),
    writeRecipe: (name, commit, more = 'fork: "{group}/{name}"') =>
      writeFile(
        join(place.root, `recipes/${name}.yaml`),
        [
          `name: ${name}`,
          'description: A tool',
          `upstream: { git: "${place.url}", branch: main${commit === null ? '' : `, commit: "${commit}"`} }`,
          'build: { kind: go, image: "golang:1.22", package: ., output: /bin/tool }',
          'image: { base: scratch }',
          more,
          '',
        ].join('\n'),
      ),
  };
}

test('a project that is missing is made and pushed to, and the second run writes nothing', async () => {
  const { host, forkwright, commit, writeRecipe, git } = await makeWorkspace();
  const pinned = await commit({ 'a.txt': 'a\n' });
  git('tag', 'v1');
  await writeRecipe('tool', pinned);
  const dry = await forkwright('fork', 'sync', '--dry-run');
  const shown = pinned.slice(0, 12);
  expect(dry.stdout.replaceAll(/ {2,}/g, '  ')).toBe(
    [
      'recipe  ref  state  commit',
      `tool  ${host.url}/repos/releng/tool.git  to be created  private, without pipelines`,
      '  default branch  set  forkwright/tool',
      `  upstream/main  created  ${shown}  it is not there`,
      `  forkwright/tool  created  ${shown}  it is not there`,
      `  tag v1  created  ${shown}  upstream has it`,
      '',
      'nothing was written: 3 created',
      '',
    ].join('\n'),
  );
  expect(host.projects).toEqual([]);
  expect(host.requests.filter((request) => !request.startsWith('GET '))).toEqual([]);
  expect(await forkwright('fork', 'sync')).toMatchObject({ exitCode: 0 });
  expect(host.projects).toMatchObject([{ path: 'repos/releng/tool', defaultBranch: 'forkwright/tool' }]);
  host.requests.length = 0;
  const again = await forkwright('fork', 'sync', 'tool');
  expect(again.stdout.split('\n').at(-2)).toBe('up to date: 3 unchanged');
  expect(host.requests.filter((request) => /^(?:POST|PUT|DELETE) .*(?:api|receive-pack)/.test(request))).toEqual([]);
});

test('the token goes to its own host alone, and is on no command line, in no file and in no output', async () => {
  const { host, forkwright, commit, writeRecipe, commandLines, folder, upstreamFolder, env } = await makeWorkspace();
  const pinned = await commit({ 'a.txt': 'a\n' });
  const upstreamSaw: string[] = [];
  execFileSync('git', ['clone', '--quiet', '--bare', upstreamFolder, join(folder, 'served/up.git')]);
  const server = createServer((request, response) => {
    upstreamSaw.push(request.headers.authorization ?? '');
    // The first is refused: git would show what it has.
    if (upstreamSaw.length === 1) response.writeHead(401, { 'www-authenticate': 'Basic realm="up"' }).end();
    else void serveGit(request, response, join(folder, 'served'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  await writeRecipe('tool', pinned);
  const recipe = await readFile(join(folder, 'workspace/recipes/tool.yaml'), 'utf8');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/up.git`;
  await writeFile(join(folder, 'workspace/recipes/tool.yaml'), recipe.replace(/git: "[^"]+"/, `git: "${url}"`));
  // A helper of the user's is neither asked for this host, nor told the token to keep it.
  await writeFile(join(env['HOME'] ?? '', '.gitconfig'), `[credential]\n\thelper = store --file ${folder}/kept\n`);
  const refused = await forkwright('fork', 'sync', 'tool');
  expect(refused.exitCode).toBe(2);
  const done = await forkwright('fork', 'sync', 'tool');
  expect(done.exitCode).toBe(0);
  expect(host.shown.some((shown) => shown.startsWith('Basic '))).toBe(true);
  expect(upstreamSaw.filter((shown) => shown !== '')).toEqual([]);
  const secrets = [TOKEN, Buffer.from(`oauth2:${TOKEN}`).toString('base64')];
  const output = [...commandLines, refused.stdout, refused.stderr, done.stdout, done.stderr].join('\n');
  const files = (await readdir(folder, { recursive: true })).map((name) => join(folder, name));
  for (const file of files) {
    if (!(await stat(file)).isFile()) continue;
    const text = await readFile(file, 'latin1');
    for (const secret of secrets) expect(text.includes(secret), file).toBe(false);
  }
  for (const secret of secrets) expect(output).not.toContain(secret);
});

test('a token that is not valid is told by the name of its variable', async () => {
  const { forkwright, commit, writeRecipe, env } = await makeWorkspace();
  await writeRecipe('tool', await commit({ 'a.txt': 'a\n' }));
  env['GITLAB_TOKEN'] = 'expired';
  const run = await forkwright('fork', 'sync');
  expect(run.exitCode).toBe(2);
  expect(run.stderr).toContain('the token in GITLAB_TOKEN is not valid there');
  expect(run.stderr).not.toContain('expired ');
  env['GITLAB_TOKEN'] = '';
  expect((await forkwright('fork', 'sync')).stderr).toMatch(
    /error: there is no token for 127\.0\.0\.1:\d+ \[fork\.no-token\]/,
  );
});

test('recipes without a fork or a commit, and two that want one branch, are told one by one', async () => {
  const { forkwright, commit, writeRecipe } = await makeWorkspace();
  const first = await commit({ 'a.txt': 'a\n' });
  const second = await commit({ 'a.txt': 'b\n' });
  await writeRecipe('none', first, '');
  await writeRecipe('open', null);
  await writeRecipe('one', first, 'fork: "{group}/shared"');
  await writeRecipe('two', second, 'fork: "{group}/shared"');
  const { stdout, exitCode } = await forkwright('fork', 'sync', '--json');
  const document = JSON.parse(stdout) as {
    forks: { recipe: string; refs: { ref: string; state: string }[] }[];
    findings: { code: string; place: string }[];
  };
  expect(exitCode).toBe(1);
  expect(
    document.forks.map(({ recipe, refs }) => [recipe, ...refs.map(({ ref, state }) => `${state} ${ref}`)]),
  ).toEqual([
    ['one', 'blocked refs/heads/upstream/main', 'created refs/heads/forkwright/one'],
    ['two', 'blocked refs/heads/upstream/main', 'created refs/heads/forkwright/two'],
  ]);
  expect(document.findings.map(({ code }) => code)).toEqual([
    'fork.unpinned',
    'fork.contested-branch',
    'fork.contested-branch',
  ]);
  const named = JSON.parse((await forkwright('fork', 'sync', 'none', '--json')).stdout) as typeof document;
  expect(named.findings).toMatchObject([{ code: 'fork.none', place: 'recipes/none.yaml' }]);
});

test('a fork that is a URL of any forge is pushed to by git alone', async () => {
  const { forkwright, commit, writeRecipe, folder, env } = await makeWorkspace();
  const pinned = await commit({ 'a.txt': 'a\n' });
  execFileSync('git', ['init', '--quiet', '--bare', join(folder, 'elsewhere.git')]);
  await writeRecipe('tool', pinned, `fork: "file://${folder}/elsewhere.git"`);
  delete env['GITLAB_TOKEN'];
  expect(await forkwright('fork', 'sync')).toMatchObject({ exitCode: 0 });
  const heads = execFileSync('git', ['-C', join(folder, 'elsewhere.git'), 'branch', '--format=%(refname:short)']);
  expect(heads.toString()).toBe('forkwright/tool\nupstream/main\n');
});
