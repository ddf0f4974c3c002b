import { labelsOf, paginate, refuse, StrayRequest, textOf, type Answer, type Call } from './answer.ts';
import type { TestMergeRequest } from './world.ts';

/** Specification: GitLab REST API, "Merge requests", the newest first. */
export function listRequests(call: Call): Answer {
  const { query } = call.request;
  const [state, branch] = [query.get('state') ?? 'all', query.get('source_branch')];
  const found = call.project.requests
    .filter((request) => state === 'all' || request.state === state)
    .filter((request) => branch === null || request.sourceBranch === branch)
    .toSorted((one, other) => other.iid - one.iid);
  return paginate(call, found, (request) => view(call, request));
}

export function readRequest(call: Call): Answer {
  const found = findRequest(call);
  return found === null ? refuse(404, '404 Not found') : { status: 200, body: view(call, found) };
}

export function createRequest(call: Call): Answer {
  const { world, project, token } = call;
  const { body } = call.request;
  const [sourceBranch, targetBranch] = [textOf(body, 'source_branch'), textOf(body, 'target_branch')];
  const title = textOf(body, 'title');
  if (token === null) throw new StrayRequest('a merge request of nobody');
  const { branches } = project.repository;
  if (!branches.has(sourceBranch) || !branches.has(targetBranch)) return refuse(422, ['Branch does not exist']);
  if (title.length > 255) return refuse(422, { title: ['is too long (maximum is 255 characters)'] });
  const other = findOpen(call, sourceBranch, targetBranch);
  if (other !== null) {
    return refuse(409, [`Another open merge request already exists for this source branch: !${other.iid}`]);
  }
  const request: TestMergeRequest = {
    iid: Math.max(0, ...project.requests.map(({ iid }) => iid)) + 1,
    title,
    description: body?.['description'] === undefined ? '' : textOf(body, 'description'),
    state: 'opened',
    labels: labelsOf(body?.['labels']),
    sourceBranch,
    sourceProjectId: project.id,
    targetBranch,
    author: token.user,
    createdAt: new Date(world.tickMs()).toISOString(),
    removesBranch: body?.['remove_source_branch'] === true,
    isStuck: false,
    notes: [],
  };
  project.requests = [...project.requests, request];
  return { status: 201, body: view(call, request) };
}

export function changeRequest(call: Call): Answer {
  const found = findRequest(call);
  if (found === null) return refuse(404, '404 Not found');
  const { body } = call.request;
  const event = body?.['state_event'];
  if (event !== undefined && event !== 'close' && event !== 'reopen')
    throw new StrayRequest(`the event ${String(event)}`);
  if (event === 'reopen' && found.state === 'closed') {
    if (findOpen(call, found.sourceBranch, found.targetBranch) !== null) return refuse(409, ['Another open one']);
    const isThere = call.project.repository.branches.has(found.sourceBranch);
    if (isThere && !found.isStuck) found.state = 'opened';
  }
  if (event === 'close' && found.state === 'opened') found.state = 'closed';
  if (body?.['title'] !== undefined) found.title = textOf(body, 'title');
  if (body?.['description'] !== undefined) found.description = textOf(body, 'description');
  const removed = labelsOf(body?.['remove_labels']);
  const kept = found.labels.filter((label) => !removed.includes(label));
  found.labels = [...new Set([...kept, ...labelsOf(body?.['add_labels'])])];
  return { status: 200, body: view(call, found) };
}

/** Specification: GitLab REST API, "Notes", the newest first. */
export function listNotes(call: Call): Answer {
  const found = findRequest(call);
  if (found === null) return refuse(404, '404 Not found');
  return paginate(call, found.notes.toReversed(), ({ id, body }) => ({ id, body, system: false }));
}

export function createNote(call: Call): Answer {
  const { world, project, token, request } = call;
  const found = findRequest(call);
  if (found === null || token === null) return refuse(404, '404 Not found');
  const note = { id: world.nextId(), body: textOf(request.body, 'body'), author: token.user };
  project.requests = project.requests.map((each) =>
    each === found ? { ...found, notes: [...found.notes, note] } : each,
  );
  return { status: 201, body: { id: note.id, body: note.body, system: false } };
}

function findRequest({ project, names: { iid = '' } }: Call): TestMergeRequest | null {
  return project.requests.find((request) => String(request.iid) === iid) ?? null;
}

function findOpen({ project }: Call, source: string, target: string): TestMergeRequest | null {
  return (
    project.requests.find(
      (each) => each.state === 'opened' && each.sourceBranch === source && each.targetBranch === target,
    ) ?? null
  );
}

function view({ world, project }: Call, request: TestMergeRequest) {
  const { branches } = project.repository;
  const [source, target] = [branches.get(request.sourceBranch), branches.get(request.targetBranch)];
  const canTell = request.sourceProjectId === project.id && source !== undefined && target !== undefined;
  return {
    id: project.id * 1000 + request.iid,
    iid: request.iid,
    project_id: project.id,
    title: request.title,
    description: request.description === '' ? null : request.description,
    state: request.state,
    created_at: request.createdAt,
    source_branch: request.sourceBranch,
    target_branch: request.targetBranch,
    source_project_id: request.sourceProjectId,
    target_project_id: project.id,
    labels: request.labels,
    draft: /^draft:/i.test(request.title),
    sha: source ?? null,
    author: { id: request.author.id, username: request.author.username, name: request.author.name },
    has_conflicts: canTell && request.state === 'opened' && project.repository.hasConflicts(target, source),
    web_url: `${world.url()}/${project.path}/-/merge_requests/${request.iid}`,
  };
}
