import { expect, test } from 'vitest';
import { acceptablePlatforms } from '../../src/platform/acceptable.ts';
import { parsePlatform } from '../../src/platform/parse.ts';
import { formatPlatform } from '../../src/platform/platform.ts';

test.each([
  ['linux/arm/v7', ['linux/arm/v7', 'linux/arm/v6', 'linux/arm/v5']],
  ['linux/arm/v5', ['linux/arm/v5']],
  ['linux/amd64', ['linux/amd64']],
  ['linux/amd64/v3', ['linux/amd64/v3', 'linux/amd64/v2', 'linux/amd64']],
  ['linux/arm64', ['linux/arm64']],
  ['linux/s390x', ['linux/s390x']],
])('%s takes images for %j', (platform, accepted) => {
  expect(acceptablePlatforms(parsePlatform(platform)).map(formatPlatform)).toEqual(accepted);
});
