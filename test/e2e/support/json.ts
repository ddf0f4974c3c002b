import { runForkwright } from './run.ts';

/** What these tests read of the documents of `--json`; docs/json.md has all of it. */
export interface Report {
  readonly recipes: readonly {
    readonly name: string;
    readonly state: string;
    readonly path?: string;
    readonly digest?: string;
    readonly lack?: string;
  }[];
  readonly archives: readonly { readonly platform: string; readonly path: string; readonly digest: string }[];
  readonly images: readonly {
    readonly platform: string;
    readonly digest: string;
    readonly config: {
      readonly entrypoint: readonly string[] | null;
      readonly cmd: readonly string[] | null;
      readonly labels: Readonly<Record<string, string>>;
    };
  }[];
  readonly findings: readonly {
    readonly code: string;
    readonly severity: string;
    readonly place: string;
    readonly text: string;
    readonly hint: string | null;
  }[];
}

/** Runs forkwright with --json to its end, and gives its document. */
export async function report(
  args: readonly string[],
  options: Parameters<typeof runForkwright>[1],
): Promise<Report & { readonly exitCode: number | null; readonly stderr: string }> {
  const { exitCode, stdout, stderr } = await runForkwright(['--json', ...args], options);
  try {
    return { ...(JSON.parse(stdout) as Report), exitCode, stderr };
  } catch (error) {
    throw new Error(`forkwright ${args.join(' ')} gave no JSON:\n${stdout}${stderr}`, { cause: error });
  }
}

/** The digests of an archive's images by platform. */
export async function imageDigests(archive: string, root: string): Promise<Readonly<Record<string, string>>> {
  const { images } = await report(['inspect', archive], { cwd: root });
  return Object.fromEntries(images.map(({ platform, digest }) => [platform, digest]));
}
