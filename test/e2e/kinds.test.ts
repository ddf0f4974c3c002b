import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { report } from './support/json.ts';
import { testWith, type Need } from './support/needs.ts';
import { makeUpstream, rewriteUrls, type Upstream } from './support/upstreams.ts';
import { makeWorkspace } from './support/workspace.ts';

const ENGINE: readonly Need[] = ['docker', 'engine', 'emulators'];
const SLUGS = ['linux-amd64', 'linux-arm64'] as const;

/**
 * Makes a recipe for SLUGS, expects it to be made and verified without a finding but that it has no lock, and its tests to have been run,
 * and gives what the tests printed, by slug.
 */
async function makeRecipe(name: string, recipe: string, upstream: Upstream | null): Promise<object> {
  const root = await makeWorkspace(name, { [`recipes/${name}.yaml`]: `name: ${name}\n${recipe}` });
  const env = rewriteUrls(upstream === null ? [] : [upstream]);
  const { exitCode, recipes, findings, stderr } = await report(['make'], { cwd: root, env });
  // These recipes have no locks.
  expect(
    findings.filter(({ code }) => code !== 'lock.missing'),
    stderr,
  ).toEqual([]);
  expect(exitCode).toBe(0);
  expect(recipes).toMatchObject([{ name, state: 'built', platforms: ['linux/amd64', 'linux/arm64'] }]);
  const printed: [string, readonly string[]][] = [];
  for (const slug of SLUGS) {
    const text = await readFile(join(root, 'out', name, `${slug}.tests.json`), 'utf8');
    const { tests } = JSON.parse(text) as { tests: readonly { state: string; output: string }[] };
    expect(tests.map(({ state }) => state)).toEqual(tests.map(() => 'passed'));
    printed.push([slug, tests.map(({ output }) => output)]);
  }
  return Object.fromEntries(printed);
}

testWith([...ENGINE, 'go-image'], 'go with modules, from vendor/ and from where go.mod says', async () => {
  const upstream = await makeUpstream('modules');
  const recipe = `
upstream:
  git: ${upstream.url}
  branch: master
  commit: ${upstream.commit}
build:
  kind: go
  image: golang:1.19-bookworm
  modules: vendor
  output: /greet
image:
  base: scratch
  entrypoint: [/greet]
platforms:
  - linux/amd64
  - platform: linux/arm64
    build:
      modules: download
test:
  - run: [/greet]
`;
  expect(await makeRecipe('modules', recipe, upstream)).toEqual({
    'linux-amd64': ['hello from vendor'],
    'linux-arm64': ['hello from the replaced module'],
  });
});

testWith([...ENGINE, 'go-image', 'debian-packages'], "make with Debian's cross compilers, onto scratch", async () => {
  const upstream = await makeUpstream('c');
  const recipe = `
upstream:
  git: ${upstream.url}
  branch: master
  commit: ${upstream.commit}
build:
  kind: make
  image: golang:1.19-bookworm
  cross: true
  packages: [make]
  variables:
    LDFLAGS: -static -s
  file: hello
  output: /hello
image:
  base: scratch
  entrypoint: [/hello]
platforms: [linux/amd64, linux/arm64]
test:
  - run: [/hello, a, b]
`;
  // The day of the upstream's commit.
  const said = 'hello from C, 2 arguments, compiled on Nov 14 2023, 64 bits';
  expect(await makeRecipe('c', recipe, upstream)).toEqual({ 'linux-amd64': [said], 'linux-arm64': [said] });
});

testWith(ENGINE, "upstream's own Dockerfile, and ours on top", async () => {
  const upstream = await makeUpstream('dockerfile');
  const recipe = `
upstream:
  git: ${upstream.url}
  branch: master
  commit: ${upstream.commit}
build:
  kind: dockerfile
  target: base
  args:
    WORD: "{arch}"
image:
  packages: [xz]
  packageManager: apk
  files:
    - to: /etc/ours
      content: |
        ours
platforms: [linux/amd64, linux/arm64]
test:
  - run: [greeting]
  - run: [cat, /etc/ours]
  - run: [sh, -c, "command -v xz"]
`;
  const rest = ['ours', '/usr/bin/xz'];
  expect(await makeRecipe('dockerfile', recipe, upstream)).toEqual({
    'linux-amd64': ['upstream says amd64', ...rest],
    'linux-arm64': ['upstream says arm64', ...rest],
  });
});

testWith(ENGINE, "Alpine's packages on scratch", async () => {
  const recipe = `
image:
  base: scratch
  packages: [tar]
  packageManager: apk
  entrypoint: [/bin/tar]
platforms: [linux/amd64, linux/arm64]
test:
  - run: [/bin/tar, --version]
`;
  const said = [expect.stringMatching(/^tar /)];
  expect(await makeRecipe('scratch-packages', recipe, null)).toEqual({ 'linux-amd64': said, 'linux-arm64': said });
});
