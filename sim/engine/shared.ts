/**
 * Memory that the engine and the agents' threads share: the ledger's columns, the indexes over them, the physical world,
 * the measured answers and the agents' own memory. The engine writes between phases, threads read; a thread writes only
 * the memory and the streams of its own agents.
 */
import { BPS } from '../base/fixedPoint.ts';
import { createStreams, STREAM_BYTES } from '../base/stream.ts';
import type { TableName } from '../protocol/layout.ts';
import {
  ACCOUNT,
  ASSET_COUNT,
  CLASS_COUNT,
  HOSTS_PER_MODEL,
  MAX_TARGETS,
  OPERATOR_SEATS,
  SEATS_PER_CLASS,
  SLASHED_ERAS,
} from '../protocol/layout.ts';
import { ledgerParams, P } from '../protocol/params.ts';
import { type Capacities, type State, type Tables, tablesOf } from '../protocol/state.ts';
import { MEMORY_SIZE } from './agentContract.ts';
import type { Precision, VariantInfo } from './inferencePort.ts';
import { type Roster, streamKeyOf } from './roster.ts';
import type { Population, Role, SampleSets, Scenario } from './scenario.ts';

/** Most traced arrivals in one slot. */
export const MAX_ARRIVALS = 65_536;

/** Numbers per agent in `capacity`, and where each lies. */
export const CAPACITY = {
  cpuCount: 0,
  memoryGb: 1,
  storageGb: 2,
  gpuCount: 3,
  gpuTier: 4,
  computeTier: 5,
  storageTier: 6,
  netTier: 7,
  region: 8,
  compliance: 9,
} as const;
export const CAPACITY_SIZE = 12;

/** Numbers per challenge of a slot in `responses`. */
export const RESPONSE = { isAnswered: 0, fits: 1, isRight: 2, responseMs: 3 } as const;
export const RESPONSE_SIZE = 4;

/** A number among a group's options; `absent` if the strategy has no such option. */
function optionOf({ options }: Population, name: string, absent: number): number {
  const value = options[name];
  return typeof value === 'number' ? value : absent;
}

/** CPUs of the largest machine there is (`world.ts`). */
export const MOST_CPUS = 128;

/** Orders that a washer places in a slot at most (BEH-13): what it lacks, of each wallet that it has been handed, as far as its machine goes. */
function washOrders(group: Population): number {
  const leases = optionOf(group, 'lease_bps', 0) === 0 ? 0 : optionOf(group, 'wash_leases', 0);
  const carried = Math.floor(MOST_CPUS / Math.max(1, optionOf(group, 'wash_cpu', 1)));
  return leases > 0 && group.options.partner === 'on' ? carried : Math.min(leases, carried);
}

/** Tasks per slot that come of everything but audits: checks of nodes and models, and those repeated after a rejection. */
const CHECKS_PER_SLOT = 100;

/**
 * Sizes of the tables of a run: what its populations can create in its eras, with room to spare. Memory that is not used
 * costs nothing.
 *
 * @param traces  requests of each traced population, by population number
 */
