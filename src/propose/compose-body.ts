import { formatTrack } from '../lock/upstream-key.ts';
import { maskCredentials } from '../recipe/quoted.ts';
import type { UpstreamState } from '../upstream/state.ts';
import type { Change, RecipeChange } from './change.ts';
import { compareLink } from './compare-link.ts';
import { codeSpan, escapeMarkdown } from './escape-markdown.ts';
import { markdownTable } from './markdown-table.ts';
import type { UpstreamNews } from './news.ts';

const MAX_COMMITS = 20;
const MAX_WARNINGS = 20;

/**
 * Gives the description of a merge request: why it is there, what is new, what is to be looked at, what will be built. The
 * same change gives the same text; everything that comes from outside is escaped.
 */
export function composeBody(change: Change): string {
  const sections = [
    describeReason(change),
    section('Warnings', listWarnings(change)),
    ...change.recipes.flatMap((each) => each.news.upstreams.map((news) => describeUpstream(news, each))),
    section('Images', describeImages(change)),
    section('Patches', describePatches(change)),
    section('Packages', describePackages(change)),
    section('What will be rebuilt', describeRebuilds(change)),
    section('Passed over', listPassedOver(change)),
    FOOT,
  ];
  return sections.filter((text) => text !== '').join('\n');
}

const FOOT = `---

Made by \`forkwright propose\`, which writes it anew when there is more news. It leaves branches alone that somebody else has
committed to. Closed, it stays closed until there is something else to propose.
`;

function section(title: string, text: string): string {
  return text === '' ? '' : `### ${title}\n\n${text}`;
}

function describeReason({ recipes, dependents }: Change): string {
  const names = spans(recipes.map(({ recipe }) => recipe));
  const hasUpstream = recipes.some(({ news }) => news.upstreams.length > 0);
  const hasImage = recipes.some(({ news }) => news.images.length > 0);
  const what = [...(hasUpstream ? ['upstream'] : []), ...(hasImage ? ['images'] : [])].join(' and ');
  const lead = `What ${names} ${recipes.length === 1 ? 'is' : 'are'} built from has moved: ${what}.`;
  if (dependents.length === 0) return `${lead}\n`;
  return `${lead} What is built on it is locked anew with it: ${spans(dependents)}.\n`;
}

/** Without what could not be asked for: that comes and goes with the network, and the text with it. */
function listWarnings({ recipes }: Change): string {
  const findings = recipes.flatMap(({ upstreams, images }) =>
    [...upstreams, ...images].flatMap((each) => each.findings),
  );
  const told = findings.filter(({ code, severity }) => severity === 'warning' && !code.endsWith('-unknown'));
  const lines = told.map(({ text, hint }) => {
    return `- ${escapeMarkdown(text, 400)}${hint === null ? '' : ` (${escapeMarkdown(hint, 400)})`}\n`;
  });
  return cutLines([...new Set(lines)], MAX_WARNINGS);
}

function describeUpstream(news: UpstreamNews, { recipe, upstreams }: RecipeChange): string {
  const [git = '', ...track] = news.key.split(' ');
  const states = upstreams.filter((each) => `${each.git} ${formatTrack(each.track)}` === maskCredentials(news.key));
  // A recipe can name several commits of what it follows.
  const state = states.find(({ pinned }) => pinned === news.old.commit) ?? states[0];
  const followed = escapeMarkdown(track.join(' '));
  const row = [codeSpan(maskCredentials(git)), followed, nameCommit(news.old), nameCommit(news.new)];
  const table = markdownTable(['upstream', 'followed', 'was', 'is'], [row]);
  return section(`Upstream of ${codeSpan(recipe)}`, `${table}\n${describeCommits(news, git, state ?? null)}`);
}

function nameCommit({ commit, version }: UpstreamNews['new']): string {
  const short = commit.slice(0, 12);
  return version === short ? codeSpan(short) : `${escapeMarkdown(version)} (${codeSpan(short)})`;
}

function describeCommits(news: UpstreamNews, git: string, state: UpstreamState | null): string {
  const { old, new: fresh } = news;
  const link = compareLink(git, state?.project?.forge ?? null, old.commit, fresh.commit);
  const linked = link === null ? '' : `[Compare the two commits](${link}).`;
  const isSame = state?.found?.commit === fresh.commit && state.pinned === old.commit;
  const distance = isSame ? state.distance : null;
  if (distance === null) return `${linked === '' ? 'What lies between them is not known.' : linked}\n`;
  const { ahead, behind, commits } = distance;
  const counts = [
    ahead === null ? '' : `${ahead} new commit${ahead === 1 ? '' : 's'}.`,
    behind === null || behind === 0 ? '' : `${behind} of the old one are not in the new one.`,
  ];
  const lead = [...counts, linked].filter((text) => text !== '').join(' ');
  const shown = commits.slice(0, MAX_COMMITS);
  const lines = shown.map(({ commit, subject }) => `- ${codeSpan(commit.slice(0, 12))} ${escapeMarkdown(subject)}\n`);
  const rest = (ahead ?? commits.length) - shown.length;
  const more = rest > 0 ? `- … and ${rest} more\n` : '';
  return `${lead === '' ? '' : `${lead}\n`}${lines.length === 0 ? '' : `\n${lines.join('')}${more}`}`;
}

