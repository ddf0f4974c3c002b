import { formatPlatform } from '../platform/platform.ts';
import { needsEngine, runsOnTarget } from '../recipe/needs-engine.ts';
import {
  archivePath,
  indexName,
  indexPath,
  inputsPath,
  logPath,
  releaseFolder,
  testsPath,
} from '../recipe/output-names.ts';
import type { ResolvedRecipe, Target, WorkspaceSettings } from '../recipe/target.ts';
import { listRules, type Rule } from './pipeline-rules.ts';
import { quoteShell } from './quote.ts';

/** A job, hidden ones too, as GitLab names its keys. Specification: docs.gitlab.com/ci/yaml. */
export interface Job {
  readonly name: string;
  /** Written above the job; null for none. */
  readonly comment: string | null;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Gives all jobs of a recipe: its rules as a hidden one, a build job per target, and the index job. */
export function listJobs(recipe: ResolvedRecipe, settings: WorkspaceSettings): readonly Job[] {
  const rules: { readonly rules: readonly Rule[] } = { rules: listRules(recipe) };
  return [
    { name: rulesName(recipe), comment: null, body: rules },
    ...recipe.targets.map((target) => buildJob(recipe, target, settings)),
    indexJob(recipe, settings),
  ];
}

/** Whether a target's job needs QEMU: it runs programs of a platform that its runner is not. */
export function isEmulated(target: Target): boolean {
  return runsOnTarget(target) && !target.hasNativeRunner;
}

export function buildJobName(target: Target): string {
  return `build:${target.recipe}:${target.slug}`;
}

export function indexJobName(recipe: ResolvedRecipe): string {
  return `index:${recipe.name}`;
}

function rulesName(recipe: ResolvedRecipe): string {
  return `.forkwright-recipe:${recipe.name}`;
}

function buildJob(recipe: ResolvedRecipe, target: Target, { pipeline }: WorkspaceSettings): Job {
  const platform = formatPlatform(target.platform);
  const isNative = !needsEngine(target);
  const emulated = isEmulated(target);
  const variables = {
    ...(emulated ? { FORKWRIGHT_QEMU: target.platform.arch } : {}),
    // What is built is what the lock says, or nothing.
    ...(recipe.lock === null ? {} : { FORKWRIGHT_LOCK: 'frozen' }),
  };
  return {
    name: buildJobName(target),
    comment: emulated ? `Emulated by QEMU: no runner of this workspace is a ${platform} machine.` : null,
    body: {
      extends: [templateOf(isNative, emulated), rulesName(recipe)],
      // Without an engine any runner will do, whatever the platform.
      ...(isNative || target.runnerTags.length === 0 ? {} : { tags: target.runnerTags }),
      ...(Object.keys(variables).length === 0 ? {} : { variables }),
      script: [
        `$FORKWRIGHT_COMMAND build ${quoteShell(target.recipe)} --platform ${quoteShell(platform)}${pipeline.ifNeeded ? ' --if-needed' : ''}`,
      ],
      artifacts: {
        // The log of a failed build is what one wants to read.
        when: 'always',
        paths: [
          archivePath(target),
          logPath(target),
          ...(target.tests.length === 0 ? [] : [testsPath(target)]),
          ...(keepsInputs(recipe) ? [inputsPath(target)] : []),
        ],
        expire_in: pipeline.artifactsExpireIn,
      },
    },
  };
}

/** Whether the index is to say what its images were built from. Only a recipe with a lock has a record of that. */
function keepsInputs({ lock }: ResolvedRecipe): boolean {
  return lock !== null;
}

function templateOf(isNative: boolean, emulated: boolean): string {
  if (isNative) return '.forkwright-build-native';
  return emulated ? '.forkwright-build-emulated' : '.forkwright-build';
}

function indexJob(recipe: ResolvedRecipe, { pipeline }: WorkspaceSettings): Job {
  const index = indexPath(recipe.name);
  const name = indexName(recipe);
  const assemble = [
    ...recipe.targets.map((target) => quoteShell(archivePath(target))),
    `--output ${quoteShell(index)}`,
    ...(name === null ? [] : [`--name ${quoteShell(name)}`]),
    ...(keepsInputs(recipe) ? [`--recipe ${quoteShell(recipe.name)}`] : []),
  ];
  const release = recipe.archives === null ? [] : [`${releaseFolder(recipe.name)}/`];
  return {
    name: indexJobName(recipe),
    comment: null,
    body: {
      extends: ['.forkwright-index', rulesName(recipe)],
      needs: recipe.targets.map((target) => ({ job: buildJobName(target), artifacts: true })),
      script: [
        `$FORKWRIGHT_COMMAND assemble ${assemble.join(' ')}`,
        `$FORKWRIGHT_COMMAND verify ${quoteShell(index)} --recipe ${quoteShell(recipe.name)}`,
        ...(recipe.archives === null ? [] : [`$FORKWRIGHT_COMMAND archives ${quoteShell(recipe.name)}`]),
      ],
      artifacts: { paths: [index, ...release], expire_in: pipeline.artifactsExpireIn },
    },
  };
}
