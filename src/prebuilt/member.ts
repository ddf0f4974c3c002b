import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { openCompressed } from '../archive/stream/decompress.ts';
import { ForkwrightError } from '../errors.ts';
import { hintOf } from '../recipe/nearest.ts';
import { readTarStream } from '../tar/read-stream.ts';

const READ_BYTES = 1024 * 1024;
const SHOWN_NAMES = 20;

/** Which file of an archive is wanted. */
export interface WantedMember {
  /** Its name, as `nameOf` gives it. */
  readonly file: string;
  /** Turns an entry's name in the tar into one that can be compared. */
  readonly nameOf: (entryName: string) => string;
  /** What people call the archive. */
  readonly label: string;
  readonly limitBytes: number;
}

/**
 * Gives the bytes of one file out of the tar archive at a path; gzip and zstd are told by their first bytes. The archive
 * is read to its end: of a name that comes twice tar takes the last one, others the first, so it is refused. Throws
 * `prebuilt.no-member` with the nearest name, `prebuilt.ambiguous-member`, `prebuilt.unsupported-archive`, `prebuilt.too-large` beyond `limitBytes`,
 * and what unpacking throws (`layer.*`, `tar.*`).
 */
export async function* readMember(archive: string, wanted: WantedMember): AsyncGenerator<Uint8Array> {
  const { label, file, nameOf, limitBytes } = wanted;
  await refuseOthers(archive, label);
  const names: string[] = [];
  let isFound = false;
  try {
    const { unpack } = await openCompressed(createReadStream(archive, { highWaterMark: READ_BYTES }), label);
    for await (const { header, body } of readTarStream(unpack())) {
      const name = nameOf(header.name);
      if (name === file && header.type !== 'file') {
        const what = header.linkName === '' ? `a ${header.type}` : `a link to ${header.linkName}`;
        throw new ForkwrightError('prebuilt.no-member', `${file} is ${what}, not a file`, { place: label });
      }
      if (header.type !== 'file') continue;
      names.push(name);
      if (name !== file) continue;
      if (header.sizeBytes > limitBytes) {
        const text = `${file} has ${header.sizeBytes} bytes, ${limitBytes} is the limit`;
        throw new ForkwrightError('prebuilt.too-large', text, { place: label });
      }
      if (isFound) {
        throw new ForkwrightError('prebuilt.ambiguous-member', `the archive has ${file} twice`, { place: label });
      }
      isFound = true;
      yield* body;
    }
  } catch (error) {
    throw nameArchive(error, label);
  }
  if (isFound) return;
  throw new ForkwrightError('prebuilt.no-member', `the archive has no file ${JSON.stringify(file)}`, {
    place: label,
    hint: hintOf(file, names.slice(0, SHOWN_NAMES)),
  });
}

/** A fault of the tar knows its byte only. */
function nameArchive(error: unknown, label: string): unknown {
  if (!(error instanceof ForkwrightError) || !error.code.startsWith('tar.')) return error;
  return new ForkwrightError(error.code, error.message, {
    place: `${label}: ${error.place ?? ''}`,
    cause: error.cause,
  });
}

const OTHERS = { fd377a585a00: 'xz', '425a68': 'bzip2', '504b0304': 'zip' };

/** By the first bytes: names say nothing. */
async function refuseOthers(archive: string, label: string): Promise<void> {
  const start = Buffer.alloc(6);
  const file = await open(archive);
  try {
    await file.read(start, 0, start.length, 0);
  } finally {
    await file.close();
  }
  const magic = start.toString('hex');
  const format = Object.entries(OTHERS).find(([prefix]) => magic.startsWith(prefix))?.[1];
  if (format === undefined) return;
  throw new ForkwrightError('prebuilt.unsupported-archive', `files are not taken out of ${format} archives`, {
    place: label,
    hint: 'tar, tar.gz and tar.zst can be read',
  });
}
