import type { ProjectState, TestToken, World } from './world.ts';

export interface ForgeRequest {
  readonly method: string;
  /** Below /api/v4, decoded, in parts. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  /** Null where there is none. */
  readonly body: Readonly<Record<string, unknown>> | null;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Undefined for none. */
  readonly body?: unknown;
}

/** What a route is called with. */
export interface Call {
  readonly world: World;
  readonly request: ForgeRequest;
  /** Null where nobody has said who it is. */
  readonly token: TestToken | null;
  readonly project: ProjectState;
  /** What stands at the places of the route that have a name. */
  readonly names: Readonly<Record<string, string>>;
}

/** A request that no GitLab would understand, or that nothing here knows: the test is wrong, or the program. */
export class StrayRequest extends Error {
  override readonly name = 'StrayRequest';
}

/** An answer as GitLab gives its refusals. */
export function refuse(status: number, message: unknown): Answer {
  return { status, body: { message } };
}

/** One page of a list, with GitLab's headers. Specification: GitLab REST API, "Pagination", by offset. */
export function paginate<T>({ world, request }: Call, all: readonly T[], view: (item: T) => unknown): Answer {
  const perPage = Math.min(Number(request.query.get('per_page') ?? 20), 100, world.pageSize);
  const page = Number(request.query.get('page') ?? 1);
  const hasNext = all.length > page * perPage;
  const next = new URL(`${world.url()}/api/v4/${request.path.map(encodeURIComponent).join('/')}?${request.query}`);
  next.searchParams.set('page', String(page + 1));
  return {
    status: 200,
    headers: {
      'x-page': String(page),
      'x-per-page': String(perPage),
      'x-next-page': hasNext ? String(page + 1) : '',
      'x-total': String(all.length),
      ...(hasNext ? { link: `<${next.href}>; rel="next"` } : {}),
    },
    body: all.slice((page - 1) * perPage, page * perPage).map(view),
  };
}

/** A text of a body or query. Throws StrayRequest where it is missing or something else. */
export function textOf(values: Readonly<Record<string, unknown>> | null, name: string): string {
  const value = values?.[name];
  if (typeof value === 'string') return value;
  throw new StrayRequest(`${name} is ${JSON.stringify(value)}, which is no text`);
}

/** Labels of a body: GitLab takes them with commas between. */
export function labelsOf(value: unknown): readonly string[] {
  if (value === undefined) return [];
  if (typeof value !== 'string') throw new StrayRequest(`labels are ${JSON.stringify(value)}`);
  return value.split(',').filter((label) => label !== '');
}
