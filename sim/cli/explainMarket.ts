/**
 * The compute market of one agent, era by era: what its leases, its members and its matches brought in, what it was charged for
 * leases and for how many delivered seconds, and what its escrow wallets and foreign assets did to what it owns (F-16, F-17, F-24).
 */
import { FP, MAX_INT, mulDivCapped, mulDivDown } from '../base/fixedPoint.ts';
import { MOVE } from '../protocol/events.ts';
import { accruedUnits } from '../protocol/leaseMoney.ts';
import type { EventOfAgent } from '../store/readAgent.ts';
import { counted, grouped, percentOfBps, tokens } from './amounts.ts';
import type { EraOfAgent, MoneyLine, Rules } from './explainIncome.ts';

/** One accrual of a lease that the agent paid for. */
type Charge = {
  readonly lease: number;
  readonly asset: number;
  /** Price of the service, and what the consumer was charged for it: all parts of F-17. */
  readonly grossUnits: number;
  readonly units: number;
  /** The same in base units of the token, at the price of the moment; and what it is by rule. */
  readonly valueUnits: number;
  readonly byRuleUnits: number;
};

/** A lease that was closed, and what F-16 makes of its row against what was charged. */
export type LeaseStory = {
  readonly slot: number;
  readonly rules: readonly string[];
  readonly what: string;
  readonly compared: readonly { readonly what: string; readonly byRule: number; readonly stored: number }[];
};

export type MarketOfEra = {
  readonly charges: readonly Charge[];
  /** Received by reason of MOVE, in base units of the token at the price of the moment. */
  readonly received: ReadonlyMap<number, number>;
  /** What changed the wallet but for the tokens that were moved from or to it. */
  readonly flows: readonly { readonly reason: string; readonly units: number }[];
  readonly stories: readonly LeaseStory[];
};

export type MarketBook = { next(era: EraOfAgent): MarketOfEra };

/** Reasons by which assets only change their place: what is in an escrow wallet is its owner's. */
export const TO_ESCROW: readonly number[] = [MOVE.escrowDeposit, MOVE.escrowWithdraw];

const RECEIVED: ReadonlyMap<number, string> = new Map([
  [MOVE.leasePayment, 'leases'],
  [MOVE.gatewayShare, 'gateway’s parts'],
  [MOVE.issue, 'foreign assets issued'],
]);

/** Seconds that a closed lease was charged for, by what was paid at its price, and those in which the service was there. */
function secondsOf(row: EraOfAgent['leases'][number]): { readonly chargedS: number; readonly deliveredS: number } {
  return { chargedS: Math.round((row.grossUnits * 3_600) / row.priceUnits), deliveredS: row.servedS };
}

const amountText = (units: number, asset: number, rules: Rules): string =>
  asset === 0 ? tokens(units, rules.decimals) : tokens(units, rules.decimals).replace(/ DN$/, ` of asset ${asset}`);

/** @rule F-16, LEASE-5, OP-79, OP-87 */
function storyOf(row: EraOfAgent['leases'][number], slot: number, rules: Rules): LeaseStory {
  const { lease, provider, fizz, asset, priceUnits, grossUnits, breachCount } = row;
  const { chargedS, deliveredS } = secondsOf(row);
  const isHourly = fizz !== 0 && rules.value('fizz.billing_unit') !== 0;
  const isDowntimeFree = rules.value(fizz === 0 ? 'lease.charge_downtime' : 'fizz.outage_accrual') === 0;
  // Where all time counts but that of outages, and neither hours begun nor used-up money changes it.
  const isWhole =
    rules.value('lease.charge_undeployed') === 1 &&
    (breachCount === 0 || isDowntimeFree) &&
    !isHourly &&
    row.reason !== 'exhausted';
  const place = fizz === 0 ? `provider ${provider}` : `fizz node ${fizz} of provider ${provider}`;
  const machine = `${counted(row.cpuCount, 'CPU')}${row.gpuCount === 0 ? '' : ` and ${counted(row.gpuCount, 'GPU')}`}`;
  const delivered =
    row.deployedS === 0
      ? 'nothing was ever deployed'
      : `delivered for ${grouped(deliveredS)} s, deployed after ${grouped(row.deployedS - row.startS)} s`;
  return {
    slot,
    rules: ['F-16', 'F-17', 'LEASE-5'],
    what: `lease ${lease} of ${machine} at ${place} closed (${row.reason}): ${amountText(grossUnits, asset, rules)} for ${grouped(chargedS)} s at ${amountText(priceUnits, asset, rules)} an hour; ${delivered}${breachCount === 0 ? '' : `; down ${counted(breachCount, 'time')}`}`,
    compared: isWhole
      ? [
          {
            what: `charges of lease ${lease}, by F-16`,
            byRule: accruedUnits(priceUnits, row.undeployedS + row.servedS),
            stored: grossUnits,
          },
        ]
      : [],
  };
}

