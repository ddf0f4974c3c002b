import { expect, test } from 'vitest';
import { listImageUses } from '../../src/build/dockerfile-images.ts';
import { splitInstructions } from '../../src/build/dockerfile-instructions.ts';
import { stripComments } from '../../src/build/strip-comments.ts';

const DOCKERFILE = `# syntax=docker/dockerfile:1
# A comment
FROM --platform=$BUILDPLATFORM golang:1.24 AS build

RUN a \\
    # inside
    b
COPY <<'EOF' /x
# not a comment
FROM not:an-image
EOF
RUN <<-A cat <<B
	one
	A
two
B
RUN ["echo", "<<EOF"]
from alpine:3.20
COPY --from=quay.io/org/tool:1 --chmod=0755 /a /b
RUN --mount=type=bind,from=busybox:1,target=/m true
`;

test('here-documents are part of their instructions, comments of none', () => {
  expect(splitInstructions(DOCKERFILE).map(({ keyword, start, documents }) => [keyword, start, documents])).toEqual([
    ['FROM', 2, []],
    ['RUN', 4, []],
    ['COPY', 7, ['# not a comment', 'FROM not:an-image', 'EOF']],
    ['RUN', 11, ['\tone', '\tA', 'two', 'B']],
    ['RUN', 16, []],
    ['FROM', 17, []],
    ['COPY', 18, []],
    ['RUN', 19, []],
  ]);
  expect(splitInstructions(DOCKERFILE)[1]?.rest).toBe('a      b');
});

test('the images of FROM, COPY and mounts, each with the platform that it is for', () => {
  expect(listImageUses(DOCKERFILE, {}, [])).toEqual([
    { name: 'golang:1.24', isOnBuilder: true },
    { name: 'alpine:3.20', isOnBuilder: false },
    { name: 'quay.io/org/tool:1', isOnBuilder: false },
    { name: 'busybox:1', isOnBuilder: false },
  ]);
});

test('what is left without comments builds the same', () => {
  const text = stripComments(DOCKERFILE);
  expect(text).toMatch(/^# syntax=docker\/dockerfile:1\nFROM /);
  expect(text).toContain('RUN a \\\n    b\nCOPY');
  expect(text).toContain("COPY <<'EOF' /x\n# not a comment\nFROM not:an-image\nEOF\n");
  expect(stripComments(text)).toBe(text);
});
