import pMap from 'p-map';
import { ForkwrightError } from '../../errors.ts';
import type { Repository } from '../repository/repository.ts';
import type { PushManifest, PushPlan } from './plan-push.ts';
import type { BlobSender } from './push-blobs.ts';
import type { SurveyedTarget } from './push-survey.ts';

const AT_ONCE = 8;

/**
 * Writes what every repository lacks of a plan's manifests: level by level, those of one level at once, and then, when
 * everything is everywhere, the tags. So no tag ever points to something incomplete, in none of the repositories. Throws
 * what writing throws.
 */
export async function writeManifests(
  plan: PushPlan,
  targets: readonly SurveyedTarget[],
  sender: BlobSender,
  signal: AbortSignal,
): Promise<void> {
  for (const level of plan.levels) {
    const writes = targets.flatMap(({ open, state }) =>
      level.filter(({ digest }) => !state.manifests.has(digest)).map((manifest) => ({ open, manifest, tag: null })),
    );
    await writeAll(writes, plan, sender, signal);
  }
  const tags = targets.flatMap((target) =>
    staleTags(plan, target).map((tag) => ({ open: target.open, manifest: plan.root, tag })),
  );
  await writeAll(tags, plan, sender, signal);
}

/** The tags that do not point to what is pushed yet. */
function staleTags({ root }: PushPlan, { tags, state }: SurveyedTarget): readonly string[] {
  return tags.filter((tag) => state.tags.get(tag) !== root.digest);
}

interface ManifestWrite {
  readonly open: Repository;
  readonly manifest: PushManifest;
  readonly tag: string | null;
}

async function writeAll(
  writes: readonly ManifestWrite[],
  plan: PushPlan,
  sender: BlobSender,
  signal: AbortSignal,
): Promise<void> {
  await pMap(writes, (write) => writeOne(write, plan, sender), { concurrency: AT_ONCE, signal });
}

/**
 * A registry that misses something of a manifest may have lost it since it was asked, or told of a blob that it was about
 * to remove. So what the manifest needs is looked for again, once.
 */
async function writeOne({ open, manifest, tag }: ManifestWrite, plan: PushPlan, sender: BlobSender): Promise<void> {
  try {
    await open.writeManifest(manifest, tag);
  } catch (error) {
    if (!(error instanceof ForkwrightError) || error.code !== 'registry.incomplete') throw error;
    await bringAgain(open, manifest, plan, sender);
    await open.writeManifest(manifest, tag);
  }
}

async function bringAgain(open: Repository, manifest: PushManifest, plan: PushPlan, sender: BlobSender): Promise<void> {
  const below = plan.levels.slice(
    0,
    plan.levels.findIndex((level) => level.includes(manifest)),
  );
  // Of an index all that comes before it: which of it are its children makes no difference to what is right.
  const needed = manifest.blobs.length > 0 ? [manifest] : [...below.flat(), manifest];
  const digests = new Set(needed.flatMap(({ blobs }) => blobs));
  const blobs = plan.blobs.filter(({ digest }) => digests.has(digest));
  await pMap(blobs, (blob) => sender.ensure(open, blob), { concurrency: AT_ONCE });
  for (const child of needed) {
    if (child !== manifest && (await open.headManifest(child.digest)) === null) await open.writeManifest(child, null);
  }
}

/**
 * Asks every repository for what it has now and compares: each manifest that was written, by its digest, and what each tag
 * gives, byte for byte. Throws `push.not-there`, `push.tag-moved`, and what asking throws.
 */
export async function readBack(plan: PushPlan, targets: readonly SurveyedTarget[], signal: AbortSignal): Promise<void> {
  const questions = targets.flatMap((target): readonly (() => Promise<void>)[] => [
    ...plan.levels
      .flat()
      .filter(({ digest }) => !target.state.manifests.has(digest))
      .map((manifest) => () => compareManifest(target, manifest)),
    ...staleTags(plan, target).map((tag) => () => compareTag(target, tag, plan.root)),
  ]);
  await pMap(questions, (ask) => ask(), { concurrency: AT_ONCE, signal });
}

async function compareManifest({ open }: SurveyedTarget, { digest, bytes, title }: PushManifest): Promise<void> {
  const head = await open.headManifest(digest);
  if (head?.digest === digest && head.sizeBytes === bytes.length) return;
  const found = head === null ? 'nothing' : `${head.digest} with ${head.sizeBytes} bytes`;
  throw new ForkwrightError('push.not-there', `the registry took ${title} and gives back ${found}`, {
    place: `${open.registry}/${open.name}@${digest}`,
    hint: 'push again; if that does not help, the registry is at fault',
  });
}

async function compareTag({ open }: SurveyedTarget, tag: string, root: PushManifest): Promise<void> {
  const found = await open.readManifest(tag);
  if (found.digest === root.digest && found.bytes.equals(root.bytes)) return;
  throw new ForkwrightError('push.tag-moved', `the tag points to ${found.digest}, ${root.digest} was pushed`, {
    place: `${open.registry}/${open.name}:${tag}`,
    hint: 'somebody else pushed to this tag meanwhile, or the registry does not let tags be changed',
  });
}
