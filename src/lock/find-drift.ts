import type { Finding } from '../finding.ts';
import { diffLocks, type LockChange } from './diff-locks.ts';
import { lockPath, type RecipeLock } from './lock.ts';
import type { MadeLock } from './make-locks.ts';

/**
 * Finds where a lock and its recipe differ, for a lock that must not be changed: what is not locked, what is locked and not
 * used, and what is locked otherwise than it is. `made` is what the lock would be.
 */
export function findDrift({ recipe, lock, failures }: MadeLock, before: RecipeLock | null): readonly Finding[] {
  const { name, file } = recipe;
  const hint = `run \`forkwright lock ${name}\` and commit ${lockPath(name)}`;
  if (before === null) {
    return [{ code: 'lock.missing', severity: 'error', place: file, text: 'there is no lock, and it is frozen', hint }];
  }
  const ofInputs = failures.map(({ code, place, message, hint: own }): Finding => ({
    code,
    severity: 'error',
    place: place ?? file,
    text: message,
    hint: code === 'lock.not-locked' ? hint : (own ?? hint),
  }));
  // What follows from the rest is worth a word only where the rest is whole.
  const after = failures.length === 0 ? lock : { ...lock, targets: before.targets };
  const named = (change: LockChange) => !failures.some(({ message }) => message.includes(change.what));
  const changes = diffLocks(before, after).filter(named);
  return [...ofInputs, ...changes.map((change) => describe(change, lockPath(name), hint))];
}

function describe({ what, old, new: fresh }: LockChange, place: string, hint: string): Finding {
  if (fresh === null) {
    return { code: 'lock.unused', severity: 'error', place, text: `${what} is locked (${old}) and not used`, hint };
  }
  if (old === null) {
    return { code: 'lock.not-locked', severity: 'error', place, text: `${what} is not locked; it is ${fresh}`, hint };
  }
  const text = `${what} is locked as ${old}, and is ${fresh}`;
  return { code: 'lock.changed', severity: 'error', place, text, hint };
}
