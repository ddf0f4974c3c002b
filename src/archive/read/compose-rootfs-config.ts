import { ForkwrightError } from '../../errors.ts';
import type { Finding } from '../../finding.ts';
import type { Digest } from '../../oci/digest.ts';
import { isDate, sayDeprecated } from '../../image/deprecation.ts';
import { normalisePlatform } from '../../platform/normalise.ts';
import { formatPlatform, type Platform } from '../../platform/platform.ts';
import type { RootfsConfig } from './rootfs-config.ts';

type JsonObject = Readonly<Record<string, unknown>>;

// Any of these makes a document an image config; the part `config` of one has none of them.
const IMAGE_KEYS = ['architecture', 'os', 'rootfs', 'config', 'history'];
const CREATED_BY = 'the root filesystem of an exported container';

/**
 * Gives the image config of a root filesystem: everything that the given config says is kept, but for the layers, which
 * are now one. Earlier steps of the history stand without a layer, as they have none left. A day in `deprecated`, which
 * stands in the file beside a release export, is no part of it and becomes a finding. Throws `config.malformed`.
 * Specification: OCI image-spec, config.md.
 */
export function composeRootfsConfig(
  { config, place, platform }: RootfsConfig,
  diffId: Digest,
): { readonly document: JsonObject; readonly findings: readonly Finding[] } {
  const isWhole = IMAGE_KEYS.some((key) => key in config);
  const image = isWhole ? config : { config };
  const history = image['history'] ?? [];
  if (!Array.isArray(history)) throw new ForkwrightError('config.malformed', 'the history is no list', { place });
  const steps: readonly unknown[] = history;
  const created = typeof image['created'] === 'string' ? { created: image['created'] } : {};
  const { architecture, os, variant, 'os.version': osVersion, 'os.features': osFeatures, deprecated, ...rest } = image;
  const own = { architecture, os, variant, 'os.version': osVersion, 'os.features': osFeatures };
  const isDeprecated = isWhole && isDate(deprecated);
  const document = {
    ...rest,
    ...(deprecated === undefined || isDeprecated ? {} : { deprecated }),
    ...(platform === null ? own : platformKeys(platform)),
    rootfs: { type: 'layers', diff_ids: [diffId] },
    history: [...steps.map(asEmpty), { ...created, created_by: CREATED_BY, comment: 'forkwright' }],
  };
  const ofKind = isDeprecated ? [sayDeprecated({ kind: 'export', date: deprecated }, place)] : [];
  return { document, findings: [...ofKind, ...judgePlatform(own, platform, place)] };
}

function platformKeys(platform: Platform): JsonObject {
  return {
    architecture: platform.arch,
    os: platform.os,
    ...(platform.variant === '' ? {} : { variant: platform.variant }),
    ...(platform.osVersion === '' ? {} : { 'os.version': platform.osVersion }),
    ...(platform.osFeatures.length === 0 ? {} : { 'os.features': platform.osFeatures }),
  };
}

function asEmpty(step: unknown): unknown {
  return typeof step === 'object' && step !== null ? { ...step, empty_layer: true } : step;
}

function judgePlatform(own: JsonObject, given: Platform | null, place: string): readonly Finding[] {
  const { architecture, os, variant } = own;
  if (given === null || typeof os !== 'string' || typeof architecture !== 'string') return [];
  const said = normalisePlatform({ os, architecture, variant: typeof variant === 'string' ? variant : '' });
  if (said.os === given.os && said.arch === given.arch && said.variant === given.variant) return [];
  const text = `its config says ${formatPlatform(said)}; it is taken for ${formatPlatform(given)}, as you said`;
  return [{ code: 'archive.platform-given', severity: 'warning', place, text, hint: null }];
}
