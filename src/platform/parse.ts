import { distance } from 'fastest-levenshtein';
import { ForkwrightError } from '../errors.ts';
import { knownPlatforms, platformNames, platformsCalled } from './names.ts';
import { normalisePlatform } from './normalise.ts';
import type { Platform } from './platform.ts';

const GRAMMAR = /^([A-Za-z0-9_-]+)(?:\(([0-9.]*)((?:\+[A-Za-z0-9_-]+)*)\))?\/([A-Za-z0-9_-]+)(?:\/([A-Za-z0-9_.-]+))?$/;

// Variants that mean something to Go or containerd. Specification: image-spec, image-index.md, "Platform Variants".
const VARIANTS: Readonly<Record<string, readonly string[]>> = {
  amd64: ['v2', 'v3', 'v4'],
  arm: ['v5', 'v6', 'v7'],
  arm64: ['v9', 'v8.1', 'v8.2', 'v8.3', 'v8.4', 'v8.5', 'v8.6', 'v8.7', 'v8.8', 'v8.9', 'v9.1', 'v9.2', 'v9.3', 'v9.4'],
};

/**
 * Takes a platform as people write it, `linux/arm/v7`, `Linux/x86_64`, `windows(10.0.20348)/amd64`, and gives it
 * normalised. Throws `platform.unknown` with the nearest known one as its hint. The OS is never guessed.
 */
export function parsePlatform(text: string): Platform {
  const match = GRAMMAR.exec(text);
  if (match === null) throw unknown(text);
  const [, os = '', osVersion = '', features = '', architecture = '', variant = ''] = match;
  const osFeatures = features.split('+').filter((feature) => feature !== '');
  const platform = normalisePlatform({ os, architecture, variant, osVersion, osFeatures });
  if (platformNames(platform) === null || !isKnownVariant(platform)) throw unknown(text);
  return platform;
}

function isKnownVariant(platform: Platform): boolean {
  if (platform.variant === '') return true;
  return VARIANTS[platform.arch]?.includes(platform.variant) ?? false;
}

function unknown(text: string): ForkwrightError {
  return new ForkwrightError('platform.unknown', `${JSON.stringify(text)} is not a platform`, {
    hint: `did you mean ${nearestPlatform(text)}?`,
  });
}

/**
 * The known platform that a text most likely stands for: an ARM version, any world's name, an OS, else by edit distance;
 * linux/amd64 where nothing is near.
 */
export function nearestPlatform(text: string): string {
  const wanted = text.toLowerCase();
  const [os = '', ...rest] = wanted.split('/');
  const armVersion = /(?:^|\/)arm[/-]?v?([5678])(?!\d)\w*$/.exec(wanted)?.[1];
  if (armVersion !== undefined) return armVersion === '8' ? 'linux/arm64' : `linux/arm/v${armVersion}`;
  const called = [rest.join('/'), rest[0] ?? '', os].flatMap((name) => (name === '' ? [] : platformsCalled(name)));
  const byName = called.find((name) => name.startsWith(`${os}/`)) ?? called[0];
  const byOs = rest.length === 0 ? knownPlatforms().find((name) => name.startsWith(`${os}/`)) : undefined;
  const known = byName ?? byOs;
  if (known !== undefined) return known;
  const byDistance = knownPlatforms().map((name) => ({ name, edits: distance(wanted, name) }));
  const nearest = byDistance.reduce((best, each) => (each.edits < best.edits ? each : best));
  return nearest.edits <= nearest.name.length / 2 ? nearest.name : 'linux/amd64';
}
