import type { OpenProposal } from '../forge/proposal.ts';
import { formatDays } from '../upstream/health.ts';
import { daysBetween } from './age.ts';
import type { Asked } from './asked.ts';
import type { MergeRequestRow } from './fleet-row.ts';
import { gradeBy, LIMITS, signal, type FleetSignal } from './signals.ts';

/** Gives what is known of the merge request of a recipe. `nowMs` since 1970. */
export function describeMergeRequest(proposal: Asked<OpenProposal | null>, nowMs: number): MergeRequestRow {
  const nothing = { iid: null, url: null, title: null, ageDays: null };
  if (proposal.state !== 'known') return { state: proposal.state, ...nothing, reason: proposal.reason };
  if (proposal.value === null) return { state: 'none', ...nothing, reason: 'none is open' };
  const { iid, url, title, createdAt } = proposal.value;
  const createdMs = Date.parse(createdAt);
  const ageDays = Number.isNaN(createdMs) ? null : daysBetween(createdMs, nowMs);
  const reason =
    ageDays === null ? `since when !${iid} is open is not known` : `!${iid} has been open for ${formatDays(ageDays)}`;
  return { state: 'there', iid, url, title, ageDays, reason };
}

/** Gives the sign of the merge request; none where nobody was asked. */
export function gradeMergeRequest({ state, iid, ageDays, reason }: MergeRequestRow): readonly FleetSignal[] {
  switch (state) {
    case 'not-asked':
      return [];
    case 'unknown':
      return [signal('merge request', 'unknown', 'unknown', reason)];
    case 'none':
      return [signal('merge request', 'good', 'none', reason)];
    case 'there':
      return [
        signal(
          'merge request',
          ageDays === null ? 'unknown' : gradeBy(LIMITS.proposalAge, ageDays),
          `!${iid ?? ''}`,
          reason,
        ),
      ];
  }
}
