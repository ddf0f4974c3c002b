import { formatFamiliar } from '../oci/reference.ts';
import type { Target } from './target.ts';
import { listFiles } from './target-files.ts';

/**
 * Whether only a build engine can build a target: something is run, or taken from a registry, while it is built, or its
 * layers are Windows'.
 */
export function needsEngine(target: Target): boolean {
  return listEngineReasons(target).length > 0;
}

/** Says why a target needs an engine, `it installs packages (tar, gzip)`; null where it needs none. */
export function engineReason(target: Target): string | null {
  const reasons = listEngineReasons(target);
  const last = reasons.at(-1);
  if (last === undefined) return null;
  return reasons.length === 1 ? last : `${reasons.slice(0, -1).join(', ')}, and ${last}`;
}

function listEngineReasons(target: Target): readonly string[] {
  const { build, image, platform } = target;
  const reasons: string[] = [];
  // image-spec, layer.md: Windows wants Files/ and Hives/, and attributes that tar has no fields for.
  if (platform.os === 'windows') reasons.push('only an engine writes layers for Windows');
  if (build.kind === 'go' || build.kind === 'make') reasons.push(`its program is built from source (${build.kind})`);
  // Upstream's image takes the place of the base, and of what a base would need.
  if (build.kind === 'dockerfile') reasons.push("upstream's own Dockerfile builds it");
  else if (image.base.type === 'image') {
    reasons.push(`its base is an image of a registry (${formatFamiliar(image.base.reference)})`);
  }
  if (image.packages.length > 0) reasons.push(`it installs packages (${image.packages.join(', ')})`);
  for (const { source, to } of listFiles(target)) {
    if (source.type === 'upstream') reasons.push(`${to} comes out of the upstream's tree`);
    if (source.type === 'image' && source.image.type === 'image') {
      reasons.push(`${to} comes out of an image of a registry (${formatFamiliar(source.image.reference)})`);
    }
  }
  return reasons;
}

/**
 * Whether building a target runs programs of the target's own platform, so that a machine of another one needs an
 * emulator. What is cross-compiled or copied runs nothing there.
 */
export function runsOnTarget({ build, image }: Target): boolean {
  const isCompiledThere = (build.kind === 'go' || build.kind === 'make') && build.toolchain.isOnTarget;
  return image.packages.length > 0 || isCompiledThere || build.kind === 'dockerfile';
}
