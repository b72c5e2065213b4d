/**
 * The money of one agent in one era, line by line: what it got, lost and spent, by which rule, and from which numbers.
 * Every line's amount is what the events say; where the stored numbers give it too, the line tells what they come to.
 */
import { alloc, allocShare, BPS, mulDivDown } from '../base/fixedPoint.ts';
import { MOVE } from '../protocol/events.ts';
import { KIND, NODE_STATE } from '../protocol/layout.ts';
import type { ParamKey } from '../protocol/params.ts';
import { type PowrExponents, scoreFp } from '../protocol/powr.ts';
import type {
  AgentHistory,
  DelegationOfAgent,
  EventOfAgent,
  ModelOfAgent,
  NodeOfAgent,
  ValidatorOfAgent,
} from '../store/readAgent.ts';
import { counted, grouped, percent, percentOfBps, tokens } from './amounts.ts';
import { fizzRewardLine, leaseIncomeLines, leaseSpendingLines, type MarketOfEra } from './explainMarket.ts';
import { livenessLine, providerSlash, slarkLine } from './explainServices.ts';
import { ownerUnits, sharedText } from './rewardShare.ts';
import type { RuleLedger } from './ruleLedger.ts';

/** Columns of the table `agents` that are explained. */
export const MONEY_COLUMNS = [
  'callUnits',
  'rewardUnits',
  'delegationUnits',
  'livenessUnits',
  'slarkUnits',
  'leaseUnits',
  'restitutionUnits',
  'penaltyUnits',
  'spentUnits',
] as const;
export type MoneyColumn = (typeof MONEY_COLUMNS)[number];

export type MoneyLine = {
  /** Column of the agent's row that the line is part of. */
  readonly column: MoneyColumn;
  readonly rules: readonly string[];
  readonly what: string;
  readonly units: number;
  /** The derivation in words. */
  readonly how: string;
  /** The same numbers for programs: ratios FP, amounts base units. */
  readonly numbers: Readonly<Record<string, number>>;
  /** What the rule makes of the stored numbers; null where they do not suffice. Equal to `units`, or there is a bug. */
  readonly byRuleUnits: number | null;
};

/** The rules' numbers of a run. */
export type Rules = { readonly decimals: number; value(key: ParamKey): number };

/** What is stored of the agent in one era. */
export type EraOfAgent = Pick<
  AgentHistory,
  | 'nodes'
  | 'validators'
  | 'delegations'
  | 'models'
  | 'calls'
  | 'providers'
  | 'slarks'
  | 'challenges'
  | 'leases'
  | 'economics'
  | 'fizz'
  | 'audits'
  | 'events'
> & {
  readonly row: AgentHistory['eras'][number];
};

/** States of SM-2 in which a node is judged at the era's end, and shares its reward. */
export const WORKING: readonly string[] = ['online', 'offline', 'exiting'];

const sum = <T>(items: readonly T[], amount: (item: T) => number): number =>
  items.reduce((total, item) => total + amount(item), 0);

function exponentsOf(rules: Rules): PowrExponents {
  const [relevance, reputation] = [0, 1];
  const variant = rules.value('powr.variant');
  if (variant === relevance) return { a: 4, b: 4, c: 4 };
  return {
    a: rules.value('powr.exp4.a'),
    b: variant === reputation ? 0 : rules.value('powr.exp4.b'),
    c: rules.value('powr.exp4.c'),
  };
}

const power = (factor: string, quarters: number): string =>
  quarters === 4 ? factor : `${factor}^${quarters % 4 === 0 ? quarters / 4 : `${quarters}/4`}`;

