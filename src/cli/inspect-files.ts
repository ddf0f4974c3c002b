import { readTree } from '../archive/layers/flatten-image.ts';
import type { ImageSource } from '../archive/read/image-source.ts';
import { ForkwrightError } from '../errors.ts';
import { hasFailed, type Finding } from '../finding.ts';
import type { LoadedImage } from '../image/image-set.ts';
import { listFileChanges, listFiles, type FileChange, type FileView } from '../image/files/list-files.ts';
import { formatPlatform } from '../platform/platform.ts';
import { printable } from '../report/printable.ts';
import { formatTable } from '../report/table.ts';
import type { CommandResult, Invocation } from './command.ts';

export interface FilesInput {
  readonly source: ImageSource;
  readonly image: LoadedImage;
  /** Number of a layer, from 1, as it was written; null for the files of all layers. */
  readonly layer: string | null;
  /** What was found before. */
  readonly findings: readonly Finding[];
}

const TYPES: Readonly<Record<FileView['type'], string>> = {
  file: '-',
  hardlink: '-',
  directory: 'd',
  symlink: 'l',
  'character-device': 'c',
  'block-device': 'b',
  fifo: 'p',
};

/**
 * Lists the files of an image, or what one of its layers did to those below it. Throws `image.no-such-layer` and what
 * flattening throws.
 */
export async function inspectFiles(input: FilesInput, { signal }: Invocation): Promise<CommandResult> {
  const { source, image } = input;
  const layer = input.layer === null ? null : readLayerNumber(input.layer, image, source.name);
  const { tree, findings: ofLayers } = await readTree(source, image, { signal }, layer === null ? null : layer - 1);
  const findings = [...input.findings, ...ofLayers];
  const common = {
    source: source.name,
    digest: image.descriptor.digest,
    platform: image.platform === null ? null : formatPlatform(image.platform),
  };
  const exitCode = hasFailed(findings, false) ? ({ exitCode: 2 } as const) : {};
  if (layer === null) {
    const files = listFiles(tree);
    const text = formatFiles(files, 'layer', ({ layer: from }) => String(from));
    return { schema: 'forkwright.files/v1', json: { ...common, files }, text, findings, ...exitCode };
  }
  const changes = listFileChanges(tree);
  const text = formatFiles(changes, '', ({ change }) => MARKS[change]);
  return { schema: 'forkwright.layer/v1', json: { ...common, layer, changes }, text, findings, ...exitCode };
}

const MARKS: Readonly<Record<FileChange['change'], string>> = { added: '+', changed: '~', removed: '-' };

function readLayerNumber(text: string, { manifest }: LoadedImage, place: string): number {
  const count = manifest.layers.length;
  const number = /^[0-9]{1,6}$/.test(text) ? Number(text) : 0;
  if (number >= 1 && number <= count) return number;
  throw new ForkwrightError('image.no-such-layer', `it has no layer ${JSON.stringify(text)}`, {
    place,
    hint: count === 0 ? 'it has no layers' : `its layers are 1 to ${count}, the lowest first`,
  });
}

function formatFiles<File extends Omit<FileView, 'layer'>>(
  files: readonly File[],
  title: string,
  mark: (file: File) => string,
): string {
  const columns = [title, 'mode', 'owner', 'size', 'time', 'path'].map((each) => {
    return { title: each, align: each === 'size' || each === 'layer' ? ('right' as const) : ('left' as const) };
  });
  const rows = files.map((file) => [
    mark(file),
    TYPES[file.type] + file.mode,
    `${file.uid}:${file.gid}`,
    String(file.sizeBytes),
    file.time ?? '',
    printable(file.link === null ? file.path : `${file.path} -> ${file.link}`),
  ]);
  return formatTable(columns, rows);
}
