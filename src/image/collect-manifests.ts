import { ForkwrightError } from '../errors.ts';
import { ATTESTATION, isAttestation, type Descriptor } from '../oci/descriptor.ts';
import { isDigest, type Digest } from '../oci/digest.ts';
import { compareText } from '../platform/order.ts';
import { formatPlatform, isSamePlatform, type Platform } from '../platform/platform.ts';
import { NAME_ANNOTATION } from './encode-index.ts';
import { imageKind, type ImageKind } from './image-kind.ts';
import { joinPlatforms, judgePlatform } from './image-platform.ts';
import type { ImageSet, LoadedImage, LoadedNode } from './image-set.ts';
import { listImages } from './select/list-images.ts';
import { walkSet } from './walk.ts';

/** A manifest of the inputs, with everything that the inputs say about it. */
export interface CollectedManifest {
  readonly image: LoadedImage;
  readonly kind: ImageKind;
  /** Of an image: what config and descriptors agree on. Of all else: what a descriptor says. */
  readonly platform: Platform | null;
  /** The manifest that an attestation is about; null for everything else. */
  readonly subject: Digest | null;
  /** Annotations of the child descriptor, without those of an export. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Keys for which the inputs give different values; the smallest value was taken. */
  readonly disputedAnnotations: readonly string[];
  readonly artifactType: string | null;
  /** Where the user gave the platform: what the archive says; null where that agrees, or nothing was given. */
  readonly overruled: string | null;
  /** Names of the archives that hold it, in the order of the inputs. */
  readonly sources: readonly string[];
}

/** An archive with the platform that the user gives its one image. */
export interface CollectInput {
  readonly set: ImageSet;
  readonly platform?: Platform | null;
}

/** A manifest or index that some input lists and none holds. */
export interface MissingManifest {
  readonly descriptor: Descriptor;
  readonly sources: readonly string[];
}

interface Mention<Node extends LoadedNode = LoadedNode> {
  readonly node: Node;
  readonly source: string;
  readonly isRoot: boolean;
  readonly given: Platform | null;
}

/**
 * Gives the manifests of all inputs, each digest once and nested indexes flattened, and what is absent everywhere, both
 * by digest. The order of the inputs shows in `sources` only. Throws `platform.disagrees` where config and descriptor
 * (or two descriptors) of one manifest exclude each other, and `merge.several-images` where a platform is given for several.
 */
export function collectManifests(inputs: readonly CollectInput[]): {
  readonly present: readonly CollectedManifest[];
  readonly missing: readonly MissingManifest[];
} {
  const groups = new Map<Digest, Mention[]>();
  for (const { set, platform: given = null } of inputs) {
    if (given !== null) requireOneImage(set);
    for (const { node, parent } of walkSet(set)) {
      const group = groups.get(node.descriptor.digest) ?? [];
      group.push({ node, source: set.source, isRoot: parent === null, given });
      groups.set(node.descriptor.digest, group);
    }
  }
  const present: CollectedManifest[] = [];
  const missing: MissingManifest[] = [];
  for (const [, group] of [...groups].toSorted(([a], [b]) => compareText(a, b))) {
    const images = group.flatMap(({ node, ...rest }) => (node.kind === 'image' ? [{ node, ...rest }] : []));
    const [first] = group;
    if (images.length > 0) present.push(collectManifest(images));
    else if (first !== undefined && group.every(({ node }) => node.kind === 'absent')) {
      missing.push({ descriptor: first.node.descriptor, sources: sourcesOf(group) });
    }
  }
  return { present, missing };
}

function collectManifest(mentions: readonly Mention<LoadedImage>[]): CollectedManifest {
  const nodes = mentions
    .map(({ node }) => node)
    .toSorted((a, b) => compareText(a.manifest.mediaType, b.manifest.mediaType));
  // A sparse input may hold the manifest without its config; whoever has both knows more.
  const image = nodes.find((node) => node.config !== null) ?? nodes[0];
  if (image === undefined) throw new Error('a manifest without a mention');
  const kind = nodes.some(({ descriptor }) => isAttestation(descriptor)) ? 'attestation' : imageKind(image);
  const given = kind === 'image' ? givenPlatform(mentions) : null;
  const joined = joinAnnotations(mentions);
  const subject = joined.annotations[ATTESTATION.subjectKey];
  return {
    image,
    kind,
    platform: kind === 'image' ? (given ?? agreedPlatform(mentions)) : listedPlatform(nodes),
    overruled: kind === 'image' && given !== null ? describeOverruled(image, given) : null,
    subject: kind === 'attestation' && isDigest(subject) ? subject : null,
    ...joined,
    artifactType: smallest(nodes.flatMap(({ descriptor }) => descriptor.artifactType ?? [])),
    sources: sourcesOf(mentions),
  };
}