/** Calls by model, or by node and model: what each paid is put together again from its moves (F-32). */
function callLines(era: EraOfAgent, rules: Rules): MoneyLine[] {
  type Calls = { readonly role: 'creator' | 'node'; readonly entity: number; readonly model: number } & {
    count: number;
    feeUnits: number;
    units: number;
    byRuleUnits: number;
  };
  const SPLIT = (['creator', 'node', 'validators', 'burn', 'foundation'] as const).map((part) =>
    rules.value(`dn.split_bps.${part}`),
  );
  const found = new Map<string, Calls>();
  const models = new Set(era.models.map(({ model }) => model));
  const nodes = new Set(era.nodes.map(({ node }) => node));
  const pending = { creator: 0, node: 0 };
  for (const event of era.events) {
    if (event.name === 'Moved' && event.d === MOVE.callCreator) pending.creator = event.c;
    if (event.name === 'Moved' && event.d === MOVE.callNode) pending.node = event.c;
    if (event.name !== 'RequestServed') continue;
    const { b: model, c: node, e: feeUnits } = event;
    const parts = alloc(feeUnits, SPLIT);
    for (const [role, isOwn, entity, part] of [
      ['creator', models.has(model), model, parts[0]!],
      ['node', nodes.has(node), node, parts[1]!],
    ] as const) {
      if (!isOwn) continue;
      const key = `${role} ${entity} ${model}`;
      const calls = found.get(key) ?? { role, entity, model, count: 0, feeUnits: 0, units: 0, byRuleUnits: 0 };
      found.set(key, calls);
      calls.count += 1;
      calls.feeUnits += feeUnits;
      calls.units += pending[role];
      calls.byRuleUnits += part;
      pending[role] = 0;
    }
  }
  return [...found.values()]
    .sort((a, b) => a.entity - b.entity || a.model - b.model)
    .map(({ role, entity, model, count, feeUnits, units, byRuleUnits }) => {
      const shareBps = rules.value(`dn.split_bps.${role}`);
      return {
        column: 'callUnits',
        rules: ['F-32'],
        what:
          role === 'creator'
            ? `${counted(count, 'call')} of model ${model}`
            : `${counted(count, 'call')} served by node ${entity} (model ${model})`,
        units,
        how: `fees ${tokens(feeUnits, rules.decimals)}, ${role}'s part ${percentOfBps(shareBps)} of each`,
        numbers: { model, ...(role === 'node' ? { node: entity } : {}), callCount: count, feeUnits, shareBps },
        byRuleUnits,
      };
    });
}

function nodeReward(event: EventOfAgent, node: NodeOfAgent, era: EraOfAgent, rules: Rules): MoneyLine {
  const exponents = exponentsOf(rules);
  const { acceptedWu, maxWu, qualityFp, trustFp, score, ownEligibleUnits, delegatedEligibleUnits } = node;
  const poolUnits = era.row.powrUnits;
  const byRuleScore = scoreFp(acceptedWu, maxWu, qualityFp, trustFp, exponents);
  const rewardUnits = allocShare(poolUnits, score.before, score.before + byRuleScore, score.sum);
  // The delegations of a node that has left are over (NODE-15).
  const isWorking = WORKING.includes(node.state);
  const sharedUnits = isWorking ? mulDivDown(rewardUnits, rules.value('deleg.pool_share_bps'), BPS) : 0;
  const contributionFp = maxWu === 0 ? 0 : mulDivDown(1_000_000_000, acceptedWu, maxWu);
  const formula = [power('c', exponents.a), power('Q', exponents.b), power('R', exponents.c)].join('·');
  return {
    column: 'rewardUnits',
    rules: ['F-4', 'POWR-7', ...(delegatedEligibleUnits > 0 ? ['F-9'] : [])],
    what: `PoWR reward of node ${node.node}`,
    units: event.d,
    how: `c = ${grouped(acceptedWu)} of ${grouped(maxWu)} WU = ${percent(contributionFp)}, Q ${percent(qualityFp)}${
      node.checkedCount > 0 ? ` from ${counted(node.checkedCount, 'audit')}` : ' as before'
    }, R ${percent(trustFp)}: S = ${formula} = ${percent(node.scoreFp)} of Σ ${percent(score.sum)}, so ${tokens(rewardUnits, rules.decimals)} of the pool of ${tokens(poolUnits, rules.decimals)}${sharedText(sharedUnits, ownEligibleUnits, delegatedEligibleUnits, rules)}`,
    numbers: {
      node: node.node,
      acceptedWu,
      maxWu,
      contributionFp,
      qualityFp,
      trustFp,
      scoreFp: node.scoreFp,
      scoreSumFp: score.sum,
      poolUnits,
      rewardUnits,
      sharedUnits,
      ownEligibleUnits,
      delegatedEligibleUnits,
    },
    byRuleUnits: ownerUnits(rewardUnits, sharedUnits, ownEligibleUnits, delegatedEligibleUnits),
  };
}

