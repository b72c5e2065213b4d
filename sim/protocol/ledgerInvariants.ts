/**
 * Invariants of tokens, stake and delegations (section 8: INV-1 to INV-13). Each reads a state and says what disagrees; none
 * changes anything.
 */
import { MAX_INT, min, mulDivDown } from '../base/fixedPoint.ts';
import { isSettling } from './clock.ts';
import type { Tracker } from './invariantTracker.ts';
import {
  ACCOUNT,
  ASSET_COUNT,
  F,
  FIELDS,
  KIND,
  OPERATOR_SEATS,
  STRIDE,
  TASK_STATE,
  type TableName,
  VERDICT,
} from './layout.ts';
import type { State } from './state.ts';

const T = F.tokenTotals;
const C = F.nodeCollateral;
const D = F.delegations;

/** First account number that is not open. */
function accountEnd(s: State): number {
  return ACCOUNT.firstAgent + s.tokenTotals[T.accountCount]!;
}

function sumWallets(s: State, from: number, to: number): number {
  let sum = 0;
  for (let account = from; account < to; account++) sum += s.wallets[account]!;
  return sum;
}

/** The tables of collateral that can be delegated to. */
export function delegationTargets(s: State) {
  return [
    { kind: KIND.node, name: 'node', table: s.nodeCollateral, count: s.nodeTotals[F.nodeTotals.nodeCount]! },
    {
      kind: KIND.validator,
      name: 'validator',
      table: s.validatorCollateral,
      count: s.validatorTotals[F.validatorTotals.validatorCount]!,
    },
    {
      kind: KIND.provider,
      name: 'provider',
      table: s.providerCollateral,
      count: s.providerTotals[F.providerTotals.providerCount]!,
    },
  ] as const;
}

function sumField(table: Float64Array, stride: number, field: number, count: number): number {
  let sum = 0;
  for (let i = 1; i <= count; i++) sum += table[i * stride + field]!;
  return sum;
}

/** INV-1 */
export function sumOfAccounts(s: State): string | null {
  const sum = sumWallets(s, 0, accountEnd(s));
  const expected = s.tokenTotals[T.maxSupplyUnits]! - s.tokenTotals[T.burntUnits]!;
  return sum === expected ? null : `All accounts hold ${sum} units; minted less burnt is ${expected}`;
}

/** Records in use of the tables that hold amounts. */
function amountTables(s: State): readonly (readonly [TableName, number])[] {
  const nodes = s.nodeTotals[F.nodeTotals.nodeCount]!;
  const validators = s.validatorTotals[F.validatorTotals.validatorCount]!;
  const providers = s.providerTotals[F.providerTotals.providerCount]!;
  const escrows = s.escrowTotals[F.escrowTotals.escrowCount]!;
  const totals = (Object.keys(FIELDS) as TableName[]).filter((name) => name.endsWith('Totals'));
  return [
    ['wallets', accountEnd(s) - 1],
    ['prepaid', accountEnd(s) - 1],
    ['nodeCollateral', nodes],
    ['validatorCollateral', validators],
    ['providerCollateral', providers],
    ['providers', providers],
    ['providerEra', providers],
    ['slarks', s.slarkTotals[F.slarkTotals.slarkCount]!],
    ['modelCollateral', s.modelTotals[F.modelTotals.modelCount]!],
    ['delegations', s.stakeTotals[F.stakeTotals.delegationCount]!],
    ['vestings', lastVesting(s)],
    ['licenceWindows', s.slarkTotals[F.slarkTotals.slarkCount]!],
    ['requests', s.callTotals[F.callTotals.requestCount]!],
    ['tasks', s.taskTotals[F.taskTotals.taskCount]!],
    ['validators', validators],
    ['assets', ASSET_COUNT - 1],
    ['assetWallets', accountEnd(s) * ASSET_COUNT - 1],
    ['escrows', escrows],
    ['escrowBalances', (escrows + 1) * ASSET_COUNT - 1],
    ['providerUse', providers],
    ['subnets', providers],
    ['fizzNodes', s.fizzTotals[F.fizzTotals.fizzCount]!],
    ['operators', OPERATOR_SEATS],
    ...totals.map((name) => [name, 0] as const),
  ];
}

