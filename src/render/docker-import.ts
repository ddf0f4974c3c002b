import { formatPlatform, type Platform } from '../platform/platform.ts';
import type { HealthcheckSpec, ImageSpec } from '../recipe/target.ts';
import { quoteExec, quotePathsAsJson, quoteShell, quoteValue, quoteWord } from './quote.ts';

/**
 * Gives the shell line that makes an image of an exported root filesystem again, with everything that the recipe says of
 * its start; what the image had from its base is not in a recipe. `file` is the tar, `name` what the image is to be called.
 * Throws `render.line-break`. Specification: docker image import, `--change`.
 */
export function formatDockerImport(image: ImageSpec, platform: Platform, file: string, name: string): string {
  return [formatImportCommand(image, platform), quoteShell(file), quoteShell(name)].join(' ');
}

/** The same without the file and the name, which come behind it. */
export function formatImportCommand(image: ImageSpec, platform: Platform): string {
  const changes = listChanges(image).map((change) => `--change ${quoteShell(change)}`);
  // Docker knows a platform by these three; os.version has no place in the option.
  const plain = formatPlatform({ ...platform, osVersion: '', osFeatures: [] });
  return ['docker import', `--platform ${plain}`, ...changes].join(' ');
}

/** The instructions of a Dockerfile that say how the image starts. */
function listChanges(image: ImageSpec): readonly string[] {
  const one = (instruction: string, value: string | null) => (value === null ? [] : [`${instruction} ${value}`]);
  const word = (value: string | null) => (value === null ? null : quoteWord(value));
  return [
    ...image.env.map(({ name, value }) => `ENV ${name}=${quoteValue(value)}`),
    ...one('USER', word(image.user)),
    ...one('WORKDIR', word(image.workdir)),
    ...one('ENTRYPOINT', image.entrypoint === null ? null : quoteExec(image.entrypoint)),
    ...one('CMD', image.cmd === null ? null : quoteExec(image.cmd)),
    ...image.labels.map(({ name, value }) => `LABEL ${quoteWord(name)}=${quoteValue(value)}`),
    ...image.ports.map((port) => `EXPOSE ${quoteWord(port)}`),
    ...(image.volumes.length === 0 ? [] : [`VOLUME ${quotePathsAsJson(image.volumes)}`]),
    ...one('STOPSIGNAL', word(image.stopSignal)),
    ...(image.healthcheck === null ? [] : [healthcheck(image.healthcheck)]),
  ];
}

function healthcheck(check: HealthcheckSpec): string {
  if (check.isDisabled) return 'HEALTHCHECK NONE';
  const time = (option: string, ns: number) => (ns === 0 ? [] : [`--${option}=${ns}ns`]);
  const options = [
    ...time('interval', check.intervalNs),
    ...time('timeout', check.timeoutNs),
    ...time('start-period', check.startPeriodNs),
    ...(check.retries === 0 ? [] : [`--retries=${check.retries}`]),
  ];
  return ['HEALTHCHECK', ...options, `CMD ${quoteExec(check.command)}`].join(' ');
}
