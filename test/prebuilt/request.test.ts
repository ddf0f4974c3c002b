import { expect, test } from 'vitest';
import { ForkwrightError, messageOf } from '../../src/errors.ts';
import { request } from '../../src/prebuilt/request.ts';
import { TransientError } from '../../src/http/retry.ts';

async function failureOf(fetch: typeof globalThis.fetch, headers: Readonly<Record<string, string>> = {}) {
  const options = { fetch, headers, signal: new AbortController().signal, pauses: { idleMs: 10_000 } };
  const thrown: unknown = await request('http://127.0.0.1:9/a?key=hush', options, async () => null).catch(
    (error: unknown) => error,
  );
  if (!(thrown instanceof ForkwrightError)) throw new Error('another error', { cause: thrown });
  return thrown;
}

test('a token that cannot be sent is not shown, and not tried again', async () => {
  const failure = await failureOf(globalThis.fetch, { authorization: 'Bearer hush\nhush' });
  expect(failure).not.toBeInstanceOf(TransientError);
  expect(failure).toMatchObject({
    code: 'download.refused',
    message: 'such a request cannot be made',
    place: 'http://127.0.0.1:9/a',
    hint: 'check the credentials for this host: a line break is none of their characters',
  });
  expect(failure.cause).toBeUndefined();
});

test.each(['DEPTH_ZERO_SELF_SIGNED_CERT', 'CERT_HAS_EXPIRED', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'])(
  '%s does not pass',
  async (code) => {
    const cause = Object.assign(new Error('not trusted'), { code });
    const failure = await failureOf(() => Promise.reject(new TypeError('fetch failed', { cause })));
    expect(failure).not.toBeInstanceOf(TransientError);
    expect(failure).toMatchObject({
      code: 'download.refused',
      message: "the server's certificate is not trusted",
      hint: "NODE_EXTRA_CA_CERTS names a file with a company's own authorities",
      cause,
    });
  },
);

test('of a host with several addresses the first failure is told', async () => {
  const refused = new AggregateError([new Error('connect ECONNREFUSED ::1:80'), new Error('second')], '');
  const failure = await failureOf(() => Promise.reject(new TypeError('fetch failed', { cause: refused })));
  expect(failure).toBeInstanceOf(TransientError);
  expect(messageOf(failure.cause)).toBe('connect ECONNREFUSED ::1:80');
});
