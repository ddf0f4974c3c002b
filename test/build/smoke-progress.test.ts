import { expect, test } from 'vitest';
import { followSmokeTest } from '../../src/build/smoke-progress.ts';

/** What buildx 0.13 prints in front of the step. */
const HEAD = [
  '#0 building with "default" instance using docker driver',
  '',
  '#1 [internal] load build definition from Dockerfile',
  '#1 transferring dockerfile: 87B done',
  '#1 DONE 0.0s',
  '',
  '#4 [context image] OCI load from client',
  '#4 resolve docker.io/library/image@sha256:2554e38f done',
  '#4 DONE 0.0s',
  '',
  '#5 [1/2] RUN --network=none ["sh", "-c", "..."]',
];

function follow(...lines: readonly string[]) {
  let starts = 0;
  const progress = followSmokeTest(() => {
    starts += 1;
  });
  for (const line of lines) progress.take(line);
  const { exitCode, output, error } = progress;
  return { starts, exitCode, output, error };
}

test('what a program prints is kept without time stamps, colours and returns', () => {
  expect(
    follow(...HEAD, '#5 0.063 first', '#5 10.06 ', '#5 103.6 \u001b[31mred\u001b[0m\r', '#5 103.7 ', '#5 DONE 0.1s'),
  ).toEqual({ starts: 1, exitCode: 0, output: 'first\n\nred', error: null });
});

test('a program that fails: what it prints afterwards is the excerpt of BuildKit', () => {
  const message =
    'process "sh -c did not complete successfully: exit code: 7" did not complete successfully: exit code: 3';
  expect(
    follow(
      ...HEAD,
      '#5 0.063 #5 DONE 0.1s',
      `#5 ERROR: ${message}`,
      '------',
      ' > [1/2] RUN --network=none ["sh", "-c", "..."]:',
      '0.063 #5 DONE 0.1s',
      '------',
      `ERROR: failed to solve: ${message}`,
    ),
  ).toEqual({
    starts: 1,
    exitCode: 3,
    output: '#5 DONE 0.1s',
    error: `failed to solve: ${message}`,
  });
});

test('other steps, and a build that does not get as far, say nothing of the program', () => {
  expect(follow(...HEAD.slice(0, -1), 'ERROR: failed to solve: no space left on device')).toEqual({
    starts: 0,
    exitCode: null,
    output: '',
    error: 'failed to solve: no space left on device',
  });
});

test.each(['#5 CANCELED', '#5 ERROR: context canceled'])('%s is no end of the program itself', (line) => {
  expect(follow(...HEAD, '#5 0.1 waiting', line)).toMatchObject({ exitCode: null, output: 'waiting' });
});

test('a newer BuildKit counts the step otherwise, and names the platform', () => {
  const lines = ['#7 [linux/arm64 2/2] RUN --network=none ["true"]', '#7 DONE 0.1s'];
  expect(follow(...lines)).toMatchObject({ starts: 1, exitCode: 0 });
});

test('a step of the image itself (ONBUILD) is not the program', () => {
  expect(follow('#5 [1/2] RUN make', '#5 0.1 made', '#5 DONE 0.1s')).toMatchObject({ starts: 0, output: '' });
});

test('of much output the end is kept', () => {
  const lines = Array.from({ length: 30_000 }, (_, index) => `#5 1.234 line ${index}`);
  const { output } = follow(...HEAD, ...lines, '#5 DONE 1.3s');
  expect(output).toHaveLength(4097);
  expect(output.startsWith('…')).toBe(true);
  expect(output.endsWith('line 29998\nline 29999')).toBe(true);
});

test('of a line that comes in parts the end is kept, and no half of a character', () => {
  const { output } = follow(...HEAD, `#5 0.1 ${'x'.repeat(70_000)}`, `${'😀'.repeat(3000)}!`, '#5 DONE 0.2s');
  expect(output).toBe(`…${'😀'.repeat(2047)}!`);
});
