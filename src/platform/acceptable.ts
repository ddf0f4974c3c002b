import type { Platform } from './platform.ts';

const OLDEST_ARM = 5;

/**
 * Gives the platforms whose images run on one, itself first, then older variants from the newest down: linux/arm/v7 takes
 * what is for v6 and v5. It is how engines take a base that is not there for the very platform. Specification: containerd's
 * `platforms.Only`, as far as the architecture stays the same.
 */
export function acceptablePlatforms(platform: Platform): readonly Platform[] {
  const { arch, variant } = platform;
  const version = Number(/^v(\d)$/.exec(variant)?.[1] ?? 0);
  if (arch === 'arm')
    return [platform, ...older(version - 1, OLDEST_ARM).map((each) => ({ ...platform, variant: each }))];
  if (arch !== 'amd64') return [platform];
  // Variant v1 is amd64 itself.
  return [
    platform,
    ...older(version - 1, 2).map((each) => ({ ...platform, variant: each })),
    ...(version > 1 ? [{ ...platform, variant: '' }] : []),
  ];
}

function older(from: number, to: number): readonly string[] {
  return Array.from({ length: Math.max(0, from - to + 1) }, (_, index) => `v${from - index}`);
}
