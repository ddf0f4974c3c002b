import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ForkwrightError } from '../../src/errors.ts';
import { knownPlatforms } from '../../src/platform/names.ts';
import { nearestPlatform, parsePlatform } from '../../src/platform/parse.ts';
import { formatPlatform, isSamePlatform, platformSlug } from '../../src/platform/platform.ts';

test.each([
  ['linux/amd64', 'linux/amd64', 'linux-amd64'],
  ['Linux/x86_64', 'linux/amd64', 'linux-amd64'],
  ['linux/x86-64', 'linux/amd64', 'linux-amd64'],
  ['linux/amd64/v1', 'linux/amd64', 'linux-amd64'],
  ['linux/amd64/v3', 'linux/amd64/v3', 'linux-amd64-v3'],
  ['linux/aarch64', 'linux/arm64', 'linux-arm64'],
  ['linux/arm64/v8', 'linux/arm64', 'linux-arm64'],
  ['linux/arm64/v8.2', 'linux/arm64/v8.2', 'linux-arm64-v8.2'],
  ['linux/i386', 'linux/386', 'linux-386'],
  ['linux/arm', 'linux/arm/v7', 'linux-arm-v7'],
  ['linux/arm/7', 'linux/arm/v7', 'linux-arm-v7'],
  ['linux/armhf', 'linux/arm/v7', 'linux-arm-v7'],
  ['linux/armel', 'linux/arm/v6', 'linux-arm-v6'],
  ['macOS/arm64', 'darwin/arm64', 'darwin-arm64'],
  ['windows(10.0.20348.2966)/amd64', 'windows(10.0.20348.2966)/amd64', 'windows-amd64-10-0-20348'],
  ['windows(10.0.17763+win32k)/amd64', 'windows(10.0.17763+win32k)/amd64', 'windows-amd64-10-0-17763'],
  ['windows(+b+a)/amd64', 'windows(+a+b)/amd64', 'windows-amd64'],
])('%s is %s, in file names %s', (text, formatted, slug) => {
  const platform = parsePlatform(text);
  expect(formatPlatform(platform)).toBe(formatted);
  expect(platformSlug(platform)).toBe(slug);
});

test.each([
  ['linux/arm6', 'linux/arm/v6'],
  ['linux/armv5te', 'linux/arm/v5'],
  ['linux/arm-v7', 'linux/arm/v7'],
  ['armv7l', 'linux/arm/v7'],
  ['linux/armv8', 'linux/arm64'],
  ['linux/arm/v8', 'linux/arm64'],
  ['linux/arm/v8l', 'linux/arm64'],
  ['linux/i686', 'linux/386'],
  ['linux/x64', 'linux/amd64'],
  ['windows/x64', 'windows/amd64'],
  ['x86_64', 'linux/amd64'],
  ['arm64', 'linux/arm64'],
  ['linux/ppc64el', 'linux/ppc64le'],
  ['linux/ppc64', 'linux/ppc64le'],
  ['linux/loongarch64', 'linux/loong64'],
  ['linux/mips64', 'linux/mips64le'],
  ['linux/risc64', 'linux/riscv64'],
  ['linux/s390', 'linux/s390x'],
  ['linux/amd46', 'linux/amd64'],
  ['lunix/arm64', 'linux/arm64'],
  ['linux/amd64/v9', 'linux/amd64'],
  ['linux', 'linux/amd64'],
  ['windows', 'windows/amd64'],
  ['solaris/sparc', 'linux/amd64'],
  ['', 'linux/amd64'],
])('%s is no platform; %s is meant', (text, meant) => {
  expect(nearestPlatform(text)).toBe(meant);
  expect(() => parsePlatform(text)).toThrow(
    expect.objectContaining({
      code: 'platform.unknown',
      message: `${JSON.stringify(text)} is not a platform`,
      hint: `did you mean ${meant}?`,
    }),
  );
});

const osVersion = fc.array(fc.nat(99_999), { maxLength: 4 }).map((parts) => parts.join('.'));
const osFeatures = fc
  .uniqueArray(fc.stringMatching(/^[a-z0-9_-]{1,8}$/), { maxLength: 3 })
  .map((list) => list.toSorted());
const platforms = fc
  .record({ name: fc.constantFrom(...knownPlatforms(), 'linux/amd64/v3', 'linux/arm64/v9'), osVersion, osFeatures })
  .map(({ name, ...details }) => ({ ...parsePlatform(name), ...details }));

test('what is formatted is parsed back to the same platform', () => {
  fc.assert(
    fc.property(platforms, (platform) => {
      expect(parsePlatform(formatPlatform(platform))).toEqual(platform);
    }),
  );
});

test('a platform is the same as itself, and as no other', () => {
  fc.assert(
    fc.property(platforms, platforms, (a, b) => {
      expect(isSamePlatform(a, b)).toBe(JSON.stringify(a) === JSON.stringify(b));
    }),
  );
});

test('every text is a platform or has a known one as its hint', () => {
  const texts = fc.oneof(
    fc.string(),
    fc.string().map((arch) => `linux/${arch}`),
  );
  fc.assert(
    fc.property(texts, (text) => {
      expect(knownPlatforms()).toContain(nearestPlatform(text));
      try {
        parsePlatform(text);
      } catch (error) {
        expect(error).toBeInstanceOf(ForkwrightError);
      }
    }),
  );
});
