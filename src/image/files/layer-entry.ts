import { readProgram } from '../program/program.ts';
import type { LayerEntry } from './file-tree.ts';

/** What of a tar header decides about a file's place in an image. */
interface EntryHeader {
  readonly name: string;
  readonly type: string;
  readonly linkName: string;
  readonly mode: number;
}

/**
 * Takes an entry of a layer as a tar reader gives it, with the first bytes of its data (`PROGRAM_HEAD_BYTES`, or all of
 * it), and gives what the tree of an image keeps of it. Devices and pipes are `other`.
 */
export function toLayerEntry({ name, type, linkName, mode }: EntryHeader, head: Buffer): LayerEntry {
  const isKnown = type === 'file' || type === 'directory' || type === 'symlink' || type === 'hardlink';
  return {
    path: name,
    kind: isKnown ? type : 'other',
    linkName,
    mode,
    program: type === 'file' ? readProgram(head) : null,
  };
}
