import { ATTESTATION, isAttestation, type Descriptor } from '../oci/descriptor.ts';
import { isDigest, type Digest } from '../oci/digest.ts';
import { mediaKind } from '../oci/media-type.ts';
import { formatPlatform } from '../platform/platform.ts';
import { imageKind } from './image-kind.ts';
import { judgePlatform } from './image-platform.ts';
import type { ImageSet, LoadedImage } from './image-set.ts';
import { walkSet, type WalkedNode } from './walk.ts';

export type BlobRole = 'index' | 'manifest' | 'config' | 'layer';

/** One descriptor of an archive: which blob it names, and what for. */
export interface BlobUse {
  readonly descriptor: Descriptor;
  readonly role: BlobRole;
  /** For people: `layer 2 of linux/arm64`, `the attestation of linux/arm64`. */
  readonly title: string;
  /** Null for an entry of index.json. */
  readonly parent: Digest | null;
}

/** Gives every descriptor of a set, in the order of the walk; a blob that is used twice comes twice. */
export function listBlobUses(set: ImageSet): readonly BlobUse[] {
  const nodes = walkSet(set);
  const titles = titleManifests(nodes);
  return nodes.flatMap(({ node, parent }): readonly BlobUse[] => {
    const { descriptor } = node;
    const title = titles.get(descriptor.digest) ?? shortDigest(descriptor.digest);
    const parentDigest = parent?.descriptor.digest ?? null;
    if (node.kind === 'index') return [{ descriptor, role: 'index', title: 'the index', parent: parentDigest }];
    if (node.kind === 'absent') return [{ descriptor, ...describeAbsent(descriptor, title), parent: parentDigest }];
    const { config, layers } = node.manifest;
    const count = layers.length;
    return [
      { descriptor, role: 'manifest', title: `the manifest of ${title}`, parent: parentDigest },
      { descriptor: config, role: 'config', title: `the config of ${title}`, parent: descriptor.digest },
      ...layers.map((layer, index): BlobUse => {
        const which = count === 1 ? 'the layer' : `layer ${index + 1} of ${count}`;
        return { descriptor: layer, role: 'layer', title: `${which} of ${title}`, parent: descriptor.digest };
      }),
    ];
  });
}

function describeAbsent({ mediaType }: Descriptor, title: string): Pick<BlobUse, 'role' | 'title'> {
  if (mediaKind(mediaType).kind === 'index') return { role: 'index', title: 'the index' };
  return { role: 'manifest', title: `the manifest of ${title}` };
}

/**
 * What people call the manifests of a set: an image by its platform (`linux/arm64`), an attestation by its subject, all
 * else by the start of its digest. Keyed by digest.
 */
export function titleManifests(nodes: readonly WalkedNode[]): ReadonlyMap<Digest, string> {
  const titles = new Map<Digest, string>();
  for (const { node } of nodes) {
    const { digest, platform } = node.descriptor;
    if (node.kind === 'image' && imageKind(node) === 'image') titles.set(digest, titleImage(node));
    else if (node.kind === 'absent' && platform !== null) titles.set(digest, formatPlatform(platform));
    else if (node.kind === 'image') titles.set(digest, `the artifact ${shortDigest(digest)}`);
  }
  for (const { node } of nodes) {
    const { digest, annotations } = node.descriptor;
    const subject = annotations[ATTESTATION.subjectKey];
    if (!isAttestation(node.descriptor)) continue;
    const about = isDigest(subject) ? titles.get(subject) : undefined;
    titles.set(digest, `the attestation of ${about ?? 'an image that is not listed'}`);
  }
  return titles;
}

function titleImage(image: LoadedImage): string {
  const judgement = judgePlatform(image);
  const platform = judgement.agrees ? judgement.platform : judgement.config;
  return platform === null ? `the image ${shortDigest(image.descriptor.digest)}` : formatPlatform(platform);
}

/** Gives a digest short enough for a line, long enough to find it: `sha256:3c47800ad7fb`. */
export function shortDigest(digest: Digest): string {
  return digest.slice(0, digest.indexOf(':') + 13);
}
