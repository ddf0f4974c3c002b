import { expect, test } from 'vitest';
import { formatDays, judgeHealth, worstGrade, type HealthFacts } from '../../src/upstream/health.ts';
import { parseShortlog } from '../../src/upstream/history.ts';
import { NOTHING_SEEN, type Observation } from '../../src/upstream/observation.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const SEEN = '2026-11-21T12:00:00Z';
const COMMIT = 'a'.repeat(40);
const day = (days: number) => new Date(NOW - days * 86_400_000).toISOString();

const PROJECT = {
  forge: 'github' as const,
  id: 7,
  name: 'tools/tool',
  url: 'https://github.com/tools/tool',
  defaultBranch: 'main',
  isArchived: false,
  licence: 'MIT',
  releases: [{ tag: 'v1.0', publishedAt: day(100), isPrerelease: false }],
  advisories: [],
};
const OBSERVATION: Observation = {
  refs: {
    observedAt: SEEN,
    defaultBranch: 'main',
    list: [
      ['HEAD', COMMIT],
      ['refs/tags/v1.0', COMMIT],
    ],
  },
  project: { observedAt: SEEN, value: PROJECT },
  first: { observedAt: SEEN, id: 7, licence: 'MIT' },
};
const HISTORY = {
  lastCommitSeconds: NOW / 1000 - 45 * 86_400,
  commits: 300,
  contributorsOfYear: 4,
  contributors: 20,
  busiestShare: 0.5,
};
const HEALTHY: HealthFacts = {
  observation: OBSERVATION,
  refsReason: null,
  projectReason: null,
  path: 'tools/tool',
  history: HISTORY,
  historyReason: null,
  image: null,
};

const grades = (facts: HealthFacts) =>
  Object.fromEntries(judgeHealth(facts, NOW).map(({ name, grade, value }) => [name, `${grade}: ${value}`]));

test('a healthy one', () => {
  const image = {
    name: 'tools/tool:1',
    reason: null,
    observation: {
      observedAt: SEEN,
      digest: `sha256:${'0'.repeat(64)}` as const,
      manifests: ['linux/amd64', 'linux/arm64'].map((platform) => ({
        platform,
        digest: `sha256:${'1'.repeat(64)}` as const,
      })),
    },
  };
  expect(grades({ ...HEALTHY, image })).toEqual({
    reachable: 'good: yes',
    activity: 'good: the last commit is 45 days old',
    archived: 'good: no',
    name: 'good: tools/tool',
    contributors: 'good: 4 in the last year, 20 ever, one made 50 % of the commits',
    releases: 'good: v1.0 is 100 days old',
    licence: 'good: MIT',
    branch: 'good: main',
    platforms: 'good: tools/tool:1: linux/amd64, linux/arm64',
  });
  expect(worstGrade(judgeHealth(HEALTHY, NOW))).toBe('good');
});

const withProject = (values: Partial<typeof PROJECT>): HealthFacts => {
  const value = { ...PROJECT, ...values } as typeof PROJECT;
  return { ...HEALTHY, observation: { ...OBSERVATION, project: { observedAt: SEEN, value } } };
};
const aged = (days: number): HealthFacts => {
  return { ...HEALTHY, history: { ...HISTORY, lastCommitSeconds: NOW / 1000 - days * 86_400 } };
};

test.each<[string, HealthFacts, string]>([
  ['activity', aged(180), 'good: the last commit is 180 days old'],
  ['activity', aged(181), 'fair: the last commit is 181 days old'],
  ['activity', aged(731), 'poor: the last commit is 2.0 years old'],
  ['activity', { ...HEALTHY, history: null, historyReason: 'no way' }, 'unknown: no way'],
  ['archived', withProject({ isArchived: true }), 'poor: it is archived'],
  ['name', withProject({ name: 'tools/new' }), 'fair: it is called tools/new now'],
  ['name', withProject({ id: 8 }), 'poor: another project than on 2026-11-21 has the name'],
  ['licence', withProject({ licence: 'GPL-3.0' }), 'fair: GPL-3.0; on 2026-11-21 it was MIT'],
  ['licence', withProject({ licence: 'NOASSERTION' }), 'poor: none that is known'],
  ['releases', withProject({ releases: [] }), 'fair: no releases; the newest tag is v1.0'],
  [
    'releases',
    withProject({ releases: [{ tag: 'v0.1', publishedAt: day(400), isPrerelease: false }] }),
    'fair: v0.1 is 400 days old',
  ],
  [
    'contributors',
    { ...HEALTHY, history: { ...HISTORY, contributorsOfYear: 5, busiestShare: 0.95 } },
    'fair: 5 in the last year, 20 ever, one made 95 % of the commits',
  ],
  [
    'contributors',
    { ...HEALTHY, history: { ...HISTORY, contributorsOfYear: 0, busiestShare: null } },
    'poor: 0 in the last year, 20 ever',
  ],
  ['platforms', { ...HEALTHY, image: { name: 'x', observation: null, reason: 'down' } }, 'unknown: x: down'],
])('%s', (name, facts, expected) => {
  expect(grades(facts)[name]).toBe(expected);
});

test('what nobody could look at is unknown, which is worse than good and better than fair', () => {
  const facts: HealthFacts = {
    ...HEALTHY,
    observation: NOTHING_SEEN,
    refsReason: 'down',
    projectReason: 'no API',
    history: null,
  };
  const signals = judgeHealth(facts, NOW);
  expect(new Set(signals.map(({ grade }) => grade))).toEqual(new Set(['unknown']));
  expect(worstGrade(signals)).toBe('unknown');
  const archived = judgeHealth(withProject({ isArchived: true }), NOW);
  expect(worstGrade([...signals, ...archived])).toBe('poor');
});

test('a shortlog: people are told apart by their addresses', () => {
  const text = '    12\tA Person <a@example.org>\n     3\tSame <A@example.org>\n     1\tB <x> <b@example.org>\n';
  expect([...parseShortlog(text)]).toEqual([
    ['a@example.org', 15],
    ['b@example.org', 1],
  ]);
});

test.each([
  [0, '0 days'],
  [1, '1 day'],
  [729, '729 days'],
  [1170, '3.2 years'],
])('%i days', (days, text) => {
  expect(formatDays(days)).toBe(text);
});
