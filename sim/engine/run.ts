/**
 * The loop of a run: slots and phases in order, agents decide, the ledger executes, indexes and observers follow. A run is
 * a function of (scenario, seed, measured answers): nothing here depends on time, threads or arrival.
 */
import { assert } from '../base/assert.ts';
import { sha256Hex } from '../base/hash.ts';
import { PURPOSE, rnd } from '../base/rnd.ts';
import { A, type Action } from '../protocol/actions.ts';
import { EV } from '../protocol/events.ts';
import { choiceWeights, listModels, marketRankFp } from '../protocol/feedback.ts';
import { ACCOUNT, ASSET_COUNT, F, STRIDE, TASK_KIND, TASK_STATE } from '../protocol/layout.ts';
import { P } from '../protocol/params.ts';
import { EVENT_STRIDE, type State } from '../protocol/state.ts';
import { isTransition } from '../protocol/transitions.ts';
import { PHASE, type Phase } from './agentContract.ts';
import { checksOfTask, needsComparison } from './checks.ts';
import { createTracedDemand, type TracedDemand, type TracedRequest } from './demand.ts';
import { noteExecution } from './executions.ts';
import type { GenesisPlan } from './genesis.ts';
import { createIndexer, type OpenTasks } from './indexes.ts';
import {
  type Comparison,
  type InferenceJob,
  type InferencePort,
  PROJECTION_COUNT,
  SECOND_LOOK_COUNT,
  UNRELATED_PPB,
} from './inferencePort.ts';
import { createIntake, ORDER_SIZE } from './intake.ts';
import { createKeeper } from './keeper.ts';
import { createMarketKeeper, type MarketFigures } from './market.ts';
import { createObserver, type EraRows, type Observer } from './observer.ts';
import { createOracle } from './oracle.ts';
import {
  type AgentsPort,
  type BlockResult,
  COMPARE,
  type DecisionBatch,
  type KeyRing,
  type LedgerPort,
} from './ports.ts';
import { createProviderWatch } from './providerWatch.ts';
import { createNameKeys, createReferee } from './referee.ts';
import { type Scenario, type StrategySpec, usesMarket, usesProviders } from './scenario.ts';
import { answerAt, DISTANCE_SIZE, type SharedRun } from './shared.ts';
import { createSketchBook } from './sketchBook.ts';
import { acceptedPpb, createSight, sampleOfRequest } from './view.ts';
import { createWorld } from './world.ts';

export type InvariantReport = { readonly id: string; readonly title: string; readonly found: string };

/** An invariant of protocol.md section 8 did not hold at the end of an era: a bug of ours, never an outcome. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
  readonly violations: readonly InvariantReport[];
  constructor(era: number, violations: readonly InvariantReport[]) {
    super(`Era ${era}: ${violations.map((v) => `${v.id} (${v.title}) does not hold: ${v.found}`).join('; ')}`);
    this.violations = violations;
  }
}

export type RunHooks = {
  /** The rows of each settled era, in order; awaited before the next era starts. */
  era(rows: EraRows, comparedWordCount: number): Promise<void>;
  /** After every slot, for the progress line. */
  slot(slot: number): void;
  /** Checks the invariants at an era's end. */
  checkInvariants(s: State): readonly InvariantReport[];
  /** Tests look at every block. */
  block?(slot: number, phase: number, result: BlockResult): void;
  /** True once the run shall stop after the slot in progress. */
  stopRequested?(): boolean;
};

export type RunPorts = {
  readonly ledger: LedgerPort;
  readonly agents: AgentsPort;
  readonly inference: InferencePort;
  /** The Slarks' keys; only where the ledger checks signatures do they have to be real. */
  readonly keys?: KeyRing;
};

export type RunInput = {
  readonly scenario: Scenario;
  readonly plan: GenesisPlan;
  readonly shared: SharedRun;
  readonly catalogue: readonly StrategySpec[];
  readonly names: readonly string[];
  readonly traces: ReadonlyMap<number, readonly TracedRequest[]>;
};

export type RunOutcome = {
  /** Hash of the era digests in order. */
  readonly digest: string;
  readonly erasDone: number;
  readonly observer: Observer;
  readonly demand: TracedDemand;
  /** Answers, findings, swaps and orders of agents that were ignored, by reason. */
  readonly ignoredMessages: Readonly<Record<string, number>>;
  /** Findings of Slarks that had not executed the puzzle, and those dropped for it (`chal.proof`). */
  readonly proofs: { readonly checkedCount: number; readonly droppedCount: number };
  readonly comparedWordCount: number;
  /** What only the simulator knows of the compute market. */
  readonly market: MarketFigures;
  readonly stopped: boolean;
};

