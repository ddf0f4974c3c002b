import type { HealthcheckSpec, ImageSpec } from '../recipe/target.ts';
import type { HealthcheckView, SettingsView } from './dockerfile-view.ts';

/** Gives what a template needs to know of how the image starts and what it says of itself. */
export function settingsView(image: ImageSpec): SettingsView {
  const view = {
    env: image.env,
    workdir: image.workdir ?? '',
    user: image.user ?? '',
    ports: image.ports,
    volumes: image.volumes,
    stopSignal: image.stopSignal ?? '',
    entrypoint: image.entrypoint ?? [],
    cmd: image.cmd ?? [],
  };
  const healthcheck = image.healthcheck === null ? null : healthcheckView(image.healthcheck);
  const hasRuntime = healthcheck !== null || Object.values(view).some((value) => value.length > 0);
  // Specification: Dockerfile reference, "Understand how CMD and ENTRYPOINT interact".
  const clearsCmd = view.entrypoint.length > 0 && view.cmd.length === 0 && image.base.type !== 'scratch';
  return { ...view, healthcheck, labels: image.labels, hasRuntime, clearsCmd };
}

function healthcheckView(spec: HealthcheckSpec): HealthcheckView {
  const options = [
    durationOption('interval', spec.intervalNs),
    durationOption('timeout', spec.timeoutNs),
    durationOption('start-period', spec.startPeriodNs),
    spec.retries === 0 ? [] : [`--retries=${spec.retries}`],
  ];
  return { isDisabled: spec.isDisabled, options: options.flat(), command: spec.command };
}

const UNITS = [
  { unit: 's', ns: 1_000_000_000 },
  { unit: 'ms', ns: 1_000_000 },
  { unit: 'us', ns: 1_000 },
  { unit: 'ns', ns: 1 },
] as const;

/** Specification: Go, time.ParseDuration. 0 is left to the engine. */
function durationOption(name: string, durationNs: number): readonly string[] {
  if (durationNs === 0) return [];
  const { unit, ns } = UNITS.find((each) => durationNs % each.ns === 0) ?? UNITS[3];
  return [`--${name}=${durationNs / ns}${unit}`];
}
