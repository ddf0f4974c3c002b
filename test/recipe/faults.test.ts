import { expect, test } from 'vitest';
import { faultsOf } from '../support/recipe-text.ts';

/** One fault each; the fields begin on line 3. */
const FAULTS: readonly (readonly [fields: string, fault: string])[] = [
  // Keys
  ['nam: x', '3:1 error recipe.unknown-key: "nam" is not a known key; did you mean name?'],
  [
    'build: {kind: dockerfile, ouput: /x}\nupstream: {git: "https://a.io/b", commit: &c 3385f1bfe8d491169b054e4417f570c30f6325df}',
    '3:27 error recipe.unknown-key: build: "ouput" is not a known key; there are: kind, dockerfile, target, args',
  ],
  [
    'image: {bsae: scratch, base: scratch}',
    '3:9 error recipe.unknown-key: image: "bsae" is not a known key; did you mean base?',
  ],
  [
    'image: {}',
    '3:8 error recipe.missing-key: image: "base" is missing; image.base is an image (alpine:3.20), scratch, or an archive (bases/alpine.oci.tar)',
  ],
  [
    'build: {kind: make, image: golang, file: x, output: /x}',
    '3:15 error recipe.missing-key: build.kind: make builds from a source, and "upstream" is missing; add upstream: with its git, branch and commit',
  ],
  [
    'build: {kind: prebuilt, npm: {package: a, version: 1.0.0, file: a}, output: /a}',
    '3:30 error recipe.missing-key: build.npm: "integrity" is missing',
  ],
  ['build: {image: golang}', '3:8 error recipe.missing-key: build: "kind" is missing'],
  // Types
  ['version: 1.10', '3:10 error recipe.unquoted: version: 1.10 is a number, where a text is wanted; quote it: "1.10"'],
  ['title: true', '3:8 error recipe.unquoted: title: true is true or false, where a text is wanted; quote it: "true"'],
  [
    'upstream: {git: "https://a.io/b", commit: 33e8500000}',
    '3:43 error recipe.unquoted: upstream.commit: 33e8500000 is a number, where a text is wanted; quote it: "33e8500000"',
  ],
  [
    'title:',
    '3:7 error recipe.wrong-type: title: has no value, where a text is wanted; give it one, or leave the key out',
  ],
  ['title: [a]', '3:8 error recipe.wrong-type: title: a list stands here, where a text is wanted'],
  ['image: alpine', '3:8 error recipe.wrong-type: image: "alpine" stands here, where a map is wanted'],
  [
    'image: {base: scratch, entrypoint: /bin/x --flag}',
    '3:36 error recipe.wrong-type: image.entrypoint: "/bin/x --flag" stands here, where a list is wanted; write it as a list: ["/bin/x", "--flag"]',
  ],
  [
    'image: {base: scratch, cmd: \'sh -c "a b"\'}',
    '3:29 error recipe.wrong-type: image.cmd: "sh -c \\"a b\\"" stands here, where a list is wanted; write it as a list: ["sh -c \\"a b\\""]',
  ],
  [
    'image: {base: scratch, env: {PORT: 8080}}',
    '3:36 error recipe.unquoted: image.env.PORT: 8080 is a number, where a text is wanted; quote it: "8080"',
  ],
  [
    'build: {kind: gow}',
    '3:15 error recipe.invalid-value: build.kind: "gow" is none of go, make, dockerfile, prebuilt; did you mean go?',
  ],
  // Texts
  [
    'description: "a\\u0007b"',
    '3:14 error recipe.invalid-value: description: "a\\u0007b" has a control character in it',
  ],
  [
    'title: "a\\nb"',
    '3:8 error recipe.invalid-value: title: "a\\nb" has a line break or another control character in it',
  ],
  ['title: ""', '3:8 error recipe.invalid-value: title: "" is empty'],
  [
    'licenses: MIT, BSD',
    '3:11 error recipe.invalid-value: licenses: "MIT, BSD" is not a licence expression; SPDX: Apache-2.0 OR MIT',
  ],
  [
    'homepage: example.org',
    '3:11 error recipe.invalid-value: homepage: "example.org" is not a web address; like https://example.org/',
  ],
  [
    'fork: /repos/x',
    '3:7 error recipe.invalid-value: fork: "/repos/x" is not a path of a project; like repos/releng/tool: no host, no slash in front',
  ],
  [
    'fork: https://user:secret@example.org/x.git',
    '3:7 error recipe.invalid-value: fork: "https://***********@example.org/x.git" carries a user or a password; leave it out; git asks its credential helper',
  ],
  // Upstream
  [
    'upstream: {git: /srv/x.git}',
    '3:17 error recipe.invalid-value: upstream.git: "/srv/x.git" is not a URL of a git repository; like https://github.com/owner/name.git',
  ],
  [
    'upstream: {git: "ext::sh -c x"}',
    '3:17 error recipe.invalid-value: upstream.git: "ext::sh -c x" is not a URL of a git repository; like https://github.com/owner/name.git',
  ],
  [
    'upstream: {git: "https://me:secret@a.io/b"}',
    '3:17 error recipe.secret: upstream.git: "https://*********@a.io/b" carries a user or a password; leave it out; git asks its credential helper',
  ],
  [
    'upstream: {git: "https://a.io/b", branch: a, tag: b}',
    '3:46 error recipe.several-tracks: upstream: "tag" cannot be followed beside branch',
  ],
  [
    'upstream: {git: "https://a.io/b", branch: -x}',
    '3:43 error recipe.invalid-value: upstream.branch: "-x" is not a name of a branch',
  ],
  [
    'upstream: {git: "https://a.io/b", release: latest}',
    '3:44 error recipe.invalid-value: upstream.release: "latest" is not a range of versions; like ">=1.2 <2"; see semver.org and npm',
  ],
  [
    'upstream: {git: "https://a.io/b", commit: 3385f1b}',
    '3:43 error recipe.invalid-value: upstream.commit: "3385f1b" is not a commit; 40 (or 64) hex digits in lower case; git rev-parse REF^{commit} gives them',
  ],
  // Paths
  [
    'patches: [../x.patch]\nbuild: {kind: go, image: golang, output: /x}\nupstream: {git: "https://a.io/b", commit: 3385f1bfe8d491169b054e4417f570c30f6325df}',
    '3:11 error recipe.invalid-value: patches[0]: "../x.patch" leaves patches/; a path inside patches/, with slashes',
  ],
  [
    'image: {base: scratch, files: [{path: a/../../b, to: /b}]}',
    '3:39 error recipe.invalid-value: image.files[0].path: "a/../../b" leaves the workspace; a path inside the workspace, with slashes',
  ],
  [
    'image: {base: scratch, files: [{path: /etc/passwd, to: /b}]}',
    '3:39 error recipe.invalid-value: image.files[0].path: "/etc/passwd" is an absolute path; a path inside the workspace, with slashes',
  ],
  [
    'image: {base: scratch, files: [{path: a\\b, to: /b}]}',
    '3:39 error recipe.invalid-value: image.files[0].path: "a\\\\b" has a backslash in it; a path inside the workspace, with slashes',
  ],
  [
    'image: {base: ../base.tar}',
    '3:15 error recipe.invalid-value: image.base: "../base.tar" leaves the workspace; a path inside the workspace, with slashes',
  ],
  [
    'image: {base: scratch, files: [{path: b, to: b}]}',
    '3:46 error recipe.invalid-value: image.files[0].to: "b" is not an absolute path; did you mean /b?',
  ],
  [
    'image: {base: scratch, files: [{path: b, to: /a/../b}]}',
    '3:46 error recipe.invalid-value: image.files[0].to: "/a/../b" is not written plainly; did you mean /b?',
  ],
  [
    'image: {base: scratch, files: [{path: b, to: /}]}',
    '3:46 error recipe.invalid-value: image.files[0].to: "/" is the root of the image; name a file below it',
  ],
  [
    'image: {base: scratch, files: [{path: a, to: /b}, {path: b, to: /b}]}',
    '3:65 error recipe.duplicate-path: image.files[1].to: "/b" is already the path of another file',
  ],
  [
    'image: {base: scratch, workdir: srv}',
    '3:33 error recipe.invalid-value: image.workdir: "srv" is not an absolute path; did you mean /srv?',
  ],
  [
    'image: {base: scratch, volumes: [/a/]}',
    '3:34 error recipe.invalid-value: image.volumes[0]: "/a/" is not written plainly; did you mean /a?',
  ],
  // Image
  [
    'image: {base: "Alpine:3"}',
    '3:15 error recipe.invalid-value: image.base: "Alpine:3" is not an image name: "library/Alpine" is not a repository name; repository names are lower case',
  ],
  [
    'image: {base: scratch, env: {1A: x}}',
    '3:30 error recipe.invalid-value: image.env: "1A" is not a name of a variable; letters, digits and underscores, no digit first',
  ],
  [
    'image: {base: scratch, env: {A: "x\\ny"}}',
    '3:33 error recipe.invalid-value: image.env.A: "x\\ny" has a line break or another control character in it',
  ],
  [
    'image: {base: scratch, labels: {"a b": x}}',
    '3:33 error recipe.invalid-value: image.labels: "a b" is not a name of a label; like org.example.team',
  ],
  [
    'image: {base: scratch, user: "a b"}',
    '3:30 error recipe.invalid-value: image.user: "a b" is not a user; a name or a number, with a group where one is wanted: "65532:65532"',
  ],
  ['image: {base: scratch, ports: [65536]}', '3:32 error recipe.invalid-value: image.ports[0]: 65536 is not a port'],
  [
    'image: {base: scratch, ports: [8080/icmp]}',
    '3:32 error recipe.invalid-value: image.ports[0]: "8080/icmp" is not a port; 8080 or 8080/tcp',
  ],
  [
    'image: {base: scratch, stopSignal: TERM}',
    '3:36 error recipe.invalid-value: image.stopSignal: "TERM" is not a signal; SIGTERM or its number',
  ],
  [
    'image: {base: scratch, healthcheck: {command: [x], interval: "30"}}',
    '3:62 error recipe.invalid-value: image.healthcheck.interval: "30" is not a duration; like 30s, 1m30s or 500ms',
  ],
  [
    'image: {base: scratch, healthcheck: {command: []}}',
    '3:47 error recipe.invalid-value: image.healthcheck.command: [] is empty',
  ],
  [
    'image: {base: alpine, packages: ["tar; rm"]}',
    '3:34 error recipe.invalid-value: image.packages[0]: "tar; rm" is not a package; a name, or a name and a version: tar, tar=1.35-r2',
  ],
  [
    'image: {base: scratch, packages: [tar]}',
    '3:34 error recipe.no-package-manager: image.packages: nothing can be installed on scratch; choose a base that has a package manager',
  ],
  [
    'image: {base: "example.org/tool:1", packages: [tar]}',
    '3:47 error recipe.no-package-manager: image.packages: nothing says what installs packages in example.org/tool:1; add packageManager: apk or apt',
  ],
  // Sources
  [
    'image: {base: scratch, files: [{to: /b}]}',
    '3:32 error recipe.missing-key: image.files[0]: nothing says where the file comes from; one of npm, url, githubRelease, image, path, content, upstream is wanted',
  ],
  [
    'image: {base: scratch, files: [{to: /b, path: b, content: "b\\n"}]}',
    '3:50 error recipe.several-sources: image.files[0]: path and content all say where the file comes from; keep one',
  ],
  [
    'image: {base: scratch, files: [{to: /b, url: "https://a.io/b"}]}',
    '3:32 error recipe.missing-key: image.files[0]: "sha256" is missing; url needs it',
  ],
  [
    'image: {base: scratch, files: [{to: /b, content: "b\\n", file: b}]}',
    '3:57 error recipe.stray-key: image.files[0]: "file" does not go with content',
  ],
  [
    'image: {base: scratch, files: [{to: /b, content: b}]}',
    '3:50 error recipe.invalid-value: image.files[0].content: "b" does not end with a line break; write it as a block: content: |',
  ],
  [
    'image: {base: scratch, files: [{to: /b, image: scratch, path: /b}]}',
    '3:48 error recipe.invalid-value: image.files[0].image: "scratch" has no files',
  ],
  [
    'image: {base: scratch, files: [{to: /b, path: b, mode: 0755}]}',
    '3:56 error recipe.unquoted: image.files[0].mode: 0755 is a number, where a text is wanted; quote it: "0755"',
  ],
  [
    'image: {base: scratch, files: [{to: /b, path: b, mode: "17777"}]}',
    '3:56 error recipe.invalid-value: image.files[0].mode: "17777" is not a mode; write it as octal digits in quotes: "0755"',
  ],
  [
    'image: {base: scratch, files: [{to: /b, path: b, owner: root}]}',
    '3:57 error recipe.invalid-value: image.files[0].owner: "root" is not an owner; numbers of user and group: "0:0"',
  ],
  [
    'image: {base: scratch, files: [{to: /b, path: b, sha256: abc}]}',
    '3:58 error recipe.invalid-value: image.files[0].sha256: "abc" is not a SHA-256; 64 hex digits in lower case',
  ],
  // Go and make
  [
    'build: {kind: go, image: golang, modules: gopath, output: /x}\nupstream: {git: "https://a.io/b", commit: 3385f1bfe8d491169b054e4417f570c30f6325df}',
    '3:8 error recipe.missing-key: build: "importPath" is missing; with modules: gopath the source has to lie at its import path',
  ],
  [
    'build: {kind: go, image: golang, package: -toolexec, output: /x}\nupstream: {git: "https://a.io/b", commit: 3385f1bfe8d491169b054e4417f570c30f6325df}',
    '3:43 error recipe.invalid-value: build.package: "-toolexec" is not a Go package; a path in the source: ./cmd/copy',
  ],
  [
    'build: {kind: make, image: golang, targets: [A=b], file: x, output: /x}\nupstream: {git: "https://a.io/b", commit: 3385f1bfe8d491169b054e4417f570c30f6325df}',
    '3:46 error recipe.invalid-value: build.targets[0]: "A=b" is not a target of make; options are not taken here; NAME=value belongs under variables',
  ],
  [
    'build: {kind: make, image: golang, cross: "yes", file: x, output: /x}\nupstream: {git: "https://a.io/b", commit: 3385f1bfe8d491169b054e4417f570c30f6325df}',
    '3:43 error recipe.wrong-type: build.cross: "yes" stands here, where true or false is wanted',
  ],
  [
    'build: {kind: go, image: golang, output: /x, finish: [upx]}\nupstream: {git: "https://a.io/b", commit: 3385f1bfe8d491169b054e4417f570c30f6325df}',
    '3:55 error recipe.wrong-type: build.finish[0]: "upx" stands here, where a list is wanted; write it as a list: ["upx"]',
  ],
  [
    'build: {kind: go, image: golang, output: /x, finish: [[]]}\nupstream: {git: "https://a.io/b", commit: 3385f1bfe8d491169b054e4417f570c30f6325df}',
    '3:55 error recipe.invalid-value: build.finish[0]: [] is empty',
  ],
  [
    'build: {kind: go, image: golang, output: /x, finish: [[upx, "{biult}"]]}\nupstream: {git: "https://a.io/b", commit: 3385f1bfe8d491169b054e4417f570c30f6325df}',
    '3:61 error recipe.unknown-name-in-text: build.finish[0][1]: "{biult}" has {biult} in it, which is not a name; did you mean built?',
  ],
  // Files of the upstream
  [
    'image: {base: scratch, files: [{upstream: run.sh, to: /run.sh}]}',
    '3:43 error recipe.missing-key: image.files[0].upstream: the file comes out of a source, and "upstream" is missing; add upstream: with its git, branch and commit',
  ],
  [
    'image: {base: scratch, files: [{upstream: ../run.sh, to: /run.sh}]}\nupstream: {git: "https://a.io/b", commit: 3385f1bfe8d491169b054e4417f570c30f6325df}',
    `3:43 error recipe.invalid-value: image.files[0].upstream: "../run.sh" leaves the upstream's tree; a path inside the upstream's tree, with slashes`,
  ],
  [
    'image: {base: scratch, files: [{upstream: run.sh, path: run.sh, to: /run.sh}]}\nupstream: {git: "https://a.io/b", commit: 3385f1bfe8d491169b054e4417f570c30f6325df}',
    '3:33 error recipe.several-sources: image.files[0]: path and upstream all say where the file comes from; keep one',
  ],
  [
    'build: {kind: prebuilt, path: a, upstream: run.sh, output: /x}',
    '3:34 error recipe.unknown-key: build: "upstream" is not a known key; there are: kind, npm, url, sha256, file, githubRelease, image, path, output, mode, owner',
  ],
  // Names in braces
  [
    'build: {kind: go, image: golang, output: "{built}"}\nupstream: {git: "https://a.io/b", commit: 3385f1bfe8d491169b054e4417f570c30f6325df}',
    '3:42 error recipe.unknown-name-in-text: build.output: "{built}" has {built} in it, which is not a name; there are: os, arch, variant, platform, slug, uname, debian, alpine, runner, npm, name, version, registry, group',
  ],
  [
    'image: {base: scratch, files: [{path: "bin/{ach}", to: /b}]}',
    '3:39 error recipe.unknown-name-in-text: image.files[0].path: "bin/{ach}" has {ach} in it, which is not a name; did you mean arch?',
  ],
  [
    'image: {base: scratch, files: [{path: "bin/{arch", to: /b}]}',
    '3:39 error recipe.unknown-name-in-text: image.files[0].path: "bin/{arch" has a lone { in it; write {{ for a brace',
  ],
  [
    'image: {base: scratch, files: [{path: "bin/{debian}", to: /b}]}',
    '3:39 error recipe.no-name-here: image.files[0].path: {debian} has no value: Debian has no linux/arm/v6; give a map from platform to text',
  ],
  [
    'image: {base: scratch, files: [{path: {linux/amd64: a}, to: /b}]}',
    '3:39 error recipe.no-text-here: image.files[0].path: nothing is said for linux/arm/v6; add linux/arm/v6: …',
  ],
  [
    'image: {base: scratch, files: [{path: {linux/amd64: a, linux/arm/v6: b, linux/386: c}, to: /b}]}',
    '3:73 error recipe.stray-platform: image.files[0].path: "linux/386" is not a platform of this recipe',
  ],
  [
    'image: {base: scratch, files: [{path: {linux/amd64: a, linux/arm/v6: b, linux/x86_64: c}, to: /b}]}',
    '3:73 error recipe.duplicate-platform: image.files[0].path: "linux/x86_64" is there twice, in two spellings',
  ],
  [
    'image: {base: scratch, files: [{path: {linux/amd64: a, linux/arm6: b}, to: /b}]}',
    '3:56 error recipe.unknown-platform: image.files[0].path: "linux/arm6" is not a platform; did you mean linux/arm/v6?',
  ],
  // Publish
  [
    'publish: {image: "{registry}/x:1", tags: [a]}',
    '3:18 error recipe.invalid-value: publish.image: "registry.example.com/releng/x:1" has a tag or a digest in it; tags stand under publish.tags',
  ],
  [
    'publish: {image: "{registry}/X", tags: [a]}',
    '3:18 error recipe.invalid-value: publish.image: "registry.example.com/releng/X" is not an image name: "releng/X" is not a repository name; repository names are lower case',
  ],
  [
    'publish: {image: "{registry}/{arch}", tags: [a]}',
    '3:18 error recipe.no-name-here: publish.image: {arch} differs from platform to platform; an index has one name',
  ],
  [
    'publish: {image: a.io/x, tags: [a b]}',
    '3:33 error recipe.invalid-value: publish.tags[0]: "a b" is not a tag; letters, digits, . _ and -, at most 128, none of . and - in front',
  ],
  [
    'publish: {image: a.io/x, tags: ["{version}"]}',
    '3:33 error recipe.no-version: publish.tags[0]: {version} has no value: nothing in the recipe says a version; give the recipe a version, or its upstream a commit',
  ],
];

