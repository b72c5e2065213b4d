/**
 * What a run leaves for readers: the rows of its tables and its manifest. Reports, comparisons and queries are computed
 * from these, never from the live process. Amounts are base units, ratios FP (10^9); times are simulated unless they say wall.
 */
import type { Role } from './scenario.ts';

/** One row per era (table `metrics`). */
export type EraRow = {
  readonly era: number;
  readonly emittedUnits: number;
  readonly powrUnits: number;
  readonly validatorUnits: number;
  readonly creatorUnits: number;
  readonly stakerUnits: number;
  readonly foundationUnits: number;
  /** Supply at the era's end and what was burnt until then. */
  readonly supplyUnits: number;
  readonly burntUnits: number;
  readonly requestCount: number;
  readonly servedCount: number;
  readonly refundedCount: number;
  /** Fees of the served requests, and work units served. */
  readonly feeUnits: number;
  readonly servedWu: number;
  readonly taskSettledCount: number;
  readonly taskPassedCount: number;
  readonly taskFailedCount: number;
  readonly taskUnresolvedCount: number;
  readonly auditCount: number;
  readonly auditFailedCount: number;
  /** Settled tasks whose outcome differs from the truth that the agents do not see (OP-107). */
  readonly wrongOutcomeCount: number;
  readonly copyFlaggedCount: number;
  readonly slashedUnits: number;
  readonly actionCount: number;
  readonly rejectedCount: number;
  readonly blockCount: number;
  readonly onlineNodeCount: number;
  readonly liveModelCount: number;
  /** Gini coefficient of the agents' wealth (wallet + stake + delegations), and of the era's income of miners. */
  readonly wealthGiniFp: number;
  readonly minerIncomeGiniFp: number;
  /** Digest of the ledger at the era's end. */
  readonly digest: string;
};

/** One row per agent and era (table `agents`). */
export type AgentRow = {
  readonly era: number;
  readonly account: number;
  readonly name: string;
  readonly role: Role;
  readonly strategy: string;
  readonly intent: 'honest' | 'malicious' | 'opportunistic';
  readonly walletUnits: number;
  readonly stakeUnits: number;
  readonly delegatedUnits: number;
  /** Income of the era by source: calls (F-32), era rewards (PoWR, validators, creators), delegation. */
  readonly callUnits: number;
  readonly rewardUnits: number;
  readonly delegationUnits: number;
  /** Lost in the era to penalties and slashes; spent on calls and fees. */
  readonly penaltyUnits: number;
  readonly spentUnits: number;
  /** Trust weight (miner: mean of its nodes), reputation (validator), mean market rank (creator); −1 where there is none. */
  readonly standingFp: number;
  /** Requests of the era: assigned to a miner, sent by a consumer, received by a creator; and served of these. */
  readonly requestCount: number;
  readonly servedCount: number;
  /** Miner: outputs checked and accepted in the era. Validator: tasks scored and aligned. Else 0. */
  readonly checkedCount: number;
  readonly acceptedCount: number;
  /** Work units (MFLOP of the variants really run) that the agent executed in the era: what its income cost it. */
  readonly executedWu: number;
  readonly actionCount: number;
  readonly rejectedCount: number;
};

/** One row per model and era (table `models`). */
export type ModelRow = {
  readonly era: number;
  readonly model: number;
  readonly account: number;
  readonly creator: string;
  readonly strategy: string;
  /** Name of the SM-1 state. */
  readonly state: string;
  readonly versionNumber: number;
  readonly variant: string;
  readonly feeUnits: number;
  readonly requestCount: number;
  readonly servedCount: number;
  /** What its creator got for it: the creator's part of call fees, and of the era's emission. */
  readonly incomeUnits: number;
  /** Mean of the rating window in tenths; −1 without ratings. */
  readonly ratingTenths: number;
  readonly rankFp: number;
  /** Mean measured quality of its audited or validated work so far; −1 if none. */
  readonly qualityBps: number;
  readonly hostCount: number;
};

/**
 * One row per node and era (table `nodes`): the factors of its reward and of its trust weight. Counts are the era's; what
 * is said to be at settlement stands after slashes and before rewards and trust weights.
 */
export type NodeRow = {
  readonly era: number;
  readonly node: number;
  /** Its owner. */
  readonly account: number;
  /** Name of the SM-2 state at settlement. */
  readonly state: string;
  /** R and Q of F-4 at settlement. */
  readonly trustFp: number;
  readonly qualityFp: number;
  /** C of F-4: work units of the era's accepted tasks; and the score S. */
  readonly acceptedWu: number;
  readonly scoreFp: number;
  /** Its share of the era's pool by score, owner's and delegators' parts together. */
  readonly rewardUnits: number;
  /** Stakes that were there for the whole era (F-9). */
  readonly ownEligibleUnits: number;
  readonly delegatedEligibleUnits: number;
  /** Requests assigned and served; outputs audited and accepted. */
  readonly assignedCount: number;
  readonly finishedCount: number;
  readonly checkedCount: number;
  readonly acceptedCount: number;
  /** Heartbeats, disconnections and mean response time as reported (TIER-8). */
  readonly beatExpectedCount: number;
  readonly beatAnsweredCount: number;
  readonly flapCount: number;
  readonly meanMs: number;
  /** 1 if an offence was confirmed in the era (TRUST-2), else 0. */
  readonly offenceCount: number;
  /** Indicators and trust weight after the era's update (F-1, F-3). */
  readonly completionFp: number;
  readonly accuracyFp: number;
  readonly stabilityFp: number;
  readonly speedFp: number;
  readonly behaviourFp: number;
  readonly trustAfterFp: number;
};

