import type { InstalledPackage, PackageDatabase } from './package-database.ts';

/**
 * Reads dpkg's status file, or the files of status.d that distroless images have, and apt's note of what was installed
 * because something else needed it; null where there is none. `listOf` gives the paths of a package. Specification:
 * dpkg, deb822(5), dpkg-query(1); apt, extended_states.
 */
export function readDpkgDatabase(
  status: string,
  extendedStates: string | null,
  listOf: (name: string, architecture: string) => readonly string[],
): PackageDatabase {
  const installed = readStanzas(status).filter(isInstalled);
  const packages = installed.map((stanza): InstalledPackage => {
    const name = stanza.get('package') ?? '';
    return {
      name,
      version: stanza.get('version') ?? '',
      depends: [...namesOf(stanza.get('pre-depends')), ...namesOf(stanza.get('depends'))],
      provides: namesOf(stanza.get('provides')),
      paths: listOf(name, stanza.get('architecture') ?? ''),
    };
  });
  const required = new Set(installed.filter(isRequired).map((stanza) => stanza.get('package')));
  return {
    manager: 'dpkg',
    packages,
    explicit: extendedStates === null ? null : withoutAutomatic(packages, extendedStates),
    isOfDistribution: ({ name }) => required.has(name),
  };
}

type Stanza = ReadonlyMap<string, string>;

function readStanzas(text: string): readonly Stanza[] {
  return text.split(/\n(?:[ \t]*\n)+/).flatMap((block) => {
    const fields = new Map<string, string>();
    for (const line of block.split('\n')) {
      const colon = line.indexOf(':');
      // What begins with a space goes on with the field above; none of those is of interest.
      if (colon <= 0 || /^\s/.test(line)) continue;
      fields.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
    }
    return fields.has('package') ? [fields] : [];
  });
}

/** Files of status.d have no status: what has one is installed. */
function isInstalled(stanza: Stanza): boolean {
  const status = stanza.get('status');
  return status === undefined || status.endsWith(' installed');
}

function isRequired(stanza: Stanza): boolean {
  return stanza.get('essential') === 'yes' || ['required', 'important'].includes(stanza.get('priority') ?? '');
}

/** `libc6 (>= 2.36), awk | mawk, perl:any`: of alternatives the first is taken. */
function namesOf(list = ''): readonly string[] {
  return list.split(',').flatMap((item) => /^\s*([A-Za-z0-9][A-Za-z0-9+.-]*)/.exec(item)?.[1] ?? []);
}

function withoutAutomatic(packages: readonly InstalledPackage[], extendedStates: string): readonly string[] {
  const automatic = readStanzas(extendedStates).filter((stanza) => stanza.get('auto-installed') === '1');
  const names = new Set(automatic.map((stanza) => stanza.get('package')));
  return packages.filter(({ name }) => !names.has(name)).map(({ name }) => name);
}
