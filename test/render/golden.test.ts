import { beforeAll, expect, test } from 'vitest';
import { EMPTY_LOCK } from '../../src/lock/lock.ts';
import { parseReference } from '../../src/oci/reference.ts';
import { debianCompiler } from '../../src/platform/debian-compiler.ts';
import { parsePlatform } from '../../src/platform/parse.ts';
import type {
  Base,
  EnvEntry,
  FileSource,
  GoBuild,
  ImageFile,
  Target,
  Toolchain,
  Workspace,
} from '../../src/recipe/target.ts';
import { loadTemplates } from '../../src/render/load-templates.ts';
import { renderWorkspace } from '../../src/render/render-workspace.ts';
import type { Templates } from '../../src/render/template-engine.ts';
import { expectGolden } from '../support/golden.ts';
import {
  GO_BUILD,
  MAKE_BUILD,
  makeFile,
  makeRecipe,
  makeTarget,
  makeWorkspace,
  UPSTREAM,
  type TargetValues,
} from '../support/workspace-values.ts';

// Every branch of every template is in one of these. Their diffs are read as code.

let templates: Templates;
beforeAll(async () => {
  templates = (await loadTemplates('/nowhere')).templates;
});

const ALPINE: Base = { type: 'image', reference: parseReference('alpine:3.20') };
const DEBIAN: Base = { type: 'image', reference: parseReference('debian:bookworm-slim') };
const SHA256 = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';
const INTEGRITY = `sha512-${Buffer.alloc(64, 0xab).toString('base64')}`;
const LABELS: readonly EnvEntry[] = [
  { name: 'org.opencontainers.image.source', value: UPSTREAM.git },
  { name: 'org.opencontainers.image.title', value: 'tool' },
];

async function expectRendered(name: string, workspace: Workspace): Promise<void> {
  const { files, findings } = renderWorkspace(workspace, templates);
  expect(findings).toEqual([]);
  await expectGolden(name, files);
}

function oneRecipe(targets: readonly Target[]): Workspace {
  return makeWorkspace([makeRecipe(targets)]);
}

function crossCompiler(platform: string): Toolchain {
  return { isOnTarget: false, compiler: debianCompiler(parsePlatform(platform)) };
}

function goTarget(platform: string, build: Partial<GoBuild>, more: TargetValues = {}): Target {
  return makeTarget({ platform, upstream: UPSTREAM, build: { ...GO_BUILD, ...build }, ...more });
}

test('go: how modules are found, what platforms need, what the build image is given', async () => {
  await expectRendered(
    'go',
    oneRecipe([
      goTarget('linux/amd64', { modules: null, importPath: 'example.org/tool' }),
      goTarget('linux/arm64', { modules: 'vendor', tags: ['netgo', 'osusergo'], ldflags: "-s -w -X 'main.name=a b'" }),
      goTarget('linux/arm/v7', { modules: 'download', packages: ['git'], env: [{ name: 'GOFLAGS', value: '-a -v' }] }),
      goTarget('linux/386', { modules: 'gopath', importPath: 'example.org/tool', ldflags: '-s -w' }),
      goTarget('linux/amd64/v3', {
        modules: 'download',
        image: parseReference('golang:1.22-alpine'),
        packages: ['gcc', 'musl-dev'],
        cgo: true,
        toolchain: { isOnTarget: true, compiler: null },
        finish: [
          ['strip', '/out/tool'],
          ['upx', '--best', '/out/tool'],
        ],
      }),
      goTarget('linux/riscv64', { cgo: true, toolchain: crossCompiler('linux/riscv64'), packages: ['pkgconf'] }),
      goTarget('linux/s390x', {
        modules: 'download',
        image: parseReference('registry.example.org:5000/build/go:1'),
        packages: ['git', 'make'],
      }),
      goTarget(
        'windows/amd64',
        { modules: 'download', output: '/tool.exe' },
        { patches: ['patches/tool/0001-fix.patch'] },
      ),
    ]),
  );
});

