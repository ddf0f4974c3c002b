import type { DebianCompiler } from '../platform/debian-compiler.ts';
import type { LockedUpstream, RecipeLock } from '../lock/lock.ts';
import type { Digest } from '../oci/digest.ts';
import type { Platform } from '../platform/platform.ts';
import type { ImageReference } from '../oci/reference.ts';

/**
 * The resolved side of recipes: every default filled in, every name template filled, every override applied.
 * Nothing is optional here, so that templates and builders never ask whether a key is there; null means "none".
 */

/** What is followed of an upstream. */
export interface Upstream {
  readonly git: string;
  readonly track:
    | { readonly kind: 'branch'; readonly branch: string }
    | { readonly kind: 'tag'; readonly pattern: string }
    | { readonly kind: 'release'; readonly range: string }
    | { readonly kind: 'none' };
  /** 40 or 64 hex digits; null where the recipe leaves it open. */
  readonly commit: string | null;
}

/** Where a file comes from that is not built. */
export type FileSource =
  | {
      readonly type: 'npm';
      readonly package: string;
      readonly version: string;
      /** Path inside the package, without npm's leading `package/`. */
      readonly file: string;
      /** Subresource integrity, `sha512-<base64>`. */
      readonly integrity: string;
    }
  /** `file` is the path inside a tar archive; null where the URL is the file itself. sha256 is 64 hex digits. */
  | { readonly type: 'url'; readonly url: string; readonly sha256: string; readonly file: string | null }
  | {
      readonly type: 'github-release';
      /** `owner/name`. */
      readonly repository: string;
      readonly tag: string;
      readonly asset: string;
      readonly sha256: string;
      readonly file: string | null;
    }
  /** A file of another image. */
  | { readonly type: 'image'; readonly image: Base; readonly path: string }
  /** Relative to the workspace, never outside. */
  | { readonly type: 'path'; readonly path: string; readonly sha256: string | null }
  | { readonly type: 'content'; readonly content: string }
  /** Relative to the root of the upstream's tree, never outside. */
  | { readonly type: 'upstream'; readonly path: string };

