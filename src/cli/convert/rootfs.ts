import { basename } from 'node:path';
import { flattenImage } from '../../archive/layers/flatten-image.ts';
import type { ImageSource } from '../../archive/read/image-source.ts';
import { writeBehind } from '../../archive/stream/write-behind.ts';
import { writeTarget } from '../../archive/write/write-target.ts';
import type { Finding } from '../../finding.ts';
import { convertImage } from '../../image/convert/convert-image.ts';
import type { SelectedImage } from '../../image/select/select-images.ts';
import { formatSize } from '../../report/size.ts';
import type { Invocation } from '../command.ts';
import type { ConvertOptions, NamedOutput } from './options.ts';

/**
 * Writes the root filesystem of the one image that was chosen, as `docker export` does: names, owners, modes and times,
 * and nothing of the config. Throws what flattening and writing throw.
 */
export async function writeRootfs(
  source: ImageSource,
  [selected]: readonly SelectedImage[],
  options: ConvertOptions,
  invocation: Invocation,
): Promise<{
  readonly images: readonly NamedOutput[];
  readonly sizeBytes: number;
  readonly contentBytes: number;
  readonly findings: readonly Finding[];
}> {
  if (selected === undefined) return { images: [], sizeBytes: 0, contentBytes: 0, findings: [] };
  const { image, platform, names } = selected;
  const tar = await flattenImage(source, image, { signal: invocation.signal });
  const task = invocation.progress.task(`writing ${basename(options.output)}`, tar.sizeBytes);
  try {
    const { sizeBytes, contentBytes } = await writeTarget(
      options.target,
      { ...invocation, ...options },
      async (target) => {
        const sink = writeBehind(target);
        for await (const chunk of tar.bytes()) {
          await sink.append(chunk);
          task.advance(chunk.length);
        }
        await sink.finish();
      },
    );
    task.done(formatSize(sizeBytes));
    const unchanged = { family: 'keep', layers: [], config: null } as const;
    const output = convertImage(image, platform, unchanged, (digest) => source.blob(digest) !== undefined);
    const text = 'a root filesystem has no config: ENTRYPOINT, ENV and USER are not in it';
    const hint = '`forkwright inspect` shows them; `docker import --change` gives them back';
    const lost: Finding = { code: 'convert.lost-config', severity: 'note', place: options.output, text, hint };
    return { images: [{ image: output, names }], sizeBytes, contentBytes, findings: [...tar.findings, lost] };
  } catch (error) {
    task.fail('not written');
    throw error;
  }
}
