import { createHash } from 'node:crypto';
import { ForkwrightError } from '../../errors.ts';
import type { Finding, Severity } from '../../finding.ts';
import { PROGRAM_HEAD_BYTES } from '../../image/program/program.ts';
import { DEFAULT_LIMITS, type ReadLimits } from '../../limits.ts';
import { parseDigest, type Digest } from '../../oci/digest.ts';
import type { TarHeader } from '../../tar/entry-machine.ts';
import { readTarStream } from '../../tar/read-stream.ts';
import { openCompressed, type Compression } from '../stream/decompress.ts';
import { errorFinding } from '../read/error-finding.ts';
import { shareStream, tap } from '../stream/shared-stream.ts';

/** Told of an entry of a layer, with the first PROGRAM_HEAD_BYTES of a file or all that there are. */
export type OnLayerEntry = (layer: Digest, header: TarHeader, firstBytes: Buffer) => void;

export interface LayerFacts {
  /** Null where it could not be decompressed to the end. */
  readonly diffId: Digest | null;
  readonly compression: Compression;
  readonly findings: readonly Finding[];
}

/**
 * Unpacks a layer, hashes what comes out and walks it as a tar. What is wrong with it becomes findings at `place`; what
 * the stream itself throws is passed on. May stop before the end of the stream where the compression is broken.
 */
export async function examineLayer(
  chunks: AsyncIterable<Uint8Array>,
  digest: Digest,
  place: string,
  onEntry: OnLayerEntry = () => undefined,
  limits: ReadLimits = DEFAULT_LIMITS,
): Promise<LayerFacts> {
  const findings: Finding[] = [];
  const report = (fault: ForkwrightError, severity: Severity) => {
    const where = fault.code.startsWith('tar.') ? `${place}: ${fault.place ?? ''}` : place;
    findings.push(errorFinding(fault, where, severity));
  };
  const hash = createHash('sha256');
  const { compression, unpack } = await openCompressed(chunks, place, limits);
  const unpacked = shareStream(tap(unpack(), (chunk) => hash.update(chunk)));
  try {
    try {
      for await (const { header, body } of readTarStream(unpacked.rest, (fault) => report(fault, 'warning'), limits)) {
        onEntry(digest, header, await readStart(body));
      }
    } catch (error) {
      if (!isTarFault(error)) throw error;
      report(error, 'error');
    }
    await unpacked.drain();
  } catch (error) {
    if (!isLayerFault(error)) throw error;
    report(error, error.code === 'layer.unsupported' ? 'note' : 'error');
    return { diffId: null, compression, findings };
  } finally {
    await unpacked.close();
  }
  return { diffId: parseDigest(`sha256:${hash.digest('hex')}`, place), compression, findings };
}

function isTarFault(error: unknown): error is ForkwrightError {
  return error instanceof ForkwrightError && error.code.startsWith('tar.');
}

function isLayerFault(error: unknown): error is ForkwrightError {
  return error instanceof ForkwrightError && error.code.startsWith('layer.');
}

async function readStart(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let filled = 0;
  for await (const chunk of body) {
    const piece = Buffer.from(chunk.subarray(0, PROGRAM_HEAD_BYTES - filled));
    pieces.push(piece);
    filled += piece.length;
    if (filled === PROGRAM_HEAD_BYTES) break;
  }
  return Buffer.concat(pieces);
}
