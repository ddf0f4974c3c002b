import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeImageLayout } from '../../src/archive/write/write-layout.ts';
import { assembleCommand } from '../../src/cli/commands/assemble.ts';
import { verifyCommand } from '../../src/cli/commands/verify.ts';
import { verifyArchive } from '../../src/cli/verify-archive.ts';
import type { Finding } from '../../src/finding.ts';
import { encodeIndex } from '../../src/image/encode-index.ts';
import { listImages } from '../../src/image/select/list-images.ts';
import { MEDIA_TYPE } from '../../src/oci/media-type.ts';
import { formatPlatform, platformSlug } from '../../src/platform/platform.ts';
import { chunksOf, fixture, makeFolder } from '../support/archives.ts';
import { packTarFiles, readTar } from '../support/tar-files.ts';
import { makeAttestation, makeImage, type MadeImage } from '../support/image-set.ts';
import { elf } from '../support/programs.ts';
import { makeInvocation } from '../support/invocation.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forkwright-verify-'));
  await writeInput('amd64.tar', await makeProgramImage('linux/amd64', 62));
  await writeInput('arm64.tar', await makeProgramImage('linux/arm64', 183));
  const archives = ['amd64.tar', 'arm64.tar'];
  const options = { archives, output: 'sound.tar', names: ['zoo:1'], dockerCompat: 'linux/amd64' };
  await assembleCommand(options, makeInvocation(folder));
});
afterAll(() => rm(folder, { recursive: true }));

async function makeProgramImage(platform: string, machine: number): Promise<MadeImage> {
  const body = Buffer.concat([elf({ machine, bits: 64, endianness: 'little' }), Buffer.alloc(300, platform)]);
  const layer = await packTarFiles([{ name: 'bin/tool', body, mode: 0o755 }]);
  return makeImage({ platform, layers: [layer], container: { entrypoint: ['/bin/tool'] } });
}

/** Writes an image with its attestation as buildx does. */
async function writeInput(name: string, image: MadeImage): Promise<void> {
  const attestation = makeAttestation(image.node.descriptor.digest);
  const children = [image, attestation].map(({ node }) => ({ ...node.descriptor }));
  const blobs = new Map([...image.blobs, ...attestation.blobs]);
  await writeImageLayout(
    join(folder, name),
    {
      indexJson: encodeIndex(MEDIA_TYPE.ociIndex, children),
      blobs: [...blobs].map(([digest, bytes]) => ({ digest, sizeBytes: bytes.length, bytes: () => chunksOf(bytes) })),
      dockerManifest: null,
    },
    { signal: new AbortController().signal, onBytes: () => undefined },
  );
}

const verify = (source: string, cwd = folder) => verifyCommand({ source, recipe: null }, makeInvocation(cwd));
const errors = (findings: readonly Finding[]) => findings.filter(({ severity }) => severity === 'error');

test('a sound archive has no findings', async () => {
  const result = await verify('sound.tar');
  expect(result.findings).toEqual([]);
  expect(result.text).toMatch(/^sound\.tar: verified 2 images, 13 blobs, \d+\.\d KiB\n$/);
  expect(result).toMatchObject({
    schema: 'forkwright.verify/v1',
    json: {
      source: 'sound.tar',
      recipe: null,
      format: 'docker-archive',
      blobs: 13,
      images: [{ platform: 'linux/amd64' }, { platform: 'linux/arm64' }],
    },
  });
});

test('programs for another machine are found in real archives', async () => {
  const { findings } = await verify('buildx-oci-linux-ppc64le-attested.tar', fixture('.'));
  expect(findings).toEqual([
    {
      code: 'program.wrong-machine',
      severity: 'error',
      place: 'buildx-oci-linux-ppc64le-attested.tar: linux/ppc64le',
      text: '/bin/tool is an ELF program for amd64, the image is for linux/ppc64le',
      hint: 'it was copied from, or built for, another platform',
    },
  ]);
});

