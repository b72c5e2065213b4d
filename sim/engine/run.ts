/**
 * The loop of a run: slots and phases in order, agents decide, the ledger executes, indexes and observers follow. A run is
 * a function of (scenario, seed, measured answers): nothing here depends on time, threads or arrival.
 */
import { assert } from '../base/assert.ts';
import { sha256Hex } from '../base/hash.ts';
import { A, type Action } from '../protocol/actions.ts';
import { EV } from '../protocol/events.ts';
import { choiceWeights, listModels, marketRankFp } from '../protocol/feedback.ts';
import { ACCOUNT, ASSET_COUNT, F, STRIDE } from '../protocol/layout.ts';
import { EVENT_STRIDE, type State } from '../protocol/state.ts';
import { isTransition } from '../protocol/transitions.ts';
import { PHASE, type Phase } from './agentContract.ts';
import { checksOfTask } from './checks.ts';
import { createTracedDemand, type TracedDemand, type TracedRequest } from './demand.ts';
import type { GenesisPlan } from './genesis.ts';
import { createIndexer, type OpenTasks } from './indexes.ts';
import type { InferenceJob, InferencePort } from './inferencePort.ts';
import { createKeeper } from './keeper.ts';
import { createMarketKeeper, type MarketFigures } from './market.ts';
import { createObserver, type EraRows, type Observer } from './observer.ts';
import { createOracle } from './oracle.ts';
import type { AgentsPort, BlockResult, DecisionBatch, KeyRing, LedgerPort } from './ports.ts';
import { createProviderWatch } from './providerWatch.ts';
import { createNameKeys, createReferee } from './referee.ts';
import { type Scenario, type StrategySpec, usesMarket, usesProviders } from './scenario.ts';
import { answerAt, type SharedRun } from './shared.ts';
import { createSight, sampleOfRequest } from './view.ts';
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
  /** Answers and findings of agents that were ignored, by reason. */
  readonly ignoredMessages: Readonly<Record<string, number>>;
  readonly comparedWordCount: number;
  /** What only the simulator knows of the compute market. */
  readonly market: MarketFigures;
  readonly stopped: boolean;
};

const REPORT_PHASE = 3_540;
/** Numbers of an inference order: agent, variant, sample, level. */
const ORDER_STRIDE = 4;
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
  const sight = createSight(shared);
  const observer = createObserver(
    shared,
    s,
    sight.view,
    input.catalogue,
    input.names,
    { agents: scenario.record.agents === 'all', events: scenario.record.events === 'all' },
    market.figures,
  );
  const accounts = shared.roster.agents.map((a) => a.account);
  const eraDigests: string[] = [];
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
    observer.block(slot, phase, result);
    hooks.block?.(slot, phase, result);
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
    market.receive(batch.messages);
    const decided = decodeActions(batch, accounts, (action) => referee.wordsOf(action));
    await block(slot, phase, function* (state) {
      if (keeperActions !== undefined) yield* keeperActions(state);
      yield* decided;
    });
  }

  /** Executes the inferences ordered in the `work` phase, each once, and publishes the answers to the agents. */
  async function work(slot: number): Promise<void> {
    const { orders } = await decide(PHASE.work, slot);
    const jobs: InferenceJob[] = [];
    const wanted = new Set<number>();
    observer.work(orders);
    const wantedByTruth: number[] = [];
    for (const task of openTasks.ids) {
      if (s.tasks[task * STRIDE.tasks + F.tasks.assignedS] !== slot * shared.slotS + PHASE.match) continue;
      for (const { variant, sample, level } of checksOfTask(sight.view, task))
        wantedByTruth.push(NOBODY, variant, sample, level);
    }
    for (const { variant, sample, level } of referee.jobs(s)) wantedByTruth.push(NOBODY, variant, sample, level);
    // What the truth of a task rests on is executed, also where no validator cared to.
    const all = [...orders, ...wantedByTruth];
    for (let i = 1; i < all.length; i += ORDER_STRIDE) {
      const at = answerAt(shared, all[i]!, all[i + 1]!, all[i + 2]!);
      if (shared.answers[at] !== 0 || wanted.has(at)) continue;
      wanted.add(at);
      jobs.push({ variant: all[i]!, sample: all[i + 1]!, level: all[i + 2]! });
    }
    if (jobs.length === 0) return;
    const answers = await inference.infer(jobs);
    assert(answers.length === jobs.length, 'the inference port must answer every job');
    jobs.forEach((job, i) => {
      const at = answerAt(shared, job.variant, job.sample, job.level);
      shared.answers[at] = answers[i]!.answerId;
      shared.answers[at + 1] = answers[i]!.qualityBps;
      shared.answers[at + 2] = answers[i]!.latencyUs;
    });
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

  /** Remembers which sample the requests behind new audits carried: their slot's beacon is about to be replaced. */
  function publishAudits(beaconHigh: number, beaconLow: number): void {
    for (let request = 1; request <= s.callTotals[F.callTotals.requestCount]!; request++) {
      const task = s.requests[request * STRIDE.requests + F.requests.auditTask]!;
      if (task === 0 || shared.auditSamples[task] !== 0) continue;
      const { sample, level } = sampleOfRequest(shared, beaconHigh, beaconLow, request);
      shared.auditSamples[task] = sample * 4 + level + 1;
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
    publishAudits(beaconHigh, beaconLow);
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
    ignoredMessages: referee.ignored(),
    comparedWordCount,
    market: market.figures(),
    stopped,
  };
}
