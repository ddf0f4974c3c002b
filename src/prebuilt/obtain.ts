import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { ImageSource } from '../archive/read/image-source.ts';
import { loadImageSet } from '../archive/read/load-images.ts';
import { openImageSource } from '../archive/read/open.ts';
import { readImageFile } from '../archive/layers/find-file.ts';
import { keepHashedFile, type HashedFile } from '../cache/hashed-file.ts';
import { ForkwrightError } from '../errors.ts';
import { describePlatforms, imagesFor } from '../image/select/images-for.ts';
import { formatPlatform, type Platform } from '../platform/platform.ts';
import type { Base, FileSource } from '../recipe/target.ts';
import type { ImageStore } from '../registry/source/image-store.ts';
import { findReleaseAsset } from '../upstream/github-release.ts';
import { formatHash, fromIntegrity, hashFile, type ContentHash } from './content-hash.ts';
import { download, type DownloadOptions, type Origin } from './download.ts';
import { readMember, type WantedMember } from './member.ts';
import { findNpmRegistry, type NpmConfigDeps, type NpmRegistry } from './npm-config.ts';
import { locateTarball } from './npm.ts';

/** A file whose bytes are at hand and checked. */
export interface ObtainedFile {
  readonly sizeBytes: number;
  /** Gives exactly the file's bytes, anew at each call. */
  readonly bytes: () => AsyncIterable<Uint8Array>;
}

export interface ObtainDeps extends DownloadOptions, NpmConfigDeps {
  /** Images of registries that files come out of. */
  readonly images: ImageStore;
}

export type Obtain = (source: FileSource, platform: Platform) => Promise<ObtainedFile>;

/** A download that is the file itself (`file` is null), or an archive that holds it. */
interface Archived {
  readonly sha256: string;
  readonly file: string | null;
}

const LIMIT_BYTES = 4 * 1024 ** 3;

/**
 * Makes a function that gives the bytes of any source of a recipe, downloaded once and never used without the hash that the
 * recipe names. What several targets want at the same time is fetched once. The function throws `prebuilt.*`,
 * `download.*`, `npm.*`, `github.*`, `cache.*`, and what reading an archive throws.
 */
export function createObtain(deps: ObtainDeps): Obtain {
  const downloads = new Map<string, Promise<string>>();
  const registries = new Map<string, Promise<NpmRegistry>>();
  const fetchOnce = (hash: ContentHash, origin: Origin) =>
    once(downloads, formatHash(hash), () => download(origin, hash, deps));
  const members = new Map<string, Promise<HashedFile>>();
  const takeOnce = (archive: string, hash: ContentHash, wanted: WantedMember) =>
    once(members, `${formatHash(hash)} ${wanted.file}`, () => takeMember(archive, hash, wanted, deps));
  const obtainDownload = async ({ sha256: hex, file }: Archived, origin: Origin): Promise<ObtainedFile> => {
    const hash: ContentHash = { algorithm: 'sha256', hex };
    const path = await fetchOnce(hash, origin);
    if (file === null) return describeFile(path);
    const nameOf = (entryName: string) => entryName.replace(/^(?:\.?\/)+/, '');
    return takeOnce(path, hash, { file, nameOf, label: origin.label, limitBytes: LIMIT_BYTES });
  };
  return async (source, platform) => {
    switch (source.type) {
      case 'content': {
        const bytes = Buffer.from(source.content);
        return { sizeBytes: bytes.length, bytes: () => single(bytes) };
      }
      case 'path':
        return obtainPath(source.path, source.sha256, deps.root);
      case 'npm': {
        const { package: name, version, integrity, file } = source;
        const hash = fromIntegrity(integrity);
        const scope = name.includes('/') ? name.slice(0, name.indexOf('/')) : '';
        const label = `${name}@${version}`;
        const findRegistry = () => once(registries, scope, () => findNpmRegistry(name, deps));
        const locate = async () => locateTarball(source, await findRegistry(), deps);
        const archive = await fetchOnce(hash, { label, locate });
        // npm itself ignores what the first folder is called; it is `package` nearly everywhere.
        const nameOf = (entryName: string) => entryName.slice(entryName.indexOf('/') + 1);
        return takeOnce(archive, hash, { file, nameOf, label, limitBytes: LIMIT_BYTES });
      }
      case 'url': {
        const locate = async () => ({ url: source.url, headers: {} });
        return obtainDownload(source, { label: lastPart(source.url), locate });
      }
      case 'github-release': {
        const locate = () => findReleaseAsset(source, deps);
        return obtainDownload(source, { label: source.asset, locate });
      }
      case 'image':
        return obtainFromImage(source, platform, deps);
      case 'upstream':
        throw new Error('a file of the upstream comes out of a build context, which only an engine has');
    }
  };
}

