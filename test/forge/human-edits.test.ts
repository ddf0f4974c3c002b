import { expect, test } from 'vitest';
import { HUMAN } from '../support/gitlab-forge/open-gitlab-forge.ts';
import { makeProposal, openRoom, want, type Room } from './run.ts';

const TWO = makeProposal('two');
const THREE = makeProposal('three');

/** A room in which the merge request of `two` is open. */
async function openRequest(): Promise<Room> {
  const room = await openRoom();
  await room.run(want([TWO]));
  return room;
}

function tick({ project }: Room): void {
  const { description } = project.request(1);
  project.editMergeRequest(1, { description: description.replace('- [ ]', '- [x]') });
}

const PUSHES: readonly (readonly [what: string, push: (room: Room) => unknown])[] = [
  ['a commit on top', ({ project }) => project.pushCommit('forkwright/copy', { 'recipes/copy.yaml': 'name: mine\n' })],
  [
    'the commit amended',
    ({ project }) => project.amendCommit('forkwright/copy', { 'recipes/copy.yaml': 'name: mine\n' }, HUMAN),
  ],
  [
    'a commit with the message of forkwright',
    ({ project }) => {
      const message = project.state.repository.commit(project.head('forkwright/copy')).message;
      return project.pushCommit('forkwright/copy', { 'recipes/copy.yaml': 'name: mine\n' }, { author: HUMAN, message });
    },
  ],
];

test.each(PUSHES)('%s by somebody else: the branch is left alone, and a note says so once', async (_what, push) => {
  const room = await openRequest();
  const { forge, project, say } = room;
  push(room);
  const head = project.head('forkwright/copy');
  const before = forge.writes().length;
  expect(await say(want([TWO]))).toEqual([
    'unchanged copy: its branch has commits of other people, and there is nothing new for it',
  ]);
  expect(forge.writes().slice(before)).toEqual([]);
  const blocked = 'blocked copy: its branch has commits of other people, and stays as it is';
  expect(await say(want([THREE]))).toEqual([blocked]);
  expect(await say(want([THREE]))).toEqual([blocked]);
  expect(await say(want([makeProposal('four')]))).toEqual([blocked]);
  expect(project.notes(1).map(({ body }) => body.split('\n')[0])).toEqual([
    'forkwright leaves this alone: its branch has commits of other people, and stays as it is. To have the branch made anew without these commits, tick the box in the description.',
  ]);
  expect(project.head('forkwright/copy')).toBe(head);
  expect(project.request(1).title).toBe('copy: two');
});

test.each(PUSHES)('%s by somebody else: what is obsolete stays open, with a note', async (_what, push) => {
  const room = await openRequest();
  const { project, say } = room;
  push(room);
  const reason = 'there is nothing to propose for it any more, but its branch has commits of other people';
  expect(await say(want([]))).toEqual([`blocked copy: ${reason}`]);
  expect(await say(want([]))).toEqual([`blocked copy: ${reason}`]);
  expect(project.request(1).state).toBe('opened');
  expect(project.notes(1)).toHaveLength(1);
});

test('a ticked box has the branch made anew, also over commits of other people, and is unticked', async () => {
  const room = await openRequest();
  const { forge, project, say } = room;
  project.pushCommit('forkwright/copy', { 'recipes/copy.yaml': 'name: mine\n' });
  tick(room);
  expect(await say(want([TWO]))).toEqual(['updated copy: somebody asked for the branch to be made anew']);
  expect(project.log('forkwright/copy')).toEqual(['copy: two (forkwright)']);
  expect(project.request(1).description).toContain('- [ ] <!-- forkwright-anew -->');
  const before = forge.writes().length;
  expect(await say(want([TWO]))).toEqual(['unchanged copy: it is up to date']);
  expect(forge.writes().slice(before)).toEqual([]);
});

test('a title that somebody wrote stays; the rest goes on', async () => {
  const { forge, project, say } = await openRequest();
  project.editMergeRequest(1, { title: 'Draft: copy: two, please wait' });
  const before = forge.writes().length;
  const own = 'its title, edited by people, stays';
  expect(await say(want([TWO]))).toEqual([`unchanged copy: it is up to date; ${own}`]);
  expect(forge.writes().slice(before)).toEqual([]);
  expect(await say(want([THREE]))).toEqual([`updated copy: what it proposes has changed; ${own}`]);
  expect(project.request(1).title).toBe('Draft: copy: two, please wait');
  expect(project.request(1).description).toMatch(/^From one to three/);
  project.editMergeRequest(1, { title: 'copy: three' });
  expect(await say(want([THREE]))).toEqual(['updated copy: its text has changed']);
  expect(await say(want([makeProposal('four')]))).toEqual(['updated copy: what it proposes has changed']);
  expect(project.request(1).title).toBe('copy: four');
});

