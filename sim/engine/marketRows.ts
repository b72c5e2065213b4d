/**
 * The compute market of an era as rows: orders, leases, money by where it came from and went to, and what providers and fizz
 * nodes earned against what their machines cost. Reads events and state, decides nothing.
 */
import { max, min, mulDivDown } from '../base/fixedPoint.ts';
import { tokenValueOf } from '../protocol/assets.ts';
import { delegationUnits } from '../protocol/delegation.ts';
import { EV, MOVE } from '../protocol/events.ts';
import {
  ACCOUNT,
  ASSET_COUNT,
  CLOSE_REASON,
  DOLLAR_ASSET,
  F,
  FIZZ_STATE,
  KIND,
  LEASE_STATE,
  LEASE_TERM,
  ORDER_STATE,
  PROVIDER_STATE,
  STRIDE,
  SUBNET_STATE,
} from '../protocol/layout.ts';
import type { State } from '../protocol/state.ts';
import { machineCapexUnits, machineRunningUnitsPerHour } from './machineCost.ts';
import { CAPACITY, CAPACITY_SIZE, type SharedRun } from './shared.ts';
import type { EconomicsRow, FizzRow, FlowRow, LeaseRow, MarketRow } from './trace.ts';

export type MarketRows = {
  readonly market: readonly MarketRow[];
  readonly flows: readonly FlowRow[];
  readonly leases: readonly LeaseRow[];
  readonly economics: readonly EconomicsRow[];
  readonly fizz: readonly FizzRow[];
};

export type MarketRecorder = {
  /** Reads the event at `at` of the run's state. */
  observeEvent(at: number): void;
  /**
   * Rows of the era that has just been settled; starts the next.
   *
   * @param rewardOf what liveness and bonus paid to the owner of a provider, and what it lost of its own stake
   */
  take(
    era: number,
    rewardOf: (provider: number) => { readonly rewardUnits: number; readonly lostUnits: number },
  ): MarketRows;
};

const nameByCode = (codes: Readonly<Record<string, number>>): ReadonlyMap<number, string> =>
  new Map(Object.entries(codes).map(([name, code]) => [code, name]));
const REASON_NAMES = nameByCode(MOVE);
const CLOSE_NAMES = nameByCode(CLOSE_REASON);
const FIZZ_NAMES = nameByCode(FIZZ_STATE);
const ACCOUNT_NAMES = nameByCode(ACCOUNT);

const SUMS = [
  ...['orderCount', 'matchedCount', 'expiredCount', 'cancelledCount', 'bidCount', 'openedLeaseCount', 'breachCount'],
  ...['closedByConsumerCount', 'closedByProviderCount', 'endedCount', 'exhaustedCount', 'outageCount', 'updatedCount'],
  ...['providerLostCount', 'expelledCount', 'grossUnits', 'payeeUnits', 'gatewayUnits', 'commissionUnits'],
  ...['userFeeUnits', 'providerFeeUnits', 'refundUnits', 'foreignGrossUnits', 'matchRewardUnits', 'fizzRewardUnits'],
  ...['matchedWaitS', 'expiredWaitS', 'selfPayeeUnits'],
] as const;
type Sums = Record<
  Exclude<
    keyof MarketRow,
    | 'era'
    | 'waitingCount'
    | 'openLeaseCount'
    | 'cpuHourPriceUnits'
    | 'gpuHourPriceUnits'
    | 'dollarPriceFp'
    | 'registeredCpuCount'
    | 'usedCpuCount'
    | 'registeredGpuCount'
    | 'usedGpuCount'
    | 'fizzActiveCount'
    | 'fizzServingCount'
    | 'fizzDetachedCount'
    | 'subnetCount'
    | 'unlockedUnits'
    | 'lockedUnits'
  >,
  number
>;
const noSums = (): Sums => Object.fromEntries(SUMS.map((name) => [name, 0])) as Sums;

const CLOSED: ReadonlyMap<number, keyof Sums> = new Map([
  [CLOSE_REASON.consumer, 'closedByConsumerCount'],
  [CLOSE_REASON.provider, 'closedByProviderCount'],
  [CLOSE_REASON.ended, 'endedCount'],
  [CLOSE_REASON.exhausted, 'exhaustedCount'],
  [CLOSE_REASON.outage, 'outageCount'],
  [CLOSE_REASON.updated, 'updatedCount'],
  [CLOSE_REASON.providerLost, 'providerLostCount'],
  [CLOSE_REASON.expelled, 'expelledCount'],
]);

