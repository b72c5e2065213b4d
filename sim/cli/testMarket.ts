/** What tests read off small runs of the compute market: its tables as records, what agents own, and intervals. Decides nothing. */
import { FP } from '../base/fixedPoint.ts';
import { countHours } from '../engine/providerMetrics.ts';
import type { AgentInfo } from '../engine/roster.ts';
import type { Scenario } from '../engine/scenario.ts';
import type { WorldRun } from '../engine/testWorld.ts';
import { ASSET_COUNT, BID_STATE, CLOSE_REASON, F, ORDER_STATE, STRIDE } from '../protocol/layout.ts';
import type { State } from '../protocol/state.ts';
import { type Interval, intervalOf, nameOf, overSeeds, providerOf, sumOf } from './testRun.ts';

export type Entry<T extends 'orders' | 'leases' | 'bids' | 'fizzNodes' | 'providers' | 'escrows' | 'nodes'> = {
  readonly [K in keyof (typeof F)[T]]: number;
} & { readonly id: number };

function entries<T extends 'orders' | 'leases' | 'bids' | 'fizzNodes' | 'providers' | 'escrows' | 'nodes'>(
  s: State,
  table: T,
  count: number,
): Entry<T>[] {
  return Array.from({ length: count }, (_, i) => {
    const at = (i + 1) * STRIDE[table];
    const fields = Object.entries(F[table]).map(([name, place]) => [name, s[table][at + (place as number)]!]);
    return { ...Object.fromEntries(fields), id: i + 1 } as Entry<T>;
  });
}

export const ordersOf = ({ state: s }: WorldRun) => entries(s, 'orders', s.orderTotals[F.orderTotals.orderCount]!);
export const bidsOf = ({ state: s }: WorldRun) => entries(s, 'bids', s.orderTotals[F.orderTotals.bidCount]!);
export const leasesOf = ({ state: s }: WorldRun) => entries(s, 'leases', s.leaseTotals[F.leaseTotals.leaseCount]!);
export const fizzOf = ({ state: s }: WorldRun) => entries(s, 'fizzNodes', s.fizzTotals[F.fizzTotals.fizzCount]!);
export const escrowsOf = ({ state: s }: WorldRun) => entries(s, 'escrows', s.escrowTotals[F.escrowTotals.escrowCount]!);
export const nodesOf = ({ state: s }: WorldRun) => entries(s, 'nodes', s.nodeTotals[F.nodeTotals.nodeCount]!);
export const providersOf = ({ state: s }: WorldRun) =>
  entries(s, 'providers', s.providerTotals[F.providerTotals.providerCount]!);

/** Agents whose name (`role.population/place`) starts so. @throws Error if there is none */
export function agentsNamed(run: WorldRun, start: string): AgentInfo[] {
  const found = run.roster.agents.filter((info) => nameOf(info).startsWith(start));
  if (found.length === 0) throw new Error(`No agent ${start}`);
  return found;
}

/** Accounts of {@link agentsNamed}. */
export const accountsOf = (run: WorldRun, start: string): number[] =>
  agentsNamed(run, start).map(({ account }) => account);

/** Units of an asset in tokens at the last price. */
export function inTokens(s: State, units: number, asset: number): number {
  return asset === 0 ? units : (units * s.assets[asset * STRIDE.assets + F.assets.priceFp]!) / FP;
}

/** What an account owns in tokens: wallets, escrow wallets, own collateral of providers and nodes, delegations; unbonding included. */
export function wealthUnits({ state: s }: WorldRun, account: number): number {
  let units = s.wallets[account]!;
  for (let asset = 1; asset < ASSET_COUNT; asset++)
    units += inTokens(s, s.assetWallets[account * ASSET_COUNT + asset]!, asset);
  for (let escrow = 1; escrow <= s.escrowTotals[F.escrowTotals.escrowCount]!; escrow++) {
    if (s.escrows[escrow * STRIDE.escrows + F.escrows.owner] !== account) continue;
    for (let asset = 0; asset < ASSET_COUNT; asset++) {
      const at = (escrow * ASSET_COUNT + asset) * STRIDE.escrowBalances;
      const { unlockedUnits, lockedUnits } = F.escrowBalances;
      units += inTokens(s, s.escrowBalances[at + unlockedUnits]! + s.escrowBalances[at + lockedUnits]!, asset);
    }
  }
  for (let provider = 1; provider <= s.providerTotals[F.providerTotals.providerCount]!; provider++)
    if (s.providers[provider * STRIDE.providers + F.providers.owner] === account)
      units += s.providerCollateral[provider * STRIDE.providerCollateral + F.providerCollateral.ownUnits]!;
  for (let node = 1; node <= s.nodeTotals[F.nodeTotals.nodeCount]!; node++)
    if (s.nodes[node * STRIDE.nodes + F.nodes.owner] === account)
      units += s.nodeCollateral[node * STRIDE.nodeCollateral + F.nodeCollateral.ownUnits]!;
  for (let delegation = 1; delegation <= s.stakeTotals[F.stakeTotals.delegationCount]!; delegation++) {
    const at = delegation * STRIDE.delegations;
    if (s.delegations[at + F.delegations.delegator] !== account) continue;
    units += s.delegations[at + F.delegations.units]! + s.delegations[at + F.delegations.unbondingUnits]!;
  }
  return units;
}

/** What an account's machines have gained, in base units, over what it started with; dollars that it was given are no gain. */
export function gainUnits(run: WorldRun, { account, population }: AgentInfo): number {
  const { openUnits, options } = run.scenario.populations[population]!;
  const dollars = (typeof options.dollars === 'number' ? options.dollars : 0) * run.plan.unitsPerToken;
  return wealthUnits(run, account) - openUnits - inTokens(run.state, dollars, 1);
}

