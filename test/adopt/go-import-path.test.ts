import { expect, test } from 'vitest';
import { readMainPath, repositoryOf } from '../../src/adopt/go-import-path.ts';

test.each([
  ['/go/src/github.com/tonistiigi/copy/cmd/copy/main.go', 'github.com/tonistiigi/copy/cmd/copy', null, true],
  ['C:\\gopath\\src\\github.com\\a\\b\\main.go', 'github.com/a/b', null, true],
  ['/src/go/src/example.org/a/src/b/main.go', 'example.org/a/src/b', null, true],
  ['github.com/a/b/cmd/c/main.go', 'github.com/a/b/cmd/c', null, null],
  ['github.com/a/b@v1.2.3/cmd/c/main.go', 'github.com/a/b/cmd/c', 'v1.2.3', false],
  [
    '/root/go/pkg/mod/github.com/!burnt!sushi/toml@v1.3.2/cmd/x/main.go',
    'github.com/BurntSushi/toml/cmd/x',
    'v1.3.2',
    false,
  ],
  ['/build/tool/cmd/tool/main.go', null, null, null],
  ['/home/me@v1/tool/main.go', null, null, null],
  ['_/go/src/example.org/a/main.go', 'example.org/a', null, true],
  ['main.go', null, null, null],
])('%s', (file, importPath, version, isGopath) => {
  expect(readMainPath(file)).toEqual({ importPath, version, isGopath });
});

test.each([
  ['github.com/a/b/cmd/c', { git: 'https://github.com/a/b.git', root: 'github.com/a/b' }],
  ['gitlab.com/a/b', { git: 'https://gitlab.com/a/b.git', root: 'gitlab.com/a/b' }],
  ['k8s.io/kubernetes/cmd/kubectl', { git: 'https://github.com/kubernetes/kubernetes.git', root: 'k8s.io/kubernetes' }],
  ['golang.org/x/tools/cmd/stringer', { git: 'https://go.googlesource.com/tools.git', root: 'golang.org/x/tools' }],
  ['gopkg.in/yaml.v3', { git: 'https://github.com/go-yaml/yaml.git', root: 'gopkg.in/yaml.v3' }],
  ['example.org/tool', { git: 'https://example.org/tool.git', root: 'example.org/tool' }],
  ['example.org/group/tool/cmd/x', { git: 'https://example.org/group/tool.git', root: 'example.org/group/tool' }],
  ['command-line-arguments', null],
  ['cmd/go', null],
  ['example.org', null],
  ['evil.example/$(id)', null],
])('the repository of %s', (importPath, expected) => {
  expect(repositoryOf(importPath)).toEqual(expected);
});
