import { onTestFinished } from 'vitest';
import type { Person } from './git-objects.ts';
import { openProject, type TestProject } from './project.ts';
import { serveWorld, type Fault, type SeenRequest } from './serve.ts';
import type { TestToken, TestUser, World } from './world.ts';

export interface TestForge {
  /** `http://127.0.0.1:1234`, without the path of the API. */
  readonly url: string;
  /** A token of `bot` that may do everything. */
  readonly token: string;
  readonly bot: TestUser;
  /** Every request that has come, in order. */
  readonly requests: readonly SeenRequest[];
  /** Those that were to change something. */
  writes(): readonly SeenRequest[];
  addToken(secret: string, token: Partial<TestToken>): void;
  /** From the next request on; null for none. */
  setFault(fault: Fault | null): void;
  createProject(options: {
    readonly path: string;
    readonly files: Readonly<Record<string, string>>;
    readonly defaultBranch?: string;
    readonly isPublic?: boolean;
    readonly protectedBranches?: readonly string[];
  }): TestProject;
  /** Gives what brings everything back to how it is now. */
  save(): () => void;
}

export interface TestForgeOptions {
  /** Entries of a page at most; as a rule as many as are asked for. */
  readonly pageSize?: number;
}

const BOT: TestUser = {
  id: 7,
  username: 'project_1_bot',
  name: 'forkwright',
  email: 'project_1_bot@noreply.gitlab.example',
};
const START_MS = Date.parse('2026-11-02T09:00:00Z');

/** Somebody who is not forkwright. */
export const HUMAN: Person = { name: 'Ada', email: 'ada@example.com' };

/**
 * Starts a GitLab on 127.0.0.1 that has projects with branches, commits, merge requests and notes, and is gone after the test.
 * A request that no GitLab would understand fails the test. Specification: GitLab REST API, version 4.
 */
export async function openGitLabForge({ pageSize = 100 }: TestForgeOptions = {}): Promise<TestForge> {
  let [ids, nowMs, url] = [0, START_MS, ''];
  const world: World = {
    url: () => url,
    tokens: new Map(),
    projects: [],
    nextId: () => (ids += 1),
    tickMs: () => (nowMs += 1000),
    pageSize,
  };
  const wire = await serveWorld(world);
  url = wire.url;
  onTestFinished(() => {
    wire.close();
    if (wire.strays[0] !== undefined) throw wire.strays[0];
  });
  const addToken = (secret: string, { user = BOT, scope = 'api', role = 'developer' }: Partial<TestToken>) => {
    world.tokens.set(secret, { user, scope, role });
  };
  addToken('glpat-test', {});
  return {
    url,
    token: 'glpat-test',
    bot: BOT,
    requests: wire.requests,
    writes: () => wire.requests.filter(({ method }) => method !== 'GET'),
    addToken,
    setFault: (fault) => {
      wire.fault = fault;
    },
    createProject: (options) => {
      const project = openProject(world, options);
      world.projects.push(project.state);
      return project;
    },
    save: () => {
      const saved = world.projects.map((project) => ({
        project,
        branches: [...project.repository.branches],
        requests: project.requests.map((request) => ({ ...request })),
      }));
      const [oldIds, oldMs] = [ids, nowMs];
      return () => {
        [ids, nowMs] = [oldIds, oldMs];
        for (const { project, branches, requests } of saved) {
          project.repository.branches.clear();
          for (const [name, id] of branches) project.repository.branches.set(name, id);
          project.requests = requests.map((request) => ({ ...request }));
        }
        wire.fault = null;
        wire.requests.length = 0;
      };
    },
  };
}
