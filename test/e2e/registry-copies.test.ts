import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { readContent, type ImageContent } from '../support/archive-content.ts';
import { FORMATS } from '../support/archive-table.ts';
import { fixture } from '../support/archives.ts';
import { startDistribution, type Distribution } from './support/distribution.ts';
import { testWith } from './support/needs.ts';
import { listFaults } from './support/list-faults.ts';
import { readHeld } from './support/read-registry.ts';
import { runForkwright } from './support/run.ts';
import { FOLDER } from './support/settings.ts';

const INDEX = fixture('buildx-oci-multi-attested.tar');

async function start(name: string): Promise<{ cwd: string; registry: Distribution }> {
  const cwd = join(FOLDER, `registry-${name}`);
  await mkdir(cwd);
  const registry = await startDistribution(join(cwd, 'registry'), { logsRequests: true });
  onTestFinished(registry.stop);
  return { cwd, registry };
}

testWith(['docker-registry'], 'what was pushed is pulled into each format, and verified', async () => {
  const { cwd, registry } = await start('formats');
  const name = `${registry.host}/team/zoo:1`;
  const expected = await readContent(INDEX);
  const faults = await listFaults(INDEX, cwd);
  expect(await runForkwright(['push', INDEX, name], { cwd })).toMatchObject({ exitCode: 0 });
  for (const format of FORMATS) {
    const isWhole = format.startsWith('oci');
    const part = isWhole ? [] : ['--platform', 'linux/amd64'];
    const pulled = await runForkwright(['pull', name, format, '--to', format, ...part], { cwd });
    expect(pulled, `${format}\n${pulled.stderr}`).toMatchObject({ exitCode: 0 });
    expect(await listFaults(format, cwd), format).toEqual(isWhole ? faults : []);
    const { images, digests } = await readContent(join(cwd, format));
    if (isWhole) {
      expect({ images, digests }, format).toEqual({ images: expected.images, digests: expected.digests });
      continue;
    }
    // Formats without manifests make one of their own.
    const essenceOf = ({ platform, configDigest, diffIds }: ImageContent) => ({ platform, configDigest, diffIds });
    const [meant] = expected.images.filter(({ platform }) => platform === 'linux/amd64').map(essenceOf);
    expect(images.map(essenceOf), format).toEqual([meant]);
  }
});

testWith(['docker-registry'], 'a second push of the same sends nothing, and asks for nothing twice', async () => {
  const { cwd, registry } = await start('second');
  const name = `${registry.host}/team/zoo:1`;
  const first = await runForkwright(['push', INDEX, name], { cwd });
  const before = (await registry.requests()).length;
  const second = await runForkwright(['push', INDEX, name], { cwd });
  expect(second).toEqual({
    ...first,
    stderr: expect.stringMatching(/^pushing buildx-oci-multi-attested\.tar: nothing to send \([\d.]+ s\)\n$/),
  });
  const requests = (await registry.requests()).slice(before);
  expect(requests.filter((request) => !/^(?:GET|HEAD) /.test(request))).toEqual([]);
  expect(new Set(requests).size).toBe(requests.length);
});

testWith(
  ['docker-registry'],
  'into several repositories each blob is sent once, and mounted into the others',
  async () => {
    const { cwd, registry } = await start('several');
    const repositories = ['a', 'b', 'team/c'];
    const names = repositories.map((repository) => `${registry.host}/${repository}:1`);
    const pushed = await runForkwright(['push', INDEX, ...names], { cwd });
    const { digest, digests } = await readHeld(registry.host, 'a', '1');
    expect(pushed).toMatchObject({ exitCode: 0, stdout: names.map((name) => `${name}@${digest}\n`).join('') });
    for (const repository of repositories) {
      expect(await readHeld(registry.host, repository, '1'), repository).toEqual({ digest, digests });
    }
    expect(pushed.stderr).toContain(': 21 blobs sent, 143.3 KiB, 42 mounted (');
    const uploads = (await registry.requests()).filter((request) => /^(?:PUT|PATCH) \S+\/uploads\//.test(request));
    expect(uploads).toHaveLength(21);
    expect(uploads.filter((request) => !request.startsWith('PUT /v2/a/'))).toEqual([]);
  },
);
