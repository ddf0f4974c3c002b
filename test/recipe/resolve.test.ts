import { expect, test } from 'vitest';
import { NO_DEFAULTS } from '../../src/recipe/workspace-file.ts';
import { faultsOf, recipeOf, targetOf, workspaceOf } from '../support/recipe-text.ts';

const COMMIT = '3385f1bfe8d491169b054e4417f570c30f6325df';
const HASH = 'a'.repeat(64);
const INTEGRITY = `sha512-${Buffer.alloc(64, 7).toString('base64')}`;
const HEAD = 'name: tool\nplatforms: [linux/amd64]\n';
const SCRATCH = `${HEAD}image: {base: scratch}\n`;
const UPSTREAM = `upstream: {git: "https://a.io/b.git", branch: main, commit: ${COMMIT}}\n`;

test('a recipe that says next to nothing has every key, by its default', () => {
  expect(recipeOf(SCRATCH, NO_DEFAULTS)).toEqual({
    name: 'tool',
    file: 'recipes/tool.yaml',
    description: '',
    version: 'unversioned',
    fork: null,
    publish: { image: null, tags: [] },
    archives: null,
    parity: null,
    lock: null,
    targets: [
      {
        recipe: 'tool',
        platform: { os: 'linux', arch: 'amd64', variant: '', osVersion: '', osFeatures: [] },
        slug: 'linux-amd64',
        emulate: null,
        runnerTags: [],
        hasNativeRunner: true,
        version: 'unversioned',
        upstream: null,
        pins: { upstream: null, images: new Map(), epochSeconds: null },
        patches: [],
        build: { kind: 'none' },
        image: {
          base: { type: 'scratch' },
          packages: [],
          packageManager: null,
          entrypoint: null,
          cmd: null,
          env: [],
          user: null,
          workdir: null,
          labels: [{ name: 'org.opencontainers.image.title', value: 'tool' }],
          ports: [],
          volumes: [],
          stopSignal: null,
          healthcheck: null,
          files: [],
        },
        tests: [],
      },
    ],
  });
});

test('everything that an image can say', () => {
  const { image, tests } = targetOf(`${HEAD}image:
  base: r.example.com:5000/base/alpine:3.20@sha256:${HASH}
  packages: [tar, xz=5.6.2-r1]
  entrypoint: [/bin/tool, "a b"]
  cmd: []
  env: { B: "2", A: "" }
  user: "65532:65532"
  workdir: /srv
  ports: [8080, "8081", 53/udp]
  volumes: [/data]
  stopSignal: 9
  healthcheck: { command: [/bin/tool, check], interval: 1m30s, retries: 3 }
  files:
    - { content: "a {arch}\\n", to: /etc/a, mode: "600", owner: "1:2" }
    - { content: { linux/amd64: "b\\n" }, to: /etc/b }
test:
  - run: [/bin/tool, --version]
`);
  const reference = {
    registry: 'r.example.com:5000',
    repository: 'base/alpine',
    tag: '3.20',
    digest: `sha256:${HASH}`,
  };
  expect(image).toEqual({
    base: { type: 'image', reference },
    packages: ['tar', 'xz=5.6.2-r1'],
    packageManager: 'apk',
    entrypoint: ['/bin/tool', 'a b'],
    cmd: [],
    env: [
      { name: 'B', value: '2' },
      { name: 'A', value: '' },
    ],
    user: '65532:65532',
    workdir: '/srv',
    labels: [
      { name: 'org.opencontainers.image.base.digest', value: `sha256:${HASH}` },
      { name: 'org.opencontainers.image.base.name', value: 'r.example.com:5000/base/alpine:3.20' },
      { name: 'org.opencontainers.image.title', value: 'tool' },
    ],
    ports: ['8080/tcp', '8081/tcp', '53/udp'],
    volumes: ['/data'],
    stopSignal: '9',
    healthcheck: {
      command: ['/bin/tool', 'check'],
      isDisabled: false,
      intervalNs: 9e10,
      timeoutNs: 0,
      startPeriodNs: 0,
      retries: 3,
    },
    files: [
      { source: { type: 'content', content: 'a {arch}\n' }, to: '/etc/a', mode: 0o600, uid: 1, gid: 2 },
      { source: { type: 'content', content: 'b\n' }, to: '/etc/b', mode: 0o644, uid: 0, gid: 0 },
    ],
  });
  expect(tests).toEqual([{ run: ['/bin/tool', '--version'] }]);
});

test('a healthcheck of the base can be switched off', () => {
  expect(targetOf(`${HEAD}image: {base: alpine, healthcheck: none}\n`).image.healthcheck).toEqual({
    command: ['NONE'],
    isDisabled: true,
    intervalNs: 0,
    timeoutNs: 0,
    startPeriodNs: 0,
    retries: 0,
  });
});

