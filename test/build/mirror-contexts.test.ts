import { expect, test } from 'vitest';
import { mirrorContexts } from '../../src/build/mirror-contexts.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

test.each([
  ['alpine:3.20', 'alpine:3.20', 'docker-image://mirror.example.com/hub/library/alpine:3.20'],
  ['docker.io/library/alpine', 'alpine', 'docker-image://mirror.example.com/hub/library/alpine'],
  ['alpine:latest', 'alpine', 'docker-image://mirror.example.com/hub/library/alpine:latest'],
  ['tonistiigi/xx', 'tonistiigi/xx', 'docker-image://mirror.example.com/hub/tonistiigi/xx'],
  [
    `alpine:3.20@${DIGEST}`,
    `alpine:3.20@${DIGEST}`,
    `docker-image://mirror.example.com/hub/library/alpine:3.20@${DIGEST}`,
  ],
  ['quay.io/org/tool:1', 'quay.io/org/tool:1', 'docker-image://localhost:5000/org/tool:1'],
])('%s comes from the mirror of its registry', (image, name, value) => {
  const mirrors = { 'docker.io': 'mirror.example.com/hub', 'quay.io': 'localhost:5000' };
  expect(mirrorContexts([image], mirrors)).toEqual([{ name, value }]);
});

test('registries without a mirror, and what is no image, are left as they are', () => {
  expect(mirrorContexts(['ghcr.io/org/tool:1', 'Not An Image'], { 'docker.io': 'localhost:5000' })).toEqual([]);
});
