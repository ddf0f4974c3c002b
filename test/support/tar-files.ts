import { readFile } from 'node:fs/promises';
import { packTar, unpackTar } from 'modern-tar';

export interface TarFile {
  readonly name: string;
  readonly body: Buffer;
  readonly mode?: number;
}

/** The files of a tar archive by name, read by a library that is not ours. */
export async function readTar(path: string): Promise<ReadonlyMap<string, Buffer>> {
  const entries = await unpackTar(await readFile(path));
  return new Map(entries.flatMap(({ header, data }) => (data === undefined ? [] : [[header.name, Buffer.from(data)]])));
}

/** The bytes of a tar archive of files, written by a library that is not ours. */
export async function packTarFiles(files: readonly TarFile[]): Promise<Buffer> {
  const entries = files.map(({ name, body, mode = 0o644 }) => ({
    header: { name, size: body.length, mode, mtime: new Date(0) },
    body: new Uint8Array(body),
  }));
  return Buffer.from(await packTar(entries));
}
