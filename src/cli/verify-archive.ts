import { examineBlobs } from '../archive/layers/examine-blobs.ts';
import type { ImageSource } from '../archive/read/image-source.ts';
import { loadImageSet } from '../archive/read/load-images.ts';
import { ForkwrightError } from '../errors.ts';
import { hasFailed, type Finding } from '../finding.ts';
import type { LayerEntry } from '../image/files/file-tree.ts';
import type { ImageSet } from '../image/image-set.ts';
import { toLayerEntry } from '../image/files/layer-entry.ts';
import { verifyImages } from '../image/verify/verify.ts';
import type { Digest } from '../oci/digest.ts';
import type { ResolvedRecipe } from '../recipe/target.ts';
import { formatSize } from '../report/size.ts';
import type { Invocation } from './command.ts';
import { toFinding } from './error-finding.ts';
import { openSource, type GivenConfig } from './open-source.ts';

/** What was verified, and what is wrong with it. */
export interface Verified {
  /** Null where the file could not be understood at all. */
  readonly archive: {
    readonly set: ImageSet;
    readonly format: string;
    readonly sizeBytes: number;
    readonly blobCount: number;
  } | null;
  readonly findings: readonly Finding[];
}

// Not the archive's fault: whoever asks has to try again, or otherwise.
const NOT_READ: ReadonlySet<string> = new Set([
  'archive.not-found',
  'archive.unreadable',
  'archive.read-failed',
  'archive.unsupported',
  'archive.no-such-image',
  'archive.no-config',
  'archive.no-platform',
  'archive.no-room',
  'archive.needs-program',
  'config.unreadable',
  'config.malformed',
  'json.malformed',
]);

/**
 * Reads all of an archive and says everything that is wrong with it. `name` is a path from the invocation's folder, as the
 * user gave it; the given recipe is what it is held to, null for itself only. The records of the recipe's tests are read in the
 * workspace. Throws where the file cannot be read (`archive.not-found`, `archive.unreadable`, `archive.read-failed`) or its
 * format is not known yet (`archive.unsupported`); every other fault is a finding.
 */
export async function verifyArchive(name: string, given: GivenConfig, invocation: Invocation): Promise<Verified> {
  let source: ImageSource;
  try {
    source = await openSource(name, given, invocation);
  } catch (error) {
    if (!(error instanceof ForkwrightError) || NOT_READ.has(error.code)) throw error;
    if (error.code.startsWith('registry.')) throw error;
    return { archive: null, findings: [toFinding(error)] };
  }
  try {
    return await verifySource(source, given.recipe, invocation);
  } finally {
    await source.close();
  }
}

async function verifySource(
  source: ImageSource,
  recipe: ResolvedRecipe | null,
  invocation: Invocation,
): Promise<Verified> {
  const blobs = [...source.blobs()];
  const task = invocation.progress.task(
    `verifying ${source.name}`,
    blobs.reduce((sum, blob) => sum + blob.sizeBytes, 0),
  );
  try {
    const { set, findings } = await loadImageSet(source);
    const layers = new Map<Digest, LayerEntry[]>();
    const facts = await examineBlobs(source, set, {
      signal: invocation.signal,
      onBytes: (bytes) => task.advance(bytes),
      onLayerEntry: (digest, header, head) => {
        const entries = layers.get(digest) ?? [];
        entries.push(toLayerEntry(header, head));
        layers.set(digest, entries);
      },
    });
    const whole = facts.filter(({ digest, actualDigest, diffId, findings: faults }) => {
      return actualDigest === digest && diffId !== null && !hasFailed(faults, false);
    });
    const tests = recipe === null ? null : await readTests(invocation.root, recipe.name);
    const judged = verifyImages({
      set,
      findings: [...source.findings, ...findings, ...(tests?.findings ?? [])],
      blobNames: new Map(blobs.map((blob) => [blob.digest, blob.name])),
      facts: new Map(facts.map((fact) => [fact.digest, fact])),
      layers: new Map(whole.map(({ digest }) => [digest, layers.get(digest) ?? []])),
      maySkipManifests: source.format === 'docker-archive',
      recipe,
      records: tests?.records ?? [],
    });
    task.done(formatSize(source.sizeBytes));
    const { format, sizeBytes } = source;
    return { archive: { set, format, sizeBytes, blobCount: blobs.length }, findings: judged };
  } catch (error) {
    task.fail('not read to its end');
    throw error;
  }
}

/** Their schema is loaded only where they are read. */
async function readTests(root: string, recipe: string) {
  const { readSmokeRecords } = await import('../build/smoke-record.ts');
  return readSmokeRecords(root, recipe);
}
