/** A run as the figures read it: rows by bin of eras, units of the token, groups of agents in a fixed order. */
import { FP } from '../sim/base/fixedPoint.ts';
import { TOKEN_DECIMALS, unitsPerToken } from '../sim/base/units.ts';
import type { AgentRow, EraRow, ModelRow, ProviderRow, RunTables } from '../sim/engine/trace.ts';
import { binEras, type EraBins } from './eraBins.ts';

export type Intent = AgentRow['intent'];
/** Worst last: the order of groups wherever strategies are listed. */
export const INTENTS: readonly Intent[] = ['honest', 'opportunistic', 'malicious'];

export type Reading = {
  readonly run: RunTables;
  readonly bins: EraBins;
  readonly lastEra: number;
  /** Rows of each bin of eras. */
  readonly eraRows: readonly (readonly EraRow[])[];
  readonly agentRows: readonly (readonly AgentRow[])[];
  readonly modelRows: readonly (readonly ModelRow[])[];
  /** Rows of the last era. */
  readonly finalAgents: readonly AgentRow[];
  readonly finalModels: readonly ModelRow[];
  readonly providerRows: readonly (readonly ProviderRow[])[];
  /** Who owns an account. */
  agentOf(account: number): AgentRow | undefined;
  /** Agents by role and strategy. */
  readonly groups: readonly Group[];
  tokens(units: number): number;
};

export function readTables(run: RunTables): Reading {
  const bins = binEras(run.eras.length);
  const perToken = unitsPerToken(decimalsOf(run.scenarioYaml));
  const lastEra = run.eras.length - 1;
  const byBin = <Row extends { readonly era: number }>(rows: readonly Row[]): Row[][] => {
    const parts: Row[][] = bins.bins.map(() => []);
    for (const row of rows) parts[bins.indexOf(row.era)]?.push(row);
    return parts;
  };
  const agents = new Map(run.agents.map((row) => [row.account, row]));
  return {
    run,
    bins,
    lastEra,
    eraRows: byBin(run.eras),
    agentRows: byBin(run.agents),
    modelRows: byBin(run.models),
    finalAgents: run.agents.filter((row) => row.era === lastEra),
    finalModels: run.models.filter((row) => row.era === lastEra),
    providerRows: byBin(run.providers),
    agentOf: (account) => agents.get(account),
    groups: groupsOf(run.agents),
    tokens: (amountUnits) => amountUnits / perToken,
  };
}

/** The resolved scenario says how many decimals the token has; amounts in tables are base units. */
function decimalsOf(scenarioYaml: string): number {
  const written = /^\s*"?token\.decimals"?:\s*(\d{1,2})\s*$/m.exec(scenarioYaml)?.[1];
  return written === undefined ? TOKEN_DECIMALS : Math.min(15, Number(written));
}

export const fraction = (fp: number): number => fp / FP;

/** Income of an agent in an era, base units, whatever its source. */
export const incomeUnits = (row: AgentRow): number =>
  row.callUnits +
  row.rewardUnits +
  row.delegationUnits +
  row.livenessUnits +
  row.slarkUnits +
  row.leaseUnits +
  row.restitutionUnits;
/** What an agent owns at an era's end, base units. */
export const wealthUnits = (row: AgentRow): number => row.walletUnits + row.stakeUnits + row.delegatedUnits;

/** Several agents of a role, as texts name them: Slark is a name, and fizz that of a kind of node. */
export const pluralOf = (role: AgentRow['role']): string =>
  role === 'slark' ? 'Slarks' : role === 'fizz' ? 'fizz nodes' : `${role}s`;

export type Group = {
  readonly label: string;
  readonly intent: Intent;
  readonly role: AgentRow['role'];
  readonly count: number;
};

/** Strategies of a role, honest ones first, then by name; with the number of agents. */
export function strategiesOf(reading: Reading, role: AgentRow['role']): readonly Group[] {
  return reading.groups.filter((group) => group.role === role);
}

function groupsOf(agents: readonly AgentRow[]): Group[] {
  const groups = new Map<string, { readonly group: Omit<Group, 'count'>; readonly accounts: Set<number> }>();
  for (const { role, strategy, intent, account } of agents) {
    const key = `${role} ${strategy}`;
    const known = groups.get(key);
    if (known !== undefined) known.accounts.add(account);
    else groups.set(key, { group: { label: strategy, intent, role }, accounts: new Set([account]) });
  }
  return [...groups.values()]
    .map(({ group, accounts }) => ({ ...group, count: accounts.size }))
    .sort((a, b) => INTENTS.indexOf(a.intent) - INTENTS.indexOf(b.intent) || (a.label < b.label ? -1 : 1));
}

/** Rows of a list by a key, in order of first appearance. */
export function groupBy<Row>(rows: readonly Row[], keyOf: (row: Row) => string): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return groups;
}

export function sumOf<Row>(rows: readonly Row[], amountOf: (row: Row) => number): number {
  let sum = 0;
  for (const row of rows) sum += amountOf(row);
  return sum;
}
