import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadWorkspace } from '../../src/recipe/load.ts';
import { loadTemplates } from '../../src/render/load-templates.ts';
import { renderWorkspace } from '../../src/render/render-workspace.ts';
import { readDockerfile, readExec, readPaths, type ReadStage } from '../support/read-dockerfile.ts';

// generated/ is the golden folder of the shipped recipes: it is committed, and its diff is read as code. The recipes are
// read here as plain YAML too: what each says has to be found in what is rendered, by parsing that.

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

interface PlainFile {
  readonly to: string;
  readonly upstream?: string;
}

interface PlainImage {
  readonly base?: string;
  readonly packages?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly cmd?: readonly string[] | null;
  readonly files?: readonly PlainFile[];
}

interface PlainBuild {
  readonly kind: 'go' | 'make' | 'dockerfile' | 'prebuilt';
  readonly args?: Readonly<Record<string, string>>;
}

interface PlainPlatform {
  readonly platform: string;
  readonly image?: PlainImage;
}

interface PlainRecipe {
  readonly upstream: { readonly git: string; readonly branch?: string; readonly commit?: string };
  readonly build: PlainBuild;
  readonly image?: PlainImage;
  readonly platforms: readonly (string | PlainPlatform)[];
}

interface Bake {
  readonly group: Readonly<Record<string, { readonly targets: readonly string[] }>>;
  readonly target: Readonly<
    Record<
      string,
      {
        readonly context: string;
        readonly platforms: readonly string[];
        readonly contexts?: Readonly<Record<string, string>>;
        readonly args?: Readonly<Record<string, string>>;
      }
    >
  >;
}

const RECIPES = (await readdir(`${ROOT}recipes`)).map((file) => file.replace(/\.yaml$/, '')).toSorted();

let files: ReadonlyMap<string, string>;
let codes: readonly string[];

beforeAll(async () => {
  const { workspace, findings } = await loadWorkspace(ROOT);
  const rendered = renderWorkspace(workspace, (await loadTemplates(ROOT)).templates);
  codes = [...findings, ...rendered.findings].map(({ code, place }) => `${code} ${(place ?? '').split(':')[0]}`);
  files = new Map(rendered.files.map(({ path, content }) => [path, content]));
});

test('nothing is found in them but that some follow a branch', () => {
  expect(codes.toSorted()).toEqual([
    'recipe.unpinned recipes/binfmt.yaml',
    'recipe.unpinned recipes/buildkit.yaml',
    'recipe.unpinned recipes/dumb-init.yaml',
    'recipe.unpinned recipes/gitlab-runner-helper.yaml',
  ]);
});

function imageStage(path: string): ReadStage {
  const stage = readDockerfile(files.get(path) ?? '').at(-1);
  if (stage === undefined) throw new Error(`nothing is rendered at ${path}`);
  return stage;
}

function textsOf(stage: ReadStage, keyword: string): readonly string[] {
  return stage.instructions.filter((each) => each.keyword === keyword).map(({ text }) => text);
}

describe.each(RECIPES)('%s', (name) => {
  let recipe: PlainRecipe;
  let bake: Bake;
  let targets: readonly { readonly platform: string; readonly slug: string; readonly image: PlainImage }[];

  beforeAll(async () => {
    recipe = parse(await readFile(`${ROOT}recipes/${name}.yaml`, 'utf8')) as PlainRecipe;
    bake = JSON.parse(files.get(`generated/${name}/docker-bake.json`) ?? '') as Bake;
    targets = recipe.platforms.map((entry) => {
      const { platform, image } = typeof entry === 'string' ? { platform: entry, image: {} } : entry;
      const slug = platform.replace(/^(\w+)\(([\d.]+)\)\/(\w+)$/, '$1/$3/$2').replaceAll(/[/.]/g, '-');
      return { platform, slug, image: { ...recipe.image, ...image } };
    });
  });

  test('generated/ holds what is rendered, file by file', async () => {
    const folder = `generated/${name}/`;
    const rendered = [...files].filter(([path]) => path.startsWith(folder));
    expect((await readdir(`${ROOT}${folder}`)).toSorted()).toEqual(
      rendered.map(([path]) => path.slice(folder.length)).toSorted(),
    );
    for (const [path, content] of rendered) expect(await readFile(`${ROOT}${path}`, 'utf8'), path).toBe(content);
  });

  test('there is a Dockerfile and a bake target for each platform, and none besides', () => {
    const folder = `generated/${name}/`;
    expect([...files.keys()].filter((path) => path.startsWith(folder) && path.endsWith('.Dockerfile'))).toEqual(
      targets.map(({ slug }) => `${folder}${slug}.Dockerfile`).toSorted(),
    );
    expect(bake.group[name]?.targets.toSorted()).toEqual(targets.map(({ slug }) => `${name}-${slug}`).toSorted());
    for (const { platform, slug } of targets) expect(bake.target[`${name}-${slug}`]?.platforms).toEqual([platform]);
  });

  test('the source is upstream, at the commit or on the branch of the recipe', () => {
    const { git, commit, branch } = recipe.upstream;
    const source = `${git}#${commit ?? branch ?? ''}`;
    for (const { slug, image } of targets) {
      const target = bake.target[`${name}-${slug}`];
      const isFromUpstream = image.files?.some((file) => file.upstream !== undefined) ?? false;
      const isFromSource = recipe.build.kind === 'go' || recipe.build.kind === 'make';
      expect(target?.contexts?.['upstream']).toBe(isFromSource || isFromUpstream ? source : undefined);
      if (recipe.build.kind !== 'dockerfile') continue;
      expect(target?.contexts?.['upstream-image']).toBe(`target:${name}-${slug}-upstream`);
      const { context, args } = bake.target[`${name}-${slug}-upstream`] ?? {};
      expect({ context, args }).toEqual({ context: source, args: recipe.build.args });
    }
  });

  test('every image has the base, the packages, the files and the command of the recipe', () => {
    for (const { slug, image } of targets) {
      const stage = imageStage(`generated/${name}/${slug}.Dockerfile`);
      expect(stage.from, slug).toBe(recipe.build.kind === 'dockerfile' ? 'upstream-image' : image.base);
      expect(textsOf(stage, 'ENTRYPOINT').map(readExec)).toEqual(image.entrypoint ? [image.entrypoint] : []);
      expect(textsOf(stage, 'CMD').map(readExec)).toEqual(image.cmd ? [image.cmd] : []);
      const installed = textsOf(stage, 'RUN').join(' ').split(/\s+/);
      expect(installed).toEqual(expect.arrayContaining([...(image.packages ?? [])]));
      const copied = stage.instructions.filter(({ flags }) => flags.includes('--from=upstream'));
      expect(copied.map(({ text }) => readPaths(text))).toEqual(
        (image.files ?? []).flatMap(({ upstream, to }) => (upstream === undefined ? [] : [[upstream, to]])),
      );
    }
  });
});
