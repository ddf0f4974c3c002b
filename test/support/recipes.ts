import type { ImageSpec, ResolvedRecipe, Target } from '../../src/recipe/target.ts';
import { parsePlatform } from '../../src/platform/parse.ts';
import { platformSlug } from '../../src/platform/platform.ts';

/** A resolved target that asks for nothing; what a test is about is put over it. */
export function makeTarget(
  platform: string,
  more: Partial<Omit<Target, 'image'>> & { image?: Partial<ImageSpec> } = {},
): Target {
  const parsed = parsePlatform(platform);
  const { image, ...rest } = more;
  return {
    recipe: 'zoo',
    platform: parsed,
    slug: platformSlug(parsed),
    emulate: null,
    runnerTags: [],
    hasNativeRunner: false,
    version: '1.0',
    upstream: null,
    patches: [],
    build: { kind: 'none' },
    tests: [],
    ...rest,
    image: {
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
      ...image,
    },
  };
}

export function makeRecipe(targets: readonly Target[], more: Partial<ResolvedRecipe> = {}): ResolvedRecipe {
  return {
    name: 'zoo',
    file: 'recipes/zoo.yaml',
    description: 'A zoo',
    version: '1.0',
    fork: null,
    publish: { image: null, tags: [] },
    targets,
    ...more,
  };
}
