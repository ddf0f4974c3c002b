import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { ForkwrightError } from '../errors.ts';
import { hintOf } from '../recipe/nearest.ts';
import { readTarStream } from '../tar/read-stream.ts';

const READ_BYTES = 1024 * 1024;
const LIMIT_BYTES = 4 * 1024 ** 3;

/**
 * Gives the bytes of one file out of a tar archive, gzipped or not. `isWanted` is asked for each name; `what` is what people
 * call the file. Throws `prebuilt.no-member` with the nearest name, `prebuilt.unsupported-archive`,
 * `prebuilt.too-large`, `tar.*`.
 */
export async function* readMember(
  archive: string,
  what: string,
  isWanted: (name: string) => boolean,
): AsyncGenerator<Uint8Array> {
  const names: string[] = [];
  for await (const { header, body } of readTarStream(await openTar(archive))) {
    if (header.type !== 'file') continue;
    names.push(header.name);
    if (!isWanted(header.name)) continue;
    if (header.sizeBytes > LIMIT_BYTES) {
      throw new ForkwrightError('prebuilt.too-large', `${what} has ${header.sizeBytes} bytes`, { place: archive });
    }
    yield* body;
    return;
  }
  throw new ForkwrightError('prebuilt.no-member', `the archive has no file ${JSON.stringify(what)}`, {
    place: archive,
    hint: hintOf(what, names),
  });
}

/** By its first bytes: names say nothing. */
async function openTar(path: string): Promise<AsyncIterable<Uint8Array>> {
  const start = Buffer.alloc(6);
  const file = await open(path);
  try {
    await file.read(start, 0, start.length, 0);
  } finally {
    await file.close();
  }
  const magic = start.toString('hex');
  const bytes = createReadStream(path, { highWaterMark: READ_BYTES });
  if (magic.startsWith('1f8b')) {
    const unpacked = createGunzip({ chunkSize: READ_BYTES });
    bytes.on('error', (error) => unpacked.destroy(error));
    return bytes.pipe(unpacked);
  }
  const other = [
    ['fd377a585a00', 'xz'],
    ['28b52ffd', 'zstd'],
    ['425a68', 'bzip2'],
    ['504b0304', 'zip'],
  ].find(([prefix]) => magic.startsWith(prefix ?? ''));
  if (other === undefined) return bytes;
  bytes.destroy();
  throw new ForkwrightError('prebuilt.unsupported-archive', `files are not taken out of ${other[1]} archives`, {
    place: path,
    hint: 'tar and gzipped tar archives can be read',
  });
}
