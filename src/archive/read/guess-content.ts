import { ForkwrightError } from '../../errors.ts';
import { sniffCompression, type SniffedCompression } from '../stream/sniff-compression.ts';

const LOOKS: readonly { readonly pattern: RegExp; readonly what: string; readonly hint: string }[] = [
  {
    pattern: /^\s*<(?:!doctype|html|\?xml)/i,
    what: 'it looks like a web page',
    hint: 'a download or a login that failed?',
  },
  { pattern: /^version https:\/\/git-lfs/, what: 'it is a pointer of Git LFS', hint: 'git lfs pull' },
  { pattern: /^\s*[{[]/, what: 'it looks like JSON', hint: 'give the archive or the layout folder that it belongs to' },
  { pattern: /^PK/, what: 'it looks like a zip file', hint: 'unpack it, and give what is in it' },
  { pattern: /^\x7fELF/, what: 'it is a program', hint: 'give the image archive that holds it' },
];

/**
 * Gives the error that says what a file is, by its first bytes, when it is not a tar file; `compression` is what it was
 * unpacked from.
 */
export function guessContent(start: Buffer, place: string, compression: SniffedCompression): ForkwrightError {
  const inner = sniffCompression(start);
  if (inner !== 'none') {
    const text = `it is compressed twice, with ${compression} and inside of it with ${inner}`;
    return new ForkwrightError('archive.unknown-format', text, { place, hint: 'unpack it once' });
  }
  if (start.length === 0) {
    return new ForkwrightError('archive.unknown-format', 'it is empty', {
      place,
      hint: 'buildx leaves empty archives behind when a build fails; build it again',
    });
  }
  const look = LOOKS.find(({ pattern }) => pattern.test(start.toString('latin1')));
  return new ForkwrightError(
    'archive.unknown-format',
    `not an image archive: ${look?.what ?? 'it is not a tar file'}`,
    {
      place,
      hint: look?.hint ?? 'OCI archives, OCI layout folders and docker archives can be read',
    },
  );
}
