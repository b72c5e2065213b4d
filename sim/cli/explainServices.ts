/**
 * Providers and licences of one agent in one era: what each earned and lost and by which numbers (F-7, F-8, F-10, F-11),
 * and why its tier moved or did not (SM-9, SM-10). Tiers and hours are judged by the ledger's own rules on the stored row.
 */
import { allocShare, BPS, min, mulDivDown } from '../base/fixedPoint.ts';
import { MOVE } from '../protocol/events.ts';
import { PROVIDER_TIERS, SLARK_TIERS } from '../protocol/layout.ts';
import type { ParamKey } from '../protocol/params.ts';
import type { EventOfAgent, ProviderOfAgent, SlarkOfAgent } from '../store/readAgent.ts';
import { counted, grouped, percentOfBps, tokens } from './amounts.ts';
import type { EraOfAgent, MoneyLine, Rules } from './explainIncome.ts';
import { ownerUnits, sharedText } from './rewardShare.ts';
import type { Assessment, RuleLedger } from './ruleLedger.ts';

/** A metric against what the present tier and the next better one ask for. */
export type TierCheck = {
  readonly name: string;
  readonly measured: string;
  /** '' where a tier asks for nothing, or there is no better one. */
  readonly present: string;
  readonly better: string;
};

export type TierStory = {
  readonly entity: string;
  readonly rules: readonly string[];
  readonly before: number;
  readonly after: number;
  readonly stateBefore: string;
  readonly stateAfter: string;
  readonly checks: readonly TierCheck[];
  /** In words, why the tier is what it is. */
  readonly why: readonly string[];
  /** Figures by the rules against the stored ones: unequal is a bug. */
  readonly compared: readonly { readonly what: string; readonly byRule: number; readonly stored: number }[];
};

const hoursOf = (bits: number): number => bits.toString(2).replaceAll('0', '').length;
const ofTier = (rules: Rules, first: string, tier: number): number => rules.value(`${first}.${tier}` as ParamKey);
const share = (part: number, whole: number): string =>
  whole === 0 ? 'nothing to measure' : `${((100 * part) / whole).toFixed(2)} % (${grouped(part)} of ${grouped(whole)})`;

function multiplierText(row: ProviderOfAgent, rules: Rules): string {
  const mil = (key: string, tier: number): number => ofTier(rules, key, tier);
  const parts = [
    ...(row.gpuCount > 0
      ? [
          `${counted(row.gpuCount, 'GPU')} of sub-tier ${row.gpuTier} (${mil('attr.mult_mil.gpu', row.gpuTier) / 1_000}×)`,
        ]
      : []),
    `${counted(row.cpuCount, 'CPU')} of class ${row.computeTier} (${mil('attr.mult_mil.compute', row.computeTier) / 1_000}×)`,
    `tier ${row.tierBefore} (${mil('tier.mult_mil', row.tierBefore) / 1_000}×)`,
  ];
  return parts.join(', ');
}

/** What an era's full hours are worth, and how many of them counted. */
function hoursText(row: ProviderOfAgent, assessed: Assessment, rules: Rules): string {
  const active = hoursOf(row.activeBits);
  const slots = rules.value('time.slots_per_era');
  return `${multiplierText(row, rules)}: ${tokens(assessed.fullUnits, rules.decimals)} for a full era; ${assessed.hourCount} of ${slots} hours counted (${active} active, ${hoursOf(row.fullBits)} with all heartbeats, ${hoursOf(row.cooledBits)} in a cooldown, ${hoursOf(row.failedBits)} with a failed challenge)`;
}

