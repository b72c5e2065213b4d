/**
 * From the rows of providers, challenges and eras to the tables behind the figures about them. Amounts are tokens, shares
 * fractions of 1. Where eras are put together, flows are means per era and counts of providers are those at the bin's end.
 */
import type { ChallengeRow, EraRow, ProviderRow } from '../sim/engine/trace.ts';
import { groupBy, type Reading, sumOf } from './reading.ts';
import { survivalOf } from './statistics.ts';
import { type Cell, type Table, table, thinned } from './table.ts';

/** Trust tiers, best first, as the figures name them. */
export const TIERS: readonly string[] = [1, 2, 3, 4, 5, 6, 7].map((tier) => `tier ${tier}`);
export const NOT_ACTIVE = 'not active';

const tierCountsOf = (row: EraRow): number[] => [
  row.providerTier1Count,
  row.providerTier2Count,
  row.providerTier3Count,
  row.providerTier4Count,
  row.providerTier5Count,
  row.providerTier6Count,
  row.providerTier7Count,
];

/** Active providers of each tier at each bin's end. */
export function tierTable(reading: Reading): Table {
  const rows = reading.bins.bins.flatMap(({ from }, i): Cell[][] => {
    const last = reading.eraRows[i]![reading.eraRows[i]!.length - 1]!;
    return tierCountsOf(last).map((count, tier) => [from, TIERS[tier]!, count]);
  });
  return table({ era: 'Era', tier: 'Tier', provider_count: 'Providers' }, rows);
}

/** Points in time between which moves are drawn, at most. */
const MOST_TIMES = 9;

/**
 * Providers by tier at a few eras, and how many went from which tier to which between them. A row without `to_era` is a
 * stack's part, one with it a flow; low and high are places on the axis of the number of providers.
 */
export function flowTable(reading: Reading): Table {
  const eras = thinned([...new Set(reading.run.providers.map(({ era }) => era))], MOST_TIMES);
  // From the bottom up, so that the best tier is on top.
  const groups = [NOT_ACTIVE, ...[...TIERS].reverse()];
  const groupOf = (row: ProviderRow): number => (row.stateAfter === 'active' ? groups.length - row.tierAfter : 0);
  const at = eras.map((era) => {
    const found = new Map<number, number>();
    for (const row of reading.run.providers) if (row.era === era) found.set(row.provider, groupOf(row));
    return found;
  });
  const stackOf = (found: ReadonlyMap<number, number>): { low: number; count: number }[] => {
    const counts = groups.map((_, group) => [...found.values()].filter((own) => own === group).length);
    let low = 0;
    return counts.map((count) => {
      const part = { low, count };
      low += count;
      return part;
    });
  };
  const stacks = at.map(stackOf);
  const rows: Cell[][] = [];
  eras.forEach((era, i) => {
    const stack = stacks[i]!;
    stack.forEach(({ low, count }, group) => {
      if (count > 0) rows.push([era, groups[group]!, null, null, count, low, low + count, null, null]);
    });
    const next = stacks[i + 1];
    if (next === undefined) return;
    const flows = new Map<string, { from: number; to: number; count: number }>();
    for (const [provider, from] of at[i]!) {
      const to = at[i + 1]!.get(provider) ?? 0;
      const flow = flows.get(`${from} ${to}`) ?? { from, to, count: 0 };
      flows.set(`${from} ${to}`, { ...flow, count: flow.count + 1 });
    }
    const leaving = stack.map(({ low }) => low);
    const arriving = next.map(({ low }) => low);
    for (const { from, to, count } of [...flows.values()].sort((a, b) => a.from - b.from || a.to - b.to)) {
      const [low, toLow] = [leaving[from]!, arriving[to]!];
      leaving[from]! += count;
      arriving[to]! += count;
      rows.push([era, groups[from]!, eras[i + 1]!, groups[to]!, count, low, low + count, toLow, toLow + count]);
    }
  });
  return table(
    {
      era: 'Era',
      tier: 'Tier',
      to_era: 'To era',
      to_tier: 'To tier',
      provider_count: 'Providers',
      low: 'Low end',
      high: 'High end',
      to_low: 'Low end there',
      to_high: 'High end there',
    },
    rows,
  );
}

type Life = { readonly length: number; readonly isEnded: boolean };

/** How long each provider that was active stayed so: until it left, was suspended or fell short of collateral. */
function livesOf(rows: readonly ProviderRow[]): Life[] {
  return [...groupBy(rows, (row) => String(row.provider)).values()].flatMap((own) => {
    const first = own.findIndex((row) => row.stateBefore === 'active' || row.stateAfter === 'active');
    if (first === -1) return [];
    const end = own.findIndex((row, i) => i >= first && row.stateAfter !== 'active');
    const last = end === -1 ? own[own.length - 1]! : own[end]!;
    return [{ length: last.era - own[first]!.era + 1, isEnded: end !== -1 }];
  });
}

