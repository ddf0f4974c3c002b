import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { parseReference } from '../../src/oci/reference.ts';
import type { ImageFile, Target } from '../../src/recipe/target.ts';
import { loadTemplates } from '../../src/render/load-templates.ts';
import { renderWorkspace } from '../../src/render/render-workspace.ts';
import type { Templates } from '../../src/render/template-engine.ts';
import {
  readDockerfile,
  readExec,
  readHeredoc,
  readPairs,
  readPaths,
  readWord,
  splitWords,
  type ReadInstruction,
} from '../support/read-dockerfile.ts';
import { GO_BUILD, makeFile, makeRecipe, makeTarget, makeWorkspace, UPSTREAM } from '../support/workspace-values.ts';

// What a recipe says comes out of the Dockerfile as the recipe said it, and nowhere else: the rendered file is read back
// by dockerfile-ast, and its words by a reader that shares no code with the quoting.

let templates: Templates;
beforeAll(async () => {
  templates = (await loadTemplates('/nowhere')).templates;
});

const HOSTILE = [
  '"; rm -rf /',
  '${X}',
  '$X',
  '$(x)',
  '`id`',
  "it's",
  'say "hi"',
  'end\\',
  'end\\\\',
  '# no comment',
  '<<EOF',
  'trail <<EOF',
  'a <<<EOF <<-EOF',
  "<<'EOF'",
  'ünï ☃ 𝄞',
  ' lead',
  'trail ',
  'a  b',
  "'",
  '\\$X',
  '\\n',
  '%{x}',
  '&& x || y; z | w > q',
  '[a*?]',
  '{{recipe}}',
  'a=b',
  'tab\there',
  'RUN evil',
];

/** Puts a value into every place of a recipe that takes free text. */
function hostileTarget(value: string): Target {
  const path = `/p/${value}`;
  return makeTarget({
    upstream: UPSTREAM,
    build: {
      ...GO_BUILD,
      modules: 'download',
      ldflags: value,
      package: value,
      tags: [value],
      env: [{ name: 'BUILD', value }],
      packages: [value],
      finish: [
        [value, value],
        ['strip', value],
      ],
      output: path,
    },
    image: {
      base: { type: 'image', reference: parseReference('alpine:3.20') },
      packages: [value],
      packageManager: 'apk',
      env: [
        { name: 'FIRST', value },
        { name: 'SECOND', value },
      ],
      labels: [
        { name: 'a.first', value },
        { name: 'b.second', value },
      ],
      workdir: path,
      user: value,
      volumes: [path, path],
      entrypoint: [value, value],
      cmd: [value],
      healthcheck: {
        command: [value],
        isDisabled: false,
        intervalNs: 0,
        timeoutNs: 0,
        startPeriodNs: 0,
        retries: 0,
      },
      files: [
        makeFile({ type: 'path', path: `in/${value}`, sha256: null }, { to: path }),
        makeFile({ type: 'upstream', path: `in/${value}` }, { to: path }),
        makeFile({ type: 'url', url: `https://x.org/${value}`, sha256: '0'.repeat(64), file: null }, { to: path }),
      ],
    },
  });
}

function renderStages(target: Target, description: string) {
  const { files, findings } = renderWorkspace(makeWorkspace([makeRecipe([target], { description })]), templates);
  expect(findings).toEqual([]);
  return readDockerfile(files.find(({ path }) => path.endsWith('.Dockerfile'))?.content ?? '');
}

function checkHostile(value: string): void {
  const path = `/p/${value}`;
  const [build, image, ...others] = renderStages(hostileTarget(value), value);
  expect(others).toEqual([]);
  expect([build?.from, image?.from]).toEqual(['golang:1.19-bookworm', 'alpine:3.20']);
  expect(build?.instructions.map(({ keyword }) => keyword)).toEqual(['RUN', 'ENV', 'WORKDIR', 'COPY', 'RUN', 'RUN']);
  const { ENV, WORKDIR, VOLUME, HEALTHCHECK, ENTRYPOINT, CMD, LABEL } = byKeyword(image?.instructions ?? []);
  expect(image?.instructions.map(({ keyword }) => keyword)).toEqual([
    'USER',
    'ARG',
    'RUN',
    'COPY',
    'COPY',
    'COPY',
    'ADD',
    'ENV',
    'WORKDIR',
    'USER',
    'VOLUME',
    'HEALTHCHECK',
    'ENTRYPOINT',
    'CMD',
    'LABEL',
  ]);
  expect(readPairs(build?.instructions[1]?.text ?? '').at(-1)).toEqual({ name: 'BUILD', value });
  expect(readPairs(ENV)).toEqual([
    { name: 'FIRST', value },
    { name: 'SECOND', value },
  ]);
  expect(readPairs(LABEL)).toEqual([
    { name: 'a.first', value },
    { name: 'b.second', value },
  ]);
  expect(readWord(WORKDIR)).toBe(path);
  const users = (image?.instructions ?? []).filter(({ keyword }) => keyword === 'USER');
  expect(users.map(({ text }) => readWord(text))).toEqual(['0', value]);
  expect(readPaths(VOLUME)).toEqual([path, path]);
  expect(readExec(HEALTHCHECK.replace(/^CMD /, ''))).toEqual([value]);
  expect(readExec(ENTRYPOINT)).toEqual([value, value]);
  expect(readExec(CMD)).toEqual([value]);
  const [program, ...files] = (image?.instructions ?? []).slice(3, 7).map(({ text }) => readPaths(text));
  expect(program?.[1]).toBe(path);
  for (const file of files.slice(0, 2)) {
    expect(file.map(withoutBrackets)).toEqual([`in/${value}`, path].map(withoutBrackets));
  }
  expect(files[2]).toEqual([`https://x.org/${value}`, path]);
  // A shell is given the value as one word in single quotes.
  expect(readShell(build?.instructions[0]?.text ?? '')).toContain(value);
  expect(readShell(build?.instructions[4]?.text ?? '').filter((word) => word === value)).toHaveLength(3);
  const finish = readShell(build?.instructions[5]?.text ?? '').filter((word) => word === value || word === '&&');
  expect(finish.toSorted()).toEqual([value, value, '&&', value].toSorted());
  const install = readShell(image?.instructions[2]?.text ?? '');
  expect(install.slice(install.indexOf('--no-cache') + 1)).toEqual([value, '&&', 'rm', '-f', '/var/log/apk.log']);
}

