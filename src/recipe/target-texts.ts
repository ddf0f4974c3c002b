import { ForkwrightError } from '../errors.ts';
import { platformNames } from '../platform/names.ts';
import { parsePlatform } from '../platform/parse.ts';
import { formatPlatform, platformSlug, type Platform } from '../platform/platform.ts';
import type { Path, Report } from './fault.ts';
import type { TextPerPlatform } from './field.ts';
import { fillNames, type Name } from './name-text.ts';
import { quoted } from './quoted.ts';

/** A text of a target with its names filled in, and where it stands. */
export interface Filled {
  readonly text: string;
  readonly path: Path;
}

/** What the texts of a target are made with. */
export interface TextContext {
  readonly platform: Platform;
  /** The `platformKeys` of all platforms of the recipe; null where some are unknown. */
  readonly recipePlatforms: ReadonlySet<string> | null;
  /** What the names in braces stand for; one that is not in it has no value here. */
  readonly values: ReadonlyMap<Name, string>;
  readonly report: Report;
}

/** How a map from platform to text may name a platform: with its os.version, or without. */
export function platformKeys(platform: Platform): readonly string[] {
  return [formatPlatform(platform), formatPlatform({ ...platform, osVersion: '', osFeatures: [] })];
}

/** What the names in braces stand for on a platform; one of a world that does not have the platform is left out. */
export function platformValues(platform: Platform): ReadonlyMap<Name, string> {
  const elsewhere = platformNames(platform);
  const values: readonly (readonly [Name, string | null | undefined])[] = [
    ['os', platform.os],
    ['arch', platform.arch],
    ['variant', platform.variant],
    ['platform', formatPlatform(platform)],
    ['slug', platformSlug(platform)],
    ['uname', elsewhere?.uname],
    ['debian', elsewhere?.debian],
    ['alpine', elsewhere?.alpine],
    ['runner', elsewhere?.runner],
    ['npm', elsewhere?.npm],
  ];
  return new Map(values.flatMap(([name, value]) => (value === null || value === undefined ? [] : [[name, value]])));
}

/** Codes of the faults that a recipe has on one platform only. */
export const PLATFORM_BOUND: readonly string[] = ['no-name-here', 'no-text-here', 'no-cross-compiler'];

/**
 * Takes a text, or a map from platform to text, and gives what it is on this platform. Reports what has no value here
 * and gives null then, as for none.
 */
export function fillText(value: TextPerPlatform | undefined, path: Path, context: TextContext): Filled | null {
  if (value === undefined) return null;
  const found = typeof value === 'string' ? { text: value, path } : selectText(value, path, context);
  if (found === null) return null;
  let isWhole = true;
  const text = fillNames(found.text, (name) => {
    const filled = context.values.get(name);
    if (filled !== undefined) return filled;
    isWhole = false;
    reportNoValue(name, found.path, context);
    return '';
  });
  return isWhole ? { text, path: found.path } : null;
}

/** Selects from a map from platform to text. Keys are platforms, as their schema has checked. */
export function selectText(
  map: Readonly<Record<string, string>>,
  path: Path,
  { platform, recipePlatforms, report }: TextContext,
): Filled | null {
  const texts = new Map<string, Filled>();
  for (const [key, text] of Object.entries(map)) {
    const name = recipePlatforms?.has(key) ? key : formatPlatform(parsePlatform(key));
    const at = [...path, key];
    if (recipePlatforms?.has(name) === false) {
      report(at, 'stray-platform', `${quoted(key)} is not a platform of this recipe`, { at: 'key' });
    } else if (texts.has(name)) {
      report(at, 'duplicate-platform', `${quoted(key)} is there twice, in two spellings`, { at: 'key' });
    } else texts.set(name, { text, path: at });
  }
  const [exact, plain] = platformKeys(platform).map((key) => texts.get(key));
  const found = exact ?? plain;
  if (found === undefined) {
    const name = formatPlatform(platform);
    report(path, 'no-text-here', `nothing is said for ${name}`, { hint: `add ${name}: …` });
  }
  return found ?? null;
}

const WORLDS = { uname: 'uname -m', debian: 'Debian', alpine: 'Alpine', runner: 'GitLab Runner', npm: 'npm' } as const;

function reportNoValue(name: Name, path: Path, { platform, report }: Pick<TextContext, 'platform' | 'report'>): void {
  const world = Object.entries(WORLDS).find(([key]) => key === name)?.[1];
  if (world !== undefined) {
    const what = `{${name}} has no value: ${world} has no ${formatPlatform(platform)}`;
    return report(path, 'no-name-here', what, { hint: 'give a map from platform to text' });
  }
  reportNoIndexValue(name, path, report);
}

/** Reports that a name that is the same on every platform has no value. */
export function reportNoIndexValue(name: Name, path: Path, report: Report): void {
  if (name === 'version') {
    const hint = 'give the recipe a version, or its upstream a commit';
    return report(path, 'no-version', '{version} has no value: nothing in the recipe says a version', { hint });
  }
  const hint = `add ${name}: … to forkwright.yaml`;
  report(path, 'no-setting', `{${name}} has no value: forkwright.yaml does not say it`, { hint });
}

/** Parses a filled text; reports what the parser throws, and gives null then, as for none. */
export function parseFilled<T>(filled: Filled | null, parse: (text: string) => T, report: Report): T | null {
  if (filled === null) return null;
  try {
    return parse(filled.text);
  } catch (error) {
    if (!(error instanceof ForkwrightError)) throw error;
    report(filled.path, 'invalid-value', error.message, { hint: error.hint ?? null });
    return null;
  }
}
