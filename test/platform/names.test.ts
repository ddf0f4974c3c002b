import { expect, test } from 'vitest';
import { knownPlatforms, platformNames, platformsCalled } from '../../src/platform/names.ts';
import { parsePlatform } from '../../src/platform/parse.ts';

test.each([
  //                 uname          Debian      Alpine         Runner     npm
  ['linux/amd64', 'x86_64', 'amd64', 'x86_64', 'x86_64', 'x64'],
  ['linux/amd64/v3', 'x86_64', 'amd64', 'x86_64', 'x86_64', 'x64'],
  ['linux/arm64', 'aarch64', 'arm64', 'aarch64', 'arm64', 'arm64'],
  ['linux/386', 'i686', 'i386', 'x86', null, 'ia32'],
  ['linux/arm/v7', 'armv7l', 'armhf', 'armv7', 'arm', 'arm'],
  ['linux/arm/v6', 'armv6l', null, 'armhf', 'arm', 'arm'],
  ['linux/arm/v5', 'armv5tel', 'armel', null, null, 'arm'],
  ['linux/ppc64le', 'ppc64le', 'ppc64el', 'ppc64le', 'ppc64le', 'ppc64'],
  ['linux/s390x', 's390x', 's390x', 's390x', 's390x', 's390x'],
  ['linux/riscv64', 'riscv64', 'riscv64', 'riscv64', 'riscv64', 'riscv64'],
  ['linux/loong64', 'loongarch64', 'loong64', 'loongarch64', 'loong64', 'loong64'],
  ['windows/amd64', null, null, null, 'x86_64', 'x64'],
  ['darwin/arm64', 'arm64', null, null, null, 'arm64'],
])('%s elsewhere', (platform, uname, debian, alpine, runner, npm) => {
  expect(platformNames(parsePlatform(platform))).toEqual({ uname, debian, alpine, runner, npm });
});

test('os.version plays no part in names', () => {
  expect(platformNames(parsePlatform('windows(10.0.20348)/amd64'))).toEqual(
    platformNames(parsePlatform('windows/amd64')),
  );
});

test('a platform of no world has no names', () => {
  const plan9 = { os: 'plan9', arch: 'amd64', variant: '', osVersion: '', osFeatures: [] };
  expect(platformNames(plan9)).toBeNull();
});

test.each([
  ['armhf', ['linux/arm/v7', 'linux/arm/v6']],
  ['AARCH64', ['linux/arm64']],
  ['ia32', ['linux/386', 'windows/386']],
  ['linux', []],
])('%s is a name of %j', (name, platforms) => {
  expect(platformsCalled(name)).toEqual(platforms);
});

test('every known platform is parsed to itself', () => {
  for (const name of knownPlatforms())
    expect(parsePlatform(name)).toMatchObject({ os: name.split('/')[0], arch: name.split('/')[1] });
});
