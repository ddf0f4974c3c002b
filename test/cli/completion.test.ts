import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { modelCompletion } from '../../src/cli/completion/model.ts';
import { formatFishTables } from '../../src/cli/completion/fish.ts';
import { formatTables } from '../../src/cli/completion/tables.ts';
import { GLOBAL_OPTIONS } from '../../src/cli/global-options.ts';
import { compareText } from '../../src/platform/order.ts';
import { runInProcess } from '../support/context.ts';
import { hasProgram } from '../support/has-program.ts';

type Shell = 'bash' | 'zsh' | 'fish';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'forkwright-completion-'));
  for (const recipes of ['recipes', 'other place/recipes']) await mkdir(join(folder, recipes), { recursive: true });
  for (const file of ['buildkit.yaml', 'binfmt.yml', 'dumb-init.yaml', 'note.txt']) {
    await writeFile(join(folder, 'recipes', file), '');
  }
  await writeFile(join(folder, 'other place/recipes/elsewhere.yaml'), '');
  await writeFile(join(folder, 'an archive.tar'), '');
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { stdout } = await runInProcess(['completion', shell], { cwd: folder });
    await writeFile(join(folder, `script.${shell}`), stdout);
  }
});
afterAll(() => rm(folder, { recursive: true }));

/** What a real shell offers behind these words, the last of which is not finished. No program can be found while it does. */
function complete(shell: Shell, words: readonly string[]): readonly string[] {
  const script = join(folder, `script.${shell}`);
  const [argv, env] = commandOf(shell, words, script);
  const output = execFileSync(argv[0] ?? '', argv.slice(1), {
    cwd: folder,
    env: { ...process.env, HOME: folder, ...env },
    encoding: 'utf8',
  });
  const found = output.split('\n').filter((line) => line !== '');
  return found.map((line) => line.split('\t', 1)[0] ?? '').toSorted(compareText);
}

function commandOf(
  shell: Shell,
  words: readonly string[],
  script: string,
): readonly [readonly string[], Readonly<Record<string, string>>] {
  switch (shell) {
    case 'bash': {
      const body = `. "$0"; PATH=; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _forkwright; printf '%s\\n' "\${COMPREPLY[@]}"`;
      // As readline splits it.
      const split = words.flatMap((word) => word.split(/(?<==)|(?==)/));
      return [['bash', '--norc', '-c', body, script, 'forkwright', ...split], {}];
    }
    case 'zsh': {
      // The builtins of a completion work only in the line editor.
      const stubs = [
        'compdef() { :; }',
        'compset() { words[CURRENT]=${words[CURRENT]#*=}; }',
        'compadd() { shift; print -l -- ${(M)@:#${words[CURRENT]}*}; }',
        '_files() { [[ $1 == -/ ]] && print -l -- *(N/) || print -l -- *(N); }',
      ].join('\n');
      const body = `${stubs}; . "$0"; words=("$@"); CURRENT=$#; _forkwright`;
      return [['zsh', '-f', '-c', body, script, 'forkwright', ...words], {}];
    }
    case 'fish': {
      const line = ['forkwright', ...words].map((word) => word.replaceAll(' ', '\\ ')).join(' ');
      return [['fish', '--no-config', '-c', `source ${script}; complete -C "$LINE"`], { LINE: line }];
    }
  }
}

const CASES: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['commands', ['pa'], ['parity', 'patch']],
  ['recipes', ['build', 'b'], ['binfmt', 'buildkit']],
  ['a second recipe', ['build', 'buildkit', 'd'], ['dumb-init']],
  ['recipes of another workspace', ['--root', 'other place', 'render', ''], ['elsewhere']],
  ['the same behind an equals sign', ['--root=other place', 'render', ''], ['elsewhere']],
  ['choices of an option', ['build', '--builder', 'n'], ['native']],
  ['choices of an option that all commands have', ['plan', '--color', 'a'], ['always', 'auto']],
  ['recipes of an option', ['verify', '--recipe', 'bi'], ['binfmt']],
  ['an argument that is one of few', ['fork', ''], ['sync']],
  ['the recipes behind it', ['fork', 'sync', 'du'], ['dumb-init']],
  ['nothing where nothing is known', ['build', '--platform', ''], []],
  ['nothing behind the last argument', ['source', 'buildkit', 'b'], []],
];

for (const shell of ['bash', 'zsh', 'fish'] as const) {
  test.skipIf(!hasProgram(shell)).each(CASES)(`${shell} completes %s`, (_what, words, expected) => {
    expect(complete(shell, words)).toEqual(expected);
  });

  test.skipIf(!hasProgram(shell))(`${shell} takes the script without a word`, () => {
    expect(spawnSync(shell, ['-n', join(folder, `script.${shell}`)], { encoding: 'utf8' })).toMatchObject({
      status: 0,
      stderr: '',
    });
  });
}

test('bash completes options and files', () => {
  expect(complete('bash', ['fork', 'sync', '--d'])).toEqual(['--dry-run']);
  expect(complete('bash', ['--ro'])).toEqual(['--root']);
  expect(complete('bash', ['build', '--builder=b'])).toEqual(['buildx']);
  expect(complete('bash', ['build', '--builder='])).toEqual(['auto', 'buildx', 'native']);
  expect(complete('bash', ['inspect', 'an'])).toEqual(['an archive.tar']);
  expect(complete('bash', ['--root', 'o'])).toEqual(['other place']);
});

test('every command, option and choice is in the tables of all shells', () => {
  const model = modelCompletion(COMMANDS, GLOBAL_OPTIONS);
  const [tables, fish] = [formatTables(model), formatFishTables(model)];
  for (const { name, options } of COMMANDS) {
    expect(tables).toMatch(new RegExp(`^ {4}${name}\\) REPLY='words .*--root`, 'm'));
    expect(fish).toContain(` -a ${name} -d `);
    for (const { flags, choices = [] } of options) {
      const flag = /--[\w-]+/.exec(flags)?.[0] ?? '';
      expect(tables).toContain(` ${flag} `);
      expect(fish).toContain(` -l ${flag.slice(2)} `);
      if (choices.length > 0) expect(tables).toContain(`'${name} ${flag}') REPLY='words ${choices.join(' ')}'`);
    }
  }
});

test('texts with quotes stay texts in fish', () => {
  const option = { flags: '--odd <file>', text: `it's a \\ $(touch x) "text"` };
  const model = modelCompletion([], [option]);
  expect(formatFishTables(model)).toContain(
    String.raw`complete -c forkwright -l odd -r -F -d 'it\'s a \\ $(touch x) "text"'`,
  );
});
