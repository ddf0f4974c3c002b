import { offsetOfAddress, readNumbers, type ElfLayout } from './elf-layout.ts';
import type { ProgramBytes } from './program-bytes.ts';
import { BUILD_INFO_MAGIC } from './scan-markers.ts';

/** A module as Go names it. */
export interface GoModule {
  readonly path: string;
  /** `v1.2.3`; `(devel)` and '' where it was built from a folder. */
  readonly version: string;
}

/** What Go's linker writes into a program. */
export interface GoBuildInfo {
  /** `go1.19.8`. */
  readonly goVersion: string;
  /** Import path of package main; '' where it does not say: Go before 1.18 without modules. */
  readonly path: string;
  /** The main module; null without modules. */
  readonly module: GoModule | null;
  readonly dependencies: readonly GoModule[];
  /** By name: `-ldflags`, `CGO_ENABLED`, `GOARM`, `vcs.revision`. Empty before Go 1.18. */
  readonly settings: ReadonlyMap<string, string>;
}

const HEADER_BYTES = 32;
const INLINE_STRINGS = 2;
const BIG_ENDIAN = 1;
/** What is read of a text; the longest lists of dependencies have some hundred kilobytes. */
const MAX_TEXT_BYTES = 2 * 1024 * 1024;
const MAX_VERSION_BYTES = 256;
/** Go puts 16 bytes of its own around the text. */
const SENTINEL_BYTES = 16;

/**
 * Reads the build information at a place of a program; null where there is none, or none that can be read. Both forms:
 * addresses of texts (Go 1.13 to 1.17), and the texts themselves. Specification: debug/buildinfo, runtime/debug.
 */
export async function readGoBuildInfo(
  program: ProgramBytes,
  offset: number,
  layout: ElfLayout,
): Promise<GoBuildInfo | null> {
  const header = await program.read(offset, HEADER_BYTES);
  if (header.length < HEADER_BYTES || !header.subarray(0, BUILD_INFO_MAGIC.length).equals(BUILD_INFO_MAGIC))
    return null;
  const flags = header[15] ?? 0;
  const texts =
    (flags & INLINE_STRINGS) === 0
      ? await readByAddress(program, header, flags, layout)
      : await readInline(program, offset + HEADER_BYTES);
  if (texts === null || !/^(?:go[0-9]|devel )[\x20-\x7e]*$/.test(texts.version)) return null;
  return { goVersion: texts.version, ...parseModuleInfo(texts.moduleInfo) };
}

interface Texts {
  readonly version: string;
  readonly moduleInfo: Buffer;
}

async function readInline(program: ProgramBytes, offset: number): Promise<Texts | null> {
  const bytes = await program.read(offset, MAX_VERSION_BYTES + 16);
  const version = readLength(bytes, 0);
  if (version === null || version.value > MAX_VERSION_BYTES) return null;
  const moduleInfo = readLength(bytes, version.next + version.value);
  if (moduleInfo === null || moduleInfo.value > MAX_TEXT_BYTES) return null;
  const next = offset + moduleInfo.next;
  return {
    version: bytes.toString('utf8', version.next, version.next + version.value),
    moduleInfo: moduleInfo.value === 0 ? Buffer.alloc(0) : await program.read(next, moduleInfo.value),
  };
}

/** Specification: encoding/binary, Uvarint. */
function readLength(bytes: Buffer, start: number): { readonly value: number; readonly next: number } | null {
  let value = 0;
  for (let index = 0; index < 5; index++) {
    const byte = bytes[start + index];
    if (byte === undefined) return null;
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return { value, next: start + index + 1 };
  }
  return null;
}

async function readByAddress(
  program: ProgramBytes,
  header: Buffer,
  flags: number,
  layout: ElfLayout,
): Promise<Texts | null> {
  const pointerBytes = header[14];
  if (pointerBytes !== 4 && pointerBytes !== 8) return null;
  const numbers = { bits: pointerBytes === 8 ? 64 : 32, isBigEndian: (flags & BIG_ENDIAN) !== 0 } as const;
  const { word } = readNumbers(header, numbers);
  const read = async (address: number, maxBytes: number): Promise<Buffer | null> => {
    const place = offsetOfAddress(layout, address);
    if (place === null) return null;
    const string = readNumbers(await program.read(place, 2 * pointerBytes), numbers);
    const [start, length] = [offsetOfAddress(layout, string.word(0)), string.word(pointerBytes)];
    if (length === 0) return Buffer.alloc(0);
    return start === null || length > maxBytes ? null : program.read(start, length);
  };
  const version = await read(word(16), MAX_VERSION_BYTES);
  if (version === null) return null;
  const moduleInfo = (await read(word(16 + pointerBytes), MAX_TEXT_BYTES)) ?? Buffer.alloc(0);
  return { version: version.toString('utf8'), moduleInfo };
}

function parseModuleInfo(bytes: Buffer): Omit<GoBuildInfo, 'goVersion'> {
  const isFramed = bytes.length >= 2 * SENTINEL_BYTES + 1 && bytes[bytes.length - SENTINEL_BYTES - 1] === 0x0a;
  const text = isFramed ? bytes.toString('utf8', SENTINEL_BYTES, bytes.length - SENTINEL_BYTES) : '';
  let path = '';
  let module: GoModule | null = null;
  const dependencies: GoModule[] = [];
  const settings = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [kind = '', first = '', second = ''] = line.split('\t', 4);
    if (kind === 'path') path = first;
    else if (kind === 'mod') module = { path: first, version: second };
    else if (kind === 'dep') dependencies.push({ path: first, version: second });
    else if (kind === '=>') {
      // What takes the place of the module before.
      if (dependencies.length > 0) dependencies[dependencies.length - 1] = { path: first, version: second };
      else module = { path: first, version: second };
    } else if (kind === 'build') addSetting(settings, line.slice('build\t'.length));
  }
  return { path, module, dependencies, settings };
}

/** Specification: runtime/debug, ParseBuildInfo: names and values are quoted as Go quotes texts, where they have to be. */
function addSetting(settings: Map<string, string>, text: string): void {
  const match = /^("(?:[^"\\]|\\.)*"|[^=]*)=(.*)$/s.exec(text);
  if (match !== null) settings.set(unquote(match[1] ?? ''), unquote(match[2] ?? ''));
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', a: '\x07', b: '\b', f: '\f', v: '\v' };

function unquote(text: string): string {
  if (/^`[^`]*`$/.test(text)) return text.slice(1, -1);
  if (!/^".*"$/s.test(text) || text.length < 2) return text;
  return text.slice(1, -1).replaceAll(/\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|(.))/gs, (_, hex, unicode, one) => {
    const code: unknown = hex ?? unicode;
    if (typeof code === 'string') return String.fromCharCode(Number.parseInt(code, 16));
    return ESCAPES[String(one)] ?? String(one);
  });
}
