import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import pMap from 'p-map';
import { MEDIA_TYPE } from '../../src/oci/media-type.ts';
import { blobOf, describeBlob, file, indexOf, layoutEntries, makeImage, tarOf } from '../support/archives.ts';
import { seededBytes, seededRandom } from '../support/registry/random.ts';
import { startCuttingProxy, type CuttingProxy } from './support/cutting-proxy.ts';
import { startDistribution, type Distribution } from './support/distribution.ts';
import { testWith } from './support/needs.ts';
import { readHeld } from './support/read-registry.ts';
import { runForkwright } from './support/run.ts';
import { FOLDER } from './support/settings.ts';

const PUSHES = Number(process.env['FORKWRIGHT_E2E_CUT_PUSHES'] ?? 20);
const PULLS = 20;
const SEED = Number(process.env['FORKWRIGHT_E2E_CUT_SEED'] ?? 1);
const CUT_BYTES = 30_000;
/** Two machines of a pipeline. */
const AT_ONCE = { concurrency: 2 };

const CWD = join(FOLDER, 'registry-cuts');
const ARCHITECTURES = ['amd64', 'arm64', 'ppc64le', 's390x', 'riscv64', 'loong64'];

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

async function startBadNetwork(name: string): Promise<{ registry: Distribution; proxy: CuttingProxy }> {
  const registry = await startDistribution(join(CWD, name));
  onTestFinished(registry.stop);
  const proxy = await startCuttingProxy({ port: registry.port, meanBytes: CUT_BYTES, random: seededRandom(SEED) });
  onTestFinished(proxy.close);
  return { registry, proxy };
}

testWith(
  ['docker-registry'],
  `${PUSHES} pushes of an index get through where every connection is cut after 30 kB on the average`,
  async () => {
    const archive = await writeArchive();
    const { registry, proxy } = await startBadNetwork('pushed');
    const ended = await pMap(
      Array.from({ length: PUSHES }, (_, index) => `cut/push-${index}`),
      async (repository) => {
        const started = performance.now();
        const { exitCode, stdout, stderr } = await runForkwright(['push', archive, `${proxy.host}/${repository}:1`], {
          cwd: CWD,
        });
        console.log(
          repository,
          Math.round(performance.now() - started),
          exitCode,
          JSON.stringify(proxy.counts()),
          exitCode === 0 ? '' : stderr,
        );
        return { repository, exitCode, stdout, stderr: exitCode === 0 ? '' : stderr };
      },
      AT_ONCE,
    );
    const complete = { exitCode: 0, stdout: `${INDEX.digest}\n`, stderr: '' };
    expect(ended).toEqual(ended.map(({ repository }) => ({ repository, ...complete })));
    for (const { repository } of ended) {
      expect(await readHeld(registry.host, repository, '1')).toEqual(HELD);
    }
    // Every push has met many.
    expect(proxy.counts().cuts).toBeGreaterThan(PUSHES * 20);
  },
);

testWith(['docker-registry'], `${PULLS} pulls get through there, too`, async () => {
  const archive = await writeArchive();
  const { registry, proxy } = await startBadNetwork('pulled');
  const pushed = await runForkwright(['push', archive, `${registry.host}/cut/pull:1`], { cwd: CWD });
  expect(pushed).toMatchObject({ exitCode: 0, stdout: `${INDEX.digest}\n` });
  const ended = await pMap(
    Array.from({ length: PULLS }, (_, index) => `pulled-${index}.oci.tar`),
    async (output) => {
      const started = performance.now();
      const pull = await runForkwright(['pull', `${proxy.host}/cut/pull:1`, output], { cwd: CWD });
      console.log(
        output,
        Math.round(performance.now() - started),
        pull.exitCode,
        JSON.stringify(proxy.counts()),
        pull.exitCode === 0 ? '' : pull.stderr,
      );
      const verify = await runForkwright(['verify', output, '--json'], { cwd: CWD });
      return { output, pull: pull.exitCode, verify: verify.exitCode, verified: verify.stdout };
    },
    AT_ONCE,
  );
  for (const { output, pull, verify, verified } of ended) {
    expect({ pull, verify }, `${output}\n${verified}`).toEqual({ pull: 0, verify: 0 });
  }
  expect(proxy.counts().cuts).toBeGreaterThan(PULLS * 20);
});
