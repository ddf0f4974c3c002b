import { ForkwrightError } from '../errors.ts';

/** The codes of what can be wrong with a tar file. */
export type TarFaultCode =
  | 'tar.truncated'
  | 'tar.bad-checksum'
  | 'tar.unusual-checksum'
  | 'tar.nonzero-padding'
  | 'tar.trailing-data'
  | 'tar.malformed-number'
  | 'tar.malformed-pax'
  | 'tar.ambiguous-extension'
  | 'tar.ambiguous-size'
  | 'tar.global-extension'
  | 'tar.too-large'
  | 'tar.sparse'
  | 'tar.unsupported-type';

/** An error about a tar file at a byte offset; whoever knows the file's name puts it in front of the place. */
export function tarFault(code: TarFaultCode, text: string, offset: number): ForkwrightError {
  return new ForkwrightError(code, text, { place: `byte ${offset}` });
}

/** Takes a fault after which reading goes on. A reporter that throws makes every fault fatal. */
export type ReportFault = (fault: ForkwrightError) => void;
