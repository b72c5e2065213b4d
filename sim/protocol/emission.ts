/**
 * How much an era emits and how it is cut into pools. The foundation's part is paid at once; the families pay the other
 * pools from the community account in their own steps. Nothing is minted: emission empties the community account.
 */
import { assert } from '../base/assert.ts';
import { alloc, BPS, min, mulDivDown } from '../base/fixedPoint.ts';
import type { Rule } from './actions.ts';
import { currentEra, enterStep } from './clock.ts';
import { MOVE } from './events.ts';
import { ACCOUNT, F, STEP } from './layout.ts';
import type { ParamKey } from './params.ts';
import { getParam, type State } from './state.ts';
import { moveUnits, walletUnits } from './token.ts';

const E = F.emissionTotals;
const PPM = 1_000_000;

/** Parts of an era's emission, in the order in which they are cut. */
const POOL_SHARES: readonly ParamKey[] = [
  'powr.pool_share_bps',
  'val.pool_share_bps',
  'econ.emission_rest_bps.creators',
  'econ.emission_rest_bps.stakers',
  'econ.emission_rest_bps.foundation',
];

/**
 * What the schedule allows for an era: a fixed share of the maximum supply, halved (rounding down each time) after every
 * `econ.halving_eras` eras.
 *
 * @returns base units
 * @rule ECON-6
 */
export function scheduleUnits(s: State, era: number): number {
  let units = mulDivDown(s.tokenTotals[F.tokenTotals.maxSupplyUnits]!, getParam(s, 'econ.emission_era_ppm'), PPM);
  const halvings = mulDivDown(era, 1, getParam(s, 'econ.halving_eras'));
  for (let i = 0; i < halvings && units > 0; i++) units = mulDivDown(units, 1, 2);
  return units;
}

/**
 * Settlement step 2: fixes the era's emission and its pools, and pays the foundation's part.
 *
 * @rejects as {@link enterStep}
 * @throws AssertionError if the five parts do not sum to 10 000
 * @invariant INV-47: emission ≤ schedule, and the community account never falls below 0; INV-40: pools sum to the emission
 * @rule ECON-2, ECON-6
 */
export const openEmission: Rule = (s, _actor, args) => {
  const code = enterStep(s, STEP.openEmission, args[0]!, args[1]!, 1);
  if (code !== 0) return code;

  const weights = POOL_SHARES.map((share) => getParam(s, share));
  const sumBps = weights.reduce((sum, w) => sum + w, 0);
  assert(sumBps === BPS, `The parts of the emission sum to ${sumBps}, must be ${BPS}`);
  const eraUnits = min(scheduleUnits(s, currentEra(s)), walletUnits(s, ACCOUNT.community));
  const pools = alloc(eraUnits, weights);
  const totals = s.emissionTotals;
  totals[E.emittedUnits]! += eraUnits;
  totals[E.eraUnits] = eraUnits;
  totals[E.powrUnits] = pools[0]!;
  totals[E.validatorUnits] = pools[1]!;
  totals[E.creatorUnits] = pools[2]!;
  totals[E.stakerUnits] = pools[3]!;
  totals[E.foundationUnits] = pools[4]!;
  moveUnits(s, ACCOUNT.community, ACCOUNT.foundation, pools[4]!, MOVE.emissionFoundation);
  return 0;
};
