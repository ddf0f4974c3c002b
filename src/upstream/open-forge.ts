import type { ForgeClient } from './forge-client.ts';
import type { ForgeProject } from './forge.ts';

/** Opens the client of a project's forge. Loads Octokit only where there is something on GitHub. */
export async function openForge(
  project: ForgeProject,
  deps: { readonly fetch: typeof globalThis.fetch; readonly signal: AbortSignal },
): Promise<ForgeClient> {
  if (project.kind === 'gitlab') {
    const { openGitLab } = await import('./gitlab.ts');
    return openGitLab(project, deps);
  }
  const { openGitHub } = await import('./github.ts');
  return openGitHub(project, deps);
}
