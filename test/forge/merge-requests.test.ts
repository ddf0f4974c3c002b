import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { applySteps } from '../../src/forge/apply.ts';
import { listOpenProposals, readForge } from '../../src/forge/find-proposals.ts';
import { reconcile } from '../../src/forge/reconcile.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { HUMAN } from '../support/gitlab-forge/open-gitlab-forge.ts';
import { makeProposal, NO_LIMITS, openClient, openRoom, want } from './run.ts';

const TWO = makeProposal('two');
const THREE = makeProposal('three');

test('news becomes a branch with one commit, and a merge request', async () => {
  const { forge, project, run } = await openRoom();
  const outcomes = await run(want([TWO]));
  expect(outcomes).toEqual([
    {
      key: 'copy',
      action: 'created',
      reason: 'there is news',
      url: `${forge.url}/releng/forks/-/merge_requests/1`,
      failure: null,
    },
  ]);
  expect(project.log('forkwright/copy')).toEqual(['copy: two (forkwright)']);
  expect(Object.fromEntries(project.files('forkwright/copy'))).toEqual({
    'forkwright.yaml': 'registry: registry.example.com\n',
    'generated/copy/linux-amd64.Dockerfile': '# two\n',
    'locks/copy.lock.yaml': 'commit: two\n',
    'locks/runner.lock.yaml': 'commit: one\n',
    'recipes/copy.yaml': 'name: copy\n',
  });
  const { title, labels, description, targetBranch, removesBranch } = project.request(1);
  expect({ title, labels, targetBranch, removesBranch }).toEqual({
    title: 'copy: two',
    labels: ['forks', 'releng'],
    targetBranch: 'main',
    removesBranch: true,
  });
  expect(description).toMatch(
    /^From one to two\.\n\n- a commit\n\n- \[ \] <!-- forkwright-anew -->Make this branch anew/,
  );
});

test('a second run without news writes nothing, however often the target branch moves', async () => {
  const { forge, project, say } = await openRoom();
  await say(want([TWO, makeProposal('two', { key: 'runner' })]));
  project.pushCommit('main', { 'README.md': 'read me\n' });
  const before = forge.writes().length;
  expect(await say(want([TWO, makeProposal('two', { key: 'runner' })]))).toEqual([
    'unchanged copy: it is up to date',
    'unchanged runner: it is up to date',
  ]);
  expect(forge.writes().slice(before)).toEqual([]);
});

test('a second run asks a few times only: each merge request by itself for nothing', async () => {
  const { forge, run } = await openRoom();
  const proposals = Array.from({ length: 8 }, (_, index) => makeProposal('two', { key: `tool-${index}` }));
  await run(want(proposals));
  const before = forge.requests.length;
  await run(want(proposals));
  expect(
    forge.requests
      .slice(before)
      .map(({ method, path }) => `${method} ${path}`)
      .toSorted(),
  ).toEqual([
    'GET /projects/1/merge_requests?per_page=100&state=locked',
    'GET /projects/1/merge_requests?per_page=100&state=opened',
    'GET /projects/1/repository/branches/main',
    'GET /projects/1/repository/branches?per_page=100&search=%5Eforkwright%2F',
    'GET /projects/releng%2Fforks',
  ]);
});

test('lists are read to their last page', async () => {
  const { forge, run, project } = await openRoom({ pageSize: 2 });
  const files = Array.from({ length: 5 }, (_, index) => ({ path: `locks/${index}.yaml`, content: 'new\n' }));
  for (const { path } of files) project.pushCommit('main', { [path]: 'old\n' });
  const proposals = Array.from({ length: 5 }, (_, index) => makeProposal('two', { key: `tool-${index}`, files }));
  await run(want(proposals));
  const before = forge.writes().length;
  const outcomes = await run(want(proposals));
  expect(outcomes.map(({ action }) => action)).toEqual(Array.from({ length: 5 }, () => 'unchanged'));
  expect(forge.writes().slice(before)).toEqual([]);
  expect(await listOpenProposals(openClient(forge, project.path))).toHaveLength(5);
});

