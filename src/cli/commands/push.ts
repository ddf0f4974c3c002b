import { basename } from 'node:path';
import { loadImageSet } from '../../archive/read/load-images.ts';
import { selectRoots } from '../../archive/read/source-name.ts';
import type { ImageSource } from '../../archive/read/image-source.ts';
import { hasFailed, type Finding } from '../../finding.ts';
import { parsePlatform } from '../../platform/parse.ts';
import type { Platform } from '../../platform/platform.ts';
import { planPush, type PushPlan } from '../../registry/push/plan-push.ts';
import {
  groupTargets,
  parsePushReference,
  requireDigests,
  type PushReference,
} from '../../registry/push/push-destination.ts';
import { performPush, preparePush, type PreparedPush } from '../../registry/push/push-image.ts';
import { formatPush, pushToJson } from '../../registry/push/push-report.ts';
import { choosePushRoots } from '../../registry/push/push-roots.ts';
import { bytesToSend } from '../../registry/push/push-transfers.ts';
import type { Transferred } from '../../registry/push/push-blobs.ts';
import { formatSize } from '../../report/size.ts';
import type { CommandResult, Invocation } from '../command.ts';
import { findReference } from '../find-reference.ts';
import { createClient, openReference } from '../open-registry.ts';
import { openSource } from '../open-source.ts';
import { openHolderMemory } from '../push-memory.ts';

const SCHEMA = 'forkwright.push/v1';

export interface PushArguments {
  /** Archive file, layout folder or image of a registry, as the user named it. */
  readonly source: string;
  readonly references: readonly string[];
  /** Pushes only the images of this platform; null for all. */
  readonly platform: string | null;
  /** The one image of the archive that is meant; null where there is one only. */
  readonly image: string | null;
  /** Only looks and says what would be sent. */
  readonly isDryRun: boolean;
  /** Whether foreign layers that the archive holds are sent too. */
  readonly sendsForeign: boolean;
  /** Whether what refers to an image of a registry is pushed along; an archive's referrers always are. */
  readonly takesReferrers: boolean;
}

/**
 * `forkwright push`: brings an image or index with all that belongs to it into registries. No broken input is used: the
 * command ends with 2 and nothing is sent. Throws `reference.malformed`, `platform.unknown`, `push.*`, and what opening,
 * reading and sending throws.
 */
export async function pushCommand(options: PushArguments, invocation: Invocation): Promise<CommandResult> {
  const references = options.references.map(parsePushReference);
  const platform = options.platform === null ? null : parsePlatform(options.platform);
  const source = await openForPush(options, platform, invocation);
  try {
    const { set, findings: ofImages } = await loadImageSet(source);
    // Whether an absent blob matters is known when the registry was asked for it.
    const findings = [...source.findings, ...ofImages.filter(({ code }) => code !== 'blob.absent')];
    if (hasFailed(findings, false)) return { schema: SCHEMA, json: {}, text: '', findings, exitCode: 2 };
    const chosen =
      options.image === null
        ? null
        : new Set(selectRoots(source, options.image).roots.map(({ descriptor }) => descriptor.digest));
    const has = (digest: PushPlan['root']['digest']) => source.blob(digest) !== undefined;
    const plan = planPush(choosePushRoots(set, { chosen, platform }), {
      source: source.name,
      has,
      sendsForeign: options.sendsForeign,
    });
    requireDigests(references, plan.root.digest);
    const said = [...findings, ...plan.findings, ...sayLatest(options.references, references)];
    return await pushPlanned({ plan, source, references, findings: said, isDryRun: options.isDryRun }, invocation);
  } finally {
    await source.close();
  }
}

async function openForPush(
  { source, takesReferrers }: PushArguments,
  platform: Platform | null,
  invocation: Invocation,
): Promise<ImageSource> {
  const reference = await findReference(source, invocation.cwd);
  if (reference === null) return openSource(source, { config: null, platform: null, recipe: null }, invocation);
  return (await openReference(source, reference, { platform, takesReferrers }, invocation)).source;
}

interface Planned {
  readonly plan: PushPlan;
  readonly source: ImageSource;
  readonly references: readonly PushReference[];
  readonly findings: readonly Finding[];
  readonly isDryRun: boolean;
}

async function pushPlanned(
  { plan, source, references, findings, isDryRun }: Planned,
  invocation: Invocation,
): Promise<CommandResult> {
  const client = await createClient(invocation);
  try {
    const targets = groupTargets(references);
    const memory = await openHolderMemory(targets, invocation);
    const prepared = await preparePush(plan, source, targets, {
      open: (target) => client.repository(target, 'push'),
      known: memory.known,
      signal: invocation.signal,
    });
    const transferred = isDryRun ? null : await send(prepared, source, invocation);
    const ofMemory = isDryRun ? memory.findings : [...memory.findings, ...(await memory.keep(prepared))];
    const report = { source: source.name, prepared, transferred, references };
    const all = [...findings, ...ofMemory];
    return { schema: SCHEMA, json: pushToJson(report), text: formatPush(report), findings: all };
  } finally {
    client.close();
  }
}

async function send(
  prepared: PreparedPush,
  source: ImageSource,
  { progress, signal }: Invocation,
): Promise<readonly Transferred[]> {
  const task = progress.task(`pushing ${basename(source.name)}`, bytesToSend(prepared.registries));
  try {
    const transferred = await performPush(prepared, source, { signal, onBytes: (bytes) => task.advance(bytes) });
    task.done(countOutcomes(transferred));
    return transferred;
  } catch (error) {
    task.fail('not pushed');
    throw error;
  }
}

function countOutcomes(transferred: readonly Transferred[]): string {
  const count = (outcome: Transferred['outcome']) => transferred.filter((each) => each.outcome === outcome);
  const [sent, mounted] = [count('sent'), count('mounted')];
  const sentBytes = sent.reduce((sum, { blob }) => sum + blob.sizeBytes, 0);
  const what = [
    sent.length === 0 ? 'nothing to send' : `${sent.length} blobs sent, ${formatSize(sentBytes)}`,
    ...(mounted.length === 0 ? [] : [`${mounted.length} mounted`]),
  ];
  return what.join(', ');
}

function sayLatest(texts: readonly string[], references: readonly PushReference[]): readonly Finding[] {
  return references.flatMap(({ tag, digest, text: name }, index): readonly Finding[] => {
    const isNamed = digest !== null || tag === null || texts[index]?.endsWith(`:${tag}`) === true;
    if (isNamed) return [];
    const text = 'it names no tag, so it is latest, as docker, crane and skopeo have it';
    const hint = 'name a tag, or with @ and a digest none at all';
    return [{ code: 'push.latest', severity: 'note', place: name, text, hint }];
  });
}