test.each(FAULTS)('%s', (fields, fault) => {
  const image = /^image:/m.test(fields) || /dockerfile/.test(fields) ? '' : 'image: {base: scratch}\n';
  expect(faultsOf(`name: tool\nplatforms: [linux/amd64, linux/arm/v6]\n${fields}\n${image}`)).toEqual([fault]);
});

const PLATFORM_FAULTS: readonly (readonly [platforms: string, fault: string])[] = [
  [
    '[linux/amd64, linux/arm6]',
    '2:26 error recipe.unknown-platform: platforms[1]: "linux/arm6" is not a platform; did you mean linux/arm/v6?',
  ],
  ['[386]', '2:13 error recipe.unquoted: platforms[0]: 386 is a number, where a text is wanted; quote it: "386"'],
  [
    'linux/amd64',
    '2:12 error recipe.wrong-type: platforms: "linux/amd64" stands here, where a list is wanted; write it as a list: ["linux/amd64"]',
  ],
  [
    '[]',
    '2:12 error recipe.no-platforms: platforms: no platforms are said, here or in forkwright.yaml; add platforms: [linux/amd64, linux/arm64]',
  ],
  ['[{emulate: true}]', '2:13 error recipe.missing-key: platforms[0]: "platform" is missing'],
  [
    '[{platform: linux/amd64, emulat: true}]',
    '2:37 error recipe.unknown-key: platforms[0]: "emulat" is not a known key; did you mean emulate?',
  ],
  [
    '[{platform: linux/amd64, publish: {}}]',
    '2:37 error recipe.not-per-platform: platforms[0]: "publish" cannot differ from platform to platform: an index has one; say it once, beside platforms',
  ],
  [
    '[{platform: windows/amd64, osVersion: 10.0}]',
    '2:50 error recipe.unquoted: platforms[0].osVersion: 10.0 is a number, where a text is wanted; quote it: "10.0"',
  ],
  [
    '\n- linux/arm64\n- linux/aarch64',
    '4:3 error recipe.duplicate-platform: platforms[1]: linux/arm64 is already on line 3; keep one of them',
  ],
  [
    '\n- {platform: windows/amd64, osVersion: 10.0.20348.1}\n- windows(10.0.20348.9)/amd64',
    '4:3 error recipe.duplicate-platform: platforms[1]: windows(10.0.20348.9)/amd64 and windows(10.0.20348.1)/amd64 on line 3 have one slug: windows-amd64-10-0-20348; keep one of them',
  ],
  [
    '[{platform: linux/amd64, image: {user: 12}}]',
    '2:51 error recipe.unquoted: platforms[0].image.user: 12 is a number, where a text is wanted; quote it: "12"',
  ],
  [
    '[{platform: linux/amd64, image: {base: null}}]',
    '2:45 error recipe.missing-key: platforms[0].image: "base" is missing; image.base is an image (alpine:3.20), scratch, or an archive (bases/alpine.oci.tar)',
  ],
  [
    '[{platform: linux/riscv64, emulate: false, image: {base: alpine, packages: [tar]}}]',
    '2:13 error recipe.no-runner: platforms[0]: no runner runs linux/riscv64 natively, and an emulator is not allowed; map it under runners in forkwright.yaml, or leave out emulate: false',
  ],
];

