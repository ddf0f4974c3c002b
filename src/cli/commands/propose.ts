import { ForkwrightError } from '../../errors.ts';
import { hasFailed, type Finding } from '../../finding.ts';
import { describeMissingToken } from '../../forge/api-error.ts';
import type { ProposalOutcome } from '../../forge/proposal.ts';
import { loadWorkspace, readWorkspaceDefaults } from '../../recipe/load.ts';
import { requireKnown } from '../../recipe/require-known.ts';
import type { ForgeProject } from '../../upstream/forge.ts';
import type { CommandResult, Invocation } from '../command.ts';
import { toFinding } from '../error-finding.ts';
import { readCheckout, type Checkout } from '../propose/checkout.ts';
import { discover } from '../propose/discover.ts';
import { describeOtherHead, hasWritingToken, planForge, type OpenForge } from '../propose/forge.ts';
import { findProposeProject } from '../propose/project.ts';
import { formatDrafts, formatSteps, unifiedDiff, type ShownStep } from '../propose/text.ts';
import type { Draft, WantedDrafts } from '../propose/wanted.ts';
import { readLocks } from '../lock/read-locks.ts';

const SCHEMA = 'forkwright.propose/v1';

export interface ProposeArguments {
  /** Names; none for all. */
  readonly recipes: readonly string[];
  /** Whether all is shown and nothing is done. */
  readonly isDryRun: boolean;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
}

/**
 * `forkwright propose`: for every recipe with news one branch and one merge request on GitLab, and none for those without. The
 * workspace itself is not changed. With `isDryRun` nothing is written anywhere, and without a token the forge is not asked. Ends
 * with 1 where a patch does not fit, with 2 where something could not be found out or done. Throws
 * `recipe.unknown-name`, `propose.*`, `forge.*`, and what `discover` throws.
 */
export async function proposeCommand(given: ProposeArguments, invocation: Invocation): Promise<CommandResult> {
  const { root, env } = invocation;
  const { isDryRun, nowMs } = given;
  const { workspace, findings: loading } = await loadWorkspace(root);
  const faults = loading.filter(({ severity }) => severity === 'error');
  // The pipeline is of all recipes: with one that cannot be read it would lack that one's jobs.
  if (faults.length > 0) return stop(faults, isDryRun);
  const known = workspace.recipes.map(({ name }) => name);
  requireKnown(given.recipes, known);
  const settings = (await readWorkspaceDefaults(root)).defaults.propose;
  const project = findProposeProject(settings, env);
  const isAsked = project !== null && project.token !== '';
  if (!isDryRun) requireWritable(project);
  const { checkout, findings: ofCheckout } = await lookAtCheckout(isDryRun, invocation);
  const { locks, findings: ofLocks } = await readLocks(root, known);
  if (ofLocks.length > 0) return stop(ofLocks, isDryRun);
  const only = given.recipes.length === 0 ? null : new Set(given.recipes);
  const job = { workspace, locks, settings, only, prefix: checkout?.prefix ?? '', nowMs };
  const made = await discover(job, invocation);
  const forge = isAsked ? await planForge(project, made.wanted, settings, nowMs(), invocation) : null;
  const ofHead = checkHead(checkout, forge, isDryRun);
  const outcomes = isDryRun || forge === null ? null : await forge.apply();
  const failed = (outcomes ?? []).flatMap((outcome) => describeFailure(outcome));
  const findings = [...ofCheckout, ...ofHead, ...(isAsked ? [] : [notAsked(project)]), ...made.findings, ...failed];
  const steps: readonly ShownStep[] = outcomes ?? forge?.steps ?? [];
  return {
    schema: SCHEMA,
    json: toJson(made, forge, steps, isDryRun),
    text: [
      ...(isDryRun && made.drafts.length > 0 ? [formatDrafts(made.drafts, invocation.style)] : []),
      // Without a forge it is not known what is to be done there.
      ...(forge === null && made.drafts.length > 0 ? [] : [formatSteps(steps, isDryRun)]),
    ].join('\n'),
    findings,
    ...exitWith(findings),
  };
}

