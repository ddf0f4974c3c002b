import type { Finding } from '../finding.ts';
import type { ResolvedRecipe } from '../recipe/target.ts';
import { buildJobName, indexJobName, type Job } from './pipeline-jobs.ts';
import { PIPELINE_PATH } from './rendered-file.ts';

// Limits of GitLab, docs.gitlab.com/administration/instance_limits and docs.gitlab.com/ci/yaml.
const MAX_NEEDS = 50;
// 255 in general, but a job that others need was held to 128.
const MAX_NAME_LENGTH = 128;
const MAX_SIZE_BYTES = 2 * 1024 * 1024;
const MAX_JOBS = 500;

/** Finds what GitLab would not take of a recipe's jobs. */
export function checkJobs(recipe: ResolvedRecipe): readonly Finding[] {
  const error = (code: string, text: string, hint: string | null): Finding => {
    return { code, severity: 'error', place: recipe.file, text, hint };
  };
  const findings: Finding[] = [];
  const { targets } = recipe;
  if (targets.length > MAX_NEEDS) {
    const text = `the index needs ${targets.length} jobs; GitLab takes ${MAX_NEEDS}`;
    findings.push(error('render.too-many-needs', text, 'split the recipe by platforms'));
  }
  for (const name of [...targets.map(buildJobName), indexJobName(recipe)]) {
    if (name.length <= MAX_NAME_LENGTH) continue;
    const text = `the job name ${name} has ${name.length} characters; GitLab takes ${MAX_NAME_LENGTH}`;
    findings.push(error('render.job-name', text, 'give the recipe a shorter name'));
  }
  return findings;
}

/** Finds a pipeline that is too large for GitLab's defaults; an instance may allow more. */
export function checkPipelineSize(jobs: readonly Job[], content: string): readonly Finding[] {
  const findings: Finding[] = [];
  const count = jobs.filter(({ name }) => !name.startsWith('.')).length;
  if (count > MAX_JOBS) {
    const text = `the pipeline has ${count} jobs; GitLab's default limit is ${MAX_JOBS}`;
    findings.push(warning('render.many-jobs', text, 'spread the recipes over several workspaces'));
  }
  const sizeBytes = Buffer.byteLength(content);
  if (sizeBytes > MAX_SIZE_BYTES) {
    const text = `the pipeline has ${sizeBytes} bytes; GitLab's default limit is ${MAX_SIZE_BYTES}`;
    findings.push(warning('render.large-pipeline', text, 'spread the recipes over several workspaces'));
  }
  return findings;
}

function warning(code: string, text: string, hint: string): Finding {
  return { code, severity: 'warning', place: PIPELINE_PATH, text, hint };
}
