import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { provideCopyBuild } from './support/copy-build.ts';
import { imageDigests } from './support/json.ts';
import { testWith } from './support/needs.ts';
import { FORKWRIGHT_COMMAND, FORKWRIGHT_ENV, run, runForkwright, runWell } from './support/run.ts';
import { COPY_PLATFORMS, GITLAB_CI_LOCAL } from './support/settings.ts';
import { copyRecipe, rewriteUrls } from './support/upstreams.ts';
import { makeWorkspace } from './support/workspace.ts';

const SLUGS = COPY_PLATFORMS.map((platform) => platform.replaceAll('/', '-'));
const INDEX = 'out/dockerfile-copy/dockerfile-copy.oci.tar';

/** What jobs are given and must not tell. */
const SECRETS = ['secret-of-the-registry', 'secret-of-git', 'secret-of-github'] as const;

// One runner for all platforms: QEMU is in its kernel.
const SETTINGS = `
registry: registry.example.com/releng
runners:
${COPY_PLATFORMS.map((platform) => `  ${platform}: [shell]`).join('\n')}
pipeline:
  engine: shell
`;

const PIPELINE = 'include:\n  - local: generated/pipeline.gitlab-ci.yml\nstages: [build, index]\n';

testWith(
  ['docker', 'engine', 'emulators', 'go-image', 'gitlab-ci-local'],
  'the generated pipeline builds and verifies dockerfile-copy, and tells no secret',
  async () => {
    const { upstream, root: madeRoot, index: made } = await provideCopyBuild();
    const root = await makeProject(await copyRecipe(upstream));
    const [registry, git, github] = SECRETS;
    const { GIT_CONFIG_COUNT: _, ...rewriting } = rewriteUrls([upstream]);
    const env = {
      ...FORKWRIGHT_ENV,
      ...rewriting,
      GIT_CONFIG_COUNT: '2',
      GIT_CONFIG_KEY_1: 'http.extraHeader',
      GIT_CONFIG_VALUE_1: `Authorization: Bearer ${git}`,
      GITHUB_TOKEN: github,
      GCL_IGNORE_PREDEFINED_VARS: 'CI_COMMIT_REF_PROTECTED',
    };
    const variables = {
      CI_COMMIT_REF_PROTECTED: 'true',
      CI_REGISTRY_PASSWORD: registry,
      FORKWRIGHT_COMMAND: FORKWRIGHT_COMMAND.join(' '),
    };
    const options = ['--force-shell-executor', '--shell-isolation', '--no-artifacts-to-source'];
    const given = Object.entries(variables).flatMap(([name, value]) => ['--variable', `${name}=${value}`]);
    const { exitCode, stdout, stderr } = await run(['npx', '--yes', GITLAB_CI_LOCAL, ...options, ...given], {
      cwd: root,
      env,
      timeoutMs: 480_000,
    });
    expect(exitCode, `${stdout}${stderr}`).toBe(0);

    const state = join(root, '.gitlab-ci-local');
    for (const slug of SLUGS) {
      const folder = join(artifacts(state, `build:dockerfile-copy:${slug}`), 'out/dockerfile-copy');
      const files = [`${slug}.log`, `${slug}.oci.tar`, `${slug}.tests.json`];
      expect((await readdir(folder)).toSorted(), slug).toEqual(files);
    }
    const index = join(artifacts(state, 'index:dockerfile-copy'), INDEX);
    const log = await readFile(join(state, 'output', `${escape('index:dockerfile-copy')}.log`), 'utf8');
    expect(log).toContain(`${INDEX}: verified ${COPY_PLATFORMS.length} images`);
    // It has the records of the tests from the build jobs: without them there would be warnings.
    expect(log).not.toContain('warning');
    expect(await imageDigests(index, root)).toEqual(await imageDigests(made, madeRoot));

    const texts = [
      stdout,
      stderr,
      ...(await readFiles(join(state, 'output'))),
      ...(await readFiles(join(state, 'artifacts'))),
    ];
    for (const secret of SECRETS) {
      expect(texts.filter((text) => text.includes(secret))).toEqual([]);
    }
  },
);

/** A git repository with a remote, as a runner has checked it out: gitlab-ci-local takes what is tracked. */
async function makeProject(recipe: string): Promise<string> {
  const files = { '.gitlab-ci.yml': PIPELINE, 'forkwright.yaml': SETTINGS, 'recipes/dockerfile-copy.yaml': recipe };
  const root = await makeWorkspace('project', files);
  const { exitCode, stderr } = await runForkwright(['render'], { cwd: root });
  expect(exitCode, stderr).toBe(0);
  const git = (...args: string[]) => runWell(['git', ...args], { cwd: root });
  await git('init', '--quiet', '--initial-branch=main');
  await git('remote', 'add', 'origin', 'https://gitlab.example.org/releng/forks.git');
  await git('add', '--all');
  await git('-c', 'user.name=A Maintainer', '-c', 'user.email=a@example.org', 'commit', '--quiet', '--message=Forks');
  return root;
}

/** Names of jobs as gitlab-ci-local makes files of them. */
function escape(job: string): string {
  return job.replaceAll(':', 'Og');
}

function artifacts(state: string, job: string): string {
  return join(state, 'artifacts', escape(job));
}

/** Archives too: a secret in a label or in the provenance would lie in them as it is. */
async function readFiles(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(files.map((file) => readFile(file, 'latin1')));
}
