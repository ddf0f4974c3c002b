import { expect, test } from 'vitest';
import { countBaseLayers, formatStep, readHistory } from '../../src/adopt/history.ts';
import type { HistoryEntry } from '../../src/oci/config.ts';

const made = (createdBy: string): HistoryEntry => ({ created: null, createdBy, comment: '', isEmptyLayer: false });
const empty = (createdBy: string): HistoryEntry => ({ ...made(createdBy), isEmptyLayer: true });

const ALPINE = [
  made('/bin/sh -c #(nop) ADD file:9a4f77dfaba7fd2aa78186e4ef0e7486ad55101cefc1fabbc1b385601bb38920 in / '),
  empty('/bin/sh -c #(nop)  CMD ["/bin/sh"]'),
];

test.each([
  ['RUN /bin/sh -c apk add tar # buildkit', 'RUN apk add tar'],
  ['RUN |2 A=1 B=x y /bin/sh -c make\t  all # buildkit', 'RUN make all'],
  ['COPY /out/copy /bin/copy # buildkit', 'COPY /out/copy /bin/copy'],
  ['ENV PATH=/bin', 'ENV PATH=/bin'],
  ['/bin/sh -c apk add --no-cache tar', 'RUN apk add --no-cache tar'],
  ['|1 VERSION=1 /bin/sh -c make', 'RUN make'],
  ['/bin/sh -c #(nop) COPY file:0a1b in /bin/tool ', 'COPY file:0a1b in /bin/tool'],
  ['/bin/tool mkdir /etc', 'RUN /bin/tool mkdir /etc'],
  ['bazel build ...', 'bazel build ...'],
  ['COPYCAT x', 'COPYCAT x'],
  ['', ''],
])('%s', (createdBy, expected) => {
  expect(readHistory([made(createdBy)], 1).map(formatStep)).toEqual([expected]);
});

test('steps are told of their layers where the numbers fit', () => {
  const history = [...ALPINE, made('RUN /bin/sh -c apk add tar # buildkit'), empty('USER 1')];
  expect(readHistory(history, 2).map(({ layer }) => layer)).toEqual([0, null, 1, null]);
  expect(readHistory(history, 3).map(({ layer }) => layer)).toEqual([null, null, null, null]);
});

test.each([
  { name: 'ADD and CMD', history: ALPINE, count: 1 },
  {
    name: 'more layers in between',
    history: [made('ADD rootfs.tar / # buildkit'), made('COPY x /'), empty('CMD ["bash"]')],
    count: 2,
  },
  { name: 'debuerreotype', history: [made("# debian.sh --arch 'amd64' out/ 'bookworm'"), made('RUN x')], count: 1 },
  { name: 'a program of its own', history: [made('ADD tool.tar /'), empty('CMD ["/bin/tool", "serve"]')], count: 0 },
  { name: 'a copied program', history: [made('COPY tool /'), empty('CMD ["sh"]')], count: 0 },
  { name: 'no history', history: [], count: 0 },
])('layers of the base: $name', ({ history, count }) => {
  const layers = history.filter(({ isEmptyLayer }) => !isEmptyLayer).length;
  expect(countBaseLayers(readHistory([...history, made('COPY a b')], layers + 1))).toBe(count);
});

test('a long history of spaces is read at once', () => {
  expect(readHistory([made(`${' '.repeat(1_000_000)}x`)], 1).map(formatStep)).toEqual(['']);
});
