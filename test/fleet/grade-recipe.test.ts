import { expect, test } from 'vitest';
import { known } from '../../src/fleet/asked.ts';
import { compareRows, gradeRecipe } from '../../src/fleet/grade-recipe.ts';
import { LIMITS } from '../../src/fleet/signals.ts';
import type { Finding } from '../../src/finding.ts';
import type { ImageState } from '../../src/upstream/state.ts';
import {
  daysAgo,
  digest,
  GIT,
  imageState,
  LEAVES,
  makeFacts,
  NEWER,
  NOW_MS,
  PROJECT,
  publishedImage,
  upstreamState,
  type FactValues,
} from '../support/fleet-facts.ts';
import { makeTarget } from '../support/workspace-values.ts';

const grade = (values: FactValues = {}) => gradeRecipe(makeFacts(values), NOW_MS);
const signalsOf = (values: FactValues) =>
  Object.fromEntries(grade(values).signals.map((each) => [each.name, `${each.grade}: ${each.value}: ${each.reason}`]));
const withUpstream = (values: Parameters<typeof upstreamState>[0]): FactValues => ({
  state: { recipe: 'tool', verdict: 'current', upstreams: [upstreamState(values)], images: [] },
});
const withImage = (values: Partial<ImageState>): FactValues => ({
  state: { recipe: 'tool', verdict: 'current', upstreams: [], images: [imageState(values)] },
});
const finding = (code: string, text: string, severity: Finding['severity'] = 'warning'): Finding => ({
  code,
  severity,
  place: 'recipes/tool.yaml',
  text: `${GIT}: ${text}`,
  hint: null,
});
const distance = (ahead: number | null, hasSameTree = false) => ({
  isAncestor: true,
  ahead,
  behind: 0,
  hasSameTree,
  commits: [],
});

test('all is well: every sign is good, and nothing is to do', () => {
  const row = grade();
  expect(signalsOf({})).toEqual({
    upstream: 'good: there: it is there, and not archived',
    activity: 'good: 30 days: its newest commit is 30 days old',
    distance: 'good: none: main is what is pinned',
    licence: 'good: MIT: it is what it was',
    advisories: 'good: none: none concerns what is pinned',
    base: 'good: current: alpine:3.20: it has not moved',
    'base age': 'good: 20 days: alpine:3.20 was made 20 days ago',
    lock: 'good: current: all is locked as the recipe says',
    published: 'good: current: registry.example.org/tool:1.2.3 is what would be built now',
    'merge request': 'good: none: none is open',
  });
  expect([row.grade, row.reason]).toEqual(['good', 'nothing to do']);
});

test.each<[string, FactValues, string, string]>([
  ['activity', { commitDays: LIMITS.upstreamAge.good }, 'good', '180 days'],
  ['activity', { commitDays: LIMITS.upstreamAge.good + 1 }, 'fair', '181 days'],
  ['activity', { commitDays: LIMITS.upstreamAge.fair + 1 }, 'poor', '2.0 years'],
  ['base age', { baseDays: LIMITS.baseAge.good }, 'good', '90 days'],
  ['base age', { baseDays: LIMITS.baseAge.good + 1 }, 'fair', '91 days'],
  ['base age', { baseDays: LIMITS.baseAge.fair + 1 }, 'poor', '366 days'],
  ['distance', withUpstream({ verdict: 'moved', distance: distance(1) }), 'fair', '1 commit'],
  ['distance', withUpstream({ verdict: 'moved', distance: distance(100) }), 'fair', '100 commits'],
  ['distance', withUpstream({ verdict: 'moved', distance: distance(101) }), 'poor', '101 commits'],
  ['distance', withUpstream({ verdict: 'moved', distance: distance(3, true) }), 'good', '3 commits'],
  ['distance', withUpstream({ verdict: 'moved', distance: null }), 'unknown', 'unknown'],
  ['distance', withUpstream({ verdict: 'unpinned', pinned: null }), 'fair', 'not pinned'],
  ['upstream', withUpstream({ findings: [finding('upstream.gone', 'x')] }), 'poor', 'gone'],
  ['upstream', withUpstream({ findings: [finding('upstream.archived', 'x')] }), 'poor', 'archived'],
  ['upstream', withUpstream({ findings: [finding('upstream.rewritten', 'x')] }), 'poor', 'rewritten'],
  ['upstream', withUpstream({ findings: [finding('upstream.renamed', 'x')] }), 'fair', 'renamed'],
  ['upstream', withUpstream({ findings: [finding('upstream.project-unknown', 'x')] }), 'unknown', 'unknown'],
  ['upstream', withUpstream({ project: null }), 'unknown', 'unknown'],
  ['licence', withUpstream({ findings: [finding('upstream.licence-changed', 'x')] }), 'fair', 'MIT'],
  ['advisories', withUpstream({ findings: [finding('upstream.advisory', 'x')] }), 'poor', '1'],
  ['advisories', withUpstream({ findings: [finding('upstream.advisory', 'x', 'note')] }), 'unknown', '1'],
  ['base', withImage({ verdict: 'moved' }), 'fair', 'moved'],
  ['base', withImage({ verdict: 'alarm' }), 'poor', 'gone'],
  ['base', withImage({ verdict: 'unknown' }), 'unknown', 'unknown'],
  ['images', withImage({ name: 'golang:1.24', verdict: 'moved' }), 'fair', 'moved'],
  ['tag', { ...withUpstream({ newestTag: 'v1.3.0' }), locked: { ref: 'refs/tags/v1.2.0' } }, 'fair', 'v1.3.0'],
  ['tag', { ...withUpstream({ newestTag: 'v1.10.0' }), locked: { ref: 'refs/tags/v1.10.0' } }, 'good', 'v1.10.0'],
  ['platforms', { theirPlatforms: known(['linux/amd64', 'linux/arm64']) }, 'good', '2'],
  ['platforms', { theirPlatforms: known(['linux/amd64', 'linux/386', 'linux/s390x']) }, 'fair', '2 missing'],
  ['platforms', { theirPlatforms: known(null) }, 'fair', 'image gone'],
  ['platforms', { theirPlatforms: { state: 'unknown', reason: 'x' } }, 'unknown', 'unknown'],
  ['published', { published: known(null) }, 'poor', 'never'],
  ['published', { published: { state: 'unknown', reason: 'x' } }, 'unknown', 'unknown'],
  ['published', { published: known(publishedImage({ 'linux/amd64': LEAVES })) }, 'poor', 'missing'],
  ['published', { published: known(publishedImage({})) }, 'unknown', 'unknown'],
  ['merge request', { proposal: { state: 'unknown', reason: 'x' } }, 'unknown', 'unknown'],
])('%s of %o is %s', (name, values, wanted, value) => {
  const found = grade(values).signals.find((each) => each.name === name);
  expect([found?.grade, found?.value]).toEqual([wanted, value]);
});

