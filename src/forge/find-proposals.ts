import pMap from 'p-map';
import { ForkwrightError } from '../errors.ts';
import { readCommitMarks } from './commit-message.ts';
import { readDescription } from './description.ts';
import { isOf, type ForgeState, type SeenBranch, type SeenRequest } from './forge-state.ts';
import type { GitLabClient } from './gitlab-client.ts';
import type { Branch, MergeRequest } from './gitlab-schema.ts';
import type { OpenProposal, Proposal } from './proposal.ts';

const CONCURRENCY = 4;

/** Lists forkwright's merge requests of a project that are open, in the forge's order. Throws `forge.*`, as GitLabApi says. */
export async function listOpenProposals(client: GitLabClient): Promise<readonly OpenProposal[]> {
  const requests = await client.listOpenRequests();
  return requests.flatMap(({ iid, url, title, branch, createdAt, description }) => {
    const { marker } = readDescription(description, branch);
    if (marker === null) return [];
    const { key, recipes, target } = marker;
    return [{ key, recipes, iid, url, title, branch, target, createdAt }];
  });
}

/** Which part of a project is looked at. */
export interface ForgeScope {
  /** Null for the project's default branch. */
  readonly targetBranch: string | null;
  /** What all of forkwright's branches begin with: `forkwright/`. */
  readonly branchPrefix: string;
  /** What is wanted: what became of it before is looked up. */
  readonly proposals: readonly Pick<Proposal, 'key' | 'branch'>[];
}

/**
 * Looks at a project: the head of the target branch, forkwright's branches and merge requests, and whether others have put
 * commits on them. Throws `forge.no-branch` where there is no such target branch, and what GitLabApi throws.
 */
export async function readForge(client: GitLabClient, scope: ForgeScope): Promise<ForgeState> {
  const { branchPrefix, proposals } = scope;
  const project = await client.describe();
  const target = await findTarget(client, scope.targetBranch ?? project.defaultBranch, project.url);
  const [listed, allOpen] = await Promise.all([client.listBranches(branchPrefix), client.listOpenRequests()]);
  const open = allOpen
    .map(toSeenRequest)
    .filter(({ request, marker }) => marker !== null || request.branch.startsWith(branchPrefix));
  const earlier = await pMap(
    proposals.filter((proposal) => !open.some((seen) => isOf(seen, proposal))),
    async (proposal) =>
      (await client.listRequestsOf(proposal.branch))
        .filter(({ state }) => state !== 'opened')
        .map(toSeenRequest)
        .filter((seen) => isOf(seen, proposal)),
    { concurrency: CONCURRENCY },
  );
  const requests = [...open, ...earlier.flat()];
  const elsewhere = await pMap(
    open.filter(({ request }) => !listed.some(({ name }) => name === request.branch)),
    ({ request }) => client.findBranch(request.branch),
    { concurrency: CONCURRENCY },
  );
  const branches = [...listed, ...elsewhere.filter((branch) => branch !== null)];
  let emails: Promise<readonly string[]> | null = null;
  const own = () => (emails ??= client.listOwnEmails());
  const seen = await pMap(branches, async (branch) => lookAt(branch, target.name, requests, client, own), {
    concurrency: CONCURRENCY,
  });
  return {
    url: project.url,
    targetBranch: target.name,
    targetHead: target.commit.id,
    branchPrefix,
    requests,
    branches: new Map(seen.map((branch) => [branch.name, branch])),
  };
}

async function findTarget(client: GitLabClient, name: string | null, place: string): Promise<Branch> {
  const found = name === null ? null : await client.findBranch(name);
  if (found !== null) return found;
  const text = name === null ? 'the project has no commits' : `the project has no branch ${JSON.stringify(name)}`;
  throw new ForkwrightError('forge.no-branch', text, { place, hint: 'merge requests need a branch to be merged into' });
}

function toSeenRequest(request: MergeRequest): SeenRequest {
  const { marker, isTicked } = readDescription(request.description, request.branch);
  return { request, marker, isTicked };
}

async function lookAt(
  { name, commit }: Branch,
  targetBranch: string,
  requests: readonly SeenRequest[],
  client: GitLabClient,
  ownEmails: () => Promise<readonly string[]>,
): Promise<SeenBranch> {
  const { id: head, parentIds: parents, message } = commit;
  const marks = readCommitMarks(message);
  const seen = { name, head, parents, key: marks?.key ?? null, content: marks?.content ?? null };
  if (requests.some(({ request, marker }) => request.branch === name && marker?.head === head)) {
    return { ...seen, isForeign: false };
  }
  // Somebody else was here, or a run was cut short before it could note down what it had written.
  if (marks === null) return { ...seen, isForeign: true };
  const [emails, commits] = await Promise.all([ownEmails(), client.listCommits(targetBranch, head)]);
  const isOwn = commits.every(
    ({ message, authorEmail, committerEmail }) =>
      readCommitMarks(message)?.key === marks.key && emails.includes(authorEmail) && emails.includes(committerEmail),
  );
  return { ...seen, isForeign: !isOwn };
}
