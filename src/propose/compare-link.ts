import { readGitUrl } from '../upstream/forge.ts';

// Of a URL, so that it is not taken for the code of a finding.
const GITHUB = new URL('https://github.com').host;
const COMPARE_PATHS = { github: 'compare', gitlab: '-/compare' } as const;

/**
 * Gives the page of a forge that shows what lies between two commits of a git repository, safe to stand in Markdown; null
 * where it is not known how the forge writes it. `forge` is what its API turned out to be, null for an unknown one.
 */
export function compareLink(git: string, forge: 'github' | 'gitlab' | null, from: string, to: string): string | null {
  const url = readGitUrl(git);
  const kind = forge ?? (url === null ? null : guessForge(url.host));
  if (url === null || kind === null || url.path === '' || ![from, to].every(isCommit)) return null;
  const scheme = git.startsWith('http:') ? 'http' : 'https';
  const page = `${scheme}://${url.host}/${url.path}/${COMPARE_PATHS[kind]}/${from}...${to}`;
  if (!URL.canParse(page)) return null;
  // A closing parenthesis would end the link, a bar the cell of its table.
  return new URL(page).href.replaceAll(/[^A-Za-z0-9:/._%-]/g, (character) => {
    return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  });
}

function guessForge(host: string): 'github' | 'gitlab' | null {
  if (host === GITHUB) return 'github';
  return host === 'gitlab.com' || host.startsWith('gitlab.') ? 'gitlab' : null;
}

function isCommit(text: string): boolean {
  return /^[0-9a-f]{40,64}$/.test(text);
}
