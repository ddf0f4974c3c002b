import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { expect } from 'vitest';
import { openGitLabForge, type TestForge } from '../support/gitlab-forge/open-gitlab-forge.ts';
import type { TestProject } from '../support/gitlab-forge/project.ts';
import { report } from './support/json.ts';
import { testWith } from './support/needs.ts';
import { copyTag, moveArchitecture } from './support/registry-tag.ts';
import { runForkwright, runWell } from './support/run.ts';
import { FOLDER, REGISTRY } from './support/settings.ts';
import { copyRecipe, makeUpstream, rewriteUrls } from './support/upstreams.ts';
import { listOutput, makeWorkspace } from './support/workspace.ts';

const [HOST = '', ...PREFIX] = REGISTRY.split('/');
const HUB = [...PREFIX, 'forkwright-e2e', 'hub'].join('/');
// Nobody has published to it before.
const RELENG = `${REGISTRY}/${basename(FOLDER).toLowerCase()}`;
const PROJECT = 'releng/forks';
const PLATFORMS = ['linux/amd64', 'linux/arm64'];

interface Plan {
  readonly counts: { readonly build: number; readonly skip: number; readonly unknown: number };
  readonly recipes: readonly {
    readonly targets: readonly {
      readonly platform: string;
      readonly action: string;
      readonly changes: readonly { readonly leaf: string }[];
    }[];
  }[];
}

/** What would be built, each with the leaves that differ. */
async function plan(root: string, env: Env): Promise<readonly string[]> {
  const { exitCode, stdout, stderr } = await runForkwright(['plan', '--json'], { cwd: root, env });
  expect(exitCode, stderr).toBe(0);
  const { recipes } = JSON.parse(stdout) as Plan;
  return recipes.flatMap(({ targets }) =>
    targets
      .filter(({ action }) => action !== 'skip')
      .map(({ platform, action, changes }) => `${action} ${platform}: ${changes.map(({ leaf }) => leaf).join(', ')}`),
  );
}

type Env = Readonly<Record<string, string>>;

async function make(root: string, env: Env): Promise<readonly { readonly state: string; readonly path?: string }[]> {
  const { exitCode, recipes, findings, stderr } = await report(['make', '--if-needed'], { cwd: root, env });
  expect(exitCode, `${JSON.stringify(findings)}\n${stderr}`).toBe(0);
  return recipes;
}

async function publish(root: string, version: string, env: Env): Promise<void> {
  const names = [version, 'latest'].map((tag) => `${RELENG}/dockerfile-copy:${tag}`);
  const index = 'out/dockerfile-copy/dockerfile-copy.oci.tar';
  const { exitCode, stderr } = await runForkwright(['push', index, ...names, '--quiet'], { cwd: root, env });
  expect(exitCode, stderr).toBe(0);
}

/** The workspace as the files of a project, without what is not committed. */
async function readFiles(root: string): Promise<Readonly<Record<string, string>>> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const kept = paths.map((path) => path.slice(root.length + 1)).filter((path) => !/^(?:out|\.git)\//.test(path));
  return Object.fromEntries(
    await Promise.all(kept.map(async (path) => [path, await readFile(join(root, path), 'utf8')] as const)),
  );
}

async function clone(project: TestProject, root: string): Promise<void> {
  const bare = `${root}.git`;
  await project.exportTo(bare);
  await rm(root, { recursive: true, force: true });
  await runWell(['git', 'clone', '--quiet', bare, root], { cwd: FOLDER });
}

async function openForge(root: string): Promise<{ readonly forge: TestForge; readonly project: TestProject }> {
  const forge = await openGitLabForge();
  const project = forge.createProject({ path: PROJECT, files: await readFiles(root) });
  return { forge, project };
}

