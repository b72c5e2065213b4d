/** `powr explain`: why one agent earned, was slashed or lost trust, from what its run has stored. */
import { createIssueList } from '../../scenarios/issues.ts';
import { readParams } from '../../scenarios/params.ts';
import { parseTree } from '../../scenarios/parseTree.ts';
import { createSource } from '../../scenarios/positions.ts';
import { didYouMean } from '../../scenarios/suggest.ts';
import { MOVE } from '../protocol/events.ts';
import { ACCOUNT, KIND, TASK_KIND } from '../protocol/layout.ts';
import { PARAMS } from '../protocol/params.ts';
import { RUN_FILES } from '../store/paths.ts';
import { type AgentName, type ProtocolNumbers, readAgent, readAgentNames } from '../store/readAgent.ts';
import { readFinishedManifest, readText } from '../store/readRun.ts';
import { EXIT, UsageError } from './exitCodes.ts';
import { explainAgent, totalsOf } from './explain.ts';
import type { Rules } from './explainIncome.ts';
import { renderExplanation } from './explainText.ts';
import { wantsColor } from './loadFile.ts';

export type ExplainOptions = { readonly agent: string; readonly era?: number; readonly json?: boolean };

const IN_MILLI_TOKENS: ReadonlySet<string> = new Set(
  PARAMS.filter(({ unit }) => unit === 'milliTokens').map(({ key }) => key),
);

/** Names listed when many would fit. */
const MOST_NAMED = 8;

/**
 * The parameters that a stored scenario was run with. Reads nothing else of it, so that a trace that has moved since
 * does not matter.
 */
export function rulesOf(scenarioYaml: string): Rules {
  const issues = createIssueList();
  const tree = parseTree(createSource(RUN_FILES.scenario, '', scenarioYaml), 0, scenarioYaml.length, issues);
  const params = tree?.kind === 'map' ? tree.entries.get('params')?.value : undefined;
  const values = readParams(params?.kind === 'map' ? params : null, issues);
  // A scenario says thousandths of a token as such; the ledger holds them in base units.
  const perMilli = 10 ** values.decimals / 1_000;
  return {
    decimals: values.decimals,
    value: (key) => Number(values.stored(key)) * (IN_MILLI_TOKENS.has(key) ? perMilli : 1),
  };
}

/** The agent of this account number, of this name, or the only one in whose name the text occurs. */
export function findAgent(wanted: string, names: readonly AgentName[]): AgentName {
  const listed = (some: readonly AgentName[]): string =>
    some
      .slice(0, MOST_NAMED)
      .map(({ account, name, role, strategy }) => `  ${account}  ${name}  (${role} ${strategy})`)
      .join('\n') + (some.length > MOST_NAMED ? `\n  and ${some.length - MOST_NAMED} more` : '');
  if (/^\d+$/.test(wanted)) {
    const found = names.find(({ account }) => account === Number(wanted));
    if (found !== undefined) return found;
    throw new UsageError(
      `No agent has account ${wanted}; they are ${names[0]!.account} to ${names.at(-1)!.account}:\n${listed(names)}`,
    );
  }
  const lower = wanted.trim().toLowerCase();
  const exact = names.filter(({ name }) => name.toLowerCase() === lower);
  const found =
    exact.length > 0 ? exact : names.filter(({ name }) => lower !== '' && name.toLowerCase().includes(lower));
  if (found.length === 1) return found[0]!;
  if (found.length > 1)
    throw new UsageError(`${found.length} agents are called so; name one by its account:\n${listed(found)}`);
  const near = didYouMean(
    wanted,
    names.map(({ name }) => name),
  );
  throw new UsageError(`No agent is called ${JSON.stringify(wanted)}${near}. Agents by account:\n${listed(names)}`);
}

export function protocolNumbers(rules: Rules): ProtocolNumbers {
  return {
    slotsPerEra: rules.value('time.slots_per_era'),
    kinds: KIND,
    stakeVault: ACCOUNT.stakeVault,
    delegationVault: ACCOUNT.delegationVault,
    lossReasons: [MOVE.penalty, MOVE.slash],
    modelTasks: [TASK_KIND.modelMetadata, TASK_KIND.model],
    nodeTasks: [TASK_KIND.nodeMetadata, TASK_KIND.node, TASK_KIND.output],
  };
}

/**
 * @returns 1 if an amount does not add up to the stored row
 * @throws UsageError for an agent or era that the run does not have; StoreError if it has recorded too little
 */
export async function explainCommand(directory: string, options: ExplainOptions): Promise<number> {
  const manifest = await readFinishedManifest(directory);
  if (options.era !== undefined && options.era >= manifest.erasDone)
    throw new UsageError(`The run in ${directory} has eras 0 to ${manifest.erasDone - 1}, not ${options.era}`);
  const agent = findAgent(options.agent, await readAgentNames(directory));
  const rules = rulesOf(await readText(directory, RUN_FILES.scenario));
  const history = await readAgent(directory, agent.account, protocolNumbers(rules));
  // All eras are explained, also for one: standings and ratings have a past.
  const all = explainAgent(history, rules);
  const eras = options.era === undefined ? all : all.filter(({ era }) => era === options.era);
  const isExact = eras.every(({ disagreements }) => disagreements.length === 0);
  if (options.json === true) {
    const { name, seed, digest } = manifest;
    process.stdout.write(
      `${JSON.stringify({ run: { directory, name, seed, digest }, agent, decimals: rules.decimals, isExact, totals: totalsOf(eras), eras }, null, 2)}\n`,
    );
  } else {
    const run = `${manifest.name}, seed ${manifest.seed}`;
    process.stdout.write(renderExplanation({ agent, run, decimals: rules.decimals, eras }, wantsColor(process.stdout)));
  }
  return isExact ? EXIT.ok : EXIT.bug;
}
