/** The compute market of a made-up run: each miner rents its provider out, some lead subnets of fizz nodes. No chance. */
import type { EconomicsRow, FizzRow, FlowRow, MarketRow, ProviderRow } from '../sim/engine/trace.ts';

const UNITS = 1_000_000;
const FP = 1_000_000_000;

type Noise = (...keys: readonly number[]) => number;

export type SyntheticMarket = {
  readonly market: readonly MarketRow[];
  readonly flows: readonly FlowRow[];
  readonly economics: readonly EconomicsRow[];
  readonly fizz: readonly FizzRow[];
};

/** Fizz nodes of the run, and providers that lead a subnet. */
const NODES = 9;
const GATEWAYS = 3;

function economicsRow(row: ProviderRow, strategy: string, text: string, noise: Noise): EconomicsRow {
  const { era, provider } = row;
  const isLarge = provider % 3 === 0;
  const won = Math.floor((8 - row.tierAfter) * 0.6 * noise(41, era, provider) * (isLarge ? 2 : 1));
  return {
    era,
    provider,
    account: row.account,
    strategy,
    hardware: `${isLarge ? 'datacentre' : 'community'}${text}`,
    gpuTier: row.gpuTier,
    tier: row.tierAfter,
    collateralUnits: row.ownUnits + row.delegatedUnits,
    capexUnits: (isLarge ? 9_000 : 2_000) * UNITS,
    opexUnits: (isLarge ? 20 : 6) * UNITS,
    leaseUnits: won * 15 * UNITS,
    gatewayUnits: provider <= GATEWAYS ? 120_000 : 0,
    rewardUnits: row.ownerUnits,
    lostUnits: row.slashUnits,
    wonCount: won,
    memberWonCount: provider <= GATEWAYS ? Math.floor(won * 0.3) : 0,
    selfWonCount: provider % 7 === 5 ? Math.floor(won * 0.2) : 0,
    usedCpuCount: Math.min(row.cpuCount, won),
    cpuCount: row.cpuCount,
  };
}

function fizzRow(era: number, place: number, rows: readonly EconomicsRow[], text: string, noise: Noise): FizzRow {
  const gateway = 1 + (place % GATEWAYS);
  const state = (['active', 'serving', 'detached'] as const)[Math.floor(3 * noise(43, era, place))]!;
  return {
    era,
    fizz: place + 1,
    account: 900 + place,
    strategy: `evening${text}`,
    state,
    gateway,
    gatewayTier: rows.find(({ provider }) => provider === gateway)?.tier ?? 7,
    priceUnits: 30_000,
    cpuCount: 8,
    gpuCount: 0,
    delegatedUnits: 20 * UNITS,
    leaseUnits: state === 'serving' ? Math.round(6 * UNITS * (0.5 + noise(44, era, place))) : 0,
    rewardUnits: 0,
  };
}

