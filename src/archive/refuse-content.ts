import { ForkwrightError } from '../errors.ts';
import type { Container } from './container.ts';

/** Gives the error that says what a container without index.json is instead, and what can be done. */
export function refuseContent(container: Container): ForkwrightError {
  const { names, name: place, findings } = container;
  const refuse = (code: string, text: string, hint: string) => new ForkwrightError(code, text, { place, hint });
  const cut = findings.find(({ code }) => code === 'tar.truncated');
  if (cut !== undefined)
    return refuse('archive.truncated', cut.text, 'the archive is cut short; save or copy it again');
  const damage = findings.find(({ severity }) => severity === 'error');
  if (damage !== undefined) {
    return refuse(
      'archive.damaged',
      `${damage.text} (${damage.place})`,
      'the archive is damaged; save or copy it again',
    );
  }
  if (names.length === 0) {
    const what = container.kind === 'folder' ? 'the folder is empty' : 'it is a tar file without entries';
    return refuse('archive.unknown-format', what, 'give an image archive or an OCI layout folder');
  }
  if (names.includes('oci-layout')) {
    return refuse('archive.unknown-format', 'an OCI layout without index.json', 'save or copy it again');
  }
  if (container.kind === 'folder') {
    return refuse(
      'archive.unknown-format',
      'the folder is no OCI layout: it has no index.json',
      'give an image archive or an OCI layout folder',
    );
  }
  const save = 'save it with docker 25 or later, or convert it: skopeo copy docker-archive:OLD oci-archive:NEW';
  if (names.includes('manifest.json')) {
    return refuse(
      'archive.unsupported',
      'a docker archive in the layout of before docker 25, which cannot be read yet',
      save,
    );
  }
  if (names.includes('repositories')) {
    return refuse(
      'archive.unsupported',
      'a docker archive in the layout of before docker 1.10, which cannot be read yet',
      save,
    );
  }
  return refuse(
    'archive.unknown-format',
    'a tar file without an image: it looks like a root filesystem, as `docker export` writes it',
    'use `docker save`: an export has lost the platform, the entrypoint and all other configuration',
  );
}