function validatorReward(event: EventOfAgent, validator: ValidatorOfAgent, rules: Rules): MoneyLine {
  const { payWeight, payWeightFp, potUnits, ownEligibleUnits, delegatedEligibleUnits } = validator;
  const rewardUnits = allocShare(potUnits, payWeight.before, payWeight.before + payWeightFp, payWeight.sum);
  const commissionBps = rules.value('val.commission_bps');
  const isGone = validator.state === 'exited';
  const sharedUnits = isGone ? 0 : rewardUnits - mulDivDown(rewardUnits, commissionBps, BPS);
  const commission =
    delegatedEligibleUnits > 0 && sharedUnits > 0 ? ` after ${percentOfBps(commissionBps)} commission` : '';
  return {
    column: 'rewardUnits',
    rules: ['F-36', ...(commission === '' ? [] : ['F-9', 'OP-20'])],
    what: `validator pay of validator ${validator.validator}`,
    units: event.d,
    how: `${counted(validator.alignedCount, 'aligned result')} weigh ${percent(payWeightFp)} (reputation at assignment) of Σ ${percent(payWeight.sum)}, so ${tokens(rewardUnits, rules.decimals)} of the pot of ${tokens(potUnits, rules.decimals)}${sharedText(sharedUnits, ownEligibleUnits, delegatedEligibleUnits, rules)}${commission}`,
    numbers: {
      validator: validator.validator,
      alignedCount: validator.alignedCount,
      payWeightFp,
      payWeightSumFp: payWeight.sum,
      potUnits,
      rewardUnits,
      commissionBps,
      sharedUnits,
      ownEligibleUnits,
      delegatedEligibleUnits,
    },
    byRuleUnits: ownerUnits(rewardUnits, sharedUnits, ownEligibleUnits, delegatedEligibleUnits),
  };
}

function creatorReward(event: EventOfAgent, model: ModelOfAgent, era: EraOfAgent, rules: Rules): MoneyLine {
  const poolUnits = era.row.creatorUnits;
  const { servedWu, wu } = model;
  return {
    column: 'rewardUnits',
    rules: ['MODEL-16', 'ECON-2'],
    what: `creators' part of the emission, model ${model.model}`,
    units: event.d,
    how: `served ${grouped(servedWu)} of all models' ${grouped(wu.sum)} WU; pool ${tokens(poolUnits, rules.decimals)}`,
    numbers: { model: model.model, servedWu, servedWuSum: wu.sum, poolUnits },
    byRuleUnits: allocShare(poolUnits, wu.before, wu.before + servedWu, wu.sum),
  };
}

function delegationReward(
  event: EventOfAgent,
  delegation: DelegationOfAgent,
  era: EraOfAgent,
  rules: Rules,
): MoneyLine {
  const { eligibleUnits, eligible, eligibleOfTarget, targetKind, target, targetRewardUnits } = delegation;
  const numbers = { delegation: delegation.delegation, target, eligibleUnits };
  const own = tokens(eligibleUnits, rules.decimals);
  if (event.e === MOVE.stakerReward) {
    const poolUnits = era.row.stakerUnits;
    return {
      column: 'delegationUnits',
      rules: ['ECON-2', 'F-9'],
      what: `stakers' part of the emission, delegation ${delegation.delegation}`,
      units: event.d,
      how: `${own} held for the whole era of ${tokens(eligible.sum, rules.decimals)} delegated by all; pool ${tokens(poolUnits, rules.decimals)}`,
      numbers: { ...numbers, eligibleSumUnits: eligible.sum, poolUnits },
      byRuleUnits: allocShare(poolUnits, eligible.before, eligible.before + eligibleUnits, eligible.sum),
    };
  }
  const isValidator = targetKind === 'validator';
  const poolUnits = !isValidator
    ? mulDivDown(targetRewardUnits, rules.value('deleg.pool_share_bps'), BPS)
    : targetRewardUnits - mulDivDown(targetRewardUnits, rules.value('val.commission_bps'), BPS);
  const before = delegation.targetOwnUnits + eligibleOfTarget.before;
  const weight = delegation.targetOwnUnits + eligibleOfTarget.sum;
  return {
    column: 'delegationUnits',
    rules: isValidator ? ['F-9', 'OP-20'] : ['F-9', 'DELEG-2'],
    what: `share of the reward of ${targetKind} ${target}, delegation ${delegation.delegation}`,
    units: event.d,
    how: `${own} held for the whole era of ${tokens(weight, rules.decimals)} in ${targetKind} ${target}; it shares ${tokens(poolUnits, rules.decimals)} of its reward of ${tokens(targetRewardUnits, rules.decimals)}`,
    numbers: { ...numbers, weightUnits: weight, poolUnits, targetRewardUnits },
    byRuleUnits: allocShare(poolUnits, before, before + eligibleUnits, weight),
  };
}

