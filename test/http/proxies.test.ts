import { expect, test } from 'vitest';
import { chooseProxy, readProxies } from '../../src/http/proxies.ts';

test('the variables come in both cases, and lower case wins', () => {
  expect(readProxies({ HTTP_PROXY: 'a', http_proxy: 'b', HTTPS_PROXY: 'c', no_proxy: '' })).toEqual({
    http: 'b',
    https: 'c',
    no: '',
  });
});

test.each<readonly [url: string, no: string, proxy: string | null]>([
  ['https://a.test/', '', 'http://secure:3128/'],
  ['http://a.test/', '', 'http://plain:3128/'],
  ['http://localhost:5000/', '', null],
  ['http://127.0.0.1/', '', null],
  ['http://[::1]/', '', null],
  ['http://a.test/', '*', null],
  ['http://a.test/', 'b.test, a.test', null],
  ['http://x.a.test/', 'a.test', null],
  ['http://x.a.test/', '.a.test', null],
  ['http://xa.test/', 'a.test', 'http://plain:3128/'],
  ['http://a.test/', 'A.TEST:80', null],
  ['http://a.test:81/', 'a.test:80', 'http://plain:3128/'],
  ['http://10.1.2.3/', '10.0.0.0/8', null],
  ['http://11.1.2.3/', '10.0.0.0/8', 'http://plain:3128/'],
  ['http://[fd00::1]/', 'fd00::/8', null],
  ['http://[fd00::1]/', 'fd00::1', null],
])('%s with NO_PROXY=%s', (url, no, proxy) => {
  const chosen = chooseProxy(new URL(url), { http: 'plain:3128', https: 'http://secure:3128', no });
  expect(chosen?.href ?? null).toBe(proxy);
});

test('without a proxy there is none', () => {
  expect(chooseProxy(new URL('https://a.test/'), readProxies({}))).toBeNull();
});
