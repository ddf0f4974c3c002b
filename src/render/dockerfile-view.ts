import type { EnvEntry } from '../recipe/target.ts';

/**
 * What the templates are given. Everything is there, so that a template never asks whether a key exists: what there is
 * none of is null, an empty list or an empty text. Values are raw: a template quotes each for its place.
 */
export interface DockerfileView {
  readonly header: HeaderView;
  readonly build: BuildView;
  /** Stages that fetch or check a file before the image is put together. */
  readonly stages: readonly StageView[];
  readonly base: BaseView;
  readonly packages: PackagesView;
  readonly files: readonly FileView[];
  /** The source that some of the files come out of, where the build does not take it too; null for none. */
  readonly filesSource: SourceView | null;
  readonly settings: SettingsView;
}

export interface HeaderView {
  readonly recipe: string;
  readonly platform: string;
  readonly description: string;
  /** The recipe's file. */
  readonly source: string;
}

export type BuildView =
  GoBuildView | MakeBuildView | DockerfileBuildView | PrebuiltBuildView | { readonly kind: 'none' };

/** The upstream's source, which is the build context named `upstream`. */
export interface SourceView {
  readonly git: string;
  /** Folder of the patches that were applied to it; null for none. */
  readonly patches: string | null;
}

export interface BuildPackagesView {
  readonly names: readonly string[];
  readonly isApk: boolean;
  readonly isApt: boolean;
  /** Debian's compiler for the target; null where none is installed. */
  readonly compiler: CompilerView | null;
}

export interface CompilerView {
  /** Debian's name of the target's architecture. */
  readonly architecture: string;
  /** Packages on a builder of that architecture. */
  readonly ownPackages: readonly string[];
  /** Packages on any other. */
  readonly crossPackages: readonly string[];
}

export interface GoBuildView {
  readonly kind: 'go';
  readonly image: string;
  /** Whether the build stage is of the target's platform, not of the builder's. */
  readonly isOnTarget: boolean;
  readonly packages: BuildPackagesView;
  readonly source: SourceView;
  readonly env: readonly EnvEntry[];
  readonly workdir: string;
  readonly isGopath: boolean;
  /** What `-mod` is: vendor, readonly, or '' for Go's own choice. */
  readonly mod: string;
  /** Whether the build itself looks for a go.mod. */
  readonly findsModules: boolean;
  /** Whether C code is built in. */
  readonly isCgo: boolean;
  /** Separated by commas; '' for none. */
  readonly tags: string;
  /** '' for none. */
  readonly ldflags: string;
  readonly package: string;
  /** Where the build stage writes the program. */
  readonly built: string;
  /** Commands that are run in the build stage when the program is there. */
  readonly finish: readonly (readonly string[])[];
  readonly output: string;
  readonly flags: readonly string[];
}

export interface MakeBuildView {
  readonly kind: 'make';
  readonly image: string;
  /** Whether the build stage is of the target's platform, not of the builder's. */
  readonly isOnTarget: boolean;
  readonly packages: BuildPackagesView;
  readonly source: SourceView;
  readonly env: readonly EnvEntry[];
  readonly variables: readonly EnvEntry[];
  readonly targets: readonly string[];
  /** Where make leaves the program in the build stage. */
  readonly built: string;
  /** Commands that are run in the build stage when the program is there. */
  readonly finish: readonly (readonly string[])[];
  readonly output: string;
  readonly flags: readonly string[];
}

export interface DockerfileBuildView {
  readonly kind: 'dockerfile';
  readonly source: SourceView;
  /** Path in the upstream's tree. */
  readonly dockerfile: string;
  /** '' for the last stage. */
  readonly target: string;
}

export interface PrebuiltBuildView {
  readonly kind: 'prebuilt';
  readonly program: FileView;
}

/** A stage that ends with the wanted file at /file. `partial` is the template that writes it. */
export type StageView = NpmStageView | ArchiveStageView | CheckedPathStageView | ContentStageView;

interface StageOf<Partial extends string> {
  readonly partial: Partial;
  readonly name: string;
  /** The tools image. */
  readonly image: string;
}

export interface NpmStageView extends StageOf<'stage-npm'> {
  readonly package: string;
  readonly version: string;
  /** Path of the tarball below the registry's address. */
  readonly tarball: string;
  /** `sha512sum` */
  readonly checksumProgram: string;
  /** In hex. */
  readonly checksum: string;
  /** Path inside the tarball. */
  readonly member: string;
}

export interface ArchiveStageView extends StageOf<'stage-archive'> {
  readonly url: string;
  /** 64 hex digits. */
  readonly sha256: string;
  /** Path inside the archive. */
  readonly member: string;
}

export interface CheckedPathStageView extends StageOf<'stage-path'> {
  readonly path: string;
  readonly sha256: string;
}

export interface ContentStageView extends StageOf<'stage-content'> {
  /** Ends in a line end. */
  readonly content: string;
  readonly terminator: string;
  /** How much of it is the file. */
  readonly sizeBytes: number;
}

/** A file that lands in the image. `partial` is the template that writes its instruction. */
export type FileView =
  | {
      readonly partial: 'file-copy';
      /** `--from=program`, `--chmod=0755` */
      readonly flags: readonly string[];
      readonly from: string;
      readonly to: string;
    }
  | { readonly partial: 'file-url'; readonly flags: readonly string[]; readonly url: string; readonly to: string }
  | {
      readonly partial: 'file-content';
      readonly flags: readonly string[];
      /** Ends in a line end, or is empty. */
      readonly content: string;
      readonly terminator: string;
      readonly to: string;
    };

export interface BaseView {
  /** What FROM names: an image, `scratch`, or the named context `base`. */
  readonly from: string;
  readonly isScratch: boolean;
  /** The archive behind the named context; '' where the base is none. */
  readonly archive: string;
}

export interface PackagesView {
  readonly names: readonly string[];
  readonly isApk: boolean;
  /** Whether they are installed beside the image and copied, since scratch has no package manager. */
  readonly isOnScratch: boolean;
  readonly toolsImage: string;
}

export interface SettingsView {
  readonly env: readonly EnvEntry[];
  /** '' for none, as in the other texts here. */
  readonly workdir: string;
  readonly user: string;
  readonly ports: readonly string[];
  readonly volumes: readonly string[];
  readonly stopSignal: string;
  readonly healthcheck: HealthcheckView | null;
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly labels: readonly EnvEntry[];
  /** Whether there is any of the above but labels. */
  readonly hasRuntime: boolean;
  /** Whether a CMD that the base may have is lost to ENTRYPOINT. */
  readonly clearsCmd: boolean;
}

export interface HealthcheckView {
  readonly isDisabled: boolean;
  /** `--interval=30s` */
  readonly options: readonly string[];
  readonly command: readonly string[];
}
