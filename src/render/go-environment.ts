import type { Platform } from '../platform/platform.ts';
import type { EnvEntry } from '../recipe/target.ts';

/**
 * Gives the variables that make Go build for a platform. Specification: go.dev/doc/install/source#environment; GOARM64
 * is known since Go 1.23, older ones ignore it.
 */
export function goEnvironment(platform: Platform, cgo: boolean): readonly EnvEntry[] {
  const env = [
    { name: 'CGO_ENABLED', value: cgo ? '1' : '0' },
    { name: 'GOOS', value: platform.os },
    { name: 'GOARCH', value: platform.arch },
  ];
  const feature = featureVariable(platform);
  return feature === null ? env : [...env, feature];
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