/** Column that counts a reward, by the kind of the entity that earned it and the reason of the event. */
function columnOf(kind: number, reason: number): MoneyColumn {
  if (reason === MOVE.stakerReward || reason === MOVE.delegatorReward) return 'delegationUnits';
  if (kind === KIND.provider || kind === KIND.fizz) return 'livenessUnits';
  return kind === KIND.slark ? 'slarkUnits' : 'rewardUnits';
}

function rewardLines(era: EraOfAgent, rules: Rules, ledger: RuleLedger): MoneyLine[] {
  return era.events.flatMap((event): MoneyLine[] => {
    if (event.name !== 'RewardPaid') return [];
    const { a: kind, b: entity } = event;
    const node = kind === KIND.node ? era.nodes.find((row) => row.node === entity) : undefined;
    if (node !== undefined) return [nodeReward(event, node, era, rules)];
    const validator = kind === KIND.validator ? era.validators.find((row) => row.validator === entity) : undefined;
    if (validator !== undefined) return [validatorReward(event, validator, rules)];
    const model = kind === KIND.model ? era.models.find((row) => row.model === entity) : undefined;
    if (model !== undefined) return [creatorReward(event, model, era, rules)];
    const delegation = kind === KIND.delegation ? era.delegations.find((row) => row.delegation === entity) : undefined;
    if (delegation !== undefined) return [delegationReward(event, delegation, era, rules)];
    const provider = kind === KIND.provider ? era.providers.find((row) => row.provider === entity) : undefined;
    if (provider !== undefined) return [livenessLine(event, provider, era, ledger, rules)];
    const licence = kind === KIND.slark ? era.slarks.find((row) => row.licence === entity) : undefined;
    if (licence !== undefined) return [slarkLine(event, licence, era, rules)];
    const member = kind === KIND.fizz ? era.fizz.find((row) => row.fizz === entity) : undefined;
    if (member !== undefined) return [fizzRewardLine(event, member, rules)];
    return [
      {
        column: columnOf(kind, event.e),
        rules: [],
        what: `reward of entity ${entity} of kind ${kind}`,
        units: event.d,
        how: 'the tables of this run do not hold the numbers behind it',
        numbers: { kind, entity, reason: event.e },
        byRuleUnits: null,
      },
    ];
  });
}

/** What consumers harmed by misconduct got back. */
function restitutionLines(era: EraOfAgent, account: number): MoneyLine[] {
  return era.events
    .filter(({ name, b, d }) => name === 'Moved' && b === account && d === MOVE.restitution)
    .map((event) => ({
      column: 'restitutionUnits',
      rules: ['SLASH-1', 'SLASH-10'],
      what: 'restitution of harm',
      units: event.c,
      how: `from the collateral and the rewards of the provider that did it (slot ${event.slot})`,
      numbers: { slot: event.slot },
      byRuleUnits: null,
    }));
}

