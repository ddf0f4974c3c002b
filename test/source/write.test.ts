import { execFileSync } from 'node:child_process';
import { chmod, lstat, mkdir, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { obtainSource } from '../../src/source/obtain.ts';
import { writeSource } from '../../src/source/write.ts';
import { configVariables, lines, makePlace, upstreamOf, type Place } from './repository.ts';

let place: Place;
let output: string;
beforeEach(async () => {
  place = await makePlace();
  output = join(place.root, 'out/tool/source');
});
afterEach(() => place.remove());

async function write(commit: string, patches: readonly string[] = [], deps = place.deps) {
  const source = await obtainSource(upstreamOf(place.url, commit), patches, deps);
  return { source, findings: await writeSource(source, output, deps) };
}

/** Everything of a folder that a build context has: kind, mode, time in seconds, and contents, by path. */
async function describe(folder: string): Promise<Readonly<Record<string, string>>> {
  const paths = ['.', ...(await readdir(folder, { recursive: true })).toSorted()];
  const entries = paths.map(async (path) => {
    const whole = join(folder, path);
    const { mode, mtimeMs } = await lstat(whole);
    const text = `${(mode & 0o7777).toString(8)} ${mtimeMs / 1000}`;
    if ((mode & 0o170000) === 0o120000) return [path, `link ${mtimeMs / 1000} ${await readlink(whole)}`] as const;
    if ((mode & 0o170000) === 0o040000) return [path, `folder ${text}`] as const;
    return [path, `file ${text} ${JSON.stringify(await readFile(whole, 'latin1'))}`] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

test('files have exactly the bytes, modes and time of the commit', async () => {
  const commit = await place.commit({
    'a.txt': 'a\n',
    'dir/deep/näme 日本.txt': 'b\r\n',
    'dir/run': { program: '#!/bin/sh\n' },
    link: { link: 'dir/run' },
    'dir/back': { link: '../a.txt' },
    'dir/nowhere': { link: 'nothing/here' },
  });
  const { findings, source } = await write(commit);
  const time = source.epochSeconds;
  expect(findings).toEqual([]);
  expect(await describe(output)).toEqual({
    '.': `folder 755 ${time}`,
    'a.txt': `file 644 ${time} "a\\n"`,
    dir: `folder 755 ${time}`,
    'dir/back': `link ${time} ../a.txt`,
    'dir/deep': `folder 755 ${time}`,
    'dir/deep/näme 日本.txt': `file 644 ${time} "b\\r\\n"`,
    'dir/nowhere': `link ${time} nothing/here`,
    'dir/run': `file 755 ${time} "#!/bin/sh\\n"`,
    link: `link ${time} dir/run`,
  });
  expect((await readdir(join(output, '..'))).toSorted()).toEqual(['.source.forkwright', 'source']);
});

test('neither attributes of the upstream, nor configuration of the user, nor the umask change anything', async () => {
  const attributes = [
    '*.sub export-subst',
    'hidden export-ignore',
    '*.crlf text eol=crlf',
    '*.id ident',
    '*.utf16 working-tree-encoding=UTF-16LE',
    '*.filter filter=evil',
    '* text=auto',
  ].join('\n');
  const files = {
    'x.sub': '$Format:%H$\n',
    hidden: 'h\n',
    'x.crlf': 'a\nb\n',
    'x.id': '$Id$\n',
    'x.filter': 'f\n',
    'x.auto': 'a\nb\n',
  };
  const base = await place.commit({ ...files, 'x.utf16': 'u\n' });
  await place.commit({ 'x.auto': 'a\nb\nwith space \n' });
  const patch = await place.formatPatch('HEAD');
  place.git('reset', '--quiet', '--hard', base);
  // After the files: git would not take them as they are.
  place.git('update-index', '--add', '--cacheinfo', `100644,${hashObject(attributes)},.gitattributes`);
  place.git('commit', '--quiet', '--message', 'attributes');
  const commit = place.git('rev-parse', 'HEAD');
  const marker = join(place.folder, 'executed');
  await mkdir(join(place.folder, 'hooks'));
  for (const hook of ['post-checkout', 'post-index-change', 'reference-transaction']) {
    await writeFile(join(place.folder, 'hooks', hook), `#!/bin/sh\ntouch '${marker}'\n`, { mode: 0o755 });
  }
  const config = {
    'core.autocrlf': 'true',
    'core.eol': 'crlf',
    'core.symlinks': 'false',
    'core.hooksPath': join(place.folder, 'hooks'),
    'core.attributesFile': join(place.folder, 'attributes'),
    'filter.evil.smudge': `touch '${marker}'`,
    'filter.evil.process': `touch '${marker}'`,
    'apply.whitespace': 'fix',
    'protocol.version': '0',
  };
  await writeFile(join(place.folder, 'attributes'), '* eol=crlf filter=evil\n');
  await writeFile(
    join(place.folder, 'home/.gitconfig'),
    '[core]\n\tautocrlf = true\n[filter "evil"]\n\tsmudge = false\n\trequired = true\n',
  );
  const deps = { ...place.deps, env: { ...place.deps.env, ...configVariables(config) } };
  const before = process.umask(0o077);
  try {
    const { source } = await write(commit, [patch], deps);
    const time = source.epochSeconds;
    expect(await describe(output)).toEqual({
      '.': `folder 755 ${time}`,
      '.gitattributes': `file 644 ${time} ${JSON.stringify(attributes)}`,
      hidden: `file 644 ${time} "h\\n"`,
      'x.auto': `file 644 ${time} "a\\nb\\nwith space \\n"`,
      'x.crlf': `file 644 ${time} "a\\nb\\n"`,
      'x.filter': `file 644 ${time} "f\\n"`,
      'x.id': `file 644 ${time} "$Id$\\n"`,
      'x.sub': `file 644 ${time} "$Format:%H$\\n"`,
      'x.utf16': `file 644 ${time} "u\\n"`,
    });
  } finally {
    process.umask(before);
  }
  await expect(stat(marker)).rejects.toMatchObject({ code: 'ENOENT' });
});

function hashObject(text: string): string {
  const options = { cwd: place.upstreamFolder, input: text, encoding: 'utf8' } as const;
  return execFileSync('git', ['hash-object', '-w', '--stdin'], options).trim();
}

test.each([
  ['an absolute path', { evil: { link: '/etc/passwd' } }, 'evil'],
  ['a path that leaves', { 'dir/evil': { link: '../../x' } }, 'dir/evil'],
  [
    'a path that leaves through another link',
    { 'a/b/top': { link: '../..' }, 'a/evil': { link: 'b/top/../x' } },
    'a/evil',
  ],
])('a link that leads outside is refused, and nothing is written: %s', async (_name, files, path) => {
  const commit = await place.commit(files);
  await expect(write(commit)).rejects.toMatchObject({ code: 'source.link-outside', place: path });
  expect(await readdir(join(output, '..'))).toEqual([]);
});

test('pointers of git-lfs are said, submodules are empty folders', async () => {
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'1'.repeat(64)}\nsize 12345\n`;
  const inner = await place.commit({ 'big.bin': pointer, 'about.txt': `it begins so: ${pointer}` });
  place.git('update-index', '--add', '--cacheinfo', `160000,${inner},vendor/inner`);
  place.git('commit', '--quiet', '--message', 'a submodule');
  const { findings } = await write(place.git('rev-parse', 'HEAD'));
  expect(findings).toMatchObject([{ code: 'source.lfs-pointer', severity: 'warning', place: `${place.url}: big.bin` }]);
  expect((await readdir(output, { recursive: true })).toSorted()).toEqual([
    'about.txt',
    'big.bin',
    'vendor',
    'vendor/inner',
  ]);
  expect((await stat(join(output, 'vendor/inner'))).mode & 0o777).toBe(0o755);
});

test('a folder is replaced whole if it was written by us, is empty or absent', async () => {
  const first = await place.commit({ 'a.txt': 'a\n', 'old/b.txt': 'b\n' });
  const second = await place.commit({ 'a.txt': 'new\n', 'old/b.txt': null, 'new/c.txt': 'c\n' });
  await mkdir(output, { recursive: true });
  await write(first);
  const before = await describe(output);
  await write(second);
  expect((await readdir(output)).toSorted()).toEqual(['a.txt', 'new']);
  await writeFile(join(output, 'new/made'), 'by make\n');
  await write(first);
  expect(await describe(output)).toEqual(before);
  await rm(output, { recursive: true });
  await write(first);
  expect(await describe(output)).toEqual(before);
});

test('a folder that holds something else is refused, and stays', async () => {
  const commit = await place.commit({ 'a.txt': lines(3) });
  await mkdir(output, { recursive: true });
  await writeFile(join(output, 'a.txt'), 'mine\n');
  await expect(write(commit)).rejects.toMatchObject({
    code: 'source.refuses-folder',
    message: 'the folder is not empty, and forkwright did not write it',
    place: output,
  });
  expect(await readFile(join(output, 'a.txt'), 'utf8')).toBe('mine\n');
  await rm(output, { recursive: true });
  await write(commit);
  await writeFile(join(output, 'mine.txt'), 'mine\n');
  await expect(write(commit)).rejects.toMatchObject({
    message: 'the folder holds "mine.txt", which forkwright did not write',
  });
  await rm(output, { recursive: true });
  await symlink(place.root, output);
  await expect(write(commit)).rejects.toMatchObject({
    message: 'a file or a link stands where the folder is to be',
  });
});

test('an object that lost bits in the cache is not written', async () => {
  const commit = await place.commit({ 'a.txt': 'a\n' });
  await place.commit({ 'a.txt': 'b\n' });
  const patch = await place.formatPatch('HEAD');
  const source = await obtainSource(upstreamOf(place.url, commit), [patch], place.deps);
  const [{ object = '' } = {}] = source.entries;
  const loose = join(source.objects, object.slice(0, 2), object.slice(2));
  await chmod(loose, 0o644);
  await writeFile(loose, 'damaged');
  await expect(writeSource(source, output, place.deps)).rejects.toMatchObject({ code: 'source.cannot-check-out' });
  await expect(stat(output)).rejects.toMatchObject({ code: 'ENOENT' });
});