function requireOneImage(set: ImageSet): void {
  const count = listImages(set).length;
  if (count === 1) return;
  throw new ForkwrightError('merge.several-images', `it holds ${count} images, and a platform is given for one`, {
    place: set.source,
    hint: 'leave --platform out, or convert one of its images first',
  });
}

function givenPlatform(mentions: readonly Mention<LoadedImage>[]): Platform | null {
  let agreed: Platform | null = null;
  for (const { given, node, source } of mentions) {
    if (given === null) continue;
    if (agreed !== null && !isSamePlatform(agreed, given)) {
      const says = `--platform says ${formatPlatform(agreed)} and ${formatPlatform(given)}`;
      const text = `the platform of ${node.descriptor.digest} is unclear: ${says}`;
      throw new ForkwrightError('platform.disagrees', text, {
        place: source,
        hint: 'the archives hold the same image',
      });
    }
    agreed = given;
  }
  return agreed;
}

/** Null where the archive says what the user says. */
function describeOverruled(image: LoadedImage, given: Platform): string | null {
  const judgement = judgePlatform(image);
  if (!judgement.agrees) {
    const [config, listed] = [formatPlatform(judgement.config), formatPlatform(judgement.descriptor)];
    return `its config says ${config}, the index that lists it ${listed}`;
  }
  if (judgement.platform === null) return 'the archive names no platform';
  return isSamePlatform(judgement.platform, given) ? null : `the archive says ${formatPlatform(judgement.platform)}`;
}

function agreedPlatform(mentions: readonly Mention<LoadedImage>[]): Platform | null {
  let agreed: Platform | null = null;
  for (const { node, source } of mentions) {
    const judgement = judgePlatform(node);
    if (!judgement.agrees) throw disagreement(source, node, judgement.config, judgement.descriptor);
    const { platform } = judgement;
    if (platform === null) continue;
    const joined: Platform | null = agreed === null ? platform : joinPlatforms(agreed, platform);
    if (joined === null) throw disagreement(source, node, agreed ?? platform, platform);
    agreed = joined;
  }
  return agreed;
}

function listedPlatform(nodes: readonly LoadedImage[]): Platform | null {
  const listed = nodes.flatMap(({ descriptor }) => descriptor.platform ?? []);
  return listed.toSorted((a, b) => compareText(formatPlatform(a), formatPlatform(b)))[0] ?? null;
}

function disagreement(source: string, image: LoadedImage, config: Platform, descriptor: Platform): ForkwrightError {
  const says = `its config says ${formatPlatform(config)}, the index that lists it ${formatPlatform(descriptor)}`;
  return new ForkwrightError('platform.disagrees', `the platform of ${image.descriptor.digest} is unclear: ${says}`, {
    place: source,
    hint: 'rebuild it for one platform; clients choose by the index and run what the config says',
  });
}

function joinAnnotations(
  mentions: readonly Mention<LoadedImage>[],
): Pick<CollectedManifest, 'annotations' | 'disputedAnnotations'> {
  const values = new Map<string, Set<string>>();
  for (const { node, isRoot } of mentions) {
    for (const [key, value] of Object.entries(node.descriptor.annotations)) {
      if (!isOfExport(key, isRoot)) values.set(key, (values.get(key) ?? new Set()).add(value));
    }
  }
  const joined = [...values].map(([key, found]) => [key, smallest([...found]) ?? ''] as const);
  return {
    annotations: Object.fromEntries(joined),
    disputedAnnotations: [...values].filter(([, found]) => found.size > 1).map(([key]) => key),
  };
}

/**
 * Whether an annotation tells of an export and not of the image: names, which belong into index.json only, and in
 * index.json itself the time of the export and docker's note of the config.
 */
function isOfExport(key: string, isRoot: boolean): boolean {
  if (key === NAME_ANNOTATION.image || key === NAME_ANNOTATION.ref) return true;
  return isRoot && (key === 'org.opencontainers.image.created' || key === 'config.digest');
}

function smallest(texts: readonly string[]): string | null {
  return [...texts].toSorted(compareText)[0] ?? null;
}

function sourcesOf(mentions: readonly Mention[]): readonly string[] {
  return [...new Set(mentions.map(({ source }) => source))];
}
