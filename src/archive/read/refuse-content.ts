import { ForkwrightError } from '../../errors.ts';
import type { Container } from './container.ts';

/** Gives the error that says what a container without index.json and manifest.json is, and what can be done. */
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
  if (names.includes('repositories') && names.some((each) => /^[0-9a-f]{64}\/json$/.test(each))) {
    return refuse(
      'archive.unsupported',
      'a docker archive in the layout of before docker 1.10, which is not read',
      'load it, and save it again with docker 1.10 or later',
    );
  }
  return refuse(
    'archive.no-config',
    'a root filesystem, as `docker export` writes it: its platform, its entrypoint and all other configuration are gone',
    'give them back: --config FILE or --recipe NAME, with --platform; `docker save` would have kept them',
  );
}
