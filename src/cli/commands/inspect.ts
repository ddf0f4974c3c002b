import { loadImageSet } from '../../archive/load-images.ts';
import { openImageSource } from '../../archive/open.ts';
import { hasFailed } from '../../finding.ts';
import { formatView } from '../../image/inspect-text.ts';
import { viewImages } from '../../image/inspect-view.ts';
import type { CommandResult, Invocation } from '../command.ts';

export interface InspectArguments {
  /** Archive file or layout folder, as the user named it. */
  readonly source: string;
}

/**
 * `forkwright inspect`: shows what an archive holds, from its small JSON alone; no layer is read. A broken archive is
 * shown as far as it goes, and the command ends with 2. Throws what `openImageSource` throws.
 */
export async function inspectCommand(options: InspectArguments, invocation: Invocation): Promise<CommandResult> {
  const source = await openImageSource(options.source, invocation.cwd);
  try {
    const { set, findings: ofImages } = await loadImageSet(source);
    const { format, sizeBytes } = source;
    const view = viewImages({ format, sizeBytes, set, blobs: source.blobs() });
    const findings = [...source.findings, ...ofImages];
    const columns = invocation.stdout.isTerminal ? invocation.stdout.columns : null;
    return {
      schema: 'forkwright.inspect/v1',
      json: { ...view },
      text: formatView(view, { style: invocation.style, columns }),
      findings,
      ...(hasFailed(findings, false) ? { exitCode: 2 } : {}),
    };
  } finally {
    await source.close();
  }
}
