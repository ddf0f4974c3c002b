import { judgeLoss, makeFailure, type Operation } from './failure.ts';
import type { WireAnswer } from './wire.ts';

/** Reads a small answer whole. Throws `registry.bad-content` where it is not small, and TransientError where it breaks off. */
export async function readBytes(
  answer: WireAnswer,
  maxBytes: number,
  operation: Operation,
  host: string,
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of answer.body) {
      bytes += chunk.length;
      if (bytes > maxBytes) {
        throw makeFailure('registry.bad-content', operation, `the answer has more than ${maxBytes} bytes`, null);
      }
      chunks.push(chunk);
    }
  } catch (error) {
    throw judgeLoss(error, operation, host);
  } finally {
    answer.close();
  }
  return Buffer.concat(chunks);
}
