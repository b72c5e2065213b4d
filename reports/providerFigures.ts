/** Figures about providers and challenges: tiers, survival, liveness, losses, and whether over-claiming is found. */
import * as charts from './charts.ts';
import {
  capital,
  type Figure,
  largestOf,
  largestStack,
  listed,
  type Made,
  noAgents,
  number,
  overEras,
  shareText,
} from './figure.ts';
import { formatCount, formatList, formatNumber, formatQuantity, formatShare } from './numbers.ts';
import { fallingCurves, flows, heatOverEras, heatWithTexts } from './providerCharts.ts';
import * as tables from './providerTables.ts';
import { type Reading, sumOf } from './reading.ts';
import { cellsOf, labelsOf, recordsOf, type Table } from './table.ts';

/** Whether a network has providers, and whether anybody was challenged in it. */
export const hasProviders = ({ run }: Reading): boolean =>
  run.providers.length > 0 || run.eras.some((row) => row.providerCount > 0);
export const hasChallenges = ({ run }: Reading): boolean => run.eras.some((row) => row.challengeCount > 0);

/** Colours of tiers 1 to 7. */
const TIER_COLOURS = ['--c2', '--c6', '--c0', '--c3', '--c8', '--c1', '--c4'].map((name) => `var(${name})`);

/** Mean tier of the active providers in an era; null if there are none. */
function meanTierOf(data: Table, era: number): number | null {
  const here = recordsOf(data).filter((row) => row.era === era);
  const count = sumOf(here, (row) => row.provider_count as number);
  return count === 0
    ? null
    : sumOf(here, (row) => (row.provider_count as number) * (tables.TIERS.indexOf(String(row.tier)) + 1)) / count;
}

export function tierFigure(reading: Reading): Made {
  const data = tables.tierTable(reading);
  const eras = [...new Set(cellsOf(data, 'era') as number[])];
  const known = eras.flatMap((era) => {
    const mean = meanTierOf(data, era);
    return mean === null ? [] : [mean];
  });
  if (known.length === 0) return 'Trust tiers: no provider was ever active.';
  const [first, last] = [known[0]!, known[known.length - 1]!];
  const { eras: rows } = reading.run;
  const [promoted, demoted] = [
    sumOf(rows, (row) => row.providerPromotedCount),
    sumOf(rows, (row) => row.providerDemotedCount),
  ];
  return {
    ...overEras(reading, data, { kind: 'bars', series: 'tier', value: 'provider_count', format: 'number' }),
    order: { key: 'tier', labels: tables.TIERS },
    id: 'tiers',
    title:
      Math.abs(first - last) < 0.05
        ? `The mean trust tier of providers stays at ${last.toFixed(1)}`
        : `The mean trust tier of providers ${last < first ? 'improves' : 'worsens'} from ${first.toFixed(1)} to ${last.toFixed(1)}`,
    summary: `Active providers by trust tier and era, 1 best: the stronger a cell, the more. In all there were ${formatQuantity(promoted, 'promotion')} and ${formatQuantity(demoted, 'demotion')}; ${formatQuantity(rows[rows.length - 1]!.providerCount, 'provider')} were active at the end.`,
    size: 'half',
    spec: heatOverEras({
      bins: reading.bins,
      row: 'tier',
      rows: tables.TIERS,
      value: 'provider_count',
      title: 'Providers',
      most: largestOf(cellsOf(data, 'provider_count')),
    }),
  };
}

export function flowFigure(reading: Reading): Made {
  if (reading.run.providers.length === 0) return `Moves between trust tiers: ${noAgents}.`;
  const data = tables.flowTable(reading);
  const rows = recordsOf(data);
  const eras = [...new Set(cellsOf(data, 'era') as number[])];
  const bands = rows.filter((row) => row.to_era !== null);
  const counted = (isMove: (from: number, to: number) => boolean): number =>
    sumOf(
      bands.filter((row) => isMove(tables.TIERS.indexOf(String(row.tier)), tables.TIERS.indexOf(String(row.to_tier)))),
      (row) => row.provider_count as number,
    );
  // Tier numbers fall as tiers improve; −1 is no tier.
  const better = counted((from, to) => from > -1 && to > -1 && to < from);
  const worse = counted((from, to) => from > -1 && to > -1 && to > from);
  const left = counted((from, to) => from > -1 && to === -1);
  const shown = [...labelsOf(data, 'tier')];
  const groups = [tables.NOT_ACTIVE, ...[...tables.TIERS].reverse()].filter((label) => shown.includes(label));
  const moves = bands
    .filter((row) => row.tier !== row.to_tier)
    .sort((a, b) => (b.provider_count as number) - (a.provider_count as number))
    .slice(0, 40);
  const listedRows = moves.length > 0 ? moves : rows.filter((row) => row.to_era === null).slice(0, 40);
  return {
    data,
    order: null,
    cursor: null,
    preview: {
      columns: ['From era', 'From', 'To era', 'To', 'Providers'].map((title) => ({ key: title, title })),
      rows: listedRows.map((row) => [row.era!, row.tier!, row.to_era ?? '–', row.to_tier ?? '–', row.provider_count!]),
    },
    previewNote:
      moves.length === 0 ? 'Nobody moved; the providers by tier.' : 'The largest moves; the CSV also has who stayed.',
    id: 'tier-flow',
    title: `Between the eras shown, providers rose ${formatQuantity(better, 'time')} and fell ${formatQuantity(worse, 'time')}`,
    summary: `Providers by trust tier at ${formatQuantity(eras.length, 'era')}, the best tier on top, and as bands who went from which tier to which between them${left === 0 ? '' : `; ${formatQuantity(left, 'time')} one became inactive`}. Bands have the colour of the tier that they come from; a stack that is taller than the bands that reach it has new providers in it.`,
    size: 'full',
    spec: flows({
      eras,
      groups: groups.map((label) => ({
        label,
        colour: TIER_COLOURS[tables.TIERS.indexOf(label)] ?? 'var(--c9)',
      })),
      title: 'Providers',
    }),
  };
}