/** Last delegation that may have a vesting: their tables need not be of one size. */
function lastVesting(s: State): number {
  return min(s.stakeTotals[F.stakeTotals.delegationCount]!, s.vestings.length / STRIDE.vestings - 1);
}

/** Units that a Slark licence has earned, that have unbonded and that are not paid out yet. */
function vestingUnits(s: State): number {
  const last = lastVesting(s);
  const vest = sumField(s.vestings, STRIDE.vestings, F.vestings.vestUnits, last);
  return vest - sumField(s.vestings, STRIDE.vestings, F.vestings.vestedUnits, last);
}

/** INV-2, in a record of a table. */
export function recordIsWhole(s: State, name: TableName, record: number): string | null {
  return valuesAreWhole(s, name, record * STRIDE[name], (record + 1) * STRIDE[name]);
}

/** INV-2, of the tables whose records may change at any time; for those of the market see `marketInvariants.ts`. */
export function amountsAreWhole(s: State): string | null {
  for (const [name, last] of amountTables(s)) {
    const found = valuesAreWhole(s, name, 0, (last + 1) * STRIDE[name]);
    if (found !== null) return found;
  }
  return null;
}

/** A table may have been made for fewer records: what is beyond it was never written. */
function valuesAreWhole(s: State, name: TableName, from: number, to: number): string | null {
  const table = s[name];
  const stride = STRIDE[name];
  const end = min(to, table.length);
  for (let i = from; i < end; i++) {
    const value = table[i]!;
    if (!(value >= 0 && value <= MAX_INT && Math.floor(value) === value)) {
      const field = (FIELDS[name] as readonly string[])[i % stride] ?? 'padding';
      return `${name}[${Math.floor(i / stride)}].${field} is ${value}, no integer in [0, 2^53)`;
    }
  }
  return null;
}

/** INV-4 */
export function supplyIsAccounted(s: State): string | null {
  const supply = s.tokenTotals[T.supplyUnits]!;
  const limit = s.tokenTotals[T.maxSupplyUnits]!;
  if (supply > limit) return `The supply is ${supply} units, more than the maximum of ${limit}`;
  const rest = limit - s.tokenTotals[T.burntUnits]!;
  if (supply !== rest) return `The supply is ${supply} units; the maximum less what was burnt is ${rest}`;
  const pots = s.wallets[ACCOUNT.slashPot]! + s.wallets[ACCOUNT.slarkPool]!;
  const locked = sumWallets(s, ACCOUNT.stakeVault, ACCOUNT.restitution + 1) + pots;
  const remaining = s.wallets[ACCOUNT.community]!;
  const circulating = sumWallets(s, 0, accountEnd(s)) - locked - remaining;
  const sum = circulating + locked + remaining;
  return sum === supply
    ? null
    : `Circulating ${circulating}, locked ${locked} and unpaid rewards ${remaining} are ${sum} units; the supply is ${supply}`;
}

/** INV-5 */
export function burntStaysBurnt(s: State, tracker: Tracker): string | null {
  const burnt = s.tokenTotals[T.burntUnits]!;
  if (burnt < tracker.burntUnits) return `Burnt units fell from ${tracker.burntUnits} to ${burnt}`;
  const supply = s.tokenTotals[T.supplyUnits]!;
  if (tracker.supplyUnits > 0 && supply > tracker.supplyUnits) {
    return `The supply rose from ${tracker.supplyUnits} to ${supply} units`;
  }
  return null;
}

