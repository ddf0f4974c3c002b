import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import ts from 'typescript';

/** Where each function takes its parameter `code`, by the function's name; -1 for one that takes none. */
type CodeTakers = Map<string, number>;

// Files whose codes get `yaml.` put in front of them; those of all other files of recipe/ get `recipe.`.
const YAML_FILES = new Set(['document.ts', 'document-nodes.ts', 'read-file.ts']);
// zod's own code of an issue that a schema of ours reports, and none at all.
const NOT_OURS = new Set(['custom', '']);

/**
 * Reads all TypeScript files below a folder and gives every code that they can report: texts that are the first argument
 * of a ForkwrightError, a property or variable `code`, or an argument where a function has its parameter `code`.
 */
export async function collectCodes(folder: string): Promise<ReadonlySet<string>> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.ts'));
  const sources = await Promise.all(
    names.map(async (name) =>
      ts.createSourceFile(name, await readFile(join(folder, name), 'utf8'), ts.ScriptTarget.ES2023),
    ),
  );
  const shared: CodeTakers = new Map();
  for (const source of sources) {
    for (const statement of source.statements) if (isExported(statement)) addTaker(statement, shared);
  }
  return new Set(
    sources.flatMap((source) => {
      const own: CodeTakers = new Map();
      addTakersBelow(source, own);
      return findCodes(source, new Map([...shared, ...own])).map((code) => withArea(code, source.fileName));
    }),
  );
}

function withArea(code: string, file: string): string {
  if (code.includes('.')) return code;
  if (!file.startsWith('recipe')) throw new Error(`${file} has the code ${JSON.stringify(code)} without an area`);
  return `${YAML_FILES.has(basename(file)) ? 'yaml' : 'recipe'}.${code}`;
}

function isExported(statement: ts.Statement): boolean {
  const modifiers = ts.canHaveModifiers(statement) ? (ts.getModifiers(statement) ?? []) : [];
  return modifiers.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
}

/** Takes one declaration; a function type `Report` is one whose values are called `report`. */
function addTaker(node: ts.Node, takers: CodeTakers): void {
  const add = (name: string | undefined, parameters: ts.NodeArray<ts.ParameterDeclaration>) => {
    const index = parameters.findIndex((parameter) => isNamed(parameter.name, 'code'));
    if (name !== undefined && (takers.get(name) ?? -1) === -1) takers.set(name, index);
  };
  if (ts.isFunctionDeclaration(node)) add(node.name?.text, node.parameters);
  if (ts.isClassDeclaration(node)) {
    for (const member of node.members) if (ts.isConstructorDeclaration(member)) add(node.name?.text, member.parameters);
  }
  if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.initializer !== undefined) {
    if (ts.isArrowFunction(node.initializer)) add(node.name.text, node.initializer.parameters);
  }
  if (ts.isTypeAliasDeclaration(node) && ts.isFunctionTypeNode(node.type)) {
    const name = node.name.text;
    add(name.charAt(0).toLowerCase() + name.slice(1), node.type.parameters);
  }
}

function addTakersBelow(node: ts.Node, takers: CodeTakers): void {
  addTaker(node, takers);
  ts.forEachChild(node, (child) => addTakersBelow(child, takers));
}

function findCodes(source: ts.SourceFile, takers: CodeTakers): readonly string[] {
  const codes: string[] = [];
  const visit = (node: ts.Node, base: string | null): void => {
    let value: ts.Expression | undefined;
    if (ts.isPropertyAssignment(node) && isNamed(node.name, 'code')) value = node.initializer;
    if (ts.isVariableDeclaration(node) && isNamed(node.name, 'code')) value = node.initializer;
    if (ts.isCallExpression(node) || ts.isNewExpression(node)) {
      const name = node.expression.kind === ts.SyntaxKind.SuperKeyword ? base : calledName(node.expression);
      const index = name === null ? undefined : takers.get(name);
      if (index !== undefined) value = node.arguments?.[index];
    }
    codes.push(...textsOf(value).filter((code) => !NOT_OURS.has(code)));
    const inner = ts.isClassDeclaration(node) ? baseOf(node) : base;
    ts.forEachChild(node, (child) => visit(child, inner));
  };
  visit(source, null);
  return codes;
}

/** The texts that an expression can be, as far as they stand there. */
function textsOf(value: ts.Expression | undefined): readonly string[] {
  if (value === undefined) return [];
  if (ts.isStringLiteralLike(value)) return [value.text];
  if (ts.isTemplateExpression(value)) return [textBehindArea(value)];
  if (ts.isConditionalExpression(value)) return [...textsOf(value.whenTrue), ...textsOf(value.whenFalse)];
  if (ts.isParenthesizedExpression(value) || ts.isAsExpression(value)) return textsOf(value.expression);
  const isFallback = ts.isBinaryExpression(value) && value.operatorToken.kind === ts.SyntaxKind.QuestionQuestionToken;
  return isFallback ? [...textsOf(value.left), ...textsOf(value.right)] : [];
}

/** `${area}.too-many` is `too-many`; '' where the code is handed in as well. */
function textBehindArea({ templateSpans: [first, ...others] }: ts.TemplateExpression): string {
  return others.length === 0 ? (first?.literal.text.replace(/^\./, '') ?? '') : '';
}

function calledName(expression: ts.Expression): string | null {
  if (ts.isIdentifier(expression)) return expression.text;
  return ts.isPropertyAccessExpression(expression) ? expression.name.text : null;
}

function baseOf(declaration: ts.ClassDeclaration): string | null {
  const base = declaration.heritageClauses?.find(({ token }) => token === ts.SyntaxKind.ExtendsKeyword)?.types[0];
  return base === undefined ? null : calledName(base.expression);
}

function isNamed(node: ts.Node, name: string): boolean {
  return ts.isIdentifier(node) && node.text === name;
}
