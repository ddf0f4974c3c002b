import { expect, test } from 'vitest';
import { chooseTerminator } from '../../src/render/heredoc.ts';

test.each([
  ['', 'EOF'],
  ['a\n', 'EOF'],
  ['an EOF inside\n EOF\nEOFs\n', 'EOF'],
  ['EOF\n', 'EOF_1'],
  // BuildKit compares a line without its CR.
  ['EOF\r\n', 'EOF_1'],
  ['EOF_1\nEOF', 'EOF_2'],
  ['EOF_1\n', 'EOF'],
])('%j ends with %s', (content, terminator) => {
  expect(chooseTerminator(content)).toBe(terminator);
});
