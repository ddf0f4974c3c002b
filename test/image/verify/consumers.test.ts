import { expect, test } from 'vitest';
import { loadImageSet } from '../../../src/archive/read/load-images.ts';
import { openImageSource } from '../../../src/archive/read/open.ts';
import { listConsumers } from '../../../src/image/verify/consumers.ts';
import { fixture } from '../../support/archives.ts';

const CLASSIC = 'docker load (classic image store)';
const CONTAINERD = 'docker load (containerd image store)';
const REST = ['podman load', 'skopeo', 'ctr images import'];
const OLD = 'tools that want layer.tar';

async function judge(name: string) {
  const source = await openImageSource(fixture(name));
  try {
    return listConsumers(source.shape, (await loadImageSet(source)).set);
  } finally {
    await source.close();
  }
}

test.each([
  ['buildx-oci.tar', [CONTAINERD, ...REST]],
  ['buildx-oci-multi-attested.tar', [CONTAINERD, ...REST]],
  ['buildx-docker.tar', [CLASSIC, CONTAINERD, ...REST]],
  ['docker-28-containerd-save.tar', [CLASSIC, CONTAINERD, ...REST]],
  ['docker-20.10-save.tar', [CLASSIC, CONTAINERD, ...REST, OLD]],
  ['docker-20.10-save.tar.xz', [CLASSIC, CONTAINERD, 'podman load', 'skopeo']],
  // Its <id>/layer.tar are links to the layers.
  ['skopeo-docker-archive.tar', [CLASSIC, CONTAINERD, ...REST, OLD]],
  ['skopeo-oci-layout', ['podman load', 'skopeo', 'umoci']],
])('%s is read by what looks for what it has', async (name, readers) => {
  const consumers = await judge(name);
  expect(consumers.filter(({ reads }) => reads).map((each) => each.name)).toEqual(readers);
});

test('who does not read it has a reason', async () => {
  const reasons = (await judge('buildx-oci.tar')).filter(({ reads }) => !reads);
  expect(reasons).toEqual([
    { name: CLASSIC, reads: false, reason: 'there is no manifest.json' },
    { name: 'umoci', reads: false, reason: 'it reads folders' },
    { name: OLD, reads: false, reason: 'there are no repositories with <id>/layer.tar' },
  ]);
});