/** Curves over a count have no cursor; their table shows every curve's last point. */
function lastPoints(
  data: Table,
  series: string,
  formats: Parameters<typeof listed>[1],
): Pick<Figure, 'preview' | 'previewNote'> {
  const lasts = labelsOf(data, series).map((label) => {
    const at = data.columns.findIndex(({ key }) => key === series);
    return data.rows.filter((row) => row[at] === label).at(-1)!;
  });
  const { preview } = listed({ columns: data.columns, rows: lasts }, formats);
  return { preview, previewNote: 'The last point of each curve; the CSV has all.' };
}

export function survivalFigure(reading: Reading): Made {
  const data = tables.survivalTable(reading);
  if (data.rows.length === 0)
    return `Survival of providers: ${reading.run.providers.length === 0 ? noAgents : 'no provider was ever active'}.`;
  const ends = labelsOf(data, 'strategy')
    .map((label) => {
      const own = recordsOf(data).filter((row) => row.strategy === label);
      return { label, share: own.at(-1)!.active_share as number, count: own[0]!.at_risk_count as number };
    })
    .sort((a, b) => b.share - a.share || (a.label < b.label ? -1 : 1));
  const [best, worst] = [ends[0]!, ends[ends.length - 1]!];
  return {
    ...listed(data, { active_share: 'share' }),
    ...lastPoints(data, 'strategy', { active_share: 'share' }),
    id: 'survival',
    title:
      best.share === worst.share
        ? `${best.share === 1 ? 'Every provider' : `${formatShare(best.share)} of the providers of every strategy`} stayed active`
        : `${formatShare(worst.share)} of ${worst.label} providers stayed active, ${formatShare(best.share)} of ${best.label}`,
    summary: `Share of the providers of each strategy that are still active so many eras after they began (Kaplan and Meier's estimate; a provider ends when it leaves, is suspended or falls short of collateral): ${formatList(ends.map(({ label, share, count }) => `${formatShare(share)} of ${formatCount(count)} for ${label}`))}.`,
    size: 'half',
    spec: fallingCurves({
      x: 'age_eras',
      xTitle: 'Eras since the provider became active',
      series: 'strategy',
      order: ends.map(({ label }) => label).slice(0, 10),
      value: 'active_share',
      title: 'Share still active',
      format: 'share',
    }),
  };
}

export function livenessFigure(reading: Reading): Made {
  const data = tables.livenessTable(reading);
  if (data.rows.length === 0)
    return `Liveness by tier and hardware: ${reading.run.providers.length === 0 ? noAgents : 'no provider was ever active'}.`;
  const cells = recordsOf(data).sort((a, b) => (b.liveness_tokens as number) - (a.liveness_tokens as number));
  const top = cells[0]!;
  const total = reading.tokens(sumOf(reading.run.eras, (row) => row.livenessUnits));
  return {
    ...listed(data, { liveness_tokens: 'number' }, 'hardware'),
    id: 'liveness',
    title:
      top.liveness_tokens === 0
        ? 'Nobody was paid for liveness'
        : `${capital(String(top.hardware))} in ${top.tier} earned most for being there: ${number(top.liveness_tokens)} tokens an era`,
    summary: `Liveness and bonus per provider and era, in tokens, by hardware class and trust tier, owner's and delegators' parts together. Over the run ${formatNumber(total)} tokens were paid. Classes without an active provider in a tier have no cell.`,
    size: 'half',
    spec: heatWithTexts({
      row: 'hardware',
      rowCount: labelsOf(data, 'hardware').length,
      column: 'tier',
      columns: tables.TIERS,
      value: 'liveness_tokens',
      most: largestOf(cellsOf(data, 'liveness_tokens')),
    }),
  };
}