export function capacitiesFor(
  roster: Roster,
  scenario: Scenario,
  slotsPerEra: number,
  traces: ReadonlyMap<number, { readonly length: number }> = new Map(),
): Capacities {
  const params = ledgerParams(scenario.params);
  const { eras, populations } = scenario;
  const slots = eras * slotsPerEra;
  const sumOver = (role: Role, of: (group: Population) => number): number =>
    populations.reduce((sum, group) => (group.role === role ? sum + group.count * of(group) : sum), 0);
  const one = (): number => 1;
  const accounts = ACCOUNT.firstAgent + roster.agents.length + 1;
  // A miner enters anew when a reservation has expired, and at most once an era when it leaves by its own will.
  const expiries = Math.ceil((slots * params[P['time.slot_s']]!) / params[P['node.reserve_deadline_s']]!);
  const nodes = 64 + sumOver('miner', (group) => optionOf(group, 'nodes', 1) * (2 + expiries) + eras);
  // A flood of models is handed in again once a day.
  const flooded = sumOver('creator', (group) => optionOf(group, 'limit', 0));
  const models = 64 + flooded + sumOver('creator', (group) => optionOf(group, 'models', 1));
  const perSlot = sumOver('consumer', (group) =>
    group.demand?.kind === 'poisson' ? group.demand.ratePerSlotMil / 1_000 : optionOf(group, 'per_slot', 0),
  );
  const traced = [...traces].reduce((sum, [population, { length }]) => {
    const { demand } = populations[population]!;
    return demand?.kind === 'trace' ? sum + length * demand.repeatCount : sum;
  }, 0);
  const audits = Math.ceil(((slots * perSlot * 2 + traced) * params[P['val.audit_bps']]!) / BPS);
  const tasks = 4_096 + (nodes + models) * 8 + flooded * eras + slots * CHECKS_PER_SLOT + audits;
  const validators = sumOver('validator', one) * 4 + 16;
  const providers = 16 + sumOver('miner', one) * 2;
  const licences = 64 + sumOver('slark', (group) => optionOf(group, 'licences', 1));
  // A delegator looks for another target every few eras; a licence opens a delegation whenever its choice changes.
  // A fizz node opens a delegation whenever it joins a subnet.
  const fizzNodes = 16 + sumOver('fizz', (group) => optionOf(group, 'devices', 1) * 2);
  const delegations =
    sumOver('delegator', one) * (16 + eras) + licences * (4 + eras) + providers + fizzNodes * (2 + eras) + 256;
  // Orders arrive by chance, at most one a slot from each that rents; a washer orders all that it lacks, anew while nobody serves it.
  const arriving = slots * 2 * sumOver('consumer', (group) => optionOf(group, 'lease_bps', 0) / BPS);
  const washing = slots * sumOver('miner', washOrders);
  const orders = 256 + Math.ceil(arriving + washing);
  // Who washes bids for all that it has ordered, and in a cartel for its partners'; what else miners bid for they count.
  const washers = sumOver('miner', (group) => (washOrders(group) > 0 ? 1 : 0));
  const bidding = slots * 2 * (sumOver('miner', (group) => optionOf(group, 'bids_per_slot', 0)) + fizzNodes);
  const bids = 256 + Math.min(Math.ceil(bidding + washing * washers), orders * providers);
  // A washer that hands its wallet to a partner opens another one, at most one a slot.
  const washed = sumOver('miner', (group) => (washOrders(group) > 0 && group.options.partner === 'on' ? slots : 0));
  const escrows =
    16 + washed + 4 * (sumOver('consumer', (group) => optionOf(group, 'wallets', 1)) + sumOver('miner', one));
  // An update makes another lease of an order; each open lease may be updated in every slot.
  const updating = sumOver(
    'consumer',
    (group) => (optionOf(group, 'update_bps', 0) / BPS) * optionOf(group, 'leases_max', 0),
  );
  const leases = orders * 2 + Math.ceil(slots * 2 * updating);
  return {
    paramValues: 512,
    wallets: accounts,
    prepaid: accounts,
    nodes,
    nodeTrust: nodes,
    nodeEra: nodes,
    nodeReports: nodes,
    nodeHolders: nodes,
    nodeCollateral: nodes,
    freedSeats: nodes,
    ranking: nodes,
    models,
    modelHolders: models,
    modelCollateral: models,
    versions: models * 8,
    hosts: (models + 1) * HOSTS_PER_MODEL,
    ratings: (models + 1) * 1_000,
    requests: MAX_ARRIVALS + Math.ceil(perSlot * 2),
    validators,
    validatorHolders: validators,
    validatorCollateral: validators,
    committeeWeights: validators,
    tasks,
    // Most tasks take one group; some take several.
    members: tasks * Math.max(8, 2 * params[P['val.group_size']]!),
    delegations,
    vestings: delegations,
    providers,
    providerEra: providers,
    providerReports: providers,
    providerCollateral: providers,
    providerRatings: (providers + 1) * 1_000,
    nodeProviders: nodes,
    licenceHolders: licences,
    licenceWindows: licences,
    slarks: licences,
    slarkOrder: licences,
    runners: accounts,
    newTargets: providers * 2,
    poorTargets: providers,
    restTargets: providers,
    retryTargets: providers,
    challenges: MAX_TARGETS,
    committees: CLASS_COUNT,
    seats: (CLASS_COUNT + 1) * SEATS_PER_CLASS,
    assets: ASSET_COUNT,
    assetWallets: accounts * ASSET_COUNT,
    escrows,
    escrowBalances: escrows * ASSET_COUNT,
    orders,
    bids,
    operators: OPERATOR_SEATS,
    providerMarket: providers,
    slashedEras: (providers + 1) * SLASHED_ERAS,
    leases,
    leaseUpdates: leases,
    openLeases: leases,
    providerUse: providers,
    fizzNodes,
    subnets: providers,
  };
}

