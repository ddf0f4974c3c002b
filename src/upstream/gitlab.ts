import * as z from 'zod';
import type { ForgeClient } from './forge-client.ts';
import { describeBadAnswer, describeRefusal } from './forge-error.ts';
import type { ForgeProject } from './forge.ts';
import type { Project } from './state.ts';
import { parseJson } from '../oci/parse-json.ts';

// What is read of the answers; a proxy may answer with anything.
const projectSchema = z.object({
  id: z.number(),
  path_with_namespace: z.string(),
  web_url: z.string(),
  default_branch: z.string().nullish(),
  archived: z.boolean().nullish(),
  license: z.object({ key: z.string() }).nullish(),
});
const releasesSchema = z.array(
  z.object({
    tag_name: z.string(),
    released_at: z.string().nullish(),
    upcoming_release: z.boolean().nullish(),
  }),
);

const ABSENT: ReadonlySet<number> = new Set([404, 410]);
const MOST_REDIRECTS = 3;

/**
 * Gives what asks GitLab about a project. `fetch` is to spare the server. A job's token is shown only where GitLab takes one,
 * and no token to another host: redirects, which a moved project answers with, are followed within it only.
 * Specification: GitLab REST API, "Projects", "Releases", "CI/CD job tokens".
 */
export function openGitLab(
  project: ForgeProject,
  { fetch, signal }: { readonly fetch: typeof globalThis.fetch; readonly signal: AbortSignal },
): ForgeClient {
  const path = `${project.apiUrl}/projects/${encodeURIComponent(project.path)}`;
  const ask = async <T>(schema: z.ZodType<T>, url: string, takesJobToken: boolean): Promise<T | null> => {
    const response = await follow(url, tokenHeaders(project, takesJobToken), project, fetch, signal);
    if (ABSENT.has(response.status)) return null;
    if (response.status !== 200) throw describeRefusal(response.status, '', project);
    const parsed = schema.safeParse(parseJson(await response.text()));
    if (parsed.success) return parsed.data;
    throw describeBadAnswer(project);
  };
  return {
    describe: async () => {
      const found = await ask(projectSchema, `${path}?license=true`, false);
      if (found === null) return null;
      const releases = await ask(releasesSchema, `${project.apiUrl}/projects/${found.id}/releases?per_page=100`, true);
      return toProject(found, releases ?? []);
    },
    // It tells the licence of the default branch only.
    licenceAt: () => Promise.resolve(null),
  };
}

function toProject(found: z.infer<typeof projectSchema>, releases: z.infer<typeof releasesSchema>): Project {
  return {
    forge: 'gitlab',
    id: found.id,
    name: found.path_with_namespace,
    url: found.web_url,
    defaultBranch: found.default_branch ?? null,
    isArchived: found.archived === true,
    licence: found.license?.key ?? null,
    releases: releases
      .filter((release) => release.upcoming_release !== true)
      .map((release) => ({ tag: release.tag_name, publishedAt: release.released_at ?? null, isPrerelease: false })),
    advisories: null,
  };
}

function tokenHeaders({ token, tokenName }: ForgeProject, takesJobToken: boolean): Readonly<Record<string, string>> {
  if (token === '') return {};
  if (tokenName !== 'CI_JOB_TOKEN') return { authorization: `Bearer ${token}` };
  return takesJobToken ? { 'job-token': token } : {};
}

async function follow(
  start: string,
  headers: Readonly<Record<string, string>>,
  project: ForgeProject,
  fetch: typeof globalThis.fetch,
  signal: AbortSignal,
): Promise<Response> {
  let url = new URL(start);
  for (let hops = 0; hops <= MOST_REDIRECTS; hops++) {
    const init = { headers: { accept: 'application/json', 'user-agent': 'forkwright', ...headers }, signal };
    const response = await fetch(url.href, { ...init, redirect: 'manual' });
    const location = response.headers.get('location');
    if (response.status < 300 || response.status >= 400 || location === null) return response;
    if (!URL.canParse(location, url.href)) throw describeBadAnswer(project);
    const next = new URL(location, url.href);
    // A page for logging in, mostly.
    if (next.origin !== url.origin) throw describeRefusal(response.status, `it leads to ${next.origin}`, project);
    url = next;
  }
  throw describeRefusal(302, 'it leads in a circle', project);
}
