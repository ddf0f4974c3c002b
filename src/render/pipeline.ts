import { stringify } from 'yaml';
import type { Finding } from '../finding.ts';
import type { Workspace } from '../recipe/target.ts';
import { checkJobs, checkPipelineSize } from './check-pipeline.ts';
import { isEmulated, listJobs, type Job } from './pipeline-jobs.ts';
import { BINFMT_IMAGE, listJobTemplates } from './pipeline-templates.ts';
import { quoteComment } from './quote.ts';

/** What the pipeline is rendered from, besides the recipes. */
export const PIPELINE_SOURCE = 'forkwright.yaml';

const HEADER = `# The forks' pipeline: a build job per recipe and platform, then an index job per recipe.
# Included by .gitlab-ci.yml, whose stages have to have \`build\` and \`index\`.
#
# Rendered by forkwright from ${PIPELINE_SOURCE} and the recipes: edit those, then run \`forkwright render\`.
`;

export interface RenderedPipeline {
  readonly content: string;
  readonly findings: readonly Finding[];
}

/** Gives the GitLab pipeline of a whole workspace, and what GitLab would not take of it. */
export function renderPipeline({ settings, recipes }: Workspace): RenderedPipeline {
  const hasEmulated = recipes.some((recipe) => recipe.targets.some(isEmulated));
  const globals = {
    stages: ['build', 'index'],
    variables: {
      FORKWRIGHT_IMAGE: settings.pipeline.image,
      FORKWRIGHT_COMMAND: settings.pipeline.command,
      ...(hasEmulated ? { FORKWRIGHT_BINFMT_IMAGE: BINFMT_IMAGE } : {}),
    },
  };
  const jobs = [...listJobTemplates(settings, hasEmulated), ...recipes.flatMap((recipe) => listJobs(recipe, settings))];
  const content = [HEADER, toYaml(globals), ...jobs.map(formatJob)].join('\n');
  return { content, findings: [...recipes.flatMap(checkJobs), ...checkPipelineSize(jobs, content)] };
}

/** A document of its own per job: blank lines come in between, and thousands of jobs stay quick. */
function formatJob({ name, comment, body }: Job): string {
  return `${comment === null ? '' : `# ${quoteComment(comment)}\n`}${toYaml({ [name]: body })}`;
}

function toYaml(value: unknown): string {
  // Anchors and folded lines would be right, but nobody wants to read them.
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}
