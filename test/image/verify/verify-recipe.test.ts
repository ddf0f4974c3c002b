import { expect, test } from 'vitest';
import type { Finding } from '../../../src/finding.ts';
import { flattenLayers, type LayerEntry } from '../../../src/image/files/file-tree.ts';
import { verifyRecipe, verifyTarget } from '../../../src/image/verify/verify-recipe.ts';
import type { ConfigDocument, ContainerConfig } from '../../../src/oci/config.ts';
import { parseReference } from '../../../src/oci/reference.ts';
import { parsePlatform } from '../../../src/platform/parse.ts';
import type { ImageSpec, Target } from '../../../src/recipe/target.ts';
import { makeContainer } from '../../support/image-set.ts';
import { MAKE_BUILD, makeRecipe, makeTarget } from '../../support/workspace-values.ts';

const texts = (findings: readonly Finding[]) => findings.map(({ code, text }) => `${code}: ${text}`);

function compare(container: Partial<ContainerConfig>, image: Partial<ImageSpec>): readonly string[] {
  const config: ConfigDocument = {
    platform: parsePlatform('linux/amd64'),
    created: null,
    author: '',
    container: makeContainer(container),
    diffIds: [],
    history: [],
  };
  return texts(verifyTarget(config, null, makeTarget({ image }), 'zoo.tar: linux/amd64'));
}

const ALPINE = { type: 'image', reference: parseReference('alpine:3.20') } as const;
const CHECK = {
  command: ['/x', 'ok'],
  isDisabled: false,
  intervalNs: 30e9,
  timeoutNs: 0,
  startPeriodNs: 0,
  retries: 3,
};

test.each<{ field: string; found: Partial<ContainerConfig>; wanted: Partial<ImageSpec>; texts: string[] }>([
  { field: 'nothing', found: {}, wanted: {}, texts: [] },
  {
    field: 'entrypoint',
    found: { entrypoint: ['/a'] },
    wanted: { entrypoint: ['/b', '-x'] },
    texts: ['image.differs: entrypoint is ["/a"], the recipe says ["/b","-x"]'],
  },
  {
    field: 'entrypoint that was lost',
    found: {},
    wanted: { entrypoint: ['/b'] },
    texts: ['image.differs: entrypoint is null, the recipe says ["/b"]'],
  },
  {
    field: 'entrypoint that nobody asked for, on scratch',
    found: { entrypoint: ['/a'] },
    wanted: {},
    texts: ['image.differs: entrypoint is ["/a"], the recipe says null'],
  },
  { field: 'entrypoint of the base', found: { entrypoint: ['/a'] }, wanted: { base: ALPINE }, texts: [] },
  { field: 'cmd of the base', found: { cmd: ['/bin/sh'] }, wanted: { base: ALPINE }, texts: [] },
  {
    field: 'cmd of the base that an entrypoint resets',
    found: { entrypoint: ['/a'], cmd: ['/bin/sh'] },
    wanted: { base: ALPINE, entrypoint: ['/a'] },
    texts: ['image.differs: cmd is ["/bin/sh"], the recipe says null'],
  },
  { field: 'empty lists', found: { entrypoint: [], cmd: [] }, wanted: {}, texts: [] },
  {
    field: 'env',
    found: { env: ['PATH=/bin', 'A=1', 'A=2', 'B=x=y'] },
    wanted: {
      env: [
        { name: 'A', value: '1' },
        { name: 'B', value: 'x=y' },
        { name: 'C', value: '' },
      ],
    },
    texts: ['image.differs: env A is "2", the recipe says "1"', 'image.differs: env C is null, the recipe says ""'],
  },
  {
    field: 'user',
    found: { user: 'root' },
    wanted: { user: '1000:1000' },
    texts: ['image.differs: user is "root", the recipe says "1000:1000"'],
  },
  { field: 'user of the base', found: { user: 'nobody' }, wanted: { base: ALPINE }, texts: [] },
  { field: 'workdir', found: { workingDir: '/' }, wanted: {}, texts: [] },
  { field: 'workdir with a slash', found: { workingDir: '/app' }, wanted: { workdir: '/app/' }, texts: [] },
  {
    field: 'workdir',
    found: {},
    wanted: { workdir: '/app' },
    texts: ['image.differs: workdir is "/", the recipe says "/app"'],
  },
  {
    field: 'labels',
    found: { labels: { extra: 'fine', version: '1' } },
    wanted: { labels: [{ name: 'version', value: '2' }] },
    texts: ['image.differs: label version is "1", the recipe says "2"'],
  },
  {
    field: 'ports and volumes',
    found: { exposedPorts: ['80/tcp'], volumes: [] },
    wanted: { ports: ['80/tcp', '8080/tcp'], volumes: ['/data'] },
    texts: [
      'image.differs: ports are ["80/tcp"], the recipe adds "8080/tcp"',
      'image.differs: volumes are [], the recipe adds "/data"',
    ],
  },
  {
    field: 'stop signal',
    found: {},
    wanted: { stopSignal: 'SIGINT' },
    texts: ['image.differs: stop signal is "", the recipe says "SIGINT"'],
  },
  {
    field: 'healthcheck',
    found: { healthcheck: { test: ['CMD', '/x', 'ok'], intervalNs: 30e9, timeoutNs: 0, startPeriodNs: 0, retries: 3 } },
    wanted: { healthcheck: CHECK },
    texts: [],
  },
  {
    field: 'healthcheck that is switched off',
    found: { healthcheck: { test: ['NONE'], intervalNs: 0, timeoutNs: 0, startPeriodNs: 0, retries: 0 } },
    wanted: { healthcheck: { ...CHECK, isDisabled: true } },
    texts: [],
  },
  {
    field: 'healthcheck that was lost',
    found: { healthcheck: { test: [], intervalNs: 0, timeoutNs: 0, startPeriodNs: 0, retries: 0 } },
    wanted: { healthcheck: CHECK },
    texts: [
      'image.differs: healthcheck is null, the recipe says {"test":["CMD","/x","ok"],"intervalNs":30000000000,"timeoutNs":0,"startPeriodNs":0,"retries":3}',
    ],
  },
])('compares $field', ({ found, wanted, texts: expected }) => {
  expect(compare(found, wanted)).toEqual(expected);
});