/** Nothing was looked at. */
function stop(findings: readonly Finding[], isDryRun: boolean): CommandResult {
  const nothing = { proposals: [], undecided: new Map(), ignored: new Map(), only: null };
  const json = toJson({ wanted: nothing, drafts: [], findings: [] }, null, [], isDryRun);
  return { schema: SCHEMA, json, text: '', findings };
}

function requireWritable(project: ForgeProject | null): void {
  if (project === null) {
    throw new ForkwrightError('propose.no-project', 'it is not known which project merge requests go to', {
      place: 'forkwright.yaml',
      hint: 'name it in propose.project, or run it in the pipeline of the project; --dry-run needs none',
    });
  }
  if (!hasWritingToken(project)) throw describeMissingToken(project);
}

/** What is wrong with the checkout ends a real run; with `isDryRun` it is told. */
async function lookAtCheckout(
  isDryRun: boolean,
  invocation: Invocation,
): Promise<{ readonly checkout: Checkout | null; readonly findings: readonly Finding[] }> {
  try {
    const checkout = await readCheckout(invocation);
    const [first] = checkout.changed;
    if (first === undefined) return { checkout, findings: [] };
    const error = new ForkwrightError('propose.not-committed', 'files of the workspace are not committed', {
      place: first,
      hint: 'commit or remove them: what is proposed is worked out from the files that are here',
    });
    if (!isDryRun) throw error;
    return { checkout, findings: [asWarning(error)] };
  } catch (error) {
    if (!isDryRun || !(error instanceof ForkwrightError) || error.code !== 'propose.no-checkout') throw error;
    return { checkout: null, findings: [asWarning(error)] };
  }
}

function checkHead(checkout: Checkout | null, forge: OpenForge | null, isDryRun: boolean): readonly Finding[] {
  if (checkout === null || forge === null || checkout.head === forge.targetHead) return [];
  const error = describeOtherHead(checkout.head, forge);
  if (!isDryRun) throw error;
  return [asWarning(error)];
}

function asWarning(error: ForkwrightError): Finding {
  return { ...toFinding(error), severity: 'warning' };
}

function notAsked(project: ForgeProject | null): Finding {
  const text = 'the forge was not asked what is there already';
  const hint = project === null ? 'propose.project names the project' : 'GITLAB_TOKEN has the token for it';
  return { code: 'propose.not-asked', severity: 'note', place: project?.path ?? 'forkwright.yaml', text, hint };
}

function describeFailure({ key, failure, url }: ProposalOutcome): readonly Finding[] {
  if (failure === null) return [];
  const { code, text, hint } = failure;
  return [{ code, severity: 'error', place: url ?? key, text, hint }];
}

/** CONTRACT, "Exit codes": a patch that does not fit was found out, what could not be asked or written was not. */
function exitWith(findings: readonly Finding[]): { readonly exitCode?: 1 | 2 } {
  if (!hasFailed(findings, false)) return {};
  const errors = findings.filter(({ severity }) => severity === 'error');
  return { exitCode: errors.every(({ code }) => code.startsWith('patch.')) ? 1 : 2 };
}

function toJson(
  { wanted, drafts }: WantedDrafts,
  forge: OpenForge | null,
  steps: readonly ShownStep[],
  isDryRun: boolean,
): CommandResult['json'] {
  const named = (reasons: ReadonlyMap<string, string>) => [...reasons].map(([recipe, reason]) => ({ recipe, reason }));
  return {
    dryRun: isDryRun,
    project: forge?.url ?? null,
    targetBranch: forge?.targetBranch ?? null,
    proposals: drafts.map(draftToJson),
    steps: steps.map(({ key, action, reason, url }) => ({ key, action, reason, url })),
    undecided: named(wanted.undecided),
    ignored: named(wanted.ignored),
  };
}

function draftToJson({ proposal, files }: Draft): Readonly<Record<string, unknown>> {
  const { key, recipes, branch, title, body, labels, commitMessage, target, movedAt } = proposal;
  const changes = files.map((file) => ({
    path: file.path,
    change: file.before === null ? 'added' : file.after === null ? 'removed' : 'changed',
    diff: unifiedDiff(file),
  }));
  return { key, recipes, branch, title, body, labels, commitMessage, target, movedAt, files: changes };
}