/** Prices weighted by what they are for. */
type Mean = { sum: number; weight: number };
const noMean = (): Mean => ({ sum: 0, weight: 0 });
const meanOf = ({ sum, weight }: Mean): number => (weight === 0 ? -1 : Math.round(sum / weight));

type Earned = { lease: number; gateway: number; won: number; memberWon: number; selfWon: number };

/**
 * Time of an open lease by its states: since when it has its present one, what was paused by then, and the seconds of those that
 * it has left.
 */
type Stay = { sinceS: number; pausedS: number; undeployedS: number; servedS: number };

/** @param s the run's state: of the ledger that everybody looks at, current after every block */
export function createMarketRecorder(s: State, run: SharedRun): MarketRecorder {
  const { agents, populations } = run.roster;
  let sums = noSums();
  let flows = new Map<string, { units: number; value: number }>();
  let closed: number[] = [];
  let earned = new Map<number, Earned>();
  let fizzEarned = new Map<number, { lease: number; reward: number }>();
  let cpuPrice = noMean();
  let gpuPrice = noMean();
  const stays = new Map<number, Stay>();

  const lease = (n: number, name: keyof typeof F.leases): number => s.leases[n * STRIDE.leases + F.leases[name]]!;
  const order = (n: number, name: keyof typeof F.orders): number => s.orders[n * STRIDE.orders + F.orders[name]]!;
  const provider = (n: number, name: keyof typeof F.providers): number =>
    s.providers[n * STRIDE.providers + F.providers[name]]!;
  const fizz = (n: number, name: keyof typeof F.fizzNodes): number =>
    s.fizzNodes[n * STRIDE.fizzNodes + F.fizzNodes[name]]!;

  function nameOf(account: number): string {
    if (account >= ACCOUNT.firstAgent) return agents[account - ACCOUNT.firstAgent]?.role ?? 'agent';
    return account === 0 ? 'outside' : (ACCOUNT_NAMES.get(account) ?? `account ${account}`);
  }

  function addFlow(from: string, to: string, reason: string, asset: number, units: number): void {
    const key = `${from}|${to}|${reason}|${asset}`;
    const flow = flows.get(key) ?? { units: 0, value: 0 };
    flows.set(key, { units: flow.units + units, value: flow.value + tokenValueOf(s, units, asset) });
  }

  function observeMove(asset: number, from: number, to: number, units: number, reason: number): void {
    addFlow(nameOf(from), nameOf(to), REASON_NAMES.get(reason) ?? String(reason), asset, units);
    const value = tokenValueOf(s, units, asset);
    if (reason === MOVE.commission) sums.commissionUnits += value;
    else if (reason === MOVE.userFee) sums.userFeeUnits += value;
    else if (reason === MOVE.providerFee) sums.providerFeeUnits += value;
    else if (reason === MOVE.matchReward) sums.matchRewardUnits += value;
  }

  function earnedBy(n: number): Earned {
    const own = earned.get(n) ?? { lease: 0, gateway: 0, won: 0, memberWon: 0, selfWon: 0 };
    earned.set(n, own);
    return own;
  }

  function fizzEarnedBy(n: number): { lease: number; reward: number } {
    const own = fizzEarned.get(n) ?? { lease: 0, reward: 0 };
    fizzEarned.set(n, own);
    return own;
  }

  function observeAccrual(n: number, gross: number, payee: number, gateway: number): void {
    const asset = lease(n, 'asset');
    const value = (units: number): number => tokenValueOf(s, units, asset);
    sums.grossUnits += value(gross);
    sums.payeeUnits += value(payee);
    sums.gatewayUnits += value(gateway);
    if (asset !== 0) sums.foreignGrossUnits += value(gross);
    if (isSelfDealt(n)) sums.selfPayeeUnits += value(payee);
    const own = earnedBy(lease(n, 'provider'));
    own.gateway += value(gateway);
    if (lease(n, 'fizz') === 0) own.lease += value(payee);
    else fizzEarnedBy(lease(n, 'fizz')).lease += value(payee);
  }

  function observeOpening(n: number): void {
    sums.openedLeaseCount += 1;
    const own = earnedBy(lease(n, 'provider'));
    own.won += 1;
    if (lease(n, 'fizz') !== 0) own.memberWon += 1;
    else if (isSelfDealt(n)) own.selfWon += 1;
    const units = tokenValueOf(s, lease(n, 'priceUnits'), lease(n, 'asset'));
    const hours = (lease(n, 'endS') - lease(n, 'startS')) / 3_600;
    if (lease(n, 'gpuCount') > 0) {
      gpuPrice = { sum: gpuPrice.sum + units * hours, weight: gpuPrice.weight + hours };
    } else {
      cpuPrice = { sum: cpuPrice.sum + units * hours, weight: cpuPrice.weight + hours * lease(n, 'cpuCount') };
    }
  }

  const consumerOf = (n: number): number => s.escrows[lease(n, 'escrow') * STRIDE.escrows + F.escrows.owner]!;
  const isSelfDealt = (n: number): boolean => consumerOf(n) === provider(lease(n, 'provider'), 'owner');

  /** Adds the time that a lease was in the state that it leaves. Outages begin and end when the keeper says, not when it says so. */
  function observeLease(n: number, from: number, to: number): void {
    const stay = stays.get(n) ?? { sinceS: s.nowS, pausedS: 0, undeployedS: 0, servedS: 0 };
    stays.set(n, stay);
    const wentDown = to === LEASE_STATE.down && lease(n, 'downSinceS') > 0;
    // A lease that is over is closed in the slot after; nothing is owed for the time between.
    const untilS = min(wentDown ? lease(n, 'downSinceS') : s.nowS, lease(n, 'endS'));
    const seconds = max(0, untilS - stay.sinceS);
    if (from === LEASE_STATE.serving) stay.servedS += seconds;
    else if (from === LEASE_STATE.awaiting || from === LEASE_STATE.deploying) stay.undeployedS += seconds;
    const isPaused = from === LEASE_STATE.down && (lease(n, 'terms') & LEASE_TERM.chargesDowntime) === 0;
    const backS = isPaused ? min(s.nowS, stay.sinceS + lease(n, 'pausedS') - stay.pausedS) : s.nowS;
    stay.sinceS = wentDown ? untilS : backS;
    stay.pausedS = lease(n, 'pausedS');
  }

  function observeOrder(n: number, to: number): void {
    const ageS = s.nowS - order(n, 'createdS');
    if (to === ORDER_STATE.leased) {
      sums.matchedCount += 1;
      sums.matchedWaitS += ageS;
    } else if (to === ORDER_STATE.expired) {
      sums.expiredCount += 1;
      sums.expiredWaitS += ageS;
    } else if (to === ORDER_STATE.cancelled) sums.cancelledCount += 1;
  }

  function leaseRow(era: number, n: number, refundUnits: number): LeaseRow {
    const member = lease(n, 'fizz');
    const { undeployedS, servedS } = stays.get(n) ?? { undeployedS: 0, servedS: 0 };
    stays.delete(n);
    return {
      era,
      lease: n,
      order: lease(n, 'order'),
      account: consumerOf(n),
      providerAccount: provider(lease(n, 'provider'), 'owner'),
      fizzAccount: member === 0 ? 0 : fizz(member, 'owner'),
      provider: lease(n, 'provider'),
      fizz: member,
      asset: lease(n, 'asset'),
      priceUnits: lease(n, 'priceUnits'),
      cpuCount: lease(n, 'cpuCount'),
      memoryGb: lease(n, 'memoryGb'),
      storageGb: lease(n, 'storageGb'),
      gpuCount: lease(n, 'gpuCount'),
      orderedS: order(lease(n, 'order'), 'createdS'),
      startS: lease(n, 'startS'),
      endS: lease(n, 'endS'),
      closedS: lease(n, 'closedS'),
      manifestS: lease(n, 'manifestS'),
      deployedS: lease(n, 'deployedS'),
      pausedS: lease(n, 'pausedS'),
      undeployedS,
      servedS,
      breachCount: lease(n, 'breachCount'),
      reason: CLOSE_NAMES.get(lease(n, 'closeReason')) ?? '',
      grossUnits: lease(n, 'paidUnits'),
      refundUnits,
    };
  }

  let refunds = new Map<number, number>();

  function heldUnits(name: 'unlockedUnits' | 'lockedUnits'): number {
    let sum = 0;
    for (let asset = 0; asset < ASSET_COUNT; asset++)
      sum += tokenValueOf(s, s.escrowTotals[F.escrowTotals[`${name}${asset as 0 | 1 | 2 | 3}`]]!, asset);
    return sum;
  }

  function sumProviders(of: (n: number) => number): number {
    let sum = 0;
    for (let n = 1; n <= s.providerTotals[F.providerTotals.providerCount]!; n++)
      if (provider(n, 'state') === PROVIDER_STATE.active) sum += of(n);
    return sum;
  }

  function countFizz(...states: readonly number[]): number {
    let count = 0;
    for (let n = 1; n <= s.fizzTotals[F.fizzTotals.fizzCount]!; n++) if (states.includes(fizz(n, 'state'))) count += 1;
    return count;
  }

  function marketRow(era: number): MarketRow {
    const used = (n: number, name: 'cpuCount' | 'gpuCount'): number =>
      s.providerUse[n * STRIDE.providerUse + F.providerUse[name]]!;
    let subnetCount = 0;
    for (let n = 1; n <= s.providerTotals[F.providerTotals.providerCount]!; n++)
      if (s.subnets[n * STRIDE.subnets + F.subnets.state] === SUBNET_STATE.exists) subnetCount += 1;
    return {
      era,
      ...sums,
      waitingCount: s.orderTotals[F.orderTotals.openCount]!,
      openLeaseCount: s.leaseTotals[F.leaseTotals.openCount]!,
      cpuHourPriceUnits: meanOf(cpuPrice),
      gpuHourPriceUnits: meanOf(gpuPrice),
      dollarPriceFp: s.assets[DOLLAR_ASSET * STRIDE.assets + F.assets.priceFp]!,
      registeredCpuCount: sumProviders((n) => provider(n, 'cpuCount')),
      usedCpuCount: sumProviders((n) => used(n, 'cpuCount')),
      registeredGpuCount: sumProviders((n) => provider(n, 'gpuCount')),
      usedGpuCount: sumProviders((n) => used(n, 'gpuCount')),
      fizzActiveCount: countFizz(FIZZ_STATE.active, FIZZ_STATE.reserved),
      fizzServingCount: countFizz(FIZZ_STATE.serving),
      fizzDetachedCount: countFizz(FIZZ_STATE.detached),
      subnetCount,
      unlockedUnits: heldUnits('unlockedUnits'),
      lockedUnits: heldUnits('lockedUnits'),
    };
  }

  function economicsRows(
    era: number,
    rewardOf: (n: number) => { readonly rewardUnits: number; readonly lostUnits: number },
  ): EconomicsRow[] {
    return Array.from({ length: s.providerTotals[F.providerTotals.providerCount]! }, (_, i) => {
      const n = i + 1;
      const account = provider(n, 'owner');
      const info = agents[account - ACCOUNT.firstAgent]!;
      const at = info.agent * CAPACITY_SIZE;
      const has = (name: keyof typeof CAPACITY): number => run.capacity[at + CAPACITY[name]]!;
      const machine = {
        cpuCount: has('cpuCount'),
        memoryGb: has('memoryGb'),
        storageGb: has('storageGb'),
        gpuCount: has('gpuCount'),
        gpuTier: has('gpuTier'),
      };
      const c = n * STRIDE.providerCollateral;
      const own = earnedBy(n);
      return {
        era,
        provider: n,
        account,
        strategy: info.strategy,
        hardware: populations[info.population]!.hardware,
        gpuTier: machine.gpuTier,
        tier: provider(n, 'tier'),
        collateralUnits:
          s.providerCollateral[c + F.providerCollateral.ownUnits]! +
          s.providerCollateral[c + F.providerCollateral.delegatedUnits]! -
          provider(n, 'exitUnits'),
        capexUnits: machineCapexUnits(machine, s, run.unitsPerToken),
        opexUnits: mulDivDown(
          machineRunningUnitsPerHour(machine, has('region'), s, run.unitsPerToken),
          run.slotsPerEra * run.slotS,
          3_600,
        ),
        leaseUnits: own.lease,
        gatewayUnits: own.gateway,
        ...rewardOf(n),
        wonCount: own.won,
        memberWonCount: own.memberWon,
        selfWonCount: own.selfWon,
        usedCpuCount: s.providerUse[n * STRIDE.providerUse + F.providerUse.cpuCount]!,
        cpuCount: provider(n, 'cpuCount'),
      };
    });
  }

  function fizzRows(era: number): FizzRow[] {
    return Array.from({ length: s.fizzTotals[F.fizzTotals.fizzCount]! }, (_, i) => {
      const n = i + 1;
      const account = fizz(n, 'owner');
      const gateway = fizz(n, 'gateway');
      const delegation = fizz(n, 'delegation');
      const own = fizzEarnedBy(n);
      return {
        era,
        fizz: n,
        account,
        strategy: agents[account - ACCOUNT.firstAgent]!.strategy,
        state: FIZZ_NAMES.get(fizz(n, 'state')) ?? '',
        gateway,
        gatewayTier: gateway === 0 ? 0 : provider(gateway, 'tier'),
        priceUnits: fizz(n, 'priceUnits'),
        cpuCount: fizz(n, 'cpuCount'),
        gpuCount: fizz(n, 'gpuCount'),
        delegatedUnits: delegation === 0 ? 0 : delegationUnits(s, delegation),
        leaseUnits: own.lease,
        rewardUnits: own.reward,
      };
    });
  }

  return {
    observeEvent(at) {
      const e = s.events;
      switch (e[at]) {
        case EV.Moved:
          observeMove(0, e[at + 1]!, e[at + 2]!, e[at + 3]!, e[at + 4]!);
          break;
        case EV.AssetMoved:
          observeMove(e[at + 1]!, e[at + 2]!, e[at + 3]!, e[at + 4]!, e[at + 5]!);
          break;
        case EV.Burnt:
          addFlow(nameOf(e[at + 1]!), 'burnt', 'burnt', 0, e[at + 2]!);
          break;
        case EV.RewardPaid:
          if (e[at + 1] !== KIND.fizz) break;
          fizzEarnedBy(e[at + 2]!).reward += e[at + 4]!;
          sums.fizzRewardUnits += e[at + 4]!;
          break;
        case EV.OrderCreated:
          sums.orderCount += 1;
          break;
        case EV.BidPlaced:
          sums.bidCount += 1;
          break;
        case EV.Transition:
          if (e[at + 1] === KIND.order) observeOrder(e[at + 2]!, e[at + 5]!);
          else if (e[at + 1] === KIND.lease) observeLease(e[at + 2]!, e[at + 4]!, e[at + 5]!);
          break;
        case EV.LeaseCreated:
          observeOpening(e[at + 1]!);
          break;
        case EV.LeaseAccrued:
          observeAccrual(e[at + 1]!, e[at + 2]!, e[at + 3]!, e[at + 6]!);
          break;
        case EV.LeaseClosed: {
          const n = e[at + 1]!;
          const count = CLOSED.get(e[at + 2]!);
          if (count !== undefined) sums[count] += 1;
          sums.refundUnits += tokenValueOf(s, e[at + 4]!, lease(n, 'asset'));
          sums.breachCount += lease(n, 'breachCount');
          refunds.set(n, e[at + 4]!);
          closed.push(n);
          break;
        }
        default:
      }
    },
    take(era, rewardOf) {
      const isInUse = s.escrowTotals[F.escrowTotals.escrowCount]! > 0 || s.fizzTotals[F.fizzTotals.fizzCount]! > 0;
      const rows: MarketRows = {
        market: isInUse ? [marketRow(era)] : [],
        flows: [...flows]
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([key, { units, value }]) => {
            const [payer, receiver, reason, asset] = key.split('|') as [string, string, string, string];
            return { era, payer, receiver, reason, asset: Number(asset), units, valueUnits: value };
          }),
        leases: closed.map((n) => leaseRow(era, n, refunds.get(n) ?? 0)),
        economics: isInUse ? economicsRows(era, rewardOf) : [],
        fizz: fizzRows(era),
      };
      sums = noSums();
      flows = new Map();
      closed = [];
      refunds = new Map();
      earned = new Map();
      fizzEarned = new Map();
      cpuPrice = noMean();
      gpuPrice = noMean();
      return rows;
    },
  };
}
