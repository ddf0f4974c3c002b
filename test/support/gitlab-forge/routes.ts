import { refuse, StrayRequest, type Answer, type Call, type ForgeRequest } from './answer.ts';
import {
  compare,
  createCommit,
  deleteBranch,
  listBranches,
  listTree,
  readBranch,
  readProject,
} from './repository-routes.ts';
import { changeRequest, createNote, createRequest, listNotes, listRequests, readRequest } from './request-routes.ts';
import type { TestToken, World } from './world.ts';

interface Route {
  readonly method: string;
  /** Below the project; a part that begins with a colon is a name. */
  readonly path: string;
  /** What the query, or the body, may have. */
  readonly fields: readonly string[];
  /** Whether a job's token is taken. */
  readonly takesJobToken?: boolean;
  readonly answer: (call: Call) => Answer;
}

const PAGES = ['per_page', 'page'];

const ROUTES: readonly Route[] = [
  { method: 'GET', path: '', fields: [], answer: readProject },
  { method: 'GET', path: 'repository/branches', fields: ['search', ...PAGES], answer: listBranches },
  { method: 'GET', path: 'repository/branches/:branch', fields: [], answer: readBranch },
  { method: 'DELETE', path: 'repository/branches/:branch', fields: [], answer: deleteBranch },
  { method: 'GET', path: 'repository/compare', fields: ['from', 'to'], answer: compare },
  { method: 'GET', path: 'repository/tree', fields: ['ref', 'path', ...PAGES], answer: listTree },
  {
    method: 'POST',
    path: 'repository/commits',
    fields: ['branch', 'commit_message', 'start_sha', 'force', 'actions'],
    answer: createCommit,
  },
  {
    method: 'GET',
    path: 'merge_requests',
    fields: ['state', 'source_branch', ...PAGES],
    takesJobToken: true,
    answer: listRequests,
  },
  {
    method: 'POST',
    path: 'merge_requests',
    fields: ['source_branch', 'target_branch', 'title', 'description', 'labels', 'remove_source_branch'],
    answer: createRequest,
  },
  { method: 'GET', path: 'merge_requests/:iid', fields: [], takesJobToken: true, answer: readRequest },
  {
    method: 'PUT',
    path: 'merge_requests/:iid',
    fields: ['title', 'description', 'add_labels', 'remove_labels', 'state_event'],
    answer: changeRequest,
  },
  { method: 'GET', path: 'merge_requests/:iid/notes', fields: PAGES, answer: listNotes },
  { method: 'POST', path: 'merge_requests/:iid/notes', fields: ['body'], answer: createNote },
];

/** Answers a request, or refuses it as GitLab does. Throws StrayRequest for what no route knows. */
export function route(world: World, request: ForgeRequest, token: TestToken | null): Answer {
  const isWrite = request.method !== 'GET';
  const [area = '', id = '', ...rest] = request.path;
  if (area === 'user' && id === '' && request.method === 'GET') {
    if (token === null || token.scope === 'job') return refuse(401, '401 Unauthorized');
    const { id: number, username, name, email } = token.user;
    return { status: 200, body: { id: number, username, name, email, commit_email: email, public_email: null } };
  }
  const found = area === 'projects' ? findRoute(request.method, rest) : null;
  if (found === null) throw new StrayRequest(`there is no ${request.method} /${request.path.join('/')}`);
  const fields = isWrite ? Object.keys(request.body ?? {}) : [...request.query.keys()];
  const stray = fields.find((field) => !found.route.fields.includes(field));
  if (stray !== undefined) throw new StrayRequest(`${request.method} ${found.route.path} has no ${stray}`);
  const project = world.projects.find((each) => String(each.id) === id || each.path === id);
  if (token?.scope === 'job' && found.route.takesJobToken !== true) return refuse(401, '401 Unauthorized');
  const mayRead = project?.isPublic === true || (token !== null && token.role !== 'none');
  if (project === undefined || !mayRead) return refuse(404, '404 Project Not Found');
  if (isWrite) {
    if (token === null) return refuse(401, '401 Unauthorized');
    if (token.scope !== 'api') {
      const description = 'The request requires higher privileges than provided by the access token.';
      return { status: 403, body: { error: 'insufficient_scope', error_description: description, scope: 'api' } };
    }
    if (token.role !== 'developer') return refuse(403, '403 Forbidden');
  }
  return found.route.answer({ world, request, token, project, names: found.names });
}

function findRoute(method: string, parts: readonly string[]) {
  for (const route of ROUTES) {
    const pattern = route.path === '' ? [] : route.path.split('/');
    const fits =
      pattern.length === parts.length && pattern.every((part, at) => part.startsWith(':') || part === parts[at]);
    if (route.method !== method || !fits) continue;
    const names = pattern.flatMap((part, at) => (part.startsWith(':') ? [[part.slice(1), parts[at] ?? '']] : []));
    return { route, names: Object.fromEntries(names) as Record<string, string> };
  }
  return null;
}
