import type { Base, FileSource } from '../recipe/target.ts';
import type { FileView, StageView } from './dockerfile-view.ts';
import { chooseTerminator } from './heredoc.ts';
import { imageName } from './image-name.ts';
import type { NamedFile } from './named-files.ts';

/** How a file gets into the image: the stage that makes it ready, if it needs one, and the instruction that puts it there. */
export interface FilePlan {
  readonly stage: StageView | null;
  readonly file: FileView;
}

export interface FilePlanOptions {
  readonly toolsImage: string;
  /** Dockerfile reference, "COPY --chown --chmod": they are for images of Linux only. */
  readonly isWindows: boolean;
}

/** Plans how one file of a recipe gets into the image. */
export function planFile({ name, file }: NamedFile, { toolsImage, isWindows }: FilePlanOptions): FilePlan {
  const { source, to } = file;
  const flags = isWindows ? [] : [...ownerFlags(file.uid, file.gid), modeFlag(file.mode)];
  const copy = (from: string): FileView => {
    return { partial: 'file-copy', flags: [`--from=${name}`, ...flags], from, to };
  };
  const staged = (stage: StageView): FilePlan => ({ stage, file: copy('/file') });

  switch (source.type) {
    case 'npm': {
      const { version, integrity } = source;
      // Subresource Integrity: the algorithm, a dash, base64.
      const dash = integrity.indexOf('-');
      return staged({
        partial: 'stage-npm',
        name,
        image: toolsImage,
        package: source.package,
        version,
        tarball: npmTarball(source.package, version),
        checksumProgram: `${integrity.slice(0, dash)}sum`,
        checksum: Buffer.from(integrity.slice(dash + 1), 'base64').toString('hex'),
        member: `package/${source.file}`,
      });
    }
    case 'url':
    case 'github-release': {
      const { sha256, file: member } = source;
      const url = downloadUrl(source);
      if (member !== null) return staged({ partial: 'stage-archive', name, image: toolsImage, url, sha256, member });
      return direct({ partial: 'file-url', flags: [`--checksum=sha256:${sha256}`, ...flags], url, to });
    }
    case 'image':
      return direct({
        partial: 'file-copy',
        flags: [`--from=${imageSource(source.image, name)}`, ...flags],
        from: source.path,
        to,
      });
    case 'path': {
      const { path, sha256 } = source;
      if (sha256 !== null) return staged({ partial: 'stage-path', name, image: toolsImage, path, sha256 });
      return direct({ partial: 'file-copy', flags, from: path, to });
    }
    case 'upstream':
      return direct({ partial: 'file-copy', flags: ['--from=upstream', ...flags], from: source.path, to });
    case 'content': {
      const { content } = source;
      const terminator = chooseTerminator(content);
      if (isHeredocExact(content, to)) return direct({ partial: 'file-content', flags, content, terminator, to });
      const document = content.endsWith('\n') ? content : `${content}\n`;
      const sizeBytes = Buffer.byteLength(content);
      return staged({ partial: 'stage-content', name, image: toolsImage, content: document, terminator, sizeBytes });
    }
  }
}

function direct(file: FileView): FilePlan {
  return { stage: null, file };
}

/** `--chmod=0755` */
export function modeFlag(mode: number): string {
  return `--chmod=${mode.toString(8).padStart(4, '0')}`;
}

function ownerFlags(uid: number, gid: number): readonly string[] {
  return uid === 0 && gid === 0 ? [] : [`--chown=${uid}:${gid}`];
}

/** Specification: npm, registry-url "tarball": the file's name is the package's without its scope. */
function npmTarball(name: string, version: string): string {
  return `${name}/-/${name.slice(name.lastIndexOf('/') + 1)}-${version}.tgz`;
}

/** The address that a file is downloaded from. */
function downloadUrl(source: Extract<FileSource, { type: 'url' | 'github-release' }>): string {
  if (source.type === 'url') return source.url;
  const path = [...source.tag.split('/'), source.asset].map(encodeURIComponent).join('/');
  return `https://github.com/${source.repository}/releases/download/${path}`;
}

/** What `COPY --from` names: an archive is the named context of the file. */
function imageSource(base: Base, name: string): string {
  switch (base.type) {
    case 'image':
      return imageName(base.reference);
    case 'archive':
      return name;
    case 'upstream':
      return 'upstream-image';
    case 'scratch':
      return 'scratch';
  }
}

/** A here-document always ends in a line end, and its instruction takes no path with spaces. */
function isHeredocExact(content: string, to: string): boolean {
  return (content === '' || content.endsWith('\n')) && !/\s/.test(to);
}
