import { parseReference } from '../../src/oci/reference.ts';
import { platformSlug } from '../../src/platform/platform.ts';
import { parsePlatform } from '../../src/platform/parse.ts';
import { NO_PINS } from '../../src/recipe/target.ts';
import type {
  GoBuild,
  ImageFile,
  ImageSpec,
  MakeBuild,
  ResolvedRecipe,
  Target,
  Upstream,
  Workspace,
} from '../../src/recipe/target.ts';

export const UPSTREAM: Upstream = {
  git: 'https://git.example.org/tools/tool.git',
  track: { kind: 'branch', branch: 'main' },
  commit: '3385f1bfe8d491169b054e4417f570c30f6325df',
};

const EMPTY_IMAGE: ImageSpec = {
  base: { type: 'scratch' },
  packages: [],
  packageManager: null,
  entrypoint: null,
  cmd: null,
  env: [],
  user: null,
  workdir: null,
  labels: [],
  ports: [],
  volumes: [],
  stopSignal: null,
  healthcheck: null,
  files: [],
};

export const GO_BUILD: GoBuild = {
  kind: 'go',
  image: parseReference('golang:1.19-bookworm'),
  package: './cmd/tool',
  importPath: null,
  modules: null,
  ldflags: null,
  tags: [],
  cgo: false,
  toolchain: { isOnTarget: false, compiler: null },
  env: [],
  packages: [],
  finish: [],
  output: '/bin/tool',
};

export const MAKE_BUILD: MakeBuild = {
  kind: 'make',
  image: parseReference('gcc:14'),
  toolchain: { isOnTarget: true, compiler: null },
  packages: [],
  targets: [],
  variables: [],
  env: [],
  file: 'out/tool',
  finish: [],
  output: '/bin/tool',
};

/** A file at /bin/tool, mode 0755, owned by root. */
export function makeFile(source: ImageFile['source'], file: Partial<ImageFile> = {}): ImageFile {
  return { source, to: '/bin/tool', mode: 0o755, uid: 0, gid: 0, ...file };
}

export interface TargetValues extends Partial<Omit<Target, 'platform' | 'image'>> {
  readonly platform?: string;
  readonly image?: Partial<ImageSpec>;
}

/** A target of the recipe `tool` that is nothing but scratch, where the values say nothing else. */
export function makeTarget({ platform = 'linux/amd64', image = {}, ...values }: TargetValues = {}): Target {
  const parsed = parsePlatform(platform);
  return {
    recipe: 'tool',
    platform: parsed,
    slug: platformSlug(parsed),
    emulate: null,
    runnerTags: [],
    hasNativeRunner: false,
    version: '1.2.3',
    upstream: null,
    pins: NO_PINS,
    patches: [],
    build: { kind: 'none' },
    tests: [],
    ...values,
    image: { ...EMPTY_IMAGE, ...image },
  };
}

/** A recipe of the name that its targets have. */
export function makeRecipe(targets: readonly Target[], values: Partial<ResolvedRecipe> = {}): ResolvedRecipe {
  const name = targets[0]?.recipe ?? 'tool';
  return {
    name,
    file: `recipes/${name}.yaml`,
    description: 'A tool',
    version: '1.2.3',
    fork: null,
    publish: { image: null, tags: [] },
    archives: null,
    parity: null,
    lock: null,
    targets,
    ...values,
  };
}

export function makeWorkspace(
  recipes: readonly ResolvedRecipe[],
  pipeline: Partial<Workspace['settings']['pipeline']> = {},
): Workspace {
  return {
    root: '/workspace',
    settings: {
      pipeline: {
        image: 'registry.example.org/releng/forkwright:1',
        command: 'forkwright',
        engine: 'dind',
        dindImage: 'docker:26-dind',
        artifactsExpireIn: '1 week',
        ifNeeded: false,
        ...pipeline,
      },
      mirrors: {},
      toolsImage: parseReference('alpine:3.20'),
    },
    recipes,
  };
}