const REPORT_PHASE = 3_540;
/** In place of an agent's number: ordered by the simulator itself. */
const NOBODY = -1;

/** Only the transitions of section 5 occur (INV-22): every one that a block reports is looked up. */
function checkTransitions(s: State, slot: number): void {
  for (let i = 0; i < s.eventCount; i++) {
    const at = i * EVENT_STRIDE;
    if (s.events[at] !== EV.Transition) continue;
    const [kind, entity, , from, to] = s.events.subarray(at + 1, at + 6) as unknown as [
      number,
      number,
      number,
      number,
      number,
    ];
    if (isTransition(kind, from, to)) continue;
    const found = `entity ${entity} of kind ${kind} went from state ${from} to ${to} in slot ${slot}`;
    throw new InvariantError(s.clockTotals[F.clockTotals.era]!, [
      { id: 'INV-22', title: 'only the transitions of section 5 occur', found },
    ]);
  }
}

/** The escrow account holds what the wallets of all consumers say, asset by asset after every block. @invariant INV-48 */
function checkEscrow(s: State, slot: number): void {
  for (let asset = 0; asset < ASSET_COUNT; asset++) {
    const heldUnits = asset === 0 ? s.wallets[ACCOUNT.escrow]! : s.assetWallets[ACCOUNT.escrow * ASSET_COUNT + asset]!;
    const unlocked = s.escrowTotals[F.escrowTotals.unlockedUnits0 + asset]!;
    const locked = s.escrowTotals[F.escrowTotals.lockedUnits0 + asset]!;
    if (heldUnits === unlocked + locked) continue;
    const found = `the escrow account holds ${heldUnits} units of asset ${asset}, the wallets ${unlocked} unlocked and ${locked} locked, in slot ${slot}`;
    throw new InvariantError(s.clockTotals[F.clockTotals.era]!, [
      {
        id: 'INV-48',
        title: 'the escrow account holds the unlocked and locked units of all wallets, in every asset',
        found,
      },
    ]);
  }
}

/**
 * Decodes a batch of decisions into actions, in the order given.
 *
 * @param wordsOf  the list that goes with an action which takes one: agents do not handle keys themselves
 */
export function decodeActions(
  batch: Pick<DecisionBatch, 'actions'>,
  accounts: readonly number[],
  wordsOf: (action: Action) => readonly number[] | undefined = () => undefined,
): Action[] {
  const words = batch.actions;
  const actions: Action[] = [];
  let at = 0;
  while (at < words.length) {
    const agent = words[at]!;
    const count = words[at + 2]!;
    const plain: Action = {
      kind: words[at + 1]!,
      actor: accounts[agent]!,
      args: Array.from(words.subarray(at + 3, at + 3 + count)),
    };
    const bulk = plain.kind === A.registerSlarkKey ? wordsOf(plain) : undefined;
    actions.push(bulk === undefined ? plain : { ...plain, bulk });
    at += 3 + count;
  }
  return actions;
}

/**
 * Runs a scenario on a ledger that is at genesis.
 *
 * @throws InvariantError, LockstepError, or whatever a port throws; ports are the caller's to close
 */