/** Rewards that `shareReward` has set aside and `payDelegators` has not brought yet. */
function setAsideUnits(s: State): number {
  let sum = 0;
  for (const { table, count } of delegationTargets(s)) {
    for (let i = 1; i <= count; i++) {
      const at = i * STRIDE.nodeCollateral;
      const weight = table[at + C.rewardWeight]!;
      if (weight === 0) continue;
      const units = table[at + C.rewardUnits]!;
      sum += units - mulDivDown(units, table[at + C.runningUnits]!, weight);
    }
  }
  return sum;
}

function openFees(s: State): number {
  const count = s.taskTotals[F.taskTotals.taskCount]!;
  let sum = 0;
  for (let task = 1; task <= count; task++) {
    const at = task * STRIDE.tasks;
    if (s.tasks[at + F.tasks.state] !== TASK_STATE.settled) sum += s.tasks[at + F.tasks.feeUnits]!;
  }
  return sum;
}

/** INV-6 */
export function vaultsHoldWhatTheyOwe(s: State): string | null {
  const delegations = s.stakeTotals[F.stakeTotals.delegationCount]!;
  const accounts = accountEnd(s) - 1;
  let own = sumField(s.modelCollateral, 1, 0, s.modelTotals[F.modelTotals.modelCount]!);
  for (const { table, count } of delegationTargets(s)) own += sumField(table, STRIDE.nodeCollateral, C.ownUnits, count);
  const owed = [
    ['stake vault', ACCOUNT.stakeVault, own],
    [
      'delegation vault',
      ACCOUNT.delegationVault,
      sumField(s.delegations, STRIDE.delegations, D.units, delegations) +
        sumField(s.delegations, STRIDE.delegations, D.unbondingUnits, delegations) +
        vestingUnits(s) +
        setAsideUnits(s),
    ],
    [
      'escrow of calls',
      ACCOUNT.callEscrow,
      sumField(s.prepaid, STRIDE.prepaid, F.prepaid.freeUnits, accounts) +
        sumField(s.prepaid, STRIDE.prepaid, F.prepaid.lockedUnits, accounts),
    ],
    ['task pot', ACCOUNT.taskPot, openFees(s)],
    [
      'escrow of leases',
      ACCOUNT.escrow,
      s.escrowTotals[F.escrowTotals.unlockedUnits0]! + s.escrowTotals[F.escrowTotals.lockedUnits0]!,
    ],
  ] as const;
  for (const [name, account, units] of owed) {
    if (s.wallets[account] !== units) return `The ${name} holds ${s.wallets[account]} units and owes ${units}`;
  }
  for (let account = 0; account < ACCOUNT.firstAgent; account++) {
    const isPot = account === ACCOUNT.slashPot || account === ACCOUNT.slarkPool;
    const isNobody = account === 0 || account > ACCOUNT.escrow || (isPot && !isSettling(s));
    if (isNobody && s.wallets[account] !== 0)
      return `Account ${account} is nobody’s outside a settlement and holds ${s.wallets[account]} units`;
  }
  return null;
}

/** INV-7 */
export function slashesFitCollateral(s: State): string | null {
  for (const { name, table, count } of delegationTargets(s)) {
    for (let i = 1; i <= count; i++) {
      const at = i * STRIDE.nodeCollateral;
      const slash = table[at + C.slashUnits]!;
      const weight = table[at + C.slashWeight]!;
      if (slash > weight) return `The slash of ${name} ${i} is ${slash} units of a collateral of ${weight}`;
      const own = table[at + C.ownUnits]!;
      const delegated = table[at + C.delegatedUnits]!;
      const unbonding = table[at + C.unbondingUnits]!;
      if (own < 0 || delegated < 0 || unbonding < 0) {
        return `Collateral of ${name} ${i}: own ${own}, delegated ${delegated}, unbonding ${unbonding}`;
      }
    }
  }
  const delegations = s.stakeTotals[F.stakeTotals.delegationCount]!;
  for (let i = 1; i <= delegations; i++) {
    const at = i * STRIDE.delegations;
    const units = s.delegations[at + D.units]!;
    const unbonding = s.delegations[at + D.unbondingUnits]!;
    if (units < 0 || unbonding < 0) return `Delegation ${i} has ${units} units and ${unbonding} unbonding`;
  }
  return null;
}

