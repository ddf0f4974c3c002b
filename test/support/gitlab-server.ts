import { startServer, type Reply, type SeenRequest } from './file-server.ts';
import { withEtag } from './github-server.ts';

/** A project as the test's GitLab has it. Specification: GitLab REST API, "Get a single project", "List releases". */
export interface GitLabProject {
  readonly id: number;
  readonly path: string;
  readonly isArchived?: boolean;
  /** GitLab's key of the licence: `mit`. */
  readonly licence?: string | null;
  readonly releases?: readonly { readonly tag: string; readonly releasedAt: string; readonly isUpcoming?: boolean }[];
}

export interface GitLabServer {
  /** `http://127.0.0.1:1234`, without the path of the API. */
  readonly url: string;
  readonly requests: readonly SeenRequest[];
  /** By the path that is asked for; another one in `path` is a redirect, as after a move. */
  readonly projects: Map<string, GitLabProject>;
  fault: { readonly path: RegExp; readonly reply: Reply } | null;
}

/** Starts a GitLab on 127.0.0.1 that answers what is asked of projects. */
export async function startGitLab(): Promise<GitLabServer> {
  const projects = new Map<string, GitLabProject>();
  const server = await startServer((request) => {
    if (state.fault?.path.test(request.path) === true) return state.fault.reply;
    return withEtag(answer(request.path, projects), request);
  });
  const state: GitLabServer = { url: server.url, requests: server.requests, projects, fault: null };
  return state;
}

const JSON_TYPE = { 'content-type': 'application/json' };

function answer(path: string, projects: ReadonlyMap<string, GitLabProject>): Reply {
  const { pathname } = new URL(path, 'http://gitlab.example');
  const [, id = '', rest = ''] = /^\/api\/v4\/projects\/([^/]+)(\/releases)?$/.exec(pathname) ?? [];
  const name = decodeURIComponent(id);
  const project = projects.get(name) ?? [...projects.values()].find((each) => String(each.id) === name);
  if (project === undefined) {
    return { status: 404, headers: JSON_TYPE, body: JSON.stringify({ message: '404 Project Not Found' }) };
  }
  if (rest === '/releases') {
    const releases = (project.releases ?? []).map(({ tag, releasedAt, isUpcoming = false }) => {
      return { tag_name: tag, name: tag, released_at: releasedAt, upcoming_release: isUpcoming };
    });
    return { headers: JSON_TYPE, body: JSON.stringify(releases) };
  }
  if (projects.has(name) && project.path !== name) {
    return { status: 301, headers: { location: `/api/v4/projects/${project.id}?license=true` } };
  }
  const { licence = 'mit', isArchived = false } = project;
  const document = {
    id: project.id,
    path_with_namespace: project.path,
    web_url: `https://gitlab.example/${project.path}`,
    default_branch: 'main',
    archived: isArchived,
    license: licence === null ? null : { key: licence, name: licence },
  };
  return { headers: JSON_TYPE, body: JSON.stringify(document) };
}
