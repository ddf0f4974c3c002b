import { MEDIA_TYPE } from '../../../src/oci/media-type.ts';
import { compareText } from '../../../src/platform/order.ts';
import { answer, jsonAnswer, refusal, type Answer, type Exchange } from './answer.ts';
import { requireDigest } from './names.ts';
import { readManifest } from './references.ts';
import type { World } from './world.ts';

/** GET of the tags of a repository. distribution-spec "Listing Tags". */
export function listTags(world: World, { path, query }: Exchange, name: string): Answer {
  const repository = world.storage.get(name);
  if (repository === undefined) {
    throw refusal(404, 'NAME_UNKNOWN', 'repository name not known to registry', { detail: { name } });
  }
  const parameters = new URLSearchParams(query);
  const last = parameters.get('last') ?? '';
  const wanted = parameters.get('n') ?? String(Number.MAX_SAFE_INTEGER);
  if (!/^\d+$/.test(wanted)) throw refusal(400, 'PAGINATION_NUMBER_INVALID', 'invalid number of results requested');
  const count = Math.min(Number(wanted), world.options.pageSize ?? Infinity);
  const all = [...repository.tags.keys()].toSorted(compareText).filter((tag) => compareText(tag, last) > 0);
  const tags = all.slice(0, count);
  const next = new URLSearchParams({ n: String(count), last: tags.at(-1) ?? '' });
  const hasMore = count > 0 && all.length > count;
  return jsonAnswer(200, { name, tags }, hasMore ? { link: `<${path}?${next}>; rel="next"` } : {});
}

/** GET of what refers to a manifest by `subject`. distribution-spec "Listing Referrers". */
export function listReferrers(world: World, { path, query }: Exchange, name: string, text: string): Answer {
  if (world.options.hasReferrers === false)
    return answer(404, { 'content-type': 'text/plain' }, '404 page not found\n');
  const subject = requireDigest(text);
  const parameters = new URLSearchParams(query);
  const wanted = parameters.get('artifactType');
  const referrers = [...(world.storage.get(name)?.manifests ?? [])]
    .map(([digest, { bytes }]) => ({ digest, size: bytes.length, facts: readManifest(bytes) }))
    .filter(({ facts }) => facts.subject === subject && (wanted === null || facts.artifactType === wanted))
    .toSorted((a, b) => compareText(a.digest, b.digest));
  const start = Number(parameters.get('page') ?? '0');
  const end = start + (world.options.pageSize ?? Infinity);
  const manifests = referrers.slice(start, end).map(({ digest, size, facts }) => ({
    mediaType: facts.mediaType,
    digest,
    size,
    ...(facts.artifactType === null ? {} : { artifactType: facts.artifactType }),
    ...(facts.annotations === undefined ? {} : { annotations: facts.annotations }),
  }));
  parameters.set('page', String(end));
  return jsonAnswer(
    200,
    { schemaVersion: 2, mediaType: MEDIA_TYPE.ociIndex, manifests },
    {
      'content-type': MEDIA_TYPE.ociIndex,
      ...(wanted === null ? {} : { 'oci-filters-applied': 'artifactType' }),
      ...(referrers.length > end ? { link: `<${path}?${parameters}>; rel="next"` } : {}),
    },
  );
}
