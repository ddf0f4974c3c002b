import type { Finding, Severity } from '../../finding.ts';
import { mediaKind } from '../../oci/media-type.ts';
import { formatPlatform, type Platform } from '../../platform/platform.ts';
import type { Digest } from '../../oci/digest.ts';
import type { DirectoryNode } from '../files/file-tree.ts';
import { judgePlatform } from '../image-platform.ts';
import type { LoadedImage } from '../image-set.ts';
import type { BlobFact } from './verify-blobs.ts';
import { verifyProgram } from './verify-program.ts';

export interface ImageInput {
  readonly image: LoadedImage;
  /** Null where neither config nor index names one. */
  readonly platform: Platform | null;
  readonly facts: ReadonlyMap<Digest, BlobFact>;
  /** Its files; null where not every layer could be read. */
  readonly files: DirectoryNode | null;
  /** `zoo.oci.tar: linux/arm64` */
  readonly place: string;
}

/** Holds the platform that an image's config names to the one under which it is listed. */
export function verifyPlatform(image: LoadedImage, place: string): readonly Finding[] {
  const judgement = judgePlatform(image);
  if (judgement.agrees) return [];
  const [config, descriptor] = [formatPlatform(judgement.config), formatPlatform(judgement.descriptor)];
  return [finding('platform.disagrees', 'error', place, `the config says ${config}, the index ${descriptor}`)];
}

/** Holds one image's config to its layers and its files. */
export function verifyImage({ image, platform, facts, files, place }: ImageInput): readonly Finding[] {
  if (image.config === null) return [];
  const { container, diffIds } = image.config.document;
  const findings = [...verifyLayers(image, diffIds, facts, place), ...findDuplicateEnv(container.env, place)];
  if (platform === null) {
    findings.push(finding('config.no-platform', 'warning', place, 'the config names no os or architecture'));
  } else if (files === null) {
    const text = 'not every layer could be read, so its program was not looked at';
    findings.push(finding('program.not-checked', 'note', place, text));
  } else findings.push(...verifyProgram(container, platform, files, place));
  return findings;
}

/** image-spec, config.md: diff_ids are the layers' digests before compression, in the manifest's order. */
function verifyLayers(
  image: LoadedImage,
  diffIds: readonly Digest[],
  facts: ReadonlyMap<Digest, BlobFact>,
  place: string,
): readonly Finding[] {
  const { layers } = image.manifest;
  const findings: Finding[] = layers.flatMap((layer, index): readonly Finding[] => {
    const number = `layer ${index + 1} of ${layers.length}`;
    if (mediaKind(layer.mediaType).kind !== 'layer') {
      const text = `${number} has the media type ${JSON.stringify(layer.mediaType)}, which no runtime unpacks`;
      return [finding('layer.media-type', 'error', place, text)];
    }
    const [expected, fact] = [diffIds[index], facts.get(layer.digest)];
    // Bytes that are damaged are reported as such; what they unpack to says nothing more.
    if (expected === undefined || fact === undefined || fact.actualDigest !== layer.digest) return [];
    if (fact.diffId === null || fact.diffId === expected) return [];
    return [
      finding('layer.diff-id', 'error', place, `${number} unpacks to ${fact.diffId}, the config says ${expected}`),
    ];
  });
  if (layers.length !== diffIds.length) {
    const text = `the manifest has ${layers.length} layers, the config ${diffIds.length} diff_ids`;
    findings.push(finding('config.diff-ids', 'error', place, text));
  }
  return findings;
}

/** Engines take the last of two, Kubernetes promises nothing, and programs often see the first. */
function findDuplicateEnv(env: readonly string[], place: string): readonly Finding[] {
  const names = env.map((entry) => entry.split('=', 1)[0] ?? '');
  const duplicates = new Set(names.filter((name, index) => names.indexOf(name) !== index));
  return [...duplicates].map((name) => {
    const values = env
      .filter((entry) => entry.startsWith(`${name}=`))
      .map((entry) => JSON.stringify(entry.slice(name.length + 1)));
    return finding(
      'config.duplicate-env',
      'warning',
      place,
      `the environment has ${name} ${values.length} times: ${values.join(', ')}`,
    );
  });
}

function finding(code: string, severity: Severity, place: string, text: string): Finding {
  return { code, severity, place, text, hint: null };
}
