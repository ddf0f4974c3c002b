import { DEFAULT_LIMITS, type ReadLimits } from '../limits.ts';
import { openChunkReader, type ChunkReader } from './chunk-reader.ts';
import { createEntryMachine, type TarHeader } from './entry-machine.ts';
import { tarFault, type ReportFault } from './fault.ts';
import { findNonzero } from './find-nonzero.ts';
import { BLOCK_BYTES, isZeroBlock, judgeChecksum, paddingBytes } from './header.ts';

export interface TarStreamEntry {
  readonly header: TarHeader;
  /** The data, in chunks that are valid until the next one is asked for. To be read before the next entry, or never. */
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * Reads a tar stream entry by entry, to the very end, so that who hashes the chunks has seen them all. Faults that leave
 * the rest certain go to `report`, and the reading goes on; without it they are thrown like the others. Throws `tar.*`
 * with the byte offset in the stream, and whatever the stream throws.
 */
export async function* readTarStream(
  chunks: AsyncIterable<Uint8Array>,
  report: ReportFault = throwFault,
  limits: Pick<ReadLimits, 'extensionBytes' | 'entries'> = DEFAULT_LIMITS,
): AsyncGenerator<TarStreamEntry> {
  const reader = openChunkReader(chunks);
  const machine = createEntryMachine(report, limits);
  try {
    for (;;) {
      const offset = reader.position;
      const block = await readHeader(reader, report);
      if (block === null) {
        machine.finish(offset);
        return;
      }
      const step = machine.accept(block, offset);
      if (step.kind === 'extension') {
        machine.extend(await readExtension(reader, step.sizeBytes));
        await skipPadding(reader, step.sizeBytes, report);
        continue;
      }
      const body = openBody(reader, step.header);
      yield { header: step.header, body: body.chunks };
      await body.skipRest();
      await skipPadding(reader, step.header.sizeBytes, report);
    }
  } finally {
    await reader.close();
  }
}

function throwFault(fault: Error): never {
  throw fault;
}

/** Gives the next header block; null at the end, with everything behind it read. */
async function readHeader(reader: ChunkReader, report: ReportFault): Promise<Buffer | null> {
  const offset = reader.position;
  const block = await reader.read(BLOCK_BYTES);
  if (block.length === 0) {
    report(tarFault('tar.truncated', 'the stream ends without an end mark', offset));
    return null;
  }
  if (block.length < BLOCK_BYTES) throw tarFault('tar.truncated', 'the stream ends in a header', reader.position);
  if (isZeroBlock(block)) {
    await readEnd(reader, report);
    return null;
  }
  const checksum = judgeChecksum(block);
  if (checksum === 'wrong') throw tarFault('tar.bad-checksum', 'a header with a wrong checksum', offset);
  if (checksum === 'unusual') report(tarFault('tar.unusual-checksum', 'a checksum in an unusual spelling', offset));
  return block;
}

async function readEnd(reader: ChunkReader, report: ReportFault): Promise<void> {
  const start = reader.position;
  let foundAt: number | null = null;
  for (let piece = await reader.readSome(Infinity); piece !== null; piece = await reader.readSome(Infinity)) {
    if (foundAt !== null) continue;
    const found = findNonzero(piece);
    if (found !== -1) foundAt = reader.position - piece.length + found;
  }
  if (foundAt !== null) report(tarFault('tar.trailing-data', 'data behind the end mark', foundAt));
  else if (reader.position < start + BLOCK_BYTES) {
    report(tarFault('tar.truncated', 'the stream ends in its end mark of two zero blocks', reader.position));
  }
}

async function readExtension(reader: ChunkReader, sizeBytes: number): Promise<Buffer> {
  const data = await reader.read(sizeBytes);
  if (data.length === sizeBytes) return data;
  throw tarFault('tar.truncated', 'the stream ends in an extension header', reader.position);
}

function openBody(reader: ChunkReader, header: TarHeader) {
  let remaining = header.sizeBytes;
  async function* read(): AsyncGenerator<Uint8Array> {
    while (remaining > 0) {
      const piece = await reader.readSome(remaining);
      if (piece === null) {
        const text = `the stream ends in ${JSON.stringify(header.name)}; ${remaining} of its ${header.sizeBytes} bytes are missing`;
        throw tarFault('tar.truncated', text, reader.position);
      }
      remaining -= piece.length;
      yield piece;
    }
  }
  return {
    chunks: read(),
    async skipRest() {
      for await (const _ of read());
    },
  };
}

async function skipPadding(reader: ChunkReader, sizeBytes: number, report: ReportFault): Promise<void> {
  const offset = reader.position;
  const wanted = paddingBytes(sizeBytes);
  // Where the stream ends in it, no end mark comes either, and that is told of.
  const padding = await reader.read(wanted);
  if (findNonzero(padding) !== -1) {
    report(tarFault('tar.nonzero-padding', 'bytes other than zero between two entries', offset));
  }
}
