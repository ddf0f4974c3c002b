/** What commander found on the command line: declared arguments by name, options by their camel-case name. */
export type Input = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

/** The text of an argument or option; null where it was not given. */
export function text(value: Input[string]): string | null {
  return typeof value === 'string' ? value : null;
}

/** The texts of what can be given several times. */
export function texts(value: Input[string]): readonly string[] {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value : [];
}
