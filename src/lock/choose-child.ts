import { isAttestation, type Descriptor } from '../oci/descriptor.ts';
import { acceptablePlatforms } from '../platform/acceptable.ts';
import { comparePlatforms } from '../platform/order.ts';
import { isSamePlatform, type Platform } from '../platform/platform.ts';

/**
 * Gives the child of an index that a build for a platform takes: that platform's, else the next older variant's; for Windows
 * the newest build of the wanted version. Null for none. Specification: containerd, `platforms.Only`.
 */
export function chooseChild(children: readonly Descriptor[], wanted: Platform): Descriptor | null {
  const images = children.flatMap((child) =>
    child.platform === null || isAttestation(child) ? [] : [{ child, platform: child.platform }],
  );
  for (const accepted of acceptablePlatforms(wanted)) {
    const [best] = images
      .filter(({ platform }) => isSamePlatform(platform, accepted) || isBuildOf(platform, accepted))
      .toSorted((a, b) => comparePlatforms(a.platform, b.platform));
    if (best !== undefined) return best.child;
  }
  return null;
}

/** `10.0.20348.2113` is a build of 10.0.20348, and of Windows where no version is wanted. */
function isBuildOf(platform: Platform, wanted: Platform): boolean {
  const isVersion = wanted.osVersion === '' || `${platform.osVersion}.`.startsWith(`${wanted.osVersion}.`);
  return (
    isVersion && isSamePlatform({ ...platform, osVersion: wanted.osVersion, osFeatures: wanted.osFeatures }, wanted)
  );
}
