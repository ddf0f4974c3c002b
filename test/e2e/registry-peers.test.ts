import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { MEDIA_TYPE } from '../../src/oci/media-type.ts';
import { readContent } from '../support/archive-content.ts';
import { blobOf, describeBlob, file, fixture, indexOf, layoutEntries, makeImage, tarOf } from '../support/archives.ts';
import { startRegistry } from '../support/registry/registry.ts';
import { startDistribution } from './support/distribution.ts';
import { testWith } from './support/needs.ts';
import { listFaults } from './support/list-faults.ts';
import { readHeld } from './support/read-registry.ts';
import { runForkwright, runWell } from './support/run.ts';
import { FOLDER } from './support/settings.ts';

const ARCHIVE = fixture('buildx-oci-multi-attested.tar');

const SKOPEO_COPY = ['copy', '--quiet', '--all', '--preserve-digests', '--src-tls-verify=false'];

/** How each brings everything that a name stands for into an OCI layout. */
const PEERS = [
  { peer: 'skopeo', copy: (name: string, to: string) => [...SKOPEO_COPY, `docker://${name}`, `oci:${to}`] },
  { peer: 'crane', copy: (name: string, to: string) => ['pull', '--format', 'oci', name, to] },
  {
    peer: 'oras',
    copy: (name: string, to: string) => ['copy', '--from-plain-http', name, '--to-oci-layout', `${to}:1`],
  },
] as const;

for (const { peer, copy } of PEERS) {
  testWith(['docker-registry'], `${peer} reads what was pushed, byte for byte`, async (context) => {
    context.skip(!isInstalled(peer), `${peer} is not on PATH`);
    const cwd = join(FOLDER, `registry-${peer}`);
    const registry = await startDistribution(join(cwd, 'registry'));
    onTestFinished(registry.stop);
    const name = `${registry.host}/team/zoo:1`;
    const pushed = await runForkwright(['push', ARCHIVE, name], { cwd });
    const expected = await readContent(ARCHIVE);
    expect(pushed).toMatchObject({ exitCode: 0, stdout: `${expected.roots[0]}\n` });
    await runWell([peer, ...copy(name, join(cwd, 'copied'))], { cwd });
    const { roots, digests, images } = await readContent(join(cwd, 'copied'));
    expect({ digests, images }).toEqual({ digests: expected.digests, images: expected.images });
    // oras lists every manifest of the layout behind it.
    expect(roots[0]).toBe(expected.roots[0]);
    // And it makes a folder of its own in there.
    const own = peer === 'oras' ? ['warning archive.extra-entry: an entry that is no part of an image'] : [];
    expect(await listFaults('copied', cwd)).toEqual([...(await listFaults(ARCHIVE, cwd)), ...own].toSorted());
  });
}

/** crane has no `--version`, and oras none either. */
function isInstalled(peer: string): boolean {
  return ['--version', 'version'].some((word) => spawnSync(peer, [word], { stdio: 'ignore' }).status === 0);
}

const IMAGE = makeImage([[file('tool', 'x')]]);
const SBOM = blobOf(Buffer.from('{"spdxVersion":"SPDX-2.3"}'));
const EMPTY = blobOf({});
const REFERRER = blobOf({
  schemaVersion: 2,
  mediaType: MEDIA_TYPE.ociManifest,
  artifactType: 'application/spdx+json',
  config: describeBlob('application/vnd.oci.empty.v1+json', EMPTY),
  layers: [describeBlob('application/spdx+json', SBOM)],
  subject: describeBlob(MEDIA_TYPE.ociManifest, IMAGE.manifest),
});

const REGISTRIES = [
  {
    title: 'a registry that keeps lists of referrers',
    hasTag: false,
    start: async (_cwd: string) => {
      const registry = await startRegistry();
      return { host: registry.host, violations: () => [...registry.violations, ...registry.checkIntegrity()] };
    },
  },
  {
    title: 'a registry that keeps none',
    hasTag: true,
    start: async (cwd: string) => {
      const registry = await startDistribution(join(cwd, 'registry'));
      onTestFinished(registry.stop);
      return { host: registry.host, violations: () => [] };
    },
  },
] as const;

for (const { title, hasTag, start } of REGISTRIES) {
  testWith(hasTag ? ['docker-registry'] : [], `what refers to an image is found in ${title}`, async () => {
    const cwd = join(FOLDER, `registry-referrers-${hasTag ? 'tag' : 'api'}`);
    await mkdir(cwd);
    const entries = [IMAGE.descriptor, describeBlob(MEDIA_TYPE.ociManifest, REFERRER)];
    const blobs = [...IMAGE.blobs, SBOM, EMPTY, REFERRER];
    await writeFile(join(cwd, 'listed.tar'), tarOf(layoutEntries(indexOf(entries), blobs)));
    const { host, violations } = await start(cwd);
    const name = `${host}/team/listed:1`;
    expect(await runForkwright(['push', 'listed.tar', name], { cwd })).toMatchObject({
      exitCode: 0,
      stdout: `${IMAGE.manifest.digest}\n`,
    });
    expect(violations()).toEqual([]);
    if (hasTag) {
      // Without the API, an index under this tag is the list.
      const { digests } = await readHeld(host, 'team/listed', IMAGE.manifest.digest.replace(':', '-'));
      expect(digests).toContain(REFERRER.digest);
    }

    expect((await runForkwright(['pull', name, 'back', '--referrers'], { cwd })).exitCode).toBe(0);
    const { digests } = await readContent(join(cwd, 'back'));
    expect(digests).toEqual([IMAGE.manifest.digest, REFERRER.digest].toSorted());

    if (!isInstalled('oras')) return;
    const discovered = await runWell(['oras', 'discover', '--plain-http', '--format', 'json', name], { cwd });
    // Before 1.3 oras called them manifests.
    const { referrers, manifests } = JSON.parse(discovered);
    expect(referrers ?? manifests).toMatchObject([{ digest: REFERRER.digest, artifactType: 'application/spdx+json' }]);
  });
}
