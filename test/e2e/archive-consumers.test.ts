import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import pMap from 'p-map';
import { expect } from 'vitest';
import { readContent, type ImageContent } from '../support/archive-content.ts';
import { FORMATS, FORMATS_AS_THEY_ARE } from '../support/archive-table.ts';
import { fixture } from '../support/archives.ts';
import { forkwright, provideConverted, type Converted } from './support/converted.ts';
import { docker, dockerWell } from './support/docker.ts';
import { testWith } from './support/needs.ts';
import { runWell } from './support/run.ts';
import { FOLDER } from './support/settings.ts';

const CONCURRENCY = { concurrency: 3 };

/** What a container is started with. */
const START: ReadonlySet<string> = new Set(
  'User ExposedPorts Env Entrypoint Cmd Volumes WorkingDir Labels StopSignal ArgsEscaped Healthcheck'.split(' '),
);

const HAS_MANIFEST: ReadonlySet<string> = new Set(FORMATS_AS_THEY_ARE);

/** What these tests read of `docker image inspect`. */
interface Inspected {
  readonly Id: string;
  readonly RepoTags: readonly string[];
  readonly Created: string;
  readonly Architecture: string;
  readonly Variant?: string;
  readonly Os: string;
  readonly Config: Readonly<Record<string, unknown>>;
  readonly RootFS: { readonly Layers: readonly string[] };
}

testWith(
  ['docker', 'containerd-store', 'xz', 'zstd'],
  'docker loads every archive as the image that it was, and what it saves is that image again',
  async () => {
    const archives = (await provideConverted()).filter(({ format }) => format !== 'oci');
    const names = archives.map(({ name }) => name);
    try {
      await pMap(archives, ({ path }) => dockerWell('load', '--quiet', '--input', path), CONCURRENCY);
      const loaded: readonly Inspected[] = JSON.parse(await dockerWell('image', 'inspect', ...names));
      expect(loaded).toHaveLength(archives.length);
      for (const [index, archive] of archives.entries()) {
        const found = loaded[index];
        if (found === undefined) throw new Error(`docker tells nothing of ${archive.title}`);
        expect(found.RepoTags, archive.title).toContain(archive.name);
        expectSameImage(found, archive);
      }

      const saved = join(FOLDER, 'saved.tar');
      await dockerWell('save', '--output', saved, ...names);
      const back = await readContent(saved);
      expect(back.names).toEqual(names.toSorted());
      const known = new Map(back.images.map((image) => [essenceOf(image), image.config]));
      for (const { title, content } of archives) {
        for (const image of content.images) expect(known.get(essenceOf(image)), title).toEqual(image.config);
      }
    } finally {
      await docker('image', 'rm', '--force', ...names);
    }
  },
);

function essenceOf({ platform, configDigest, diffIds }: ImageContent): string {
  return [platform, configDigest, ...diffIds].join(' ');
}

/** Of an index docker tells of the image for its own platform. */
function expectSameImage(found: Inspected, { title, format, content }: Converted): void {
  const { Architecture: architecture, Variant: variant = '', Os: os } = found;
  const image = content.images.find(({ config }) => {
    return config['architecture'] === architecture && (config['variant'] ?? '') === variant && config['os'] === os;
  });
  if (image === undefined) throw new Error(`${title}: docker says it is for ${os}/${architecture}/${variant}`);
  expect(found.RootFS.Layers, title).toEqual(image.diffIds);
  expect(Date.parse(found.Created), title).toBe(Date.parse(String(image.config['created'])));
  // It tells of some keys that a config has not, and of none that only docker's own builder wrote.
  for (const [key, value] of Object.entries(image.config['config'] as object)) {
    if (START.has(key) && value !== null) expect({ [key]: found.Config[key] }, title).toEqual({ [key]: value });
  }
  // Where the archive has no manifest docker makes one.
  if (HAS_MANIFEST.has(format)) expect([found.Id], title).toEqual(content.roots);
}

