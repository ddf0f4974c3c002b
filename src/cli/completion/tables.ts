import { quoteShell } from '../../render/quote.ts';
import type { Completion, CompletedOption, CompletionModel } from './model.ts';

/**
 * Gives shell functions, for bash and zsh alike, that say in REPLY what can stand where: `words A B`, `recipes`, `files`,
 * `folders`, `none`; '' for nothing. `_forkwright_commands`, `_forkwright_options COMMAND`, `_forkwright_value COMMAND OPTION`,
 * `_forkwright_argument COMMAND INDEX`.
 */
export function formatTables({ options, commands }: CompletionModel): string {
  const names = commands.map(({ name }) => name);
  const values = [
    ...options.flatMap((option) => valueRow((flag) => `*${quoteShell(` ${flag}`)}`, option)),
    ...commands.flatMap(({ name, options: own }) =>
      own.flatMap((option) => valueRow((flag) => quoteShell(`${name} ${flag}`), option)),
    ),
  ];
  const args = commands.flatMap(({ name, args: own, isEndless }) =>
    own.map((each, index) => {
      const isRest = isEndless && index === own.length - 1;
      return formatRow(isRest ? `${quoteShell(`${name} `)}*` : quoteShell(`${name} ${index}`), formatReply(each));
    }),
  );
  const flags = (list: readonly CompletedOption[]) => list.map(({ flag }) => flag);
  const lists = commands.map(({ name, options: own }) =>
    formatRow(quoteShell(name), formatWords([...flags(own), ...flags(options)])),
  );
  return [
    `_forkwright_commands() {\n  REPLY=${quoteShell(formatWords(names))}\n}\n`,
    formatTable('_forkwright_options', '"$1"', lists, formatWords(flags(options))),
    formatTable('_forkwright_value', '"$1 $2"', values, ''),
    formatTable('_forkwright_argument', '"$1 $2"', args, ''),
  ].join('\n');
}

function valueRow(patternOf: (flag: string) => string, { flag, value }: CompletedOption): readonly string[] {
  return value === null ? [] : [formatRow(patternOf(flag), formatReply(value))];
}

function formatReply(completion: Completion): string {
  return completion.kind === 'words' ? formatWords(completion.words) : completion.kind;
}

function formatWords(words: readonly string[]): string {
  return ['words', ...words].join(' ');
}

function formatRow(pattern: string, reply: string): string {
  return `    ${pattern}) REPLY=${quoteShell(reply)} ;;\n`;
}

function formatTable(name: string, subject: string, rows: readonly string[], other: string): string {
  return `${name}() {\n  case ${subject} in\n${rows.join('')}    *) REPLY=${quoteShell(other)} ;;\n  esac\n}\n`;
}
