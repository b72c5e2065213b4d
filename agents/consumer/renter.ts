/**
 * BEH-40 on the compute market: keeps an escrow wallet or several, orders machines by chance of its own, within a budget and at most at a
 * price that they are worth to it, chooses among bids by price, quality and region where it may, uses what it rents, rates some.
 */
import { BPS, FP } from '../../sim/base/fixedPoint.ts';
import {
  type AgentRandom,
  type Decision,
  type Memory,
  PHASE,
  type Strategy,
  type View,
} from '../../sim/engine/agentContract.ts';
import {
  ASSET_COUNT,
  CLOSE_REASON,
  DOLLAR_ASSET,
  F,
  LEASE_STATE,
  ORDER_FLAG,
  ORDER_MODE,
  PROVIDER_TIERS,
  STRIDE,
} from '../../sim/protocol/layout.ts';
import { bidField, canRate, inAsset, leaseField, orderField, providerField } from '../ledger.ts';
import { numberOption } from '../options.ts';

const HOUR_S = 3_600;
/** Regions of one continent have numbers that are equal but for their last three bits (F-15). */
const REGIONS_PER_CONTINENT = 8;
const MEMORY_PER_CPU_GB = 2;
const STORAGE_PER_CPU_GB = 16;
/** Class of the GPU that orders are priced for where they ask for none in particular. */
const USUAL_GPU_TIER = 4;

export type RenterPlan = {
  readonly name: string;
  /** Whether it sends the manifest of a lease; always, where nothing is said (BEH-41). */
  readonly usesLease?: (view: View, lease: number) => boolean;
  /** Called in every phase after its own part. */
  readonly after?: (view: View, out: Decision) => void;
};

export function balanceOf(
  view: View,
  escrow: number,
  asset: number,
): { readonly unlocked: number; readonly locked: number } {
  const at = (escrow * ASSET_COUNT + asset) * STRIDE.escrowBalances;
  return {
    unlocked: view.ledger.escrowBalances[at + F.escrowBalances.unlockedUnits]!,
    locked: view.ledger.escrowBalances[at + F.escrowBalances.lockedUnits]!,
  };
}

function holdingOf(view: View, asset: number): number {
  return asset === 0
    ? view.ledger.wallets[view.account]!
    : view.ledger.assetWallets[view.account * ASSET_COUNT + asset]!;
}

/** Uniform integer between two options. */
function between(view: View, random: AgentRandom, least: string, most: string): number {
  const from = numberOption(view, least);
  return from + random.int(Math.max(0, numberOption(view, most) - from) + 1);
}

type Wish = {
  readonly asset: number;
  readonly mode: number;
  readonly cpuCount: number;
  readonly gpuCount: number;
  readonly gpuTier: number;
  readonly durationS: number;
  readonly maxPriceUnits: number;
  readonly flags: number;
};

const FILTERS: Readonly<Record<string, number>> = {
  any: 0,
  secured: ORDER_FLAG.secured,
  community: ORDER_FLAG.community,
};

/** What it wants now: always as many draws, so that one answer moves no other. */
function wish(view: View, random: AgentRandom): Wish {
  const isForeign = random.chance(numberOption(view, 'foreign_bps'));
  const isFizz = random.chance(numberOption(view, 'fizz_bps'));
  const wantsGpu = random.chance(numberOption(view, 'gpu_bps'));
  const isHard = random.chance(numberOption(view, 'region_hard_bps'));
  const cpuCount = between(view, random, 'cpu_min', 'cpu_max');
  const hours = between(view, random, 'hours_min', 'hours_max');
  const worthMil = between(view, random, 'worth_min_mil', 'worth_max_mil');
  const asset = isForeign && !isFizz ? DOLLAR_ASSET : 0;
  const gpuCount = wantsGpu ? 1 : 0;
  const cost = view.costUnitsPerHour({
    cpuCount,
    memoryGb: cpuCount * MEMORY_PER_CPU_GB,
    storageGb: cpuCount * STORAGE_PER_CPU_GB,
    gpuCount,
    gpuTier: wantsGpu ? USUAL_GPU_TIER : 0,
  });
  return {
    asset,
    mode: isFizz ? ORDER_MODE.fizz : ORDER_MODE.provider,
    cpuCount,
    gpuCount,
    gpuTier: wantsGpu ? 1 : 0,
    durationS: hours * HOUR_S,
    maxPriceUnits: Math.max(1, inAsset(view, Math.ceil((cost * worthMil) / 1_000), asset)),
    flags: (isHard ? ORDER_FLAG.regionHard : 0) + (isFizz ? 0 : (FILTERS[String(view.options.tiers)] ?? 0)),
  };
}