function describeImages({ recipes }: Change): string {
  const rows = recipes.flatMap(({ news }) =>
    news.images.flatMap(({ name, platforms }) =>
      platforms.map((each) => [codeSpan(name), codeSpan(each.platform), nameDigest(each.old), nameDigest(each.new)]),
    ),
  );
  const table = markdownTable(['image', 'platform', 'was', 'is'], uniqueRows(rows));
  const lines = recipes.flatMap(({ platforms }) =>
    platforms.flatMap(({ image, appeared, vanished }) => [
      ...(appeared.length === 0 ? [] : [`- ${codeSpan(image)} also has ${spans(appeared)} now\n`]),
      ...(vanished.length === 0 ? [] : [`- ${codeSpan(image)} has ${spans(vanished)} no more\n`]),
    ]),
  );
  const unique = [...new Set(lines)].join('');
  return unique === '' ? table : `${table}\n${unique}`;
}

function nameDigest(digest: string | null): string {
  return digest === null ? '—' : codeSpan(digest.slice(0, 'sha256:'.length + 12));
}

const FATES = {
  applies: 'applies',
  merged: 'is merged upstream: dropped',
  refresh: 'applies after a merge: refreshed',
  conflict: 'does not apply',
} as const;

function describePatches({ recipes }: Change): string {
  const rows = recipes.flatMap(({ patches }) => patches.map(({ path, state }) => [codeSpan(path), FATES[state]]));
  return markdownTable(['patch', 'on the new commit'], rows);
}

function describePackages({ recipes }: Change): string {
  const version = (text: string | null) => (text === null ? '—' : codeSpan(text));
  const rows = recipes.flatMap(({ recipe, packages }) =>
    packages.map((each) => [
      codeSpan(recipe),
      codeSpan(each.name),
      codeSpan(each.platform),
      version(each.old),
      version(each.new),
    ]),
  );
  return markdownTable(['recipe', 'package', 'platform', 'was', 'is'], rows);
}

function describeRebuilds({ recipes, dependents, rebuilds }: Change): string {
  const rows = rebuilds.map(({ recipe, platforms, leaves }) => [
    codeSpan(recipe),
    spans(platforms),
    nameLeaves(leaves),
  ]);
  const table = markdownTable(['recipe', 'platforms', 'since these are others'], rows);
  const idle = [...recipes.map(({ recipe }) => recipe), ...dependents].filter(
    (name) => !rebuilds.some(({ recipe }) => recipe === name),
  );
  const lines = idle.map((name) => {
    const news = recipes.find(({ recipe }) => recipe === name)?.news.upstreams ?? [];
    const hasSameTree = news.length > 0 && news.every((each) => each.old.tree === each.new.tree);
    const why = hasSameTree ? 'the new commit has the same files (provenance only)' : 'nothing that decides it changed';
    return `- ${codeSpan(name)} is not rebuilt: ${why}\n`;
  });
  return [table, lines.join('')].filter((text) => text !== '').join('\n');
}

function nameLeaves(leaves: readonly string[]): string {
  const shown = leaves.slice(0, 8).map((leaf) => escapeMarkdown(leaf));
  return [...shown, ...(leaves.length > shown.length ? [`… and ${leaves.length - shown.length} more`] : [])].join(', ');
}

function listPassedOver({ recipes }: Change): string {
  const lines = recipes.flatMap(({ passedOver }) =>
    passedOver.map(({ what, rule: { because, until } }) => {
      const end = until === null ? '' : ` until ${until}`;
      return `- ${escapeMarkdown(maskCredentials(what))}, by a rule of ${codeSpan('forkwright.yaml')}${end}${because === null ? '' : `: ${escapeMarkdown(because)}`}\n`;
    }),
  );
  return [...new Set(lines)].join('');
}

function spans(names: readonly string[]): string {
  return names.map((name) => codeSpan(name)).join(', ');
}

function uniqueRows(rows: readonly (readonly string[])[]): readonly (readonly string[])[] {
  return [...new Map(rows.map((row) => [row.join('|'), row])).values()];
}

function cutLines(lines: readonly string[], most: number): string {
  const rest = lines.length - most;
  return `${lines.slice(0, most).join('')}${rest > 0 ? `- … and ${rest} more\n` : ''}`;
}
