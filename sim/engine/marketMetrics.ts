/** The metrics of a run's summary that are about the compute market. Reads the rows of each era; a run without a market has none. */
import { ACCOUNT } from '../protocol/layout.ts';
import type { MarketFigures } from './market.ts';
import type { MarketRows } from './marketRows.ts';
import type { SharedRun } from './shared.ts';
import type { LeaseRow, MarketRow } from './trace.ts';

export type MarketMetrics = {
  add(rows: MarketRows): void;
  /** Of a group of agents: means over those that own a provider, or a fizz node; amounts in tokens, utilisation as a fraction of 1. */
  ofGroup(group: string, agents: readonly number[]): Record<string, number>;
  ofRun(): Record<string, number>;
};

/** Per agent, over the run; rows are those of its providers, and of its fizz nodes. */
const KEYS = [
  ...['rows', 'lease', 'gateway', 'reward', 'lost', 'opex', 'capex', 'won', 'leased'],
  ...['fizzRows', 'fizzLease', 'fizzReward'],
] as const;
type Tally = Record<
  | ('rows' | 'lease' | 'gateway' | 'reward' | 'lost' | 'opex' | 'capex' | 'won' | 'leased')
  | ('fizzRows' | 'fizzLease' | 'fizzReward'),
  number
>;
const noTally = (): Tally => Object.fromEntries(KEYS.map((key) => [key, 0])) as Tally;

const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
const mean = (values: readonly number[]): number =>
  share(
    values.reduce((sum, value) => sum + value, 0),
    values.length,
  );

/** Seconds that closed leases were charged for, by what became of them. */
type Charged = { readonly chargedS: number; readonly undeployedS: number; readonly overchargeS: number };

/**
 * What a closed lease was charged for, in seconds: what was paid, at its price. Of these, those before the service was
 * there (OP-87), and those in which it was not there any more. Nothing is set off: time that was served for nothing, as money
 * was used up, does not make up for time that was charged for nothing elsewhere.
 */
function chargedOf({ grossUnits, priceUnits, undeployedS, servedS }: LeaseRow): Charged {
  const chargedS = (grossUnits * 3_600) / priceUnits;
  const unservedS = Math.max(0, chargedS - servedS);
  const beforeS = Math.min(undeployedS, unservedS);
  return { chargedS, undeployedS: beforeS, overchargeS: unservedS - beforeS };
}

export function createMarketMetrics(run: SharedRun, figures: () => MarketFigures): MarketMetrics {
  const tallies = run.roster.agents.map(noTally);
  const eras: MarketRow[] = [];
  let chargedS = 0;
  let undeployedS = 0;
  let overchargeS = 0;
  let selfWon = 0;
  const tokens = (units: number): number => units / run.unitsPerToken;
  const of = (account: number): Tally | undefined => tallies[account - ACCOUNT.firstAgent];

  return {
    add({ market, economics, fizz, leases }) {
      eras.push(...market);
      for (const row of economics) {
        selfWon += row.selfWonCount;
        const own = of(row.account);
        if (own === undefined) continue;
        own.rows += 1;
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
        own.fizzRows += 1;
        own.fizzLease += row.leaseUnits;
        own.fizzReward += row.rewardUnits;
      }
      for (const row of leases) {
        const charged = chargedOf(row);
        chargedS += charged.chargedS;
        undeployedS += charged.undeployedS;
        overchargeS += charged.overchargeS;
      }
    },
    ofGroup(group, agents) {
      const out: Record<string, number> = {};
      const owners = agents.map((agent) => tallies[agent]!).filter(({ rows }) => rows > 0);
      if (owners.length > 0) {
        const over = (value: (own: Tally) => number): number => mean(owners.map(value));
        const net = ({ lease, gateway, reward, lost, opex }: Tally): number => lease + gateway + reward - lost - opex;
        out[`lease_income.${group}`] = tokens(over(({ lease, gateway }) => lease + gateway));
        out[`leases_won.${group}`] = over(({ won }) => won);
        out[`utilisation.${group}`] = over(({ leased, rows }) => leased / rows);
        out[`net_income.${group}`] = tokens(over(net));
        // Per era, of what the machines cost.
        out[`roi_era.${group}`] = share(
          over(net),
          over(({ capex }) => capex),
        );
      }
      const members = agents.map((agent) => tallies[agent]!).filter(({ fizzRows }) => fizzRows > 0);
      if (members.length > 0) {
        out[`fizz_income.${group}`] = tokens(mean(members.map(({ fizzLease }) => fizzLease)));
        out[`fizz_reward.${group}`] = tokens(mean(members.map(({ fizzReward }) => fizzReward)));
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
      out['market.wait_matched_s'] = share(sum('matchedWaitS'), sum('matchedCount'));
      out['market.wait_lost_s'] = share(sum('expiredWaitS'), sum('expiredCount'));
      out['market.gross'] = tokens(sum('grossUnits'));
      out['market.commission'] = tokens(sum('commissionUnits'));
      out['market.fees'] = tokens(sum('userFeeUnits') + sum('providerFeeUnits'));
      // Providers that rent their own machines: leases, and their part of what payees got.
      out['market.self_leases'] = selfWon;
      out['market.self_share'] = share(sum('selfPayeeUnits'), sum('payeeUnits'));
      out['market.foreign_share'] = share(sum('foreignGrossUnits'), sum('grossUnits'));
      out['market.closed_by_provider_share'] = share(sum('closedByProviderCount'), sum('openedLeaseCount'));
      out['market.breaches'] = sum('breachCount');
      out['market.exhausted'] = sum('exhaustedCount');
      out['market.cpu_hour_price'] = mean(known('cpuHourPriceUnits'));
      out['market.gpu_hour_price'] = mean(known('gpuHourPriceUnits'));
      out['market.cpu_utilisation'] = mean(eras.map((row) => share(row.usedCpuCount, row.registeredCpuCount)));
      out['market.gpu_utilisation'] = mean(eras.map((row) => share(row.usedGpuCount, row.registeredGpuCount)));
      out['market.fizz_active'] = mean(eras.map((row) => row.fizzActiveCount + row.fizzServingCount));
      const own = figures();
      // Leases that are over: seconds paid for, before the deployment (OP-87), and without a service then (H-23). Of outages that
      // gateways have not noticed yet or keep to themselves the ledger does not know; those of leases that are open are in it, too.
      out['market.charged_h'] = chargedS / 3_600;
      out['market.undeployed_share'] = share(undeployedS, chargedS);
      out['market.overcharge_share'] = share(overchargeS + own.hiddenOutageS + own.pollLagS, chargedS);
      out['matching.outage_slots'] = own.outageSlots;
      out['matching.backlog_slots'] = own.backlogSlots;
      out['matching.voted'] = own.votedMatches;
      out['matching.wrong'] = own.wrongMatches;
      out['matching.wrong_share'] = share(own.wrongMatches, own.votedMatches);
      out['misuse.total'] = own.misuses;
      out['misuse.cases'] = own.misuseCases;
      out['fizz.hidden_outage_s'] = own.hiddenOutageS;
      out['fizz.poll_lag_s'] = own.pollLagS;
      return out;
    },
  };
}
