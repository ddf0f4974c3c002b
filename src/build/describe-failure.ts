import { ForkwrightError } from '../errors.ts';
import { formatPlatform } from '../platform/platform.ts';
import type { Target } from '../recipe/target.ts';
import type { FailedStep } from './plain-progress.ts';

interface Failure {
  readonly failedStep: FailedStep | null;
  /** What buildx ended with; null where it said nothing. */
  readonly error: string | null;
  /** How the docker program ended, for when nothing else was said. */
  readonly end: string;
  /** Where the whole log is. */
  readonly logPath: string;
}

/** What BuildKit says, and what that means to the one who builds. The first that fits counts. */
const KNOWN: readonly { readonly said: RegExp; readonly code: string; readonly text: string; readonly hint: string }[] =
  [
    {
      said: /exec format error|no such file or directory: unknown.*qemu/,
      code: 'build.no-emulator',
      text: 'the engine has no emulator for the platform',
      hint: 'docker run --rm --privileged tonistiigi/binfmt --install all; or build it on a machine of the platform',
    },
    {
      said: /no space left on device/,
      code: 'build.disk-full',
      text: "a disk is full, this one or the engine's",
      hint: '`docker system df` says what the engine keeps',
    },
    {
      said: /(?:OCI|oci) exporter is not supported|exporter "oci" could not be found/,
      code: 'build.no-oci-exporter',
      text: 'the builder cannot write OCI archives',
      hint: "docker buildx create --use, or turn on Docker's containerd image store",
    },
    {
      said: /code = Unavailable|Cannot connect to the Docker daemon|connection (?:refused|reset)|error reading from server: EOF|closing transport/,
      code: 'build.engine-lost',
      text: 'the connection to the build engine was lost',
      hint: 'is it still running? Look at its own log',
    },
    {
      said: /no match for platform in manifest/,
      code: 'build.base-platform',
      text: 'an image that is built on has no such platform',
      hint: 'drop the platform, or name another base for it',
    },
  ];

/** Says why a target was not built by the engine: what it means, BuildKit's own words, the step's last lines. */
export function describeFailure(target: Target, failure: Failure): ForkwrightError {
  const { failedStep, logPath } = failure;
  const said = (failure.error ?? failedStep?.message ?? failure.end).replace(/^failed to solve: /, '');
  const everything = [said, failedStep?.message ?? '', ...(failedStep?.lastLines ?? [])].join('\n');
  const known = KNOWN.find((each) => each.said.test(everything));
  const lines = [
    `${formatPlatform(target.platform)} was not built: ${known === undefined ? said : `${known.text}: ${said}`}`,
    ...(failedStep === null ? [] : [failedStep.name, ...failedStep.lastLines]),
  ];
  return new ForkwrightError(known?.code ?? 'build.failed', lines.join('\n'), {
    place: logPath,
    hint: known?.hint ?? 'the whole log is there',
  });
}
