import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseBase } from '../../src/recipe/base.ts';
import { parseDuration } from '../../src/recipe/duration.ts';
import { fillNames, findNameFaults } from '../../src/recipe/name-text.ts';
import { nearestOf } from '../../src/recipe/nearest.ts';
import { packageManagerOf } from '../../src/recipe/package-manager.ts';
import { quoted } from '../../src/recipe/quoted.ts';
import { parseRegistryHost, parseRegistryPrefix } from '../../src/recipe/registry-name.ts';
import * as source from '../../src/recipe/source-text.ts';
import { parseImagePath, parseWorkspacePath } from '../../src/recipe/workspace-path.ts';

test.each([
  ['1ms', 1e6],
  ['500ms', 5e8],
  ['30s', 3e10],
  ['1m30s', 9e10],
  ['1.5h', 5.4e12],
  ['1000000ns', 1e6],
  ['1h0m0.5s', 3_600_500_000_000],
])('%s has %d ns', (text, ns) => {
  expect(parseDuration(text)).toBe(ns);
});

test.each(['', '30', 's', '1 s', '-1s', '1d', '1e3s', '0s', '999us', '9999999999h', '1s1'])(
  '%j is no duration',
  (text) => {
    expect(() => parseDuration(text)).toThrow('is not a duration');
  },
);

test.each([
  ['scratch', { type: 'scratch' }],
  ['./bases/alpine', { type: 'archive', path: 'bases/alpine' }],
  ['bases/alpine.oci.tar', { type: 'archive', path: 'bases/alpine.oci.tar' }],
  ['a.tar.zst', { type: 'archive', path: 'a.tar.zst' }],
  ['a.tgz', { type: 'archive', path: 'a.tgz' }],
  ['oci:bases/alpine', { type: 'archive', path: 'bases/alpine' }],
  ['oci-archive:x.tar', { type: 'archive', path: 'x.tar' }],
  ['docker-archive:a/./x', { type: 'archive', path: 'a/x' }],
])('%s is %j', (text, base) => {
  expect(parseBase(text)).toEqual(base);
});

test.each(['alpine:3.20', 'docker://alpine:3.20', 'docker.io/library/alpine:3.20'])('%s is an image', (text) => {
  const reference = { registry: 'docker.io', repository: 'library/alpine', tag: '3.20', digest: null };
  expect(parseBase(text)).toEqual({ type: 'image', reference });
});

test.each([
  ['alpine:3.20', 'apk'],
  ['localhost:5000/mirror/alpine', 'apk'],
  ['golang:1.26-alpine3.20', 'apk'],
  ['bases/alpine-3.20.oci.tar', 'apk'],
  ['debian:12-slim', 'apt'],
  ['golang:1.19-bookworm', 'apt'],
  ['ubuntu', 'apt'],
  ['busybox', null],
  ['alpineish', null],
])('%s installs packages with %s', (name, manager) => {
  expect(packageManagerOf(name)).toBe(manager);
});

test.each([
  ['ouput', 'output'],
  ['Entrypoint', 'entrypoint'],
  ['environment', 'env'],
  ['nmp', 'npm'],
  ['zzzzzz', null],
])('%s is near %s', (word, nearest) => {
  expect(nearestOf(word, ['kind', 'env', 'npm', 'output', 'entrypoint'])).toBe(nearest);
});

test('names in braces are filled in, and doubled braces are single', () => {
  const text = '{os}-{arch}/{{version}}/{version}}}';
  expect(findNameFaults(text)).toEqual([]);
  expect(fillNames(text, (name) => `<${name}>`)).toBe('<os>-<arch>/{version}/<version>}');
});

test('a text without faults is filled in to one without names, and what is filled in is not read again', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('{', '}', '{{', '}}', '{os}', '{oss}', 'a')), (parts) => {
      const text = parts.join('');
      if (findNameFaults(text).length > 0) return;
      const [open, close] = [/\{\{/g, /\}\}/g].map((braces) => text.match(braces)?.length ?? 0);
      const names = text.replaceAll(/\{\{|\}\}/g, '').match(/\{os\}/g)?.length ?? 0;
      const filled = fillNames(text, () => '{');
      expect(filled.match(/\{/g)?.length ?? 0).toBe((open ?? 0) + names);
      expect(filled.match(/\}/g)?.length ?? 0).toBe(close);
    }),
  );
});

test.each([
  ['a', 'a'],
  ['./a/b/', 'a/b'],
  ['a/../b', 'b'],
  ['..a/b', '..a/b'],
])('%s is %s in the workspace', (text, path) => {
  expect(parseWorkspacePath(text)).toBe(path);
});

