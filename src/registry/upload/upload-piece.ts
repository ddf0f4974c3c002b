import { TransientError } from '../../http/retry.ts';
import { judgeLoss, type Operation } from '../connection/failure.ts';
import type { HostAnswer } from '../connection/host.ts';
import { pushScope, type Remote } from '../repository/remote.ts';
import type { RequestBody } from '../connection/request-body.ts';
import { sendBySpares } from './spare-requests.ts';
import { makeBody, type Upload } from './upload-state.ts';

/** Connections that are opened for one piece where a cut one takes the whole upload along. */
const SPARES = 6;
const ACCEPT: readonly number[] = [200, 201, 202, 204, 400, 404, 413, 416];

/**
 * Sends the next bytes of an upload and gives the answer (accepted, or 400, 404, 413, 416), and whether a connection was lost
 * on the way. Where the registry loses uploads that were cut, several connections stand ready. Throws TransientError where the
 * piece did not get through.
 */
export async function sendPiece(
  remote: Remote,
  upload: Upload,
  location: URL,
  lengthBytes: number,
  operation: Operation,
): Promise<{ readonly answer: HostAnswer; readonly hasLost: boolean }> {
  const { offset } = upload;
  const scopes = [pushScope(remote.name)];
  const headers = {
    'content-type': 'application/octet-stream',
    'content-range': `${offset}-${offset + lengthBytes - 1}`,
  };
  const body = makeBody(upload, lengthBytes);
  let hasLost = false;
  const onLost = () => {
    hasLost = true;
    remote.habits.addCut(body.sentBytes());
  };
  if (remote.habits.usesSpares()) {
    const answer = await sendWithSpares(remote, { location, headers, body, scopes, onLost }, operation);
    if (answer !== null && ACCEPT.includes(answer.status)) return { answer, hasLost };
    answer?.close();
  }
  try {
    const call = { method: 'PATCH', target: location, scopes, headers, body, accept: ACCEPT } as const;
    return { answer: await remote.host.exchange(call, operation), hasLost };
  } catch (error) {
    if (error instanceof TransientError && error.isCut) onLost();
    throw error;
  }
}

interface Piece {
  readonly location: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: RequestBody;
  readonly scopes: readonly string[];
  readonly onLost: () => void;
}

async function sendWithSpares(
  remote: Remote,
  { location, headers, body, scopes, onLost }: Piece,
  operation: Operation,
): Promise<HostAnswer | null> {
  const { url, headers: shown } = await remote.host.prepare(location, scopes);
  try {
    const request = { method: 'PATCH', url, headers: { ...headers, ...shown }, body } as const;
    const options = {
      way: await remote.chooseOwnWay(url),
      timeouts: remote.timeouts,
      signal: operation.signal,
      onLost,
    };
    const answer = await sendBySpares(request, SPARES, options);
    return answer === null ? null : { ...answer, url };
  } catch (error) {
    throw judgeLoss(error, operation, url.host);
  }
}
