import { stripComments } from '../build/strip-comments.ts';
import { parseReference } from '../oci/reference.ts';
import { needsEngine } from '../recipe/needs-engine.ts';
import { NO_PINS, type ResolvedRecipe, type Target, type WorkspaceSettings } from '../recipe/target.ts';
import { versionOfCommit } from '../recipe/version.ts';
import { makeView } from '../render/make-view.ts';
import { contextNames, renameImages } from '../render/pin-dockerfile.ts';
import type { Templates } from '../render/template-engine.ts';

// What the native builder builds is fetched by forkwright itself: the image that would do it has no part in it.
const NO_TOOLS = parseReference('tools');
const LABEL = 'org.opencontainers.image.';

/** A target's Dockerfile for the input hash. */
export interface HashedDockerfile {
  /** Without what decides nothing: comments, digests, which are leaves of their own, and labels about provenance. */
  readonly text: string;
  /** Its images as the recipe names them, with digests where it has them: what has to be locked. */
  readonly rendered: string;
}

/**
 * Renders the Dockerfile of a target for the input hash. Labels that say the commit are left out: a commit that moves
 * without its tree changes where the image is said to come from, and nothing in it. Throws `render.*`.
 */
export function renderHashed(
  recipe: ResolvedRecipe,
  target: Target,
  settings: WorkspaceSettings,
  templates: Templates,
): HashedDockerfile {
  return renderBare(recipe, withoutProvenance(target), settings, templates);
}

/**
 * Gives `renderHashed` for a workspace whose recipes are resolved with one lock after another: what comes out the same is
 * rendered once.
 */
export function rememberHashed(
  settings: WorkspaceSettings,
  templates: Templates,
): (recipe: ResolvedRecipe, target: Target) => HashedDockerfile {
  const rendered = new Map<string, HashedDockerfile>();
  return (recipe, target) => {
    const bare = withoutProvenance(target);
    // All of them are plain values, and without pins none is a map.
    const key = JSON.stringify([recipe.name, recipe.file, recipe.description, bare]);
    const known = rendered.get(key) ?? renderBare(recipe, bare, settings, templates);
    rendered.set(key, known);
    return known;
  };
}

function withoutProvenance(target: Target): Target {
  const labels = target.image.labels.filter(({ name, value }) => !isProvenance(name, value, target));
  return { ...target, pins: NO_PINS, image: { ...target.image, labels } };
}

function renderBare(
  recipe: ResolvedRecipe,
  bare: Target,
  settings: WorkspaceSettings,
  templates: Templates,
): HashedDockerfile {
  const toolsImage = needsEngine(bare) ? settings.toolsImage : NO_TOOLS;
  const rendered = templates.renderDockerfile(makeView(recipe, bare, { ...settings, toolsImage }));
  return { text: stripComments(unpin(rendered, bare)), rendered };
}

function unpin(rendered: string, target: Target): string {
  // Most have no digest, and finding out what in them is an image takes as long as rendering.
  if (!rendered.includes('@sha')) return rendered;
  return renameImages(rendered, contextNames(target), (name) => name.replace(/@.*$/, ''));
}

/** Told by the value: what a recipe itself says in such a label counts. */
function isProvenance(name: string, value: string, { upstream, image: { base }, pins }: Target): boolean {
  const commit = upstream?.commit ?? null;
  if (name === `${LABEL}base.digest`) {
    const reference = base.type === 'image' ? base.reference : null;
    if (reference === null) return false;
    return value === reference.digest || [...pins.images.values()].some(({ onTarget }) => onTarget === value);
  }
  if (commit === null) return false;
  return (
    (name === `${LABEL}revision` && value === commit) ||
    (name === `${LABEL}version` && value === versionOfCommit(commit))
  );
}
