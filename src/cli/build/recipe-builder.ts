import { buildTargets, type BuildTarget } from '../../build/build-targets.ts';
import { buildNativeTarget } from '../../build/native.ts';
import { readSourceDateEpoch } from '../../build/source-date.ts';
import { findCacheFolder } from '../../cache/cache-folder.ts';
import type { Engine } from '../../engine/engine.ts';
import { readEngineWait } from '../../engine/engine-wait.ts';
import { findEngine, isMissing, type NoEngine } from '../../engine/find-engine.ts';
import { ForkwrightError } from '../../errors.ts';
import { hasFailed, type Finding } from '../../finding.ts';
import { formatPlatform } from '../../platform/platform.ts';
import { createObtain } from '../../prebuilt/obtain.ts';
import { REAL_PAUSES } from '../../http/retry.ts';
import { readMirrors } from '../../recipe/mirrors.ts';
import { engineReason } from '../../recipe/needs-engine.ts';
import type { ResolvedRecipe, Target, Workspace } from '../../recipe/target.ts';
import { writeRendered } from '../../render/write.ts';
import { engineBuild } from './engine-build.ts';
import type { BuildSettings } from './settings.ts';
import { openBuildRegistries } from './registries.ts';
import { withSources } from './source.ts';
import type { Invocation } from '../command.ts';
import { findNeeds, type Needs } from '../if-needed/find-needs.ts';
import { NOT_LOCKED, openKnownInputs } from '../if-needed/inputs.ts';
import { buildWithRecords, type FoundOutcome } from '../if-needed/keep.ts';
import { underCircumstances } from '../if-needed/record.ts';
import { openRecordRegistries } from '../if-needed/registry.ts';
import { spareTargets } from '../if-needed/spare.ts';
import { testBuilt, type TestedTarget } from './test-built.ts';

/** A target whose archive lies in out/ now, and how it came there. */
export interface DoneTarget extends TestedTarget {
  /** `unchanged`: it was there, built from the same. */
  readonly state: 'built' | 'unchanged' | 'fetched';
  /** Why; null where everything is built, whether needed or not. */
  readonly reason: string | null;
}

/** What became of a recipe's targets. */
export interface RecipeOutcome {
  /** In the order of the targets. */
  readonly built: readonly DoneTarget[];
  readonly failures: readonly ForkwrightError[];
  /** Of rendering and of the source; what the tests say is in their records. */
  readonly findings: readonly Finding[];
}

/** Builds the recipes of a workspace, natively or with the engine that it looks for when the first one needs it. */
export interface RecipeBuilder {
  /** The engine, or why there is none; looked for once. */
  readonly engine: () => Promise<Engine | NoEngine>;
  /** Whether only what is needed is built. */
  readonly isIfNeeded: boolean;
  /** Finds which targets of a recipe have to be built: all, unless only what is needed is to be. */
  readonly look: (recipe: ResolvedRecipe, targets: readonly Target[]) => Promise<Needs>;
  /** Builds, or fetches, targets of a recipe, and runs their tests. */
  readonly build: (recipe: ResolvedRecipe, needs: Needs) => Promise<RecipeOutcome>;
}

/**
 * Opens the builder of a workspace. With `isRendered` its generated files are known to be up to date; else those of a recipe
 * are rendered before the engine builds it. Throws `build.source-date-epoch`, `build.engine-wait`, `workspace.mirrors`,
 * `cache.no-folder`.
 */