export type SharedVariant = {
  readonly id: string;
  readonly artefactId: number;
  readonly wu: number;
  readonly precision: Precision;
  /** A compute graph that serves as a puzzle, not a model. Puzzles come after all models. */
  readonly isPuzzle: boolean;
};

/** Variants of an inference port as agents know them: an artefact is named by the first 52 bits of its file's hash. */
export function sharedVariantsOf(variants: readonly VariantInfo[]): SharedVariant[] {
  return variants.map(({ id, sha256, wuMflop, precision, kind }) => ({
    id,
    artefactId: Number.parseInt(sha256.slice(0, 13), 16),
    wu: wuMflop,
    precision,
    isPuzzle: kind === 'puzzle',
  }));
}

/** Everything a thread needs, in a form that can be sent to it. */
export type SharedRun = {
  readonly tables: Tables;
  readonly roster: Roster;
  readonly seed: number;
  readonly slotS: number;
  readonly slotsPerEra: number;
  readonly unitsPerToken: number;
  readonly poolSamples: number;
  readonly levelBps: readonly [number, number, number];
  readonly variants: readonly SharedVariant[];
  /** Linked lists over entities, ascending: first entity of an owner, next entity of the same owner; 0 ends. */
  readonly lists: {
    readonly [K in ListName]: {
      readonly head: Int32Array<SharedArrayBuffer>;
      readonly tail: Int32Array<SharedArrayBuffer>;
      readonly next: Int32Array<SharedArrayBuffer>;
    };
  };
  /** Four numbers per agent: time factor (thousandths), round trip (ms), failure share (bps), 1 if connected. */
  readonly world: Float64Array<SharedArrayBuffer>;
  /** What the machine of an agent really has, {@link CAPACITY_SIZE} numbers each; what is declared may differ (ATTR-7). */
  readonly capacity: Float64Array<SharedArrayBuffer>;
  /** What a target answered in this slot, {@link RESPONSE_SIZE} numbers per challenge. */
  readonly responses: Float64Array<SharedArrayBuffer>;
  /** What each seat of the committee found: verdict (0 nothing yet) and delay in ms, per challenge and seat. */
  readonly judgements: Float64Array<SharedArrayBuffer>;
  /** The puzzle of each class in this slot, two words; zeros until it is issued (CHAL-5). */
  readonly puzzles: Float64Array<SharedArrayBuffer>;
  /** {@link ANSWER_SIZE} numbers per (variant, level, sample): answer (0 if not executed), quality (bps), latency (µs), output. */
  readonly answers: Float64Array<SharedArrayBuffer>;
  /** One bit per agent and place in `answers`: whether the agent has ordered that inference (`executions.ts`). */
  readonly executions: Uint8Array<SharedArrayBuffer>;
  /** Which samples of the pool are public, and how many are held out for a rotation of so many eras (0: never). */
  readonly sets: SampleSets;
  /** Number of the rotation of sets that is in use, from 0. */
  readonly rotation: Int32Array<SharedArrayBuffer>;
  /** Per rotation two halves of the beacon that draws its held-out set: committed to from genesis on, revealed when it begins. */
  readonly setSeeds: Float64Array<SharedArrayBuffer>;
  /** Kind of the Slarks' puzzles: text to read, or numbers to compute. */
  readonly puzzleKind: 'text' | 'compute';
  /** Per task of kind output: sample · 4 + level + 1 of the audited request, else 0. */
  readonly auditSamples: Int32Array<SharedArrayBuffer>;
  /** Two numbers per task of kind output: the audited request, and the count of slots when it was served. */
  readonly auditRequests: Int32Array<SharedArrayBuffer>;
  /** Number of audits whose commitment may still be opened, then these tasks, ascending. */
  readonly openAudits: Int32Array<SharedArrayBuffer>;
  /** Per task: the rotation in which its group was assigned. */
  readonly taskRotations: Int32Array<SharedArrayBuffer>;
  /** Per task: what its samples are drawn with, unknown before its first group is assigned (0 before). */
  readonly taskSeeds: Float64Array<SharedArrayBuffer>;
  /**
   * {@link DISTANCE_SIZE} numbers per task: distance of the sketches compared, ppb, plus 1 (0: not compared); 1 if it took a
   * second look; and the answer that the validators' own execution of what was declared gave.
   */
  readonly distances: Float64Array<SharedArrayBuffer>;
  /** Per model: variant, plus 1, of the file that its creator has put in the place of the approved one; 0 for none (BEH-26). */
  readonly builds: Int32Array<SharedArrayBuffer>;
  /** Number of live models, then (model, rank, choice weight) in market order. */
  readonly market: Float64Array<SharedArrayBuffer>;
  /** Traced arrivals of the current slot: per agent the first index, then the scales. */
  readonly arrivalStarts: Int32Array<SharedArrayBuffer>;
  readonly arrivalScales: Int32Array<SharedArrayBuffer>;
  /** Number of orders that are open or being matched, then these orders, ascending. */
  readonly openOrders: Int32Array<SharedArrayBuffer>;
  /** Two numbers per fizz node: challenges of its gateway that were decided while it was there for them, and those passed. */
  readonly memberChallenges: Float64Array<SharedArrayBuffer>;
  readonly memory: Float64Array<SharedArrayBuffer>;
  /** Stream i is agent i's own chance; stream agents + i is its demand. */
  readonly streams: Float64Array<ArrayBufferLike>;
};

