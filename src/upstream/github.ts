import { Octokit } from '@octokit/rest';
import * as z from 'zod';
import { ForkwrightError, messageOf } from '../errors.ts';
import { printable } from '../report/printable.ts';
import type { ForgeClient } from './forge-client.ts';
import { describeBadAnswer, describeRefusal } from './forge-error.ts';
import type { ForgeProject } from './forge.ts';
import type { Advisory, Project, Release } from './state.ts';

// What is read of the answers; a proxy may answer with anything.
const licenceSchema = z.object({ spdx_id: z.string().nullable() }).nullish();
const repositorySchema = z.object({
  id: z.number(),
  full_name: z.string(),
  html_url: z.string(),
  default_branch: z.string(),
  archived: z.boolean(),
  license: licenceSchema,
});
const releasesSchema = z.array(
  z.object({
    tag_name: z.string(),
    draft: z.boolean(),
    prerelease: z.boolean(),
    published_at: z.string().nullable(),
  }),
);
const advisoriesSchema = z.array(
  z.object({
    ghsa_id: z.string(),
    severity: z.string().nullable(),
    summary: z.string(),
    published_at: z.string().nullable(),
    html_url: z.string(),
    vulnerabilities: z.array(z.object({ vulnerable_version_range: z.string().nullable() })).nullable(),
  }),
);
const licenceFileSchema = z.object({ license: licenceSchema });

const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
// Not there, or not for everybody: forks and old servers have no advisories.
const ABSENT: ReadonlySet<number> = new Set([404, 410, 451]);

/**
 * Gives what asks GitHub, or a GitHub Enterprise, about a project. `fetch` is to spare the server (ETags, pauses, quotas):
 * Octokit itself tries nothing again. Specification: GitHub REST API, "Repositories", "Releases", "Licenses", "Repository
 * security advisories".
 */
export function openGitHub(
  project: ForgeProject,
  { fetch, signal }: { readonly fetch: typeof globalThis.fetch; readonly signal: AbortSignal },
): ForgeClient {
  const octokit = new Octokit({
    baseUrl: project.apiUrl,
    userAgent: 'forkwright',
    ...(project.token === '' ? {} : { auth: project.token }),
    request: { fetch, signal },
    log: SILENT,
  });
  const [owner = '', repo = ''] = project.path.split('/');
  const { repos, licenses, securityAdvisories } = octokit.rest;
  const ask = async <T>(schema: z.ZodType<T>, asking: Promise<{ readonly data: unknown }>): Promise<T | null> => {
    const data = await answerOf(asking, project, signal);
    if (data === null) return null;
    const parsed = schema.safeParse(data.value);
    if (parsed.success) return parsed.data;
    throw describeBadAnswer(project);
  };
  return {
    describe: async () => {
      // A renamed repository answers too, under its new name.
      const found = await ask(repositorySchema, repos.get({ owner, repo }));
      if (found === null) return null;
      const releases = await ask(releasesSchema, repos.listReleases({ owner, repo, per_page: 100 }));
      const listing = securityAdvisories.listRepositoryAdvisories({ owner, repo, state: 'published', per_page: 100 });
      return toProject(found, releases ?? [], await ask(advisoriesSchema, listing));
    },
    licenceAt: async (commit) => {
      const found = await ask(licenceFileSchema, licenses.getForRepo({ owner, repo, ref: commit }));
      return found?.license?.spdx_id ?? null;
    },
  };
}

function toProject(
  found: z.infer<typeof repositorySchema>,
  releases: z.infer<typeof releasesSchema>,
  advisories: z.infer<typeof advisoriesSchema> | null,
): Project {
  return {
    forge: 'github',
    id: found.id,
    name: found.full_name,
    url: found.html_url,
    defaultBranch: found.default_branch,
    isArchived: found.archived,
    licence: found.license?.spdx_id ?? null,
    releases: releases
      .filter(({ draft }) => !draft)
      .map(({ tag_name: tag, published_at: publishedAt, prerelease: isPrerelease }): Release => {
        return { tag, publishedAt, isPrerelease };
      }),
    advisories:
      advisories?.map(({ ghsa_id: id, severity, summary, published_at, html_url: url, vulnerabilities }): Advisory => {
        const ranges = (vulnerabilities ?? []).flatMap(({ vulnerable_version_range: range }) => range ?? []);
        return { id, severity, summary, publishedAt: published_at, url, ranges };
      }) ?? null,
  };
}

/** Null where there is nothing. */
async function answerOf(
  asking: Promise<{ readonly data: unknown }>,
  project: ForgeProject,
  signal: AbortSignal,
): Promise<{ readonly value: unknown } | null> {
  try {
    return { value: (await asking).data };
  } catch (error) {
    signal.throwIfAborted();
    // Octokit wraps what fetch throws.
    if (error instanceof Error && error.cause instanceof ForkwrightError) throw error.cause;
    const status = error instanceof Error && 'status' in error ? Number(error.status) : 0;
    if (ABSENT.has(status)) return null;
    throw describeRefusal(status, printable(messageOf(error)).slice(0, 200), project);
  }
}
