/**
 * The required table of trust tiers, as vectors: for every tier and every boundary of T-TIER, an era that is one too few, just
 * enough, or one threshold short, with stake short and with feedback on and off. Each case says what must come of it; the
 * thresholds are the specification's, written here once more. `vectors.test.ts` and `vectors.e2e.test.ts` run the files
 * through the core and the contracts. UPDATE_VECTORS=1 writes them anew.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { STEP } from './layout.ts';
import { EMPTY_PROVIDER_REPORT, packProviderReport } from './providerReport.ts';

const folder = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'fixtures', 'vectors', 'tiers');

const TOKEN = 1_000_000;
/** T-TIER: collateral, uptime, completion, response and feedback of tiers 1 to 7. */
const T_TIER = [
  { stake: 500, uptime: 99, completion: 98, responseMs: 100, tenths: 45 },
  { stake: 400, uptime: 98, completion: 96, responseMs: 150, tenths: 42 },
  { stake: 300, uptime: 97, completion: 94, responseMs: 200, tenths: 40 },
  { stake: 200, uptime: 95, completion: 90, responseMs: 250, tenths: 38 },
  { stake: 150, uptime: 90, completion: 85, responseMs: 300, tenths: 35 },
  { stake: 100, uptime: 85, completion: 80, responseMs: 400, tenths: 32 },
  { stake: 50, uptime: 75, completion: 75, responseMs: 500, tenths: 30 },
] as const;
const SOC2 = 1;
const AUDIT = 8;
const ACTIVE = 3;
const REGISTERED = 2;
const SAMPLES = 5;
/** Beats and assignments of a report: enough that one more or less is a step below a percentage. */
const WHOLE = 10_000;
const ERA = 9;

type Metrics = {
  readonly answered: number;
  readonly expected: number;
  readonly finished: number;
  readonly assigned: number;
  readonly meanMs: number;
  readonly ratingSum: number;
  readonly ratingCount: number;
};

type Outcome = {
  readonly tier?: number;
  readonly promo?: number;
  readonly demo?: number;
  readonly short?: number;
  readonly matchable?: number;
  readonly left?: true;
  /** Reason of the change of tier, where it changes: metrics, short collateral, or a start anew for who leaves service. */
  readonly reason?: 1 | 2 | 3;
};

type Case = {
  readonly what: string;
  readonly promo?: number;
  readonly demo?: number;
  readonly short?: number;
  readonly matchable?: number;
  readonly own: number;
  readonly delegated?: number;
  readonly exitUnits?: number;
  readonly compliance?: number;
  readonly metrics: Metrics;
  readonly challenges?: readonly [count: number, passed: number];
  readonly outcome: Outcome;
};

type TierVector = {
  readonly file: string;
  readonly name: string;
  readonly rules: readonly string[];
  readonly why: string;
  readonly tier: number;
  readonly params?: Readonly<Record<string, number>>;
  readonly cases: readonly Case[];
};

/** Metrics a step better than what tier `tier` asks for, with the least number of ratings that counts. */
function better(tier: number, change: Partial<Metrics> = {}): Metrics {
  const { uptime, completion, responseMs, tenths } = T_TIER[tier - 1]!;
  return {
    answered: (WHOLE / 100) * uptime + 1,
    expected: WHOLE,
    finished: (WHOLE / 100) * completion + 1,
    assigned: WHOLE,
    meanMs: responseMs - 1,
    ratingSum: SAMPLES * tenths + 1,
    ratingCount: SAMPLES,
    ...change,
  };
}

/** Each metric of a tier's requirement just missed: exactly at its threshold. */
function missesOf(tier: number): readonly (readonly [what: string, metrics: Metrics])[] {
  const { uptime, completion, responseMs, tenths } = T_TIER[tier - 1]!;
  return [
    [`uptime ${uptime} %`, better(tier, { answered: (WHOLE / 100) * uptime })],
    [`completion ${completion} %`, better(tier, { finished: (WHOLE / 100) * completion })],
    [`response ${responseMs} ms`, better(tier, { meanMs: responseMs })],
    [`feedback ${tenths} tenths`, better(tier, { ratingSum: SAMPLES * tenths })],
  ];
}

