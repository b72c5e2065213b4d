/** Runs made up for tests and for looking at reports: six roles, honest and cheating strategies, six models, no chance. */
import type {
  AgentRow,
  AuditRow,
  ChallengeRow,
  EconomicsRow,
  EraRow,
  FizzRow,
  FlowRow,
  Manifest,
  MarketRow,
  ModelRow,
  ProviderRow,
  RunTables,
  SlarkRow,
} from '../sim/engine/trace.ts';
import { syntheticAudits } from './syntheticAudits.ts';
import { syntheticMarket } from './syntheticMarket.ts';
import { syntheticServices } from './syntheticServices.ts';

export type SyntheticOptions = {
  readonly eras?: number;
  /** Miners of the honest strategy; the other groups follow in proportion. */
  readonly size?: number;
  /** Put into every text that a user can write. */
  readonly text?: string;
  readonly manifest?: Partial<Manifest>;
  /** False: a network without providers, Slarks and challenges. */
  readonly hasProviders?: boolean;
  /** False: a network whose providers rent nothing out. Without providers there is no market either. */
  readonly hasMarket?: boolean;
};

const UNITS = 1_000_000;

/** A number in [0, 1) from any integers: equal arguments, equal number. */
function noise(...keys: readonly number[]): number {
  let x = 2_166_136_261;
  for (const key of keys) {
    x = Math.imul(x ^ (key + 1), 16_777_619);
    x = Math.imul(x ^ (x >>> 15), 739_982_445);
    x ^= x >>> 12;
  }
  return (x >>> 0) / 4_294_967_296;
}

type Group = {
  readonly role: AgentRow['role'];
  readonly strategy: string;
  readonly intent: AgentRow['intent'];
  readonly count: number;
  readonly income: number;
  readonly accepted: number;
  readonly standing: number;
};

function groupsOf(size: number, hasProviders: boolean): Group[] {
  const part = (share: number): number => Math.max(1, Math.round(size * share));
  const all: Group[] = [
    { role: 'miner', strategy: 'steady', intent: 'honest', count: part(1), income: 40, accepted: 0.98, standing: 0.85 },
    {
      role: 'miner',
      strategy: 'newcomer',
      intent: 'honest',
      count: part(0.2),
      income: 25,
      accepted: 0.97,
      standing: 0.7,
    },
    {
      role: 'miner',
      strategy: 'cheater',
      intent: 'malicious',
      count: part(0.2),
      income: 22,
      accepted: 0.55,
      standing: 0.4,
    },
    {
      role: 'miner',
      strategy: 'oscillator',
      intent: 'malicious',
      count: part(0.2),
      income: 28,
      accepted: 0.8,
      standing: 0.55,
    },
    {
      role: 'validator',
      strategy: 'diligent',
      intent: 'honest',
      count: part(0.5),
      income: 30,
      accepted: 0.96,
      standing: 0.9,
    },
    {
      role: 'validator',
      strategy: 'conformist',
      intent: 'opportunistic',
      count: part(0.1),
      income: 26,
      accepted: 0.8,
      standing: 0.7,
    },
    {
      role: 'validator',
      strategy: 'lazy',
      intent: 'malicious',
      count: part(0.1),
      income: 12,
      accepted: 0.6,
      standing: 0.45,
    },
    { role: 'creator', strategy: 'improver', intent: 'honest', count: 3, income: 50, accepted: 0, standing: 0.8 },
    { role: 'creator', strategy: 'cloner', intent: 'opportunistic', count: 2, income: 20, accepted: 0, standing: 0.6 },
    { role: 'creator', strategy: 'spammer', intent: 'malicious', count: 1, income: 0, accepted: 0, standing: -1 },
    { role: 'consumer', strategy: 'honest', intent: 'honest', count: part(0.6), income: 0, accepted: 0, standing: -1 },
    {
      role: 'delegator',
      strategy: 'yield-seeker',
      intent: 'honest',
      count: part(0.2),
      income: 60,
      accepted: 0,
      standing: -1,
    },
    {
      role: 'slark',
      strategy: 'verifier',
      intent: 'honest',
      count: part(0.4),
      income: 24,
      accepted: 0.98,
      standing: 0.98,
    },
    {
      role: 'slark',
      strategy: 'rubber-stamp',
      intent: 'malicious',
      count: part(0.1),
      income: 15,
      accepted: 0.8,
      standing: 0.8,
    },
  ];
  return all.filter(({ role }) => hasProviders || role !== 'slark');
}

