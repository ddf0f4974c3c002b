import { ForkwrightError } from '../../errors.ts';
import { ATTESTATION, isAttestation, type Descriptor } from '../../oci/descriptor.ts';
import { digestOf, type Digest } from '../../oci/digest.ts';
import { editJson } from '../../oci/edit-json.ts';
import { mediaKind } from '../../oci/media-type.ts';
import { formatPlatform, type Platform } from '../../platform/platform.ts';
import { imageKind } from '../image-kind.ts';
import type { ImageSet, LoadedIndex, LoadedNode } from '../image-set.ts';
import { walkSet } from '../walk.ts';
import { isWanted } from './choose-image.ts';
import { listImages } from './list-images.ts';

/**
 * Gives the children of an index that may be of a platform, by what the index says alone: those that are listed for it or
 * for none, their attestations, and nested indexes.
 */
export function listedFor(children: readonly Descriptor[], wanted: Platform): readonly Descriptor[] {
  const mayBe = ({ platform, mediaType }: Descriptor) =>
    platform === null || mediaKind(mediaType).kind === 'index' || isWanted(platform, wanted);
  const kept = new Set<string>(
    children.filter((child) => !isAttestation(child) && mayBe(child)).map(({ digest }) => digest),
  );
  return children.filter((child) =>
    isAttestation(child) ? kept.has(child.annotations[ATTESTATION.subjectKey] ?? '') : kept.has(child.digest),
  );
}

/**
 * Gives a root of a set with the images of one platform only, and what is about them: an index becomes a smaller one, its
 * text edited so that all else survives, or where a single manifest is left, that manifest. What has neither a platform nor
 * a subject stays; an attestation that is absent goes, as it may where the image itself is saved. Throws `image.not-found` with the platforms that there are.
 */
export function selectPlatform(set: ImageSet, root: LoadedNode, wanted: Platform): LoadedNode {
  const only: ImageSet = { source: set.source, roots: [{ names: [], node: root }] };
  const images = listImages(only);
  const isMeant = (platform: Platform | null) => platform !== null && isWanted(platform, wanted);
  const chosen = new Set(
    images.filter(({ platform }) => isMeant(platform)).map(({ image }) => image.descriptor.digest),
  );
  const others = new Set<string>(
    images.map(({ image }) => image.descriptor.digest).filter((digest) => !chosen.has(digest)),
  );
  const platforms = new Map(
    images.flatMap(({ image, platform }) =>
      platform === null ? [] : [[image.descriptor.digest, formatPlatform(platform)] as const],
    ),
  );
  const selected = select(root, { chosen, others, isMeant });
  if (selected !== null && (chosen.size > 0 || hasAbsent(selected))) return selected;
  const all = walkSet(only).flatMap(({ node }) => platforms.get(node.descriptor.digest) ?? listedPlatform(node));
  throw new ForkwrightError('image.not-found', `it holds no image for ${formatPlatform(wanted)}`, {
    place: set.source,
    hint: all.length === 0 ? '`forkwright inspect` shows what it holds' : `it has ${[...new Set(all)].join(', ')}`,
  });
}

interface Choice {
  readonly chosen: ReadonlySet<Digest>;
  /** Images of other platforms. */
  readonly others: ReadonlySet<string>;
  readonly isMeant: (platform: Platform | null) => boolean;
}

function select(node: LoadedNode, choice: Choice): LoadedNode | null {
  const { descriptor } = node;
  const isAbout = isAttestation(descriptor) ? descriptor.annotations[ATTESTATION.subjectKey] : undefined;
  if (node.kind === 'index') return selectChildren(node, choice);
  if (node.kind === 'image' && imageKind(node) === 'image') return choice.chosen.has(descriptor.digest) ? node : null;
  const subject = isAbout ?? (node.kind === 'image' ? node.manifest.subject?.digest : undefined);
  if (isAbout !== undefined && node.kind === 'absent') return null;
  if (subject !== undefined) return choice.others.has(subject) ? null : node;
  // What is not there can only be judged by how it is listed.
  if (node.kind === 'absent' && descriptor.platform !== null) return choice.isMeant(descriptor.platform) ? node : null;
  return node;
}

function selectChildren(index: LoadedIndex, choice: Choice): LoadedNode | null {
  const listed = new Set<string>(index.children.map(({ descriptor }) => descriptor.digest));
  const selected = index.children.map((child) => select(child, choice));
  const present = new Set<string>(selected.flatMap((child) => child?.descriptor.digest ?? []));
  const kept = selected.map((child) => (child === null || isOrphan(child, listed, present) ? null : child));
  const left = kept.filter((child) => child !== null);
  const [only, ...others] = left;
  if (only === undefined) return null;
  if (left.length === kept.length && left.every((child, at) => child === index.children[at])) return index;
  // One image alone needs no index around it.
  if (others.length === 0 && left.length < kept.length) return only;
  return rewriteIndex(index, kept);
}

/** An attestation of an image that is listed for another platform, and absent. */
function isOrphan({ descriptor }: LoadedNode, listed: ReadonlySet<string>, present: ReadonlySet<string>): boolean {
  const subject = isAttestation(descriptor) ? descriptor.annotations[ATTESTATION.subjectKey] : undefined;
  return subject !== undefined && listed.has(subject) && !present.has(subject);
}

function rewriteIndex(index: LoadedIndex, kept: readonly (LoadedNode | null)[]): LoadedIndex {
  let text = index.raw.toString('utf8');
  // From behind, so that what is taken away moves nothing that is still to be edited.
  for (const [at, child] of [...kept.entries()].toReversed()) {
    const before = index.children[at]?.descriptor;
    if (child === null) text = editJson(text, [{ path: ['manifests', at], json: null }]);
    else if (child.descriptor.digest !== before?.digest) {
      const { mediaType, digest, sizeBytes } = child.descriptor;
      text = editJson(text, [
        { path: ['manifests', at, 'mediaType'], json: JSON.stringify(mediaType) },
        { path: ['manifests', at, 'digest'], json: JSON.stringify(digest) },
        { path: ['manifests', at, 'size'], json: String(sizeBytes) },
        { path: ['manifests', at, 'data'], json: null },
      ]);
    }
  }
  const raw = Buffer.from(text);
  const children = kept.filter((child) => child !== null);
  const document = { ...index.document, manifests: children.map(({ descriptor }) => descriptor) };
  const descriptor = { ...index.descriptor, digest: digestOf(raw), sizeBytes: raw.length, data: null };
  return { kind: 'index', descriptor, raw, document, children };
}

/** Of what is not there; of an attestation nothing. */
function listedPlatform({ kind, descriptor: { platform } }: LoadedNode): readonly string[] {
  return kind === 'absent' && platform !== null && platform.os !== 'unknown' ? [formatPlatform(platform)] : [];
}

function hasAbsent(node: LoadedNode): boolean {
  return node.kind === 'absent' || (node.kind === 'index' && node.children.some(hasAbsent));
}
