import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isDigest } from '../../src/oci/digest.ts';
import { formatFamiliar, formatReference, isTag, parseReference } from '../../src/oci/reference.ts';

const HEX = '3385f1bfe8d491169b054e4417f570c30f6325df3385f1bfe8d491169b054e44';

test.each([
  ['alpine', 'docker.io/library/alpine', 'alpine'],
  ['alpine:3.20', 'docker.io/library/alpine:3.20', 'alpine:3.20'],
  ['docker.io/alpine', 'docker.io/library/alpine', 'alpine'],
  ['index.docker.io/library/alpine', 'docker.io/library/alpine', 'alpine'],
  ['moby/buildkit:v0.20.0-rootless', 'docker.io/moby/buildkit:v0.20.0-rootless', 'moby/buildkit:v0.20.0-rootless'],
  ['localhost/x', 'localhost/x', 'localhost/x'],
  ['localhost:5000/a/b/c:1', 'localhost:5000/a/b/c:1', 'localhost:5000/a/b/c:1'],
  [
    'registry.example.com:8443/releng/tool',
    'registry.example.com:8443/releng/tool',
    'registry.example.com:8443/releng/tool',
  ],
  ['[::1]:5000/x:latest', '[::1]:5000/x:latest', '[::1]:5000/x:latest'],
  ['Registry/x', 'Registry/x', 'Registry/x'],
  [`alpine@sha256:${HEX}`, `docker.io/library/alpine@sha256:${HEX}`, `alpine@sha256:${HEX}`],
  [`ghcr.io/a/b:1@sha256:${HEX}`, `ghcr.io/a/b:1@sha256:${HEX}`, `ghcr.io/a/b:1@sha256:${HEX}`],
  ['docker.io/foo.bar/x', 'docker.io/foo.bar/x', 'docker.io/foo.bar/x'],
  ['docker.io/localhost/x', 'docker.io/localhost/x', 'docker.io/localhost/x'],
  ['a__b/c--d/e_f.g', 'docker.io/a__b/c--d/e_f.g', 'a__b/c--d/e_f.g'],
])('%s is %s, for people %s', (text, whole, familiar) => {
  const reference = parseReference(text);
  expect(formatReference(reference)).toBe(whole);
  expect(formatFamiliar(reference)).toBe(familiar);
});

test('a missing tag is not guessed', () => {
  expect(parseReference('alpine')).toEqual({
    registry: 'docker.io',
    repository: 'library/alpine',
    tag: null,
    digest: null,
  });
});

const LOOKS = 'it looks like alpine:3.20 or host:5000/path/name:tag';
test.each([
  ['', '"" is not an image name: "library/" is not a repository name', LOOKS],
  [
    'Alpine',
    '"Alpine" is not an image name: "library/Alpine" is not a repository name',
    'repository names are lower case',
  ],
  ['a//b', '"a//b" is not an image name: "a//b" is not a repository name', LOOKS],
  ['a/-b', '"a/-b" is not an image name: "a/-b" is not a repository name', LOOKS],
  ['alpine:', '"alpine:" is not an image name: "" is not a tag', LOOKS],
  ['alpine:-1', '"alpine:-1" is not an image name: "-1" is not a tag', LOOKS],
  ['alpine:a b', '"alpine:a b" is not an image name: "a b" is not a tag', LOOKS],
  ['alpine@sha256:12', '"alpine@sha256:12" is not an image name: "sha256:12" is not a digest', LOOKS],
  ['-x.io/a', '"-x.io/a" is not an image name: "-x.io" is not a registry host', LOOKS],
  ['host:port/a', '"host:port/a" is not an image name: "host:port" is not a registry host', LOOKS],
  ['https://a.io/b', '"https://a.io/b" is not an image name: "https:" is not a registry host', LOOKS],
])('%j is no image name', (text, message, hint) => {
  expect(() => parseReference(text)).toThrow(expect.objectContaining({ code: 'reference.malformed', message, hint }));
});

test('a repository has 255 characters at most', () => {
  const repository = `a/${'b'.repeat(253)}`;
  expect(parseReference(repository).repository).toBe(repository);
  expect(() => parseReference(`${repository}b`)).toThrow('is not a repository name');
});

test('a tag has 128 characters at most', () => {
  expect(isTag('a'.repeat(128))).toBe(true);
  expect(isTag('a'.repeat(129))).toBe(false);
});

const part = fc.stringMatching(/^[a-z0-9]{1,5}(?:(?:\.|_|__|-{1,3})[a-z0-9]{1,5}){0,2}$/);
const references = fc
  .record({
    registry: fc.constantFrom(
      'docker.io',
      'ghcr.io',
      'localhost',
      'localhost:5000',
      'r.example.com:8443',
      '[::1]:5000',
    ),
    parts: fc.array(part, { minLength: 1, maxLength: 4 }),
    tag: fc.option(fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,12}$/)),
    digest: fc.option(fc.stringMatching(/^sha256:[0-9a-f]{64}$/)),
  })
  .map(({ registry, parts, tag, digest }) => ({
    registry,
    // Docker's own registry has no repository of one part.
    repository: [...(registry === 'docker.io' && parts.length === 1 ? ['library'] : []), ...parts].join('/'),
    tag,
    digest: isDigest(digest) ? digest : null,
  }));

test('what is formatted, for machines or for people, is parsed back to the same reference', () => {
  fc.assert(
    fc.property(references, (reference) => {
      expect(parseReference(formatReference(reference))).toEqual(reference);
      expect(parseReference(formatFamiliar(reference))).toEqual(reference);
    }),
  );
});
