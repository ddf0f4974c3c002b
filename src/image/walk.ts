import type { Digest } from '../oci/digest.ts';
import type { ImageSet, LoadedIndex, LoadedNode } from './image-set.ts';

/** A node of the graph with the index that lists it; `parent` is null for an entry of index.json. */
export interface WalkedNode {
  readonly node: LoadedNode;
  readonly parent: LoadedIndex | null;
}

/**
 * Gives every node of a set: roots in order, an index before its children. A manifest that is listed twice comes twice,
 * since the two descriptors may differ; the children of an index come once however often it is listed, or a few small
 * nested indexes could be written that take forever to walk.
 */
export function walkSet(set: ImageSet): readonly WalkedNode[] {
  const found: WalkedNode[] = [];
  const opened = new Set<Digest>();
  const visit = (node: LoadedNode, parent: LoadedIndex | null): void => {
    found.push({ node, parent });
    if (node.kind !== 'index' || opened.has(node.descriptor.digest)) return;
    opened.add(node.descriptor.digest);
    for (const child of node.children) visit(child, node);
  };
  for (const root of set.roots) visit(root.node, null);
  return found;
}
