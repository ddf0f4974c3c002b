import type { Completion, CompletedOption, CompletionModel } from './model.ts';

/** Gives fish's own lines of what can stand where. Specification: fish's `complete`. */
export function formatFishTables({ options, commands }: CompletionModel): string {
  const takers = [
    ...options.flatMap(({ flag, value }) => (value === null ? [] : ` ${flag}`)),
    ...commands.flatMap(({ name, options: own }) =>
      own.flatMap(({ flag, value }) => (value === null ? [] : `${name} ${flag}`)),
    ),
  ];
  return [
    'function __forkwright_takes_value',
    '    set -l takers \\',
    ...takers.map((taker, index) => `        ${quote(taker)}${index === takers.length - 1 ? '' : ' \\'}`),
    '    contains -- " $argv[2]" $takers; or contains -- "$argv[1] $argv[2]" $takers',
    'end',
    '',
    // What is not said to be a file is none.
    'complete -c forkwright -f',
    ...options.map((option) => optionLine(null, option)),
    ...commands.flatMap(({ name, summary, options: own, args, isEndless }) => [
      `complete -c forkwright -n ${quote("__forkwright_at ''")} -a ${name} -d ${quote(summary)}`,
      ...own.map((option) => optionLine(name, option)),
      ...args.flatMap((each, index) => {
        const place = `${index}${isEndless && index === args.length - 1 ? '+' : ''}`;
        const offer = offerOf(each);
        return offer === '' ? [] : `complete -c forkwright -n ${quote(`__forkwright_at ${name} ${place}`)} ${offer}`;
      }),
    ]),
  ].join('\n');
}

function optionLine(command: string | null, { flag, text, value }: CompletedOption): string {
  const where = command === null ? '' : ` -n ${quote(`__forkwright_at ${command}`)}`;
  const taken = value === null ? '' : value.kind === 'files' ? ' -r -F' : ` -x ${offerOf(value)}`.trimEnd();
  return `complete -c forkwright${where} -l ${flag.slice(2)}${taken} -d ${quote(text)}`;
}

function offerOf(completion: Completion): string {
  switch (completion.kind) {
    case 'words':
      return `-a ${quote(completion.words.join(' '))}`;
    case 'recipes':
      return `-a ${quote('(__forkwright_recipes)')}`;
    case 'files':
      return '-F';
    case 'folders':
      return `-a ${quote('(__fish_complete_directories)')}`;
    case 'none':
      return '';
  }
}

/** In single quotes only these two mean something to fish. */
function quote(text: string): string {
  return `'${text.replaceAll(/[\\']/g, String.raw`\$&`)}'`;
}
