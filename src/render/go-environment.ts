import type { Platform } from '../platform/platform.ts';
import type { EnvEntry, GoBuild } from '../recipe/target.ts';

/** Where a source lies that is found by its import path; the official images have it there too. */
export const GOPATH = '/go';

const MODULE_MODES = { gopath: 'off', vendor: 'on', download: 'on' } as const;

/**
 * Gives the variables that make Go build for a platform, with the compiler of the image and no other.
 * Specification: go.dev/doc/install/source#environment, go.dev/ref/mod, go.dev/doc/toolchain. Older ones ignore GOARM64,
 * known since Go 1.23, and GOTOOLCHAIN, since 1.21.
 */
export function goEnvironment(
  platform: Platform,
  { cgo, importPath, modules }: Pick<GoBuild, 'cgo' | 'importPath' | 'modules'>,
): readonly EnvEntry[] {
  const feature = featureVariable(platform);
  return [
    { name: 'CGO_ENABLED', value: cgo ? '1' : '0' },
    { name: 'GOOS', value: platform.os },
    { name: 'GOARCH', value: platform.arch },
    ...(feature === null ? [] : [feature]),
    { name: 'GOTOOLCHAIN', value: 'local' },
    ...(importPath === null ? [] : [{ name: 'GOPATH', value: GOPATH }]),
    ...(modules === null ? [] : [{ name: 'GO111MODULE', value: MODULE_MODES[modules] }]),
  ];
}

function featureVariable({ arch, variant }: Platform): EnvEntry | null {
  switch (arch) {
    case '386':
      return { name: 'GO386', value: 'sse2' };
    case 'amd64':
      return { name: 'GOAMD64', value: variant === '' ? 'v1' : variant };
    case 'arm':
      return { name: 'GOARM', value: variant.slice(1) };
    case 'arm64':
      if (variant === '') return null;
      return { name: 'GOARM64', value: variant.includes('.') ? variant : `${variant}.0` };
    default:
      return null;
  }
}
