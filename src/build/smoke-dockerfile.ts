/** What the image is called in the Dockerfile of a test; a named context stands behind it. */
export const TESTED_IMAGE = 'image';

/** How the step of a test begins in a Dockerfile and in what BuildKit says of it. */
export const TEST_STEP = 'RUN --network=none [';

// BuildKit expands nothing in the exec form, but it does in what it prints of the step; and two `<` open a here-document
// for some readers of Dockerfiles.
const ESCAPED: Readonly<Record<string, string>> = { $: String.raw`\u0024`, '<': String.raw`\u003c` };

/**
 * Gives the Dockerfile that runs a program in the image as a container would: no shell, and environment, folder and user
 * are those of the image. Takes any words. Specification: docs.docker.com/reference/dockerfile, "RUN", exec form.
 */
export function smokeDockerfile(words: readonly string[]): string {
  const list = words.map((word) => JSON.stringify(word).replaceAll(/[$<]/g, (sign) => ESCAPED[sign] ?? sign));
  return `FROM ${TESTED_IMAGE}\n${TEST_STEP}${list.join(', ')}]\n`;
}
