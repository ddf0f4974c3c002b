import type { Finding } from '../finding.ts';
import { cutReject } from './patch-conflict.ts';
import { patchFate } from './patch-fate.ts';
import type { JudgedSeries } from './patch-series.ts';
import type { PatchVerdict } from './patch-verdict.ts';

/** Says what is to be done about a recipe's patches, each place once: nothing about those that apply. */
export function describeSeries(series: readonly JudgedSeries[]): readonly Finding[] {
  const verdicts = series.map((each) => each.verdicts);
  const findings = series.flatMap((each) =>
    each.verdicts.flatMap((verdict) => describeVerdict(verdict, each, series.length > 1)),
  );
  const paths = new Set(verdicts.flatMap((each) => each.map(({ path }) => path)));
  const differing = [...paths].filter((path) => patchFate(path, verdicts).kind === 'differs');
  return [...findings, ...differing.map(describeDifference)];
}

function describeVerdict(verdict: PatchVerdict, series: JudgedSeries, isOneOfSeveral: boolean): readonly Finding[] {
  const place = verdict.path;
  const where = `${series.commit.slice(0, 12)}${isOneOfSeveral ? ` (${series.platforms.join(', ')})` : ''}`;
  switch (verdict.state) {
    case 'applies':
      return [];
    case 'merged': {
      const text = `${where} has what the patch does`;
      const hint = '`forkwright patch refresh` takes it out';
      return [{ code: 'patch.merged', severity: 'warning', place, text, hint }];
    }
    case 'refresh': {
      const text = `it fits ${where} only in part, or by a three-way merge`;
      const hint = '`forkwright patch refresh` writes it anew';
      return [{ code: 'patch.refresh', severity: 'warning', place, text, hint }];
    }
    case 'conflict': {
      const text = `it does not apply to ${where}: ${verdict.reason}`;
      // A terminal shows tabs otherwise in every place; as anything else they would not line up.
      const frame = cutReject(verdict.reject.trimEnd()).replaceAll('\t', '    ');
      return [{ code: 'patch.conflict', severity: 'error', place, text, hint: hintOf(verdict.after), frame }];
    }
  }
}

function hintOf(after: readonly string[]): string {
  if (after.length > 0) return `look at ${after.join(', ')} first, which changes the same files`;
  return 'make it anew for this commit, or leave it out if upstream has solved it another way';
}

function describeDifference(place: string): Finding {
  const text = 'it would have to be refreshed in different ways for different platforms';
  const hint = 'give the platforms files of their own, under patches: of their entries';
  return { code: 'patch.differs', severity: 'error', place, text, hint };
}