/** Highest cost of a wish with the fee on top, rounded up as the ledger does (F-16). */
function highestCost(view: View, { maxPriceUnits, durationS, asset }: Wish): number {
  const units = Math.ceil((maxPriceUnits * durationS) / HOUR_S);
  return units + (asset === 0 ? 0 : Math.ceil((units * view.param('fee.user_foreign_bps')) / BPS));
}

/** What is not bound in leases, in tokens: wallets, and what lies unlocked in escrow. */
function freeUnits(view: View): number {
  let units = 0;
  for (let asset = 0; asset < ASSET_COUNT; asset++) {
    const unlocked = view.myEscrows().reduce((sum, escrow) => sum + balanceOf(view, escrow, asset).unlocked, 0);
    units += Math.floor(((holdingOf(view, asset) + unlocked) / FP) * view.priceFp(asset));
  }
  return units;
}

/** Whether an order is within what it wants to spend in an era. Memory 0 and 1: the era plus 1, and what was free when it began. */
function isWithinBudget(view: View, memory: Memory, wanted: Wish): boolean {
  const budgetUnits = numberOption(view, 'budget_tokens') * view.unitsPerToken;
  if (budgetUnits === 0) return true;
  const free = freeUnits(view);
  if (memory[0] !== view.era + 1) {
    memory[0] = view.era + 1;
    memory[1] = free;
  }
  const costUnits = Math.ceil((highestCost(view, wanted) / FP) * view.priceFp(wanted.asset));
  return memory[1]! - free + costUnits <= budgetUnits;
}

/** What has to lie in the wallet for an order to be taken, and to be matched (ORDER-1, OP-82). */
function coverOf(view: View, wanted: Wish): number {
  const cost = highestCost(view, wanted);
  return view.options.covers === 'least' ? Math.ceil((cost * view.param('escrow.min_cover_bps')) / BPS) : cost;
}

/** Makes the wallet hold what an order needs: tops it up, opens it where there is none, or gives up. 0: not this time. */
function fund(view: View, wanted: Wish, escrow: number | undefined, out: Decision): number {
  const needed = coverOf(view, wanted);
  const reserve = numberOption(view, 'deposit_tokens') * view.unitsPerToken;
  const deposit = wanted.asset === 0 ? Math.max(needed, reserve) : needed;
  const holding = holdingOf(view, wanted.asset);
  if (escrow === undefined) {
    const units = Math.min(holding, Math.max(deposit, reserve));
    if (wanted.asset === 0 && units >= view.param('escrow.min_deposit') && units > 0)
      out.act('openEscrow', [wanted.asset, units]);
    return 0;
  }
  const { unlocked } = balanceOf(view, escrow, wanted.asset);
  if (unlocked >= needed) return escrow;
  if (holding < needed - unlocked) return 0;
  out.act('depositEscrow', [escrow, wanted.asset, Math.min(holding, Math.max(deposit - unlocked, needed - unlocked))]);
  return escrow;
}

function order(view: View, memory: Memory, random: AgentRandom, out: Decision): void {
  if (!random.chance(numberOption(view, 'lease_bps'))) return;
  const wanted = wish(view, random);
  if (!isWithinBudget(view, memory, wanted)) return;
  // Its wallets take turns, one order each (ESCROW-4). Memory 2: orders so far.
  const escrows = view.myEscrows().slice(0, numberOption(view, 'wallets'));
  const leaseCount = escrows.reduce((sum, escrow) => sum + view.leasesOf(escrow).length, 0);
  if (leaseCount >= numberOption(view, 'leases_max')) return;
  const from = fund(view, wanted, escrows[memory[2]! % numberOption(view, 'wallets')], out);
  if (from === 0) return;
  memory[2]! += 1;
  const { asset, mode, cpuCount, gpuCount, gpuTier, durationS, maxPriceUnits, flags } = wanted;
  out.act('createOrder', [
    from,
    asset,
    mode,
    cpuCount,
    cpuCount * MEMORY_PER_CPU_GB,
    cpuCount * STORAGE_PER_CPU_GB,
    gpuCount,
    gpuTier,
    view.capacity.region,
    durationS,
    maxPriceUnits,
    flags,
  ]);
}

/** Reasons for which a lease ended that are its provider's. */
const FORSAKEN: readonly number[] = [CLOSE_REASON.provider, CLOSE_REASON.providerLost, CLOSE_REASON.outage];

/** Out of five: less a point and a half for each time the service was down, less two where it was left alone, one if it never ran. */
function ratingOf(view: View, lease: number): number {
  const scale = view.param('fb.scale_tenths');
  if (leaseField(view, lease, 'deployedS') === 0) return Math.round(scale / 5);
  const left = FORSAKEN.includes(leaseField(view, lease, 'closeReason')) ? 20 : 0;
  return Math.max(10, scale - left - 15 * leaseField(view, lease, 'breachCount'));
}

