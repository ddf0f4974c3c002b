import { known } from '../../src/fleet/asked.ts';
import type { FleetRow } from '../../src/fleet/fleet-row.ts';
import { compareRows, gradeRecipe } from '../../src/fleet/grade-recipe.ts';
import type { PageContent } from '../../src/fleet/page-view.ts';
import {
  COMMIT,
  daysAgo,
  digest,
  GIT,
  imageState,
  LEAVES,
  makeFacts,
  NEWER,
  NOW_MS,
  publishedImage,
  upstreamState,
  type FactValues,
} from './fleet-facts.ts';

const ARCHIVED = {
  code: 'upstream.archived',
  severity: 'warning' as const,
  place: 'recipes/kaniko.yaml',
  text: `${GIT}: it is archived: nothing will be mended there`,
  hint: null,
};
const HOSTILE = '</script><script>alert(1)</script><img src=x onerror=alert(2)> "quoted" \u202ebackwards';

const moved = (ahead: number, subjects: readonly string[]) =>
  upstreamState({
    verdict: 'moved',
    reason: `main is at ${NEWER.slice(0, 12)}, ${ahead} commits ahead`,
    found: { ref: 'refs/heads/main', commit: NEWER },
    distance: {
      isAncestor: true,
      ahead,
      behind: 0,
      hasSameTree: false,
      commits: subjects.map((subject, index) => ({ commit: `${index}`.repeat(40), subject })),
    },
  });

const movedBase = imageState({
  verdict: 'moved',
  reason: 'there is a newer one for linux/arm64',
  found: digest('a'),
  platforms: [
    { platform: 'linux/amd64', pinned: digest('2'), found: digest('2'), verdict: 'current' },
    { platform: 'linux/arm64', pinned: digest('3'), found: digest('b'), verdict: 'moved' },
  ],
});

const FLEET: readonly FactValues[] = [
  { name: 'binfmt' },
  { name: 'buildkit', commitDays: 3, platforms: ['linux/amd64', 'linux/arm64', 'linux/arm/v7', 'linux/s390x'] },
  {
    name: 'dockerfile-copy',
    commitDays: 1500,
    baseDays: 420,
    state: { recipe: 'dockerfile-copy', verdict: 'moved', upstreams: [upstreamState()], images: [movedBase] },
    published: known(
      publishedImage({
        'linux/amd64': { ...LEAVES, platform: 'linux/amd64' },
        'linux/arm64': { ...LEAVES, platform: 'linux/arm64', 'source tree': 'b'.repeat(40) },
      }),
    ),
    proposal: known({
      key: 'dockerfile-copy',
      recipes: ['dockerfile-copy'],
      iid: 41,
      url: 'https://gitlab.example.com/releng/forks/-/merge_requests/41',
      title: 'dockerfile-copy: alpine 3.20',
      branch: 'forkwright/dockerfile-copy',
      target: digest('d'),
      createdAt: new Date(NOW_MS - 20 * 86_400_000).toISOString(),
    }),
  },
  {
    name: 'dumb-init',
    patches_: ['patches/dumb-init/0001-static.patch', 'patches/dumb-init/0002-signals.patch'],
    patches: known([
      { state: 'applies', path: 'patches/dumb-init/0001-static.patch' },
      { state: 'merged', path: 'patches/dumb-init/0002-signals.patch' },
    ]),
  },
  {
    name: 'esbuild',
    state: {
      recipe: 'esbuild',
      verdict: 'moved',
      upstreams: [moved(12, ['Fix source maps of CSS', HOSTILE, 'Release notes for 0.28.3'])],
      images: [imageState()],
    },
    upstreams: [{ newestSeconds: known(daysAgo(2)), hasForge: true }],
    theirPlatforms: known(['linux/amd64', 'linux/arm64', 'linux/386']),
  },
  {
    name: 'gitlab-runner-helper',
    commitDays: 60,
    published: { state: 'unknown', reason: 'registry.example.org does not answer (ECONNREFUSED)' },
  },
  {
    name: 'kaniko',
    commitDays: 520,
    state: {
      recipe: 'kaniko',
      verdict: 'current',
      upstreams: [upstreamState({ findings: [ARCHIVED], pinned: COMMIT })],
      images: [imageState()],
    },
  },
  { name: 'sentry-cli', published: { state: 'not-asked', reason: 'the recipe publishes nothing' } },
];

/** A fleet with everything in it that a page can show; some of its texts come from people who mean harm. */
export function sampleFleet(): readonly FleetRow[] {
  return FLEET.map((values) => gradeRecipe(makeFacts(values), NOW_MS)).toSorted(compareRows);
}

export function samplePage(): PageContent {
  const fault = {
    code: 'status.unknown',
    severity: 'error' as const,
    place: 'recipes/gitlab-runner-helper.yaml',
    text: 'what is published of it: registry.example.org does not answer (ECONNREFUSED)',
    hint: 'check the network',
  };
  return { rows: sampleFleet(), faults: [fault], observedAt: new Date(NOW_MS).toISOString() };
}
