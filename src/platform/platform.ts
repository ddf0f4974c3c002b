/**
 * A platform, always normalised: fields are GOOS and GOARCH names in lower case, `variant` and `osVersion` are empty
 * strings where there is none. Made by `parsePlatform` or `normalisePlatform` only.
 * Specification: OCI image-spec, image-index.md, "platform".
 */
export interface Platform {
  readonly os: string;
  readonly arch: string;
  readonly variant: string;
  readonly osVersion: string;
  /** Sorted. */
  readonly osFeatures: readonly string[];
}

/** Gives `linux/arm/v7`, and with an os.version what containerd's FormatAll gives: `windows(10.0.20348.1)/amd64`. */
export function formatPlatform(platform: Platform): string {
  const details = [platform.osVersion, ...platform.osFeatures].join('+');
  const os = details === '' ? platform.os : `${platform.os}(${details})`;
  return [os, platform.arch, platform.variant].filter((part) => part !== '').join('/');
}

/** Gives the platform's name in file, job and target names: `linux-arm-v7`, `windows-amd64-10-0-20348`. */
export function platformSlug(platform: Platform): string {
  const version = platform.osVersion.split('.').slice(0, 3);
  return [platform.os, platform.arch, platform.variant, ...version].filter((part) => part !== '').join('-');
}

/** Whether two platforms are the same one. Both are normalised by their type. */
export function isSamePlatform(a: Platform, b: Platform): boolean {
  return formatPlatform(a) === formatPlatform(b);
}
