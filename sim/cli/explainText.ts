/** The explanation of an agent as text for a terminal. Pure: equal runs give equal texts. */
import { createColors } from 'picocolors';
import type { AgentName } from '../store/readAgent.ts';
import { alignCells } from './alignCells.ts';
import { counted, fullTokens, grouped, percent, percentOfBps, tokens } from './amounts.ts';
import { type EraExplanation, totalsOf } from './explain.ts';
import type { MoneyColumn, MoneyLine } from './explainIncome.ts';
import type { TierStory } from './explainServices.ts';
import type { Standing } from './explainStanding.ts';

export type ExplainedRun = {
  readonly agent: AgentName;
  /** Such as `quickstart, seed 1`. */
  readonly run: string;
  readonly decimals: number;
  readonly eras: readonly EraExplanation[];
};

type Colors = ReturnType<typeof createColors>;

const HEADINGS: readonly (readonly [heading: string, columns: readonly MoneyColumn[]])[] = [
  [
    'earned',
    ['callUnits', 'rewardUnits', 'delegationUnits', 'livenessUnits', 'slarkUnits', 'leaseUnits', 'restitutionUnits'],
  ],
  ['lost', ['penaltyUnits']],
  ['spent', ['spentUnits']],
];

const STANDING_OF_ROLE: Readonly<Record<string, string>> = {
  miner: 'trust weight',
  validator: 'reputation',
  creator: 'market rank',
  slark: 'agreement with the majority',
};

const share = (ratioFp: number): string => (ratioFp < 0 ? 'none' : percent(ratioFp));
const change = (beforeFp: number, afterFp: number): string => `${share(beforeFp)} → ${share(afterFp)}`;
const rulesText = (rules: readonly string[]): string => (rules.length === 0 ? '' : `[${rules.join(', ')}]`);

function sumOf(lines: readonly MoneyLine[]): number {
  return lines.reduce((sum, { units }) => sum + units, 0);
}

function moneyText(lines: readonly MoneyLine[], decimals: number, c: Colors): string[] {
  return HEADINGS.flatMap(([heading, columns]) => {
    const own = lines.filter(({ column }) => columns.includes(column));
    if (own.length === 0) return [];
    const cells = alignCells(
      own.map(({ units, what }) => [fullTokens(units, decimals), what]),
      ['right'],
    );
    return [
      `  ${heading}`,
      ...own.flatMap((line, i) => {
        const [amount, what] = cells[i]!;
        return [
          `    ${amount}  ${what}  ${c.cyan(rulesText(line.rules))}`.trimEnd(),
          c.dim(`    ${' '.repeat(amount!.length)}  ${line.how}`),
        ];
      }),
    ];
  });
}

function standingText({ entity, measure, rules, beforeFp, afterFp, indicators }: Standing, c: Colors): string[] {
  const cells = alignCells(
    indicators.map(({ name, beforeFp: before, observedFp, afterFp: after, weightBps, how }) => [
      `    ${name}`,
      before < 0 ? share(after) : change(before, after),
      observedFp < 0 ? '' : `observed ${share(observedFp)}`,
      `weight ${percentOfBps(weightBps)}`,
      how,
    ]),
    [],
  );
  return [
    `  ${measure} of ${entity}: ${change(beforeFp, afterFp)}  ${c.cyan(rulesText(rules))}`,
    ...cells.map(
      ([name, path, observed, weight, how]) => `${name}  ${path}  ${c.dim(`${observed}  ${weight}  ${how}`)}`,
    ),
  ];
}

/** A tier against what it and the better one ask for. */
function tierText(story: TierStory, c: Colors): string[] {
  const { entity, rules, before, after, stateBefore, stateAfter, checks, why } = story;
  const state = stateBefore === stateAfter ? stateAfter : `${stateBefore} → ${stateAfter}`;
  const tier = before === after ? `tier ${after}` : `tier ${before} → ${after}`;
  const cells = alignCells(
    checks.map(({ name, measured, present, better }) => [
      `    ${name}`,
      measured,
      `this tier: ${present}`,
      better === '' ? '' : `the better one: ${better}`,
    ]),
    [],
  );
  return [
    `  ${entity}: ${tier}, ${state}  ${c.cyan(rulesText(rules))}`,
    ...cells.map(([name, measured, present, better]) =>
      `${name}  ${measured}  ${c.dim(`${present}  ${better}`)}`.trimEnd(),
    ),
    ...why.map((reason) => `    ${reason}`),
  ];
}

/** Nothing was earned, lost or spent, nothing happened, and no standing moved. */
function isQuiet({ row, lines, happenings, standings, tiers, wallet, disagreements }: EraExplanation): boolean {
  return (
    row.rejectedCount === 0 &&
    lines.length === 0 &&
    happenings.length === 0 &&
    wallet.flows.length === 0 &&
    disagreements.length === 0 &&
    tiers.every(({ before, after, checks }) => before === after && checks.length === 0) &&
    standings.every(({ beforeFp, afterFp }) => beforeFp === afterFp)
  );
}

