import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readMember } from '../../src/prebuilt/member.ts';
import { makeFolder } from '../support/archives.ts';
import { packTarFiles } from '../support/tar-files.ts';

async function take(names: readonly string[], file: string): Promise<string> {
  const path = join(await makeFolder(), 'a.tar');
  await writeFile(path, await packTarFiles(names.map((name, index) => ({ name, body: Buffer.from(`body ${index}`) }))));
  const nameOf = (entryName: string) => entryName.replace(/^\.\//, '');
  const chunks: Uint8Array[] = [];
  for await (const chunk of readMember(path, { file, nameOf, label: 'a.tar', limitBytes: 100 })) {
    chunks.push(Buffer.from(chunk));
  }
  return Buffer.concat(chunks).toString();
}

test('one file among others', async () => {
  expect(await take(['bin/a', 'bin/tool', 'bin/b'], 'bin/tool')).toBe('body 1');
});

test.each([[['tool', 'other', 'tool']], [['tool', './tool']]])(
  'of %j none is taken: tar takes the last one, others the first',
  async (names) => {
    await expect(take(names, 'tool')).rejects.toMatchObject({
      code: 'prebuilt.ambiguous-member',
      message: 'the archive has tool twice',
      place: 'a.tar',
    });
  },
);