const golang = { registry: 'docker.io', repository: 'library/golang', tag: null, digest: null };
test.each([
  [
    'build: {kind: go, image: golang, output: "/bin/{name}-{arch}"}',
    {
      kind: 'go',
      image: golang,
      package: '.',
      importPath: null,
      modules: null,
      ldflags: null,
      tags: [],
      cgo: false,
      toolchain: { isOnTarget: false, compiler: null },
      env: [],
      packages: [],
      finish: [],
      output: '/bin/tool-amd64',
    },
  ],
  [
    'build: {kind: go, image: golang, package: ./cmd/x, ldflags: "-X main.v={version}", tags: [netgo], cgo: true, env: {A: b}, packages: [gcc], modules: vendor, finish: [[upx, --best, "{built}"]], output: /x}',
    {
      kind: 'go',
      image: golang,
      package: './cmd/x',
      importPath: null,
      modules: 'vendor',
      ldflags: '-X main.v=3385f1bfe8d4',
      tags: ['netgo'],
      cgo: true,
      toolchain: { isOnTarget: false, compiler: { architecture: 'amd64', triplet: 'x86_64-linux-gnu' } },
      env: [{ name: 'A', value: 'b' }],
      packages: ['gcc'],
      finish: [['upx', '--best', '/out/x']],
      output: '/x',
    },
  ],
  [
    'build: {kind: make, image: golang, targets: [all], variables: {V: "1"}, file: out/x, output: /x, finish: [["a={arch}{{x}}", "", "{built}.1"]]}',
    {
      kind: 'make',
      image: golang,
      toolchain: { isOnTarget: true, compiler: null },
      packages: [],
      targets: ['all'],
      variables: [{ name: 'V', value: '1' }],
      env: [],
      file: 'out/x',
      finish: [['a=amd64{x}', '', '/src/out/x.1']],
      output: '/x',
    },
  ],
  [
    'build: {kind: dockerfile, args: {ARCH: "{uname}", NONE: "", V: {linux/x86_64: "{{1}}"}}}',
    {
      kind: 'dockerfile',
      dockerfile: 'Dockerfile',
      target: null,
      args: [
        { name: 'ARCH', value: 'x86_64' },
        { name: 'NONE', value: '' },
        { name: 'V', value: '{1}' },
      ],
    },
  ],
])('%s', (text, build) => {
  const image = text.includes('dockerfile') ? '' : 'image: {base: alpine}\n';
  const target = targetOf(`${HEAD}${UPSTREAM}${image}patches: [a.patch, b/./c.patch]\n${text}\n`);
  expect(target.build).toEqual(build);
  expect(target.patches).toEqual(['patches/tool/a.patch', 'patches/tool/b/c.patch']);
  expect(target.image.base.type).toBe(text.includes('dockerfile') ? 'upstream' : 'image');
});

const alpine = {
  type: 'image',
  reference: { registry: 'docker.io', repository: 'library/alpine', tag: '3.20', digest: null },
};
test.each([
  [
    `npm: {package: "@x/{os}-{npm}", version: 1.2.3, file: bin/x, integrity: {linux/amd64: ${INTEGRITY}}}`,
    { type: 'npm', package: '@x/linux-x64', version: '1.2.3', file: 'bin/x', integrity: INTEGRITY },
  ],
  [
    `url: "https://a.io/{version}/x_{debian}.tgz", sha256: ${HASH}, file: x/x`,
    { type: 'url', url: 'https://a.io/7/x_amd64.tgz', sha256: HASH, file: 'x/x' },
  ],
  [`url: "https://a.io/x", sha256: ${HASH}`, { type: 'url', url: 'https://a.io/x', sha256: HASH, file: null }],
  [
    `githubRelease: {repository: a/b, tag: "v{version}", asset: "x-{alpine}", sha256: ${HASH}}`,
    { type: 'github-release', repository: 'a/b', tag: 'v7', asset: 'x-x86_64', sha256: HASH, file: null },
  ],
  ['image: alpine:3.20, path: "/bin/{arch}"', { type: 'image', image: alpine, path: '/bin/amd64' }],
  [
    'image: "x/{slug}.oci.tar", path: /bin/x',
    { type: 'image', image: { type: 'archive', path: 'x/linux-amd64.oci.tar' }, path: '/bin/x' },
  ],
  ['path: "bin/{runner}/x"', { type: 'path', path: 'bin/x86_64/x', sha256: null }],
  [`path: x, sha256: ${HASH}`, { type: 'path', path: 'x', sha256: HASH }],
])('a program from %s', (text, source) => {
  const target = targetOf(`${SCRATCH}version: "7"\nbuild: {kind: prebuilt, ${text}, output: /bin/x}\n`);
  expect(target.build).toEqual({ kind: 'prebuilt', program: { source, to: '/bin/x', mode: 0o755, uid: 0, gid: 0 } });
});

