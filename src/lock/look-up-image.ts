import { createHash } from 'node:crypto';
import pMap from 'p-map';
import { ForkwrightError } from '../errors.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { digestParts } from '../oci/digest.ts';
import { parseConfig } from '../oci/parse-config.ts';
import { parseGraphDocument } from '../oci/parse-manifest.ts';
import type { ImageReference } from '../oci/reference.ts';
import { parseStrictJson } from '../oci/strict-json.ts';
import { formatPlatform, type Platform } from '../platform/platform.ts';
import type { Repository } from '../registry/repository/repository.ts';
import { chooseChild } from './choose-child.ts';
import type { LockedManifest, RegistryImage } from './lock.ts';

const CHILDREN_AT_ONCE = 4;

/** The part of a repository that is read. */
export type ImageRepository = Pick<Repository, 'registry' | 'name' | 'readManifest' | 'readBlob'>;

/** What a registry has under a name. */
export interface FoundImage {
  /** Only of the platforms that were asked for, as far as it has them. */
  readonly image: RegistryImage;
  /** All platforms that it has. */
  readonly listed: readonly string[];
}

/**
 * Asks a registry, or its mirror, what an image is now: its index, and of each wanted platform the manifest and when it
 * was made. Throws `lock.no-image`, what the repository's methods throw, and what parsing its documents throws.
 */
export async function lookUpImage(
  reference: ImageReference,
  platforms: readonly Platform[],
  repository: ImageRepository,
): Promise<FoundImage> {
  const root = await repository.readManifest(reference.digest ?? reference.tag ?? 'latest');
  const { kind, document } = parse(root, `${repository.registry}/${repository.name}@${root.digest}`);
  if (kind === 'manifest') {
    const { platform, createdSeconds } = await readConfig(document.config, repository);
    // Which variant it is for, configs seldom say.
    const own = platforms.filter(({ os, arch }) => os === platform.os && arch === platform.arch);
    const locked = { digest: root.digest, createdSeconds };
    const all = own.map((each) => [formatPlatform(each), locked] as const);
    return { image: { kind: 'registry', index: null, platforms: new Map(all) }, listed: [formatPlatform(platform)] };
  }
  const chosen = platforms.flatMap((platform) => {
    const child = chooseChild(document.manifests, platform);
    return child === null ? [] : [[formatPlatform(platform), child] as const];
  });
  const locked = await pMap(
    new Map(chosen),
    async ([platform, child]) => [platform, await readChild(child, repository)] as const,
    { concurrency: CHILDREN_AT_ONCE },
  );
  const listed = document.manifests.flatMap(({ platform }) =>
    platform === null || platform.os === 'unknown' ? [] : formatPlatform(platform),
  );
  const image = { kind: 'registry', index: root.digest, platforms: new Map(locked) } as const;
  return { image, listed: [...new Set(listed)] };
}

async function readChild({ digest }: Descriptor, repository: ImageRepository): Promise<LockedManifest> {
  const place = `${repository.registry}/${repository.name}@${digest}`;
  const { kind, document } = parse(await repository.readManifest(digest), place);
  if (kind === 'index') {
    const hint = 'take another image, or name the manifest itself by its digest';
    throw new ForkwrightError('lock.no-image', 'an index is listed where an image is wanted', { place, hint });
  }
  return { digest, createdSeconds: (await readConfig(document.config, repository)).createdSeconds };
}

function parse({ bytes, mediaType }: Awaited<ReturnType<ImageRepository['readManifest']>>, place: string) {
  return parseGraphDocument(parseStrictJson(bytes, place), mediaType, place);
}

async function readConfig(config: Descriptor, repository: ImageRepository) {
  const place = `${repository.registry}/${repository.name}@${config.digest}`;
  if (config.sizeBytes > DEFAULT_LIMITS.jsonBytes) throw badConfig(place, `has ${config.sizeBytes} bytes`);
  const chunks: Buffer[] = [];
  for await (const chunk of repository.readBlob(config)) chunks.push(Buffer.from(chunk));
  const bytes = Buffer.concat(chunks);
  const { algorithm, hex } = digestParts(config.digest);
  if (createHash(algorithm).update(bytes).digest('hex') !== hex) throw badConfig(place, 'is not what its digest says');
  const { created, platform } = parseConfig(parseStrictJson(bytes, place), place);
  const seconds = created === null ? Number.NaN : Math.floor(Date.parse(created) / 1000);
  // Some builders write the year 1, for no time at all.
  return { platform, createdSeconds: seconds >= 0 && seconds < 8 ** 11 ? seconds : null };
}

function badConfig(place: string, what: string): ForkwrightError {
  const hint = 'try again; if it stays so, the registry is broken';
  return new ForkwrightError('lock.no-image', `the config of the image ${what}`, { place, hint });
}
