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
const GPUS = ['Entry', 'Low', 'Medium', 'High', 'Ultra'].flatMap((name) => [`${name} 1`, `${name} 2`]);
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

/** A provider's decided challenges up to its first failure. */
type Trial = { readonly rows: readonly ChallengeRow[]; readonly isCaught: boolean };

function trialsOf(challenges: readonly ChallengeRow[]): Trial[] {
  const decided = challenges.filter(({ outcome }) => outcome === 'passed' || outcome === 'failed');
  return [...groupBy(decided, (row) => String(row.provider)).values()].map((own) => {
    const first = own.findIndex(({ outcome }) => outcome === 'failed');
    return { rows: first === -1 ? own : own.slice(0, first + 1), isCaught: first !== -1 };
  });
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

/** Share of the providers that have failed no challenge after so many, against what F-13 expects of the same ones. */
export function detectionOf(reading: Reading): Detection {
  const claimed = trialsOf(reading.run.challenges.filter((row) => row.overClaimMil > 1_000));
  const honest = trialsOf(reading.run.challenges.filter((row) => row.overClaimMil === 1_000));
  const [MEASURED, EXPECTED, HONEST] = DETECTION_SERIES;
  const longest = (trials: readonly Trial[]): number =>
    trials.reduce((most, { rows }) => Math.max(most, rows.length), 0);
  const measured = (label: string, trials: readonly Trial[]): Cell[][] => {
    if (trials.length === 0) return [];
    const curve = survivalOf(trials.map(({ rows, isCaught }) => ({ length: rows.length, isEnded: isCaught })));
    const last = curve[curve.length - 1]!;
    const most = longest(trials);
    const atEnd = { at: most, share: last.share, atRisk: trials.filter(({ rows }) => rows.length >= most).length };
    return (last.at < most ? [...curve, atEnd] : curve).map(({ at, share, atRisk }) => [at, label, share, atRisk]);
  };
  let share = 1;
  let expectedCount = 0;
  const expected: Cell[][] = claimed.length === 0 ? [] : [[0, EXPECTED, 1, claimed.length]];
  for (let k = 1; k <= longest(claimed); k++) {
    const here = claimed.flatMap(({ rows }) => (rows.length >= k ? [rows[k - 1]!.expectedPassShare] : []));
    const passing = sumOf(here, (pass) => pass);
    expectedCount += here.length - passing;
    share *= passing / here.length;
    expected.push([k, EXPECTED, share, here.length]);
  }
  return {
    data: table(
      {
        challenge_count: 'Challenges',
        series: 'Providers',
        unfailed_share: 'Share without a failed challenge',
        at_risk_count: 'Providers observed so long',
      },
      [...measured(MEASURED, claimed), ...expected, ...measured(HONEST, honest)],
    ),
    providerCount: claimed.length,
    caughtCount: claimed.filter(({ isCaught }) => isCaught).length,
    expectedCount,
    honestCount: honest.length,
    honestCaughtCount: honest.filter(({ isCaught }) => isCaught).length,
  };
}