export const LISTS = {
  nodesOfAccount: 'nodes',
  modelsOfAccount: 'models',
  validatorsOfAccount: 'validators',
  delegationsOfAccount: 'delegations',
  requestsOfNode: 'requests',
  requestsOfAccount: 'requests',
  membersOfValidator: 'members',
  hostsOfNode: 'hosts',
  testsOfNode: 'models',
  providersOfAccount: 'providers',
  licencesOfAccount: 'slarks',
  licencesOfRunner: 'slarks',
  escrowsOfAccount: 'escrows',
  ordersOfEscrow: 'orders',
  leasesOfEscrow: 'leases',
  leasesOfProvider: 'leases',
  closedLeasesOfEscrow: 'leases',
  fizzOfAccount: 'fizzNodes',
  membersOfProvider: 'fizzNodes',
} as const satisfies Record<string, TableName>;
export type ListName = keyof typeof LISTS;

/** Table whose records own the entries of a list: heads are indexed by it. */
const OWNER_OF: { readonly [K in ListName]: TableName } = {
  nodesOfAccount: 'wallets',
  modelsOfAccount: 'wallets',
  validatorsOfAccount: 'wallets',
  delegationsOfAccount: 'wallets',
  requestsOfNode: 'nodes',
  requestsOfAccount: 'wallets',
  membersOfValidator: 'validators',
  hostsOfNode: 'nodes',
  testsOfNode: 'nodes',
  providersOfAccount: 'wallets',
  licencesOfAccount: 'wallets',
  licencesOfRunner: 'wallets',
  escrowsOfAccount: 'wallets',
  ordersOfEscrow: 'escrows',
  leasesOfEscrow: 'escrows',
  leasesOfProvider: 'providers',
  closedLeasesOfEscrow: 'escrows',
  fizzOfAccount: 'wallets',
  membersOfProvider: 'providers',
};

function shared(bytes: number): SharedArrayBuffer {
  return new SharedArrayBuffer(Math.max(8, bytes));
}

