import { normalisePlatform } from '../platform/normalise.ts';
import { compareText } from '../platform/order.ts';
import type { ConfigDocument, ContainerConfig, Healthcheck, HistoryEntry } from './config.ts';
import { parseDigest } from './digest.ts';
import {
  asInteger,
  asObject,
  asTextOrNull,
  asTextRecord,
  asTexts,
  elements,
  isGiven,
  malformed,
  member,
  placeOf,
} from './json-spot.ts';
import type { JsonSpot } from './json-spot.ts';
import { parsePlatform } from './parse-descriptor.ts';
import type { JsonValue } from './strict-json.ts';

/**
 * Reads an image config. Go writes `null` for empty lists and maps, so null is everywhere the same as nothing. Throws
 * `config.malformed`, `digest.malformed`. Specification: OCI image-spec, config.md; Docker image spec v1.2 for
 * Healthcheck.
 */
export function parseConfig(value: JsonValue, place: string): ConfigDocument {
  const root = { value, path: '', place, code: 'config.malformed' };
  asObject(root);
  const rootfs = member(root, 'rootfs');
  const type = member(rootfs, 'type');
  if (isGiven(type) && type.value !== 'layers') throw malformed(type, '"layers"');
  return {
    platform: parsePlatform(root) ?? normalisePlatform({ os: '', architecture: '' }),
    created: asTextOrNull(member(root, 'created')),
    author: textOf(root, 'author'),
    container: parseContainer(member(root, 'config')),
    diffIds: elements(member(rootfs, 'diff_ids')).map((spot) => parseDigest(spot.value, placeOf(spot))),
    history: elements(member(root, 'history')).map(parseHistory),
  };
}

function parseContainer(spot: JsonSpot): ContainerConfig {
  return {
    entrypoint: parseCommand(member(spot, 'Entrypoint')),
    cmd: parseCommand(member(spot, 'Cmd')),
    env: asTexts(member(spot, 'Env')),
    user: textOf(spot, 'User'),
    workingDir: textOf(spot, 'WorkingDir'),
    labels: asTextRecord(member(spot, 'Labels')),
    exposedPorts: keysOf(member(spot, 'ExposedPorts')),
    volumes: keysOf(member(spot, 'Volumes')),
    stopSignal: textOf(spot, 'StopSignal'),
    healthcheck: parseHealthcheck(member(spot, 'Healthcheck')),
  };
}

/** Docker before 1.10 wrote a command of one word as a text. */
function parseCommand(spot: JsonSpot): readonly string[] | null {
  if (!isGiven(spot)) return null;
  return typeof spot.value === 'string' ? [spot.value] : asTexts(spot);
}

function parseHealthcheck(spot: JsonSpot): Healthcheck | null {
  if (!isGiven(spot)) return null;
  return {
    test: asTexts(member(spot, 'Test')),
    intervalNs: numberOf(spot, 'Interval'),
    timeoutNs: numberOf(spot, 'Timeout'),
    startPeriodNs: numberOf(spot, 'StartPeriod'),
    retries: numberOf(spot, 'Retries'),
  };
}

function parseHistory(spot: JsonSpot): HistoryEntry {
  asObject(spot);
  const empty = member(spot, 'empty_layer');
  if (isGiven(empty) && typeof empty.value !== 'boolean') throw malformed(empty, 'true or false');
  return {
    created: asTextOrNull(member(spot, 'created')),
    createdBy: textOf(spot, 'created_by'),
    comment: textOf(spot, 'comment'),
    isEmptyLayer: empty.value === true,
  };
}

function textOf(spot: JsonSpot, key: string): string {
  return asTextOrNull(member(spot, key)) ?? '';
}

function numberOf(spot: JsonSpot, key: string): number {
  const number = member(spot, key);
  return isGiven(number) ? asInteger(number) : 0;
}

/** The names in one of Docker's sets: an object with empty objects as values. */
function keysOf(spot: JsonSpot): readonly string[] {
  return isGiven(spot) ? [...asObject(spot).keys()].toSorted(compareText) : [];
}
