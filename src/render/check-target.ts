import type { Finding } from '../finding.ts';
import { needsEngine } from '../recipe/needs-engine.ts';
import type { ResolvedRecipe, Target } from '../recipe/target.ts';
import { usesUpstream } from '../recipe/upstream-context.ts';
import { namedFiles } from './named-files.ts';

/** Finds what cannot, or will not, be built as it is rendered. */
export function checkTarget(recipe: ResolvedRecipe, target: Target): readonly Finding[] {
  return [checkPackages, checkUpstream, checkArchives].flatMap((check) =>
    check(target).map((finding) => ({ ...finding, place: recipe.file })),
  );
}

type PlacelessFinding = Omit<Finding, 'place'>;

function checkPackages({ image }: Target): readonly PlacelessFinding[] {
  if (image.packages.length === 0 || image.base.type !== 'scratch' || image.packageManager === 'apk') return [];
  return [
    {
      code: 'render.packages-on-scratch',
      severity: 'error',
      text: `scratch has no package manager, and only apk can fill a root without one (image.packages: ${image.packages.join(', ')})`,
      hint: 'take an image as the base, or packages of Alpine',
    },
  ];
}

function checkUpstream(target: Target): readonly PlacelessFinding[] {
  const { upstream, patches } = target;
  if (!usesUpstream(target) || upstream === null) return [];
  const { git } = upstream;
  const findings: PlacelessFinding[] = [];
  // Specification: BuildKit, util/gitutil: any other HTTP address is a file to download.
  if (/^https?:/.test(git) && !git.endsWith('.git') && patches.length === 0) {
    findings.push({
      code: 'render.git-address',
      severity: 'warning',
      text: `BuildKit takes ${git} for a file, not for a repository`,
      hint: `most forges also answer to ${git.replace(/\/$/, '')}.git`,
    });
  }
  return findings;
}

function checkArchives(target: Target): readonly PlacelessFinding[] {
  if (!needsEngine(target)) return [];
  const bases = [
    target.image.base,
    ...namedFiles(target).flatMap(({ file }) => (file.source.type === 'image' ? [file.source.image] : [])),
  ];
  return bases.flatMap((base) => {
    if (base.type !== 'archive') return [];
    const text = `buildx reads ${base.path} only if it is an OCI layout folder`;
    return [{ code: 'render.layout-folder', severity: 'note', text, hint: null }];
  });
}
