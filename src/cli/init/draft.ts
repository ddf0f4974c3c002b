import type { Upstream } from '../../recipe/target.ts';
import type { BuildGuess } from './guess.ts';

/** What a draft is made of. */
export interface DraftFacts {
  readonly name: string;
  /** Null for a recipe that forks nothing yet. */
  readonly upstream: Pick<Upstream, 'git' | 'track'> | null;
  readonly guess: BuildGuess;
  /** The image that upstream publishes, as the user named it; null for none. */
  readonly image: string | null;
  /** What forkwright.yaml says for all recipes, and whether the schema that editors use is there. */
  readonly has: {
    readonly group: boolean;
    readonly registry: boolean;
    readonly platforms: boolean;
    readonly schema: boolean;
  };
}

const OLDEST_ON_BOOKWORM = 19;

/** Writes the draft of a recipe, with comments that say what is left to do; every value from outside is quoted. */
export function formatDraft(facts: DraftFacts): string {
  const { name, image, has } = facts;
  return lines(
    ...(has.schema ? ['# yaml-language-server: $schema=../schema/recipe.schema.json', '#'] : []),
    '# A draft, made by `forkwright init`: read it, mend it, then `forkwright lock`, `render` and `make`.',
    `name: ${name}`,
    'description: What the image is for, in a sentence # to be written',
    '# licenses: Apache-2.0',
    ...upstreamLines(facts),
    `${has.group ? '' : '# '}fork: "{group}/${name}" # the project that \`forkwright fork sync\` keeps`,
    `# patches: [0001-what-it-does.patch] # in patches/${name}/`,
    ...buildLines(facts),
    ...imageLines(facts),
    ...(has.platforms ? [] : ['platforms:', '  - linux/amd64', '  - linux/arm64']),
    ...commented(has.registry, ['publish:', `  image: "{registry}/${name}"`, '  tags: ["{version}", latest]']),
    ...(image === null
      ? []
      : ['# What upstream publishes: `forkwright parity` compares.', 'parity:', `  image: ${quote(image)}`]),
    '# Programs that are run in the image to see that it works.',
    '# test:',
    `#   - run: [${outputOf(facts)}, --version]`,
  );
}

function upstreamLines({ upstream }: DraftFacts): readonly string[] {
  if (upstream === null) {
    return [
      'version: "0.1.0" # without it the version is that of the upstream',
      '# upstream:',
      '#   git: https://git.example.com/group/tool.git',
      '#   branch: main # or tag: "v*", or release: ">=1.2 <2"',
    ];
  }
  return ['upstream:', `  git: ${quote(upstream.git)}`, ...trackLines(upstream.track)];
}

function trackLines(track: Upstream['track']): readonly string[] {
  switch (track.kind) {
    case 'branch':
      return [`  branch: ${quote(track.branch)} # or tag: "v*", or release: ">=1.2 <2"`];
    case 'tag':
      return [`  tag: ${quote(track.pattern)} # the newest release; or branch: main, or release: ">=1.2 <2"`];
    case 'release':
      return [`  release: ${quote(track.range)}`];
    case 'none':
      return ['  # branch: main # or tag: "v*", or release: ">=1.2 <2"; the default branch without it'];
  }
}

function buildLines(facts: DraftFacts): readonly string[] {
  const { guess, upstream, name } = facts;
  switch (guess.kind) {
    case 'go': {
      const [, minor = '0'] = (guess.goVersion ?? '').split('.');
      const version = guess.goVersion !== null && Number(minor) >= OLDEST_ON_BOOKWORM ? guess.goVersion : '1.19';
      const others =
        guess.others.length === 0 ? '' : ` # guessed; there are ${guess.others.slice(0, 8).join(', ')} too`;
      return [
        'build:',
        '  kind: go',
        `  image: golang:${version}-bookworm`,
        `  package: ${quote(guess.package)}${others}`,
        ...(guess.importPath === null
          ? []
          : [`  importPath: ${quote(guess.importPath)} # its source has no go.mod`, '  modules: gopath']),
        '  ldflags: "-s -w"',
        `  output: ${outputOf(facts)}`,
      ];
    }
    case 'make':
      return [
        'build:',
        '  kind: make',
        '  image: debian:bookworm-slim',
        '  packages: [gcc, libc6-dev, make]',
        '  # cross: true # a cross compiler instead of an emulator',
        `  file: ${name} # guessed: where make puts the program`,
        `  output: ${outputOf(facts)}`,
      ];
    case 'dockerfile':
      return ["# Upstream's own Dockerfile; its image takes the base's place.", 'build:', '  kind: dockerfile'];
    case 'none':
      return [
        `# How the program is made${upstream === null ? '' : ': what its source has was not seen or tells nothing'}.`,
        '# build:',
        '#   kind: go # or make, dockerfile, prebuilt',
        '#   image: golang:1.24-bookworm',
        `#   package: ./cmd/${name}`,
        `#   output: ${outputOf(facts)}`,
      ];
  }
}

function imageLines(facts: DraftFacts): readonly string[] {
  const { guess } = facts;
  if (guess.kind === 'dockerfile')
    return ['# image:', `#   entrypoint: [${outputOf(facts)}] # it is that of the Dockerfile`];
  const entrypoint = `  ${guess.kind === 'none' ? '# ' : ''}entrypoint: [${outputOf(facts)}]`;
  return ['image:', '  base: alpine:3.20', '  # packages: [tar, xz]', entrypoint];
}

function outputOf({ name }: DraftFacts): string {
  return `/usr/bin/${name}`;
}

function commented(isMeant: boolean, rows: readonly string[]): readonly string[] {
  return isMeant ? rows : rows.map((row) => `# ${row}`);
}

/** YAML's double-quoted text takes all of JSON's. Specification: YAML 1.2.2, section 5.7. */
function quote(text: string): string {
  return JSON.stringify(text);
}

function lines(...rows: readonly string[]): string {
  return rows.map((row) => `${row}\n`).join('');
}