test.each(PLATFORM_FAULTS)('platforms: %s', (platforms, fault) => {
  expect(faultsOf(`name: tool\nplatforms: ${platforms}\nimage: {base: scratch}\n`)).toEqual([fault]);
});

test('a name is that of the file', () => {
  const rest = 'image: {base: scratch}\nplatforms: [linux/amd64]\n';
  const hint = 'lower-case letters and digits, single - or _ between them, at most 64';
  expect(faultsOf(`name: other\n${rest}`)).toEqual([
    '1:7 error recipe.name-mismatch: name: "other" is not what the file is called; write name: tool, or rename the file to other.yaml',
  ]);
  expect(faultsOf(rest)).toEqual(['1:1 error recipe.missing-key: "name" is missing']);
  for (const name of ['../x', 'a/b', 'A', 'a--b', '-a', `a${'b'.repeat(64)}`, 'a.b', '']) {
    expect(faultsOf(`name: ${JSON.stringify(name)}\n${rest}`)[0]).toBe(
      `1:7 error recipe.invalid-value: name: ${JSON.stringify(name)} is not a name of a recipe; ${hint}`,
    );
  }
});

test('all faults of a recipe are found in one run, in the order of its lines, each once', () => {
  const text = `name: tool
nme: x
version: 1.10
build:
  kind: prebuilt
  npm: { package: "@x/{npm}", version: ^1.2, file: ../x, integrity: sha512-abc }
  output: /bin/x
image:
  base: scratch
  ports: [0]
platforms: [linux/amd64, linux/arm64, linux/arm6]
publish: { image: "{arch}", tags: ["{version}"] }
`;
  expect(faultsOf(text)).toEqual([
    '2:1 error recipe.unknown-key: "nme" is not a known key; did you mean name?',
    '3:10 error recipe.unquoted: version: 1.10 is a number, where a text is wanted; quote it: "1.10"',
    '6:40 error recipe.invalid-value: build.npm.version: "^1.2" is not an exact version; like 0.28.2: no range, no tag, no leading v',
    '6:52 error recipe.invalid-value: build.npm.file: "../x" leaves the archive; a path inside the archive, with slashes',
    '6:69 error recipe.invalid-value: build.npm.integrity: "sha512-abc" is not an integrity: sha512 has 64 bytes in base64',
    '10:11 error recipe.invalid-value: image.ports[0]: 0 is not a port',
    '11:39 error recipe.unknown-platform: platforms[2]: "linux/arm6" is not a platform; did you mean linux/arm/v6?',
    '12:19 error recipe.no-name-here: publish.image: {arch} differs from platform to platform; an index has one name',
  ]);
});