test('make', async () => {
  const variables = [
    { name: 'CROSS_COMPILE', value: '' },
    { name: 'CFLAGS', value: '-O2 -g0' },
  ];
  await expectRendered(
    'make',
    oneRecipe([
      makeTarget({ upstream: UPSTREAM, build: MAKE_BUILD }),
      makeTarget({
        platform: 'linux/arm64',
        upstream: UPSTREAM,
        hasNativeRunner: true,
        runnerTags: ['saas-linux-small-arm64'],
        build: {
          ...MAKE_BUILD,
          image: parseReference('debian:bookworm'),
          packages: ['gcc', 'make'],
          env: [{ name: 'LC_ALL', value: 'C' }],
          variables,
          targets: ['static', 'tool'],
        },
      }),
      makeTarget({
        platform: 'linux/386',
        upstream: UPSTREAM,
        build: {
          ...MAKE_BUILD,
          image: parseReference('debian:bookworm'),
          packages: ['make'],
          toolchain: crossCompiler('linux/386'),
          variables: [{ name: 'STRIP', value: 'true' }, ...variables],
          finish: [['test', '-s', '/src/out/tool']],
        },
      }),
    ]),
  );
});

test('dockerfile: upstream builds its own, and the recipe goes on from there', async () => {
  const image = { base: { type: 'upstream' } } as const;
  const build = { kind: 'dockerfile', dockerfile: 'Dockerfile', target: null, args: [] } as const;
  await expectRendered(
    'dockerfile',
    oneRecipe([
      makeTarget({ upstream: UPSTREAM, build, image }),
      makeTarget({
        platform: 'linux/arm64',
        upstream: UPSTREAM,
        patches: ['patches/tool/0001-fix.patch'],
        build: {
          ...build,
          dockerfile: 'hack/Dockerfile',
          target: 'release',
          args: [{ name: 'V', value: '${x} %{y}' }],
        },
        image: { ...image, packages: ['tar'], packageManager: 'apk', cmd: ['serve'], labels: LABELS },
      }),
      makeTarget({
        platform: 'linux/s390x',
        upstream: UPSTREAM,
        build,
        image: {
          ...image,
          packages: ['tar'],
          packageManager: 'apk',
          user: 'nobody',
          files: [makeFile({ type: 'upstream', path: 'etc/[tool].conf' }, { to: '/etc/tool.conf', mode: 0o644 })],
        },
      }),
    ]),
  );
});

function prebuiltTarget(platform: string, source: FileSource, file: Partial<ImageFile> = {}): Target {
  const build = { kind: 'prebuilt', program: makeFile(source, file) } as const;
  return makeTarget({ platform, build, image: { entrypoint: ['/bin/tool'], labels: LABELS } });
}

test('prebuilt: every source of the program', async () => {
  const npm = {
    type: 'npm',
    package: '@esbuild/linux-x64',
    version: '0.21.5',
    file: 'bin/esbuild',
    integrity: INTEGRITY,
  } as const;
  const url = { type: 'url', url: 'https://example.org/tool?for=arm64', sha256: SHA256, file: null } as const;
  const release = { type: 'github-release', repository: 'owner/tool', tag: 'v1.2', sha256: SHA256 } as const;
  await expectRendered(
    'prebuilt',
    oneRecipe([
      prebuiltTarget('linux/amd64', npm),
      prebuiltTarget('linux/amd64/v2', { ...npm, integrity: `sha256-${Buffer.alloc(32, 0xcd).toString('base64')}` }),
      prebuiltTarget('linux/arm64', url, { mode: 0o555 }),
      prebuiltTarget('linux/arm/v7', { ...url, file: 'tool-1.2/bin/tool' }),
      prebuiltTarget('linux/386', { ...release, asset: 'tool_386', file: null }),
      prebuiltTarget('linux/ppc64le', { ...release, asset: 'tool_ppc64le.tar.gz', file: 'tool' }),
      prebuiltTarget('linux/s390x', { type: 'image', image: ALPINE, path: '/bin/busybox' }),
      prebuiltTarget('linux/riscv64', { type: 'path', path: 'bin/tool-riscv64', sha256: null }, { uid: 10, gid: 20 }),
      prebuiltTarget('linux/loong64', { type: 'path', path: 'bin/tool-loong64', sha256: SHA256 }),
      prebuiltTarget('windows/amd64', { type: 'path', path: 'bin/tool.exe', sha256: null }, { to: '/tool.exe' }),
    ]),
  );
});