test('other news replaces the commit on the branch, and the texts', async () => {
  const { forge, project, say } = await openRoom();
  await say(want([TWO]));
  project.pushCommit('main', { 'README.md': 'read me\n' });
  expect(await say(want([makeProposal('three', { labels: ['forks', 'urgent'] })]))).toEqual([
    'updated copy: what it proposes has changed',
  ]);
  expect(project.log('forkwright/copy')).toEqual(['copy: three (forkwright)']);
  expect(project.files('forkwright/copy').get('README.md')).toBe('read me\n');
  const { title, labels, description } = project.request(1);
  expect({ title, labels }).toEqual({ title: 'copy: three', labels: ['forks', 'urgent'] });
  expect(description).toMatch(/^From one to three\./);
  expect(project.requests()).toHaveLength(1);
  expect(forge.requests.at(-1)?.method).toBe('PUT');
});

test('other texts alone are written without a commit', async () => {
  const { forge, project, say } = await openRoom();
  await say(want([TWO]));
  const [head, before] = [project.head('forkwright/copy'), forge.writes().length];
  expect(await say(want([{ ...TWO, body: 'Said better.' }]))).toEqual(['updated copy: its text has changed']);
  expect(project.head('forkwright/copy')).toBe(head);
  expect(
    forge
      .writes()
      .slice(before)
      .map(({ method, path }) => `${method} ${path}`),
  ).toEqual(['PUT /projects/1/merge_requests/1']);
});

test('a branch that has come into conflict is made anew on the target branch, once', async () => {
  const { forge, project, say } = await openRoom();
  await say(want([TWO]));
  project.pushCommit('main', { 'locks/copy.lock.yaml': 'commit: other\n' });
  expect(await say(want([TWO]))).toEqual(['updated copy: it could not be merged any more']);
  expect(project.files('forkwright/copy').get('locks/copy.lock.yaml')).toBe('commit: two\n');
  const before = forge.writes().length;
  expect(await say(want([TWO]))).toEqual(['unchanged copy: it is up to date']);
  expect(forge.writes().slice(before)).toEqual([]);
});

test('what is merged is gone, and later news gets a merge request of its own', async () => {
  const { forge, project, say } = await openRoom();
  await say(want([TWO]));
  project.mergeMergeRequest(1);
  expect(project.files('main').get('locks/copy.lock.yaml')).toBe('commit: two\n');
  const before = forge.writes().length;
  expect(await say(want([]))).toEqual([]);
  expect(forge.writes().slice(before)).toEqual([]);
  expect(await say(want([{ ...THREE, files: THREE.files.slice(0, 2) }]))).toEqual(['created copy: there is news']);
  expect(project.requests().map(({ iid, state }) => `${iid} ${state}`)).toEqual(['1 merged', '2 opened']);
});

test('what there is no news for any more is closed with a note, and its branch deleted', async () => {
  const { forge, project, say } = await openRoom();
  await say(want([TWO]));
  expect(await say(want([]))).toEqual(['closed copy: there is nothing to propose for it any more']);
  expect(project.request(1).state).toBe('closed');
  expect(project.branches()).toEqual(['main']);
  expect(project.notes(1).map(({ body }) => body.split('\n')[0])).toEqual([
    'forkwright closes this: there is nothing to propose for it any more. Its branch is deleted; should there be news again, there will be a new merge request.',
  ]);
  const before = forge.writes().length;
  expect(await say(want([]))).toEqual([]);
  expect(forge.writes().slice(before)).toEqual([]);
  expect(await say(want([TWO]))).toEqual(['created copy: there is news']);
});

test('a rule that ignores a recipe closes its merge request, and says why', async () => {
  const { project, say } = await openRoom();
  await say(want([TWO]));
  const ignored = new Map([['copy', 'two is ignored: it is broken on arm']]);
  expect(await say(want([], { ignored }))).toEqual(['closed copy: two is ignored: it is broken on arm']);
  expect(project.notes(1)[0]?.body).toMatch(/^forkwright closes this: two is ignored: it is broken on arm\./);
});

test('a merge request of something that is not known is left alone, also one of a group', async () => {
  const { forge, say } = await openRoom();
  const group = makeProposal('two', { key: 'base-alpine', recipes: ['copy', 'runner'] });
  await say(want([group]));
  const before = forge.writes().length;
  const undecided = new Map([['runner', 'git.example.com is out of reach']]);
  const reason = 'it is not known whether runner has news: git.example.com is out of reach';
  expect(await say(want([], { undecided }))).toEqual([`unchanged base-alpine: ${reason}`]);
  const smaller = makeProposal('three', { key: 'base-alpine', recipes: ['copy'] });
  expect(await say(want([smaller], { undecided }))).toEqual([`unchanged base-alpine: ${reason}`]);
  expect(forge.writes().slice(before)).toEqual([]);
});