const file = (path: string, mode: number): LayerEntry => ({ path, kind: 'file', linkName: '', mode, program: null });
const CONTENT = { type: 'content', content: 'x\n' } as const;

function compareFiles(entries: readonly LayerEntry[], target: Target): readonly string[] {
  return texts(verifyTarget(null, flattenLayers([entries]), target, 'zoo.tar: linux/amd64'));
}

test("the recipe's program and files are there with their modes", () => {
  const program = { source: CONTENT, to: '/bin/tool', mode: 0o755, uid: 0, gid: 0 };
  const extra = { ...program, to: '/etc/tool.conf', mode: 0o644 };
  const target = makeTarget({ build: { kind: 'prebuilt', program }, image: { files: [extra] } });
  expect(compareFiles([file('bin/tool', 0o755), file('etc/tool.conf', 0o644)], target)).toEqual([]);
  expect(compareFiles([file('bin/tool', 0o644)], target)).toEqual([
    'image.file-mode: /bin/tool has mode 0644, the recipe says 0755',
    "image.file-missing: the recipe's file /etc/tool.conf is not in the image",
  ]);
});

test('a program that is built is there, with the mode that the builder gave it', () => {
  expect(compareFiles([file('bin/tool', 0o775)], makeTarget({ build: MAKE_BUILD }))).toEqual([]);
  expect(compareFiles([], makeTarget({ build: MAKE_BUILD }))).toHaveLength(1);
});

test('platforms are complete and none is extra', () => {
  const recipe = makeRecipe(['linux/amd64', 'linux/arm64'].map((platform) => makeTarget({ platform })));
  const platforms = ['linux/amd64', 'linux/s390x'].map(parsePlatform);
  expect(verifyRecipe('zoo.tar', platforms, [], recipe)).toEqual([
    {
      code: 'image.platform-missing',
      severity: 'error',
      place: 'zoo.tar',
      text: 'recipes/tool.yaml lists linux/arm64, the archive has no image for it',
      hint: null,
    },
    {
      code: 'image.platform-extra',
      severity: 'error',
      place: 'zoo.tar',
      text: 'the archive has an image for linux/s390x, recipes/tool.yaml does not list it',
      hint: null,
    },
  ]);
});

test('the names are among those that the recipe publishes', () => {
  const recipe = makeRecipe([], { publish: { image: 'registry.example.org/zoo', tags: ['1.0', 'latest'] } });
  const names = ['registry.example.org/zoo:1.0', 'docker.io/library/zoo:1.0'];
  expect(texts(verifyRecipe('zoo.tar', [], names, recipe))).toEqual([
    'image.name-extra: the archive is named docker.io/library/zoo:1.0, the recipe publishes registry.example.org/zoo:1.0, registry.example.org/zoo:latest',
  ]);
  expect(verifyRecipe('zoo.tar', [], [], recipe)).toEqual([]);
});
