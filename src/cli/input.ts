/** What commander found on the command line: declared arguments by name, options by their camel-case name. */
export type Input = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
