import { expect, test } from 'vitest';
import { findClosedSchedule, findCoolDown } from '../../src/forge/limits.ts';
import type { ProposalPolicy, ScheduleWindow } from '../../src/forge/proposal.ts';
import { makeProposal, NO_LIMITS, NOW_MS, openRoom, want } from './run.ts';

const NIGHTS: ScheduleWindow = { days: [1, 2, 3, 4, 5], fromHour: 22, toHour: 6 };
const WEEKEND: ScheduleWindow = { days: [0, 6], fromHour: 0, toHour: 24 };

function policy(more: Partial<ProposalPolicy>): ProposalPolicy {
  return { ...NO_LIMITS, ...more };
}

test.each([
  ['2026-11-03T21:59:59Z', false],
  ['2026-11-03T22:00:00Z', true],
  ['2026-11-04T05:59:59Z', true],
  ['2026-11-04T06:00:00Z', false],
  // Saturday: the night of Friday, then the weekend.
  ['2026-11-07T05:00:00Z', true],
  ['2026-11-08T23:59:59Z', true],
  // Monday early: no night of Sunday.
  ['2026-11-09T05:00:00Z', false],
])('at %s the schedule says %s', (time, isOpen) => {
  const reason = findClosedSchedule(policy({ schedule: [NIGHTS, WEEKEND] }), Date.parse(time));
  expect(reason === null).toBe(isOpen);
});

test('a schedule is told in words', () => {
  const everyDay = { days: [0, 1, 2, 3, 4, 5, 6], fromHour: 1, toHour: 3 };
  expect(findClosedSchedule(policy({ schedule: [WEEKEND, everyDay] }), NOW_MS)).toBe(
    'the schedule leaves it for Sunday, Saturday from 0 to 24 UTC or every day from 1 to 3 UTC',
  );
});

test.each([
  ['2026-11-01T12:00:00Z', 3, 'what moved is to be 3 days old first, which is on 2026-11-04'],
  ['2026-11-02T12:00:00Z', 1, 'what moved is to be a day old first, which is on 2026-11-03'],
  ['2026-10-31T10:00:00Z', 3, null],
  ['2026-11-03T09:59:59Z', 0, null],
  ['not a date', 3, null],
  [null, 3, null],
])('what moved at %s and has to be %d days old: %s', (movedAt, coolDownDays, reason) => {
  expect(findCoolDown({ movedAt }, policy({ coolDownDays }), NOW_MS)).toBe(reason);
});

const KEYS = ['a', 'b', 'c'];
const ALL = KEYS.map((key) => makeProposal('two', { key }));

test('one run makes no more than so many, the first ones first; the next run goes on', async () => {
  const { project, say } = await openRoom();
  const limits = policy({ maxNew: 2 });
  expect(await say(want(ALL), limits)).toEqual([
    'created a: there is news',
    'created b: there is news',
    'deferred c: this run makes no more than 2 new ones',
  ]);
  expect(await say(want(ALL), limits)).toEqual([
    'unchanged a: it is up to date',
    'unchanged b: it is up to date',
    'created c: there is news',
  ]);
  expect(project.requests()).toHaveLength(3);
});

test('no more than so many are open; what is closed in a run makes room', async () => {
  const { say } = await openRoom();
  const limits = policy({ maxOpen: 2 });
  const [a, b, c] = ALL;
  if (a === undefined || b === undefined || c === undefined) throw new Error('three');
  expect(await say(want(ALL), limits)).toEqual([
    'created a: there is news',
    'created b: there is news',
    'deferred c: 2 merge requests are open, and no more than 2 may be',
  ]);
  expect(await say(want([b, c]), limits)).toEqual([
    'closed a: there is nothing to propose for it any more',
    'unchanged b: it is up to date',
    'created c: there is news',
  ]);
});

test('limits are for new ones: what is open goes on being kept up', async () => {
  const { say } = await openRoom();
  await say(want(ALL));
  const next = KEYS.map((key) => makeProposal('three', { key }));
  expect(await say(want(next), policy({ maxOpen: 1, maxNew: 0 }))).toEqual(
    KEYS.map((key) => `updated ${key}: what it proposes has changed`),
  );
});

test('what is too fresh waits, also where a merge request is open for something older', async () => {
  const { forge, say } = await openRoom();
  const limits = policy({ coolDownDays: 3 });
  const fresh = makeProposal('three', { movedAt: '2026-11-02T10:00:00Z' });
  const reason = 'what moved is to be 3 days old first, which is on 2026-11-05';
  expect(await say(want([fresh]), limits)).toEqual([`deferred copy: ${reason}`]);
  expect(forge.writes()).toEqual([]);
  await say(want([makeProposal('two', { movedAt: '2026-10-01T10:00:00Z' })]), limits);
  expect(await say(want([fresh]), limits)).toEqual([`deferred copy: ${reason}`]);
  expect(await say(want([fresh]), limits, Date.parse('2026-11-05T10:00:00Z'))).toEqual([
    'updated copy: what it proposes has changed',
  ]);
  // The same target rendered otherwise is not fresher for that.
  const other = { ...fresh, files: fresh.files.slice(0, 1) };
  expect(await say(want([other]), policy({ coolDownDays: 30 }))).toEqual([
    'updated copy: what it proposes has changed',
  ]);
});

test('outside of its hours nothing is made or changed, but what is obsolete is closed', async () => {
  const { say } = await openRoom();
  await say(want(ALL));
  const limits = policy({ schedule: [WEEKEND] });
  const later = 'the schedule leaves it for Sunday, Saturday from 0 to 24 UTC';
  const next = [
    makeProposal('three', { key: 'a' }),
    makeProposal('two', { key: 'b' }),
    makeProposal('two', { key: 'd' }),
  ];
  expect(await say(want(next), limits)).toEqual([
    'closed c: there is nothing to propose for it any more',
    `deferred a: ${later}`,
    'unchanged b: it is up to date',
    `deferred d: ${later}`,
  ]);
});
