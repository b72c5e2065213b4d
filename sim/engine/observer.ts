/** Turns the events of a run into the rows of its tables (`trace.ts`) and the flat metrics of its summary. Reads, never decides. */
import { BPS, FP, mulDivDown } from '../base/fixedPoint.ts';
import { ACTION_NAMES, type Action } from '../protocol/actions.ts';
import { tokenValueOf } from '../protocol/assets.ts';
import { EV, EVENT_NAMES, MOVE } from '../protocol/events.ts';
import { marketRankFp } from '../protocol/feedback.ts';
import {
  ACCOUNT,
  ASSET_COUNT,
  F,
  HOST_STATE,
  HOSTS_PER_MODEL,
  KIND,
  MODEL_STATE,
  NODE_STATE,
  PROVIDER_STATE,
  SLARK_STATE,
  STRIDE,
  TASK_KIND,
  VERDICT,
} from '../protocol/layout.ts';
import { REJECTIONS } from '../protocol/rejections.ts';
import { EVENT_STRIDE, type State } from '../protocol/state.ts';
import type { View } from './agentContract.ts';
import { createAuditRecorder } from './auditRows.ts';
import { NO_EXPECTATION } from './capacityTruth.ts';
import { createEntityRecorder, type EntityRecorder, type EntityRows } from './entityRows.ts';
import type { MarketFigures } from './market.ts';
import { createMarketMetrics } from './marketMetrics.ts';
import { createMarketRecorder, type MarketRows } from './marketRows.ts';
import { type BlockResult, COMPARE } from './ports.ts';
import { createProviderMetrics } from './providerMetrics.ts';
import { herfindahlFp } from './providerRows.ts';
import type { StrategySpec } from './scenario.ts';
import type { SharedRun } from './shared.ts';
import type { SketchBook } from './sketchBook.ts';
import type { ActionCounters, AgentRow, AuditRow, EraRow, EventRow, ModelRow, SlarkRow } from './trace.ts';
import { trueVerdict } from './truth.ts';

export type EraRows = {
  readonly era: EraRow;
  readonly agents: readonly AgentRow[];
  readonly models: readonly ModelRow[];
  readonly events: readonly EventRow[];
  readonly audits: readonly AuditRow[];
} & EntityRows &
  MarketRows;

/** Figures of a run without a market. */
const NO_MARKET: MarketFigures = {
  ...{ outageSlots: 0, backlogSlots: 0, misuses: 0 },
  ...{ misuseCases: 0, hiddenOutageS: 0, pollLagS: 0, votedMatches: 0, wrongMatches: 0 },
};

export type Observer = {
  /** Looks on while an era is settled; see {@link EntityRecorder}. */
  readonly watchSettlement: EntityRecorder['watch'];
  /** Reads an executed block; the events of the state's buffer are those of the block. */
  block(slot: number, phase: number, result: BlockResult): void;
  /** Reads the inference orders of a slot: agent, variant, sample, level each. */
  work(orders: Float64Array): void;
  /** Rows of the era that has just been settled; starts the next. */
  endEra(era: number, digest: string): EraRows;
  counters(): ActionCounters;
  /** Flat metrics of the whole run: name to number. Amounts in tokens, shares and ratios as fractions of 1. */
  summary(): Record<string, number>;
};

/** Gini coefficient of non-negative amounts, 0 for none or all zero: Σ(2i − n − 1)·xᵢ / (n·Σx), x ascending, i from 1. */
export function giniOf(amounts: readonly number[]): number {
  const sorted = Float64Array.from(amounts).sort();
  const n = sorted.length;
  let sum = 0;
  let weighted = 0;
  for (let i = 0; i < n; i++) {
    sum += sorted[i]!;
    weighted += (2 * (i + 1) - n - 1) * sorted[i]!;
  }
  return sum === 0 ? 0 : weighted / (n * sum);
}

/** Per agent, reset every era. */
type Tally = {
  call: number;
  reward: number;
  delegation: number;
  liveness: number;
  slark: number;
  restitution: number;
  lease: number;
  penalty: number;
  spent: number;
  requests: number;
  served: number;
  checked: number;
  accepted: number;
  executed: number;
  servedQualitySum: number;
  servedQualityCount: number;
  actions: number;
  rejected: number;
};
type ModelTally = {
  requests: number;
  served: number;
  income: number;
  qualitySum: number;
  qualityCount: number;
  validatedQuality: number;
  servedQualitySum: number;
  servedQualityCount: number;
};

const emptyTally = (): Tally => ({
  call: 0,
  reward: 0,
  delegation: 0,
  liveness: 0,
  slark: 0,
  restitution: 0,
  lease: 0,
  penalty: 0,
  spent: 0,
  requests: 0,
  served: 0,
  checked: 0,
  accepted: 0,
  executed: 0,
  servedQualitySum: 0,
  servedQualityCount: 0,
  actions: 0,
  rejected: 0,
});

