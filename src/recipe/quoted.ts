const MAX_LENGTH = 120;

/** What of a URL may be a secret: all in front of the host. A user of ssh (`git@`) is none. */
const CREDENTIALS = /(?<=https?:\/\/)[^\s/@]+(?=@)/g;

/** Gives a text with the credentials of URLs masked; it stays as long as it was. */
export function maskCredentials(text: string): string {
  return text.replaceAll(CREDENTIALS, (secret) => '*'.repeat(secret.length));
}

/** Whether a URL carries a user or a password that should not be in a file. */
export function hasCredentials(url: string): boolean {
  return url.search(CREDENTIALS) !== -1;
}

/** A value as messages quote it: JSON, credentials masked, cut where it is long. */
export function quoted(value: unknown): string {
  const text = maskCredentials(JSON.stringify(value) ?? 'nothing');
  return text.length <= MAX_LENGTH ? text : `${text.slice(0, MAX_LENGTH - 2)}…${text.slice(-1)}`;
}