export function createRenter(plan: RenterPlan): Strategy {
  return {
    role: 'consumer',
    name: plan.name,
    phases: [PHASE.open, PHASE.lastBid, PHASE.match, PHASE.serve, PHASE.reveal, PHASE.close],
    decide(view, memory, random, out) {
      if (view.phase === PHASE.open) order(view, memory, random, out);
      else if (view.phase === PHASE.match) choose(view, out);
      else if (view.phase === PHASE.close) finish(view, random, plan, out);
      else if (view.phase !== PHASE.lastBid) begin(view, plan, out);
      plan.after?.(view, out);
    },
  };
}

/** Sends the manifests of leases that have been won (LEASE-3). */
function begin(view: View, { usesLease = () => true }: RenterPlan, out: Decision): void {
  for (const escrow of view.myEscrows())
    for (const lease of view.leasesOf(escrow))
      if (leaseField(view, lease, 'state') === LEASE_STATE.awaiting && usesLease(view, lease))
        out.act('sendManifest', [lease]);
}

/** The end of a slot: changes of mind about leases that it uses, ratings of those that are over. */
function finish(view: View, random: AgentRandom, { usesLease = () => true }: RenterPlan, out: Decision): void {
  for (const escrow of view.myEscrows()) {
    for (const lease of view.leasesOf(escrow)) if (usesLease(view, lease)) change(view, random, lease, out);
    for (const lease of view.closedLeasesOf(escrow))
      if (canRate(view, lease) && random.chance(view.param('fb.rate_prob_bps')))
        out.act('rateLease', [lease, ratingOf(view, lease)]);
  }
}

/** What it thinks of a bid, by what it looks for: price, quality (trust tier and ratings), nearness. */
function worthOf(view: View, order: number, bid: number): number {
  const provider = bidField(view, bid, 'provider');
  const max = orderField(view, order, 'maxPriceUnits');
  const region = orderField(view, order, 'region');
  const ratings = providerField(view, provider, 'ratingCount');
  const rating =
    ratings === 0 ? 1 / 2 : providerField(view, provider, 'ratingSumTenths') / ratings / view.param('fb.scale_tenths');
  const tier = (PROVIDER_TIERS + 1 - providerField(view, provider, 'tier')) / PROVIDER_TIERS;
  const itsRegion = providerField(view, provider, 'region');
  const isOneContinent = Math.floor(itsRegion / REGIONS_PER_CONTINENT) === Math.floor(region / REGIONS_PER_CONTINENT);
  const nearness = itsRegion === region ? 1 : isOneContinent ? 1 / 2 : 0;
  return (
    numberOption(view, 'price_weight') * ((max - bidField(view, bid, 'priceUnits')) / max) +
    numberOption(view, 'quality_weight') * ((rating + tier) / 2) +
    numberOption(view, 'region_weight') * nearness
  );
}

/** Where consumers choose among the bids themselves (MATCH-7): takes the one that it thinks most of, the earliest among equals. */
function choose(view: View, out: Decision): void {
  if (view.param('match.user_choice') !== 1) return;
  for (const escrow of view.myEscrows()) {
    for (const order of view.ordersOf(escrow)) {
      if (view.nowS <= orderField(view, order, 'bidUntilS')) continue;
      const bids = [...view.bidsOf(order)].sort((a, b) => worthOf(view, order, b) - worthOf(view, order, a) || a - b);
      if (bids[0] !== undefined) out.act('chooseBid', [order, bids[0]]);
    }
  }
}

/** Now and then needs a machine longer, not any more, or another one (LEASE-8, LEASE-10, LEASE-11). */
function change(view: View, random: AgentRandom, lease: number, out: Decision): void {
  const at = random.int(BPS);
  const early = numberOption(view, 'close_bps');
  const longer = early + numberOption(view, 'extend_bps');
  const other = longer + numberOption(view, 'update_bps');
  if (at < early) out.act('closeLease', [lease]);
  else if (at < longer) out.act('extendLease', [lease, 2 * HOUR_S]);
  else if (at < other && leaseField(view, lease, 'fizz') === 0)
    out.act('proposeUpdate', [
      lease,
      leaseField(view, lease, 'cpuCount') + 1,
      leaseField(view, lease, 'memoryGb') + MEMORY_PER_CPU_GB,
      leaseField(view, lease, 'storageGb'),
      leaseField(view, lease, 'gpuCount'),
      4 * HOUR_S,
      Math.ceil(leaseField(view, lease, 'priceUnits') * 1.5),
    ]);
}

export const renter = createRenter({ name: 'renter' });
