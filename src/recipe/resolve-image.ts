import { formatFamiliar } from '../oci/reference.ts';
import { parseBase } from './base.ts';
import { parseDuration } from './duration.ts';
import type { Report } from './fault.ts';
import { packageManagerOf } from './package-manager.ts';
import type { TargetFields } from './recipe-schema.ts';
import { toEntries } from './resolve-build.ts';
import { resolveFile } from './resolve-source.ts';
import type { Base, HealthcheckSpec, ImageFile, ImageSpec } from './target.ts';
import type { TextContext } from './target-texts.ts';

type ImageFields = NonNullable<TargetFields['image']>;

/**
 * Resolves `image` on a platform, all but its base and labels. `base` is null where it was reported already, as is a
 * null `output`, the path of the program. What is wrong is reported; the caller then drops the target.
 */
export function resolveImage(
  fields: ImageFields,
  base: Base | null,
  output: string | null,
  context: TextContext,
): Omit<ImageSpec, 'base' | 'labels'> {
  const files = (fields.files ?? []).map((file, index) => resolveFile(file, ['image', 'files', index], context));
  reportSamePaths(files, output, context.report);
  const packages = fields.packages ?? [];
  const needsManager = packages.length > 0 && base !== null;
  return {
    packages,
    packageManager: needsManager ? findPackageManager(fields, base, context.report) : null,
    entrypoint: fields.entrypoint ?? null,
    cmd: fields.cmd ?? null,
    env: toEntries(fields.env),
    user: fields.user ?? null,
    workdir: fields.workdir ?? null,
    ports: (fields.ports ?? []).map((port) => (/\//.test(String(port)) ? String(port) : `${port}/tcp`)),
    volumes: fields.volumes ?? [],
    stopSignal: fields.stopSignal === undefined ? null : String(fields.stopSignal),
    healthcheck: fields.healthcheck === undefined ? null : resolveHealthcheck(fields.healthcheck),
    files: files.filter((file) => file !== null),
  };
}

/**
 * Gives what the image is based on. An upstream's Dockerfile says that itself; every other recipe has to.
 * null where it does not.
 */
export function resolveBase(fields: Partial<TargetFields>, report: Report): Base | null {
  const base = fields.image?.base;
  if (fields.build?.kind === 'dockerfile') {
    if (base !== undefined) {
      const what = `${JSON.stringify(base)} is not used: upstream's Dockerfile says what it is based on`;
      report(['image', 'base'], 'unused-key', what, { severity: 'warning', hint: 'remove it' });
    }
    return { type: 'upstream' };
  }
  if (base !== undefined) return parseBase(base);
  const [path, missing] = fields.image === undefined ? [[], 'image'] : [['image'], 'base'];
  const hint = 'image.base is an image (alpine:3.20), scratch, or an archive (bases/alpine.oci.tar)';
  report(path, 'missing-key', `"${missing}" is missing`, { hint, missing });
  return null;
}

function resolveHealthcheck(fields: NonNullable<ImageFields['healthcheck']>): HealthcheckSpec {
  if (fields === 'none') {
    return { command: ['NONE'], isDisabled: true, intervalNs: 0, timeoutNs: 0, startPeriodNs: 0, retries: 0 };
  }
  return {
    command: fields.command,
    isDisabled: false,
    intervalNs: durationNs(fields.interval),
    timeoutNs: durationNs(fields.timeout),
    startPeriodNs: durationNs(fields.startPeriod),
    retries: fields.retries ?? 0,
  };
}

function durationNs(text: string | undefined): number {
  return text === undefined ? 0 : parseDuration(text);
}

function findPackageManager(fields: ImageFields, base: Base, report: Report): 'apk' | 'apt' | null {
  if (fields.packageManager !== undefined) return fields.packageManager;
  if (base.type === 'scratch') {
    const hint = 'choose a base that has a package manager';
    report(['image', 'packages'], 'no-package-manager', 'nothing can be installed on scratch', { hint });
    return null;
  }
  const name = nameOfBase(base);
  const manager = packageManagerOf(name);
  if (manager === null) {
    const what = `nothing says what installs packages in ${name}`;
    report(['image', 'packages'], 'no-package-manager', what, { hint: 'add packageManager: apk or apt' });
  }
  return manager;
}

function nameOfBase(base: Base): string {
  if (base.type === 'image') return formatFamiliar({ ...base.reference, digest: null });
  return base.type === 'archive' ? base.path : "upstream's image";
}

function reportSamePaths(files: readonly (ImageFile | null)[], output: string | null, report: Report): void {
  const seen = new Set([output]);
  for (const [index, file] of files.entries()) {
    if (file === null) continue;
    if (seen.has(file.to)) {
      const what = `${JSON.stringify(file.to)} is already the path of another file`;
      report(['image', 'files', index, 'to'], 'duplicate-path', what);
    }
    seen.add(file.to);
  }
}
