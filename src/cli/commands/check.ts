import pMap from 'p-map';
import { ForkwrightError } from '../../errors.ts';
import type { Finding } from '../../finding.ts';
import { parseReference } from '../../oci/reference.ts';
import { loadWorkspace, readWorkspaceDefaults } from '../../recipe/load.ts';
import { hasCredentials, maskCredentials } from '../../recipe/quoted.ts';
import { checkHealth, type Health } from '../../upstream/check-health.ts';
import { checkRecipes } from '../../upstream/check-recipes.ts';
import { pinsOfRecipe } from '../../upstream/pins.ts';
import type { ImageState, RecipeState, UpstreamState } from '../../upstream/state.ts';
import { countVerdicts, formatCheck } from '../check-text.ts';
import type { CommandResult, Invocation } from '../command.ts';
import { exitWith } from '../exit-with.ts';
import { formatHealth } from '../health-text.ts';
import { withCheckDeps } from '../open-check.ts';

// git's own transports; its `ext::` runs a command.
const GIT_URL = /^(?:(?:https?|ssh|git|file):\/\/|[\w.-]+@[\w.-]+:(?!\/\/))\S+$/;
const URLS_AT_ONCE = 16;

export interface CheckArguments {
  /** Names of recipes, none for all; or URLs of git repositories. */
  readonly what: readonly string[];
  readonly isOffline: boolean;
  /** Whether news end it with 1. */
  readonly hasExitCode: boolean;
  /** The image that an upstream publishes; with one URL only. */
  readonly image: string | null;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
}

/**
 * `forkwright check`: what has moved of everything that recipes are built from; or the health of upstreams that are not
 * forked yet. Nothing is changed but the cache. Ends with 2 where something could not be checked. Throws
 * `usage.check`, `recipe.unknown-name`, and as `withCheckDeps`.
 */
export async function checkCommand(given: CheckArguments, invocation: Invocation): Promise<CommandResult> {
  const urls = given.what.filter((word) => GIT_URL.test(word));
  if (urls.length === 0 && given.image === null) return checkWorkspace(given, invocation);
  if (urls.length < given.what.length) {
    const text = 'URLs and names of recipes cannot be checked in one call';
    throw new ForkwrightError('usage.check', text, {
      hint: 'recipes are held to their pins, URLs are looked at alone',
    });
  }
  if (given.image !== null && urls.length !== 1) {
    throw new ForkwrightError('usage.check', '--image is the image of one upstream', { hint: 'give its URL with it' });
  }
  const secret = urls.find((url) => hasCredentials(url));
  if (secret === undefined) return checkUrls(urls, given, invocation);
  const hint = 'leave it out; git asks its credential helper';
  throw new ForkwrightError('usage.check', 'the URL carries a user or a password', {
    place: maskCredentials(secret),
    hint,
  });
}

async function checkWorkspace(given: CheckArguments, invocation: Invocation): Promise<CommandResult> {
  const { workspace, findings: loading } = await loadWorkspace(invocation.root, given.what);
  const settings = { isOffline: given.isOffline, nowMs: given.nowMs, mirrors: workspace.settings.mirrors };
  const pins = workspace.recipes.map(pinsOfRecipe);
  const task = invocation.progress.task(`checking ${pins.length} recipe${pins.length === 1 ? '' : 's'}`, null);
  let states: readonly RecipeState[];
  try {
    states = await withCheckDeps(settings, invocation, (deps) => checkRecipes(pins, deps));
    task.done('checked');
  } catch (error) {
    task.fail('not checked');
    throw error;
  }
  const parts = states.flatMap(({ upstreams, images }) => [...upstreams, ...images]);
  const found = parts.flatMap(({ findings }) => findings);
  const hasNews = parts.some(({ verdict }) => verdict === 'moved' || verdict === 'alarm');
  // What is wrong with a recipe is told; its warnings are those of `validate`.
  const faults = loading.filter(({ severity }) => severity === 'error');
  return {
    schema: 'forkwright.check/v1',
    json: { offline: given.isOffline, counts: countVerdicts(parts), recipes: states.map(stateToJson) },
    text: formatCheck(states, given.nowMs(), invocation.style),
    findings: [...faults, ...found],
    ...exitWith(found, hasNews && given.hasExitCode),
  };
}

async function checkUrls(
  urls: readonly string[],
  given: CheckArguments,
  invocation: Invocation,
): Promise<CommandResult> {
  const image = given.image === null ? null : parseReference(given.image.replace(/^docker:\/\//, ''));
  const { mirrors } = (await readWorkspaceDefaults(invocation.root)).defaults.settings;
  const healths = await withCheckDeps({ ...given, mirrors }, invocation, (deps) =>
    pMap(urls, (url) => checkHealth(url, image, deps), { concurrency: URLS_AT_ONCE }),
  );
  const findings = healths.flatMap(({ git, failures }) =>
    failures.map(({ text, hint }): Finding => {
      return { code: 'upstream.health-unknown', severity: 'error', place: git, text, hint };
    }),
  );
  const isPoor = healths.some(({ grade }) => grade === 'poor');
  return {
    schema: 'forkwright.health/v1',
    json: { offline: given.isOffline, upstreams: healths.map(healthToJson) },
    text: formatHealth(healths, given.nowMs(), invocation.style),
    findings,
    ...exitWith(findings, isPoor && given.hasExitCode),
  };
}

/** Without findings: they are at the end of the document, all together. */
function stateToJson({ recipe, verdict, upstreams, images }: RecipeState) {
  return { recipe, verdict, upstreams: upstreams.map(upstreamToJson), images: images.map(imageToJson) };
}

function upstreamToJson(state: UpstreamState) {
  const { git, track, pinned, verdict, reason, observedAt, found, distance, newestTag, project } = state;
  return { git, track, pinned, verdict, reason, observedAt, found, distance, newestTag, project };
}

function imageToJson({ name, verdict, reason, observedAt, pinned, found, platforms }: ImageState) {
  return { name, verdict, reason, observedAt, pinned, found, platforms };
}

function healthToJson({ git, grade, observedAt, signals, project }: Health) {
  return { git, grade, observedAt, signals, project };
}