test('a description that somebody wrote in stays, and what is hidden in it is kept up', async () => {
  const { forge, project, say } = await openRequest();
  const { description } = project.request(1);
  project.editMergeRequest(1, { description: `Tested on arm: works.\n\n${description}\nAda` });
  const own = 'its description, edited by people, stays';
  expect(await say(want([THREE]))).toEqual([`updated copy: what it proposes has changed; ${own}`]);
  const lines = project.request(1).description.split('\n');
  expect(lines.slice(0, 6)).toEqual(['Tested on arm: works.', '', 'From one to two.', '', '- a commit', '']);
  expect(lines).toContain('Ada');
  expect(lines.at(-1)).toMatch(/^<!-- forkwright \{"key":"copy"/);
  const before = forge.writes().length;
  expect(await say(want([THREE]))).toEqual([`unchanged copy: it is up to date; ${own}`]);
  expect(forge.writes().slice(before)).toEqual([]);
});

test('line ends that a browser changes are not taken for an edit', async () => {
  const { project, say } = await openRequest();
  project.editMergeRequest(1, { description: project.request(1).description.replaceAll('\n', '\r\n') });
  expect(await say(want([TWO]))).toEqual(['unchanged copy: it is up to date']);
  expect(await say(want([THREE]))).toEqual(['updated copy: what it proposes has changed']);
  expect(project.request(1).description).toMatch(/^From one to three/);
});

test('without its marker a merge request is known by its branch, and gets it back', async () => {
  const { forge, project, say } = await openRequest();
  project.editMergeRequest(1, { description: 'All new.' });
  const own = 'its description, edited by people, stays';
  expect(await say(want([TWO]))).toEqual([`updated copy: its text has changed; ${own}`]);
  expect(project.request(1).description).toMatch(/^All new\.\n\n- \[ \] [^\n]+\n\n<!-- forkwright \{"key":"copy"/);
  project.editMergeRequest(1, { description: 'All new.' });
  const before = forge.writes().length;
  expect(await say(want([]))).toEqual([
    'unchanged forkwright/copy: its description does not say any more what it is for',
  ]);
  expect(forge.writes().slice(before)).toEqual([]);
});

test('labels that people set stay, and one that they took away does not come back', async () => {
  const { forge, project, say } = await openRequest();
  project.editMergeRequest(1, { labels: ['forks', 'waits-for-ada'] });
  const before = forge.writes().length;
  expect(await say(want([TWO]))).toEqual(['unchanged copy: it is up to date']);
  expect(forge.writes().slice(before)).toEqual([]);
  await say(want([makeProposal('three', { labels: ['releng', 'urgent'] })]));
  expect(project.request(1).labels).toEqual(['waits-for-ada', 'urgent']);
});

test('what people closed is not proposed again for the same target, and opened again for another one', async () => {
  const { forge, project, say } = await openRequest();
  project.closeMergeRequest(1);
  const before = forge.writes().length;
  expect(await say(want([TWO]))).toEqual(['declined copy: somebody closed it']);
  expect(await say(want([{ ...TWO, body: 'Said better.' }]))).toEqual(['declined copy: somebody closed it']);
  expect(forge.writes().slice(before)).toEqual([]);
  expect(await say(want([THREE]))).toEqual(['reopened copy: somebody closed it, and now there is other news']);
  expect(project.requests()).toHaveLength(1);
  expect(project.request(1)).toMatchObject({ state: 'opened', title: 'copy: three' });
  expect(project.log('forkwright/copy')).toEqual(['copy: three (forkwright)']);
  expect(await say(want([THREE]))).toEqual(['unchanged copy: it is up to date']);
});

test('what people closed, branch and all, is opened again with a new branch', async () => {
  const { project, say } = await openRequest();
  project.deleteBranch('forkwright/copy');
  expect(project.request(1).state).toBe('closed');
  expect(await say(want([TWO]))).toEqual(['declined copy: somebody closed it']);
  expect(await say(want([THREE]))).toEqual(['reopened copy: somebody closed it, and now there is other news']);
  expect(project.files('forkwright/copy').get('locks/copy.lock.yaml')).toBe('commit: three\n');
});

test('what GitLab does not open again is made anew', async () => {
  const { project, say } = await openRequest();
  project.closeMergeRequest(1);
  project.sealMergeRequest(1);
  await say(want([THREE]));
  expect(project.requests().map(({ iid, state, title }) => `${iid} ${state} ${title}`)).toEqual([
    '1 closed copy: three',
    '2 opened copy: three',
  ]);
  expect(await say(want([THREE]))).toEqual(['unchanged copy: it is up to date']);
});

test('the branch of what people closed goes when there is no news any more', async () => {
  const { project, say } = await openRequest();
  project.closeMergeRequest(1);
  expect(await say(want([]))).toEqual(['removed copy: no merge request needs it']);
  expect(project.branches()).toEqual(['main']);
  expect(await say(want([]))).toEqual([]);
  expect(await say(want([TWO]))).toEqual(['declined copy: somebody closed it']);
});

test('a closed merge request whose branch has commits of other people stays closed', async () => {
  const { forge, project, say } = await openRequest();
  project.closeMergeRequest(1);
  project.pushCommit('forkwright/copy', { 'README.md': 'mine\n' });
  const before = forge.writes().length;
  expect(await say(want([THREE]))).toEqual([
    'blocked copy: there is a branch of this name that has commits of other people',
  ]);
  expect(await say(want([]))).toEqual([]);
  expect(forge.writes().slice(before)).toEqual([]);
});

test('one that is just being merged is left alone', async () => {
  const { forge, project, say } = await openRequest();
  project.request(1).state = 'locked';
  const before = forge.writes().length;
  expect(await say(want([]))).toEqual(['unchanged copy: it is being merged']);
  expect(await say(want([THREE]))).toEqual(['unchanged copy: it is being merged']);
  expect(forge.writes().slice(before)).toEqual([]);
});
