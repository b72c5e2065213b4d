/** Runs for the tests of this room: rows that depend on nothing but their era, with every kind of awkward value. */
import type { EraRows } from '../engine/observer.ts';
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
  FlowRow,
  LeaseRow,
  Manifest,
  MarketRow,
  ModelRow,
  NodeRow,
  ProviderRow,
  SlarkRow,
  ValidatorRow,
} from '../engine/trace.ts';
import { columnsOf, type TableName } from './tables.ts';

const NAMES = [
  'plain',
  'with "quotes"',
  "O'Brien; DROP TABLE",
  'línea\nnueva',
  '\u2028\u0000\ud83d\ude00',
  '{"table":"commit"}',
  '',
];

export const testManifest: Manifest = {
  version: 1,
  state: 'running',
  name: 'store-test',
  seed: 7,
  eras: 6,
  erasDone: 6,
  ledger: 'core',
  scenarioHash: 'c0ffee0123456789',
  scenarioFile: 'scenarios/store-test.yaml',
  digest: 'd1',
  exact: true,
  command: 'powr run scenarios/store-test.yaml --seed 7',
  roles: { miner: 2 },
  lockstep: null,
  invariants: { checkedCount: 3, violatedCount: 0, ids: ['INV-1'] },
  expectations: [{ text: 'profit.steady > 0', measured: null, holds: false }],
  actions: { accepted: { transferTokens: 3 }, rejected: {}, reasons: {} },
  messages: { ignored: {} },
  inference: {
    mode: 'replay',
    device: 'cpu',
    runtime: 'none',
    executedCount: 0,
    replayedCount: 9,
    comparedCount: 2,
    sketchedCount: 4,
    validatorDevice: 'cpu',
    byVariant: {},
  },
  chain: null,
  demand: null,
  versions: { powrlab: '0.1.0' },
  host: { cpu: 'test', cores: 1, memoryGb: 1, platform: 'linux' },
  threads: 1,
  startedAt: '2026-01-01T00:00:00.000Z',
  wallMs: 12,
};

function eraRow(era: number): EraRow {
  const fields = columnsOf('metrics').flatMap(({ field, type }) =>
    type === 'VARCHAR' || field === 'era' ? [] : [field],
  );
  const counts = Object.fromEntries(
    fields.map((field, i) => [field, i % 5 === 0 ? Number.MAX_SAFE_INTEGER - era : era * 100 + i]),
  );
  return { era, ...counts, digest: `digest-${era}` } as unknown as EraRow;
}

function agentRow(era: number, account: number): AgentRow {
  const name = NAMES[(era + account) % NAMES.length]!;
  return {
    era,
    account,
    name,
    role: 'miner',
    strategy: 'steady',
    intent: 'honest',
    walletUnits: Number.MAX_SAFE_INTEGER,
    stakeUnits: account,
    delegatedUnits: 0,
    callUnits: era,
    rewardUnits: 3,
    delegationUnits: 4,
    livenessUnits: 13,
    slarkUnits: 14,
    leaseUnits: 7,
    restitutionUnits: 15,
    penaltyUnits: 5,
    spentUnits: 6,
    standingFp: -1,
    requestCount: 7,
    servedCount: 8,
    checkedCount: 9,
    acceptedCount: 10,
    executedWu: 13_420,
    servedQualityBps: account % 2 === 0 ? -1 : 9_876,
    actionCount: 11,
    rejectedCount: 12,
  };
}

function modelRow(era: number, model: number): ModelRow {
  return {
    era,
    model,
    account: 40,
    creator: NAMES[model % NAMES.length]!,
    strategy: 'improver',
    state: 'live',
    versionNumber: 2,
    variant: 'en-int8',
    feeUnits: 50_000,
    requestCount: 3,
    servedCount: 2,
    incomeUnits: 1,
    ratingTenths: model === 1 ? -1 : 43.125 + era / 3,
    rankFp: 512_000_000,
    qualityBps: -1,
    validatedQualityBps: 9_100,
    servedQualityBps: 8_765,
    hostCount: 2,
  };
}

function eventRow(era: number, i: number): EventRow {
  return {
    era,
    slot: era * 24 + i,
    phase: 60,
    name: 'Moved',
    a: i,
    b: 2,
    c: Number.MAX_SAFE_INTEGER,
    d: 4,
    e: 5,
    f: 6,
  };
}

/** A row of a table whose numbers depend on their column alone; `own` says what they are not to be. */
function countedRow(table: TableName, own: Readonly<Record<string, number | string>>): unknown {
  const columns = columnsOf(table).map(({ field, type }, i) => [
    field,
    type === 'VARCHAR' ? NAMES[i % NAMES.length] : i,
  ]);
  return { ...Object.fromEntries(columns), ...own };
}

/** An era of `agents` agents, two models and `events` events: equal arguments give equal rows. */
export function testEra(era: number, agents = 5, events = 3): EraRows {
  return {
    era: eraRow(era),
    agents: Array.from({ length: agents }, (_, i) => agentRow(era, 32 + i)),
    models: [modelRow(era, 1), modelRow(era, 2)],
    nodes: [1, 2].map((node) => countedRow('nodes', { era, node }) as NodeRow),
    validators: [countedRow('validators', { era, validator: 1, scoreSumFp: Number.MAX_SAFE_INTEGER }) as ValidatorRow],
    delegations: [countedRow('delegations', { era, delegation: 1, targetKind: 'node' }) as DelegationRow],
    calls: [countedRow('calls', { era, account: 32, model: 1 }) as CallRow],
    providers: [countedRow('providers', { era, provider: 1, rawUnits: Number.MAX_SAFE_INTEGER }) as ProviderRow],
    slarks: [1, 2].map((licence) => countedRow('slarks', { era, licence }) as SlarkRow),
    challenges: [countedRow('challenges', { era, challenge: era + 1, expectedPassShare: 1 / 3 }) as ChallengeRow],
    market: [countedRow('market', { era, grossUnits: Number.MAX_SAFE_INTEGER }) as MarketRow],
    flows: [countedRow('flows', { era, asset: 0 }) as FlowRow],
    leases: [countedRow('leases', { era, lease: era + 1 }) as LeaseRow],
    economics: [1, 2].map((provider) => countedRow('economics', { era, provider }) as EconomicsRow),
    fizz: [countedRow('fizz', { era, fizz: 1 }) as FizzRow],
    audits: [1, 2].map((task) => countedRow('audits', { era, task, distancePpb: 2_000_000_000 }) as AuditRow),
    events: Array.from({ length: events }, (_, i) => eventRow(era, i)),
  };
}
