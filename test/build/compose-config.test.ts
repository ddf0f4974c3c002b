import { expect, test } from 'vitest';
import { composeConfig, type ConfigInput } from '../../src/build/compose-config.ts';
import { parsePlatform } from '../../src/platform/parse.ts';
import type { ImageSpec } from '../../src/recipe/target.ts';
import { makeTarget } from '../support/workspace-values.ts';

const DIFF_ID = `sha256:${'a'.repeat(64)}` as const;

function compose(image: Partial<ImageSpec>, input: Partial<ConfigInput> = {}) {
  return composeConfig({
    platform: parsePlatform('linux/amd64'),
    image: makeTarget({ image }).image,
    base: null,
    layer: null,
    epochSeconds: 0,
    ...input,
  });
}

test('on scratch: every setting of the recipe, and the PATH that BuildKit gives', () => {
  const config = compose(
    {
      entrypoint: ['/bin/tool', '--flag'],
      cmd: ['run'],
      env: [{ name: 'LANG', value: 'C.UTF-8' }],
      user: '1000:1000',
      workdir: '/work',
      labels: [{ name: 'note', value: 'a "quoted" one' }],
      ports: ['8080/tcp'],
      volumes: ['/data'],
      stopSignal: 'SIGINT',
      healthcheck: {
        command: ['/bin/tool', 'ping'],
        isDisabled: false,
        intervalNs: 30_000_000_000,
        timeoutNs: 0,
        startPeriodNs: 0,
        retries: 3,
      },
    },
    {
      platform: parsePlatform('linux/arm/v7'),
      layer: { diffId: DIFF_ID, createdBy: 'COPY /bin/tool' },
      epochSeconds: 1_700_000_000,
    },
  );
  expect(config).toEqual({
    architecture: 'arm',
    os: 'linux',
    variant: 'v7',
    config: {
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'LANG=C.UTF-8'],
      User: '1000:1000',
      WorkingDir: '/work',
      Entrypoint: ['/bin/tool', '--flag'],
      Cmd: ['run'],
      StopSignal: 'SIGINT',
      ExposedPorts: { '8080/tcp': {} },
      Volumes: { '/data': {} },
      Labels: { note: 'a "quoted" one' },
      Healthcheck: { Test: ['CMD', '/bin/tool', 'ping'], Interval: 30_000_000_000, Retries: 3 },
    },
    created: '2023-11-14T22:13:20Z',
    history: [{ created: '2023-11-14T22:13:20Z', created_by: 'COPY /bin/tool', comment: 'forkwright' }],
    rootfs: { type: 'layers', diff_ids: [DIFF_ID] },
  });
});

const BASE = {
  architecture: 'amd64',
  os: 'linux',
  author: 'somebody',
  config: {
    Env: ['PATH=/bin', 'A=1', 'PATH=/usr/bin:/bin'],
    Entrypoint: ['/bin/sh'],
    Cmd: ['-l'],
    Labels: { kept: 'yes', note: 'old' },
    ArgsEscaped: true,
    Healthcheck: { Test: ['CMD', 'true'] },
  },
  history: [{ created_by: 'base' }],
  rootfs: { type: 'layers', diff_ids: [`sha256:${'b'.repeat(64)}`] },
};

test('a base is inherited: unknown keys too; of two equal ENV names the last wins', () => {
  const config = compose({ env: [{ name: 'A', value: '2' }] }, { base: BASE });
  expect(config).toMatchObject({
    author: 'somebody',
    config: { ...BASE.config, Env: ['PATH=/usr/bin:/bin', 'A=2'] },
    history: BASE.history,
    rootfs: BASE.rootfs,
  });
});

test('an entrypoint resets the CMD of the base, as in a Dockerfile; labels join', () => {
  const config = compose(
    { entrypoint: ['/bin/tool'], labels: [{ name: 'note', value: 'new' }] },
    { base: BASE, layer: { diffId: DIFF_ID, createdBy: 'COPY /bin/tool' } },
  );
  expect(JSON.parse(JSON.stringify(config))).toMatchObject({
    config: { Entrypoint: ['/bin/tool'], Labels: { kept: 'yes', note: 'new' } },
    rootfs: { diff_ids: [`sha256:${'b'.repeat(64)}`, DIFF_ID] },
  });
  expect(JSON.stringify(config)).not.toContain('"Cmd"');
});

test('a disabled healthcheck is written as Docker reads it', () => {
  const disabled = { command: [], isDisabled: true, intervalNs: 0, timeoutNs: 0, startPeriodNs: 0, retries: 0 };
  expect(compose({ healthcheck: disabled })).toMatchObject({ config: { Healthcheck: { Test: ['NONE'] } } });
});
