import { expect, test } from 'vitest';
import { parsePlatform } from '../../src/platform/parse.ts';
import type { ArchivesFields } from '../../src/recipe/archives-schema.ts';
import { resolveArchives } from '../../src/recipe/resolve-archives.ts';

function resolve(fields: ArchivesFields, ...platforms: string[]) {
  const faults: string[] = [];
  const archives = resolveArchives(fields, 'tool', platforms.map(parsePlatform), (path, code, what) =>
    faults.push(`${path.join('.')}: ${code}: ${what}`),
  );
  return { files: archives?.files.map(({ file }) => file), faults };
}

test.each<[fields: ArchivesFields, platform: string, files: readonly string[]]>([
  [{ scheme: 'gitlab-runner' }, 'linux/amd64', ['prebuilt-x86_64.tar.xz', 'prebuilt-x86_64.docker.tar.zst']],
  [
    { scheme: 'gitlab-runner', name: 'prebuilt-alpine', kinds: ['save'] },
    'linux/arm/v6',
    ['prebuilt-alpine-arm.docker.tar.zst'],
  ],
  [{ scheme: 'gitlab-runner' }, 'windows(10.0.20348.1)/amd64', ['prebuilt-windows-ltsc2022-x86_64.docker.tar.zst']],
  [{ scheme: 'plain' }, 'linux/arm/v7', ['tool-linux-arm-v7.rootfs.tar.xz', 'tool-linux-arm-v7.docker.tar.zst']],
  [{ scheme: 'plain', kinds: [{ kind: 'export' }] }, 'linux/s390x', ['tool-linux-s390x.rootfs.tar.xz']],
])('names the files: %j on %s', (fields, platform, files) => {
  expect(resolve(fields, platform)).toEqual({ files, faults: [] });
});

test('two platforms that get one name are a fault', () => {
  expect(resolve({ scheme: 'gitlab-runner', kinds: ['save'] }, 'linux/arm/v7', 'linux/arm/v6').faults).toEqual([
    'archives.scheme: duplicate-archive: linux/arm/v7 and linux/arm/v6 would both be prebuilt-arm.docker.tar.zst',
  ]);
});

test('a platform that the scheme cannot name is a fault', () => {
  expect(resolve({ scheme: 'gitlab-runner' }, 'linux/386').faults).toEqual([
    'archives.scheme: no-archive-name: GitLab Runner has no name for linux/386',
  ]);
});

test('a kind that is there twice is a fault', () => {
  expect(resolve({ scheme: 'plain', kinds: ['save', { kind: 'save' }] }, 'linux/amd64').faults).toEqual([
    'archives.kinds.1: duplicate-archive: save a second time',
  ]);
});
