import { platformNames } from './names.ts';
import type { Platform } from './platform.ts';

/** A C compiler of Debian that makes programs for a platform. */
export interface DebianCompiler {
  /** Debian's name of the architecture, as `dpkg --print-architecture` gives it: `arm64`. */
  readonly architecture: string;
  /** In front of the names of its tools: `aarch64-linux-gnu`. */
  readonly triplet: string;
}

// The gcc-<triplet> of Debian 12, package gcc-defaults: they are there on amd64 and arm64, and Debian 11 has them too.
const TRIPLETS: Readonly<Record<string, string>> = {
  amd64: 'x86_64-linux-gnu',
  arm64: 'aarch64-linux-gnu',
  armel: 'arm-linux-gnueabi',
  armhf: 'arm-linux-gnueabihf',
  i386: 'i686-linux-gnu',
  mips64el: 'mips64el-linux-gnuabi64',
  mipsel: 'mipsel-linux-gnu',
  ppc64el: 'powerpc64le-linux-gnu',
  riscv64: 'riscv64-linux-gnu',
  s390x: 's390x-linux-gnu',
};

/** Gives the compiler of Debian for a platform; null where Debian has none. */
export function debianCompiler(platform: Platform): DebianCompiler | null {
  const architecture = isArmV6(platform) ? 'armel' : (platformNames(platform)?.debian ?? '');
  const triplet = TRIPLETS[architecture];
  return triplet === undefined ? null : { architecture, triplet };
}

// Debian's armhf, its C library included, is made for ARMv7, which an ARMv6 does not run whatever -march says. What its
// armel makes, for ARMv5 and without the floating point unit, does run there.
function isArmV6({ os, arch, variant }: Platform): boolean {
  return os === 'linux' && arch === 'arm' && variant === 'v6';
}
