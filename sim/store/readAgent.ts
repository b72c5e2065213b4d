/**
 * Everything that a finished run has stored about one agent: its rows, those of its nodes, validators, delegations and
 * models with the sums that they are shares of, and the events that concern it. Draws no conclusions.
 */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type {
  AgentRow,
  AuditRow,
  CallRow,
  ChallengeRow,
  DelegationRow,
  EconomicsRow,
  EraRow,
  EventRow,
  FizzRow,
  LeaseRow,
  Manifest,
  ModelRow,
  NodeRow,
  ProviderRow,
  SlarkRow,
  ValidatorRow,
} from '../engine/trace.ts';
import { sqlPath, withDuckDb } from './duckdb.ts';
import { RUN_FILES } from './paths.ts';
import { broken, isOtherVersion, olderThan, otherTables, present, readFinishedManifest, readText } from './readRun.ts';
import { StoreError } from './storeError.ts';
import { columnsOf, type RowOf, type TableName } from './tables.ts';

/** Place of an entity's weight in the running sum of an era's weights, for `alloc` (NUM-4). */
type InSum = { readonly before: number; readonly sum: number };

export type NodeOfAgent = NodeRow & {
  readonly score: InSum;
  /** Largest contribution of any node in the era. */
  readonly maxWu: number;
};
export type ValidatorOfAgent = ValidatorRow & { readonly payWeight: InSum; readonly potUnits: number };
export type DelegationOfAgent = DelegationRow & {
  /** Eligible units of all delegations, and of those to the same target. */
  readonly eligible: InSum;
  readonly eligibleOfTarget: InSum;
  /** Of the target: own eligible stake, and its reward of the era. */
  readonly targetOwnUnits: number;
  readonly targetRewardUnits: number;
};
/** A provider in an era; its raw liveness and forfeits, and their places among those of all providers. */
export type ProviderOfAgent = ProviderRow & { readonly raw: InSum; readonly forfeitSumUnits: number };
/** A licence in an era; its score and its place among the scores of all licences. */
export type SlarkOfAgent = SlarkRow & { readonly scores: InSum };
/** A model in an era; `wu` is what it served, and its place among what all models served. */
export type ModelOfAgent = ModelRow & { readonly servedWu: number; readonly wu: InSum };

/** `row` numbers the events of the run in the order in which they happened; `era` is the one whose rows count it. */
export type EventOfAgent = EventRow & { readonly row: number };

export type AgentHistory = {
  readonly manifest: Manifest;
  readonly scenarioYaml: string;
  readonly account: number;
  readonly eras: readonly EraRow[];
  readonly agents: readonly AgentRow[];
  readonly nodes: readonly NodeOfAgent[];
  readonly validators: readonly ValidatorOfAgent[];
  readonly delegations: readonly DelegationOfAgent[];
  readonly models: readonly ModelOfAgent[];
  readonly calls: readonly CallRow[];
  readonly providers: readonly ProviderOfAgent[];
  readonly slarks: readonly SlarkOfAgent[];
  /** Of the agent's providers, and those that its licences had a seat for. */
  readonly challenges: readonly ChallengeRow[];
  /** Those that were closed: paid for by the agent, or served by its providers, their members or its fizz nodes. */
  readonly leases: readonly LeaseRow[];
  readonly economics: readonly EconomicsRow[];
  readonly fizz: readonly FizzRow[];
  /** Of the answers of its nodes. */
  readonly audits: readonly AuditRow[];
  readonly events: readonly EventOfAgent[];
};

/** Numbers of protocol that the reader has to be told, because a store knows no rules. */
export type ProtocolNumbers = {
  readonly slotsPerEra: number;
  readonly kinds: {
    readonly model: number;
    readonly node: number;
    readonly validator: number;
    readonly provider: number;
    readonly slark: number;
    readonly fizz: number;
  };
  /** Vaults that a slash is taken from. */
  readonly stakeVault: number;
  readonly delegationVault: number;
  /** Reasons of Moved by which stake is lost. */
  readonly lossReasons: readonly number[];
  /** Kinds of tasks about models, and about nodes. */
  readonly modelTasks: readonly number[];
  readonly nodeTasks: readonly number[];
};

export type AgentName = Pick<AgentRow, 'account' | 'name' | 'role' | 'strategy' | 'intent'>;

/** What `powr explain` needs beyond the tables that every run has. */
const RECORDED_WITH_AGENTS = [
  'nodes',
  'validators',
  'delegations',
  'calls',
  'providers',
  'slarks',
  'challenges',
  'leases',
  'economics',
  'fizz',
  'audits',
] as const;

