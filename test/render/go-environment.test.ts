import { expect, test } from 'vitest';
import { parsePlatform } from '../../src/platform/parse.ts';
import type { GoBuild } from '../../src/recipe/target.ts';
import { goEnvironment } from '../../src/render/go-environment.ts';
import { GO_BUILD } from '../support/workspace-values.ts';

test.each([
  ['linux/amd64', 'CGO_ENABLED=0 GOOS=linux GOARCH=amd64 GOAMD64=v1 GOTOOLCHAIN=local'],
  ['linux/amd64/v3', 'CGO_ENABLED=0 GOOS=linux GOARCH=amd64 GOAMD64=v3 GOTOOLCHAIN=local'],
  ['linux/386', 'CGO_ENABLED=0 GOOS=linux GOARCH=386 GO386=sse2 GOTOOLCHAIN=local'],
  ['linux/arm/v5', 'CGO_ENABLED=0 GOOS=linux GOARCH=arm GOARM=5 GOTOOLCHAIN=local'],
  ['linux/arm/v7', 'CGO_ENABLED=0 GOOS=linux GOARCH=arm GOARM=7 GOTOOLCHAIN=local'],
  ['linux/arm64', 'CGO_ENABLED=0 GOOS=linux GOARCH=arm64 GOTOOLCHAIN=local'],
  ['linux/arm64/v9', 'CGO_ENABLED=0 GOOS=linux GOARCH=arm64 GOARM64=v9.0 GOTOOLCHAIN=local'],
  ['linux/arm64/v8.2', 'CGO_ENABLED=0 GOOS=linux GOARCH=arm64 GOARM64=v8.2 GOTOOLCHAIN=local'],
  ['linux/s390x', 'CGO_ENABLED=0 GOOS=linux GOARCH=s390x GOTOOLCHAIN=local'],
  ['windows(10.0.20348)/amd64', 'CGO_ENABLED=0 GOOS=windows GOARCH=amd64 GOAMD64=v1 GOTOOLCHAIN=local'],
])('%s is %s', (platform, variables) => {
  expect(environment(platform, {})).toBe(variables);
});

test.each([
  [{ cgo: true }, 'CGO_ENABLED=1 GOOS=linux GOARCH=s390x GOTOOLCHAIN=local'],
  [
    { modules: 'gopath', importPath: 'a.io/b' },
    'CGO_ENABLED=0 GOOS=linux GOARCH=s390x GOTOOLCHAIN=local GOPATH=/go GO111MODULE=off',
  ],
  [{ modules: 'vendor' }, 'CGO_ENABLED=0 GOOS=linux GOARCH=s390x GOTOOLCHAIN=local GO111MODULE=on'],
  [{ modules: 'download' }, 'CGO_ENABLED=0 GOOS=linux GOARCH=s390x GOTOOLCHAIN=local GO111MODULE=on'],
] as const)('%j is %s', (build, variables) => {
  expect(environment('linux/s390x', build)).toBe(variables);
});

function environment(platform: string, build: Partial<GoBuild>): string {
  const env = goEnvironment(parsePlatform(platform), { ...GO_BUILD, ...build });
  return env.map(({ name, value }) => `${name}=${value}`).join(' ');
}
