import { expect, test } from 'vitest';
import { guessBase } from '../../src/adopt/guess-base.ts';
import { readOsRelease } from '../../src/adopt/os-release.ts';

const ALPINE = 'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.20.3\nPRETTY_NAME="Alpine Linux v3.20"\n';
const DEBIAN = 'PRETTY_NAME="Debian GNU/Linux 12"\nID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n';
const label = (name: string) => ({ 'org.opencontainers.image.base.name': name });

test.each([
  [ALPINE, {}, false, 'alpine:3.20', 'by /etc/os-release: Alpine Linux v3.20'],
  [
    'ID=alpine\nVERSION_ID=3.21_alpha20240807',
    {},
    false,
    'alpine:edge',
    'by /etc/os-release: alpine 3.21_alpha20240807',
  ],
  [DEBIAN, {}, false, 'debian:bookworm', 'by /etc/os-release: Debian GNU/Linux 12'],
  [DEBIAN, {}, true, 'debian:bookworm-slim', 'by /etc/os-release: Debian GNU/Linux 12'],
  ['ID=ubuntu\nVERSION_ID="24.04"', {}, false, 'ubuntu:24.04', 'by /etc/os-release: ubuntu 24.04'],
  [
    'PRETTY_NAME="Distroless"\nID=debian\nVERSION_ID="12"',
    {},
    false,
    'scratch',
    "by /etc/os-release: Distroless, an image of its own of Debian's packages",
  ],
  ['ID="We Are\n"', {}, false, 'scratch', 'by /etc/os-release: "We Are , of which the image\'s name is not known'],
  [null, {}, false, 'scratch', 'it has no /etc/os-release'],
  [ALPINE, label('docker.io/library/alpine:3.20'), false, 'alpine:3.20', null],
  [ALPINE, label('example.com/base:1'), false, 'example.com/base:1', 'by the label org.opencontainers.image.base.name'],
  [ALPINE, label('not a name'), false, 'alpine:3.20', 'by /etc/os-release: Alpine Linux v3.20'],
] as const)('%j %j', (text, labels, isSlim, base, guess) => {
  const osRelease = text === null ? null : readOsRelease(text);
  expect(guessBase({ osRelease, labels, isSlim, hasBusybox: false })).toEqual({ base, guess });
});
