import { Document, isCollection, isPair, isScalar, isSeq, visit, type Node } from 'yaml';
import { printable } from '../report/printable.ts';
import type { RecipeDraft } from './draft-recipe.ts';

const SCHEMA_LINE = ' yaml-language-server: $schema=../schema/recipe.schema.json';
/** Lists up to this width stand on one line. */
const FLOW_WIDTH = 90;
const MAX_COMMENT_LENGTH = 400;

/**
 * Writes a draft as the text of a recipe. Values are quoted where YAML wants it; a comment is one line, whatever the image
 * has in it.
 */
export function formatDraft({ fields, notes, head }: RecipeDraft): string {
  const document = new Document(fields, { version: '1.2', schema: 'core', aliasDuplicateObjects: false });
  visit(document, {
    Seq: (_, list) => {
      const isShort = list.items.every(isScalar) && JSON.stringify(list.toJSON()).length <= FLOW_WIDTH;
      if (isShort) list.flow = true;
    },
  });
  for (const { path, text, isGuess } of notes) {
    addComment(document, path, commentOf(isGuess ? `guessed: ${text}` : text));
  }
  const platforms: unknown = document.get('platforms', true);
  if (isSeq(platforms)) platforms.flow = false;
  document.commentBefore = [SCHEMA_LINE, '', ...head.map(commentOf)].join('\n');
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

/** Behind a value on its line; above a map or list that has lines of its own. */
function addComment(document: Document, path: readonly (string | number)[], comment: string): void {
  const value = document.getIn(path, true);
  const parent = document.getIn(path.slice(0, -1), true);
  const key = path.at(-1);
  if (isCollection(value) && value.flow !== true && isCollection(parent)) {
    const pair = parent.items.find((each) => isPair(each) && isScalar(each.key) && each.key.value === key);
    if (isPair(pair) && isScalar(pair.key)) pair.key.commentBefore = joined(pair.key.commentBefore, comment);
  } else if (isScalar(value) || isCollection(value)) {
    const node: Node = value;
    node.comment = joined(node.comment, comment);
  }
}

function joined(before: string | null | undefined, comment: string): string {
  return before === null || before === undefined ? comment : `${before};${comment}`;
}

/** A text from outside as a comment: nothing in it may end the line. */
function commentOf(text: string): string {
  const line = printable(text);
  const [indent = ''] = /^ */.exec(line) ?? [];
  const cut = line.length > MAX_COMMENT_LENGTH ? `${line.slice(0, MAX_COMMENT_LENGTH)}…` : line;
  return cut === '' ? '' : ` ${indent}${cut.trimStart()}`;
}
