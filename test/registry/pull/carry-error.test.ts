import { expect, test } from 'vitest';
import { ForkwrightError } from '../../../src/errors.ts';
import { packError, unpackError } from '../../../src/registry/pull/carry-error.ts';

const carry = (thrown: unknown) => unpackError(structuredClone(packError(thrown)));

test('an expected error stays one', () => {
  const carried = carry(new ForkwrightError('registry.denied', 'no', { place: 'localhost:5000/a', hint: 'log in' }));
  expect(carried).toBeInstanceOf(ForkwrightError);
  expect(carried).toMatchObject({ code: 'registry.denied', message: 'no', place: 'localhost:5000/a', hint: 'log in' });
  expect(carry(new ForkwrightError('blob.corrupt', 'damaged'))).toMatchObject({ place: undefined, hint: undefined });
});

test("a system's error says what failed", () => {
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', syscall: 'write' });
  expect(carry(full)).toMatchObject({ code: 'ENOSPC', syscall: 'write', message: full.message });
});

test('a fault of the program is not taken for one of the system, and says where it is', () => {
  const fault = new TypeError('x is not a function');
  const carried = carry(fault);
  expect(Object.keys(carried)).not.toContain('syscall');
  expect(carried).not.toBeInstanceOf(ForkwrightError);
  expect(carried.stack).toBe(fault.stack);
  expect(carry('thrown as a text').message).toBe('thrown as a text');
});
