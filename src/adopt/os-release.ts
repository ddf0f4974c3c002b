/** What /etc/os-release says, as far as it is of use. Empty where it does not say it. */
export interface OsRelease {
  readonly id: string;
  readonly versionId: string;
  readonly codename: string;
  readonly prettyName: string;
}

/** Reads /etc/os-release. Specification: os-release(5); names are shell variables, values perhaps quoted. */
export function readOsRelease(text: string): OsRelease {
  const values = new Map<string, string>();
  for (const line of text.slice(0, 64 * 1024).split('\n')) {
    const equals = line.indexOf('=');
    if (equals === -1) continue;
    const value = line.slice(equals + 1).trim();
    values.set(line.slice(0, equals).trim(), /^(["']).*\1$/.test(value) ? value.slice(1, -1) : value);
  }
  return {
    id: values.get('ID') ?? '',
    versionId: values.get('VERSION_ID') ?? '',
    codename: values.get('VERSION_CODENAME') ?? '',
    prettyName: values.get('PRETTY_NAME') ?? '',
  };
}
