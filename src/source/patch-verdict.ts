/** What becomes of a patch of a series on another tree, in the order of the series. */
export type PatchVerdict =
  /** `git apply --check` takes it. */
  | { readonly state: 'applies'; readonly path: string }
  /** The tree has what it does: it can go. */
  | { readonly state: 'merged'; readonly path: string }
  /**
   * It fits after a three-way merge, or the tree has a part of it: `content` is the patch that applies, as `git
   * format-patch` writes it. Bytes, since a patch has those of the files that it changes.
   */
  | { readonly state: 'refresh'; readonly path: string; readonly content: Uint8Array }
  | PatchConflict;

/** A patch that fits nowhere. All texts are from outside. */
export interface PatchConflict {
  readonly state: 'conflict';
  /** `patches/<recipe>/<name>`, relative to the workspace. */
  readonly path: string;
  /** Which files, which of their hunks, or what git says of them; one line. */
  readonly reason: string;
  /** The part that does not fit, as a diff; lines ended. */
  readonly reject: string;
  /** The files of the source that it is about. */
  readonly files: readonly string[];
  /** Patches before it that conflict too and change the same files: it may fit once they do. */
  readonly after: readonly string[];
}
