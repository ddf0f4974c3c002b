import { asAdvanced, countTries, TransientError } from '../../http/retry.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { judgeLoss, makeFailure, makePassing, type Operation } from '../connection/failure.ts';
import type { HostAnswer } from '../connection/host.ts';
import { pathOf, startOperation, type Remote } from './remote.ts';

type Blob = Pick<Descriptor, 'digest' | 'sizeBytes'>;

/** As in `Repository.readBlob`. Specification: distribution-spec, "Pulling blobs"; RFC 9110, 14. */
export function readBlob(remote: Remote, blob: Blob, fromByte: number): AsyncGenerator<Uint8Array> {
  return read(remote, blob, fromByte, async function* (answer, wantedOf) {
    for await (const chunk of answer.body) {
      const wanted = wantedOf(chunk);
      if (wanted.length > 0) yield wanted;
    }
  });
}

/** As in `Repository.takeBlob`. */
export async function takeBlob(
  remote: Remote,
  blob: Blob,
  fromByte: number,
  take: (chunk: Uint8Array) => void,
): Promise<void> {
  const reading = read(remote, blob, fromByte, (answer, wantedOf) =>
    nothingAfter(answer.takeBody((chunk) => take(wantedOf(chunk)))),
  );
  await reading.next();
}

async function* nothingAfter(work: Promise<void>): AsyncGenerator<never> {
  await work;
  yield* [];
}

/**
 * Makes one request after another until all of a blob has come. `consume` passes the chunks of each answer through `wantedOf`, which
 * counts them, and gives what is wanted of one; what it gives is given on.
 */
async function* read(
  remote: Remote,
  { digest, sizeBytes }: Blob,
  fromByte: number,
  consume: (answer: HostAnswer, wantedOf: (chunk: Uint8Array) => Uint8Array) => AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const operation = startOperation(remote, `reading the blob ${digest}`, sizeBytes - fromByte);
  const waitForNext = countTries(remote.pauses, operation.signal);
  const progress = { at: fromByte, skipBytes: 0 };
  const wantedOf = (chunk: Uint8Array): Uint8Array => {
    const wanted = chunk.subarray(Math.min(progress.skipBytes, chunk.length));
    progress.skipBytes -= chunk.length - wanted.length;
    progress.at += wanted.length;
    if (progress.at <= sizeBytes) return wanted;
    throw makeFailure('registry.bad-content', operation, `more than its ${sizeBytes} bytes come`, null);
  };
  try {
    while (progress.at < sizeBytes) {
      const before = progress.at;
      try {
        const answer = await askFrom(remote, digest, before, sizeBytes, operation);
        try {
          // Some servers know no ranges and send everything.
          progress.skipBytes = checkStart(answer, before, sizeBytes, operation) ? 0 : before;
          yield* consume(answer, wantedOf);
          if (progress.at < sizeBytes)
            throw makePassing(operation, `only ${progress.at} of its ${sizeBytes} bytes came`, { isCut: true });
        } catch (error) {
          throw judgeLoss(error, operation, answer.url.host);
        } finally {
          answer.close();
        }
      } catch (error) {
        await waitForNext(error instanceof TransientError && progress.at > before ? asAdvanced(error) : error);
      }
    }
  } finally {
    operation.end();
  }
}

/** A digest names one content for ever, so no If-Range is needed. */
async function askFrom(
  remote: Remote,
  digest: string,
  fromByte: number,
  sizeBytes: number,
  operation: Operation,
): Promise<HostAnswer> {
  const range: Readonly<Record<string, string>> = fromByte === 0 ? {} : { range: `bytes=${fromByte}-${sizeBytes - 1}` };
  return remote.host.exchange(
    {
      method: 'GET',
      target: pathOf(remote, `blobs/${digest}`),
      scopes: [remote.readScope],
      headers: { 'accept-encoding': 'identity', ...range },
      accept: [200, 206, 416],
      isHeld: true,
    },
    operation,
  );
}

/** Whether an answer begins where it was asked to; false where it begins at the start. */
function checkStart(answer: HostAnswer, fromByte: number, sizeBytes: number, operation: Operation): boolean {
  const wrongSize = (bytes: string) =>
    makeFailure('registry.bad-content', operation, `the registry has ${bytes} bytes of it, not ${sizeBytes}`, null);
  const [, start = '', total = ''] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(answer.header('content-range') ?? '') ?? [];
  const length = answer.header('content-length');
  switch (answer.status) {
    case 416:
      throw makeFailure('registry.bad-content', operation, `the registry has less than its ${sizeBytes} bytes`, null);
    case 206:
      if (Number(start) !== fromByte || start === '') {
        throw makePassing(operation, 'the registry does not go on where it was asked to');
      }
      if (total !== '*' && total !== String(sizeBytes)) throw wrongSize(total);
      return true;
    default:
      if (length !== null && length !== String(sizeBytes)) throw wrongSize(length);
      return fromByte === 0;
  }
}
