import { gzipSync } from 'node:zlib';
import { file, tarOf, type TestEntry } from './archives.ts';
import { startServer, type FileServer, type Reply } from './file-server.ts';
import { integrityOf } from './obtain-deps.ts';

export interface NpmPackageFiles {
  readonly name: string;
  readonly version: string;
  /** Name inside the package to content. */
  readonly files: Readonly<Record<string, Uint8Array | string>>;
}

export interface NpmRegistryServer extends FileServer {
  /** The tarball of each package, by name. */
  readonly tarballs: ReadonlyMap<string, Buffer>;
  readonly integrity: (name: string) => string;
}

/** Makes a tarball as `npm pack` does. */
export function packNpm(files: NpmPackageFiles['files'], folder = 'package'): Buffer {
  const entries = Object.entries(files).map(([name, data]): TestEntry => file(`${folder}/${name}`, data));
  return gzipSync(tarOf(entries));
}

/**
 * Starts a server that answers as an npm registry does. `odd` may replace the answer to a path (`/@s%2ftool/1.0.0`,
 * `/@s/tool/-/tool-1.0.0.tgz`); it is given what the registry would say.
 */
export async function startRegistry(
  packages: readonly NpmPackageFiles[],
  odd: (path: string, reply: Reply, count: number) => Reply = (_, reply) => reply,
): Promise<NpmRegistryServer> {
  const tarballs = new Map(packages.map(({ name, files }) => [name, packNpm(files)]));
  const integrity = (name: string) => integrityOf(tarballs.get(name) ?? Buffer.alloc(0));
  let url = '';
  const replies = (): ReadonlyMap<string, Reply> =>
    new Map(
      packages.flatMap(({ name, version }): [string, Reply][] => {
        const tarball = `/${name}/-/${name.replace(/^.*\//, '')}-${version}.tgz`;
        const dist = { tarball: `${url}${tarball}`, integrity: integrity(name), shasum: '0'.repeat(40) };
        return [
          [`/${name.replace('/', '%2f')}/${version}`, { body: JSON.stringify({ name, version, dist }) }],
          [tarball, { body: tarballs.get(name) ?? '' }],
        ];
      }),
    );
  const server = await startServer(({ path }, count) =>
    odd(path, replies().get(path) ?? { status: 404, body: '{"error":"Not found"}' }, count),
  );
  ({ url } = server);
  return { ...server, tarballs, integrity };
}
