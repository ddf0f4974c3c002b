/**
 * Lists the images that a Dockerfile takes from registries, as it names them: behind FROM, `COPY --from` and the `from` of
 * mounts, without scratch, its own stages and the named contexts. ARGs before the first FROM are filled in, `args` first.
 * A name that holds a variable all the same is left out. Specification: Dockerfile reference.
 */
export function listDockerfileImages(
  text: string,
  args: Readonly<Record<string, string>>,
  contexts: readonly string[],
): readonly string[] {
  const known = new Map<string, string>();
  const names = new Set(['scratch', ...contexts]);
  const images = new Set<string>();
  let hasFrom = false;
  const use = (name: string) => {
    const filled = fill(name, known);
    if (filled !== null && filled !== '' && !names.has(filled.toLowerCase()) && !/^\d+$/.test(filled)) {
      images.add(filled);
    }
  };
  for (const line of joinLines(text)) {
    const [instruction = '', ...words] = line.trim().split(/\s+/);
    switch (instruction.toUpperCase()) {
      case 'ARG':
        if (!hasFrom) declare(words, known, args);
        break;
      case 'FROM': {
        hasFrom = true;
        const [name = '', as, stage] = words.filter((word) => !word.startsWith('--'));
        use(name);
        if (as?.toUpperCase() === 'AS' && stage !== undefined) names.add(stage.toLowerCase());
        break;
      }
      case 'COPY':
      case 'ADD':
      case 'RUN':
        for (const word of words) {
          if (!word.startsWith('--')) break;
          const from = /^--from=(.+)$/.exec(word)?.[1] ?? /^--mount=(?:.*,)?from=([^,]+)/.exec(word)?.[1];
          if (from !== undefined) use(from);
        }
        break;
      default:
    }
  }
  return [...images];
}

/** Joins lines that end in a backslash, and drops comments between them. */
function joinLines(text: string): readonly string[] {
  return text
    .split(/\r?\n/)
    .filter((line) => !/^\s*#/.test(line))
    .join('\n')
    .replaceAll(/\\[ \t]*\n/g, ' ')
    .split('\n');
}

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