async function once<T>(running: Map<string, Promise<T>>, key: string, start: () => Promise<T>): Promise<T> {
  const known = running.get(key);
  if (known !== undefined) return known;
  const started = start();
  running.set(key, started);
  return started;
}

async function* single(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function lastPart(url: string): string {
  const { pathname, host } = new URL(url);
  return pathname.split('/').findLast((part) => part !== '') ?? host;
}

/** Taken out once: the folder's name stands for the archive and the member. */
async function takeMember(
  archive: string,
  { hex }: ContentHash,
  wanted: WantedMember,
  { cacheFolder, signal }: ObtainDeps,
): Promise<HashedFile> {
  const folder = join(cacheFolder, 'files', keyOf(hex, wanted.file));
  return keepHashedFile(folder, () => readMember(archive, wanted), signal);
}

function keyOf(...parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\0')).digest('hex');
}

async function obtainPath(path: string, sha256: string | null, root: string): Promise<ObtainedFile> {
  const whole = join(root, path);
  const real = await realpath(whole).catch((cause: unknown) => {
    throw new ForkwrightError('prebuilt.no-file', 'the file cannot be read', { place: path, cause });
  });
  if (!real.startsWith((await realpath(root)) + sep)) {
    throw new ForkwrightError('prebuilt.outside', 'a link leads out of the workspace', {
      place: path,
      hint: 'copy the file into the workspace',
    });
  }
  await requireReadable(real, path);
  const found = sha256 === null ? null : await hashFile(real, { algorithm: 'sha256' });
  if (found !== sha256) {
    throw new ForkwrightError(
      'prebuilt.integrity-mismatch',
      `the file has the hash sha256:${found}, the recipe wants sha256:${sha256}`,
      { place: path, hint: 'the file or the recipe was changed; find out which one is right' },
    );
  }
  return describeFile(real);
}

async function requireReadable(real: string, path: string): Promise<void> {
  if (!(await stat(real)).isFile()) throw new ForkwrightError('prebuilt.no-file', 'it is not a file', { place: path });
  try {
    await (await open(real)).close();
  } catch (cause) {
    throw new ForkwrightError('prebuilt.no-file', 'the file cannot be read', { place: path, cause });
  }
}

async function describeFile(path: string): Promise<ObtainedFile> {
  return { sizeBytes: (await stat(path)).size, bytes: () => createReadStream(path, { highWaterMark: 1024 * 1024 }) };
}

async function obtainFromImage(
  { image, path }: Extract<FileSource, { type: 'image' }>,
  platform: Platform,
  deps: ObtainDeps,
): Promise<ObtainedFile> {
  const source = await openFileImage(image, platform, deps);
  try {
    const { set } = await loadImageSet(source);
    const [found, ...others] = imagesFor(set, platform);
    if (found === undefined || others.length > 0) {
      const count = found === undefined ? 'no image' : `${others.length + 1} images`;
      const what = image.type === 'archive' ? 'the archive' : 'the image';
      throw new ForkwrightError('prebuilt.no-platform', `${what} has ${count} for ${formatPlatform(platform)}`, {
        place: source.name,
        hint: describePlatforms(set),
      });
    }
    const file = await readImageFile(source, found.manifest, path, LIMIT_BYTES);
    // The source is closed when this returns, so the file is kept where it stays.
    const folder = join(deps.cacheFolder, 'files', keyOf(found.descriptor.digest, path));
    return await keepHashedFile(folder, file.bytes, deps.signal);
  } finally {
    await source.close();
  }
}

async function openFileImage(image: Base, platform: Platform, { root, images }: ObtainDeps): Promise<ImageSource> {
  if (image.type === 'archive') return openImageSource(image.path, root);
  if (image.type === 'image') return images.open(image.reference, platform);
  throw new Error(`no file can come out of ${image.type}`);
}