/** Collateral one unit above what a tier asks for. */
function above(tier: number): number {
  return T_TIER[tier - 1]!.stake * TOKEN + 1;
}

function promotion(tier: number): TierVector {
  const to = tier - 1;
  const own = above(to);
  const compliance = SOC2 | AUDIT;
  const metrics = better(to);
  const rise: Outcome = { tier: to, promo: 0, reason: 1 };
  const listed: readonly Case[] = [
    { what: 'first good era', own, metrics, outcome: { promo: 1 } },
    { what: 'second good era', promo: 1, own, metrics, outcome: { promo: 2 } },
    { what: 'third good era', promo: 2, own, metrics, outcome: rise },
    {
      what: 'third, collateral exactly that of the better tier',
      promo: 2,
      own: own - 1,
      metrics,
      outcome: { promo: 3 },
    },
    { what: 'fourth, collateral still short', promo: 3, own: own - 1, metrics, outcome: {} },
    { what: 'collateral arrives after the third', promo: 3, own, metrics, outcome: rise },
    { what: 'collateral by delegation', promo: 2, own: own - 10, delegated: 10, metrics, outcome: rise },
    { what: 'part of the stake asked back', promo: 2, own, exitUnits: 1, metrics, outcome: { promo: 3 } },
    ...missesOf(to).map(
      ([what, missed]): Case => ({ what: `third, ${what}`, promo: 2, own, metrics: missed, outcome: { promo: 0 } }),
    ),
    {
      what: 'third, feedback missed with too few ratings',
      promo: 2,
      own,
      metrics: better(to, { ratingCount: SAMPLES - 1, ratingSum: 4 }),
      outcome: rise,
    },
    {
      what: 'third, nothing was asked of it',
      promo: 2,
      own,
      metrics: better(to, { answered: 0, expected: 0, finished: 0, assigned: 0, meanMs: 0 }),
      outcome: {},
    },
    {
      what: 'third, a heartbeat was asked of it and no work',
      promo: 2,
      own,
      metrics: better(to, { answered: 1, expected: 1, finished: 0, assigned: 0, meanMs: 0 }),
      outcome: rise,
    },
    {
      what: 'bad work, and no heartbeat was expected',
      demo: 4,
      own,
      metrics: better(to, { answered: 0, expected: 0, finished: 0 }),
      outcome: {},
    },
    { what: 'first good era after four bad ones', demo: 4, own, metrics, outcome: { promo: 1, demo: 0 } },
  ];
  const cases = listed.map((one): Case => ({ compliance, ...one }));
  if (to === 1) {
    cases.push(
      { what: 'third, no audit report', promo: 2, own, compliance: SOC2, metrics, outcome: { promo: 3 } },
      { what: 'third, no SOC 2', promo: 2, own, compliance: AUDIT, metrics, outcome: { promo: 3 } },
    );
  }
  return {
    file: `promotion-into-${to}`,
    name: `tier ${tier}: three eras that meet tier ${to} promote, not two; each threshold must be passed, not touched`,
    rules: ['TIER-1', 'TIER-2', 'TIER-3', 'TIER-5', 'SM-9', 'F-31', ...(to === 1 ? ['ATTR-6'] : [])],
    why: whyOf(to, 3),
    tier,
    cases,
  };
}

