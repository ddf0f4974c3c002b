import { createHash } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { deflateSync } from 'node:zlib';

export interface Person {
  readonly name: string;
  readonly email: string;
}

export interface GitCommit {
  readonly id: string;
  readonly parents: readonly string[];
  /** Blobs by path. */
  readonly tree: ReadonlyMap<string, string>;
  readonly author: Person;
  readonly committer: Person;
  readonly message: string;
  readonly seconds: number;
}

/** Objects with the very ids that git gives them, so that a real repository can be made of them. */
export interface GitObjects {
  writeBlob(content: Uint8Array): string;
  readBlob(id: string): Buffer;
  writeCommit(commit: Omit<GitCommit, 'id'>): GitCommit;
  /** Undefined where there is none. */
  commit(id: string): GitCommit | undefined;
  /** Writes a bare repository, or brings one up to date that was written before. */
  exportTo(folder: string, branches: ReadonlyMap<string, string>, head: string): Promise<void>;
}

/** Makes an empty store. Specification: gitformat-loose, Git Objects. */
export function createGitObjects(): GitObjects {
  const objects = new Map<string, Buffer>();
  const commits = new Map<string, GitCommit>();
  const exported = new Map<string, Set<string>>();
  const write = (type: string, content: Uint8Array): string => {
    const whole = Buffer.concat([Buffer.from(`${type} ${content.length}\0`), content]);
    const id = createHash('sha1').update(whole).digest('hex');
    objects.set(id, whole);
    return id;
  };
  const writeTree = (paths: ReadonlyMap<string, string>): string => {
    const blobs = [...paths].filter(([path]) => !path.includes('/'));
    const folders = new Map<string, Map<string, string>>();
    for (const [path, id] of paths) {
      const slash = path.indexOf('/');
      if (slash < 0) continue;
      const folder = folders.get(path.slice(0, slash)) ?? new Map<string, string>();
      folders.set(path.slice(0, slash), folder.set(path.slice(slash + 1), id));
    }
    const entries = [
      ...blobs.map(([name, id]) => ({ mode: '100644', name, id, sortsAs: name })),
      ...[...folders].map(([name, inner]) => ({ mode: '40000', name, id: writeTree(inner), sortsAs: `${name}/` })),
    ].toSorted((one, other) => Buffer.compare(Buffer.from(one.sortsAs), Buffer.from(other.sortsAs)));
    const parts = entries.flatMap(({ mode, name, id }) => [Buffer.from(`${mode} ${name}\0`), Buffer.from(id, 'hex')]);
    return write('tree', Buffer.concat(parts));
  };
  return {
    writeBlob: (content) => write('blob', content),
    readBlob: (id) => {
      const whole = objects.get(id) ?? Buffer.from('\0');
      return whole.subarray(whole.indexOf(0) + 1);
    },
    writeCommit: (commit) => {
      const { parents, tree, author, committer, message, seconds } = commit;
      const lines = [
        `tree ${writeTree(tree)}`,
        ...parents.map((parent) => `parent ${parent}`),
        `author ${author.name} <${author.email}> ${seconds} +0000`,
        `committer ${committer.name} <${committer.email}> ${seconds} +0000`,
      ];
      const id = write('commit', Buffer.from(`${lines.join('\n')}\n\n${message}`));
      const written = { id, ...commit };
      commits.set(id, written);
      return written;
    },
    commit: (id) => commits.get(id),
    exportTo: async (folder, branches, head) => {
      const put = async (name: string, content: Uint8Array | string) => {
        await mkdir(dirname(join(folder, name)), { recursive: true });
        await writeFile(join(folder, name), content);
      };
      await put('HEAD', `ref: refs/heads/${head}\n`);
      await put('config', '[core]\n\trepositoryformatversion = 0\n\tbare = true\n');
      const done = exported.get(folder) ?? new Set<string>();
      exported.set(folder, done);
      for (const [id, whole] of objects) {
        if (done.has(id)) continue;
        await put(`objects/${id.slice(0, 2)}/${id.slice(2)}`, deflateSync(whole));
        done.add(id);
      }
      await rm(join(folder, 'refs'), { recursive: true, force: true });
      await mkdir(join(folder, 'refs'), { recursive: true });
      for (const [name, id] of branches) await put(`refs/heads/${name}`, `${id}\n`);
    },
  };
}
