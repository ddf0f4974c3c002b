/**
 * Lists what must not be shown of the caches that buildx is given: the values of keys that hold a credential, as the
 * caches of type s3, azblob and gha have them. Specification: docs.docker.com/build/cache/backends.
 */
export function listCacheSecrets(caches: readonly string[]): readonly string[] {
  return caches.flatMap((cache) =>
    cache.split(',').flatMap((field) => {
      const [, key = '', value = ''] = /^"?([^=]+)=(.*?)"?$/s.exec(field) ?? [];
      return /key|token|secret|password/i.test(key) && value !== '' ? [value] : [];
    }),
  );
}
