// Date.parse takes nearly anything for a date, and without a zone the machine's.
const DATE = /^Date: ((?:[A-Z][a-z]{2}, )?\d{1,2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} [+-]\d{4})\r?$/m;

/**
 * Gives the newest date of the messages in a patch file, in seconds since 1970; null where it has none, as a plain diff.
 * Specification: git-format-patch(1), RFC 5322 section 3.3.
 */
export function newestPatchDate(text: string): number | null {
  const dates = text
    .split(/^(?=From [0-9a-f]{40,64} )/m)
    .map((message) => DATE.exec(headerOf(message))?.[1])
    .map((date) => (date === undefined ? Number.NaN : Date.parse(date) / 1000))
    .filter((seconds) => !Number.isNaN(seconds));
  return dates.length === 0 ? null : Math.max(...dates);
}

function headerOf(message: string): string {
  return message.split(/^\r?$/m, 1)[0] ?? '';
}