function marketRow(era: number, economics: readonly EconomicsRow[], fizz: readonly FizzRow[], noise: Noise): MarketRow {
  const sum = (of: (row: EconomicsRow) => number): number => economics.reduce((total, row) => total + of(row), 0);
  const won = sum(({ wonCount }) => wonCount);
  const leased = sum(({ leaseUnits }) => leaseUnits) + fizz.reduce((total, row) => total + row.leaseUnits, 0);
  const gateway = sum(({ gatewayUnits }) => gatewayUnits);
  const gross = Math.round((leased + gateway) / 0.8);
  const expired = Math.floor(won * 0.2 * noise(45, era));
  const states = (name: string): number => fizz.filter(({ state }) => state === name).length;
  return {
    era,
    orderCount: won + expired + 1,
    matchedCount: won,
    expiredCount: expired,
    cancelledCount: era % 5 === 2 ? 1 : 0,
    bidCount: (won + expired + 1) * 6,
    waitingCount: Math.floor(4 * noise(46, era)),
    matchedWaitS: won * 90,
    expiredWaitS: expired * 3_600,
    openedLeaseCount: won,
    closedByConsumerCount: Math.floor(won * 0.1),
    closedByProviderCount: era % 7 === 5 ? 1 : 0,
    endedCount: Math.floor(won * 0.8),
    exhaustedCount: era % 4 === 3 ? 1 : 0,
    outageCount: states('detached'),
    updatedCount: 0,
    providerLostCount: 0,
    expelledCount: 0,
    openLeaseCount: Math.floor(won * 0.3),
    breachCount: states('detached'),
    grossUnits: gross,
    payeeUnits: leased,
    gatewayUnits: gateway,
    commissionUnits: gross - leased - gateway,
    userFeeUnits: Math.round(gross * 0.004),
    providerFeeUnits: 0,
    refundUnits: 20 * UNITS,
    foreignGrossUnits: Math.round(gross * 0.2),
    selfPayeeUnits: sum(({ selfWonCount }) => selfWonCount) * 15 * UNITS,
    matchRewardUnits: 0,
    fizzRewardUnits: 0,
    cpuHourPriceUnits: won === 0 ? -1 : Math.round(220_000 * (0.8 + 0.4 * noise(47, era))),
    gpuHourPriceUnits: won === 0 ? -1 : Math.round(5 * UNITS * (0.8 + 0.4 * noise(48, era))),
    dollarPriceFp: 48 * FP,
    registeredCpuCount: sum(({ cpuCount }) => cpuCount),
    usedCpuCount: sum(({ usedCpuCount }) => usedCpuCount),
    registeredGpuCount: economics.length,
    usedGpuCount: Math.floor(economics.length * 0.2 * noise(49, era)),
    fizzActiveCount: states('active'),
    fizzServingCount: states('serving'),
    fizzDetachedCount: states('detached'),
    subnetCount: GATEWAYS,
    unlockedUnits: 9_000 * UNITS,
    lockedUnits: 800 * UNITS,
  };
}

function flowRows(era: number, row: MarketRow, economics: readonly EconomicsRow[]): FlowRow[] {
  const liveness = economics.reduce((sum, { rewardUnits }) => sum + rewardUnits, 0);
  const won = economics.reduce((sum, { leaseUnits }) => sum + leaseUnits, 0);
  const flow = (payer: string, receiver: string, reason: string, units: number, asset = 0): FlowRow => ({
    ...{ era, payer, receiver, reason, asset },
    units: asset === 0 ? units : Math.round(units / 48),
    valueUnits: units,
  });
  return [
    flow('outside', 'consumer', 'issue', 5_000 * UNITS, 1),
    flow('consumer', 'escrow', 'escrowDeposit', 900 * UNITS),
    flow('miner', 'stakeVault', 'stake', 100 * UNITS),
    flow('escrow', 'miner', 'leasePayment', Math.round(won * 0.8)),
    flow('escrow', 'miner', 'leasePayment', won - Math.round(won * 0.8), 1),
    flow('escrow', 'fizz', 'leasePayment', row.payeeUnits - won),
    flow('escrow', 'miner', 'gatewayShare', row.gatewayUnits),
    flow('escrow', 'foundation', 'commission', row.commissionUnits),
    flow('escrow', 'foundation', 'userFee', row.userFeeUnits, 1),
    flow('foundation', 'miner', 'livenessReward', liveness),
    flow('community', 'miner', 'powrReward', 12_000 * UNITS),
    flow('community', 'validatorPot', 'validatorReward', 4_000 * UNITS),
    flow('validatorPot', 'validator', 'validatorReward', 3_900 * UNITS),
    flow('community', 'creator', 'creatorReward', 2_000 * UNITS),
    flow('slark', 'foundation', 'licence', 10 * UNITS),
  ].filter(({ valueUnits }) => valueUnits > 0);
}

/** Rows of an era from those of its providers; none if there are no providers or no market. */
export function syntheticMarket(
  era: number,
  providers: readonly ProviderRow[],
  strategyOf: (account: number) => string,
  options: { readonly hasMarket: boolean; readonly text: string },
  noise: Noise,
): SyntheticMarket {
  const own = providers.filter((row) => row.era === era);
  if (!options.hasMarket || own.length === 0) return { market: [], flows: [], economics: [], fizz: [] };
  const economics = own.map((row) => economicsRow(row, strategyOf(row.account), options.text, noise));
  const fizz = Array.from({ length: NODES }, (_, place) => fizzRow(era, place, economics, options.text, noise));
  const market = marketRow(era, economics, fizz, noise);
  return { market: [market], flows: flowRows(era, market, economics), economics, fizz };
}
