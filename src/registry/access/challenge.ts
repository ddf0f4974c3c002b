/** A way in that a server offers: `Bearer realm="https://auth.example.com/token",service="registry"`. */
export interface Challenge {
  /** In lower case. */
  readonly scheme: string;
  /** By name in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
}

const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const SPACE = /[ \t]*/y;
const QUOTED = /"((?:[^"\\]|\\.)*)"/y;
const TOKEN68 = /[A-Za-z0-9._~+/-]+=*(?=[ \t]*(?:,|$))/y;

/**
 * Reads the challenges of a WWW-Authenticate header, several of them in one or many headers that were joined by commas. What
 * cannot be understood ends the list. Specification: RFC 9110, 11.6.1.
 */
export function parseChallenges(header: string): readonly Challenge[] {
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(header);
    at += match?.[0].length ?? 0;
    return match;
  };
  const skip = (character: string) => {
    take(SPACE);
    if (header[at] !== character) return false;
    at++;
    take(SPACE);
    return true;
  };
  const skipCommas = () => {
    while (skip(','));
  };
  /** Gives null, and goes back, where no parameter stands: a token without `=` is the next challenge's scheme. */
  const takeParameter = (): readonly [string, string] | null => {
    const start = at;
    const name = take(TOKEN)?.[0];
    if (name !== undefined && skip('=')) {
      const quoted = take(QUOTED)?.[1]?.replaceAll(/\\(.)/g, '$1');
      const value = quoted ?? take(TOKEN)?.[0];
      if (value !== undefined) return [name.toLowerCase(), value];
    }
    at = start;
    return null;
  };

  const challenges: Challenge[] = [];
  for (;;) {
    skipCommas();
    const scheme = take(TOKEN)?.[0];
    if (scheme === undefined) return challenges;
    const parameters = new Map<string, string>();
    take(SPACE);
    for (;;) {
      const parameter = takeParameter();
      if (parameter === null) break;
      parameters.set(...parameter);
      skipCommas();
    }
    // Credentials of the form that Negotiate has say nothing to us.
    if (parameters.size === 0) take(TOKEN68);
    challenges.push({ scheme: scheme.toLowerCase(), parameters });
  }
}
