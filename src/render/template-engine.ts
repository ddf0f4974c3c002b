import Handlebars from 'handlebars';
import { ForkwrightError, messageOf } from '../errors.ts';
import type { BuildView, DockerfileView } from './dockerfile-view.ts';
import { TEMPLATE_HELPERS } from './template-helpers.ts';

/** A template as it was found. */
export interface TemplateSource {
  /** `go.Dockerfile.hbs`, `partials/header.hbs` */
  readonly name: string;
  /** Where people find it: `templates/go.Dockerfile.hbs`. */
  readonly place: string;
  readonly text: string;
}

/** Templates that are ready to be filled in. */
export interface Templates {
  /** Gives the Dockerfile of a view. Throws `render.template` with the template's file and line. */
  renderDockerfile(view: DockerfileView): string;
}

type Fill = Handlebars.TemplateDelegate<DockerfileView>;

/** The template of each kind of build. */
export const DOCKERFILE_TEMPLATES: Readonly<Record<BuildView['kind'], string>> = {
  go: 'go.Dockerfile.hbs',
  make: 'make.Dockerfile.hbs',
  dockerfile: 'dockerfile.Dockerfile.hbs',
  prebuilt: 'prebuilt.Dockerfile.hbs',
  none: 'none.Dockerfile.hbs',
};

const PARTIAL = /^partials\/(.+)\.hbs$/;

/**
 * Makes templates out of their sources, each compiled once. Throws `render.template` with file and line where one cannot
 * be parsed or a Dockerfile's template is missing.
 */
export function compileTemplates(sources: readonly TemplateSource[]): Templates {
  const environment = Handlebars.create();
  for (const [name, helper] of Object.entries(TEMPLATE_HELPERS)) registerHelper(environment, name, helper);
  const dockerfiles = new Map<string, Fill>();
  for (const source of sources) {
    const fill = compile(environment, source);
    const partial = PARTIAL.exec(source.name)?.[1];
    if (partial === undefined) dockerfiles.set(source.name, fill);
    else environment.registerPartial(partial, fill);
  }
  return {
    renderDockerfile(view) {
      const name = DOCKERFILE_TEMPLATES[view.build.kind];
      const fill = dockerfiles.get(name);
      if (fill === undefined) throw new ForkwrightError('render.template', `there is no template ${name}`);
      const text = fill(view);
      return text.endsWith('\n') ? text : `${text}\n`;
    },
  };
}

/** What a template throws is thrown with the place in the very file it happened in, also inside a partial. */
function compile(environment: typeof Handlebars, source: TemplateSource): Fill {
  const explain = (thrown: unknown) => (thrown instanceof ForkwrightError ? thrown : explainError(thrown, source));
  try {
    // Handlebars compiles when a template is first used; parsing it now finds its errors before that.
    const tree = environment.parse(source.text);
    // Without preventIndent a partial in an indented line would indent the content of files.
    const fill: Fill = environment.compile(tree, { noEscape: true, strict: true, preventIndent: true });
    return (view, options) => {
      try {
        return fill(view, options);
      } catch (error) {
        throw explain(error);
      }
    };
  } catch (error) {
    throw explain(error);
  }
}

function registerHelper(
  environment: typeof Handlebars,
  name: string,
  helper: (...values: readonly unknown[]) => string,
): void {
  environment.registerHelper(name, (...values: unknown[]) => {
    try {
      return helper(...values.slice(0, -1));
    } catch (error) {
      // A value that cannot be quoted is the recipe's fault, not the template's.
      if (error instanceof ForkwrightError) throw error;
      throw errorAt(values, `{{${name}}}: ${messageOf(error)}`);
    }
  });
}

/** Handlebars hands a helper its options last; `loc.start` in them is the place that it was called at. */
function errorAt(values: readonly unknown[], text: string): Error {
  const start = property(property(values.at(-1), 'loc'), 'start');
  return Object.assign(new Error(text), { lineNumber: property(start, 'line'), column: property(start, 'column') });
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? new Map(Object.entries(value)).get(name) : undefined;
}

function explainError(thrown: unknown, { place, text }: TemplateSource): ForkwrightError {
  const position = positionOf(thrown, text);
  // Handlebars repeats the position in its own terms (` - 3:5`), and draws it below a parse error.
  const message = messageOf(thrown).replace(/ - \d+:\d+$/, '');
  return new ForkwrightError('render.template', message.split('\n').join(' '), {
    place: `${place}${position}`,
    hint: "forkwright's templates/README.md says what a template can use",
    cause: thrown,
  });
}

/** Gives `:3:5`, `:3`, or '' where nothing tells the line. */
function positionOf(thrown: unknown, text: string): string {
  const [line, column] = [property(thrown, 'lineNumber'), property(thrown, 'column')];
  if (typeof line === 'number') return typeof column === 'number' ? `:${line}:${column + 1}` : `:${line}`;
  const parsed = /^Parse error on line (\d+)/.exec(messageOf(thrown))?.[1];
  if (parsed !== undefined) return `:${parsed}`;
  const partial = /^The partial (\S+) could not be found$/.exec(messageOf(thrown))?.[1];
  if (partial === undefined) return '';
  const index = text.split('\n').findIndex((each) => each.includes('{{>') && each.includes(partial));
  return index === -1 ? '' : `:${index + 1}`;
}
