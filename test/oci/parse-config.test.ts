import { expect, test } from 'vitest';
import { digestOf } from '../../src/oci/digest.ts';
import { parseConfig } from '../../src/oci/parse-config.ts';
import { parseStrictJson } from '../../src/oci/strict-json.ts';

const read = (document: unknown) =>
  parseConfig(parseStrictJson(Buffer.from(JSON.stringify(document)), 'x'), 'x.tar: y');

test('a config with all fields', () => {
  const second = 1_000_000_000;
  const document = read({
    architecture: 'arm',
    os: 'linux',
    created: '2026-11-21T03:57:51Z',
    author: 'me',
    config: {
      User: '1:1',
      ExposedPorts: { '8080/tcp': {}, '53/udp': {} },
      Env: ['A=b'],
      Entrypoint: ['/bin/tool'],
      Cmd: [],
      Volumes: { '/b': {}, '/B': {} },
      WorkingDir: '/data',
      Labels: { a: 'b' },
      StopSignal: 'SIGINT',
      Healthcheck: { Test: ['CMD', 'x'], Interval: 30 * second, Timeout: second, StartPeriod: 0, Retries: 3 },
      ArgsEscaped: true,
    },
    rootfs: { type: 'layers', diff_ids: [digestOf('x')] },
    history: [{ created: '2026-11-21T03:57:51Z', created_by: 'COPY', comment: 'c' }, { empty_layer: true }],
    'moby.buildkit.cache.v0': 'unknown keys are no fault',
  });
  expect(document).toEqual({
    platform: { os: 'linux', arch: 'arm', variant: 'v7', osVersion: '', osFeatures: [] },
    created: '2026-11-21T03:57:51Z',
    author: 'me',
    container: {
      entrypoint: ['/bin/tool'],
      cmd: [],
      env: ['A=b'],
      user: '1:1',
      workingDir: '/data',
      labels: { a: 'b' },
      exposedPorts: ['53/udp', '8080/tcp'],
      volumes: ['/B', '/b'],
      stopSignal: 'SIGINT',
      healthcheck: { test: ['CMD', 'x'], intervalNs: 30 * second, timeoutNs: second, startPeriodNs: 0, retries: 3 },
    },
    diffIds: [digestOf('x')],
    history: [
      { created: '2026-11-21T03:57:51Z', createdBy: 'COPY', comment: 'c', isEmptyLayer: false },
      { created: null, createdBy: '', comment: '', isEmptyLayer: true },
    ],
  });
});

const NOTHING = {
  platform: { os: '', arch: '', variant: '', osVersion: '', osFeatures: [] },
  created: null,
  author: '',
  container: {
    entrypoint: null,
    cmd: null,
    env: [],
    user: '',
    workingDir: '',
    labels: {},
    exposedPorts: [],
    volumes: [],
    stopSignal: '',
    healthcheck: null,
  },
  diffIds: [],
  history: [],
};

test.each([
  ['an empty config', {}],
  ['a container that is null', { config: null, rootfs: null, history: null }],
  [
    'a container as old docker writes it',
    {
      config: { Entrypoint: null, Cmd: null, Env: null, Labels: null, Volumes: null, Healthcheck: null, OnBuild: null },
    },
  ],
])('%s says nothing', (_, document) => {
  expect(read(document)).toEqual(NOTHING);
});

test('a command of one word may be a text', () => {
  expect(read({ config: { Entrypoint: '/bin/sh' } }).container.entrypoint).toEqual(['/bin/sh']);
});

test.each([
  [[], 'config.malformed', 'x.tar: y', 'a list where an object should be'],
  [{ config: [] }, 'config.malformed', 'x.tar: y: config', 'a list where an object should be'],
  [{ config: { Env: 'A=b' } }, 'config.malformed', 'x.tar: y: config.Env', '"A=b" where a list should be'],
  [{ config: { Env: ['A=b', 1] } }, 'config.malformed', 'x.tar: y: config.Env[1]', '1 where a text should be'],
  [
    { config: { Healthcheck: { Interval: '30s' } } },
    'config.malformed',
    'x.tar: y: config.Healthcheck.Interval',
    '"30s" where a whole number should be',
  ],
  [{ rootfs: { type: 'windows' } }, 'config.malformed', 'x.tar: y: rootfs.type', '"windows" where "layers" should be'],
  [{ rootfs: { diff_ids: ['x'] } }, 'digest.malformed', 'x.tar: y: rootfs.diff_ids[0]', '"x" is not a digest'],
  [
    { history: [{ empty_layer: 'yes' }] },
    'config.malformed',
    'x.tar: y: history[0].empty_layer',
    '"yes" where true or false should be',
  ],
])('%j is refused', (document, code, place, message) => {
  expect(() => read(document)).toThrow(expect.objectContaining({ code, place, message }));
});
