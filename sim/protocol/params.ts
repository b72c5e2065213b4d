/**
 * The parameter registry: every parameter of the families that exist, with unit, range, default and source. A parameter's
 * position in this list is its number on the chain, so entries are only ever appended. Amounts are in whole tokens here
 * and in base units on the ledger; `chain` says how a value is stored there.
 */

import { unitsPerToken } from '../base/units.ts';

export type ParamUnit =
  | 'tokens'
  | 'milliTokens'
  | 'percent'
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

type Series<K extends string, N extends string> = readonly (ParamSpec & { readonly key: `${K}.${N}` })[];
type TierNumber = '1' | '2' | '3' | '4' | '5' | '6' | '7';
type SlarkTierNumber = Exclude<TierNumber, '7'>;
type Of3 = '1' | '2' | '3';
type Of4 = Of3 | '4';
type Of11 = TierNumber | '8' | '9' | '10' | '11';

/** One parameter per class or tier, `key.1` first. */
function series<K extends string, N extends string>(
  key: K,
  unit: ParamUnit,
  min: number,
  max: number,
  fallbacks: readonly number[],
  source: string,
  note: string,
): Series<K, N> {
  return fallbacks.map((fallback, i) => ({
    ...param(`${key}.${i + 1}`, unit, min, max, fallback, source, note),
  })) as unknown as Series<K, N>;
}

