import { createHash } from 'node:crypto';
import { startServer, type Reply, type SeenRequest } from './file-server.ts';
import { holdToSlice, makeDocument } from './github-documents.ts';

/** A repository as the test's GitHub has it. */
export interface GitHubRepository {
  readonly id: number;
  /** What it is called now. */
  readonly fullName: string;
  readonly isArchived?: boolean;
  /** SPDX identifier. */
  readonly licence?: string | null;
  /** At commits, by these. */
  readonly licences?: Readonly<Record<string, string>>;
  readonly releases?: readonly {
    readonly tag: string;
    readonly publishedAt: string | null;
    readonly isDraft?: boolean;
  }[];
  readonly advisories?: readonly {
    readonly id: string;
    readonly ranges: readonly string[];
    readonly summary?: string;
  }[];
}

export interface GitHubServer {
  /** The address of the API. */
  readonly url: string;
  readonly requests: readonly SeenRequest[];
  /** What is behind a name that is asked for; another name in `fullName` is a redirect, as after a rename. */
  readonly repositories: Map<string, GitHubRepository>;
  /** Answers all requests whose path matches like this, until it is taken away. */
  fault: { readonly path: RegExp; readonly reply: Reply } | null;
}

/**
 * Starts a GitHub on 127.0.0.1, below `/api/v3` as GitHub Enterprise is. Every document is held to GitHub's own description
 * of its API; answers have ETags, and whoever has one is answered 304.
 */
export async function startGitHub(): Promise<GitHubServer> {
  const repositories = new Map<string, GitHubRepository>();
  const server = await startServer((request) => {
    if (state.fault?.path.test(request.path) === true) return state.fault.reply;
    return withEtag(answer(request.path, repositories), request);
  });
  const state: GitHubServer = {
    url: `${server.url}/api/v3`,
    requests: server.requests,
    repositories,
    fault: null,
  };
  return state;
}

const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' };

function answer(path: string, repositories: ReadonlyMap<string, GitHubRepository>): Reply {
  const { pathname, searchParams } = new URL(path, 'http://github.example');
  const byId = /^\/api\/v3\/repositories\/(\d+)$/.exec(pathname)?.[1];
  const found = [...repositories.values()].find(({ id }) => String(id) === byId);
  if (found !== undefined) return json(describe(found), 'full-repository');
  const [, name = '', rest = ''] = /^\/api\/v3\/repos\/([^/]+\/[^/]+)(\/.*)?$/.exec(pathname) ?? [];
  const repository = repositories.get(name);
  if (repository === undefined) return json(makeDocument('basic-error', { message: 'Not Found' }), 'basic-error', 404);
  switch (rest) {
    case '':
      if (repository.fullName === name) return json(describe(repository), 'full-repository');
      return {
        ...json(makeDocument('basic-error', { message: 'Moved Permanently' }), 'basic-error', 301),
        headers: { ...JSON_TYPE, location: `/api/v3/repositories/${repository.id}` },
      };
    case '/releases':
      return list(
        'release',
        (repository.releases ?? []).map(({ tag, publishedAt, isDraft = false }) => ({
          tag_name: tag,
          published_at: publishedAt,
          draft: isDraft,
          prerelease: /-rc/.test(tag),
        })),
      );
    case '/security-advisories':
      return list(
        'repository-advisory',
        (repository.advisories ?? []).map(({ id, ranges, summary = 'A hole' }) => ({
          ghsa_id: id,
          severity: 'high',
          summary,
          html_url: `https://github.example/advisories/${id}`,
          vulnerabilities: ranges.map((range) =>
            makeDocument('repository-advisory-vulnerability', { vulnerable_version_range: range }),
          ),
        })),
      );
    case '/license': {
      const spdx = repository.licences?.[searchParams.get('ref') ?? ''] ?? repository.licence ?? null;
      if (spdx === null) return json(makeDocument('basic-error', { message: 'Not Found' }), 'basic-error', 404);
      return json(makeDocument('license-content', { license: licence(spdx) }), 'license-content');
    }
    default:
      throw new Error(`the test's GitHub does not know ${path}`);
  }
}

function describe({ id, fullName, isArchived = false, licence: spdx = 'MIT' }: GitHubRepository): unknown {
  return makeDocument('full-repository', {
    id,
    full_name: fullName,
    html_url: `https://github.example/${fullName}`,
    default_branch: 'main',
    archived: isArchived,
    license: spdx === null ? null : licence(spdx),
  });
}

function licence(spdx: string): unknown {
  return makeDocument('nullable-license-simple', {
    key: spdx.toLowerCase(),
    name: spdx,
    spdx_id: spdx,
    url: null,
    node_id: 'x',
  });
}

function list(component: string, entries: readonly Readonly<Record<string, unknown>>[]): Reply {
  return { headers: JSON_TYPE, body: JSON.stringify(entries.map((values) => makeDocument(component, values))) };
}

function json(document: unknown, component: string, status = 200): Reply {
  holdToSlice(component, document);
  return { status, headers: JSON_TYPE, body: JSON.stringify(document) };
}

/** GitHub's ETags depend on who asks. */
export function withEtag(reply: Reply, { headers }: SeenRequest): Reply {
  if ((reply.status ?? 200) !== 200) return reply;
  const etag = `"${createHash('sha256')
    .update(`${headers.authorization} ${String(reply.body)}`)
    .digest('hex')}"`;
  if (headers['if-none-match'] === etag) return { status: 304, headers: { etag } };
  return { ...reply, headers: { ...reply.headers, etag } };
}
