import { expect, test } from 'vitest';
import { formatStatus } from '../../src/cli/status/text.ts';
import { createStyle } from '../../src/report/style.ts';
import { sampleFleet } from '../support/fleet-sample.ts';

test('recipes at a glance, the worst first, and why they are not good', () => {
  expect(formatStatus(sampleFleet(), createStyle(false))).toMatchInlineSnapshot(`
    "recipe                state      upstream age        behind  base age         patches      platforms     published     merge request
    dockerfile-copy       ✗ poor     4.1 years           0       420 days, moved  0            2             999999999999  !41
    kaniko                ✗ poor     520 days, archived  0       20 days          0            2             999999999999  none
    dumb-init             ! fair     30 days             0       20 days          2, 1 merged  2             999999999999  none
    esbuild               ! fair     2 days              12      20 days          0            2, 1 missing  999999999999  none
    gitlab-runner-helper  ? unknown  60 days             0       20 days          0            2             unknown       none
    binfmt                ✓ good     30 days             0       20 days          0            2             999999999999  none
    buildkit              ✓ good     3 days              0       20 days          0            4             999999999999  none
    sentry-cli            ✓ good     30 days             0       20 days          0            2             not asked     none

    dockerfile-copy: poor
      ✗ activity: its newest commit is 4.1 years old (good within 180 days, fair within 2 years)
      ✗ base age: alpine:3.20 was made 420 days ago (good within 90 days, fair within a year)
      ! base: alpine:3.20: there is a newer one for linux/arm64 (good: none is newer; fair: moved; poor: gone)
      ! published: linux/arm64: changed since: source tree (good: what would be built now; fair: older; poor: missing)
      ! merge request: !41 has been open for 20 days (good within 14 days, fair within 60 days)

    kaniko: poor
      ✗ upstream: it is archived: nothing will be mended there (good: there, not archived; fair: renamed)
      ! activity: its newest commit is 520 days old (good within 180 days, fair within 2 years)

    dumb-init: fair
      ! patches: 0002-signals.patch: upstream has it already (good: all apply; fair: merged, to refresh; poor: conflict)

    esbuild: fair
      ! distance: main is at 2d5b6cb0e6a1, 12 commits ahead (good: nothing new; fair: up to 100 commits)
      ! platforms: upstream's image also has linux/386 (good: all that upstream's image has; else fair)

    gitlab-runner-helper: unknown
      ? published: registry.example.org does not answer (ECONNREFUSED) (good: what would be built now; fair: older; poor: missing)

    2 poor, 2 fair, 1 unknown, 3 good
    "
  `);
});

test('a workspace without recipes', () => {
  expect(formatStatus([], createStyle(false))).toBe('no recipes\n');
});
