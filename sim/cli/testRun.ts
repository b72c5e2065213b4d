/** Runs of small worlds for tests, bound to the real parts: the catalogue, the agents in this thread, replayed inference. */
import { CATALOGUE } from '../../agents/catalogue.ts';
import { PHASE } from '../engine/agentContract.ts';
import type { InferencePort } from '../engine/inferencePort.ts';
import type { AgentInfo } from '../engine/roster.ts';
import { decodeActions } from '../engine/run.ts';
import type { Scenario } from '../engine/scenario.ts';
import type { SharedRun } from '../engine/shared.ts';
import {
  createTestWorld,
  type Group,
  runTestWorld,
  scenarioOf,
  type WorldOptions,
  type WorldRun,
} from '../engine/testWorld.ts';
import type { AgentRow, ChallengeRow, ModelRow, ProviderRow } from '../engine/trace.ts';
import { openInference } from '../inference/openInference.ts';
import { DEFAULT_POOL_SEED } from '../inference/textRecognition.ts';
import { ACTION_NAMES, type ActionName } from '../protocol/actions.ts';
import { repoRoot } from '../store/paths.ts';
import { createInlineAgents } from './agentPool.ts';

/** The committed profile; nothing is executed. */
export function openReplay(poolSamples: number): Promise<InferencePort> {
  return openInference({
    mode: 'replay',
    device: 'cpu',
    poolSeed: DEFAULT_POOL_SEED,
    poolSamples,
    builtDir: '',
    root: repoRoot(),
  });
}

export function smallScenario(groups: readonly Group[], rest: Partial<Scenario> = {}): Scenario {
  return scenarioOf(CATALOGUE, groups, rest);
}

/** Runs a scenario on the core, with replayed inference, agents in this thread. */
export async function runSmall(scenario: Scenario, options: Partial<WorldOptions> = {}): Promise<WorldRun> {
  const inference = options.inference ?? (await openReplay(scenario.inference.poolSamples));
  return runTestWorld(createTestWorld(scenario, inference), {
    catalogue: CATALOGUE,
    agents: createInlineAgents,
    ...options,
    inference,
  });
}

/** The agents of a run, but that they do not take the actions that `refuses` names. Slots count from 0. */
export function agentsWithout(
  refuses: (agent: number, name: ActionName, slot: number) => boolean,
): WorldOptions['agents'] {
  return (shared) => {
    const inner = createInlineAgents(shared);
    return {
      ...inner,
      async decide(phase, slotCount) {
        const { actions, orders, messages } = await inner.decide(phase, slotCount);
        const kept: number[] = [];
        for (let at = 0; at < actions.length; at += 3 + actions[at + 2]!) {
          const name = ACTION_NAMES[actions[at + 1]!]!;
          if (!refuses(actions[at]!, name, slotCount - 1))
            kept.push(...actions.subarray(at, at + 3 + actions[at + 2]!));
        }
        return { actions: Float64Array.from(kept), orders, messages };
      },
    };
  };
}

/** Student's t for a two-sided 95 % interval, by number of pairs. */
const T_95: Readonly<Record<number, number>> = {
  4: 3.182,
  5: 2.776,
  6: 2.571,
  7: 2.447,
  8: 2.365,
  9: 2.306,
  10: 2.262,
};

export type Interval = { readonly low: number; readonly mean: number; readonly high: number };

/** Mean of paired differences with its 95 % interval. @throws RangeError unless there are 4 to 10 */
export function intervalOf(differences: readonly number[]): Interval {
  const n = differences.length;
  const t = T_95[n];
  if (t === undefined) throw new RangeError(`${n} pairs; 4 to 10 are expected`);
  const mean = differences.reduce((sum, d) => sum + d, 0) / n;
  const variance = differences.reduce((sum, d) => sum + (d - mean) ** 2, 0) / (n - 1);
  const half = t * Math.sqrt(variance / n);
  return { low: mean - half, mean, high: mean + half };
}

/**
 * Runs a scenario for each seed.
 *
 * @returns what `measure` finds in each run, in the order of the seeds
 */
export async function overSeeds<T>(
  seeds: readonly number[],
  scenario: Scenario,
  measure: (run: WorldRun) => T,
): Promise<T[]> {
  const found: T[] = [];
  for (const seed of seeds) found.push(measure(await runSmall({ ...scenario, seed })));
  return found;
}

