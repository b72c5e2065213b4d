/**
 * The columns of the stored tables. A field of a row (`sim/engine/trace.ts`) becomes a column of the same name in
 * snake_case, its unit last; the compiler refuses a row type and a table that differ. Integers stay below 2^53.
 */
import type { AgentRow, EraRow, EventRow, ModelRow } from '../engine/trace.ts';

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

export const TABLES = { metrics, agents, models, events } as const;
export type TableName = keyof typeof TABLES;
/** Row type of each table. */
export type RowOf = { metrics: EraRow; agents: AgentRow; models: ModelRow; events: EventRow };

/** Columns of a table in order: field of the row, name in the file, type. */
export function columnsOf(table: TableName): { field: string; column: string; type: ColumnType }[] {
  return Object.entries(TABLES[table]).map(([field, type]) => ({ field, column: snakeCase(field), type }));
}

/** @example snakeCase('wealthGiniFp') // 'wealth_gini_fp' */
export function snakeCase(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