testWith(
  ['docker', 'engine', 'emulators', 'go-image', 'registry'],
  'what moved is named, proposed and built, and nothing else',
  async () => {
    for (const [name, tag] of [
      ['library/alpine', '3.20'],
      ['library/golang', '1.19-bookworm'],
    ] as const)
      await copyTag(HOST, [...PREFIX, name].join('/'), `${HUB}/${name}`, tag);
    const source = await makeUpstream('copy');
    const upstream = { ...source, url: 'https://github.com/tonistiigi/copy.git', folder: join(FOLDER, 'moving-copy') };
    await cp(source.folder, upstream.folder, { recursive: true });
    const git = (...args: readonly string[]) => runWell(['git', ...PERSON, ...args], { cwd: upstream.folder });
    // The branch is followed, and two platforms are enough.
    const shipped = (await copyRecipe(upstream)).replace(/^ {2}commit: .*\n/m, '');
    const recipe = shipped.replace(/^platforms:\n(?: {2}.*\n)+/m, `platforms: [${PLATFORMS.join(', ')}]\n`);
    const first = await makeWorkspace('upkeep', {
      'forkwright.yaml': `registry: ${RELENG}\n`,
      'recipes/dockerfile-copy.yaml': recipe,
    });
    const env: Env = {
      ...rewriteUrls([upstream]),
      FORKWRIGHT_CACHE: join(FOLDER, 'upkeep-cache'),
      FORKWRIGHT_MIRRORS: `docker.io=${HOST}/${HUB}`,
    };

    // Locked, built, published: there is nothing to do.
    expect(await runForkwright(['lock'], { cwd: first, env })).toMatchObject({ exitCode: 0 });
    expect(await plan(first, env)).toEqual(PLATFORMS.map((platform) => `build ${platform}: `));
    expect(await make(first, env)).toMatchObject([{ state: 'built' }]);
    await publish(first, source.commit.slice(0, 12), env);
    expect(await plan(first, env)).toEqual([]);

    // Of an index that moves for arm64, arm64 alone is news.
    const moveBack = await moveArchitecture(HOST, `${HUB}/library/alpine`, '3.20', 'arm64');
    expect(await plan(first, env)).toEqual(['build linux/arm64: image docker.io/library/alpine:3.20']);
    await moveBack();
    expect(await plan(first, env)).toEqual([]);

    // A commit that leaves the files as they are is none; another one is.
    await git('commit', '--quiet', '--allow-empty', '--message', 'Nothing');
    expect(await plan(first, env)).toEqual([]);
    const main = join(upstream.folder, 'cmd/copy/main.go');
    await writeFile(main, `${await readFile(main, 'utf8')}\n// More.\n`);
    await git('commit', '--quiet', '--all', '--message', 'Fixes #1 by @somebody');
    expect(await plan(first, env)).toEqual(PLATFORMS.map((platform) => `build ${platform}: source tree`));

    // It is proposed once, and what is merged builds.
    const { forge, project } = await openForge(first);
    const root = join(FOLDER, 'upkeep-clone');
    await clone(project, root);
    const forgeEnv = { ...env, GITLAB_HOST: forge.url, GITLAB_TOKEN: forge.token, CI_SERVER_URL: forge.url };
    const proposing = { cwd: root, env: { ...forgeEnv, CI_PROJECT_PATH: PROJECT } };
    expect(await runForkwright(['propose'], proposing)).toMatchObject({ exitCode: 0 });
    const commit = (await git('rev-parse', 'HEAD')).trim();
    expect(project.requests().map(({ title }) => title)).toEqual([`Update dockerfile-copy to ${commit.slice(0, 12)}`]);
    const writes = forge.writes().length;
    expect(await runForkwright(['propose'], proposing)).toMatchObject({ exitCode: 0 });
    expect(forge.writes()).toHaveLength(writes);

    project.mergeMergeRequest(1);
    await clone(project, root);
    const frozen = { ...env, FORKWRIGHT_LOCK: 'frozen' };
    expect(await make(root, frozen)).toMatchObject([{ state: 'built' }]);
    const { images } = await report(['inspect', 'out/dockerfile-copy/dockerfile-copy.oci.tar'], { cwd: root });
    expect(images.map(({ config }) => config.labels['org.opencontainers.image.revision'])).toEqual([commit, commit]);
    await publish(root, commit.slice(0, 12), env);
    expect(await plan(root, env)).toEqual([]);

    // Elsewhere, what is published is fetched and not built.
    await rm(join(root, 'out'), { recursive: true });
    const fetched = await report(['build', 'dockerfile-copy', '--if-needed'], {
      cwd: root,
      env: { ...frozen, DOCKER_HOST: 'unix:///none' },
    });
    expect(fetched, fetched.stderr).toMatchObject({
      exitCode: 0,
      archives: PLATFORMS.map((platform) => ({ platform, state: 'fetched' })),
    });
    expect(await listOutput(root, 'dockerfile-copy')).toContain('linux-arm64.oci.tar');
  },
);

const PERSON = ['-c', 'user.name=A Maintainer', '-c', 'user.email=maintainer@example.org'];
