import type { ConvertArguments } from './commands/convert.ts';
import type { Input } from './input.ts';

const FORMATS = [
  'oci-archive',
  'oci',
  'docker-archive',
  'docker-archive-legacy',
  'docker-archive-skopeo',
  'rootfs',
] as const;
const OUTER = ['none', 'gzip', 'zstd', 'xz'] as const;
const LAYERS = ['keep', 'none', 'gzip', 'zstd'] as const;
const FAMILIES = ['keep', 'oci', 'docker'] as const;

/** Takes what the command line says for `convert`; its choices are checked already. */
export function readConvertArguments(input: Input): ConvertArguments {
  return {
    source: textOf(input['source']) ?? '',
    output: textOf(input['output']) ?? '',
    format: oneOf(FORMATS, input['to']) ?? 'oci-archive',
    compression: oneOf(OUTER, input['compress']) ?? 'none',
    layerCompression: oneOf(LAYERS, input['layerCompression']) ?? 'keep',
    mediaTypes: oneOf(FAMILIES, input['mediaTypes']) ?? null,
    platform: textOf(input['platform']),
    image: textOf(input['image']),
    flatten: input['flatten'] === true,
    maxLayers: textOf(input['maxLayers']),
    name: textOf(input['name']),
    config: textOf(input['config']),
    recipe: textOf(input['recipe']),
  };
}

function oneOf<Choice extends string>(choices: readonly Choice[], value: Input[string]): Choice | undefined {
  return choices.find((choice) => choice === value);
}

function textOf(value: Input[string]): string | null {
  return typeof value === 'string' ? value : null;
}
