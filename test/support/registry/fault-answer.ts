import { answer, refusal, type Answer } from './answer.ts';
import type { Fault } from './faults.ts';

type StatusFault = Extract<Fault, { kind: 'status' }>;

/** What a fault answers in place of the registry. */
export function statusAnswer({ status, retryAfter, code, message }: StatusFault): Answer {
  const headers = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
  if (code !== undefined) return refusal(status, code, message ?? 'a fault of the test', { headers }).answer;
  const page = `<html><head><title>${status}</title></head><body>nginx</body></html>\r\n`;
  return answer(status, { 'content-type': 'text/html', ...headers }, page);
}

/** The answer as a fault changes it. */
export function spoilAnswer(given: Answer, fault: Fault): Answer {
  const { headers, body } = given;
  switch (fault.kind) {
    case 'status':
      return statusAnswer(fault);
    case 'digest-header': {
      const { 'docker-content-digest': _, ...others } = headers;
      return { ...given, headers: fault.value === null ? others : { ...others, 'docker-content-digest': fault.value } };
    }
    case 'resize-body': {
      const length = Math.max(0, body.length + fault.byBytes);
      return { ...given, body: Buffer.concat([body, Buffer.alloc(length)]).subarray(0, length) };
    }
    case 'flip-byte': {
      const flipped = Buffer.from(body);
      if (flipped.length > 0) flipped[fault.at % flipped.length] = (flipped[fault.at % flipped.length] ?? 0) ^ 1;
      return { ...given, body: flipped };
    }
    default:
      return given;
  }
}