/** Only miners and creators have answers that somebody got. */
function servedQualityOf({ role, intent }: Group, i: number): number {
  if (role !== 'miner' && role !== 'creator') return -1;
  return (intent === 'honest' ? 9_300 : 8_700) - 60 * (i % 5);
}

function agentRows(era: number, groups: readonly Group[], text: string): AgentRow[] {
  let account = 32;
  return groups.flatMap((group, g) =>
    Array.from({ length: group.count }, (_, i) => {
      const wobble = 0.5 + noise(1, g, i) + 0.3 * noise(2, era, g, i);
      const income = Math.round(group.income * UNITS * wobble * Math.min(1, era / 4));
      const checked = group.accepted === 0 ? 0 : Math.floor(4 * noise(3, era, g, i));
      const course = 0.5 + (group.standing - 0.5) * Math.min(1, era / 15) + 0.1 * (noise(4, g, i) - 0.5);
      const row: AgentRow = {
        era,
        account: account++,
        name: `${group.strategy} ${i}${text}`,
        role: group.role,
        strategy: `${group.strategy}${text}`,
        intent: group.intent,
        walletUnits: Math.round((500 + group.income * era * (0.5 + noise(1, g, i))) * UNITS),
        stakeUnits: group.role === 'miner' || group.role === 'validator' ? 1_000 * UNITS : 0,
        delegatedUnits: group.role === 'delegator' ? 2_000 * UNITS : 0,
        callUnits: group.role === 'slark' ? 0 : Math.round(income * 0.2),
        rewardUnits: group.role === 'delegator' || group.role === 'slark' ? 0 : Math.round(income * 0.8),
        delegationUnits: group.role === 'delegator' ? Math.round(income * 0.8) : 0,
        livenessUnits: group.role === 'miner' ? Math.round(income * 0.5) : 0,
        slarkUnits: group.role === 'slark' ? income : 0,
        restitutionUnits: 0,
        leaseUnits: 0,
        penaltyUnits: group.intent === 'malicious' && noise(5, era, g, i) > 0.9 ? 20 * UNITS : 0,
        spentUnits: group.role === 'consumer' ? 3 * UNITS : 0,
        standingFp: group.standing < 0 ? -1 : Math.round(Math.max(0, Math.min(1, course)) * 1_000_000_000),
        requestCount: 10,
        servedCount: 9,
        checkedCount: checked,
        acceptedCount: Math.min(checked, Math.round(checked * group.accepted + noise(6, era, g, i) - 0.5)),
        executedWu: checked * 1_342,
        servedQualityBps: servedQualityOf(group, i),
        actionCount: 12,
        rejectedCount: group.intent === 'honest' ? 0 : 2,
      };
      return row;
    }),
  );
}

const VARIANTS = ['en', 'en-int8', 'en-m4', 'en-m3', 'en-m2', 'latin'] as const;

function modelRows(era: number, text: string): ModelRow[] {
  return VARIANTS.map((variant, i) => {
    const quality = 9_600 - i * 900;
    const requests = era < 2 ? 0 : Math.round((60 - 8 * i) * (0.7 + 0.6 * noise(7, era, i)));
    return {
      era,
      model: i + 1,
      account: 100 + i,
      creator: `lab ${i + 1}${text}`,
      strategy: `${i < 3 ? 'improver' : i < 5 ? 'cloner' : 'spammer'}${text}`,
      state: era < 2 ? 'funcReview' : i === 5 ? 'funcRejected' : 'live',
      versionNumber: 1 + Math.floor(era / 10),
      variant: `${variant}${text}`,
      feeUnits: 2_000 + 300 * i + 100 * Math.floor(era / 10),
      requestCount: requests,
      servedCount: Math.round(requests * 0.97),
      incomeUnits: requests * 600,
      ratingTenths: era < 3 ? -1 : 30 + quality / 600,
      rankFp: Math.round((quality / 10_000 - 0.1 * noise(8, i) * Math.max(0, 1 - era / 20)) * 1_000_000_000),
      qualityBps: era < 2 ? -1 : quality,
      validatedQualityBps: era < 2 ? -1 : quality + (i === 4 ? 700 : 0),
      servedQualityBps: requests === 0 ? -1 : quality - 150,
      hostCount: 2,
    };
  });
}

