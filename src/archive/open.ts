import { open, stat, type FileHandle } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ForkwrightError, isSystemError } from '../errors.ts';
import { hasTarMagic, isZeroBlock, judgeChecksum } from '../tar/header.ts';
import type { Container } from './container.ts';
import { openFolderContainer } from './folder-container.ts';
import { guessContent } from './guess-content.ts';
import type { ImageSource } from './image-source.ts';
import { openLayout } from './open-layout.ts';
import { parseSourceName, selectRoots, type SourceName } from './source-name.ts';
import { openTarContainer } from './tar-container.ts';

/**
 * Opens whatever holds images at a path: an OCI archive or layout folder, or a docker archive as docker 25 and later and
 * buildx write it. What it is, is found out from its content. skopeo's prefixes `oci:`, `oci-archive:` and
 * `docker-archive:`, with a name behind the path, are understood. A relative path counts from `cwd`, by default the
 * process's; the source is called by what was given. Damage that leaves something to look at is in the
 * findings of the result, with severity error; nothing that is to be passed on may be taken from such a source. Throws
 * `archive.not-found`, `archive.unreadable`, `archive.unknown-format`, `archive.unsupported`, `archive.truncated`,
 * `archive.no-such-image`.
 */
export async function openImageSource(path: string, cwd = '.'): Promise<ImageSource> {
  const name = await parseSourceName(path, cwd);
  const container = await openContainer(name, cwd);
  try {
    return selectRoots(await openLayout(container), name.image);
  } catch (error) {
    await container.close();
    throw error;
  }
}

async function openContainer({ path: place, kind }: SourceName, cwd: string): Promise<Container> {
  const path = resolve(cwd, place);
  const stats = await orUnreadable(stat(path), place);
  if (stats.isDirectory() && kind !== 'file') return openFolderContainer(path, place);
  if (stats.isDirectory() || (stats.isFile() && kind === 'folder')) {
    const text = stats.isDirectory()
      ? 'a folder where an archive file should be'
      : 'a file where a layout folder should be';
    throw new ForkwrightError('archive.unknown-format', text, {
      place,
      hint: 'leave the prefix out: the format is found out',
    });
  }
  if (!stats.isFile()) throw new ForkwrightError('archive.unknown-format', 'neither a file nor a folder', { place });
  const handle = await orUnreadable(open(path), place);
  try {
    await requireTar(handle, place);
    return await openTarContainer(handle, stats.size, place);
  } catch (error) {
    await handle.close();
    if (error instanceof ForkwrightError) throw error;
    throw new ForkwrightError('archive.unreadable', 'cannot be read', { place, cause: error });
  }
}

async function requireTar(handle: FileHandle, place: string): Promise<void> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(512), 0, 512, 0);
  const start = buffer.subarray(0, bytesRead);
  const isTar = bytesRead === 512 && (isZeroBlock(start) || judgeChecksum(start) !== 'wrong' || hasTarMagic(start));
  if (!isTar) throw guessContent(start, place);
}

async function orUnreadable<Value>(opening: Promise<Value>, place: string): Promise<Value> {
  try {
    return await opening;
  } catch (cause) {
    if (isSystemError(cause, 'ENOENT', 'ENOTDIR')) {
      throw new ForkwrightError('archive.not-found', 'there is no such file or folder', { place });
    }
    throw new ForkwrightError('archive.unreadable', 'cannot be opened', { place, cause });
  }
}
