/** What a machine costs its owner per hour in tokens: the public figures of `hardwareTable.ts` at the oracle's price (ECON-7). */
import { MAX_INT, mulDivCapped } from '../base/fixedPoint.ts';
import { DOLLAR_ASSET, F, STRIDE } from '../protocol/layout.ts';
import type { Tables } from '../protocol/state.ts';
import { costOf, HARDWARE_TABLE, type MachineCapacity } from './hardwareTable.ts';
import { continentOf, REGIONS } from './world.ts';

/** Hours over which the price of a machine is spread: three years. */
const LIFETIME_HOURS = 26_280;
const MICRO = 1_000_000;
const FP = 1_000_000_000;

/** Micro-dollars per hour: running costs, and the machine's price over its lifetime. @source ECON-7 */
function machineCostMicroUsdPerHour(machine: MachineCapacity, region: number): number {
  const { capexMicroUsd, opexMicroUsdPerHour } = costOf(machine, HARDWARE_TABLE, continentOf(region));
  return opexMicroUsdPerHour + Math.ceil(capexMicroUsd / LIFETIME_HOURS);
}

/** Base units of the token for micro-dollars, at the present price of the dollar; 0 while no price was posted. @source NUM-7 */
function tokensOf(microUsd: number, tables: Pick<Tables, 'assets'>, unitsPerToken: number): number {
  const priceFp = tables.assets[DOLLAR_ASSET * STRIDE.assets + F.assets.priceFp]!;
  // A dollar, like a token, has unitsPerToken base units.
  const dollarUnits = mulDivCapped(microUsd, unitsPerToken, MICRO, MAX_INT);
  return mulDivCapped(dollarUnits, priceFp, FP, MAX_INT);
}

/** Cost per hour in base units of the token, capital included. @source ECON-7 */
export function machineCostUnitsPerHour(
  machine: MachineCapacity,
  region: number,
  tables: Pick<Tables, 'assets'>,
  unitsPerToken: number,
): number {
  return tokensOf(machineCostMicroUsdPerHour(machine, region), tables, unitsPerToken);
}

/** Running cost per hour in base units of the token. @source ECON-7, cost.opex_hour */
export function machineRunningUnitsPerHour(
  machine: MachineCapacity,
  region: number,
  tables: Pick<Tables, 'assets'>,
  unitsPerToken: number,
): number {
  const { opexMicroUsdPerHour } = costOf(machine, HARDWARE_TABLE, continentOf(region));
  return tokensOf(opexMicroUsdPerHour, tables, unitsPerToken);
}

/** Price of the machine in base units of the token. @source ECON-7, cost.capex */
export function machineCapexUnits(
  machine: MachineCapacity,
  tables: Pick<Tables, 'assets'>,
  unitsPerToken: number,
): number {
  return tokensOf(costOf(machine, HARDWARE_TABLE, REGIONS[0]).capexMicroUsd, tables, unitsPerToken);
}
