/** Figures about measured work: what was really served against what was declared and paid, who was found out, what was executed. */
import type { AuditRow } from '../sim/engine/trace.ts';
import * as charts from './charts.ts';
import { type Figure, largestOf, listed, type Made, noAgents, number, shareText } from './figure.ts';
import { formatCount, formatList, formatNumber, formatQuantity, formatShare } from './numbers.ts';
import { groupBy, type Reading, sumOf } from './reading.ts';
import { concordanceOf } from './statistics.ts';
import { labelsOf, recordsOf, type TableRecord } from './table.ts';
import {
  distanceBands,
  lyingStacks,
  modelPanels,
  pairMatrix,
  rewardScatter,
  shareIntervals,
  stands,
} from './workCharts.ts';
import * as tables from './workTables.ts';

const COLOUR_OF: Readonly<Record<string, string>> = {
  [tables.CONDUCTS.honest]: 'var(--c0)',
  [tables.CONDUCTS.substitute]: 'var(--c1)',
  [tables.CONDUCTS.copied]: 'var(--c3)',
  [tables.CONDUCTS.absent]: 'var(--c6)',
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
  const rowsOf = (conduct: tables.Conduct) =>
    groups.filter((group) => group.conduct === conduct).flatMap(({ rows }) => rows);
  const rejectedOf = (rows: readonly AuditRow[]): number => rows.filter(tables.isRejected).length;
  const [unopened, absent] = [rowsOf('unopened'), rowsOf('absent')];
  const judged = groups.filter(({ conduct }) => conduct !== 'unopened').flatMap(({ rows }) => rows);
  const [honest, others] = [judged.filter(tables.isHonest), judged.filter((row) => !tables.isHonest(row))];
  const [caught, cheats] = [rejectedOf(others), others.length];
  const [wronged, right] = [rejectedOf(honest), honest.length];
  const title =
    cheats === 0
      ? `Audits rejected ${formatCount(wronged)} of ${formatQuantity(right, 'honest answer')}; nobody served anything else`
      : `Audits rejected ${formatCount(caught)} of ${formatQuantity(cheats, 'answer')} that ${cheats === 1 ? 'was' : 'were'} not what was declared, and ${formatCount(wronged)} of ${formatQuantity(right, 'honest one')}`;
  const each = groups
    .filter(({ conduct }) => conduct === 'substitute')
    .map(({ label, rows }) => {
      const base = tables.madeFrom(label);
      const hardest = rows.filter(({ declared }) => declared === base).length;
      const ofBase = base === '' ? '' : ` (${hardest})`;
      return `${label} ${rejectedOf(rows)} of ${rows.length}${ofBase}`;
    });
  const kept = absent.filter(tables.isHonest).length;
  const absentText =
    absent.length === 0
      ? ''
      : ` ${formatQuantity(absent.length, 'answer was', 'answers were')} executed and never shown (${formatCount(kept)} of them as declared): ${formatCount(rejectedOf(absent))} rejected, by no distance.`;
  const unopenedText =
    unopened.length === 0
      ? ''
      : ` ${formatQuantity(unopened.length, 'commitment has', 'commitments have')} nothing behind ${unopened.length === 1 ? 'it' : 'them'} that the miner has executed.`;
  return {
    ...listed(data, { rejected_share: 'share', low_share: 'share', high_share: 'share' }),
    ...inOrder('served', labelsOf(data, 'served')),
    id: 'audit-detection',
    title,
    summary: `Share of audited answers that validators rejected, by what was really served, which only the simulator knows; lines are Wilson’s 95 % intervals of the audits in this one run.${each.length === 0 ? '' : ` In the place of another variant, in brackets of the weights that it was made from: ${formatList(each)}.`}${absentText}${unopenedText}`,
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
  const isSame = tables.isSameDevice(reading);
  const secondLooks = reading.run.audits.filter(({ isSecondLook }) => isSecondLook === 1).length;
  const gap =
    honest.length === 0 || others.length === 0
      ? 'Sketches of audited answers lie this far from an execution of what was declared'
      : nearest <= farthest
        ? 'Distances of honest answers and others overlap'
        : farthest === 0 && isSame
          ? `Validators executed on the miners’ device, so that honest distances are 0 by construction; the nearest other is ${formatNumber(nearest)} ppb`
          : farthest === 0
            ? `Honest sketches are equal to the last bit; the nearest other lies ${formatNumber(nearest)} ppb away`
            : `The nearest sketch of something else lies ${formatNumber(nearest / farthest)} times as far away as the farthest honest one`;
  const sameText =
    honest.length === 0 || !isSame
      ? ''
      : ' Miners and validators executed on one device, where equal weights give equal numbers: an honest distance says nothing about hardware here. inference.validator_device: wasm, or a card, lets the two differ.';
  const limits = bands.map(
    ({ acceptPpb, rejectPpb }) =>
      `up to ${formatNumber(acceptPpb)} ppb accepted, beyond ${formatNumber(rejectPpb)} rejected`,
  );
  return {
    ...listed(data, { group_share: 'share' }),
    ...inOrder('served', labelsOf(data, 'served')),
    id: 'audit-distance',
    title: gap,
    summary: `How far the sketch handed in lies from that of an execution of the declared variant, relative to its length, in bins of 1, 2 and 5 of each decade; the stronger a cell, the more of those served so lie there. Dashed lines are the bands: ${formatList(limits)}; between them (shaded) ${secondLooks === 0 ? 'nothing was looked at again' : `${formatQuantity(secondLooks, 'sketch was', 'sketches were')} looked at again with more projections`}.${honest.length === 0 ? '' : ` Honest: ${farthest === 0 ? 'equal to the last bit' : `at most ${formatNumber(farthest)} ppb`} in ${formatQuantity(honest.length, 'comparison')}.`}${sameText}`,
    size: 'half',
    spec: distanceBands({
      count: compared.length,
      order,
      colours: order.map((name) => COLOUR_OF[name]!),
      bands,
    }),
  };
}

export function pairFigure(reading: Reading): Made {
  const data = tables.pairTable(reading);
  const records = recordsOf(data);
  if (records.length === 0)
    return `Pairs of declared and served: ${reading.run.audits.length === 0 ? noAudits(reading) : 'nothing that was executed was shown'}.`;
  const others = records.filter(({ declared, served }) => declared !== served);
  const known = others.filter((row) => typeof row.nearest_ppb === 'number');
  const nearest = known.reduce<TableRecord | null>(
    (least, row) => (least === null || (row.nearest_ppb as number) < (least.nearest_ppb as number) ? row : least),
    null,
  );
  const title =
    others.length === 0
      ? 'Everything that was shown is what was declared'
      : nearest === null
        ? `${formatQuantity(others.length, 'pair')} of weights declared and other weights served`
        : `Closest to what it stands for: ${nearest.served} in the place of ${nearest.declared}, ${number(nearest.nearest_ppb)} ppb at the least, ${nearest.rejected_count} of ${nearest.audit_count} rejected`;
  const byBase = [...groupBy(others, ({ served }) => String(served))].flatMap(([served, rows]) => {
    const base = tables.madeFrom(served);
    if (base === '') return [];
    const own = rows.find(({ declared }) => declared === base);
    const all = sumOf(rows, (row) => row.audit_count as number);
    return [`${served} ${own === undefined ? 0 : own.audit_count} of ${all}`];
  });
  const declared = labelsOf(data, 'declared');
  const served = [...declared, ...labelsOf(data, 'served').filter((name) => !declared.includes(name))];
  return {
    ...listed(data, { nearest_ppb: 'number', farthest_ppb: 'number' }),
    ...inOrder('served', served),
    id: 'audit-pairs',
    title,
    summary: `Audits by what was paid for and what was served and shown in its place: rejected of audited, and beneath it the nearest distance in ppb. The weights that a variant was made from are the hardest to tell it from, and other pairs say little about that.${byBase.length === 0 ? '' : ` Audits against just these: ${formatList(byBase)}.`}`,
    size: 'full',
    spec: pairMatrix({ declared, served }),
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
  const known = reading.run.manifest.inference.sets;
  const { publicSamples, heldOutSamples, rotateEras } = known ?? { publicSamples: 0, heldOutSamples: 0, rotateEras: 0 };
  const models = [...groupBy(recordsOf(data), (row) => String(row.model)).values()];
  const never = models.filter((rows) => rows.every((row) => row.stand !== 'live'));
  const order = tables.STANDS.filter((stand) => labelsOf(data, 'stand').includes(stand));
  const lastEra = reading.lastEra;
  const marks =
    rotateEras === 0 || publicSamples === 0
      ? []
      : Array.from({ length: Math.floor(lastEra / rotateEras) }, (_, i) => (i + 1) * rotateEras);
  const sets =
    known === undefined
      ? 'On which samples models were validated is not recorded.'
      : publicSamples === 0
        ? 'Models are validated on samples of the whole pool.'
        : rotateEras === 0
          ? `Models are validated on the ${formatQuantity(publicSamples, 'public sample')}, which creators have too; the set never rotates.`
          : `Models are validated on ${formatQuantity(heldOutSamples, 'held-out sample')}, drawn anew every ${formatQuantity(rotateEras, 'era')} (dashed lines: ${formatQuantity(marks.length, 'rotation')}); ${formatQuantity(publicSamples, 'other is', 'others are')} public.`;
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
