import type { Finding } from '../finding.ts';
import { parseReference } from '../oci/reference.ts';
import { parsePlatform } from '../platform/parse.ts';
import { formatPlatform } from '../platform/platform.ts';
import { checkSections } from './check-sections.ts';
import { parseYaml } from './document.ts';
import { reportInto, type Fault } from './fault.ts';
import { resolvePropose, type ProposeSettings } from './resolve-propose.ts';
import { toFindings } from './to-findings.ts';
import { readPlatforms, toRunner, type PlatformEntry, type Runner } from './platform-list.ts';
import type { WorkspaceSettings } from './target.ts';
import { workspaceSchema } from './workspace-schema.ts';

/** What forkwright.yaml says for all recipes, defaults filled in. */
export interface WorkspaceDefaults {
  readonly group: string | null;
  readonly registry: string | null;
  readonly labels: Readonly<Record<string, string>>;
  /** Platforms of the recipes that name none; empty where none are said. */
  readonly platforms: readonly PlatformEntry[];
  /** By `default` and formatted platform. */
  readonly runners: ReadonlyMap<string, Runner>;
  readonly settings: WorkspaceSettings;
  readonly propose: ProposeSettings;
  /** Whether the file is faulty: what a recipe misses in it is then not the recipe's fault. */
  readonly isFaulty: boolean;
}

/** What holds without forkwright.yaml. */
export const NO_DEFAULTS: WorkspaceDefaults = {
  group: null,
  registry: null,
  labels: {},
  platforms: [],
  runners: new Map(),
  settings: {
    pipeline: {
      image: 'node:24-bookworm-slim',
      command: 'forkwright',
      engine: 'dind',
      dindImage: 'docker:28-dind',
      artifactsExpireIn: '1 week',
      ifNeeded: false,
    },
    mirrors: {},
    toolsImage: parseReference('alpine:3.20'),
  },
  propose: resolvePropose(undefined),
  isFaulty: false,
};

/** Takes the text of forkwright.yaml and gives what it says, and what is wrong with it. Codes: `yaml.*`, `workspace.*`. */
export function readWorkspaceText(
  text: string,
  file: string,
): { readonly defaults: WorkspaceDefaults; readonly findings: readonly Finding[] } {
  const document = parseYaml(text, file);
  if (!('data' in document)) {
    // A file of comments alone says nothing, and that is allowed here: every key can be left out.
    const findings = document.filter((finding) => finding.code !== 'yaml.empty');
    return { defaults: { ...NO_DEFAULTS, isFaulty: findings.length > 0 }, findings };
  }
  const faults: Fault[] = [];
  const report = reportInto(faults);
  const { fields } = checkSections(workspaceSchema, document.data, [], document, report);
  const { pipeline = {}, tools = {}, mirrors = {}, runners = {}, labels = {} } = fields;
  const lineOf = (path: Fault['path']) => document.locate(path, 'value').line;
  const platforms = readPlatforms(fields.platforms ?? [], document, report, lineOf);
  const runnerEntries = Object.entries(runners).map(([key, runner]) => {
    const name = key === 'default' ? key : formatPlatform(parsePlatform(key));
    return [name, toRunner(runner)] as const;
  });
  const unset = NO_DEFAULTS.settings;
  const defaults: WorkspaceDefaults = {
    group: fields.group ?? null,
    registry: fields.registry ?? null,
    labels,
    platforms,
    runners: new Map(runnerEntries),
    settings: {
      pipeline: {
        image: pipeline.image ?? unset.pipeline.image,
        command: pipeline.command ?? unset.pipeline.command,
        engine: pipeline.engine ?? unset.pipeline.engine,
        dindImage: pipeline.dindImage ?? unset.pipeline.dindImage,
        artifactsExpireIn: pipeline.artifactsExpireIn ?? unset.pipeline.artifactsExpireIn,
        ifNeeded: pipeline.ifNeeded ?? unset.pipeline.ifNeeded,
      },
      mirrors,
      toolsImage: tools.image === undefined ? unset.toolsImage : parseReference(tools.image),
    },
    propose: resolvePropose(fields.propose),
    isFaulty: faults.length > 0,
  };
  return { defaults, findings: toFindings(faults, 'workspace', document) };
}
