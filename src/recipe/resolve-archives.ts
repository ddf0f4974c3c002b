import { platformNames } from '../platform/names.ts';
import { formatPlatform, platformSlug, type Platform } from '../platform/platform.ts';
import type { ArchivesFields } from './archives-schema.ts';
import type { Report } from './fault.ts';
import type { ReleaseArchives, ReleaseFile } from './target.ts';

const ENDINGS = {
  'gitlab-runner': { export: '.tar.xz', save: '.docker.tar.zst' },
  plain: { export: '.rootfs.tar.xz', save: '.docker.tar.zst' },
} as const;

// What Microsoft calls the releases of Windows Server, by build.
const WINDOWS: Readonly<Record<string, string>> = { '17763': 'ltsc2019', '20348': 'ltsc2022', '26100': 'ltsc2025' };

/**
 * Decides the release files of a recipe: one per platform and kind, in the order of the platforms. Layers of Windows are
 * no root filesystem, so there are no exports of them. Reports platforms that the scheme has no name for, two files of one
 * name, and a kind that is there twice.
 */
export function resolveArchives(
  fields: ArchivesFields | undefined,
  recipe: string,
  platforms: readonly Platform[],
  report: Report,
): ReleaseArchives | null {
  if (fields === undefined) return null;
  const { scheme } = fields;
  const kinds = (fields.kinds ?? (['export', 'save'] as const)).map((entry) =>
    typeof entry === 'string' ? { kind: entry, deprecated: null } : { ...entry, deprecated: entry.deprecated ?? null },
  );
  for (const [index, { kind }] of kinds.entries()) {
    if (kinds.findIndex((each) => each.kind === kind) === index) continue;
    report(['archives', 'kinds', index], 'duplicate-archive', `${kind} a second time`, { hint: 'keep one of them' });
  }
  const name = fields.name ?? (scheme === 'gitlab-runner' ? 'prebuilt' : recipe);
  const taken = new Map<string, string>();
  const files = platforms.flatMap((platform): readonly ReleaseFile[] => {
    const shown = formatPlatform(platform);
    const called = scheme === 'plain' ? platformSlug(platform) : runnerName(platform);
    if (called === null) {
      const what = `GitLab Runner has no name for ${shown}`;
      report(['archives', 'scheme'], 'no-archive-name', what, { hint: 'use scheme: plain, or leave the platform out' });
      return [];
    }
    const made = kinds.filter(({ kind }) => kind === 'save' || platform.os !== 'windows');
    return made.map(({ kind, deprecated }) => {
      const file = `${name}-${called}${ENDINGS[scheme][kind]}`;
      const other = taken.get(file);
      if (other !== undefined && other !== shown) {
        const what = `${other} and ${shown} would both be ${file}`;
        const hint = 'leave one of the platforms out, or use scheme: plain';
        report(['archives', 'scheme'], 'duplicate-archive', what, { hint });
      }
      taken.set(file, shown);
      return { platform, kind, file, deprecated };
    });
  });
  return { scheme, files };
}

/** Specification: GitLab Runner, executors/docker and helpers/container/helperimage: names of prebuilt archives. */
function runnerName(platform: Platform): string | null {
  const arch = platformNames(platform)?.runner ?? null;
  if (arch === null || platform.os !== 'windows') return arch;
  const build = platform.osVersion.split('.')[2] ?? '';
  return ['windows', WINDOWS[build] ?? build, arch].filter((part) => part !== '').join('-');
}