const unpinned = (followed: string) =>
  `2:11 warning recipe.unpinned: upstream: no commit is given: it renders and builds what ${followed} holds on the day; run \`forkwright lock tool\`, or add commit: and the 40 hex digits`;

test('an upstream that is built without a commit is a warning, and the recipe is sound', () => {
  const build = 'build: {kind: go, image: golang, output: /x}\nimage: {base: scratch}\nplatforms: [linux/amd64]\n';
  const faults = (upstream: string) => faultsOf(`name: tool\nupstream: {git: "https://a.io/b"${upstream}}\n${build}`);
  expect(faults(', branch: main')).toEqual([unpinned('main')]);
  expect(faults(', tag: v*')).toEqual([unpinned('tag v*')]);
  expect(faults(', release: ">=1"')).toEqual([unpinned('release >=1')]);
  expect(faults('')).toEqual([unpinned('the default branch')]);
  const files =
    'image: {base: scratch, files: [{upstream: x, to: /x}]}\nplatforms: [linux/amd64]\npatches: [a.patch]\n';
  expect(faultsOf(`name: tool\nupstream: {git: "https://a.io/b"}\n${files}`)).toEqual([unpinned('the default branch')]);
});

const COMPILED =
  'upstream: {git: "https://a.io/b", commit: 3385f1bfe8d491169b054e4417f570c30f6325df}\nimage: {base: scratch}\n';

