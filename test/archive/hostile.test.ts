import { readdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { examineBlobs } from '../../src/archive/layers/examine-blobs.ts';
import { loadImageSet } from '../../src/archive/read/load-images.ts';
import { openImageSource } from '../../src/archive/read/open.ts';
import { ForkwrightError } from '../../src/errors.ts';
import { DEFAULT_LIMITS, type ReadLimits } from '../../src/limits.ts';
import { digestOf } from '../../src/oci/digest.ts';
import { MEDIA_TYPE } from '../../src/oci/media-type.ts';
import {
  blobOf,
  describeBlob,
  file,
  folder,
  indexOf,
  layoutEntries,
  link,
  makeFile,
  makeImage,
  SIGNAL,
  tarOf,
  type TestBlob,
  type TestEntry,
} from '../support/archives.ts';

/** Everything that the readers say of an archive, and what lies beside it afterwards. */
async function judge(entries: readonly TestEntry[] | Buffer, limits: Partial<ReadLimits> = {}) {
  const path = await makeFile(Buffer.isBuffer(entries) ? entries : tarOf(entries));
  const say = (code: string, place: string, text: string) => `${code} | ${place.replace(path, 'X')} | ${text}`;
  let found: string[];
  try {
    const source = await openImageSource(path, '.', { limits: { ...DEFAULT_LIMITS, ...limits } });
    const { set, findings } = await loadImageSet(source);
    const facts = await examineBlobs(source, set, { signal: SIGNAL, onBytes: () => undefined });
    await source.close();
    const corrupt = facts
      .filter(({ digest, actualDigest }) => digest !== actualDigest)
      .map(({ digest }) => `corrupt | ${digest}`);
    const all = [...source.findings, ...findings, ...facts.flatMap((fact) => fact.findings)];
    found = [...all.map(({ code, place, text }) => say(code, place, text)), ...corrupt];
  } catch (error) {
    if (!(error instanceof ForkwrightError)) throw error;
    found = [say(error.code, error.place ?? '', error.message)];
  }
  expect(await readdir(dirname(path))).toEqual(['test.tar']);
  return found;
}

const IMAGE = makeImage([[file('a', 'b')]]);
const layout = (index: Uint8Array, blobs: readonly TestBlob[] = IMAGE.blobs) => layoutEntries(index, blobs);
const SOUND = layout(indexOf([IMAGE.descriptor]));
const place = (blob: TestBlob) => `X: blobs/${blob.digest.replace(':', '/')}`;
const pointing = (digest: string) => layout(indexOf([{ ...IMAGE.descriptor, digest }]));
const holding = (layer: Buffer, diffId = digestOf(layer)) => {
  const blob = blobOf(layer);
  const config = blobOf({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [diffId] } });
  const manifest = blobOf({
    schemaVersion: 2,
    config: describeBlob(MEDIA_TYPE.ociConfig, config),
    layers: [describeBlob(MEDIA_TYPE.ociLayer, blob)],
  });
  return { entries: layout(indexOf([describeBlob(MEDIA_TYPE.ociManifest, manifest)]), [manifest, config, blob]), blob };
};
const crowded = holding(tarOf(['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => folder(`${name}/`))));
const bomb = holding(gzipSync(Buffer.alloc(4 * 1024 * 1024)));
const manifestWith = (more: object) => {
  const manifest = blobOf({ ...JSON.parse(String(IMAGE.manifest.raw)), ...more });
  return { manifest, entries: layout(indexOf([describeBlob(MEDIA_TYPE.ociManifest, manifest)]), [manifest]) };
};
const both = manifestWith({ manifests: [] });
const lying = manifestWith({ mediaType: MEDIA_TYPE.ociIndex });
const dataText = (text: string) => ({
  ...IMAGE.descriptor,
  data: Buffer.from(text).toString('base64'),
});
const json = (text: string) => layout(Buffer.from(text));
const tooManyLayers = manifestWith({ layers: Array.from({ length: 3 }, () => IMAGE.descriptor) });

test.each<[string, readonly TestEntry[] | Buffer, Partial<ReadLimits>, readonly string[]]>([
  // Path or id traversal: CVE-2014-9358, CVE-2024-3727.
  [
    'a digest that is a path',
    pointing('sha256:../../../../etc/passwd'),
    {},
    ['digest.malformed | X: index.json: manifests[0].digest | "sha256:../../../../etc/passwd" is not a digest'],
  ],
  [
    'a digest that is too short',
    pointing('sha256:abcd'),
    {},
    ['digest.malformed | X: index.json: manifests[0].digest | "sha256:abcd" is not a digest'],
  ],
  [
    'names of a docker archive that are paths',
    [file('manifest.json', '[{"Config":"../../../etc/passwd","RepoTags":null,"Layers":["/etc/shadow"]}]')],
    {},
    ['docker-manifest.absent-blob | X: manifest.json: [0] | the config "../../../etc/passwd" is not in the archive'],
  ],
  [
    'an entry outside',
    [...SOUND, file('../../etc/passwd', 'root')],
    {},
    ['archive.entry-outside | X: ../../etc/passwd | an entry outside of the archive'],
  ],
  // Link escape.
  [
    'a top file that links out',
    [link('symlink', 'manifest.json', '/etc/passwd'), ...SOUND],
    {},
    ['archive.no-file | X: manifest.json | neither a file nor a link to one in the archive'],
  ],
  [
    'more links than are followed',
    [
      ...SOUND,
      ...[1, 2, 3].map((n) => link('symlink', `blobs/sha256/${String(n).repeat(64)}`, String(n + 1).repeat(64))),
    ],
    { links: 1 },
    [1, 2, 3].map(
      (n) =>
        `archive.no-file | X: blobs/sha256/${String(n).repeat(64)} | neither a file nor a link to one in the archive`,
    ),
  ],
  // Tar readers that disagree: CVE-2025-62518. The other rules of tar files are in test/tar.
  [
    'two different entries of one name',
    [...SOUND, file('index.json', '{}')],
    {},
    [
      'archive.duplicate-entry | X: index.json | 2 entries of this name that are not the same; readers differ on which one counts',
    ],
  ],
  // Memory: CVE-2023-25153.
  [
    'too many entries',
    [...SOUND, folder('blobs/')],
    { entries: 5 },
    ['tar.too-large | X: byte 5120 | more than 5 entries'],
  ],
  [
    'too many entries in a layer',
    crowded.entries,
    { entries: 6 },
    [`tar.too-large | ${place(crowded.blob)}: byte 3072 | more than 6 entries`],
  ],
  [
    'too much JSON',
    SOUND,
    { jsonBytes: 100 },
    [
      `archive.too-large | X: index.json | ${indexOf([IMAGE.descriptor]).length} bytes of JSON; more than 100 are not read`,
    ],
  ],
  [
    'a manifest.json that is too large',
    [file('manifest.json', '[]'.padEnd(200))],
    { dockerManifestBytes: 100 },
    ['archive.too-large | X: manifest.json | 200 bytes of JSON; more than 100 are not read'],
  ],
  [
    'too many layers',
    tooManyLayers.entries,
    { layers: 2 },
    [`manifest.malformed | ${place(tooManyLayers.manifest)}: layers | 3 entries; more than 2 are not read`],
  ],
  [
    'too many layers in a docker archive',
    [file('manifest.json', '[{"Config":"c","RepoTags":null,"Layers":["a","a","a"]}]')],
    { layers: 2 },
    ['docker-manifest.malformed | X: manifest.json: [0].Layers | a list where a list of at most 2 layers should be'],
  ],
  [
    'too many manifests in one index',
    layout(indexOf([IMAGE.descriptor, IMAGE.descriptor])),
    { manifests: 1 },
    ['index.malformed | X: index.json: manifests | 2 entries; more than 1 are not read'],
  ],
  // Decompression bombs: CVE-2026-39396.
  [
    'a bomb',
    bomb.entries,
    { freeBytes: 1024 * 1024, ratio: 100 },
    [expect.stringMatching(`^layer.bomb \\| ${place(bomb.blob)} \\| \\d+ bytes unpack to more than \\d+$`)],
  ],
  // Digest lies.
  [
    'a layer that is another one',
    SOUND.map((entry) =>
      entry.name.endsWith(IMAGE.layers[0]!.digest.slice(7))
        ? file(entry.name, gzipSync(tarOf([file('a', 'c')])))
        : entry,
    ),
    {},
    [`corrupt | ${IMAGE.layers[0]!.digest}`],
  ],
  [
    'a size that is a lie',
    layout(indexOf([{ ...IMAGE.descriptor, size: 1 }])),
    {},
    [`blob.corrupt | ${place(IMAGE.manifest)} | it has ${IMAGE.manifest.sizeBytes} bytes, its descriptor says 1`],
  ],
  // Type confusion: CVE-2021-41190.
  [
    'a manifest that is an index too',
    both.entries,
    {},
    [
      `manifest.malformed | ${place(both.manifest)}: manifests | an image manifest with the key "manifests" is understood differently by different readers`,
    ],
  ],
  [
    'a manifest that calls itself an index',
    lying.entries,
    {},
    [
      `manifest.malformed | ${place(lying.manifest)}: mediaType | "${MEDIA_TYPE.ociIndex}" where the media type of an image manifest should be`,
    ],
  ],
  // Keys that readers understand differently: CVE-2014-8179.
  [
    'a key twice',
    json('{"schemaVersion":2,"manifests":[],"manifests":[]}'),
    {},
    ['json.malformed | X: index.json | not the JSON it should be: the key "manifests" a second time at byte 34'],
  ],
  [
    'a key twice in other case',
    json('{"schemaVersion":2,"manifests":[],"Manifests":[]}'),
    {},
    [
      'json.malformed | X: index.json | not the JSON it should be: the key "Manifests" a second time in other case at byte 34',
    ],
  ],
  [
    'a key that is a prototype',
    json('{"schemaVersion":2,"manifests":[],"__proto__":{}}'),
    {},
    ['json.malformed | X: index.json | not the JSON it should be: the key "__proto__" at byte 34'],
  ],
  // The `data` field.
  [
    'data that is something else',
    layout(indexOf([dataText('{}')])),
    {},
    [
      `descriptor.data-mismatch | X: index.json: manifests[0].data | the embedded data is not the blob ${IMAGE.manifest.digest}`,
    ],
  ],
])('%s', async (_, entries, limits, findings) => {
  expect(await judge(entries, limits)).toEqual(findings);
});
