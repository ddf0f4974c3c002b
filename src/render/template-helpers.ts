import {
  escapePattern,
  quoteComment,
  quoteExec,
  quotePaths,
  quotePathsAsJson,
  quoteShell,
  quoteUrl,
  quoteValue,
  quoteWord,
} from './quote.ts';

/** What a template calls to quote a value for its place; see quote.ts. Throws TypeError for a value of another type. */
export const TEMPLATE_HELPERS: Readonly<Record<string, (...values: readonly unknown[]) => string>> = {
  // {{json entrypoint}}: the exec form of ENTRYPOINT, CMD and HEALTHCHECK.
  json: (list) => quoteExec(texts(list)),
  // {{jsonPaths volumes}}: the JSON form of VOLUME, COPY and ADD.
  jsonPaths: (list) => quotePathsAsJson(texts(list)),
  // {{paths from to}}: the paths of COPY and ADD, as words where they can be.
  paths: (...paths) => quotePaths(texts(paths)),
  // {{paths (exact from) to}}: a source that is one file, whatever its name.
  exact: (path) => escapePattern(text(path)),
  // NAME={{env value}}, and the same for LABEL.
  env: (value) => quoteValue(text(value)),
  label: (value) => quoteValue(text(value)),
  // WORKDIR {{word workdir}}
  word: (value) => quoteWord(text(value)),
  // RUN apk add {{shell name}}
  shell: (value) => quoteShell(text(value)),
  // ADD ${REGISTRY}/{{url path}}
  url: (value) => quoteUrl(text(value)),
  // # {{comment description}}
  comment: (value) => quoteComment(text(value)),
};

function text(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new TypeError(`a text is wanted, not ${JSON.stringify(value)}`);
}

function texts(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.map(text);
  throw new TypeError(`a list is wanted, not ${JSON.stringify(value)}`);
}