/** Share of the providers of each strategy that are still active so many eras after they began, by Kaplan and Meier. */
export function survivalTable(reading: Reading): Table {
  const groups = groupBy(reading.run.providers, (row) => reading.agentOf(row.account)?.strategy ?? '');
  const rows = [...groups].flatMap(([strategy, own]): Cell[][] => {
    const lives = livesOf(own);
    if (lives.length === 0) return [];
    const longest = lives.reduce((most, { length }) => Math.max(most, length), 0);
    const curve = survivalOf(lives);
    const last = curve[curve.length - 1]!;
    const atEnd = { ...last, at: longest, atRisk: lives.filter(({ length }) => length >= longest).length, ended: 0 };
    return (last.at < longest ? [...curve, atEnd] : curve).map(({ at, share, atRisk, ended }) => [
      at,
      strategy,
      share,
      atRisk,
      ended,
    ]);
  });
  return table(
    {
      age_eras: 'Eras since it became active',
      strategy: 'Strategy',
      active_share: 'Share still active',
      at_risk_count: 'Observed so long',
      ended_count: 'Ended then',
    },
    rows,
  );
}

/** Names of the GPU sub-tiers (ATTR-4) and of the compute classes (ATTR-2). */
export const GPUS: readonly string[] = ['Entry', 'Low', 'Medium', 'High', 'Ultra'].flatMap((name) => [
  `${name} 1`,
  `${name} 2`,
]);
const COMPUTE = ['basic', 'general', 'HPC'];

function hardwareOf({ gpuTier, computeTier }: ProviderRow): string {
  if (gpuTier === 0) return `no GPU, ${COMPUTE[computeTier - 1] ?? ''} CPU`;
  return `GPU ${GPUS[gpuTier - 1] ?? 'Ultra 3'}`;
}

/** Mean liveness, bonus included, of an active provider in an era, by hardware class and trust tier. */
export function livenessTable(reading: Reading): Table {
  const rows = reading.run.providers.filter((row) => row.stateBefore === 'active');
  const byHardware = [...groupBy(rows, hardwareOf)].sort(
    ([, [a]], [, [b]]) => a!.gpuTier - b!.gpuTier || a!.computeTier - b!.computeTier,
  );
  const cells = byHardware.flatMap(([hardware, own]) =>
    TIERS.flatMap((tier, i): Cell[][] => {
      const here = own.filter((row) => row.tierBefore === i + 1);
      if (here.length === 0) return [];
      const providers = new Set(here.map((row) => row.provider)).size;
      return [
        [hardware, tier, reading.tokens(sumOf(here, (row) => row.rewardUnits)) / here.length, providers, here.length],
      ];
    }),
  );
  return table(
    {
      hardware: 'Hardware',
      tier: 'Tier',
      liveness_tokens: 'Liveness (tokens per provider and era)',
      provider_count: 'Providers',
      provider_era_count: 'Providers × eras',
    },
    cells,
  );
}

/** One row per bin and series: the mean per era. */
function meansOverEras(
  reading: Reading,
  columns: Readonly<Record<string, string>>,
  series: Readonly<Record<string, (row: EraRow) => number>>,
): Table {
  const rows = reading.bins.bins.flatMap(({ from, to }, i) =>
    Object.entries(series).map(([label, of]): Cell[] => [
      from,
      label,
      sumOf(reading.eraRows[i]!, of) / (to - from + 1),
    ]),
  );
  return table(columns, rows);
}

/** What providers lost: liveness that was not paid, and collateral that was taken. */
export function lossTable(reading: Reading): Table {
  return meansOverEras(
    reading,
    { era: 'Era', loss: 'Loss', loss_tokens: 'Loss (tokens per era)' },
    {
      'forfeited liveness': (row) => reading.tokens(row.forfeitUnits),
      'slashed collateral': (row) => reading.tokens(row.providerSlashedUnits),
    },
  );
}

/** Challenges by what the seats made of them. */
export function challengeTable(reading: Reading): Table {
  return meansOverEras(
    reading,
    { era: 'Era', outcome: 'Outcome', challenge_count: 'Challenges per era' },
    {
      passed: (row) => row.challengePassedCount,
      failed: (row) => row.challengeFailedCount,
      inconclusive: (row) => row.challengeInconclusiveCount,
    },
  );
}

