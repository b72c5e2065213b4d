/**
 * From audits, models and agents to the tables behind the figures about measured work: what was really served against what
 * was declared, paid and seen. Shares are fractions of 1 with Wilson's interval of 95 %, distances ppb, amounts tokens.
 */
import type { AuditRow, ModelRow } from '../sim/engine/trace.ts';
import { modelName } from './metrics.ts';
import { fraction, groupBy, type Reading, sumOf } from './reading.ts';
import { quantileOf, wilsonOf } from './statistics.ts';
import { type Cell, type Table, table } from './table.ts';

const BPS = 10_000;

/** What a miner did, as figures name it, in the order of their colours. */
export const CONDUCTS = {
  honest: 'as declared',
  substitute: 'another variant',
  copied: 'copied sketch',
  absent: 'never shown',
  unopened: 'no execution',
} as const;
export type Conduct = keyof typeof CONDUCTS;

export type AuditGroup = {
  readonly label: string;
  readonly conduct: Conduct;
  readonly rows: readonly AuditRow[];
};

/** Median distance of the audits that were compared; last where none was. */
function medianPpb(rows: readonly AuditRow[]): number {
  const known = rows.filter(({ distancePpb }) => distancePpb >= 0).map(({ distancePpb }) => distancePpb);
  return known.length === 0 ? Number.POSITIVE_INFINITY : quantileOf(known, 0.5);
}

/** Audits by what the miner did: honest ones first, then each variant in the place of another, the closest first. */
export function auditGroups({ run }: Reading): AuditGroup[] {
  const of = (conduct: Conduct): readonly AuditRow[] => run.audits.filter((row) => row.conduct === conduct);
  const whole = (conduct: Exclude<Conduct, 'substitute'>): AuditGroup[] => {
    const rows = of(conduct);
    return rows.length === 0 ? [] : [{ label: CONDUCTS[conduct], conduct, rows }];
  };
  const substitutes = [...groupBy(of('substitute'), ({ served }) => served)]
    .map(([label, rows]): AuditGroup => ({ label, conduct: 'substitute', rows }))
    .sort((a, b) => medianPpb(a.rows) - medianPpb(b.rows) || (a.label < b.label ? -1 : 1));
  return [...whole('honest'), ...substitutes, ...whole('copied'), ...whole('absent'), ...whole('unopened')];
}

const counted = (rows: readonly AuditRow[], holds: (row: AuditRow) => boolean): number => rows.filter(holds).length;
export const isRejected = ({ outcome }: AuditRow): boolean => outcome === 'failed';

/** Whether a miner served what was paid for, whether it was there to show it or not. */
export const isHonest = ({ conduct, declared, served }: AuditRow): boolean =>
  conduct === 'honest' || (conduct === 'absent' && served === declared);

/** What a variant was made from: recipes are named after their model (`en-fp16`, of `en`); a model is made from nothing. */
export const madeFrom = (variant: string): string => variant.slice(0, Math.max(0, variant.indexOf('-')));

/** Audits of each declared variant by what was served and shown in its place, with the nearest and the farthest distance. */
export function pairTable({ run }: Reading): Table {
  const shown = run.audits.filter(({ conduct }) => conduct === 'honest' || conduct === 'substitute');
  const count = new Map<string, number>();
  for (const { declared } of shown) count.set(declared, (count.get(declared) ?? 0) + 1);
  const pairs = [...groupBy(shown, ({ declared, served }) => `${declared} ${served}`).values()].map((rows) => {
    const known = rows.map(({ distancePpb }) => distancePpb).filter((ppb) => ppb >= 0);
    const { declared, served } = rows[0]!;
    const [nearest, farthest] = known.length === 0 ? [null, null] : [quantileOf(known, 0), quantileOf(known, 1)];
    return { declared, served, rows, nearest, farthest };
  });
  // What was audited most often first; in it, what was declared, then the nearest of the others.
  const order = [...count.keys()].sort((a, b) => count.get(b)! - count.get(a)! || (a < b ? -1 : 1));
  pairs.sort(
    (a, b) =>
      order.indexOf(a.declared) - order.indexOf(b.declared) ||
      Number(b.served === b.declared) - Number(a.served === a.declared) ||
      (a.nearest ?? Number.POSITIVE_INFINITY) - (b.nearest ?? Number.POSITIVE_INFINITY) ||
      (a.served < b.served ? -1 : 1),
  );
  return table(
    {
      declared: 'Declared',
      served: 'Really served',
      audit_count: 'Audited',
      rejected_count: 'Rejected',
      nearest_ppb: 'Nearest distance (ppb)',
      farthest_ppb: 'Farthest distance (ppb)',
    },
    pairs.map(({ declared, served, rows, nearest, farthest }): Cell[] => [
      declared,
      served,
      rows.length,
      counted(rows, isRejected),
      nearest,
      farthest,
    ]),
  );
}

