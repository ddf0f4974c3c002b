import { DEFAULT_LIMITS, type ReadLimits } from '../limits.ts';
import { createEntryMachine, type TarHeader } from './entry-machine.ts';
import { tarFault, type ReportFault } from './fault.ts';
import { findNonzero } from './find-nonzero.ts';
import { BLOCK_BYTES, isZeroBlock, judgeChecksum, paddingBytes } from './header.ts';

/** Takes a tar stream as it comes, chunk by chunk, and finds its entries; their data is passed over. */
export interface EntryScanner {
  /** Takes the next bytes; nothing of them is kept. Throws `tar.*` with the byte offset in the stream. */
  feed(chunk: Uint8Array): void;
  /** Says that the stream has ended. Throws `tar.truncated`. */
  finish(): void;
}

/** What the scanner waits for. */
type State = 'header' | 'extension' | 'data' | 'end';

/**
 * Makes a scanner that tells `onEntry` of each entry and of the offset of its data in the stream. It holds a tar to the
 * same rules as `readTarStream`, without a promise per entry: an image has a hundred thousand of them. Faults that leave
 * the rest certain go to `report`.
 */
export function createEntryScanner(
  onEntry: (header: TarHeader, dataOffset: number) => void,
  report: ReportFault,
  limits: Pick<ReadLimits, 'extensionBytes' | 'entries'> = DEFAULT_LIMITS,
): EntryScanner {
  const machine = createEntryMachine(report, limits);
  const block = Buffer.alloc(BLOCK_BYTES);
  let state: State = 'header';
  /** Offset in the stream of what comes next. */
  let position = 0;
  /** Bytes of `target` that are there, and how many there are to be. */
  let filled = 0;
  let wanted = BLOCK_BYTES;
  let target: Buffer = block;
  /** Data still to be passed over, and the padding behind it, which is looked at. */
  let dataBytes = 0;
  let padBytes = 0;
  let endBytes = 0;
  let trailingAt: number | null = null;

  function expect(next: State, bytes: number, into: Buffer): void {
    state = next;
    wanted = bytes;
    filled = 0;
    target = into;
  }

  function acceptHeader(header: Buffer): void {
    const offset = position - BLOCK_BYTES;
    if (isZeroBlock(header)) {
      machine.finish(offset);
      state = 'end';
      return;
    }
    const checksum = judgeChecksum(header);
    if (checksum === 'wrong') throw tarFault('tar.bad-checksum', 'a header with a wrong checksum', offset);
    if (checksum === 'unusual') report(tarFault('tar.unusual-checksum', 'a checksum in an unusual spelling', offset));
    const step = machine.accept(header, offset);
    if (step.kind === 'extension') {
      expect('extension', step.sizeBytes, Buffer.allocUnsafe(step.sizeBytes));
      if (step.sizeBytes === 0) acceptExtension();
      return;
    }
    onEntry(step.header, position);
    passOver(step.header.sizeBytes, paddingBytes(step.header.sizeBytes));
  }

  function acceptExtension(): void {
    machine.extend(target);
    passOver(0, paddingBytes(wanted));
  }

  function passOver(data: number, padding: number): void {
    dataBytes = data;
    padBytes = padding;
    if (data + padding === 0) expect('header', BLOCK_BYTES, block);
    else state = 'data';
  }

  /** Gives how many bytes of the chunk it took. */
  function takeData(chunk: Uint8Array, start: number): number {
    const skipped = Math.min(dataBytes, chunk.length - start);
    dataBytes -= skipped;
    const padding = chunk.subarray(start + skipped, start + skipped + padBytes);
    if (dataBytes > 0) return skipped;
    const found = findNonzero(padding);
    if (found !== -1) {
      const text = 'bytes other than zero between two entries';
      report(tarFault('tar.nonzero-padding', text, position + skipped + found));
    }
    padBytes -= padding.length;
    if (padBytes === 0) expect('header', BLOCK_BYTES, block);
    return skipped + padding.length;
  }

  function take(chunk: Uint8Array, start: number): number {
    if (state === 'data') {
      const taken = takeData(chunk, start);
      position += taken;
      return taken;
    }
    if (state === 'end') {
      const rest = chunk.subarray(start);
      const found = trailingAt === null ? findNonzero(rest) : -1;
      if (found !== -1) trailingAt = position + found;
      endBytes += rest.length;
      position += rest.length;
      return rest.length;
    }
    const piece = chunk.subarray(start, start + wanted - filled);
    position += piece.length;
    if (state === 'header' && piece.length === BLOCK_BYTES) {
      acceptHeader(Buffer.from(piece.buffer, piece.byteOffset, piece.length));
      return piece.length;
    }
    target.set(piece, filled);
    filled += piece.length;
    if (filled === wanted) {
      if (state === 'header') acceptHeader(block);
      else acceptExtension();
    }
    return piece.length;
  }

  return {
    feed(chunk) {
      for (let start = 0; start < chunk.length;) start += take(chunk, start);
    },
    finish() {
      if (state === 'end') {
        if (trailingAt !== null) report(tarFault('tar.trailing-data', 'data behind the end mark', trailingAt));
        else if (endBytes < BLOCK_BYTES) {
          report(tarFault('tar.truncated', 'the stream ends in its end mark of two zero blocks', position));
        }
        return;
      }
      // `umoci insert` leaves out the last padding and the end mark; all data is there.
      if ((state === 'header' && filled === 0) || (state === 'data' && dataBytes === 0)) {
        machine.finish(position);
        report(tarFault('tar.truncated', 'the stream ends without an end mark', position));
        return;
      }
      const what = { header: 'a header', extension: 'an extension header', data: 'an entry' }[state];
      throw tarFault('tar.truncated', `the stream ends in ${what}`, position);
    },
  };
}