export function openRecipeBuilder(
  workspace: Workspace,
  isRendered: boolean,
  settings: BuildSettings,
  invocation: Invocation,
): RecipeBuilder {
  const { root, env, fetch, run, signal, progress, nowMs } = invocation;
  const cacheFolder = findCacheFolder(env, process.platform);
  const givenEpoch = readSourceDateEpoch(env);
  const mirrors = readMirrors(env, workspace.settings.mirrors);
  const waitMs = readEngineWait(env);
  const registries = openBuildRegistries(mirrors, cacheFolder, invocation);
  const { images } = registries;
  const obtain = createObtain({ root, env, fetch, run, signal, progress, cacheFolder, pauses: REAL_PAUSES, images });
  let found: Promise<Engine | NoEngine> | null = null;
  const engine = () => (found ??= findEngine({ root, env, run, signal, progress, waitMs, nowMs }));
  const usesEngine = (target: Target) =>
    settings.builder === 'buildx' || (settings.builder === 'auto' && engineReason(target) !== null);

  const buildNatively: BuildTarget = (target) => {
    const epochSeconds = givenEpoch ?? target.pins.epochSeconds ?? 0;
    return buildNativeTarget(target, { root, cacheFolder, epochSeconds, obtain, images, signal });
  };

  const records = openRecordRegistries(mirrors, invocation);
  const findInputs = openKnownInputs(invocation);

  async function look(recipe: ResolvedRecipe, targets: readonly Target[]): Promise<Needs> {
    const inputs = await findInputs(recipe);
    const asked = targets.map((target) => {
      const known = inputs.get(formatPlatform(target.platform)) ?? NOT_LOCKED;
      return { target, known: underCircumstances(target, known, { givenEpoch, usesEngine }) };
    });
    if (settings.isIfNeeded) return findNeeds(recipe, asked, records, invocation);
    return { needs: asked.map((each) => ({ ...each, state: 'built', reason: null })), findings: [] };
  }

  async function buildAll(recipe: ResolvedRecipe, targets: readonly Target[]): Promise<FoundOutcome> {
    const byEngine = targets.filter(usesEngine);
    const there = byEngine.length === 0 ? null : await engine();
    if (there === null || isMissing(there)) {
      const native = targets.filter((target) => !byEngine.includes(target));
      const { built, failures } = await buildTargets(native, buildNatively, { ...settings, progress, signal });
      const lacking = there === null ? [] : lackEngine(recipe, byEngine, there);
      return { built, failures: [...failures, ...lacking], findings: [] };
    }
    const rendered = isRendered ? [] : await renderRecipe(recipe, workspace, invocation);
    if (hasFailed(rendered, false)) return { built: [], failures: [], findings: rendered };
    return withSources(byEngine, invocation, async (sourceOf, findings) => {
      const buildByEngine = engineBuild({ engine: there, sourceOf, mirrors, givenEpoch, settings, invocation });
      const build: BuildTarget = (target, task) => (usesEngine(target) ? buildByEngine : buildNatively)(target, task);
      const outcome = await buildTargets(targets, build, { ...settings, progress, signal });
      return { ...outcome, findings: [...rendered, ...findings] };
    });
  }
  async function build(recipe: ResolvedRecipe, { needs, findings: ofNeeds }: Needs): Promise<RecipeOutcome> {
    const { spared, toBuild, findings: ofSpared } = await spareTargets(needs, settings.parallel, records, invocation);
    const { built, failures, findings } = await buildWithRecords(recipe, toBuild, buildAll, records, invocation);
    const all = [...ofNeeds, ...ofSpared, ...findings, ...built.flatMap(({ archive }) => archive.findings)];
    const order = needs.map(({ target }) => target);
    const done = [...spared, ...built].toSorted((a, b) => order.indexOf(a.target) - order.indexOf(b.target));
    if (!settings.hasTests) return { built: done.map((each) => ({ ...each, record: null })), failures, findings: all };
    const { tested, failures: ofTests } = await testBuilt(done, settings.parallel, engine, invocation);
    return { built: tested, failures: [...failures, ...ofTests], findings: all };
  }
  const close = async () => {
    await Promise.all([registries.close(), records.close()]);
  };
  return {
    engine,
    isIfNeeded: settings.isIfNeeded,
    look: (recipe, targets) => look(recipe, targets).finally(close),
    build: (recipe, needs) => build(recipe, needs).finally(close),
  };
}

/** The engine builds what is rendered, so that everybody can repeat it by hand; it must not be out of date. */
async function renderRecipe(
  recipe: ResolvedRecipe,
  workspace: Workspace,
  { root, signal, progress }: Invocation,
): Promise<readonly Finding[]> {
  const only = { ...workspace, recipes: [recipe] };
  const options = { recipes: [recipe.name], isWithoutPipeline: true, check: false, force: false, signal };
  const { written, removed, findings } = await writeRendered(root, only, options);
  if (written.length + removed.length > 0) {
    progress.note(`${recipe.name}: rendered, ${written.length} written, ${removed.length} removed`);
  }
  // That is about building by hand: here it is handed in as one.
  return findings.filter(({ code }) => code !== 'render.layout-folder');
}

/** One for all platforms that need it for the same reason. */
function lackEngine(
  recipe: ResolvedRecipe,
  targets: readonly Target[],
  { reason, hint }: NoEngine,
): readonly ForkwrightError[] {
  const platforms = new Map<string, string[]>();
  for (const target of targets) {
    const why = engineReason(target) ?? 'buildx was asked for';
    platforms.set(why, [...(platforms.get(why) ?? []), formatPlatform(target.platform)]);
  }
  return [...platforms].map(([why, names]) => {
    const subject = `${names.join(', ')} ${names.length === 1 ? 'was' : 'were'} not built`;
    const text = `${subject}: ${why}; that needs a build engine, and ${reason}`;
    return new ForkwrightError('build.needs-engine', text, { place: recipe.file, hint });
  });
}