test('none: packages, files, and everything that an image can say', async () => {
  const settings = {
    env: [
      { name: 'LANG', value: 'C.UTF-8' },
      { name: 'GREETING', value: 'say "hi" for $5' },
    ],
    user: '65532:65532',
    workdir: '/work',
    ports: ['8080/tcp', '53/udp'],
    volumes: ['/data', '/my files'],
    stopSignal: 'SIGTERM',
    healthcheck: {
      command: ['/bin/check', '--all'],
      isDisabled: false,
      intervalNs: 30e9,
      timeoutNs: 1.5e9,
      startPeriodNs: 2e6,
      retries: 3,
    },
    entrypoint: ['/bin/sh', '-c'],
    cmd: ['echo $HOME'],
    labels: LABELS,
  };
  const disabled = { ...settings.healthcheck, isDisabled: true };
  const files = [
    makeFile({ type: 'content', content: 'root:x:0:0::/:/bin/sh\n' }, { to: '/etc/passwd', mode: 0o644 }),
    makeFile({ type: 'content', content: 'cat <<EOF\n$X\nEOF\n' }, { to: '/etc/script', mode: 0o755, uid: 1, gid: 2 }),
    makeFile({ type: 'content', content: 'spaced\n' }, { to: '/etc/my file', mode: 0o644 }),
    makeFile({ type: 'path', path: 'assets/[1].txt', sha256: null }, { to: '/one.txt', mode: 0o644 }),
  ];
  await expectRendered(
    'none',
    oneRecipe([
      makeTarget({ platform: 'linux/amd64' }),
      makeTarget({
        platform: 'linux/arm64',
        image: { base: ALPINE, packages: ['tar', 'xz>=5.6'], packageManager: 'apk', ...settings },
      }),
      makeTarget({
        platform: 'linux/arm/v7',
        image: { base: DEBIAN, packages: ['tar', 'xz-utils'], packageManager: 'apt', healthcheck: disabled, files },
      }),
      makeTarget({ platform: 'linux/s390x', image: { packages: ['tar', 'gzip'], packageManager: 'apk', files } }),
      makeTarget({
        platform: 'linux/ppc64le',
        image: { base: { type: 'archive', path: 'bases/alpine' }, entrypoint: ['/bin/tool'] },
      }),
      makeTarget({ platform: 'windows(10.0.20348.2966)/amd64', image: { labels: LABELS } }),
      makeTarget({
        platform: 'linux/riscv64',
        upstream: UPSTREAM,
        patches: ['patches/tool/0001-fix.patch'],
        image: { files: [makeFile({ type: 'upstream', path: 'scripts/entrypoint' }, { to: '/entrypoint', uid: 1 })] },
      }),
    ]),
  );
});

test('the pipeline that builds what is needed', async () => {
  const publish = { image: 'registry.example.org/tool', tags: ['1'] };
  const tests = [{ run: ['/bin/tool'] }];
  const locked = makeRecipe([makeTarget(), makeTarget({ platform: 'linux/arm64', tests })], {
    publish,
    lock: EMPTY_LOCK,
  });
  const open = makeRecipe([makeTarget({ recipe: 'without-lock' })], { publish });
  const { files, findings } = renderWorkspace(makeWorkspace([locked, open], { ifNeeded: true }), templates);
  expect(findings).toEqual([]);
  await expectGolden(
    'pipeline-if-needed',
    files.filter(({ path }) => path.endsWith('.yml')),
  );
});

test.each(['dind', 'socket', 'shell'] as const)('the pipeline with an engine by %s', async (engine) => {
  const build = { upstream: UPSTREAM, build: { ...GO_BUILD, modules: 'download' } } as const;
  const packages = { base: ALPINE, packages: ['tar'], packageManager: 'apk' } as const;
  const tool = makeRecipe(
    [
      makeTarget({ ...build, image: packages, runnerTags: ['linux', 'amd64'], hasNativeRunner: true }),
      makeTarget({ ...build, platform: 'linux/arm64', runnerTags: ['linux', 'amd64'] }),
      makeTarget({ ...build, platform: 'linux/s390x', image: packages, runnerTags: ['linux', 'amd64'], emulate: true }),
    ],
    {
      publish: { image: 'registry.example.org:5000/releng/tool', tags: ['1.2.3', 'latest'] },
      archives: { scheme: 'plain', files: [] },
    },
  );
  const copy = makeRecipe([makeTarget({ recipe: 'copied', platform: 'linux/riscv64', runnerTags: ['any'] })]);
  const { files, findings } = renderWorkspace(makeWorkspace([copy, tool], { engine }), templates);
  expect(findings).toEqual([]);
  await expectGolden(
    `pipeline-${engine}`,
    files.filter(({ path }) => path.endsWith('.yml')),
  );
});
