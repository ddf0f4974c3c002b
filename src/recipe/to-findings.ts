import type { Finding } from '../finding.ts';
import { compareText } from '../platform/order.ts';
import type { YamlDocument } from './document.ts';
import { formatPath, type Fault } from './fault.ts';
import { formatFrame } from './frame.ts';

// No recipe that people wrote has as many; a file made to keep us busy is answered in time.
const MAX_FAULTS = 200;

/**
 * Gives faults of a document as findings, in the order of its lines, each once: what several platforms share is one
 * fault. `area` begins the codes. After 200 faults one finding says how many more there are.
 */
export function toFindings(
  faults: readonly Fault[],
  area: 'recipe' | 'workspace',
  document: YamlDocument,
): readonly Finding[] {
  const unique = [...new Map(faults.toReversed().map((fault) => [keyOf(fault), fault])).values()].toReversed();
  const findings = unique
    .slice(0, MAX_FAULTS)
    .map((fault) => ({ fault, position: document.locate(fault.path, fault.at) }))
    .toSorted(
      (a, b) =>
        a.position.line - b.position.line ||
        a.position.column - b.position.column ||
        compareText(a.fault.what, b.fault.what),
    )
    .map(({ fault, position }): Finding => {
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
  const more = unique.length - findings.length;
  if (more === 0) return findings;
  const text = `${more} more faults are not shown`;
  return [...findings, { code: `${area}.too-many`, severity: 'error', place: document.file, text, hint: null }];
}

function keyOf({ path, at, what }: Fault): string {
  return JSON.stringify([path, at, what]);
}
