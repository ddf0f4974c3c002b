import { ForkwrightError } from '../../errors.ts';
import type { Finding } from '../../finding.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { blobPath, type Digest } from '../../oci/digest.ts';
import { compareText } from '../../platform/order.ts';
import { formatPlatform, isSamePlatform, type Platform } from '../../platform/platform.ts';
import { imageKind } from '../image-kind.ts';
import { judgePlatform } from '../image-platform.ts';
import type { ImageSet, LoadedImage } from '../image-set.ts';
import { walkSet } from '../walk.ts';
import { isOptional } from './select-children.ts';

/** An image with its config. */
export type WholeImage = LoadedImage & { readonly config: NonNullable<LoadedImage['config']> };

/** An image of an archive that is to be written somewhere else. */
export interface SelectedImage {
  readonly image: WholeImage;
  readonly platform: Platform | null;
  /** Names of the roots below which it stands. */
  readonly names: readonly string[];
}

/** What was chosen of an archive. */
export interface ImageSelection {
  /** In the order of the archive, each digest once. */
  readonly images: readonly SelectedImage[];
  /** What is listed and not there, or not whole: left out with a warning. */
  readonly findings: readonly Finding[];
}

/**
 * Chooses the images of an archive that are present and, with a platform, for that one; without an os.version it stands
 * for all of them. `has` says whether a blob is there. Throws `convert.no-image` where none is left, with the
 * platforms that there are, and `platform.disagrees` where config and index exclude each other.
 */
export function selectImages(set: ImageSet, wanted: Platform | null, has: (digest: Digest) => boolean): ImageSelection {
  const findings: Finding[] = [];
  const found = new Map<Digest, SelectedImage>();
  const held: string[] = [];
  const names = namesByDigest(set);
  const leaveOut = ({ digest }: Descriptor, why: string) => {
    const place = `${set.source}: ${blobPath(digest)}`;
    const text = `${why}; it is left out`;
    if (findings.some((finding) => finding.place === place && finding.text === text)) return;
    findings.push({ code: 'convert.absent-child', severity: 'warning', place, text, hint: null });
  };
  for (const { node } of walkSet(set)) {
    const { descriptor } = node;
    if (node.kind === 'absent') {
      if (wanted === null || descriptor.platform === null || isWanted(descriptor.platform, wanted)) {
        leaveOut(descriptor, `${describe(descriptor.platform)} is listed, but not in the archive`);
      }
      continue;
    }
    if (node.kind === 'index' || imageKind(node) !== 'image' || found.has(descriptor.digest)) continue;
    const platform = platformOf(node, set.source);
    if (platform !== null) held.push(formatPlatform(platform));
    if (wanted !== null && (platform === null || !isWanted(platform, wanted))) continue;
    const gap = findGap(node, has);
    if (gap !== null || node.config === null) {
      leaveOut(descriptor, `${describe(platform)} lacks its blob ${(gap ?? node.manifest.config).digest}`);
      continue;
    }
    const image = { ...node, config: node.config };
    found.set(descriptor.digest, { image, platform, names: names.get(descriptor.digest) ?? [] });
  }
  if (found.size > 0) return { images: [...found.values()], findings };
  const which = wanted === null ? 'that is whole' : `for ${formatPlatform(wanted)} that is whole`;
  throw new ForkwrightError('convert.no-image', `the archive holds no image ${which}`, {
    place: set.source,
    hint:
      findings[0]?.text ??
      (held.length === 0
        ? '`forkwright inspect` shows what an archive holds'
        : `it has ${[...new Set(held)].join(', ')}`),
  });
}

/** Refuses a choice of several images where only one can be written; `why` ends "…: ". Throws `convert.several-images`. */
export function requireOneImage(images: readonly SelectedImage[], source: string, why: string): void {
  if (images.length < 2) return;
  const list = images.map(({ image, platform, names }) => {
    const name = names.length === 0 ? image.descriptor.digest : names.toSorted(compareText).join(', ');
    return platform === null ? name : `${formatPlatform(platform)} (${name})`;
  });
  throw new ForkwrightError('convert.several-images', `${why}: ${list.join('; ')}`, {
    place: source,
    hint: 'choose one with --platform or --image, or write an oci-archive',
  });
}

function namesByDigest(set: ImageSet): ReadonlyMap<Digest, readonly string[]> {
  const names = new Map<Digest, Set<string>>();
  for (const root of set.roots) {
    for (const { node } of walkSet({ source: set.source, roots: [root] })) {
      const known = names.get(node.descriptor.digest) ?? new Set();
      for (const name of root.names) known.add(name);
      names.set(node.descriptor.digest, known);
    }
  }
  return new Map([...names].map(([digest, known]) => [digest, [...known]]));
}

function isWanted(platform: Platform, wanted: Platform): boolean {
  if (isSamePlatform(platform, wanted)) return true;
  return wanted.osVersion === '' && isSamePlatform({ ...platform, osVersion: '', osFeatures: [] }, wanted);
}

function platformOf(image: LoadedImage, source: string): Platform | null {
  const judgement = judgePlatform(image);
  if (judgement.agrees) return judgement.platform;
  const { config, descriptor } = judgement;
  const says = `its config says ${formatPlatform(config)}, the index that lists it ${formatPlatform(descriptor)}`;
  throw new ForkwrightError('platform.disagrees', `the platform of ${image.descriptor.digest} is unclear: ${says}`, {
    place: source,
    hint: '`forkwright assemble --platform` corrects it',
  });
}

function findGap({ manifest, config }: LoadedImage, has: (digest: Digest) => boolean): Descriptor | null {
  const isHeld = ({ digest, data }: Descriptor) => data !== null || has(digest);
  if (config === null) return manifest.config;
  return manifest.layers.find((layer) => !isOptional(layer) && !isHeld(layer)) ?? null;
}

function describe(platform: Platform | null): string {
  return platform === null || platform.os === 'unknown' ? 'a manifest' : `the image for ${formatPlatform(platform)}`;
}
