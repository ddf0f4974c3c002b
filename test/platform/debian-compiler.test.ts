import { expect, test } from 'vitest';
import { debianCompiler } from '../../src/platform/debian-compiler.ts';
import { parsePlatform } from '../../src/platform/parse.ts';

test.each([
  ['linux/amd64', 'amd64 x86_64-linux-gnu'],
  ['linux/amd64/v3', 'amd64 x86_64-linux-gnu'],
  ['linux/arm64', 'arm64 aarch64-linux-gnu'],
  ['linux/386', 'i386 i686-linux-gnu'],
  ['linux/arm/v7', 'armhf arm-linux-gnueabihf'],
  ['linux/arm/v6', 'armel arm-linux-gnueabi'],
  ['linux/arm/v5', 'armel arm-linux-gnueabi'],
  ['linux/mips64le', 'mips64el mips64el-linux-gnuabi64'],
  ['linux/mipsle', 'mipsel mipsel-linux-gnu'],
  ['linux/ppc64le', 'ppc64el powerpc64le-linux-gnu'],
  ['linux/riscv64', 'riscv64 riscv64-linux-gnu'],
  ['linux/s390x', 's390x s390x-linux-gnu'],
])('%s is compiled for by %s', (platform, compiler) => {
  const found = debianCompiler(parsePlatform(platform));
  expect(`${found?.architecture} ${found?.triplet}`).toBe(compiler);
});

test.each(['linux/loong64', 'windows/amd64', 'darwin/arm64', 'freebsd/amd64'])(
  'nothing of Debian does %s',
  (platform) => {
    expect(debianCompiler(parsePlatform(platform))).toBeNull();
  },
);
