/** What to show to a registry that asks who one is. */
export interface Credentials {
  readonly username: string;
  /** Password or personal access token. */
  readonly secret: string;
  /** An identity token, which is changed for an access token by a refresh grant; null where there is none. */
  readonly identityToken: string | null;
  /** An access token that is sent to the registry as it is; null where there is none. */
  readonly registryToken: string | null;
  /** Where they come from, for people: `/home/x/.docker/config.json`. Nothing of the secret itself. */
  readonly source: string;
}

/**
 * Gives the credentials for a host as it is written in image names (`docker.io`, `localhost:5000`), null where there are
 * none. It is asked only when a registry wants to know. Throws `registry.credentials`.
 */
export type FindCredentials = (registry: string) => Promise<Credentials | null>;
