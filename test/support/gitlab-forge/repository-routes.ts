import { paginate, refuse, StrayRequest, textOf, type Answer, type Call } from './answer.ts';
import type { GitCommit } from './git-objects.ts';
import { GitRefusal, type FileAction } from './repository.ts';
import { dropBranch, type ProjectState } from './world.ts';

/** Specification: GitLab REST API, "Projects". */
export function readProject({ world, project }: Call): Answer {
  const name = project.path.split('/').at(-1) ?? '';
  const body = {
    id: project.id,
    name,
    path: name,
    path_with_namespace: project.path,
    web_url: `${world.url()}/${project.path}`,
    default_branch: project.repository.branches.size === 0 ? null : project.defaultBranch,
    visibility: project.isPublic ? 'public' : 'private',
    archived: false,
  };
  return { status: 200, body };
}

/** Specification: GitLab REST API, "Branches". */
export function listBranches(call: Call): Answer {
  const search = call.request.query.get('search') ?? '';
  const fits = (name: string) => (search.startsWith('^') ? name.startsWith(search.slice(1)) : name.includes(search));
  const names = [...call.project.repository.branches.keys()].filter(fits).toSorted();
  return paginate(call, names, (name) => viewBranch(call.project, name));
}

export function readBranch({ project, names: { branch = '' } }: Call): Answer {
  if (!project.repository.branches.has(branch)) return refuse(404, '404 Branch Not Found');
  return { status: 200, body: viewBranch(project, branch) };
}

export function deleteBranch({ project, names: { branch = '' } }: Call): Answer {
  if (!project.repository.branches.has(branch)) return refuse(404, '404 Branch Not Found');
  if (project.protectedBranches.has(branch)) return refuse(403, '403 Forbidden');
  dropBranch(project, branch);
  return { status: 204 };
}

/** Specification: GitLab REST API, "Repositories", comparing: without `straight`, from where the histories part. */
export function compare({ project, request }: Call): Answer {
  const [from, to] = ['from', 'to'].map((name) => resolve(project, request.query.get(name) ?? ''));
  if (from === undefined || to === undefined) return refuse(404, '404 Ref Not Found');
  const commits = project.repository.between(from, to);
  const base = project.repository.mergeBase(from, to) ?? from;
  const diffs = project.repository.changedPaths(base, to).map((path) => ({ old_path: path, new_path: path, diff: '' }));
  const body = { commit: viewCommit(project, to), commits: commits.map(({ id }) => viewCommit(project, id)), diffs };
  return { status: 200, body: { ...body, compare_timeout: false, compare_same_ref: from === to } };
}

/** Specification: GitLab REST API, "Repositories", trees: a path that is no folder is not found. */
export function listTree(call: Call): Answer {
  const { project, request } = call;
  const commit = resolve(project, request.query.get('ref') ?? project.defaultBranch);
  const folder = request.query.get('path') ?? '';
  const prefix = folder === '' ? '' : `${folder}/`;
  const paths = commit === undefined ? [] : [...project.repository.commit(commit).tree.keys()];
  const below = paths.filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length));
  if (commit === undefined || (folder !== '' && below.length === 0)) return refuse(404, '404 Tree Not Found');
  const entries = new Map(below.map((path) => [path.split('/')[0] ?? '', path.includes('/') ? 'tree' : 'blob']));
  return paginate(call, [...entries].toSorted(), ([name, type]) => {
    return { id: '', name, type, path: `${prefix}${name}`, mode: type === 'tree' ? '040000' : '100644' };
  });
}

/** Specification: GitLab REST API, "Commits", creating one with several files. */
export function createCommit({ world, project, request, token }: Call): Answer {
  const { body } = request;
  const [branch, message] = [textOf(body, 'branch'), textOf(body, 'commit_message')];
  const actions = Array.isArray(body?.['actions']) ? body['actions'].map(readAction) : null;
  if (token === null || actions === null) throw new StrayRequest('a commit without actions');
  const present = project.repository.branches.get(branch);
  const startSha = body?.['start_sha'];
  if (startSha === undefined && body?.['force'] === true) return refuse(400, 'force needs start_branch or start_sha');
  if (startSha !== undefined && present !== undefined && body?.['force'] !== true) {
    return refuse(400, `A branch called '${branch}' already exists. Switch to that branch in order to make changes`);
  }
  const start = startSha === undefined ? present : resolve(project, textOf(body, 'start_sha'));
  if (start === undefined) return refuse(400, 'Cannot find start_sha');
  if (project.protectedBranches.has(branch)) return refuse(400, 'You are not allowed to push into this branch');
  try {
    const [author, seconds] = [token.user, Math.floor(world.tickMs() / 1000)];
    const commit = project.repository.commitActions(start, actions, { author, committer: author, message, seconds });
    project.repository.branches.set(branch, commit.id);
    return { status: 201, body: viewCommit(project, commit.id) };
  } catch (error) {
    if (error instanceof GitRefusal) return refuse(400, error.message);
    throw error;
  }
}

function readAction(value: unknown): FileAction {
  const fields: Readonly<Record<string, unknown>> = { ...Object(value) };
  for (const name of Object.keys(fields)) {
    if (!['action', 'file_path', 'content', 'encoding'].includes(name)) throw new StrayRequest(`an action's ${name}`);
  }
  const action = textOf(fields, 'action');
  if (action !== 'create' && action !== 'update' && action !== 'delete') throw new StrayRequest(`the action ${action}`);
  const path = textOf(fields, 'file_path');
  if (path === '' || path.startsWith('/') || path.split('/').includes('..')) throw new StrayRequest(`the path ${path}`);
  const encoding = fields['encoding'] === 'base64' ? 'base64' : 'utf8';
  const content = action === 'delete' ? Buffer.alloc(0) : Buffer.from(textOf(fields, 'content'), encoding);
  return { action, path, content };
}

/** A branch or a commit. */
function resolve({ repository }: ProjectState, name: string): string | undefined {
  return repository.branches.get(name) ?? (repository.has(name) ? name : undefined);
}

function viewBranch(project: ProjectState, name: string) {
  return {
    name,
    commit: viewCommit(project, project.repository.branches.get(name) ?? ''),
    protected: project.protectedBranches.has(name),
    default: project.defaultBranch === name,
  };
}

function viewCommit({ repository }: ProjectState, id: string) {
  const { parents, message, author, committer, seconds }: GitCommit = repository.commit(id);
  return {
    id,
    short_id: id.slice(0, 8),
    parent_ids: parents,
    title: message.split('\n')[0],
    message,
    author_name: author.name,
    author_email: author.email,
    committer_name: committer.name,
    committer_email: committer.email,
    created_at: new Date(seconds * 1000).toISOString(),
  };
}