function onOff<K extends string>(
  key: K,
  fallback: 'off' | 'on',
  source: string,
  note: string,
): ParamSpec & { readonly key: K } {
  return choice(key, ['off', 'on'], fallback, source, note);
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

  // Providers (SM-14, ATTR)
  onOff('prov.auto_approve', 'on', 'PROV-2, OP-32', 'proposals of providers are approved at once'),
  param(
    'prov.curate_after',
    'count',
    0,
    1_000_000,
    0,
    'PROV-2, OP-32',
    'providers from which on proposals are voted on; 0 is never',
  ),
  param('stake.scale_bps.p', 'bps', 1, 10_000_000, 10_000, 'OP-110', 'scale of the stakes of trust tiers'),
  choice('attr.gpu_gap', ['down', 'up', 'split'], 'down', 'ATTR-4, OP-35', 'class of a GPU priced 5 000 to 7 500 USD'),
  choice(
    'attr.gpu_lookup',
    ['model_first', 'price_only'],
    'model_first',
    'ATTR-4, OP-35',
    'how the class of a GPU is found',
  ),
  choice('attr.net_gap', ['down', 'up'], 'down', 'ATTR-5, OP-36', 'class of a direction of 1 to 5 Gbps'),
  ...series<'attr.mult_mil.compute', Of3>(
    'attr.mult_mil.compute',
    'mil',
    0,
    20_000,
    [500, 1_000, 1_500],
    'ATTR-2, OP-34',
    'multiplier of a compute class: basic, general, HPC',
  ),
  ...series<'attr.mult_mil.storage', Of3>(
    'attr.mult_mil.storage',
    'mil',
    0,
    20_000,
    [800, 1_000, 1_200],
    'ATTR-3, OP-34',
    'multiplier of a storage class: HDD, SSD, NVMe',
  ),
  ...series<'attr.mult_mil.net', Of4>(
    'attr.mult_mil.net',
    'mil',
    0,
    20_000,
    [800, 1_000, 1_200, 1_500],
    'ATTR-5, OP-34',
    'multiplier of a connectivity class: low, medium, high, ultra',
  ),
  ...series<'attr.mult_mil.gpu', Of11>(
    'attr.mult_mil.gpu',
    'mil',
    0,
    20_000,
    [100, 250, 500, 750, 1_000, 1_500, 2_000, 3_000, 6_000, 12_000, 15_000],
    'ATTR-4, OP-34',
    'multiplier of a GPU sub-tier, Entry 1 to Ultra 3',
  ),
  param('attr.compliance_mil', 'mil', 1_000, 2_000, 1_050, 'ATTR-6, OP-37', 'factor of the bonus per certificate'),
  param(
    'attr.compliance_cap_mil',
    'mil',
    1_000,
    8_000,
    1_150,
    'ATTR-6, OP-37',
    'most that certificates raise the bonus',
  ),

  // Trust tiers (SM-9)
  ...series<'tier.stake_tokens', TierNumber>(
    'tier.stake_tokens',
    'tokens',
    0,
    1_000_000,
    [500, 400, 300, 200, 150, 100, 50],
    'TIER-1',
    'collateral that a trust tier needs more than',
  ),
  ...series<'tier.uptime_pct', TierNumber>(
    'tier.uptime_pct',
    'percent',
    0,
    100,
    [99, 98, 97, 95, 90, 85, 75],
    'TIER-1',
    'uptime that a trust tier needs more than',
  ),
  ...series<'tier.completion_pct', TierNumber>(
    'tier.completion_pct',
    'percent',
    0,
    100,
    [98, 96, 94, 90, 85, 80, 75],
    'TIER-1',
    'finished share of tasks that a trust tier needs more than',
  ),
  ...series<'tier.response_ms', TierNumber>(
    'tier.response_ms',
    'ms',
    1,
    100_000,
    [100, 150, 200, 250, 300, 400, 500],
    'TIER-1',
    'mean response that a trust tier needs less than',
  ),
  ...series<'tier.feedback_tenths', TierNumber>(
    'tier.feedback_tenths',
    'tenths',
    0,
    100,
    [45, 42, 40, 38, 35, 32, 30],
    'TIER-1',
    'mean rating that a trust tier needs more than',
  ),
  ...series<'tier.mult_mil', TierNumber>(
    'tier.mult_mil',
    'mil',
    0,
    10_000,
    [2_000, 1_700, 1_500, 1_200, 1_100, 1_000, 0],
    'TIER-1, F-7',
    'liveness multiplier of a trust tier',
  ),
  param(
    'tier.promo_eras',
    'eras',
    1,
    60,
    3,
    'TIER-3, OP-38',
    'consecutive eras that meet the better tier before a promotion',
  ),
  param('tier.demo_eras', 'eras', 1, 60, 5, 'TIER-4, OP-39', 'consecutive eras that miss the tier before a demotion'),
  choice(
    'tier.promo_step',
    ['one', 'jump'],
    'one',
    'TIER-3, OP-38',
    'a promotion leads to the next tier, or to the best one that is met',
  ),
  param(
    'tier.stake_grace_eras',
    'eras',
    0,
    30,
    0,
    'TIER-4, OP-39',
    'eras for which collateral may be short before the tier falls',
  ),
  param('tier.initial', 'count', 1, 7, 7, 'TIER-9, OP-42', 'trust tier of a new provider'),
  choice(
    'tier.below7',
    ['stay', 'no_match', 'deactivate'],
    'no_match',
    'TIER-9, OP-43',
    'what follows for a provider that misses tier 7',
  ),
  choice('tier.compare', ['gt', 'ge'], 'gt', 'TIER-11, OP-45', 'whether a metric must pass its threshold strictly'),
  onOff('tier.use_feedback', 'on', 'FB-3, OP-31', 'ratings count for trust tiers'),
  param('fb.min_samples', 'count', 1, 100, 5, 'FB-3, OP-31', 'ratings below which feedback is not required'),
  onOff('tier.count_delegations', 'on', 'TIER-2, OP-105', 'delegations count as collateral of a trust tier'),
  param(
    'tier.deleg_cap_x_own',
    'count',
    0,
    100,
    0,
    'OP-105',
    'delegations count up to so many times the own stake; 0 is no limit',
  ),
  choice(
    'tier.uptime_source',
    ['heartbeat', 'challenge'],
    'heartbeat',
    'TIER-8, OP-41',
    'what uptime of a trust tier is measured by',
  ),

  // Liveness, bonus, slashing, foundation delegation
  choice(
    'tier7.mode',
    ['gate', 'additive'],
    'gate',
    'TIER-7, OP-40',
    'tier 7 earns nothing, or what its multiplier 0 leaves',
  ),
  param(
    'live.base_era.gpu',
    'milliTokens',
    0,
    1_000_000,
    20_000,
    'F-7, OP-46',
    'liveness of one GPU in a full era at multiplier 1',
  ),
  param(
    'live.base_era.cpu',
    'milliTokens',
    0,
    1_000_000,
    100,
    'F-7, OP-46',
    'liveness of one CPU in a full era at multiplier 1',
  ),
  param(
    'live.pool_era',
    'tokens',
    0,
    1_000_000_000,
    20_000,
    'LIVE-2, OP-46',
    'most that liveness and its forfeits come to in an era',
  ),
  choice(
    'live.idle_scaling',
    ['none', 'idle_fraction'],
    'none',
    'LIVE-2, OP-47',
    'liveness is paid in full, or for the idle share of the era',
  ),
  choice(
    'live.stack',
    ['additive', 'additive_hw_only', 'compound'],
    'additive',
    'LIVE-3, OP-48',
    'how the multipliers of hardware and trust combine',
  ),
  param(
    'live.cooldown_s',
    's',
    0,
    86_400,
    3_600,
    'LIVE-5, OP-49',
    'time after a reconnection in which no liveness accrues',
  ),
  ...series<'bonus.ladder_hours', Of3>(
    'bonus.ladder_hours',
    'count',
    0,
    100_000,
    [100, 0, 0],
    'LIVE-6, OP-50',
    'lease-hours of a milestone, ascending; 0 is no milestone',
  ),
  ...series<'bonus.ladder_tokens', Of3>(
    'bonus.ladder_tokens',
    'tokens',
    0,
    1_000_000,
    [50, 0, 0],
    'LIVE-6, OP-50',
    'bonus of a milestone',
  ),
  param(
    'chal.fail_forfeit_slots',
    'slots',
    1,
    24,
    1,
    'LIVE-10, OP-52',
    'slots of its era whose liveness a failed challenge forfeits',
  ),
  param(
    'fdeleg.amount',
    'tokens',
    0,
    1_000_000,
    500,
    'DELEG-4, OP-54',
    'what the foundation delegates to a new provider',
  ),
  param('fdeleg.min_gpu_subtier', 'count', 1, 11, 7, 'DELEG-4, OP-54', 'least GPU sub-tier that the foundation backs'),
  param(
    'fdeleg.reclaim_util_bps',
    'bps',
    0,
    10_000,
    6_000,
    'DELEG-4, OP-54',
    'utilisation of an era above which the foundation takes its delegation back',
  ),
  param(
    'fdeleg.budget',
    'tokens',
    0,
    100_000_000,
    50_000,
    'DELEG-4, OP-54',
    'most that the foundation has delegated at once',
  ),
  param(
    'slash.misconduct_bps',
    'bps',
    0,
    10_000,
    10_000,
    'SLASH-1, OP-56',
    'share of the collateral lost to misconduct',
  ),
  param(
    'slash.misconduct_detect_bps',
    'bps',
    0,
    10_000,
    2_000,
    'SLASH-1, GOV-5, OP-56',
    'chance that a case of misconduct is found',
  ),
  param(
    'slash.misconduct_false_bps',
    'bps',
    0,
    100,
    0,
    'SLASH-1, GOV-5, OP-56',
    'chance per era that an honest provider is found guilty',
  ),
  choice(
    'slash.misconduct_dest',
    ['harmed', 'treasury', 'burn'],
    'harmed',
    'SLASH-10, OP-56',
    'where collateral lost to misconduct goes',
  ),
  choice(
    'slash.standby_mode',
    ['per_episode', 'per_hour'],
    'per_episode',
    'SLASH-4, OP-58',
    'a long outage in standby costs once, or each further hour',
  ),
  choice(
    'slash.task_mode',
    ['forfeit_fee', 'max_only', 'forfeit_and_max'],
    'forfeit_and_max',
    'SLASH-5, OP-59',
    'what a breached hour in task mode costs',
  ),
  param(
    'slash.breach_uptime_bps',
    'bps',
    0,
    10_000,
    10_000,
    'SLASH-5, OP-59',
    'answered share of an hour’s heartbeats below which it is breached',
  ),
  param(
    'slash.breach_response_ms',
    'ms',
    0,
    100_000,
    500,
    'SLASH-5, OP-59',
    'mean response of an hour above which it is breached; 0 is never',
  ),
  choice(
    'slash.delegators_share',
    ['all', 'misconduct_only'],
    'all',
    'SLASH-7, OP-60',
    'slashes that delegators share',
  ),
  param(
    'slash.slark_share_bps',
    'bps',
    0,
    10_000,
    10_000,
    'SLASH-10, OP-60',
    'share of forfeits and slashes that goes to the Slark pool',
  ),

  // Slarks (SM-5, SM-10)
  ...series<'slark.acc_pct', SlarkTierNumber>(
    'slark.acc_pct',
    'percent',
    0,
    100,
    [90, 92, 95, 97, 98, 99],
    'SLARK-7',
    'accuracy that a Slark tier needs more than',
  ),
  ...series<'slark.resp_ms', SlarkTierNumber>(
    'slark.resp_ms',
    'ms',
    1,
    100_000,
    [350, 300, 250, 200, 150, 100],
    'SLARK-7',
    'mean delay that a Slark tier needs less than',
  ),
  ...series<'slark.mult_mil', SlarkTierNumber>(
    'slark.mult_mil',
    'mil',
    0,
    10_000,
    [1_000, 1_200, 1_400, 1_600, 1_800, 2_000],
    'SLARK-7, F-11',
    'multiplier of a Slark tier',
  ),
  ...series<'slark.buy_tokens', SlarkTierNumber>(
    'slark.buy_tokens',
    'tokens',
    0,
    1_000_000,
    [100, 200, 400, 800, 1_600, 3_200],
    'SLARK-7, OP-63',
    'purchase that a Slark tier needs; of tier 1, the price of a licence',
  ),
  ...series<'slark.seats', SlarkTierNumber>(
    'slark.seats',
    'count',
    0,
    1_000_000,
    [0, 400, 200, 100, 50, 25],
    'SLARK-8, OP-64',
    'seats of a Slark tier; 0 is no limit',
  ),
  param(
    'slark.soulbound_s',
    's',
    0,
    100_000_000,
    31_536_000,
    'SLARK-6',
    'time from mint in which a licence cannot change hands',
  ),
  param(
    'slark.promo_eras',
    'eras',
    1,
    60,
    3,
    'SLARK-8, OP-39',
    'consecutive eras that meet the better tier before a promotion',
  ),
  param('slark.demo_eras', 'eras', 1, 60, 2, 'SLARK-9, OP-39', 'consecutive eras that miss the tier before a demotion'),
  param('slark.licences_per_machine', 'count', 1, 1_000, 10, 'SLARK-3, OP-61', 'licences that one machine carries'),
  param(
    'slark.ban_accuracy_bps',
    'bps',
    0,
    10_000,
    5_000,
    'SLARK-3, OP-61',
    'accuracy below which an era counts towards a ban',
  ),
  param('slark.ban_eras', 'eras', 1, 30, 3, 'SLARK-3, OP-61', 'consecutive eras of low accuracy that ban a licence'),
  param(
    'slark.runner_fee_bps',
    'bps',
    0,
    10_000,
    1_000,
    'SLARK-5, OP-62',
    'share of its liquid income that an owner pays its runner, outside the protocol',
  ),
  choice('slark.buy_dest', ['foundation', 'burn'], 'foundation', 'SM-5, OP-63', 'where the price of licences goes'),
  param('slark.pool_era', 'tokens', 0, 10_000_000, 2_000, 'F-11, OP-65', 'fixed part of the Slarks’ era pool'),
  param(
    'slark.delegate_bps',
    'bps',
    0,
    10_000,
    8_000,
    'SLARK-11, OP-66',
    'share of a Slark’s reward that is delegated to the chosen provider',
  ),
  param(
    'slark.vest_threshold',
    'tokens',
    0,
    10_000_000,
    1_000,
    'SLARK-12, F-35, OP-67',
    'release of Slark-earned delegation that is free of vesting',
  ),
  param('slark.vest_eras', 'eras', 0, 720, 90, 'SLARK-12, F-35, OP-67', 'eras over which the rest is released'),
  onOff(
    'slark.conflict_exclusion',
    'off',
    'SLARK-14, OP-68',
    'a licence is not drawn for targets of a slot that hold its chosen provider',
  ),
  param(
    'slark.foundation_nodes',
    'count',
    0,
    51,
    5,
    'SLARK-15, OP-69',
    'Slarks that the foundation runs, for seats that no other Slark can fill',
  ),

  // Challenges (SM-7)
  param(
    'chal.targets_per_slot',
    'count',
    0,
    240,
    0,
    'CHAL-4, OP-70',
    'providers challenged in a slot; 0 is as many as cover all in an epoch',
  ),
  param(
    'chal.attest_quorum_bps',
    'bps',
    0,
    10_000,
    5_001,
    'CHAL-2, OP-71',
    'share of the unselected Slarks that must sign the epoch’s subsets',
  ),
  onOff('chal.coverage_enforced', 'on', 'CHAL-4, OP-72', 'those not yet challenged in the epoch come first'),
  param(
    'chal.draw_max_bps',
    'bps',
    1,
    10_000,
    9_000,
    'CHAL-6, F-12, OP-73',
    'most of the free registered resources that a challenge asks for',
  ),
  param(
    'chal.draw_min_bps',
    'bps',
    0,
    9_000,
    0,
    'CHAL-6, F-12, OP-73',
    'least of the free registered resources that a challenge asks for',
  ),
  choice(
    'chal.gpu_round',
    ['ceil', 'floor'],
    'ceil',
    'CHAL-7, F-12, OP-74',
    'how the bound of the GPU draw is rounded',
  ),
  param('chal.n', 'count', 0, 10, 2, 'CHAL-9, OP-75', 'N of the 2N+1 Slarks of a committee'),
  param('chal.timeout_s', 's', 10, 3_600, 300, 'SM-7, OP-75', 'time in which a target must answer'),
  choice(
    'chal.inconclusive',
    ['pass', 'fail', 'retry'],
    'retry',
    'SM-7, OP-75',
    'what follows where no majority exists: passed, failed, or one retry and then passed',
  ),
  onOff('attr.gpu_tier11', 'off', 'ATTR-4, OP-35', 'the GPU sub-tier 11, Ultra 3, exists'),
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
    const stored =
      spec.unit === 'tokens'
        ? Math.round(value * perToken)
        : spec.unit === 'milliTokens'
          ? value * (perToken / 1_000)
          : value;
    if (!Number.isSafeInteger(stored))
      throw new RangeError(`${spec.key} is ${value} ${spec.unit}: not a whole number below 2^53 on the ledger`);
    return stored;
  });
}
