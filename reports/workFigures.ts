/** Figures about measured work: what was really served against what was declared and paid, who was found out, what was executed. */
import * as charts from './charts.ts';
import { type Figure, largestOf, listed, type Made, noAgents, shareText } from './figure.ts';
import { formatCount, formatList, formatNumber, formatQuantity, formatShare } from './numbers.ts';
import { groupBy, type Reading, sumOf } from './reading.ts';
import { concordanceOf } from './statistics.ts';
import { labelsOf, recordsOf, type TableRecord } from './table.ts';
import { distanceBands, lyingStacks, modelPanels, rewardScatter, shareIntervals, stands } from './workCharts.ts';
import * as tables from './workTables.ts';

const COLOUR_OF: Readonly<Record<string, string>> = {
  [tables.CONDUCTS.honest]: 'var(--c0)',
  [tables.CONDUCTS.substitute]: 'var(--c1)',
  [tables.CONDUCTS.copied]: 'var(--c3)',
  [tables.CONDUCTS.unopened]: 'var(--c9)',
};

/** Conducts that occur, in the order of their colours. */
function conductsOf(groups: readonly tables.AuditGroup[]): string[] {
  return Object.values(tables.CONDUCTS).filter((name) =>
    groups.some(({ conduct }) => tables.CONDUCTS[conduct] === name),
  );
}

/** Why a figure about audits is not there. */
function noAudits(reading: Reading): string {
  return reading.run.agents.length === 0 ? noAgents : 'no audit was decided in this run';
}

const inOrder = (key: string, labels: readonly string[]): Pick<Figure, 'order'> => ({ order: { key, labels } });

export function detectedFigure(reading: Reading): Made {
  const groups = tables.auditGroups(reading);
  if (groups.length === 0) return `Detection by what was served: ${noAudits(reading)}.`;
  const data = tables.detectionTable(groups);
  const order = conductsOf(groups);
  const of = (conduct: tables.Conduct): TableRecord[] =>
    recordsOf(data).filter((row) => row.conduct === tables.CONDUCTS[conduct]);
  const count = (rows: readonly TableRecord[], key: string): number => sumOf(rows, (row) => row[key] as number);
  const [honest, others] = [of('honest'), [...of('substitute'), ...of('copied')]];
  const [caught, cheats] = [count(others, 'rejected_count'), count(others, 'audit_count')];
  const [wronged, right] = [count(honest, 'rejected_count'), count(honest, 'audit_count')];
  const unopened = of('unopened');
  const title =
    cheats === 0
      ? `Audits rejected ${formatCount(wronged)} of ${formatQuantity(right, 'honest answer')}; nobody served anything else`
      : `Audits rejected ${formatCount(caught)} of ${formatQuantity(cheats, 'answer')} that ${cheats === 1 ? 'was' : 'were'} not what was declared, and ${formatCount(wronged)} of ${formatQuantity(right, 'honest one')}`;
  const each = of('substitute').map((row) => `${row.served} ${row.rejected_count} of ${row.audit_count}`);
  return {
    ...listed(data, { rejected_share: 'share', low_share: 'share', high_share: 'share' }),
    ...inOrder('served', labelsOf(data, 'served')),
    id: 'audit-detection',
    title,
    summary: `Share of audited answers that validators rejected, by what was really served, which only the simulator knows; lines are Wilson’s 95 % intervals of the audits in this one run.${each.length === 0 ? '' : ` In the place of another variant: ${formatList(each)}.`}${unopened.length === 0 ? '' : ` ${formatQuantity(count(unopened, 'audit_count'), 'commitment was', 'commitments were')} never opened.`}`,
    size: 'half',
    spec: shareIntervals({
      count: groups.length,
      group: 'served',
      series: 'conduct',
      order,
      colours: order.map((name) => COLOUR_OF[name]!),
      value: 'rejected_share',
      band: ['low_share', 'high_share'],
      title: 'Rejected share of audited answers',
      apart: false,
      total: 'audit_count',
    }),
  };
}

