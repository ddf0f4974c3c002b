import { ForkwrightError } from '../../errors.ts';
import type { Finding } from '../../finding.ts';
import { isAttestation, type Descriptor } from '../../oci/descriptor.ts';
import { blobPath } from '../../oci/digest.ts';
import { mediaKind } from '../../oci/media-type.ts';
import { comparePlatforms, compareText } from '../../platform/order.ts';
import { formatPlatform, type Platform } from '../../platform/platform.ts';
import type { CollectedManifest, MissingManifest } from '../collect-manifests.ts';

/** What goes into a merged index, in its order, and what was left out or is odd. */
export interface Selection {
  readonly children: readonly CollectedManifest[];
  readonly findings: readonly Finding[];
}

/**
 * Chooses the children of a merged index and puts them in the order of CONTRACT "Formats": images by platform, each with
 * its attestations behind it, then by digest what has no platform. An incomplete image is an error
 * (`merge.absent-blob`), as are two images of one platform (`merge.platform-conflict`); whatever else cannot be kept is
 * left out with a warning. `has` says whether the bytes of a descriptor are at hand.
 */
export function selectChildren(
  manifests: readonly CollectedManifest[],
  missing: readonly MissingManifest[],
  has: (descriptor: Descriptor) => boolean,
): Selection {
  const findings: Finding[] = missing.map(({ descriptor, sources }) =>
    leftOut('merge.absent-child', sources, descriptor, describeMissing(descriptor)),
  );
  const complete = manifests.filter((manifest) => {
    const gap = partsOf(manifest).find((part) => !isOptional(part) && !has(part));
    if (gap === undefined) return true;
    if (manifest.kind === 'image') throw absentBlob(manifest, gap);
    const text = `the ${manifest.kind} lacks its blob ${gap.digest}`;
    findings.push(leftOut('merge.absent-child', manifest.sources, manifest.image.descriptor, text));
    return false;
  });
  const subjects = new Set(
    complete.flatMap(({ kind, image }) => (kind === 'attestation' ? [] : [image.descriptor.digest])),
  );
  const children = complete.filter(({ kind, subject, image, sources }) => {
    if (kind !== 'attestation' || (subject !== null && subjects.has(subject))) return true;
    const text = `the attestation is about ${subject ?? 'nothing'}, which none of the archives holds`;
    findings.push(leftOut('merge.orphan-attestation', sources, image.descriptor, text));
    return false;
  });
  const ordered = orderChildren(children);
  refuseConflicts(ordered);
  return {
    children: ordered,
    findings: [...findings, ...ordered.flatMap(findOddities), ...findLostSubjects(ordered)],
  };
}

/** The blobs that a manifest needs, in its order: config, layers. */
export function partsOf({ image }: Pick<CollectedManifest, 'image'>): readonly Descriptor[] {
  return [image.manifest.config, ...image.manifest.layers];
}

/** Whether an image is whole without this blob: foreign layers are fetched from their URLs. image-spec, layer.md. */
export function isOptional(part: Descriptor): boolean {
  const kind = mediaKind(part.mediaType);
  return kind.kind === 'layer' && kind.isForeign && part.urls.length > 0;
}

function orderChildren(children: readonly CollectedManifest[]): readonly CollectedManifest[] {
  const heads = children.filter(({ kind }) => kind !== 'attestation').toSorted(compareHeads);
  return heads.flatMap((head) => {
    const about = ({ subject }: CollectedManifest) => subject === head.image.descriptor.digest;
    return [head, ...children.filter(about).toSorted(compareDigests)];
  });
}

/** Clients look for platforms: what has none, or is nothing to run, comes behind. */
function compareHeads(a: CollectedManifest, b: CollectedManifest): number {
  const [left, right] = [runnablePlatform(a), runnablePlatform(b)];
  if (left !== null && right !== null) return comparePlatforms(left, right) || compareDigests(a, b);
  return Number(left === null) - Number(right === null) || compareDigests(a, b);
}

