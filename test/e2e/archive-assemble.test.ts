import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { contextArguments, docker, dockerWell } from './support/docker.ts';
import { imageDigests, report } from './support/json.ts';
import { testWith } from './support/needs.ts';
import { runWell } from './support/run.ts';
import { BASE_IMAGE, FOLDER, REGISTRY } from './support/settings.ts';

const LOCAL = 'forkwright-e2e.example.org/five:save';
const ROOT = join(FOLDER, 'five');

function run(...argv: [string, ...string[]]): Promise<string> {
  return runWell(argv, { cwd: ROOT });
}

function build(platform: string, ...more: string[]): Promise<string> {
  const base = contextArguments([BASE_IMAGE], '--build-context', '');
  const argv = ['buildx', 'build', '--platform', platform, ...more, ...base, '-'] as const;
  return runWell(['docker', ...argv], { cwd: ROOT, input: `FROM ${BASE_IMAGE}\nRUN uname -m >/machine\n` });
}

/** Has skopeo take the image of one platform out of the base's index. */
function copyBase(arch: string, to: string): Promise<string> {
  const [, mirror = ''] = contextArguments([BASE_IMAGE], '', '');
  const from = mirror.split('docker-image://')[1] ?? `docker.io/library/${BASE_IMAGE}`;
  const options = ['--override-os', 'linux', '--override-arch', arch];
  return run('skopeo', ...options, 'copy', '--quiet', '--src-tls-verify=false', `docker://${from}`, to);
}

/** What makes the archive of each platform, and what `uname -m` says there. */
const MAKERS = [
  {
    platform: 'linux/amd64',
    machine: /^x86_64$/,
    archive: 'buildx-docker.tar',
    make: () => build('linux/amd64', '--output', 'type=docker,dest=buildx-docker.tar'),
  },
  {
    platform: 'linux/arm64',
    machine: /^aarch64$/,
    archive: 'buildx-oci.tar',
    make: () => build('linux/arm64', '--output', 'type=oci,dest=buildx-oci.tar'),
  },
  {
    platform: 'linux/arm/v7',
    // QEMU names the newest machine that it can be.
    machine: /^armv[78]l$/,
    archive: 'docker-save.tar',
    make: async () => {
      await build('linux/arm/v7', '--provenance=false', '--load', '--tag', LOCAL);
      await dockerWell('save', '--output', join(ROOT, 'docker-save.tar'), LOCAL);
      await dockerWell('image', 'rm', LOCAL);
    },
  },
  {
    platform: 'linux/ppc64le',
    machine: /^ppc64le$/,
    archive: 'skopeo-docker-archive.tar',
    make: () => copyBase('ppc64le', 'docker-archive:skopeo-docker-archive.tar'),
  },
  {
    platform: 'linux/s390x',
    machine: /^s390x$/,
    archive: 'umoci-layout',
    make: async () => {
      await copyBase('s390x', 'oci:umoci-layout:1');
      await run('umoci', 'unpack', '--image', 'umoci-layout:1', 'umoci-bundle');
      await writeFile(join(ROOT, 'umoci-bundle/rootfs/made-by-umoci'), 'yes');
      await run('umoci', 'repack', '--image', 'umoci-layout:1', 'umoci-bundle');
    },
  },
] as const;

testWith(
  ['docker', 'containerd-store', 'engine', 'emulators', 'skopeo', 'umoci', 'root', 'registry'],
  'archives of five tools become one index, which is pushed and runs on each platform',
  async () => {
    await mkdir(ROOT);
    for (const { make } of MAKERS) await make();
    const archives = MAKERS.map(({ archive }) => archive);
    const name = `${REGISTRY}/forkwright-e2e/five:e2e`;
    const made = await report(['assemble', ...archives.toReversed(), '--output', 'five.tar', '--name', name], {
      cwd: ROOT,
    });
    expect(made.findings).toEqual([]);
    const { images, findings } = await report(['inspect', 'five.tar'], { cwd: ROOT });
    expect(findings).toEqual([]);
    expect(images.map(({ platform }) => platform)).toEqual(MAKERS.map(({ platform }) => platform));
    for (const { archive, platform } of MAKERS) {
      const { digest } = images.find((image) => image.platform === platform) ?? {};
      expect(await imageDigests(archive, ROOT), archive).toEqual({ [platform]: digest });
    }
    const verified = await report(['verify', 'five.tar'], { cwd: ROOT });
    expect(verified).toMatchObject({ exitCode: 0, findings: [] });

    const copy = ['--all', '--preserve-digests', '--dest-tls-verify=false'];
    await run('skopeo', 'copy', '--quiet', ...copy, 'oci-archive:five.tar', `docker://${name}`);
    const index = await run('skopeo', 'inspect', '--raw', '--tls-verify=false', `docker://${name}`);
    const digest = createHash('sha256').update(index).digest('hex');
    const image = `${name.replace(/:e2e$/, '')}@sha256:${digest}`;
    try {
      for (const { platform, machine } of MAKERS) {
        await dockerWell('pull', '--quiet', '--platform', platform, image);
        const said = await dockerWell('run', '--rm', '--network', 'none', '--platform', platform, image, 'uname', '-m');
        expect(said.trim(), platform).toMatch(machine);
      }
    } finally {
      await docker('image', 'rm', '--force', image);
    }
  },
);
