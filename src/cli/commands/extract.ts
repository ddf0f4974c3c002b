import { extractPath } from '../../archive/layers/extract-path.ts';
import { writeTarget } from '../../archive/write/write-target.ts';
import { ForkwrightError } from '../../errors.ts';
import { hasFailed } from '../../finding.ts';
import { chooseImage } from '../../image/select/choose-image.ts';
import { parsePlatform } from '../../platform/parse.ts';
import { formatPlatform } from '../../platform/platform.ts';
import { printable } from '../../report/printable.ts';
import { formatSize } from '../../report/size.ts';
import type { CommandResult, Invocation } from '../command.ts';
import { targetOf } from '../convert/archive.ts';
import { openSource } from '../open-source.ts';
import { loadUsable } from '../load-usable.ts';

const SCHEMA = 'forkwright.extract/v1';

export interface ExtractArguments {
  /** Archive file or layout folder, as the user named it. */
  readonly source: string;
  /** Of the file or folder in the image. */
  readonly path: string;
  /** Where it goes; null and `-` for stdout. */
  readonly output: string | null;
  /** Null where the archive has one image only. */
  readonly platform: string | null;
}

/**
 * `forkwright extract`: takes one file or folder out of an image, as a container of it would see it; a folder becomes a
 * tar. A broken archive is not used: the command ends with 2. Throws what `openSource`, `chooseImage`, `extractPath` and
 * `writeTarget` throw, and `extract.terminal` where a tar would go to a terminal.
 */
export async function extractCommand(options: ExtractArguments, invocation: Invocation): Promise<CommandResult> {
  const { signal, stdout } = invocation;
  const wanted = options.platform === null ? null : parsePlatform(options.platform);
  const source = await openSource(options.source, { config: null, platform: null, recipe: null }, invocation);
  try {
    const { set, findings } = await loadUsable(source);
    if (hasFailed(findings, false)) return { schema: SCHEMA, json: {}, text: '', findings, exitCode: 2 };
    const image = chooseImage(set, wanted);
    const found = await extractPath(source, image, options.path, { signal });
    const output = options.output ?? '-';
    if (output === '-' && found.kind === 'folder' && stdout.isTerminal) {
      throw new ForkwrightError('extract.terminal', 'a folder is written as a tar, which is nothing for a terminal', {
        place: `${options.source}: ${options.path}`,
        hint: 'give --output, or hand it on: | tar -x',
      });
    }
    const target = targetOf(output, invocation);
    const { sizeBytes } = await writeTarget(
      target,
      { ...invocation, compression: 'none', zstdLevel: 0 },
      async (sink) => {
        for await (const chunk of found.bytes()) await sink.append(chunk);
      },
    );
    return {
      schema: SCHEMA,
      json: {
        source: options.source,
        platform: image.platform === null ? null : formatPlatform(image.platform),
        path: options.path,
        kind: found.kind,
        output,
        sizeBytes,
      },
      text: output === '-' ? '' : `${printable(output)}: ${found.kind}, ${formatSize(sizeBytes)}\n`,
      findings: [...findings, ...found.findings],
      ...(output === '-' ? { hasUsedStdout: true } : {}),
    };
  } finally {
    await source.close();
  }
}