const COMPILER_FAULTS: readonly (readonly [build: string, platforms: string, faults: readonly string[]])[] = [
  [
    '{kind: make, cross: true, image: debian, file: x, output: /x}',
    'linux/amd64, linux/loong64',
    [
      '5:28 error recipe.no-cross-compiler: build.cross: Debian has no C compiler for linux/loong64; leave cross out and let an emulator run make, or install a compiler with packages and name it as CC in env',
    ],
  ],
  ['{kind: make, cross: true, image: debian, env: {CC: zig cc}, file: x, output: /x}', 'linux/loong64', []],
  ['{kind: make, cross: true, image: debian, variables: {CC: cc}, file: x, output: /x}', 'linux/loong64', []],
  [
    '{kind: make, cross: true, image: "alpine:3", file: x, output: /x}',
    'linux/amd64, linux/arm64',
    [
      "5:28 error recipe.no-cross-compiler: build.cross: the cross compilers are Debian's, and alpine:3 is Alpine's; leave cross out and let an emulator run make, or install a compiler with packages and name it as CC in env",
    ],
  ],
  [
    '{kind: go, cgo: true, image: "golang:bookworm", output: /x}',
    'windows/amd64',
    [
      '5:24 error recipe.no-cross-compiler: build.cgo: Debian has no C compiler for windows/amd64; leave cgo out, or install a compiler with packages and name it as CC in env',
    ],
  ],
  ['{kind: go, cgo: true, image: "golang:alpine", output: /x}', 'linux/loong64', []],
  ['{kind: go, cgo: false, image: golang, output: /x}', 'windows/amd64', []],
  [
    '{kind: make, cross: true, image: debian, file: x, output: /x}',
    '{platform: linux/loong64, build: {cross: null}}',
    [],
  ],
];

