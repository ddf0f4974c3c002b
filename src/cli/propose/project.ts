import { ForkwrightError } from '../../errors.ts';
import type { ProposeSettings } from '../../recipe/resolve-propose.ts';
import { findForge, type ForgeProject } from '../../upstream/forge.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const GITLAB_COM = 'https://gitlab.com';

/**
 * Finds the project on GitLab that merge requests go to: the one that forkwright.yaml names, by its URL or by its path on
 * GITLAB_HOST, CI_SERVER_URL or gitlab.com; else the project that the pipeline runs in. Null where nothing names one. Throws
 * `propose.not-gitlab`, `upstream.bad-setting`.
 */
export function findProposeProject(settings: Pick<ProposeSettings, 'project'>, env: Environment): ForgeProject | null {
  const named = settings.project;
  const path = named ?? env['CI_PROJECT_PATH'] ?? '';
  if (path === '') return null;
  const url = /^https?:\/\//.test(path) ? path : `${serverOf(named === null, env)}/${path}`;
  const project = findForge(url, env);
  if (project?.kind === 'gitlab') return project;
  if (project !== null) {
    throw new ForkwrightError('propose.not-gitlab', `${url} is not on a GitLab`, {
      place: 'forkwright.yaml',
      hint: 'merge requests are made on GitLab alone: name the project there in propose.project',
    });
  }
  const { origin, pathname } = new URL(url);
  return { kind: 'gitlab', apiUrl: `${origin}/api/v4`, path: pathname.slice(1), token: '', tokenName: '' };
}

/** A path of the pipeline's own variables is one on the pipeline's own server. */
function serverOf(isPipelines: boolean, env: Environment): string {
  const names = isPipelines ? ['CI_SERVER_URL'] : ['GITLAB_HOST', 'CI_SERVER_URL'];
  const server = names.map((name) => (env[name] ?? '').trim()).find((text) => text !== '') ?? GITLAB_COM;
  return (/^https?:\/\//.test(server) ? server : `https://${server}`).replace(/\/+$/, '');
}
