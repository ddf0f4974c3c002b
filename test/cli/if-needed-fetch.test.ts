import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadImageSet } from '../../src/archive/read/load-images.ts';
import { openImageSource } from '../../src/archive/read/open.ts';
import { fetchTarget } from '../../src/cli/if-needed/fetch.ts';
import { imageKind } from '../../src/image/image-kind.ts';
import { walkSet } from '../../src/image/walk.ts';
import { readInputRecord } from '../../src/plan/input-record-file.ts';
import { readPublished } from '../../src/plan/read-published.ts';
import { makeRecord } from '../../src/plan/record.ts';
import { fixture, makeFolder } from '../support/archives.ts';
import { makeInvocation } from '../support/invocation.ts';
import { openRepositories } from '../support/registry-client.ts';
import { startRegistry } from '../support/registry/registry.ts';
import { seedFromLayout } from '../support/registry/seed-from-layout.ts';
import { makeTarget } from '../support/workspace-values.ts';

const RECORD = makeRecord({ platform: 'linux/arm64' });
const TARGET = makeTarget({ platform: 'linux/arm64' });

async function prepare() {
  const registry = await startRegistry();
  await seedFromLayout(registry.repository('tool'), fixture('buildx-oci-multi-attested.tar'), '1');
  const repository = openRepositories(registry)('tool');
  const image = await readPublished(`${registry.host}/tool:1`, '1', repository);
  if (image === null) throw new Error('it was not published');
  const root = await makeFolder();
  const digestOf = (platform: string) => image.platforms.get(platform)?.digest ?? 'sha256:';
  const fetch = (platform: string) =>
    fetchTarget(TARGET, { image, digest: digestOf(platform), record: RECORD }, repository, makeInvocation(root));
  return { root, digestOf, fetch };
}

test('an image comes with its attestations, and is known by its record', async () => {
  const { root, digestOf, fetch } = await prepare();
  const archive = await fetch('linux/arm64');
  expect(archive).toMatchObject({ path: 'out/tool/linux-arm64.oci.tar', digest: digestOf('linux/arm64') });
  expect(await readInputRecord(root, TARGET)).toEqual({ digest: archive.digest, record: RECORD });
  const source = await openImageSource(archive.path, root);
  const { set, findings } = await loadImageSet(source);
  await source.close();
  const kinds = walkSet(set).map(({ node }) => (node.kind === 'image' ? imageKind(node) : node.kind));
  expect([kinds, findings, source.findings]).toEqual([['index', 'image', 'attestation'], [], []]);
  expect(source.roots.flatMap(({ names }) => names)).toEqual([]);
});

test('another image than the one that was promised is not kept as that', async () => {
  const { root, digestOf, fetch } = await prepare();
  await expect(fetch('linux/amd64')).rejects.toMatchObject({
    code: 'build.not-fetched',
    message: `${digestOf('linux/arm64')} arrived in the place of ${digestOf('linux/amd64')}`,
  });
  expect(await readdir(join(root, 'out/tool'))).toEqual(['linux-arm64.oci.tar']);
});
