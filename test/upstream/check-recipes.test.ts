import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { ImageReference } from '../../src/oci/reference.ts';
import { digestOf, type Digest } from '../../src/oci/digest.ts';
import { parsePlatform } from '../../src/platform/parse.ts';
import type { Upstream } from '../../src/recipe/target.ts';
import type { CheckDeps } from '../../src/upstream/check-deps.ts';
import { checkRecipes } from '../../src/upstream/check-recipes.ts';
import { createHostLimit } from '../../src/upstream/host-limit.ts';
import type { Pinned, PinnedImage, UpstreamState } from '../../src/upstream/state.ts';
import { configVariables, makePlace, type Place } from '../source/repository.ts';
import { startGitHub } from '../support/github-server.ts';
import { openRepositories } from '../support/registry-client.ts';
import { startRegistry } from '../support/registry/registry.ts';
import { seededImage, seedRepository } from '../support/registry/seeded-image.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');

async function openPlace(): Promise<Place> {
  const place = await makePlace();
  onTestFinished(place.remove);
  // Servers of forges give commits alone, and those that no ref points to; a plain repository has to be told to.
  place.git('config', 'uploadpack.allowFilter', 'true');
  return place;
}

function depsOf(place: Place, more: Partial<CheckDeps> = {}): CheckDeps {
  const { env, run, signal } = place.deps;
  return {
    env,
    run,
    signal,
    cacheFolder: join(place.folder, 'cache'),
    fetch: () => Promise.reject(new Error('no forge in this test')),
    limit: createHostLimit(4),
    isOffline: false,
    nowMs: () => NOW,
    gitTimeoutMs: 20_000,
    openRepository: () => {
      throw new Error('no registry in this test');
    },
    silentHosts: new Map(),
    ...more,
  };
}

const pinOf = (upstream: Upstream, images: readonly PinnedImage[] = []): Pinned => {
  return { recipe: 'tool', place: 'recipes/tool.yaml', upstreams: [upstream], images };
};

async function checkOne(
  place: Place,
  track: Upstream['track'],
  commit: string | null,
  more: Partial<CheckDeps> = {},
): Promise<UpstreamState> {
  const [state] = await checkRecipes([pinOf({ git: place.url, track, commit })], depsOf(place, more));
  const [upstream] = state?.upstreams ?? [];
  if (upstream === undefined) throw new Error('one upstream was asked for');
  return upstream;
}

const MAIN: Upstream['track'] = { kind: 'branch', branch: 'main' };
const findingsOf = ({ findings }: UpstreamState) => findings.map(({ code, severity, text }) => [code, severity, text]);

test('a branch that has not moved, and then has', async () => {
  const place = await openPlace();
  const first = await place.commit({ a: '1' }, 'One');
  expect(await checkOne(place, MAIN, first)).toMatchObject({
    verdict: 'current',
    reason: 'main is what is pinned',
    observedAt: '2026-11-21T12:00:00.000Z',
    found: { ref: 'refs/heads/main', commit: first },
    distance: null,
    findings: [],
  });
  const second = await place.commit({ a: '2' }, 'Two: with\ttab');
  const third = await place.commit({ a: '3' }, 'Three');
  expect(await checkOne(place, MAIN, first)).toMatchObject({
    verdict: 'moved',
    reason: `main is at ${third.slice(0, 12)}, 2 commits ahead`,
    distance: {
      isAncestor: true,
      ahead: 2,
      behind: 0,
      hasSameTree: false,
      commits: [
        { commit: third, subject: 'Three' },
        { commit: second, subject: 'Two: with\ttab' },
      ],
    },
    findings: [],
  });
  // Two steps behind, out of the same cache.
  expect(await checkOne(place, MAIN, second)).toMatchObject({ distance: { ahead: 1, behind: 0 } });
});