/** @rule F-7, F-8, F-9 */
export function livenessLine(
  event: EventOfAgent,
  row: ProviderOfAgent,
  era: EraOfAgent,
  ledger: RuleLedger,
  rules: Rules,
): MoneyLine {
  const assessed = ledger.assess(row);
  const { raw, ownEligibleUnits, delegatedEligibleUnits } = row;
  const poolUnits = era.row.livenessPoolUnits;
  const liveUnits = raw.sum === 0 ? 0 : allocShare(poolUnits, raw.before, raw.before + assessed.rawUnits, raw.sum);
  const rewardUnits = liveUnits + assessed.bonusUnits;
  const sharedUnits = mulDivDown(rewardUnits, rules.value('deleg.pool_share_bps'), BPS);
  const scaled =
    poolUnits === raw.sum
      ? ''
      : `; all liveness and forfeits come to ${tokens(raw.sum + row.forfeitSumUnits, rules.decimals)}, more than the pool, so it is scaled to ${tokens(liveUnits, rules.decimals)}`;
  const bonus =
    assessed.bonusUnits === 0
      ? ''
      : `; bonus ${tokens(assessed.bonusUnits, rules.decimals)} for ${counted(row.leaseHours, 'lease-hour')}`;
  return {
    column: 'livenessUnits',
    rules: ['F-7', 'LIVE-4', ...(bonus === '' ? [] : ['F-8']), ...(delegatedEligibleUnits > 0 ? ['F-9'] : [])],
    what: `liveness of provider ${row.provider}`,
    units: event.d,
    how: `${hoursText(row, assessed, rules)}: ${tokens(assessed.rawUnits, rules.decimals)}${scaled}${bonus}${sharedText(sharedUnits, ownEligibleUnits, delegatedEligibleUnits, rules)}`,
    numbers: {
      provider: row.provider,
      tier: row.tierBefore,
      fullUnits: assessed.fullUnits,
      hourCount: assessed.hourCount,
      rawUnits: assessed.rawUnits,
      rawSumUnits: raw.sum,
      poolUnits,
      bonusUnits: assessed.bonusUnits,
      rewardUnits,
      sharedUnits,
      ownEligibleUnits,
      delegatedEligibleUnits,
    },
    byRuleUnits: ownerUnits(rewardUnits, sharedUnits, ownEligibleUnits, delegatedEligibleUnits),
  };
}

/** @rule F-11, SLARK-11, INV-44 */
export function slarkLine(event: EventOfAgent, row: SlarkOfAgent, era: EraOfAgent, rules: Rules): MoneyLine {
  const isDelegated = event.e === MOVE.delegate;
  const poolUnits = era.row.slarkPoolUnits;
  const { scores, score } = row;
  const shareUnits = allocShare(poolUnits, scores.before, scores.before + score, scores.sum);
  const delegateBps = rules.value('slark.delegate_bps');
  const delegatedUnits = row.provider === 0 ? 0 : mulDivDown(shareUnits, delegateBps, BPS);
  return {
    column: 'slarkUnits',
    rules: ['F-11', 'SLARK-11'],
    what: isDelegated
      ? `reward of licence ${row.licence}, delegated to provider ${row.provider}`
      : `reward of licence ${row.licence}, paid out`,
    units: event.d,
    how: `${counted(row.alignedCount, 'result')} equal to the majority × ${ofTier(rules, 'slark.mult_mil', row.tierBefore)} (tier ${row.tierBefore}) = ${grouped(score)} of ${grouped(scores.sum)}, so ${tokens(shareUnits, rules.decimals)} of the pool of ${tokens(poolUnits, rules.decimals)}; ${percentOfBps(delegateBps)} of it is delegated`,
    numbers: {
      licence: row.licence,
      alignedCount: row.alignedCount,
      score,
      scoreSum: scores.sum,
      poolUnits,
      shareUnits,
      delegateBps,
    },
    byRuleUnits: isDelegated ? delegatedUnits : shareUnits - delegatedUnits,
  };
}

