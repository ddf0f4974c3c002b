import type { GoFacts } from './describe-program.ts';
import { repositoryOf } from './go-import-path.ts';

/** Where the source of a Go program is, and what of it is built. */
export interface GoSource {
  /** URL for git; null where the import path is no address. */
  readonly git: string | null;
  /** Path of the package in the source: `./cmd/copy`, or `.`. */
  readonly package: string;
  /** Import path of the source's root; null where there is nothing to say it by. */
  readonly root: string;
  /** Whether it was built in a GOPATH; null where that cannot be told. */
  readonly isGopath: boolean | null;
  /** Version of the module where it was installed by one: `v1.2.3`. */
  readonly version: string | null;
}

/** Finds the source of a Go program by its import path; null where nothing tells one. */
export function findGoSource({ buildInfo, mainPath }: GoFacts): GoSource | null {
  const path = buildInfo?.path ?? '';
  const told = path === 'command-line-arguments' || path.startsWith('_/') ? '' : path;
  const importPath = told === '' ? (mainPath?.importPath ?? '') : told;
  if (!/^[A-Za-z0-9][A-Za-z0-9._~/+-]*$/.test(importPath)) return null;
  const module = buildInfo?.module?.path ?? null;
  const repository = repositoryOf(module ?? importPath);
  const isInModule = module !== null && (importPath === module || importPath.startsWith(`${module}/`));
  // The folder of a module's second version is the repository's, or v2 in it: mostly the former.
  const root = isInModule ? module : (repository?.root ?? importPath);
  const below = importPath.slice(root.length).replace(/^\//, '');
  const version =
    [buildInfo?.module?.version, mainPath?.version].find((each) => each?.startsWith('v') === true) ?? null;
  return {
    git: repository?.git ?? null,
    package: below === '' ? '.' : `./${below}`,
    root: repository?.root ?? root,
    isGopath: module !== null ? false : isGopathBuild(buildInfo !== null && told !== '', mainPath?.isGopath ?? null),
    version,
  };
}

/** Since Go 1.18 build information has the import path in every mode, and a module only with modules. */
function isGopathBuild(isPathTold: boolean, bySource: boolean | null): boolean | null {
  return isPathTold ? true : bySource;
}
