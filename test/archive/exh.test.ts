import { open, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { examineBlobs } from '/work/main/src/archive/examine-blobs.ts';
import { loadImageSet } from '/work/main/src/archive/load-images.ts';
import { openImageSource } from '/work/main/src/archive/open.ts';
import { writeImageLayout, type LayoutPlan } from '/work/main/src/archive/write-layout.ts';
import { ForkwrightError } from '/work/main/src/errors.ts';
import { encodeDockerManifest, encodeLayoutIndex } from '/work/main/src/image/encode-index.ts';
import { parseReference } from '/work/main/src/oci/reference.ts';
import { file, indexOf, layoutOf, link, makeFolder, makeImage, SIGNAL } from '/work/main/test/support/archives.ts';

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


test('exhaustive', async () => {
  const { path, bytes, exempt } = await makeArchive();
  const handle = await open(path, 'r+');
  const misses: any = {};
  console.log(bytes.length);
  for (let p = 0; p < bytes.length; p++) for (let bit = 0; bit < 8; bit++) {
    if (exempt.some(([s, e]) => p >= s && p < e)) continue;
    await handle.write(Buffer.of(bytes[p]! ^ (1 << bit)), 0, 1, p);
    const found = await judge(path);
    if (found.length === 0) { misses[p] = (misses[p] ?? '') + bit; }
    await handle.write(Buffer.of(bytes[p]!), 0, 1, p);
  }
  await handle.close();
  console.log('MISSES', JSON.stringify(misses), Object.keys(misses).map(p => bytes.subarray(Number(p)-20, Number(p)+20).toString('latin1')));
  for (let n = 0; n < bytes.length; n++) { await writeFile(path, bytes.subarray(0, n)); if ((await judge(path)).length === 0) console.log('CUT', n); }
}, 6e5);