/** The program or a file that lands in the image. */
export interface ImageFile {
  readonly source: FileSource;
  /** Absolute path in the image. */
  readonly to: string;
  /** Permission bits, 0o755. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** What compiles a program, and where. */
export interface Toolchain {
  /** Whether it is run on the target's platform, and so by an emulator on a builder of another one. */
  readonly isOnTarget: boolean;
  /** Debian's compiler that is installed and handed to the build; null where the image or the recipe has its own. */
  readonly compiler: DebianCompiler | null;
}

export interface GoBuild {
  readonly kind: 'go';
  readonly image: ImageReference;
  /** Go package to build, `./cmd/copy`. */
  readonly package: string;
  readonly importPath: string | null;
  /** null: found out from the source while it is built. */
  readonly modules: 'gopath' | 'vendor' | 'download' | null;
  readonly ldflags: string | null;
  readonly tags: readonly string[];
  readonly cgo: boolean;
  readonly toolchain: Toolchain;
  readonly env: readonly EnvEntry[];
  readonly packages: readonly string[];
  /** Commands that are run in the build stage when the program is there. */
  readonly finish: readonly (readonly string[])[];
  readonly output: string;
}

export interface MakeBuild {
  readonly kind: 'make';
  readonly image: ImageReference;
  readonly toolchain: Toolchain;
  readonly packages: readonly string[];
  readonly targets: readonly string[];
  readonly variables: readonly EnvEntry[];
  readonly env: readonly EnvEntry[];
  /** The program's path in the source tree after make. */
  readonly file: string;
  /** Commands that are run in the build stage when the program is there. */
  readonly finish: readonly (readonly string[])[];
  readonly output: string;
}

export interface DockerfileBuild {
  readonly kind: 'dockerfile';
  /** Path in the upstream's tree. */
  readonly dockerfile: string;
  readonly target: string | null;
  readonly args: readonly EnvEntry[];
}

export interface PrebuiltBuild {
  readonly kind: 'prebuilt';
  readonly program: ImageFile;
}

/** `none`: the image is its base and files only. */
export type Build = GoBuild | MakeBuild | DockerfileBuild | PrebuiltBuild | { readonly kind: 'none' };

export interface EnvEntry {
  readonly name: string;
  readonly value: string;
}

export type Base =
  | { readonly type: 'scratch' }
  | { readonly type: 'image'; readonly reference: ImageReference }
  /** An archive file or layout folder, relative to the workspace. */
  | { readonly type: 'archive'; readonly path: string }
  /** What upstream's own Dockerfile makes; with a dockerfile build only, and always there. */
  | { readonly type: 'upstream' };

export interface HealthcheckSpec {
  /** `["NONE"]`, or the command in exec form without Docker's leading `CMD`. */
  readonly command: readonly string[];
  readonly isDisabled: boolean;
  /** Nanoseconds, 0 where the recipe leaves it to the engine. */
  readonly intervalNs: number;
  readonly timeoutNs: number;
  readonly startPeriodNs: number;
  readonly retries: number;
}

/** What the image holds and how it starts. null and empty lists inherit from the base. */
export interface ImageSpec {
  readonly base: Base;
  readonly packages: readonly string[];
  /** null only where `packages` is empty. */
  readonly packageManager: 'apk' | 'apt' | null;
  readonly entrypoint: readonly string[] | null;
  readonly cmd: readonly string[] | null;
  /** In the recipe's order; names are unique. */
  readonly env: readonly EnvEntry[];
  readonly user: string | null;
  readonly workdir: string | null;
  /** The recipe's and the computed OCI labels, sorted by name; the recipe's win. */
  readonly labels: readonly EnvEntry[];
  /** `8080/tcp`. */
  readonly ports: readonly string[];
  readonly volumes: readonly string[];
  readonly stopSignal: string | null;
  readonly healthcheck: HealthcheckSpec | null;
  /** Without the program of a prebuilt build. */
  readonly files: readonly ImageFile[];
}

export interface SmokeTest {
  readonly run: readonly string[];
}

/** What the name of an image stands for on a target. */
export interface ImagePin {
  /** For what runs on the machine that builds, whatever its platform: the index, or the only manifest. */
  readonly onBuilder: Digest;
  /** For what runs on the target's platform. */
  readonly onTarget: Digest;
}

/** What the recipe's lock says of a target. */
export interface TargetPins {
  /** Null where the upstream is not locked. */
  readonly upstream: LockedUpstream | null;
  /** By full name, `docker.io/library/alpine:3.20`. */
  readonly images: ReadonlyMap<string, ImagePin>;
  /** SOURCE_DATE_EPOCH; null where the lock has none. */
  readonly epochSeconds: number | null;
}

/** Of a target without a lock. */
export const NO_PINS: TargetPins = { upstream: null, images: new Map(), epochSeconds: null };

/** A recipe on one platform. */
export interface Target {
  readonly recipe: string;
  readonly platform: Platform;
  readonly slug: string;
  /** Whether QEMU may be used where no native runner is mapped; null where the recipe does not say. */
  readonly emulate: boolean | null;
  /** Tags of the CI runner that builds this target; empty: any runner. */
  readonly runnerTags: readonly string[];
  /** Whether the runner that the tags name runs this platform natively. */
  readonly hasNativeRunner: boolean;
  readonly version: string;
  /** With the commit of the lock, where the recipe names none. */
  readonly upstream: Upstream | null;
  readonly pins: TargetPins;
  /** Paths relative to the workspace: `patches/<recipe>/<name>`. */
  readonly patches: readonly string[];
  readonly build: Build;
  readonly image: ImageSpec;
  readonly tests: readonly SmokeTest[];
}

/** A file that is released for one platform. */
export interface ReleaseFile {
  readonly platform: Platform;
  /** A root filesystem, or a docker archive. */
  readonly kind: 'export' | 'save';
  /** Without a folder: `prebuilt-x86_64.tar.xz`. */
  readonly file: string;
  /** The day from which it is not made any more, `2027-01-01`; null where there is none. */
  readonly deprecated: string | null;
}

export interface ReleaseArchives {
  readonly scheme: 'plain' | 'gitlab-runner';
  readonly files: readonly ReleaseFile[];
}

/** A difference to upstream's image that is meant. */
export interface AcceptedDifference {
  /** As `compareImages` names it, with `*` for any characters. */
  readonly what: string;
  /** The one platform on which it is accepted; null for all. */
  readonly platform: string | null;
  readonly because: string | null;
}

/** What a recipe's image is compared with. */
export interface Parity {
  readonly image: ImageReference;
  readonly accept: readonly AcceptedDifference[];
}

/** A recipe with all its targets, in index order (amd64, arm64, then the rest). */
export interface ResolvedRecipe {
  readonly name: string;
  /** The recipe's file relative to the workspace, `recipes/dockerfile-copy.yaml`. */
  readonly file: string;
  readonly description: string;
  readonly version: string;
  /** Path of the fork's project on the forge, or the URL of its git repository. */
  readonly fork: string | null;
  readonly publish: {
    /** The repository, `registry.example.org/releng/dockerfile-copy`; null where nothing is published. */
    readonly image: string | null;
    readonly tags: readonly string[];
  };
  /** The release files; null where the recipe has none. */
  readonly archives: ReleaseArchives | null;
  /** Null where the recipe names no image of upstream's. */
  readonly parity: Parity | null;
  /** What the recipe was resolved with; null where it has no lock. */
  readonly lock: RecipeLock | null;
  readonly targets: readonly Target[];
}

/** Settings of the workspace that rendering and building need. */
export interface WorkspaceSettings {
  /** GitLab pipeline settings. */
  readonly pipeline: {
    /** Default value of $FORKWRIGHT_IMAGE and $FORKWRIGHT_COMMAND. */
    readonly image: string;
    readonly command: string;
    /** How jobs that need an engine reach one; only `dind` brings a service along. */
    readonly engine: 'dind' | 'socket' | 'shell';
    /** The docker:dind service image, with its digest where it is known. */
    readonly dindImage: string;
    readonly artifactsExpireIn: string;
    /** Whether jobs build only what is not published yet, built from the same. */
    readonly ifNeeded: boolean;
  };
  /** Familiar registry host to mirror host; never rendered. */
  readonly mirrors: Readonly<Record<string, string>>;
  /** Image whose shell, wget and tar fetch prebuilt programs in a rendered Dockerfile. */
  readonly toolsImage: ImageReference;
}

/** A workspace whose recipes are all sound. */
export interface Workspace {
  /** Absolute. */
  readonly root: string;
  readonly settings: WorkspaceSettings;
  /** By name. */
  readonly recipes: readonly ResolvedRecipe[];
}
