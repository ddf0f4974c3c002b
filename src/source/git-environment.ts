import { join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where git works. All are absolute. */
export interface GitPlaces {
  readonly gitFolder: string;
  readonly objects: string;
  /** Where files are written, and what relative paths start from. */
  readonly workTree: string;
}

/** What git(1) reads about how to reach a server; every other GIT_ variable would change what is done with the answer. */
const CONNECTION = /^GIT_(?:CONFIG_|SSH|SSL_|HTTP_|PROXY_|PROTOCOL|CURL_|(?:ASKPASS|ALLOW_PROTOCOL|EXEC_PATH)$)/;

/**
 * Gives the environment of a git that talks to a server: the user's configuration (URL rewriting, credential helpers,
 * proxies, SSH), never a question on the terminal. Its messages are in English.
 */
export function connectingEnvironment(env: Environment, places: GitPlaces): Environment {
  return { ...keep(env, (name) => CONNECTION.test(name)), ...placeVariables(places), GIT_TERMINAL_PROMPT: '0' };
}

/**
 * Gives the environment of a git that works on what was fetched. No configuration or attribute of the user or the system
 * reaches it, since those decide about line ends, filters, whitespace and hooks.
 */
export function isolatedEnvironment(env: Environment, places: GitPlaces): Environment {
  const nothing = join(places.gitFolder, 'no-such-file');
  return {
    ...keep(env, (name) => name === 'GIT_EXEC_PATH'),
    ...placeVariables(places),
    HOME: nothing,
    XDG_CONFIG_HOME: nothing,
    GIT_CONFIG_GLOBAL: nothing,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_ATTR_NOSYSTEM: '1',
  };
}

function keep(env: Environment, isKept: (name: string) => boolean): Environment {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('GIT_') || isKept(name)));
}

function placeVariables({ gitFolder, objects, workTree }: GitPlaces): Environment {
  return {
    GIT_DIR: gitFolder,
    GIT_OBJECT_DIRECTORY: objects,
    GIT_INDEX_FILE: join(gitFolder, 'index'),
    GIT_WORK_TREE: workTree,
    // The last lines of stderr are shown to people, beside texts of ours.
    LC_ALL: 'C',
    LANGUAGE: '',
  };
}
