import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createProgramScan, describeProgram } from '../../src/adopt/describe-program.ts';
import {
  functionTable,
  goProgram,
  inlineBuildInfo,
  pointedBuildInfo,
  type GoProgramOptions,
} from '../support/go-programs.ts';
import { elf, pe } from '../support/programs.ts';

const MACHINES: readonly GoProgramOptions[] = [
  { bits: 64, endianness: 'little' },
  { bits: 32, endianness: 'little' },
  { bits: 64, endianness: 'big' },
  { bits: 32, endianness: 'big' },
];
const AMD64: GoProgramOptions = { bits: 64, endianness: 'little' };

async function describe(file: Buffer, chunkBytes = 1000) {
  const scan = createProgramScan();
  for (let at = 0; at < file.length; at += chunkBytes) scan.feed(file.subarray(at, at + chunkBytes));
  const scanned = scan.finish();
  if (scanned === null) return null;
  const read = async (offset: number, length: number) => file.subarray(offset, offset + length);
  return describeProgram(scanned, { sizeBytes: file.length, read });
}

const MODULE_INFO = [
  'path\tgithub.com/example/tool/cmd/tool',
  'mod\tgithub.com/example/tool\tv1.2.3\th1:abc=',
  'dep\tgolang.org/x/sys\tv0.1.0\th1:x=',
  'dep\texample.com/old\tv1.0.0\th1:y=',
  '=>\texample.com/new\tv1.1.0\th1:z=',
  String.raw`build	-ldflags="-s -w -X \"main.note=a\tb\""`,
  'build\tCGO_ENABLED=0',
  'build\tvcs.revision=0123456789abcdef0123456789abcdef01234567',
  '',
].join('\n');
const BUILD_INFO = {
  goVersion: 'go1.19.8',
  path: 'github.com/example/tool/cmd/tool',
  module: { path: 'github.com/example/tool', version: 'v1.2.3' },
  dependencies: [
    { path: 'golang.org/x/sys', version: 'v0.1.0' },
    { path: 'example.com/new', version: 'v1.1.0' },
  ],
  settings: new Map([
    ['-ldflags', '-s -w -X "main.note=a\tb"'],
    ['CGO_ENABLED', '0'],
    ['vcs.revision', '0123456789abcdef0123456789abcdef01234567'],
  ]),
};

test.each(MACHINES)('build information is read in both forms: $bits bits, $endianness endian', async (machine) => {
  for (const form of [inlineBuildInfo, pointedBuildInfo]) {
    const facts = await describe(goProgram(machine, [() => Buffer.alloc(77), form(machine, 'go1.19.8', MODULE_INFO)]));
    expect(facts?.go).toEqual({ buildInfo: BUILD_INFO, tableVersion: null, mainFile: null, mainPath: null });
  }
});

const TABLES = (['1.2', '1.16', '1.18', '1.20'] as const).flatMap((version) =>
  MACHINES.map((machine) => ({ version, machine })),
);

test.each(TABLES)('the function table of Go $version tells the file: $machine', async ({ version, machine }) => {
  const path = '/go/src/github.com/tonistiigi/copy/cmd/copy/main.go';
  const facts = await describe(goProgram(machine, [() => Buffer.alloc(77), functionTable(machine, version, path)]));
  expect(facts?.go).toEqual({
    buildInfo: null,
    tableVersion: version,
    mainFile: path,
    mainPath: { importPath: 'github.com/tonistiigi/copy/cmd/copy', version: null, isGopath: true },
  });
});

test('build information without a module leaves the path to the function table', async () => {
  const parts = [inlineBuildInfo(AMD64, 'go1.19.8', ''), functionTable(AMD64, '1.18', 'example.org/tool/main.go')];
  expect((await describe(goProgram(AMD64, parts)))?.go).toMatchObject({
    buildInfo: { goVersion: 'go1.19.8', path: '', module: null },
    mainPath: { importPath: 'example.org/tool', version: null, isGopath: null },
  });
});

test('what is no Go program is none; nor is what has the markers of one', async () => {
  expect(await describe(Buffer.from('just text'))).toBeNull();
  expect(await describe(elf({ machine: 62, ...AMD64 }))).toMatchObject({ go: null, isPacked: false });
  expect(await describe(pe(0x8664))).toMatchObject({ program: { format: 'pe' }, go: null });
  const marker = () => Buffer.concat([Buffer.from('\xff Go buildinf:', 'latin1'), Buffer.alloc(100, 0xff)]);
  expect((await describe(goProgram(AMD64, [marker])))?.go).toBeNull();
});

test('a program that UPX has packed is one', async () => {
  const file = goProgram(AMD64, []);
  file.write('UPX!', 236);
  expect(await describe(file)).toMatchObject({ isPacked: true, isStripped: null, go: null });
});

test('whatever is broken in a program, it is told or not, and nothing is thrown', async () => {
  const parts = [
    pointedBuildInfo(AMD64, 'go1.15', MODULE_INFO.replace('mod\t', 'not\t')),
    functionTable(AMD64, '1.2', '/go/src/a.b/c/main.go'),
    functionTable(AMD64, '1.20', '/go/src/a.b/c/main.go'),
  ];
  const sound = goProgram(AMD64, parts);
  const damage = fc.array(fc.tuple(fc.nat(sound.length - 1), fc.nat(255)), { minLength: 1, maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(damage, fc.integer({ min: 1, max: sound.length }), async (changes, length) => {
      const broken = Buffer.from(sound.subarray(0, length));
      for (const [at, value] of changes) if (at < length) broken[at] = value;
      await describe(broken);
    }),
    { numRuns: 300 },
  );
});

test('where the chunks are cut does not matter', async () => {
  const file = goProgram(AMD64, [
    inlineBuildInfo(AMD64, 'go1.19.8', MODULE_INFO),
    functionTable(AMD64, '1.20', 'a.b/c/d.go'),
  ]);
  const whole = await describe(file, file.length);
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 6000 }), async (chunkBytes) => {
      expect(await describe(file, chunkBytes)).toEqual(whole);
    }),
    { numRuns: 40 },
  );
});
