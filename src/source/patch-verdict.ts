/** What becomes of a patch of a series on another tree, in the order of the series. */
export type PatchVerdict =
  /** `git apply --check` takes it. */
  | { readonly state: 'applies'; readonly path: string }
  /** The tree has what it does: it can go. */
  | { readonly state: 'merged'; readonly path: string }
  /** It fits after a three-way merge: `text` is the patch that applies, as `git format-patch` writes it. */
  | { readonly state: 'refresh'; readonly path: string; readonly text: string }
  /** It fits nowhere. `reject` is the part that does not, as a diff; `files` are the paths that it is about. */
  | { readonly state: 'conflict'; readonly path: string; readonly reject: string; readonly files: readonly string[] };
