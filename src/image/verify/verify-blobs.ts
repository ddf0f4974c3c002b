import type { Finding } from '../../finding.ts';
import { blobPath, type Digest } from '../../oci/digest.ts';
import { mediaKind } from '../../oci/media-type.ts';
import type { BlobUse } from '../blob-uses.ts';
import { isOptional } from '../select/select-children.ts';

/** What was found out about a blob by reading all of it. */
export interface BlobFact {
  readonly digest: Digest;
  /** What its bytes hash to. */
  readonly actualDigest: Digest;
  readonly sizeBytes: number;
  /** Of a layer: the digest of the decompressed bytes; null where it could not be decompressed, and for all else. */
  readonly diffId: Digest | null;
  /** What its first bytes say; null for a blob that is no layer. */
  readonly compression: 'none' | 'gzip' | 'zstd' | null;
  readonly findings: readonly Finding[];
}

export interface BlobInput {
  readonly source: string;
  readonly uses: readonly BlobUse[];
  /** The blobs that are there, with their names inside the archive. */
  readonly names: ReadonlyMap<Digest, string>;
  readonly facts: ReadonlyMap<Digest, BlobFact>;
  /** Whether manifests may be absent that an index lists: docker saves a multi-platform image so, with one platform. */
  readonly isSparse: boolean;
}

/** Holds every blob to the descriptors that name it: there, the digest, the size, the compression; and used at all. */
export function verifyBlobs(input: BlobInput): readonly Finding[] {
  const used = new Set(input.uses.map(({ descriptor }) => descriptor.digest));
  const unused = [...input.names.keys()].filter((digest) => !used.has(digest));
  const titles = new Map([...input.uses].toReversed().map(({ descriptor, title }) => [descriptor.digest, title]));
  // An orphan beside an absent manifest was most likely its config or layer: then the archive is damaged, not sparse.
  const isSparse = input.isSparse && unused.length === 0;
  return [
    ...[...input.facts.values()].flatMap((fact) => verifyDigest(fact, titles.get(fact.digest), input)),
    ...input.uses.flatMap((use) => verifyUse(use, input, isSparse)),
    ...unused.map((digest): Finding => {
      const place = placeOf(digest, input);
      return {
        code: 'blob.unreferenced',
        severity: 'note',
        place,
        text: 'no manifest refers to this blob',
        hint: null,
      };
    }),
  ];
}

function verifyDigest(fact: BlobFact, title: string | undefined, input: BlobInput): readonly Finding[] {
  if (fact.actualDigest === fact.digest) return fact.findings;
  const what = title ?? 'a blob that no manifest refers to';
  const text = `${what} is damaged or swapped: its bytes have the digest ${fact.actualDigest}`;
  return [...fact.findings, fault('blob.corrupt', placeOf(fact.digest, input), text)];
}

function verifyUse(use: BlobUse, input: BlobInput, isSparse: boolean): readonly Finding[] {
  const { descriptor, title } = use;
  const place = placeOf(descriptor.digest, input);
  if (!input.names.has(descriptor.digest)) return describeAbsence(use, place, isSparse);
  const fact = input.facts.get(descriptor.digest);
  if (fact === undefined) return [];
  const findings: Finding[] = [];
  if (fact.sizeBytes !== descriptor.sizeBytes) {
    findings.push(
      fault('blob.size', place, `${title} has ${fact.sizeBytes} bytes, its descriptor says ${descriptor.sizeBytes}`),
    );
  }
  const kind = mediaKind(descriptor.mediaType);
  if (kind.kind === 'layer' && fact.compression !== null && fact.compression !== kind.compression) {
    const text = `${title} is called ${descriptor.mediaType}, but its bytes are ${COMPRESSED[fact.compression]}`;
    findings.push(fault('layer.media-type', place, text));
  }
  return findings;
}

const COMPRESSED = { none: 'not compressed', gzip: 'gzip', zstd: 'zstd' } as const;

function describeAbsence(use: BlobUse, place: string, isSparse: boolean): readonly Finding[] {
  // The parser has held the embedded bytes to digest and size.
  if (use.descriptor.data !== null) return [];
  if (isOptional(use.descriptor)) {
    const text = `${use.title} is foreign and not in the archive; it is fetched from ${use.descriptor.urls.join(', ')}`;
    return [{ code: 'layer.foreign', severity: 'note', place, text, hint: null }];
  }
  const isLeftOut = isSparse && (use.role === 'manifest' || use.role === 'index') && use.parent !== null;
  const text = `${use.title} is listed, but not in the archive`;
  if (!isLeftOut) return [fault('blob.absent', place, text)];
  return [{ code: 'blob.absent', severity: 'note', place, text, hint: 'a save of one platform leaves the others out' }];
}

function fault(code: string, place: string, text: string): Finding {
  return { code, severity: 'error', place, text, hint: null };
}

function placeOf(digest: Digest, input: BlobInput): string {
  return `${input.source}: ${input.names.get(digest) ?? blobPath(digest)}`;
}