export function distanceFigure(reading: Reading): Made {
  const groups = tables.auditGroups(reading);
  const compared = groups.filter(({ rows }) => rows.some(({ distancePpb }) => distancePpb >= 0));
  if (compared.length === 0)
    return `Distance of sketches: ${groups.length === 0 ? noAudits(reading) : 'no sketches were compared'}.`;
  const data = tables.distanceTable(compared);
  const order = conductsOf(compared);
  const bands = tables.bandsOf(reading);
  const distances = (isHonest: boolean): number[] =>
    compared
      .filter(({ conduct }) => (conduct === 'honest') === isHonest)
      .flatMap(({ rows }) => rows.flatMap(({ distancePpb }) => (distancePpb >= 0 ? [distancePpb] : [])));
  const [honest, others] = [distances(true), distances(false)];
  const farthest = honest.reduce((most, ppb) => Math.max(most, ppb), 0);
  const nearest = others.reduce((least, ppb) => Math.min(least, ppb), Number.POSITIVE_INFINITY);
  const secondLooks = reading.run.audits.filter(({ isSecondLook }) => isSecondLook === 1).length;
  const gap =
    honest.length === 0 || others.length === 0
      ? 'Sketches of audited answers lie this far from an execution of what was declared'
      : nearest <= farthest
        ? 'Distances of honest answers and others overlap'
        : farthest === 0
          ? `Honest sketches are equal to the last bit; the nearest other lies ${formatNumber(nearest)} ppb away`
          : `The nearest sketch of something else lies ${formatNumber(nearest / farthest)} times as far away as the farthest honest one`;
  const limits = bands.map(
    ({ acceptPpb, rejectPpb }) =>
      `up to ${formatNumber(acceptPpb)} ppb accepted, beyond ${formatNumber(rejectPpb)} rejected`,
  );
  return {
    ...listed(data, { group_share: 'share' }),
    ...inOrder('served', labelsOf(data, 'served')),
    id: 'audit-distance',
    title: gap,
    summary: `How far the sketch handed in lies from that of an execution of the declared variant, relative to its length, in bins of 1, 2 and 5 of each decade; the stronger a cell, the more of those served so lie there. Dashed lines are the bands: ${formatList(limits)}; between them (shaded) ${secondLooks === 0 ? 'nothing was looked at again' : `${formatQuantity(secondLooks, 'sketch was', 'sketches were')} looked at again with more projections`}.${honest.length === 0 ? '' : ` Honest: ${farthest === 0 ? 'equal to the last bit' : `at most ${formatNumber(farthest)} ppb`} in ${formatQuantity(honest.length, 'comparison')}.`}`,
    size: 'half',
    spec: distanceBands({
      count: compared.length,
      order,
      colours: order.map((name) => COLOUR_OF[name]!),
      bands,
    }),
  };
}

export function textFigure(reading: Reading): Made {
  const groups = tables.auditGroups(reading);
  if (groups.length === 0) return `What text alone would have caught: ${noAudits(reading)}.`;
  const data = tables.textTable(groups);
  if (data.rows.length === 0)
    return 'What text alone would have caught: everything that was audited was as declared, or nothing of it was known.';
  const by = (check: (typeof tables.CHECKS)[number]): TableRecord[] =>
    recordsOf(data).filter((row) => row.check === check);
  const [run, text] = [by(tables.CHECKS[0]), by(tables.CHECKS[1])];
  const total = sumOf(text, (row) => row.audit_count as number);
  const [caught, byText] = [run, text].map((rows) => sumOf(rows, (row) => row.caught_count as number));
  const variants = text.filter(({ served }) => served !== tables.CONDUCTS.copied);
  const hardest = variants.sort((a, b) => (a.caught_share as number) - (b.caught_share as number))[0];
  const hardestText =
    hardest === undefined
      ? ''
      : ` Of variants, the text gives ${hardest.served} away least: ${hardest.caught_count} of ${hardest.audit_count}.`;
  return {
    ...listed(data, { caught_share: 'share', low_share: 'share', high_share: 'share' }),
    ...inOrder('served', labelsOf(data, 'served')),
    id: 'audit-text',
    title: `The text alone would have given away ${formatShare(byText! / total)} of what was not as declared; audits caught ${formatShare(caught! / total)}`,
    summary: `The same audits judged twice: by the verdict of this run, and by whether the decoded text differs from what the declared variant reads.${hardestText} Lines are Wilson’s 95 % intervals.`,
    size: 'half',
    spec: shareIntervals({
      count: labelsOf(data, 'served').length,
      group: 'served',
      series: 'check',
      order: tables.CHECKS,
      colours: ['var(--c1)', 'var(--c6)'],
      value: 'caught_share',
      band: ['low_share', 'high_share'],
      title: 'Caught share of audited answers',
      apart: true,
      total: 'audit_count',
    }),
  };
}

