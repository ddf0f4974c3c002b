import type { BlobPlace, ImageSource } from '../../archive/read/image-source.ts';
import { parseLayoutIndex } from '../../archive/read/layout-index.ts';
import { ForkwrightError } from '../../errors.ts';
import { planLayoutEntries } from '../../image/convert/plan-layout-entries.ts';
import { blobPath, type Digest } from '../../oci/digest.ts';
import type { PullPlan } from './plan-pull.ts';

/**
 * Gives the layout that a pull would leave as a source, before anything of it has arrived: its documents can be read, and of
 * its layers it is known that they are going to be there. So whoever turns it into something else can decide how it will look.
 */
export function openPlannedSource({ graph, set }: PullPlan, from: ImageSource): ImageSource {
  const documents = new Map<Digest, Buffer>();
  const places = new Map<Digest, BlobPlace>();
  for (const { digest, sizeBytes, bytes } of graph.blobs) {
    if (bytes !== null) documents.set(digest, bytes);
    places.set(digest, { digest, sizeBytes, name: blobPath(digest), offset: null });
  }
  const absent = (digest: Digest) =>
    new ForkwrightError('blob.absent', 'the blob has not arrived', { place: `${set.source}: ${digest}` });
  return {
    ...from,
    name: set.source,
    roots: readRoots(graph, set.source),
    findings: [],
    blob: (digest) => places.get(digest),
    blobs: () => places.values(),
    stream: (digest) => {
      throw absent(digest);
    },
    read: ({ digest }) => {
      const held = documents.get(digest);
      return held === undefined ? Promise.reject(absent(digest)) : Promise.resolve(held);
    },
    close: () => Promise.resolve(),
  };
}

/** As they are read from index.json. */
function readRoots(graph: PullPlan['graph'], place: string): ImageSource['roots'] {
  const index = planLayoutEntries(graph, null).find(({ name }) => name === 'index.json');
  return index?.kind === 'file' ? parseLayoutIndex(index.bytes, place).roots : [];
}
