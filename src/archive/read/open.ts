import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ForkwrightError, isSystemError } from '../../errors.ts';
import { DEFAULT_LIMITS } from '../../limits.ts';
import { hasTarMagic, isZeroBlock, judgeChecksum } from '../../tar/header.ts';
import { fillFile, openTemporaryFile } from '../stream/temporary-file.ts';
import type { Container } from './container.ts';
import { openFolderContainer } from './folder-container.ts';
import { guessContent } from './guess-content.ts';
import type { ImageSource } from './image-source.ts';
import { openDir } from './open-dir.ts';
import { openDocker } from './open-docker.ts';
import { openLayout } from './open-layout.ts';
import type { OpenOptions } from './open-options.ts';
import { openRootfs } from './open-rootfs.ts';
import { refuseContent } from './refuse-content.ts';
import { parseSourceName, selectRoots, type SourceName } from './source-name.ts';
import { openTarContainer } from './tar-container.ts';
import { unpackArchive, type OpenedFile } from './unpack-archive.ts';

/**
 * Opens whatever holds images at a path: an OCI archive or layout folder, a docker archive of any maker since docker 1.10,
 * a folder of skopeo's `dir:`, a docker archive that was unpacked into a folder, and with `rootfs` a root filesystem tar; files may be compressed as a whole, and `-` is
 * stdin. What it is, is found out from its content. skopeo's prefixes `oci:`, `oci-archive:`, `docker-archive:` and `dir:`,
 * with a name behind the path, are understood. A relative path counts from `cwd`, by default the process's; the source is
 * called by what was given. Damage that leaves something to look at is in the findings of the result, with severity error;
 * nothing that is to be passed on may be taken from such a source. Throws `archive.not-found`, `archive.unreadable`,
 * `archive.unknown-format`, `archive.unsupported`, `archive.truncated`, `archive.damaged`, `archive.no-such-image`,
 * `archive.no-config` for a root filesystem without `rootfs`, and what `unpackArchive` and `openRootfs` throw.
 */
export async function openImageSource(path: string, cwd = '.', options: OpenOptions = {}): Promise<ImageSource> {
  const name = await parseSourceName(path, cwd);
  const { container, sizeBytes } = await openContainer(name, cwd, options);
  try {
    return selectRoots(await openContent(container, sizeBytes, options), name.image);
  } catch (error) {
    await container.close();
    throw error;
  }
}

async function openContent(container: Container, sizeBytes: number, options: OpenOptions): Promise<ImageSource> {
  const { limits = DEFAULT_LIMITS, signal, rootfs } = options;
  const withSignal = signal === undefined ? {} : { signal };
  if (container.file('index.json') !== undefined) return openLayout(container, limits, withSignal);
  if (container.file('manifest.json') !== undefined) {
    if (container.kind === 'folder' && !(await isDockerManifest(container))) return openDir(container, limits);
    return openDocker(container, limits, { ...withSignal, source: null, findings: [] });
  }
  const refusal = refuseContent(container);
  if (refusal.code !== 'archive.no-config' || rootfs === undefined) throw refusal;
  return openRootfs(container, sizeBytes, rootfs, limits, signal);
}

/** A folder of skopeo's `dir:` has the manifest of one image under the name under which docker has a list of images. */
async function isDockerManifest(container: Container): Promise<boolean> {
  const file = container.file('manifest.json');
  if (file === undefined) return false;
  for await (const chunk of container.stream(file)) return /^\s*\[\s*\{/.test(Buffer.from(chunk).toString('latin1'));
  return false;
}

interface OpenedContainer {
  readonly container: Container;
  /** Of the tar file, unpacked; 0 for a folder. */
  readonly sizeBytes: number;
}

async function openContainer(name: SourceName, cwd: string, options: OpenOptions): Promise<OpenedContainer> {
  const { path: place, kind } = name;
  if (place === '-' && kind !== 'folder') return openTar(await spoolStdin(options), place, options);
  const path = resolve(cwd, place);
  const stats = await orUnreadable(stat(path), place);
  if (stats.isDirectory() && kind !== 'file')
    return { container: await openFolderContainer(path, place), sizeBytes: 0 };
  if (stats.isDirectory() || (stats.isFile() && kind === 'folder')) {
    const text = stats.isDirectory() ? 'a folder where an archive file should be' : 'a file where a folder should be';
    throw new ForkwrightError('archive.unknown-format', text, {
      place,
      hint: 'leave the prefix out: the format is found out',
    });
  }
  // A pipe, as the shell's <(…) makes them, has no positions to read from.
  if (stats.isFIFO()) return openTar(await spool(createReadStream(path), place, options), place, options);
  if (!stats.isFile()) throw new ForkwrightError('archive.unknown-format', 'neither a file nor a folder', { place });
  const handle = await orUnreadable(open(path), place);
  return openTar({ handle, sizeBytes: stats.size, compression: 'none' }, place, options);
}

async function openTar(found: OpenedFile, place: string, options: OpenOptions): Promise<OpenedContainer> {
  let file = found;
  try {
    file = await unpackArchive(found.handle, found.sizeBytes, place, options);
    await requireTar(file, place);
    return {
      container: await openTarContainer(file, found.sizeBytes, place, options.limits),
      sizeBytes: file.sizeBytes,
    };
  } catch (error) {
    await file.handle.close();
    if (error instanceof ForkwrightError || options.signal?.aborted === true) throw error;
    throw new ForkwrightError('archive.unreadable', 'cannot be read', { place, cause: error });
  }
}

function spoolStdin(options: OpenOptions): Promise<OpenedFile> {
  if (options.stdin !== undefined) return spool(options.stdin(), '-', options);
  throw new ForkwrightError('archive.not-found', 'stdin cannot be read here', { place: '-', hint: 'give a file' });
}

async function spool(chunks: AsyncIterable<Uint8Array>, place: string, options: OpenOptions): Promise<OpenedFile> {
  const { env = process.env, limits = DEFAULT_LIMITS, signal } = options;
  const handle = await openTemporaryFile(env, place);
  try {
    return {
      handle,
      sizeBytes: await fillFile(handle, chunks, limits.unpackedBytes, place, signal),
      compression: 'none',
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function requireTar({ handle, compression }: OpenedFile, place: string): Promise<void> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(512), 0, 512, 0);
  const start = buffer.subarray(0, bytesRead);
  const isTar = bytesRead === 512 && (isZeroBlock(start) || judgeChecksum(start) !== 'wrong' || hasTarMagic(start));
  if (!isTar) throw guessContent(start, place, compression);
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