test('a merge that keeps the tree', async () => {
  const place = await openPlace();
  await place.commit({ a: '1' });
  const pinned = await place.commit({ a: '2' });
  place.git('checkout', '--quiet', '-b', 'side', 'HEAD~1');
  await place.commit({ a: '1' }, 'Nothing');
  place.git('checkout', '--quiet', 'main');
  place.git('merge', '--quiet', '--no-ff', '--strategy=ours', '--message=Merge', 'side');
  expect(await checkOne(place, MAIN, pinned)).toMatchObject({
    verdict: 'moved',
    reason: expect.stringMatching(/^main is at \w{12}, 2 commits ahead, with the same files$/),
    distance: { isAncestor: true, ahead: 2, behind: 0, hasSameTree: true },
  });
});

test('history that was rewritten is an alarm, whether or not the old commit is still to be had', async () => {
  const place = await openPlace();
  const first = await place.commit({ a: '1' });
  const pinned = await place.commit({ a: '2' });
  place.git('reset', '--quiet', '--hard', first);
  const other = await place.commit({ a: '3' });
  const reason = `the history of main was rewritten: the pinned commit ${pinned.slice(0, 12)} is not in it`;
  const state = await checkOne(place, MAIN, pinned);
  expect(state).toMatchObject({ verdict: 'alarm', reason, found: { commit: other } });
  expect(state.distance).toMatchObject({ isAncestor: false, ahead: 1, behind: 1, hasSameTree: false });
  expect(findingsOf(state)).toEqual([['upstream.rewritten', 'warning', `${place.url}: ${reason}`]]);
  place.git('reflog', 'expire', '--expire=now', '--all');
  place.git('gc', '--quiet', '--prune=now');
  const gone = await checkOne(place, MAIN, pinned, { cacheFolder: join(place.folder, 'other-cache') });
  expect(gone).toMatchObject({ verdict: 'alarm', reason });
  expect(gone.distance).toEqual({ isAncestor: false, ahead: null, behind: null, hasSameTree: null, commits: [] });
});

test('tags by a pattern, annotated and lightweight ones', async () => {
  const place = await openPlace();
  const first = await place.commit({ a: '1' });
  place.git('tag', 'v1.9.0');
  const second = await place.commit({ a: '2' });
  place.git('tag', '--annotate', '--message=Ten', 'v1.10.0');
  await place.commit({ a: '3' });
  place.git('tag', 'v1.11.0-rc1');
  const tags: Upstream['track'] = { kind: 'tag', pattern: 'v*' };
  expect(await checkOne(place, tags, second)).toMatchObject({ verdict: 'current', newestTag: 'v1.10.0' });
  expect(await checkOne(place, tags, first)).toMatchObject({
    verdict: 'moved',
    reason: `v1.10.0 is at ${second.slice(0, 12)}, 1 commit ahead`,
    found: { ref: 'refs/tags/v1.10.0', commit: second },
  });
  expect(await checkOne(place, { kind: 'release', range: '<1.10' }, first)).toMatchObject({ verdict: 'current' });
  place.git('tag', '--delete', 'v1.9.0');
  expect(await checkOne(place, tags, first)).toMatchObject({
    verdict: 'alarm',
    reason: `none of the tags v* stands for the pinned commit ${first.slice(0, 12)}; the newest is v1.10.0`,
  });
});

test('a pinned prerelease that is newer than all releases is current', async () => {
  const place = await openPlace();
  await place.commit({ a: '1' });
  place.git('tag', 'v1.0.0');
  const pinned = await place.commit({ a: '2' });
  place.git('tag', 'v2.0.0-rc1');
  expect(await checkOne(place, { kind: 'tag', pattern: 'v*' }, pinned)).toMatchObject({
    verdict: 'current',
    reason: 'v2.0.0-rc1 is pinned, which is newer than v1.0.0',
  });
});

test('a branch that is gone, an empty repository, and no pin', async () => {
  const place = await openPlace();
  const empty = await checkOne(place, MAIN, null);
  expect(empty).toMatchObject({ verdict: 'alarm', reason: 'the repository is empty', observedAt: expect.any(String) });
  const first = await place.commit({ a: '1' });
  const gone = await checkOne(place, { kind: 'branch', branch: 'dev' }, first);
  expect(findingsOf(gone)).toEqual([
    ['upstream.ref-gone', 'warning', `${place.url}: the repository has no branch dev`],
  ]);
  expect(await checkOne(place, { kind: 'none' }, null)).toMatchObject({
    verdict: 'unpinned',
    reason: `HEAD is at ${first.slice(0, 12)}; no commit is pinned`,
  });
});

