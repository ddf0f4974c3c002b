import type { ConvertArguments } from '../commands/convert.ts';
import { text, type Input } from '../input.ts';

/** The formats that can be written. */
export const FORMATS = [
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
    source: text(input['source']) ?? '',
    output: text(input['output']) ?? '',
    format: oneOf(FORMATS, input['to']) ?? 'oci-archive',
    compression: oneOf(OUTER, input['compress']) ?? 'none',
    layerCompression: oneOf(LAYERS, input['layerCompression']) ?? 'keep',
    mediaTypes: oneOf(FAMILIES, input['mediaTypes']) ?? null,
    platform: text(input['platform']),
    image: text(input['image']),
    flatten: input['flatten'] === true,
    maxLayers: text(input['maxLayers']),
    name: text(input['name']),
    config: text(input['config']),
    recipe: text(input['recipe']),
  };
}

/** The format that `--to` names; null where it names none. */
export function readFormat(value: Input[string]): (typeof FORMATS)[number] | null {
  return oneOf(FORMATS, value) ?? null;
}

function oneOf<Choice extends string>(choices: readonly Choice[], value: Input[string]): Choice | undefined {
  return choices.find((choice) => choice === value);
}
