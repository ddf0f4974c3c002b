import { formatPlatform } from '../platform/platform.ts';
import type { Base, ResolvedRecipe, Target, WorkspaceSettings } from '../recipe/target.ts';
import { buildView, sourceView } from './build-view.ts';
import { takesUpstreamFiles } from '../recipe/upstream-context.ts';
import type { BaseView, DockerfileView } from './dockerfile-view.ts';
import { planFile } from './file-plan.ts';
import { imageName } from './image-name.ts';
import { namedFiles } from './named-files.ts';
import { settingsView } from './settings-view.ts';

/** Gives the view of a target's Dockerfile. Throws `render.no-upstream`. */
export function makeView(recipe: ResolvedRecipe, target: Target, settings: WorkspaceSettings): DockerfileView {
  const { image, platform } = target;
  const toolsImage = imageName(settings.toolsImage);
  const plans = namedFiles(target).map((named) =>
    planFile(named, { toolsImage, isWindows: platform.os === 'windows' }),
  );
  const hasProgram = target.build.kind === 'prebuilt';
  return {
    header: {
      recipe: recipe.name,
      platform: formatPlatform(platform),
      description: recipe.description,
      source: recipe.file,
    },
    build: buildView(target, hasProgram ? (plans[0]?.file ?? null) : null),
    stages: plans.flatMap(({ stage }) => (stage === null ? [] : [stage])),
    base: baseView(image.base),
    packages: {
      names: image.packages,
      isApk: image.packageManager === 'apk',
      isOnScratch: image.packages.length > 0 && image.base.type === 'scratch',
      toolsImage,
    },
    files: plans.slice(hasProgram ? 1 : 0).map(({ file }) => file),
    filesSource: takesUpstreamFiles(target) && !isFromSource(target) ? sourceView(target) : null,
    settings: settingsView(image),
  };
}

/** Whether the build takes the source as well, and says so. */
function isFromSource({ build }: Target): boolean {
  return build.kind === 'go' || build.kind === 'make';
}

function baseView(base: Base): BaseView {
  switch (base.type) {
    case 'scratch':
      return { from: 'scratch', isScratch: true, archive: '' };
    case 'image':
      return { from: imageName(base.reference), isScratch: false, archive: '' };
    case 'archive':
      return { from: 'base', isScratch: false, archive: base.path };
    case 'upstream':
      return { from: 'upstream-image', isScratch: false, archive: '' };
  }
}
