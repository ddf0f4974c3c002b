import { shortDigest } from '../../image/blob-uses.ts';
import type { Digest } from '../../oci/digest.ts';
import { printable } from '../../report/printable.ts';
import { formatSize } from '../../report/size.ts';
import { formatTable } from '../../report/table.ts';
import type { BlobOutcome } from '../repository/repository.ts';
import type { Transferred } from './push-blobs.ts';
import type { PushReference } from './push-destination.ts';
import type { PreparedPush } from './push-image.ts';
import type { SurveyedTarget } from './push-survey.ts';

/** A push that was done, or with `transferred` null one that was only decided. */
export interface PushReport {
  readonly source: string;
  readonly prepared: PreparedPush;
  readonly transferred: readonly Transferred[] | null;
  readonly references: readonly PushReference[];
}

/** How something came to be in a repository, or how it would. */
interface ReportedItem {
  readonly digest: Digest;
  readonly title: string;
  readonly sizeBytes: number;
  readonly outcome: BlobOutcome;
}

/** The document `forkwright.push/v1`, but for its schema and findings. */
export function pushToJson(report: PushReport): Readonly<Record<string, unknown>> {
  const { source, prepared, transferred, references } = report;
  const { root } = prepared.plan;
  const repositories = prepared.targets.map((target) => ({
    repository: nameOf(target),
    tags: target.tags,
    blobs: listBlobs(report, target).map(toJson),
    manifests: listManifests(report, target).map(toJson),
  }));
  const items = prepared.targets.flatMap((target) => listBlobs(report, target));
  return {
    source,
    dryRun: transferred === null,
    digest: root.digest,
    mediaType: root.mediaType,
    references: references.map(({ text }) => `${text}@${root.digest}`),
    sentBytes: items.reduce((sum, { outcome, sizeBytes }) => sum + (outcome === 'sent' ? sizeBytes : 0), 0),
    repositories,
  };
}

function toJson({ digest, sizeBytes, outcome }: ReportedItem): object {
  return { digest, sizeBytes, outcome };
}

/**
 * Gives what a push prints on stdout: the digest alone, or a line `REF@DIGEST` for each of several names. Of one that was
 * not done there is a table of what would be sent in front.
 */
export function formatPush(report: PushReport): string {
  const { digest } = report.prepared.plan.root;
  const lines =
    report.references.length === 1 ? [digest] : report.references.map(({ text }) => `${printable(text)}@${digest}`);
  const table = report.transferred === null ? formatDryRun(report) : '';
  return `${table}${lines.join('\n')}\n`;
}

const WOULD: Readonly<Record<BlobOutcome, string>> = { present: 'is there', mounted: 'mount', sent: 'send' };

function formatDryRun(report: PushReport): string {
  const { targets, plan } = report.prepared;
  const rows = targets.flatMap((target) => [
    ...[...listBlobs(report, target), ...listManifests(report, target)].map(({ digest, title, sizeBytes, outcome }) => [
      nameOf(target),
      title,
      shortDigest(digest),
      formatSize(sizeBytes),
      WOULD[outcome],
    ]),
    ...target.tags.map((tag) => {
      const before = target.state.tags.get(tag);
      const how = before === undefined ? 'write' : before === plan.root.digest ? 'is there' : 'move';
      return [nameOf(target), `tag ${tag}`, shortDigest(plan.root.digest), '', how];
    }),
  ]);
  const columns = ['repository', 'what', 'digest', 'size', ''].map((title) => {
    return { title, align: title === 'size' ? ('right' as const) : ('left' as const) };
  });
  return `${formatTable(columns, rows)}\n`;
}

function nameOf({ registry, repository }: SurveyedTarget): string {
  return `${registry}/${repository}`;
}

function listBlobs({ prepared, transferred }: PushReport, target: SurveyedTarget): readonly ReportedItem[] {
  const isHere = (each: { readonly registry: string; readonly repository: string }) =>
    each.registry === target.registry && each.repository === target.repository;
  const done = new Map(transferred?.filter(isHere).map(({ blob, outcome }) => [blob.digest, outcome]));
  const planned = new Map(
    prepared.registries.flatMap(({ transfers }) =>
      transfers.flatMap(({ blob, steps }) =>
        steps
          .filter((step) => isHere(step.target))
          .map(({ mountFrom }) => [blob.digest, mountFrom.length === 0 ? 'sent' : 'mounted'] as const),
      ),
    ),
  );
  return prepared.plan.blobs.map(({ digest, title, sizeBytes }) => ({
    digest,
    title,
    sizeBytes,
    outcome: (transferred === null ? planned : done).get(digest) ?? 'present',
  }));
}

function listManifests({ prepared }: PushReport, { state }: SurveyedTarget): readonly ReportedItem[] {
  return prepared.plan.levels.flat().map(({ digest, title, bytes }) => ({
    digest,
    title: title === 'the index' ? title : `the manifest of ${title}`,
    sizeBytes: bytes.length,
    outcome: state.manifests.has(digest) ? 'present' : 'sent',
  }));
}
