import { expect, test } from 'vitest';
import { ForkwrightError } from '../../src/errors.ts';
import type { DockerfileView } from '../../src/render/dockerfile-view.ts';
import { makeView } from '../../src/render/make-view.ts';
import { compileTemplates, type TemplateSource } from '../../src/render/template-engine.ts';
import { makeRecipe, makeTarget, makeWorkspace } from '../support/workspace-values.ts';

const target = makeTarget({ image: { entrypoint: ['/a'] } });
const view: DockerfileView = makeView(makeRecipe([target]), target, makeWorkspace([]).settings);

function source(name: string, text: string): TemplateSource {
  return { name, place: `templates/${name}`, text };
}

function render(template: string, partials: Readonly<Record<string, string>> = {}): string {
  return compileTemplates([
    source('none.Dockerfile.hbs', template),
    ...Object.entries(partials).map(([name, text]) => source(`partials/${name}.hbs`, text)),
  ]).renderDockerfile(view);
}

function faultOf(template: string, partials: Readonly<Record<string, string>> = {}): string {
  try {
    return render(template, partials);
  } catch (error) {
    if (!(error instanceof ForkwrightError)) throw error;
    expect(error.code).toBe('render.template');
    return `${error.place}: ${error.message}`;
  }
}

test('the last line is ended', () => {
  expect(render('FROM scratch')).toBe('FROM scratch\n');
  expect(render('FROM scratch\n')).toBe('FROM scratch\n');
});

test('nothing is escaped for HTML', () => {
  expect(render('{{json settings.entrypoint}} {{header.recipe}} {{shell "a<b"}}')).toBe(`["/a"] tool 'a<b'\n`);
});

test('a partial in an indented line leaves the lines of its values alone', () => {
  expect(render('  {{> deep}}', { deep: 'a\nb\n' })).toBe('  a\nb\n');
});

test.each([
  ['a\n{{header.nothing}}', /^templates\/none\.Dockerfile\.hbs:2:3: "nothing" not defined in \[object Object\]$/],
  ['a\n{{#if x}}', /^templates\/none\.Dockerfile\.hbs:2: Parse error on line 2: /],
  ['a\n b {{> missing}}', /^templates\/none\.Dockerfile\.hbs:2: The partial missing could not be found$/],
  ['{{word settings}}', /^templates\/none\.Dockerfile\.hbs:1:1: \{\{word\}\}: a text is wanted, not \{/],
  ['\n{{json header.recipe}}', /^templates\/none\.Dockerfile\.hbs:2:1: \{\{json\}\}: a list is wanted, not "tool"$/],
  ['{{unheard of}}', /^templates\/none\.Dockerfile\.hbs:1:3: "unheard" not defined in \[object Object\]$/],
])('%j tells where it fails', (template, fault) => {
  expect(faultOf(template)).toMatch(fault);
});

test('a fault in a partial is in the file of the partial', () => {
  expect(faultOf('{{> part}}', { part: 'a\nb {{word settings.nothing}}\n' })).toBe(
    'templates/partials/part.hbs:2:3: {{word}}: a text is wanted, not undefined',
  );
  expect(faultOf('{{> part}}', { part: 'a\n{{#each' })).toMatch(
    /^templates\/partials\/part\.hbs:2: Parse error on line 2/,
  );
});

test('a template that is missing is a fault', () => {
  expect(() => compileTemplates([]).renderDockerfile(view)).toThrow('there is no template none.Dockerfile.hbs');
});
