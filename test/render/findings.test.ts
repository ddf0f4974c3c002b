import { beforeAll, expect, test } from 'vitest';
import type { Finding } from '../../src/finding.ts';
import { parsePlatform } from '../../src/platform/parse.ts';
import type { ResolvedRecipe, Upstream } from '../../src/recipe/target.ts';
import { loadTemplates } from '../../src/render/load-templates.ts';
import { renderWorkspace } from '../../src/render/render-workspace.ts';
import type { Templates } from '../../src/render/template-engine.ts';
import { GO_BUILD, makeFile, makeRecipe, makeTarget, makeWorkspace, UPSTREAM } from '../support/workspace-values.ts';

let templates: Templates;
beforeAll(async () => {
  templates = (await loadTemplates('/nowhere')).templates;
});

function findingsOf(...recipes: readonly ResolvedRecipe[]): readonly Finding[] {
  return renderWorkspace(makeWorkspace(recipes), templates).findings;
}

function lineOf({ place, severity, text, code, hint }: Finding): string {
  return `${place}: ${severity}: ${text} [${code}]${hint === null ? '' : ` (${hint})`}`;
}

const ARCHIVE = { type: 'archive', path: 'bases/alpine.tar' } as const;
const upstream = (values: Partial<Upstream>): Upstream => ({ ...UPSTREAM, ...values });

test.each<[string, ResolvedRecipe, readonly string[]]>([
  [
    'apt on scratch',
    makeRecipe([makeTarget({ image: { packages: ['tar', 'xz'], packageManager: 'apt' } })]),
    [
      'recipes/tool.yaml: error: scratch has no package manager, and only apk can fill a root without one (image.packages: tar, xz) [render.packages-on-scratch] (take an image as the base, or packages of Alpine)',
    ],
  ],
  [
    'a source of which no commit is known, on two platforms',
    makeRecipe(
      ['linux/amd64', 'linux/arm64'].map((platform) =>
        makeTarget({
          platform,
          build: GO_BUILD,
          upstream: upstream({ commit: null, track: { kind: 'tag', pattern: 'v*' } }),
        }),
      ),
    ),
    [],
  ],
  [
    'a source whose default branch is built',
    makeRecipe([makeTarget({ build: GO_BUILD, upstream: upstream({ commit: null, track: { kind: 'none' } }) })]),
    [],
  ],
  [
    'an address that BuildKit takes for a file',
    makeRecipe([makeTarget({ build: GO_BUILD, upstream: upstream({ git: 'https://git.example.org/tool' }) })]),
    [
      'recipes/tool.yaml: warning: BuildKit takes https://git.example.org/tool for a file, not for a repository [render.git-address] (most forges also answer to https://git.example.org/tool.git)',
    ],
  ],
  [
    'the same where only a file is wanted',
    makeRecipe([
      makeTarget({
        upstream: upstream({ git: 'https://git.example.org/tool' }),
        image: { files: [makeFile({ type: 'upstream', path: 'run.sh' })] },
      }),
    ]),
    [
      'recipes/tool.yaml: warning: BuildKit takes https://git.example.org/tool for a file, not for a repository [render.git-address] (most forges also answer to https://git.example.org/tool.git)',
    ],
  ],
  [
    'an archive below a recipe that needs an engine',
    makeRecipe([makeTarget({ build: GO_BUILD, upstream: UPSTREAM, image: { base: ARCHIVE } })]),
    [
      'recipes/tool.yaml: note: buildx reads bases/alpine.tar only if it is an OCI layout folder [render.layout-folder]',
    ],
  ],
  ['an archive below one that needs none', makeRecipe([makeTarget({ image: { base: ARCHIVE } })]), []],
  [
    'a build from source without a source',
    makeRecipe([makeTarget({ build: GO_BUILD })]),
    [
      'recipes/tool.yaml: error: tool on linux/amd64 is built from source but has no upstream [render.no-upstream] (add upstream.git)',
    ],
  ],
  [
    'a name that is too long for a job',
    makeRecipe([makeTarget({ recipe: 'a'.repeat(120) })], { file: 'recipes/a.yaml' }),
    [
      `recipes/a.yaml: error: the job name build:${'a'.repeat(120)}:linux-amd64 has 138 characters; GitLab takes 128 [render.job-name] (give the recipe a shorter name)`,
    ],
  ],
  [
    'more platforms than an index can need',
    makeRecipe(
      Array.from({ length: 51 }, (_, index) => ({
        ...makeTarget(),
        platform: parsePlatform(`windows(10.0.${index})/amd64`),
        slug: `windows-amd64-10-0-${index}`,
      })),
    ),
    [
      'recipes/tool.yaml: error: the index needs 51 jobs; GitLab takes 50 [render.too-many-needs] (split the recipe by platforms)',
    ],
  ],
])('%s', (_what, recipe, lines) => {
  expect(findingsOf(recipe).map(lineOf)).toEqual(lines);
});

test('a pipeline that is larger than the defaults of GitLab', () => {
  const files = [makeFile({ type: 'content', content: 'x\n' })];
  const recipes = Array.from({ length: 300 }, (_, index) => {
    const recipe = `tool-${index}-${'x'.repeat(70)}`;
    return makeRecipe(
      ['linux/amd64', 'linux/arm64', 'linux/s390x'].map((platform) =>
        makeTarget({ recipe, platform, image: { files } }),
      ),
    );
  });
  const findings = findingsOf(...recipes);
  expect(findings.map(({ code, severity, place }) => ({ code, severity, place }))).toEqual([
    { code: 'render.many-jobs', severity: 'warning', place: 'generated/pipeline.gitlab-ci.yml' },
  ]);
  expect(findings[0]?.text).toBe("the pipeline has 1200 jobs; GitLab's default limit is 500");
});

test('files are sorted by path, end in a newline and name their source', () => {
  const recipes = ['b', 'a-b', 'a'].map((recipe) => makeRecipe([makeTarget({ recipe })]));
  const { files } = renderWorkspace(makeWorkspace(recipes), templates);
  expect(files.map(({ path, source }) => `${path} < ${source}`)).toEqual([
    'generated/a-b/docker-bake.json < recipes/a-b.yaml',
    'generated/a-b/linux-amd64.Dockerfile < recipes/a-b.yaml',
    'generated/a/docker-bake.json < recipes/a.yaml',
    'generated/a/linux-amd64.Dockerfile < recipes/a.yaml',
    'generated/b/docker-bake.json < recipes/b.yaml',
    'generated/b/linux-amd64.Dockerfile < recipes/b.yaml',
    'generated/pipeline.gitlab-ci.yml < forkwright.yaml',
  ]);
  expect(files.every(({ content }) => content.endsWith('\n') && !content.endsWith('\n\n'))).toBe(true);
});