/** 'Better work earned more in 81 % of pairs of miners'. */
function pairText(points: readonly { readonly x: number; readonly y: number }[], who: string, what: string): string {
  const { share, pairCount } = concordanceOf(points);
  return pairCount === 0
    ? `All ${who} did equally good work or ${what} the same`
    : `Better work ${what} more in ${formatShare(share)} of pairs of ${who}`;
}

export function rewardFigure(reading: Reading): Made {
  const data = tables.minerTable(reading);
  if (data.rows.length === 0)
    return `True quality against reward of miners: ${reading.run.agents.length === 0 ? noAgents : 'no answer of a known quality was served'}.`;
  const records = recordsOf(data);
  const order = labelsOf(data, 'strategy');
  const means = order.map((strategy) => {
    const own = records.filter((row) => row.strategy === strategy);
    const mean = (key: string): number => sumOf(own, (row) => row[key] as number) / own.length;
    return `${strategy} ${formatShare(mean('true_quality_share'))} and ${formatNumber(mean('reward_tokens'))}`;
  });
  return {
    ...listed(data, { true_quality_share: 'share', reward_tokens: 'number' }),
    id: 'work-reward',
    title: pairText(
      records.map((row) => ({ x: row.true_quality_share as number, y: row.reward_tokens as number })),
      'miners',
      'earned',
    ),
    summary: `Each of ${formatQuantity(records.length, 'miner')}: mean measured quality of the answers that consumers really got from it, against its PoWR rewards over the run, all its nodes together; larger points served more. Quality is the share of a line read rightly, measured against the text that the image was made of. Means by strategy, quality and tokens: ${formatList(means)}.`,
    size: 'half',
    spec: rewardScatter(order),
  };
}

export function modelWorthFigure(reading: Reading): Made {
  const data = tables.modelTable(reading);
  const panels = tables.MODEL_MEASURES.filter((measure) => labelsOf(data, 'measure').includes(measure));
  const records = recordsOf(data);
  const of = (measure: string): { x: number; y: number }[] =>
    records
      .filter((row) => row.measure === measure)
      .map((row) => ({ x: row.true_quality_share as number, y: row.value as number }));
  const income = of(tables.INCOME);
  if (income.length < 2) return 'True quality of models: fewer than two models gave an answer of a known quality.';
  const agreement = panels.flatMap((measure) => {
    const { share, pairCount } = concordanceOf(of(measure));
    return pairCount === 0 ? [] : [`${measure} ${formatShare(share)} of ${formatQuantity(pairCount, 'pair')}`];
  });
  const gapOf = (row: TableRecord): number => (row.value as number) - (row.true_quality_share as number);
  const widest = records.filter((row) => row.measure === tables.AT_VALIDATION).sort((a, b) => gapOf(b) - gapOf(a))[0];
  const gapText =
    widest === undefined || gapOf(widest) <= 0
      ? ''
      : ` The widest gap is that of ${widest.model} (${widest.strategy}): validators measured ${shareText(widest.value)}, and consumers got ${shareText(widest.true_quality_share)}, from whatever miners ran in its name.`;
  return {
    ...listed(data, { true_quality_share: 'share', value: 'number' }),
    ...inOrder('measure', panels),
    id: 'work-models',
    title: pairText(income, 'models', 'earned'),
    summary: `Each of ${formatQuantity(income.length, 'model')}: mean measured quality of the answers that its consumers really got, against what validators measured when they last checked it (there: answers of that version alone), what it brought its creator over the run and, for those that are live at the end, how it stands there. How often the better model of two is also ahead (chance would give 50 %): ${formatList(agreement)}.${gapText}`,
    size: 'full',
    spec: modelPanels({ order: labelsOf(data, 'strategy'), panels }),
  };
}

