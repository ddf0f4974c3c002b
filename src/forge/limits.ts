import type { Proposal, ProposalPolicy, ScheduleWindow } from './proposal.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

/** Says why something is not to be written at a time, null where it may be. `nowMs`: milliseconds since 1970. */
export function findClosedSchedule({ schedule }: ProposalPolicy, nowMs: number): string | null {
  if (schedule.length === 0 || schedule.some((window) => isWithin(window, nowMs))) return null;
  return `the schedule leaves it for ${schedule.map(describeWindow).join(' or ')}`;
}

/** Says why a proposal is still too fresh, null where it is not. `nowMs`: milliseconds since 1970. */
export function findCoolDown(
  { movedAt }: Pick<Proposal, 'movedAt'>,
  { coolDownDays }: ProposalPolicy,
  nowMs: number,
): string | null {
  const untilMs = movedAt === null ? Number.NaN : Date.parse(movedAt) + coolDownDays * DAY_MS;
  if (coolDownDays === 0 || !(untilMs > nowMs)) return null;
  return `what moved is to be ${coolDownDays === 1 ? 'a day' : `${coolDownDays} days`} old first, which is on ${new Date(untilMs).toISOString().slice(0, 10)}`;
}

/** Counts merge requests against the limits of a run: how many are open, how many were made. */
export function countRequests(policy: ProposalPolicy, open: number) {
  let [isOpen, made] = [open, 0];
  return {
    /** Says why no other one may be opened, null where it may. */
    findLimit: (): string | null => {
      if (policy.maxOpen !== null && isOpen >= policy.maxOpen) {
        return `${isOpen} merge requests are open, and no more than ${policy.maxOpen} may be`;
      }
      if (policy.maxNew !== null && made >= policy.maxNew) {
        return `this run makes no more than ${policy.maxNew} new ones`;
      }
      return null;
    },
    add: (): void => {
      [isOpen, made] = [isOpen + 1, made + 1];
    },
  };
}

function isWithin({ days, fromHour, toHour }: ScheduleWindow, nowMs: number): boolean {
  const now = new Date(nowMs);
  const [day, hour] = [now.getUTCDay(), now.getUTCHours()];
  if (fromHour < toHour) return days.includes(day) && hour >= fromHour && hour < toHour;
  // Over midnight: what is early in the morning belongs to the day before.
  return (days.includes(day) && hour >= fromHour) || (days.includes((day + 6) % 7) && hour < toHour);
}

function describeWindow({ days, fromHour, toHour }: ScheduleWindow): string {
  const names = days.length === 7 ? 'every day' : days.map((day) => DAYS[day] ?? String(day)).join(', ');
  return `${names} from ${fromHour} to ${toHour} UTC`;
}
