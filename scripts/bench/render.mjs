// How long loading, checking and rendering take for a large workspace. Run `npm run build` first: it is dist/ that is
// measured. Numbers are kept in docs/benchmarks.md.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { loadWorkspace } from '../../dist/recipe/load.js';
import { loadTemplates } from '../../dist/render/load-templates.js';
import { renderWorkspace } from '../../dist/render/render-workspace.js';
import { writeRendered } from '../../dist/render/write.js';

const RECIPES = 1000;
const PLATFORMS = ['amd64', 'arm64', 'arm/v7', 'arm/v6', '386', 'ppc64le', 's390x', 'riscv64'].map(
  (arch) => `linux/${arch}`,
);
const TARGETS = RECIPES * PLATFORMS.length;

/** A recipe of each kind in turn, so that every template is used. */
function recipeOf(index) {
  const head = `name: tool-${index}
description: Tool number ${index} of a large workspace
upstream:
  git: https://git.example.org/tools/tool-${index}.git
  branch: main
  commit: "${index.toString(16).padStart(40, '0')}"
platforms: [${PLATFORMS.join(', ')}]
publish:
  image: registry.example.org/releng/{name}
  tags: ["{version}", latest]
`;
  const settings = `  entrypoint: [/bin/tool]
  env: {LANG: C.UTF-8, MODE: "of \\"${index}\\""}
  labels: {org.example.team: releng}
`;
  const go = `build:
  kind: go
  image: golang:1.22-bookworm
  package: ./cmd/tool
  modules: vendor
  ldflags: "-s -w"
  output: /bin/tool
image:
  base: alpine:3.20
  packages: [tar, gzip, bzip2, xz]
`;
  const make = `build:
  kind: make
  image: gcc:14-bookworm
  targets: [all]
  variables: {CFLAGS: "-O2 -g0"}
  file: out/tool
  output: /bin/tool
image:
  base: debian:bookworm-slim
  packages: [tar, xz-utils]
`;
  const prebuilt = `version: 1.${index}.0
build:
  kind: prebuilt
  npm:
    package: "@tool/linux-{arch}"
    version: 1.${index}.0
    file: bin/tool
    integrity: sha512-${Buffer.alloc(64, index).toString('base64')}
  output: /bin/tool
image:
  base: scratch
  files:
    - content: |
        root:x:0:0::/:/bin/sh
      to: /etc/passwd
`;
  return `${head}${[go, make, prebuilt][index % 3]}${settings}`;
}

/** What the disk takes for as many files of that size, whoever writes them. */
async function writePlainly(files) {
  const folder = await mkdtemp(join(tmpdir(), 'forkwright-bench-plain-'));
  try {
    for (const { path, content } of files) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), content);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(what, count, unit, act) {
  const start = performance.now();
  const result = await act();
  const seconds = (performance.now() - start) / 1000;
  console.log(`${what.padEnd(28)} ${seconds.toFixed(2).padStart(7)} s  ${Math.round(count / seconds)} ${unit}/s`);
  return result;
}

const root = await mkdtemp(join(tmpdir(), 'forkwright-bench-'));
try {
  console.log(`${RECIPES} recipes, ${PLATFORMS.length} platforms each, Node ${process.versions.node}`);
  await mkdir(join(root, 'recipes'));
  for (let index = 0; index < RECIPES; index++) {
    await writeFile(join(root, 'recipes', `tool-${index}.yaml`), recipeOf(index));
  }
  const { workspace, findings } = await measure('load, check and resolve', RECIPES, 'recipes', () =>
    loadWorkspace(root),
  );
  if (workspace.recipes.length !== RECIPES)
    throw new Error(`not all recipes are sound: ${JSON.stringify(findings[0])}`);
  const { templates } = await measure('load templates', 1, 'times', () => loadTemplates(root));
  const rendered = await measure('render', TARGETS, 'targets', () => renderWorkspace(workspace, templates));
  const sizeBytes = rendered.files.reduce((sum, { content }) => sum + Buffer.byteLength(content), 0);
  console.log(`  ${rendered.files.length} files, ${(sizeBytes / 2 ** 20).toFixed(1)} MiB`);
  const options = { recipes: null, check: false, force: false, signal: new AbortController().signal };
  await measure('write these files plainly', rendered.files.length, 'files', () => writePlainly(rendered.files));
  await measure('render and write all', TARGETS, 'targets', () => writeRendered(root, workspace, options));
  await measure('render, nothing to write', TARGETS, 'targets', () => writeRendered(root, workspace, options));
} finally {
  await rm(root, { recursive: true, force: true });
}
