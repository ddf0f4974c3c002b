import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openGitLabApi, type GitLabApi } from '../../src/forge/gitlab-api.ts';
import { createProject, findGroup, findProject, protectBranches, setDefaultBranch } from '../../src/forge/project.ts';
import { startGitLabHost, TOKEN, type Fault, type GitLabHost } from '../support/gitlab-git-server.ts';
import { failureOf } from '../support/obtain-deps.ts';

const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

async function startHost(): Promise<{ readonly host: GitLabHost; readonly api: GitLabApi }> {
  const folder = await mkdtemp(join(tmpdir(), 'forkwright-gitlab-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const host = await startGitLabHost(folder);
  host.groups.set('repos/releng', 42);
  const project = {
    kind: 'gitlab' as const,
    apiUrl: `${host.url}/api/v4`,
    path: 'repos/releng/tool',
    token: TOKEN,
    tokenName: 'GITLAB_TOKEN',
  };
  const pauses = { random: () => 0, sleep: () => Promise.resolve() };
  const { signal } = new AbortController();
  return { host, api: openGitLabApi(project, { fetch: globalThis.fetch, pauses, signal }) };
}

/** What a run does with a project, the pushes left out. */
async function settle(api: GitLabApi, { folder }: GitLabHost): Promise<void> {
  const project = (await findProject(api)) ?? (await createProject(api, await findGroup(api), 'A tool'));
  await protectBranches(api, project, 'forkwright/*');
  const repository = join(folder, 'repos/releng/tool.git');
  const person = ['-c', 'user.name=x', '-c', 'user.email=x@example.org'];
  execFileSync('git', ['-C', repository, 'hash-object', '-t', 'tree', '-w', '/dev/null']);
  const commit = execFileSync('git', ['-C', repository, ...person, 'commit-tree', '-m', 'x', EMPTY_TREE]);
  execFileSync('git', ['-C', repository, 'update-ref', 'refs/heads/forkwright/tool', commit.toString().trim()]);
  if (project.defaultBranch === null) await setDefaultBranch(api, project, 'forkwright/tool');
}

const REQUESTS = [
  'GET /api/v4/projects/repos%2Freleng%2Ftool',
  'GET /api/v4/namespaces/repos%2Freleng',
  'POST /api/v4/projects',
  'GET /api/v4/projects/7/protected_branches/forkwright%2F*',
  'POST /api/v4/projects/7/protected_branches',
  'PUT /api/v4/projects/7',
];
const FAULTS: readonly Fault[] = ['status-500', 'status-429', 'done-500', 'done-cut'];

function expectRight({ projects }: GitLabHost): void {
  expect(projects.map(({ path, defaultBranch }) => [path, defaultBranch])).toEqual([
    ['repos/releng/tool', 'forkwright/tool'],
  ]);
  expect(projects[0]?.settings).toEqual({
    name: 'tool',
    path: 'tool',
    namespace_id: 42,
    visibility: 'private',
    description: 'A tool',
    builds_access_level: 'disabled',
    lfs_enabled: false,
  });
  expect([...(projects[0]?.rules.values() ?? [])]).toEqual([
    { name: 'forkwright/*', push_access_level: 40, merge_access_level: 40, allow_force_push: true },
  ]);
}

test('a project is made, protected and given its default branch; the second run writes nothing', async () => {
  const { host, api } = await startHost();
  await settle(api, host);
  expect(host.requests).toEqual(REQUESTS);
  expectRight(host);
  host.requests.length = 0;
  await settle(api, host);
  expect(host.requests.filter((request) => !request.startsWith('GET '))).toEqual([]);
});

test.each(FAULTS)('%s at any request is got over by trying again', async (fault) => {
  for (const request of REQUESTS) {
    const { host, api } = await startHost();
    let isDue = true;
    host.fault = (seen) => {
      if (!isDue || seen !== request) return null;
      isDue = false;
      return fault;
    };
    await settle(api, host);
    expect(isDue).toBe(false);
    expectRight(host);
  }
});

test.each(['status-500', 'done-cut'] as const)(
  'after a run that ends with %s the next one ends right',
  async (fault) => {
    for (const request of REQUESTS.slice(2)) {
      const { host, api } = await startHost();
      host.fault = (seen) => (seen === request || (host.requests.includes(request) && seen !== request) ? fault : null);
      expect((await failureOf(settle(api, host))).code).toMatch(/^forge\.(?:server-error|unreachable)$/);
      host.fault = null;
      await settle(api, host);
      expectRight(host);
    }
  },
);

test('a group that is not there, a project that was archived or moved are errors that say what to do', async () => {
  const { host, api } = await startHost();
  host.groups.clear();
  expect(await failureOf(findGroup(api))).toMatchObject({
    code: 'fork.no-group',
    message: 'there is no group repos/releng for the project, or the token may not see it',
    place: 'repos/releng/tool',
  });
  const project = host.addProject('repos/releng/tool');
  project.isArchived = true;
  expect((await failureOf(findProject(api))).code).toBe('fork.archived');
  project.isArchived = false;
  project.path = 'other/tool';
  host.formerPaths.set('repos/releng/tool', project.id);
  expect(await failureOf(findProject(api))).toMatchObject({
    code: 'fork.moved',
    message: 'the project is other/tool now',
  });
});
