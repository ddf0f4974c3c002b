import type { Platform } from './platform.ts';

/** What a platform is called elsewhere; null where that world has no such platform. */
export interface PlatformNames {
  /** `uname -m`. */
  readonly uname: string | null;
  readonly debian: string | null;
  readonly alpine: string | null;
  /** GitLab Runner's archives. */
  readonly runner: string | null;
  /** npm's `cpu`, Node's process.arch. */
  readonly npm: string | null;
}

type Row = readonly [os: string, arch: string, variant: string, ...names: readonly (string | null)[]];

// The one table. Debian: wiki.debian.org/SupportedArchitectures; Alpine: its release branches; GitLab Runner:
// helpers/container/helperimage; npm: what process.arch says on that machine.
//   os         arch       variant  uname          debian      alpine         runner     npm
const TABLE: readonly Row[] = [
  ['linux', 'amd64', '', 'x86_64', 'amd64', 'x86_64', 'x86_64', 'x64'],
  ['linux', 'arm64', '', 'aarch64', 'arm64', 'aarch64', 'arm64', 'arm64'],
  ['linux', '386', '', 'i686', 'i386', 'x86', null, 'ia32'],
  ['linux', 'arm', 'v7', 'armv7l', 'armhf', 'armv7', 'arm', 'arm'],
  ['linux', 'arm', 'v6', 'armv6l', null, 'armhf', 'arm', 'arm'],
  ['linux', 'arm', 'v5', 'armv5tel', 'armel', null, null, 'arm'],
  ['linux', 'loong64', '', 'loongarch64', 'loong64', 'loongarch64', 'loong64', 'loong64'],
  ['linux', 'mips64le', '', 'mips64', 'mips64el', null, null, 'mips64el'],
  ['linux', 'mipsle', '', 'mips', 'mipsel', null, null, 'mipsel'],
  ['linux', 'ppc64le', '', 'ppc64le', 'ppc64el', 'ppc64le', 'ppc64le', 'ppc64'],
  ['linux', 'riscv64', '', 'riscv64', 'riscv64', 'riscv64', 'riscv64', 'riscv64'],
  ['linux', 's390x', '', 's390x', 's390x', 's390x', 's390x', 's390x'],
  ['windows', 'amd64', '', null, null, null, 'x86_64', 'x64'],
  ['windows', 'arm64', '', null, null, null, 'arm64', 'arm64'],
  ['windows', '386', '', null, null, null, null, 'ia32'],
  ['darwin', 'amd64', '', 'x86_64', null, null, null, 'x64'],
  ['darwin', 'arm64', '', 'arm64', null, null, null, 'arm64'],
  ['freebsd', 'amd64', '', 'amd64', null, null, null, 'x64'],
  ['freebsd', 'arm64', '', 'arm64', null, null, null, 'arm64'],
];

/** The platforms of the table as `os/arch[/variant]`, in its order. */
export function knownPlatforms(): readonly string[] {
  return TABLE.map(([os, arch, variant]) => (variant === '' ? `${os}/${arch}` : `${os}/${arch}/${variant}`));
}

/**
 * What a platform is called in the other worlds; os.version plays no part. A variant that the table does not have
 * (amd64/v3) goes by the names of the architecture without it. Null for a platform that is not in the table.
 */
export function platformNames(platform: Platform): PlatformNames | null {
  const ofArch = TABLE.filter(([os, arch]) => os === platform.os && arch === platform.arch);
  const row =
    ofArch.find(([, , variant]) => variant === platform.variant) ?? ofArch.find(([, , variant]) => variant === '');
  if (row === undefined) return null;
  const [uname = null, debian = null, alpine = null, runner = null, npm = null] = row.slice(3);
  return { uname, debian, alpine, runner, npm };
}

/** The platforms, as `os/arch[/variant]`, that any world calls by this name; for suggestions. */
export function platformsCalled(name: string): readonly string[] {
  const wanted = name.toLowerCase();
  return knownPlatforms().filter((_, index) => TABLE[index]?.slice(1).includes(wanted));
}
