import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { readBasic, serveGit } from './git-http-server.ts';

export interface HostedProject {
  readonly id: number;
  path: string;
  readonly settings: Readonly<Record<string, unknown>>;
  defaultBranch: string | null;
  isArchived: boolean;
  /** By the pattern of the branches. */
  readonly rules: Map<string, Readonly<Record<string, unknown>>>;
}

/** What is done at a request instead of, or after, doing what it asks for. */
export type Fault = 'status-500' | 'done-500' | 'done-cut' | 'status-429';

export interface GitLabHost {
  /** `http://127.0.0.1:1234`. */
  readonly url: string;
  /** Where the repositories are: `<folder>/<path>.git`. */
  readonly folder: string;
  readonly groups: Map<string, number>;
  readonly projects: HostedProject[];
  /** Ids by the paths that projects had before. */
  readonly formerPaths: Map<string, number>;
  /** `POST /api/v4/projects`, `POST /group/tool.git/git-receive-pack`. */
  readonly requests: string[];
  /** What was shown for authentication, by request. */
  readonly shown: string[];
  /** Called for each request to the API. */
  fault: ((request: string) => Fault | null) | null;
  addProject(path: string): HostedProject;
}

export const TOKEN = 'glpat-a-secret-token';

/**
 * Starts a GitLab on 127.0.0.1 with what keeping forks needs: projects, groups, protected branches, and git over HTTP from the
 * same address. Anything else is refused with 599, which no test expects. Specification: GitLab REST API, "Projects",
 * "Namespaces", "Protected branches".
 */
export async function startGitLabHost(folder: string): Promise<GitLabHost> {
  const server = createServer((request, response) => {
    void answer(request).then(async (reply) => {
      if (reply === 'git') return serveGit(request, response, folder);
      if (reply === 'cut') return void response.destroy();
      response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers });
      return void response.end(JSON.stringify(reply.body ?? {}));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const host: GitLabHost = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    folder,
    groups: new Map(),
    projects: [],
    formerPaths: new Map(),
    requests: [],
    shown: [],
    fault: null,
    addProject: (path) => addProject(path, {}),
  };

  function addProject(path: string, settings: HostedProject['settings']): HostedProject {
    const repository = join(folder, `${path}.git`);
    mkdirSync(dirname(repository), { recursive: true });
    execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', repository]);
    execFileSync('git', ['-C', repository, 'config', 'receive.advertisePushOptions', 'true']);
    const project = { id: 7 + host.projects.length, path, settings, defaultBranch: null, isArchived: false };
    host.projects.push({ ...project, rules: new Map() });
    return host.projects.at(-1) ?? { ...project, rules: new Map() };
  }

  async function answer(request: IncomingMessage): Promise<Reply | 'git' | 'cut'> {
    const { pathname } = new URL(request.url ?? '/', 'http://gitlab.example');
    const name = `${request.method ?? ''} ${pathname}`;
    host.requests.push(name);
    host.shown.push(request.headers.authorization ?? '');
    if (!pathname.startsWith('/api/v4/')) {
      if (readBasic(request)?.password === TOKEN) return 'git';
      return { status: 401, headers: { 'www-authenticate': 'Basic realm="GitLab"' } };
    }
    if (request.headers.authorization !== `Bearer ${TOKEN}`) {
      return { status: 401, body: { message: '401 Unauthorized' } };
    }
    const fault = host.fault?.(name) ?? null;
    if (fault === 'status-500') return { status: 500 };
    if (fault === 'status-429') return { status: 429, headers: { 'retry-after': '0' } };
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const body = (text === '' ? {} : JSON.parse(text)) as Readonly<Record<string, unknown>>;
    const reply = act(request.method ?? '', pathname.slice('/api/v4/'.length), body);
    if (fault === 'done-cut') return 'cut';
    return fault === 'done-500' ? { status: 502 } : reply;
  }

  function act(method: string, path: string, body: Readonly<Record<string, unknown>>): Reply {
    const [kind = '', id = '', part, pattern] = path.split('/').map(decodeURIComponent);
    if (method === 'GET' && kind === 'namespaces') {
      const found = host.groups.get(id);
      return found === undefined ? notFound('Namespace') : { status: 200, body: { id: found, full_path: id } };
    }
    if (kind !== 'projects') return { status: 599 };
    if (method === 'POST' && id === '') return create(body);
    const moved = host.formerPaths.get(id);
    if (moved !== undefined) return { status: 301, headers: { location: `${host.url}/api/v4/projects/${moved}` } };
    const project = host.projects.find((each) => String(each.id) === id || each.path === id);
    if (project === undefined) return notFound('Project');
    if (part === undefined && method === 'GET') return { status: 200, body: describe(project) };
    if (part === undefined && method === 'PUT') return edit(project, body);
    if (part !== 'protected_branches') return { status: 599 };
    if (method === 'GET') {
      const rule = project.rules.get(pattern ?? '');
      return rule === undefined ? notFound() : { status: 200, body: rule };
    }
    const name = String(body['name']);
    if (project.rules.has(name)) return { status: 409, body: { message: `Protected branch '${name}' already exists` } };
    project.rules.set(name, body);
    return { status: 201, body };
  }

  function create(body: Readonly<Record<string, unknown>>): Reply {
    const group = [...host.groups].find(([, id]) => id === body['namespace_id'])?.[0];
    const path = `${group ?? '?'}/${String(body['path'])}`;
    if (host.projects.some((each) => each.path === path)) {
      return { status: 400, body: { message: { path: ['has already been taken'] } } };
    }
    return { status: 201, body: describe(addProject(path, body)) };
  }

  function edit(project: HostedProject, body: Readonly<Record<string, unknown>>): Reply {
    const branch = String(body['default_branch']);
    execFileSync('git', ['-C', join(folder, `${project.path}.git`), 'rev-parse', '--verify', `refs/heads/${branch}`]);
    project.defaultBranch = branch;
    return { status: 200, body: describe(project) };
  }

  return host;
}

interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

function notFound(what = ''): Reply {
  return { status: 404, body: { message: `404 ${what} Not Found`.replace('  ', ' ') } };
}

function describe({ id, path, isArchived, defaultBranch }: HostedProject) {
  return {
    id,
    path_with_namespace: path,
    web_url: `https://gitlab.example/${path}`,
    archived: isArchived,
    default_branch: defaultBranch,
  };
}
