import { printable } from '../report/printable.ts';
import type { Style } from '../report/style.ts';
import { formatTable } from '../report/table.ts';
import { formatDays } from '../upstream/health.ts';
import { describeTrack } from '../upstream/judge-upstream.ts';
import type { RecipeState, UpstreamState, Verdict } from '../upstream/state.ts';

const MOST_SUBJECTS = 5;
const SUBJECT_LENGTH = 90;
const DAY_MS = 24 * 60 * 60 * 1000;
const VERDICTS: readonly Verdict[] = ['alarm', 'unknown', 'moved', 'unpinned', 'current'];

/** Counts the upstreams and images of each verdict. */
export function countVerdicts(parts: readonly { readonly verdict: Verdict }[]): Readonly<Record<Verdict, number>> {
  const count = (wanted: Verdict) => parts.filter(({ verdict }) => verdict === wanted).length;
  return {
    current: count('current'),
    moved: count('moved'),
    unpinned: count('unpinned'),
    alarm: count('alarm'),
    unknown: count('unknown'),
  };
}

/** Shows what has moved: a line per upstream and image, the subjects of new commits, and a line with the sums. */
export function formatCheck(states: readonly RecipeState[], nowMs: number, style: Style): string {
  const rows = states.flatMap(({ recipe, upstreams, images }) => {
    const parts = [
      ...upstreams.map((each) => ({ ...each, what: nameUpstream(each) })),
      ...images.map((each) => ({ ...each, what: each.name })),
    ];
    return parts.map(({ what, verdict, reason, observedAt }, index) => [
      index === 0 ? recipe : '',
      printable(what),
      paint(verdict, style),
      printable(reason),
      formatSeen(observedAt, nowMs),
    ]);
  });
  const columns = ['recipe', 'built from', 'state', 'reason', ''].map((title) => ({ title, align: 'left' as const }));
  const table = rows.length === 0 ? '' : formatTable(columns, rows);
  const subjects = states.flatMap(({ recipe, upstreams }) => upstreams.flatMap((each) => listSubjects(recipe, each)));
  const counts = countVerdicts(states.flatMap(({ upstreams, images }) => [...upstreams, ...images]));
  const sums = VERDICTS.filter((verdict) => counts[verdict] > 0).map((verdict) => `${counts[verdict]} ${verdict}`);
  const last = sums.length === 0 ? 'nothing is followed' : sums.join(', ');
  return [table, ...subjects, `${last}\n`].filter((part) => part !== '').join('\n');
}

function nameUpstream({ git, track }: UpstreamState): string {
  const short = git.replace(/^https?:\/\//, '').replace(/\.git$/, '');
  return `${short} ${describeTrack(track)}`;
}

/** Nothing for what was seen just now. */
function formatSeen(observedAt: string | null, nowMs: number): string {
  if (observedAt === null) return 'never seen';
  const ageMs = nowMs - Date.parse(observedAt);
  if (ageMs < 2 * 60_000) return '';
  if (ageMs < 2 * 60 * 60_000) return `seen ${Math.round(ageMs / 60_000)} minutes ago`;
  if (ageMs < 2 * DAY_MS) return `seen ${Math.round(ageMs / (60 * 60_000))} hours ago`;
  return `seen ${formatDays(Math.floor(ageMs / DAY_MS))} ago`;
}

function listSubjects(recipe: string, { distance }: UpstreamState): readonly string[] {
  if (distance === null || distance.commits.length === 0) return [];
  const { commits, ahead } = distance;
  const lines = commits.slice(0, MOST_SUBJECTS).map(({ commit, subject }) => {
    const plain = printable(subject);
    const shown = plain.length > SUBJECT_LENGTH ? `${plain.slice(0, SUBJECT_LENGTH - 1)}…` : plain;
    return `  ${commit.slice(0, 12)} ${shown}\n`;
  });
  const rest = (ahead ?? commits.length) - lines.length;
  return [`${recipe}: new commits\n${lines.join('')}${rest > 0 ? `  … and ${rest} more\n` : ''}`];
}

function paint(verdict: Verdict, style: Style): string {
  switch (verdict) {
    case 'alarm':
      return style.error(verdict);
    case 'unknown':
      return style.note(verdict);
    case 'moved':
      return style.warning(verdict);
    case 'unpinned':
      return style.faint(verdict);
    case 'current':
      return style.good(verdict);
  }
}