function eraText(explained: ExplainedRun, era: EraExplanation, c: Colors): string[] {
  const { decimals, agent } = explained;
  const { wallet, row } = era;
  const dn = (units: number): string => tokens(units, decimals);
  const standing = STANDING_OF_ROLE[agent.role];
  const parts = [
    ...HEADINGS.map(([heading, columns]) => {
      const units = sumOf(era.lines.filter(({ column }) => columns.includes(column)));
      return `${heading} ${dn(units)}`;
    }),
    ...(standing === undefined ? [] : [`${standing} ${change(era.standingBeforeFp, row.standingFp)}`]),
  ];
  const locked = [
    ...(row.stakeUnits === 0 ? [] : [`${dn(row.stakeUnits)} in stake`]),
    ...(row.delegatedUnits === 0 ? [] : [`${dn(row.delegatedUnits)} delegated`]),
  ];
  const flows = wallet.flows.map(({ reason, units }) => `${reason} ${units < 0 ? '' : '+'}${dn(units)}`);
  return [
    `${c.bold(`era ${era.era}`)}  ${parts.join(' · ')}`,
    ...moneyText(era.lines, decimals, c),
    ...era.standings.flatMap((one) => standingText(one, c)),
    ...era.tiers.flatMap((one) => tierText(one, c)),
    ...(era.happenings.length === 0 ? [] : ['  happened']),
    ...era.happenings.map(({ slot, what, rules }) => `    slot ${slot}  ${what}  ${c.cyan(rulesText(rules))}`),
    ...(row.rejectedCount === 0
      ? []
      : [`  ${counted(row.actionCount, 'action')}, ${grouped(row.rejectedCount)} of them rejected`]),
    `  wallet ${dn(wallet.beforeUnits)} → ${dn(wallet.afterUnits)}${flows.length === 0 ? '' : c.dim(`: ${flows.join(', ')}`)}`,
    ...(locked.length === 0 ? [] : [c.dim(`  and at the era's end ${locked.join(', ')}`)]),
    ...era.disagreements.map(({ what, explained: own, stored }) =>
      c.red(`  DIFFERS ${what}: explained ${own}, stored ${stored}`),
    ),
  ];
}

function quietText(first: number, last: number): string {
  return first === last ? `era ${first}  nothing` : `eras ${first} to ${last}  nothing`;
}

/** Eras in order, those without any event drawn together, and the sums at the end. */
export function renderExplanation(explained: ExplainedRun, color: boolean): string {
  const c = createColors(color);
  const { agent, eras, decimals } = explained;
  const lines = [
    `${c.bold(agent.name)} · account ${agent.account} · ${agent.role} ${agent.strategy} (${agent.intent}) · ${explained.run}`,
  ];
  let quietFrom: number | null = null;
  eras.forEach((era, i) => {
    if (eras.length > 1 && isQuiet(era)) {
      quietFrom ??= era.era;
      if (i === eras.length - 1) lines.push('', c.dim(quietText(quietFrom, era.era)));
      return;
    }
    if (quietFrom !== null) lines.push('', c.dim(quietText(quietFrom, era.era - 1)));
    quietFrom = null;
    lines.push('', ...eraText(explained, era, c));
  });
  const totals = totalsOf(eras);
  const differing = eras.reduce((sum, { disagreements }) => sum + disagreements.length, 0);
  if (eras.length > 1) {
    const rows: (readonly [string, number])[] = [
      ['calls', totals.callUnits],
      ['rewards', totals.rewardUnits],
      ['delegation', totals.delegationUnits],
      // Only of those who have had any: most roles have none of these.
      ...(
        [
          ['liveness', totals.livenessUnits],
          ['Slarks’ rewards', totals.slarkUnits],
          ['leases', totals.leaseUnits],
          ['restitution', totals.restitutionUnits],
        ] as const
      ).filter(([, units]) => units !== 0),
      ['penalties', -totals.penaltyUnits],
      ['spent', -totals.spentUnits],
    ];
    const profit = rows.reduce((sum, [, units]) => sum + units, 0);
    lines.push('', c.bold(`eras ${eras[0]!.era} to ${eras.at(-1)!.era}`));
    lines.push(
      ...alignCells(
        [...rows, ['profit', profit] as const].map(([name, units]) => [`  ${name}`, fullTokens(units, decimals)]),
        ['left', 'right'],
      ).map((cells) => cells.join('  ')),
    );
  }
  lines.push(
    '',
    differing === 0
      ? c.green('every amount adds up to the rows of the table agents, to the last unit')
      : c.red(`${differing} amounts differ from the stored ones`),
  );
  return `${lines.join('\n')}\n`;
}
