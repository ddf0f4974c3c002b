import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadWorkspace } from '../../src/recipe/load.ts';
import { loadTemplates } from '../../src/render/load-templates.ts';
import { renderWorkspace } from '../../src/render/render-workspace.ts';
import { readDockerfile, readExec, readPairs, readPaths, type ReadStage } from '../support/read-dockerfile.ts';

// The recipe is read here as plain YAML: what it says has to be found in what is rendered, by parsing that.

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

interface PlainRecipe {
  readonly description: string;
  readonly upstream: { readonly git: string; readonly commit: string };
  readonly build: Readonly<Record<'image' | 'package' | 'importPath' | 'ldflags' | 'output', string>>;
  readonly image: { readonly base: string; readonly packages: string[]; readonly entrypoint: string[] };
  readonly platforms: readonly (string | { readonly platform: string; readonly emulate: boolean })[];
  readonly publish: { readonly tags: readonly string[] };
}

interface Job {
  readonly extends: readonly string[];
  readonly tags?: readonly string[];
  readonly needs: readonly { readonly job: string; readonly artifacts: boolean }[];
  readonly script: readonly string[];
  readonly artifacts: { readonly paths: readonly string[] };
  readonly variables?: Readonly<Record<string, string>>;
}

interface Bake {
  readonly group: Readonly<Record<string, { readonly targets: readonly string[] }>>;
  readonly target: Readonly<
    Record<string, { dockerfile: string; platforms: string[]; contexts: Record<string, string>; output: string[] }>
  >;
}

let recipe: PlainRecipe;
let runners: Readonly<Record<string, unknown>>;
let files: ReadonlyMap<string, string>;
let jobs: Readonly<Record<string, Job>>;
let bake: Bake;

beforeAll(async () => {
  recipe = parse(await readFile(`${ROOT}recipes/dockerfile-copy.yaml`, 'utf8')) as PlainRecipe;
  runners =
    (parse(await readFile(`${ROOT}forkwright.yaml`, 'utf8')) as { runners?: Record<string, unknown> }).runners ?? {};
  const { workspace, findings } = await loadWorkspace(ROOT, ['dockerfile-copy']);
  expect(findings).toEqual([]);
  const rendered = renderWorkspace(workspace, (await loadTemplates(ROOT)).templates);
  expect(rendered.findings).toEqual([]);
  files = new Map(rendered.files.map(({ path, content }) => [path, content]));
  jobs = parse(files.get('generated/pipeline.gitlab-ci.yml') ?? '') as Record<string, Job>;
  bake = JSON.parse(files.get('generated/dockerfile-copy/docker-bake.json') ?? '') as Bake;
});

const PLATFORMS = [
  { platform: 'linux/amd64', go: { GOARCH: 'amd64', GOAMD64: 'v1' } },
  { platform: 'linux/arm64', go: { GOARCH: 'arm64' } },
  { platform: 'linux/arm/v7', go: { GOARCH: 'arm', GOARM: '7' } },
  { platform: 'linux/arm/v6', go: { GOARCH: 'arm', GOARM: '6' } },
  { platform: 'linux/s390x', go: { GOARCH: 's390x' } },
  { platform: 'linux/ppc64le', go: { GOARCH: 'ppc64le' } },
].map((each) => ({ ...each, slug: each.platform.replaceAll('/', '-') }));

function stagesOf(slug: string): { readonly build: ReadStage; readonly image: ReadStage } {
  const [build, image, ...others] = readDockerfile(files.get(`generated/dockerfile-copy/${slug}.Dockerfile`) ?? '');
  expect(others).toEqual([]);
  if (build === undefined || image === undefined) throw new Error(`no Dockerfile for ${slug}`);
  return { build, image };
}

function textsOf(stage: ReadStage, keyword: string): readonly string[] {
  return stage.instructions.filter((each) => each.keyword === keyword).map(({ text }) => text);
}

test('there is a Dockerfile, a bake target and a job for each platform, and none besides', () => {
  const platforms = recipe.platforms.map((each) => (typeof each === 'string' ? each : each.platform));
  expect(platforms.toSorted()).toEqual(PLATFORMS.map(({ platform }) => platform).toSorted());
  expect([...files.keys()].filter((path) => path.endsWith('.Dockerfile'))).toEqual(
    PLATFORMS.map(({ slug }) => `generated/dockerfile-copy/${slug}.Dockerfile`).toSorted(),
  );
  expect(Object.keys(bake.target).toSorted()).toEqual(
    PLATFORMS.map(({ slug }) => `dockerfile-copy-${slug}`).toSorted(),
  );
  expect(bake.group['dockerfile-copy']?.targets.toSorted()).toEqual(Object.keys(bake.target).toSorted());
  expect(
    Object.keys(jobs)
      .filter((name) => name.startsWith('build:'))
      .toSorted(),
  ).toEqual(PLATFORMS.map(({ slug }) => `build:dockerfile-copy:${slug}`).toSorted());
});

