import type { ConfigDocument, Healthcheck } from '../oci/config.ts';
import { editJson } from '../oci/edit-json.ts';
import type { Platform } from '../platform/platform.ts';
import type { HealthcheckSpec, ImageSpec, ReleaseFile } from '../recipe/target.ts';
import { formatImportCommand } from './docker-import.ts';
import { quoteComment, quoteShell } from './quote.ts';

/** An image whose root filesystem is released alone. */
export interface ExportedImage {
  readonly file: ReleaseFile;
  readonly platform: Platform;
  readonly config: { readonly raw: Buffer; readonly document: ConfigDocument };
  /** What the recipe says; the image's own config wins, since it has what came from the base too. */
  readonly image: ImageSpec;
  /** What the image is called when it is imported. */
  readonly name: string;
}

/**
 * Gives a script that imports an exported root filesystem with the config that it lost. It stands beside the file and
 * takes another name for the image. Throws `render.line-break` for a value that no `--change` can hold.
 */
export function makeImportScript({ file, platform, config, image, name }: ExportedImage): string {
  const command = formatImportCommand({ ...image, ...startOf(config.document) }, platform);
  const deprecation = deprecationText(file);
  return [
    '#!/bin/sh',
    `# Imports ${quoteComment(file.file)} with what an export does not hold: ENTRYPOINT, CMD, ENV, USER and the like.`,
    `# Takes the name of the image; ${quoteComment(name)} without it.`,
    'set -eu',
    'cd "$(dirname "$0")"',
    ...(deprecation === null ? [] : [`echo ${quoteShell(deprecation)} >&2`]),
    `exec ${command} ${quoteShell(file.file)} "\${1:-${name}}"`,
    '',
  ].join('\n');
}

/**
 * Gives the image config of an exported root filesystem as a file for `--config`: everything that is not about layers, as it
 * stands in the image.
 */
export function makeExportConfig({ file, config }: Pick<ExportedImage, 'file' | 'config'>): string {
  const edited = editJson(config.raw.toString('utf8'), [
    { path: ['rootfs'], json: null },
    { path: ['history'], json: null },
    ...(file.deprecated === null ? [] : [{ path: ['deprecated'], json: JSON.stringify(file.deprecated) }]),
  ]);
  return `${edited.trim()}\n`;
}

/** What is said of a kind of file that will not be made for ever; null where it will. */
export function deprecationText({ file, deprecated }: ReleaseFile): string | null {
  return deprecated === null ? null : `${file} is deprecated: it is not made any more from ${deprecated} on`;
}

function startOf({ container }: ConfigDocument): Partial<ImageSpec> {
  return {
    env: container.env.map((entry) => {
      const [name = ''] = entry.split('=', 1);
      return { name, value: entry.slice(name.length + 1) };
    }),
    user: container.user === '' ? null : container.user,
    workdir: container.workingDir === '' ? null : container.workingDir,
    entrypoint: container.entrypoint,
    cmd: container.cmd,
    labels: Object.entries(container.labels).map(([name, value]) => ({ name, value })),
    ports: container.exposedPorts,
    volumes: container.volumes,
    stopSignal: container.stopSignal === '' ? null : container.stopSignal,
    healthcheck: container.healthcheck === null ? null : healthcheckOf(container.healthcheck),
  };
}

function healthcheckOf({ test, ...times }: Healthcheck): HealthcheckSpec | null {
  const [kind, ...words] = test;
  if (kind === 'NONE') return { command: [], isDisabled: true, ...times };
  if (kind === 'CMD') return { command: words, isDisabled: false, ...times };
  return kind === 'CMD-SHELL' ? { command: ['/bin/sh', '-c', ...words], isDisabled: false, ...times } : null;
}
