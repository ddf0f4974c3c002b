import type { Finding } from '../finding.ts';
import { maskCredentials } from '../recipe/quoted.ts';
import type { Upstream } from '../recipe/target.ts';
import { printable } from '../report/printable.ts';
import { isConcerned } from './concerns.ts';
import type { UpstreamSight } from './observe-upstream.ts';
import type { Advisory } from './state.ts';

const SUMMARY_LENGTH = 100;

/**
 * Says what the forge tells about a project that somebody should know: archived, renamed, another one under its name,
 * another licence, advisories about the pinned version (null where the commit has none). `licence` is that of the pinned
 * commit.
 * `alarm` is what should stop an update, null for nothing.
 */
export function judgeProject(
  upstream: Upstream,
  sight: UpstreamSight,
  licence: string | null,
  version: string | null,
  place: string,
): { readonly alarm: string | null; readonly findings: readonly Finding[] } {
  const findings: Finding[] = [];
  const git = maskCredentials(upstream.git);
  const report = (code: string, severity: Finding['severity'], text: string, hint: string | null) =>
    void findings.push({ code, severity, place, text: `${git}: ${text}`, hint });
  const { observation, projectFailure, hasToken, path } = sight;
  if (projectFailure !== null) {
    // Without a token the quota is soon spent; git has told then what matters most.
    const severity = hasToken ? 'error' : 'warning';
    report(
      'upstream.project-unknown',
      severity,
      `its forge could not be asked: ${projectFailure.text}`,
      projectFailure.hint,
    );
  }
  const { value: project = null } = observation.project ?? {};
  if (project === null) return { alarm: null, findings };
  const { first } = observation;
  const isReplaced = first !== null && first.id !== project.id;
  const day = first?.observedAt.slice(0, 10) ?? '';
  const alarm = isReplaced ? `under its name there is another project than on ${day}` : null;
  if (alarm !== null) {
    report('upstream.replaced', 'warning', alarm, 'find out whose it is before building from it again');
  }
  if (project.isArchived) {
    report('upstream.archived', 'warning', 'it is archived: nothing will be mended there', 'look for a successor');
  }
  if (path !== null && project.name.toLowerCase() !== path.toLowerCase()) {
    report(
      'upstream.renamed',
      'warning',
      `it is called ${printable(project.name)} now`,
      `change upstream.git: ${printable(project.url)}`,
    );
  }
  const before = licence ?? first?.licence ?? null;
  if (before !== null && project.licence !== before) {
    const since = licence === null ? `on ${day}` : 'at the pinned commit';
    const text = `its licence is ${printable(project.licence ?? 'none that is known')} now; ${since} it was ${printable(before)}`;
    report('upstream.licence-changed', 'warning', text, 'have somebody look at it before the new one is taken');
  }
  for (const advisory of project.advisories ?? []) reportAdvisory(advisory, version, report);
  return { alarm, findings };
}

type Report = (code: string, severity: Finding['severity'], text: string, hint: string | null) => void;

function reportAdvisory(advisory: Advisory, version: string | null, report: Report): void {
  const isOurs = isConcerned(version, advisory.ranges);
  if (isOurs === false) return;
  const { id, severity, summary, url } = advisory;
  const words = printable(summary);
  const shown = words.length > SUMMARY_LENGTH ? `${words.slice(0, SUMMARY_LENGTH - 1)}…` : words;
  const about = isOurs === true ? `it concerns ${version ?? ''}` : 'whether it concerns what is pinned is not known';
  const text = `${printable(id)} (${printable(severity ?? 'no severity')}): ${shown}; ${about}`;
  report('upstream.advisory', isOurs === true ? 'warning' : 'note', text, printable(url));
}
