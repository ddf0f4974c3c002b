import { GENERATED } from '../recipe/output-names.ts';

/** A file that is rendered. */
export interface RenderedFile {
  /** Relative to the workspace, with forward slashes. */
  readonly path: string;
  /** Lines end in LF, the last one too. */
  readonly content: string;
  /** What it was rendered from: a recipe's file, or the workspace's for the pipeline. */
  readonly source: string;
}

/** The generated GitLab pipeline. */
export const PIPELINE_PATH = `${GENERATED}/pipeline.gitlab-ci.yml`;

// The head is enough: in each kind of file the marker stands in front of everything of a recipe's.
const MARKER_WITHIN_BYTES = 4096;

const MARKER = /^# Rendered by forkwright from |^\s*"FORKWRIGHT_SOURCE": \{/m;

/**
 * Whether forkwright wrote a file, by the marker in its head: the header line of Dockerfiles and of the pipeline, the
 * variable FORKWRIGHT_SOURCE of bake files. Only such files are overwritten and removed.
 */
export function hasMarker(head: string): boolean {
  return MARKER.test(head.slice(0, MARKER_WITHIN_BYTES));
}