/** One row per validator and era (table `validators`): the factors of its pay and of its reputation. */
export type ValidatorRow = {
  readonly era: number;
  readonly validator: number;
  readonly account: number;
  /** Name of the SM-3 state at settlement. */
  readonly state: string;
  /** Reputation before and after the era's update. */
  readonly reputationFp: number;
  /** Tasks scored in the era, the sum of their scores (F-6), and the weight of its pay (F-36). */
  readonly taskCount: number;
  readonly scoreSumFp: number;
  readonly payWeightFp: number;
  /** Its share of the era's pot, own and delegators' parts together. */
  readonly rewardUnits: number;
  readonly ownEligibleUnits: number;
  readonly delegatedEligibleUnits: number;
  /** The tasks by how they were scored; late ones are among the aligned. */
  readonly alignedCount: number;
  readonly lateCount: number;
  readonly againstCount: number;
  readonly copiedCount: number;
  readonly missedCount: number;
  readonly reputationAfterFp: number;
};

/** One row per delegation and era (table `delegations`). */
export type DelegationRow = {
  readonly era: number;
  readonly delegation: number;
  /** The delegator. */
  readonly account: number;
  readonly targetKind: 'node' | 'validator';
  readonly target: number;
  /** At the era's end; eligible is what was there for the whole era (F-9), at settlement. */
  readonly units: number;
  readonly eligibleUnits: number;
  readonly unbondingUnits: number;
};

/** One row per consumer, model and era in which it had an answer or a refund (table `calls`). */
export type CallRow = {
  readonly era: number;
  /** Who asked. */
  readonly account: number;
  readonly model: number;
  readonly servedCount: number;
  readonly refundedCount: number;
  /** Paid for the served ones. */
  readonly feeUnits: number;
};

/** One row per ledger event (table `events`). Arguments as in `events.ts`. */
export type EventRow = {
  /** Era of the slot. An era's settlement happens in the first slot of the next one. */
  readonly era: number;
  readonly slot: number;
  readonly phase: number;
  readonly name: string;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  readonly e: number;
  readonly f: number;
};

/** Accepted and rejected actions by name, and rejections by reason, over the run. */
export type ActionCounters = {
  readonly accepted: Readonly<Record<string, number>>;
  readonly rejected: Readonly<Record<string, number>>;
  readonly reasons: Readonly<Record<string, number>>;
};

export type Manifest = {
  readonly version: 1;
  readonly state: 'running' | 'complete' | 'failed';
  readonly name: string;
  readonly seed: number;
  readonly eras: number;
  readonly erasDone: number;
  readonly ledger: 'core' | 'chain' | 'lockstep';
  readonly scenarioHash: string;
  readonly scenarioFile: string;
  /** Digest of the whole run: of the era digests in order. */
  readonly digest: string;
  readonly exact: true;
  readonly command: string;
  readonly roles: Readonly<Record<string, number>>;
  readonly lockstep: {
    readonly comparedEraCount: number;
    readonly comparedWordCount: number;
    readonly differenceCount: number;
  } | null;
  readonly invariants: {
    readonly checkedCount: number;
    readonly violatedCount: number;
    readonly ids: readonly string[];
  };
  readonly expectations: readonly {
    readonly text: string;
    readonly measured: number | null;
    readonly holds: boolean;
  }[];
  readonly actions: ActionCounters;
  readonly inference: {
    readonly mode: 'measure' | 'replay';
    readonly device: string;
    readonly runtime: string;
    readonly executedCount: number;
    readonly replayedCount: number;
    readonly byVariant: Readonly<Record<string, { readonly executedCount: number; readonly replayedCount: number }>>;
  };
  readonly chain: {
    readonly anvil: string;
    readonly blockCount: number;
    readonly transactionCount: number;
    readonly signedTransactionCount: number;
    readonly gasUsed: number;
    readonly gasByAction: Readonly<Record<string, number>>;
    readonly rpcCalls: Readonly<Record<string, number>>;
    readonly actionsPerWallS: number;
    readonly gasPerWallS: number;
  } | null;
  readonly demand: {
    readonly requestCount: number;
    readonly medianInputTokens: number | null;
    readonly medianOutputTokens: number | null;
    readonly interArrivalCv: number | null;
    readonly dispersionIndex10s: number | null;
  } | null;
  readonly versions: Readonly<Record<string, string>>;
  readonly host: { readonly cpu: string; readonly cores: number; readonly memoryGb: number; readonly platform: string };
  readonly threads: number;
  readonly startedAt: string;
  readonly wallMs: number;
};

/** Everything the report is made of. */
export type RunTables = {
  readonly manifest: Manifest;
  readonly summary: Readonly<Record<string, number>>;
  readonly scenarioYaml: string;
  readonly eras: readonly EraRow[];
  readonly agents: readonly AgentRow[];
  readonly models: readonly ModelRow[];
};
