import { expect, test } from 'vitest';
import { composeBody } from '../../src/propose/compose-body.ts';
import { composeMessage, composeTitle } from '../../src/propose/compose-title.ts';
import { findNews } from '../../src/propose/news.ts';
import { proposalTarget } from '../../src/propose/proposal-target.ts';
import { EMPTY_LOCK, type RecipeLock } from '../../src/lock/lock.ts';
import {
  changeOf,
  GIT,
  lockedUpstream,
  NEW,
  OLD,
  recipeChange,
  registryImage,
  upstreamState,
} from './change-values.ts';

const KEY = `${GIT} branch main`;
const ALPINE = 'docker.io/library/alpine:3.20';

function lockOf(commit: string, alpine: Readonly<Record<string, string>>, more: object = {}): RecipeLock {
  return {
    ...EMPTY_LOCK,
    upstreams: new Map([[KEY, lockedUpstream(commit, more)]]),
    images: new Map([[ALPINE, registryImage(alpine)]]),
  };
}

const BEFORE = lockOf(OLD, { 'linux/amd64': 'a', 'linux/arm64': 'b' });
const NEWS = findNews(BEFORE, lockOf(NEW, { 'linux/amd64': 'a', 'linux/arm64': 'c' }));
const Z = '\u200B';

test('a body says why, what is new, what to look at, and what will be built', () => {
  const distance = {
    isAncestor: true,
    ahead: 3,
    behind: 0,
    hasSameTree: false,
    commits: [
      { commit: NEW, subject: 'Fixes #12 | thanks @all' },
      { commit: '3'.repeat(40), subject: '/close' },
    ],
  };
  const warning = {
    code: 'upstream.archived',
    severity: 'warning' as const,
    place: 'recipes/tool.yaml',
    text: `${GIT}: it is archived`,
    hint: 'look for a successor',
  };
  const transient = { ...warning, code: 'upstream.project-unknown', text: 'quota is spent' };
  const change = changeOf(
    [
      recipeChange({
        news: NEWS,
        upstreams: [upstreamState({ distance, findings: [warning, transient] })],
        patches: [
          { path: 'patches/tool/0001-a.patch', state: 'applies' },
          { path: 'patches/tool/0002-b.patch', state: 'merged' },
          { path: 'patches/tool/0003-c.patch', state: 'refresh' },
        ],
        packages: [{ platform: 'linux/amd64', name: 'tar', old: '1.35-r2', new: '1.35-r3' }],
        platforms: [{ image: 'alpine:3.20', appeared: ['linux/riscv64'], vanished: ['linux/386'] }],
        passedOver: [
          {
            what: 'golang:1.24',
            rule: { recipe: null, what: 'golang:*', versions: null, until: '2027-01-01', because: 'see #4' },
          },
        ],
      }),
    ],
    {
      dependents: ['shell'],
      rebuilds: [
        { recipe: 'tool', platforms: ['linux/amd64'], leaves: ['source tree'] },
        { recipe: 'tool', platforms: ['linux/arm64'], leaves: [`image ${ALPINE}`, 'source tree'] },
        { recipe: 'shell', platforms: ['linux/amd64'], leaves: ['recipe tool'] },
      ],
    },
  );
  expect(composeBody(change))
    .toBe(`What \`tool\` is built from has moved: upstream and images. What is built on it is locked anew with it: \`shell\`.

### Warnings

- https:${Z}//github.com/tools/tool.git: it is archived (look for a successor)

### Upstream of \`tool\`

| upstream | followed | was | is |
| --- | --- | --- | --- |
| \`https://github.com/tools/tool.git\` | branch main | \`111111111111\` | \`222222222222\` |

3 new commits. [Compare the two commits](https://github.com/tools/tool/compare/${OLD}...${NEW}).

- \`222222222222\` Fixes \\#${Z}12 \\| thanks \\@${Z}all
- \`333333333333\` \\/close
- … and 1 more

### Images

| image | platform | was | is |
| --- | --- | --- | --- |
| \`alpine:3.20\` | \`linux/arm64\` | \`sha256:bbbbbbbbbbbb\` | \`sha256:cccccccccccc\` |

- \`alpine:3.20\` also has \`linux/riscv64\` now
- \`alpine:3.20\` has \`linux/386\` no more

### Patches

| patch | on the new commit |
| --- | --- |
| \`patches/tool/0001-a.patch\` | applies |
| \`patches/tool/0002-b.patch\` | is merged upstream: dropped |
| \`patches/tool/0003-c.patch\` | applies after a merge: refreshed |

### Packages

| recipe | package | platform | was | is |
| --- | --- | --- | --- | --- |
| \`tool\` | \`tar\` | \`linux/amd64\` | \`1.35-r2\` | \`1.35-r3\` |

### What will be rebuilt

| recipe | platforms | since these are others |
| --- | --- | --- |
| \`tool\` | \`linux/amd64\` | source tree |
| \`tool\` | \`linux/arm64\` | image docker.io/library/alpine:3.20, source tree |
| \`shell\` | \`linux/amd64\` | recipe tool |

### Passed over

- golang:1.24, by a rule of \`forkwright.yaml\` until 2027-01-01: see \\#${Z}4

---

Made by \`forkwright propose\`, which writes it anew when there is more news. It leaves branches alone that somebody else has
committed to. Closed, it stays closed until there is something else to propose.
`);
  expect(composeTitle(change)).toBe('Update tool to 222222222222');
  expect(composeMessage(change)).toBe(`Update tool to 222222222222

tool upstream: ${OLD} -> ${NEW}
alpine:3.20 linux/arm64: sha256:${'b'.repeat(64)} -> sha256:${'c'.repeat(64)}
`);
});

test('a commit with the same files is provenance only', () => {
  const after = lockOf(NEW, { 'linux/amd64': 'a', 'linux/arm64': 'b' }, { tree: `tree ${OLD}` });
  const body = composeBody(changeOf([recipeChange({ news: findNews(BEFORE, after) })]));
  expect(body).toContain('- `tool` is not rebuilt: the new commit has the same files (provenance only)\n');
  expect(body).toContain(`[Compare the two commits](https://github.com/tools/tool/compare/${OLD}...${NEW}).`);
  expect(body).not.toContain('###  ');
});

test('recipes with the same new image have one title, and each row once', () => {
  const after = lockOf(OLD, { 'linux/amd64': 'a', 'linux/arm64': 'c' });
  const news = findNews(BEFORE, after);
  const change = changeOf(['a', 'b', 'c', 'd'].map((recipe) => recipeChange({ recipe, news })));
  expect(composeTitle(change)).toBe('Update alpine:3.20 of 4 recipes');
  expect(composeTitle(changeOf(change.recipes.slice(0, 3)))).toBe('Update alpine:3.20 of a, b and c');
  expect(composeBody(change).match(/linux\/arm64/g)).toHaveLength(1);
});

test('the target is that of what would be locked, not of who is proposed with what text', () => {
  const target = proposalTarget([recipeChange({ news: NEWS })]);
  expect(proposalTarget([recipeChange({ news: NEWS, passedOver: [], patches: [] })])).toBe(target);
  const other = findNews(BEFORE, lockOf('3'.repeat(40), { 'linux/amd64': 'a', 'linux/arm64': 'c' }));
  expect(proposalTarget([recipeChange({ news: other })])).not.toBe(target);
});