/** Selects all columns under the fields' names. A BIGINT would arrive as a bigint; as a double it is exact below 2^53. */
function fieldsOf(table: TableName): string {
  return columnsOf(table)
    .map(({ field, column, type }) => `"${column}"${type === 'BIGINT' ? '::DOUBLE' : ''} AS "${field}"`)
    .join(', ');
}

/** Sum of `column` over the rows of `window` before this one, and over all of them, as two fields. */
function inSum(name: string, column: string, partition: string, order: string): string {
  const window = `PARTITION BY ${partition}`;
  return `(sum(${column}) OVER (${window} ORDER BY ${order}) - ${column})::DOUBLE AS "${name}Before", (sum(${column}) OVER (${window}))::DOUBLE AS "${name}Sum"`;
}

function nested<T>(row: Readonly<Record<string, unknown>>, name: string): T {
  const { [`${name}Before`]: before, [`${name}Sum`]: sum, ...rest } = row;
  return { ...rest, [name]: { before, sum } } as T;
}

const list = (numbers: readonly number[]): string => `(${numbers.length === 0 ? 'NULL' : numbers.join(', ')})`;

type Tables = { readonly connection: DuckDBConnection; path(table: TableName): string };

async function select<T>({ connection }: Tables, sql: string): Promise<T[]> {
  return (await connection.runAndReadAll(sql)).getRowObjectsJS() as unknown as T[];
}

/** @throws StoreError if the run has recorded too little, saying how to record it; UNFINISHED and others as `readFinishedManifest` */
async function openTables(directory: string): Promise<{ manifest: Manifest; path(table: TableName): string }> {
  const manifest = await readFinishedManifest(directory);
  const missing = async (table: TableName): Promise<boolean> =>
    access(join(directory, RUN_FILES[table])).then(
      () => false,
      () => true,
    );
  if (await missing('events')) {
    throw new StoreError(
      'NOT_RECORDED',
      `The run in ${directory} has recorded no events, and they are what explains it`,
      {
        fix: 'write `record: { events: all }` into the scenario, or --set record.events=all, and run it again',
      },
    );
  }
  for (const table of RECORDED_WITH_AGENTS) {
    if (await missing(table)) throw olderThan(directory, table, manifest);
  }
  for (const table of ['metrics', 'agents', 'models'] as const) await present(directory, RUN_FILES[table]);
  return { manifest, path: (table) => sqlPath(join(directory, RUN_FILES[table])) };
}

/** Runs `work` with the tables of a run; an error of DuckDB becomes one of ours. */
async function withTables<T>(directory: string, work: (tables: Tables, manifest: Manifest) => Promise<T>): Promise<T> {
  const { manifest, path } = await openTables(directory);
  return withDuckDb(async (connection) => {
    try {
      return await work({ connection, path }, manifest);
    } catch (error) {
      if (error instanceof StoreError) throw error;
      throw isOtherVersion(error) ? otherTables(directory, manifest, error) : broken(directory, error);
    }
  });
}

/**
 * Who took part in a run, by account.
 *
 * @throws StoreError as {@link readAgent}
 */
export async function readAgentNames(directory: string): Promise<AgentName[]> {
  return withTables(directory, async (tables) => {
    const names = await select<AgentName>(
      tables,
      `SELECT account::DOUBLE AS account, any_value("name") AS "name", any_value(role) AS role, any_value(strategy) AS strategy, any_value(intent) AS intent FROM read_parquet(${tables.path('agents')}) GROUP BY account ORDER BY account`,
    );
    if (names.length > 0) return names;
    throw new StoreError('NOT_RECORDED', `The run in ${directory} has recorded no agents`, {
      fix: 'write `record: { agents: all }` into the scenario, or --set record.agents=all, and run it again',
    });
  });
}

/**
 * @throws StoreError UNFINISHED, NO_RUN; NOT_RECORDED if the run has recorded too little, saying how to record it;
 * FILE_BROKEN
 */
