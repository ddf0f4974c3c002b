import type { Target } from './target.ts';
import { listFiles } from './target-files.ts';

/**
 * Whether only a build engine can build a target: something is run while it is built, or its layers are
 * Windows'.
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
  if (build.kind === 'dockerfile') reasons.push("upstream's own Dockerfile builds it");
  if (image.packages.length > 0) reasons.push(`it installs packages (${image.packages.join(', ')})`);
  for (const { source, to } of listFiles(target)) {
    if (source.type === 'upstream') reasons.push(`${to} comes out of the upstream's tree`);
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