export function lossFigure(reading: Reading): Made {
  const data = tables.lossTable(reading);
  const { eras } = reading.run;
  const [forfeited, slashed, pool] = [
    reading.tokens(sumOf(eras, (row) => row.forfeitUnits)),
    reading.tokens(sumOf(eras, (row) => row.providerSlashedUnits)),
    reading.tokens(sumOf(eras, (row) => row.slarkPoolUnits)),
  ];
  if (forfeited + slashed === 0) return 'Losses of providers: nothing was forfeited or slashed.';
  return {
    ...overEras(reading, data, { kind: 'bars', series: 'loss', value: 'loss_tokens', format: 'number' }),
    id: 'losses',
    title: `Providers forfeited ${formatNumber(forfeited)} tokens of liveness and lost ${formatNumber(slashed)} of collateral`,
    summary: `Per era: liveness that was not paid because an hour did not count, scaled to the pool with the liveness that was, and collateral that was slashed. With the fixed part of the pool, Slarks received ${formatNumber(pool)} tokens in ${formatQuantity(eras.length, 'era')}.`,
    size: 'half',
    spec: charts.stackedBars({
      bins: reading.bins,
      series: 'loss',
      order: labelsOf(data, 'loss'),
      value: 'loss_tokens',
      title: 'Loss (tokens per era)',
      format: charts.amountFormat(largestStack(data, 'loss_tokens')),
      colours: ['var(--c5)', 'var(--c4)'],
    }),
  };
}

export function challengeFigure(reading: Reading): Made {
  const data = tables.challengeTable(reading);
  const { eras } = reading.run;
  const total = (of: (row: (typeof eras)[number]) => number): number => sumOf(eras, of);
  const all = total((row) => row.challengeCount);
  const failed = total((row) => row.challengeFailedCount);
  const seats = total((row) => row.seatCount);
  const foundation = seats === 0 ? 0 : total((row) => row.foundationSeatCount) / seats;
  const missed = total((row) => row.coverageMissedCount);
  return {
    ...overEras(reading, data, { kind: 'bars', series: 'outcome', value: 'challenge_count', format: 'number' }),
    id: 'challenges',
    title: `Providers failed ${formatShare(all === 0 ? 0 : failed / all)} of ${formatQuantity(all, 'challenge')}`,
    summary: `Challenges per era by what the seats made of them; ${formatCount(total((row) => row.challengeInconclusiveCount))} had no majority. They were decided by ${formatQuantity(
      total((row) => row.certificateCount),
      'certificate',
    )}; the foundation's Slarks filled ${formatShare(foundation)} of the seats, and ${missed === 0 ? 'no provider went without a challenge for an era' : `${formatQuantity(missed, 'time')} a provider went without a challenge for an era`}.`,
    size: 'half',
    spec: charts.stackedBars({
      bins: reading.bins,
      series: 'outcome',
      order: labelsOf(data, 'outcome'),
      value: 'challenge_count',
      title: 'Challenges per era',
      format: charts.amountFormat(largestStack(data, 'challenge_count')),
      colours: ['var(--c0)', 'var(--c1)', 'var(--c9)'],
    }),
  };
}

export function detectionFigure(reading: Reading): Made {
  const { data, providerCount, caughtCount, expectedCount, honestCount, honestCaughtCount } =
    tables.detectionOf(reading);
  if (data.rows.length === 0) return `Detection of over-claiming: ${noAgents}.`;
  if (providerCount === 0) return 'Detection of over-claiming: no challenged provider had registered more than it has.';
  const order = tables.DETECTION_SERIES.filter((label) => labelsOf(data, 'series').includes(label));
  const honest =
    honestCount === 0
      ? ''
      : ` Of ${formatQuantity(honestCount, 'honest provider')}, ${formatCount(honestCaughtCount)} failed a challenge: by an outage, a late answer or seats that erred.`;
  return {
    ...listed(data, { unfailed_share: 'share' }),
    ...lastPoints(data, 'series', { unfailed_share: 'share' }),
    id: 'detection',
    title: `Challenges caught ${caughtCount} of ${formatQuantity(providerCount, 'provider')} that claimed too much; ${expectedCount.toFixed(1)} were to be expected`,
    summary: `Share of the providers that registered more than they have and have failed no challenge after so many. The dashed line is the closed form (F-13) for the same providers and challenges: what is drawn may ask for up to ${shareText(0.9)} of what is registered and free unless the scenario says otherwise, so a claim of up to 11.1 % too much is never seen.${honest}`,
    size: 'half',
    spec: fallingCurves({
      x: 'challenge_count',
      xTitle: 'Decided challenges of a provider',
      series: 'series',
      order,
      value: 'unfailed_share',
      title: 'Share without a failed challenge',
      format: 'share',
      colours: ['var(--c1)', 'var(--ink)', 'var(--c0)'].slice(0, order.length),
    }),
  };
}
