/**
 * The trust weight of a node (TRUST-1 to TRUST-7): five indicators of an era, their moving averages and the weighted sum.
 * What the weight is used for is decided elsewhere: rewards in `powr.ts`, places in `placement.ts`, traffic in `routing.ts`.
 */
import { BPS, FP, min, mulDivDown } from '../base/fixedPoint.ts';
import type { Rule } from './actions.ts';
import { currentEra, enterStep } from './clock.ts';
import { alphaOf, ewma } from './ewma.ts';
import { F, NODE_STATE, STEP, STRIDE } from './layout.ts';
import { answeredOf, expectedOf, flapsOf, meanMsOf } from './nodeReport.ts';
import { emit, getParam, recordAt, type State } from './state.ts';

/** True for a node that was validated and has not left: Online, Offline or Exiting. Only such a node is judged and paid. */
export function isWorking(state: number): boolean {
  return state >= NODE_STATE.online && state <= NODE_STATE.exiting;
}

/**
 * part/whole as an FP ratio, rounded down; a part above the whole counts as the whole, so that no report makes an
 * indicator leave [0, FP] (INV-34).
 *
 * @param whole > 0
 * @rule F-2, F-4
 */
export function shareFp(part: number, whole: number): number {
  return mulDivDown(FP, min(part, whole), whole);
}

/** Stability of an era: heartbeats answered, less a penalty for each disconnection, at least 0. @rule F-2 */
export function stabilityFp(answered: number, expected: number, flaps: number, flapPenaltyFp: number): number {
  const answeredFp = shareFp(answered, expected);
  const lostFp = mulDivDown(flaps, flapPenaltyFp, 1);
  return answeredFp > lostFp ? answeredFp - lostFp : 0;
}

/** Speed of an era: 1.0 up to `goodMs`, 0 from `badMs` on, linear between. @rule F-2 */
export function speedFp(meanMs: number, goodMs: number, badMs: number): number {
  if (meanMs <= goodMs) return FP;
  if (meanMs >= badMs) return 0;
  return mulDivDown(FP, badMs - meanMs, badMs - goodMs);
}

/**
 * Trust weight: Σ weight·indicator / BPS, divided once, rounded down.
 *
 * @param s the state, for the weights
 * @param at first float of the node's trust record
 * @rule F-3
 */
function weighFp(s: State, at: number): number {
  const t = s.nodeTrust;
  const f = F.nodeTrust;
  const sum =
    mulDivDown(t[at + f.completionFp]!, getParam(s, 'trust.w_bps.completion'), 1) +
    mulDivDown(t[at + f.accuracyFp]!, getParam(s, 'trust.w_bps.accuracy'), 1) +
    mulDivDown(t[at + f.stabilityFp]!, getParam(s, 'trust.w_bps.stability'), 1) +
    mulDivDown(t[at + f.speedFp]!, getParam(s, 'trust.w_bps.speed'), 1) +
    mulDivDown(t[at + f.behaviourFp]!, getParam(s, 'trust.w_bps.behaviour'), 1);
  return mulDivDown(sum, 1, BPS);
}

/** Gives a new node the start value of every indicator and of its quality. @rule TRUST-5 */
export function initTrust(s: State, node: number): void {
  const at = recordAt(s, 'nodeTrust', node);
  const initFp = mulDivDown(getParam(s, 'trust.init_bps'), FP, BPS);
  const t = s.nodeTrust;
  t[at + F.nodeTrust.completionFp] = initFp;
  t[at + F.nodeTrust.accuracyFp] = initFp;
  t[at + F.nodeTrust.stabilityFp] = initFp;
  t[at + F.nodeTrust.speedFp] = initFp;
  t[at + F.nodeTrust.behaviourFp] = initFp;
  t[at + F.nodeTrust.qualityFp] = initFp;
  t[at + F.nodeTrust.offenceEra] = 0;
  t[at + F.nodeTrust.trustFp] = weighFp(s, at);
}

/**
 * A confirmed offence: the era's sample of the behaviour indicator is 0, and the weight falls at once. A second offence of
 * the same era changes nothing more.
 *
 * @rule TRUST-2, F-2
 */
export function recordOffence(s: State, node: number): void {
  const at = node * STRIDE.nodeTrust;
  const f = F.nodeTrust;
  const mark = currentEra(s) + 1;
  if (s.nodeTrust[at + f.offenceEra] === mark) return;
  s.nodeTrust[at + f.offenceEra] = mark;
  observe(s, at + f.behaviourFp, 0, alphaOf(getParam(s, 'trust.behaviour_half_life')));
  const trustFp = weighFp(s, at);
  s.nodeTrust[at + f.trustFp] = trustFp;
  emit(s, 'TrustUpdated', node, trustFp, s.nodeTrust[at + f.qualityFp]!);
}

