import { printable } from '../report/printable.ts';
import { WORST_FIRST, type Grade } from '../upstream/health.ts';
import type { Finding } from '../finding.ts';
import type { FleetRow } from './fleet-row.ts';
import { glanceAt, type Cell, type Glance } from './glance.ts';
import { compareLock, type ComparedPart } from './compare-lock.ts';
import type { FleetSignal } from './signals.ts';

/** What the page is made of. */
export interface PageContent {
  /** In the order in which they are shown. */
  readonly rows: readonly FleetRow[];
  /** What is wrong with recipes that therefore have no row, and what could not be found out. */
  readonly faults: readonly Finding[];
  /** ISO 8601. */
  readonly observedAt: string;
}

/** All that the page's template can use; nothing is optional, and every text can be shown. */
export interface PageView {
  readonly observedAt: string;
  /** `2026-11-21 12:00 UTC` */
  readonly observedText: string;
  readonly count: string;
  readonly tally: readonly TallyView[];
  readonly columns: readonly { readonly title: string; readonly isSorted: boolean }[];
  readonly columnCount: number;
  readonly rows: readonly RowView[];
  readonly faults: {
    readonly title: string;
    /** Whether they are few enough to be shown at once. */
    readonly isOpen: boolean;
    readonly list: readonly { readonly place: string; readonly text: string; readonly hint: string }[];
  };
}

interface TallyView {
  readonly grade: Grade;
  readonly symbol: string;
  readonly count: number;
  /** Of the bar, in thousandths of its length. */
  readonly from: number;
  readonly length: number;
}

interface RowView {
  readonly id: string;
  readonly recipe: string;
  readonly version: string;
  readonly description: string;
  readonly file: string;
  readonly grade: Grade;
  readonly symbol: string;
  readonly rank: number;
  readonly reason: string;
  readonly cells: readonly CellView[];
  readonly signals: readonly (FleetSignal & { readonly symbol: string })[];
  readonly parts: readonly ComparedPart[];
  readonly notes: readonly { readonly title: string; readonly text: string }[];
  readonly commits: readonly { readonly commit: string; readonly subject: string }[];
  readonly moreCommits: string;
}

interface CellView {
  readonly title: string;
  readonly text: string;
  /** '' where it is not known. */
  readonly sort: string;
  /** '' where there is nothing to say but the text. */
  readonly grade: string;
  readonly symbol: string;
  /** '' for none. */
  readonly url: string;
}

/** Grades are told by a sign too, not by their colours alone. */
const SYMBOLS: Readonly<Record<Grade, string>> = { good: '✓', fair: '!', poor: '✗', unknown: '?' };
const CELLS: readonly (readonly [keyof Glance, string])[] = [
  ['upstream', 'Upstream age'],
  ['behind', 'Behind'],
  ['base', 'Base age'],
  ['patches', 'Patches'],
  ['platforms', 'Platforms'],
  ['published', 'Published'],
  ['mergeRequest', 'Merge request'],
];
const TITLES = ['Recipe', 'State', ...CELLS.map(([, title]) => title)];
const BAR_LENGTH = 1000;
const SHOWN_COMMITS = 20;
const FAULTS_SHOWN = 3;

/** Gives the view of the page. The same content gives the same view. */
export function makePageView({ rows, faults, observedAt }: PageContent): PageView {
  return {
    observedAt,
    observedText: `${observedAt.slice(0, 10)} ${observedAt.slice(11, 16)} UTC`,
    count: `${rows.length} ${rows.length === 1 ? 'recipe' : 'recipes'}`,
    tally: makeTally(rows),
    columns: TITLES.map((title) => ({ title, isSorted: title === 'State' })),
    columnCount: TITLES.length,
    rows: rows.map(makeRow),
    faults: {
      title: `${faults.length} ${faults.length === 1 ? 'thing' : 'things'} could not be read or found out`,
      isOpen: faults.length <= FAULTS_SHOWN,
      list: faults.map(({ place, text, hint }) => ({
        place: printable(place),
        text: printable(text),
        hint: printable(hint ?? ''),
      })),
    },
  };
}

