/**
 * A scenario after loading: everything resolved, checked and in the ledger's units. Only types and the two words of
 * protocol time that scenarios and agents share, and who uses providers; the loader lives in `scenarios/`.
 */
import type { ParamKey } from '../protocol/params.ts';

/** In the order in which agents are numbered, and so in which they act. */
export const ROLES = ['creator', 'miner', 'validator', 'consumer', 'delegator', 'slark', 'fizz', 'matchmaker'] as const;
export type Role = (typeof ROLES)[number];

export type LedgerKind = 'core' | 'chain' | 'lockstep';

/** Demand of a population of consumers. A trace starts when the population enters the network. */
export type Demand =
  | {
      readonly kind: 'poisson' /** mean requests per consumer and slot, in thousandths */;
      readonly ratePerSlotMil: number;
    }
  | {
      readonly kind: 'trace';
      readonly format: 'azure-llm-2023' | 'mooncake';
      /** The path as written in the scenario file. */
      readonly path: string;
      /** Times that the trace is played, one pass after the other. */
      readonly repeatCount: number;
      /** Recorded seconds per simulated second, in thousandths: 2000 plays twice as fast. */
      readonly speedupMil: number;
    };

/** A group of agents of one strategy. A mix in the file becomes one group per strategy. */
export type Population = {
  readonly role: Role;
  readonly strategy: string;
  readonly count: number;
  /** Opening wallet of each agent, base units (ECON-6). */
  readonly openUnits: number;
  /** Strategy options by name, as declared by the strategy's catalogue entry; defaults filled in. */
  readonly options: Readonly<Record<string, number | string>>;
  /** Hardware class of a miner or a Slark (`HARDWARE` in world.ts), else ''. */
  readonly hardware: string;
  readonly demand: Demand | null;
  /** Slot in which the group enters the network. */
  readonly entrySlot: number;
};

export type Shock = {
  readonly kind: 'outage';
  readonly region: string;
  readonly fromSlot: number;
  readonly slotCount: number;
};

export type Expectation = {
  readonly metric: string;
  readonly comparison: '<' | '<=' | '>' | '>=' | '==';
  readonly value: number;
  /** The expectation as written, for messages. */
  readonly text: string;
};

/** A value of an axis as a file has it: a number, or a text with its unit. */
export type AxisValue = string | number | boolean;

/** One dimension of a sweep: a path as `--set` takes it, and the values that it runs through, in order. */
export type Axis = { readonly path: string; readonly values: readonly AxisValue[] };

/** Seeds `from` to `to`, both included. */
export type SeedRange = { readonly from: number; readonly to: number };

/** Prices of the foreign assets for `oracle.model: file`: tokens per unit of assets 1 to 3, in thousandths, one row per slot. */
export type RecordedPrices = {
  /** The path as seen from the scenario's folder. */
  readonly path: string;
  readonly rowsMil: readonly (readonly [number, number, number])[];
};

/** What `powr sweep` runs; a single run takes no notice of it. */
export type Sweep = { readonly axes: readonly Axis[]; readonly seeds: SeedRange | null };

/**
 * Parts of the task pool. The first `publicSamples` are a benchmark that everybody has; consumers ask for the others. With
 * `rotateEras` above 0, models are validated on `heldOutSamples` of the others, drawn anew every so many eras; with 0 on the
 * public ones for ever. Without public samples (0) everything is drawn from the whole pool.
 */
export type SampleSets = {
  readonly publicSamples: number;
  readonly heldOutSamples: number;
  readonly rotateEras: number;
};

export type Scenario = {
  readonly version: 1;
  readonly name: string;
  readonly seed: number;
  readonly eras: number;
  readonly ledger: LedgerKind;
  readonly inference: {
    readonly mode: 'measure' | 'replay';
    readonly device: 'auto' | 'cpu' | 'webgpu' | 'cuda';
    /** Samples of the task pool per difficulty. */
    readonly poolSamples: number;
    /** Share of each difficulty (easy, medium, hard), sum 10 000. */
    readonly levelBps: readonly [number, number, number];
    readonly sets: SampleSets;
    /** What Slarks ask of targets: to read a line, or to compute a graph of the challenge's kind. */
    readonly puzzle: 'text' | 'compute';
    /** Where validators execute: on the same device as everybody, or on another one. */
    readonly validatorDevice: 'same' | 'auto' | 'cpu' | 'webgpu' | 'cuda' | 'wasm';
  };
  readonly chain: {
    /** Share of the agents' actions that go as individually signed transactions. */
    readonly signedBps: number;
  };
  /**
   * Overrides of the registry's defaults, in the registry's unit. Bands that the file gives stand here also where they are
   * the default: those it does not give are the device's.
   */
  readonly params: Readonly<Partial<Record<ParamKey, number>>>;
  readonly populations: readonly Population[];
  readonly prices?: RecordedPrices;
  readonly shocks: readonly Shock[];
  readonly record: { readonly agents: 'all' | 'none'; readonly events: 'all' | 'none' };
  readonly expect: readonly Expectation[];
  readonly sweep?: Sweep;
};

/** True if anybody in the populations may run a provider, a Slark or a fizz node. */
export function usesProviders(populations: readonly Pick<Population, 'role' | 'options'>[]): boolean {
  return populations.some(
    ({ role, options }) =>
      role === 'slark' || role === 'fizz' || (role === 'miner' && (options.facets ?? 'deepnode') !== 'deepnode'),
  );
}

/** True if anybody in the populations rents machines, so that orders, leases and prices are to be kept. */
export function usesMarket(populations: readonly Pick<Population, 'role' | 'options'>[]): boolean {
  return populations.some(({ role, options }) => role === 'fizz' || role === 'matchmaker' || 'lease_bps' in options);
}

/** One option of a strategy, for the loader's checks and for help. */
export type OptionSpec =
  | {
      readonly unit: 'bps' | 'count' | 'eras' | 'slots' | 'mil' | 'tokens';
      readonly min: number;
      readonly max: number;
      readonly fallback: number;
      readonly note: string;
    }
  | { readonly unit: 'choice'; readonly options: readonly string[]; readonly fallback: string; readonly note: string };

/** Entry of the strategy catalogue (`agents/catalogue.ts`). */
export type StrategySpec = {
  readonly role: Role;
  readonly name: string;
  /** Behaviour of protocol.md section 7, such as BEH-19. */
  readonly behaviour: string;
  readonly intent: 'honest' | 'malicious' | 'opportunistic';
  readonly summary: string;
  readonly options: Readonly<Record<string, OptionSpec>>;
};
