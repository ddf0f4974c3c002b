import { expect, test } from 'vitest';
import { listDockerfileImages } from '../../src/build/dockerfile-images.ts';

test('images are told from stages, contexts, scratch and variables', () => {
  const text = `# syntax=docker/dockerfile:1
ARG GO=1.19
ARG DISTRO="bookworm"
ARG BASE=alpine:3.20
ARG OTHER
FROM --platform=$BUILDPLATFORM golang:\${GO}-$DISTRO AS build
ARG BASE=not-this
RUN --mount=type=bind,from=busybox:1.36,target=/bb --mount=target=. \\
    # a comment between
    make
COPY --from=upstream . .
copy --from=tonistiigi/xx:1.2 / /
from \${BASE} as Image
COPY --from=build /out /
COPY --from=0 /out /
COPY --link --from=image /x /y
FROM \${MISSING}
FROM \${OTHER:-debian:12}
FROM scratch
COPY --from=quay.io/org/tool@sha256:${'a'.repeat(64)} / /
`;
  expect(listDockerfileImages(text, {}, ['upstream'])).toEqual([
    'golang:1.19-bookworm',
    'busybox:1.36',
    'tonistiigi/xx:1.2',
    'alpine:3.20',
    'debian:12',
    `quay.io/org/tool@sha256:${'a'.repeat(64)}`,
  ]);
});

test('build arguments win over the defaults', () => {
  const text = 'ARG GO=1.19\nARG BASE\nFROM golang:$GO\nFROM $BASE\n';
  expect(listDockerfileImages(text, { GO: '1.22', BASE: 'alpine' }, [])).toEqual(['golang:1.22', 'alpine']);
});