export async function readAgent(directory: string, account: number, protocol: ProtocolNumbers): Promise<AgentHistory> {
  return withTables(directory, async (tables, manifest) => {
    const from = (table: TableName): string => `read_parquet(${tables.path(table)})`;
    const own = `WHERE account = ${account}`;
    const rows = <T extends TableName>(table: T, order: string): Promise<RowOf[T][]> =>
      select(tables, `SELECT ${fieldsOf(table)} FROM ${from(table)} ${own} ORDER BY ${order}`);
    const nodes = await select<Record<string, unknown>>(
      tables,
      `SELECT * EXCLUDE (mine) FROM (SELECT ${fieldsOf('nodes')}, account AS mine, ${inSum('score', 'score_fp', 'era', 'node')}, max(accepted_wu) OVER (PARTITION BY era)::DOUBLE AS "maxWu" FROM ${from('nodes')}) WHERE mine = ${account} ORDER BY era, node`,
    );
    const validators = await select<Record<string, unknown>>(
      tables,
      `SELECT * EXCLUDE (mine) FROM (SELECT ${fieldsOf('validators')}, account AS mine, ${inSum('payWeight', 'pay_weight_fp', 'era', 'validator')}, sum(reward_units) OVER (PARTITION BY era)::DOUBLE AS "potUnits" FROM ${from('validators')}) WHERE mine = ${account} ORDER BY era, validator`,
    );
    const targets = `SELECT era, 'node' AS target_kind, node AS target, own_eligible_units, reward_units FROM ${from('nodes')} UNION ALL SELECT era, 'validator', validator, own_eligible_units, reward_units FROM ${from('validators')} UNION ALL SELECT era, 'provider', provider, own_eligible_units, reward_units FROM ${from('providers')}`;
    const delegations = await select<Record<string, unknown>>(
      tables,
      `SELECT d.* EXCLUDE (mine), t.own_eligible_units::DOUBLE AS "targetOwnUnits", t.reward_units::DOUBLE AS "targetRewardUnits" FROM (SELECT ${fieldsOf('delegations')}, account AS mine, ${inSum('eligible', 'eligible_units', 'era', 'delegation')}, ${inSum('eligibleOfTarget', 'eligible_units', 'era, target_kind, target', 'delegation')} FROM ${from('delegations')}) d JOIN (${targets}) t ON t.era = d.era AND t.target_kind = d."targetKind" AND t.target = d.target WHERE mine = ${account} ORDER BY d.era, delegation`,
    );

    // An era's settlement lies in the first block of the slot after it; the rows of the era count that block.
    const isSettlement = `slot > 0 AND phase = 0 AND slot % ${protocol.slotsPerEra} = 0`;
    const events = `(SELECT *, file_row_number AS row, era - (CASE WHEN ${isSettlement} THEN 1 ELSE 0 END) AS told_era FROM read_parquet(${tables.path('events')}, file_row_number = true))`;
    const served = `SELECT told_era AS era, b AS model, sum(d) AS wu FROM ${events} WHERE "name" = 'RequestServed' GROUP BY ALL`;
    const models = await select<Record<string, unknown>>(
      tables,
      `SELECT * EXCLUDE (mine) FROM (SELECT ${fieldsOf('models')}, account AS mine, coalesce(w.wu, 0)::DOUBLE AS "servedWu", ${inSum('wu', 'coalesce(w.wu, 0)', 'm.era', 'm.model')} FROM ${from('models')} m LEFT JOIN (${served}) w USING (era, model)) WHERE mine = ${account} ORDER BY era, model`,
    );
    const providers = await select<Record<string, unknown>>(
      tables,
      `SELECT * EXCLUDE (mine) FROM (SELECT ${fieldsOf('providers')}, account AS mine, ${inSum('raw', 'raw_units', 'era', 'provider')}, (sum(forfeit_units) OVER (PARTITION BY era))::DOUBLE AS "forfeitSumUnits" FROM ${from('providers')}) WHERE mine = ${account} ORDER BY era, provider`,
    );
    const slarks = await select<Record<string, unknown>>(
      tables,
      `SELECT * EXCLUDE (mine) FROM (SELECT ${fieldsOf('slarks')}, account AS mine, ${inSum('scores', 'score', 'era', 'licence')} FROM ${from('slarks')}) WHERE mine = ${account} ORDER BY era, licence`,
    );
    const idsOf = (found: readonly Record<string, unknown>[], field: string): string =>
      list([...new Set(found.map((row) => row[field] as number))]);
    const economics = await rows('economics', 'era, provider');
    const fizz = await rows('fizz', 'era, fizz');
    const leases = await select<LeaseRow>(
      tables,
      `SELECT ${fieldsOf('leases')} FROM ${from('leases')} WHERE account = ${account} OR provider_account = ${account} OR fizz_account = ${account} ORDER BY era, lease`,
    );
    const [N, V, M, D, P, Z, X, L] = [
      idsOf(nodes, 'node'),
      idsOf(validators, 'validator'),
      idsOf(models, 'model'),
      idsOf(delegations, 'delegation'),
      idsOf(providers, 'provider'),
      idsOf(slarks, 'licence'),
      idsOf(fizz, 'fizz'),
      idsOf(leases, 'lease'),
    ];
    const seats =
      Z === '(NULL)'
        ? 'false'
        : `list_has_any(string_split(licences, ' '), [${[...new Set(slarks.map(({ licence }) => `'${licence}'`))].join(', ')}])`;
    const { kinds } = protocol;
    const isOwn = (kind: string, entity: string): string =>
      `((${kind} = ${kinds.node} AND ${entity} IN ${N}) OR (${kind} = ${kinds.validator} AND ${entity} IN ${V}) OR (${kind} = ${kinds.model} AND ${entity} IN ${M}) OR (${kind} = ${kinds.provider} AND ${entity} IN ${P}) OR (${kind} = ${kinds.slark} AND ${entity} IN ${Z}) OR (${kind} = ${kinds.fizz} AND ${entity} IN ${X}))`;
    // Whoever owns an escrow wallet is charged for its leases, also for those that another has ordered.
    const escrows = `SELECT a FROM ${events} WHERE "name" = 'EscrowChanged' AND e = ${account}`;
    const orders = `SELECT a FROM ${events} WHERE "name" = 'OrderCreated' AND b IN (${escrows})`;
    const paidLeases = `SELECT a FROM ${events} WHERE "name" = 'LeaseCreated' AND b IN (${orders})`;
    const accruals = `"name" = 'LeaseAccrued' AND a IN (${paidLeases})`;
    const mine = [
      `"name" = 'Moved' AND (a = ${account} OR b = ${account} OR (a IN ${list([protocol.stakeVault, protocol.delegationVault])} AND d IN ${list(protocol.lossReasons)}))`,
      `"name" = 'AssetMoved' AND (b = ${account} OR c = ${account})`,
      `"name" = 'PricePosted'`,
      `"name" = 'EscrowChanged' AND a IN (${escrows})`,
      `"name" = 'OrderCreated' AND b IN (${escrows})`,
      `"name" = 'LeaseCreated' AND b IN (${orders})`,
      `"name" = 'LeaseClosed' AND a IN ${L}`,
      accruals,
      // What was paid right before tells in which asset.
      `row IN (SELECT row - 1 FROM ${events} WHERE ${accruals})`,
      `"name" = 'RewardPaid' AND c = ${account}`,
      `"name" = 'Burnt' AND a = ${account}`,
      `"name" = 'VestingChanged' AND a IN ${D}`,
      `"name" = 'ProviderAssessed' AND a IN ${P}`,
      `"name" IN ('Slashed', 'StakeChanged', 'Transition', 'TierChanged') AND ${isOwn('a', 'b')}`,
      `"name" = 'DelegationChanged' AND a IN ${D}`,
      `"name" IN ('RequestServed', 'RequestRefunded') AND (b IN ${M} OR c IN ${N})`,
      `"name" = 'ModelRated' AND a IN ${M}`,
      `"name" IN ('ResultSubmitted', 'CopyFlagged') AND b IN ${V}`,
      `"name" = 'SketchRevealed' AND b IN ${N}`,
      `"name" = 'TaskTallied' AND ((b IN ${list(protocol.modelTasks)} AND c IN ${M}) OR (b IN ${list(protocol.nodeTasks)} AND c IN ${N}) OR a IN (SELECT a FROM ${events} WHERE "name" = 'ResultSubmitted' AND b IN ${V}))`,
    ];
    const fields = fieldsOf('events').replace('"era"::DOUBLE AS "era"', 'told_era::DOUBLE AS "era"');
    return {
      manifest,
      scenarioYaml: await readText(directory, RUN_FILES.scenario),
      account,
      eras: await select<EraRow>(tables, `SELECT ${fieldsOf('metrics')} FROM ${from('metrics')} ORDER BY era`),
      agents: await rows('agents', 'era'),
      nodes: nodes.map((row) => nested<NodeOfAgent>(row, 'score')),
      validators: validators.map((row) => nested<ValidatorOfAgent>(row, 'payWeight')),
      delegations: delegations.map((row) => nested<DelegationOfAgent>(nested(row, 'eligible'), 'eligibleOfTarget')),
      models: models.map((row) => nested<ModelOfAgent>(row, 'wu')),
      calls: await rows('calls', 'era, model'),
      providers: providers.map((row) => nested<ProviderOfAgent>(row, 'raw')),
      slarks: slarks.map((row) => nested<SlarkOfAgent>(row, 'scores')),
      challenges: await select<ChallengeRow>(
        tables,
        `SELECT ${fieldsOf('challenges')} FROM ${from('challenges')} WHERE provider IN ${P} OR ${seats} ORDER BY era, challenge`,
      ),
      leases,
      economics,
      fizz,
      audits: await rows('audits', 'era, task'),
      events: await select<EventOfAgent>(
        tables,
        `SELECT ${fields}, row::DOUBLE AS row FROM ${events} WHERE ${mine.map((part) => `(${part})`).join(' OR ')} ORDER BY row`,
      ),
    };
  });
}
