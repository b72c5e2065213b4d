/** What an order or the update of a lease may ask for: limits that no parameter moves (ORDER-2, LEASE-11). */
import { HOUR_S, MAX_DURATION_S, MAX_PRICE_UNITS } from './leaseMoney.ts';
import { R } from './rejections.ts';
import { RESOURCE_NAMES, type Resources } from './resources.ts';
import { reject, type State } from './state.ts';

/** Least and most of each resource. */
const LIMITS: Readonly<Record<keyof Resources, readonly [least: number, most: number]>> = {
  cpuCount: [1, 4_096],
  memoryGb: [1, 65_536],
  storageGb: [0, 1_000_000],
  gpuCount: [0, 64],
};

/** 0 if the value lies in [least, most], else ValueOutOfRange(value, most). */
export function refuseOutside(s: State, value: number, least: number, most: number): number {
  return value >= least && value <= most ? 0 : reject(s, R.ValueOutOfRange, value, most);
}

/** 0 if a lease may have these resources, else ValueOutOfRange for the first beyond its limits. @rule ORDER-2 */
export function refuseDemand(s: State, needs: Resources): number {
  for (const name of RESOURCE_NAMES) {
    const code = refuseOutside(s, needs[name], ...LIMITS[name]);
    if (code !== 0) return code;
  }
  return 0;
}

/** 0 if a lease may last so long: whole hours, one at least, a year at most. Else ValueOutOfRange. @rule ORDER-2 */
export function refuseDuration(s: State, durationS: number): number {
  if (durationS % HOUR_S !== 0) return reject(s, R.ValueOutOfRange, durationS, MAX_DURATION_S);
  return refuseOutside(s, durationS, HOUR_S, MAX_DURATION_S);
}

/** 0 if an hour may cost so much, else ValueOutOfRange. @rule ORDER-2, NUM-2 */
export function refusePrice(s: State, priceUnits: number): number {
  return refuseOutside(s, priceUnits, 1, MAX_PRICE_UNITS);
}
