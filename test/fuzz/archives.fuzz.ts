import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assembleCommand } from '../../src/cli/commands/assemble.ts';
import { verifyCommand } from '../../src/cli/commands/verify.ts';
import { ForkwrightError } from '../../src/errors.ts';
import { hasFailed } from '../../src/finding.ts';
import { BLOCK_BYTES, sumBytes } from '../../src/tar/header.ts';
import { fixture, makeFolder } from '../support/archives.ts';
import { makeInvocation } from '../support/invocation.ts';

// `npm run fuzz` sets it; without it this is a test of a few seconds.
const RUNS = Number(process.env['FORKWRIGHT_FUZZ_RUNS'] ?? 60);

const ARCHIVES = [
  'buildx-oci-linux-amd64-attested.tar',
  'buildx-docker-linux-amd64.tar',
  'docker-20.10-save-multi.tar',
  'docker-28-overlay2-save.tar',
  'nix-stream-layered.tar',
  'skopeo-docker-archive.tar',
];

/** One way to damage an archive; offsets are taken modulo what they count in. */
type Damage =
  | { readonly kind: 'bytes'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'cut'; readonly at: number }
  | { readonly kind: 'header'; readonly entry: number; readonly at: number; readonly byte: number }
  | { readonly kind: 'swap'; readonly entry: number; readonly other: number }
  | { readonly kind: 'json'; readonly entry: number; readonly token: number; readonly text: string };

const damage: fc.Arbitrary<Damage> = fc.oneof(
  fc.record({
    kind: fc.constant('bytes' as const),
    at: fc.nat(),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }),
  }),
  fc.record({ kind: fc.constant('cut' as const), at: fc.nat() }),
  fc.record({
    kind: fc.constant('header' as const),
    entry: fc.nat(),
    at: fc.nat(BLOCK_BYTES - 1),
    byte: fc.constantFrom(0, 0x2e, 0x2f, 0x30, 0x31, 0x32, 0x37, 0x4c, 0x53, 0x67, 0x78, 0x80, 0xff),
  }),
  fc.record({ kind: fc.constant('swap' as const), entry: fc.nat(), other: fc.nat() }),
  fc.record({
    kind: fc.constant('json' as const),
    entry: fc.nat(),
    token: fc.nat(),
    text: fc.constantFrom(
      'null',
      '{}',
      '[]',
      '""',
      '-1',
      '1e999',
      '"../../x"',
      '"__proto__"',
      '[[[[',
      '9007199254740993',
    ),
  }),
);

interface Entry {
  readonly start: number;
  readonly dataStart: number;
  readonly dataEnd: number;
}

/** The entries of a sound tar without extensions of size. */
function listEntries(bytes: Buffer): readonly Entry[] {
  const entries: Entry[] = [];
  for (let start = 0; start + BLOCK_BYTES <= bytes.length && bytes[start] !== 0;) {
    const size = Number.parseInt(bytes.toString('latin1', start + 124, start + 135), 8);
    const dataStart = start + BLOCK_BYTES;
    entries.push({ start, dataStart, dataEnd: dataStart + size });
    start = dataStart + Math.ceil(size / BLOCK_BYTES) * BLOCK_BYTES;
  }
  return entries;
}

function fixChecksum(bytes: Buffer, start: number): void {
  const sum = sumBytes(bytes.subarray(start, start + BLOCK_BYTES));
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, start + 148, 'latin1');
}

function applyDamage(bytes: Buffer, way: Damage): Buffer {
  const entries = listEntries(bytes);
  const pick = (index: number) => entries[index % entries.length];
  switch (way.kind) {
    case 'bytes':
      bytes.set(way.bytes.subarray(0, bytes.length - (way.at % bytes.length)), way.at % bytes.length);
      return bytes;
    case 'cut':
      return bytes.subarray(0, way.at % bytes.length);
    case 'header': {
      const entry = pick(way.entry);
      if (entry === undefined) return bytes;
      bytes[entry.start + way.at] = way.byte;
      fixChecksum(bytes, entry.start);
      return bytes;
    }
    case 'swap': {
      // Two entries change names: every byte is still there, under another name.
      const [one, other] = [pick(way.entry), pick(way.other)];
      if (one === undefined || other === undefined) return bytes;
      const name = Buffer.from(bytes.subarray(one.start, one.start + 100));
      bytes.copy(bytes, one.start, other.start, other.start + 100);
      name.copy(bytes, other.start);
      fixChecksum(bytes, one.start);
      fixChecksum(bytes, other.start);
      return bytes;
    }
    case 'json': {
      // In place: what is shorter is filled up with spaces, so that sizes stay.
      const documents = entries.filter(({ dataStart }) => bytes[dataStart] === 0x7b || bytes[dataStart] === 0x5b);
      const entry = documents[way.entry % documents.length];
      if (entry === undefined) return bytes;
      const text = bytes.toString('latin1', entry.dataStart, entry.dataEnd);
      const tokens = [...text.matchAll(/"(?:[^"\\]|\\.)*"|\d+|\[[^[\]]*\]|\{[^{}]*\}/g)];
      const token = tokens[way.token % tokens.length];
      if (token !== undefined && token[0].length >= way.text.length) {
        bytes.write(way.text.padEnd(token[0].length), entry.dataStart + token.index, 'latin1');
      }
      return bytes;
    }
  }
}

/** The codes of all that is wrong, or null where nothing is; only what forkwright expects may be thrown. */
async function orCode<Value>(work: () => Promise<Value>): Promise<Value | string> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ForkwrightError) return error.code;
    throw error;
  }
}

test.each(ARCHIVES)('%s, damaged in any way', { timeout: 20_000 + RUNS * 1000 }, async (name) => {
  const sound = await readFile(fixture(name));
  const folder = await makeFolder();
  const invocation = makeInvocation(folder);
  await fc.assert(
    fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 3 }), async (ways) => {
      await writeFile(join(folder, 'in.tar'), ways.reduce(applyDamage, Buffer.from(sound)));
      await orCode(() => verifyCommand({ source: 'in.tar', recipe: null }, invocation));
      const options = { archives: ['in.tar'], output: 'out.tar', names: [], dockerCompat: null };
      const assembled = await orCode(() => assembleCommand(options, invocation));
      const files = (await readdir(folder)).toSorted();
      if (typeof assembled === 'string' || assembled.exitCode === 2) {
        expect(files.filter((file) => file !== 'out.tar')).toEqual(['in.tar']);
        return;
      }
      expect(files).toEqual(['in.tar', 'out.tar']);
      const { findings } = await verifyCommand({ source: 'out.tar', recipe: null }, invocation);
      expect(hasFailed(findings, false) ? findings : []).toEqual([]);
    }),
    { numRuns: RUNS },
  );
});