test.each(['', '.', './', 'a/..', '..', '../a', 'a/../../b', '/a', 'C:/a', 'C:a', 'a\\b', '..\\a'])(
  '%j is no path in the workspace',
  (text) => {
    expect(() => parseWorkspacePath(text)).toThrow(expect.objectContaining({ code: 'recipe.invalid-path' }));
  },
);

test('no path leaves the workspace, however it is put together', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('..', '.', '', 'a', '/', '\\', '~')), (parts) => {
      let path: string;
      try {
        path = parseWorkspacePath(parts.join('/'));
      } catch {
        return;
      }
      expect(path.startsWith('/')).toBe(false);
      expect(path.split('/')).not.toContain('..');
    }),
  );
});

test.each(['/', '/a', '/a b/c', '/a/..b'])('%j is a path in an image', (text) => {
  expect(parseImagePath(text)).toBe(text);
});

test.each(['', 'a', '//a', '/a/', '/a/./b', '/a/../b', '/a\\b', '/..'])('%j is no plain path in an image', (text) => {
  expect(() => parseImagePath(text)).toThrow(expect.objectContaining({ code: 'recipe.invalid-path' }));
});

const [BYTES_32, BYTES_64] = [Buffer.alloc(32, 7).toString('base64'), Buffer.alloc(64, 7).toString('base64')];
test.each([
  [
    source.parseIntegrity,
    [`sha512-${BYTES_64}`, `sha256-${BYTES_32}`],
    [
      '',
      'sha1-aaaa',
      `sha512-${BYTES_32}`,
      `sha512-${BYTES_64} `,
      `sha512-${BYTES_64.slice(0, -2)}`,
      `sha512-${BYTES_64}-x`,
      BYTES_64,
    ],
  ],
  [
    source.parseSha256,
    ['a'.repeat(64)],
    ['A'.repeat(64), 'a'.repeat(63), `sha256:${'a'.repeat(64)}`, `${'a'.repeat(64)}\n`],
  ],
  [
    source.parseNpmName,
    ['esbuild', '@esbuild/linux-x64', 'a.b_c~d'],
    ['', 'A', '@a', '@a/b/c', '../x', '@a/.b', 'a b'],
  ],
  [source.parseExactVersion, ['1.2.3', '0.28.2-rc.1'], ['', 'latest', '1.2', 'v1.2.3', '^1.2.3', '1.2.3 ', '01.2.3']],
  [
    source.parseGithubRepository,
    ['evanw/esbuild', 'a-b/c.d_e'],
    ['esbuild', 'a/b/c', 'a/..', '-a/b', 'https://github.com/a/b'],
  ],
  [source.parseReleaseTag, ['v1.2.3', 'release/1'], ['', '-x', 'a b', 'a..b', 'a^{}']],
  [source.parseAssetName, ['tool_linux_amd64.tar.gz'], ['', 'a/b', 'a b', '..\\x']],
  [
    source.parseDownloadUrl,
    ['https://a.io/b?c=d', 'http://127.0.0.1:8080/x'],
    ['a.io/b', 'ftp://a.io/b', 'file:///etc/passwd', 'https://a.io/b c', 'https://me:pw@a.io/b', 'https://'],
  ],
] as const)('%o takes %j and not %j', (parse, sound, faulty) => {
  for (const text of sound) expect(parse(text)).toBe(text);
  for (const text of faulty)
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'recipe.invalid-value' }));
});

test.each(['docker.io', 'localhost', 'localhost:5000', 'r.example.com:8443', '[::1]:5000'])(
  '%s is a registry host',
  (text) => {
    expect(parseRegistryHost(text)).toBe(text);
    expect(parseRegistryPrefix(`${text}/a/b`)).toBe(`${text}/a/b`);
  },
);

test.each(['', 'a', 'https://a.io', 'a.io/', 'a.io//b', 'a.io/B', 'a.io/b:1', '/a.io'])('%j is no registry', (text) => {
  expect(() => parseRegistryPrefix(text)).toThrow('is not a registry');
});

test('a quoted value is one short line without secrets', () => {
  expect(quoted('a\n"b"')).toBe('"a\\n\\"b\\""');
  expect(quoted('https://me:secret@a.io/b')).toBe('"https://*********@a.io/b"');
  expect(quoted('x'.repeat(500))).toBe(`"${'x'.repeat(117)}…"`);
  expect(quoted(undefined)).toBe('nothing');
});
