// Words in the names of images and archives.
const APK = /(?:^|[^a-z])(?:alpine|wolfi|chainguard)(?:[^a-z]|$)/;
const APT = /(?:^|[^a-z])(?:debian|ubuntu|bullseye|bookworm|trixie|focal|jammy|noble)(?:[^a-z]|$)/;

/** What installs packages in an image (`golang:1.19-bookworm`) or archive of this name; null where it does not tell. */
export function packageManagerOf(name: string): 'apk' | 'apt' | null {
  if (APK.test(name)) return 'apk';
  return APT.test(name) ? 'apt' : null;
}
