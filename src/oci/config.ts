import type { Platform } from '../platform/platform.ts';
import type { Digest } from './digest.ts';

export interface Healthcheck {
  /** `["NONE"]`, `["CMD", …]` or `["CMD-SHELL", text]`; empty inherits. */
  readonly test: readonly string[];
  readonly intervalNs: number;
  readonly timeoutNs: number;
  readonly startPeriodNs: number;
  readonly retries: number;
}

/** What a container is started with. Lists are empty and texts are '' where the config has none; null is "not set". */
export interface ContainerConfig {
  readonly entrypoint: readonly string[] | null;
  readonly cmd: readonly string[] | null;
  readonly env: readonly string[];
  readonly user: string;
  readonly workingDir: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly exposedPorts: readonly string[];
  readonly volumes: readonly string[];
  readonly stopSignal: string;
  readonly healthcheck: Healthcheck | null;
}

export interface HistoryEntry {
  readonly created: string | null;
  readonly createdBy: string;
  readonly comment: string;
  readonly isEmptyLayer: boolean;
}

/** An image config, parsed. Specification: OCI image-spec, config.md; Docker image spec v1.2 for the rest. */
export interface ConfigDocument {
  readonly platform: Platform;
  readonly created: string | null;
  readonly author: string;
  readonly container: ContainerConfig;
  readonly diffIds: readonly Digest[];
  readonly history: readonly HistoryEntry[];
}
