import pMap from 'p-map';
import { hasFailed, type Finding } from '../../finding.ts';
import type { Proposal, Wanted } from '../../forge/proposal.ts';
import { lockPath } from '../../lock/lock.ts';
import { compareText } from '../../platform/order.ts';
import { plainText } from '../../propose/escape-markdown.ts';
import { groupNews, type Group } from '../../propose/group.ts';
import { makeProposal } from '../../propose/make-proposal.ts';
import { hasNews } from '../../propose/news.ts';
import type { PassedOver } from '../../propose/settle-lock.ts';
import { maskCredentials } from '../../recipe/quoted.ts';
import type { ProposeSettings } from '../../recipe/resolve-propose.ts';
import type { ResolvedRecipe } from '../../recipe/target.ts';
import type { Change as FileDifference } from '../../render/plan-writes.ts';
import { shortRef } from '../../upstream/judge-upstream.ts';
import type { RecipeState } from '../../upstream/state.ts';
import type { Invocation } from '../command.ts';
import { tryChange, type ChangeJob, type TriedChange } from './change.ts';
import type { FoundNews } from './news.ts';

// Each has git and look-ups of its own.
const CHANGES_AT_ONCE = 4;
const MAX_REASON = 300;

export interface WantedJob extends ChangeJob {
  readonly settings: ProposeSettings;
  readonly failures: FoundNews['failures'];
  /** The recipes that are asked for; null for all. */
  readonly only: ReadonlySet<string> | null;
  /** From the root of the repository to the workspace, with a slash at its end; '' where they are the same. */
  readonly prefix: string;
}

/** A merge request, and the files that it changes with what they are now. */
export interface Draft {
  readonly proposal: Proposal;
  /** Relative to the workspace. */
  readonly files: readonly FileDifference[];
}

export interface WantedDrafts {
  readonly wanted: Wanted;
  readonly drafts: readonly Draft[];
  readonly findings: readonly Finding[];
}

/**
 * Makes the merge requests that news lead to. A recipe of which something could not be found out, and one whose change cannot
 * be made, is undecided. Throws what `tryChange` throws.
 */
export async function draftProposals(job: WantedJob, invocation: Invocation): Promise<WantedDrafts> {
  const { workspace, settings, news } = job;
  const doubts = new Map(workspace.recipes.flatMap((recipe) => findDoubt(recipe, job)));
  const decided = [...news].filter(([name]) => !doubts.has(name));
  const groups = groupNews(new Map(decided.map(([name, each]) => [name, each.news])), settings.groupsByBase);
  const chosen = groups.filter(({ recipes }) => recipes.some((name) => job.only?.has(name) !== false));
  const tried = await pMap(chosen, async (group) => ({ group, result: await tryChange(group, job, invocation) }), {
    concurrency: CHANGES_AT_ONCE,
    signal: invocation.signal,
  });
  const drafts: Draft[] = [];
  for (const { group, result } of tried) {
    if ('change' in result) drafts.push(draft(group, result, job));
    else for (const name of group.recipes) doubts.set(name, result);
  }
  const asked = new Set([...(job.only ?? []), ...chosen.flatMap(({ recipes }) => recipes)]);
  const isAsked = (name: string) => job.only === null || asked.has(name);
  const ofAsked = [...doubts].filter(([name]) => isAsked(name));
  const ignored = decided.filter(([, each]) => !hasNews(each.news) && each.passedOver.length > 0);
  return {
    wanted: {
      proposals: drafts.toSorted(byUrgency(job.states)).map(({ proposal }) => proposal),
      undecided: new Map(ofAsked.map(([name, found]) => [name, plainText(found[0]?.text ?? '', MAX_REASON)])),
      ignored: new Map(ignored.map(([name, each]) => [name, describePassedOver(each.passedOver)])),
      only: job.only === null ? null : asked,
    },
    drafts,
    // Those of a group are the same for each of its recipes.
    findings: [
      ...new Set(ofAsked.flatMap(([, found]) => found)),
      ...workspace.recipes.filter(({ name }) => isAsked(name)).flatMap((recipe) => describeApart(recipe, job)),
    ],
  };
}

function draft(group: Group, { change, files }: TriedChange, { settings, prefix }: WantedJob): Draft {
  const changes = files.map(({ path, after }) => ({ path: `${prefix}${path}`, content: after }));
  return { proposal: makeProposal(group, change, changes, settings), files };
}

/** Why nothing can be said of a recipe; nothing where something can. */
function findDoubt(
  { name, file }: ResolvedRecipe,
  { locks, failures, states }: WantedJob,
): readonly (readonly [string, readonly Finding[]])[] {
  if (!locks.has(name)) {
    const text = 'there is no lock, so nothing has moved since';
    const hint = `run \`forkwright lock ${name}\` and commit ${lockPath(name)}`;
    return [[name, [{ code: 'propose.no-lock', severity: 'warning', place: file, text, hint }]]];
  }
  const failed = failures.get(name);
  if (failed !== undefined) return [[name, failed]];
  const state = states.get(name);
  const parts = state === undefined ? [] : [...state.upstreams, ...state.images];
  const unknown = parts.filter(({ verdict }) => verdict === 'unknown').flatMap(({ findings }) => findings);
  const errors = unknown.filter(({ severity }) => severity === 'error');
  return hasFailed(errors, false) ? [[name, errors]] : [];
}

/** Commits that the recipe names, and that may be somewhere else than what is followed for a reason. */
function describeApart({ name, file }: ResolvedRecipe, { news }: WantedJob): readonly Finding[] {
  return (news.get(name)?.apart ?? []).map(({ upstream: { git, commit }, to }) => {
    const followed = to.ref === null ? to.commit.slice(0, 12) : shortRef(to.ref);
    const what = `the commit ${(commit ?? '').slice(0, 12)}, which the recipe names, is not in the history of ${followed}`;
    const text = `${maskCredentials(git)}: ${what}, as far as is known`;
    const hint = 'see what lies between them, and change upstream.commit by hand';
    return { code: 'propose.pinned', severity: 'note', place: file, text, hint };
  });
}

function describePassedOver(passedOver: readonly PassedOver[]): string {
  const [first] = passedOver;
  const because = first?.rule.because ?? null;
  return `forkwright.yaml has its news passed over${because === null ? '' : `: ${plainText(because)}`}`;
}

/** What has advisories about the version that is built goes first. */
function byUrgency(states: ReadonlyMap<string, RecipeState>) {
  const rank = ({ proposal }: Draft) => {
    const upstreams = proposal.recipes.flatMap((name) => states.get(name)?.upstreams ?? []);
    return upstreams.some(({ findings }) => findings.some(({ code }) => code === 'upstream.advisory')) ? 0 : 1;
  };
  return (a: Draft, b: Draft) => rank(a) - rank(b) || compareText(a.proposal.key, b.proposal.key);
}
