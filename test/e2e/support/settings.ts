import { inject } from 'vitest';

const { env } = process;

/** The folder that all files of a run share. */
export const FOLDER = inject('e2eFolder');

/** A registry that tests may push to, HOST[:PORT][/PATH]. */
export const REGISTRY = env['FORKWRIGHT_E2E_REGISTRY'] ?? 'localhost:5000';

/** Whether a test fails where something is missing that it needs; else it is skipped. */
export const IS_REQUIRED = env['FORKWRIGHT_E2E_REQUIRED'] === '1';

/** What may be missing all the same. */
export const MAY_LACK: ReadonlySet<string> = new Set((env['FORKWRIGHT_E2E_WITHOUT'] ?? '').split(','));

/** A git repository with the true upstream of dockerfile-copy; null for the stand-in. */
export const COPY_UPSTREAM = env['FORKWRIGHT_E2E_COPY_UPSTREAM'] ?? null;

/** What the shipped recipe of dockerfile-copy is built for. */
export const COPY_PLATFORMS = [
  'linux/amd64',
  'linux/arm64',
  'linux/arm/v7',
  'linux/arm/v6',
  'linux/ppc64le',
  'linux/s390x',
] as const;

export const BASE_IMAGE = 'alpine:3.20';
export const GO_IMAGE = 'golang:1.19-bookworm';
export const GITLAB_CI_LOCAL = 'gitlab-ci-local@4.73.0';
