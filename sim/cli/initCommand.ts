/** `powr init`: a first scenario to change: a preset written out with comments, and the schema that editors complete it from. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { presetNames, readPreset } from '../../scenarios/presets.ts';
import { didYouMean } from '../../scenarios/suggest.ts';
import { replaceFile } from '../store/writeFile.ts';
import { EXIT, UsageError } from './exitCodes.ts';
import { loadScenarioFile, printIssues } from './loadFile.ts';
import { SCHEMA_FILE, schemaText } from './schemaCommand.ts';

export type InitOptions = { readonly preset: string; readonly force?: boolean; readonly json?: boolean };

/** What each key at the top of a scenario is for; a preset has no comment of its own there. */
const COMMENTS: Readonly<Record<string, string>> = {
  seed: 'Everything left to chance follows from the seed: the same seed gives the same run.',
  eras: 'An era is a day of 24 time slots. Rewards, slashes and trust settle once an era.',
  ledger:
    'core: the TypeScript rules. chain: the Solidity contracts on a local chain. lockstep: both, compared every era.',
  inference:
    'Models are really executed; mode: replay takes what was measured before. pool_samples: samples of each difficulty.',
  params: 'Rules that differ from their defaults. `powr params` lists all, with unit, range and source.',
  populations:
    'Who takes part: so many agents of a role, and how they behave. `powr strategies` lists strategies and options;\n# `mix: { steady: 80%, cheater: 20% }` instead of `strategy` makes a population of several.',
  shocks: 'What happens to the network from outside.',
};

const TAIL = `
# What must come out; \`powr run\` fails with exit code 3 if it does not. Metrics are the names in summary.json.
# expect:
#   - { metric: requests.served_share, is: "> 0.9" }
`;

/**
 * The text of a starter: the preset with its name changed, a seed, and comments.
 *
 * @param preset text of a preset: a comment, then keys beginning with version and name
 */
export function starterText(name: string, presetName: string, preset: string): string {
  const body = preset.slice(preset.search(/^version:/m)).replace(/^name: .*\n/m, `name: ${name}\n\nseed: 1\n`);
  // A key stands apart with its comment; one that the preset has commented keeps what it has.
  const commented = body.replace(/\n*(^#.*\n)*^([a-z]+):/gm, (whole, own: string | undefined, key: string) => {
    if (key === 'version' || key === 'name' || own !== undefined || COMMENTS[key] === undefined) return whole;
    return `\n\n# ${COMMENTS[key]}\n${key}:`;
  });
  return `# yaml-language-server: $schema=./${SCHEMA_FILE}
#
# Written by \`powr init\` from the preset ${presetName}. Change it, then: powr validate ${name}.yaml
${commented.trimEnd()}
${TAIL}`;
}

const NAME = /^[a-z0-9][a-z0-9-]{0,63}$/;

/** @throws UsageError for a name that no scenario can have, an unknown preset, or files in the way; nothing is written then */
export async function initCommand(target: string, options: InitOptions): Promise<number> {
  const folder = dirname(target);
  const name = basename(target).replace(/\.ya?ml$/, '');
  if (!NAME.test(name)) {
    throw new UsageError(
      `Cannot name a scenario ${JSON.stringify(name)}: at most 64 lower-case letters, digits and hyphens, such as my-scenario`,
    );
  }
  const preset = readPreset(options.preset);
  if (preset === null) {
    throw new UsageError(
      `There is no preset ${options.preset}${didYouMean(options.preset, presetNames())}. Presets: ${presetNames().join(', ')}`,
    );
  }
  if (!existsSync(folder) || !statSync(folder).isDirectory())
    throw new UsageError(`Cannot write ${target}: there is no directory ${folder}`);
  const file = join(folder, `${name}.yaml`);
  const schema = join(folder, SCHEMA_FILE);
  const hasSchema = existsSync(schema) && readFileSync(schema, 'utf8') === schemaText();
  if (options.force !== true) {
    if (existsSync(file)) throw new UsageError(`${file} exists already. Name another, or overwrite it with --force`);
    if (existsSync(schema) && !hasSchema)
      throw new UsageError(`${schema} exists already and is not of this version. Overwrite it with --force`);
  }
  if (!hasSchema) await replaceFile(schema, schemaText());
  await replaceFile(file, starterText(name, options.preset, preset));
  const loaded = loadScenarioFile(file, []);
  printIssues(loaded);
  const next = `powr run ${file}`;
  if (options.json === true) {
    process.stdout.write(
      `${JSON.stringify({ ok: loaded.ok, file, schema, wroteSchema: !hasSchema, preset: options.preset, next }, null, 2)}\n`,
    );
  } else if (loaded.ok) {
    process.stdout.write(
      `wrote ${file}${hasSchema ? '' : ` and ${schema}`}: valid, preset ${options.preset}\nnext: ${next}\n`,
    );
  }
  // What is shipped must load: anything else is a bug.
  return loaded.ok ? EXIT.ok : EXIT.bug;
}
