import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadTemplates } from '../../src/render/load-templates.ts';
import { renderWorkspace } from '../../src/render/render-workspace.ts';
import { makeRecipe, makeTarget, makeWorkspace } from '../support/workspace-values.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'forkwright-'));
});
afterEach(() => rm(root, { recursive: true }));

async function putTemplate(name: string, text: string): Promise<void> {
  const path = join(root, 'templates', name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

async function renderOne() {
  const { templates, findings } = await loadTemplates(root);
  const rendered = renderWorkspace(
    makeWorkspace([makeRecipe([makeTarget(), makeTarget({ platform: 'linux/arm64' })])]),
    templates,
  );
  return {
    content: rendered.files.find(({ path }) => path.endsWith('linux-amd64.Dockerfile'))?.content,
    findings: [...findings, ...rendered.findings],
  };
}

test('without a folder of its own a workspace has the built-in templates', async () => {
  expect(await renderOne()).toEqual({ content: expect.stringMatching(/\nFROM scratch AS image\n$/), findings: [] });
});

test('a template of the workspace takes the place of the built-in one, with its line ends made LF', async () => {
  await putTemplate('none.Dockerfile.hbs', '{{> header header}}\r\n{{> own}}\r\n');
  await putTemplate('partials/own.hbs', 'FROM scratch AS mine\r\n');
  const { content, findings } = await renderOne();
  expect(content).toMatch(/^# tool for linux\/amd64: A tool\n[^\r]*\nFROM scratch AS mine\n$/);
  expect(findings).toEqual([]);
});

test('so does a partial', async () => {
  await putTemplate('partials/image-settings.hbs', 'LABEL mine=1\n');
  expect((await renderOne()).content).toMatch(/FROM scratch AS image\nLABEL mine=1\n$/);
});

test('a template that nothing uses is said', async () => {
  await putTemplate('golang.Dockerfile.hbs', '');
  expect((await renderOne()).findings).toEqual([
    {
      code: 'render.unused-template',
      severity: 'warning',
      place: 'templates/golang.Dockerfile.hbs',
      text: 'this template is never used',
      hint: 'the names that are used: go.Dockerfile.hbs, make.Dockerfile.hbs, dockerfile.Dockerfile.hbs, prebuilt.Dockerfile.hbs, none.Dockerfile.hbs, and partials/',
    },
  ]);
});

test('a Dockerfile that does not say whose it is would never be removed', async () => {
  await putTemplate('none.Dockerfile.hbs', 'FROM scratch\n');
  expect((await renderOne()).findings).toEqual([
    {
      code: 'render.no-marker',
      severity: 'error',
      place: 'templates/none.Dockerfile.hbs',
      text: 'the Dockerfile does not say that forkwright wrote it',
      hint: 'begin it with {{> header header}}: files without that line are never overwritten or removed',
    },
  ]);
});

test('a template that throws is one finding, however many targets use it', async () => {
  await putTemplate('none.Dockerfile.hbs', '{{> header header}}\n{{nothing}}\n');
  expect((await renderOne()).findings).toEqual([
    {
      code: 'render.template',
      severity: 'error',
      place: 'templates/none.Dockerfile.hbs:2:3',
      text: '"nothing" not defined in [object Object]',
      hint: "forkwright's templates/README.md says what a template can use",
    },
  ]);
});

test('a template that cannot be parsed is an error with its place', async () => {
  await putTemplate('none.Dockerfile.hbs', 'a\n{{#if x}}\n');
  await expect(loadTemplates(root)).rejects.toMatchObject({
    code: 'render.template',
    place: expect.stringMatching(/^templates\/none\.Dockerfile\.hbs:\d$/),
  });
});
