import { createHash } from 'node:crypto';
import { ForkwrightError } from '../../errors.ts';
import type { Finding } from '../../finding.ts';
import type { ReadLimits } from '../../limits.ts';
import { parseDigest, type Digest } from '../../oci/digest.ts';
import { openCompressed } from '../stream/decompress.ts';
import { shareStream, tap } from '../stream/shared-stream.ts';
import { SNIFF_BYTES, sniffCompression } from '../stream/sniff-compression.ts';
import { digestOfName } from './blob-name.ts';
import type { Container, ContainerFile } from './container.ts';
import { errorFinding } from './error-finding.ts';
import { LAYER_TYPE, type ManifestLayer } from './make-manifest.ts';

/** What a file of a docker archive is as the layer of a manifest; null, and why, where it can be none. */
export interface DockerLayer {
  readonly layer: ManifestLayer | null;
  readonly findings: readonly Finding[];
}

/**
 * Finds out what a layer of a docker archive is. One that is not compressed has its diff id as its digest, and is hashed
 * whenever it is read. A compressed one, whatever its name, has a digest that nobody has said: it is read once, for its
 * digest and for its diff id, since nothing else ties it to the config. Throws `archive.read-failed`, the signal's reason.
 */
export async function readDockerLayer(
  container: Container,
  file: ContainerFile,
  diffId: Digest,
  limits: ReadLimits,
  signal: AbortSignal | undefined,
): Promise<DockerLayer> {
  const { sizeBytes } = file;
  const compression = sniffCompression(await readStart(container, file));
  if (compression === 'none') {
    return { layer: { mediaType: LAYER_TYPE.none, digest: diffId, sizeBytes, urls: [] }, findings: [] };
  }
  const place = `${container.name}: ${file.name}`;
  const hash = createHash('sha256');
  const raw = shareStream(
    tap(container.stream(file), (chunk) => {
      signal?.throwIfAborted();
      hash.update(chunk);
    }),
  );
  const findings: Finding[] = [];
  try {
    const unpacked = await hashUnpacked(raw.rest, place, limits, findings);
    await raw.drain();
    const digest = parseDigest(`sha256:${hash.digest('hex')}`, place);
    const named = digestOfName(file.name);
    const fault = (code: string, text: string) =>
      findings.push({ code, severity: 'error', place, text, hint: 'save it again' });
    if (named !== null && named !== digest) fault('blob.corrupt', `its bytes have the digest ${digest}`);
    else if (unpacked !== null && unpacked !== diffId) {
      fault('layer.diff-id', `the layer unpacks to ${unpacked}, the config says ${diffId}`);
    }
    const isSound = findings.every(({ severity }) => severity !== 'error');
    if (!isSound || compression === 'xz' || compression === 'bzip2') return { layer: null, findings };
    return { layer: { mediaType: LAYER_TYPE[compression], digest, sizeBytes, urls: [] }, findings };
  } finally {
    await raw.close();
  }
}

/** The first bytes; a stream gives chunks of 1 MiB, so they are in the first one. */
async function readStart(container: Container, file: ContainerFile): Promise<Uint8Array> {
  for await (const chunk of container.stream(file)) return Buffer.from(chunk.subarray(0, SNIFF_BYTES));
  return new Uint8Array();
}

/** Null, and a finding, where it cannot be unpacked. */
async function hashUnpacked(
  chunks: AsyncIterable<Uint8Array>,
  place: string,
  limits: ReadLimits,
  findings: Finding[],
): Promise<Digest | null> {
  const hash = createHash('sha256');
  try {
    const { unpack } = await openCompressed(chunks, place, limits);
    for await (const chunk of unpack()) hash.update(chunk);
  } catch (error) {
    if (!(error instanceof ForkwrightError) || !error.code.startsWith('layer.')) throw error;
    findings.push(errorFinding(error, place, error.code === 'layer.unsupported' ? 'note' : 'error'));
    return null;
  }
  return parseDigest(`sha256:${hash.digest('hex')}`, place);
}