/** Losses: each is told by an event, and what it took from the agent was moved by the event right before. */
function penaltyLines(era: EraOfAgent, rules: Rules, ledger: RuleLedger): MoneyLine[] {
  const byRow = new Map(era.events.map((event) => [event.row, event]));
  const movedBefore = (event: EventOfAgent): number => {
    const before = byRow.get(event.row - 1);
    const isLoss = before?.name === 'Moved' && (before.d === MOVE.penalty || before.d === MOVE.slash);
    return isLoss ? before.c : 0;
  };
  const line = (
    event: EventOfAgent,
    units: number,
    cited: readonly string[],
    what: string,
    how: string,
    numbers: Readonly<Record<string, number>>,
    byRuleUnits: number | null = null,
  ): MoneyLine => ({
    column: 'penaltyUnits',
    rules: cited,
    what,
    units,
    how: `${how} (slot ${event.slot})`,
    numbers: { slot: event.slot, ...numbers },
    byRuleUnits,
  });
  return era.events.flatMap((event): MoneyLine[] => {
    const units = movedBefore(event);
    if (event.name === 'DelegationChanged') {
      if (units === 0) return [];
      const delegation = era.delegations.find((row) => row.delegation === event.a);
      const target = delegation === undefined ? 'its target' : `${delegation.targetKind} ${delegation.target}`;
      const cited = ['SLASH-7', 'DELEG-5'];
      return [
        line(event, units, cited, `slash of delegation ${event.a}`, `its share of the slash of ${target}`, {
          delegation: event.a,
        }),
      ];
    }
    if (event.name !== 'Slashed') return [];
    const { a: kind, b: entity, c: slashUnits } = event;
    const after = byRow.get(event.row + 1);
    const stakeUnits = after?.name === 'StakeChanged' ? after.c + units : null;
    const share = (bps: number): number | null => (stakeUnits === null ? null : mulDivDown(stakeUnits, bps, BPS));
    const stake = stakeUnits === null ? 'the stake' : `a stake of ${tokens(stakeUnits, rules.decimals)}`;
    if (kind === KIND.node) {
      const isExpired = era.events.some(
        (other) =>
          other.name === 'Transition' &&
          other.a === KIND.node &&
          other.b === entity &&
          other.e === NODE_STATE.released &&
          other.slot === event.slot &&
          other.phase === event.phase,
      );
      const bps = rules.value(isExpired ? 'node.deadline_penalty_bps' : 'node.exit_penalty_bps');
      return [
        line(
          event,
          units,
          [isExpired ? 'NODE-2' : 'NODE-13'],
          `penalty of node ${entity}`,
          isExpired
            ? `its reservation ran out before it was online: ${percentOfBps(bps)} of ${stake}`
            : `an error beyond the budget of an exiting node: ${percentOfBps(bps)} of ${stake}`,
          { node: entity, shareBps: bps },
          share(bps),
        ),
      ];
    }
    if (kind === KIND.model) {
      const bps = rules.value('model.forced_forfeit_bps');
      return [
        line(
          event,
          units,
          ['MODEL-15'],
          `forfeit of model ${entity}`,
          `removed by force: ${percentOfBps(bps)} of ${stake}`,
          { model: entity, shareBps: bps },
          share(bps),
        ),
      ];
    }
    const provider = kind === KIND.provider ? era.providers.find((row) => row.provider === entity) : undefined;
    if (provider !== undefined) {
      const slash = providerSlash(provider, ledger, rules);
      return [line(event, units, slash.rules, slash.what, slash.how, slash.numbers, slash.byRuleUnits)];
    }
    const validator = era.validators.find((row) => row.validator === entity);
    if (kind !== KIND.validator || validator === undefined)
      return [line(event, units, [], `slash of entity ${entity} of kind ${kind}`, 'slashed', { kind, entity })];
    const [copyBps, missBps] = [rules.value('val.slash_copy_bps'), rules.value('val.slash_noshow_bps')];
    const offences = [
      ...(validator.copiedCount > 0 && copyBps > 0
        ? [`${counted(validator.copiedCount, 'copied result')} at ${percentOfBps(copyBps)} each`]
        : []),
      ...(validator.missedCount > 0 && missBps > 0
        ? [`${counted(validator.missedCount, 'missed task')} at ${percentOfBps(missBps)} each`]
        : []),
    ].join(' and ');
    return [
      line(
        event,
        units,
        ['VAL-14', 'SLASH-7'],
        `slash of validator ${entity}`,
        `${offences} of all stake in it: ${tokens(slashUnits, rules.decimals)}${
          slashUnits === units ? '' : `, of which its delegators bear ${tokens(slashUnits - units, rules.decimals)}`
        }`,
        {
          validator: entity,
          slashUnits,
          copiedCount: validator.copiedCount,
          copyBps,
          missedCount: validator.missedCount,
          missBps,
        },
      ),
    ];
  });
}

