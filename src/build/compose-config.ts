import type { Digest } from '../oci/digest.ts';
import type { EnvEntry, HealthcheckSpec, ImageSpec } from '../recipe/target.ts';
import type { Platform } from '../platform/platform.ts';
import { formatCreated } from './source-date.ts';

type JsonObject = Readonly<Record<string, unknown>>;

export interface ConfigInput {
  readonly platform: Platform;
  readonly image: ImageSpec;
  /** The base's config as parsed JSON; null on scratch. Keys that are not known here are kept. */
  readonly base: JsonObject | null;
  /** The layer that is put on top; null where the recipe adds no file. */
  readonly layer: { readonly diffId: Digest; readonly createdBy: string } | null;
  readonly epochSeconds: number;
}

// What BuildKit gives an image on scratch, so that a native image and one from the same Dockerfile behave alike.
const SCRATCH_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Gives the image config of a recipe's image on its base: what the recipe sets replaces or joins what the base has, as
 * the same instructions of a Dockerfile would. Specification: OCI image-spec, config.md.
 */
export function composeConfig(input: ConfigInput): JsonObject {
  const { platform, image, base, layer } = input;
  const created = formatCreated(input.epochSeconds);
  const rootfs = asObject(base?.['rootfs']);
  const history = layer === null ? [] : [{ created, created_by: layer.createdBy, comment: 'forkwright' }];
  return {
    ...base,
    architecture: platform.arch,
    os: platform.os,
    ...(platform.variant === '' ? {} : { variant: platform.variant }),
    ...(platform.osVersion === '' ? {} : { 'os.version': platform.osVersion }),
    ...(platform.osFeatures.length === 0 ? {} : { 'os.features': platform.osFeatures }),
    config: composeContainer(image, base === null ? null : asObject(base['config'])),
    created,
    history: [...asList(base?.['history']), ...history],
    rootfs: { type: 'layers', diff_ids: [...asList(rootfs['diff_ids']), ...(layer === null ? [] : [layer.diffId])] },
  };
}

function composeContainer(image: ImageSpec, base: JsonObject | null): JsonObject {
  const inherited = base ?? { Env: [`PATH=${SCRATCH_PATH}`] };
  const env = mergeEnv(asList(inherited['Env']).map(String), image.env);
  return {
    ...inherited,
    ...(env.length === 0 ? {} : { Env: env }),
    ...setText('User', image.user),
    ...setText('WorkingDir', image.workdir),
    // Dockerfile reference: setting ENTRYPOINT resets a CMD of the base.
    ...(image.entrypoint === null ? {} : { Entrypoint: image.entrypoint, Cmd: undefined }),
    ...(image.cmd === null ? {} : { Cmd: image.cmd }),
    ...setText('StopSignal', image.stopSignal),
    ...mergeKeys('ExposedPorts', inherited, image.ports),
    ...mergeKeys('Volumes', inherited, image.volumes),
    ...mergeLabels(inherited, image.labels),
    ...(image.healthcheck === null ? {} : { Healthcheck: composeHealthcheck(image.healthcheck) }),
  };
}

function setText(key: string, value: string | null): JsonObject {
  return value === null ? {} : { [key]: value };
}

/**
 * Joins lists of NAME=value: a name stands once, where it first stood, with the value that came last. Engines do not
 * agree on which of two equal names wins, so none is left to them.
 */
function mergeEnv(base: readonly string[], own: readonly EnvEntry[]): readonly string[] {
  const merged = new Map(base.map((entry) => [entry.split('=', 1)[0] ?? '', entry]));
  for (const { name, value } of own) merged.set(name, `${name}=${value}`);
  return [...merged.values()];
}

function mergeKeys(key: string, inherited: JsonObject, names: readonly string[]): JsonObject {
  if (names.length === 0) return {};
  return { [key]: { ...asObject(inherited[key]), ...Object.fromEntries(names.map((name) => [name, {}])) } };
}

function mergeLabels(inherited: JsonObject, labels: readonly EnvEntry[]): JsonObject {
  if (labels.length === 0) return {};
  const own = Object.fromEntries(labels.map(({ name, value }) => [name, value]));
  return { Labels: { ...asObject(inherited['Labels']), ...own } };
}

/** Specification: Docker image spec v1.2, "Healthcheck"; times in nanoseconds. */
function composeHealthcheck(check: HealthcheckSpec): JsonObject {
  if (check.isDisabled) return { Test: ['NONE'] };
  return {
    Test: ['CMD', ...check.command],
    ...(check.intervalNs === 0 ? {} : { Interval: check.intervalNs }),
    ...(check.timeoutNs === 0 ? {} : { Timeout: check.timeoutNs }),
    ...(check.startPeriodNs === 0 ? {} : { StartPeriod: check.startPeriodNs }),
    ...(check.retries === 0 ? {} : { Retries: check.retries }),
  };
}

function asObject(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
