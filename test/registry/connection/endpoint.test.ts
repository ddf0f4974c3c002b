import { expect, test } from 'vitest';
import { findEndpoint, refuseTarget } from '../../../src/registry/connection/endpoint.ts';

test.each<readonly [registry: string, insecure: readonly string[] | true, origins: readonly string[]]>([
  ['docker.io', [], ['https://registry-1.docker.io/']],
  ['quay.io', [], ['https://quay.io/']],
  ['localhost:5000', [], ['http://localhost:5000/', 'https://localhost:5000/']],
  ['127.0.0.2:5000', [], ['http://127.0.0.2:5000/', 'https://127.0.0.2:5000/']],
  ['[::1]:5000', [], ['http://[::1]:5000/', 'https://[::1]:5000/']],
  ['localhost:5000', ['localhost:5000'], ['https://localhost:5000/', 'http://localhost:5000/']],
  ['a.test:5000', ['a.test'], ['https://a.test:5000/']],
  ['a.test:5000', ['a.test:5000'], ['https://a.test:5000/', 'http://a.test:5000/']],
  ['a.test', true, ['https://a.test/', 'http://a.test/']],
])('%s with %j', (registry, insecure, origins) => {
  expect(findEndpoint(registry, insecure).origins.map(String)).toEqual(origins);
});

test.each<readonly [target: string, from: string, why: string | null]>([
  ['https://storage.test/x', 'https://a.test/', null],
  ['http://a.test/x', 'https://a.test/', 'an address without TLS'],
  ['http://storage.test/x', 'http://a.test/', null],
  ['https://127.0.0.1/x', 'https://a.test/', 'an address of this machine alone'],
  ['https://localhost/x', 'https://a.test/', 'an address of this machine alone'],
  ['http://127.0.0.1:1/x', 'http://localhost:5000/', null],
  ['http://169.254.169.254/x', 'http://localhost/', 'an address of this machine alone'],
  ['https://[fe80::1]/x', 'https://a.test/', 'an address of this machine alone'],
  ['https://u:p@a.test/', 'https://a.test/', 'an address with credentials'],
  ['file:///etc/passwd', 'http://a.test/', 'an address with file:'],
])('%s from %s', (target, from, why) => {
  expect(refuseTarget(new URL(target), new URL(from))).toBe(why);
});
