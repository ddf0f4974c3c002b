import { ForkwrightError } from '../errors.ts';
import type { JsonObject, JsonValue } from './strict-json.ts';

/** A value inside a JSON document, with the way to it: what the parsers of documents look at. */
export interface JsonSpot {
  /** Undefined where the document has nothing there. */
  readonly value: JsonValue | undefined;
  /** `manifests[0].digest`; '' for the document. */
  readonly path: string;
  /** Where the document lies. */
  readonly place: string;
  /** Code of the errors: `manifest.malformed`. */
  readonly code: string;
}

/** Where a spot lies, for errors: `x.tar: blobs/sha256/…: manifests[0].digest`. */
export function placeOf(spot: JsonSpot): string {
  return spot.path === '' ? spot.place : `${spot.place}: ${spot.path}`;
}

/** The error that says what stands at a spot instead of what is wanted there. */
export function malformed(spot: JsonSpot, wanted: string): ForkwrightError {
  return new ForkwrightError(spot.code, `${describe(spot.value)} where ${wanted} should be`, { place: placeOf(spot) });
}

/** Whether there is a value. Go leaves a field alone for `null`, so null is nothing. */
export function isGiven(spot: JsonSpot): boolean {
  return spot.value !== undefined && spot.value !== null;
}

/** The object at a spot. Throws the spot's code. */
export function asObject(spot: JsonSpot): JsonObject {
  if (spot.value instanceof Map) return spot.value;
  throw malformed(spot, 'an object');
}

/** The value of a key; the spot must be an object, or nothing at all. Throws the spot's code. */
export function member(spot: JsonSpot, key: string): JsonSpot {
  const value = isGiven(spot) ? asObject(spot).get(key) : undefined;
  const step = /^[\w-]+$/.test(key) ? key : `[${JSON.stringify(key)}]`;
  return {
    ...spot,
    value,
    path: spot.path === '' || step.startsWith('[') ? `${spot.path}${step}` : `${spot.path}.${step}`,
  };
}

/** The elements of a list; none where there is nothing. Throws the spot's code. */
export function elements(spot: JsonSpot): readonly JsonSpot[] {
  if (!isGiven(spot)) return [];
  if (!isList(spot.value)) throw malformed(spot, 'a list');
  return spot.value.map((value, index) => ({ ...spot, value, path: `${spot.path}[${index}]` }));
}

/** The text at a spot. Throws the spot's code. */
export function asText(spot: JsonSpot): string {
  if (typeof spot.value === 'string') return spot.value;
  throw malformed(spot, 'a text');
}

/** The text at a spot, or null where there is nothing. Throws the spot's code. */
export function asTextOrNull(spot: JsonSpot): string | null {
  return isGiven(spot) ? asText(spot) : null;
}

/** The whole number at a spot. Throws the spot's code for fractions and for what a double cannot hold exactly. */
export function asInteger(spot: JsonSpot): number {
  if (typeof spot.value === 'number' && Number.isSafeInteger(spot.value)) return spot.value;
  throw malformed(spot, 'a whole number');
}

/** A list of texts; empty where there is nothing. Throws the spot's code. */
export function asTexts(spot: JsonSpot): readonly string[] {
  return elements(spot).map(asText);
}

/** An object whose values are texts; empty where there is nothing. Throws the spot's code. */
export function asTextRecord(spot: JsonSpot): Readonly<Record<string, string>> {
  if (!isGiven(spot)) return {};
  return Object.fromEntries([...asObject(spot).keys()].map((key) => [key, asText(member(spot, key))]));
}

function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function describe(value: JsonValue | undefined): string {
  if (value === undefined) return 'nothing';
  if (isList(value)) return 'a list';
  if (value instanceof Map) return 'an object';
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
