import { expect, test } from 'vitest';
import type { ImagePin } from '../../src/recipe/target.ts';
import { pinDockerfile } from '../../src/render/pin-dockerfile.ts';
import { makeTarget } from '../support/workspace-values.ts';

const INDEX = `sha256:${'1'.repeat(64)}` as const;
const CHILD = `sha256:${'2'.repeat(64)}` as const;
const pin: ImagePin = { onBuilder: INDEX, onTarget: CHILD };
const images = new Map(['alpine:3.20', 'golang:1.24'].map((name) => [`docker.io/library/${name}`, pin]));
const target = makeTarget({ pins: { upstream: null, images, epochSeconds: null } });

test.each([
  ['FROM alpine:3.20 AS image', `FROM alpine:3.20@${CHILD} AS image`],
  [
    'FROM --platform=$BUILDPLATFORM golang:1.24 AS build',
    `FROM --platform=$BUILDPLATFORM golang:1.24@${INDEX} AS build`,
  ],
  [
    'FROM --platform=linux/amd64 docker.io/library/golang:1.24',
    `FROM --platform=linux/amd64 docker.io/library/golang:1.24@${CHILD}`,
  ],
  [
    'FROM scratch\nCOPY --chmod=0644 --from=alpine:3.20 /a /b',
    `FROM scratch\nCOPY --chmod=0644 --from=alpine:3.20@${CHILD} /a /b`,
  ],
  [
    'FROM scratch\nRUN --mount=type=bind,from=alpine:3.20,target=/x true',
    `FROM scratch\nRUN --mount=type=bind,from=alpine:3.20@${CHILD},target=/x true`,
  ],
  // What is not locked, has a digest, is a context or a stage, or only looks like an image, stays.
  ['FROM alpine:3.19', null],
  [`FROM alpine:3.20@${INDEX}`, null],
  ['FROM upstream-image AS image\nCOPY --from=upstream . .', null],
  ["FROM scratch\nCOPY <<'EOF' /x\nFROM alpine:3.20\nEOF", null],
  ['FROM scratch\nRUN echo --from=alpine:3.20 FROM alpine:3.20', null],
])('%j', (dockerfile, expected) => {
  expect(pinDockerfile(`${dockerfile}\n`, target)).toBe(`${expected ?? dockerfile}\n`);
});
