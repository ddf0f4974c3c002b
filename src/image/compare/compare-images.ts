import { compareConfigs } from './compare-configs.ts';
import { compareFiles } from './compare-files.ts';
import type { ComparedImage, Difference } from './compare-type.ts';

/** What two images of one platform have in numbers; none of it is a difference that has to be accepted. */
export interface ImageNumbers {
  readonly platform: string;
  readonly ours: SideNumbers;
  readonly theirs: SideNumbers;
  /** Layers that both have, byte for byte. */
  readonly sharedLayers: number;
  /** Whole days by which ours is younger; negative where it is older; null where one has no date. */
  readonly daysYounger: number | null;
}

export interface SideNumbers {
  readonly layers: number;
  readonly totalBytes: number;
  /** RFC 3339, as the config says it. */
  readonly created: string | null;
}

export interface Comparison {
  readonly differences: readonly Difference[];
  readonly numbers: readonly ImageNumbers[];
}

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Compares the images of two sides, platform by platform; the order is that of ours, then of what only theirs has. Of two
 * images of one platform the first counts, which is the one that clients take.
 */
export function compareImages(ours: readonly ComparedImage[], theirs: readonly ComparedImage[]): Comparison {
  const differences: Difference[] = [];
  const numbers: ImageNumbers[] = [];
  const platforms = [...new Set([...ours, ...theirs].map(({ platform }) => platform))];
  for (const platform of platforms) {
    const our = ours.find((each) => each.platform === platform);
    const their = theirs.find((each) => each.platform === platform);
    if (our === undefined || their === undefined) {
      const [one, other] = [our, their].map((each) => (each === undefined ? null : 'there'));
      differences.push({ what: `platforms.${platform}`, platform, ours: one ?? null, theirs: other ?? null });
      continue;
    }
    numbers.push(countNumbers(our, their));
    if (our.digest === their.digest) continue;
    differences.push(...compareConfigs(our.config.container, their.config.container, platform));
    if (our.files !== null && their.files !== null) differences.push(...compareFiles(our.files, their.files, platform));
  }
  return { differences, numbers };
}

function countNumbers(ours: ComparedImage, theirs: ComparedImage): ImageNumbers {
  const known = new Set(theirs.layers.map(({ digest }) => digest));
  const [our, their] = [ours, theirs].map(({ config }) => Date.parse(config.created ?? ''));
  const difference = ((our ?? Number.NaN) - (their ?? Number.NaN)) / DAY_MS;
  return {
    platform: ours.platform,
    ours: sideOf(ours),
    theirs: sideOf(theirs),
    sharedLayers: ours.layers.filter(({ digest }) => known.has(digest)).length,
    daysYounger: Number.isNaN(difference) ? null : Math.trunc(difference),
  };
}

function sideOf({ layers, totalBytes, config }: ComparedImage): SideNumbers {
  return { layers: layers.length, totalBytes, created: config.created };
}
