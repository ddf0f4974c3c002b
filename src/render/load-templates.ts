import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isSystemError } from '../errors.ts';
import type { Finding } from '../finding.ts';
import { compareText } from '../platform/order.ts';
import { compileTemplates, DOCKERFILE_TEMPLATES, type Templates, type TemplateSource } from './template-engine.ts';

// Of the package: src/ and dist/ both lie one level below its root.
const BUILT_IN = fileURLToPath(new URL('../../templates/', import.meta.url));
const FOLDER = 'templates';

export interface LoadedTemplates {
  readonly templates: Templates;
  readonly findings: readonly Finding[];
}

/**
 * Reads the built-in templates, and those that a workspace has in their place or beside them in `templates/`. Takes the
 * workspace's absolute path. Throws `render.template` with file and line for one that cannot be parsed.
 */
export async function loadTemplates(root: string): Promise<LoadedTemplates> {
  const builtIn = await readTemplates(BUILT_IN, '(built-in) templates');
  const own = await readTemplates(join(root, FOLDER), FOLDER);
  const byName = new Map([...builtIn, ...own].map((source) => [source.name, source]));
  return { templates: compileTemplates([...byName.values()]), findings: own.flatMap(checkName) };
}

/** Partials may be new ones; any other template is used only if it has the name of a built-in one. */
function checkName({ name, place }: TemplateSource): readonly Finding[] {
  const names = Object.values(DOCKERFILE_TEMPLATES);
  if (name.startsWith('partials/') || names.includes(name)) return [];
  const hint = `the names that are used: ${names.join(', ')}, and partials/`;
  return [{ code: 'render.unused-template', severity: 'warning', place, text: 'this template is never used', hint }];
}

async function readTemplates(folder: string, place: string): Promise<readonly TemplateSource[]> {
  const names = [
    ...(await listTemplates(folder)),
    ...(await listTemplates(join(folder, 'partials'))).map((name) => `partials/${name}`),
  ];
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(join(folder, name), 'utf8');
      // An editor's CRLF must not reach a Dockerfile.
      return { name, place: `${place}/${name}`, text: text.replaceAll('\r\n', '\n') };
    }),
  );
}

async function listTemplates(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).filter((name) => name.endsWith('.hbs')).toSorted(compareText);
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return [];
    throw error;
  }
}
