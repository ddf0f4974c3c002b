import { splitInstructions } from './dockerfile-instructions.ts';

/** An image that a Dockerfile takes from a registry. */
export interface ImageUse {
  /** As the Dockerfile names it, variables filled in. */
  readonly name: string;
  /** Whether it is for the machine that builds, `FROM --platform=$BUILDPLATFORM`; else it is of the target's platform. */
  readonly isOnBuilder: boolean;
}

/** Lists the images that a Dockerfile takes from registries, each once: see `listImageUses`. */
export function listDockerfileImages(
  text: string,
  args: Readonly<Record<string, string>>,
  contexts: readonly string[],
): readonly string[] {
  return [...new Set(listImageUses(text, args, contexts).map(({ name }) => name))];
}

/**
 * Lists where a Dockerfile takes images from registries: behind FROM, `COPY --from` and the `from` of mounts, without
 * scratch, its own stages and the named contexts. ARGs before the first FROM are filled in, `args` first. A name that holds
 * a variable all the same is left out. Specification: Dockerfile reference.
 */
export function listImageUses(
  text: string,
  args: Readonly<Record<string, string>>,
  contexts: readonly string[],
): readonly ImageUse[] {
  const known = new Map<string, string>();
  const names = new Set(['scratch', ...contexts]);
  const uses = new Map<string, ImageUse>();
  let hasFrom = false;
  const use = (written: string, isOnBuilder: boolean) => {
    const name = fill(written, known);
    if (name === null || name === '' || names.has(name.toLowerCase()) || /^\d+$/.test(name)) return;
    uses.set(`${isOnBuilder} ${name}`, { name, isOnBuilder });
  };
  for (const { keyword, rest } of splitInstructions(text)) {
    const words = rest.split(/\s+/);
    switch (keyword) {
      case 'ARG':
        if (!hasFrom) declare(words, known, args);
        break;
      case 'FROM': {
        hasFrom = true;
        const [name = '', as, stage] = words.filter((word) => !word.startsWith('--'));
        use(
          name,
          words.some((word) => /^--platform=\$\{?BUILDPLATFORM\}?$/.test(word)),
        );
        if (as?.toUpperCase() === 'AS' && stage !== undefined) names.add(stage.toLowerCase());
        break;
      }
      case 'COPY':
      case 'ADD':
      case 'RUN':
        for (const word of words) {
          if (!word.startsWith('--')) break;
          const from = FROM_FLAG.exec(word)?.[2];
          if (from !== undefined) use(from, false);
        }
        break;
      default:
    }
  }
  return [...uses.values()];
}

/** `--from=NAME`, and `from` of a mount. */
export const FROM_FLAG = /^(--from=|--mount=(?:[^\s]*,)?from=)([^,\s]+)/;

function declare(words: readonly string[], known: Map<string, string>, args: Readonly<Record<string, string>>): void {
  for (const word of words) {
    const [name = '', value] = word.split(/=(.*)/s);
    const given = args[name] ?? (value === undefined ? undefined : fill(value.replaceAll(/^["']|["']$/g, ''), known));
    if (given !== undefined && given !== null) known.set(name, given);
  }
}

/** Fills in `$NAME`, `${NAME}` and `${NAME:-else}`; null where a variable is not known or does more than that. */
function fill(text: string, known: ReadonlyMap<string, string>): string | null {
  let isKnown = true;
  const filled = text.replaceAll(/\$(?:(\w+)|\{(\w+)(?::?-([^}$]*))?\})/g, (_whole, plain, braced, otherwise) => {
    const value = known.get(plain ?? braced) || otherwise;
    if (typeof value === 'string') return value;
    isKnown = false;
    return '';
  });
  return isKnown && !filled.includes('$') ? filled : null;
}
