/**
 * How one agent's standing came about in one era: trust weights of nodes (F-1 to F-3), reputations of validators (F-6) and
 * market ranks of models (F-21), each put together again from what is stored.
 */
import { BPS, FP, min, mulDivDown } from '../base/fixedPoint.ts';
import { alphaOf, ewma } from '../protocol/ewma.ts';
import { TASK_KIND, VERDICT } from '../protocol/layout.ts';
import { shareFp, speedFp, stabilityFp } from '../protocol/trust.ts';
import type { EventOfAgent, ModelOfAgent, NodeOfAgent, ValidatorOfAgent } from '../store/readAgent.ts';
import { counted, grouped } from './amounts.ts';
import { type EraOfAgent, type Rules, WORKING } from './explainIncome.ts';

/** One summand of a standing, or the average that it is. */
export type Indicator = {
  readonly name: string;
  /** −1: not known. */
  readonly beforeFp: number;
  /** What the era showed; −1 if it showed nothing and the indicator stays. */
  readonly observedFp: number;
  readonly afterFp: number;
  readonly weightBps: number;
  /** What was counted, in words. */
  readonly how: string;
};

export type Standing = {
  readonly entity: string;
  readonly measure: 'trust weight' | 'reputation' | 'market rank';
  readonly rules: readonly string[];
  /** −1: there was none. */
  readonly beforeFp: number;
  readonly afterFp: number;
  readonly indicators: readonly Indicator[];
  /** What the rules make of the stored numbers. Equal to `afterFp`, or there is a bug. */
  readonly byRuleFp: number;
};

const weighted = (indicators: readonly Indicator[]): number =>
  mulDivDown(
    indicators.reduce((sum, { afterFp, weightBps }) => sum + mulDivDown(afterFp, weightBps, 1), 0),
    1,
    BPS,
  );

/** @param before the node's row of the era before; undefined for a new node, whose indicators have their start value */
function nodeStanding(node: NodeOfAgent, before: NodeOfAgent | undefined, rules: Rules): Standing {
  const startFp = mulDivDown(rules.value('trust.init_bps'), FP, BPS);
  const alphaFp = alphaOf(rules.value('trust.half_life_eras'));
  const behaviourAlphaFp = alphaOf(rules.value('trust.behaviour_half_life'));
  const isJudged = WORKING.includes(node.state);
  const step = (
    name: 'completion' | 'accuracy' | 'stability' | 'speed',
    isSeen: boolean,
    sampleFp: () => number,
    how: string,
  ): Indicator => {
    const beforeFp = before?.[`${name}Fp`] ?? startFp;
    const observedFp = isJudged && isSeen ? sampleFp() : -1;
    return {
      name,
      beforeFp,
      observedFp,
      afterFp: observedFp === -1 ? beforeFp : ewma(beforeFp, observedFp, alphaFp),
      weightBps: rules.value(`trust.w_bps.${name}`),
      how,
    };
  };
  const [goodMs, badMs] = [rules.value('trust.speed_ms_good'), rules.value('trust.speed_ms_bad')];
  const behaviourBeforeFp = before?.behaviourFp ?? startFp;
  // An offence counts at once, whatever has become of the node by the era's end.
  const observedBehaviourFp = node.offenceCount > 0 ? 0 : isJudged ? FP : -1;
  const indicators: Indicator[] = [
    step(
      'completion',
      node.assignedCount > 0,
      () => shareFp(node.finishedCount, node.assignedCount),
      node.assignedCount === 0
        ? 'no requests'
        : `${grouped(node.finishedCount)} of ${counted(node.assignedCount, 'request')} served`,
    ),
    step(
      'accuracy',
      node.checkedCount > 0,
      () => shareFp(node.acceptedCount, node.checkedCount),
      node.checkedCount === 0
        ? 'no audits'
        : `${grouped(node.acceptedCount)} of ${counted(node.checkedCount, 'audited output')} accepted`,
    ),
    step(
      'stability',
      node.beatExpectedCount > 0,
      () =>
        stabilityFp(node.beatAnsweredCount, node.beatExpectedCount, node.flapCount, rules.value('trust.flap_penalty')),
      node.beatExpectedCount === 0
        ? 'no heartbeats expected'
        : `${grouped(node.beatAnsweredCount)} of ${counted(node.beatExpectedCount, 'heartbeat')}, ${counted(node.flapCount, 'disconnection')}`,
    ),
    step(
      'speed',
      node.meanMs > 0 && node.finishedCount > 0,
      () => speedFp(node.meanMs, goodMs, badMs),
      node.meanMs === 0 || node.finishedCount === 0
        ? 'no answers'
        : `mean response ${grouped(node.meanMs)} ms; ${goodMs} ms counts 100 %, ${badMs} ms nothing`,
    ),
    {
      name: 'behaviour',
      beforeFp: behaviourBeforeFp,
      observedFp: observedBehaviourFp,
      afterFp:
        observedBehaviourFp === -1 ? behaviourBeforeFp : ewma(behaviourBeforeFp, observedBehaviourFp, behaviourAlphaFp),
      weightBps: rules.value('trust.w_bps.behaviour'),
      how: node.offenceCount > 0 ? 'an audit confirmed an offence' : 'no offence',
    },
  ];
  return {
    entity: `node ${node.node}`,
    measure: 'trust weight',
    rules: ['F-1', 'F-2', 'F-3'],
    beforeFp: before?.trustAfterFp ?? weighted(indicators.map((one) => ({ ...one, afterFp: one.beforeFp }))),
    afterFp: node.trustAfterFp,
    indicators,
    byRuleFp: weighted(indicators),
  };
}

