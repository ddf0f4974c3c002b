import type { ImageFacts, ProgramFile } from '../adopt/image-facts.ts';
import { formatStep } from '../adopt/history.ts';
import { describeProgram } from '../image/program/program.ts';
import { formatPlatform } from '../platform/platform.ts';

/** What was found out about an image, for --json. */
export function viewFacts({ digest, platform, steps, baseLayers, files }: ImageFacts): object {
  return {
    digest,
    platform: formatPlatform(platform),
    base: files === null ? null : { name: files.base.base, guess: files.base.guess, layers: baseLayers },
    packages: files?.packages ?? null,
    history: steps.map((step) => ({ layer: step.layer === null ? null : step.layer + 1, step: formatStep(step) })),
    programs: files === null ? [] : files.programs.map(viewProgram),
    copied: files?.copied.map(({ path, sizeBytes }) => ({ path, sizeBytes })) ?? [],
  };
}

function viewProgram({ path, sizeBytes, program, isPacked, isStripped, go }: ProgramFile): object {
  const isElf = program.format === 'elf';
  return {
    path,
    sizeBytes,
    what: describeProgram(program),
    linkage: isElf ? program.linkage : null,
    interpreter: isElf || program.format === 'script' ? program.interpreter : null,
    isPacked,
    isStripped,
    go:
      go === null
        ? null
        : {
            version: go.buildInfo?.goVersion ?? null,
            path: go.buildInfo?.path ?? null,
            module: go.buildInfo?.module ?? null,
            dependencies: go.buildInfo?.dependencies ?? [],
            settings: Object.fromEntries(go.buildInfo?.settings ?? []),
            mainFile: go.mainFile,
          },
  };
}