test.each(COMPILER_FAULTS)('%s for %s', (build, platforms, faults) => {
  expect(faultsOf(`name: tool\n${COMPILED}platforms: [${platforms}]\nbuild: ${build}\n`)).toEqual(faults);
});

test('what is not used is a warning', () => {
  expect(faultsOf('name: tool\nimage: {base: scratch}\nplatforms: [linux/amd64]\npatches: [a.patch]\n')).toEqual([
    '4:10 warning recipe.unused-key: patches: not used: nothing comes out of the source; remove it',
  ]);
  const upstream = 'upstream: {git: "https://a.io/b", commit: 3385f1bfe8d491169b054e4417f570c30f6325df}';
  expect(
    faultsOf(`name: tool\n${upstream}\nbuild: {kind: dockerfile}\nimage: {base: alpine}\nplatforms: [linux/amd64]\n`),
  ).toEqual([
    `4:15 warning recipe.unused-key: image.base: "alpine" is not used: upstream's Dockerfile says what it is based on; remove it`,
  ]);
});

test('of hundreds of faults the first 200 are told', () => {
  const faults = faultsOf(`name: tool\nimage: {base: scratch}\nplatforms: [${'x,'.repeat(1000)}]\n`);
  expect(faults).toHaveLength(201);
  expect(faults.at(-1)).toBe('recipes/tool.yaml error recipe.too-many: 800 more faults are not shown');
});
