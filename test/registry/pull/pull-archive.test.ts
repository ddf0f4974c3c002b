import { appendFile, readdir, readFile, rename, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { placeEntries } from '../../../src/archive/write/place-entries.ts';
import type { ArchiveEntry } from '../../../src/image/convert/archive-entry.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { pullArchive } from '../../../src/registry/pull/pull-archive.ts';
import { makeFolder, SIGNAL } from '../../support/archives.ts';
import { openRepositories } from '../../support/registry-client.ts';
import { seededBytes } from '../../support/registry/random.ts';
import { startRegistry } from '../../support/registry/registry.ts';

const BLOBS = [3_000_000, 2_000_000, 1000, 0].map((size, index) => seededBytes(index + 1, size));
const FIRST: ArchiveEntry = { kind: 'file', name: 'first', bytes: Buffer.from('first') };

function entriesOf(blobs: readonly Buffer[]): readonly ArchiveEntry[] {
  return [
    FIRST,
    ...blobs.map((raw, index) => {
      const digest = digestOf(raw);
      return { kind: 'blob', name: `blob-${index}`, digest, sizeBytes: raw.length, bytes: null } as const;
    }),
  ];
}

function bytesOf(blobs: readonly Buffer[]): Buffer {
  const { sizeBytes, pieces, blobs: placed } = placeEntries(entriesOf(blobs));
  const bytes = Buffer.alloc(sizeBytes);
  for (const piece of pieces) piece.bytes.copy(bytes, piece.offset);
  for (const [index, { offset }] of placed.entries()) blobs[index]?.copy(bytes, offset);
  return bytes;
}

/** A registry with the blobs, and a pull of them into `x.tar` that was ended when some bytes had arrived. */
async function prepare() {
  const registry = await startRegistry();
  for (const raw of BLOBS) registry.repository('zoo').blobs.set(digestOf(raw), raw);
  const folder = await makeFolder();
  const output = join(folder, 'x.tar');
  /** Gives how many bytes were there before. */
  const pull = async (blobs: readonly Buffer[], endsAt = Infinity): Promise<number> => {
    const controller = new AbortController();
    let [held, arrived] = [0, 0];
    await pullArchive(openRepositories(registry, { signal: controller.signal })('zoo'), entriesOf(blobs), output, {
      signal: AbortSignal.any([SIGNAL, controller.signal]),
      startFetchThread: null,
      onStart: (heldBytes) => void (held = heldBytes),
      onBytes: (bytes) => {
        arrived += bytes;
        if (arrived >= endsAt) controller.abort(new Error('Ctrl-C'));
      },
    });
    return held;
  };
  const staging = async () => join(folder, (await readdir(folder)).find((name) => name.includes('.pull.')) ?? 'none');
  /** As if the process that left it were gone; gives the folder. */
  const abandon = async () => {
    const path = await staging();
    const left = path.replace(`.${process.pid}.`, '.4194304.');
    await rename(path, left);
    expect(await readdir(folder)).toEqual([left.slice(folder.length + 1)]);
    return left;
  };
  const endEarly = async () => {
    await expect(pull(BLOBS, 4_500_000)).rejects.toThrow('Ctrl-C');
    return abandon();
  };
  const expectPulled = async (blobs: readonly Buffer[]) => {
    expect((await readFile(output)).equals(bytesOf(blobs))).toBe(true);
    expect(await readdir(folder)).toEqual(['x.tar']);
    expect(registry.violations).toEqual([]);
  };
  return { registry, pull, abandon, endEarly, expectPulled };
}

test('blobs arrive at their places, and the archive under its name', async () => {
  const { pull, expectPulled } = await prepare();
  expect(await pull(BLOBS)).toBe(0);
  await expectPulled(BLOBS);
});

test('a pull that was ended goes on in the middle of its blobs', async () => {
  const { registry, pull, endEarly, expectPulled } = await prepare();
  const left = await endEarly();
  expect(await readdir(left)).toEqual(['archive', 'journal']);
  // The process was killed while it wrote a line.
  await appendFile(join(left, 'journal'), 'sha256:01');
  const held = await pull(BLOBS);
  expect(held).toBeGreaterThan(3_500_000);
  await expectPulled(BLOBS);
  const ranges = registry.requests.flatMap(({ headers }) => headers['range'] ?? []);
  expect(ranges.length).toBeGreaterThan(0);
});

test('what is in a file is hashed before it is believed', async () => {
  const { pull, endEarly, expectPulled } = await prepare();
  const left = await endEarly();
  const bytes = await readFile(join(left, 'archive'));
  await writeFile(join(left, 'archive'), Buffer.alloc(bytes.length, 1));
  const journal = await readFile(join(left, 'journal'), 'utf8');
  await writeFile(join(left, 'journal'), `${journal}${digestOf(BLOBS[1] ?? '')} 2000000\n`);
  expect(await pull(BLOBS)).toBeLessThan(5_000_000);
  await expectPulled(BLOBS);
});

test.each([
  ['of another archive', async () => undefined, BLOBS.toReversed()],
  ['whose file became shorter', (left: string) => truncate(join(left, 'archive'), 100_000), BLOBS],
  ['whose journal is not one', (left: string) => writeFile(join(left, 'journal'), 'x\n'), BLOBS],
  ['that is a folder with something else', (left: string) => writeFile(join(left, 'blobs'), 'x'), BLOBS],
])('what is left of a pull %s', async (_what, change, blobs) => {
  const { pull, endEarly, expectPulled } = await prepare();
  const left = await endEarly();
  await change(left);
  await pull(blobs);
  await expectPulled(blobs);
});

test('a registry that sends other bytes: no archive, and the next pull takes the right ones', async () => {
  const { registry, pull, abandon, expectPulled } = await prepare();
  const [lie = Buffer.alloc(0)] = BLOBS;
  registry.repository('zoo').blobs.set(digestOf(lie), Buffer.alloc(lie.length));
  await expect(pull(BLOBS)).rejects.toMatchObject({ code: 'blob.corrupt' });
  await abandon();
  registry.repository('zoo').blobs.set(digestOf(lie), lie);
  await pull(BLOBS);
  await expectPulled(BLOBS);
});
