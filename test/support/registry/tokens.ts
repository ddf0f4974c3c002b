import { createHash } from 'node:crypto';

/** Whether a token is good for an action on a repository. */
export type Grants = (repository: string, action: string) => boolean;

/** The tokens that a token server gave out. */
export interface Tokens {
  readonly issue: (grants: Grants) => string;
  /** Counts one use; null where the token was never given out, or is no longer good. */
  readonly use: (token: string) => Grants | null;
  /** Every token until now is refused from now on. */
  readonly expire: () => void;
  /** Whether it was ever given out. */
  readonly isKnown: (token: string) => boolean;
  readonly all: () => readonly string[];
}

export function createTokens(uses = Infinity, fixed?: string): Tokens {
  const issued = new Map<string, { readonly grants: Grants; usesLeft: number }>();
  if (fixed !== undefined) issued.set(fixed, { grants: () => true, usesLeft: uses });
  return {
    issue: (grants) => {
      const hash = createHash('sha256').update(`token ${issued.size}`).digest('base64url');
      const token = `secret-token-${hash}`;
      issued.set(token, { grants, usesLeft: uses });
      return token;
    },
    use: (token) => {
      const found = issued.get(token);
      if (found === undefined || found.usesLeft <= 0) return null;
      found.usesLeft--;
      return found.grants;
    },
    expire: () => {
      for (const token of issued.values()) token.usesLeft = 0;
    },
    isKnown: (token) => issued.has(token),
    all: () => [...issued.keys()],
  };
}
