import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { makeCopy, provideCopyBuild } from './support/copy-build.ts';
import { contextArguments, docker, dockerWell } from './support/docker.ts';
import { imageDigests, report } from './support/json.ts';
import { testWith, type Need } from './support/needs.ts';
import { run, runForkwright, runWell } from './support/run.ts';
import { BASE_IMAGE, COPY_PLATFORMS, FOLDER, GO_IMAGE, REGISTRY } from './support/settings.ts';
import { checkOut } from './support/upstreams.ts';
import { listOutput } from './support/workspace.ts';

const BUILD: readonly Need[] = ['docker', 'engine', 'emulators', 'go-image'];
const SLUGS = COPY_PLATFORMS.map((platform) => platform.replaceAll('/', '-'));

testWith(BUILD, 'it is made for six platforms, tested on each, and verified', async () => {
  const { root, index, upstream } = await provideCopyBuild();
  const files = SLUGS.flatMap((slug) => [`${slug}.log`, `${slug}.oci.tar`, `${slug}.tests.json`]);
  expect(await listOutput(root, 'dockerfile-copy')).toEqual(['dockerfile-copy.oci.tar', ...files].toSorted());
  const { images, findings } = await report(['inspect', index], { cwd: root });
  expect(findings).toEqual([]);
  expect(images.map(({ platform }) => platform).toSorted()).toEqual(COPY_PLATFORMS.toSorted());
  for (const { platform, config } of images) {
    expect(config, platform).toMatchObject({
      entrypoint: ['/bin/copy'],
      cmd: null,
      labels: {
        'org.opencontainers.image.base.name': 'docker.io/library/alpine:3.20',
        'org.opencontainers.image.description': 'The copy helper behind ADD and COPY of Dockerfile frontends',
        'org.opencontainers.image.revision': upstream.commit,
        'org.opencontainers.image.source': 'https://github.com/tonistiigi/copy.git',
        'org.opencontainers.image.title': 'dockerfile-copy',
        'org.opencontainers.image.version': upstream.commit.slice(0, 12),
      },
    });
  }
  const verified = await report(['verify', index, '--recipe', 'dockerfile-copy'], { cwd: root });
  expect(verified).toMatchObject({ exitCode: 0, findings: [] });
});

testWith([...BUILD, 'skopeo', 'registry'], 'its index is pushed, pulled and run on each platform', async () => {
  const { root, index, digest } = await provideCopyBuild();
  const repository = `${REGISTRY}/forkwright-e2e/dockerfile-copy`;
  const push = ['push', index, `${repository}:e2e`, '--quiet'];
  expect(await runForkwright(push, { cwd: root })).toEqual({ exitCode: 0, stdout: `${digest}\n`, stderr: '' });
  const raw = ['skopeo', 'inspect', '--raw', '--tls-verify=false', `docker://${repository}:e2e`] as const;
  const pushed = createHash('sha256')
    .update(await runWell(raw, { cwd: root }))
    .digest('hex');
  expect(`sha256:${pushed}`).toBe(digest);

  const image = `${repository}@${digest}`;
  try {
    for (const platform of COPY_PLATFORMS) await expectToRun(image, platform);
  } finally {
    await docker('image', 'rm', '--force', image);
  }
});

const MACHINES: Readonly<Record<(typeof COPY_PLATFORMS)[number], RegExp>> = {
  'linux/amd64': /^x86_64$/,
  'linux/arm64': /^aarch64$/,
  // QEMU names the newest machine that it can be.
  'linux/arm/v7': /^armv[78]l$/,
  'linux/arm/v6': /^armv[678]l$/,
  'linux/ppc64le': /^ppc64le$/,
  'linux/s390x': /^s390x$/,
};

// Each of them at work, xz on a word that it has packed before.
const COMMANDS = `
uname -m
echo word >/tmp/word
/bin/copy /tmp/word /tmp/copied && cat /tmp/copied
tar -C /tmp -cf /tmp/word.tar word && tar -tf /tmp/word.tar
gzip </tmp/word | gzip -d
bzip2 </tmp/word | bzip2 -d
echo /Td6WFoAAAFpIt42AgAhARwAAAAQz1jMAQAEY29weQoAAAAAJF4sMQABGQW86OzLkEKZDQEAAAAAAVla | base64 -d | xz -d
`;

async function expectToRun(image: string, platform: (typeof COPY_PLATFORMS)[number]): Promise<void> {
  await dockerWell('pull', '--quiet', '--platform', platform, image);
  const options = ['run', '--rm', '--network', 'none', '--platform', platform];
  // The image's own entrypoint, with arguments and without.
  expect(await docker(...options, image, '/etc/alpine-release', '/tmp/copied'), platform).toMatchObject({
    exitCode: 0,
  });
  expect((await docker(...options, image)).exitCode, platform).not.toBe(0);
  const said = await dockerWell(...options, '--entrypoint', 'sh', image, '-euc', COMMANDS);
  const [machine, ...words] = said.trimEnd().split('\n');
  expect(machine, platform).toMatch(MACHINES[platform]);
  expect(words, platform).toEqual(['word', 'word', 'word', 'word', 'copy']);
}

testWith(BUILD, 'made twice from nothing, all images are the same', async () => {
  const first = await provideCopyBuild();
  const second = await makeCopy('second');
  const digests = await imageDigests(second.index, second.root);
  expect(Object.keys(digests)).toHaveLength(COPY_PLATFORMS.length);
  expect(digests).toEqual(await imageDigests(first.index, first.root));
});

testWith(BUILD, 'the bake file gives the same images by hand, without forkwright', async () => {
  const { root, upstream, index } = await provideCopyBuild();
  const source = join(FOLDER, 'by-hand');
  await checkOut(upstream, source);
  const archives = join(root, 'by-hand');
  await mkdir(archives);
  const outputs = SLUGS.flatMap((slug) => [
    '--set',
    `dockerfile-copy-${slug}.output=type=oci,dest=${join(archives, `${slug}.oci.tar`)},rewrite-timestamp=true`,
  ]);
  const { exitCode, stderr } = await run(
    [
      ...(['docker', 'buildx', 'bake', '--file', 'generated/dockerfile-copy/docker-bake.json'] as const),
      ...contextArguments([BASE_IMAGE, GO_IMAGE], '--set', '*.contexts.'),
      // Where the upstream can be reached, nothing is said of it: the bake file has its URL and commit.
      '--set',
      `*.contexts.upstream=${source}`,
      ...outputs,
    ],
    // buildx takes it for the build argument of this name.
    { cwd: root, env: { SOURCE_DATE_EPOCH: await commitTime(upstream.folder, upstream.commit) } },
  );
  expect(exitCode, stderr).toBe(0);
  const made = await imageDigests(index, root);
  for (const [at, platform] of COPY_PLATFORMS.entries()) {
    const archive = join(archives, `${SLUGS[at] ?? ''}.oci.tar`);
    expect(await imageDigests(archive, root)).toEqual({ [platform]: made[platform] });
  }
});

async function commitTime(folder: string, commit: string): Promise<string> {
  return (await runWell(['git', 'show', '--no-patch', '--format=%ct', commit], { cwd: folder })).trim();
}