test('what cannot be reached is unknown, whatever was seen before; offline says when that was', async () => {
  const place = await openPlace();
  const first = await place.commit({ a: '1' });
  await checkOne(place, MAIN, first);
  place.git('config', 'core.bare', 'maybe');
  const broken = await checkOne(place, MAIN, first, { nowMs: () => NOW + 1000 });
  expect(broken).toMatchObject({
    verdict: 'unknown',
    observedAt: '2026-11-21T12:00:00.000Z',
    found: { commit: first },
  });
  expect(broken.findings[0]).toMatchObject({ code: 'upstream.unknown', severity: 'error', place: 'recipes/tool.yaml' });
  expect(broken.reason).toMatch(/^git cannot reach it: /);
  const offline = await checkOne(place, MAIN, first, { isOffline: true, nowMs: () => NOW + 9000 });
  expect(offline).toMatchObject({ verdict: 'current', observedAt: '2026-11-21T12:00:00.000Z', findings: [] });
});

test('offline without having looked is unknown', async () => {
  const place = await openPlace();
  const state = await checkOne(place, MAIN, 'a'.repeat(40), { isOffline: true });
  expect(state).toMatchObject({
    verdict: 'unknown',
    reason: 'it was never looked at with this cache',
    observedAt: null,
  });
});

test('what has moved by an unknown number of commits is told as both', async () => {
  const place = await openPlace();
  const first = await place.commit({ a: '1' });
  const second = await place.commit({ a: '2' });
  const state = await checkOne(place, MAIN, first, {
    run: (argv, options) =>
      argv.includes('fetch')
        ? place.deps.run(['git', 'ls-remote', `file://${place.folder}/nothing`], options)
        : place.deps.run(argv, options),
  });
  expect(state).toMatchObject({ verdict: 'moved', reason: `main is at ${second.slice(0, 12)} now`, distance: null });
  expect(state.findings).toMatchObject([{ code: 'upstream.distance-unknown', severity: 'error' }]);
  expect(state.findings[0]?.text).toMatch(/: how far main is ahead is not known: git cannot reach it: /);
});

test('a host that git has waited for in vain is not waited for again', async () => {
  const place = await openPlace();
  await place.commit({ a: '1' });
  const git = (name: string) => `https://slow.example/tools/${name}.git`;
  const asked: string[] = [];
  const deps = depsOf(place, {
    limit: createHostLimit(1),
    gitTimeoutMs: 300,
    run: (argv, options) => {
      asked.push(argv.join(' '));
      return place.deps.run(['sleep', '30'], options);
    },
  });
  const pins = ['one', 'two', 'three'].map((name) => pinOf({ git: git(name), track: MAIN, commit: null }));
  const states = await checkRecipes(pins, deps);
  expect(states.map(({ verdict }) => verdict)).toEqual(['unknown', 'unknown', 'unknown']);
  expect(states[2]?.upstreams[0]?.reason).toBe('it did not answer git within 0.3 s');
  expect(asked).toHaveLength(1);
});

test('an upstream is asked once, however many recipes have it', async () => {
  const place = await openPlace();
  const commit = await place.commit({ a: '1' });
  place.git('branch', 'dev');
  const asked: (readonly string[])[] = [];
  const deps = depsOf(place, {
    run: (argv, options) => {
      asked.push(argv);
      return place.deps.run(argv, options);
    },
  });
  const tracks: readonly Upstream['track'][] = [MAIN, { kind: 'branch', branch: 'dev' }, { kind: 'none' }, MAIN];
  const states = await checkRecipes(
    tracks.map((track) => pinOf({ git: place.url, track, commit })),
    deps,
  );
  expect(states.map(({ verdict }) => verdict)).toEqual(['current', 'current', 'current', 'current']);
  expect(asked).toHaveLength(1);
});