function demotion(tier: number): TierVector {
  const own = above(tier);
  const compliance = SOC2 | AUDIT;
  const bad = better(tier, { answered: (WHOLE / 100) * T_TIER[tier - 1]!.uptime });
  const fall: Outcome = { tier: tier + 1, demo: 0, reason: 1 };
  const short = own - 1;
  // Collateral that is enough for the tier below only; of tier 6 that is tier 7.
  const listed: readonly Case[] = [
    { what: 'first bad era after two good ones', promo: 2, own, metrics: bad, outcome: { promo: 0, demo: 1 } },
    { what: 'fourth bad era', demo: 3, own, metrics: bad, outcome: { demo: 4 } },
    { what: 'fifth bad era', demo: 4, own, metrics: bad, outcome: fall },
    ...missesOf(tier)
      .slice(1)
      .map(([what, metrics]): Case => ({ what: `fifth, ${what}`, demo: 4, own, metrics, outcome: fall })),
    {
      what: 'fifth, feedback missed with too few ratings',
      demo: 4,
      own,
      metrics: better(tier, { ratingCount: SAMPLES - 1, ratingSum: 4 }),
      outcome: { demo: 0 },
    },
    { what: 'a good era after four bad ones', demo: 4, own, metrics: better(tier), outcome: { demo: 0 } },
    {
      what: 'collateral exactly that of the tier',
      own: short,
      metrics: better(tier),
      outcome: { tier: tier + 1, reason: 2 },
    },
    {
      what: 'collateral short, and no heartbeat was expected',
      own: short,
      metrics: better(tier, { answered: 0, expected: 0 }),
      outcome: { tier: tier + 1, reason: 2 },
    },
    {
      what: 'collateral short in the fifth bad era',
      demo: 4,
      own: short,
      metrics: bad,
      outcome: { tier: tier + 1, demo: 0, reason: 2 },
    },
    {
      what: 'collateral exactly that of tier 7',
      promo: 2,
      own: 50 * TOKEN,
      metrics: better(tier),
      outcome: { tier: 7, promo: 0, matchable: 0, left: true, reason: 3 },
    },
    {
      what: 'all own stake asked back, delegations enough',
      own: 10,
      exitUnits: 10,
      delegated: own,
      metrics: better(tier),
      outcome: { tier: 7, matchable: 0, left: true, reason: 3 },
    },
  ];
  const cases = listed.map((one): Case => ({ compliance, ...one }));
  if (tier <= 5) {
    const own3 = above(tier + 2);
    cases.push({
      what: 'collateral of two tiers below',
      compliance,
      own: own3,
      metrics: better(tier),
      outcome: { tier: tier + 2, reason: 2 },
    });
  }
  if (tier === 1) {
    cases.push({
      what: 'fifth era without the audit report',
      demo: 4,
      compliance: SOC2,
      own,
      metrics: better(1),
      outcome: fall,
    });
  }
  return {
    file: `demotion-from-${tier}`,
    name: `tier ${tier}: five eras that miss it demote, not four; collateral that is not more than its own at once`,
    rules: ['TIER-1', 'TIER-4', 'TIER-5', 'SM-9', 'SM-14', 'F-31'],
    why: whyOf(tier, 5),
    tier,
    cases,
  };
}

function whyOf(tier: number, eras: number): string {
  const { stake, uptime, completion, responseMs, tenths } = T_TIER[tier - 1]!;
  return `Tier ${tier} wants collateral above ${stake} tokens, uptime above ${uptime} % (${(WHOLE / 100) * uptime + 1} of ${WHOLE} beats), completion above ${completion} %, response below ${responseMs} ms and, from ${SAMPLES} ratings on, a mean above ${tenths} tenths (a sum above ${SAMPLES * tenths}). The count is ${eras} eras.`;
}

const TIER_7_MISS = better(7, { answered: 7_500 });

