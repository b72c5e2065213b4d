/**
 * The parameter registry: every parameter of the families that exist, with unit, range, default and source. A parameter's
 * position in this list is its number on the chain, so entries are only ever appended. Amounts are in whole tokens here
 * and in base units on the ledger; `chain` says how a value is stored there.
 */

import { unitsPerToken } from '../base/units.ts';

export type ParamUnit =
  | 'tokens'
  | 'bps'
  | 'mil'
  | 'fp'
  | 's'
  | 'ms'
  | 'eras'
  | 'slots'
  | 'count'
  | 'quarters'
  | 'tenths'
  | 'choice';

export type ParamSpec = {
  readonly key: string;
  readonly unit: ParamUnit;
  readonly min: number;
  readonly max: number;
  /** In the unit above; of a choice, the index of the option. */
  readonly fallback: number;
  readonly options?: readonly string[];
  /** Rules, formulas and open points that use it. */
  readonly source: string;
  readonly note: string;
};

function param<K extends string>(
  key: K,
  unit: ParamUnit,
  min: number,
  max: number,
  fallback: number,
  source: string,
  note: string,
): ParamSpec & { readonly key: K } {
  return { key, unit, min, max, fallback, source, note };
}

function choice<K extends string>(
  key: K,
  options: readonly string[],
  fallback: string,
  source: string,
  note: string,
): ParamSpec & { readonly key: K } {
  return {
    key,
    unit: 'choice',
    min: 0,
    max: options.length - 1,
    fallback: options.indexOf(fallback),
    options,
    source,
    note,
  };
}

