import { expect, test } from 'vitest';
import { parseReference } from '../../src/oci/reference.ts';
import { engineReason, needsEngine, runsOnTarget } from '../../src/recipe/needs-engine.ts';
import {
  GO_BUILD,
  MAKE_BUILD,
  makeFile,
  makeTarget,
  UPSTREAM,
  type TargetValues,
} from '../support/workspace-values.ts';

const ALPINE = { type: 'image', reference: parseReference('alpine:3.20') } as const;
const ARCHIVE = { type: 'archive', path: 'bases/alpine.oci.tar' } as const;
const PATH = makeFile({ type: 'path', path: 'bin/tool', sha256: null });
const PREBUILT = { kind: 'prebuilt', program: PATH } as const;
const FROM_IMAGE = makeFile({ type: 'image', image: ALPINE, path: '/bin/busybox' }, { to: '/bin/sh' });
const FROM_ARCHIVE = makeFile({ type: 'image', image: ARCHIVE, path: '/bin/busybox' }, { to: '/bin/sh' });
const DOCKERFILE = { kind: 'dockerfile', dockerfile: 'Dockerfile', target: null, args: [] } as const;

const CASES: readonly [what: string, values: TargetValues, reason: string | null, runsThere: boolean][] = [
  ['nothing but scratch', {}, null, false],
  ['a program on scratch', { build: PREBUILT }, null, false],
  ['a program and files on an archive', { build: PREBUILT, image: { base: ARCHIVE, files: [PATH] } }, null, false],
  ['a base from a registry', { image: { base: ALPINE } }, null, false],
  [
    'packages',
    { image: { base: ARCHIVE, packages: ['tar', 'xz'], packageManager: 'apk' } },
    'it installs packages (tar, xz)',
    true,
  ],
  ['a file of an archive', { image: { files: [FROM_ARCHIVE] } }, null, false],
  ['Windows', { platform: 'windows/amd64', build: PREBUILT }, 'only an engine writes layers for Windows', false],
  ['a file of an image', { image: { files: [FROM_IMAGE] } }, null, false],
  ['a program of an image', { build: { kind: 'prebuilt', program: FROM_IMAGE } }, null, false],
  ['go', { upstream: UPSTREAM, build: GO_BUILD }, 'its program is built from source (go)', false],
  [
    'go with C, compiled on the platform',
    { upstream: UPSTREAM, build: { ...GO_BUILD, cgo: true, toolchain: { isOnTarget: true, compiler: null } } },
    'its program is built from source (go)',
    true,
  ],
  ['make', { upstream: UPSTREAM, build: MAKE_BUILD }, 'its program is built from source (make)', true],
  [
    'make with a cross compiler',
    { upstream: UPSTREAM, build: { ...MAKE_BUILD, toolchain: { isOnTarget: false, compiler: null } } },
    'its program is built from source (make)',
    false,
  ],
  [
    'a file of the upstream',
    { upstream: UPSTREAM, image: { files: [makeFile({ type: 'upstream', path: 'run.sh' })] } },
    "/bin/tool comes out of the upstream's tree",
    false,
  ],
  [
    'a Dockerfile of upstream',
    { upstream: UPSTREAM, build: DOCKERFILE, image: { base: { type: 'upstream' } } },
    "upstream's own Dockerfile builds it",
    true,
  ],
  [
    'several at once',
    { upstream: UPSTREAM, build: GO_BUILD, image: { base: ALPINE, packages: ['tar'], packageManager: 'apk' } },
    'its program is built from source (go), and it installs packages (tar)',
    true,
  ],
];

test.each(CASES)('%s', (_what, values, reason, runsThere) => {
  const target = makeTarget(values);
  expect(engineReason(target)).toBe(reason);
  expect(needsEngine(target)).toBe(reason !== null);
  expect(runsOnTarget(target)).toBe(runsThere);
});
