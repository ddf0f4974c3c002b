import { tarFault } from './fault.ts';

/** PAX records by keyword. Values are bytes: extended attributes are no text. */
export type PaxRecords = ReadonlyMap<string, Buffer>;

const SPACE = 0x20;
const NEWLINE = 0x0a;

/**
 * Reads the records of a PAX extended header; `offset` is where the header lies. A keyword must not come twice: readers
 * differ on which one counts. Throws `tar.malformed-pax`. Specification: POSIX.1-2017 pax, "pax Extended Header".
 */
export function parsePax(data: Buffer, offset: number): PaxRecords {
  const records = new Map<string, Buffer>();
  for (let position = 0; position < data.length;) {
    const space = data.indexOf(SPACE, position);
    const digits = data.toString('latin1', position, space === -1 ? position : space);
    const end = position + Number(digits);
    const equals = data.indexOf('=', position);
    const isSound =
      /^[1-9][0-9]{0,8}$/.test(digits) &&
      end <= data.length &&
      data[end - 1] === NEWLINE &&
      equals > space + 1 &&
      equals < end;
    if (!isSound)
      throw tarFault('tar.malformed-pax', `no PAX record at byte ${position} of the extended header`, offset);
    const key = data.toString('utf8', space + 1, equals);
    if (records.has(key)) throw tarFault('tar.malformed-pax', `two PAX records for ${JSON.stringify(key)}`, offset);
    records.set(key, Buffer.from(data.subarray(equals + 1, end - 1)));
    position = end;
  }
  return records;
}

/** Gives the bytes of an extended header's data, in the order of the map. `parsePax` takes them back. */
export function encodePax(records: PaxRecords): Buffer {
  const encoded = [...records].map(([key, value]) => {
    const body = Buffer.concat([Buffer.from(` ${key}=`), value, Buffer.from('\n')]);
    // The length counts its own digits.
    let length = body.length + 1;
    while (String(length).length + body.length !== length) length = String(length).length + body.length;
    return Buffer.concat([Buffer.from(String(length)), body]);
  });
  return Buffer.concat(encoded);
}