test('a file of the upstream', () => {
  const files =
    '[{upstream: "etc/./{arch}.conf", to: /etc/x, mode: "0600"}, {upstream: {linux/amd64: run.sh}, to: /x}]';
  const target = targetOf(`${HEAD}${UPSTREAM}patches: [a.patch]\nimage: {base: scratch, files: ${files}}\n`);
  expect(target.image.files.map(({ source }) => source)).toEqual([
    { type: 'upstream', path: 'etc/amd64.conf' },
    { type: 'upstream', path: 'run.sh' },
  ]);
});

const NPM = `{package: x, version: 1.2.3, file: x, integrity: ${INTEGRITY}}`;
const RELEASE = `{repository: a/b, tag: v4.5, asset: x, sha256: ${HASH}}`;
test.each([
  [`version: "7"\n${UPSTREAM}build: {kind: prebuilt, npm: ${NPM}, output: /x}`, '7'],
  [`${UPSTREAM}build: {kind: prebuilt, npm: ${NPM}, output: /x}`, '1.2.3'],
  [`${UPSTREAM}build: {kind: prebuilt, githubRelease: ${RELEASE}, output: /x}`, '4.5'],
  [UPSTREAM, '3385f1bfe8d4'],
  ['upstream: {git: "https://a.io/b", branch: feature/a+b}', 'feature-a-b'],
  ['upstream: {git: "https://a.io/b", tag: v*}', 'unversioned'],
])('the version of %s is %s', (text, version) => {
  const recipe = recipeOf(`${SCRATCH}${text}\n`);
  expect(recipe.version).toBe(version);
  expect(recipe.targets[0]?.version).toBe(version);
  const label = recipe.targets[0]?.image.labels.find(({ name }) => name === 'org.opencontainers.image.version');
  expect(label?.value).toBe(version === 'unversioned' ? undefined : version);
});

test("labels: the workspace's, over them what the recipe says, over them its own", () => {
  const defaults = workspaceOf(
    'labels: {org.opencontainers.image.vendor: V, org.opencontainers.image.title: W, a.team: T}\n',
  );
  const { labels } = targetOf(
    `${HEAD}title: Tool
description: |
  One  thing,
  and another
licenses: MIT OR Apache-2.0
homepage: https://a.io/
${UPSTREAM}image: {base: alpine:3, labels: {a.team: own, org.opencontainers.image.url: "https://b.io/"}}
`,
    defaults,
  ).image;
  expect(labels.map(({ name, value }) => `${name}=${value}`)).toEqual([
    'a.team=own',
    'org.opencontainers.image.base.name=docker.io/library/alpine:3',
    'org.opencontainers.image.description=One thing, and another',
    'org.opencontainers.image.licenses=MIT OR Apache-2.0',
    `org.opencontainers.image.revision=${COMMIT}`,
    'org.opencontainers.image.source=https://a.io/b.git',
    'org.opencontainers.image.title=Tool',
    'org.opencontainers.image.url=https://b.io/',
    'org.opencontainers.image.vendor=V',
    'org.opencontainers.image.version=3385f1bfe8d4',
  ]);
});

test('an index goes where names in braces say', () => {
  const text = `${SCRATCH}version: "7"\nfork: "{group}/{name}"\npublish: {image: "{registry}/x/{name}", tags: ["{version}", latest, "7"]}\n`;
  expect(recipeOf(text)).toMatchObject({
    fork: 'repos/releng/tool',
    publish: { image: 'registry.example.com/releng/x/tool', tags: ['7', 'latest'] },
  });
  expect(recipeOf(`${SCRATCH}version: "7"\npublish: {image: acme/tool}\n`).publish).toEqual({
    image: 'docker.io/acme/tool',
    tags: ['7'],
  });
});

test('a name that forkwright.yaml does not say has no value', () => {
  expect(faultsOf(`${SCRATCH}publish: {image: "{registry}/x", tags: [a]}\n`, NO_DEFAULTS)).toEqual([
    '4:18 error recipe.no-setting: publish.image: {registry} has no value: forkwright.yaml does not say it; add registry: … to forkwright.yaml',
  ]);
});

