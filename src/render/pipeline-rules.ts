import { recipeFolder } from '../recipe/output-names.ts';
import type { ResolvedRecipe } from '../recipe/target.ts';
import { namedFiles } from './named-files.ts';

export interface Rule {
  readonly if: string;
  readonly changes?: readonly string[];
}

/** `rules:changes` takes 50 patterns. Specification: docs.gitlab.com/ci/yaml, "rules:changes". */
const MAX_PATTERNS = 50;

/**
 * Gives when a recipe's jobs run: in a merge request that touches what they are made of, and always on the default
 * branch, for tags and schedules, and when somebody starts a pipeline.
 */
export function listRules(recipe: ResolvedRecipe): readonly Rule[] {
  const changes = listInputs(recipe).map(toPattern);
  const mergeRequest = { if: '$CI_PIPELINE_SOURCE == "merge_request_event"' };
  return [
    // A pattern list that GitLab refuses helps nobody: with too many of them the jobs run in every merge request.
    changes.length > MAX_PATTERNS ? mergeRequest : { ...mergeRequest, changes },
    {
      if: '$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH || $CI_COMMIT_TAG || $CI_PIPELINE_SOURCE == "schedule" || $CI_PIPELINE_SOURCE == "web"',
    },
  ];
}

function listInputs(recipe: ResolvedRecipe): readonly string[] {
  const { name } = recipe;
  const fixed = [
    recipe.file,
    `${recipeFolder(name)}/**/*`,
    `patches/${name}/**/*`,
    `locks/${name}.lock.yaml`,
    'forkwright.yaml',
    'templates/**/*',
  ];
  return [...new Set([...fixed, ...recipe.targets.flatMap(listFiles)])];
}

/** What a target takes out of the workspace; an archive may be a file or a folder. */
function listFiles(target: ResolvedRecipe['targets'][number]): readonly string[] {
  const { base } = target.image;
  const sources = namedFiles(target).map(({ file }) => file.source);
  return [
    ...(base.type === 'archive' ? [base.path, `${base.path}/**/*`] : []),
    ...sources.flatMap((source) => {
      if (source.type === 'path') return [source.path];
      if (source.type !== 'image' || source.image.type !== 'archive') return [];
      return [source.image.path, `${source.image.path}/**/*`];
    }),
  ];
}

/** GitLab expands variables in patterns and has no way to write others' special characters: `?` stands for any one. */
function toPattern(path: string): string {
  return path.replaceAll(/[^\w./*@%+=,:~ -]/gu, '?');
}
