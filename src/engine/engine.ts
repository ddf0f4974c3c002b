import type { ProgramResult, RunOptions } from '../process/run.ts';

/** A build engine that has answered: Docker with buildx, or what looks like it. */
export interface Engine {
  /** Version of the server, `26.1.5`. */
  readonly dockerVersion: string;
  /** Version of the buildx plugin, `0.13.1`. */
  readonly buildxVersion: string;
  /**
   * Runs the docker program with these arguments, in the workspace, without input. Ends with what RunProgram ends with
   * and throws what it throws.
   */
  docker(
    args: readonly string[],
    options: Pick<RunOptions, 'signal' | 'timeoutMs'> &
      Partial<Pick<RunOptions, 'cwd' | 'env' | 'onOutput' | 'secrets'>>,
  ): Promise<ProgramResult>;
}