function makeTally(rows: readonly FleetRow[]): readonly TallyView[] {
  const counts = WORST_FIRST.map((grade) => ({ grade, count: rows.filter((row) => row.grade === grade).length }));
  const at = (count: number) => (rows.length === 0 ? 0 : Math.round((count / rows.length) * BAR_LENGTH));
  let before = 0;
  return counts.map(({ grade, count }) => {
    const from = at(before);
    before += count;
    return { grade, symbol: SYMBOLS[grade], count, from, length: at(before) - from };
  });
}

function makeRow(row: FleetRow): RowView {
  const glance = glanceAt(row);
  const commits = row.upstreams.flatMap((upstream) => upstream.commits);
  const shown = commits.slice(0, SHOWN_COMMITS);
  const known = row.upstreams.reduce((sum, { commitsBehind }) => sum + (commitsBehind ?? 0), 0);
  const more = Math.max(known, commits.length) - shown.length;
  return {
    id: `recipe-${row.recipe}`,
    recipe: printable(row.recipe),
    version: printable(row.version),
    description: printable(row.description),
    file: printable(row.file),
    grade: row.grade,
    symbol: SYMBOLS[row.grade],
    rank: WORST_FIRST.length - WORST_FIRST.indexOf(row.grade),
    reason: printable(row.reason),
    cells: CELLS.map(([key, title]) =>
      makeCell(title, glance[key], key === 'mergeRequest' ? row.mergeRequest.url : null),
    ),
    signals: WORST_FIRST.flatMap((grade) => row.signals.filter((each) => each.grade === grade)).map((each) => ({
      ...each,
      value: printable(each.value),
      reason: printable(each.reason),
      symbol: SYMBOLS[each.grade],
    })),
    parts: compareLock(row),
    notes: listNotes(row),
    commits: shown.map(({ commit, subject }) => ({ commit: commit.slice(0, 12), subject: printable(subject) })),
    moreCommits: more > 0 && shown.length > 0 ? `and ${more} more` : '',
  };
}

function makeCell(title: string, { text, sort, grade }: Cell, url: string | null): CellView {
  const isQuiet = grade === null || grade === 'good';
  return {
    title,
    text: printable(text),
    sort: sort?.toString() ?? '',
    grade: isQuiet ? '' : grade,
    symbol: isQuiet ? '' : SYMBOLS[grade],
    url: webAddress(url),
  };
}

function listNotes({
  file,
  upstreams,
  patches,
  missingPlatforms,
  mergeRequest,
  published,
}: FleetRow): RowView['notes'] {
  const notes = [
    ['Recipe', file],
    ...upstreams.flatMap(({ git, follows, project, observedAt }) => [
      ['Upstream', `${git}, ${follows}`],
      ['Seen', observedAt === null ? 'never' : `${observedAt.slice(0, 10)} ${observedAt.slice(11, 16)} UTC`],
      ['Licence', project === null ? 'not known' : (project.licence ?? 'none that is known')],
    ]),
    ['Patches', patches.length === 0 ? 'none' : patches.map(({ path, state }) => join(path, state)).join(', ')],
    ...(missingPlatforms === null ? [] : [['Platforms of upstream not built', missingPlatforms.join(', ') || 'none']]),
    ['Published', published.reason],
    ['Merge request', join(mergeRequest.reason, mergeRequest.title)],
  ] as const;
  return notes.map(([title = '', text = '']) => ({ title, text: printable(text) }));
}

function join(text: string, more: string | null): string {
  return more === null ? text : `${text} (${more})`;
}

/** '' for what is no address of the web: a link may run nothing. */
function webAddress(url: string | null): string {
  if (url === null || !URL.canParse(url)) return '';
  const parsed = new URL(url);
  return parsed.protocol === 'https:' || parsed.protocol === 'http:' ? parsed.href : '';
}