/** A place whose repository is on a GitHub, as git and the API see it. */
async function openForge() {
  const place = await openPlace();
  const server = await startGitHub();
  const { host } = new URL(server.url);
  const git = `https://${host}/tools/tool.git`;
  const rewrite = configVariables({ [`url.${place.url}.insteadOf`]: git });
  const env = { ...place.deps.env, ...rewrite, GITHUB_API_URL: server.url };
  server.repositories.set('tools/tool', { id: 7, fullName: 'tools/tool' });
  const check = async (commit: string, more: Partial<CheckDeps> = {}, track: Upstream['track'] = MAIN) => {
    const deps = depsOf(place, { env, fetch: globalThis.fetch, ...more });
    const [state] = await checkRecipes([pinOf({ git, track, commit })], deps);
    const [upstream] = state?.upstreams ?? [];
    if (upstream === undefined) throw new Error('one upstream was asked for');
    return upstream;
  };
  return { place, server, git, env, check };
}

test('what GitHub says of a project comes on top', async () => {
  const { place, server, git, check } = await openForge();
  const pinned = await place.commit({ a: '1' });
  expect(await check(pinned)).toMatchObject({ verdict: 'current', project: { id: 7, licence: 'MIT' }, findings: [] });
  await place.commit({ a: '2' });
  server.repositories.set('tools/tool', {
    id: 7,
    fullName: 'tools/better-tool',
    isArchived: true,
    licence: 'BUSL-1.1',
    licences: { [pinned]: 'Apache-2.0' },
  });
  const state = await check(pinned);
  expect(state.verdict).toBe('moved');
  expect(findingsOf(state)).toEqual([
    ['upstream.archived', 'warning', `${git}: it is archived: nothing will be mended there`],
    ['upstream.renamed', 'warning', `${git}: it is called tools/better-tool now`],
    [
      'upstream.licence-changed',
      'warning',
      `${git}: its licence is BUSL-1.1 now; at the pinned commit it was Apache-2.0`,
    ],
  ]);
  server.repositories.set('tools/tool', { id: 8, fullName: 'tools/tool' });
  const replaced = await check(pinned);
  expect(replaced).toMatchObject({
    verdict: 'alarm',
    reason: 'under its name there is another project than on 2026-11-21',
  });
  expect(findingsOf(replaced)).toEqual([
    ['upstream.replaced', 'warning', `${git}: under its name there is another project than on 2026-11-21`],
  ]);
});

test('advisories that concern the pinned version, and those of which it is not known', async () => {
  const { place, server, git, check } = await openForge();
  const advisories = [
    { id: 'GHSA-1', ranges: ['>= 1.0, < 1.2'], summary: 'Escapes \u001b[31m' },
    { id: 'GHSA-2', ranges: ['< 1.0'] },
    { id: 'GHSA-3', ranges: ['all of them'] },
  ];
  server.repositories.set('tools/tool', { id: 7, fullName: 'tools/tool', advisories });
  const pinned = await place.commit({ a: '1' });
  place.git('tag', 'v1.1.0');
  const state = await check(pinned, {}, { kind: 'tag', pattern: 'v*' });
  expect(findingsOf(state)).toEqual([
    ['upstream.advisory', 'warning', `${git}: GHSA-1 (high): Escapes \\u001b[31m; it concerns 1.1.0`],
    ['upstream.advisory', 'note', `${git}: GHSA-3 (high): A hole; whether it concerns what is pinned is not known`],
  ]);
});

test.each([
  [{}, 'warning'],
  [{ GITHUB_TOKEN: 's3cret' }, 'error'],
])('a forge that does not answer leaves what git says, with %o', async (tokens, severity) => {
  const { place, server, git, env, check } = await openForge();
  const pinned = await place.commit({ a: '1' });
  const reply = { status: 403, headers: { 'content-type': 'application/json' }, body: '{"message":"No"}' };
  server.fault = { path: /./, reply };
  const state = await check(pinned, { env: { ...env, ...tokens } });
  expect(state.verdict).toBe('current');
  const text = `${git}: its forge could not be asked: ${new URL(server.url).host} answered 403: No`;
  expect(findingsOf(state)).toEqual([['upstream.project-unknown', severity, text]]);
});

