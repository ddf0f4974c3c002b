import { printable } from '../report/printable.ts';
import { formatSize } from '../report/size.ts';
import { formatTree, type TreeLine, type TreeOptions } from '../report/tree.ts';
import { shortDigest } from './blob-uses.ts';
import type { ConfigView, ImageView, InspectView } from './inspect-view.ts';

/** Gives what an archive holds as a tree for people, lines ended: names, platforms, how each image starts, its layers. */
export function formatView(view: InspectView, options: TreeOptions): string {
  const { style } = options;
  const names = [...new Set(view.roots.flatMap((root) => root.names))];
  const index = view.index === null ? [] : [`index ${shortDigest(view.index.digest)} (${view.index.mediaType})`];
  const head = [
    `${style.strong(printable(view.source))}: ${view.format}, ${formatSize(view.sizeBytes)}`,
    ...names.map((name) => printable(name)),
    ...index.map((line) => printable(line)),
  ];
  const lines = [
    ...view.images.map(imageLine),
    ...artifactLines(view),
    ...absentLines(view),
    ...unreferencedLines(view),
    ...consumerLines(view),
  ];
  return `${head.join('\n')}\n${formatTree(lines, options)}`;
}

function imageLine(image: ImageView): TreeLine {
  const layers = image.layers.map((layer, position) => {
    const size = formatSize(layer.sizeBytes).padEnd(9);
    const absent = layer.present ? '' : 'absent  ';
    const diffId = layer.diffId === null ? '' : `${shortDigest(layer.diffId)}  `;
    return leaf(`layer ${position + 1}`, `${size}  ${diffId}${absent}${cleanCreatedBy(layer.createdBy ?? '')}`);
  });
  const attestations = image.attestations.map(({ digest, predicateTypes }) =>
    leaf('attestation', [shortDigest(digest), ...predicateTypes].join('  ')),
  );
  return {
    label: image.platform ?? 'no platform',
    text: `${shortDigest(image.digest)}  ${formatSize(image.totalBytes)}`,
    children: [
      ...(image.config === null ? [leaf('config', 'not readable')] : configLines(image.config)),
      ...list(
        'annotations',
        Object.entries(image.annotations).map(([name, text]) => `${name}=${text}`),
      ),
      ...layers,
      ...attestations,
    ],
  };
}

function configLines(config: ConfigView): readonly TreeLine[] {
  return [
    ...command('entrypoint', config.entrypoint),
    ...command('cmd', config.cmd),
    ...list('env', config.env),
    ...value('user', config.user),
    ...value('workdir', config.workingDir),
    ...value('ports', config.exposedPorts.join(', ')),
    ...value('volumes', config.volumes.join(', ')),
    ...value('stop signal', config.stopSignal),
    ...command('healthcheck', config.healthcheck?.test ?? null),
    ...list(
      'labels',
      Object.entries(config.labels).map(([name, text]) => `${name}=${text}`),
    ),
    ...value('created', config.created ?? ''),
  ];
}

function list(label: string, values: readonly string[]): readonly TreeLine[] {
  return values.map((each, position) => leaf(position === 0 ? label : '', each));
}

function command(label: string, words: readonly string[] | null): readonly TreeLine[] {
  return words === null || words.length === 0 ? [] : [leaf(label, JSON.stringify(words))];
}

function value(label: string, text: string): readonly TreeLine[] {
  return text === '' ? [] : [leaf(label, text)];
}

/** Takes out what builders add to the instruction itself: BuildKit's comment, the classic builder's shell. */
function cleanCreatedBy(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/ # buildkit$/, '')
    .replace(/^\/bin\/sh -c #\(nop\) /, '')
    .replace(/^(?:RUN )?\/bin\/sh -c /, 'RUN ')
    .trim();
}

function artifactLines(view: InspectView): readonly TreeLine[] {
  return view.artifacts.map(({ digest, type }) => leaf('artifact', `${shortDigest(digest)}  ${type}`));
}

function absentLines(view: InspectView): readonly TreeLine[] {
  return view.absent.map(({ digest, platform, present }) => {
    const where = view.format === 'registry' ? 'registry' : 'archive';
    const why = present ? 'not readable' : `listed, but not in the ${where}`;
    return leaf(platform ?? 'manifest', `${shortDigest(digest)}  ${why}`);
  });
}

function unreferencedLines(view: InspectView): readonly TreeLine[] {
  const unreferenced = view.blobs.filter(({ role }) => role === 'unreferenced');
  if (unreferenced.length === 0) return [];
  const bytes = unreferenced.reduce((sum, blob) => sum + blob.sizeBytes, 0);
  const count = `${unreferenced.length} blob${unreferenced.length === 1 ? '' : 's'}`;
  return [leaf('unreferenced', `${count}, ${formatSize(bytes)}`)];
}

function consumerLines({ consumers }: InspectView): readonly TreeLine[] {
  const readers = consumers.filter(({ reads }) => reads).map(({ name }) => name);
  const others = consumers.filter(({ reads }) => !reads);
  return [
    ...(readers.length === 0 ? [] : [leaf('read by', readers.join(', '))]),
    ...others.map(({ name, reason }, position) => leaf(position === 0 ? 'not by' : '', `${name}: ${reason}`)),
  ];
}

function leaf(label: string, text: string): TreeLine {
  return { label, text, children: [] };
}
