import { open, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { examineBlobs } from '../../src/archive/layers/examine-blobs.ts';
import { loadImageSet } from '../../src/archive/read/load-images.ts';
import { openImageSource } from '../../src/archive/read/open.ts';
import { writeImageLayout, type LayoutPlan } from '../../src/archive/write/write-layout.ts';
import { ForkwrightError } from '../../src/errors.ts';
import { encodeDockerManifest, encodeLayoutIndex } from '../../src/image/encode-index.ts';
import { parseReference } from '../../src/oci/reference.ts';
import { file, indexOf, layoutOf, link, makeFolder, makeImage, SIGNAL } from '../support/archives.ts';

/** All that the readers have to say against an archive; [] for a sound one. */
async function judge(path: string): Promise<readonly string[]> {
  try {
    const source = await openImageSource(path);
    try {
      const { set, findings } = await loadImageSet(source);
      const facts = await examineBlobs(source, set, { signal: SIGNAL, onBytes: () => undefined });
      const wrong = facts.filter(({ digest, actualDigest }) => digest !== actualDigest);
      return [
        ...[...source.findings, ...findings, ...facts.flatMap((fact) => fact.findings)].map(({ code }) => code),
        ...wrong.map(({ digest }) => `corrupt ${digest}`),
      ];
    } finally {
      await source.close();
    }
  } catch (error) {
    if (error instanceof ForkwrightError) return [error.code];
    throw error;
  }
}

/** An archive as `assemble --docker-compat` writes it, with names, and the bytes of it that nothing can vouch for. */
async function makeArchive() {
  const images = [
    makeImage([[file('bin/tool', 'amd64')], [link('symlink', 'tool', 'bin/tool')]]),
    makeImage([[file('bin/tool', 'arm64')]], 'arm64'),
  ];
  const names = [parseReference('registry.example.org/tool:1.0')];
  const plan = layoutOf(images);
  const index = plan.blobs[0]!;
  const manifest = { config: images[0]!.config, layers: images[0]!.layers };
  const mediaType = 'application/vnd.oci.image.index.v1+json';
  const named: LayoutPlan = {
    ...plan,
    indexJson: encodeLayoutIndex({ mediaType, digest: index.digest, sizeBytes: index.sizeBytes }, names),
    dockerManifest: encodeDockerManifest(manifest, names),
  };
  const path = join(await makeFolder(), 'tool.oci.tar');
  await writeImageLayout(path, named, { signal: SIGNAL, onBytes: () => undefined });
  const bytes = await readFile(path);
  const exempt = ['registry.example.org/tool:1.0","org', '1.0"}}]}'].map((text) => {
    const start = bytes.indexOf(text);
    return [start, start + text.indexOf('"')] as const;
  });
  return { path, bytes, exempt };
}

test('a sound archive gives nothing to say', async () => {
  const { path } = await makeArchive();
  expect(await judge(path)).toEqual([]);
});

test('every flipped bit is noticed, but for the values of annotations in index.json', async () => {
  const { path, bytes, exempt } = await makeArchive();
  const handle = await open(path, 'r+');
  const write = (position: number, value: number) => handle.write(Buffer.of(value), 0, 1, position);
  await fc.assert(
    fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(7), async (position, bit) => {
      fc.pre(!exempt.some(([start, end]) => position >= start && position < end));
      const value = bytes[position] ?? 0;
      await write(position, value ^ (1 << bit));
      const found = await judge(path);
      await write(position, value);
      expect(found).not.toEqual([]);
    }),
    { numRuns: 80 },
  );
  await handle.close();
});

test('a cut at any length is noticed', async () => {
  const { path, bytes } = await makeArchive();
  await fc.assert(
    fc.asyncProperty(fc.nat(bytes.length - 1), async (length) => {
      await writeFile(path, bytes);
      await truncate(path, length);
      expect(await judge(path)).not.toEqual([]);
    }),
    { numRuns: 60 },
  );
});

test('a layout folder: a flipped bit in any file', async () => {
  const plan = layoutOf([makeImage([[file('a', 'b')]])]);
  const path = join(await makeFolder(), 'layout');
  await writeImageLayout(path, plan, { signal: SIGNAL, onBytes: () => undefined });
  expect(await judge(path)).toEqual([]);
  const names = ['oci-layout', 'index.json', ...plan.blobs.map(({ digest }) => `blobs/${digest.replace(':', '/')}`)];
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...names), fc.nat(), fc.nat(7), async (name, at, bit) => {
      const sound = await readFile(join(path, name));
      const damaged = Buffer.from(sound);
      damaged[at % sound.length] = (sound[at % sound.length] ?? 0) ^ (1 << bit);
      await writeFile(join(path, name), damaged);
      const found = await judge(path);
      await writeFile(join(path, name), sound);
      expect(found).not.toEqual([]);
    }),
    { numRuns: 80 },
  );
});

test('an index of nothing is sound', async () => {
  const path = join(await makeFolder(), 'empty.tar');
  await writeImageLayout(
    path,
    { indexJson: indexOf([]), blobs: [], dockerManifest: null },
    { signal: SIGNAL, onBytes: () => undefined },
  );
  expect(await judge(path)).toEqual([]);
});
