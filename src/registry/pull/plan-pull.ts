import type { Finding } from '../../finding.ts';
import { titleManifests } from '../../image/blob-uses.ts';
import { imageKind } from '../../image/image-kind.ts';
import type { ImageSet, LoadedImage, LoadedIndex, LoadedNode } from '../../image/image-set.ts';
import type { PlannedBlob } from '../../image/convert/plan-blobs.ts';
import type { OutputGraph } from '../../image/convert/rewrite-graph.ts';
import { walkSet } from '../../image/walk.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';
import type { Platform } from '../../platform/platform.ts';
import { lostAttestation } from '../push/plan-push.ts';
import { choosePushRoots } from '../push/push-roots.ts';

/** What of a registry's image becomes an archive: its graph as it is, and what of it the registry does not have. */
export interface PullPlan {
  readonly graph: OutputGraph;
  /** The set with what was chosen of it. */
  readonly set: ImageSet;
  readonly digest: Digest;
  readonly mediaType: string;
}

/**
 * Decides what is pulled. Without a platform nothing is changed: an index whose children are in part absent keeps its bytes,
 * and the archive lacks them as the registry does. `has` says whether the registry should have a blob. Throws what
 * `selectPlatform` throws.
 */
export function planPull(set: ImageSet, platform: Platform | null, has: (digest: Digest) => boolean): PullPlan {
  const first = set.roots[0]?.node.descriptor.digest;
  const { main, referrers, lost } = choosePushRoots(set, {
    chosen: new Set(first === undefined ? [] : [first]),
    platform,
  });
  const names = set.roots[0]?.names ?? [];
  const chosen: ImageSet = {
    source: set.source,
    roots: [{ names, node: main }, ...referrers.map((node) => ({ names: [], node }))],
  };
  const roots = chosen.roots.map((root) => {
    const { mediaType, digest, sizeBytes } = root.node.descriptor;
    return { names: root.names, mediaType, digest, sizeBytes, source: root.node.descriptor };
  });
  const { digest, mediaType } = main.descriptor;
  return {
    graph: {
      roots,
      blobs: planBlobs(chosen, has),
      findings: [...findAbsent(chosen), ...lost.map(({ digest }) => lostAttestation(set.source, digest))],
    },
    set: chosen,
    digest,
    mediaType,
  };
}

/** In the order in which a conversion writes them: documents from below, then configs, then layers, of images first. */
function planBlobs(set: ImageSet, has: (digest: Digest) => boolean): readonly PlannedBlob[] {
  const planned = new Map<Digest, PlannedBlob>();
  const add = (role: PlannedBlob['role'], { digest, sizeBytes, data }: Descriptor, held: Buffer | null) => {
    const bytes = held ?? (has(digest) ? null : data);
    if (bytes === null && !has(digest)) return;
    if (!planned.has(digest)) planned.set(digest, { digest, sizeBytes, role, bytes });
  };
  const documents = set.roots.flatMap(({ node }) => [...listDocuments(node)]);
  for (const { kind, descriptor, raw } of documents) add(kind === 'index' ? kind : 'manifest', descriptor, raw);
  const manifests = documents.filter((document) => document.kind === 'image');
  const isImage = (manifest: LoadedImage) => imageKind(manifest) === 'image';
  const ordered = [...manifests.filter(isImage), ...manifests.filter((manifest) => !isImage(manifest))];
  for (const { manifest, config } of ordered) add('config', manifest.config, config?.raw ?? null);
  for (const { manifest } of ordered) for (const layer of manifest.layers) add('layer', layer, null);
  return [...planned.values()];
}

function* listDocuments(node: LoadedNode): Generator<LoadedImage | LoadedIndex> {
  if (node.kind === 'absent') return;
  if (node.kind === 'index') for (const child of node.children) yield* listDocuments(child);
  yield node;
}

function findAbsent(set: ImageSet): readonly Finding[] {
  const nodes = walkSet(set);
  const titles = titleManifests(nodes);
  const absent = nodes.filter(({ node }) => node.kind === 'absent').map(({ node }) => node.descriptor.digest);
  return [...new Set(absent)].map((digest): Finding => {
    const text = `the manifest of ${titles.get(digest) ?? digest} is listed, and the registry does not have it`;
    const hint = 'the archive lists it too, and lacks it';
    return { code: 'pull.absent-child', severity: 'warning', place: `${set.source}: ${digest}`, text, hint };
  });
}