const OTHERS: readonly TierVector[] = [
  {
    file: 'tier-7',
    name: 'tier 7 that is missed stays and is not matched, and is matched again with the first good era',
    rules: ['TIER-9', 'OP-43', 'SM-9'],
    why: 'Tier 7 wants uptime above 75 %: 7 500 of 10 000 beats miss it. The count of bad eras ends at 5. Collateral of exactly 50 tokens is no tier’s.',
    tier: 7,
    cases: [
      {
        what: 'first bad era',
        promo: 1,
        own: above(7),
        metrics: TIER_7_MISS,
        outcome: { promo: 0, demo: 1, matchable: 0 },
      },
      { what: 'fifth bad era', demo: 4, own: above(7), metrics: TIER_7_MISS, outcome: { demo: 5, matchable: 0 } },
      { what: 'sixth bad era', demo: 5, own: above(7), metrics: TIER_7_MISS, outcome: { matchable: 0 } },
      {
        what: 'good again',
        demo: 5,
        matchable: 0,
        own: above(7),
        metrics: better(7),
        outcome: { demo: 0, matchable: 1 },
      },
      { what: 'collateral of no tier', own: 50 * TOKEN, metrics: better(7), outcome: { matchable: 0, left: true } },
    ],
  },
  {
    file: 'tier-7-stays',
    name: 'tier 7 that is missed has no consequence with tier.below7 = stay',
    rules: ['TIER-9', 'OP-43'],
    why: 'Tier 7 wants uptime above 75 %: 7 500 of 10 000 beats miss it, and the provider stays as it is.',
    params: { 'tier.below7': 0 },
    tier: 7,
    cases: [{ what: 'a bad era', own: above(7), metrics: TIER_7_MISS, outcome: { demo: 1 } }],
  },
  {
    file: 'tier-7-deactivates',
    name: 'tier 7 that is missed ends the service with tier.below7 = deactivate',
    rules: ['TIER-9', 'OP-43', 'SM-14'],
    why: 'Tier 7 wants uptime above 75 %: 7 500 of 10 000 beats miss it, and the provider is Registered (2) again with all counts at 0.',
    params: { 'tier.below7': 2 },
    tier: 7,
    cases: [
      { what: 'a bad era', promo: 2, own: above(7), metrics: TIER_7_MISS, outcome: { promo: 0, left: true } },
      { what: 'a good era', promo: 1, own: above(7), metrics: better(7), outcome: { promo: 0 } },
    ],
  },
  {
    file: 'feedback-off',
    name: 'without feedback a bad mean neither stops a promotion nor causes a demotion',
    rules: ['FB-3', 'OP-31', 'F-31'],
    why: 'Tier 4 wants a mean above 38 tenths and tier 3 one above 40; 5 ratings sum to 5, a mean of 1 tenth, and do not count with tier.use_feedback = off.',
    params: { 'tier.use_feedback': 0 },
    tier: 4,
    cases: [
      { what: 'second good era', promo: 1, own: above(3), metrics: better(3, { ratingSum: 5 }), outcome: { promo: 2 } },
      {
        what: 'third good era',
        promo: 2,
        own: above(3),
        metrics: better(3, { ratingSum: 5 }),
        outcome: { tier: 3, promo: 0, reason: 1 },
      },
      {
        what: 'four bad eras and a good one',
        demo: 4,
        own: above(4),
        metrics: better(4, { ratingSum: 5 }),
        outcome: { demo: 0 },
      },
      {
        what: 'fifth bad era by uptime',
        demo: 4,
        own: above(4),
        metrics: better(4, { answered: 9_500, ratingSum: 5 }),
        outcome: { tier: 5, demo: 0, reason: 1 },
      },
    ],
  },
  {
    file: 'at-least',
    name: 'with tier.compare = ge a threshold may be touched',
    rules: ['TIER-11', 'OP-45', 'F-31'],
    why: 'Tier 3 wants uptime 97 %, completion 94 %, 200 ms and 40 tenths: 9 700 and 9 400 of 10 000, 200 ms and a sum of 200 over 5 ratings meet it with ≥, and one step worse does not. Collateral stays strict: above 300 tokens.',
    params: { 'tier.compare': 1 },
    tier: 4,
    cases: [
      ...missesOf(3).map(
        ([what, metrics]): Case => ({
          what: `third, ${what}`,
          promo: 2,
          own: above(3),
          metrics,
          outcome: { tier: 3, promo: 0, reason: 1 },
        }),
      ),
      {
        what: 'uptime one beat below',
        promo: 2,
        own: above(3),
        metrics: better(3, { answered: 9_699 }),
        outcome: { promo: 0 },
      },
      {
        what: 'one task below',
        promo: 2,
        own: above(3),
        metrics: better(3, { finished: 9_399 }),
        outcome: { promo: 0 },
      },
      {
        what: 'a millisecond above',
        promo: 2,
        own: above(3),
        metrics: better(3, { meanMs: 201 }),
        outcome: { promo: 0 },
      },
      { what: 'a tenth below', promo: 2, own: above(3), metrics: better(3, { ratingSum: 199 }), outcome: { promo: 0 } },
      {
        what: 'collateral exactly that of tier 3',
        promo: 2,
        own: above(3) - 1,
        metrics: better(3),
        outcome: { promo: 3 },
      },
    ],
  },
  {
    file: 'jump',
    name: 'with tier.promo_step = jump a promotion leads to the best tier that is met and covered',
    rules: ['TIER-3', 'OP-38', 'SM-9'],
    why: 'From tier 6, the count runs over tier 5. At the 3rd era: metrics of tier 2 with collateral above 400 lead to 2; with exactly 400 to 3; metrics of tier 4 with ample collateral to 4; tier 1 needs its certificates.',
    params: { 'tier.promo_step': 1 },
    tier: 6,
    cases: [
      { what: 'second era', promo: 1, own: above(1), metrics: better(2), outcome: { promo: 2 } },
      {
        what: 'metrics and collateral of tier 2',
        promo: 2,
        own: above(2),
        metrics: better(2),
        outcome: { tier: 2, promo: 0, reason: 1 },
      },
      {
        what: 'collateral exactly that of tier 2',
        promo: 2,
        own: above(2) - 1,
        metrics: better(2),
        outcome: { tier: 3, promo: 0, reason: 1 },
      },
      {
        what: 'metrics of tier 4',
        promo: 2,
        own: above(1),
        metrics: better(4),
        outcome: { tier: 4, promo: 0, reason: 1 },
      },
      {
        what: 'tier 1 without certificates',
        promo: 2,
        own: above(1),
        metrics: better(1),
        outcome: { tier: 2, promo: 0, reason: 1 },
      },
      {
        what: 'tier 1 with certificates',
        promo: 2,
        own: above(1),
        compliance: 9,
        metrics: better(1),
        outcome: { tier: 1, promo: 0, reason: 1 },
      },
      { what: 'collateral of tier 6 only', promo: 2, own: above(6), metrics: better(1), outcome: { promo: 3 } },
    ],
  },
  {
    file: 'challenge-uptime',
    name: 'with tier.uptime_source = challenge the passed share of challenges is the uptime',
    rules: ['TIER-8', 'OP-41'],
    why: 'Tier 5 wants more than 90 %: 9 of 10 challenges miss it, 10 of 10 meet it, and 0 of 0 too, whatever the 0 of 10 000 heartbeats say.',
    params: { 'tier.uptime_source': 1 },
    tier: 6,
    cases: [
      {
        what: '9 of 10',
        promo: 2,
        own: above(5),
        metrics: better(5, { answered: 0 }),
        challenges: [10, 9],
        outcome: { promo: 0 },
      },
      {
        what: '10 of 10',
        promo: 2,
        own: above(5),
        metrics: better(5, { answered: 0 }),
        challenges: [10, 10],
        outcome: { tier: 5, promo: 0, reason: 1 },
      },
      {
        what: 'none',
        promo: 2,
        own: above(5),
        metrics: better(5, { answered: 0 }),
        outcome: { tier: 5, promo: 0, reason: 1 },
      },
    ],
  },
  {
    file: 'grace',
    name: 'with two eras of grace the third era of short collateral demotes, and metrics go on counting',
    rules: ['TIER-4', 'OP-39'],
    why: 'Tier 4 wants collateral above 200 tokens; 200 is short. tier.stake_grace_eras = 2: the 1st and 2nd era only count, the 3rd demotes to tier 5; collateral above 200 sets the count back to 0.',
    params: { 'tier.stake_grace_eras': 2 },
    tier: 4,
    cases: [
      { what: 'first short era', promo: 1, own: above(4) - 1, metrics: better(3), outcome: { short: 1, promo: 2 } },
      { what: 'second short era', short: 1, own: above(4) - 1, metrics: better(4), outcome: { short: 2 } },
      {
        what: 'third short era',
        short: 2,
        own: above(4) - 1,
        metrics: better(4),
        outcome: { short: 0, tier: 5, reason: 2 },
      },
      { what: 'covered again', short: 2, own: above(4), metrics: better(4), outcome: { short: 0 } },
      {
        what: 'fifth bad era in the grace',
        short: 1,
        demo: 4,
        own: above(4) - 1,
        metrics: better(4, { answered: 0 }),
        outcome: { short: 0, demo: 0, tier: 5, reason: 1 },
      },
    ],
  },
  {
    file: 'delegations-capped',
    name: 'with a cap of 2 times the own stake delegations count only so far',
    rules: ['TIER-2', 'OP-105'],
    why: 'Tier 5 wants more than 150 tokens. Own 50 and delegated 1 000 count as 50 + 2 · 50 = 150: not more; own 50.000 001 as 150.000 003.',
    params: { 'tier.deleg_cap_x_own': 2 },
    tier: 6,
    cases: [
      {
        what: 'capped at exactly 150',
        promo: 2,
        own: 50 * TOKEN,
        delegated: 1_000 * TOKEN,
        metrics: better(5),
        outcome: { promo: 3 },
      },
      {
        what: 'a unit more',
        promo: 2,
        own: 50 * TOKEN + 1,
        delegated: 1_000 * TOKEN,
        metrics: better(5),
        outcome: { tier: 5, promo: 0, reason: 1 },
      },
      {
        what: 'below the cap',
        promo: 2,
        own: 100 * TOKEN,
        delegated: 50 * TOKEN + 1,
        metrics: better(5),
        outcome: { tier: 5, promo: 0, reason: 1 },
      },
    ],
  },
  {
    file: 'delegations-off',
    name: 'with tier.count_delegations = off only the own stake counts',
    rules: ['TIER-2', 'OP-105'],
    why: 'Tier 5 wants more than 150 tokens: own 150 and delegated 1 000 count as 150, own 150.000 001 as that.',
    params: { 'tier.count_delegations': 0 },
    tier: 6,
    cases: [
      {
        what: 'own 150',
        promo: 2,
        own: 150 * TOKEN,
        delegated: 1_000 * TOKEN,
        metrics: better(5),
        outcome: { promo: 3 },
      },
      { what: 'own above 150', promo: 2, own: above(5), metrics: better(5), outcome: { tier: 5, promo: 0, reason: 1 } },
    ],
  },
];

