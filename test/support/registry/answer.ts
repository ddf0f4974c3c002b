import type { IncomingHttpHeaders } from 'node:http';
import type { LocationStyle } from './location.ts';

/** The servers of one test registry, each on a port of its own. */
export type ListenerName = 'registry' | 'other' | 'storage' | 'tokens';

/** One request as the routes see it. */
export interface Exchange {
  readonly listener: ListenerName;
  readonly method: string;
  /** As it was sent, without the query. */
  readonly path: string;
  /** As it was sent, behind the question mark. */
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  /** How a Location is to be written in place of how the registry writes it. */
  readonly locationStyle: LocationStyle | null;
  /** The body as it comes in. Throws where the client goes away, or where a fault cuts it. */
  readonly body: () => AsyncIterable<Buffer>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Called when the whole answer went out. */
  readonly onDelivered?: () => void;
}

/** An answer that is thrown: it ends a request wherever something is wrong with it. */
export class Refusal extends Error {
  readonly answer: Answer;
  /** Of the registry's error; null where the answer is not its own. */
  readonly code: string | null;

  constructor(answer: Answer, code: string | null) {
    super(`${answer.status} ${code ?? ''}`);
    this.answer = answer;
    this.code = code;
  }
}

export function answer(
  status: number,
  headers: Readonly<Record<string, string>> = {},
  body: Uint8Array | string = '',
): Answer {
  return { status, headers, body: Buffer.from(body) };
}

export function jsonAnswer(status: number, document: object, headers: Readonly<Record<string, string>> = {}): Answer {
  return answer(status, { 'content-type': 'application/json; charset=utf-8', ...headers }, JSON.stringify(document));
}

/** An error as distribution-spec 1.1 "Error Codes" wants it. */
export function refusal(
  status: number,
  code: string,
  message: string,
  more: {
    readonly detail?: unknown;
    readonly headers?: Readonly<Record<string, string>>;
    readonly onDelivered?: () => void;
  } = {},
): Refusal {
  const { detail, headers, onDelivered } = more;
  const errors = [{ code, message, ...(detail === undefined ? {} : { detail }) }];
  const given = jsonAnswer(status, { errors }, headers);
  return new Refusal(onDelivered === undefined ? given : { ...given, onDelivered }, code);
}

export async function readBody(exchange: Exchange): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of exchange.body()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The declared length of a request's body; null where it comes in chunks of unknown number. */
export function contentLength(exchange: Exchange): number | null {
  const text = exchange.headers['content-length'];
  return text === undefined ? null : Number(text);
}