/** Every name by which skopeo can read an archive. */
function transportsOf({ format, path }: Converted): readonly string[] {
  const transports: Readonly<Record<Converted['format'], readonly string[]>> = {
    'oci-archive': ['oci-archive'],
    oci: ['oci'],
    'docker-archive': ['docker-archive', 'oci-archive'],
    'docker-archive-legacy': ['docker-archive'],
    'docker-archive-skopeo': ['docker-archive'],
  };
  return transports[format].map((transport) => `${transport}:${path}`);
}

testWith(['skopeo', 'xz', 'zstd'], 'skopeo reads every archive, and what it copies is that image again', async () => {
  const copies = join(FOLDER, 'skopeo-copies');
  await mkdir(copies);
  const readings = (await provideConverted()).flatMap((archive) =>
    transportsOf(archive).map((from) => ({ archive, from })),
  );
  await pMap(
    readings,
    async ({ archive, from }, index) => {
      const copy = join(copies, String(index));
      await skopeo('copy', '--quiet', '--all', from, `dir:${copy}`);
      const { images } = await readContent(copy);
      expect(images.map(essenceOf), from).toEqual(archive.content.images.map(essenceOf));
      await expectConfigs(from, archive);
      await expectConfigs(`dir:${copy}`, archive);
      if (from.startsWith('docker-archive:')) return;
      const manifest = hashOf(await skopeo('inspect', '--raw', from));
      expect([manifest], from).toEqual(archive.content.roots);
    },
    CONCURRENCY,
  );
});

async function expectConfigs(place: string, { title, content }: Converted): Promise<void> {
  for (const { config, configDigest } of content.images) {
    const { os, architecture, variant = '' } = config;
    const platform = ['--override-os', os, '--override-arch', architecture, '--override-variant', variant].map(String);
    expect(hashOf(await skopeo(...platform, 'inspect', '--config', '--raw', place)), title).toBe(configDigest);
  }
}

function skopeo(...args: string[]): Promise<string> {
  return runWell(['skopeo', ...args], { cwd: FOLDER });
}

function hashOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

const SEVERAL = [
  { name: 'zoo:1', tag: '1', index: 0 },
  { name: 'registry.example.org/releng/zoo:1.0', tag: '1.0', index: 0 },
  { name: 'zoo:2', tag: '2', index: 1 },
] as const;

testWith(['docker', 'containerd-store', 'skopeo'], 'each image of several is found by its name', async () => {
  const names = SEVERAL.map(({ name }) => name);
  const present = await dockerWell('image', 'ls', '--quiet', ...names.map((name) => `--filter=reference=${name}`));
  if (present !== '') throw new Error(`docker has one of ${names.join(', ')} already, and it would be lost`);
  const cwd = join(FOLDER, 'several');
  await mkdir(cwd);
  const source = fixture('docker-20.10-save-multi.tar');
  const { images } = await readContent(source);
  try {
    for (const format of FORMATS) {
      const path = join(cwd, format);
      await forkwright(cwd, 'convert', source, path, '--to', format);
      for (const { name, tag, index } of SEVERAL) {
        const place = format.startsWith('oci') ? `${format}:${path}:${tag}` : `docker-archive:${path}:${name}`;
        expect(hashOf(await skopeo('inspect', '--config', '--raw', place)), place).toBe(images[index]?.configDigest);
      }
      if (format === 'oci') continue;
      const said = await dockerWell('load', '--input', path);
      expect(said.trim().split('\n').toSorted(), format).toEqual(
        names.map((name) => `Loaded image: ${name}`).toSorted(),
      );
      const loaded: readonly Inspected[] = JSON.parse(await dockerWell('image', 'inspect', ...names));
      const layers = loaded.map(({ RootFS }) => RootFS.Layers);
      expect(layers, format).toEqual(SEVERAL.map(({ index }) => images[index]?.diffIds));
      await dockerWell('image', 'rm', ...names);
    }
  } finally {
    await docker('image', 'rm', '--force', ...names);
  }
});
