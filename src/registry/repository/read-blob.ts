import type { Descriptor } from '../../oci/descriptor.ts';
import { asAdvanced, countTries, TransientError } from '../../http/retry.ts';
import { judgeLoss, makeFailure, makePassing, type Operation } from '../connection/failure.ts';
import type { HostAnswer } from '../connection/host.ts';
import { pathOf, startOperation, type Remote } from './remote.ts';

type Blob = Pick<Descriptor, 'digest' | 'sizeBytes'>;

/** As in `Repository.readBlob`. Specification: distribution-spec, "Pulling blobs"; RFC 9110, 14. */
export async function* readBlob(remote: Remote, blob: Blob, fromByte: number): AsyncGenerator<Uint8Array> {
  const reading = startReading(remote, blob, fromByte);
  try {
    while (reading.at() < blob.sizeBytes) {
      try {
        const answer = await reading.ask();
        try {
          for await (const chunk of answer.body) {
            const wanted = reading.take(chunk);
            if (wanted.length > 0) yield wanted;
          }
        } finally {
          answer.close();
        }
        reading.requireEnd();
      } catch (error) {
        await reading.waitAfter(error);
      }
    }
  } finally {
    reading.end();
  }
}

/** As in `Repository.takeBlob`. */
export async function takeBlob(
  remote: Remote,
  blob: Blob,
  fromByte: number,
  take: (chunk: Uint8Array) => void,
): Promise<void> {
  const reading = startReading(remote, blob, fromByte);
  try {
    while (reading.at() < blob.sizeBytes) {
      try {
        const answer = await reading.ask();
        try {
          await answer.takeBody((chunk) => take(reading.take(chunk)));
        } finally {
          answer.close();
        }
        reading.requireEnd();
      } catch (error) {
        await reading.waitAfter(error);
      }
    }
  } finally {
    reading.end();
  }
}

/** How far the reading of a blob is. */
interface Reading {
  /** So many bytes have come. */
  readonly at: () => number;
  /** Makes a request for the rest. */
  readonly ask: () => Promise<HostAnswer>;
  /** What is wanted of a chunk. Throws `registry.bad-content` where more comes than there should be. */
  readonly take: (chunk: Uint8Array) => Uint8Array;
  /** Throws TransientError where not all has come. */
  readonly requireEnd: () => void;
  /** Waits until the next request may be made. Throws where there is none to be made. */
  readonly waitAfter: (error: unknown) => Promise<void>;
  readonly end: () => void;
}

function startReading(remote: Remote, { digest, sizeBytes }: Blob, fromByte: number): Reading {
  const operation = startOperation(remote, `reading the blob ${digest}`, sizeBytes - fromByte);
  const waitForNext = countTries(remote.pauses, operation.signal);
  let [at, askedAt, skipBytes, host] = [fromByte, fromByte, 0, remote.registry];
  return {
    at: () => at,
    ask: async () => {
      askedAt = at;
      const answer = await askFrom(remote, digest, at, sizeBytes, operation);
      host = answer.url.host;
      try {
        // Some servers know no ranges and send everything.
        skipBytes = checkStart(answer, at, sizeBytes, operation) ? 0 : at;
      } catch (error) {
        answer.close();
        throw error;
      }
      return answer;
    },
    take: (chunk) => {
      const wanted = skipBytes === 0 ? chunk : chunk.subarray(Math.min(skipBytes, chunk.length));
      skipBytes -= chunk.length - wanted.length;
      if (at + wanted.length > sizeBytes)
        throw makeFailure('registry.bad-content', operation, `more than its ${sizeBytes} bytes come`, null);
      at += wanted.length;
      return wanted;
    },
    requireEnd: () => {
      if (at < sizeBytes) throw makePassing(operation, `only ${at} of its ${sizeBytes} bytes came`, { isCut: true });
    },
    waitAfter: async (error) => {
      const loss = judgeLoss(error, operation, host);
      await waitForNext(loss instanceof TransientError && at > askedAt ? asAdvanced(loss) : loss);
    },
    end: operation.end,
  };
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
