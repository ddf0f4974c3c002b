import { expect, test } from 'vitest';
import type { Program } from '../../../src/image/program/program-type.ts';
import { describeProgram, programMatches, readProgram } from '../../../src/image/program/program.ts';
import { parsePlatform } from '../../../src/platform/parse.ts';
import { knownPlatforms } from '../../../src/platform/names.ts';
import { elf, machO, pe } from '../../support/programs.ts';

const LINUX: readonly { platform: string; header: Parameters<typeof elf>[0] }[] = [
  { platform: 'linux/amd64', header: { machine: 62, bits: 64, endianness: 'little' } },
  { platform: 'linux/arm64', header: { machine: 183, bits: 64, endianness: 'little' } },
  { platform: 'linux/386', header: { machine: 3, bits: 32, endianness: 'little' } },
  { platform: 'linux/arm/v7', header: { machine: 40, bits: 32, endianness: 'little', flags: 0x05000400 } },
  { platform: 'linux/arm/v6', header: { machine: 40, bits: 32, endianness: 'little', flags: 0x05000002 } },
  { platform: 'linux/arm/v5', header: { machine: 40, bits: 32, endianness: 'little', flags: 0x05000200 } },
  { platform: 'linux/loong64', header: { machine: 258, bits: 64, endianness: 'little' } },
  { platform: 'linux/mips64le', header: { machine: 8, bits: 64, endianness: 'little' } },
  { platform: 'linux/mipsle', header: { machine: 8, bits: 32, endianness: 'little' } },
  { platform: 'linux/ppc64le', header: { machine: 21, bits: 64, endianness: 'little' } },
  { platform: 'linux/riscv64', header: { machine: 243, bits: 64, endianness: 'little' } },
  { platform: 'linux/s390x', header: { machine: 22, bits: 64, endianness: 'big' } },
  { platform: 'freebsd/amd64', header: { machine: 62, bits: 64, endianness: 'little', osAbi: 9 } },
  { platform: 'freebsd/arm64', header: { machine: 183, bits: 64, endianness: 'little', osAbi: 9 } },
];

const OTHERS: readonly { platform: string; head: Buffer }[] = [
  { platform: 'windows/amd64', head: pe(0x8664) },
  { platform: 'windows/arm64', head: pe(0xaa64) },
  { platform: 'windows/386', head: pe(0x14c) },
  { platform: 'darwin/amd64', head: machO([0x01000007]) },
  { platform: 'darwin/arm64', head: machO([0x0100000c]) },
];

const ALL = [...LINUX.map(({ platform, header }) => ({ platform, head: elf(header) })), ...OTHERS];

test('there is a program for every known platform', () => {
  expect(ALL.map(({ platform }) => platform).toSorted()).toEqual([...knownPlatforms()].toSorted());
});

test.each(ALL)('$platform: its program matches it and no platform of another machine', ({ platform, head }) => {
  const own = parsePlatform(platform);
  const program = read(head);
  for (const name of knownPlatforms()) {
    const other = parsePlatform(name);
    // ARM's variants cannot be told apart by the header.
    const isSame = other.os === own.os && other.arch === own.arch;
    // Nothing in a program for Linux says that it is not one for FreeBSD.
    const isUnmarked = own.os === 'linux' && other.os === 'freebsd' && other.arch === own.arch;
    expect([name, programMatches(other, program)]).toEqual([name, isSame ? 'yes' : isUnmarked ? 'unknown' : 'no']);
  }
});

function read(head: Buffer): Program {
  const program = readProgram(head);
  if (program === null) throw new Error('no program');
  return program;
}