test('neither git nor the forge finds it: gone', async () => {
  const { place, server, check } = await openForge();
  const pinned = await place.commit({ a: '1' });
  const unseen = await check(pinned, { cacheFolder: join(place.folder, 'other-cache'), isOffline: true });
  expect(unseen.verdict).toBe('unknown');
  await check(pinned);
  server.repositories.clear();
  // git is there, the API is not: it may be private.
  expect(await check(pinned)).toMatchObject({ verdict: 'current' });
  place.git('config', 'core.bare', 'maybe');
  expect(await check(pinned)).toMatchObject({
    verdict: 'alarm',
    reason: 'neither git nor the API of its forge finds it: it was deleted, or is private now',
  });
});

const [AMD64, ARM64, RISCV] = ['linux/amd64', 'linux/arm64', 'linux/riscv64'].map(parsePlatform);

test('of an image only the platforms that are used count', async () => {
  const place = await openPlace();
  const registry = await startRegistry();
  const repositories = openRepositories(registry);
  const stored = registry.repository('base');
  const before = seededImage({ platforms: ['linux/amd64', 'linux/arm64', 'linux/riscv64'] });
  seedRepository(stored, before, 'v1');
  const reference: ImageReference = { registry: registry.host, repository: 'base', tag: 'v1', digest: before.digest };
  const uses = (...platforms: readonly (typeof AMD64)[]) => ({
    reference,
    digest: reference.digest,
    platforms: platforms.map((platform) => ({ platform: platform!, digest: null as Digest | null })),
  });
  const check = async (image: PinnedImage, more: Partial<CheckDeps> = {}) => {
    const pinned: Pinned = { recipe: 'tool', place: 'recipes/tool.yaml', upstreams: [], images: [image] };
    const openRepository = ({ repository }: ImageReference) => repositories(repository);
    const [state] = await checkRecipes([pinned], depsOf(place, { openRepository, ...more }));
    return state?.images[0];
  };
  expect(await check(uses(AMD64, ARM64))).toMatchObject({ verdict: 'current', reason: 'it has not moved' });
  const count = registry.requests.length;
  expect(await check(uses(AMD64))).toMatchObject({ verdict: 'current' });
  // One HEAD where nothing has moved.
  expect(registry.requests.slice(count).map(({ method }) => method)).toEqual(['HEAD']);

  // The index moves for arm64 only: its child is another one.
  const other = seededImage({ seed: 2, platforms: ['linux/arm64', 'linux/amd64'] });
  const index = JSON.parse(before.root.bytes.toString()) as { manifests: unknown[] };
  const arm = (JSON.parse(other.root.bytes.toString()) as { manifests: unknown[] }).manifests[0];
  const mixed = Buffer.from(JSON.stringify({ ...index, manifests: [index.manifests[0], arm] }));
  seedRepository(stored, other);
  const mediaType = before.root.mediaType;
  stored.manifests.set(digestOf(mixed), { bytes: mixed, mediaType });
  stored.tags.set('v1', digestOf(mixed));
  expect(await check(uses(AMD64))).toMatchObject({
    verdict: 'current',
    reason: 'only platforms that are not used have moved',
    found: digestOf(mixed),
  });
  expect(await check(uses(AMD64, ARM64))).toMatchObject({
    verdict: 'moved',
    reason: 'there is a newer one for linux/arm64',
    platforms: [
      { platform: 'linux/amd64', verdict: 'current' },
      { platform: 'linux/arm64', verdict: 'moved' },
    ],
  });
  expect(await check(uses(AMD64, RISCV))).toMatchObject({
    verdict: 'alarm',
    reason: 'it is not there any more for linux/riscv64',
  });
  expect(await check({ ...uses(AMD64), digest: null })).toMatchObject({ verdict: 'unpinned' });
  expect(await check(uses(AMD64), { isOffline: true })).toMatchObject({ observedAt: '2026-11-21T12:00:00.000Z' });
  stored.tags.delete('v1');
  expect(await check(uses(AMD64))).toMatchObject({ verdict: 'alarm', found: null });
  await registry.close();
  const lost = await check(uses(AMD64));
  expect(lost).toMatchObject({ verdict: 'unknown', findings: [{ code: 'upstream.image-unknown', severity: 'error' }] });
});
