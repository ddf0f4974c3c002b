import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import pMap from 'p-map';
import { MEDIA_TYPE } from '../../src/oci/media-type.ts';
import { readContent } from '../support/archive-content.ts';
import { blobOf, describeBlob, file, indexOf, layoutEntries, makeImage, tarOf } from '../support/archives.ts';
import { seededBytes, seededRandom } from '../support/registry/random.ts';
import { startCuttingProxy, type CuttingProxy } from './support/cutting-proxy.ts';
import { startDistribution, type Distribution } from './support/distribution.ts';
import { writeLargeImage } from './support/large-image.ts';
import { testWith } from './support/needs.ts';
import { listFaults } from './support/list-faults.ts';
import { readHeld } from './support/read-registry.ts';
import { FORKWRIGHT_COMMAND, runForkwright, runWell } from './support/run.ts';
import { FOLDER } from './support/settings.ts';

const PUSHES = Number(process.env['FORKWRIGHT_E2E_CUT_PUSHES'] ?? 10);
const PULLS = 20;
const SEED = Number(process.env['FORKWRIGHT_E2E_CUT_SEED'] ?? 1);
const CUT_BYTES = 30_000;
/** How many cuts each of them meets at the least: 1.3 MB are more than forty times 30 kB. */
const CUTS_EACH = 20;
const AT_ONCE = { concurrency: 2 };

const CWD = join(FOLDER, 'registry-cuts');
// In the order that `verify` wants.
const ARCHITECTURES = ['amd64', 'arm64', 'loong64', 'ppc64le', 'riscv64', 's390x'];

/** 60 kB that all platforms share, and 200 kB of each: 1.3 MB that cannot be compressed. */
const IMAGES = ARCHITECTURES.map((architecture, index) =>
  makeImage(
    [
      [file('shared', seededBytes(0, 60_000))],
      [file('large', seededBytes(2 * index + 1, 150_000))],
      [file('small', seededBytes(2 * index + 2, 50_000))],
    ],
    architecture,
  ),
);
const INDEX = blobOf(indexOf(IMAGES.map(({ descriptor }) => descriptor)));
const BLOBS = [
  ...new Map([INDEX, ...IMAGES.flatMap(({ blobs }) => blobs)].map((blob) => [blob.digest, blob])).values(),
];
const HELD = { digest: INDEX.digest, digests: BLOBS.map(({ digest }) => digest).toSorted() };

async function writeArchive(): Promise<string> {
  await mkdir(CWD, { recursive: true });
  const path = join(CWD, 'multi.oci.tar');
  await writeFile(path, tarOf(layoutEntries(indexOf([describeBlob(MEDIA_TYPE.ociIndex, INDEX)]), BLOBS)));
  return path;
}

async function startBadNetwork(
  name: string,
  meanBytes = CUT_BYTES,
): Promise<{ registry: Distribution; proxy: CuttingProxy }> {
  const registry = await startDistribution(join(CWD, name));
  onTestFinished(registry.stop);
  const proxy = await startCuttingProxy({ port: registry.port, meanBytes, random: seededRandom(SEED) });
  onTestFinished(proxy.close);
  return { registry, proxy };
}

testWith(
  ['docker-registry'],
  `${PUSHES} pushes get through where every connection is cut after 30 kB or so`,
  async () => {
    const archive = await writeArchive();
    const { registry, proxy } = await startBadNetwork('pushed');
    const repositories = Array.from({ length: PUSHES }, (_, index) => `cut/push-${index}`);
    const pushes = await pMap(
      repositories,
      (repository) => {
        // A cache of its own, or it would remember that another repository has all blobs.
        const env = { FORKWRIGHT_CACHE: join(CWD, 'caches', repository) };
        return runForkwright(['push', archive, `${proxy.host}/${repository}:1`, '--quiet'], { cwd: CWD, env });
      },
      AT_ONCE,
    );
    expect(pushes).toEqual(pushes.map(() => ({ exitCode: 0, stdout: `${INDEX.digest}\n`, stderr: '' })));
    for (const repository of repositories) expect(await readHeld(registry.host, repository, '1')).toEqual(HELD);
    expect(proxy.counts().cuts).toBeGreaterThan(PUSHES * CUTS_EACH);
  },
);

testWith(['docker-registry'], `${PULLS} pulls get through there, too`, async () => {
  const archive = await writeArchive();
  const { registry, proxy } = await startBadNetwork('pulled');
  await runWell([...FORKWRIGHT_COMMAND, 'push', archive, `${registry.host}/cut/pull:1`], { cwd: CWD });
  const outputs = Array.from({ length: PULLS }, (_, index) => `pulled-${index}.oci.tar`);
  const pulls = await pMap(
    outputs,
    (output) => runForkwright(['pull', `${proxy.host}/cut/pull:1`, output, '--quiet'], { cwd: CWD }),
    AT_ONCE,
  );
  expect(pulls).toEqual(pulls.map(() => ({ exitCode: 0, stdout: expect.any(String), stderr: '' })));
  const [first = '', ...others] = outputs;
  expect(await listFaults(first, CWD)).toEqual([]);
  expect((await readContent(join(CWD, first))).roots).toEqual([INDEX.digest]);
  const bytes = await readFile(join(CWD, first));
  for (const output of others) expect(bytes.equals(await readFile(join(CWD, output))), output).toBe(true);
  expect(proxy.counts().cuts).toBeGreaterThan(PULLS * CUTS_EACH);
});

testWith(['docker-registry'], 'so do both threads of a large one', async () => {
  await mkdir(CWD, { recursive: true });
  const archive = join(CWD, 'large.oci.tar');
  const digest = await writeLargeImage(archive);
  const { registry, proxy } = await startBadNetwork('large', 4_000_000);
  await runWell([...FORKWRIGHT_COMMAND, 'push', archive, `${registry.host}/cut/large:1`], { cwd: CWD });
  for (const output of ['large-pulled', 'large-pulled.tar']) {
    const pulled = await runForkwright(['pull', `${proxy.host}/cut/large:1`, output, '--quiet'], { cwd: CWD });
    expect(pulled).toEqual({ exitCode: 0, stdout: expect.any(String), stderr: '' });
    expect(await listFaults(output, CWD)).toEqual([]);
    expect((await readContent(join(CWD, output))).roots).toEqual([digest]);
  }
  expect(proxy.counts().cuts).toBeGreaterThan(CUTS_EACH);
});
