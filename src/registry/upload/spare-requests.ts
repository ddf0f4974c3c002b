import type { RequestBody } from '../connection/request-body.ts';
import { WireError } from '../connection/wire-error.ts';
import { openRequest, type OpenRequest, type WireAnswer } from '../connection/wire.ts';
import type { WireOptions, WireRequest } from '../connection/wire.ts';

const READY_MS = 5000;

/**
 * Sends a piece of an upload over the first of several connections that brings it through. All of them are opened, and the
 * registry has said "100 Continue" on them, before the first byte goes out: distribution compares the upload's size with
 * where the request begins when that arrives, and throws the whole upload away where half a piece came before. A request that
 * was accepted already writes the same bytes to the same place again. Gives null where the registry does not answer to
 * `Expect` in five seconds. `onLost` is told of each connection that did not bring it through. Throws WireError where no connection brought it through, what the body throws, and the signal's
 * reason. Specification: RFC 9110, 10.1.1.
 */
export async function sendBySpares(
  request: WireRequest & { readonly body: RequestBody },
  count: number,
  options: WireOptions & { readonly onLost: () => void },
): Promise<WireAnswer | null> {
  const headers = { ...request.headers, expect: '100-continue' };
  const opened = Array.from({ length: count }, () => openRequest({ ...request, headers }, options));
  let taken: OpenRequest | null = null;
  try {
    const starts = await Promise.all(opened.map((each) => waitForContinue(each)));
    const ready = opened.filter((_, index) => starts[index] === 'ready');
    let lost: WireError | null = null;
    for (const each of ready) {
      const answer = await trySending(each, request.body);
      if (!(answer instanceof WireError)) {
        taken = each;
        return answer;
      }
      options.onLost();
      lost = answer;
    }
    if (lost !== null) throw lost;
    // Without one that was ready, what the registry said instead of "go on" is the answer, if it said anything.
    const answered = opened.find((_, index) => starts[index] === 'answered');
    if (answered === undefined && starts.includes('silent')) return null;
    taken = answered ?? null;
    return (await (answered ?? opened[0])?.answer) ?? null;
  } finally {
    for (const each of opened) if (each !== taken) each.outgoing.destroy();
    options.signal.throwIfAborted();
  }
}

type Start = 'ready' | 'answered' | 'lost' | 'silent';

async function waitForContinue({ outgoing, answer, hold }: OpenRequest): Promise<Start> {
  let timer: NodeJS.Timeout | undefined;
  const start = await new Promise<Start>((resolve) => {
    outgoing.once('continue', () => resolve('ready'));
    answer.then(
      () => resolve('answered'),
      () => resolve('lost'),
    );
    timer = setTimeout(() => resolve('silent'), READY_MS);
    outgoing.flushHeaders();
  });
  clearTimeout(timer);
  hold();
  return start;
}

/** Gives the error where the connection was lost. */
async function trySending(open: OpenRequest, body: RequestBody): Promise<WireAnswer | WireError> {
  try {
    await Promise.race([open.sendBody(body), open.answer]);
    return await open.answer;
  } catch (error) {
    if (error instanceof WireError && error.kind !== 'other') return error;
    throw error;
  }
}
