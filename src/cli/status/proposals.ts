import { ForkwrightError } from '../../errors.ts';
import { known, type Asked } from '../../fleet/asked.ts';
import { listOpenProposals } from '../../forge/find-proposals.ts';
import { openGitLab } from '../../forge/gitlab-client.ts';
import type { OpenProposal } from '../../forge/proposal.ts';
import { REAL_PAUSES } from '../../http/retry.ts';
import type { ProposeSettings } from '../../recipe/resolve-propose.ts';
import type { ResolvedRecipe } from '../../recipe/target.ts';
import type { Invocation } from '../command.ts';
import { findProposeProject } from '../propose/project.ts';

/** Finds the merge request that is open for a recipe; null where none is. Throws `forge.*`. */
export type FindProposal = (recipe: ResolvedRecipe) => Promise<Asked<OpenProposal | null>>;

/**
 * Gives what finds the merge requests that `propose` has made in the project of the workspace's settings, else in that of
 * the pipeline. It is asked once. Throws `propose.not-gitlab`, `upstream.bad-setting`.
 */
export function openProposals(
  settings: Pick<ProposeSettings, 'project'>,
  isOffline: boolean,
  { env, fetch, signal }: Pick<Invocation, 'env' | 'fetch' | 'signal'>,
): FindProposal {
  const project = findProposeProject(settings, env);
  if (project === null) return refuse('no project is configured');
  if (isOffline) return refuse('nobody is asked offline');
  let asking: Promise<Asked<readonly OpenProposal[]>> | null = null;
  const ask = async (): Promise<Asked<readonly OpenProposal[]>> => {
    try {
      return known(await listOpenProposals(openGitLab(project, { fetch, signal, pauses: REAL_PAUSES })));
    } catch (error) {
      // Whoever has no token may not be one who proposes.
      if (!(error instanceof ForkwrightError) || project.token !== '' || signal.aborted) throw error;
      return { state: 'not-asked', reason: `there is no token, and without one ${error.message}` };
    }
  };
  return async ({ name }) => {
    const open = await (asking ??= ask());
    if (open.state !== 'known') return open;
    return known(open.value.find(({ key, recipes }) => key === name || recipes.includes(name)) ?? null);
  };
}

function refuse(reason: string): FindProposal {
  return () => Promise.resolve({ state: 'not-asked', reason });
}