test('platforms: those of forkwright.yaml where the recipe names none, in index order', () => {
  const defaults = workspaceOf('platforms: [linux/arm64, {platform: linux/arm/v7, emulate: true}, linux/amd64]\n');
  const { targets } = recipeOf('name: tool\nimage: {base: scratch}\n', defaults);
  expect(targets.map(({ slug, emulate }) => [slug, emulate])).toEqual([
    ['linux-amd64', null],
    ['linux-arm64', null],
    ['linux-arm-v7', true],
  ]);
  expect(recipeOf(SCRATCH, defaults).targets.map(({ slug }) => slug)).toEqual(['linux-amd64']);
  expect(faultsOf('name: tool\nimage: {base: scratch}\n')).toEqual([
    '1:1 error recipe.no-platforms: platforms: no platforms are said, here or in forkwright.yaml; add platforms: [linux/amd64, linux/arm64]',
  ]);
});

test('an entry of platforms overrides anything but what an index has one of', () => {
  const { version, targets } = recipeOf(`name: tool
version: "1"
image: { base: alpine, packages: [tar], env: { A: a, B: b } }
platforms:
  - linux/amd64
  - platform: linux/arm/v7
    emulate: true
    runner: [big-arm]
    version: "2"
    image: { base: debian:12, env: { A: null, C: "c" } }
    test: [{ run: [tar, --version] }]
  - platform: windows/amd64
    osVersion: 10.0.20348.2966
    osFeatures: [win32k]
    image: { packages: [] }
`);
  expect(version).toBe('1');
  expect(targets.map((target) => [target.slug, target.version, target.image.packageManager])).toEqual([
    ['linux-amd64', '1', 'apk'],
    ['linux-arm-v7', '2', 'apt'],
    ['windows-amd64-10-0-20348', '1', null],
  ]);
  expect(targets[1]).toMatchObject({
    emulate: true,
    runnerTags: ['big-arm'],
    hasNativeRunner: true,
    tests: [{ run: ['tar', '--version'] }],
  });
  expect(targets[1]?.image.env).toEqual([
    { name: 'B', value: 'b' },
    { name: 'C', value: 'c' },
  ]);
  expect(targets[2]?.platform).toMatchObject({ osVersion: '10.0.20348.2966', osFeatures: ['win32k'] });
});

test('a tool that one platform has, and a platform without what the others are finished with', () => {
  const { targets } = recipeOf(`name: tool
${UPSTREAM}build: { kind: go, image: golang, output: /bin/tool, finish: [[check, "{built}"]] }
image: { base: scratch }
platforms:
  - platform: linux/amd64
    build: { packages: [upx], finish: [[upx, "{built}"]] }
  - linux/arm64
  - { platform: linux/s390x, build: { finish: null } }
`);
  expect(targets.map(({ build }) => build.kind === 'go' && [build.packages, build.finish])).toEqual([
    [['upx'], [['upx', '/out/tool']]],
    [[], [['check', '/out/tool']]],
    [[], []],
  ]);
});

const allOverridden = (path: string) => `name: tool
image: { base: scratch, files: [{ path: "${path}", to: /x }] }
platforms:
  - { platform: linux/386, image: { files: [] } }
`;

test('the recipe has to be sound without its overrides too', () => {
  expect(faultsOf(allOverridden('../x'))).toEqual([
    '2:41 error recipe.invalid-value: image.files[0].path: "../x" leaves the workspace; a path inside the workspace, with slashes',
  ]);
  // GitLab Runner has no name for linux/386; that this platform overrides is what it has the override for.
  expect(faultsOf(allOverridden('{runner}'))).toEqual([]);
});

test.each([
  ['{}', [], false],
  ['{default: [any]}', ['any'], false],
  ['{linux/amd64: [x]}', ['x'], false],
  ['{linux/amd64: [x], default: [any]}', ['any'], false],
  ['{linux/armhf: [arm]}', ['arm'], true],
  ['{linux/arm/v7: {tags: [arm], native: false}}', ['arm'], false],
  ['{linux/arm/v7: {tags: [arm]}}', ['arm'], true],
])('with runners %s, linux/arm/v7 is built by %j, natively: %s', (runners, tags, isNative) => {
  const defaults = workspaceOf(`runners: ${runners}\n`);
  const target = targetOf('name: tool\nplatforms: [linux/arm/v7]\nimage: {base: alpine, packages: [tar]}\n', defaults);
  expect([target.runnerTags, target.hasNativeRunner]).toEqual([tags, isNative]);
});

const notEmulated = (image: string) =>
  `name: tool\nplatforms: [{platform: linux/arm/v7, emulate: false}]\nimage: ${image}\n`;

test('emulate: false asks for a native runner only where something is run on the platform', () => {
  const native = workspaceOf('runners: {linux/arm/v7: [arm]}\n');
  expect(faultsOf(notEmulated('{base: alpine, packages: [tar]}'))).toHaveLength(1);
  expect(faultsOf(notEmulated('{base: alpine, packages: [tar]}'), native)).toEqual([]);
  expect(faultsOf(notEmulated('{base: alpine}'))).toEqual([]);
});
