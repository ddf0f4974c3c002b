import { compareText } from '../platform/order.ts';

/**
 * Gives a flat map of texts as canonical JSON: no white space, keys in the order of their UTF-16 code units. Throws
 * TypeError for half of a surrogate pair, which has no canonical form. Specification: RFC 8785.
 */
export function canonicalJson(map: Readonly<Record<string, string>>): string {
  const entries = Object.entries(map).toSorted(([a], [b]) => compareText(a, b));
  return `{${entries.map(([key, value]) => `${quote(key)}:${quote(value)}`).join(',')}}`;
}

function quote(text: string): string {
  if (/\p{Cs}/u.test(text)) throw new TypeError(`${JSON.stringify(text)} has half of a surrogate pair`);
  return JSON.stringify(text);
}
