/**
 * In which of the last eras a provider was slashed: what matching remembers of it (F-15). Takes no stake and decides no
 * slash.
 */
import { min } from '../base/fixedPoint.ts';
import { currentEra } from './clock.ts';
import { F, SLASHED_ERAS, STRIDE } from './layout.ts';
import { getParam, recordAt, type State } from './state.ts';

const M = F.providerMarket;

/**
 * Notes that collateral of a provider was taken in the era that is being settled; a further time in the same era changes
 * nothing. The latest 64 eras are remembered.
 *
 * @rule F-15
 */
export function recordSlash(s: State, provider: number): void {
  const at = recordAt(s, 'providerMarket', provider);
  const mark = currentEra(s) + 1;
  if (s.providerMarket[at + M.lastSlashedEra] === mark) return;
  const count = s.providerMarket[at + M.slashedEraCount]!;
  s.slashedEras[recordAt(s, 'slashedEras', provider * SLASHED_ERAS + (count % SLASHED_ERAS))] = mark;
  s.providerMarket[at + M.lastSlashedEra] = mark;
  s.providerMarket[at + M.slashedEraCount] = count + 1;
}

/** Eras of the last `match.slash_window_eras`, this one included, in which a provider was slashed: at most 64. @rule F-15, OP-84 */
export function slashCountOf(s: State, provider: number): number {
  const total = s.providerMarket[provider * STRIDE.providerMarket + M.slashedEraCount]!;
  const windowEras = getParam(s, 'match.slash_window_eras');
  const mark = currentEra(s) + 1;
  const remembered = min(total, SLASHED_ERAS);
  let count = 0;
  while (count < remembered) {
    const slashed = s.slashedEras[provider * SLASHED_ERAS + ((total - 1 - count) % SLASHED_ERAS)]!;
    if (slashed + windowEras <= mark) break;
    count += 1;
  }
  return count;
}
