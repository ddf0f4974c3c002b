import { known } from '../../src/fleet/asked.ts';
import type { ForkFacts } from '../../src/fleet/fork-facts.ts';
import { inputHash } from '../../src/lock/input-hash.ts';
import { EMPTY_LOCK, type LockedUpstream, type RecipeLock } from '../../src/lock/lock.ts';
import type { Digest } from '../../src/oci/digest.ts';
import { parseReference } from '../../src/oci/reference.ts';
import { makeRecord } from '../../src/plan/record.ts';
import type { PublishedImage } from '../../src/plan/published-image.ts';
import type { ResolvedRecipe } from '../../src/recipe/target.ts';
import type { ImageState, Project, UpstreamState } from '../../src/upstream/state.ts';
import { GO_BUILD, makeRecipe, makeTarget, UPSTREAM } from './workspace-values.ts';

export const NOW_MS = Date.parse('2026-11-21T12:00:00Z');
const DAY_MS = 86_400_000;
const SEEN = '2026-11-21T11:58:00.000Z';
const BASE = 'alpine:3.20';

export const COMMIT = '3385f1bfe8d491169b054e4417f570c30f6325df';
export const NEWER = '2d5b6cb0e6a1f9d4b1fc3fd1dd8b6a4f5e7c8d9e';
export const GIT = 'https://git.example.org/tools/tool.git';

/** A digest of one digit, repeated. */
export function digest(digit: string): Digest {
  return `sha256:${digit.repeat(64)}`;
}

export function daysAgo(days: number): number {
  return (NOW_MS - days * DAY_MS) / 1000;
}

export const PROJECT: Project = {
  forge: 'github',
  id: 7,
  name: 'tools/tool',
  url: 'https://git.example.org/tools/tool',
  defaultBranch: 'main',
  isArchived: false,
  licence: 'MIT',
  releases: [],
  advisories: [],
};

export function upstreamState(values: Partial<UpstreamState> = {}): UpstreamState {
  return {
    git: GIT,
    track: UPSTREAM.track,
    pinned: COMMIT,
    verdict: 'current',
    reason: 'main is what is pinned',
    observedAt: SEEN,
    found: { ref: 'refs/heads/main', commit: COMMIT },
    distance: null,
    newestTag: null,
    project: PROJECT,
    findings: [],
    ...values,
  };
}

export function imageState(values: Partial<ImageState> = {}): ImageState {
  return {
    name: BASE,
    verdict: 'current',
    reason: 'it has not moved',
    observedAt: SEEN,
    pinned: digest('1'),
    found: digest('1'),
    platforms: ['linux/amd64', 'linux/arm64'].map((platform, index) => ({
      platform,
      pinned: digest(`${index + 2}`),
      found: digest(`${index + 2}`),
      verdict: 'current',
    })),
    findings: [],
    ...values,
  };
}

export interface FactValues extends Partial<Omit<ForkFacts, 'recipe'>> {
  readonly name?: string;
  readonly recipe?: Partial<ResolvedRecipe>;
  readonly platforms?: readonly string[];
  readonly patches_?: readonly string[];
  /** When the locked commit and the locked base were made, in days before now. */
  readonly commitDays?: number;
  readonly baseDays?: number;
  readonly locked?: Partial<LockedUpstream>;
}

const LEAVES = { dockerfile: 'FROM alpine:3.20\n', platform: 'linux/amd64', 'source tree': 'a'.repeat(40) };

/** What is published of a recipe: by platform the leaves that each was built from, null where nothing says it. */
export function publishedImage(
  platforms: Readonly<Record<string, Readonly<Record<string, string>> | null>>,
  name = 'registry.example.org/tool:1.2.3',
): PublishedImage {
  const targets = Object.entries(platforms).map(([platform, leaves], index) => {
    const record = leaves === null ? null : makeRecord(leaves);
    return [platform, { digest: digest(`${index + 4}`), record }] as const;
  });
  return { name, digest: digest('9'), platforms: new Map(targets) };
}

export { LEAVES };

/** A recipe with which all is well: one upstream, one base, two platforms, all locked and published as it is. */
export function makeFacts({ name = 'tool', recipe = {}, patches_ = [], ...values }: FactValues = {}): ForkFacts {
  const { platforms = ['linux/amd64', 'linux/arm64'], commitDays = 30, baseDays = 20, locked = {}, ...facts } = values;
  const upstream: LockedUpstream = {
    commit: COMMIT,
    tree: 'a'.repeat(40),
    epochSeconds: daysAgo(commitDays),
    ref: 'refs/heads/main',
    version: '3385f1bfe8d4',
    ...locked,
  };
  const created = (digit: string) => ({ digest: digest(digit), createdSeconds: daysAgo(baseDays) });
  const lock: RecipeLock = {
    ...EMPTY_LOCK,
    images: new Map([
      [
        'docker.io/library/alpine:3.20',
        {
          kind: 'registry',
          index: digest('1'),
          platforms: new Map(platforms.map((platform, index) => [platform, created(`${index + 2}`)])),
        },
      ],
    ]),
  };
  const targets = platforms.map((platform) =>
    makeTarget({
      recipe: name,
      platform,
      upstream: UPSTREAM,
      build: GO_BUILD,
      patches: patches_,
      image: { base: { type: 'image', reference: parseReference(BASE) } },
      pins: { upstream, images: new Map(), epochSeconds: null },
    }),
  );
  const leaves = (platform: string) => ({ ...LEAVES, platform });
  return {
    recipe: makeRecipe(targets, { lock, description: 'Copies files', ...recipe }),
    state: { recipe: name, verdict: 'current', upstreams: [upstreamState()], images: [imageState()] },
    upstreams: [{ newestSeconds: known(daysAgo(commitDays)), hasForge: true }],
    inputs: new Map(
      platforms.map((platform) => [
        platform,
        { leaves: leaves(platform), inputHash: inputHash(leaves(platform)), open: [] },
      ]),
    ),
    lockFaults: [],
    patches: { state: 'not-asked', reason: '--patches tries them' },
    theirPlatforms: { state: 'not-asked', reason: "the recipe names no image of upstream's" },
    published: known(publishedImage(Object.fromEntries(platforms.map((platform) => [platform, leaves(platform)])))),
    proposal: known(null),
    ...facts,
  };
}
