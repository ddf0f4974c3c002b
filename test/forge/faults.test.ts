import { expect, test } from 'vitest';
import { ForkwrightError } from '../../src/errors.ts';
import type { Wanted } from '../../src/forge/proposal.ts';
import type { Fault, FaultKind } from '../support/gitlab-forge/serve.ts';
import { makeProposal, openRoom, want, type Room } from './run.ts';

const KINDS: readonly FaultKind[] = ['busy', 'error-before', 'error-after', 'drop-before', 'drop-after'];
// Whether something was read before its answer was lost makes no difference.
const READ_KINDS: readonly FaultKind[] = ['busy', 'drop-before'];
const TWO = makeProposal('two');
const THREE = makeProposal('three');

const SCENES: readonly (readonly [
  what: string,
  scene: { readonly before: (room: Room) => unknown; readonly wanted: Wanted },
])[] = [
  ['a merge request is made', { before: () => undefined, wanted: want([TWO]) }],
  ['a merge request is changed', { before: ({ run }) => run(want([TWO])), wanted: want([THREE]) }],
  ['a merge request is closed', { before: ({ run }) => run(want([TWO])), wanted: want([]) }],
  [
    'a merge request is opened again',
    {
      before: async ({ run, project }) => {
        await run(want([TWO]));
        project.closeMergeRequest(1);
      },
      wanted: want([THREE]),
    },
  ],
  [
    'a merge request is blocked',
    {
      before: async ({ run, project }) => {
        await run(want([TWO]));
        project.pushCommit('forkwright/copy', { 'README.md': 'mine\n' });
      },
      wanted: want([THREE]),
    },
  ],
];

/** Everything that people see of a project, without what depends on the time. */
function look({ project }: Room) {
  return {
    branches: project.branches().map((branch) => [branch, project.log(branch), [...project.files(branch)].toSorted()]),
    requests: project.requests().map(({ title, state, labels, description, notes }) => ({
      title,
      state,
      labels,
      description: withoutCommits(description),
      notes: notes.map(({ body }) => withoutCommits(body)),
    })),
  };
}

function withoutCommits(text: string): string {
  return text.replaceAll(/\b[0-9a-f]{40}\b/g, 'COMMIT');
}

async function runTo(room: Room, wanted: Wanted): Promise<void> {
  try {
    await room.run(wanted);
  } catch (error) {
    // The forge could not even be looked at.
    if (!(error instanceof ForkwrightError)) throw error;
  }
}

/** Runs a scene once without a fault. Gives how it ends, what brings its beginning back, and all faults that can happen. */
async function prepare(room: Room, { before, wanted }: (typeof SCENES)[number][1], times: number) {
  const { forge } = room;
  await before(room);
  const restore = forge.save();
  const start = forge.requests.length;
  await room.run(wanted);
  const faults = forge.requests.slice(start).flatMap(({ method }, index): readonly Fault[] => {
    return (method === 'GET' ? READ_KINDS : KINDS).map((kind) => ({ at: index + 1, kind, times }));
  });
  return { restore, faults, right: look(room) };
}

test.each(SCENES)('%s: a fault at any request is got over', async (_what, scene) => {
  const room = await openRoom();
  const { restore, faults, right } = await prepare(room, scene, 1);
  for (const fault of faults) {
    restore();
    room.forge.setFault(fault);
    const outcomes = await room.run(scene.wanted);
    const where = `${fault.kind} at request ${fault.at}`;
    expect(
      outcomes.filter(({ action }) => action === 'failed'),
      where,
    ).toEqual([]);
    expect(look(room), where).toEqual(right);
  }
});

test.each(SCENES)('%s: a run that is cut short at any request is ended by the next', async (_what, scene) => {
  const room = await openRoom();
  const { restore, faults, right } = await prepare(room, scene, Infinity);
  for (const fault of faults) {
    restore();
    room.forge.setFault(fault);
    await runTo(room, scene.wanted);
    room.forge.setFault(null);
    await room.run(scene.wanted);
    const where = `${fault.kind} from request ${fault.at} on`;
    expect(look(room), where).toEqual(right);
    const writes = room.forge.writes().length;
    await room.run(scene.wanted);
    expect(room.forge.writes().length, where).toBe(writes);
  }
});

test('a run that is cut short before there is a merge request, and then not needed, leaves no branch', async () => {
  const room = await openRoom();
  const { forge, project, say } = room;
  const restore = forge.save();
  await room.run(want([TWO]));
  const commitAt = forge.requests.findIndex(({ path }) => path.endsWith('/commits')) + 1;
  restore();
  forge.setFault({ at: commitAt + 1, kind: 'drop-before', times: Infinity });
  await runTo(room, want([TWO]));
  forge.setFault(null);
  expect(project.branches()).toEqual(['forkwright/copy', 'main']);
  expect(project.requests()).toEqual([]);
  expect(await say(want([]))).toEqual(['removed copy: no merge request needs it']);
  expect(project.branches()).toEqual(['main']);
});
