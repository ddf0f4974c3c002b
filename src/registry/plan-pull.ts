import type { Finding } from '../finding.ts';
import { listBlobUses, titleManifests } from '../image/blob-uses.ts';
import type { ImageSet } from '../image/image-set.ts';
import type { PlannedBlob } from '../image/plan-blobs.ts';
import type { OutputGraph } from '../image/rewrite-graph.ts';
import { walkSet } from '../image/walk.ts';
import type { Digest } from '../oci/digest.ts';
import type { Platform } from '../platform/platform.ts';
import { lostAttestation } from './plan-push.ts';
import { choosePushRoots } from './push-roots.ts';

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

function planBlobs(set: ImageSet, has: (digest: Digest) => boolean): readonly PlannedBlob[] {
  const documents = new Map<Digest, Buffer>();
  for (const { node } of walkSet(set)) {
    if (node.kind === 'absent') continue;
    documents.set(node.descriptor.digest, node.raw);
    if (node.kind === 'image' && node.config !== null) documents.set(node.manifest.config.digest, node.config.raw);
  }
  const planned = new Map<Digest, PlannedBlob>();
  for (const { descriptor, role } of listBlobUses(set)) {
    const { digest, sizeBytes, data } = descriptor;
    const bytes = documents.get(digest) ?? (has(digest) ? null : data);
    if (bytes === null && !has(digest)) continue;
    if (!planned.has(digest)) planned.set(digest, { digest, sizeBytes, role, bytes });
  }
  const order: readonly PlannedBlob['role'][] = ['index', 'manifest', 'config', 'layer'];
  return [...planned.values()].toSorted((a, b) => order.indexOf(a.role) - order.indexOf(b.role));
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