/** Sum of {@link gainUnits} over the agents whose name starts so. */
export const gainOf = (run: WorldRun, start: string): number =>
  agentsNamed(run, start).reduce((sum, info) => sum + gainUnits(run, info), 0);

const HOUR_S = 3_600;
const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);

/** Second at which a run was over. */
export const endOf = ({ scenario, plan }: WorldRun): number => scenario.eras * plan.slotsPerEra * plan.slotS;

type Lease = Entry<'leases'>;

/** Hours for which leases were meant to run so far, those that their consumer ended himself only until then. */
export function wantedHours(run: WorldRun, leases: readonly Lease[]): number {
  const until = (lease: Lease): number =>
    lease.closeReason === CLOSE_REASON.consumer ? lease.closedS : Math.min(lease.endS, endOf(run));
  return sum(leases.map((lease) => until(lease) - lease.startS)) / HOUR_S;
}

/** Hours for which leases were served, where no machine was ever down. */
export function servedHours(run: WorldRun, leases: readonly Lease[]): number {
  const until = (lease: Lease): number => Math.min(lease.closedS || endOf(run), lease.endS);
  return sum(leases.map((lease) => (lease.deployedS === 0 ? 0 : until(lease) - lease.deployedS))) / HOUR_S;
}

/** What consumers have paid for leases, in tokens of base units, without the user fee. */
export function paidFor({ state }: WorldRun, leases: readonly Lease[]): number {
  return sum(leases.map(({ paidUnits, asset }) => inTokens(state, paidUnits, asset)));
}

/** Price over the maximum of its order, mean of leases; 0 without any. */
export function priceShare(run: WorldRun, leases: readonly Lease[]): number {
  const orders = ordersOf(run);
  const shares = leases.map((lease) => lease.priceUnits / orders[lease.order - 1]!.maxPriceUnits);
  return shares.length === 0 ? 0 : sum(shares) / shares.length;
}

/** What the miners whose name starts so did and got on the market; amounts in tokens. */
export function leasing(run: WorldRun, start: string) {
  const accounts = new Set(accountsOf(run, start));
  const providers = providersOf(run).filter(({ owner }) => accounts.has(owner));
  const numbers = new Set(providers.map(({ id }) => id));
  const all = leasesOf(run);
  const own = all.filter(({ provider }) => numbers.has(provider));
  const bids = bidsOf(run).filter(({ provider }) => numbers.has(provider));
  const owners = new Map(escrowsOf(run).map(({ id, owner }) => [id, owner]));
  const fromOthers = own.filter(({ escrow }) => !accounts.has(owners.get(escrow)!));
  const names = agentsNamed(run, start).map(nameOf);
  const rows = names.flatMap((name) => providerOf(run, name).rows);
  const tokens = (units: number): number => units / run.plan.unitsPerToken;
  const ratingCount = sum(providers.map((provider) => provider.ratingCount));
  return {
    orderCount: ordersOf(run).length,
    expiredCount: ordersOf(run).filter(({ state }) => state === ORDER_STATE.expired).length,
    matchedCount: all.length,
    bidCount: bids.length,
    leaseCount: own.length,
    leaseShare: own.length / all.length,
    winShare: bids.filter(({ state }) => state === BID_STATE.won).length / bids.length,
    priceShare: priceShare(run, fromOthers),
    paid: tokens(paidFor(run, fromOthers)),
    servedCpuHours: sum(fromOthers.map((lease) => servedHours(run, [lease]) * lease.cpuCount)),
    wantedHours: wantedHours(run, fromOthers),
    /** Part of the time that its consumers had rented and did not get. */
    undelivered: fromOthers.length === 0 ? 0 : 1 - servedHours(run, fromOthers) / wantedHours(run, fromOthers),
    brokenCount: own.filter(({ closeReason }) => closeReason === CLOSE_REASON.provider).length,
    gain: tokens(gainOf(run, start)),
    slashed: tokens(sumOf(rows, 'slashUnits')),
    bonus: tokens(sumOf(rows, 'bonusUnits')),
    breachedHours: sum(rows.map(({ breachedBits }) => countHours(breachedBits))),
    passShare: sumOf(rows, 'passedCount') / sumOf(rows, 'challengeCount'),
    ratingCount,
    rating: ratingCount === 0 ? 0 : sum(providers.map(({ ratingSumTenths }) => ratingSumTenths)) / ratingCount / 10,
    lastTier: rows[rows.length - 1]!.tierAfter,
    isSuspended: rows.some(({ stateAfter }) => stateAfter === 'suspended') ? 1 : 0,
    ...run.outcome.market,
  };
}

/** Runs scenarios for the same seeds, each once, and gives intervals of paired differences. */
export function pairedRuns<T extends Readonly<Record<string, number>>>(
  seeds: readonly number[],
  measure: (run: WorldRun) => T,
) {
  const known = new Map<string, Promise<T[]>>();
  return {
    run(scenario: Scenario): Promise<T[]> {
      const key = JSON.stringify(scenario);
      const found = known.get(key) ?? overSeeds(seeds, scenario, measure);
      known.set(key, found);
      return found;
    },
    /** Of a figure. */
    of: (found: readonly T[], figure: keyof T): Interval => intervalOf(found.map((one) => one[figure] as number)),
    /** Left − right. */
    gap: (left: readonly T[], right: readonly T[], figure: keyof T): Interval =>
      intervalOf(left.map((one, i) => (one[figure] as number) - (right[i]![figure] as number))),
    /** Left over right, less 1. */
    relativeGap: (left: readonly T[], right: readonly T[], figure: keyof T): Interval =>
      intervalOf(left.map((one, i) => (one[figure] as number) / (right[i]![figure] as number) - 1)),
  };
}
