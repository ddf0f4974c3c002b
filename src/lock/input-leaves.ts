import type { Digest } from '../oci/digest.ts';
import { compareText } from '../platform/order.ts';
import { formatPlatform } from '../platform/platform.ts';
import { needsEngine } from '../recipe/needs-engine.ts';
import type { Target } from '../recipe/target.ts';
import { keepsGitFolder, usesUpstream } from '../recipe/upstream-context.ts';
import { ATTESTATIONS, OUTPUT_OPTIONS } from '../render/bake.ts';
import { listTargetImages } from '../render/image-uses.ts';
import type { HashedDockerfile } from './hashed-dockerfile.ts';
import { listArtifacts, listWorkspaceFiles } from './list-inputs.ts';
import type { RecipeLock, RegistryImage } from './lock.ts';
import { BUILDERS } from './builders.ts';
import { listArchives, parentOfArchive } from './archive-paths.ts';

/** What decides the image of a target, each fact a leaf: `image docker.io/library/alpine:3.20` is a digest. */
export type Leaves = Readonly<Record<string, string>>;

export interface LeafInput {
  /** Resolved with the lock. */
  readonly target: Target;
  readonly dockerfile: HashedDockerfile;
  readonly lock: Omit<RecipeLock, 'targets'>;
  /** Versions of the target's packages that are locked. */
  readonly packages: ReadonlyMap<string, string>;
  readonly parents: ParentHashes;
}

/** All recipes of the workspace with the input hash of their target of one platform; null where it is not known. */
export type ParentHashes = Pick<ReadonlyMap<string, Digest | null>, 'has' | 'get'>;

/** What stands in for a fact that the lock does not have. */
const OPEN = 'not locked';

/**
 * Gives the leaves of a target: all that decides its image, and nothing else. Not the commit, whose tree is there; not
 * SOURCE_DATE_EPOCH, which follows from what is there and the commit's time; not the digests of other platforms; not tests,
 * runners, or where the image goes.
 */
export function leavesOf({ target, dockerfile, lock, packages, parents }: LeafInput): Leaves {
  const { build, pins, patches, upstream } = target;
  const isNative = !needsEngine(target);
  const leaves = new Map<string, string>([
    ['builder', isNative ? 'native' : 'buildx'],
    ['dockerfile', dockerfile.text],
    ['platform', formatPlatform(target.platform)],
  ]);
  if (!isNative) {
    leaves.set('output', OUTPUT_OPTIONS);
    leaves.set('attestations', ATTESTATIONS.join(' '));
  }
  if (usesUpstream(target)) leaves.set('source tree', pins.upstream?.tree ?? OPEN);
  // Its build can ask git for the commit.
  if (keepsGitFolder(target)) leaves.set('source commit', upstream?.commit ?? OPEN);
  patches.forEach((path, index) => leaves.set(`patch ${index + 1}`, lock.files.get(path) ?? OPEN));
  if (build.kind === 'dockerfile') {
    leaves.set('build dockerfile', build.dockerfile);
    if (build.target !== null) leaves.set('build target', build.target);
    for (const { name, value } of build.args) leaves.set(`build argument ${name}`, value);
  }
  for (const [name, value] of listArtifacts(target)) leaves.set(`artifact ${name}`, value);
  for (const path of listWorkspaceFiles(target, parents)) leaves.set(`file ${path}`, lock.files.get(path) ?? OPEN);
  for (const path of listArchives(target)) {
    const parent = parentOfArchive(path, parents);
    if (parent !== null) leaves.set(`recipe ${parent}`, parents.get(parent) ?? OPEN);
  }
  for (const [name, version] of packages) leaves.set(`package ${name}`, version);
  for (const [name, value] of imageLeaves(target, dockerfile, lock, parents)) leaves.set(name, value);
  return Object.fromEntries([...leaves].toSorted(([a], [b]) => compareText(a, b)));
}

// Of the others, the texts are the recipe's own.
const LOCKED_LEAF = /^(?:image|builder|recipe|file|patch|source) /;

/** Lists the leaves that the lock does not have: what they stand for may be something else tomorrow. */
export function listOpenLeaves(leaves: Leaves): readonly string[] {
  return Object.entries(leaves).flatMap(([name, value]) =>
    LOCKED_LEAF.test(name) && value.includes(OPEN) ? [name] : [],
  );
}

/** The name of a package that is perhaps asked for with a version: `tar=1.35-r2`. */
export function packageName(wanted: string): string {
  return wanted.replace(/[=~<>].*$/, '');
}

function imageLeaves(
  target: Target,
  { rendered }: HashedDockerfile,
  lock: LeafInput['lock'],
  parents: LeafInput['parents'],
): ReadonlyMap<string, string> {
  const leaves = new Map<string, string>();
  // Several digests for one name, where a recipe has the name with two of them.
  const add = (name: string, value: string) => leaves.set(name, [leaves.get(name), value].filter(Boolean).join(' '));
  const platform = formatPlatform(target.platform);
  const addUse = (key: string, isOnBuilder: boolean) => {
    const locked = lock.images.get(key);
    const name = key.replace(/@.*$/, '');
    if (locked === undefined) add(`image ${name}`, OPEN);
    else if (locked.kind === 'recipe') leaves.set(`recipe ${locked.recipe}`, parents.get(locked.recipe) ?? OPEN);
    else if (!isOnBuilder) add(`image ${name}`, locked.platforms.get(platform)?.digest ?? OPEN);
    else
      for (const each of builderPlatforms(locked))
        add(`builder ${name} ${each}`, locked.platforms.get(each)?.digest ?? OPEN);
  };
  const own = listTargetImages(target, rendered);
  for (const { key, isOnBuilder } of own) addUse(key, isOnBuilder);
  if (target.build.kind !== 'dockerfile') return leaves;
  // Upstream's own Dockerfile says what for, and it may be both.
  const ofUpstream = [...lock.images.keys()].filter((key) => !own.some((use) => use.key === key));
  for (const key of ofUpstream) {
    const locked = lock.images.get(key);
    if (locked?.kind === 'recipe' || locked?.platforms.has(platform) === true) addUse(key, false);
    addUse(key, true);
  }
  return leaves;
}

function builderPlatforms({ platforms }: RegistryImage): readonly string[] {
  return BUILDERS.map(formatPlatform).filter((platform) => platforms.has(platform));
}
