/**
 * Small worlds for the tests of the engine and of the agents: a scenario in one call and a run of it on the core, with
 * whatever inference and agents the test brings. Keeps what the tests look at; decides nothing about a run.
 */

import type { State } from '../protocol/state.ts';
import { createCoreLedger } from './coreLedger.ts';
import type { TracedRequest } from './demand.ts';
import { createGenesisState, type GenesisPlan, planGenesis } from './genesis.ts';
import type { InferencePort } from './inferencePort.ts';
import type { EraRows } from './observer.ts';
import type { AgentsPort } from './ports.ts';
import { createRoster, type Roster } from './roster.ts';
import { type RunHooks, type RunOutcome, runScenario } from './run.ts';
import type { Population, Scenario, StrategySpec } from './scenario.ts';
import { capacitiesFor, createShared, type SharedRun, sharedVariantsOf } from './shared.ts';

const UNITS_PER_TOKEN = 1_000_000;

/** A group of agents; what is left out is filled in from the catalogue by {@link scenarioOf}. */
export type Group = { readonly role: Population['role']; readonly strategy: string; readonly count: number } & Partial<
  Pick<Population, 'options' | 'hardware' | 'demand' | 'entrySlot'>
> & { /** Opening wallet in tokens. */ readonly openTokens?: number };

/** One request per consumer every two slots. */
const HALF_PER_SLOT: Population['demand'] = { kind: 'poisson', ratePerSlotMil: 500 };

const OPEN_TOKENS = {
  creator: 1_000,
  miner: 2_000,
  validator: 2_000,
  consumer: 500,
  delegator: 5_000,
  slark: 1_000,
  fizz: 1_000,
  matchmaker: 100,
} as const;

/**
 * @param catalogue strategies that the groups may name; options that a group leaves out have the catalogue's defaults
 * @throws Error for a strategy that is not in the catalogue
 */
export function scenarioOf(
  catalogue: readonly StrategySpec[],
  groups: readonly Group[],
  rest: Partial<Scenario> = {},
): Scenario {
  return {
    version: 1,
    name: 'test',
    seed: 1,
    eras: 4,
    ledger: 'core',
    chain: { signedBps: 0 },
    params: {},
    shocks: [],
    record: { agents: 'all', events: 'none' },
    expect: [],
    ...rest,
    inference: {
      mode: 'replay',
      device: 'cpu',
      poolSamples: 60,
      levelBps: [0, 5_000, 5_000],
      sets: { publicSamples: 0, heldOutSamples: 60, rotateEras: 0 },
      puzzle: 'text',
      validatorDevice: 'same',
      ...rest.inference,
    },
    populations: groups.map(({ openTokens, ...group }) => {
      const spec = catalogue.find(({ role, name }) => role === group.role && name === group.strategy);
      if (spec === undefined) throw new Error(`No strategy ${group.strategy} for role ${group.role}`);
      const defaults = Object.fromEntries(Object.entries(spec.options).map(([name, { fallback }]) => [name, fallback]));
      return {
        hardware: group.role === 'miner' || group.role === 'slark' ? 'datacentre' : '',
        demand: group.role === 'consumer' ? HALF_PER_SLOT : null,
        entrySlot: 0,
        ...group,
        options: { ...defaults, ...group.options },
        openUnits: (openTokens ?? OPEN_TOKENS[group.role]) * UNITS_PER_TOKEN,
      };
    }),
  };
}

/** A scenario at genesis, with its shared memory: nothing has been executed. */
export type World = {
  readonly scenario: Scenario;
  readonly roster: Roster;
  readonly plan: GenesisPlan;
  readonly state: State;
  readonly shared: SharedRun;
};

export function createTestWorld(scenario: Scenario, inference: InferencePort): World {
  const roster = createRoster(scenario);
  const plan = planGenesis(scenario, roster);
  const capacities = capacitiesFor(roster, scenario, plan.slotsPerEra);
  const state = createGenesisState(plan, capacities);
  const variants = sharedVariantsOf(inference.variants);
  const { slotS, slotsPerEra, unitsPerToken } = plan;
  const shared = createShared(scenario, roster, state, capacities, { slotS, slotsPerEra, unitsPerToken, variants });
  return { scenario, roster, plan, state, shared };
}

export type WorldRun = World & { readonly outcome: RunOutcome; readonly eras: readonly EraRows[] };

export type WorldOptions = {
  readonly catalogue: readonly StrategySpec[];
  readonly inference: InferencePort;
  readonly agents: (shared: SharedRun) => AgentsPort;
  readonly traces?: ReadonlyMap<number, readonly TracedRequest[]>;
  readonly names?: readonly string[];
  readonly hooks?: Partial<RunHooks>;
};

/** Runs a world on the core to its end. @throws whatever the run throws */
export async function runTestWorld(world: World, options: WorldOptions): Promise<WorldRun> {
  const { catalogue, inference, names = [], traces = new Map(), hooks = {} } = options;
  const agents = options.agents(world.shared);
  const eras: EraRows[] = [];
  try {
    const outcome = await runScenario(
      { scenario: world.scenario, plan: world.plan, shared: world.shared, catalogue, names, traces },
      { ledger: createCoreLedger(world.state), agents, inference },
      {
        era: async (rows, words) => {
          eras.push(rows);
          await hooks.era?.(rows, words);
        },
        slot: (slot) => hooks.slot?.(slot),
        checkInvariants: (s) => hooks.checkInvariants?.(s) ?? [],
        ...(hooks.block === undefined ? {} : { block: hooks.block }),
        ...(hooks.stopRequested === undefined ? {} : { stopRequested: hooks.stopRequested }),
      },
    );
    return { ...world, outcome, eras };
  } finally {
    await agents.close();
  }
}