test.each<[string, FactValues]>([
  ['tag', withUpstream({ newestTag: 'v1.3.0' })],
  ['tag', withUpstream({ newestTag: null })],
  ['licence', withUpstream({ project: null })],
  ['advisories', withUpstream({ project: { ...PROJECT, advisories: null } })],
  ['base', withImage({ verdict: 'unpinned' })],
  ['patches', { patches_: ['patches/tool/1.patch'] }],
  ['published', { published: { state: 'not-asked', reason: 'x' } }],
  ['merge request', { proposal: { state: 'not-asked', reason: 'x' } }],
  // Images that can be built again have no date that says anything.
  ['base age', { baseDays: NOW_MS / 86_400_000 }],
])('what cannot be asked, or was not, grades nothing: %s', (name, values) => {
  expect(grade(values).signals.map((each) => each.name)).not.toContain(name);
});

test('an upstream whose forge has no API that is known is there when git reaches it', () => {
  const upstreams = [{ newestSeconds: known(daysAgo(1)), hasForge: false }];
  expect(signalsOf({ ...withUpstream({ project: null }), upstreams })['upstream']).toBe(
    'good: there: git reaches it; the API of its forge is not known',
  );
});

test('what is not built from its source is held to its tags by its version, and has no distance', () => {
  const target = makeTarget({ upstream: { git: GIT, track: { kind: 'tag', pattern: 'v*' }, commit: null } });
  const signals = signalsOf({
    ...withUpstream({ verdict: 'unpinned', pinned: null, newestTag: 'v0.28.3' }),
    recipe: { version: '0.28.2', targets: [target] },
  });
  expect(signals['tag']).toBe('fair: v0.28.3: the newest tag is v0.28.3, and 0.28.2 is taken');
  expect(Object.keys(signals)).not.toContain('distance');
});

test('what is published is held to what would be built, platform by platform', () => {
  const old = { ...LEAVES, platform: 'linux/arm64', 'source tree': 'b'.repeat(40) };
  const published = known(publishedImage({ 'linux/amd64': LEAVES, 'linux/arm64': old }));
  const { platforms, signals } = grade({ published });
  expect(platforms.map(({ platform, state, reason }) => [platform, state, reason])).toEqual([
    ['linux/amd64', 'current', 'it is what would be built now'],
    ['linux/arm64', 'older', 'changed since: source tree'],
  ]);
  expect(platforms[1]?.changes).toEqual([{ leaf: 'source tree', old: 'b'.repeat(40), new: 'a'.repeat(40) }]);
  expect(signals.find(({ name }) => name === 'published')?.reason).toBe('linux/arm64: changed since: source tree');
});

