import type { Finding } from '../../finding.ts';
import { ATTESTATION, isAttestation } from '../../oci/descriptor.ts';
import { blobPath } from '../../oci/digest.ts';
import { comparePlatforms } from '../../platform/order.ts';
import { formatPlatform } from '../../platform/platform.ts';
import { imageKind } from '../image-kind.ts';
import { judgePlatform } from '../image-platform.ts';
import type { LoadedIndex, LoadedNode } from '../image-set.ts';

/**
 * Holds an index to itself: attestations are about one of its children, no platform is there twice, and the order is the
 * one in which clients should choose.
 */
export function verifyIndex(index: LoadedIndex, source: string): readonly Finding[] {
  const place = `${source}: ${blobPath(index.descriptor.digest)}`;
  const listed = new Set<string>(index.document.manifests.map(({ digest }) => digest));
  const orphans = index.document.manifests
    .filter(isAttestation)
    .flatMap(({ digest, annotations }): readonly Finding[] => {
      const subject = annotations[ATTESTATION.subjectKey] ?? 'nothing';
      if (listed.has(subject)) return [];
      const text = `the attestation ${digest} is about ${subject}, which the index does not list`;
      return [{ code: 'attestation.orphan', severity: 'warning', place, text, hint: null }];
    });
  return [...orphans, ...verifyPlatforms(index, place)];
}

function verifyPlatforms(index: LoadedIndex, place: string): readonly Finding[] {
  const platforms = index.children.flatMap((child) => platformOf(child) ?? []);
  const names = platforms.map(formatPlatform);
  const twice = new Set(names.filter((name, position) => names.indexOf(name) !== position));
  const findings: Finding[] = [...twice].map((name) => {
    const text = `the index lists ${name} more than once; clients take the first`;
    return { code: 'index.duplicate-platform', severity: 'warning', place, text, hint: null };
  });
  const ordered = [...platforms].toSorted(comparePlatforms).map(formatPlatform);
  if (ordered.some((name, position) => name !== names[position])) {
    const text = `the order is ${names.join(', ')}; clients take the first match, so it should be ${ordered.join(', ')}`;
    findings.push({ code: 'index.order', severity: 'note', place, text, hint: null });
  }
  return findings;
}

function platformOf(child: LoadedNode) {
  if (child.kind !== 'image' || imageKind(child) !== 'image') return null;
  const judgement = judgePlatform(child);
  return judgement.agrees ? judgement.platform : judgement.descriptor;
}
