import type { BuiltArchive } from '../../build/built-archive.ts';
import { writeInputRecord } from '../../plan/input-record-file.ts';
import type { KnownInputs } from '../../plan/known-inputs.ts';
import type { InputRecord } from '../../plan/record.ts';
import { needsEngine } from '../../recipe/needs-engine.ts';
import type { Target } from '../../recipe/target.ts';
import type { Invocation } from '../command.ts';
import { confirmParents, type ConfirmedParents } from './parents.ts';
import type { RecordRegistries } from './registry.ts';
import { readPackages } from '../read-packages.ts';

/** How this run builds, as far as it is not what locks say. */
export interface BuildCircumstances {
  /** SOURCE_DATE_EPOCH of the environment; null where it is not set. */
  readonly givenEpoch: number | null;
  readonly usesEngine: (target: Target) => boolean;
}

/** What is known of a target before it is built. */
export interface InputClaim {
  readonly known: KnownInputs;
  readonly parents: ConfirmedParents;
}

/** Takes from what is known what this run would build otherwise. */
export function underCircumstances(
  target: Target,
  known: KnownInputs,
  { givenEpoch, usesEngine }: BuildCircumstances,
): KnownInputs {
  if (known.record === null) return known;
  if (givenEpoch !== null && givenEpoch !== (target.pins.epochSeconds ?? 0)) {
    return { record: null, why: 'SOURCE_DATE_EPOCH is not what the lock has' };
  }
  if (usesEngine(target) && !needsEngine(target)) {
    return { record: null, why: 'it is built with buildx, as asked for, and not by the native builder' };
  }
  return known;
}

/** Looks what a target is going to be built on. */
export async function claimInputs(
  target: Target,
  known: KnownInputs,
  registries: RecordRegistries,
  invocation: Invocation,
): Promise<InputClaim> {
  const parents = known.record === null ? [] : known.parents;
  return { known, parents: await confirmParents(parents, target.platform, registries, invocation) };
}

/**
 * Writes what a target was built from beside its archive, and gives null; where that is not certain, gives why. Throws
 * `archive.write-failed`.
 */
export async function keepInputs(
  target: Target,
  archive: BuiltArchive,
  { known, parents }: InputClaim,
  registries: RecordRegistries,
  invocation: Invocation,
): Promise<string | null> {
  if (known.record === null) return known.why;
  if ('why' in parents) return parents.why;
  // A tag may have moved meanwhile.
  const after = await confirmParents(known.parents, target.platform, registries, invocation);
  if ('why' in after) return after.why;
  if (after.digests.join(' ') !== parents.digests.join(' '))
    return 'an image that it is built on has changed meanwhile';
  const strange = await findOtherPackage(target, known.record, invocation);
  if (strange !== null) return strange;
  await writeInputRecord(invocation.root, target, { digest: archive.digest, record: known.record });
  return null;
}

const PACKAGE = 'package ';

/**
 * Says which package in the archive of a target has not the version that leaves say; null where all have. Without locked
 * versions nothing is read.
 */
export async function findOtherPackage(
  target: Target,
  { leaves }: InputRecord,
  invocation: Pick<Invocation, 'root' | 'signal'>,
): Promise<string | null> {
  const wanted = Object.entries(leaves).filter(([name]) => name.startsWith(PACKAGE));
  if (wanted.length === 0) return null;
  const packages = await readPackages(target, invocation);
  for (const [name, version] of wanted) {
    const found = packages?.get(name.slice(PACKAGE.length)) ?? 'not there';
    if (found !== version) return `${name} is locked as ${version}, and is ${found}`;
  }
  return null;
}

/** Gives a record without the versions of packages. */
export function withoutPackages({ leaves }: InputRecord): InputRecord['leaves'] {
  return Object.fromEntries(Object.entries(leaves).filter(([name]) => !name.startsWith(PACKAGE)));
}