export const PARAMS = [
  param('token.decimals', 'count', 3, 9, 6, 'NUM-1', 'decimal places of one token'),
  param('time.slot_s', 's', 60, 86_400, 3_600, 'TIME-2, OP-1', 'length of a time slot'),
  param('time.slots_per_era', 'slots', 1, 720, 24, 'TIME-3, OP-1', 'slots in an era'),
  param('time.block_s', 's', 1, 60, 2, 'TIME-1, OP-1', 'length of a block, for windows counted in blocks'),
  param(
    'econ.max_supply',
    'tokens',
    1_000_000,
    9_000_000_000,
    100_000_000,
    'ECON-1, ECON-6, OP-103',
    'everything there will ever be; minted at genesis',
  ),
  param(
    'econ.alloc_bps.community',
    'bps',
    0,
    10_000,
    5_000,
    'ECON-1, OP-103',
    'share of the supply that pays emission',
  ),
  param('econ.alloc_bps.team', 'bps', 0, 10_000, 1_500, 'ECON-1, OP-103', 'share of team and advisors'),
  param(
    'econ.alloc_bps.investors',
    'bps',
    0,
    10_000,
    1_300,
    'ECON-1, OP-103',
    'share of investors; first source of opening wallets',
  ),
  param(
    'econ.alloc_bps.liquidity',
    'bps',
    0,
    10_000,
    1_000,
    'ECON-1, OP-103',
    'liquidity share; second source of opening wallets',
  ),
  param(
    'econ.alloc_bps.airdrop',
    'bps',
    0,
    10_000,
    200,
    'ECON-1, OP-103',
    'airdrop share; third source of opening wallets',
  ),
  param('econ.alloc_bps.foundation', 'bps', 0, 10_000, 1_000, 'ECON-1, OP-103', 'foundation reserve'),
  param(
    'econ.emission_era_ppm',
    'count',
    0,
    10_000,
    200,
    'ECON-6',
    'emission of an era, in millionths of the maximum supply (200 = 0.02 %)',
  ),
  param('econ.halving_eras', 'eras', 1, 36_500, 730, 'ECON-6', 'eras after which the emission halves'),
  param('econ.emission_rest_bps.creators', 'bps', 0, 10_000, 1_000, 'ECON-2', 'creators’ part of the era emission'),
  param('econ.emission_rest_bps.stakers', 'bps', 0, 10_000, 900, 'ECON-2', 'delegators’ part of the era emission'),
  param('econ.emission_rest_bps.foundation', 'bps', 0, 10_000, 100, 'ECON-2', 'foundation’s part of the era emission'),
  param(
    'powr.pool_share_bps',
    'bps',
    0,
    10_000,
    6_000,
    'POWR-7, OP-26',
    'nodes’ part of the era emission, weighted by PoWR',
  ),
  param('val.pool_share_bps', 'bps', 0, 10_000, 2_000, 'OP-23, F-36', 'validators’ part of the era emission'),
  choice(
    'powr.variant',
    ['relevance', 'reputation', 'custom'],
    'relevance',
    'POWR-1, OP-24',
    'relevance: all three factors; reputation: quality exponent 0; custom: the exponents as given',
  ),
  param('powr.exp4.a', 'quarters', 0, 16, 4, 'F-4, OP-24', 'exponent of contribution, in quarters'),
  param('powr.exp4.b', 'quarters', 0, 16, 4, 'F-4, OP-24', 'exponent of quality, in quarters'),
  param('powr.exp4.c', 'quarters', 0, 16, 4, 'F-4, OP-24', 'exponent of reputation, in quarters'),
  param('dn.split_bps.creator', 'bps', 0, 10_000, 3_000, 'TOK-2, F-32, OP-4', 'creator’s part of a call fee'),
  param('dn.split_bps.node', 'bps', 0, 10_000, 5_000, 'TOK-2, F-32, OP-4', 'serving node’s part of a call fee'),
  param(
    'dn.split_bps.validators',
    'bps',
    0,
    10_000,
    1_800,
    'TOK-2, F-32, OP-4',
    'part of a call fee that goes to the era’s validator pot',
  ),
  param('dn.split_bps.burn', 'bps', 0, 10_000, 100, 'F-32, OP-4', 'burnt part of a call fee'),
  param('dn.split_bps.foundation', 'bps', 0, 10_000, 100, 'F-32, OP-4', 'foundation’s part of a call fee'),
  param('model.register_stake', 'tokens', 0, 1_000_000, 0, 'MODEL-2, OP-5', 'stake of a model'),
  param('model.register_fee', 'tokens', 0, 10_000, 0, 'MODEL-2, OP-5', 'fee of registering a model, to the treasury'),
  param(
    'model.forced_forfeit_bps',
    'bps',
    0,
    10_000,
    10_000,
    'MODEL-15, OP-5',
    'share of a model’s stake lost on forced removal',
  ),
  param(
    'model.deploy_retries',
    'count',
    0,
    20,
    3,
    'MODEL-4, MODEL-8, OP-6',
    'further nodes tried after a node’s fault',
  ),
  param(
    'place.band_bps',
    'bps',
    1,
    5_000,
    1_000,
    'MODEL-7, F-22, OP-7',
    'width of the top and bottom band of the list by trust weight',
  ),
  choice(
    'place.policy',
    ['top_bottom', 'top_top', 'random', 'bottom_bottom'],
    'top_bottom',
    'MODEL-7, F-22, OP-7',
    'bands from which production replicas are drawn',
  ),
  param('place.replicas', 'count', 1, 8, 2, 'MODEL-7, OP-7', 'production replicas of a model'),
  choice(
    'route.mode',
    ['trust_weighted', 'uniform', 'least_loaded'],
    'trust_weighted',
    'MODEL-10, F-23, OP-8',
    'how a request finds one of the replicas',
  ),
  param(
    'route.min_share_bps',
    'bps',
    0,
    5_000,
    1_000,
    'F-23, OP-8',
    'least share of a replica in its model’s traffic weight',
  ),
  param('rotate.period_eras', 'eras', 0, 90, 7, 'MODEL-14, OP-11', 'eras between rotations of a model; 0 is off'),
  param('node.slots', 'count', 1, 1_000_000, 1_000, 'NODE-1, OP-12', 'node slots of the network'),
  param('node.stake_min', 'tokens', 0, 1_000_000, 500, 'NODE-1, OP-12', 'stake that reserves a node slot'),
  param('node.reserve_deadline_s', 's', 3_600, 2_592_000, 604_800, 'NODE-2, OP-13', 'time from reservation to target'),
  choice(
    'node.deadline_target',
    ['registered', 'online'],
    'online',
    'NODE-2, OP-13',
    'state that must be reached in time',
  ),
  param(
    'node.deadline_penalty_bps',
    'bps',
    0,
    10_000,
    500,
    'NODE-2, OP-13',
    'share of the stake lost when the deadline passes',
  ),
  param('node.exit_eras', 'eras', 0, 90, 7, 'NODE-13, OP-14', 'length of the exit queue'),
  param('node.exit_error_budget', 'count', 0, 10_000, 10, 'NODE-13, OP-14', 'errors that an exiting node may make'),
  param('node.exit_penalty_bps', 'bps', 0, 10_000, 200, 'NODE-13, OP-14', 'share of the stake lost per excess error'),
  param('val.stake_min', 'tokens', 0, 1_000_000, 1_000, 'VAL-1, OP-15', 'stake of a validator'),
  param('val.group_size', 'count', 1, 51, 5, 'VAL-4, OP-16', 'validators of a task'),
  param(
    'val.select_floor_bps',
    'bps',
    0,
    10_000,
    500,
    'VAL-4, OP-16',
    'added to every reputation when a group is drawn, as a share of 1.0',
  ),
  param('val.deadline_s', 's', 60, 86_400, 3_600, 'OP-17', 'time to submit a result'),
  param(
    'val.pass_bps',
    'bps',
    5_000,
    10_000,
    5_000,
    'VAL-7, F-5, OP-18',
    'a verdict needs strictly more than this share of the submitted weight',
  ),
  param(
    'val.quorum_bps',
    'bps',
    1,
    10_000,
    6_667,
    'VAL-7, F-5, OP-18',
    'submitted share of the assigned weight that makes a quorum',
  ),
  param('val.max_rounds', 'count', 1, 10, 3, 'OP-18', 'groups that a task may have'),
  param('val.copy_detect_bps', 'bps', 0, 10_000, 5_000, 'VAL-9, OP-19', 'hit rate of the copy detector'),
  param('val.copy_false_bps', 'bps', 0, 1_000, 10, 'VAL-9, OP-19', 'false-alarm rate of the copy detector'),
  param(
    'val.commission_bps',
    'bps',
    0,
    10_000,
    1_000,
    'OP-20, F-9',
    'validator’s commission on rewards shared with delegators',
  ),
  param(
    'val.slash_noshow_bps',
    'bps',
    0,
    1_000,
    0,
    'VAL-14, OP-21',
    'share of the collateral slashed for a missed task',
  ),
  param(
    'val.slash_copy_bps',
    'bps',
    0,
    10_000,
    500,
    'VAL-14, OP-21',
    'share of the collateral slashed for a copied result',
  ),
  param('val.audit_bps', 'bps', 0, 10_000, 200, 'VAL-15, OP-22', 'share of served requests that is audited afterwards'),
  param(
    'val.task_fee',
    'tokens',
    0,
    10_000,
    0,
    'VAL-16, OP-23',
    'fee of a validation task, paid by the subject’s owner',
  ),
  param('val.late_penalty', 'fp', 0, 1_000_000_000, 200_000_000, 'F-6', 'lost part of a late result’s score'),
  param('val.meta_min', 'fp', 0, 1_000_000_000, 900_000_000, 'F-19', 'metadata score that passes'),
  param('val.acc_min', 'fp', 0, 1_000_000_000, 800_000_000, 'F-20', 'accuracy that passes'),
  param('val.p95_ms', 'ms', 1, 1_000_000, 2_000, 'F-20', 'latency that passes'),
  param('val.samples', 'count', 1, 100_000, 100, 'F-20', 'samples of a functional check'),
  param('val.meta_false_bps', 'bps', 0, 1_000, 100, 'F-19', 'false flags a validator sees in metadata'),
  param(
    'trust.init_bps',
    'bps',
    0,
    10_000,
    5_000,
    'TRUST-5, OP-28',
    'start value of reputations, indicators and quality',
  ),
  param('trust.w_bps.completion', 'bps', 0, 10_000, 2_500, 'F-3, OP-29', 'weight of completion'),
  param('trust.w_bps.accuracy', 'bps', 0, 10_000, 3_000, 'F-3, OP-29', 'weight of accuracy'),
  param('trust.w_bps.stability', 'bps', 0, 10_000, 2_000, 'F-3, OP-29', 'weight of stability'),
  param('trust.w_bps.speed', 'bps', 0, 10_000, 1_000, 'F-3, OP-29', 'weight of speed'),
  param('trust.w_bps.behaviour', 'bps', 0, 10_000, 1_500, 'F-3, OP-29', 'weight of past behaviour'),
  param(
    'trust.half_life_eras',
    'eras',
    1,
    120,
    7,
    'F-1, OP-29',
    'half-life of the performance indicators and of validator reputation',
  ),
  param('trust.behaviour_half_life', 'eras', 1, 120, 30, 'F-1, OP-29', 'half-life of the behaviour indicator'),
  param('trust.speed_ms_good', 'ms', 1, 100_000, 100, 'F-2, OP-29', 'mean response that counts 1.0'),
  param('trust.speed_ms_bad', 'ms', 1, 100_000, 500, 'F-2, OP-29', 'mean response that counts 0'),
  param('trust.flap_penalty', 'fp', 0, 1_000_000_000, 20_000_000, 'F-2', 'stability lost per disconnection'),
  param('deleg.min', 'tokens', 0, 1_000_000, 1, 'OP-53', 'least delegation'),
  param(
    'deleg.pool_share_bps',
    'bps',
    0,
    10_000,
    10_000,
    'DELEG-2, F-9, OP-53',
    'part of a node’s era reward shared with its delegators',
  ),
  param('deleg.unbond_eras', 'eras', 0, 90, 7, 'DELEG-6, OP-55', 'eras before undelegated tokens are released'),
  param('fb.scale_tenths', 'tenths', 10, 100, 50, 'FB-2, OP-30', 'best rating'),
  param('fb.window', 'count', 1, 1_000, 10, 'FB-2, OP-30', 'ratings that count'),
  param('fb.rate_prob_bps', 'bps', 0, 10_000, 3_000, 'FB-1, OP-31', 'share of requests that an honest consumer rates'),
  param('rank.w_bps.success', 'bps', 0, 10_000, 3_500, 'FB-6, F-21', 'weight of the success rate'),
  param('rank.w_bps.feedback', 'bps', 0, 10_000, 2_500, 'FB-6, F-21', 'weight of feedback'),
  param('rank.w_bps.validators', 'bps', 0, 10_000, 2_000, 'FB-6, F-21', 'weight of the validators’ history'),
  param('rank.w_bps.errors', 'bps', 0, 10_000, 1_500, 'FB-6, F-21', 'weight of one minus the error rate'),
  param('rank.w_bps.volume', 'bps', 0, 10_000, 500, 'FB-6, F-21', 'weight of the volume'),
  param('rank.choice_exp4', 'quarters', 0, 40, 8, 'F-21', 'exponent of the rank in a consumer’s choice, in quarters'),
  param(
    'req.timeout_ms',
    'ms',
    100,
    600_000,
    30_000,
    'MODEL-10, OP-9',
    'a slower answer counts as a failure and is refunded',
  ),
  param('hb.interval_s', 's', 1, 3_600, 60, 'TIER-8, OP-41', 'time between heartbeats'),
  param('val.rob_min', 'fp', 0, 1_000_000_000, 700_000_000, 'F-20', 'accuracy on perturbed input that passes'),
  param('val.err_max', 'fp', 0, 1_000_000_000, 20_000_000, 'F-20', 'share of failed probes that passes'),
] as const;