type Escrow = { owner: number; readonly units: Map<number, number> };

/** Follows an agent's escrow wallets and foreign assets through the events of a run. Eras are to be given in order. */
export function createMarketBook(account: number, rules: Rules): MarketBook {
  const prices = new Map<number, number>();
  const held = new Map<number, number>();
  const escrows = new Map<number, Escrow>();
  const escrowOfOrder = new Map<number, number>();
  const escrowOfLease = new Map<number, number>();
  const paid = new Map<number, number>();

  const value = (units: number, asset: number): number =>
    asset === 0 ? units : mulDivCapped(units, prices.get(asset) ?? 0, FP, MAX_INT);
  const add = (sums: Map<number, number>, key: number, units: number): void => {
    sums.set(key, (sums.get(key) ?? 0) + units);
  };
  const worthOf = (sums: ReadonlyMap<number, number>, isCounted: (asset: number) => boolean): number => {
    let sum = 0;
    for (const [asset, units] of sums) if (isCounted(asset)) sum += value(units, asset);
    return sum;
  };
  /** Value of what the agent has in foreign assets, wallets of both kinds together. */
  const foreignUnits = (): number => {
    const isForeign = (asset: number): boolean => asset !== 0;
    let sum = worthOf(held, isForeign);
    for (const { owner, units } of escrows.values()) if (owner === account) sum += worthOf(units, isForeign);
    return sum;
  };
  const escrowOf = (escrow: number, owner: number): Escrow => {
    const known = escrows.get(escrow) ?? { owner, units: new Map<number, number>() };
    escrows.set(escrow, known);
    return known;
  };

  /** The tables count what moved in a block at the prices that stand when it is over. */
  function postPricesOf(events: readonly EventOfAgent[], { slot, phase }: EventOfAgent): void {
    for (const event of events)
      if (event.name === 'PricePosted' && event.slot === slot && event.phase === phase) prices.set(event.a, event.b);
  }

  /** @rule F-17 */
  function chargeOf(event: EventOfAgent, asset: number): Charge | null {
    const { a: lease, b: grossUnits } = event;
    const units = event.c + event.d + event.e + event.f;
    const escrow = escrows.get(escrowOfLease.get(lease) ?? 0);
    if (escrow === undefined) return null;
    add(escrow.units, asset, -units);
    const before = paid.get(lease) ?? 0;
    paid.set(lease, before + grossUnits);
    if (escrow.owner !== account) return null;
    const feeBps = asset === 0 ? 0 : rules.value('fee.user_foreign_bps');
    // The fee is cumulative, so that any number of accruals comes to the same sum.
    const userFee = mulDivDown(before + grossUnits, feeBps, 10_000) - mulDivDown(before, feeBps, 10_000);
    return {
      ...{ lease, asset, grossUnits, units },
      valueUnits: value(units, asset),
      byRuleUnits: value(grossUnits + userFee, asset),
    };
  }

  return {
    next(era) {
      const charges: Charge[] = [];
      const received = new Map<number, number>();
      const flows = new Map<string, number>();
      const closedAt = new Map<number, number>();
      const flow = (reason: string, units: number): void => {
        if (units !== 0) flows.set(reason, (flows.get(reason) ?? 0) + units);
      };
      const beforeUnits = foreignUnits();
      let foreignFlowUnits = 0;
      let lastAsset = 0;
      let at = { slot: -1, phase: -1 };
      for (const event of era.events) {
        const { name, a, b, c, d, e } = event;
        if (event.slot !== at.slot || event.phase !== at.phase) postPricesOf(era.events, event);
        at = event;
        if (name === 'OrderCreated') escrowOfOrder.set(a, b);
        else if (name === 'LeaseCreated') escrowOfLease.set(a, escrowOfOrder.get(b) ?? 0);
        else if (name === 'LeaseClosed') closedAt.set(a, event.slot);
        else if (name === 'EscrowChanged') {
          const escrow = escrowOf(a, e);
          if (escrow.owner !== e && (escrow.owner === account || e === account)) {
            const sign = e === account ? 1 : -1;
            const foreign = worthOf(escrow.units, (asset) => asset !== 0);
            flow('escrow wallets handed over', sign * (foreign + (escrow.units.get(0) ?? 0)));
            foreignFlowUnits += sign * foreign;
          }
          escrow.owner = e;
          escrow.units.set(b, c + d);
        } else if (name === 'Moved') {
          lastAsset = 0;
          if (b === account) add(received, d, c);
        } else if (name === 'AssetMoved') {
          lastAsset = a;
          for (const [side, sign] of [
            [b, -1],
            [c, 1],
          ] as const) {
            if (side !== account) continue;
            add(held, a, sign * d);
            if (sign === 1) add(received, e, value(d, a));
            if (TO_ESCROW.includes(e)) continue;
            flow(RECEIVED.get(e) ?? `reason ${e}`, sign * value(d, a));
            foreignFlowUnits += sign * value(d, a);
          }
        } else if (name === 'LeaseAccrued') {
          const charge = chargeOf(event, lastAsset);
          if (charge === null) continue;
          charges.push(charge);
          flow('leases paid', -charge.valueUnits);
          if (charge.asset !== 0) foreignFlowUnits -= charge.valueUnits;
        }
      }
      flow('price of foreign assets, and rounding', foreignUnits() - beforeUnits - foreignFlowUnits);
      return {
        charges,
        received,
        flows: [...flows].map(([reason, units]) => ({ reason, units })),
        stories: era.leases.map((row) => storyOf(row, closedAt.get(row.lease) ?? 0, rules)),
      };
    },
  };
}

