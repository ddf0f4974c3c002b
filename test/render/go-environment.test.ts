import { expect, test } from 'vitest';
import { parsePlatform } from '../../src/platform/parse.ts';
import { goEnvironment } from '../../src/render/go-environment.ts';

test.each([
  ['linux/amd64', 'CGO_ENABLED=0 GOOS=linux GOARCH=amd64 GOAMD64=v1'],
  ['linux/amd64/v3', 'CGO_ENABLED=0 GOOS=linux GOARCH=amd64 GOAMD64=v3'],
  ['linux/386', 'CGO_ENABLED=0 GOOS=linux GOARCH=386 GO386=sse2'],
  ['linux/arm/v5', 'CGO_ENABLED=0 GOOS=linux GOARCH=arm GOARM=5'],
  ['linux/arm/v7', 'CGO_ENABLED=0 GOOS=linux GOARCH=arm GOARM=7'],
  ['linux/arm64', 'CGO_ENABLED=0 GOOS=linux GOARCH=arm64'],
  ['linux/arm64/v9', 'CGO_ENABLED=0 GOOS=linux GOARCH=arm64 GOARM64=v9.0'],
  ['linux/arm64/v8.2', 'CGO_ENABLED=0 GOOS=linux GOARCH=arm64 GOARM64=v8.2'],
  ['linux/s390x', 'CGO_ENABLED=0 GOOS=linux GOARCH=s390x'],
  ['windows(10.0.20348)/amd64', 'CGO_ENABLED=0 GOOS=windows GOARCH=amd64 GOAMD64=v1'],
])('%s is %s', (platform, variables) => {
  const env = goEnvironment(parsePlatform(platform), false);
  expect(env.map(({ name, value }) => `${name}=${value}`).join(' ')).toBe(variables);
});

test('cgo is as the recipe says', () => {
  expect(goEnvironment(parsePlatform('linux/s390x'), true)[0]).toEqual({ name: 'CGO_ENABLED', value: '1' });
});
