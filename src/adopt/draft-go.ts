import { buildSchema } from '../recipe/build-schema.ts';
import { isMap } from '../recipe/yaml-map.ts';
import { createPart, withoutNames, type DraftPart, type Form } from './draft-part.ts';
import type { GoFacts } from './describe-program.ts';
import type { GoSource } from './go-source.ts';
import type { ProgramFile } from './image-facts.ts';

const ANY: Form = { safeParse: () => ({ success: true }) };
/** The first release that has an official image on Debian 12. */
const FIRST_ON_BOOKWORM = 19;

/** Says how a Go program is built again; null where that comes to nothing that a recipe takes. */
export function draftGoBuild(program: ProgramFile, go: GoFacts, source: GoSource): DraftPart | null {
  const settings = go.buildInfo?.settings ?? new Map<string, string>();
  const part = createPart(['build']);
  part.add('kind', 'go', ANY);
  part.add('image', ...imageOf(go));
  if (source.package !== '.') part.add('package', source.package, ANY);
  if (source.isGopath === true) {
    part.add('importPath', source.root, ANY);
    part.add(
      'modules',
      'gopath',
      ANY,
      settings.size > 0 ? {} : { guess: `by the path of its source, ${go.mainFile ?? ''}` },
    );
  }
  part.add('ldflags', ...ldflagsOf(program, settings));
  const tags = settings
    .get('-tags')
    ?.split(/[, ]+/)
    .filter((tag) => tag !== '');
  part.add('tags', tags, ANY);
  const isDynamic = program.program.format === 'elf' && program.program.linkage === 'dynamic';
  const cgo = settings.get('CGO_ENABLED');
  if (isDynamic && cgo !== '0')
    part.add('cgo', true, ANY, cgo === undefined ? { guess: 'it is linked dynamically' } : {});
  part.add('env', environmentOf(settings), ANY);
  part.add('output', withoutNames(program.path), ANY);
  const drafted = part.part();
  return buildSchema.safeParse(drafted.fields).success && isMap(drafted.fields) ? drafted : null;
}

function imageOf({ buildInfo, tableVersion }: GoFacts): [string, Form, { guess: string }] {
  const [release = '', minor = ''] = /^go(\d+\.(\d+))/.exec(buildInfo?.goVersion ?? '')?.slice(1) ?? [];
  if (release !== '') {
    const image = `golang:${release}${Number(minor) >= FIRST_ON_BOOKWORM || !release.startsWith('1.') ? '-bookworm' : ''}`;
    return [image, ANY, { guess: `${buildInfo?.goVersion ?? ''} built it` }];
  }
  const oldest = tableVersion === '1.2' ? '1.12' : (tableVersion ?? '1.19');
  return [`golang:${oldest}`, ANY, { guess: 'by the form of its function table alone' }];
}

function ldflagsOf(
  { isStripped }: ProgramFile,
  settings: ReadonlyMap<string, string>,
): [string | undefined, Form, { guess?: string }] {
  const flags = settings.get('-ldflags');
  if (flags !== undefined) return [withoutNames(flags), ANY, {}];
  // With -trimpath Go keeps the flags to itself, since they may have paths in them.
  const isHidden = settings.size === 0 || settings.get('-trimpath') === 'true';
  return isStripped === true && isHidden
    ? ['-s -w', ANY, { guess: 'it has no table of symbols' }]
    : [undefined, ANY, {}];
}

/** What is said of the machine beyond what the platform says, and how it is linked. */
function environmentOf(settings: ReadonlyMap<string, string>): Readonly<Record<string, string>> | undefined {
  const defaults: Readonly<Record<string, string>> = {
    GOAMD64: 'v1',
    GO386: 'sse2',
    GOPPC64: 'power8',
    GORISCV64: 'rva20u64',
  };
  const levels = Object.entries(defaults).flatMap(([name, usual]) => {
    const value = settings.get(name);
    return value === undefined || value === usual ? [] : [[name, value] as const];
  });
  const mode = settings.get('-buildmode');
  const experiment = settings.get('GOEXPERIMENT');
  const entries = [
    ...levels,
    ...(experiment === undefined ? [] : [['GOEXPERIMENT', experiment] as const]),
    ...(mode === undefined || mode === 'exe' ? [] : [['GOFLAGS', `-buildmode=${mode}`] as const]),
  ];
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}
