import { encodeIndex } from '../../image/encode-index.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { digestOf, digestParts, type Digest } from '../../oci/digest.ts';
import { editJson, rawElements, rawMembers } from '../../oci/edit-json.ts';
import { MEDIA_TYPE } from '../../oci/media-type.ts';
import { parseGraphDocument, parseIndex } from '../../oci/parse-manifest.ts';
import { parseStrictJson } from '../../oci/strict-json.ts';
import { headManifest, putManifest, readManifest } from './manifests.ts';
import { readPages } from './pages.ts';
import { operate, pathOf, type Remote } from './remote.ts';
import type { ManifestContent } from './repository.ts';

/** As in `Repository.listReferrers`. */
export async function listReferrers(remote: Remote, digest: Digest): Promise<readonly Descriptor[]> {
  const pages = await operate(remote, `listing what refers to ${digest}`, 0, (operation) =>
    readPages(
      remote,
      {
        target: pathOf(remote, `referrers/${digest}`),
        scopes: [remote.readScope],
        headers: { accept: MEDIA_TYPE.ociIndex },
      },
      operation,
    ),
  );
  if (pages !== null) return pages.flatMap(({ value, place }) => parseIndex(value, '', place).manifests);
  const tag = referrersTag(digest);
  if ((await headManifest(remote, tag)) === null) return [];
  const { bytes } = await readManifest(remote, tag);
  const place = `${remote.registry}/${remote.name}:${tag}`;
  return parseIndex(parseStrictJson(bytes, place), '', place).manifests;
}

/**
 * Writes a manifest as `Repository.writeManifest` says. Two writers of one list of referrers could lose each other's entry,
 * so those of one client take turns. Specification: distribution-spec, "Pushing Manifests with Subject".
 */
export async function writeManifest(remote: Remote, manifest: ManifestContent, tag: string | null): Promise<void> {
  const { hasTakenSubject } = await putManifest(remote, manifest, tag ?? manifest.digest);
  if (hasTakenSubject || manifest.mediaType.endsWith('+prettyjws')) return;
  const place = `${remote.registry}/${remote.name}@${manifest.digest}`;
  const value = parseStrictJson(manifest.bytes, place);
  if (!(value instanceof Map) || !value.has('subject')) return;
  const read = parseGraphDocument(value, manifest.mediaType, place);
  const { subject, annotations, artifactType } = read.document;
  if (subject === null) return;
  const entry = {
    mediaType: manifest.mediaType,
    digest: manifest.digest,
    sizeBytes: manifest.bytes.length,
    annotations,
    platform: null,
    artifactType: artifactType ?? (read.kind === 'manifest' ? read.document.config.mediaType : null),
  };
  const list = referrersTag(subject.digest);
  await remote.takeTurn(`${remote.name}:${list}`, async () => {
    const before = (await headManifest(remote, list)) === null ? null : await readManifest(remote, list);
    const alone = encodeIndex(MEDIA_TYPE.ociIndex, [entry]);
    const bytes = before === null ? alone : addEntry(before.bytes, alone, manifest.digest, `${place}: ${list}`);
    if (bytes === null) return;
    await putManifest(remote, { bytes, mediaType: MEDIA_TYPE.ociIndex, digest: digestOf(bytes) }, list);
  });
}

function referrersTag(digest: Digest): string {
  const { algorithm, hex } = digestParts(digest);
  return `${algorithm}-${hex}`;
}

/** The list with one entry more, all others as they are; null where it has the entry already. */
function addEntry(list: Buffer, alone: Buffer, digest: Digest, place: string): Buffer | null {
  const { manifests } = parseIndex(parseStrictJson(list, place), '', place);
  if (manifests.some((each) => each.digest === digest)) return null;
  const text = list.toString('utf8');
  const entriesOf = (index: string) => rawElements(rawMembers(index).get('manifests') ?? '[]');
  const json = `[${[...entriesOf(text), ...entriesOf(alone.toString('utf8'))].join(',')}]`;
  return Buffer.from(editJson(text, [{ path: ['manifests'], json }]));
}
