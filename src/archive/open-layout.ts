import { ForkwrightError } from '../errors.ts';
import type { Finding } from '../finding.ts';
import type { Digest } from '../oci/digest.ts';
import { MEDIA_TYPE } from '../oci/media-type.ts';
import { parseConfig } from '../oci/parse-config.ts';
import { parseStrictJson } from '../oci/strict-json.ts';
import { digestOfName } from './blob-name.ts';
import { readContainerFile, type Container } from './container.ts';
import { parseDockerManifest, type DockerImage } from './docker-manifest.ts';
import { normaliseName } from './entry-name.ts';
import { errorFinding } from './error-finding.ts';
import type { ImageSource } from './image-source.ts';
import { judgeLayoutFile, parseLayoutIndex } from './layout-index.ts';
import { loadImageSet, MAX_JSON_BYTES } from './load-images.ts';
import { refuseContent } from './refuse-content.ts';
import { createImageSource } from './source.ts';
import { uniteDocker } from './unite-docker.ts';

const MAX_DOCKER_MANIFEST_BYTES = 20 * 1024 * 1024;

/**
 * Makes a source of a container with an OCI layout in it, and of one that is a docker archive beside. What is wrong with
 * its top files is in the source's findings. Throws `archive.unknown-format`, `archive.unsupported`,
 * `archive.truncated` where there is no layout.
 */
export async function openLayout(container: Container): Promise<ImageSource> {
  if (container.file('index.json') === undefined) throw refuseContent(container);
  const findings: Finding[] = [];
  if (!container.names.includes('oci-layout')) {
    const text = 'there is no oci-layout file, so this is no OCI layout by the specification';
    findings.push({ code: 'archive.no-layout-file', severity: 'error', place: container.name, text, hint: null });
  }
  const judged = await parseTopFile(container, 'oci-layout', MAX_JSON_BYTES, findings, judgeLayoutFile);
  const index = await parseTopFile(container, 'index.json', MAX_JSON_BYTES, findings, parseLayoutIndex);
  findings.push(...(judged ?? []), ...(index?.findings ?? []));
  const format = container.kind === 'folder' ? 'oci' : 'oci-archive';
  const oci = { container, format, roots: index?.roots ?? [], findings, madeBlobs: new Map() } as const;
  if (container.kind === 'folder' || !container.names.includes('manifest.json')) return createImageSource(oci);

  const docker = await parseTopFile(
    container,
    'manifest.json',
    MAX_DOCKER_MANIFEST_BYTES,
    findings,
    parseDockerManifest,
  );
  const source = createImageSource(oci);
  const digestAt = (name: string) => digestOfName(container.file(normaliseName(name) ?? '')?.name ?? '');
  const place = `${container.name}: manifest.json`;
  const united = uniteDocker({
    set: (await loadImageSet(source)).set,
    images: docker?.images ?? [],
    blob: source.blob,
    digestAt,
    diffIds: await readDiffIds(source, docker?.images ?? [], digestAt),
    place,
  });
  return createImageSource({
    container,
    format: 'docker-archive',
    roots: united.roots,
    findings: [...findings, ...(docker?.findings ?? []), ...united.findings],
    madeBlobs: new Map([...united.made].map(([digest, bytes]) => [digest, { name: 'manifest.json', bytes }])),
  });
}

/** Null, and a finding, where the file is there and cannot be understood. */
async function parseTopFile<Parsed>(
  container: Container,
  name: string,
  maxBytes: number,
  findings: Finding[],
  parse: (bytes: Buffer, place: string) => Parsed,
): Promise<Parsed | null> {
  const file = container.file(name);
  const place = `${container.name}: ${name}`;
  if (file === undefined) return null;
  if (file.sizeBytes > maxBytes) {
    const text = `${file.sizeBytes} bytes of JSON; more than ${maxBytes} are not read`;
    findings.push({ code: 'archive.too-large', severity: 'error', place, text, hint: null });
    return null;
  }
  const bytes = await readContainerFile(container, file);
  try {
    return parse(bytes, place);
  } catch (error) {
    if (!(error instanceof ForkwrightError)) throw error;
    findings.push(errorFinding(error, error.place ?? place));
    return null;
  }
}

/** Faulty configs are left out here; loading the images says what is wrong with them. */
async function readDiffIds(
  source: ImageSource,
  images: readonly DockerImage[],
  digestAt: (name: string) => Digest | null,
): Promise<ReadonlyMap<Digest, readonly Digest[]>> {
  const diffIds = new Map<Digest, readonly Digest[]>();
  const nothing = { platform: null, annotations: {}, artifactType: null, urls: [], data: null };
  for (const { config } of images) {
    const digest = digestAt(config);
    const place = digest === null ? undefined : source.blob(digest);
    if (place === undefined || diffIds.has(place.digest)) continue;
    try {
      const descriptor = {
        ...nothing,
        mediaType: MEDIA_TYPE.ociConfig,
        digest: place.digest,
        sizeBytes: place.sizeBytes,
      };
      const raw = await source.read(descriptor, MAX_JSON_BYTES);
      diffIds.set(place.digest, parseConfig(parseStrictJson(raw, place.name), place.name).diffIds);
    } catch (error) {
      if (!(error instanceof ForkwrightError) || error.code === 'archive.read-failed') throw error;
    }
  }
  return diffIds;
}
