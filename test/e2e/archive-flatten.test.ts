import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { fixture } from '../support/archives.ts';
import { listRootfs } from '../support/flat-files.ts';
import { forkwright } from './support/converted.ts';
import { encodeHardImage } from './support/hard-image.ts';
import { testWith } from './support/needs.ts';
import { runWell } from './support/run.ts';
import { FOLDER } from './support/settings.ts';
import { listTree, packTree } from './support/tree.ts';

/** Unpacks a layout of forkwright with umoci, and gives the folder. */
async function unpackLayout(layout: string): Promise<string> {
  await runWell(['umoci', 'unpack', '--image', `${layout}:1`, `${layout}-bundle`], { cwd: FOLDER });
  return `${layout}-bundle/rootfs`;
}

async function unpackTar(tar: string): Promise<string> {
  const to = `${tar}-unpacked`;
  await mkdir(to);
  // GNU tar sets the times of folders too early where their files do not follow at once.
  const keep = [
    '--delay-directory-restore',
    '--same-owner',
    '--same-permissions',
    '--numeric-owner',
    '--xattrs',
    '--xattrs-include=*',
  ];
  await runWell(['tar', '--extract', ...keep, '--file', tar, '--directory', to], { cwd: FOLDER });
  return to;
}

testWith(['umoci', 'root'], 'an image with every hard case is flattened to what umoci unpacks', async () => {
  const cwd = join(FOLDER, 'flatten');
  await mkdir(cwd);
  await writeFile(join(cwd, 'hard.tar'), encodeHardImage());
  const name = ['--name', 'forkwright-e2e.example.org/hard:1'];
  await forkwright(cwd, 'convert', 'hard.tar', 'layers', '--to', 'oci', ...name);
  await forkwright(cwd, 'convert', 'hard.tar', 'flat', '--to', 'oci', '--flatten', ...name);
  await forkwright(cwd, 'convert', 'hard.tar', 'merged', '--to', 'oci', '--max-layers', '2', ...name);
  await forkwright(cwd, 'convert', 'hard.tar', 'rootfs.tar', '--to', 'rootfs');
  const theirs = await listTree(await unpackLayout(join(cwd, 'layers')));
  const rootfs = await listTree(await unpackTar(join(cwd, 'rootfs.tar')));
  expect(rootfs['attributes/capable']).toMatch(/ security\.capability=0100000200040{28}$/);
  expect(withoutTimes(rootfs, TIMELESS)).toEqual(withoutTimes(theirs, TIMELESS));
  expect(await listTree(await unpackLayout(join(cwd, 'flat')))).toEqual(rootfs);
  const merged = await listTree(await unpackLayout(join(cwd, 'merged')));
  expect(withoutTimes(merged, EMPTIED)).toEqual(withoutTimes(rootfs, EMPTIED));
});

/** Folders to which umoci gives the time of unpacking, and not that of their entry or none. */
const TIMELESS = [
  // No entry tells of them, so there is no time that they could have.
  'implied',
  'implied/deep',
  // umoci makes the folder above in it, and does not set its time again.
  '.',
  // A whiteout that comes after the entry of its folder: umoci empties it, and does not set its time again.
  'again',
];

/** The same of the merged layer: there the folder is opaque, and the marker comes after its entry. */
const EMPTIED = ['opaque/sub'];

function withoutTimes(tree: Readonly<Record<string, string>>, paths: readonly string[]): object {
  const bare = paths.map((path) => [path, tree[path]?.replace(/ \S*$/, '')]);
  return { ...tree, ...Object.fromEntries(bare) };
}

testWith(['umoci', 'root'], 'flatten of zoo-1 has the files that a container of it has', async () => {
  const cwd = join(FOLDER, 'flatten-zoo');
  await mkdir(cwd);
  const [, ...lines] = (await readFile(fixture('zoo-1.rootfs.tsv'), 'utf8')).trim().split('\n');
  for (const name of ['buildx-oci.tar', 'docker-28-overlay2-save.tar']) {
    const argv = ['--to', 'oci', '--flatten', '--name', 'forkwright-e2e.example.org/zoo:1'];
    await forkwright(cwd, 'convert', fixture(name), `${name}.flat`, ...argv);
    const files = await listRootfs(await readFile(await packTree(await unpackLayout(join(cwd, `${name}.flat`)))));
    expect(
      files.filter((line) => !line.startsWith('.\t')),
      name,
    ).toEqual(lines.toSorted());
  }
});