function validatorStanding(validator: ValidatorOfAgent, rules: Rules): Standing {
  const { taskCount, scoreSumFp, alignedCount, lateCount, againstCount, copiedCount, missedCount } = validator;
  const observedFp = taskCount === 0 ? -1 : Math.floor(scoreSumFp / taskCount);
  const byRuleFp =
    observedFp === -1
      ? validator.reputationFp
      : ewma(validator.reputationFp, observedFp, alphaOf(rules.value('trust.half_life_eras')));
  const late = lateCount === 0 ? '' : ` (${lateCount} late)`;
  return {
    entity: `validator ${validator.validator}`,
    measure: 'reputation',
    rules: ['F-6'],
    beforeFp: validator.reputationFp,
    afterFp: validator.reputationAfterFp,
    indicators: [
      {
        name: 'mean score',
        beforeFp: validator.reputationFp,
        observedFp,
        afterFp: byRuleFp,
        weightBps: BPS,
        how:
          taskCount === 0
            ? 'no tasks'
            : `${counted(taskCount, 'task')}: ${alignedCount} with the consensus${late}, ${againstCount} against it, ${copiedCount} copied, ${missedCount} missed`,
      },
    ],
    byRuleFp,
  };
}

/** What has happened to a model since it was registered. */
type ModelPast = {
  requestCount: number;
  servedCount: number;
  refundedCount: number;
  checkCount: number;
  passedCount: number;
  ratingSumTenths: number;
  ratingCount: number;
  rankFp: number;
};

const VOLUME_BITS = 32;
const UNKNOWN_FP = FP / 2;

function modelStanding(model: ModelOfAgent, past: ModelPast, rules: Rules): Standing {
  const ratioFp = (part: number, whole: number): number => (whole === 0 ? UNKNOWN_FP : mulDivDown(FP, part, whole));
  const bits = past.servedCount < 2 ? 0 : past.servedCount.toString(2).length - 1;
  const scaleTenths = rules.value('fb.scale_tenths');
  const indicator = (
    name: 'success' | 'feedback' | 'validators' | 'errors' | 'volume',
    afterFp: number,
    how: string,
  ): Indicator => ({
    name,
    beforeFp: -1,
    observedFp: -1,
    afterFp,
    weightBps: rules.value(`rank.w_bps.${name}`),
    how,
  });
  const requests = grouped(past.requestCount);
  const indicators = [
    indicator(
      'success',
      ratioFp(past.servedCount, past.requestCount),
      `${grouped(past.servedCount)} of ${requests} requests served so far`,
    ),
    indicator(
      'feedback',
      ratioFp(past.ratingSumTenths, past.ratingCount * scaleTenths),
      past.ratingCount === 0
        ? 'no ratings yet: one half'
        : `mean of the last ${past.ratingCount} ratings ${(past.ratingSumTenths / past.ratingCount / 10).toFixed(2)} of ${scaleTenths / 10}`,
    ),
    indicator(
      'validators',
      ratioFp(past.passedCount, past.checkCount),
      `${past.passedCount} of ${past.checkCount} validations passed`,
    ),
    indicator(
      'errors',
      FP - ratioFp(past.refundedCount, past.requestCount),
      `${grouped(past.refundedCount)} of ${requests} requests refunded`,
    ),
    indicator(
      'volume',
      mulDivDown(FP, min(bits, VOLUME_BITS), VOLUME_BITS),
      `⌊log₂ ${grouped(past.servedCount)}⌋ = ${bits} of ${VOLUME_BITS}`,
    ),
  ];
  return {
    entity: `model ${model.model}`,
    measure: 'market rank',
    rules: ['F-21', 'FB-6'],
    beforeFp: past.rankFp,
    afterFp: model.rankFp,
    indicators,
    byRuleFp: weighted(indicators),
  };
}

/** Follows an agent's entities through a run; eras must come in order, from the first on. */
export type StandingTracker = { next(era: EraOfAgent): Standing[] };

export function createStandingTracker(rules: Rules): StandingTracker {
  const nodesBefore = new Map<number, NodeOfAgent>();
  const modelPasts = new Map<number, ModelPast>();

  function pastOf(model: number): ModelPast {
    let past = modelPasts.get(model);
    if (past === undefined) {
      past = {
        requestCount: 0,
        servedCount: 0,
        refundedCount: 0,
        checkCount: 0,
        passedCount: 0,
        ratingSumTenths: 0,
        ratingCount: 0,
        rankFp: -1,
      };
      modelPasts.set(model, past);
    }
    return past;
  }

  function observe(event: EventOfAgent): void {
    if (event.name === 'RequestRefunded') pastOf(event.b).refundedCount += 1;
    else if (event.name === 'ModelRated')
      Object.assign(pastOf(event.a), { ratingSumTenths: event.d, ratingCount: event.e });
    else if (event.name === 'TaskTallied' && event.d !== VERDICT.none) {
      if (event.b !== TASK_KIND.modelMetadata && event.b !== TASK_KIND.model) return;
      const past = pastOf(event.c);
      past.checkCount += 1;
      if (event.d === VERDICT.pass) past.passedCount += 1;
    }
  }

  return {
    next(era) {
      era.events.forEach(observe);
      const standings = [
        ...era.nodes.map((node) => nodeStanding(node, nodesBefore.get(node.node), rules)),
        ...era.validators.map((validator) => validatorStanding(validator, rules)),
      ];
      for (const node of era.nodes) nodesBefore.set(node.node, node);
      for (const model of era.models) {
        const past = pastOf(model.model);
        past.requestCount += model.requestCount;
        past.servedCount += model.servedCount;
        standings.push(modelStanding(model, past, rules));
        past.rankFp = model.rankFp;
      }
      return standings;
    },
  };
}
