import type { Finding } from '../../finding.ts';
import { parseReference } from '../../oci/reference.ts';
import { formatPlatform } from '../../platform/platform.ts';
import type { KnownInputs } from '../../plan/known-inputs.ts';
import { readStoredTarget, type StoredTarget } from '../../plan/local-store.ts';
import { describeDifference, matchImage } from '../../plan/match-image.ts';
import type { PublishedImage } from '../../plan/published-image.ts';
import { makeRecord, type InputRecord } from '../../plan/record.ts';
import type { ResolvedRecipe, Target } from '../../recipe/target.ts';
import type { Invocation } from '../command.ts';
import type { FetchableImage } from './fetch.ts';
import { asReason } from './reason.ts';
import { findOtherPackage, withoutPackages } from './record.ts';
import { readTags, type RecordRegistries } from './registry.ts';

/** A target, and what it would be built from now. */
export interface AskedTarget {
  readonly target: Target;
  readonly known: KnownInputs;
}

export interface ToBuild extends AskedTarget {
  readonly state: 'built';
  /** Null where everything is built, whether needed or not. */
  readonly reason: string | null;
}

/** What is to be done about a target, and why. */
export type Need =
  | ToBuild
  | (AskedTarget & {
      readonly state: 'unchanged';
      readonly reason: string;
      readonly stored: StoredTarget;
      /** What the archive was built from; what lies beside it may be older, and say less. */
      readonly record: InputRecord;
    })
  | (AskedTarget & { readonly state: 'fetched'; readonly reason: string; readonly from: FetchableImage });

/** What is to be done about targets of a recipe, in their order, and what could not be found out. */
export interface Needs {
  readonly needs: readonly Need[];
  readonly findings: readonly Finding[];
}

/** A target of which out/ has nothing that can be used, and why. */
interface Missing {
  readonly asked: AskedTarget;
  readonly record: InputRecord;
  readonly reason: string;
  /** Whether out/ has something of which it is known what it was built from. */
  readonly isCompared: boolean;
}

interface Published {
  readonly images: readonly PublishedImage[];
  /** Why there are none, as the end of a sentence. */
  readonly lack: string;
  readonly findings: readonly Finding[];
}

/**
 * Finds which targets of a recipe need not be built: out/ has an archive that was built from the same, or a tag under which
 * the recipe is published has such an image. A registry that cannot be asked is a warning, and what it may have is built.
 */
export async function findNeeds(
  recipe: ResolvedRecipe,
  asked: readonly AskedTarget[],
  registries: RecordRegistries,
  invocation: Invocation,
): Promise<Needs> {
  const looked: (Need | Missing)[] = [];
  for (const each of asked) looked.push(await lookInOut(each, invocation));
  const missing = looked.flatMap((each) => ('state' in each ? [] : each));
  const published = await askRegistry(recipe, missing, registries, invocation);
  const needs = looked.map((each) => ('state' in each ? each : chooseImage(each, published)));
  return { needs, findings: published.findings };
}

async function lookInOut(asked: AskedTarget, invocation: Invocation): Promise<Need | Missing> {
  const { target, known } = asked;
  const { record } = known;
  if (record === null) return { ...asked, state: 'built', reason: known.why };
  const missing = { asked, record, isCompared: false };
  try {
    const stored = await readStoredTarget(invocation.root, target);
    if (stored === null) return { ...missing, reason: 'out/ has no archive of it' };
    if (stored.record?.inputHash === record.inputHash || (await hasTheirPackages(target, stored, record, invocation))) {
      return {
        ...asked,
        state: 'unchanged',
        reason: 'out/ has an archive that was built from the same',
        stored,
        record,
      };
    }
    const reason = describeDifference(record, stored.record, 'the archive in out/');
    return { ...missing, reason, isCompared: stored.record !== null };
  } catch (error) {
    return { ...missing, reason: `what is in out/ cannot be used (${asReason(error, invocation.signal)})` };
  }
}

/** Versions of packages are locked after the build that installed them; what was built is then what is wanted. */
async function hasTheirPackages(
  target: Target,
  { record }: StoredTarget,
  wanted: InputRecord,
  invocation: Invocation,
): Promise<boolean> {
  if (record === null) return false;
  const [before, now] = [record, wanted].map((each) => makeRecord(withoutPackages(each)).inputHash);
  return before === now && (await findOtherPackage(target, wanted, invocation)) === null;
}

async function askRegistry(
  { publish }: ResolvedRecipe,
  missing: readonly Missing[],
  registries: RecordRegistries,
  { signal }: Invocation,
): Promise<Published> {
  const { image, tags } = publish;
  if (image === null || missing.length === 0) return { images: [], lack: '', findings: [] };
  try {
    const repository = await registries.open(parseReference(image));
    const hasAll = (images: readonly PublishedImage[]) => {
      return missing.every((each) => chooseImage(each, { images, lack: '', findings: [] }).state === 'fetched');
    };
    const images = await readTags(image, tags, repository, hasAll);
    return { images, lack: `, and ${image} has no ${tags.join(' or ')}`, findings: [] };
  } catch (error) {
    const text = `it could not be asked whether it has what is to be built, so that is built: ${asReason(error, signal)}`;
    const finding: Finding = { code: 'build.not-asked', severity: 'warning', place: image, text, hint: null };
    return { images: [], lack: '', findings: [finding] };
  }
}

/** Why what is in out/ is not wanted says more than what is published. */
function chooseImage({ asked, record, reason, isCompared }: Missing, { images, lack }: Published): Need {
  const [first, ...others] = images;
  if (first === undefined) return { ...asked, state: 'built', reason: `${reason}${lack}` };
  const match = matchImage(record, formatPlatform(asked.target.platform), [first, ...others]);
  if (match.image === null) return { ...asked, state: 'built', reason: isCompared ? reason : match.reason };
  const { image, target } = match;
  const from = { image, digest: target.digest, record };
  return { ...asked, state: 'fetched', reason: `${image.name} was built from the same`, from };
}
