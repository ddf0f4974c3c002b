import { compareText } from './order.ts';
import type { Platform } from './platform.ts';

/** A platform as configs and descriptors spell it; absent keys are empty. */
export interface RawPlatform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string | undefined;
  readonly osVersion?: string | undefined;
  readonly osFeatures?: readonly string[] | undefined;
}

/**
 * Gives the platform with the names that containerd's `platforms.Normalize` gives. Nothing is filled in from the host
 * and unknown names are kept, so that images for systems that are not in our table still pass through.
 */
export function normalisePlatform(raw: RawPlatform): Platform {
  const os = raw.os.toLowerCase();
  const { arch, variant } = normaliseArch(raw.architecture.toLowerCase(), (raw.variant ?? '').toLowerCase());
  return {
    os: os === 'macos' ? 'darwin' : os,
    arch,
    variant,
    osVersion: raw.osVersion ?? '',
    osFeatures: (raw.osFeatures ?? []).toSorted(compareText),
  };
}

function normaliseArch(arch: string, variant: string): { arch: string; variant: string } {
  switch (arch) {
    case 'i386':
      return { arch: '386', variant: '' };
    case 'x86_64':
    case 'x86-64':
    case 'amd64':
      return { arch: 'amd64', variant: variant === 'v1' ? '' : variant };
    case 'aarch64':
    case 'arm64':
      return { arch: 'arm64', variant: variant === '8' || variant === 'v8' ? '' : variant };
    case 'armhf':
      return { arch: 'arm', variant: 'v7' };
    case 'armel':
      return { arch: 'arm', variant: 'v6' };
    case 'arm':
      if (variant === '') return { arch, variant: 'v7' };
      return { arch, variant: /^[5678]$/.test(variant) ? `v${variant}` : variant };
    default:
      return { arch, variant };
  }
}
