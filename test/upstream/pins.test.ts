import { expect, test } from 'vitest';
import { EMPTY_LOCK } from '../../src/lock/lock.ts';
import type { Digest } from '../../src/oci/digest.ts';
import { parseReference } from '../../src/oci/reference.ts';
import { parsePlatform } from '../../src/platform/parse.ts';
import type { ImagePin, ResolvedRecipe, Target } from '../../src/recipe/target.ts';
import { pinsOfRecipe } from '../../src/upstream/pins.ts';
import { loadRecipeText } from '../../src/recipe/load.ts';
import { NO_DEFAULTS } from '../../src/recipe/workspace-file.ts';

const digest = (digit: string): Digest => `sha256:${digit.repeat(64)}`;
const BASE = 'docker.io/library/alpine:3.20';

function resolve(text: string): ResolvedRecipe {
  const { recipe, findings } = loadRecipeText(`name: tool\nversion: "1"\n${text}`, 'recipes/tool.yaml', NO_DEFAULTS);
  if (recipe === null) throw new Error(JSON.stringify(findings));
  return recipe;
}

const withPins = (recipe: ResolvedRecipe, pinOf: (target: Target) => ImagePin): ResolvedRecipe => ({
  ...recipe,
  targets: recipe.targets.map((target) => ({
    ...target,
    pins: { ...target.pins, images: new Map([[BASE, pinOf(target)]]) },
  })),
});

const [AMD64, ARM64] = [parsePlatform('linux/amd64'), parsePlatform('linux/arm64')];
const PLAIN = 'image: { base: "alpine:3.20" }\nplatforms: [linux/amd64, linux/arm64]\n';

test('nothing is pinned', () => {
  expect(pinsOfRecipe(resolve(PLAIN))).toEqual({
    recipe: 'tool',
    place: 'recipes/tool.yaml',
    upstreams: [],
    images: [
      {
        reference: parseReference('alpine:3.20'),
        digest: null,
        platforms: [
          { platform: AMD64, digest: null },
          { platform: ARM64, digest: null },
        ],
      },
    ],
  });
});

test('the lock pins index and platforms; a platform without its own digest has none', () => {
  const recipe = withPins(resolve(PLAIN), ({ platform }) => ({
    onBuilder: digest('0'),
    onTarget: platform.arch === 'amd64' ? digest('1') : digest('0'),
  }));
  expect(pinsOfRecipe(recipe).images).toMatchObject([
    { digest: digest('0'), platforms: [{ digest: digest('1') }, { digest: null }] },
  ]);
});

test('an image of another recipe is not looked at', () => {
  const lock = { ...EMPTY_LOCK, images: new Map([[BASE, { kind: 'recipe', recipe: 'base' } as const]]) };
  expect(pinsOfRecipe({ ...resolve(PLAIN), lock }).images).toEqual([]);
});

test('a digest in the name is the pin', () => {
  const text = PLAIN.replace('alpine:3.20', `alpine:3.20@${digest('2')}`);
  expect(pinsOfRecipe(resolve(text)).images).toMatchObject([{ digest: digest('2') }]);
});

test('of a compiler that runs on the builder the whole counts', () => {
  const recipe = resolve(
    `upstream: { git: "https://git.example.com/a/b", branch: main, commit: "${'a'.repeat(40)}" }\n` +
      'build: { kind: go, image: "golang:1.22", package: ., output: /bin/tool }\nimage: { base: scratch }\nplatforms: [linux/amd64]\n',
  );
  const { upstreams, images } = pinsOfRecipe(recipe);
  expect(upstreams).toMatchObject([{ commit: 'a'.repeat(40) }]);
  expect(images).toEqual([{ reference: parseReference('golang:1.22'), digest: null, platforms: [] }]);
});