/** All that an agent took in. */
const incomeOf = (t: Tally): number =>
  t.call + t.reward + t.delegation + t.liveness + t.slark + t.restitution + t.lease;

/** Reasons of Moved by which an agent pays for a service, and by which stake is lost; and the vaults that it lies in. */
const FEES: readonly number[] = [MOVE.taskFee, MOVE.registerFee, MOVE.licence, MOVE.fizzFee];
/** Reasons by which an agent earns on the compute market. */
const LEASE_INCOME: readonly number[] = [MOVE.leasePayment, MOVE.gatewayShare, MOVE.matchReward];
const LOSSES: readonly number[] = [MOVE.penalty, MOVE.slash];
const VAULTS: readonly number[] = [ACCOUNT.stakeVault, ACCOUNT.delegationVault];

const MODEL_STATE_NAMES = new Map<number, string>(Object.entries(MODEL_STATE).map(([name, code]) => [code, name]));

const ERA_SUMS = [
  'requests',
  'served',
  'refunded',
  'fees',
  'wu',
  'settled',
  'passed',
  'failed',
  'unresolved',
  'audits',
  'auditsFailed',
  'wrong',
  'copies',
  'slashed',
  'actions',
  'rejected',
  'blocks',
] as const;
type EraSums = Record<(typeof ERA_SUMS)[number], number>;
const emptySums = (): EraSums => Object.fromEntries(ERA_SUMS.map((name) => [name, 0])) as EraSums;

