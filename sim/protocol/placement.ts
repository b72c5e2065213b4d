/**
 * The list of nodes by trust weight and the choice of a node from it (F-22). Decides which node; what is placed there,
 * and what happens if there is none, is for the models' rules to say.
 */
import { BPS, max, min, mulDivUp } from '../base/fixedPoint.ts';
import { pick } from '../base/rnd.ts';
import type { Rule } from './actions.ts';
import { checkStep, enterStep } from './clock.ts';
import { F, NODE_STATE, STEP, STRIDE } from './layout.ts';
import { R } from './rejections.ts';
import { getParam, recordAt, reject, type State } from './state.ts';
import { trustFpOf } from './trust.ts';

/** Where in the list a node is drawn. */
export const BAND = { anywhere: 0, top: 1, bottom: 2 } as const;

/** Entries of the list that one choice looks at, at most: a bound on the cost of a choice on the chain. */
export const MAX_SCAN = 128;

function stateOf(s: State, node: number): number {
  return s.nodes[node * STRIDE.nodes + F.nodes.state]!;
}

/** True if node a comes before node b: higher trust weight, on a tie the lower identifier. */
function precedes(s: State, a: number, b: number): boolean {
  const trustA = trustFpOf(s, a);
  const trustB = trustFpOf(s, b);
  return trustA > trustB || (trustA === trustB && a < b);
}

/** All Online nodes in the order of the list, best first: what the keeper posts. @rule F-22 */
export function rankNodes(s: State): number[] {
  const online: number[] = [];
  const count = s.nodeTotals[F.nodeTotals.nodeCount]!;
  for (let node = 1; node <= count; node++) if (stateOf(s, node) === NODE_STATE.online) online.push(node);
  return online.sort((a, b) => (precedes(s, a, b) ? -1 : 1));
}

/**
 * Settlement step over the Online nodes: the keeper posts the list for the next era, and every entry is checked: Online,
 * and strictly behind its predecessor. As many distinct Online nodes as there are, in strict order, is the whole list.
 *
 * Warning: a node that goes Online, Offline or into the exit queue between two chunks leaves a list that no further
 * chunk completes; the keeper posts all chunks before anybody else acts.
 *
 * @rejects BatchMismatch(given, to − from), RankingInvalid(position, node), both after the guards of the step itself
 * @rule F-22, NUM-3
 */
export const postRanking: Rule = (s, _actor, args, bulk) => {
  const from = args[0]!;
  const to = args[1]!;
  const count = s.nodeTotals[F.nodeTotals.onlineCount]!;
  const refused = checkStep(s, STEP.postRanking, from, to, count);
  if (refused !== 0) return refused;
  if (bulk.length !== to - from) return reject(s, R.BatchMismatch, bulk.length, to - from);
  const nodeCount = s.nodeTotals[F.nodeTotals.nodeCount]!;
  let before = from === 0 ? 0 : s.ranking[from]!;
  for (let i = 0; i < bulk.length; i++) {
    const node = bulk[i]!;
    const online = node <= nodeCount && stateOf(s, node) === NODE_STATE.online;
    if (!online || (before > 0 && !precedes(s, before, node))) return reject(s, R.RankingInvalid, from + i, node);
    before = node;
  }
  enterStep(s, STEP.postRanking, from, to, count);
  for (let i = 0; i < bulk.length; i++) s.ranking[recordAt(s, 'ranking', from + i + 1)] = bulk[i]!;
  if (to === count) s.nodeTotals[F.nodeTotals.rankedCount] = count;
  return 0;
};

function isEligible(s: State, node: number, domain: number, excluded: readonly number[]): boolean {
  const at = node * STRIDE.nodes;
  return (
    s.nodes[at + F.nodes.state] === NODE_STATE.online &&
    domain < 32 &&
    ((s.nodes[at + F.nodes.domains]! >>> domain) & 1) === 1 &&
    s.nodes[at + F.nodes.loadCount]! < s.nodes[at + F.nodes.capacityCount]! &&
    !excluded.includes(node)
  );
}

/**
 * First eligible node from a drawn place on: Online, of the domain, with free capacity, not excluded. From the top band
 * the search goes down the list, from the bottom band up, from anywhere down and around.
 *
 * @param band one of {@link BAND}
 * @param drawValue 52 bits of `rnd`
 * @param domain number of the domain, 0 to 31
 * @param excluded nodes that may not be chosen; zeros are ignored
 * @returns the node; 0 if the list is empty or {@link MAX_SCAN} entries held no eligible one
 * @rule F-22, MODEL-7, NODE-10
 */
export function pickNode(
  s: State,
  band: number,
  drawValue: number,
  domain: number,
  excluded: readonly number[],
): number {
  const n = s.nodeTotals[F.nodeTotals.rankedCount]!;
  if (n === 0) return 0;
  const width = band === BAND.anywhere ? n : max(1, mulDivUp(n, getParam(s, 'place.band_bps'), BPS));
  const drawn = pick(drawValue, width);
  let position = band === BAND.bottom ? n - 1 - drawn : drawn;
  const entries = band === BAND.top ? n - position : band === BAND.bottom ? position + 1 : n;
  const scans = min(entries, MAX_SCAN);
  for (let i = 0; i < scans; i++) {
    const node = s.ranking[position + 1]!;
    if (isEligible(s, node, domain, excluded)) return node;
    position = band === BAND.bottom ? position - 1 : position + 1 === n ? 0 : position + 1;
  }
  return 0;
}
