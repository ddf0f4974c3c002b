/** A file of a new workspace, by its path. */
export interface NewFile {
  readonly path: string;
  readonly text: string;
  /** What to do where there is such a file already: it is left alone. */
  readonly hint: string;
}

const SETTINGS = `# What holds for all recipes; a recipe that says something else wins.

# {group} and {registry} in recipes: where the forks live on the forge, and where their images go.
group: releng # to be changed
registry: registry.example.com/releng # to be changed

# For recipes that name no platforms of their own.
platforms:
  - linux/amd64
  - linux/arm64

# Tags of the CI runners by platform; an emulator runs what none of them runs natively.
# runners:
#   linux/amd64: [saas-linux-small-amd64]
#   linux/arm64: [saas-linux-small-arm64]
#   default: [saas-linux-small-amd64]

# The generated GitLab pipeline.
# pipeline:
#   image: registry.example.com/releng/forkwright:1
`;

const PIPELINE = `# The forks' pipeline: forkwright has written what is included; \`forkwright render\` writes it anew.
include:
  - local: generated/pipeline.gitlab-ci.yml

stages: [check, build, index]

check:
  stage: check
  image: $FORKWRIGHT_IMAGE
  script:
    - $FORKWRIGHT_COMMAND validate
    - $FORKWRIGHT_COMMAND render --check
`;

/** The files that a new workspace has besides its recipes. */
export const WORKSPACE_FILES: readonly NewFile[] = [
  { path: 'forkwright.yaml', text: SETTINGS, hint: 'it stays as it is' },
  { path: '.gitlab-ci.yml', text: PIPELINE, hint: 'let it include generated/pipeline.gitlab-ci.yml' },
  { path: '.gitignore', text: '# Archives and indexes.\nout/\n', hint: 'add a line with out/' },
];