export function createObserver(
  run: SharedRun,
  s: State,
  sight: View,
  catalogue: readonly StrategySpec[],
  names: readonly string[],
  keep: { readonly agents: boolean; readonly events: boolean },
  sketches: SketchBook,
  marketFigures: () => MarketFigures = () => NO_MARKET,
): Observer {
  const { agents } = run.roster;
  const intents = new Map(catalogue.map((spec) => [`${spec.role}/${spec.name}`, spec.intent]));
  const intentOf = (agent: number): AgentRow['intent'] =>
    intents.get(`${agents[agent]!.role}/${agents[agent]!.strategy}`) ?? 'honest';
  let tallies = agents.map(emptyTally);
  const totals = agents.map(emptyTally);
  const models: ModelTally[] = [];
  let sums = emptySums();
  const runSums = emptySums();
  let wrongKnown = 0;
  let events: EventRow[] = [];
  const accepted: Record<string, number> = {};
  const rejected: Record<string, number> = {};
  const reasons: Record<string, number> = {};
  const standing = new Float64Array(agents.length).fill(-1);
  let lastEra: EraRow | null = null;
  const entities = createEntityRecorder(s, run);
  const providerMetrics = createProviderMetrics(run);
  const market = createMarketRecorder(s, run);
  const marketMetrics = createMarketMetrics(run, marketFigures);
  const audits = createAuditRecorder(run, s, sketches, names);
  let missedBefore = 0;

  const tallyOf = (account: number): Tally | undefined => tallies[account - ACCOUNT.firstAgent];
  const modelOf = (model: number): ModelTally =>
    (models[model] ??= {
      ...{ requests: 0, served: 0, income: 0, qualitySum: 0, qualityCount: 0 },
      ...{ validatedQuality: -1, servedQualitySum: 0, servedQualityCount: 0 },
    });
  const nodeOwner = (node: number): number => s.nodes[node * STRIDE.nodes + F.nodes.owner]!;

  function ownerOf(kind: number, entity: number): number {
    if (kind === KIND.node) return nodeOwner(entity);
    if (kind === KIND.validator) return s.validators[entity * STRIDE.validators + F.validators.owner]!;
    if (kind === KIND.model) return s.models[entity * STRIDE.models + F.models.owner]!;
    if (kind === KIND.provider) return s.providers[entity * STRIDE.providers + F.providers.owner]!;
    return 0;
  }

  function observeTask(task: number, kind: number, subject: number, outcome: number, qualityBps: number): void {
    if (outcome === VERDICT.none) {
      sums.unresolved += 1;
      return;
    }
    sums.settled += 1;
    sums[outcome === VERDICT.pass ? 'passed' : 'failed'] += 1;
    const truth = trueVerdict(sight, task);
    if (truth !== VERDICT.none) {
      wrongKnown += 1;
      if (truth !== outcome) sums.wrong += 1;
    }
    const at = task * STRIDE.tasks;
    const reference = s.tasks[at + F.tasks.referenceId]!;
    if (kind === TASK_KIND.output) {
      sums.audits += 1;
      if (outcome === VERDICT.fail) sums.auditsFailed += 1;
      const miner = tallyOf(nodeOwner(subject));
      if (miner !== undefined) {
        miner.checked += 1;
        if (outcome === VERDICT.pass) miner.accepted += 1;
      }
    }
    if (kind === TASK_KIND.output || kind === TASK_KIND.model) {
      const model = modelOf(s.versions[reference * STRIDE.versions + F.versions.model]!);
      if (qualityBps > 0) {
        model.qualitySum += qualityBps;
        model.qualityCount += 1;
        if (kind === TASK_KIND.model) model.validatedQuality = qualityBps;
      }
    }
    const start = s.tasks[at + F.tasks.memberStart]!;
    for (let member = start; member < start + s.tasks[at + F.tasks.memberCount]!; member++) {
      const own = member * STRIDE.members;
      const validator = tallyOf(ownerOf(KIND.validator, s.members[own + F.members.validator]!));
      if (validator === undefined) continue;
      validator.checked += 1;
      if (s.members[own + F.members.verdict] === outcome && s.members[own + F.members.copied] === 0)
        validator.accepted += 1;
    }
  }

  // Events of one action follow each other: these carry what one event tells to the next that says whom it concerns.
  let creatorUnits = 0;
  let lostUnits = 0;

  function observeEvent(at: number): void {
    const e = s.events;
    switch (e[at]) {
      case EV.Moved: {
        const reason = e[at + 4]!;
        const to = tallyOf(e[at + 2]!);
        if (to !== undefined && (reason === MOVE.callCreator || reason === MOVE.callNode)) to.call += e[at + 3]!;
        const from = tallyOf(e[at + 1]!);
        if (from !== undefined && FEES.includes(reason)) from.spent += e[at + 3]!;
        if (to !== undefined && reason === MOVE.restitution) to.restitution += e[at + 3]!;
        if (to !== undefined && LEASE_INCOME.includes(reason)) to.lease += e[at + 3]!;
        if (reason === MOVE.callCreator) creatorUnits = e[at + 3]!;
        if (LOSSES.includes(reason) && VAULTS.includes(e[at + 1]!)) lostUnits = e[at + 3]!;
        break;
      }
      case EV.AssetMoved: {
        const to = tallyOf(e[at + 3]!);
        if (to !== undefined && LEASE_INCOME.includes(e[at + 5]!)) to.lease += tokenValueOf(s, e[at + 4]!, e[at + 1]!);
        break;
      }
      case EV.LeaseAccrued: {
        const lease = e[at + 1]! * STRIDE.leases;
        const escrow = s.leases[lease + F.leases.escrow]! * STRIDE.escrows;
        const consumer = tallyOf(s.escrows[escrow + F.escrows.owner]!);
        // Payee, foundation, fees and gateway: all that the consumer was charged.
        const units = e[at + 3]! + e[at + 4]! + e[at + 5]! + e[at + 6]!;
        if (consumer !== undefined) consumer.spent += tokenValueOf(s, units, s.leases[lease + F.leases.asset]!);
        break;
      }
      case EV.Burnt: {
        // Of an agent's own tokens only the price of a licence is burnt (OP-63).
        const from = tallyOf(e[at + 1]!);
        if (from !== undefined) from.spent += e[at + 2]!;
        break;
      }
      case EV.RewardPaid: {
        const reason = e[at + 5]!;
        const to = tallyOf(e[at + 3]!);
        if (to === undefined) break;
        if (reason === MOVE.stakerReward || reason === MOVE.delegatorReward) to.delegation += e[at + 4]!;
        else if (e[at + 1] === KIND.provider) to.liveness += e[at + 4]!;
        else if (e[at + 1] === KIND.slark) to.slark += e[at + 4]!;
        else if (e[at + 1] === KIND.fizz) to.liveness += e[at + 4]!;
        else to.reward += e[at + 4]!;
        if (e[at + 1] === KIND.model) modelOf(e[at + 2]!).income += e[at + 4]!;
        break;
      }
      case EV.Slashed: {
        sums.slashed += e[at + 3]!;
        // The event tells the whole slash; what the owner lost of it was moved just before. The delegators' parts follow.
        const owner = tallyOf(ownerOf(e[at + 1]!, e[at + 2]!));
        if (owner !== undefined) owner.penalty += lostUnits;
        lostUnits = 0;
        break;
      }
      case EV.DelegationChanged: {
        const delegator = tallyOf(s.delegations[e[at + 1]! * STRIDE.delegations + F.delegations.delegator]!);
        if (delegator !== undefined) delegator.penalty += lostUnits;
        lostUnits = 0;
        break;
      }
      case EV.RequestRouted: {
        const miner = tallyOf(nodeOwner(e[at + 3]!));
        if (miner !== undefined) miner.requests += 1;
        break;
      }
      case EV.RequestServed: {
        sums.served += 1;
        sums.fees += e[at + 5]!;
        sums.wu += e[at + 4]!;
        const model = e[at + 2]!;
        modelOf(model).served += 1;
        modelOf(model).income += creatorUnits;
        creatorUnits = 0;
        const miner = tallyOf(nodeOwner(e[at + 3]!));
        if (miner !== undefined) miner.served += 1;
        const creator = tallyOf(ownerOf(KIND.model, model));
        if (creator !== undefined) creator.served += 1;
        const qualityBps = audits.servedQualityBps(e[at + 1]!);
        for (const tally of [modelOf(model), miner, creator]) {
          if (tally === undefined) continue;
          tally.servedQualitySum += qualityBps;
          tally.servedQualityCount += 1;
        }
        const consumer = tallyOf(s.requests[e[at + 1]! * STRIDE.requests + F.requests.consumer]!);
        if (consumer !== undefined) {
          consumer.served += 1;
          consumer.spent += e[at + 5]!;
        }
        break;
      }
      case EV.RequestRefunded:
        sums.refunded += 1;
        break;
      case EV.CopyFlagged:
        sums.copies += 1;
        break;
      case EV.TaskTallied:
        observeTask(e[at + 1]!, e[at + 2]!, e[at + 3]!, e[at + 4]!, e[at + 6]!);
        audits.observeTally(e[at + 1]!, e[at + 4]!);
        break;
      default:
    }
  }

  function observeActions(actions: readonly Action[], codes: readonly number[]): void {
    for (let i = 0; i < actions.length; i++) {
      const next = actions[i]!;
      const name = ACTION_NAMES[next.kind]!;
      const code = codes[i]!;
      const own = tallyOf(next.actor);
      sums.actions += 1;
      if (own !== undefined) own.actions += 1;
      if (code !== 0) {
        rejected[name] = (rejected[name] ?? 0) + 1;
        const reason = REJECTIONS[code]!;
        reasons[reason] = (reasons[reason] ?? 0) + 1;
        sums.rejected += 1;
        if (own !== undefined) own.rejected += 1;
        continue;
      }
      accepted[name] = (accepted[name] ?? 0) + 1;
      if (name === 'requestInference') {
        const model = next.args[0]!;
        sums.requests += 1;
        modelOf(model).requests += 1;
        if (own !== undefined) own.requests += 1;
        const creator = tallyOf(ownerOf(KIND.model, model));
        if (creator !== undefined) creator.requests += 1;
      }
    }
  }

  /** Stakes and delegations by account, and each agent's standing. */
  function holdings(): { stake: Float64Array; delegated: Float64Array } {
    const stake = new Float64Array(agents.length);
    const delegated = new Float64Array(agents.length);
    const trust = new Float64Array(agents.length);
    const count = new Float64Array(agents.length);
    const add = (account: number, units: number, standingFp: number): void => {
      const agent = account - ACCOUNT.firstAgent;
      stake[agent]! += units;
      if (standingFp >= 0) {
        trust[agent]! += standingFp;
        count[agent]! += 1;
      }
    };
    for (let node = 1; node <= s.nodeTotals[F.nodeTotals.nodeCount]!; node++) {
      const state = s.nodes[node * STRIDE.nodes + F.nodes.state]!;
      const alive = state >= NODE_STATE.online && state <= NODE_STATE.exiting;
      add(
        nodeOwner(node),
        s.nodeCollateral[node * STRIDE.nodeCollateral + F.nodeCollateral.ownUnits]!,
        alive ? s.nodeTrust[node * STRIDE.nodeTrust + F.nodeTrust.trustFp]! : -1,
      );
    }
    for (let validator = 1; validator <= s.validatorTotals[F.validatorTotals.validatorCount]!; validator++) {
      add(
        ownerOf(KIND.validator, validator),
        s.validatorCollateral[validator * STRIDE.validatorCollateral + F.validatorCollateral.ownUnits]!,
        s.validators[validator * STRIDE.validators + F.validators.reputationFp]!,
      );
    }
    for (let model = 1; model <= s.modelTotals[F.modelTotals.modelCount]!; model++) {
      const live = s.models[model * STRIDE.models + F.models.state] === MODEL_STATE.live;
      add(ownerOf(KIND.model, model), s.modelCollateral[model]!, live ? marketRankFp(s, model) : -1);
    }
    for (let provider = 1; provider <= s.providerTotals[F.providerTotals.providerCount]!; provider++) {
      const own = s.providerCollateral[provider * STRIDE.providerCollateral + F.providerCollateral.ownUnits]!;
      add(ownerOf(KIND.provider, provider), own, -1);
    }
    for (let d = 1; d <= s.stakeTotals[F.stakeTotals.delegationCount]!; d++) {
      const at = d * STRIDE.delegations;
      const agent = s.delegations[at + F.delegations.delegator]! - ACCOUNT.firstAgent;
      // The foundation delegates too.
      if (agent < 0) continue;
      const vesting = d * STRIDE.vestings;
      delegated[agent]! +=
        s.delegations[at + F.delegations.units]! +
        s.delegations[at + F.delegations.unbondingUnits]! +
        s.vestings[vesting + F.vestings.vestUnits]! -
        s.vestings[vesting + F.vestings.vestedUnits]!;
    }
    for (let i = 0; i < agents.length; i++) {
      // A Slark's standing is told by its results, era by era: see `judgeSlarks`.
      if (agents[i]!.role !== 'slark') standing[i] = count[i] === 0 ? -1 : Math.floor(trust[i]! / count[i]!);
    }
    return { stake, delegated };
  }

  /** What each agent has of foreign assets, and in escrow wallets, in tokens. */
  function marketHoldings(): Float64Array {
    const held = new Float64Array(agents.length);
    for (let i = 0; i < agents.length; i++)
      for (let asset = 1; asset < ASSET_COUNT; asset++)
        held[i]! += tokenValueOf(s, s.assetWallets[agents[i]!.account * ASSET_COUNT + asset]!, asset);
    for (let escrow = 1; escrow <= s.escrowTotals[F.escrowTotals.escrowCount]!; escrow++) {
      const agent = s.escrows[escrow * STRIDE.escrows + F.escrows.owner]! - ACCOUNT.firstAgent;
      for (let asset = 0; asset < ASSET_COUNT; asset++) {
        const at = (escrow * ASSET_COUNT + asset) * STRIDE.escrowBalances;
        const units =
          s.escrowBalances[at + F.escrowBalances.unlockedUnits]! + s.escrowBalances[at + F.escrowBalances.lockedUnits]!;
        held[agent]! += tokenValueOf(s, units, asset);
      }
    }
    return held;
  }

  /** Notes the results of an era's licences for their owners. */
  function judgeSlarks(rows: readonly SlarkRow[]): void {
    const results = new Map<number, { all: number; aligned: number }>();
    for (const { account, resultCount, alignedCount } of rows) {
      const own = tallyOf(account);
      if (own === undefined || resultCount === 0) continue;
      const sum = results.get(account) ?? { all: 0, aligned: 0 };
      results.set(account, { all: sum.all + resultCount, aligned: sum.aligned + alignedCount });
      if (agents[account - ACCOUNT.firstAgent]!.role !== 'slark') continue;
      own.checked += resultCount;
      own.accepted += alignedCount;
    }
    for (const [account, { all, aligned }] of results) {
      const agent = account - ACCOUNT.firstAgent;
      if (agents[agent]!.role === 'slark') standing[agent] = mulDivDown(FP, aligned, all);
    }
  }

  /** What the ledger says of providers, Slarks and challenges at an era's end. */
  function serviceColumns(entityRows: ReturnType<EntityRecorder['take']>) {
    const { sums: own, providers, slarks, challenges } = entityRows;
    const tierCount = (tier: number): number => {
      let count = 0;
      for (let at = STRIDE.providers; at <= providers.length * STRIDE.providers; at += STRIDE.providers)
        if (
          s.providers[at + F.providers.state] === PROVIDER_STATE.active &&
          s.providers[at + F.providers.tier] === tier
        )
          count += 1;
      return count;
    };
    let running = 0;
    for (let licence = 1; licence <= s.slarkTotals[F.slarkTotals.slarkCount]!; licence++)
      if (s.slarks[licence * STRIDE.slarks + F.slarks.state] === SLARK_STATE.running) running += 1;
    const missed = s.challengeTotals[F.challengeTotals.missedCount]!;
    const coverageMissedCount = missed - missedBefore;
    missedBefore = missed;
    const sumOf = <Row>(rows: readonly Row[], unitsOf: (row: Row) => number): number =>
      rows.reduce((sum, row) => sum + unitsOf(row), 0);
    const delegatedUnits = providers.map(
      ({ provider }) =>
        s.providerCollateral[provider * STRIDE.providerCollateral + F.providerCollateral.delegatedUnits]!,
    );
    const outcomes = (outcome: string): number => challenges.filter((row) => row.outcome === outcome).length;
    return {
      providerCount: s.providerTotals[F.providerTotals.activeCount]!,
      providerTier1Count: tierCount(1),
      providerTier2Count: tierCount(2),
      providerTier3Count: tierCount(3),
      providerTier4Count: tierCount(4),
      providerTier5Count: tierCount(5),
      providerTier6Count: tierCount(6),
      providerTier7Count: tierCount(7),
      livenessUnits: sumOf(providers, (row) => row.rewardUnits),
      slarkPoolUnits: sumOf(slarks, (row) => row.liquidUnits + row.delegatedUnits),
      slarkCount: running,
      challengeCount: challenges.length,
      challengePassedCount: outcomes('passed'),
      challengeFailedCount: outcomes('failed'),
      challengeInconclusiveCount: outcomes('inconclusive'),
      coverageMissedCount,
      overClaimFoundCount: challenges.filter(
        (row) => row.outcome === 'failed' && row.overClaimMil > 1_000 && row.expectedPassShare !== NO_EXPECTATION,
      ).length,
      delegationHhiFp: herfindahlFp(delegatedUnits),
      ...own,
    };
  }

  function modelRows(era: number): ModelRow[] {
    return Array.from({ length: s.modelTotals[F.modelTotals.modelCount]! }, (_, i) => {
      const model = i + 1;
      const at = model * STRIDE.models;
      const tally = modelOf(model);
      const owner = s.models[at + F.models.owner]!;
      const shown = s.models[at + F.models.liveVersion]! || s.models[at + F.models.candidateVersion]!;
      const version = shown * STRIDE.versions;
      const variant = sight.variantOf(s.versions[version + F.versions.artefactId]!);
      const ratingCount = s.models[at + F.models.ratingCount]!;
      let hostCount = 0;
      for (let host = model * HOSTS_PER_MODEL; host < (model + 1) * HOSTS_PER_MODEL; host++)
        if (s.hosts[host * STRIDE.hosts + F.hosts.state]! >= HOST_STATE.up) hostCount += 1;
      const row: ModelRow = {
        era,
        model,
        account: owner,
        creator: names[owner - ACCOUNT.firstAgent] ?? '',
        strategy: agents[owner - ACCOUNT.firstAgent]!.strategy,
        state: MODEL_STATE_NAMES.get(s.models[at + F.models.state]!) ?? '',
        versionNumber: s.versions[version + F.versions.number]!,
        variant: run.variants[variant]?.id ?? '',
        feeUnits: s.models[at + F.models.feeUnits]!,
        requestCount: tally.requests,
        servedCount: tally.served,
        incomeUnits: tally.income,
        ratingTenths: ratingCount === 0 ? -1 : s.models[at + F.models.ratingSumTenths]! / ratingCount,
        rankFp: marketRankFp(s, model),
        qualityBps: tally.qualityCount === 0 ? -1 : Math.round(tally.qualitySum / tally.qualityCount),
        validatedQualityBps: tally.validatedQuality,
        servedQualityBps:
          tally.servedQualityCount === 0 ? -1 : Math.round(tally.servedQualitySum / tally.servedQualityCount),
        hostCount,
      };
      tally.requests = 0;
      tally.served = 0;
      tally.income = 0;
      tally.servedQualitySum = 0;
      tally.servedQualityCount = 0;
      return row;
    });
  }

  return {
    watchSettlement: entities.watch,
    block(slot, phase, result) {
      sums.blocks += 1;
      observeActions(result.actions, result.codes);
      const era = Math.floor(slot / run.slotsPerEra);
      for (let i = 0; i < s.eventCount; i++) {
        const at = i * EVENT_STRIDE;
        observeEvent(at);
        entities.observeEvent(at, slot);
        market.observeEvent(at);
        if (!keep.events) continue;
        const e = s.events;
        events.push({
          era,
          slot,
          phase,
          name: EVENT_NAMES[e[at]!]!,
          a: e[at + 1]!,
          b: e[at + 2]!,
          c: e[at + 3]!,
          d: e[at + 4]!,
          e: e[at + 5]!,
          f: e[at + 6]!,
        });
      }
    },
    work(orders) {
      for (let i = 0; i < orders.length; i += 4) {
        const own = tallies[orders[i]!];
        if (own === undefined) continue;
        const variant = orders[i + 1]!;
        own.executed +=
          variant === COMPARE ? s.tasks[orders[i + 2]! * STRIDE.tasks + F.tasks.wu]! : run.variants[variant]!.wu;
      }
    },
    endEra(era, digest) {
      const { stake, delegated } = holdings();
      const held = marketHoldings();
      const entityRows = entities.take(era);
      judgeSlarks(entityRows.slarks);
      const rows: AgentRow[] = agents.map((info, i) => {
        const t = tallies[i]!;
        for (const key of Object.keys(t) as (keyof Tally)[]) totals[i]![key] += t[key];
        return {
          era,
          account: info.account,
          name: names[i] ?? '',
          role: info.role,
          strategy: info.strategy,
          intent: intentOf(i),
          walletUnits:
            s.wallets[info.account]! +
            s.prepaid[info.account * STRIDE.prepaid + F.prepaid.freeUnits]! +
            s.prepaid[info.account * STRIDE.prepaid + F.prepaid.lockedUnits]! +
            held[i]!,
          stakeUnits: stake[i]!,
          delegatedUnits: delegated[i]!,
          callUnits: t.call,
          rewardUnits: t.reward,
          delegationUnits: t.delegation,
          livenessUnits: t.liveness,
          slarkUnits: t.slark,
          restitutionUnits: t.restitution,
          leaseUnits: t.lease,
          penaltyUnits: t.penalty,
          spentUnits: t.spent,
          standingFp: standing[i]!,
          requestCount: t.requests,
          servedCount: t.served,
          checkedCount: t.checked,
          acceptedCount: t.accepted,
          executedWu: t.executed,
          servedQualityBps: t.servedQualityCount === 0 ? -1 : Math.round(t.servedQualitySum / t.servedQualityCount),
          actionCount: t.actions,
          rejectedCount: t.rejected,
        };
      });
      const wealth = rows.map((row) => row.walletUnits + row.stakeUnits + row.delegatedUnits);
      const minerIncome = rows
        .filter((row) => row.role === 'miner')
        .map((row) => row.callUnits + row.rewardUnits + row.livenessUnits + row.leaseUnits);
      const e = F.emissionTotals;
      const row: EraRow = {
        era,
        emittedUnits: s.emissionTotals[e.eraUnits]!,
        powrUnits: s.emissionTotals[e.powrUnits]!,
        validatorUnits: s.emissionTotals[e.validatorUnits]!,
        creatorUnits: s.emissionTotals[e.creatorUnits]!,
        stakerUnits: s.emissionTotals[e.stakerUnits]!,
        foundationUnits: s.emissionTotals[e.foundationUnits]!,
        supplyUnits: s.tokenTotals[F.tokenTotals.supplyUnits]!,
        burntUnits: s.tokenTotals[F.tokenTotals.burntUnits]!,
        requestCount: sums.requests,
        servedCount: sums.served,
        refundedCount: sums.refunded,
        feeUnits: sums.fees,
        servedWu: sums.wu,
        taskSettledCount: sums.settled,
        taskPassedCount: sums.passed,
        taskFailedCount: sums.failed,
        taskUnresolvedCount: sums.unresolved,
        auditCount: sums.audits,
        auditFailedCount: sums.auditsFailed,
        wrongOutcomeCount: sums.wrong,
        copyFlaggedCount: sums.copies,
        slashedUnits: sums.slashed,
        actionCount: sums.actions,
        rejectedCount: sums.rejected,
        blockCount: sums.blocks,
        onlineNodeCount: s.nodeTotals[F.nodeTotals.onlineCount]!,
        liveModelCount: s.modelTotals[F.modelTotals.liveCount]!,
        ...serviceColumns(entityRows),
        wealthGiniFp: Math.round(giniOf(wealth) * FP),
        minerIncomeGiniFp: Math.round(giniOf(minerIncome) * FP),
        digest,
      };
      const modelTable = modelRows(era);
      const eventTable = events;
      for (const name of ERA_SUMS) runSums[name] += sums[name];
      sums = emptySums();
      tallies = agents.map(emptyTally);
      events = [];
      lastEra = row;
      const { nodes, validators, delegations, calls, providers, slarks, challenges } = entityRows;
      providerMetrics.add(row, entityRows, entityRows.tierMoves);
      const paid = new Map(providers.map((own) => [own.provider, own]));
      const marketRows = market.take(era, (provider) => {
        const own = paid.get(provider);
        const collateral = own === undefined ? 0 : own.ownUnits + own.delegatedUnits + own.unbondingUnits;
        return {
          rewardUnits: own?.ownerUnits ?? 0,
          lostUnits: own === undefined || collateral === 0 ? 0 : mulDivDown(own.slashUnits, own.ownUnits, collateral),
        };
      });
      marketMetrics.add(marketRows);
      const auditTable = audits.take(era);
      return {
        era: row,
        models: modelTable,
        events: eventTable,
        audits: keep.agents ? auditTable : [],
        ...(keep.agents
          ? { agents: rows, nodes, validators, delegations, calls, providers, slarks, challenges, ...marketRows }
          : {
              ...{ agents: [], nodes: [], validators: [], delegations: [], calls: [] },
              ...{ providers: [], slarks: [], challenges: [] },
              ...{ leases: [], economics: [], fizz: [] },
              ...{ market: marketRows.market, flows: marketRows.flows },
            }),
      };
    },
    counters: () => ({ accepted: { ...accepted }, rejected: { ...rejected }, reasons: { ...reasons } }),
    summary() {
      const out: Record<string, number> = {};
      const tokens = (units: number): number => units / run.unitsPerToken;
      const groups = new Map<string, number[]>();
      const rolesOf = new Map<string, Set<string>>();
      for (const { role, strategy } of agents) rolesOf.set(strategy, (rolesOf.get(strategy) ?? new Set()).add(role));
      agents.forEach((info, i) => {
        // A strategy's bare name stands for it where only one role has it.
        const bare = rolesOf.get(info.strategy)!.size === 1 && info.strategy !== intentOf(i) ? [info.strategy] : [];
        for (const key of [`${info.role}.${info.strategy}`, info.role, `intent.${intentOf(i)}`, ...bare])
          groups.set(key, [...(groups.get(key) ?? []), i]);
      });
      const validatedOf = new Map<number, number[]>();
      models.forEach(({ validatedQuality }, model) => {
        const owner = s.models[model * STRIDE.models + F.models.owner]! - ACCOUNT.firstAgent;
        if (validatedQuality >= 0) validatedOf.set(owner, [...(validatedOf.get(owner) ?? []), validatedQuality]);
      });
      for (const [group, members] of [...groups].sort(([a], [b]) => (a < b ? -1 : 1))) {
        const sum = (pickValue: (t: Tally) => number): number =>
          members.reduce((acc, i) => acc + pickValue(totals[i]!), 0);
        const n = members.length;
        out[`income.${group}`] = tokens(sum(incomeOf)) / n;
        out[`profit.${group}`] = tokens(sum((t) => incomeOf(t) - t.penalty - t.spent)) / n;
        out[`penalty.${group}`] = tokens(sum((t) => t.penalty)) / n;
        out[`work.${group}`] = sum((t) => t.executed) / n;
        const checked = sum((t) => t.checked);
        if (checked > 0) out[`accepted.${group}`] = sum((t) => t.accepted) / checked;
        const answers = sum((t) => t.servedQualityCount);
        if (answers > 0) out[`quality.served.${group}`] = sum((t) => t.servedQualitySum) / answers / BPS;
        const validated = members.flatMap((i) => validatedOf.get(i) ?? []);
        if (validated.length > 0)
          out[`quality.validated.${group}`] = validated.reduce((acc, bps) => acc + bps, 0) / validated.length / BPS;
        const known = members.filter((i) => standing[i]! >= 0);
        if (known.length > 0)
          out[`standing.${group}`] = known.reduce((acc, i) => acc + standing[i]!, 0) / known.length / FP;
        Object.assign(out, providerMetrics.ofGroup(group, members), marketMetrics.ofGroup(group, members));
      }
      Object.assign(out, providerMetrics.ofRun(), marketMetrics.ofRun());
      out['requests.total'] = runSums.requests;
      out['requests.served_share'] = runSums.requests === 0 ? 0 : runSums.served / runSums.requests;
      out['tasks.settled'] = runSums.settled;
      out['tasks.wrong_share'] = wrongKnown === 0 ? 0 : runSums.wrong / wrongKnown;
      out['audits.total'] = runSums.audits;
      out['audits.failed_share'] = runSums.audits === 0 ? 0 : runSums.auditsFailed / runSums.audits;
      for (const [served, tally] of audits.byServed()) {
        // By what was really served, shown or not; answers that were committed to nothing stand for themselves.
        const name = served === '' ? 'unopened' : served;
        out[`audits.served.${name}`] = tally.count;
        out[`audits.rejected.${name}`] = tally.failedCount;
        out[`audits.honest.${name}`] = tally.honestCount;
        out[`audits.absent.${name}`] = tally.absentCount;
        if (tally.substituteCount === 0) continue;
        out[`audits.substituted.${name}`] = tally.substituteCount;
        out[`audits.detected.${name}`] = tally.substituteFailedCount / tally.substituteCount;
      }
      const audited = audits.totals();
      out['audits.honest_rejected'] = audited.honestFailedCount;
      out['audits.cheat_total'] = audited.substituteCount + audited.hiddenSubstituteCount + audited.copiedCount;
      out['audits.cheat_missed'] =
        out['audits.cheat_total'] -
        audited.substituteFailedCount -
        audited.hiddenSubstituteFailedCount -
        audited.copiedFailedCount;
      out['audits.text_missed'] = audited.substituteSameTextCount;
      out['audits.copied_total'] = audited.copiedCount;
      out['audits.absent_total'] = audited.absentCount;
      out['audits.unopened_total'] = audited.unopenedCount;
      out['copies.flagged'] = runSums.copies;
      out['slashed.total'] = tokens(runSums.slashed);
      out['actions.total'] = runSums.actions;
      out['actions.rejected_share'] = runSums.actions === 0 ? 0 : runSums.rejected / runSums.actions;
      out['models.live'] = lastEra?.liveModelCount ?? 0;
      out['nodes.online'] = lastEra?.onlineNodeCount ?? 0;
      out['gini.wealth'] = (lastEra?.wealthGiniFp ?? 0) / FP;
      out['gini.miner_income'] = giniOf(
        agents
          .filter((a) => a.role === 'miner')
          .map((a) => {
            const t = totals[a.agent]!;
            return t.call + t.reward + t.liveness + t.lease;
          }),
      );
      out['burnt.total'] = tokens(s.tokenTotals[F.tokenTotals.burntUnits]!);
      out['emission.total'] = tokens(s.emissionTotals[F.emissionTotals.emittedUnits]!);
      return out;
    },
  };
}