const VECTORS: readonly TierVector[] = [
  ...[7, 6, 5, 4, 3, 2].map(promotion),
  ...[1, 2, 3, 4, 5, 6].map(demotion),
  ...OTHERS,
];

function withoutZeros(values: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== 0));
}

function reportOf({ answered, expected, finished, assigned, meanMs }: Metrics): Record<string, number> {
  const words = packProviderReport({
    ...EMPTY_PROVIDER_REPORT,
    answeredCount: answered,
    expectedCount: expected,
    finishedCount: finished,
    assignedCount: assigned,
    meanMs,
  });
  return withoutZeros({ beats: words[3]!, work: words[4]! });
}

/** Fields whose value after differs from before. */
function changed(before: Record<string, number>, after: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(after).filter(([field, value]) => value !== (before[field] ?? 0)));
}

type Records = Record<string, Record<string, number>>;

/** The vector of `vectorFile.ts`: what is there before, and what its cases say must be there afterwards. */
function render(vector: TierVector): string {
  const { cases, tier } = vector;
  const [providers, collateral, reports, eras, providersAfter, reportsAfter, erasAfter] = Array.from(
    { length: 7 },
    (): Records => ({}),
  ) as [Records, Records, Records, Records, Records, Records, Records];
  const lists: { poor: number[]; rest: number[] } = { poor: [], rest: [] };
  const events: (readonly (string | number)[])[] = [];
  let leftCount = 0;
  cases.forEach((one, i) => {
    const id = i + 1;
    const { outcome, metrics } = one;
    const before = {
      owner: 32,
      state: ACTIVE,
      tier,
      promoEraCount: one.promo ?? 0,
      demoEraCount: one.demo ?? 0,
      shortEraCount: one.short ?? 0,
      isMatchable: one.matchable ?? 1,
      compliance: one.compliance ?? 0,
      activeEra: 1,
      challengedEra: ERA + 1,
      exitUnits: one.exitUnits ?? 0,
      exitEra: one.exitUnits === undefined ? 0 : ERA + 1,
      ratingSumTenths: metrics.ratingSum,
      ratingCount: metrics.ratingCount,
    };
    const after = {
      ...before,
      state: outcome.left ? REGISTERED : ACTIVE,
      tier: outcome.tier ?? tier,
      promoEraCount: outcome.promo ?? before.promoEraCount,
      demoEraCount: outcome.demo ?? before.demoEraCount,
      shortEraCount: outcome.short ?? before.shortEraCount,
      isMatchable: outcome.matchable ?? before.isMatchable,
    };
    providers[id] = withoutZeros(before);
    collateral[id] = withoutZeros({ ownUnits: one.own, delegatedUnits: one.delegated ?? 0 });
    reports[id] = reportOf(metrics);
    if (one.challenges !== undefined) {
      const [challengeCount, passedCount] = one.challenges;
      eras[id] = { challengeCount, passedCount };
      erasAfter[id] = { challengeCount: 0, passedCount: 0 };
    }
    const difference = changed(before, after);
    if (Object.keys(difference).length > 0) providersAfter[id] = difference;
    if (Object.keys(reports[id]!).length > 0)
      reportsAfter[id] = Object.fromEntries(Object.keys(reports[id]!).map((field) => [field, 0]));
    if (after.tier !== tier) events.push(['TierChanged', 9, id, tier, after.tier, outcome.reason ?? 0]);
    if (outcome.left) {
      events.push(['Transition', 9, id, 16, ACTIVE, REGISTERED]);
      leftCount += 1;
    } else {
      const { tenths } = T_TIER[after.tier - 1]!;
      const isPoor = metrics.ratingCount >= SAMPLES && metrics.ratingSum <= tenths * metrics.ratingCount;
      lists[isPoor ? 'poor' : 'rest'].push(id);
    }
  });
  const listed = (ids: readonly number[]): Record<string, number> =>
    Object.fromEntries(ids.map((id, i) => [String(i + 1), id]));
  const totals = withoutZeros({ poorCount: lists.poor.length, restCount: lists.rest.length });
  const n = cases.length;
  const slotCount = (ERA + 1) * 24;
  const data = {
    name: vector.name,
    rules: vector.rules,
    why: `${vector.why} Cases in order: ${cases.map(({ what }, i) => `${i + 1} ${what}`).join('; ')}.`,
    ...(vector.params === undefined ? {} : { params: vector.params }),
    accounts: [0],
    preState: {
      clockTotals: { era: ERA, slotCount, stepsDone: STEP.updateTiers - 1, settledEraCount: ERA },
      providerTotals: { providerCount: n, activeCount: n },
      providers,
      providerCollateral: collateral,
      providerReports: reports,
      ...(Object.keys(eras).length === 0 ? {} : { providerEra: eras }),
    },
    nowS: slotCount * 3_600,
    actions: [
      { action: 'updateTiers', actor: 16, args: [0, n + 1] },
      { action: 'updateTiers', actor: 16, args: [0, n] },
    ],
    expected: {
      codes: [['ValueOutOfRange', n + 1, n], 'accepted'],
      postState: {
        clockTotals: { stepsDone: STEP.updateTiers },
        ...(leftCount === 0 ? {} : { providerTotals: { activeCount: n - leftCount } }),
        ...(Object.keys(providersAfter).length === 0 ? {} : { providers: providersAfter }),
        ...(Object.keys(reportsAfter).length === 0 ? {} : { providerReports: reportsAfter }),
        ...(Object.keys(erasAfter).length === 0 ? {} : { providerEra: erasAfter }),
        ...(lists.poor.length === 0 ? {} : { poorTargets: listed(lists.poor) }),
        ...(lists.rest.length === 0 ? {} : { restTargets: listed(lists.rest) }),
        ...(Object.keys(totals).length === 0 ? {} : { challengeTotals: totals }),
      },
      events,
    },
  };
  return `${print(data, 0)}\n`;
}

/** JSON with small things on one line. */
function print(value: unknown, depth: number): string {
  const flat = JSON.stringify(value).replace(/([,:])(?=(?:[^"]*"[^"]*")*[^"]*$)/g, '$1 ');
  if (flat.length + 2 * depth <= 240 || typeof value !== 'object' || value === null) return flat;
  const pad = '  '.repeat(depth + 1);
  const inner = Array.isArray(value)
    ? value.map((item) => pad + print(item, depth + 1))
    : Object.entries(value).map(([key, item]) => `${pad}${JSON.stringify(key)}: ${print(item, depth + 1)}`);
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  return `${open}\n${inner.join(',\n')}\n${'  '.repeat(depth)}${close}`;
}

describe.each(VECTORS)('fixtures/vectors/tiers/$file.json', (vector) => {
  const path = join(folder, `${vector.file}.json`);
  if (process.env.UPDATE_VECTORS === '1') {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path, render(vector));
  }

  it('is what the table of cases says', () => {
    expect(readFileSync(path, 'utf8')).toBe(render(vector));
  });
});