test('tells what an ELF header says', () => {
  expect(readProgram(elf({ machine: 22, bits: 64, endianness: 'big', interpreter: '/lib/ld64.so.1' }))).toEqual({
    format: 'elf',
    arch: 's390x',
    os: null,
    bits: 64,
    endianness: 'big',
    linkage: 'dynamic',
    interpreter: '/lib/ld64.so.1',
    armEabi: null,
  });
  expect(
    readProgram(
      elf({ machine: 40, bits: 32, endianness: 'little', flags: 0x05000400, interpreter: '/lib/ld-musl-armhf.so.1' }),
    ),
  ).toEqual({
    format: 'elf',
    arch: 'arm',
    os: null,
    bits: 32,
    endianness: 'little',
    linkage: 'dynamic',
    interpreter: '/lib/ld-musl-armhf.so.1',
    armEabi: 5,
  });
  expect(readProgram(elf({ machine: 62, bits: 64, endianness: 'little' }))).toMatchObject({
    linkage: 'static',
    interpreter: null,
  });
});

test('what lies beyond the bytes that were read is unknown', () => {
  const dynamic = elf({ machine: 62, bits: 64, endianness: 'little', interpreter: '/lib/ld.so' });
  expect(readProgram(dynamic.subarray(0, dynamic.length - 4))).toMatchObject({ linkage: 'dynamic', interpreter: null });
  expect(readProgram(dynamic.subarray(0, 80))).toMatchObject({ arch: 'amd64', linkage: 'unknown', interpreter: null });
  expect(readProgram(pe(0x8664).subarray(0, 64))).toEqual({ format: 'pe', arch: null });
});

test('a big-endian program is not for the little-endian platform of the same machine', () => {
  const ppc64 = read(elf({ machine: 21, bits: 64, endianness: 'big' }));
  expect(programMatches(parsePlatform('linux/ppc64le'), ppc64)).toBe('no');
  expect(describeProgram(ppc64)).toBe('an ELF program for ppc64');
});

test('a program from before the ARM EABI is unknown', () => {
  expect(
    programMatches(parsePlatform('linux/arm/v7'), read(elf({ machine: 40, bits: 32, endianness: 'little' }))),
  ).toBe('unknown');
});

test('an unknown machine matches nothing and is named', () => {
  const program = read(elf({ machine: 0x999, bits: 64, endianness: 'little' }));
  expect(describeProgram(program)).toBe('an ELF program for machine 0x999 (64-bit little-endian)');
  expect(programMatches(parsePlatform('linux/amd64'), program)).toBe('no');
});

test.each([
  { text: '#!/bin/sh\necho', interpreter: '/bin/sh' },
  { text: '#! /usr/bin/env  node\n', interpreter: '/usr/bin/env' },
  { text: '#!/bin/sh', interpreter: '/bin/sh' },
])('$text is a script', ({ text, interpreter }) => {
  const program = read(Buffer.from(text));
  expect(program).toEqual({ format: 'script', interpreter });
  expect(programMatches(parsePlatform('linux/amd64'), program)).toBe('unknown');
});

test('a universal Mach-O program matches each of its machines; a Java class is none', () => {
  const program = read(machO([0x01000007, 0x0100000c]));
  expect(describeProgram(program)).toBe('a Mach-O program for darwin/amd64+arm64');
  expect(programMatches(parsePlatform('darwin/arm64'), program)).toBe('yes');
  const javaClass = Buffer.alloc(64);
  javaClass.writeUInt32BE(0xcafebabe, 0);
  javaClass.writeUInt32BE(52, 4);
  expect(readProgram(javaClass)).toBe(null);
});

test.each([
  { name: 'nothing', head: Buffer.alloc(0) },
  { name: 'text', head: Buffer.from('hello, world; this is longer than any header of a program would be, is it not?') },
  { name: 'a cut ELF header', head: elf({ machine: 62, bits: 64, endianness: 'little' }).subarray(0, 63) },
  { name: 'an ELF file of no class', head: Buffer.from(`7f454c46${'00'.repeat(60)}`, 'hex') },
  { name: 'an empty script line', head: Buffer.from('#!\n') },
])('$name is no program', ({ head }) => {
  expect(readProgram(head)).toBe(null);
});