function eraRow(
  era: number,
  agents: readonly AgentRow[],
  models: readonly ModelRow[],
  services: ReturnType<typeof syntheticServices>,
): EraRow {
  const emitted = 20_000 * UNITS;
  const requests = models.reduce((sum, row) => sum + row.requestCount, 0);
  const served = models.reduce((sum, row) => sum + row.servedCount, 0);
  const settled = era < 1 ? 0 : 8 + Math.floor(8 * noise(9, era));
  const failed = Math.floor(settled * 0.3 * noise(10, era) * 2);
  return {
    era,
    emittedUnits: emitted,
    powrUnits: emitted * 0.6,
    validatorUnits: emitted * 0.2,
    creatorUnits: emitted * 0.1,
    stakerUnits: emitted * 0.09,
    foundationUnits: emitted * 0.01,
    supplyUnits: 100_000_000 * UNITS,
    burntUnits: era * 40_000,
    requestCount: requests,
    servedCount: served,
    refundedCount: requests - served,
    feeUnits: served * 2_000,
    servedWu: served * 1_000,
    taskSettledCount: settled,
    taskPassedCount: settled - failed,
    taskFailedCount: failed,
    taskUnresolvedCount: era % 7 === 3 ? 1 : 0,
    auditCount: Math.floor(settled / 2),
    auditFailedCount: Math.floor(failed / 3),
    wrongOutcomeCount: era % 9 === 4 ? 1 : 0,
    copyFlaggedCount: era % 3,
    slashedUnits: failed * 50 * UNITS,
    actionCount: agents.length * 12,
    rejectedCount: agents.length,
    blockCount: 118,
    onlineNodeCount: era < 1 ? 0 : agents.filter((row) => row.role === 'miner').length,
    liveModelCount: models.filter((row) => row.state === 'live').length,
    ...services.columns,
    wealthGiniFp: Math.round((0.3 + 0.25 * (era / (era + 10))) * 1_000_000_000),
    minerIncomeGiniFp: Math.round((0.25 + 0.2 * noise(11, era)) * 1_000_000_000),
    digest: `digest-${era}`,
  };
}