test('what nothing is recorded of, and what is not locked, cannot be told', () => {
  const published = known(publishedImage({ 'linux/amd64': null, 'linux/arm64': LEAVES }));
  const inputs = new Map(
    ['linux/amd64', 'linux/arm64'].map((platform) => [
      platform,
      { leaves: LEAVES, inputHash: `sha256:${'0'.repeat(64)}` as const, open: ['image alpine'] },
    ]),
  );
  expect(
    grade({ published, inputs }).platforms.map(({ state, reason, inputHash }) => [state, reason, inputHash]),
  ).toEqual([
    ['unknown', 'nothing says what it was built from', null],
    ['unknown', 'not locked: image alpine', null],
  ]);
});

test.each([
  ['applies', 'good', '1 apply', 'all of them apply'],
  ['merged', 'fair', '1 merged', '1.patch: upstream has it already'],
] as const)('a patch that %s', (state, wanted, value, reason) => {
  const path = 'patches/tool/1.patch';
  const row = grade({ patches_: [path], patches: known([{ state, path }]) });
  expect(row.patches).toEqual([{ path, state }]);
  expect(row.signals.find(({ name }) => name === 'patches')).toMatchObject({ grade: wanted, value, reason });
});

test('a patch that is in the series of two platforms counts with the worse of its verdicts', () => {
  const path = 'patches/tool/1.patch';
  const conflict = { state: 'conflict' as const, path, reason: 'a.c', reject: '', files: ['a.c'], after: [] };
  const row = grade({ patches_: [path], patches: known([{ state: 'applies', path }, conflict]) });
  expect(row.patches).toEqual([{ path, state: 'conflict' }]);
  expect(row.grade).toBe('poor');
});

test.each([
  [14, 'good'],
  [15, 'fair'],
  [61, 'poor'],
])('a merge request that has been open for %i days is %s', (days, wanted) => {
  const createdAt = new Date(NOW_MS - days * 86_400_000).toISOString();
  const common = {
    key: 'tool',
    recipes: ['tool'],
    url: 'https://x.test/1',
    title: 'x',
    branch: 'x',
    target: digest('d'),
  };
  const row = grade({ proposal: known({ ...common, iid: 4, createdAt }) });
  expect(row.mergeRequest).toMatchObject({ state: 'there', iid: 4, ageDays: days });
  const reason = `!4 has been open for ${days} days`;
  expect(row.signals.find(({ name }) => name === 'merge request')).toMatchObject({
    grade: wanted,
    value: '!4',
    reason,
  });
});

test('a recipe without a lock says what is open; one whose lock does not fit says in what', () => {
  const open = { leaves: LEAVES, inputHash: `sha256:${'0'.repeat(64)}` as const, open: ['source tree', 'image a'] };
  const inputs = new Map([['linux/amd64', open]]);
  expect(signalsOf({ recipe: { lock: null }, inputs })['lock']).toBe(
    'fair: none: there is no lock, so that two builds may differ in image a, source tree',
  );
  expect(signalsOf({ recipe: { lock: null } })['lock']).toBe(
    'good: not needed: there is no lock, and nothing is left open',
  );
  const lockFaults = ['one', 'two'].map((text) => ({ ...finding('lock.changed', ''), text }));
  expect(signalsOf({ lockFaults })['lock']).toBe('fair: stale: one; and 1 more');
});

test('the worst sign grades, and its reason is that of the recipe', () => {
  const row = grade({ commitDays: 1500, baseDays: 100, published: { state: 'unknown', reason: 'nobody answers' } });
  expect([row.grade, row.reason]).toEqual(['poor', 'activity: its newest commit is 4.1 years old']);
  const fair = grade({ baseDays: 100, published: { state: 'unknown', reason: 'nobody answers' } });
  expect([fair.grade, fair.reason]).toEqual(['fair', 'base age: alpine:3.20 was made 100 days ago']);
});

test('of several upstreams the worst counts, and its reason says which one it is', () => {
  const state = makeFacts().state;
  const other = { git: 'https://other.example.org/x.git', track: { kind: 'none' as const }, commit: NEWER };
  const targets = [...makeFacts().recipe.targets, makeTarget({ platform: 'linux/s390x', upstream: other })];
  const row = grade({
    recipe: { targets },
    state: { ...state, upstreams: [upstreamState(), upstreamState({ git: other.git })] },
    upstreams: [3, 900].map((days) => ({ newestSeconds: known(daysAgo(days)), hasForge: true })),
  });
  expect(row.reason).toContain('activity: https://other.example.org/x.git: its newest commit is 2.5 years old');
});

test('rows stand with the worst first, then by name', () => {
  const rows = [
    grade({ name: 'b' }),
    grade({ name: 'a' }),
    grade({ name: 'c', published: { state: 'unknown', reason: '' } }),
    grade({ name: 'd', commitDays: 3000 }),
    grade({ name: 'e', baseDays: 100 }),
  ];
  expect(rows.toSorted(compareRows).map(({ recipe }) => recipe)).toEqual(['d', 'e', 'c', 'a', 'b']);
});
