import { WEEKDAYS, type ProposeFields } from './propose-schema.ts';

/** News that are passed over. */
export interface IgnoreRule {
  /** Name with `*` for any characters; null for all recipes. */
  readonly recipe: string | null;
  /** `upstream`, `base` for all images, or an image's name with `*` for any characters. */
  readonly what: string;
  /** A semver range, the beginning of a commit, or a digest; null for all. */
  readonly versions: string | null;
  /** `2027-01-01`, in UTC: from that day on the rule does not hold; null for one that holds for good. */
  readonly until: string | null;
  readonly because: string | null;
}

/** When merge requests are made and changed, in UTC. */
export interface ProposeSchedule {
  /** 0 is Sunday, as Date counts. */
  readonly days: readonly number[];
  /** The first hour. */
  readonly fromHour: number;
  /** The hour that is the first one outside; not above `fromHour` where the span goes over midnight, to the next day. */
  readonly toHour: number;
}

/** What forkwright.yaml says about merge requests. */
export interface ProposeSettings {
  /** `https://gitlab.example.com/repos/forks`, or the path alone; null for the project of the pipeline. */
  readonly project: string | null;
  /** Null for the project's default branch. */
  readonly targetBranch: string | null;
  readonly branchPrefix: string;
  readonly labels: readonly string[];
  readonly maxOpen: number;
  readonly maxNew: number;
  readonly coolDownDays: number;
  /** Null for always. */
  readonly schedule: ProposeSchedule | null;
  readonly groupsByBase: boolean;
  readonly ignore: readonly IgnoreRule[];
}

/** Gives what the section `propose` says, with what holds where it says nothing. */
export function resolvePropose(fields: ProposeFields | undefined): ProposeSettings {
  const { project, targetBranch, branchPrefix, labels, maxOpen, maxNew, coolDownDays, schedule } = fields ?? {};
  return {
    project: project ?? null,
    targetBranch: targetBranch ?? null,
    branchPrefix: branchPrefix ?? 'forkwright/',
    labels: [...new Set(labels)],
    maxOpen: maxOpen ?? 10,
    maxNew: maxNew ?? 5,
    coolDownDays: coolDownDays ?? 0,
    schedule: schedule === undefined ? null : resolveSchedule(schedule),
    groupsByBase: fields?.groupByBase ?? false,
    ignore: (fields?.ignore ?? []).map(({ recipe, what, versions, until, because }) => ({
      recipe: recipe ?? null,
      what,
      versions: versions ?? null,
      until: until ?? null,
      because: because ?? null,
    })),
  };
}

function resolveSchedule({ days, hours }: NonNullable<ProposeFields['schedule']>): ProposeSchedule {
  const [fromHour = 0, toHour = 24] = (hours ?? '0-24').split('-').map(Number);
  const isMeant = (day: (typeof WEEKDAYS)[number]) => days === undefined || days.includes(day);
  return { days: WEEKDAYS.flatMap((day, index) => (isMeant(day) ? [index] : [])), fromHour, toHour };
}