/** Rejected share of the audits of each group. */
export function detectionTable(groups: readonly AuditGroup[]): Table {
  return table(
    {
      served: 'Really served',
      conduct: 'Served was',
      audit_count: 'Audited',
      rejected_count: 'Rejected',
      rejected_share: 'Rejected share',
      low_share: '95 % from',
      high_share: '95 % to',
    },
    groups.map(({ label, conduct, rows }): Cell[] => {
      const rejected = counted(rows, isRejected);
      const { low, high } = wilsonOf(rejected, rows.length)!;
      return [label, CONDUCTS[conduct], rows.length, rejected, rejected / rows.length, low, high];
    }),
  );
}

export const CHECKS = ['this run’s audits', 'text alone'] as const;

/** Of what was not as declared: the share that the run’s audits rejected, and the share whose text gave it away. */
export function textTable(groups: readonly AuditGroup[]): Table {
  const rows = groups
    .filter(({ conduct }) => conduct === 'substitute' || conduct === 'copied')
    .flatMap(({ label, rows: all }): Cell[][] => {
      const known = all.filter(({ isSameText }) => isSameText >= 0);
      if (known.length === 0) return [];
      return CHECKS.map((check, i) => {
        const caught = counted(known, i === 0 ? isRejected : ({ isSameText }) => isSameText === 0);
        const { low, high } = wilsonOf(caught, known.length)!;
        return [label, check, known.length, caught, caught / known.length, low, high];
      });
    });
  return table(
    {
      served: 'Really served',
      check: 'What is compared',
      audit_count: 'Audited',
      caught_count: 'Caught',
      caught_share: 'Caught share',
      low_share: '95 % from',
      high_share: '95 % to',
    },
    rows,
  );
}

/** Bins of a distance: equal numbers, then 1, 2 and 5 of each decade up to 5 · 10⁹. */
const EDGES: readonly number[] = [
  0,
  ...Array.from({ length: 10 }, (_, decade) => [1, 2, 5].map((first) => first * Number(`1e${decade}`))).flat(),
];

/** How many audits of each group lie how far apart; those without a comparison are not among them. */
export function distanceTable(groups: readonly AuditGroup[]): Table {
  const rows = groups.flatMap(({ label, conduct, rows: all }): Cell[][] => {
    const known = all.filter(({ distancePpb }) => distancePpb >= 0);
    return EDGES.flatMap((from, i): Cell[][] => {
      const to = EDGES[i + 1] ?? 10_000_000_000;
      const count = counted(known, ({ distancePpb }) => distancePpb >= from && distancePpb < to);
      return count === 0 ? [] : [[label, CONDUCTS[conduct], from, to, count, count / known.length]];
    });
  });
  return table(
    {
      served: 'Really served',
      conduct: 'Served was',
      from_ppb: 'Distance from (ppb)',
      to_ppb: 'to below (ppb)',
      audit_count: 'Audits',
      group_share: 'Share of those served so',
    },
    rows,
  );
}

/** The bands that audits were held against: one pair for each precision class that was audited. */
export function bandsOf({ run }: Reading): { readonly acceptPpb: number; readonly rejectPpb: number }[] {
  const pairs = new Map(
    run.audits.map(({ acceptPpb, rejectPpb }) => [`${acceptPpb} ${rejectPpb}`, { acceptPpb, rejectPpb }]),
  );
  return [...pairs.values()].sort((a, b) => a.acceptPpb - b.acceptPpb);
}