test('a run for some recipes does not touch the others', async () => {
  const { project, say } = await openRoom();
  await say(want([TWO, makeProposal('two', { key: 'runner' })]));
  expect(await say(want([], { only: new Set(['runner']) }))).toEqual([
    'closed runner: there is nothing to propose for it any more',
  ]);
  expect(project.branches()).toEqual(['forkwright/copy', 'main']);
});

test('merge requests and branches of other people are none of its business', async () => {
  const { forge, project, say } = await openRoom();
  project.pushCommit('ada/feature', { 'README.md': 'a feature\n' });
  project.openMergeRequest({ title: 'A feature', description: 'With words', sourceBranch: 'ada/feature' });
  await say(want([TWO]));
  // Somebody copies forkwright's description, marker and all, into their own, and one from a fork has its branch's name.
  const { description } = project.request(2);
  project.editMergeRequest(1, { description });
  project.openMergeRequest({ title: 'Mine', description, sourceBranch: 'forkwright/copy', sourceProjectId: 99 });
  const before = forge.writes().length;
  expect(await say(want([TWO]))).toEqual(['unchanged copy: it is up to date']);
  expect(forge.writes().slice(before)).toEqual([]);
  expect(await say(want([]))).toEqual(['closed copy: there is nothing to propose for it any more']);
  expect(project.requests().map(({ iid, state }) => `${iid} ${state}`)).toEqual(['1 opened', '2 closed', '3 opened']);
});

test('a branch that somebody made under the name is left to them', async () => {
  const { forge, project, say } = await openRoom();
  project.pushCommit('forkwright/copy', { 'README.md': 'mine\n' });
  expect(await say(want([TWO]))).toEqual([
    'blocked copy: there is a branch of this name that has commits of other people',
  ]);
  expect(forge.writes()).toEqual([]);
});

test('open merge requests are listed for others', async () => {
  const { forge, project, run } = await openRoom();
  project.openMergeRequest({ title: 'A feature', description: 'With words', sourceBranch: 'ada/feature' });
  await run(want([TWO]));
  expect(await listOpenProposals(openClient(forge, project.path))).toEqual([
    {
      key: 'copy',
      recipes: ['copy'],
      iid: 2,
      url: `${forge.url}/releng/forks/-/merge_requests/2`,
      title: 'copy: two',
      branch: 'forkwright/copy',
      target: digestOf('two'),
      createdAt: '2026-11-02T09:00:04.000Z',
    },
  ]);
});

test('the branch of a merge request is not written when somebody pushes to it in that moment', async () => {
  const { forge, project, run } = await openRoom();
  await run(want([TWO]));
  const client = openClient(forge, project.path);
  const there = await readForge(client, { targetBranch: null, branchPrefix: 'forkwright/', proposals: [THREE] });
  const steps = reconcile(want([THREE]), there, NO_LIMITS, 0);
  const head = project.pushCommit('forkwright/copy', { 'README.md': 'mine\n' }, { author: HUMAN });
  const [outcome] = await applySteps(steps, there, client, new AbortController().signal);
  expect(outcome).toMatchObject({
    action: 'failed',
    reason: 'somebody pushed to forkwright/copy just now, so it was not overwritten',
    failure: { code: 'forge.branch-moved', hint: 'the next run sees what is on it' },
  });
  expect(project.head('forkwright/copy')).toBe(head);
});

test('the double is a real repository: what is merged can be cloned', async () => {
  const { project, run } = await openRoom();
  await run(want([TWO]));
  const merged = project.mergeMergeRequest(1);
  const folder = await mkdtemp(join(tmpdir(), 'forkwright-forge-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await project.exportTo(join(folder, 'bare.git'));
  const git = promisify(execFile);
  await git('git', ['clone', '--quiet', join(folder, 'bare.git'), join(folder, 'clone')]);
  const { stdout } = await git('git', ['-C', join(folder, 'clone'), 'rev-parse', 'HEAD']);
  expect(stdout.trim()).toBe(merged);
  expect(await readFile(join(folder, 'clone', 'locks/copy.lock.yaml'), 'utf8')).toBe('commit: two\n');
  await git('git', ['-C', join(folder, 'clone'), 'fsck', '--strict']);
});
