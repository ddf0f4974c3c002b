import { printable } from '../../report/printable.ts';
import { WireError } from './wire-error.ts';
import type { WireAnswer } from './wire.ts';

const MAX_BODY_BYTES = 64 * 1024;
const MAX_TEXT_LENGTH = 300;
const CODE = /^[A-Z][A-Z0-9_]{0,63}$/;

/** What a registry says when it does not do what it was asked to. */
export interface Refusal {
  readonly status: number;
  /** The registry's own code, '' where it says none: `DENIED`. */
  readonly code: string;
  /** `403 DENIED: requested access is denied`. */
  readonly text: string;
}

/**
 * Reads why a request was refused, from the answer's body as far as that can be understood; the registry's words come
 * shortened, without control characters, and without queries of URLs. `secrets` are texts that must not be shown.
 * Specification: OCI distribution-spec, Error Codes.
 */
export async function readRefusal(answer: WireAnswer, secrets: readonly string[]): Promise<Refusal> {
  const bytes = await readSome(answer, MAX_BODY_BYTES);
  const { code, message } = parseError(bytes.toString('utf8'));
  const said = [code, message && clean(message, secrets)].filter((part) => part !== '').join(': ');
  return { status: answer.status, code, text: said === '' ? String(answer.status) : `${answer.status} ${said}` };
}

/** Reads an answer that nobody needs, so that its connection can be used again; where it is long, closes it. */
export async function discard(answer: WireAnswer): Promise<void> {
  await readSome(answer, MAX_BODY_BYTES);
}

/** Reads so many bytes of a body at most, and closes it. What is lost with the connection is left out. */
async function readSome(answer: WireAnswer, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of answer.body) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > maxBytes) break;
    }
  } catch (error) {
    // The status has said what matters; what came of the words is shown.
    if (!(error instanceof WireError)) throw error;
  } finally {
    answer.close();
  }
  return Buffer.concat(chunks);
}

function parseError(text: string): { readonly code: string; readonly message: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // A proxy's page, mostly.
    return { code: '', message: '' };
  }
  const errors = readKey(value, 'errors');
  const first: unknown = Array.isArray(errors) ? errors[0] : value;
  const [code, message] = [readKey(first, 'code'), readKey(first, 'message')];
  return {
    code: typeof code === 'string' && CODE.test(code) ? code : '',
    message: typeof message === 'string' ? message : '',
  };
}

function readKey(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.entries(value).find(([name]) => name === key)?.[1];
}

/** What a server wrote, for people. */
function clean(text: string, secrets: readonly string[]): string {
  const open = secrets.filter((secret) => secret !== '').reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
  const plain = printable(open.replaceAll(/(https?:\/\/[^\s?"]+)\?[^\s"]*/g, '$1?…').replaceAll(/\s+/g, ' ')).trim();
  return plain.length > MAX_TEXT_LENGTH ? `${plain.slice(0, MAX_TEXT_LENGTH)}…` : plain;
}
