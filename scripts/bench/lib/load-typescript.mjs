import { readFile } from 'node:fs/promises';
import ts from 'typescript';

/** Imports a file of TypeScript that imports nothing but Node's own modules: benches share with tests what they run against. */
export async function loadTypeScript(url) {
  const source = await readFile(url, 'utf8');
  const { ESNext: module } = ts.ModuleKind;
  const { outputText } = ts.transpileModule(source, { compilerOptions: { module, target: ts.ScriptTarget.ES2023 } });
  return import(`data:text/javascript,${encodeURIComponent(outputText)}`);
}
