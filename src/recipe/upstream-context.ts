import type { Target } from './target.ts';
import { listFiles } from './target-files.ts';

/** Whether anything of a target comes out of its upstream's source. */
export function usesUpstream(target: Target): boolean {
  return hasUpstreamContext(target) || target.build.kind === 'dockerfile';
}

/** Whether a target's own Dockerfile takes the source, as the build context `upstream`. */
export function hasUpstreamContext(target: Target): boolean {
  const { kind } = target.build;
  return kind === 'go' || kind === 'make' || takesUpstreamFiles(target);
}

/** Whether files of the image are copied out of the source. */
export function takesUpstreamFiles(target: Target): boolean {
  return listFiles(target).some(({ source }) => source.type === 'upstream');
}

/**
 * Whether a build is handed git's own folder beside the source, and so can ask for the commit.
 * Specification: docs.docker.com/build/building/context, "Keep .git directory".
 */
export function keepsGitFolder({ build }: Target): boolean {
  if (build.kind !== 'dockerfile') return false;
  return build.args.some(({ name, value }) => name === 'BUILDKIT_CONTEXT_KEEP_GIT_DIR' && /^(?:1|true)$/i.test(value));
}
