/** All figures of a report, by the question that they answer. */
import { intentFigure, profitFigure, standingFigure } from './agentFigures.ts';
import {
  computePriceFigure,
  fizzFigure,
  hasMarket,
  leaseEndFigure,
  moneyFlowFigure,
  orderFigure,
  paymentFigure,
  queueFigure,
  returnByGpuFigure,
  returnFigure,
  shareByStakeFigure,
  shareByTierFigure,
  subnetFigure,
  utilisationFigure,
} from './computeFigures.ts';
import type { Made, Section } from './figure.ts';
import { courseFigure, demandFigure, networkFigure, qualityFigure, serviceFigure } from './marketFigures.ts';
import { emissionFigure, gasFigure, giniFigure, incomeFigure, lorenzFigure } from './moneyFigures.ts';
import {
  challengeFigure,
  detectionFigure,
  flowFigure,
  hasChallenges,
  hasProviders,
  livenessFigure,
  lossFigure,
  survivalFigure,
  tierFigure,
} from './providerFigures.ts';
import type { Reading } from './reading.ts';
import { acceptedFigure, errorFigure, taskFigure } from './validationFigures.ts';
import {
  detectedFigure,
  distanceFigure,
  executionFigure,
  modelWorthFigure,
  pairFigure,
  rewardFigure,
  standFigure,
  textFigure,
} from './workFigures.ts';

function section(id: string, name: string, title: string, made: readonly Made[]): Section {
  return {
    id,
    name,
    title,
    figures: made.filter((item) => typeof item !== 'string'),
    missing: made.filter((item) => typeof item === 'string'),
  };
}

/** All figures of a run by section, in the order of the report. A run without a settled era has none. */
export function makeSections(reading: Reading): Section[] {
  if (reading.run.eras.length === 0)
    return [section('figures', 'Figures', 'Figures', ['Figures: no era was settled.'])];
  return [
    section('cheating', 'Cheating', 'Does cheating pay?', [
      intentFigure(reading),
      profitFigure(reading),
      acceptedFigure(reading),
    ]),
    section('standing', 'Trust', 'Who is trusted?', [
      standingFigure(reading, 'miner'),
      standingFigure(reading, 'validator'),
    ]),
    section('validation', 'Validation', 'Does validation tell good from bad?', [
      taskFigure(reading),
      errorFigure(reading),
    ]),
    section('work', 'Measured work', 'Is the work what it claims to be?', [
      detectedFigure(reading),
      distanceFigure(reading),
      pairFigure(reading),
      textFigure(reading),
      standFigure(reading),
      modelWorthFigure(reading),
      rewardFigure(reading),
      executionFigure(reading),
    ]),
    section(
      'providers',
      'Providers',
      'What do providers earn, and who stays?',
      hasProviders(reading)
        ? [
            tierFigure(reading),
            livenessFigure(reading),
            flowFigure(reading),
            survivalFigure(reading),
            lossFigure(reading),
          ]
        : ['Trust tiers, liveness and survival: nobody provides capacity in this run.'],
    ),
    section(
      'challenges',
      'Challenges',
      'Do challenges find what is not there?',
      hasChallenges(reading)
        ? [challengeFigure(reading), detectionFigure(reading), standingFigure(reading, 'slark')]
        : ['Challenges and their detection of over-claiming: nobody was challenged in this run.'],
    ),
    section(
      'compute',
      'Compute market',
      'What happens on the compute market?',
      hasMarket(reading)
        ? [
            orderFigure(reading),
            queueFigure(reading),
            computePriceFigure(reading),
            utilisationFigure(reading),
            leaseEndFigure(reading),
            shareByTierFigure(reading),
            shareByStakeFigure(reading),
            returnFigure(reading),
            returnByGpuFigure(reading),
            fizzFigure(reading),
            subnetFigure(reading),
          ]
        : ['Orders, leases, prices, returns and fizz nodes: there is no compute market in this run.'],
    ),
    section('market', 'Models', 'What happens on the market of models?', [
      demandFigure(reading),
      qualityFigure(reading),
      courseFigure(reading, 'rank'),
      courseFigure(reading, 'price'),
      serviceFigure(reading),
      networkFigure(reading),
    ]),
    section('money', 'Money', 'Who gets the money?', [
      ...(hasMarket(reading) ? [moneyFlowFigure(reading), paymentFigure(reading)] : []),
      incomeFigure(reading),
      emissionFigure(reading),
      lorenzFigure(reading),
      giniFigure(reading),
    ]),
    section('chain', 'Chain', 'What does the chain cost?', [gasFigure(reading)]),
  ];
}
