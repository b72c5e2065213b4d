/** The ledger's first state, the same for every ledger: parameters, minted supply, opened accounts, committed beacon. */
import { unitsPerToken } from '../base/units.ts';
import { type Beacon, createBeacons } from '../protocol/beacons.ts';
import { commitBeacon } from '../protocol/clock.ts';
import { ledgerParams, P } from '../protocol/params.ts';
import { type Capacities, createState, type State } from '../protocol/state.ts';
import { genesis, openAccount } from '../protocol/token.ts';
import type { Roster } from './roster.ts';
import type { Scenario } from './scenario.ts';

export type GenesisPlan = {
  /** Parameter values in ledger units, by number. */
  readonly params: readonly number[];
  readonly commitment: Beacon;
  readonly beacons: readonly Beacon[];
  /** Opening wallet of each agent, in account order. */
  readonly openUnits: readonly number[];
  readonly slotS: number;
  readonly slotsPerEra: number;
  readonly unitsPerToken: number;
};

/** @throws RangeError if a parameter is out of range (the loader has refused such a scenario before) */
export function planGenesis(scenario: Scenario, roster: Roster): GenesisPlan {
  const params = ledgerParams(scenario.params as Record<string, number>);
  const slotsPerEra = params[P['time.slots_per_era']]!;
  const { commitment, beacons } = createBeacons(scenario.seed, scenario.eras * slotsPerEra);
  return {
    params,
    commitment,
    beacons,
    openUnits: roster.agents.map((a) => roster.populations[a.population]!.openUnits),
    slotS: params[P['time.slot_s']]!,
    slotsPerEra,
    unitsPerToken: unitsPerToken(params[P['token.decimals']]!),
  };
}

/** @returns the state at genesis. Its event buffer holds the genesis moves. */
export function createGenesisState(plan: GenesisPlan, capacities: Capacities): State {
  const s = createState(capacities);
  plan.params.forEach((value, number) => {
    s.paramValues[number] = value;
  });
  commitBeacon(s, plan.commitment.words);
  genesis(s);
  for (const units of plan.openUnits) openAccount(s, units);
  return s;
}
