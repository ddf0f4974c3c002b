import { expect, test } from 'vitest';
import { parseReference } from '../../src/oci/reference.ts';
import { imageName } from '../../src/render/image-name.ts';

test.each([
  ['alpine:3.20', 'alpine:3.20'],
  ['docker.io/library/golang:1.22-alpine', 'golang:1.22-alpine'],
  ['registry.example.org:5000/team/base:1', 'registry.example.org:5000/team/base:1'],
  [`alpine@sha256:${'a'.repeat(64)}`, `alpine@sha256:${'a'.repeat(64)}`],
  // The name of a stage would be taken for the stage.
  ['build', 'docker.io/library/build'],
  ['team/build', 'docker.io/team/build'],
])('%s stands behind FROM as %s', (reference, name) => {
  expect(imageName(parseReference(reference))).toBe(name);
});
