import { formatPlatform } from '../platform/platform.ts';
import { ForkwrightError } from '../errors.ts';
import { goBuiltPath, makeBuiltPath, SOURCE_FOLDER } from '../recipe/built-path.ts';
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
import { binutilsVariables, compilerVariables, compilerView } from './compiler-view.ts';
import { modeFlag } from './file-plan.ts';
import { goEnvironment, GOPATH } from './go-environment.ts';
import { imageName } from './image-name.ts';

const PROGRAM_MODE = 0o755;
// Specification: go.dev/ref/mod#build-commands: where nothing is said, Go 1.14 and later take a vendor/ that is there.
const MOD_FLAGS = { gopath: '', vendor: 'vendor', download: 'readonly' } as const;

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
  const { importPath, output, modules, toolchain } = build;
  const env = [...goEnvironment(target.platform, build), ...compilerVariables(toolchain), ...build.env];
  return {
    kind: 'go',
    image: imageName(build.image),
    isOnTarget: toolchain.isOnTarget,
    packages: buildPackagesView(build),
    source: sourceView(target),
    env: mergeEnv(env),
    workdir: importPath === null ? SOURCE_FOLDER : `${GOPATH}/src/${importPath}`,
    isGopath: modules === 'gopath',
    mod: modules === null ? '' : MOD_FLAGS[modules],
    findsModules: modules === null,
    isCgo: build.cgo,
    tags: build.tags.join(','),
    ldflags: build.ldflags ?? '',
    package: build.package,
    built: goBuiltPath(output),
    finish: build.finish,
    output,
    flags: programFlags(target),
  };
}

function makeBuildView(build: MakeBuild, target: Target): MakeBuildView {
  const { toolchain } = build;
  return {
    kind: 'make',
    image: imageName(build.image),
    isOnTarget: toolchain.isOnTarget,
    packages: buildPackagesView(build),
    source: sourceView(target),
    env: build.env,
    variables: mergeEnv([...compilerVariables(toolchain), ...binutilsVariables(toolchain), ...build.variables]),
    targets: build.targets,
    built: makeBuiltPath(build.file),
    finish: build.finish,
    output: build.output,
    flags: programFlags(target),
  };
}

/** The upstream's source as a template speaks of it. Throws `render.no-upstream`. */
export function sourceView(target: Target): SourceView {
  const { git } = upstreamOf(target);
  return { git, patches: target.patches.length === 0 ? null : `patches/${target.recipe}` };
}

/** The upstream of a target that is built from source. Throws `render.no-upstream`. */
export function upstreamOf(target: Target): Upstream {
  if (target.upstream !== null) return target.upstream;
  const text = `${target.recipe} on ${formatPlatform(target.platform)} is built from source but has no upstream`;
  throw new ForkwrightError('render.no-upstream', text, { hint: 'add upstream.git' });
}

function buildPackagesView({ packages, image, toolchain }: GoBuild | MakeBuild): BuildPackagesView {
  const manager = packageManagerOf(imageName(image));
  const isApt = manager === 'apt';
  return { names: packages, isApk: manager === 'apk', isApt, compiler: compilerView(toolchain) };
}

function programFlags(target: Target): readonly string[] {
  return target.platform.os === 'windows' ? ['--from=build'] : ['--from=build', modeFlag(PROGRAM_MODE)];
}

/** The last value of a name wins, at the place of the first. */
function mergeEnv(entries: readonly EnvEntry[]): readonly EnvEntry[] {
  const values = new Map(entries.map(({ name, value }) => [name, value]));
  return [...values].map(([name, value]) => ({ name, value }));
}