/** Prices of licences and what was paid on top of them, to whoever gets them (OP-63). */
function licenceLines(era: EraOfAgent, account: number, rules: Rules): MoneyLine[] {
  return era.events.flatMap((event): MoneyLine[] => {
    const isPaid = event.name === 'Moved' && event.a === account && event.d === MOVE.licence;
    const isBurnt = event.name === 'Burnt' && event.a === account;
    if (!isPaid && !isBurnt) return [];
    return [
      {
        column: 'spentUnits',
        rules: ['SLARK-7', 'OP-63'],
        what: 'licence of a Slark',
        units: isPaid ? event.c : event.b,
        how: `${isPaid ? 'to the foundation' : 'burnt'}; a new one costs ${tokens(rules.value('slark.buy_tokens.1'), rules.decimals)}, better tiers more on top (slot ${event.slot})`,
        numbers: { slot: event.slot },
        byRuleUnits: null,
      },
    ];
  });
}

function spentLines(era: EraOfAgent, account: number, rules: Rules): MoneyLine[] {
  const fees = (
    reason: number,
    cited: string,
    key: 'val.task_fee' | 'model.register_fee' | 'fizz.register_fee',
    what: string,
  ): MoneyLine[] => {
    const paid = era.events.filter(({ name, a, d }) => name === 'Moved' && a === account && d === reason);
    if (paid.length === 0) return [];
    const feeUnits = rules.value(key);
    return [
      {
        column: 'spentUnits',
        rules: [cited],
        what: counted(paid.length, what),
        units: sum(paid, ({ c }) => c),
        how: `${key} is ${tokens(feeUnits, rules.decimals)}`,
        numbers: { count: paid.length, feeUnits },
        byRuleUnits: paid.length * feeUnits,
      },
    ];
  };
  return [
    ...era.calls
      .filter(({ servedCount }) => servedCount > 0)
      .map(
        ({ model, servedCount, refundedCount, feeUnits }): MoneyLine => ({
          column: 'spentUnits',
          rules: ['MODEL-10', 'F-32'],
          what: `${counted(servedCount, 'call')} of model ${model}`,
          units: feeUnits,
          how: `${tokens(Math.round(feeUnits / servedCount), rules.decimals)} each on average${refundedCount === 0 ? '' : `; ${refundedCount} more were refunded`}`,
          numbers: { model, servedCount, refundedCount },
          byRuleUnits: null,
        }),
      ),
    ...fees(MOVE.taskFee, 'VAL-16', 'val.task_fee', 'validation task'),
    ...fees(MOVE.registerFee, 'MODEL-2', 'model.register_fee', 'model registration'),
    ...fees(MOVE.fizzFee, 'FIZZ-3', 'fizz.register_fee', 'registration with a gateway'),
    ...licenceLines(era, account, rules),
  ];
}

/** All lines of an era, in the order of {@link MONEY_COLUMNS}. */
export function moneyLines(
  era: EraOfAgent,
  account: number,
  market: MarketOfEra,
  rules: Rules,
  ledger: RuleLedger,
): MoneyLine[] {
  const lines = [
    ...callLines(era, rules),
    ...rewardLines(era, rules, ledger),
    ...leaseIncomeLines(era, account, market, rules),
    ...restitutionLines(era, account),
    ...penaltyLines(era, rules, ledger),
    ...spentLines(era, account, rules),
    ...leaseSpendingLines(era, account, market, rules),
  ];
  return MONEY_COLUMNS.flatMap((column) => lines.filter((line) => line.column === column));
}