/** Trust weight of a node. @returns an FP ratio, 0 for a node that does not exist */
export function trustFpOf(s: State, node: number): number {
  return s.nodeTrust[node * STRIDE.nodeTrust + F.nodeTrust.trustFp] ?? 0;
}

/** One indicator's step, if the era has an observation of it. */
function observe(s: State, at: number, sampleFp: number, alphaFp: number): void {
  s.nodeTrust[at] = ewma(s.nodeTrust[at]!, sampleFp, alphaFp);
}

type TrustParams = {
  readonly alphaFp: number;
  readonly behaviourAlphaFp: number;
  readonly flapPenaltyFp: number;
  readonly goodMs: number;
  readonly badMs: number;
  /** What `offenceEra` holds if an offence was confirmed in this era. */
  readonly offenceMark: number;
};

/** Takes the era's observations of one working node into its indicators; one without a denominator is skipped. */
function judge(s: State, node: number, p: TrustParams): void {
  const at = node * STRIDE.nodeTrust;
  const era = node * STRIDE.nodeEra;
  const report = node * STRIDE.nodeReports;
  const assigned = s.nodeEra[era + F.nodeEra.assignedCount]!;
  const finished = s.nodeEra[era + F.nodeEra.finishedCount]!;
  const checked = s.nodeEra[era + F.nodeEra.checkedCount]!;
  const accepted = s.nodeEra[era + F.nodeEra.acceptedCount]!;
  const beats = s.nodeReports[report + F.nodeReports.beats]!;
  const flaps = flapsOf(s.nodeReports[report + F.nodeReports.breaches]!);
  const expected = expectedOf(beats);
  const meanMs = meanMsOf(beats);
  const f = F.nodeTrust;

  if (assigned > 0) observe(s, at + f.completionFp, shareFp(finished, assigned), p.alphaFp);
  if (checked > 0) observe(s, at + f.accuracyFp, shareFp(accepted, checked), p.alphaFp);
  if (expected > 0) {
    observe(s, at + f.stabilityFp, stabilityFp(answeredOf(beats), expected, flaps, p.flapPenaltyFp), p.alphaFp);
  }
  if (meanMs > 0 && finished > 0) observe(s, at + f.speedFp, speedFp(meanMs, p.goodMs, p.badMs), p.alphaFp);
  // An offence of this era has been taken into the indicator when it was confirmed.
  if (s.nodeTrust[at + f.offenceEra] !== p.offenceMark) observe(s, at + f.behaviourFp, FP, p.behaviourAlphaFp);

  const trustFp = weighFp(s, at);
  s.nodeTrust[at + f.trustFp] = trustFp;
  emit(s, 'TrustUpdated', node, trustFp, s.nodeTrust[at + f.qualityFp]!);
}

/**
 * Settlement step over nodes: new trust weights of all working nodes; then the era's counts and reports of every node are
 * cleared, except since when it has been offline.
 *
 * @rule TRUST-2, TRUST-4, F-1, F-2, F-3
 */
export const updateTrust: Rule = (s, _actor, args) => {
  const from = args[0]!;
  const to = args[1]!;
  const code = enterStep(s, STEP.updateTrust, from, to, s.nodeTotals[F.nodeTotals.nodeCount]!);
  if (code !== 0) return code;
  const p: TrustParams = {
    alphaFp: alphaOf(getParam(s, 'trust.half_life_eras')),
    behaviourAlphaFp: alphaOf(getParam(s, 'trust.behaviour_half_life')),
    flapPenaltyFp: getParam(s, 'trust.flap_penalty'),
    goodMs: getParam(s, 'trust.speed_ms_good'),
    badMs: getParam(s, 'trust.speed_ms_bad'),
    offenceMark: currentEra(s) + 1,
  };
  for (let node = from + 1; node <= to; node++) {
    if (isWorking(s.nodes[node * STRIDE.nodes + F.nodes.state]!)) judge(s, node, p);
    s.nodeEra.fill(0, node * STRIDE.nodeEra, (node + 1) * STRIDE.nodeEra);
    // All words of the report but the last.
    const report = node * STRIDE.nodeReports;
    s.nodeReports.fill(0, report, report + F.nodeReports.offlineSinceS);
  }
  return 0;
};