const sum = <T>(items: readonly T[], amount: (item: T) => number): number =>
  items.reduce((total, item) => total + amount(item), 0);

/** What a provider's leases, or a fizz node's, came to among those that were closed in the era. */
function closedText(rows: EraOfAgent['leases'], rules: Rules): string {
  if (rows.length === 0) return '';
  const native = rows.filter(({ asset }) => asset === 0);
  const foreign =
    rows.length === native.length ? '' : `, ${grouped(rows.length - native.length)} more in foreign assets`;
  const gross = tokens(
    sum(native, ({ grossUnits }) => grossUnits),
    rules.decimals,
  );
  return `; ${counted(native.length, 'lease')} that closed cost ${gross} over their time${foreign}`;
}

/** What leases brought the agent in the era, as provider, gateway, fizz node and operator. @rule F-16, F-17, FIZZ-11, LIVE-9 */
export function leaseIncomeLines(era: EraOfAgent, account: number, market: MarketOfEra, rules: Rules): MoneyLine[] {
  const { economics, fizz, leases } = era;
  const earning = [...economics.filter((row) => row.leaseUnits > 0), ...fizz.filter((row) => row.leaseUnits > 0)];
  const receivedUnits = (reason: number): number => market.received.get(reason) ?? 0;
  // Moves do not tell for which of several an agent was paid.
  const byRule = (isOnly: boolean, reason: number): number | null => (isOnly ? receivedUnits(reason) : null);
  const lines: MoneyLine[] = [];
  for (const row of economics) {
    if (row.leaseUnits > 0)
      lines.push({
        column: 'leaseUnits',
        rules: ['F-16', 'F-17'],
        what: `leases of provider ${row.provider}`,
        units: row.leaseUnits,
        how: `price × seconds / 3600, less ${percentOfBps(rules.value('fee.foundation_bps'))} commission, and of foreign assets the provider fee; ${counted(row.wonCount, 'lease')} won in the era, ${grouped(row.usedCpuCount)} of ${counted(row.cpuCount, 'CPU')} in use at its end${closedText(
          leases.filter((one) => one.providerAccount === account && one.fizz === 0 && one.provider === row.provider),
          rules,
        )}`,
        numbers: {
          provider: row.provider,
          wonCount: row.wonCount,
          usedCpuCount: row.usedCpuCount,
          cpuCount: row.cpuCount,
          opexUnits: row.opexUnits,
          capexUnits: row.capexUnits,
          foundationBps: rules.value('fee.foundation_bps'),
        },
        byRuleUnits: byRule(earning.length === 1, MOVE.leasePayment),
      });
    if (row.gatewayUnits > 0)
      lines.push({
        column: 'leaseUnits',
        rules: ['F-17', 'FIZZ-11', 'OP-80'],
        what: `provider ${row.provider}’s part of its members’ leases, as their gateway`,
        units: row.gatewayUnits,
        how: `of what the commission leaves of a member’s lease, ${percentOfBps(rules.value('fizz.gateway_bps'))} unless the subnet has set another share`,
        numbers: { provider: row.provider, gatewayBps: rules.value('fizz.gateway_bps') },
        byRuleUnits: byRule(economics.filter(({ gatewayUnits }) => gatewayUnits > 0).length === 1, MOVE.gatewayShare),
      });
  }
  for (const row of fizz) {
    if (row.leaseUnits === 0) continue;
    const gateway = row.gateway === 0 ? 'it has left its subnet' : `gateway ${row.gateway} in tier ${row.gatewayTier}`;
    lines.push({
      column: 'leaseUnits',
      rules: ['F-16', 'F-17', 'FIZZ-11'],
      what: `leases of fizz node ${row.fizz}`,
      units: row.leaseUnits,
      how: `price × seconds / 3600, less ${percentOfBps(rules.value('fizz.foundation_bps'))} commission and the gateway’s part; ${gateway}, ${row.state} at the era's end${closedText(
        leases.filter((one) => one.fizzAccount === account && one.fizz === row.fizz),
        rules,
      )}`,
      numbers: {
        fizz: row.fizz,
        gateway: row.gateway,
        gatewayTier: row.gatewayTier,
        foundationBps: rules.value('fizz.foundation_bps'),
      },
      byRuleUnits: byRule(earning.length === 1, MOVE.leasePayment),
    });
  }
  const matchUnits = receivedUnits(MOVE.matchReward);
  if (matchUnits > 0)
    lines.push({
      column: 'leaseUnits',
      rules: ['LIVE-9', 'OP-51'],
      what: 'rewards for matches',
      units: matchUnits,
      how: `those who vote for the match that is made share ${tokens(rules.value('match.op_reward'), rules.decimals)}`,
      numbers: { rewardUnits: rules.value('match.op_reward') },
      byRuleUnits: null,
    });
  return lines;
}

