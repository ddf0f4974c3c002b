import type { WorkspaceSettings } from '../recipe/target.ts';
import type { Job } from './pipeline-jobs.ts';

/** Latest one whose emulators do not crash on the kernels of hosted runners; see tonistiigi/binfmt#240. */
export const BINFMT_IMAGE = 'tonistiigi/binfmt:qemu-v8.1.5';

const BUILDER = 'forkwright';

/** How long jobs wait for an engine that starts with them; forkwright and timeout(1) both read it. */
const SERVICE_WAIT = '60s';

/** Whoever may push a branch could put something else into a cache that protected refs build from. */
const GUARD_CACHE = 'if [ "$CI_COMMIT_REF_PROTECTED" != true ]; then unset FORKWRIGHT_CACHE_TO; fi';

/** Gives the hidden jobs that the others extend: how a job reaches what it needs is said here, once. */
export function listJobTemplates({ pipeline }: WorkspaceSettings, hasEmulated: boolean): readonly Job[] {
  const { engine, dindImage } = pipeline;
  // A shell runner has no image: forkwright is installed on it.
  const image = engine === 'shell' ? {} : { image: '$FORKWRIGHT_IMAGE' };
  const service = engine === 'dind' ? dindService(dindImage) : {};
  const emulators = 'docker run --rm --privileged "$FORKWRIGHT_BINFMT_IMAGE" --install "$FORKWRIGHT_QEMU"';
  const prepare = (more: readonly string[]) => [...awaitEngine(engine), ...more, ...createBuilder(engine), GUARD_CACHE];
  const native: Job = {
    name: '.forkwright-build-native',
    comment: 'Builds without an engine: nothing is run, and any runner will do.',
    body: { stage: 'build', image: '$FORKWRIGHT_IMAGE', interruptible: true },
  };
  const build: Job = {
    name: '.forkwright-build',
    comment: ENGINE_COMMENTS[engine],
    body: { stage: 'build', ...image, interruptible: true, ...service, before_script: prepare([]) },
  };
  const emulated: Job = {
    name: '.forkwright-build-emulated',
    comment: 'The same with QEMU, for platforms that no runner is mapped to.',
    body: { extends: '.forkwright-build', before_script: prepare([emulators]) },
  };
  const index: Job = {
    name: '.forkwright-index',
    comment: 'Puts the archives of all platforms together into one index, and holds it to its recipe.',
    body: { stage: 'index', image: '$FORKWRIGHT_IMAGE', interruptible: true },
  };
  return [native, build, ...(hasEmulated ? [emulated] : []), index];
}

type Engine = WorkspaceSettings['pipeline']['engine'];

const ENGINE_COMMENTS: Readonly<Record<Engine, string>> = {
  dind: 'Builds with an engine of its own, docker-in-docker with TLS.',
  socket: "Builds with the engine of the runner's machine, whose socket the runner mounts.",
  shell: "Builds with the engine of the runner's machine, on a shell runner.",
};

/** Specification: docs.gitlab.com/ci/docker/using_docker_build, "Docker-in-Docker with TLS enabled". */
function dindService(name: string): Readonly<Record<string, unknown>> {
  return {
    services: [{ name, alias: 'docker' }],
    variables: {
      DOCKER_HOST: 'tcp://docker:2376',
      DOCKER_TLS_CERTDIR: '/certs',
      DOCKER_TLS_VERIFY: '1',
      DOCKER_CERT_PATH: '/certs/client',
      FORKWRIGHT_ENGINE_WAIT: SERVICE_WAIT,
    },
  };
}

/** The service's own health check ends when its port is open, and `buildx create` does not wait. */
function awaitEngine(engine: Engine): readonly string[] {
  if (engine !== 'dind') return [];
  const wait = 'until docker version >/dev/null 2>&1; do sleep 1; done';
  // Where none comes, docker says why.
  return [`timeout "$FORKWRIGHT_ENGINE_WAIT" sh -c '${wait}' || docker version`];
}

function createBuilder(engine: Engine): readonly string[] {
  switch (engine) {
    case 'dind':
      return [
        // buildx cannot take TLS from the environment, only from a context (docker/buildx#413).
        `docker context create ${BUILDER}`,
        `docker buildx create --name ${BUILDER}-builder --driver docker-container --use ${BUILDER}`,
      ];
    case 'socket':
      // The machine stays: the builder may be there from the job before, and its cache with it.
      return [
        `docker buildx inspect ${BUILDER}-builder >/dev/null 2>&1 || docker buildx create --name ${BUILDER}-builder --driver docker-container`,
        `docker buildx use ${BUILDER}-builder`,
      ];
    case 'shell':
      // Its builder is the one that the machine's owner chose; one in a container would not reach registries on localhost.
      return [];
  }
}
