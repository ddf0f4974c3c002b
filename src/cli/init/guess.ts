import { compareText } from '../../platform/order.ts';
import { readGitUrl } from '../../upstream/forge.ts';

/** How a program is made, by what its source looks like. */
export type BuildGuess =
  | {
      readonly kind: 'go';
      /** `1.22`; null where the source does not say. */
      readonly goVersion: string | null;
      /** `.`, `./cmd/tool`; the others that it could be are in `others`. */
      readonly package: string;
      readonly others: readonly string[];
      /** For a source without go.mod, which is built in a GOPATH; null for one with. */
      readonly importPath: string | null;
    }
  | { readonly kind: 'make' }
  | { readonly kind: 'dockerfile'; readonly dockerfile: string }
  | { readonly kind: 'none' };

const PACKAGE = /^[A-Za-z0-9_.][A-Za-z0-9_.~/-]*$/;
const IMPORT_PATH = /^[A-Za-z0-9][A-Za-z0-9_.~-]*(?:\/[A-Za-z0-9_~-][A-Za-z0-9_.~-]*)*$/;

/** A source as far as a guess needs it. */
export interface SourceFacts {
  /** URL of the git repository. */
  readonly git: string;
  /** Of all files. */
  readonly paths: readonly string[];
  /** The text of go.mod; null where there is none. */
  readonly goMod: string | null;
}

/** Guesses how a program called `name` is made from its source: Go before make before a Dockerfile. */
export function guessBuild(name: string, { git, paths, goMod }: SourceFacts): BuildGuess {
  const files = new Set(paths);
  const [found, ...others] = findMains(name, paths);
  if (goMod !== null || (found !== undefined && files.has(`${found}/main.go`.replace(/^\.\//, '')))) {
    const importPath = goMod === null ? importPathOf(git) : null;
    if (goMod !== null || importPath !== null) {
      return { kind: 'go', goVersion: goVersionOf(goMod), package: found ?? '.', others, importPath };
    }
  }
  if (['Makefile', 'makefile', 'GNUmakefile'].some((each) => files.has(each))) return { kind: 'make' };
  if (files.has('Dockerfile')) return { kind: 'dockerfile', dockerfile: 'Dockerfile' };
  return { kind: 'none' };
}

/** Packages that are probably programs, the likeliest first: the one of the name, the root, then those below cmd/. */
function findMains(name: string, paths: readonly string[]): readonly string[] {
  const below = paths.flatMap((path) => /^(cmd\/[^/]+)\/[^/]+\.go$/.exec(path)?.[1] ?? []);
  const root = paths.includes('main.go') ? ['.'] : [];
  const commands = [...new Set(below)].toSorted(compareText).map((folder) => `./${folder}`);
  const named = commands.filter((folder) => folder === `./cmd/${name}`);
  return [...new Set([...named, ...root, ...commands])].filter((folder) => PACKAGE.test(folder));
}

/** Specification: go.dev/ref/mod, "go directive". */
function goVersionOf(goMod: string | null): string | null {
  return /^go (\d+\.\d+)/m.exec(goMod ?? '')?.[1] ?? null;
}

function importPathOf(git: string): string | null {
  const url = readGitUrl(git);
  const path = url === null ? '' : `${url.host}/${url.path}`;
  return IMPORT_PATH.test(path) ? path : null;
}
