import { expect, test } from 'vitest';
import { hasUpstreamContext, takesUpstreamFiles, usesUpstream } from '../../src/recipe/upstream-context.ts';
import {
  GO_BUILD,
  MAKE_BUILD,
  makeFile,
  makeTarget,
  UPSTREAM,
  type TargetValues,
} from '../support/workspace-values.ts';

const DOCKERFILE = { kind: 'dockerfile', dockerfile: 'Dockerfile', target: null, args: [] } as const;
const FILE = makeFile({ type: 'upstream', path: 'run.sh' });
const LOCAL = makeFile({ type: 'path', path: 'run.sh', sha256: null });

const CASES: readonly [what: string, values: TargetValues, uses: boolean, asContext: boolean, files: boolean][] = [
  ['nothing', {}, false, false, false],
  ['a program that is not built', { build: { kind: 'prebuilt', program: LOCAL } }, false, false, false],
  ['go', { build: GO_BUILD }, true, true, false],
  ['make', { build: MAKE_BUILD }, true, true, false],
  ["upstream's own Dockerfile", { build: DOCKERFILE }, true, false, false],
  ['that with a file', { build: DOCKERFILE, image: { files: [LOCAL, FILE] } }, true, true, true],
  ['a file and nothing else', { image: { files: [FILE] } }, true, true, true],
];

test.each(CASES)('%s', (_what, values, uses, asContext, files) => {
  const target = makeTarget({ upstream: UPSTREAM, ...values });
  expect([usesUpstream(target), hasUpstreamContext(target), takesUpstreamFiles(target)]).toEqual([
    uses,
    asContext,
    files,
  ]);
});
