import * as z from 'zod';

/** What is read of a project. Specification: GitLab REST API, "Projects". */
export const projectSchema = z
  .object({
    id: z.number(),
    path_with_namespace: z.string(),
    web_url: z.string(),
    default_branch: z.string().nullish(),
  })
  .transform((found) => ({
    id: found.id,
    path: found.path_with_namespace,
    url: found.web_url,
    defaultBranch: found.default_branch ?? null,
  }));
export type GitLabProject = Readonly<z.infer<typeof projectSchema>>;

/** Specification: GitLab REST API, "Commits". */
export const commitSchema = z
  .object({
    id: z.string(),
    parent_ids: z.array(z.string()).readonly(),
    message: z.string(),
    author_name: z.string(),
    author_email: z.string(),
    committer_email: z.string(),
  })
  .transform((found) => ({
    id: found.id,
    parentIds: found.parent_ids,
    message: found.message,
    authorName: found.author_name,
    authorEmail: found.author_email,
    committerEmail: found.committer_email,
  }));
export type Commit = Readonly<z.infer<typeof commitSchema>>;

/** Specification: GitLab REST API, "Branches". */
export const branchSchema = z.object({ name: z.string(), commit: commitSchema });
export type Branch = Readonly<z.infer<typeof branchSchema>>;

/** Specification: GitLab REST API, "Repositories", comparing. */
export const comparisonSchema = z.object({ commits: z.array(commitSchema).readonly() });

/** Specification: GitLab REST API, "Repositories", trees. */
export const treeEntrySchema = z.object({ path: z.string(), type: z.string() });

/** Specification: GitLab REST API, "Merge requests". */
export const mergeRequestSchema = z
  .object({
    iid: z.number(),
    state: z.string(),
    title: z.string(),
    description: z.string().nullish(),
    labels: z.array(z.string()).readonly(),
    source_branch: z.string(),
    source_project_id: z.number().nullish(),
    target_project_id: z.number(),
    web_url: z.string(),
    created_at: z.string(),
    has_conflicts: z.boolean().nullish(),
  })
  .transform((found) => ({
    iid: found.iid,
    /** `opened`, `closed`, `merged`, or `locked` while it is being merged. */
    state: found.state,
    title: found.title,
    description: found.description ?? '',
    labels: found.labels,
    branch: found.source_branch,
    /** Whether its branch is one of the project itself, not of somebody's fork. */
    isInternal: found.source_project_id === found.target_project_id,
    url: found.web_url,
    createdAt: found.created_at,
    hasConflicts: found.has_conflicts === true,
  }));
export type MergeRequest = Readonly<z.infer<typeof mergeRequestSchema>>;

/** Specification: GitLab REST API, "Notes". */
export const noteSchema = z.object({ id: z.number(), body: z.string() });

/** Specification: GitLab REST API, "Users", the one that asks. */
export const userSchema = z.object({
  email: z.string().nullish(),
  commit_email: z.string().nullish(),
  public_email: z.string().nullish(),
});
