import { expect, test } from 'vitest';
import type { Target, Upstream } from '../../src/recipe/target.ts';
import { renderBake } from '../../src/render/bake.ts';
import { GO_BUILD, makeFile, makeRecipe, makeTarget, UPSTREAM } from '../support/workspace-values.ts';

interface BakeFile {
  readonly variable: unknown;
  readonly group: unknown;
  readonly target: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

function bakeOf(targets: readonly Target[]): BakeFile {
  return JSON.parse(renderBake(makeRecipe(targets))) as BakeFile;
}

const DOCKERFILE = { kind: 'dockerfile', dockerfile: 'Dockerfile', target: null, args: [] } as const;

test('a target per platform, a group of them, and where they come from', () => {
  const bake = bakeOf([makeTarget(), makeTarget({ platform: 'linux/arm64/v8.2' })]);
  expect(bake.variable).toEqual({ FORKWRIGHT_SOURCE: { default: 'recipes/tool.yaml' } });
  expect(bake.group).toEqual({
    default: { targets: ['tool'] },
    // A dot cannot be in a name of bake.
    tool: { targets: ['tool-linux-amd64', 'tool-linux-arm64-v8_2'] },
  });
  expect(bake.target).toEqual({
    'tool-linux-amd64': {
      context: '.',
      dockerfile: 'generated/tool/linux-amd64.Dockerfile',
      platforms: ['linux/amd64'],
      output: ['type=oci,dest=out/tool/linux-amd64.oci.tar,rewrite-timestamp=true'],
      attest: ['type=provenance,mode=min'],
    },
    'tool-linux-arm64-v8_2': {
      context: '.',
      dockerfile: 'generated/tool/linux-arm64-v8.2.Dockerfile',
      platforms: ['linux/arm64/v8.2'],
      output: ['type=oci,dest=out/tool/linux-arm64-v8.2.oci.tar,rewrite-timestamp=true'],
      attest: ['type=provenance,mode=min'],
    },
  });
});

test('files of the upstream come out of the same context, with every kind of build', () => {
  const image = { files: [makeFile({ type: 'upstream', path: 'run.sh' })] };
  const contextsOf = (build: Target['build']) =>
    bakeOf([makeTarget({ upstream: UPSTREAM, build, image })]).target['tool-linux-amd64']?.['contexts'];
  const upstream = `${UPSTREAM.git}#${UPSTREAM.commit}`;
  expect(contextsOf({ kind: 'none' })).toEqual({ upstream });
  expect(contextsOf(GO_BUILD)).toEqual({ upstream });
  expect(contextsOf(DOCKERFILE)).toEqual({ upstream, 'upstream-image': 'target:tool-linux-amd64-upstream' });
});

test.each<[string, Upstream, readonly string[], string]>([
  ['the pinned commit', UPSTREAM, [], `${UPSTREAM.git}#${UPSTREAM.commit}`],
  ['the branch where no commit is known', { ...UPSTREAM, commit: null }, [], `${UPSTREAM.git}#main`],
  ['the patched source', UPSTREAM, ['patches/tool/1.patch'], 'out/tool/source'],
])('the source is %s', (_what, upstream, patches, context) => {
  const go = bakeOf([makeTarget({ upstream, patches, build: GO_BUILD })]).target;
  expect(go['tool-linux-amd64']?.['contexts']).toEqual({ upstream: context });
  const dockerfile = bakeOf([
    makeTarget({ upstream, patches, build: DOCKERFILE, image: { base: { type: 'upstream' } } }),
  ]);
  expect(dockerfile.target['tool-linux-amd64']?.['contexts']).toEqual({
    'upstream-image': 'target:tool-linux-amd64-upstream',
  });
  expect(dockerfile.target['tool-linux-amd64-upstream']).toEqual({
    context,
    dockerfile: 'Dockerfile',
    platforms: ['linux/amd64'],
    output: ['type=cacheonly'],
  });
});

test('archives are named contexts', () => {
  const archive = { type: 'archive', path: 'bases/alpine' } as const;
  const file = makeFile({ type: 'image', image: { type: 'archive', path: 'bases/tools' }, path: '/bin/x' });
  const { target } = bakeOf([
    makeTarget({ image: { base: archive, files: [makeFile({ type: 'content', content: 'a\n' }), file] } }),
  ]);
  expect(target['tool-linux-amd64']?.['contexts']).toEqual({
    base: 'oci-layout://bases/alpine',
    'file-2': 'oci-layout://bases/tools',
  });
});

test('what bake would take for a template of HCL is escaped', () => {
  const args = [
    { name: 'A', value: '${b} $${c} %{d} %%{e}' },
    { name: 'B', value: '$b 5% {f} \\ "g"' },
  ];
  const build = { ...DOCKERFILE, target: 'final', args };
  const { target } = bakeOf([makeTarget({ upstream: UPSTREAM, build, image: { base: { type: 'upstream' } } })]);
  expect(target['tool-linux-amd64-upstream']).toMatchObject({
    target: 'final',
    args: { A: '$${b} $$${c} %%{d} %%%{e}', B: '$b 5% {f} \\ "g"' },
  });
});