/** A run of `eras` eras (30) with about four times `size` (20) agents. Equal options give equal tables. */
export function syntheticRun(options: SyntheticOptions = {}): RunTables {
  const { eras = 30, size = 20, text = '' } = options;
  const groups = groupsOf(size, options.hasProviders !== false);
  const agents: AgentRow[] = [];
  const models: ModelRow[] = [];
  const eraTable: EraRow[] = [];
  const providers: ProviderRow[] = [];
  const slarks: SlarkRow[] = [];
  const challenges: ChallengeRow[] = [];
  const market: MarketRow[] = [];
  const flows: FlowRow[] = [];
  const economics: EconomicsRow[] = [];
  const fizz: FizzRow[] = [];
  const audits: AuditRow[] = [];
  for (let era = 0; era < eras; era++) {
    const agentTable = agentRows(era, groups, text);
    const modelTable = modelRows(era, text);
    for (const row of agentTable) agents.push(row);
    for (const row of syntheticAudits(era, agentTable, text, noise)) audits.push(row);
    models.push(...modelTable);
    const services = syntheticServices(era, eras, agentTable, options.hasProviders !== false, noise);
    providers.push(...services.providers);
    slarks.push(...services.slarks);
    challenges.push(...services.challenges);
    const strategies = new Map(agentTable.map(({ account, strategy }) => [account, strategy]));
    const rented = syntheticMarket(
      era,
      services.providers,
      (account) => strategies.get(account) ?? '',
      { hasMarket: options.hasMarket !== false, text },
      noise,
    );
    market.push(...rented.market);
    flows.push(...rented.flows);
    economics.push(...rented.economics);
    fizz.push(...rented.fizz);
    eraTable.push(eraRow(era, agentTable, modelTable, services));
  }
  const manifest: Manifest = {
    version: 1,
    state: 'complete',
    name: `synthetic${text}`,
    seed: 7,
    eras,
    erasDone: eras,
    ledger: 'lockstep',
    scenarioHash: '0123456789abcdef0123456789abcdef',
    scenarioFile: `scenarios/synthetic${text}.yaml`,
    digest: 'fedcba9876543210',
    exact: true,
    command: `powr run scenarios/synthetic${text}.yaml --seed 7`,
    roles: Object.fromEntries(
      ['creator', 'miner', 'validator', 'consumer', 'delegator', 'slark'].map((role) => [
        role,
        groups.filter((group) => group.role === role).reduce((sum, { count }) => sum + count, 0),
      ]),
    ),
    lockstep: { comparedEraCount: eras, comparedWordCount: 1_234_567, differenceCount: 0 },
    invariants: {
      checkedCount: 25 * eras,
      violatedCount: 0,
      ids: Array.from({ length: 25 }, (_, i) => `INV-${i + 1}`),
    },
    expectations: [
      { text: `profit.diligent - profit.lazy > 0${text}`, measured: 523.4, holds: true },
      { text: 'accepted.cheater < 0.3', measured: 0.55, holds: false },
    ],
    actions: {
      accepted: { requestInference: 5_000, serveRequest: 4_800, submitResult: 1_500, [`odd${text}`]: 3 },
      rejected: { requestInference: 300, openSlot: 14 },
      reasons: { ModelNotLive: 300, OnlyKeeper: 14 },
    },
    messages: { ignored: {} },
    inference: {
      mode: 'measure',
      device: `cpu: AMD EPYC, 2 runners${text}`,
      runtime: 'onnxruntime-node 1.30.0',
      executedCount: 340,
      replayedCount: 120,
      comparedCount: 90,
      sketchedCount: 60,
      validatorDevice: `wasm${text}`,
      sets: { publicSamples: 100, heldOutSamples: 60, rotateEras: 7 },
      byVariant: Object.fromEntries(
        VARIANTS.map((variant, i) => [`${variant}${text}`, { executedCount: 60 - i, replayedCount: 20 }]),
      ),
    },
    chain: {
      anvil: '1.7.1',
      blockCount: 3_551,
      transactionCount: 3_732,
      signedTransactionCount: 105,
      gasUsed: 1_321_607_804,
      gasByAction: Object.fromEntries(
        Array.from({ length: 20 }, (_, i) => [`action${i}${i === 0 ? text : ''}`, 40_000_000 - i * 1_900_000]),
      ),
      rpcCalls: { eth_call: 1_246, evm_mine: 3_554 },
      actionsPerWallS: 935,
      gasPerWallS: 84_155_619,
    },
    demand: {
      requestCount: 5_300,
      medianInputTokens: 930,
      medianOutputTokens: 41,
      interArrivalCv: 1.4,
      dispersionIndex10s: 3.2,
    },
    versions: { powrlab: '0.1.0', node: 'v20.20.2', [`extra${text}`]: text },
    host: { cpu: 'AMD EPYC', cores: 2, memoryGb: 24, platform: 'linux x64' },
    threads: 2,
    startedAt: '2026-01-01T00:00:00.000Z',
    wallMs: 65_432,
    ...options.manifest,
  };
  return {
    manifest,
    summary: { 'profit.steady': 812.25, 'requests.served_share': 0.97, [`metric${text}`]: 1 },
    scenarioYaml: `version: 1\nname: synthetic${text}\nparams:\n  token.decimals: 6\n  val.group_size: 5\n`,
    eras: eraTable,
    agents,
    models,
    providers,
    slarks,
    challenges,
    market,
    flows,
    economics,
    fizz,
    audits,
  };
}
