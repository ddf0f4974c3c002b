import type { Project } from './state.ts';

/** What a forge is asked for. */
export interface ForgeClient {
  /** Null where there is no such project, or none that may be seen. Throws `upstream.*`. */
  describe(): Promise<Project | null>;
  /** The licence as it was at a commit, as an SPDX identifier; null where the forge cannot tell. Throws `upstream.*`. */
  licenceAt(commit: string): Promise<string | null>;
}