/** @returns the shared memory of a run, over the tables of `state`; nothing is executed yet */
export function createShared(
  scenario: Scenario,
  roster: Roster,
  state: State,
  capacities: Capacities,
  options: {
    readonly slotS: number;
    readonly slotsPerEra: number;
    readonly unitsPerToken: number;
    readonly variants: readonly SharedVariant[];
  },
): SharedRun {
  const agents = roster.agents.length;
  const lists = Object.fromEntries(
    (Object.keys(LISTS) as ListName[]).map((name) => {
      const owners = (capacities[OWNER_OF[name]] ?? 4_096) + 1;
      const entries = (capacities[LISTS[name]] ?? 4_096) + 1;
      return [
        name,
        {
          head: new Int32Array(shared(owners * 4)),
          tail: new Int32Array(shared(owners * 4)),
          next: new Int32Array(shared(entries * 4)),
        },
      ];
    }),
  ) as SharedRun['lists'];
  const streams = createStreams(
    agents * 2,
    (i) => streamKeyOf(scenario.seed, i < agents ? 'agent' : 'demand', roster.agents[i % agents]!),
    shared(agents * 2 * STREAM_BYTES),
  );
  return {
    tables: tablesOf(state),
    roster,
    seed: scenario.seed,
    slotS: options.slotS,
    slotsPerEra: options.slotsPerEra,
    unitsPerToken: options.unitsPerToken,
    poolSamples: scenario.inference.poolSamples,
    sets: scenario.inference.sets,
    rotation: new Int32Array(shared(4)),
    setSeeds: new Float64Array(
      shared(2 * 8 * (1 + Math.ceil(scenario.eras / Math.max(1, scenario.inference.sets.rotateEras)))),
    ),
    puzzleKind: scenario.inference.puzzle,
    levelBps: scenario.inference.levelBps,
    variants: options.variants,
    lists,
    world: new Float64Array(shared(agents * 4 * 8)),
    capacity: new Float64Array(shared(agents * CAPACITY_SIZE * 8)),
    responses: new Float64Array(shared((MAX_TARGETS + 1) * RESPONSE_SIZE * 8)),
    judgements: new Float64Array(shared((MAX_TARGETS + 1) * SEATS_PER_CLASS * 2 * 8)),
    puzzles: new Float64Array(shared((CLASS_COUNT + 1) * 2 * 8)),
    answers: new Float64Array(shared(options.variants.length * 3 * scenario.inference.poolSamples * ANSWER_SIZE * 8)),
    // Pages of it that nobody writes to cost no memory: most agents execute nothing.
    executions: new Uint8Array(
      new SharedArrayBuffer(agents * Math.ceil((options.variants.length * 3 * scenario.inference.poolSamples) / 8)),
    ),
    auditSamples: new Int32Array(shared(((capacities.tasks ?? 4_096) + 1) * 4)),
    auditRequests: new Int32Array(shared(((capacities.tasks ?? 4_096) + 1) * 2 * 4)),
    openAudits: new Int32Array(shared(((capacities.tasks ?? 4_096) + 2) * 4)),
    taskRotations: new Int32Array(shared(((capacities.tasks ?? 4_096) + 1) * 4)),
    taskSeeds: new Float64Array(shared(((capacities.tasks ?? 4_096) + 1) * 8)),
    distances: new Float64Array(shared(((capacities.tasks ?? 4_096) + 1) * DISTANCE_SIZE * 8)),
    builds: new Int32Array(shared(((capacities.models ?? 4_096) + 1) * 4)),
    market: new Float64Array(shared((1 + 3 * ((capacities.models ?? 4_096) + 1)) * 8)),
    arrivalStarts: new Int32Array(shared((agents + 1) * 4)),
    arrivalScales: new Int32Array(shared(MAX_ARRIVALS * 4)),
    openOrders: new Int32Array(shared(((capacities.orders ?? 4_096) + 2) * 4)),
    memberChallenges: new Float64Array(shared(((capacities.fizzNodes ?? 4_096) + 1) * 2 * 8)),
    memory: new Float64Array(shared(agents * MEMORY_SIZE * 8)),
    streams,
  };
}

/** Where the judgement of a seat about a challenge of this slot lies in `judgements`. */
export function judgementAt(challenge: number, seat: number): number {
  return (challenge * SEATS_PER_CLASS + seat) * 2;
}

/** Numbers per answer in `answers`. */
export const ANSWER_SIZE = 4;
export const DISTANCE_SIZE = 3;

/** Where the answer of (variant, level, sample) lies in `answers`. */
export function answerAt(run: SharedRun, variant: number, sample: number, level: number): number {
  return ((variant * 3 + level) * run.poolSamples + sample) * ANSWER_SIZE;
}