/** Differences `left − right`, place by place. */
export function differencesOf(left: readonly number[], right: readonly number[]): number[] {
  return left.map((value, i) => value - right[i]!);
}

/** Who an agent is, whatever its number in the roster. */
export const nameOf = (info: AgentInfo): string => `${info.role}.${info.rolePopulation}/${info.populationIndex}`;

type ByAgent<T> = ReadonlyMap<string, readonly T[]>;

/** A run with everything that its agents decided and drew. Agents go by {@link nameOf}. */
export type Recording = {
  readonly run: WorldRun;
  readonly decisions: readonly { readonly slot: number; readonly phase: number; readonly by: ByAgent<string> }[];
  /** State of the agents' own streams at the start, and after each of these. */
  readonly streams: readonly ByAgent<number>[];
  /** Speed, distance, failures and connection of the hardware, slot by slot. */
  readonly worlds: readonly ByAgent<number>[];
};

export async function recordRun(scenario: Scenario): Promise<Recording> {
  const decisions: Recording['decisions'][number][] = [];
  const streams: ByAgent<number>[] = [];
  const worlds: ByAgent<number>[] = [];
  const fourOfEach = ({ roster }: SharedRun, column: Float64Array): ByAgent<number> =>
    new Map(
      roster.agents.map((info) => [nameOf(info), Array.from(column.subarray(info.agent * 4, info.agent * 4 + 4))]),
    );
  const run = await runSmall(scenario, {
    agents(shared) {
      const inner = createInlineAgents(shared);
      const { agents } = shared.roster;
      const accounts = agents.map(({ account }) => account);
      streams.push(fourOfEach(shared, shared.streams));
      return {
        ...inner,
        async decide(phase, slotCount) {
          if (phase === PHASE.open) worlds.push(fourOfEach(shared, shared.world));
          const batch = await inner.decide(phase, slotCount);
          const by = new Map<string, string[]>(agents.map((info) => [nameOf(info), []]));
          for (const { kind, actor, args } of decodeActions(batch, accounts)) {
            by.get(nameOf(agents[actor - accounts[0]!]!))!.push(`${ACTION_NAMES[kind]}(${args.join(', ')})`);
          }
          decisions.push({ slot: slotCount - 1, phase, by });
          streams.push(fourOfEach(shared, shared.streams));
          return batch;
        },
      };
    },
  });
  return { run, decisions, streams, worlds };
}

function agentOf({ roster }: WorldRun, name: string): AgentInfo {
  const found = roster.agents.find((info) => nameOf(info) === name);
  if (found === undefined) throw new Error(`No agent ${name}`);
  return found;
}

/** Rows of an agent, one an era. */
export function rowsOf(run: WorldRun, name: string): AgentRow[] {
  const { account } = agentOf(run, name);
  return run.eras.map(({ agents }) => agents.find((row) => row.account === account)!);
}

/** Rows of a miner's provider, one an era from its proposal on, and those of the challenges against it. */
export function providerOf(
  run: WorldRun,
  name: string,
): { readonly rows: readonly ProviderRow[]; readonly challenges: readonly ChallengeRow[] } {
  const { account } = agentOf(run, name);
  const rows = run.eras.flatMap(({ providers }) => providers.filter((row) => row.account === account));
  const own = new Set(rows.map(({ provider }) => provider));
  return { rows, challenges: run.eras.flatMap(({ challenges }) => challenges.filter((row) => own.has(row.provider))) };
}

/** Rows of a creator's models in the last era. */
export function modelsOf(run: WorldRun, name: string): ModelRow[] {
  const { account } = agentOf(run, name);
  return run.eras[run.eras.length - 1]!.models.filter((row) => row.account === account);
}

/** Sum of the named columns over all rows. */
export function sumOf<K extends string>(
  rows: readonly { readonly [key in K]: number }[],
  ...columns: readonly K[]
): number {
  return rows.reduce((sum, row) => columns.reduce((all, column) => all + row[column], sum), 0);
}

/** Share of the checked work (miner), or of the votes (validator), that was accepted. */
export function acceptedShare(rows: readonly AgentRow[]): number {
  return sumOf(rows, 'acceptedCount') / sumOf(rows, 'checkedCount');
}

/** Income from whatever source, in base units. */
export function incomeUnits(rows: readonly AgentRow[]): number {
  return sumOf(rows, 'callUnits', 'rewardUnits', 'delegationUnits', 'livenessUnits', 'slarkUnits', 'restitutionUnits');
}