/** Sum of a field of the delegations, for each target of a kind. */
function sumsByTarget(s: State, kind: number, field: number, count: number): Float64Array {
  const sums = new Float64Array(count + 1);
  const delegations = s.stakeTotals[F.stakeTotals.delegationCount]!;
  for (let i = 1; i <= delegations; i++) {
    const at = i * STRIDE.delegations;
    if (s.delegations[at + D.targetKind] === kind) sums[s.delegations[at + D.target]!]! += s.delegations[at + field]!;
  }
  return sums;
}

/** INV-9 */
export function collateralIsTheSum(s: State): string | null {
  let total = 0;
  for (const { kind, name, table, count } of delegationTargets(s)) {
    const delegated = sumsByTarget(s, kind, D.units, count);
    const unbonding = sumsByTarget(s, kind, D.unbondingUnits, count);
    for (let i = 1; i <= count; i++) {
      const at = i * STRIDE.nodeCollateral;
      total += delegated[i]!;
      if (table[at + C.delegatedUnits] !== delegated[i]) {
        return `${name} ${i} counts ${table[at + C.delegatedUnits]} delegated units; its delegations have ${delegated[i]}`;
      }
      if (table[at + C.unbondingUnits] !== unbonding[i]) {
        return `${name} ${i} counts ${table[at + C.unbondingUnits]} unbonding units; its delegations have ${unbonding[i]}`;
      }
    }
  }
  const counted = s.stakeTotals[F.stakeTotals.delegatedUnits]!;
  return counted === total ? null : `${counted} delegated units are counted in all; the targets have ${total}`;
}

/** INV-10: nodes have no facet but D here, and nothing of D is slashed at an era's end. */
export function nodesAreNotSlashed(s: State): string | null {
  const count = s.nodeTotals[F.nodeTotals.nodeCount]!;
  for (let node = 1; node <= count; node++) {
    const at = node * STRIDE.nodeCollateral;
    const pending = s.nodeCollateral[at + C.slashPendingUnits]!;
    const slash = s.nodeCollateral[at + C.slashUnits]!;
    if (pending !== 0 || slash !== 0) return `Node ${node} has a slash of ${pending + slash} units from another facet`;
  }
  return null;
}

/** INV-13: a member's offence is either a copy or a no-show, and a validator is at most once in a group. */
export function offencesCountOnce(s: State): string | null {
  const count = s.taskTotals[F.taskTotals.memberCount]!;
  for (let member = 1; member <= count; member++) {
    const at = member * STRIDE.members;
    const copied = s.members[at + F.members.copied]!;
    const verdict = s.members[at + F.members.verdict]!;
    if (copied > 1) return `Member ${member} is marked as copied ${copied} times`;
    if (copied === 1 && verdict === VERDICT.none)
      return `Member ${member} is marked as copied and has submitted nothing`;
  }
  const tasks = s.taskTotals[F.taskTotals.taskCount]!;
  for (let task = 1; task <= tasks; task++) {
    const at = task * STRIDE.tasks;
    const first = s.tasks[at + F.tasks.memberStart]!;
    const end = first + s.tasks[at + F.tasks.memberCount]!;
    for (let member = first; member < end; member++) {
      const validator = s.members[member * STRIDE.members + F.members.validator]!;
      for (let other = first; other < member; other++) {
        if (s.members[other * STRIDE.members + F.members.validator] === validator) {
          return `Validator ${validator} is both member ${other} and member ${member} of task ${task}`;
        }
      }
    }
  }
  return null;
}
