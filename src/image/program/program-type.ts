/** How an ELF program is linked; `unknown` where its program headers lie beyond the bytes that were read. */
export type Linkage = 'static' | 'dynamic' | 'unknown';

/** What the first bytes of a file say about a program. */
export type Program =
  | {
      readonly format: 'elf';
      /** GOARCH, or `machine 0x…` for one that Go does not know. */
      readonly arch: string;
      /** Null where the file does not say (System V); most programs for Linux do not. */
      readonly os: string | null;
      readonly bits: 32 | 64;
      readonly endianness: 'little' | 'big';
      readonly linkage: Linkage;
      /** The dynamic linker's path; null where there is none or it is not in the bytes that were read. */
      readonly interpreter: string | null;
      /** ARM's EABI version, 5 on every system of today; null for other machines. */
      readonly armEabi: number | null;
    }
  | { readonly format: 'pe'; readonly arch: string | null }
  /** A universal binary has several. */
  | { readonly format: 'mach-o'; readonly archs: readonly string[] }
  | { readonly format: 'script'; readonly interpreter: string };
