import { hasFailed, type Finding } from '../finding.ts';

/** Gives how a command ends that looks at things; CONTRACT, "Exit codes": what could not be found out is 2. */
export function exitWith(findings: readonly Finding[], isNews: boolean): { readonly exitCode?: 1 | 2 } {
  if (hasFailed(findings, false)) return { exitCode: 2 };
  return isNews ? { exitCode: 1 } : {};
}