/** Reward of a fizz node. @rule F-24, OP-44 */
export function fizzRewardLine(event: EventOfAgent, row: EraOfAgent['fizz'][number], rules: Rules): MoneyLine {
  const isPerGpu = row.gpuCount > 0;
  const baseUnits = rules.value(isPerGpu ? 'fizz.base_era.gpu' : 'fizz.base_era.cpu');
  return {
    column: 'livenessUnits',
    rules: ['F-24', 'FIZZ-16', 'OP-44'],
    what: `reward of fizz node ${row.fizz}`,
    units: event.d,
    how: `${tokens(baseUnits, rules.decimals)} for each of its ${counted(isPerGpu ? row.gpuCount : row.cpuCount, isPerGpu ? 'GPU' : 'CPU')}, from ${percentOfBps(rules.value('fizz.uptime_gate_bps'))} uptime on, less what it did not deliver`,
    numbers: { fizz: row.fizz, gpuCount: row.gpuCount, cpuCount: row.cpuCount, baseUnits },
    byRuleUnits: row.rewardUnits,
  };
}

/** What the agent was charged for leases, by asset, and what it got for it. @rule F-16, F-17, H-23 */
export function leaseSpendingLines(era: EraOfAgent, account: number, market: MarketOfEra, rules: Rules): MoneyLine[] {
  const assets = [...new Set(market.charges.map(({ asset }) => asset))].sort((a, b) => a - b);
  return assets.map((asset): MoneyLine => {
    const own = market.charges.filter((charge) => charge.asset === asset);
    const leaseCount = new Set(own.map(({ lease }) => lease)).size;
    const grossUnits = sum(own, (charge) => charge.grossUnits);
    const units = sum(own, (charge) => charge.units);
    const closed = era.leases.filter((row) => row.account === account && row.asset === asset);
    const seconds = closed.map(secondsOf);
    const [chargedS, deliveredS] = [sum(seconds, (one) => one.chargedS), sum(seconds, (one) => one.deliveredS)];
    const fee = asset === 0 ? '' : `, and ${percentOfBps(rules.value('fee.user_foreign_bps'))} user fee on top`;
    const worth =
      asset === 0
        ? ''
        : `; worth ${tokens(
            sum(own, ({ valueUnits }) => valueUnits),
            rules.decimals,
          )}`;
    const ended =
      closed.length === 0
        ? 'none of them closed'
        : `${counted(closed.length, 'lease')} closed, charged for ${grouped(chargedS)} s and delivered for ${grouped(deliveredS)} s`;
    return {
      column: 'spentUnits',
      rules: ['F-16', 'F-17', 'LEASE-5'],
      what: `${counted(leaseCount, 'lease')}${asset === 0 ? '' : ` paid in asset ${asset}`}`,
      units: sum(own, ({ valueUnits }) => valueUnits),
      how: `${amountText(grossUnits, asset, rules)} for the service${fee}: ${amountText(units, asset, rules)}${worth}; ${ended}`,
      numbers: { asset, leaseCount, grossUnits, chargedUnits: units, closedCount: closed.length, chargedS, deliveredS },
      byRuleUnits: sum(own, ({ byRuleUnits }) => byRuleUnits),
    };
  });
}
