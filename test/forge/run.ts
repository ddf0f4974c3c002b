import { applySteps } from '../../src/forge/apply.ts';
import { readForge } from '../../src/forge/find-proposals.ts';
import { openGitLab, type GitLabClient } from '../../src/forge/gitlab-client.ts';
import type { Proposal, ProposalOutcome, ProposalPolicy, Wanted } from '../../src/forge/proposal.ts';
import { reconcile } from '../../src/forge/reconcile.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { findForge } from '../../src/upstream/forge.ts';
import { SIGNAL } from '../support/archives.ts';
import { openGitLabForge, type TestForge, type TestForgeOptions } from '../support/gitlab-forge/open-gitlab-forge.ts';
import type { TestProject } from '../support/gitlab-forge/project.ts';

/** 2026-11-03 is a Tuesday. */
export const NOW_MS = Date.parse('2026-11-03T10:00:00Z');

export const NO_LIMITS: ProposalPolicy = { maxOpen: null, maxNew: null, coolDownDays: 0, schedule: [] };

export const FILES: Readonly<Record<string, string>> = {
  'forkwright.yaml': 'registry: registry.example.com\n',
  'recipes/copy.yaml': 'name: copy\n',
  'locks/copy.lock.yaml': 'commit: one\n',
  'locks/runner.lock.yaml': 'commit: one\n',
  'patches/copy/0001-old.patch': 'a patch\n',
};

/** The proposal of a recipe `copy` at a commit, of the name that is given. */
export function makeProposal(commit: string, more: Partial<Proposal> = {}): Proposal {
  const key = more.key ?? 'copy';
  return {
    key,
    recipes: [key],
    branch: `forkwright/${key}`,
    title: `${key}: ${commit}`,
    body: `From one to ${commit}.\n\n- a commit`,
    labels: ['forks', 'releng'],
    commitMessage: `${key}: ${commit}`,
    files: [
      { path: `locks/${key}.lock.yaml`, content: `commit: ${commit}\n` },
      { path: `generated/${key}/linux-amd64.Dockerfile`, content: `# ${commit}\n` },
      { path: 'patches/copy/0001-old.patch', content: null },
    ],
    target: digestOf(commit),
    movedAt: null,
    ...more,
  };
}

/** All that is wanted, with nothing in doubt. */
export function want(proposals: readonly Proposal[], more: Partial<Wanted> = {}): Wanted {
  return { proposals, undecided: new Map(), ignored: new Map(), only: null, ...more };
}

/** Opens a project's client that waits for nothing. */
export function openClient(forge: TestForge, path: string, env: Readonly<Record<string, string>> = {}): GitLabClient {
  const project = findForge(`${forge.url}/${path}.git`, { GITLAB_HOST: forge.url, GITLAB_TOKEN: forge.token, ...env });
  if (project === null) throw new Error('no forge');
  return openGitLab(project, { fetch, pauses: { random: () => 0, sleep: () => Promise.resolve() }, signal: SIGNAL });
}

export interface Room {
  readonly forge: TestForge;
  readonly project: TestProject;
  /** One whole run. */
  readonly run: (wanted: Wanted, policy?: ProposalPolicy, nowMs?: number) => Promise<readonly ProposalOutcome[]>;
  /** The same, as `action key: reason`. */
  readonly say: (wanted: Wanted, policy?: ProposalPolicy, nowMs?: number) => Promise<readonly string[]>;
}

/** Opens a GitLab with one project, and gives what runs against it. */
export async function openRoom(options: TestForgeOptions = {}): Promise<Room> {
  const forge = await openGitLabForge(options);
  const project = forge.createProject({ path: 'releng/forks', files: FILES });
  const run: Room['run'] = async (wanted, policy = NO_LIMITS, nowMs = NOW_MS) => {
    const client = openClient(forge, project.path);
    const scope = { targetBranch: null, branchPrefix: 'forkwright/', proposals: wanted.proposals };
    const there = await readForge(client, scope);
    return applySteps(reconcile(wanted, there, policy, nowMs), there, client, SIGNAL);
  };
  return {
    forge,
    project,
    run,
    say: async (...args) => (await run(...args)).map(({ key, action, reason }) => `${action} ${key}: ${reason}`),
  };
}