/** A slash of a provider: what it was for, and the owner's part of it. @rule F-10, SLASH-1, SLASH-4, SLASH-5, SLASH-7 */
export function providerSlash(
  row: ProviderOfAgent,
  ledger: RuleLedger,
  rules: Rules,
): Pick<MoneyLine, 'rules' | 'what' | 'how' | 'numbers' | 'byRuleUnits'> {
  const { slashUnits, hourUnits } = ledger.assess(row);
  const { misconductUnits, ownUnits, delegatedUnits, unbondingUnits } = row;
  const breachedCount = hoursOf(row.activeBits & row.taskBits & row.breachedBits);
  const feeUnits = breachedCount === 0 ? 0 : mulDivDown(row.feeUnits, 1, breachedCount);
  const isPerHour = rules.value('slash.standby_mode') === 1;
  const outageCount = row.streakCount + (isPerHour ? row.extraHourCount : 0);
  const weightUnits = ownUnits + delegatedUnits + unbondingUnits;
  const totalUnits = misconductUnits + slashUnits;
  const sharedUnits = rules.value('slash.delegators_share') === 0 ? totalUnits : misconductUnits;
  const ownPart =
    totalUnits - sharedUnits + (weightUnits === 0 ? 0 : allocShare(sharedUnits, 0, ownUnits, weightUnits));
  const causes = [
    ...(misconductUnits > 0 ? [`${tokens(misconductUnits, rules.decimals)} for misconduct`] : []),
    ...(breachedCount > 0
      ? [
          `${counted(breachedCount, 'hour')} of work in breach (an hour of liveness is ${tokens(hourUnits, rules.decimals)}, of fees ${tokens(feeUnits, rules.decimals)})`,
        ]
      : []),
    ...(outageCount > 0
      ? [`${counted(outageCount, 'outage')} of more than an hour in standby, an hour of liveness each`]
      : []),
  ];
  return {
    rules: [
      'F-10',
      ...(misconductUnits > 0 ? ['SLASH-1'] : []),
      ...(outageCount > 0 ? ['SLASH-4'] : []),
      ...(breachedCount > 0 ? ['SLASH-5'] : []),
      'SLASH-7',
    ],
    what: `slash of provider ${row.provider}`,
    how: `${causes.join(' and ')}: ${tokens(totalUnits, rules.decimals)}${
      ownPart === totalUnits ? '' : `, of which its delegators bear ${tokens(totalUnits - ownPart, rules.decimals)}`
    }`,
    numbers: {
      provider: row.provider,
      slashUnits: totalUnits,
      misconductUnits,
      breachedCount,
      outageCount,
      hourUnits,
      feeUnits,
      ownUnits,
      weightUnits,
    },
    byRuleUnits: ownPart,
  };
}

function providerChecks(row: ProviderOfAgent, rules: Rules): TierCheck[] {
  const tier = row.tierBefore;
  const isStrict = rules.value('tier.compare') === 0;
  const [above, below] = isStrict ? ['more than', 'less than'] : ['at least', 'at most'];
  const need = (text: (tier: number) => string): Pick<TierCheck, 'present' | 'better'> => ({
    present: text(tier),
    better: tier === 1 ? '' : text(tier - 1),
  });
  const byChallenge = rules.value('tier.uptime_source') === 1;
  const hasRatings = rules.value('tier.use_feedback') === 1 && row.ratingCount >= rules.value('fb.min_samples');
  return [
    {
      name: 'uptime',
      measured: byChallenge
        ? share(row.passedCount, row.challengeCount)
        : share(row.beatAnsweredCount, row.beatExpectedCount),
      ...need((k) => `${above} ${ofTier(rules, 'tier.uptime_pct', k)} %`),
    },
    {
      name: 'completion',
      measured: share(row.finishedCount, row.assignedCount),
      ...need((k) => `${above} ${ofTier(rules, 'tier.completion_pct', k)} %`),
    },
    {
      name: 'response',
      measured: row.meanMs === 0 ? 'nothing to measure' : `${grouped(row.meanMs)} ms`,
      ...need((k) => `${below} ${ofTier(rules, 'tier.response_ms', k)} ms`),
    },
    {
      name: 'feedback',
      measured: hasRatings
        ? `${(row.ratingSumTenths / row.ratingCount / 10).toFixed(2)} of the last ${counted(row.ratingCount, 'rating')}`
        : `not asked: ${counted(row.ratingCount, 'rating')}`,
      ...need((k) => `${above} ${ofTier(rules, 'tier.feedback_tenths', k) / 10}`),
    },
  ];
}

