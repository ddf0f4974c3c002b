import { posix } from 'node:path';

/** What the path of a source file of package main says. */
export interface GoMainPath {
  /** Import path of the package; null where the path is one of a disk, below no GOPATH. */
  readonly importPath: string | null;
  /** Version of the module, where the file lay in the cache of modules. */
  readonly version: string | null;
  /** Whether it lay in a GOPATH, and so was built without modules; null where that cannot be told. */
  readonly isGopath: boolean | null;
}

const DOTTED_HOST = /^[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+$/;

/**
 * Takes the path of the file with main.main, as the compiler saw it, and gives the import path of its package:
 * `/go/src/github.com/a/b/cmd/c/main.go` in a GOPATH, `/go/pkg/mod/github.com/a/b@v1.2.3/main.go` in the cache of
 * modules, `github.com/a/b/cmd/c/main.go` with -trimpath. `/src/cmd/c/main.go` tells nothing.
 */
export function readMainPath(file: string): GoMainPath {
  // What was built without modules in a folder below no GOPATH has the folder behind a _ for its path.
  const folder = posix.dirname(file.replaceAll('\\', '/')).replace(/^_(?=\/)/, '');
  const inCache = /^(?:.*\/pkg\/mod\/)?([^@]+)@(v[^/]+)(.*)$/.exec(folder);
  if (inCache !== null && (folder.includes('/pkg/mod/') || !isAbsolute(folder))) {
    const [, module = '', version = '', rest = ''] = inCache;
    // The cache writes capital letters as ! and the small one.
    const importPath = `${module}${rest}`.replaceAll(/!([a-z])/g, (_, letter: string) => letter.toUpperCase());
    return { importPath, version, isGopath: false };
  }
  if (!isAbsolute(folder)) return { importPath: folder === '.' ? null : folder, version: null, isGopath: null };
  // A GOPATH may lie in a folder that is called src itself.
  const parts = folder.split('/');
  const host = parts.findLastIndex((part, index) => index > 0 && parts[index - 1] === 'src' && DOTTED_HOST.test(part));
  return host === -1
    ? { importPath: null, version: null, isGopath: null }
    : { importPath: parts.slice(host).join('/'), version: null, isGopath: true };
}

function isAbsolute(path: string): boolean {
  return path.startsWith('/') || /^[A-Za-z]:/.test(path);
}

/** Hosts whose repositories have two parts of a path. GitLab has groups in groups, and mostly two. */
const CODE_HOST = /^(?:github\.com|gitlab\.com|bitbucket\.org|codeberg\.org)$/;
/** Import paths that are no addresses, and the repositories behind them. */
const VANITY: readonly (readonly [RegExp, string])[] = [
  [/^k8s\.io\/([^/]+)/, 'https://github.com/kubernetes/$1'],
  [/^sigs\.k8s\.io\/([^/]+)/, 'https://github.com/kubernetes-sigs/$1'],
  [/^golang\.org\/x\/([^/]+)/, 'https://go.googlesource.com/$1'],
  [/^gopkg\.in\/([a-z][^/.]*)\.v\d+/, 'https://github.com/go-$1/$1'],
  [/^gopkg\.in\/([^/]+)\/([^/.]+)\.v\d+/, 'https://github.com/$1/$2'],
];

/** The repository of an import path or module, by its name alone. */
export interface GoRepository {
  /** URL for git. */
  readonly git: string;
  /** The part of the path that is the repository; what follows lies in it. */
  readonly root: string;
}

/** Takes an import path and gives the repository that its name points to; null where it is not an address at all. */
export function repositoryOf(importPath: string): GoRepository | null {
  const parts = importPath.split('/');
  const [host = ''] = parts;
  if (!/^[A-Za-z0-9._~/+-]+$/.test(importPath) || !DOTTED_HOST.test(host) || parts.includes('..')) return null;
  const vanity = VANITY.find(([pattern]) => pattern.test(importPath));
  if (vanity !== undefined) {
    const [pattern, address] = vanity;
    const root = pattern.exec(importPath)?.[0] ?? '';
    return { git: `${root.replace(pattern, address)}.git`, root };
  }
  if (parts.length < 2) return null;
  // Elsewhere nothing tells where the repository ends; programs mostly lie in its folder cmd.
  const commands = parts.indexOf('cmd', 2);
  const length = CODE_HOST.test(host) ? 3 : commands === -1 ? parts.length : commands;
  const root = parts.slice(0, length).join('/');
  return { git: `https://${root}.git`, root };
}
