import { expect, test } from 'vitest';
import { compareConfigs } from '../../../src/image/compare/compare-configs.ts';
import type { ContainerConfig } from '../../../src/oci/config.ts';
import { makeContainer } from '../../support/image-set.ts';

const HEALTHCHECK = { test: ['CMD', 'x'], intervalNs: 3e10, timeoutNs: 0, startPeriodNs: 0, retries: 2 };

type Side = Partial<ContainerConfig>;
type Found = readonly [what: string, ours: string | null, theirs: string | null];

const DIFFERENT: readonly (readonly [ours: Side, theirs: Side, expected: readonly Found[]])[] = [
  [{ entrypoint: ['/bin/copy'] }, {}, [['entrypoint', '["/bin/copy"]', null]]],
  [{ entrypoint: [] }, { entrypoint: null }, []],
  [{ cmd: ['a', 'b c'] }, { cmd: ['a'] }, [['cmd', '["a","b c"]', '["a"]']]],
  [
    { env: ['A=1', 'B=x=y', 'A=2'] },
    { env: ['C=', 'A=2', 'B=z'] },
    [
      ['env.B', 'x=y', 'z'],
      ['env.C', null, ''],
    ],
  ],
  [{ user: '1000' }, {}, [['user', '1000', null]]],
  [{ workingDir: '/' }, { workingDir: '' }, []],
  [{ workingDir: '/a/' }, { workingDir: '/a' }, []],
  [{ exposedPorts: ['80/tcp'] }, { exposedPorts: ['80/tcp', '81/udp'] }, [['ports.81/udp', null, '81/udp']]],
  [{ volumes: ['/a'] }, {}, [['volumes./a', '/a', null]]],
  [{ stopSignal: 'SIGINT' }, {}, [['stopSignal', 'SIGINT', null]]],
  [{ healthcheck: HEALTHCHECK }, {}, [['healthcheck', '["CMD","x"], interval 30s, retries 2', null]]],
  [
    { labels: { a: '1' } },
    { labels: { a: '2', b: '' } },
    [
      ['labels.a', '1', '2'],
      ['labels.b', null, ''],
    ],
  ],
];

test.each(DIFFERENT)('%j and %j', (ours, theirs, expected) => {
  const found = compareConfigs(makeContainer(ours), makeContainer(theirs), 'linux/amd64');
  const platform = 'linux/amd64';
  expect(found).toEqual(
    expected.map(([what, our, their]) => ({ what: `config.${what}`, platform, ours: our, theirs: their })),
  );
});
