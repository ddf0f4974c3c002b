import type { Finding } from '../finding.ts';
import { compareText } from '../platform/order.ts';
import type { YamlDocument } from './document.ts';
import { formatPath, type Fault } from './fault.ts';
import { formatFrame } from './frame.ts';

/**
 * Gives faults of a document as findings, in the order of its lines, each once: what several platforms share is one
 * fault. `area` begins the codes.
 */
export function toFindings(
  faults: readonly Fault[],
  area: 'recipe' | 'workspace',
  document: YamlDocument,
): readonly Finding[] {
  const located = faults.map((fault) => ({ fault, position: document.locate(fault.path, fault.at) }));
  const sorted = located.toSorted(
    (a, b) =>
      a.position.line - b.position.line ||
      a.position.column - b.position.column ||
      compareText(a.fault.what, b.fault.what),
  );
  const findings = sorted.map(({ fault, position }): Finding => {
    const path = formatPath(fault.at === 'key' ? fault.path.slice(0, -1) : fault.path);
    return {
      code: `${area}.${fault.code}`,
      severity: fault.severity,
      place: `${document.file}:${position.line}:${position.column}`,
      text: path === '' ? fault.what : `${path}: ${fault.what}`,
      hint: fault.hint,
      frame: formatFrame(document.text, position),
    };
  });
  const first = new Map(findings.toReversed().map((finding) => [`${finding.place} ${finding.text}`, finding]));
  return findings.filter((finding) => first.get(`${finding.place} ${finding.text}`) === finding);
}
