import { resolve } from 'node:path';
import { findCacheFolder } from '../../cache/cache-folder.ts';
import { ForkwrightError } from '../../errors.ts';
import type { KnownFacts } from '../../lock/known-facts.ts';
import { lookUpImage, type FoundImage } from '../../lock/look-up-image.ts';
import type { LookUps } from '../../lock/look-ups.ts';
import { hashWorkspaceFile, readPatchDate } from '../../lock/read-inputs.ts';
import { formatTrack, upstreamKey } from '../../lock/upstream-key.ts';
import type { Digest } from '../../oci/digest.ts';
import { formatFamiliar, formatReference, type ImageReference } from '../../oci/reference.ts';
import { formatPlatform, type Platform } from '../../platform/platform.ts';
import { readMirrors } from '../../recipe/mirrors.ts';
import { maskCredentials } from '../../recipe/quoted.ts';
import type { Workspace } from '../../recipe/target.ts';
import type { RegistryClient } from '../../registry/registry-client.ts';
import { mirrorRepository } from '../../registry/source/registry-source-mirror.ts';
import type { Refs } from '../../source/list-refs.ts';
import { obtainSource, type SourceDeps } from '../../source/obtain.ts';
import { readSourceFile } from '../../source/read-source-file.ts';
import { requireGit } from '../../source/require-git.ts';
import { askRefs, resolveUpstream, type ResolvedUpstream } from '../../source/resolve-upstream.ts';
import type { Invocation } from '../command.ts';
import { createClient } from '../open-registry.ts';
import { readPackages } from '../read-packages.ts';

export interface OpenLookUps {
  readonly lookUps: LookUps;
  /** The digest that an image's tag points to; null where there is no such tag. Each is asked for once, by a HEAD. */
  readonly findRoot: (reference: ImageReference) => Promise<Digest | null>;
  /** The refs of a repository, which is asked for them once. */
  readonly refsOf: (git: string) => Promise<Refs>;
  /** Closes the connections to registries. */
  readonly close: () => Promise<void>;
}

/** What makes look-ups cheaper for whoever only wants to know whether something is still what it was. */
export interface LookUpHabits {
  /** What need not be asked for. */
  readonly known: KnownFacts;
  /** Asks a repository for its refs. */
  readonly askRefs: (git: string) => Promise<Refs>;
}

/**
 * Gives what asks repositories and registries for a lock, through the mirrors of the environment and the workspace. Each
 * repository is asked for its refs once, and each upstream is resolved once. Throws `workspace.mirrors`, `cache.no-folder`.
 */
export function openLookUps(
  { settings, root }: Workspace,
  invocation: Invocation,
  habits: LookUpHabits | null = null,
): OpenLookUps {
  const { cwd, env, run, signal, progress } = invocation;
  const mirrors = readMirrors(env, settings.mirrors);
  const cacheFolder = resolve(cwd, findCacheFolder(env, process.platform));
  const deps: SourceDeps = { root, cacheFolder, env, run, signal, progress };
  let client: Promise<RegistryClient> | null = null;
  let checked: Promise<void> | null = null;
  const refs = new Map<string, Promise<Refs>>();
  const refsOf = (git: string) => {
    const known = refs.get(git) ?? (habits === null ? askRefs(git, deps) : habits.askRefs(git));
    refs.set(git, known);
    return known;
  };
  const upstreams = new Map<string, Promise<ResolvedUpstream>>();
  const repositoryOf = async (reference: ImageReference) =>
    (await (client ??= createClient(invocation))).repository(mirrorRepository(reference, mirrors));
  const roots = new Map<string, Promise<Digest | null>>();
  const findRoot = (reference: ImageReference) => {
    const name = formatReference(reference);
    const ask = async () =>
      (await (await repositoryOf(reference)).headManifest(reference.tag ?? 'latest'))?.digest ?? null;
    const known = roots.get(name) ?? (reference.digest === null ? ask() : Promise.resolve(reference.digest));
    roots.set(name, known);
    return known;
  };
  return {
    lookUps: {
      upstream: async (upstream) => {
        await (checked ??= requireGit(root, deps));
        const key = upstreamKey(upstream);
        const known = upstreams.get(key) ?? resolveUpstream(upstream, refsOf, deps, habits?.known.commit);
        upstreams.set(key, known);
        return known;
      },
      image: async (reference, platforms) => {
        const known = habits === null ? null : await findKnownImage(reference, platforms, findRoot, habits.known);
        return known ?? lookUpImage(reference, platforms, await repositoryOf(reference));
      },
      upstreamDockerfile: async ({ upstream, patches, build }) => {
        if (upstream === null || build.kind !== 'dockerfile')
          throw new Error('only upstream has a Dockerfile of its own');
        const text = await readSourceFile(await obtainSource(upstream, patches, deps), build.dockerfile, deps);
        if (text !== null) return text;
        throw new ForkwrightError('lock.no-dockerfile', `it has no ${build.dockerfile} at ${upstream.commit}`, {
          place: maskCredentials(upstream.git),
          hint: 'build.dockerfile of the recipe names it',
        });
      },
      fileHash: (path) => hashWorkspaceFile(root, path),
      patchDate: (path) => readPatchDate(root, path),
      packages: (target) => readPackages(target, invocation),
    },
    findRoot,
    refsOf,
    close: async () => (await client)?.close(),
  };
}

/** Null where the name does not stand for what is known. */
async function findKnownImage(
  reference: ImageReference,
  platforms: readonly Platform[],
  findRoot: OpenLookUps['findRoot'],
  known: KnownFacts,
): Promise<FoundImage | null> {
  const name = formatReference(reference);
  const root = known.hasImage(name) ? await findRoot(reference) : null;
  const image = root === null ? null : known.image(name, root, platforms);
  return image === null ? null : { image, listed: [...image.platforms.keys()] };
}

/** Gives look-ups that ask nobody: what would have to be asked for is not locked. They throw `lock.not-locked`. */
export function frozenLookUps(root: string): LookUps {
  const refuse = (what: string) =>
    Promise.reject(
      new ForkwrightError('lock.not-locked', `${what} is not locked`, {
        hint: 'run `forkwright lock` and commit the lock',
      }),
    );
  return {
    upstream: ({ git, track, commit }) => {
      const pinned = commit === null ? '' : ` at ${commit}`;
      return refuse(`upstream ${maskCredentials(git)} ${formatTrack(track)}${pinned}`);
    },
    image: (reference, platforms) =>
      refuse(`image ${formatFamiliar({ ...reference, digest: null })} for ${platforms.map(formatPlatform).join(', ')}`),
    upstreamDockerfile: () => Promise.resolve(null),
    fileHash: (path) => hashWorkspaceFile(root, path),
    patchDate: (path) => readPatchDate(root, path),
    packages: () => Promise.resolve(null),
  };
}