describe.each(PLATFORMS)('$platform', ({ platform, slug, go }) => {
  test('the program is built as the recipe says', () => {
    const { build } = stagesOf(slug);
    const { package: path, importPath, ldflags, image, output } = recipe.build;
    expect(build).toMatchObject({ name: 'build', from: image });
    const env = textsOf(build, 'ENV').flatMap(readPairs);
    expect(Object.fromEntries(env.map(({ name, value }) => [name, value]))).toEqual({
      CGO_ENABLED: '0',
      GOOS: 'linux',
      GO111MODULE: 'off',
      GOPATH: '/go',
      GOTOOLCHAIN: 'local',
      ...go,
    });
    expect(textsOf(build, 'WORKDIR')).toEqual([`/go/src/${importPath}`]);
    expect(textsOf(build, 'RUN')).toEqual([
      `go build -trimpath -ldflags '${ldflags}' -o /out${output.slice('/bin'.length)} ${path}`,
    ]);
    expect(build.instructions.find(({ keyword }) => keyword === 'COPY')).toEqual({
      keyword: 'COPY',
      flags: ['--from=upstream'],
      text: '. .',
    });
  });

  test('the image is what the recipe says', () => {
    const { image } = stagesOf(slug);
    expect(image).toMatchObject({ name: 'image', from: recipe.image.base });
    expect(textsOf(image, 'RUN').map((text) => text.split(/\s+/))).toEqual([
      ['apk', 'add', '--no-cache', ...recipe.image.packages, '&&', 'rm', '-f', '/var/log/apk.log'],
    ]);
    const copy = image.instructions.find(({ keyword }) => keyword === 'COPY');
    expect(copy?.flags).toEqual(['--from=build', '--chmod=0755']);
    expect(readPaths(copy?.text ?? '')).toEqual(['/out/copy', recipe.build.output]);
    expect(textsOf(image, 'ENTRYPOINT').map(readExec)).toEqual([recipe.image.entrypoint]);
    const labels = textsOf(image, 'LABEL').flatMap(readPairs);
    expect(labels.map(({ name }) => name)).toEqual(labels.map(({ name }) => name).toSorted());
    expect(Object.fromEntries(labels.map(({ name, value }) => [name, value]))).toMatchObject({
      'org.opencontainers.image.title': 'dockerfile-copy',
      'org.opencontainers.image.description': recipe.description,
      'org.opencontainers.image.source': recipe.upstream.git,
      'org.opencontainers.image.revision': recipe.upstream.commit,
      'org.opencontainers.image.base.name': `docker.io/library/${recipe.image.base}`,
    });
  });

  test('bake is given the pinned source', () => {
    expect(bake.target[`dockerfile-copy-${slug}`]).toMatchObject({
      dockerfile: `generated/dockerfile-copy/${slug}.Dockerfile`,
      platforms: [platform],
      contexts: { upstream: `${recipe.upstream.git}#${recipe.upstream.commit}` },
      output: [`type=oci,dest=out/dockerfile-copy/${slug}.oci.tar,rewrite-timestamp=true`],
    });
  });

  test('its job runs where its platform runs, or says that it is emulated', () => {
    const job = jobs[`build:dockerfile-copy:${slug}`];
    const runner = runners[platform];
    const isMapped = runner !== undefined;
    expect(job?.extends).toEqual([
      isMapped ? '.forkwright-build' : '.forkwright-build-emulated',
      '.forkwright-recipe:dockerfile-copy',
    ]);
    if (isMapped) expect(job?.tags ?? []).toEqual(Array.isArray(runner) ? runner : (runner as { tags: string[] }).tags);
    else expect(job?.variables).toEqual({ FORKWRIGHT_QEMU: go.GOARCH });
    expect(job?.script).toEqual([`$FORKWRIGHT_COMMAND build dockerfile-copy --platform ${platform}`]);
    expect(job?.artifacts.paths).toEqual(
      ['oci.tar', 'log', 'tests.json'].map((end) => `out/dockerfile-copy/${slug}.${end}`),
    );
  });
});

test('the index job needs every platform, assembles what they leave, and verifies it', () => {
  const index = jobs['index:dockerfile-copy'];
  expect(index?.needs.toSorted((a, b) => (a.job < b.job ? -1 : 1))).toEqual(
    PLATFORMS.map(({ slug }) => ({ job: `build:dockerfile-copy:${slug}`, artifacts: true })).toSorted((a, b) =>
      a.job < b.job ? -1 : 1,
    ),
  );
  const [assemble = '', verify = ''] = index?.script ?? [];
  const words = assemble.split(' ');
  const output = words.indexOf('--output');
  expect(words.slice(0, 2)).toEqual(['$FORKWRIGHT_COMMAND', 'assemble']);
  expect(words.slice(2, output).toSorted()).toEqual(
    PLATFORMS.map(({ slug }) => `out/dockerfile-copy/${slug}.oci.tar`).toSorted(),
  );
  expect(words[output + 1]).toBe('out/dockerfile-copy/dockerfile-copy.oci.tar');
  // One name: skopeo reads no archive with several unless it is told which.
  const version = recipe.upstream.commit.slice(0, 12);
  expect(words.slice(output + 2)).toEqual(['--name', `registry.example.com/releng/dockerfile-copy:${version}`]);
  expect(verify).toBe(
    '$FORKWRIGHT_COMMAND verify out/dockerfile-copy/dockerfile-copy.oci.tar --recipe dockerfile-copy',
  );
  expect(index?.artifacts.paths).toEqual(['out/dockerfile-copy/dockerfile-copy.oci.tar']);
});
