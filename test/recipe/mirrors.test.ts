import { expect, test } from 'vitest';
import { readMirrors } from '../../src/recipe/mirrors.ts';

const WORKSPACE = { 'docker.io': 'mirror.example.com/hub', 'quay.io': 'mirror.example.com/quay' };

test.each([undefined, '', ' , '])('FORKWRIGHT_MIRRORS=%j leaves the mirrors of the workspace', (text) => {
  expect(readMirrors({ FORKWRIGHT_MIRRORS: text }, WORKSPACE)).toEqual(WORKSPACE);
});

test('FORKWRIGHT_MIRRORS wins over the workspace, host by host', () => {
  const env = { FORKWRIGHT_MIRRORS: 'docker.io=localhost:5000, ghcr.io=mirror.example.com:8443/gh' };
  expect(readMirrors(env, WORKSPACE)).toEqual({
    'docker.io': 'localhost:5000',
    'quay.io': 'mirror.example.com/quay',
    'ghcr.io': 'mirror.example.com:8443/gh',
  });
});

test.each([
  ['docker.io', '"docker.io": "" is not a registry'],
  [
    'https://docker.io=localhost:5000',
    '"https://docker.io=localhost:5000": "https://docker.io" is not a registry host',
  ],
  ['docker.io=mirror', '"docker.io=mirror": "mirror" is not a registry'],
])('FORKWRIGHT_MIRRORS=%s is refused', (text, what) => {
  expect(() => readMirrors({ FORKWRIGHT_MIRRORS: text }, {})).toThrow(
    expect.objectContaining({
      code: 'workspace.mirrors',
      message: `FORKWRIGHT_MIRRORS has ${what}`,
      hint: 'like docker.io=mirror.example.com:5000/hub, with commas between several',
    }),
  );
});
