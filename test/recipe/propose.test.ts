import { expect, test } from 'vitest';
import { readWorkspaceText } from '../../src/recipe/workspace-file.ts';
import { workspaceOf } from '../support/recipe-text.ts';

test('without the section there are defaults', () => {
  expect(workspaceOf('registry: registry.example.com\n').propose).toEqual({
    project: null,
    targetBranch: null,
    branchPrefix: 'forkwright/',
    labels: [],
    maxOpen: 10,
    maxNew: 5,
    coolDownDays: 0,
    schedule: null,
    groupsByBase: false,
    ignore: [],
  });
});

test('all of it can be said', () => {
  const text = `propose:
  project: https://gitlab.example.com/repos/forks
  targetBranch: main
  branchPrefix: bots/forks-
  labels: [forks, forks, releng]
  maxOpen: 3
  maxNew: 1
  coolDownDays: 2
  schedule: { days: [monday, friday], hours: 22-4 }
  groupByBase: true
  ignore:
    - what: upstream
    - { recipe: tool-*, what: "golang:*", versions: "sha256:0123456789ab", until: 2027-01-01, because: it is slow }
`;
  expect(workspaceOf(text).propose).toEqual({
    project: 'https://gitlab.example.com/repos/forks',
    targetBranch: 'main',
    branchPrefix: 'bots/forks-',
    labels: ['forks', 'releng'],
    maxOpen: 3,
    maxNew: 1,
    coolDownDays: 2,
    schedule: { days: [1, 5], fromHour: 22, toHour: 4 },
    groupsByBase: true,
    ignore: [
      { recipe: null, what: 'upstream', versions: null, until: null, because: null },
      {
        recipe: 'tool-*',
        what: 'golang:*',
        versions: 'sha256:0123456789ab',
        until: '2027-01-01',
        because: 'it is slow',
      },
    ],
  });
});

test.each([
  ['project: forks', 'propose.project: "forks" is not a project'],
  [
    'project: "https://user:secret@gitlab.example.com/a/b"',
    /^propose\.project: "https:\/\/\*+@gitlab\.example\.com\/a\/b" is not a project$/,
  ],
  ['targetBranch: a..b', 'propose.targetBranch: "a..b" is not a name of a branch'],
  ['branchPrefix: forks', 'propose.branchPrefix: "forks" is not the beginning of a branch'],
  ['labels: ["a,b"]', 'propose.labels[0]: "a,b" has a comma in it'],
  ['maxOpen: 0', 'propose.maxOpen: 0 is less than 1'],
  ['coolDownDays: 1.5', 'propose.coolDownDays: 1.5 stands here, where a whole number is wanted'],
  [
    'schedule: { days: [mondays] }',
    'propose.schedule.days[0]: "mondays" is none of sunday, monday, tuesday, wednesday, thursday, friday, saturday',
  ],
  ['schedule: { hours: 6-25 }', 'propose.schedule.hours: "6-25" is no span of hours'],
  ['ignore: [{ versions: ">=2" }]', 'propose.ignore[0]: "what" is missing'],
  [
    'ignore: [{ what: base, versions: new }]',
    'propose.ignore[0].versions: "new" is no range of versions, no commit and no digest',
  ],
  ['ignore: [{ what: base, until: "2027-13-01" }]', 'propose.ignore[0].until: "2027-13-01" is not a date'],
])('%s', (line, message) => {
  const { findings } = readWorkspaceText(`propose:\n  ${line}\n`, 'forkwright.yaml');
  expect(findings.map(({ text }) => text)).toEqual([
    typeof message === 'string' ? message : expect.stringMatching(message),
  ]);
});
