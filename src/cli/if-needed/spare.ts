import pMap from 'p-map';
import type { BuiltArchive } from '../../build/built-archive.ts';
import type { Finding } from '../../finding.ts';
import { parseReference } from '../../oci/reference.ts';
import { formatPlatform } from '../../platform/platform.ts';
import { writeInputRecord } from '../../plan/input-record-file.ts';
import type { Target } from '../../recipe/target.ts';
import type { Invocation } from '../command.ts';
import type { Need, ToBuild } from './find-needs.ts';
import { fetchTarget } from './fetch.ts';
import { asReason } from './reason.ts';
import type { RecordRegistries } from './registry.ts';

/** A target that need not be built, and its archive in out/. */
export interface SparedTarget {
  readonly target: Target;
  readonly archive: BuiltArchive;
  readonly state: 'unchanged' | 'fetched';
  readonly reason: string;
}

export interface Spared {
  readonly spared: readonly SparedTarget[];
  /** What has to be built after all, among what had to be anyway. */
  readonly toBuild: readonly ToBuild[];
  /** Of what could not be fetched. */
  readonly findings: readonly Finding[];
}

/**
 * Brings what is published into out/, several at once, and brings records up to date. What cannot be fetched is to be built,
 * with a warning. Throws `archive.write-failed`, and the signal's reason.
 */
export async function spareTargets(
  needs: readonly Need[],
  parallel: number,
  registries: RecordRegistries,
  invocation: Invocation,
): Promise<Spared> {
  const done = await pMap(needs, (need) => spareTarget(need, registries, invocation), { concurrency: parallel });
  return {
    spared: done.flatMap((each) => (each.state === 'built' ? [] : each)),
    toBuild: done.flatMap((each) => (each.state === 'built' ? each : [])),
    findings: done.flatMap((each) => ('finding' in each ? each.finding : [])),
  };
}

async function spareTarget(
  need: Need,
  registries: RecordRegistries,
  invocation: Invocation,
): Promise<SparedTarget | ToBuild | (ToBuild & { readonly finding: Finding })> {
  const { target, known } = need;
  switch (need.state) {
    case 'built':
      return need;
    case 'unchanged': {
      const { stored, record, state, reason } = need;
      const { path, digest, sizeBytes } = stored;
      if (stored.record?.inputHash !== record.inputHash) {
        await writeInputRecord(invocation.root, target, { digest, record });
      }
      return { target, archive: { platform: target.platform, path, digest, sizeBytes, findings: [] }, state, reason };
    }
    case 'fetched': {
      const { from, state, reason } = need;
      try {
        const repository = await registries.open(parseReference(from.image.name));
        return { target, archive: await fetchTarget(target, from, repository, invocation), state, reason };
      } catch (error) {
        const why = asReason(error, invocation.signal);
        const text = `the image for ${formatPlatform(target.platform)} could not be fetched, so it is built: ${why}`;
        const place = from.image.name;
        const finding: Finding = { code: 'build.not-fetched', severity: 'warning', place, text, hint: null };
        return { target, known, state: 'built', reason: `${reason}, and could not be fetched`, finding };
      }
    }
  }
}
