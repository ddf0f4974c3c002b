/** Where the source lies in the build stage, if not below GOPATH. */
export const SOURCE_FOLDER = '/src';

/** Where the build stage has the program that `go build` made for this path in the image. */
export function goBuiltPath(output: string): string {
  return `/out/${output.split(/[/\\]/).at(-1) ?? output}`;
}

/** Where the build stage has the program that make left at this path of the source. */
export function makeBuiltPath(file: string): string {
  return `${SOURCE_FOLDER}/${file}`;
}
