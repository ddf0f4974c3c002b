import type { ImageReference } from '../oci/reference.ts';

const APK = /\b(?:alpine|wolfi|chainguard)/;
const APT = /\b(?:debian|ubuntu|bullseye|bookworm|trixie|focal|jammy|noble)/;

/** The package manager that an image's name tells of; null where it tells nothing, and the build has to look. */
export function packageManagerOf(image: ImageReference): 'apk' | 'apt' | null {
  const name = `${image.repository}:${image.tag ?? ''}`;
  if (APK.test(name)) return 'apk';
  return APT.test(name) ? 'apt' : null;
}
