import { formatPlatform } from '../platform/platform.ts';
import { archivePath, bakeName, bakeTargetName, recipeFolder, upstreamTargetName } from '../recipe/output-names.ts';
import type { ResolvedRecipe, Target } from '../recipe/target.ts';
import { contextName } from '../oci/context-name.ts';
import { parseReference } from '../oci/reference.ts';
import { compareText } from '../platform/order.ts';
import { hasUpstreamContext } from '../recipe/upstream-context.ts';
import { upstreamOf } from './build-view.ts';
import { namedFiles } from './named-files.ts';

/** A target of a bake file. Specification: docs.docker.com/build/bake/reference. */
interface BakeTarget {
  readonly context: string;
  readonly dockerfile: string;
  readonly target?: string;
  readonly args?: Readonly<Record<string, string>>;
  readonly contexts?: Readonly<Record<string, string>>;
  readonly platforms: readonly string[];
  readonly output?: readonly string[];
  readonly attest?: readonly string[];
}

/** How images are written, and what is said of them; both are inputs of an image. */
export const OUTPUT_OPTIONS = 'rewrite-timestamp=true';
export const ATTESTATIONS: readonly string[] = ['type=provenance,mode=min'];

/**
 * Gives a recipe's docker-bake.json: a target per platform, and a group of them. Mirrors are handed to buildx when it is
 * called and never written here. Throws `render.no-upstream`.
 */
export function renderBake(recipe: ResolvedRecipe): string {
  const { name } = recipe;
  const document = {
    variable: { FORKWRIGHT_SOURCE: { default: recipe.file } },
    group: {
      default: { targets: [bakeName(name)] },
      [bakeName(name)]: { targets: recipe.targets.map(bakeTargetName) },
    },
    target: Object.fromEntries(recipe.targets.flatMap(listBakeTargets)),
  };
  return `${JSON.stringify(document, escapeTemplate, 2)}\n`;
}

function listBakeTargets(target: Target): readonly (readonly [string, BakeTarget])[] {
  const { recipe, slug, build, platform } = target;
  const name = bakeTargetName(target);
  const contexts = listContexts(target);
  const main: BakeTarget = {
    context: '.',
    dockerfile: `${recipeFolder(recipe)}/${slug}.Dockerfile`,
    ...(contexts.length === 0 ? {} : { contexts: Object.fromEntries(contexts) }),
    platforms: [formatPlatform(platform)],
    output: [`type=oci,dest=${archivePath(target)},${OUTPUT_OPTIONS}`],
    attest: ATTESTATIONS,
  };
  if (build.kind !== 'dockerfile') return [[name, main]];
  const pinned = listPinned(target);
  const upstream: BakeTarget = {
    context: sourceContext(target),
    dockerfile: build.dockerfile,
    ...(build.target === null ? {} : { target: build.target }),
    ...(build.args.length === 0
      ? {}
      : { args: Object.fromEntries(build.args.map((argument) => [argument.name, argument.value])) }),
    platforms: [formatPlatform(platform)],
    ...(pinned.length === 0 ? {} : { contexts: Object.fromEntries(pinned) }),
    // Without an output Docker's own builder would keep the image, nameless.
    output: ['type=cacheonly'],
  };
  return [
    [name, main],
    [upstreamTargetName(target), upstream],
  ];
}

/**
 * The images of upstream's own Dockerfile with the digests of the lock, by the names that BuildKit looks them up by. Indexes,
 * since one name may be wanted for the target and for the machine that builds.
 */
function listPinned({ pins }: Target): readonly (readonly [string, string])[] {
  return [...pins.images]
    .toSorted(([a], [b]) => compareText(a, b))
    .flatMap(([name, { onBuilder }]): readonly (readonly [string, string])[] => {
      const reference = parseReference(name);
      return reference.digest === null ? [[contextName(reference), `docker-image://${name}@${onBuilder}`]] : [];
    });
}

/** The named contexts that a target's Dockerfile speaks of. */
function listContexts(target: Target): readonly (readonly [string, string])[] {
  const { build, image } = target;
  const contexts: (readonly [string, string])[] = [];
  if (hasUpstreamContext(target)) contexts.push(['upstream', sourceContext(target)]);
  if (build.kind === 'dockerfile') contexts.push(['upstream-image', `target:${upstreamTargetName(target)}`]);
  if (image.base.type === 'archive') contexts.push(['base', layoutContext(image.base.path)]);
  for (const { name, file } of namedFiles(target)) {
    if (file.source.type !== 'image' || file.source.image.type !== 'archive') continue;
    contexts.push([name, layoutContext(file.source.image.path)]);
  }
  return contexts;
}

function layoutContext(path: string): string {
  return `oci-layout://${path}`;
}

/**
 * Where the source comes from: upstream's git, or the folder that `forkwright source` fills: with patches, and where only
 * forkwright can choose among tags.
 */
function sourceContext(target: Target): string {
  const { git, commit, track } = upstreamOf(target);
  const isChosen =
    commit === null && (track.kind === 'release' || (track.kind === 'tag' && /[*?[]/.test(track.pattern)));
  if (target.patches.length > 0 || isChosen) return `out/${target.recipe}/source`;
  const followed = track.kind === 'branch' ? track.branch : track.kind === 'tag' ? track.pattern : null;
  const reference = commit ?? followed;
  return reference === null ? git : `${git}#${reference}`;
}

/** Bake reads texts as HCL templates. Specification: HCL, "Template literals". */
function escapeTemplate(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? value.replaceAll(/[$%](?=\{)/g, '$&$&') : value;
}