type Served = { readonly servedQualityBps: number; readonly servedCount: number };

/** Mean quality of what was served, each era by its served requests; null if nothing was. */
function trueQualityOf(rows: readonly Served[]): number | null {
  const known = rows.filter(({ servedQualityBps, servedCount }) => servedQualityBps >= 0 && servedCount > 0);
  const count = sumOf(known, (row) => row.servedCount);
  return count === 0 ? null : sumOf(known, (row) => row.servedQualityBps * row.servedCount) / count / BPS;
}

/** Points of a scatter, at most: the busiest. */
const MOST_POINTS = 300;

/** What audits found a miner to serve, the most frequent first. */
function foundWith(audits: readonly AuditRow[]): string {
  const counts = [
    ...groupBy(audits, ({ conduct, served }) =>
      conduct === 'absent' || conduct === 'unopened' ? CONDUCTS[conduct] : served,
    ),
  ]
    .map(([label, rows]) => ({ label, count: rows.length }))
    .sort((a, b) => b.count - a.count || (a.label < b.label ? -1 : 1));
  return counts.map(({ label, count }) => `${label} ${count}`).join(', ');
}

/** True quality of what each miner served against its share of the PoWR pool. */
export function minerTable(reading: Reading): Table {
  const audits = groupBy(reading.run.audits, ({ account }) => String(account));
  const miners = [
    ...groupBy(
      reading.run.agents.filter(({ role }) => role === 'miner'),
      ({ account }) => String(account),
    ),
  ].flatMap(([account, rows]) => {
    const quality = trueQualityOf(rows);
    const { name, strategy, intent } = rows[0]!;
    const servedCount = sumOf(rows, (row) => row.servedCount);
    const rewardTokens = reading.tokens(sumOf(rows, (row) => row.rewardUnits));
    const found = foundWith(audits.get(account) ?? []);
    return quality === null ? [] : [{ name, strategy, intent, quality, rewardTokens, servedCount, found }];
  });
  const order = reading.groups.map(({ label }) => label);
  const busiest = miners
    .sort((a, b) => b.servedCount - a.servedCount || (a.name < b.name ? -1 : 1))
    .slice(0, MOST_POINTS);
  busiest.sort((a, b) => order.indexOf(a.strategy) - order.indexOf(b.strategy));
  return table(
    {
      miner: 'Miner',
      strategy: 'Strategy',
      intent: 'Intent',
      true_quality_share: 'True quality of what it served',
      reward_tokens: 'PoWR reward (tokens in the run)',
      served_count: 'Requests served',
      found: 'Found by audits',
    },
    busiest.map((row) => [
      row.name,
      row.strategy,
      row.intent,
      row.quality,
      row.rewardTokens,
      row.servedCount,
      row.found === '' ? null : row.found,
    ]),
  );
}

/** What true quality is held against, in the order of the panels. */
export const MODEL_MEASURES = [
  'quality at its last validation',
  'creator’s income (tokens)',
  'market rank at the end',
  'mean rating at the end',
] as const;
export const [AT_VALIDATION, INCOME] = MODEL_MEASURES;

