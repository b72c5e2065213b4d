/**
 * Whether the windows of orders leave a phase for each of their steps (TIME-1): bids, acknowledgements of fizz nodes, matching.
 * Judges parameters against the phases of a slot; what a window is for is the ledger's business.
 */
import type { Population } from '../sim/engine/scenario.ts';
import type { IssueList } from './issues.ts';
import type { ParamValues } from './params.ts';

/** Offsets of phases in a time slot, seconds. @source T-PHASE */
const ORDER_S = 60;
const BID_S = 62;
const LAST_BID_S = 64;
const MATCH_S = 66;
const VOTE_S = 120;

/** True if anybody rents machines, as the engine decides it. */
export function usesMarket(populations: readonly Pick<Population, 'role' | 'options'>[]): boolean {
  return populations.some(({ role, options }) => role === 'fizz' || role === 'matchmaker' || 'lease_bps' in options);
}

/** Flags windows in which an order cannot be bid for, or is over before it can be matched. @rule TIME-1, ORDER-4, ORDER-6 */
export function checkOrderWindows(
  params: ParamValues,
  populations: readonly Pick<Population, 'role' | 'options'>[],
  issues: IssueList,
): void {
  if (!usesMarket(populations)) return;
  const blockS = params.value('time.block_s');
  const windowS = params.value('order.bid_window_blocks') * blockS;
  const windowPlace = params.placeOf(['order.bid_window_blocks', 'time.block_s']);
  if (windowPlace !== null && !issues.flaggedAt(windowPlace)) {
    if (ORDER_S + windowS < BID_S)
      issues.flag(
        'E210',
        windowPlace,
        `the window for bids ends ${windowS} s after an order, before the first can be made, ${BID_S - ORDER_S} s after it`,
        { fix: 'raise order.bid_window_blocks or time.block_s' },
      );
    else if (ORDER_S + windowS < LAST_BID_S && populations.some(({ role }) => role === 'fizz'))
      issues.flag(
        'W309',
        windowPlace,
        `the window for bids ends ${windowS} s after an order, before gateways bid, ${LAST_BID_S - ORDER_S} s after it: no fizz node gets an order`,
        { fix: `make order.bid_window_blocks times time.block_s at least ${LAST_BID_S - ORDER_S} s` },
      );
  }
  const ttlPlace = params.placeOf([
    'order.ttl_blocks',
    'order.bid_window_blocks',
    'time.block_s',
    'match.mode',
    'time.slot_s',
  ]);
  if (ttlPlace === null || issues.flaggedAt(ttlPlace)) return;
  // Matching begins in the first of its phases after the window: in the next slot, if the window is still open in this one.
  const slotS = ORDER_S + windowS < MATCH_S ? 0 : params.value('time.slot_s');
  const isVoted = params.value('match.mode') === 1 && params.value('match.user_choice') === 0;
  const neededS = slotS + (isVoted ? VOTE_S : MATCH_S) - ORDER_S;
  const ttlS = params.value('order.ttl_blocks') * blockS;
  if (ttlS >= neededS) return;
  issues.flag(
    'E210',
    ttlPlace,
    `an order expires after ${ttlS} s, but with a window for bids of ${windowS} s it is ${isVoted ? 'voted on' : 'matched'} ${neededS} s after it was placed`,
    {
      fix: `make order.ttl_blocks at least ${Math.ceil(neededS / blockS)}, or the window shorter than ${MATCH_S - ORDER_S} s`,
    },
  );
}
