import { expect, test } from 'vitest';
import { findReleaseAsset } from '../../src/upstream/github-release.ts';

test('a token that cannot be sent is refused before anything could show it', async () => {
  const asked = findReleaseAsset(
    { repository: 'acme/tool', tag: 'v1', asset: 'tool.tar.gz' },
    {
      env: { GITHUB_TOKEN: 'ghp_hush\nhush', GITHUB_API_URL: 'http://127.0.0.1:9' },
      fetch: globalThis.fetch,
      signal: new AbortController().signal,
    },
  );
  await expect(asked).rejects.toMatchObject({
    code: 'github.refused',
    message: 'the token has characters that none has',
    place: 'acme/tool v1',
    hint: 'check GITHUB_TOKEN, or GH_TOKEN, for spaces and line breaks',
  });
});
