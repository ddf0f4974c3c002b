import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { makeFolder } from './archives.ts';

/** A docker program for tests without an engine. */
export interface FakeDocker {
  /** The environment with it on PATH, and the program's own settings. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The arguments of each call so far. */
  readonly calls: () => Promise<readonly (readonly string[])[]>;
}

/**
 * Makes a program `docker` that answers `version` and `buildx version` as Docker does. Everything else is `script`, which
 * is JavaScript and has `argv`, `set` (what --set says, by its key), `fs` and `say` (a line on stderr); the answers can be
 * replaced by `version` and `buildx` (also JavaScript).
 */
export async function makeDocker(
  scripts: { readonly script?: string; readonly version?: string; readonly buildx?: string } = {},
): Promise<FakeDocker> {
  const folder = await makeFolder();
  const journal = join(folder, 'calls');
  const program = join(folder, 'bin', 'docker');
  await mkdir(join(folder, 'bin'));
  await writeFile(journal, '');
  await writeFile(
    program,
    `#!${process.execPath}
const fs = require('node:fs');
const argv = process.argv.slice(2);
fs.appendFileSync(${JSON.stringify(journal)}, JSON.stringify(argv) + '\\n');
const say = (line) => process.stderr.write(line + '\\n');
const set = new Map(argv.flatMap((word, at) => (argv[at - 1] === '--set' ? [[word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]] : [])));
(async () => {
  if (argv[0] === 'version') { ${scripts.version ?? "console.log('26.1.5')"} }
  else if (argv[1] === 'version') { ${scripts.buildx ?? "console.log('github.com/docker/buildx v0.13.1 788433953')"} }
  else { ${scripts.script ?? ''} }
})();
`,
  );
  await chmod(program, 0o755);
  const path = `${join(folder, 'bin')}${delimiter}${process.env['PATH'] ?? ''}`;
  return {
    env: { PATH: path, HOME: folder },
    calls: async () =>
      (await readFile(journal, 'utf8'))
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as readonly string[]),
  };
}
