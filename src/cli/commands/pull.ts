import { resolve } from 'node:path';
import { loadImageSet } from '../../archive/read/load-images.ts';
import { requireReplaceable } from '../../archive/write/write-layout.ts';
import { ForkwrightError } from '../../errors.ts';
import { hasFailed, type Finding } from '../../finding.ts';
import { shortDigest } from '../../image/blob-uses.ts';
import { listImages } from '../../image/select/list-images.ts';
import { totalBytes } from '../../image/total-bytes.ts';
import { parseReference } from '../../oci/reference.ts';
import { parsePlatform } from '../../platform/parse.ts';
import { formatPlatform, type Platform } from '../../platform/platform.ts';
import { planPull, type PullPlan } from '../../registry/pull/plan-pull.ts';
import { printable } from '../../report/printable.ts';
import { formatSize } from '../../report/size.ts';
import { formatTable } from '../../report/table.ts';
import type { CommandResult, Invocation } from '../command.ts';
import type { OutputFormat } from '../convert/options.ts';
import { openReference } from '../open-registry.ts';
import { pullOutput } from '../pull-output.ts';

const SCHEMA = 'forkwright.pull/v1';

export interface PullArguments {
  /** Name of an image, `docker://` in front or not. */
  readonly reference: string;
  /** Archive file or layout folder. */
  readonly output: string;
  /** Null: an OCI archive where the output ends in `.tar`, else an OCI layout. */
  readonly format: OutputFormat | null;
  /** Null for all. */
  readonly platform: string | null;
  /** Whether what refers to the image is pulled along. */
  readonly takesReferrers: boolean;
}

/**
 * `forkwright pull`: brings an image of a registry into an archive or layout. What has arrived when it is ended stays in a
 * hidden folder beside the output, and the next run goes on there; the output appears whole or not at all. Throws
 * `reference.malformed`, `platform.unknown`, `pull.usage`, `archive.refuses-folder`, and what opening, reading, converting
 * and writing throws.
 */
export async function pullCommand(options: PullArguments, invocation: Invocation): Promise<CommandResult> {
  const reference = parseReference(options.reference.replace(/^docker:\/\//, ''));
  const platform = options.platform === null ? null : parsePlatform(options.platform);
  const format = options.format ?? guessFormat(options.output);
  const output = resolve(invocation.cwd, options.output);
  await requireReplaceable(output, format !== 'oci');
  const word = `docker://${options.reference.replace(/^docker:\/\//, '')}`;
  const { source, repository } = await openReference(
    word,
    reference,
    { platform, takesReferrers: options.takesReferrers },
    invocation,
  );
  try {
    const { set, findings: ofImages } = await loadImageSet(source);
    const findings = [...source.findings, ...ofImages.filter(({ code }) => code !== 'blob.absent')];
    if (hasFailed(findings, false)) return { schema: SCHEMA, json: {}, text: '', findings, exitCode: 2 };
    const plan = planPull(set, platform, (digest) => source.blob(digest) !== undefined);
    const pulling = { source, repository, plan };
    const { written, findings: later } = await pullOutput(pulling, { ...options, format, output }, invocation);
    const all = [...findings, ...plan.graph.findings, ...later];
    if (written === null) return { schema: SCHEMA, json: {}, text: '', findings: all, exitCode: 2 };
    return report(plan, { ...options, format }, written.sizeBytes, all);
  } finally {
    await source.close();
  }
}

function guessFormat(output: string): OutputFormat {
  if (output === '-') {
    throw new ForkwrightError('pull.usage', 'a pull needs a file or folder, to go on beside it after it was ended', {
      hint: 'stdout gets an image by `forkwright convert docker://REF - --to oci-archive`',
    });
  }
  if (/\.(?:tgz|tar\.\w+)$/.test(output)) {
    throw new ForkwrightError('pull.usage', 'a pulled archive is not compressed as a whole', {
      place: output,
      hint: 'call it .tar, or use `forkwright convert docker://REF OUT --to oci-archive --compress gzip`',
    });
  }
  return output.endsWith('.tar') ? 'oci-archive' : 'oci';
}

function report(
  plan: PullPlan,
  { reference, output, format }: { readonly reference: string; readonly output: string; readonly format: OutputFormat },
  sizeBytes: number,
  findings: readonly Finding[],
): CommandResult {
  const images = listImages(plan.set).map(({ image, platform }) => ({
    platform: nameOf(platform),
    digest: image.descriptor.digest,
    totalBytes: totalBytes(image),
  }));
  const columns = ['platform', 'digest', 'size'].map((title) => {
    return { title, align: title === 'size' ? ('right' as const) : ('left' as const) };
  });
  const rows = images.map((image) => [
    image.platform ?? 'no platform',
    shortDigest(image.digest),
    formatSize(image.totalBytes),
  ]);
  const { digest, mediaType } = plan;
  return {
    schema: SCHEMA,
    json: { reference, output, format, sizeBytes, digest, mediaType, images },
    text: `${formatTable(columns, rows)}\n${printable(output)} ${digest} ${formatSize(sizeBytes)}\n`,
    findings,
  };
}

function nameOf(platform: Platform | null): string | null {
  return platform === null ? null : formatPlatform(platform);
}