export type ParamKey = (typeof PARAMS)[number]['key'];

const numbers = new Map<string, number>(PARAMS.map((spec, index) => [spec.key, index]));

/** Number of a parameter on the ledger. @throws RangeError for an unknown key */
export function paramNumber(key: ParamKey): number {
  const number = numbers.get(key);
  if (number === undefined) throw new RangeError(`Unknown parameter ${key}`);
  return number;
}

/** Ledger number of each parameter by key: `P['val.pass_bps']`. */
export const P = Object.fromEntries(PARAMS.map((spec, index) => [spec.key, index])) as {
  readonly [K in ParamKey]: number;
};

/**
 * Values as the ledger stores them: tokens become base units, everything else stays.
 *
 * @param overrides values by key, in the registry's unit (a choice by its index)
 * @throws RangeError naming the key and the allowed range
 */
export function ledgerParams(overrides: Readonly<Record<string, number>> = {}): number[] {
  for (const key of Object.keys(overrides)) if (!numbers.has(key)) throw new RangeError(`Unknown parameter ${key}`);
  const decimals = overrides['token.decimals'] ?? 6;
  const perToken = unitsPerToken(decimals);
  return PARAMS.map((spec) => {
    const value = overrides[spec.key] ?? spec.fallback;
    if (!(value >= spec.min && value <= spec.max))
      throw new RangeError(`${spec.key} is ${value}, allowed is ${spec.min} to ${spec.max} ${spec.unit}`);
    const stored = spec.unit === 'tokens' ? Math.round(value * perToken) : value;
    if (!Number.isSafeInteger(stored))
      throw new RangeError(`${spec.key} is ${value} ${spec.unit}: not a whole number below 2^53 on the ledger`);
    return stored;
  });
}
