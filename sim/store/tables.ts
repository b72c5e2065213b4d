/**
 * The columns of the stored tables. A field of a row (`sim/engine/trace.ts`) becomes a column of the same name in
 * snake_case, its unit last; the compiler refuses a row type and a table that differ. Integers stay below 2^53.
 */
import type {
  AgentRow,
  CallRow,
  DelegationRow,
  EraRow,
  EventRow,
  ModelRow,
  NodeRow,
  ValidatorRow,
} from '../engine/trace.ts';

export type ColumnType = 'BIGINT' | 'DOUBLE' | 'VARCHAR';
type Columns<Row> = { readonly [Field in keyof Row]-?: Row[Field] extends string ? 'VARCHAR' : 'BIGINT' | 'DOUBLE' };

const metrics: Columns<EraRow> = {
  era: 'BIGINT',
  emittedUnits: 'BIGINT',
  powrUnits: 'BIGINT',
  validatorUnits: 'BIGINT',
  creatorUnits: 'BIGINT',
  stakerUnits: 'BIGINT',
  foundationUnits: 'BIGINT',
  supplyUnits: 'BIGINT',
  burntUnits: 'BIGINT',
  requestCount: 'BIGINT',
  servedCount: 'BIGINT',
  refundedCount: 'BIGINT',
  feeUnits: 'BIGINT',
  servedWu: 'BIGINT',
  taskSettledCount: 'BIGINT',
  taskPassedCount: 'BIGINT',
  taskFailedCount: 'BIGINT',
  taskUnresolvedCount: 'BIGINT',
  auditCount: 'BIGINT',
  auditFailedCount: 'BIGINT',
  wrongOutcomeCount: 'BIGINT',
  copyFlaggedCount: 'BIGINT',
  slashedUnits: 'BIGINT',
  actionCount: 'BIGINT',
  rejectedCount: 'BIGINT',
  blockCount: 'BIGINT',
  onlineNodeCount: 'BIGINT',
  liveModelCount: 'BIGINT',
  wealthGiniFp: 'BIGINT',
  minerIncomeGiniFp: 'BIGINT',
  digest: 'VARCHAR',
};

const agents: Columns<AgentRow> = {
  era: 'BIGINT',
  account: 'BIGINT',
  name: 'VARCHAR',
  role: 'VARCHAR',
  strategy: 'VARCHAR',
  intent: 'VARCHAR',
  walletUnits: 'BIGINT',
  stakeUnits: 'BIGINT',
  delegatedUnits: 'BIGINT',
  callUnits: 'BIGINT',
  rewardUnits: 'BIGINT',
  delegationUnits: 'BIGINT',
  penaltyUnits: 'BIGINT',
  spentUnits: 'BIGINT',
  standingFp: 'BIGINT',
  requestCount: 'BIGINT',
  servedCount: 'BIGINT',
  checkedCount: 'BIGINT',
  acceptedCount: 'BIGINT',
  executedWu: 'BIGINT',
  actionCount: 'BIGINT',
  rejectedCount: 'BIGINT',
};

const models: Columns<ModelRow> = {
  era: 'BIGINT',
  model: 'BIGINT',
  account: 'BIGINT',
  creator: 'VARCHAR',
  strategy: 'VARCHAR',
  state: 'VARCHAR',
  versionNumber: 'BIGINT',
  variant: 'VARCHAR',
  feeUnits: 'BIGINT',
  requestCount: 'BIGINT',
  servedCount: 'BIGINT',
  incomeUnits: 'BIGINT',
  ratingTenths: 'DOUBLE',
  rankFp: 'BIGINT',
  qualityBps: 'BIGINT',
  hostCount: 'BIGINT',
};

const nodes: Columns<NodeRow> = {
  era: 'BIGINT',
  node: 'BIGINT',
  account: 'BIGINT',
  state: 'VARCHAR',
  trustFp: 'BIGINT',
  qualityFp: 'BIGINT',
  acceptedWu: 'BIGINT',
  scoreFp: 'BIGINT',
  rewardUnits: 'BIGINT',
  ownEligibleUnits: 'BIGINT',
  delegatedEligibleUnits: 'BIGINT',
  assignedCount: 'BIGINT',
  finishedCount: 'BIGINT',
  checkedCount: 'BIGINT',
  acceptedCount: 'BIGINT',
  beatExpectedCount: 'BIGINT',
  beatAnsweredCount: 'BIGINT',
  flapCount: 'BIGINT',
  meanMs: 'BIGINT',
  offenceCount: 'BIGINT',
  completionFp: 'BIGINT',
  accuracyFp: 'BIGINT',
  stabilityFp: 'BIGINT',
  speedFp: 'BIGINT',
  behaviourFp: 'BIGINT',
  trustAfterFp: 'BIGINT',
};

const validators: Columns<ValidatorRow> = {
  era: 'BIGINT',
  validator: 'BIGINT',
  account: 'BIGINT',
  state: 'VARCHAR',
  reputationFp: 'BIGINT',
  taskCount: 'BIGINT',
  scoreSumFp: 'BIGINT',
  payWeightFp: 'BIGINT',
  rewardUnits: 'BIGINT',
  ownEligibleUnits: 'BIGINT',
  delegatedEligibleUnits: 'BIGINT',
  alignedCount: 'BIGINT',
  lateCount: 'BIGINT',
  againstCount: 'BIGINT',
  copiedCount: 'BIGINT',
  missedCount: 'BIGINT',
  reputationAfterFp: 'BIGINT',
};

const delegations: Columns<DelegationRow> = {
  era: 'BIGINT',
  delegation: 'BIGINT',
  account: 'BIGINT',
  targetKind: 'VARCHAR',
  target: 'BIGINT',
  units: 'BIGINT',
  eligibleUnits: 'BIGINT',
  unbondingUnits: 'BIGINT',
};

const calls: Columns<CallRow> = {
  era: 'BIGINT',
  account: 'BIGINT',
  model: 'BIGINT',
  servedCount: 'BIGINT',
  refundedCount: 'BIGINT',
  feeUnits: 'BIGINT',
};

const events: Columns<EventRow> = {
  era: 'BIGINT',
  slot: 'BIGINT',
  phase: 'BIGINT',
  name: 'VARCHAR',
  a: 'BIGINT',
  b: 'BIGINT',
  c: 'BIGINT',
  d: 'BIGINT',
  e: 'BIGINT',
  f: 'BIGINT',
};

export const TABLES = { metrics, agents, models, nodes, validators, delegations, calls, events } as const;
export type TableName = keyof typeof TABLES;
/** Row type of each table. */
export type RowOf = {
  metrics: EraRow;
  agents: AgentRow;
  models: ModelRow;
  nodes: NodeRow;
  validators: ValidatorRow;
  delegations: DelegationRow;
  calls: CallRow;
  events: EventRow;
};

/** Columns of a table in order: field of the row, name in the file, type. */
export function columnsOf(table: TableName): { field: string; column: string; type: ColumnType }[] {
  return Object.entries(TABLES[table]).map(([field, type]) => ({ field, column: snakeCase(field), type }));
}

/** @example snakeCase('wealthGiniFp') // 'wealth_gini_fp' */
export function snakeCase(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
