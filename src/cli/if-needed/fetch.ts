import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { loadImageSet } from '../../archive/read/load-images.ts';
import type { BuiltArchive } from '../../build/built-archive.ts';
import { readSmokeRecord, removeSmokeRecord } from '../../build/smoke-record.ts';
import { ForkwrightError } from '../../errors.ts';
import { parseReference } from '../../oci/reference.ts';
import { formatPlatform } from '../../platform/platform.ts';
import { removeInputRecord, writeInputRecord } from '../../plan/input-record-file.ts';
import { readStoredTarget } from '../../plan/local-store.ts';
import type { PublishedImage } from '../../plan/published-image.ts';
import type { InputRecord } from '../../plan/record.ts';
import { archivePath, logPath } from '../../recipe/output-names.ts';
import type { Target } from '../../recipe/target.ts';
import { planPull } from '../../registry/pull/plan-pull.ts';
import { openRegistrySource } from '../../registry/source/registry-source.ts';
import type { Repository } from '../../registry/repository/repository.ts';
import type { Invocation } from '../command.ts';
import { pullOutput } from '../pull-output.ts';

/** An image of a target that is published, and what it was built from. */
export interface FetchableImage {
  readonly image: PublishedImage;
  /** Of the platform's own manifest. */
  readonly digest: BuiltArchive['digest'];
  readonly record: InputRecord;
}

/**
 * Brings a target's image with its attestations out of a registry into its archive in out/, its record beside it, as if it
 * had been built here; there is no log. Throws `build.not-fetched` where what arrives is another image, and what pulling
 * throws.
 */
export async function fetchTarget(
  target: Target,
  { image, digest, record }: FetchableImage,
  repository: Repository,
  invocation: Invocation,
): Promise<BuiltArchive> {
  const { root, signal } = invocation;
  const { platform } = target;
  const path = archivePath(target);
  // An archive of a build has no name in it either.
  const pinned = { ...parseReference(image.name), tag: null, digest: image.digest };
  const source = await openRegistrySource(repository, pinned, { name: image.name, signal, platform });
  const { set, findings } = await loadImageSet(source);
  const fault = findings.find(({ code, severity }) => severity === 'error' && code !== 'blob.absent');
  if (fault !== undefined) throw new ForkwrightError(fault.code, fault.text, { place: fault.place });
  const plan = planPull(set, platform, (blob) => source.blob(blob) !== undefined);
  await removeInputRecord(root, target);
  await rm(join(root, logPath(target)), { force: true });
  await pullOutput(
    { source, repository, plan },
    { reference: `${image.name} (${formatPlatform(platform)})`, format: 'oci-archive', output: join(root, path) },
    invocation,
  );
  const stored = await readStoredTarget(root, target);
  if (stored?.digest !== digest) {
    const text = `${stored?.digest ?? 'nothing'} arrived in the place of ${digest}`;
    throw new ForkwrightError('build.not-fetched', text, { place: image.name });
  }
  await writeInputRecord(root, target, { digest, record });
  if ((await readSmokeRecord(root, target))?.digest !== digest) await removeSmokeRecord(root, target);
  return { platform, path, digest, sizeBytes: stored.sizeBytes, findings: [] };
}
