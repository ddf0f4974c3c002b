import type * as z from 'zod';
import { normalisePlatform } from '../platform/normalise.ts';
import { comparePlatforms } from '../platform/order.ts';
import { parsePlatform } from '../platform/parse.ts';
import { formatPlatform, platformSlug, type Platform } from '../platform/platform.ts';
import { checkSections } from './check-sections.ts';
import type { Path, Report } from './fault.ts';
import { platformText } from './field.ts';
import { toFaults, type Checked } from './issue.ts';
import { INDEX_KEYS, platformEntrySchema, TARGET_KEYS, type runnerSchema } from './recipe-schema.ts';
import { isMap, omitKeys, pickKeys, type YamlMap } from './yaml-map.ts';

/** Tags of a CI runner, and whether it runs the platform natively. */
export interface Runner {
  readonly tags: readonly string[];
  readonly isNative: boolean;
}

/** An entry of `platforms`. */
export interface PlatformEntry {
  readonly platform: Platform;
  readonly path: Path;
  readonly emulate: boolean | null;
  /** The entry's own runner. */
  readonly runner: Runner | null;
  /** What it overrides, as it stands in the file; null for nothing. */
  readonly override: YamlMap | null;
}

/** Takes what a file says of a runner: a list of tags, or a map that also says whether it is native. */
export function toRunner(runner: z.infer<typeof runnerSchema>): Runner {
  return 'tags' in runner ? { tags: runner.tags, isNative: runner.native ?? true } : { tags: runner, isNative: true };
}

/**
 * Checks the list at `platforms` of a file and gives its entries, but for those whose platform is unknown, in index
 * order. Reports the same platform, or two with one slug, with the line of the first.
 */
export function readPlatforms(
  list: readonly unknown[],
  checked: Checked,
  report: Report,
  lineOf: (path: Path) => number,
): readonly PlatformEntry[] {
  const entries = list.flatMap((item, index) => readEntry(item, ['platforms', index], checked, report) ?? []);
  const bySlug = new Map<string, PlatformEntry>();
  for (const entry of entries) {
    const slug = platformSlug(entry.platform);
    const first = bySlug.get(slug);
    if (first === undefined) {
      bySlug.set(slug, entry);
      continue;
    }
    const [name, firstName] = [formatPlatform(entry.platform), formatPlatform(first.platform)];
    const there = `on line ${lineOf(first.path)}`;
    const what =
      name === firstName ? `${name} is already ${there}` : `${name} and ${firstName} ${there} have one slug: ${slug}`;
    report(entry.path, 'duplicate-platform', what, { hint: 'keep one of them' });
  }
  return entries.toSorted((a, b) => comparePlatforms(a.platform, b.platform));
}

function readEntry(item: unknown, path: Path, checked: Checked, report: Report): PlatformEntry | null {
  if (isMap(item)) return readEntryMap(item, path, checked, report);
  const result = platformText.safeParse(item);
  if (result.success) {
    return { platform: parsePlatform(result.data), path, emulate: null, runner: null, override: null };
  }
  const issues = result.error.issues.map((issue) => ({ ...issue, path: [...path, ...issue.path] }));
  for (const fault of toFaults(issues, checked)) report(fault.path, fault.code, fault.what, fault);
  return null;
}

function readEntryMap(item: YamlMap, path: Path, checked: Checked, report: Report): PlatformEntry | null {
  for (const key of INDEX_KEYS.filter((key) => key in item)) {
    const what = `"${key}" cannot differ from platform to platform: an index has one`;
    report([...path, key], 'not-per-platform', what, { at: 'key', hint: `say it once, beside platforms` });
  }
  const own = omitKeys(item, INDEX_KEYS);
  const { fields } = checkSections(platformEntrySchema, own, path, checked, report);
  const { platform, osVersion, osFeatures, emulate, runner } = fields;
  if (platform === undefined) return null;
  const parsed = parsePlatform(platform);
  const override = pickKeys(item, TARGET_KEYS);
  return {
    path,
    platform: normalisePlatform({
      os: parsed.os,
      architecture: parsed.arch,
      variant: parsed.variant,
      osVersion: osVersion ?? parsed.osVersion,
      osFeatures: osFeatures ?? parsed.osFeatures,
    }),
    emulate: emulate ?? null,
    runner: runner === undefined ? null : toRunner(runner),
    override: Object.keys(override).length === 0 ? null : override,
  };
}
