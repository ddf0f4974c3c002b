import type { Finding } from '../../finding.ts';
import type { Digest } from '../../oci/digest.ts';
import { compareText } from '../../platform/order.ts';
import { isSamePlatform } from '../../platform/platform.ts';
import type { ResolvedRecipe } from '../../recipe/target.ts';
import { listBlobUses, titleManifests } from '../blob-uses.ts';
import { flattenLayers, type DirectoryNode, type LayerEntry } from '../files/file-tree.ts';
import type { ImageSet, LoadedImage } from '../image-set.ts';
import { listImages } from '../select/list-images.ts';
import { walkSet } from '../walk.ts';
import { verifyBlobs, type BlobFact } from './verify-blobs.ts';
import { verifyImage, verifyPlatform } from './verify-image.ts';
import { verifyIndex } from './verify-index.ts';
import { verifyRecipe, verifyTarget } from './verify-recipe.ts';
import { verifyTests, type SmokeRecord } from './verify-tests.ts';

/** Everything that was gathered about an archive. */
export interface VerifyInput {
  readonly set: ImageSet;
  /** What opening and loading it found out. */
  readonly findings: readonly Finding[];
  /** The blobs that are there, with their names inside the archive. */
  readonly blobNames: ReadonlyMap<Digest, string>;
  /** By declared digest; of every blob that is there. */
  readonly facts: ReadonlyMap<Digest, BlobFact>;
  /** Entries of the layers that could be read to their end, in their order. */
  readonly layers: ReadonlyMap<Digest, readonly LayerEntry[]>;
  /** Whether the format lets an index list manifests that are not there: docker's saves do. */
  readonly maySkipManifests: boolean;
  /** Null where the archive is held to itself only. */
  readonly recipe: ResolvedRecipe | null;
  /** What became of the recipe's tests in images of any build. */
  readonly records: readonly SmokeRecord[];
}

/** Says everything that is wrong with an archive, sorted by place; the same facts give the same findings. */
export function verifyImages(input: VerifyInput): readonly Finding[] {
  const { set, facts, recipe } = input;
  const nodes = walkSet(set);
  const titles = titleManifests(nodes);
  const placeOf = ({ descriptor: { digest } }: LoadedImage) => `${set.source}: ${titles.get(digest) ?? digest}`;
  const findings: Finding[] = [];
  for (const { node } of nodes) {
    if (node.kind === 'index') findings.push(...verifyIndex(node, set.source));
    if (node.kind === 'image') findings.push(...verifyPlatform(node, placeOf(node)));
  }
  const images = listImages(set);
  for (const { image, platform } of images) {
    // One image at a time: its tree of files is the largest thing that is held.
    const files = flattenImage(image, input.layers);
    findings.push(...verifyImage({ image, platform, facts, files, place: placeOf(image) }));
    const target = recipe?.targets.find((each) => platform !== null && isSamePlatform(each.platform, platform));
    const config = image.config?.document ?? null;
    if (target !== undefined) findings.push(...verifyTarget(config, files, target, placeOf(image)));
  }
  const isSparse = input.maySkipManifests && nodes.some(({ node }) => node.kind === 'image');
  const uses = listBlobUses(set);
  const ofBlobs = verifyBlobs({ source: set.source, uses, names: input.blobNames, facts, isSparse });
  findings.push(...input.findings.filter((finding) => !isSaidBetter(finding, ofBlobs)), ...ofBlobs);
  const names = [...new Set(set.roots.flatMap((root) => root.names))];
  const platforms = images.flatMap(({ platform }) => platform ?? []);
  if (recipe !== null) {
    findings.push(...verifyRecipe(set.source, platforms, names, recipe));
    const tested = images.map(({ image, platform }) => {
      return { digest: image.descriptor.digest, platform, place: placeOf(image) };
    });
    findings.push(...verifyTests(set.source, tested, recipe, input.records));
  }
  return sortFindings(findings);
}

function flattenImage(image: LoadedImage, layers: VerifyInput['layers']): DirectoryNode | null {
  const entries = image.manifest.layers.map(({ digest }) => layers.get(digest));
  return entries.every((each) => each !== undefined) ? flattenLayers(entries) : null;
}

/** What reading the small blobs stumbled over comes again from the facts, where it is known whose blob it is. */
function isSaidBetter({ code, place }: Finding, ofBlobs: readonly Finding[]): boolean {
  return ['blob.absent', 'blob.corrupt'].includes(code) && ofBlobs.some((finding) => finding.place === place);
}

/** By place, then code and text, each once: two manifests that share a damaged layer say the same of it. */
function sortFindings(findings: readonly Finding[]): readonly Finding[] {
  const keyed = new Map(
    findings.map((finding) => [JSON.stringify([finding.place, finding.code, finding.text]), finding]),
  );
  return [...keyed].toSorted(([a], [b]) => compareText(a, b)).map(([, finding]) => finding);
}
