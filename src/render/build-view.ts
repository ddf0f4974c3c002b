import { formatPlatform } from '../platform/platform.ts';
import type { ImageReference } from '../oci/reference.ts';
import { ForkwrightError } from '../errors.ts';
import { packageManagerOf } from '../recipe/package-manager.ts';
import type { EnvEntry, GoBuild, MakeBuild, Target, Upstream } from '../recipe/target.ts';
import type {
  BuildPackagesView,
  BuildView,
  FileView,
  GoBuildView,
  MakeBuildView,
  SourceView,
} from './dockerfile-view.ts';
import { modeFlag } from './file-plan.ts';
import { goEnvironment } from './go-environment.ts';
import { imageName } from './image-name.ts';

const SOURCE_FOLDER = '/src';
const PROGRAM_MODE = 0o755;

/** Gives what a template needs to know of how the program is made. `program` is how a prebuilt one gets into the image. */
export function buildView(target: Target, program: FileView | null): BuildView {
  const { build } = target;
  switch (build.kind) {
    case 'go':
      return goBuildView(build, target);
    case 'make':
      return makeBuildView(build, target);
    case 'dockerfile':
      return {
        kind: 'dockerfile',
        source: sourceView(target),
        dockerfile: build.dockerfile,
        target: build.target ?? '',
      };
    case 'prebuilt':
      return program === null ? { kind: 'none' } : { kind: 'prebuilt', program };
    case 'none':
      return { kind: 'none' };
  }
}

function goBuildView(build: GoBuild, target: Target): GoBuildView {
  const modules = build.modules === 'gopath' ? [{ name: 'GO111MODULE', value: 'off' }] : [];
  const { importPath, output } = build;
  return {
    kind: 'go',
    image: imageName(build.image),
    packages: buildPackagesView(build.packages, build.image),
    source: sourceView(target),
    env: mergeEnv([...goEnvironment(target.platform, build.cgo), ...modules, ...build.env]),
    // The official images have GOPATH=/go; a tree below it is found by its import path, with modules and without.
    workdir: importPath === null ? SOURCE_FOLDER : `/go/src/${importPath}`,
    isGopath: build.modules === 'gopath',
    isVendored: build.modules === 'vendor',
    findsModules: build.modules === null,
    tags: build.tags.join(','),
    ldflags: build.ldflags ?? '',
    package: build.package,
    built: `/out/${baseName(output)}`,
    output,
    flags: programFlags(target),
  };
}

function makeBuildView(build: MakeBuild, target: Target): MakeBuildView {
  return {
    kind: 'make',
    image: imageName(build.image),
    packages: buildPackagesView(build.packages, build.image),
    source: sourceView(target),
    env: build.env,
    variables: build.variables,
    targets: build.targets,
    built: `${SOURCE_FOLDER}/${build.file}`,
    output: build.output,
    flags: programFlags(target),
  };
}

function sourceView(target: Target): SourceView {
  const { git } = upstreamOf(target);
  return { git, patches: target.patches.length === 0 ? null : `patches/${target.recipe}` };
}

/** The upstream of a target that is built from source. Throws `render.no-upstream`. */
export function upstreamOf(target: Target): Upstream {
  if (target.upstream !== null) return target.upstream;
  const text = `${target.recipe} on ${formatPlatform(target.platform)} is built from source but has no upstream`;
  throw new ForkwrightError('render.no-upstream', text, { hint: 'add upstream.git' });
}

function buildPackagesView(names: readonly string[], image: ImageReference): BuildPackagesView {
  const manager = packageManagerOf(imageName(image));
  return { names, isApk: manager === 'apk', isApt: manager === 'apt' };
}

function programFlags(target: Target): readonly string[] {
  return target.platform.os === 'windows' ? ['--from=build'] : ['--from=build', modeFlag(PROGRAM_MODE)];
}

/** The last value of a name wins, at the place of the first. */
function mergeEnv(entries: readonly EnvEntry[]): readonly EnvEntry[] {
  const values = new Map(entries.map(({ name, value }) => [name, value]));
  return [...values].map(([name, value]) => ({ name, value }));
}

function baseName(path: string): string {
  return path.split(/[/\\]/).at(-1) ?? path;
}
