import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { formatPlatform } from '../../src/platform/platform.ts';
import { loadWorkspace } from '../../src/recipe/load.ts';

const { workspace, findings } = await loadWorkspace(fileURLToPath(new URL('../..', import.meta.url)));
const named = (name: string) => workspace.recipes.find((recipe) => recipe.name === name);
const [copy, esbuild, sentry] = ['dockerfile-copy', 'esbuild', 'sentry-cli'].map(named);

test('the shipped recipes are sound, and a branch that is followed is said', () => {
  expect(findings.map(({ code, severity, text }) => `${code} ${severity} ${text}`)).toEqual(
    ['master', 'master', 'master', '17-7-stable'].map(
      (branch) =>
        `recipe.unpinned warning upstream: no commit is given: it renders and builds what ${branch} holds on the day`,
    ),
  );
  expect(workspace.recipes.map(({ name, version }) => `${name} ${version}`)).toEqual([
    'binfmt master',
    'buildkit master',
    'dockerfile-copy 3385f1bfe8d4',
    'dumb-init master',
    'esbuild 0.28.2',
    'gitlab-runner-helper 17-7-stable',
    'sentry-cli 3.8.0',
  ]);
});

test('dockerfile-copy: the platforms of upstream, emulated where no runner is native', () => {
  expect(
    copy?.targets.map(({ platform, emulate, hasNativeRunner }) => [formatPlatform(platform), emulate, hasNativeRunner]),
  ).toEqual([
    ['linux/amd64', null, true],
    ['linux/arm64', null, true],
    ['linux/arm/v7', true, false],
    ['linux/arm/v6', true, false],
    ['linux/ppc64le', true, false],
    ['linux/s390x', true, false],
  ]);
  expect(copy?.publish).toEqual({
    image: 'registry.example.com/releng/dockerfile-copy',
    tags: ['3385f1bfe8d4', 'latest'],
  });
});

function packagesOf(recipe: typeof esbuild) {
  return recipe?.targets.map(({ platform, build }) => {
    const source = build.kind === 'prebuilt' ? build.program.source : null;
    return [formatPlatform(platform), source?.type === 'npm' ? source.package : null];
  });
}

test("esbuild: npm's package for each platform", () => {
  expect(packagesOf(esbuild)).toEqual([
    ['linux/amd64', '@esbuild/linux-x64'],
    ['linux/arm64', '@esbuild/linux-arm64'],
    ['linux/386', '@esbuild/linux-ia32'],
    ['linux/arm/v7', '@esbuild/linux-arm'],
    ['linux/loong64', '@esbuild/linux-loong64'],
    ['linux/ppc64le', '@esbuild/linux-ppc64'],
    ['linux/riscv64', '@esbuild/linux-riscv64'],
    ['linux/s390x', '@esbuild/linux-s390x'],
  ]);
});

test("sentry-cli: npm's package for each platform", () => {
  expect(packagesOf(sentry)).toEqual([
    ['linux/amd64', '@sentry/cli-linux-x64'],
    ['linux/arm64', '@sentry/cli-linux-arm64'],
    ['linux/386', '@sentry/cli-linux-i686'],
    ['linux/arm/v7', '@sentry/cli-linux-arm'],
  ]);
});

test('gitlab-runner-helper: the entrypoint that its archives lose, and Windows with its version', () => {
  const helper = named('gitlab-runner-helper');
  const [windows, ...others] = helper?.targets.filter(({ platform }) => platform.os === 'windows') ?? [];
  expect(others).toEqual([]);
  expect(windows?.slug).toBe('windows-amd64-10-0-20348');
  expect(windows?.platform.osVersion).toBe('10.0.20348');
  expect(windows?.tests).toEqual([]);
  const linux = helper?.targets.filter(({ platform }) => platform.os === 'linux') ?? [];
  expect(linux).toHaveLength(6);
  for (const { image } of linux) expect(image.entrypoint).toEqual(['/usr/bin/dumb-init', '/entrypoint']);
});

test('every image that can be run is tested', () => {
  for (const { targets } of workspace.recipes) {
    for (const { platform, tests } of targets) expect(tests.length > 0).toBe(platform.os === 'linux');
  }
});
