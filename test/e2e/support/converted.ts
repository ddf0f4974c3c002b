import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pMap from 'p-map';
import { readContent, type ArchiveContent } from '../../support/archive-content.ts';
import {
  ARCHIVES,
  findLack,
  FORMATS,
  FORMATS_AS_THEY_ARE,
  legsOf,
  type ArchiveRow,
} from '../../support/archive-table.ts';
import { fixture } from '../../support/archives.ts';
import { runForBytes } from '../../support/context.ts';
import { runProgram } from '../../../src/process/run-program.ts';
import { digestOf } from '../../../src/oci/digest.ts';
import { FOLDER } from './settings.ts';

/** An archive that forkwright wrote; of those with the same bytes there is one. */
export interface Converted {
  /** The archives of test/fixtures/archives that become it, each with the position of an image that was chosen. */
  readonly title: string;
  readonly path: string;
  readonly format: (typeof FORMATS)[number];
  /** The name that its image was given. */
  readonly name: string;
  /** What has to be found in it. */
  readonly content: ArchiveContent;
}

/** A repository that nobody has. */
const REPOSITORY = 'forkwright-e2e.example.org/zoo';

const CONCURRENCY = { concurrency: 3 };

/** Runs forkwright in this process, as there are hundreds of runs. Throws where it does not end with 0. */
export async function forkwright(cwd: string, ...argv: string[]): Promise<void> {
  const { exitCode, stderr } = await runForBytes(argv, { cwd, env: process.env, run: runProgram });
  if (exitCode !== 0) throw new Error(`forkwright ${argv.join(' ')} ended with ${exitCode}:\n${stderr}`);
}

/** A conversion that is to be made. */
interface Wanted {
  readonly title: string;
  readonly format: (typeof FORMATS)[number];
  /** The arguments of `convert` but output and name. */
  readonly argv: readonly [source: string, ...string[]];
}

let made: Promise<readonly Converted[]> | null = null;

/** Gives every archive of test/fixtures/archives in every format, made by the first test of a file that wants them. */
export function provideConverted(): Promise<readonly Converted[]> {
  made ??= convertAll(join(FOLDER, 'converted'));
  return made;
}

async function convertAll(cwd: string): Promise<readonly Converted[]> {
  await mkdir(cwd);
  const wanted = ARCHIVES.flatMap(listWanted);
  const hashes = await pMap(wanted, (each) => hashConverted(each, cwd), CONCURRENCY);
  const groups = new Map<string, Wanted[]>();
  for (const [index, each] of wanted.entries()) {
    const key = `${each.format}-${hashes[index]}`;
    groups.set(key, [...(groups.get(key) ?? []), each]);
  }
  return pMap(
    [...groups],
    async ([key, [first, ...others]]) => {
      if (first === undefined) throw new RangeError('a group of nothing');
      const name = `${REPOSITORY}:${key}`;
      const path = await convertTo(join(cwd, key), name, first, cwd);
      const title = [first, ...others].map((each) => each.title).join(', ');
      return {
        title: `${title} as ${first.format}`,
        path,
        format: first.format,
        name,
        content: await readContent(path),
      };
    },
    CONCURRENCY,
  );
}

function listWanted(row: ArchiveRow): readonly Wanted[] {
  const given = ['--config', fixture('zoo-1.config.json'), '--platform', 'linux/amd64'];
  // Layers that this Node cannot unpack can be passed on as they are, and `npm test` says that it cannot.
  const formats = findLack(row) === null ? FORMATS : FORMATS_AS_THEY_ARE;
  return formats.flatMap((format) => {
    // Images with names of their own are given new ones, and so come one by one.
    const legs = legsOf({ ...row, hasNames: false }, row.hasNames ? 'rootfs' : format);
    return legs.map(({ choice, from }): Wanted => {
      const more = row.format === 'rootfs' ? [...given, ...choice] : choice;
      return { title: `${row.file}[${from}]`, format, argv: [fixture(row.file), '--to', format, ...more] };
    });
  });
}

/** What tells two results apart that have the same name. */
async function hashConverted(wanted: Wanted, cwd: string): Promise<string> {
  const path = await convertTo(join(cwd, `${wanted.title}.${wanted.format}`), `${REPOSITORY}:1`, wanted, cwd);
  // All else in a layout goes by its hash.
  const bytes = await readFile(wanted.format === 'oci' ? join(path, 'index.json') : path);
  return digestOf(bytes).slice(7, 19);
}

async function convertTo(
  path: string,
  name: string,
  { argv: [source, ...more] }: Wanted,
  cwd: string,
): Promise<string> {
  await forkwright(cwd, 'convert', source, path, '--name', name, ...more);
  return path;
}
