import { compareText } from '../../platform/order.ts';
import type { ContainerConfig, Healthcheck } from '../../oci/config.ts';
import type { Difference } from './compare-type.ts';

/**
 * Compares how containers of two images start: field by field, environment and labels by name, ports and volumes each.
 * What is not set and what is empty are the same, as they are for engines.
 */
export function compareConfigs(
  ours: ContainerConfig,
  theirs: ContainerConfig,
  platform: string,
): readonly Difference[] {
  const found: Difference[] = [];
  const add = (what: string, our: string | null, their: string | null) => {
    if (our !== their) found.push({ what: `config.${what}`, platform, ours: our, theirs: their });
  };
  add('entrypoint', formatCommand(ours.entrypoint), formatCommand(theirs.entrypoint));
  add('cmd', formatCommand(ours.cmd), formatCommand(theirs.cmd));
  const entries = (what: string, our: ReadonlyMap<string, string>, their: ReadonlyMap<string, string>) => {
    const names = [...new Set([...our.keys(), ...their.keys()])].toSorted(compareText);
    for (const name of names) add(`${what}.${name}`, our.get(name) ?? null, their.get(name) ?? null);
  };
  entries('env', toVariables(ours.env), toVariables(theirs.env));
  add('user', orNull(ours.user), orNull(theirs.user));
  add('workdir', cleanFolder(ours.workingDir), cleanFolder(theirs.workingDir));
  entries('ports', toSet(ours.exposedPorts), toSet(theirs.exposedPorts));
  entries('volumes', toSet(ours.volumes), toSet(theirs.volumes));
  add('stopSignal', orNull(ours.stopSignal), orNull(theirs.stopSignal));
  add('healthcheck', formatHealthcheck(ours.healthcheck), formatHealthcheck(theirs.healthcheck));
  entries('labels', new Map(Object.entries(ours.labels)), new Map(Object.entries(theirs.labels)));
  return found;
}

function formatCommand(words: readonly string[] | null): string | null {
  return words === null || words.length === 0 ? null : JSON.stringify(words);
}

function orNull(text: string): string | null {
  return text === '' ? null : text;
}

/** Of several of one name the last counts, as engines have it. */
function toVariables(env: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    env.map((entry) => {
      const [name = ''] = entry.split('=', 1);
      return [name, entry.slice(name.length + 1)];
    }),
  );
}

function toSet(names: readonly string[]): ReadonlyMap<string, string> {
  return new Map(names.map((name) => [name, name]));
}

/** Builders write `/data/` as `/data`, and the root as `/` or not at all. */
function cleanFolder(path: string): string | null {
  let end = path.length;
  while (path[end - 1] === '/') end--;
  return orNull(path.slice(0, end));
}

function formatHealthcheck(check: Healthcheck | null): string | null {
  if (check === null || check.test.length === 0) return null;
  const { test, intervalNs, timeoutNs, startPeriodNs, retries } = check;
  const times = Object.entries({ interval: intervalNs, timeout: timeoutNs, startPeriod: startPeriodNs });
  const said = [
    ...times.filter(([, ns]) => ns > 0).map(([name, ns]) => `${name} ${ns / 1e9}s`),
    ...(retries > 0 ? [`retries ${retries}`] : []),
  ];
  return [JSON.stringify(test), ...said].join(', ');
}
