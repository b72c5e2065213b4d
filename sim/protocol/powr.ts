/**
 * PoWR rewards (POWR-1 to POWR-7): what a node contributed in an era, how good it was, and its share of the era's pool.
 * The size of the pool is the emission's, the delegators' part of a reward the stake's.
 */
import { allocShare, BPS, FP, max, mulDivDown, pow4 } from '../base/fixedPoint.ts';
import type { Rule } from './actions.ts';
import { enterStep } from './clock.ts';
import { MOVE } from './events.ts';
import { ACCOUNT, F, KIND, STEP, STRIDE } from './layout.ts';
import { shareReward } from './stake.ts';
import { getParam, type State } from './state.ts';
import { moveUnits } from './token.ts';
import { isWorking, shareFp } from './trust.ts';

/** Exponents of contribution, quality and reputation, in quarters. */
export type PowrExponents = { readonly a: number; readonly b: number; readonly c: number };

const RELEVANCE = 0;
const REPUTATION = 1;

/** Exponents in force: all 1 for `relevance`, quality left out for `reputation`, as given for `custom`. @rule POWR-1 */
export function powrExponents(s: State): PowrExponents {
  const variant = getParam(s, 'powr.variant');
  if (variant === RELEVANCE) return { a: 4, b: 4, c: 4 };
  return {
    a: getParam(s, 'powr.exp4.a'),
    b: variant === REPUTATION ? 0 : getParam(s, 'powr.exp4.b'),
    c: getParam(s, 'powr.exp4.c'),
  };
}

/**
 * Score S = c^a · (Q^b · R^c) of a node. Without accepted work it is 0, also where the exponent of contribution is 0:
 * only genuine work counts (POWR-2).
 *
 * @param acceptedWu work units of the era's accepted tasks
 * @param maxWu largest such sum of any node
 * @param qualityFp,trustFp FP ratios
 * @returns an FP ratio; each product is rounded down
 * @rule F-4, POWR-2, POWR-5
 */
export function scoreFp(
  acceptedWu: number,
  maxWu: number,
  qualityFp: number,
  trustFp: number,
  exponents: PowrExponents,
): number {
  if (acceptedWu === 0 || maxWu === 0) return 0;
  const judged = mulDivDown(pow4(qualityFp, exponents.b), pow4(trustFp, exponents.c), FP);
  return mulDivDown(pow4(shareFp(acceptedWu, maxWu), exponents.a), judged, FP);
}

function nodeCount(s: State): number {
  return s.nodeTotals[F.nodeTotals.nodeCount]!;
}

/**
 * Settlement step over nodes: quality of the era's audited results, where there are any, and the largest contribution.
 *
 * @rule F-4, POWR-3
 */
export const computeEraMetrics: Rule = (s, _actor, args) => {
  const from = args[0]!;
  const to = args[1]!;
  const code = enterStep(s, STEP.computeEraMetrics, from, to, nodeCount(s));
  if (code !== 0) return code;
  let maxWu = from === 0 ? 0 : s.nodeTotals[F.nodeTotals.maxWu]!;
  for (let node = from + 1; node <= to; node++) {
    const at = node * STRIDE.nodeEra;
    const auditedWu = s.nodeEra[at + F.nodeEra.auditedWu]!;
    if (auditedWu > 0) {
      // md(FP, Σ wu·q, Σ wu·BPS) with BPS cancelled, so that no operand passes 2^53.
      s.nodeTrust[node * STRIDE.nodeTrust + F.nodeTrust.qualityFp] = mulDivDown(
        s.nodeEra[at + F.nodeEra.auditedWuBps]!,
        FP / BPS,
        auditedWu,
      );
    }
    maxWu = max(maxWu, s.nodeEra[at + F.nodeEra.acceptedWu]!);
  }
  s.nodeTotals[F.nodeTotals.maxWu] = maxWu;
  return 0;
};

/**
 * Settlement step over nodes: score of every node with accepted work, and their sum. A node that left within the era is
 * scored like the others: what it has earned is outstanding (NODE-14).
 *
 * @rule F-4, POWR-1, POWR-4, NODE-14
 */
export const scoreNodes: Rule = (s, _actor, args) => {
  const from = args[0]!;
  const to = args[1]!;
  const code = enterStep(s, STEP.scoreNodes, from, to, nodeCount(s));
  if (code !== 0) return code;
  const exponents = powrExponents(s);
  const maxWu = s.nodeTotals[F.nodeTotals.maxWu]!;
  let sumFp = from === 0 ? 0 : s.nodeTotals[F.nodeTotals.scoreSumFp]!;
  for (let node = from + 1; node <= to; node++) {
    const trust = node * STRIDE.nodeTrust;
    const at = node * STRIDE.nodeEra;
    const score = scoreFp(
      s.nodeEra[at + F.nodeEra.acceptedWu]!,
      maxWu,
      s.nodeTrust[trust + F.nodeTrust.qualityFp]!,
      s.nodeTrust[trust + F.nodeTrust.trustFp]!,
      exponents,
    );
    s.nodeEra[at + F.nodeEra.scoreFp] = score;
    sumFp += score;
  }
  s.nodeTotals[F.nodeTotals.scoreSumFp] = sumFp;
  return 0;
};

/**
 * Settlement step over nodes: each node's share of the era's pool by score; if nobody scored, the pool goes to the
 * foundation when the step is complete. A part of a reward is shared with the node's delegators (F-9).
 *
 * A node that was removed after it had scored gets its reward all the same, its owner alone: its delegations are over.
 *
 * @rule POWR-7, F-4, NODE-14, NODE-15
 */
export const payNodes: Rule = (s, _actor, args) => {
  const from = args[0]!;
  const to = args[1]!;
  const count = nodeCount(s);
  const code = enterStep(s, STEP.payNodes, from, to, count);
  if (code !== 0) return code;
  const pool = s.emissionTotals[F.emissionTotals.powrUnits]!;
  const sumFp = s.nodeTotals[F.nodeTotals.scoreSumFp]!;
  const sharedBps = getParam(s, 'deleg.pool_share_bps');
  let runningFp = from === 0 ? 0 : s.nodeTotals[F.nodeTotals.runningFp]!;
  for (let node = from + 1; node <= to; node++) {
    const score = s.nodeEra[node * STRIDE.nodeEra + F.nodeEra.scoreFp]!;
    const reward = sumFp === 0 ? 0 : allocShare(pool, runningFp, runningFp + score, sumFp);
    runningFp += score;
    const at = node * STRIDE.nodes;
    const working = isWorking(s.nodes[at + F.nodes.state]!);
    if (!working && reward === 0) continue;
    const sharedUnits = working ? mulDivDown(reward, sharedBps, BPS) : 0;
    const owner = s.nodes[at + F.nodes.owner]!;
    shareReward(s, KIND.node, node, owner, reward, sharedUnits, ACCOUNT.community, MOVE.powrReward);
  }
  s.nodeTotals[F.nodeTotals.runningFp] = runningFp;
  if (to === count && sumFp === 0) moveUnits(s, ACCOUNT.community, ACCOUNT.foundation, pool, MOVE.powrReward);
  return 0;
};