export async function runScenario(input: RunInput, ports: RunPorts, hooks: RunHooks): Promise<RunOutcome> {
  const { scenario, shared, plan } = input;
  const { ledger, agents, inference } = ports;
  const s = ledger.state;
  const openTasks: OpenTasks = { ids: [] };
  const indexer = createIndexer(shared, s, openTasks);
  const world = createWorld(shared, scenario);
  const watch = createProviderWatch(shared, world);
  const market = createMarketKeeper(
    shared,
    createOracle(shared.seed, scenario.prices?.rowsMil ?? []),
    usesMarket(scenario.populations),
  );
  const keeper = createKeeper(shared, plan.beacons, openTasks, watch);
  const referee = createReferee(shared, watch, ports.keys ?? createNameKeys(), usesProviders(scenario.populations));
  const demand = createTracedDemand(shared, input.traces);
  const sight = createSight(shared, 'all');
  const intake = createIntake(shared, s);
  const sketches = createSketchBook(shared);
  const observer = createObserver(
    shared,
    s,
    sight.view,
    input.catalogue,
    input.names,
    { agents: scenario.record.agents === 'all', events: scenario.record.events === 'all' },
    sketches,
    market.figures,
  );
  const accounts = shared.roster.agents.map((a) => a.account);
  const eraDigests: string[] = [];
  /** Live version at the time of the swap, by model. */
  const swapped = new Map<number, number>();
  let comparedWordCount = 0;

  async function block(slot: number, phase: number, actions: (state: State) => Iterable<Action>): Promise<void> {
    const result = await ledger.applyBlock({ slot, phase, nowS: slot * shared.slotS + phase, actions });
    if (result.actions.length === 0) return;
    checkTransitions(s, slot);
    checkEscrow(s, slot);
    indexer.update();
    keeper.observe(s);
    watch.observe(s);
    market.observe(s);
    sketches.observe(s);
    dropOldBuilds();
    observer.block(slot, phase, result);
    hooks.block?.(slot, phase, result);
  }

  /** A creator may serve any file in the place of the approved one of its own live model, until another version is live. */
  function receiveBuilds(messages: Float64Array): void {
    for (const { model, version, variant } of intake.swaps(messages)) {
      shared.builds[model] = variant + 1;
      swapped.set(model, version);
    }
  }

  /** Hosts fetch the file anew with another version: what was put in the place of the last one is gone. */
  function dropOldBuilds(): void {
    for (const [model, version] of swapped) {
      if (s.models[model * STRIDE.models + F.models.liveVersion] === version) continue;
      shared.builds[model] = 0;
      swapped.delete(model);
    }
  }

  async function decide(phase: Phase, slot: number): Promise<DecisionBatch> {
    return agents.decide(phase, slot + 1);
  }

  async function agentsBlock(
    phase: Phase,
    slot: number,
    keeperActions?: (state: State) => Iterable<Action>,
  ): Promise<void> {
    const batch = await decide(phase, slot);
    referee.receive(s, batch.messages);
    await referee.checkProofs(s, (comparisons) => inference.compare(comparisons));
    market.receive(batch.messages);
    receiveBuilds(batch.messages);
    const decided = decodeActions(batch, accounts, (action) => referee.wordsOf(action));
    await block(slot, phase, function* (state) {
      if (keeperActions !== undefined) yield* keeperActions(state);
      yield* decided;
    });
  }

  /** Executes the inferences ordered in the `work` phase, each once, and publishes the answers to the agents. */
  async function work(slot: number): Promise<void> {
    const orders = intake.orders((await decide(PHASE.work, slot)).orders);
    noteExecutions(orders);
    const jobs: InferenceJob[] = [];
    const wanted = new Set<number>();
    observer.work(orders);
    const wantedByTruth: number[] = [];
    for (const task of openTasks.ids) {
      if (s.tasks[task * STRIDE.tasks + F.tasks.assignedS] !== slot * shared.slotS + PHASE.match) continue;
      for (const { variant, sample, level } of checksOfTask(sight.view, task))
        wantedByTruth.push(NOBODY, variant, sample, level);
      if (needsComparison(sight.view, task)) wantedByTruth.push(NOBODY, COMPARE, task, 0);
    }
    for (const { variant, sample, level } of referee.jobs(s)) wantedByTruth.push(NOBODY, variant, sample, level);
    // What the truth of a task rests on is executed, also where no validator cared to.
    const all = [...orders, ...wantedByTruth];
    const audits = new Set<number>();
    for (let i = 1; i < all.length; i += ORDER_SIZE) {
      if (all[i] === COMPARE) {
        audits.add(all[i + 1]!);
        continue;
      }
      const at = answerAt(shared, all[i]!, all[i + 1]!, all[i + 2]!);
      if (shared.answers[at] !== 0 || wanted.has(at)) continue;
      wanted.add(at);
      jobs.push({ variant: all[i]!, sample: all[i + 1]!, level: all[i + 2]! });
    }
    await execute(jobs);
    await compareSketches([...audits].sort((a, b) => a - b));
  }

  /** Whoever orders a comparison executes what was declared, to have something to compare. */
  function noteExecutions(orders: Float64Array): void {
    for (let i = 0; i < orders.length; i += ORDER_SIZE) {
      const [agent, variant, a, b] = orders.subarray(i, i + ORDER_SIZE) as unknown as [number, number, number, number];
      if (variant !== COMPARE) noteExecution(shared, agent, variant, a, b);
      else
        for (const check of checksOfTask(sight.view, a))
          noteExecution(shared, agent, check.variant, check.sample, check.level);
    }
  }

  async function execute(jobs: readonly InferenceJob[]): Promise<void> {
    if (jobs.length === 0) return;
    const answers = await inference.infer(jobs);
    assert(answers.length === jobs.length, 'the inference port must answer every job');
    jobs.forEach((job, i) => {
      const at = answerAt(shared, job.variant, job.sample, job.level);
      shared.answers[at] = answers[i]!.answerId;
      shared.answers[at + 1] = answers[i]!.qualityBps;
      shared.answers[at + 2] = answers[i]!.latencyUs;
      shared.answers[at + 3] = answers[i]!.outputId;
    });
  }

  /**
   * Holds what was revealed for audits against an execution of what was declared. What lies between acceptance and rejection
   * is looked at again with more projections.
   */
  async function compareSketches(tasks: readonly number[]): Promise<void> {
    const isOpen = (task: number): boolean =>
      shared.distances[task * DISTANCE_SIZE] === 0 && s.tasks[task * STRIDE.tasks + F.tasks.sketchId] !== 0;
    const open = tasks.filter(isOpen);
    const known = open.flatMap((task) => {
      const comparison = sketches.comparisonOf(s, task);
      if (comparison === undefined) shared.distances[task * DISTANCE_SIZE] = UNRELATED_PPB + 1;
      return comparison === undefined ? [] : [{ task, comparison }];
    });
    const look = async (pairs: readonly { task: number; comparison: Comparison }[], second: boolean): Promise<void> => {
      if (pairs.length === 0) return;
      const compared = await inference.compare(
        pairs.map(({ comparison }) => comparison),
        second ? SECOND_LOOK_COUNT : PROJECTION_COUNT,
      );
      pairs.forEach(({ task }, i) => {
        const { distancePpb, declaredAnswerId } = compared[i]!;
        shared.distances.set([distancePpb + 1, second ? 1 : 0, declaredAnswerId], task * DISTANCE_SIZE);
      });
    };
    await look(known, false);
    const doubtful = known.filter(({ task, comparison }) => {
      const ppb = shared.distances[task * DISTANCE_SIZE]! - 1;
      const { precision } = shared.variants[comparison.declared.variant]!;
      return (
        ppb > acceptedPpb(s.paramValues, precision, false) && ppb <= s.paramValues[P[`val.reject_ppb.${precision}`]]!
      );
    });
    await look(doubtful, true);
  }

  /** Live models in order of rank (F-21), with their ranks and the weights of a consumer's choice. */
  function publishMarket(): void {
    const live = listModels(s);
    const weights = choiceWeights(s, live);
    shared.market[0] = live.length;
    live.forEach((model, i) => {
      shared.market[1 + 3 * i] = model;
      shared.market[2 + 3 * i] = marketRankFp(s, model);
      shared.market[3 + 3 * i] = weights[i]!;
    });
  }

  /** Remembers what the requests behind new audits carried: their slot's beacon is about to be replaced. */
  function publishAudits(beaconHigh: number, beaconLow: number, slotCount: number): void {
    for (let request = 1; request <= s.callTotals[F.callTotals.requestCount]!; request++) {
      const task = s.requests[request * STRIDE.requests + F.requests.auditTask]!;
      if (task === 0 || shared.auditSamples[task] !== 0) continue;
      const { sample, level } = sampleOfRequest(shared, beaconHigh, beaconLow, request);
      shared.auditSamples[task] = sample * 4 + level + 1;
      shared.auditRequests.set([request, slotCount], task * 2);
    }
    const openS = slotCount * shared.slotS + PHASE.open;
    shared.openAudits[0] = 0;
    for (const task of openTasks.ids) {
      const at = task * STRIDE.tasks;
      if (s.tasks[at + F.tasks.kind] !== TASK_KIND.output || s.tasks[at + F.tasks.sketchId] !== 0) continue;
      const isLate = s.tasks[at + F.tasks.state] === TASK_STATE.assigned && openS > s.tasks[at + F.tasks.deadlineS]!;
      if (!isLate) shared.openAudits[++shared.openAudits[0]!] = task;
    }
  }

  /** Draws the held-out set of a rotation with the beacon of its first slot. */
  function rotateSets(slot: number): void {
    const slotsPerRotation = shared.sets.rotateEras * shared.slotsPerEra;
    if (slot !== 0 && (slotsPerRotation === 0 || slot % slotsPerRotation !== 0)) return;
    const rotation = slot === 0 ? 0 : slot / slotsPerRotation;
    shared.rotation[0] = rotation;
    shared.setSeeds[rotation * 2] = s.clockTotals[F.clockTotals.beacon6]!;
    shared.setSeeds[rotation * 2 + 1] = s.clockTotals[F.clockTotals.beacon7]!;
  }

  /** What the samples of tasks with a new group are drawn with: the beacon of the slot, and the rotation that it lies in. */
  function seedTasks(slot: number): void {
    const high = s.clockTotals[F.clockTotals.beacon6]!;
    const low = s.clockTotals[F.clockTotals.beacon7]!;
    for (const task of openTasks.ids) {
      if (s.tasks[task * STRIDE.tasks + F.tasks.assignedS] !== slot * shared.slotS + PHASE.match) continue;
      shared.taskSeeds[task] = rnd(high, low, PURPOSE.sample, task, 0) + 1;
      shared.taskRotations[task] = shared.rotation[0]!;
    }
  }

  async function finishEra(era: number): Promise<void> {
    const check = await ledger.endEra(era);
    comparedWordCount += check.comparedWordCount;
    eraDigests.push(check.digest);
    const violations = hooks.checkInvariants(s);
    if (violations.length > 0) throw new InvariantError(era, violations);
    await hooks.era(observer.endEra(era, check.digest), check.comparedWordCount);
  }

  const rents = usesMarket(scenario.populations);
  const slots = scenario.eras * shared.slotsPerEra;
  let slot = 0;
  let stopped = false;
  for (; slot < slots && !stopped; slot++) {
    const beaconHigh = s.clockTotals[F.clockTotals.beacon6]!;
    const beaconLow = s.clockTotals[F.clockTotals.beacon7]!;
    world.enterSlot(slot);
    await block(slot, 0, function* (state) {
      yield* observer.watchSettlement(state, keeper.settle(state));
      yield* market.settle(state);
      yield* referee.schedule(state);
    });
    publishAudits(beaconHigh, beaconLow, slot);
    rotateSets(slot);
    if (slot > 0 && slot % shared.slotsPerEra === 0) await finishEra(slot / shared.slotsPerEra - 1);
    keeper.listen(s);
    watch.listen(s);
    demand.enterSlot(slot);
    publishMarket();
    await agentsBlock(PHASE.open, slot, function* (state) {
      yield* referee.issue(state);
      yield* keeper.open(state);
      yield* market.open(state);
    });
    if (rents) {
      await agentsBlock(PHASE.bid, slot);
      await agentsBlock(PHASE.lastBid, slot);
    }
    await agentsBlock(PHASE.match, slot, function* (state) {
      yield* keeper.match(state);
      yield* market.match(state);
    });
    seedTasks(slot);
    await work(slot);
    await agentsBlock(PHASE.serve, slot);
    await agentsBlock(PHASE.reveal, slot, (state) => referee.certify(state));
    await agentsBlock(PHASE.close, slot, function* (state) {
      yield* keeper.close(state);
      yield* referee.close(state);
      yield* market.close(state);
    });
    if ((slot + 1) % shared.slotsPerEra === 0)
      await block(slot, REPORT_PHASE, function* (state) {
        yield* keeper.report(state);
        yield* referee.report(state);
        yield* market.report(state);
      });
    hooks.slot(slot);
    stopped = hooks.stopRequested?.() ?? false;
  }
  if (!stopped) {
    await block(slot, 0, (state) => observer.watchSettlement(state, keeper.settleLast(state)));
    await finishEra(scenario.eras - 1);
  }
  return {
    digest: sha256Hex(eraDigests.join('\n')),
    erasDone: eraDigests.length,
    observer,
    demand,
    ignoredMessages: Object.fromEntries(
      Object.entries({ ...referee.ignored(), ...intake.ignored() }).sort(([a], [b]) => (a < b ? -1 : 1)),
    ),
    proofs: referee.proofs(),
    comparedWordCount,
    market: market.figures(),
    stopped,
  };
}