export function providerStory(row: ProviderOfAgent, ledger: RuleLedger, rules: Rules): TierStory {
  const assessed = ledger.assess(row);
  const isAssessed = row.stateBefore === 'active' || row.stateBefore === 'suspended';
  const isJudged = row.stateBefore === 'active';
  const verdict = isJudged ? ledger.judgeProvider(row) : null;
  const tier = row.tierBefore;
  const dn = (units: number): string => tokens(units, rules.decimals);
  const why: string[] = [];
  const cited = new Set(['SM-9']);
  if (verdict !== null) {
    cited.add('F-31');
    const isMet = verdict.isCertifiedFor(tier) && verdict.meets(tier);
    const isBetterMet = tier > 1 && verdict.meets(tier - 1);
    const [promoEras, demoEras] = [rules.value('tier.promo_eras'), rules.value('tier.demo_eras')];
    const collateral = `collateral ${dn(row.tierCollateralUnits)}`;
    if (row.tierReason === 'collateral' || row.shortAfterCount > row.shortBeforeCount) {
      cited.add('TIER-4');
      why.push(`${collateral}, where tier ${tier} needs more than ${dn(verdict.stakeUnits(tier))}`);
    } else if (!isMet) {
      cited.add('TIER-4');
      const missed = verdict.isCertifiedFor(tier) ? 'a metric of the era' : 'a certificate';
      const counts = min(row.demoBeforeCount + 1, demoEras);
      why.push(
        tier === PROVIDER_TIERS
          ? `tier 7 is missed by ${missed}; there is none below${row.isMatchable === 0 ? ', so it gets no work' : ''}`
          : `tier ${tier} is missed by ${missed}: ${counts} of ${demoEras} eras in a row that lead to a worse one`,
      );
    } else if (isBetterMet) {
      cited.add('TIER-3');
      const counts = min(row.promoBeforeCount + 1, promoEras);
      why.push(`tier ${tier - 1} is met: ${counts} of ${promoEras} eras in a row that lead to it`);
      const needUnits = verdict.stakeUnits(tier - 1);
      if (counts >= promoEras && row.tierAfter >= tier) {
        if (row.tierCollateralUnits <= needUnits)
          why.push(`${collateral}, where tier ${tier - 1} needs more than ${dn(needUnits)}`);
        else if (!verdict.isCertifiedFor(tier - 1)) why.push(`tier ${tier - 1} needs SOC 2 and an audit report`);
      } else if (row.tierAfter < tier)
        why.push(`${collateral} is more than the ${dn(verdict.stakeUnits(row.tierAfter))} of tier ${row.tierAfter}`);
    } else
      why.push(
        tier === 1 ? 'tier 1 is met, and there is no better one' : `tier ${tier} is met, tier ${tier - 1} is not`,
      );
  } else if (isAssessed) why.push('suspended: its tier rests');
  if (assessed.forfeitUnits > 0) {
    cited.add('F-10');
    if (row.failedBits !== 0) cited.add('LIVE-10');
    cited.add('SLASH-3');
    why.push(`${dn(assessed.forfeitUnits)} of liveness are forfeited for hours that did not count`);
  }
  const challenges = row.challengeCount + row.inconclusiveCount;
  if (challenges > 0)
    why.push(
      `${counted(challenges, 'challenge')}: ${row.passedCount} passed, ${row.failedCount} failed${row.inconclusiveCount === 0 ? '' : `; ${row.inconclusiveCount} without a majority`}`,
    );
  const of = `of provider ${row.provider}, by its rule`;
  return {
    entity: `provider ${row.provider}`,
    rules: [...cited],
    before: tier,
    after: row.tierAfter,
    stateBefore: row.stateBefore,
    stateAfter: row.stateAfter,
    checks: isJudged ? providerChecks(row, rules) : [],
    why,
    compared: [
      ...(isAssessed
        ? [
            { what: `hours ${of}`, byRule: assessed.hourCount, stored: row.hourCount },
            { what: `raw liveness ${of}`, byRule: assessed.rawUnits, stored: row.rawUnits },
            { what: `forfeits ${of}`, byRule: assessed.forfeitUnits, stored: row.forfeitUnits },
            { what: `bonus ${of}`, byRule: assessed.bonusUnits, stored: row.bonusUnits },
            { what: `slashes ${of}`, byRule: assessed.slashUnits + row.misconductUnits, stored: row.slashUnits },
          ]
        : []),
      ...(verdict === null
        ? []
        : [
            { what: `tier ${of}`, byRule: verdict.tier, stored: row.tierAfter },
            { what: `eras towards a promotion ${of}`, byRule: verdict.promoCount, stored: row.promoAfterCount },
            { what: `eras towards a demotion ${of}`, byRule: verdict.demoCount, stored: row.demoAfterCount },
            { what: `eras short of collateral ${of}`, byRule: verdict.shortCount, stored: row.shortAfterCount },
          ]),
    ],
  };
}

