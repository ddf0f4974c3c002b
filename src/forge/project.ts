import * as z from 'zod';
import { ForkwrightError } from '../errors.ts';
import { RefusedError } from './api-error.ts';
import type { GitLabApi } from './gitlab-api.ts';

// GitLab REST API, "Projects": longer ones are refused.
const MAX_DESCRIPTION = 2000;
const MAINTAINERS = 40;

/** A fork's project as GitLab has it. */
export interface Project {
  readonly id: number;
  /** With all groups. */
  readonly path: string;
  readonly url: string;
  readonly isArchived: boolean;
  /** Null where there is no branch yet. */
  readonly defaultBranch: string | null;
}

const projectSchema = z.object({
  id: z.number(),
  path_with_namespace: z.string(),
  web_url: z.string(),
  archived: z.boolean().nullish(),
  default_branch: z.string().nullish(),
});
const namespaceSchema = z.object({ id: z.number() });
const ruleSchema = z.object({ name: z.string() });

/**
 * Gives the project that an API was opened for; null where there is none. Throws `fork.moved` for one that has another path
 * now, `fork.archived`, and `forge.*`. Specification: GitLab REST API, "Projects".
 */
export async function findProject(api: GitLabApi): Promise<Project | null> {
  const { path } = api.project;
  const found = await api.find(`projects/${encodeURIComponent(path)}`, projectSchema);
  if (found === null) return null;
  const project = toProject(found);
  if (project.path.toLowerCase() !== path.toLowerCase()) {
    const hint = `write fork: ${project.path} into the recipe, if that is still the fork`;
    throw new ForkwrightError('fork.moved', `the project is ${project.path} now`, { place: path, hint });
  }
  if (!project.isArchived) return project;
  const hint = 'unarchive it, or take fork: out of the recipe';
  throw new ForkwrightError('fork.archived', 'the project is archived, and takes nothing', { place: path, hint });
}

/**
 * Gives the id of the group that a project is to be made in. Throws `fork.no-group` where there is none. Specification: GitLab
 * REST API, "Namespaces".
 */
export async function findGroup(api: GitLabApi): Promise<number> {
  const { path } = api.project;
  const group = path.slice(0, path.lastIndexOf('/'));
  const found = await api.find(`namespaces/${encodeURIComponent(group)}`, namespaceSchema);
  if (found !== null) return found.id;
  throw new ForkwrightError(
    'fork.no-group',
    `there is no group ${group} for the project, or the token may not see it`,
    {
      place: path,
      hint: 'groups are made by people: make it, or mend group: in forkwright.yaml',
    },
  );
}

/**
 * Makes the project that an API was opened for in a group: private, without pipelines, since what upstream has in its
 * .gitlab-ci.yml is not to run on the organisation's runners, and without LFS, since GitLab refuses pointers to files that it
 * does not have. Safe to repeat. Throws `forge.*`.
 */
export async function createProject(api: GitLabApi, groupId: number, description: string): Promise<Project> {
  const name = api.project.path.slice(api.project.path.lastIndexOf('/') + 1);
  const body = {
    name,
    path: name,
    namespace_id: groupId,
    visibility: 'private',
    description: description.slice(0, MAX_DESCRIPTION),
    builds_access_level: 'disabled',
    lfs_enabled: false,
  };
  const find = () => api.find(`projects/${encodeURIComponent(api.project.path)}`, projectSchema);
  return toProject(await api.write({ method: 'POST', path: 'projects', body }, projectSchema, find));
}

/**
 * Lets nobody but maintainers push to branches of a pattern, and lets those do it by force: a series of patches that has
 * changed is another history, which GitLab takes for no default branch otherwise. Safe to repeat. Throws `forge.*`.
 * Specification: GitLab REST API, "Protected branches".
 */
export async function protectBranches(api: GitLabApi, project: Project, pattern: string): Promise<void> {
  const path = `projects/${project.id}/protected_branches`;
  const find = () => api.find(`${path}/${encodeURIComponent(pattern)}`, ruleSchema);
  if ((await find()) !== null) return;
  const levels = { push_access_level: MAINTAINERS, merge_access_level: MAINTAINERS };
  const body = { name: pattern, ...levels, allow_force_push: true };
  try {
    await api.write({ method: 'POST', path, body }, ruleSchema, find);
  } catch (error) {
    // Another run has made it meanwhile.
    if (!(error instanceof RefusedError) || error.status !== 409) throw error;
  }
}

/** Has a branch shown first. Throws `forge.*`. Specification: GitLab REST API, "Edit a project". */
export async function setDefaultBranch(api: GitLabApi, project: Project, branch: string): Promise<void> {
  const path = `projects/${project.id}`;
  const find = async () => {
    const found = await api.get(path, projectSchema);
    return found.default_branch === branch ? found : null;
  };
  await api.write({ method: 'PUT', path, body: { default_branch: branch } }, projectSchema, find);
}

function toProject(found: z.infer<typeof projectSchema>): Project {
  return {
    id: found.id,
    path: found.path_with_namespace,
    url: found.web_url,
    isArchived: found.archived === true,
    defaultBranch: found.default_branch ?? null,
  };
}
