import { ForkwrightError } from '../../errors.ts';
import { shortDigest } from '../../image/blob-uses.ts';
import type { ImageSet, LoadedNode } from '../../image/image-set.ts';
import { selectPlatform } from '../../image/select/select-platform.ts';
import { walkSet } from '../../image/walk.ts';
import { ATTESTATION, type Descriptor } from '../../oci/descriptor.ts';
import type { Platform } from '../../platform/platform.ts';

/** What of an archive is pushed: one image or index, and what stands beside it and is about it. */
export interface PushRoots {
  readonly main: LoadedNode;
  /** What refers to it by `subject`, or to what refers to it. */
  readonly referrers: readonly LoadedNode[];
  /** Attestations of it that its index lists and the archive does not hold; a part of an index goes without them. */
  readonly lost: readonly Descriptor[];
}

export interface RootChoice {
  /** Digests of the entries that the user means; null where they have named none. */
  readonly chosen: ReadonlySet<string> | null;
  /** Null for all. */
  readonly platform: Platform | null;
}

/**
 * Finds the one image or index of an archive that is meant, and takes what refers to it along. Throws
 * `push.several-images` with the list where there are several, `push.no-image`, and with a platform what
 * `selectPlatform` throws. Specification: OCI image-spec, manifest.md, "subject".
 */
export function choosePushRoots(set: ImageSet, { chosen, platform }: RootChoice): PushRoots {
  const candidates = distinct(set.roots.map(({ node }) => node));
  const meant =
    chosen === null
      ? candidates.filter((node) => !refersToOther(node, candidates))
      : candidates.filter(({ descriptor }) => chosen.has(descriptor.digest));
  const [main, ...rest] = meant;
  if (main === undefined || main.kind === 'absent') {
    throw new ForkwrightError('push.no-image', 'the archive holds no image that can be read', { place: set.source });
  }
  if (rest.length > 0) throw severalImages(set, meant);
  const part = platform === null ? main : selectPlatform(set, main, platform);
  const others = candidates.filter((node) => node !== main);
  const lost = part === main ? [] : listLost(main, digestsBelow(part));
  return { main: part, referrers: listReferrers(part, others), lost };
}

function listLost(main: LoadedNode, kept: ReadonlySet<string>): readonly Descriptor[] {
  return walkSet({ source: '', roots: [{ names: [], node: main }] })
    .filter(({ node }) => node.kind === 'absent' && !kept.has(node.descriptor.digest))
    .map(({ node }) => node.descriptor)
    .filter(({ annotations }) => kept.has(annotations[ATTESTATION.subjectKey] ?? ''));
}

function distinct(nodes: readonly LoadedNode[]): readonly LoadedNode[] {
  return [...new Map(nodes.map((node) => [node.descriptor.digest, node])).values()];
}

function refersToOther(node: LoadedNode, all: readonly LoadedNode[]): boolean {
  const subject = subjectOf(node);
  return subject !== undefined && all.some((other) => other !== node && digestsBelow(other).has(subject));
}

/** In rounds: a signature of a list of materials refers to what refers to the image. */
function listReferrers(main: LoadedNode, others: readonly LoadedNode[]): readonly LoadedNode[] {
  const held = new Set(digestsBelow(main));
  const found: LoadedNode[] = [];
  for (let isNew = true; isNew;) {
    isNew = false;
    for (const node of others) {
      const subject = subjectOf(node);
      if (subject === undefined || !held.has(subject) || found.includes(node)) continue;
      found.push(node);
      for (const digest of digestsBelow(node)) held.add(digest);
      isNew = true;
    }
  }
  return found;
}

function digestsBelow(root: LoadedNode): ReadonlySet<string> {
  return new Set(walkSet({ source: '', roots: [{ names: [], node: root }] }).map(({ node }) => node.descriptor.digest));
}

function subjectOf(node: LoadedNode): string | undefined {
  if (node.kind === 'absent') return undefined;
  return (node.kind === 'image' ? node.manifest : node.document).subject?.digest;
}

function severalImages(set: ImageSet, nodes: readonly LoadedNode[]): ForkwrightError {
  const names = nodes.map(({ descriptor: { digest } }) => {
    const own = set.roots.filter(({ node }) => node.descriptor.digest === digest).flatMap((root) => root.names);
    return own.length === 0 ? shortDigest(digest) : own.join(', ');
  });
  return new ForkwrightError('push.several-images', `the archive holds ${nodes.length} images: ${names.join('; ')}`, {
    place: set.source,
    hint: 'choose one with --image, or put them together with `forkwright assemble`',
  });
}
