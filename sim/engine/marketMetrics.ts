/** The metrics of a run's summary that are about the compute market. Reads the rows of each era; a run without a market has none. */
import { ACCOUNT } from '../protocol/layout.ts';
import type { MarketFigures } from './market.ts';
import type { MarketRows } from './marketRows.ts';
import type { SharedRun } from './shared.ts';
import type { MarketRow } from './trace.ts';

export type MarketMetrics = {
  add(rows: MarketRows): void;
  /** Of a group of agents: means per agent, amounts in tokens. */
  ofGroup(group: string, agents: readonly number[]): Record<string, number>;
  ofRun(): Record<string, number>;
};

/** Per agent, over the run. */
type Tally = {
  eras: number;
  lease: number;
  gateway: number;
  reward: number;
  lost: number;
  opex: number;
  capex: number;
  won: number;
  leased: number;
  fizzLease: number;
  fizzReward: number;
};
const noTally = (): Tally => ({
  ...{ eras: 0, lease: 0, gateway: 0, reward: 0, lost: 0, opex: 0, capex: 0, won: 0 },
  ...{ leased: 0, fizzLease: 0, fizzReward: 0 },
});

const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
const mean = (values: readonly number[]): number =>
  share(
    values.reduce((sum, value) => sum + value, 0),
    values.length,
  );

export function createMarketMetrics(run: SharedRun, figures: () => MarketFigures): MarketMetrics {
  const tallies = run.roster.agents.map(noTally);
  const eras: MarketRow[] = [];
  const seen = new Set<number>();
  let waitedS = 0;
  let waits = 0;
  let usedS = 0;
  let chargedS = 0;
  const tokens = (units: number): number => units / run.unitsPerToken;
  const of = (account: number): Tally | undefined => tallies[account - ACCOUNT.firstAgent];

  return {
    add({ market, economics, fizz, leases }) {
      eras.push(...market);
      for (const row of economics) {
        const own = of(row.account);
        if (own === undefined) continue;
        own.eras += 1;
        own.lease += row.leaseUnits;
        own.gateway += row.gatewayUnits;
        own.reward += row.rewardUnits;
        own.lost += row.lostUnits;
        own.opex += row.opexUnits;
        own.capex += row.capexUnits;
        own.won += row.wonCount;
        own.leased += share(row.usedCpuCount, row.cpuCount);
      }
      for (const row of fizz) {
        const own = of(row.account);
        if (own === undefined) continue;
        own.fizzLease += row.leaseUnits;
        own.fizzReward += row.rewardUnits;
      }
      for (const row of leases) {
        // An update's lease did not wait: its order has had one before.
        if (!seen.has(row.order)) {
          waitedS += row.startS - row.orderedS;
          waits += 1;
        }
        seen.add(row.order);
        const elapsedS = Math.min(row.closedS, row.endS) - row.startS - row.pausedS;
        chargedS += elapsedS;
        usedS += row.deployedS === 0 ? 0 : Math.max(0, elapsedS - (row.deployedS - row.startS));
      }
    },
    ofGroup(group, agents) {
      const sum = (key: keyof Tally): number => agents.reduce((total, agent) => total + tallies[agent]![key], 0);
      const n = agents.length;
      const out: Record<string, number> = {};
      const rows = sum('eras');
      if (rows > 0) {
        out[`lease_income.${group}`] = tokens(sum('lease') + sum('gateway')) / n;
        out[`leases_won.${group}`] = sum('won') / n;
        out[`utilisation.${group}`] = sum('leased') / rows;
        const net = sum('lease') + sum('gateway') + sum('reward') - sum('lost') - sum('opex');
        out[`net_income.${group}`] = tokens(net) / n;
        // Per era, of what the machines cost.
        out[`roi_era.${group}`] = share(net, sum('capex'));
      }
      if (sum('fizzLease') + sum('fizzReward') > 0) {
        out[`fizz_income.${group}`] = tokens(sum('fizzLease')) / n;
        out[`fizz_reward.${group}`] = tokens(sum('fizzReward')) / n;
      }
      return out;
    },
    ofRun() {
      const out: Record<string, number> = {};
      if (eras.length === 0) return out;
      const sum = (name: keyof MarketRow): number => eras.reduce((total, row) => total + row[name], 0);
      const known = (name: 'cpuHourPriceUnits' | 'gpuHourPriceUnits'): number[] =>
        eras.filter((row) => row[name] >= 0).map((row) => tokens(row[name]));
      const orders = sum('orderCount');
      out['market.orders'] = orders;
      out['market.bids_per_order'] = share(sum('bidCount'), orders);
      out['market.matched_share'] = share(sum('matchedCount'), orders);
      out['market.expired_share'] = share(sum('expiredCount'), orders);
      out['market.leases'] = sum('openedLeaseCount');
      out['market.open_leases'] = eras[eras.length - 1]!.openLeaseCount;
      out['market.wait_s'] = share(waitedS, waits);
      out['market.gross'] = tokens(sum('grossUnits'));
      out['market.commission'] = tokens(sum('commissionUnits'));
      out['market.fees'] = tokens(sum('userFeeUnits') + sum('providerFeeUnits'));
      out['market.foreign_share'] = share(sum('foreignGrossUnits'), sum('grossUnits'));
      out['market.closed_by_provider_share'] = share(sum('closedByProviderCount'), sum('openedLeaseCount'));
      out['market.breaches'] = sum('breachCount');
      out['market.exhausted'] = sum('exhaustedCount');
      // Charged seconds in which nothing was deployed (H-23).
      out['market.undeployed_share'] = share(chargedS - usedS, chargedS);
      out['market.cpu_hour_price'] = mean(known('cpuHourPriceUnits'));
      out['market.gpu_hour_price'] = mean(known('gpuHourPriceUnits'));
      out['market.cpu_utilisation'] = mean(eras.map((row) => share(row.usedCpuCount, row.registeredCpuCount)));
      out['market.gpu_utilisation'] = mean(eras.map((row) => share(row.usedGpuCount, row.registeredGpuCount)));
      out['market.fizz_active'] = mean(eras.map((row) => row.fizzActiveCount + row.fizzServingCount));
      const own = figures();
      out['matching.outage_slots'] = own.outageSlots;
      out['matching.backlog_slots'] = own.backlogSlots;
      out['misuse.total'] = own.misuses;
      out['misuse.cases'] = own.misuseCases;
      out['fizz.hidden_outage_s'] = own.hiddenOutageS;
      return out;
    },
  };
}
