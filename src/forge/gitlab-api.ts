import type * as z from 'zod';
import { ForkwrightError, isSystemError, messageOf } from '../errors.ts';
import { retry, TransientError, type Pauses } from '../http/retry.ts';
import { innermostCause, isTransientStatus, readRetryAfter } from '../http/transient.ts';
import type { ForgeProject } from '../upstream/forge.ts';
import { describeBadAnswer, describeMissingToken, describeRefusal, RefusedError } from './api-error.ts';
import { readText } from '../http/read-text.ts';
import { parseJson } from '../oci/parse-json.ts';

export interface GitLabDeps {
  readonly fetch: typeof globalThis.fetch;
  readonly pauses: Pick<Pauses, 'random' | 'sleep'>;
  readonly signal: AbortSignal;
}

export type Query = Readonly<Record<string, string>>;

/**
 * GitLab's API. Paths are below `/api/v4`, without a slash at the beginning. All throw `forge.denied`, `forge.not-found` and
 * `forge.refused` (each a RefusedError) for an answer that says no, and `forge.busy`, `forge.server-error`,
 * `forge.unreachable` and `forge.bad-answer`, once trying again does not help.
 */
export interface GitLabApi {
  readonly project: ForgeProject;
  get<T>(path: string, schema: z.ZodType<T>, query?: Query): Promise<T>;
  /** Null where there is no such thing, or none that may be seen. */
  find<T>(path: string, schema: z.ZodType<T>, query?: Query): Promise<T | null>;
  /** All pages of a list. */
  list<T>(path: string, schema: z.ZodType<readonly T[]>, query?: Query): Promise<readonly T[]>;
  /**
   * Sends something that changes the state. After an answer, or none, that leaves open whether it was done, `findDone` is asked
   * before it is sent again: it gives what would have been answered, null where it was not done. Throws `forge.no-token` before
   * anything is sent.
   */
  write<T>(request: WriteRequest, schema: z.ZodType<T>, findDone: () => Promise<T | null>): Promise<T>;
}

export interface WriteRequest {
  readonly method: 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>>;
}

const PAGE_SIZE = '100';
const MOST_PAGES = 1000;
const MOST_REDIRECTS = 3;
const TIMEOUT_MS = 60_000;
const MAX_BODY_BYTES = 64 * 1024 * 1024;

/**
 * Gives GitLab's API, asked with a project's token, which goes to that host only: redirects are followed within it, and by
 * what only reads. Nothing is asked yet. Specification: GitLab REST API, "Authentication", "Pagination", "Status codes".
 */
export function openGitLabApi(project: ForgeProject, deps: GitLabDeps): GitLabApi {
  const read = async (path: string, query: Query) =>
    retry(() => exchange({ method: 'GET', path, query }, project, deps), deps.pauses, deps.signal);
  const get: GitLabApi['get'] = async (path, schema, query = {}) =>
    parse((await read(path, query)).body, schema, 'GET', path, project);
  return {
    project,
    get,
    find: async (path, schema, query) => {
      try {
        return await get(path, schema, query);
      } catch (error) {
        if (error instanceof RefusedError && error.status === 404) return null;
        throw error;
      }
    },
    list: async (path, schema, query = {}) => {
      const pages = [];
      let next: Query | null = { per_page: PAGE_SIZE, ...query };
      while (next !== null) {
        if (pages.length === MOST_PAGES) throw describeBadAnswer('GET', path, project);
        const answer: Answer = await read(path, next);
        pages.push(parse(answer.body, schema, 'GET', path, project));
        next = nextPage(answer.headers, next);
      }
      return pages.flat();
    },
    write: async ({ method, path, body }, schema, findDone) => {
      if (project.token === '' || project.tokenName === 'CI_JOB_TOKEN') throw describeMissingToken(project);
      let isUncertain = false;
      const attempt = async () => {
        const done = isUncertain ? await findDone() : null;
        if (done !== null) return done;
        try {
          const answer = await exchange({ method, path, body }, project, deps);
          return parse(answer.body, schema, method, path, project);
        } catch (error) {
          isUncertain = error instanceof TransientError && error.code !== 'forge.busy';
          throw error;
        }
      };
      return retry(attempt, deps.pauses, deps.signal);
    },
  };
}

interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly query?: Query;
  readonly body?: Readonly<Record<string, unknown>> | undefined;
}

interface Answer {
  readonly headers: Headers;
  readonly body: string;
}

async function exchange(request: Exchange, project: ForgeProject, deps: GitLabDeps): Promise<Answer> {
  const { method, path, query = {}, body } = request;
  let url = new URL(`${project.apiUrl}/${path}`);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  const init: RequestInit = {
    method,
    headers: { accept: 'application/json', 'user-agent': 'forkwright', ...tokenHeaders(project) },
    redirect: 'manual',
  };
  if (body !== undefined) {
    init.headers = { ...init.headers, 'content-type': 'application/json' };
    init.body = JSON.stringify(body);
  }
  for (let hops = 0; hops <= MOST_REDIRECTS; hops++) {
    const { response, text } = await send(url, init, request, project, deps);
    const { status, headers } = response;
    const location = headers.get('location');
    if (status < 300) return { headers, body: text };
    if (status >= 400 || location === null || !URL.canParse(location, url.href)) {
      throw refuse(response, text, request, project);
    }
    const next = new URL(location, url.href);
    if (next.origin !== url.origin || method !== 'GET') {
      const body = JSON.stringify({ message: `it leads to ${next.origin}${next.pathname}` });
      throw describeRefusal({ method, path, status, body }, project);
    }
    url = next;
  }
  throw describeRefusal({ method, path, status: 302, body: 'it leads in a circle' }, project);
}

function tokenHeaders({ token, tokenName }: ForgeProject): Readonly<Record<string, string>> {
  if (token === '') return {};
  return tokenName === 'CI_JOB_TOKEN' ? { 'job-token': token } : { authorization: `Bearer ${token}` };
}

async function send(
  url: URL,
  init: RequestInit,
  { method, path }: Exchange,
  project: ForgeProject,
  { fetch, signal }: GitLabDeps,
): Promise<{ readonly response: Response; readonly text: string }> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const response = await fetch(url.href, { ...init, signal: AbortSignal.any([signal, timeout]) });
    const text = await readText(response, MAX_BODY_BYTES);
    if (text !== null) return { response, text };
  } catch (error) {
    signal.throwIfAborted();
    const cause = innermostCause(error);
    const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : messageOf(cause);
    const text = `${method} ${path}: ${url.host} ${timeout.aborted ? 'did not answer in time' : `cannot be reached (${reason})`}`;
    const details = { place: project.apiUrl, hint: 'check the address, the network and the proxy' };
    // A name that is not known now is not known in a second either.
    if (isSystemError(cause, 'ENOTFOUND')) throw new ForkwrightError('forge.unreachable', text, details);
    throw new TransientError('forge.unreachable', text, details);
  }
  throw describeBadAnswer(method, path, project);
}

function refuse({ status, headers }: Response, body: string, request: Exchange, project: ForgeProject): Error {
  const refusal = describeRefusal({ ...request, status, body }, project);
  if (!isTransientStatus(status)) return refusal;
  const waitMs = readRetryAfter((name) => headers.get(name));
  const code = status === 429 ? 'forge.busy' : 'forge.server-error';
  return new TransientError(code, refusal.message, { place: project.apiUrl, hint: 'try again later', waitMs });
}

function parse<T>(text: string, schema: z.ZodType<T>, method: string, path: string, project: ForgeProject): T {
  const parsed = schema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw describeBadAnswer(method, path, project);
}

/** The query of the next page, by the Link header or, where a proxy drops that, by GitLab's own; never another address. */
function nextPage(headers: Headers, query: Query): Query | null {
  const [, link = ''] = /<([^>]+)>;\s*rel="next"/.exec(headers.get('link') ?? '') ?? [];
  if (URL.canParse(link)) return { ...query, ...Object.fromEntries(new URL(link).searchParams) };
  const page = headers.get('x-next-page') ?? '';
  return page === '' ? null : { ...query, page };
}