/** True quality of the answers of each model against what it brought and how it stands; long: a row per model and measure. */
export function modelTable(reading: Reading): Table {
  const models = [...groupBy(reading.run.models, ({ model }) => String(model)).values()]
    .flatMap((rows) => {
      const quality = trueQualityOf(rows);
      const last = rows[rows.length - 1]!;
      const servedCount = sumOf(rows, (row) => row.servedCount);
      return quality === null ? [] : [{ rows, last, quality, servedCount }];
    })
    .sort((a, b) => b.servedCount - a.servedCount || a.last.model - b.last.model)
    .slice(0, MOST_POINTS)
    .sort((a, b) => (a.last.strategy < b.last.strategy ? -1 : a.last.strategy > b.last.strategy ? 1 : 0));
  const cells = models.flatMap(({ rows, last, quality, servedCount }): Cell[][] => {
    const isLive = last.state === 'live';
    // What was validated last is the last version: the answers of earlier ones say nothing of it.
    const sinceQuality = trueQualityOf(rows.filter(({ versionNumber }) => versionNumber === last.versionNumber));
    const values = [
      last.validatedQualityBps < 0 || sinceQuality === null ? null : last.validatedQualityBps / BPS,
      reading.tokens(sumOf(rows, (row) => row.incomeUnits)),
      isLive ? fraction(last.rankFp) : null,
      isLive && last.ratingTenths >= 0 ? last.ratingTenths / 10 : null,
    ];
    return values.flatMap((value, i) =>
      value === null
        ? []
        : [
            [
              modelName(last),
              last.strategy,
              last.variant,
              i === 0 ? sinceQuality : quality,
              servedCount,
              MODEL_MEASURES[i]!,
              value,
            ],
          ],
    );
  });
  return table(
    {
      model: 'Model',
      strategy: 'Strategy of its creator',
      variant: 'Variant on the ledger',
      true_quality_share: 'True quality of its answers',
      served_count: 'Requests served',
      measure: 'Against',
      value: 'Value',
    },
    cells,
  );
}

/** States of models as the figure puts them together. */
export const STANDS = ['live', 'on its way', 'rejected', 'gone'] as const;

function standOf({ state }: ModelRow): (typeof STANDS)[number] {
  if (state === 'live') return 'live';
  if (state === 'removed') return 'gone';
  return state.endsWith('Rejected') || state === 'testFailed' ? 'rejected' : 'on its way';
}

/** Models whose course is drawn, at most. */
const MOST_MODELS = 24;

/** Where each model stood over the eras, in stretches of the same stand; the most used models first. */
export function standTable(reading: Reading): Table {
  const all = [...groupBy(reading.run.models, ({ model }) => String(model)).values()];
  const shown = all
    .sort(
      (a, b) => sumOf(b, (row) => row.servedCount) - sumOf(a, (row) => row.servedCount) || a[0]!.model - b[0]!.model,
    )
    .slice(0, MOST_MODELS);
  const rows = shown.flatMap((own): Cell[][] => {
    const stretches: { from: number; to: number; stand: string; variant: string }[] = [];
    for (const row of own) {
      const stand = standOf(row);
      const last = stretches[stretches.length - 1];
      if (last !== undefined && last.stand === stand) {
        last.to = row.era;
        last.variant = row.variant;
      } else stretches.push({ from: row.era, to: row.era, stand, variant: row.variant });
    }
    const { strategy } = own[0]!;
    const label = `${modelName(own[0]!)} · ${strategy}`;
    return stretches.map(({ from, to, stand, variant }) => [label, strategy, from, to, stand, variant]);
  });
  return table(
    {
      model: 'Model',
      strategy: 'Strategy of its creator',
      from_era: 'From era',
      to_era: 'To era',
      stand: 'Stand',
      variant: 'Variant at the end of it',
    },
    rows,
  );
}

/** Whether validators executed where miners did, as the manifest names both: then equal weights give equal numbers. */
export function isSameDevice({ run }: Reading): boolean {
  const { device, validatorDevice } = run.manifest.inference;
  const placeOf = (text: string): string => text.split(/, | \(/)[0]!;
  return placeOf(device) === placeOf(validatorDevice);
}

export const EXECUTIONS = ['executed', 'from stored measurements'] as const;

/** Answers by variant, executed in this run or taken from an earlier execution; the most frequent first. */
export function executionTable({ run }: Reading): Table {
  const variants = Object.entries(run.manifest.inference.byVariant)
    .filter(([, { executedCount, replayedCount }]) => executedCount + replayedCount > 0)
    .sort(
      ([a, x], [b, y]) => y.executedCount + y.replayedCount - x.executedCount - x.replayedCount || (a < b ? -1 : 1),
    );
  return table(
    { variant: 'Variant', how: 'How', answer_count: 'Answers' },
    variants.flatMap(([name, { executedCount, replayedCount }]): Cell[][] => [
      [name, EXECUTIONS[0], executedCount],
      [name, EXECUTIONS[1], replayedCount],
    ]),
  );
}
