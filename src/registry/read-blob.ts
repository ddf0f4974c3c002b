import type { Descriptor } from '../oci/descriptor.ts';
import { asAdvanced, countTries, TransientError } from '../http/retry.ts';
import { judgeLoss, makeFailure, makePassing, type Operation } from './failure.ts';
import type { HostAnswer } from './host.ts';
import { pathOf, startOperation, type Remote } from './remote.ts';

/** As in `Repository.readBlob`. Specification: distribution-spec, "Pulling blobs"; RFC 9110, 14. */
export async function* readBlob(
  remote: Remote,
  { digest, sizeBytes }: Pick<Descriptor, 'digest' | 'sizeBytes'>,
  fromByte: number,
): AsyncGenerator<Uint8Array> {
  const operation = startOperation(remote, `reading the blob ${digest}`, sizeBytes - fromByte);
  const waitForNext = countTries(remote.pauses, operation.signal);
  let at = fromByte;
  try {
    while (at < sizeBytes) {
      const before = at;
      try {
        for await (const chunk of readFrom(remote, digest, at, sizeBytes, operation)) {
          at += chunk.length;
          yield chunk;
        }
      } catch (error) {
        await waitForNext(error instanceof TransientError && at > before ? asAdvanced(error) : error);
      }
    }
  } finally {
    operation.end();
  }
}

/** One request's bytes, no more than there should be. A digest names one content for ever, so no If-Range is needed. */
async function* readFrom(
  remote: Remote,
  digest: string,
  fromByte: number,
  sizeBytes: number,
  operation: Operation,
): AsyncGenerator<Uint8Array> {
  const range: Readonly<Record<string, string>> = fromByte === 0 ? {} : { range: `bytes=${fromByte}-${sizeBytes - 1}` };
  const answer = await remote.host.exchange(
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
  try {
    // Some servers know no ranges and send everything.
    let [skipBytes, at] = [checkStart(answer, fromByte, sizeBytes, operation) ? 0 : fromByte, fromByte];
    for await (const chunk of answer.body) {
      const rest = skipBytes === 0 ? chunk : chunk.subarray(Math.min(skipBytes, chunk.length));
      skipBytes -= chunk.length - rest.length;
      at += rest.length;
      if (at > sizeBytes)
        throw makeFailure('registry.bad-content', operation, `more than its ${sizeBytes} bytes come`, null);
      if (rest.length > 0) yield rest;
    }
    if (at < sizeBytes) throw makePassing(operation, `only ${at} of its ${sizeBytes} bytes came`, { isCut: true });
  } catch (error) {
    throw judgeLoss(error, operation, answer.url.host);
  } finally {
    answer.close();
  }
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
