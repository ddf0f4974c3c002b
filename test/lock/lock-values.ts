import type { Digest } from '../../src/oci/digest.ts';
import type { LockedManifest, RecipeLock } from '../../src/lock/lock.ts';

export const SHA_A = `sha256:${'a'.repeat(64)}` as const;

/** A lock with something of every kind in it. */
export const LOCK: RecipeLock = {
  artifacts: new Map([['npm esbuild@0.28.2', 'sha512-aaaa']]),
  files: new Map<string, Digest>([['patches/tool/0001-fix.patch', `sha256:${'e'.repeat(64)}`]]),
  images: new Map([
    ['registry.example.org/releng/base:1', { kind: 'recipe', recipe: 'base' }],
    [
      'docker.io/library/alpine:3.20',
      {
        kind: 'registry',
        index: SHA_A,
        platforms: new Map<string, LockedManifest>([
          ['linux/arm64', { digest: `sha256:${'c'.repeat(64)}`, createdSeconds: null }],
          ['linux/amd64', { digest: `sha256:${'b'.repeat(64)}`, createdSeconds: 1_716_401_892 }],
        ]),
      },
    ],
  ]),
  targets: new Map([
    [
      'linux/amd64',
      {
        inputHash: `sha256:${'d'.repeat(64)}`,
        epochSeconds: 1_716_401_892,
        packages: new Map([
          ['tar', '1.35-r2'],
          ['no', '1.10'],
        ]),
      },
    ],
  ]),
  upstreams: new Map([
    [
      'https://example.org/tool.git branch main',
      {
        commit: '33e8500000000000000000000000000000000000',
        tree: '24bc370400000000000000000000000000000000',
        epochSeconds: 1_547_072_455,
        ref: 'refs/heads/main',
        version: '33e850000000',
      },
    ],
  ]),
};
