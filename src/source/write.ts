import { mkdir } from 'node:fs/promises';
import { replaceOutput } from '../archive/write/replace-output.ts';
import { ForkwrightError } from '../errors.ts';
import type { Finding } from '../finding.ts';
import { gitComplaint } from './complaint.ts';
import type { SourceTree } from './obtain.ts';
import { listReplaceable, noteOwn } from './own-folder.ts';
import { hashOf, withScratch, type GitDeps } from './scratch.ts';
import { settleFiles } from './settle-files.ts';

/**
 * Writes a source's files as a folder: exactly the tree's bytes, modes 0644 and 0755, times the source's, no `.git`. It
 * appears whole or not at all, and replaces what was written before; another folder that holds something is refused.
 * Nothing in it leads outside. Gives warnings for files that are only pointers of git-lfs. Throws `source.refuses-folder`,
 * `source.link-outside`, `source.not-exact`, `source.cannot-check-out`, `archive.write-failed`.
 */
export async function writeSource(source: SourceTree, output: string, deps: GitDeps): Promise<readonly Finding[]> {
  const former = await listReplaceable(output);
  const names = source.entries.map(({ path }) => path.split('/', 1)[0] ?? path);
  const lfsPointers = await replaceOutput(output, async (temporary) => {
    await mkdir(temporary);
    await checkOut(source, temporary, deps);
    const settled = await settleFiles(temporary, source.entries, source.epochSeconds);
    // Whichever of the two folders a killed run leaves under the name, it is known to be ours.
    await noteOwn(output, [...former, ...names]);
    return settled.lfsPointers;
  });
  await noteOwn(output, names);
  return lfsPointers.map((path) => ({
    code: 'source.lfs-pointer',
    severity: 'warning',
    place: `${source.git}: ${path}`,
    text: 'the file is kept in git-lfs and is not fetched; there is only a pointer to it',
    hint: 'if the build needs it, bring it in with a patch',
  }));
}

async function checkOut({ tree, objects }: SourceTree, folder: string, deps: GitDeps): Promise<void> {
  try {
    await withScratch(objects, hashOf(tree), deps, async ({ gitIn }) => {
      const git = gitIn(folder);
      await git(['read-tree', tree]);
      await git(['checkout-index', '--all']);
    });
  } catch (error) {
    if (!(error instanceof ForkwrightError) || error.code !== 'process.failed') throw error;
    throw new ForkwrightError('source.cannot-check-out', `git cannot write the files: ${gitComplaint(error)}`, {
      place: folder,
      hint: `if objects are damaged, remove ${objects}; otherwise the disk may be full`,
    });
  }
}
