import { headManifest, readManifest } from './manifests.ts';
import { readBlob, takeBlob } from './read-blob.ts';
import { listReferrers, writeManifest } from './referrers.ts';
import type { Remote } from './remote.ts';
import type { Repository } from './repository.ts';
import { listTags } from './tags.ts';
import { hasBlob, writeBlob } from './write-blob.ts';

/** Gives a repository of a registry as its users see it. */
export function openRepository(remote: Remote): Repository {
  return {
    registry: remote.registry,
    name: remote.name,
    headManifest: (reference) => headManifest(remote, reference),
    readManifest: (reference) => readManifest(remote, reference),
    writeManifest: (manifest, tag) => writeManifest(remote, manifest, tag),
    hasBlob: (digest) => hasBlob(remote, digest),
    readBlob: (blob, fromByte = 0) => readBlob(remote, blob, fromByte),
    takeBlob: (blob, fromByte, take) => takeBlob(remote, blob, fromByte, take),
    writeBlob: (content, options) => writeBlob(remote, content, options),
    listReferrers: (digest) => listReferrers(remote, digest),
    listTags: () => listTags(remote),
  };
}
