import { recipeFolder } from '../recipe/output-names.ts';
import { ForkwrightError } from '../errors.ts';
import type { Finding } from '../finding.ts';
import { compareText } from '../platform/order.ts';
import type { ResolvedRecipe, Target, Workspace, WorkspaceSettings } from '../recipe/target.ts';
import { renderBake } from './bake.ts';
import { checkTarget } from './check-target.ts';
import { makeView } from './make-view.ts';
import { describeFloating, listFloating } from './check-pins.ts';
import { pinDockerfile } from './pin-dockerfile.ts';
import { PIPELINE_SOURCE, renderPipeline } from './pipeline.ts';
import { hasMarker, PIPELINE_PATH, type RenderedFile } from './rendered-file.ts';
import { DOCKERFILE_TEMPLATES, type Templates } from './template-engine.ts';

export interface RenderedWorkspace {
  /** Sorted by path. Not complete where there are findings of severity error. */
  readonly files: readonly RenderedFile[];
  readonly findings: readonly Finding[];
  /** What says of images that nothing pins them. */
  readonly floating: readonly Finding[];
}

/** Renders every file of a workspace: a Dockerfile per target, a bake file per recipe, and the pipeline. */
export function renderWorkspace(workspace: Workspace, templates: Templates): RenderedWorkspace {
  const recipes = renderRecipes(workspace, templates);
  const pipeline = renderPipeline(workspace);
  const files = [...recipes.files, { path: PIPELINE_PATH, content: pipeline.content, source: PIPELINE_SOURCE }];
  return {
    files: files.toSorted((a, b) => compareText(a.path, b.path)),
    findings: withoutRepeats([...recipes.findings, ...pipeline.findings]),
    floating: recipes.floating,
  };
}

/** Renders the files of each recipe of a workspace, which may be some of them only. */
export function renderRecipes(workspace: Workspace, templates: Templates): RenderedWorkspace {
  const files: RenderedFile[] = [];
  const findings: Finding[] = [];
  const unpinned: Finding[] = [];
  for (const recipe of workspace.recipes) {
    const floating: string[] = [];
    for (const target of recipe.targets) {
      findings.push(...checkTarget(recipe, target));
      collect(recipe, findings, () => {
        const file = renderTarget(recipe, target, workspace.settings, templates);
        files.push(file);
        floating.push(...listFloating(target, recipe, file.content));
      });
    }
    unpinned.push(...describeFloating(recipe, floating));
    collect(recipe, findings, () => {
      files.push({
        path: `${recipeFolder(recipe.name)}/docker-bake.json`,
        content: renderBake(recipe),
        source: recipe.file,
      });
    });
  }
  return {
    files: files.toSorted((a, b) => compareText(a.path, b.path)),
    findings: withoutRepeats(findings),
    floating: unpinned,
  };
}

/** Gives the text of a target's Dockerfile. Throws `render.*`. */
export function renderDockerfile(
  recipe: ResolvedRecipe,
  target: Target,
  settings: WorkspaceSettings,
  templates: Templates,
): string {
  const text = templates.renderDockerfile(makeView(recipe, target, settings));
  return pinDockerfile(text, target);
}

function renderTarget(
  recipe: ResolvedRecipe,
  target: Target,
  settings: WorkspaceSettings,
  templates: Templates,
): RenderedFile {
  const content = renderDockerfile(recipe, target, settings, templates);
  if (!hasMarker(content)) {
    throw new ForkwrightError('render.no-marker', 'the Dockerfile does not say that forkwright wrote it', {
      place: `templates/${DOCKERFILE_TEMPLATES[target.build.kind]}`,
      hint: 'begin it with {{> header header}}: files without that line are never overwritten or removed',
    });
  }
  return { path: `${recipeFolder(recipe.name)}/${target.slug}.Dockerfile`, content, source: recipe.file };
}

/** Makes a finding of what is thrown, so that one run shows the faults of all recipes. */
function collect(recipe: ResolvedRecipe, findings: Finding[], render: () => void): void {
  try {
    render();
  } catch (error) {
    if (!(error instanceof ForkwrightError)) throw error;
    const { code, message, place, hint } = error;
    findings.push({ code, severity: 'error', place: place ?? recipe.file, text: message, hint: hint ?? null });
  }
}

/** A fault of a template or of all platforms is one finding, not one per target. */
function withoutRepeats(findings: readonly Finding[]): readonly Finding[] {
  const byText = new Map(findings.map((finding) => [JSON.stringify(finding), finding]));
  return [...byText.values()];
}