function byKeyword(instructions: readonly ReadInstruction[]) {
  const text = (keyword: string) => instructions.find((each) => each.keyword === keyword)?.text ?? '';
  return {
    ENV: text('ENV'),
    WORKDIR: text('WORKDIR'),
    VOLUME: text('VOLUME'),
    HEALTHCHECK: text('HEALTHCHECK'),
    ENTRYPOINT: text('ENTRYPOINT'),
    CMD: text('CMD'),
    LABEL: text('LABEL'),
  };
}

/** What keeps a source from being a pattern is undone; quote.test.ts has its very form. */
function withoutBrackets(path: string): string {
  return path.replaceAll(/\[\\([[*?\\])\]/g, '$1');
}

function readShell(line: string): readonly string[] {
  return (line.match(/(?:\\.|'[^']*'|"[^"]*"|[^\s'"\\])+/gsu) ?? []).map(readShellWord);
}

function readShellWord(word: string): string {
  return word.replaceAll(/'([^']*)'|\\(.)/gsu, (_, quoted?: string, escaped?: string) => quoted ?? escaped ?? '');
}

test.each(HOSTILE)('%j stays in its place', (value) => {
  checkHostile(value);
});

test('so does anything else', () => {
  const text = fc
    .string({ unit: 'binary', minLength: 1, maxLength: 20 })
    .filter((value) => !/[\p{Cc}\p{Cs}\u2028\u2029]/u.test(value));
  const mixed = fc.array(fc.oneof(text, fc.constantFrom(...HOSTILE)), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(mixed, (parts) => checkHostile(parts.join(''))),
    { numRuns: 60 },
  );
});

test('the content of a file is what the recipe says, whatever its lines are', () => {
  const lines = fc.array(
    fc.constantFrom(
      'EOF',
      'EOF_1',
      ' EOF',
      '\tEOF',
      "EOF'",
      '',
      'RUN evil',
      'FROM evil',
      '# no',
      'end\\',
      '$X',
      '<<EOF',
    ),
    { maxLength: 8 },
  );
  fc.assert(
    fc.property(lines, (each) => {
      const content = each.map((line) => `${line}\n`).join('');
      const files: readonly ImageFile[] = [
        makeFile({ type: 'content', content }, { to: '/etc/a"$x' }),
        makeFile({ type: 'content', content: 'last\n' }, { to: '/etc/b' }),
      ];
      const [image, ...others] = renderStages(makeTarget({ image: { files } }), 'A tool');
      expect(others).toEqual([]);
      expect(image?.instructions.map(({ text }) => readHeredoc(text))).toEqual([
        { path: '/etc/a"$x', content },
        { path: '/etc/b', content: 'last\n' },
      ]);
    }),
    { numRuns: 200 },
  );
});

test('a line break outside of files and exec forms is a finding, and nothing is rendered of it', () => {
  const target = makeTarget({ image: { labels: [{ name: 'a.b', value: 'x\nRUN evil' }], entrypoint: ['a\nb'] } });
  const { files, findings } = renderWorkspace(makeWorkspace([makeRecipe([target])]), templates);
  expect(files.map(({ path }) => path)).toEqual([
    'generated/pipeline.gitlab-ci.yml',
    'generated/tool/docker-bake.json',
  ]);
  expect(findings).toEqual([
    {
      code: 'render.line-break',
      severity: 'error',
      place: 'recipes/tool.yaml',
      text: '"x\\nRUN evil" holds a line break',
      hint: 'only the content of a file can have lines',
    },
  ]);
});

test('a description cannot leave its comment, nor be a directive', () => {
  const { files } = renderWorkspace(
    makeWorkspace([makeRecipe([makeTarget()], { description: 'x\nRUN evil\n# escape=`' })]),
    templates,
  );
  const dockerfile = files.find(({ path }) => path.endsWith('.Dockerfile'))?.content ?? '';
  expect(dockerfile.split('\n')[0]).toBe('# tool for linux/amd64: x RUN evil # escape=`');
  expect(readDockerfile(dockerfile).map(({ instructions }) => instructions)).toEqual([[]]);
});

test('splitWords, which these tests rest on, sees a quote that is left open', () => {
  expect(splitWords('A="x" B=y')).toEqual(['A="x"', 'B=y']);
  expect(() => readWord('"open')).toThrow('a quote is open');
  expect(() => readWord('a$X')).toThrow('a variable is expanded');
});
