import { formatPlatform, type Platform } from '../platform/platform.ts';
import type { LoadedImage } from './image-set.ts';

/** What an image says about its platform: one answer, or the two that exclude each other. */
export type PlatformJudgement =
  | { readonly agrees: true; readonly platform: Platform | null }
  | { readonly agrees: false; readonly config: Platform; readonly descriptor: Platform };

/**
 * Gives the platform of an image: what its config says, and where the config is silent what its descriptor says. Two
 * values that differ are not weighed against each other: that is for the caller to report.
 */
export function judgePlatform(image: LoadedImage): PlatformJudgement {
  const descriptor = known(image.descriptor.platform);
  const config = known(image.config?.document.platform ?? null);
  if (config === null || descriptor === null) return { agrees: true, platform: config ?? descriptor };
  const platform = joinPlatforms(
    isVariantSilent(image) ? { ...config, variant: descriptor.variant } : config,
    descriptor,
  );
  return platform === null ? { agrees: false, config, descriptor } : { agrees: true, platform };
}

/** Joins two accounts of one platform, a silent field giving way to a spoken one; null where they exclude each other. */
export function joinPlatforms(a: Platform, b: Platform): Platform | null {
  const joined: Platform = {
    os: a.os || b.os,
    arch: a.arch || b.arch,
    variant: a.variant || b.variant,
    osVersion: a.osVersion || b.osVersion,
    osFeatures: a.osFeatures.length > 0 ? a.osFeatures : b.osFeatures,
  };
  return covers(joined, a) && covers(joined, b) ? joined : null;
}

function covers(joined: Platform, part: Platform): boolean {
  const filled: Platform = {
    os: part.os || joined.os,
    arch: part.arch || joined.arch,
    variant: part.variant || joined.variant,
    osVersion: part.osVersion || joined.osVersion,
    osFeatures: part.osFeatures.length > 0 ? part.osFeatures : joined.osFeatures,
  };
  return formatPlatform(filled) === formatPlatform(joined);
}

/** A platform that says something: BuildKit's `unknown/unknown` and empty ones do not. */
function known(platform: Platform | null): Platform | null {
  if (platform === null || platform.os === '' || platform.arch === '') return null;
  return platform.os === 'unknown' && platform.arch === 'unknown' ? null : platform;
}

/**
 * Whether the config has no variant of its own. The parsed one cannot tell: `arm` alone is normalised to arm/v7, while
 * builders before 2020 wrote no variant into the configs of their arm/v6 images either, only into the descriptor.
 */
function isVariantSilent(image: LoadedImage): boolean {
  if (image.config === null) return true;
  const document: unknown = JSON.parse(image.config.raw.toString('utf8'));
  if (typeof document !== 'object' || document === null || !('architecture' in document)) return true;
  return document.architecture === 'arm' && (!('variant' in document) || document.variant === '');
}
