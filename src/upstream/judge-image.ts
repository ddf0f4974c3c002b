import type { Finding } from '../finding.ts';
import type { Digest } from '../oci/digest.ts';
import { formatFamiliar } from '../oci/reference.ts';
import { formatPlatform, type Platform } from '../platform/platform.ts';
import type { ImageObservation } from './observation.ts';
import { worstVerdict, type ImageState, type PinnedImage, type Verdict } from './state.ts';

type Manifests = ImageObservation['manifests'];

/** What is known of an image: what was seen, now or some time ago, and why it could not be seen now. */
export interface ImageSight {
  readonly observation: ImageObservation | null;
  /** The manifests of the index that is pinned; null where they are not known, and not needed where it has not moved. */
  readonly pinnedManifests: Manifests | null;
  readonly failure: { readonly text: string; readonly hint: string | null } | null;
}

/**
 * Says whether an image has moved, by the digests of the platforms that are used alone: the index also gets another one
 * when an unrelated platform or an attestation lands. Where it could not be seen it is unknown, never current.
 */
export function judgeImage(pinned: PinnedImage, sight: ImageSight, place: string): ImageState {
  const { observation, failure } = sight;
  const name = formatFamiliar(pinned.reference);
  const found = observation?.digest ?? null;
  const state = {
    name,
    observedAt: observation?.observedAt ?? null,
    pinned: pinned.digest,
    found,
    platforms: [],
    findings: [],
  };
  const report = (code: string, severity: Finding['severity'], text: string, hint: string | null): Finding[] => [
    { code, severity, place, text: `${name}: ${text}`, hint },
  ];
  if (failure !== null) {
    const findings = report('upstream.image-unknown', 'error', failure.text, failure.hint);
    return { ...state, verdict: 'unknown', reason: failure.text, findings };
  }
  if (observation === null) {
    const reason = 'it was never looked at with this cache';
    const findings = report('upstream.image-unknown', 'error', reason, 'check it once without --offline');
    return { ...state, verdict: 'unknown', reason, findings };
  }
  if (found === null) {
    const reason = 'the registry does not have it any more, or not for us';
    const hint = 'look for another tag; what is pinned by digest may be deleted soon';
    return { ...state, verdict: 'alarm', reason, findings: report('upstream.image-gone', 'warning', reason, hint) };
  }
  const platforms = pinned.platforms.map(({ platform, digest }) => judgePlatform(platform, digest, pinned, sight));
  const gone = platforms.filter(({ verdict }) => verdict === 'alarm').map(({ platform }) => platform);
  if (gone.length > 0) {
    const reason = `it is not there any more for ${gone.join(', ')}`;
    const findings = report(
      'upstream.image-platform-gone',
      'warning',
      reason,
      'stay with the pinned digest, or change the base',
    );
    return { ...state, platforms, verdict: 'alarm', reason, findings };
  }
  const moved = platforms.filter(({ verdict }) => verdict === 'moved').map(({ platform }) => platform);
  const verdict = judgeAll(pinned, platforms, found);
  return { ...state, platforms, verdict, reason: explain(verdict, moved, platforms.length, pinned.digest !== found) };
}

type PlatformState = ImageState['platforms'][number];

function judgePlatform(
  platform: Platform,
  own: Digest | null,
  { digest }: PinnedImage,
  { observation, pinnedManifests }: ImageSight,
): PlatformState {
  const name = formatPlatform(platform);
  const whole = observation?.digest ?? null;
  const isSameIndex = digest !== null && digest === whole;
  const manifests = observation?.manifests ?? [];
  const found = digestFor(platform, manifests, whole);
  const pinned =
    own ?? (isSameIndex ? found : pinnedManifests === null ? null : digestFor(platform, pinnedManifests, digest));
  const verdict = (): Verdict => {
    if (found === null) return 'alarm';
    if (pinned !== null) return pinned === found ? 'current' : 'moved';
    return digest === null ? 'unpinned' : 'moved';
  };
  return { platform: name, pinned, found, verdict: verdict() };
}

/** An image of one manifest alone is taken for every platform, as engines do. */
function digestFor(platform: Platform, manifests: Manifests, whole: Digest | null): Digest | null {
  if (manifests.length === 0) return whole;
  const name = formatPlatform(platform);
  const exact = manifests.find((each) => each.platform === name);
  // A base for arm64 names no variant, and one for Windows has versions of which the first is taken.
  const loose = manifests.find((each) => each.platform.replace(/\(.*?\)/, '') === name);
  return (exact ?? loose)?.digest ?? null;
}

function judgeAll(pinned: PinnedImage, platforms: readonly PlatformState[], found: Digest): Verdict {
  if (platforms.length > 0) return worstVerdict(platforms.map(({ verdict }) => verdict));
  if (pinned.digest === null) return 'unpinned';
  return pinned.digest === found ? 'current' : 'moved';
}

function explain(verdict: Verdict, moved: readonly string[], count: number, isOther: boolean): string {
  if (verdict === 'unpinned') return 'no digest is pinned';
  if (verdict === 'moved') {
    return moved.length === count ? 'there is a newer one' : `there is a newer one for ${moved.join(', ')}`;
  }
  return isOther && count > 0 ? 'only platforms that are not used have moved' : 'it has not moved';
}