test.each(['buildx-oci-linux-amd64-attested.tar', 'buildx-docker-linux-amd64.tar', 'docker-28-containerd-save.tar'])(
  '%s is sound',
  async (name) => {
    expect((await verify(name, fixture('.'))).findings).toEqual([]);
  },
);

/**
 * An error, or one of the two warnings that damage may come down to: another spelling of a checksum, and a key that
 * became one which no specification knows. Neither changes what a reader understands.
 */
function isNoticed({ severity, code }: Finding): boolean {
  return severity === 'error' || code === 'tar.unusual-checksum' || code === 'archive.unknown-key';
}

/** Nothing hashes index.json and manifest.json, and the names in them can be any. */
async function findExempt(archive: Buffer): Promise<{ start: number; end: number }[]> {
  const files = await readTar(join(folder, 'sound.tar'));
  return ['index.json', 'manifest.json'].flatMap((name) => {
    const text = String(files.get(name));
    const base = archive.indexOf(text);
    return [...text.matchAll(/[:[]"(?:docker\.io\/library\/zoo:1|zoo:1|1)"/g)].map(({ index, 0: match }) => {
      return { start: base + index + 2, end: base + index + match.length - 1 };
    });
  });
}

test('a flipped bit anywhere is noticed', { timeout: 60_000 }, async () => {
  const sound = await readFile(join(folder, 'sound.tar'));
  const exempt = await findExempt(sound);
  expect(exempt).toHaveLength(3);
  const position = fc.nat(sound.length - 1).filter((at) => !exempt.some(({ start, end }) => at >= start && at < end));
  await fc.assert(
    fc.asyncProperty(position, fc.nat(7), async (at, bit) => {
      const damaged = Buffer.from(sound);
      damaged.writeUInt8(damaged.readUInt8(at) ^ (1 << bit), at);
      await writeFile(join(folder, 'flipped.tar'), damaged);
      expect((await verify('flipped.tar')).findings.filter(isNoticed)).not.toEqual([]);
    }),
    { numRuns: 120 },
  );
});

test('a cut anywhere is an error', { timeout: 60_000 }, async () => {
  const sound = await readFile(join(folder, 'sound.tar'));
  await fc.assert(
    fc.asyncProperty(fc.nat(sound.length - 1), async (length) => {
      await writeFile(join(folder, 'cut.tar'), sound.subarray(0, length));
      expect(errors((await verify('cut.tar')).findings)).not.toEqual([]);
    }),
    { numRuns: 80 },
  );
});

test('a missing and a swapped blob are errors', async () => {
  const files = [...(await readTar(join(folder, 'sound.tar')))].map(([name, body]) => ({ name, body }));
  const blobs = files.filter(({ name, body }) => name.startsWith('blobs/') && body.length > 0);
  for (const blob of blobs) {
    await writeFile(join(folder, 'missing.tar'), await packTarFiles(files.filter((file) => file !== blob)));
    const missing = errors((await verify('missing.tar')).findings);
    expect(missing.map(({ code, place }) => [code, place])).toContainEqual([
      'blob.absent',
      `missing.tar: ${blob.name}`,
    ]);
    const other = blobs.find(({ name }) => name !== blob.name);
    const swapped = files.map((file) => (file === blob ? { ...file, body: other?.body ?? file.body } : file));
    await writeFile(join(folder, 'swapped.tar'), await packTarFiles(swapped));
    const found = errors((await verify('swapped.tar')).findings);
    expect(found.map(({ code, place }) => [code, place])).toContainEqual(['blob.corrupt', `swapped.tar: ${blob.name}`]);
  }
});

test.each([
  { name: 'empty.tar', bytes: Buffer.alloc(0), code: 'archive.unknown-format' },
  { name: 'page.tar', bytes: Buffer.from('<!DOCTYPE html>'), code: 'archive.unknown-format' },
])('what is no archive at all is a finding: $name', async ({ name, bytes, code }) => {
  await writeFile(join(folder, name), bytes);
  const result = await verify(name);
  expect(result.findings.map((finding) => [finding.severity, finding.code, finding.place])).toEqual([
    ['error', code, name],
  ]);
  expect(result.text).toBe('');
  expect(result.exitCode).toBeUndefined();
});

test('a path that cannot be read is an error of the command', async () => {
  await expect(verify('nowhere.tar')).rejects.toMatchObject({ code: 'archive.not-found' });
});

test('an archive is held to a recipe', async () => {
  await mkdir(join(folder, 'recipes'));
  const recipe = [
    'name: zoo',
    'description: A zoo',
    'platforms: [linux/amd64, linux/s390x]',
    'image:',
    '  base: scratch',
    '  entrypoint: [/bin/tool]',
    '  user: "1000"',
    '',
  ];
  await writeFile(join(folder, 'recipes/zoo.yaml'), recipe.join('\n'));
  const { findings, json } = await verifyCommand({ source: 'sound.tar', recipe: 'zoo' }, makeInvocation(folder));
  expect(json).toMatchObject({ recipe: 'zoo' });
  expect(
    errors(findings)
      .map(({ place, text }) => `${place}: ${text}`)
      .filter((text) => !text.includes(' label ')),
  ).toEqual([
    'sound.tar: the archive has an image for linux/arm64, recipes/zoo.yaml does not list it',
    'sound.tar: recipes/zoo.yaml lists linux/s390x, the archive has no image for it',
    'sound.tar: linux/amd64: user is "", the recipe says "1000"',
  ]);
  await writeFile(join(folder, 'recipes/zoo.yaml'), 'name: zoo\n');
  await expect(verifyCommand({ source: 'sound.tar', recipe: 'zoo' }, makeInvocation(folder))).rejects.toMatchObject({
    code: 'verify.broken-recipe',
  });
});

test("an archive is held to the records of its recipe's tests", async () => {
  const root = await makeFolder();
  await copyFile(join(folder, 'sound.tar'), join(root, 'sound.tar'));
  const recipe =
    'name: zoo\nplatforms: [linux/amd64, linux/arm64]\nimage: {base: scratch}\ntest: [{run: [tool, -v]}]\n';
  await mkdir(join(root, 'recipes'));
  await writeFile(join(root, 'recipes/zoo.yaml'), recipe);
  const verifyZoo = async () => {
    const { findings } = await verifyCommand({ source: 'sound.tar', recipe: 'zoo' }, makeInvocation(root));
    const ofTests = findings.filter(({ code }) => code.startsWith('test.'));
    return ofTests.map(({ severity, place, text }) => `${place}: ${severity}: ${text}`);
  };
  expect(await verifyZoo()).toEqual([
    'sound.tar: warning: there is no record that the tests of recipes/zoo.yaml were run on linux/amd64, linux/arm64',
  ]);

  const { archive } = await verifyArchive(
    'sound.tar',
    { config: null, platform: null, recipe: null },
    makeInvocation(root),
  );
  const results: Readonly<Record<string, object>> = {
    'linux/amd64': { state: 'failed', exitCode: 3, output: 'no such option', reason: null },
    'linux/arm64': { state: 'not-run', exitCode: null, output: '', reason: 'there is no docker on PATH' },
  };
  await mkdir(join(root, 'out/zoo'), { recursive: true });
  for (const { image } of listImages(archive!.set)) {
    const platform = formatPlatform(image.platform!);
    const tests = [{ run: ['tool', '-v'], ...results[platform] }];
    const document = { schema: 'forkwright.tests/v1', recipe: 'zoo', platform, digest: image.descriptor.digest, tests };
    await writeFile(join(root, `out/zoo/${platformSlug(image.platform!)}.tests.json`), JSON.stringify(document));
  }
  await writeFile(join(root, 'out/zoo/x.tests.json'), '[]');
  expect(await verifyZoo()).toEqual([
    'out/zoo/x.tests.json: warning: not a record of tests: the document: Invalid input: expected object, received array',
    'sound.tar: note: the tests were not run on linux/arm64: there is no docker on PATH',
    'sound.tar: linux/amd64: error: on linux/amd64, tool -v ended with exit code 3:\nno such option',
  ]);
});