/** A provider's decided challenges in order, and the number of the first that it failed; 0 if it failed none. */
type Trial = { readonly rows: readonly ChallengeRow[]; readonly caughtAt: number };

function trialsOf(challenges: readonly ChallengeRow[]): Trial[] {
  // Of gateways with members F-13 says nothing: their chance is −1.
  const decided = challenges.filter(
    ({ outcome, expectedPassShare }) => (outcome === 'passed' || outcome === 'failed') && expectedPassShare >= 0,
  );
  return [...groupBy(decided, (row) => String(row.provider)).values()].map((rows) => ({
    rows,
    caughtAt: rows.findIndex(({ outcome }) => outcome === 'failed') + 1,
  }));
}

export type Detection = {
  readonly data: Table;
  /** Providers that claim more than they have, those that failed a challenge, and how many F-13 expects to. */
  readonly providerCount: number;
  readonly caughtCount: number;
  readonly expectedCount: number;
  readonly honestCount: number;
  readonly honestCaughtCount: number;
};

export const DETECTION_SERIES = [
  'over-claiming, as measured',
  'over-claiming, by F-13',
  'honest, as measured',
] as const;

/** Challenges that are drawn at least, and the share below which nothing is left to be seen of a curve. */
const LEAST_CHALLENGES = 10;
const NEARLY_NONE = 0.005;

type Point = { readonly at: number; readonly share: number; readonly atRisk: number };

/** Chance of having passed every challenge so far, by F-13, of the providers that had so many. */
function expectedCurve(trials: readonly Trial[]): Point[] {
  const longest = trials.reduce((most, { rows }) => Math.max(most, rows.length), 0);
  const chances = trials.map(() => 1);
  const curve: Point[] = [{ at: 0, share: 1, atRisk: trials.length }];
  let share = 1;
  for (let k = 1; k <= longest; k++) {
    let before = 0;
    let after = 0;
    let atRisk = 0;
    trials.forEach(({ rows }, i) => {
      const row = rows[k - 1];
      if (row === undefined) return;
      before += chances[i]!;
      chances[i]! *= row.expectedPassShare;
      after += chances[i]!;
      atRisk += 1;
    });
    share *= before === 0 ? 0 : after / before;
    curve.push({ at: k, share, atRisk });
  }
  return curve;
}

/** The curve up to `most`, with a point there. */
function upTo(curve: readonly Point[], most: number): Point[] {
  const kept = curve.filter(({ at }) => at <= most);
  const last = kept[kept.length - 1]!;
  return last.at < most ? [...kept, { ...last, at: most }] : kept;
}

/** Share of the providers that have failed no challenge after so many, against what F-13 expects of the same ones. */
export function detectionOf(reading: Reading): Detection {
  const claimed = trialsOf(reading.run.challenges.filter((row) => row.overClaimMil > 1_000));
  const honest = trialsOf(reading.run.challenges.filter((row) => row.overClaimMil === 1_000));
  const measuredCurve = (trials: readonly Trial[]): Point[] =>
    survivalOf(
      trials.map(({ rows, caughtAt }) => ({
        length: caughtAt === 0 ? rows.length : caughtAt,
        isEnded: caughtAt > 0,
      })),
    );
  const curves = [measuredCurve(claimed), expectedCurve(claimed), measuredCurve(honest)];
  const longest = claimed.reduce((most, { rows }) => Math.max(most, rows.length), 0);
  // As far as something can be seen: until both curves of those who claim too much are down.
  const down = curves
    .slice(0, 2)
    .map((curve) => curve.find(({ share }) => share < NEARLY_NONE)?.at ?? longest)
    .reduce((most, at) => Math.max(most, at), 0);
  const most = Math.min(longest, Math.max(LEAST_CHALLENGES, down));
  const rows = curves.flatMap((curve, i): Cell[][] =>
    (i < 2 ? claimed : honest).length === 0
      ? []
      : upTo(curve, most).map(({ at, share, atRisk }) => [at, DETECTION_SERIES[i]!, share, atRisk]),
  );
  const missChance = ({ rows: own }: Trial): number => own.reduce((chance, row) => chance * row.expectedPassShare, 1);
  return {
    data: table(
      {
        challenge_count: 'Challenges',
        series: 'Providers',
        unfailed_share: 'Share without a failed challenge',
        at_risk_count: 'Providers observed so long',
      },
      rows,
    ),
    providerCount: claimed.length,
    caughtCount: claimed.filter(({ caughtAt }) => caughtAt > 0).length,
    expectedCount: sumOf(claimed, (trial) => 1 - missChance(trial)),
    honestCount: honest.length,
    honestCaughtCount: honest.filter(({ caughtAt }) => caughtAt > 0).length,
  };
}