export function slarkStory(row: SlarkOfAgent, ledger: RuleLedger, rules: Rules): TierStory {
  const verdict = ledger.judgeSlark(row);
  const tier = row.tierBefore;
  const next = tier + 1;
  const why: string[] = [];
  const cited = new Set(['SM-10', 'SLARK-7']);
  const isMeasured = row.resultCount > 0 || row.selectedCount > 0;
  // Its seat is the one thing that the row does not tell.
  const lacksSeat = verdict.tier > tier && row.tierAfter === tier && ofTier(rules, 'slark.seats', next) > 0;
  const promoCount = lacksSeat ? rules.value('slark.promo_eras') : verdict.promoCount;
  const demoEras = rules.value('slark.demo_eras');
  if (!isMeasured) why.push('drawn for no committee: nothing counts for or against it');
  else if (row.tierAfter > tier) {
    cited.add('SLARK-8');
    why.push(
      `tier ${next} was met for ${counted(rules.value('slark.promo_eras'), 'era')} in a row, paid for, and had a seat`,
    );
  } else if (row.tierAfter < tier) {
    cited.add('SLARK-9');
    why.push(`tier ${tier} was missed for ${counted(demoEras, 'era')} in a row`);
  } else if (row.promoAfterCount > 0) {
    cited.add('SLARK-8');
    why.push(`tier ${next} is met: ${row.promoAfterCount} of ${rules.value('slark.promo_eras')} eras in a row`);
    if (row.promoAfterCount >= rules.value('slark.promo_eras')) {
      const priceUnits = ofTier(rules, 'slark.buy_tokens', next);
      if (row.buyUnits <= priceUnits)
        why.push(
          `paid ${tokens(row.buyUnits, rules.decimals)} for the licence, where tier ${next} needs more than ${tokens(priceUnits, rules.decimals)}`,
        );
      else if (row.isOptedIn === 0) why.push('its owner has not opted in');
      else if (lacksSeat) why.push(`no seat of tier ${next} was free`);
    }
  } else if (row.demoAfterCount > 0) {
    cited.add('SLARK-9');
    why.push(`tier ${tier} is missed: ${row.demoAfterCount} of ${demoEras} eras in a row`);
  } else
    why.push(
      tier === SLARK_TIERS ? 'tier 6 is met, and there is no better one' : `tier ${tier} is met, tier ${next} is not`,
    );
  if (row.lowAfterCount > 0)
    why.push(
      `accuracy below ${percentOfBps(rules.value('slark.ban_accuracy_bps'))}: ${row.lowAfterCount} of ${rules.value('slark.ban_eras')} eras in a row that ban it`,
    );
  const of = `of licence ${row.licence}, by its rule`;
  const isJudged = row.isFoundation === 0 && row.stateBefore !== 'banned';
  return {
    entity: `licence ${row.licence}`,
    rules: [...cited],
    before: tier,
    after: row.tierAfter,
    stateBefore: row.stateBefore,
    stateAfter: row.stateAfter,
    checks: isMeasured
      ? [
          {
            name: 'accuracy',
            measured: share(row.alignedCount, row.resultCount),
            present: `more than ${ofTier(rules, 'slark.acc_pct', tier)} %`,
            better: tier === SLARK_TIERS ? '' : `more than ${ofTier(rules, 'slark.acc_pct', next)} %`,
          },
          {
            name: 'delay',
            measured: `${grouped(row.meanDelayMs)} ms`,
            present: `less than ${ofTier(rules, 'slark.resp_ms', tier)} ms`,
            better: tier === SLARK_TIERS ? '' : `less than ${ofTier(rules, 'slark.resp_ms', next)} ms`,
          },
        ]
      : [],
    why,
    compared: isJudged
      ? [
          { what: `tier ${of}`, byRule: lacksSeat ? tier : verdict.tier, stored: row.tierAfter },
          { what: `eras towards a promotion ${of}`, byRule: promoCount, stored: row.promoAfterCount },
          { what: `eras towards a demotion ${of}`, byRule: verdict.demoCount, stored: row.demoAfterCount },
          { what: `eras of low accuracy ${of}`, byRule: verdict.shortCount, stored: row.lowAfterCount },
        ]
      : [],
  };
}