function runnablePlatform({ kind, platform }: CollectedManifest): Platform | null {
  return kind === 'image' ? platform : null;
}

function compareDigests(a: CollectedManifest, b: CollectedManifest): number {
  return compareText(a.image.descriptor.digest, b.image.descriptor.digest);
}

function refuseConflicts(ordered: readonly CollectedManifest[]): void {
  const byPlatform = new Map<string, CollectedManifest>();
  for (const child of ordered) {
    if (child.kind !== 'image' || child.platform === null) continue;
    const platform = formatPlatform(child.platform);
    const other = byPlatform.get(platform);
    if (other !== undefined) throw conflict(platform, [other, child]);
    byPlatform.set(platform, child);
  }
}

function conflict(platform: string, both: readonly CollectedManifest[]): ForkwrightError {
  const accounts = both.map(
    ({ image, sources }) => `${image.descriptor.digest} in ${[...sources].toSorted(compareText).join(', ')}`,
  );
  return new ForkwrightError('merge.platform-conflict', `two images for ${platform}: ${accounts.join(' and ')}`, {
    hint: 'an index has one image per platform; leave one of the archives out',
  });
}

function absentBlob(manifest: CollectedManifest, gap: Descriptor): ForkwrightError {
  const { image, platform, sources } = manifest;
  const role = gap === image.manifest.config ? 'config' : 'layer';
  const which = platform === null ? image.descriptor.digest : formatPlatform(platform);
  const text = `the image for ${which} lacks its ${role} ${gap.digest}`;
  return new ForkwrightError('merge.absent-blob', text, {
    place: sources.join(', '),
    hint: 'save it again with everything in it, or add the archive that holds the rest',
  });
}

function describeMissing(descriptor: Descriptor): string {
  if (isAttestation(descriptor)) return 'the attestation is listed, but not in the archive';
  const platform = descriptor.platform === null ? '' : ` for ${formatPlatform(descriptor.platform)}`;
  return `the manifest${platform} is listed, but not in the archive`;
}

function leftOut(code: string, sources: readonly string[], { digest }: Descriptor, why: string): Finding {
  const place = `${sources.join(', ')}: ${blobPath(digest)}`;
  return { code, severity: 'warning', place, text: `${why}; it is left out`, hint: null };
}

/** image-spec, manifest.md: a subject may be absent. One that was an input's index is, since there is a new one. */
function findLostSubjects(ordered: readonly CollectedManifest[]): readonly Finding[] {
  const held = new Set<string>(ordered.map(({ image }) => image.descriptor.digest));
  return ordered.flatMap(({ image, kind, sources }): readonly Finding[] => {
    const { subject } = image.manifest;
    if (subject === null || held.has(subject.digest)) return [];
    const place = `${sources.join(', ')}: ${blobPath(image.descriptor.digest)}`;
    const text = `the ${kind} is about ${subject.digest}, which is not in the merged index`;
    return [{ code: 'merge.absent-subject', severity: 'warning', place, text, hint: null }];
  });
}

function findOddities({
  kind,
  image,
  platform,
  sources,
  disputedAnnotations,
  overruled,
}: CollectedManifest): readonly Finding[] {
  const place = `${sources.join(', ')}: ${blobPath(image.descriptor.digest)}`;
  const findings: Finding[] = disputedAnnotations.map((key) => {
    const text = `the archives give different values of the annotation ${JSON.stringify(key)}; the smallest was taken`;
    return { code: 'merge.annotation-differs', severity: 'note', place, text, hint: null };
  });
  if (overruled !== null && platform !== null) {
    const text = `it is listed as ${formatPlatform(platform)}, as you said; ${overruled}`;
    const hint = 'clients choose by the index, and run what the config says';
    findings.push({ code: 'merge.platform-given', severity: 'warning', place, text, hint });
  }
  if (kind === 'image' && platform === null) {
    const text = 'the image names no platform; it goes to the end of the index, where few clients find it';
    findings.push({ code: 'merge.no-platform', severity: 'warning', place, text, hint: null });
  }
  return findings;
}
