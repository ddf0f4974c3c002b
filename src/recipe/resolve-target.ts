import { formatTrack, upstreamKey } from '../lock/upstream-key.ts';
import type { LockedUpstream, RecipeLock } from '../lock/lock.ts';
import { pinsOf } from '../lock/pins.ts';
import { formatPlatform, platformSlug, type Platform } from '../platform/platform.ts';
import type { Sections } from './check-sections.ts';
import type { Report } from './fault.ts';
import { makeLabels } from './labels.ts';
import type { PlatformEntry } from './platform-list.ts';
import type { TargetFields } from './recipe-schema.ts';
import { resolveBase, resolveImage } from './resolve-image.ts';
import { resolveBuild } from './resolve-build.ts';
import { findRunner } from './runner.ts';
import { runsOnTarget } from './needs-engine.ts';
import type { Build, Target, Upstream } from './target.ts';
import { platformValues, type TextContext } from './target-texts.ts';
import type { Name } from './name-text.ts';
import { findVersion, UNVERSIONED } from './version.ts';
import type { WorkspaceDefaults } from './workspace-file.ts';
import { parseWorkspacePath } from './workspace-path.ts';

/** What is the same for all targets of a recipe. */
export interface RecipeContext {
  readonly recipe: string;
  /** The `platformKeys` of all its platforms; null where some are unknown. */
  readonly recipePlatforms: ReadonlySet<string> | null;
  /** What names in braces stand for on every platform, but for the version. */
  readonly values: ReadonlyMap<Name, string>;
  readonly defaults: WorkspaceDefaults;
  /** Null where the recipe has none. */
  readonly lock: RecipeLock | null;
}

/** Gives what names in braces stand for on a platform; the version is missing where nothing says one. */
export function valuesOf(
  platform: Platform,
  { fields, broken }: Sections<TargetFields>,
  { values: common, recipePlatforms, lock }: RecipeContext,
  report: Report,
): ReadonlyMap<Name, string> {
  const values = new Map([...common, ...platformValues(platform)]);
  const locked = fields.upstream === undefined ? null : findLocked(resolveUpstream(fields.upstream), lock);
  const version = findVersion(fields, locked, { platform, recipePlatforms, report, values });
  // A broken field may be the one that says the version; that it is missing is then not worth a word.
  const isUnknown = ['version', 'build', 'upstream'].some((key) => broken.has(key));
  if (version !== null || isUnknown) values.set('version', version ?? UNVERSIONED);
  return values;
}

/**
 * Resolves a recipe's fields on one platform. Reports everything that is wrong; what comes of faulty fields, null where
 * nothing can, is to be dropped.
 */
export function resolveTarget(
  sections: Sections<TargetFields>,
  entry: PlatformEntry,
  recipe: RecipeContext,
  report: Report,
): Target | null {
  const { fields, broken } = sections;
  const { platform } = entry;
  const values = valuesOf(platform, sections, recipe, report);
  const version = values.get('version') ?? null;
  const context: TextContext = { platform, recipePlatforms: recipe.recipePlatforms, report, values };
  const build = fields.build === undefined ? ({ kind: 'none' } as const) : resolveBuild(fields.build, context);
  const base = broken.has('image') || broken.has('build') ? null : resolveBase(fields, report);
  const output = build === null ? null : outputOf(build);
  const image = broken.has('image') ? null : resolveImage(fields.image ?? {}, base, output, context);
  const upstream = fields.upstream === undefined ? null : resolveUpstream(fields.upstream);
  const locked = upstream === null ? null : findLocked(upstream, recipe.lock);
  const commit = upstream?.commit ?? locked?.commit ?? null;
  if (!broken.has('upstream'))
    reportUpstream(fields, upstream === null ? null : { ...upstream, commit }, recipe, report);
  if (build === null || base === null || image === null) return null;

  const runner = findRunner(platform, entry.runner, recipe.defaults.runners);
  const pins = pinsOf(recipe.lock, locked, platform);
  const labels = makeLabels({
    recipe: recipe.recipe,
    fields,
    base,
    version: version === UNVERSIONED ? null : version,
    commit,
    pins: pins.images,
    defaults: recipe.defaults.labels,
  });
  const target: Target = {
    recipe: recipe.recipe,
    platform,
    slug: platformSlug(platform),
    emulate: entry.emulate,
    runnerTags: runner.tags,
    hasNativeRunner: runner.isNative,
    version: version ?? UNVERSIONED,
    upstream: upstream === null ? null : { ...upstream, commit },
    pins,
    patches: (fields.patches ?? []).map((patch) => `patches/${recipe.recipe}/${parseWorkspacePath(patch)}`),
    build,
    image: { ...image, base, labels },
    tests: fields.test ?? [],
  };
  if (entry.emulate === false && !runner.isNative && runsOnTarget(target)) {
    const what = `no runner runs ${formatPlatform(platform)} natively, and an emulator is not allowed`;
    const hint = 'map it under runners in forkwright.yaml, or leave out emulate: false';
    report(entry.path, 'no-runner', what, { hint });
  }
  return target;
}

/** What the lock has for an upstream as the recipe says it; null for nothing. */
function findLocked(upstream: Upstream, lock: RecipeLock | null): LockedUpstream | null {
  return lock?.upstreams.get(upstreamKey(upstream)) ?? null;
}

function outputOf(build: Build): string | null {
  if (build.kind === 'prebuilt') return build.program.to;
  return build.kind === 'go' || build.kind === 'make' ? build.output : null;
}

/** Gives what a recipe says of its upstream. */
export function resolveUpstream(fields: NonNullable<TargetFields['upstream']>): Upstream {
  const { git, branch, tag, release, commit = null } = fields;
  if (branch !== undefined) return { git, track: { kind: 'branch', branch }, commit };
  if (tag !== undefined) return { git, track: { kind: 'tag', pattern: tag }, commit };
  if (release !== undefined) return { git, track: { kind: 'release', range: release }, commit };
  return { git, track: { kind: 'none' }, commit };
}

/** Reports an upstream that is lacking or that is left to move, and patches that nothing is done with. */
function reportUpstream(
  { build, image, patches = [] }: Partial<TargetFields>,
  upstream: Upstream | null,
  { recipe }: Pick<RecipeContext, 'recipe'>,
  report: Report,
): void {
  const isFromSource = build?.kind === 'go' || build?.kind === 'make' || build?.kind === 'dockerfile';
  const file = (image?.files ?? []).findIndex((each) => each.upstream !== undefined);
  if (!isFromSource && file === -1) {
    if (patches.length === 0) return;
    const what = 'not used: nothing comes out of the source';
    return report(['patches'], 'unused-key', what, { severity: 'warning', hint: 'remove it' });
  }
  if (upstream === null) {
    const [path, user] = isFromSource
      ? [['build', 'kind'], `${build.kind} builds from a source`]
      : [['image', 'files', file, 'upstream'], 'the file comes out of a source'];
    const hint = 'add upstream: with its git, branch and commit';
    return report(path, 'missing-key', `${user}, and "upstream" is missing`, { hint });
  }
  if (upstream.commit !== null) return;
  const { kind } = upstream.track;
  const followed = kind === 'branch' ? upstream.track.branch : formatTrack(upstream.track);
  const what = `no commit is given: it renders and builds what ${kind === 'none' ? `the ${followed}` : followed} holds on the day`;
  const hint = `run \`forkwright lock ${recipe}\`, or add commit: and the 40 hex digits`;
  report(['upstream'], 'unpinned', what, { severity: 'warning', hint });
}
