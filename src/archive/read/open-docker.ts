import { posix } from 'node:path';
import type { Finding } from '../../finding.ts';
import type { ImageSet } from '../../image/image-set.ts';
import type { ReadLimits } from '../../limits.ts';
import type { Container } from './container.ts';
import { parseDockerManifest, type DockerImage } from './docker-manifest.ts';
import { normaliseName } from './entry-name.ts';
import type { ImageSource } from './image-source.ts';
import { loadImageSet } from './load-images.ts';
import type { OpenOptions } from './open-options.ts';
import { readDockerImages } from './read-docker-images.ts';
import { createImageSource } from './source.ts';
import { parseTopFile } from './top-file.ts';
import { listWhole, uniteDocker } from './unite-docker.ts';

export interface OpenDockerOptions extends Pick<OpenOptions, 'signal'> {
  /** The same container as an OCI layout; null where it has no index.json. */
  readonly source: ImageSource | null;
  /** Of its top files. */
  readonly findings: readonly Finding[];
}

// What docker before 1.10 read, and skopeo and docker before 25 still write beside.
const VERSION_1 = /^[0-9a-f]{64}(?:\/(?:VERSION|json|layer\.tar))?$/;

/**
 * Makes a source of a container with a docker archive's manifest.json, united with its OCI layout where it has one. What
 * is wrong with it is in the source's findings. Throws `archive.read-failed`, the signal's reason. Specification: Docker
 * image spec v1.2.
 */
export async function openDocker(
  container: Container,
  limits: ReadLimits,
  { source, findings, signal }: OpenDockerOptions,
): Promise<ImageSource> {
  const ofManifest: Finding[] = [];
  const parse = (bytes: Buffer, place: string) => parseDockerManifest(bytes, place, limits);
  const docker = await parseTopFile(container, 'manifest.json', limits.dockerManifestBytes, ofManifest, parse);
  const images = docker?.images ?? [];
  const nothing: ImageSet = { source: container.name, roots: [] };
  const set = source === null ? nothing : (await loadImageSet(source)).set;
  const blob = source?.blob ?? (() => undefined);
  const whole = listWhole(set, blob);
  const read = await readDockerImages(container, images, { limits, signal, isKnown: (config) => whole.has(config) });
  const united = uniteDocker({ set, images: read.images, blob });
  const parts = listParts(images);
  return createImageSource({
    container,
    format: 'docker-archive',
    roots: united.roots,
    findings: [...findings, ...ofManifest, ...(docker?.findings ?? []), ...read.findings, ...united.findings],
    madeBlobs: new Map([...united.made].map(([digest, bytes]) => [digest, { name: 'manifest.json', bytes }])),
    files: read.files,
    isPart: (name) => parts.has(name) || VERSION_1.test(name),
    limits,
  });
}

/** The entries that manifest.json names, and the folders that they are in. */
function listParts(images: readonly DockerImage[]): ReadonlySet<string> {
  const parts = new Set<string>();
  for (const named of images.flatMap(({ config, layers }) => [config, ...layers])) {
    let name = normaliseName(named) ?? '';
    while (name !== '' && name !== '.' && !parts.has(name)) {
      parts.add(name);
      name = posix.dirname(name);
    }
  }
  return parts;
}