export function standFigure(reading: Reading): Made {
  const data = tables.standTable(reading);
  if (data.rows.length === 0) return 'Models over the eras: there is no model.';
  const { publicCount, heldOutCount, rotateEras } = tables.setsOf(reading);
  const models = [...groupBy(recordsOf(data), (row) => String(row.model)).values()];
  const never = models.filter((rows) => rows.every((row) => row.stand !== 'live'));
  const order = tables.STANDS.filter((stand) => labelsOf(data, 'stand').includes(stand));
  const lastEra = reading.lastEra;
  const marks =
    rotateEras === 0 || publicCount === 0
      ? []
      : Array.from({ length: Math.floor(lastEra / rotateEras) }, (_, i) => (i + 1) * rotateEras);
  const sets =
    publicCount === 0
      ? 'Models are validated on samples of the whole pool.'
      : rotateEras === 0
        ? `Models are validated on the ${formatQuantity(publicCount, 'public sample')}, which creators have too; the set never rotates.`
        : `Models are validated on ${formatQuantity(heldOutCount, 'held-out sample')}, drawn anew every ${formatQuantity(rotateEras, 'era')} (dashed lines: ${formatQuantity(marks.length, 'rotation')}); ${formatQuantity(publicCount, 'other is', 'others are')} public.`;
  const strategies = [...new Set(never.map((rows) => String(rows[0]!.strategy)))];
  const all = new Set(reading.run.models.map(({ model }) => model)).size;
  return {
    ...listed(data, {}),
    ...inOrder('model', labelsOf(data, 'model')),
    id: 'model-stands',
    title:
      never.length === 0
        ? `Every model shown was live at some time (${formatQuantity(models.length, 'model')})`
        : `${never.length} of ${formatQuantity(models.length, 'model')} never went live (${formatList(strategies)})`,
    summary: `Where each ${models.length < all ? `of the ${models.length} most used models of ${formatCount(all)}` : 'model'} stood at the end of each era. ${sets}`,
    size: 'half',
    spec: stands({
      bins: reading.bins,
      count: models.length,
      order,
      colours: order.map(
        (stand) => ({ live: 'var(--c2)', 'on its way': 'var(--c6)', rejected: 'var(--c1)', gone: 'var(--c9)' })[stand],
      ),
      marks,
    }),
  };
}

export function executionFigure(reading: Reading): Made {
  const { inference } = reading.run.manifest;
  const data = tables.executionTable(reading);
  if (data.rows.length === 0) return 'Executed answers by variant: no inference was needed.';
  const total = inference.executedCount + inference.replayedCount;
  const largest = largestOf(
    Object.values(inference.byVariant).map(({ executedCount, replayedCount }) => executedCount + replayedCount),
  );
  return {
    ...listed(data, {}),
    ...inOrder('variant', labelsOf(data, 'variant')),
    id: 'executions',
    title: `${formatShare(total === 0 ? 0 : inference.executedCount / total)} of ${formatQuantity(total, 'answer')} were executed in this run`,
    summary: `Answers of models by variant: executed in this run, or taken from an earlier execution of the same weights on the same input. ${formatQuantity(inference.comparedCount, 'comparison')} of sketches took ${formatQuantity(inference.sketchedCount, 'further execution')}. Miners ran on ${inference.device}; validators on ${inference.validatorDevice}.`,
    size: 'half',
    spec: lyingStacks({
      count: labelsOf(data, 'variant').length,
      name: 'variant',
      part: 'how',
      order: tables.EXECUTIONS,
      colours: ['var(--c0)', 'var(--c9)'],
      value: 'answer_count',
      title: 'Answers',
      format: charts.amountFormat(largest),
    }),
  };
}
