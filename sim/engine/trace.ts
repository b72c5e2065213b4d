/**
 * What a run leaves for readers: the rows of its tables and its manifest. Reports, comparisons and queries are computed
 * from these, never from the live process. Amounts are base units, ratios FP (10^9); times are simulated unless they say wall.
 */
import type { Bands, Precision } from './inferencePort.ts';
import type { Role, SampleSets } from './scenario.ts';

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
  /** Providers that are active at the era's end, and by trust tier. */
  readonly providerCount: number;
  readonly providerTier1Count: number;
  readonly providerTier2Count: number;
  readonly providerTier3Count: number;
  readonly providerTier4Count: number;
  readonly providerTier5Count: number;
  readonly providerTier6Count: number;
  readonly providerTier7Count: number;
  readonly providerPromotedCount: number;
  readonly providerDemotedCount: number;
  /** Liveness that the era's raw amounts came to after scaling (F-7), and what the foundation paid for it and for bonuses. */
  readonly livenessPoolUnits: number;
  readonly livenessUnits: number;
  /** Forfeits after scaling with liveness (F-7), and what slashes took from providers' collateral (F-10). */
  readonly forfeitUnits: number;
  readonly providerSlashedUnits: number;
  /** What the Slarks shared (F-11), the Slarks that run, and their moves between tiers. */
  readonly slarkPoolUnits: number;
  readonly slarkCount: number;
  readonly slarkPromotedCount: number;
  readonly slarkDemotedCount: number;
  /** Challenges that ended in the era, by what the seats made of them; certificates; and providers that none reached. */
  readonly challengeCount: number;
  readonly challengePassedCount: number;
  readonly challengeFailedCount: number;
  readonly challengeInconclusiveCount: number;
  readonly certificateCount: number;
  readonly coverageMissedCount: number;
  /** Failed challenges of providers that registered more than they have (F-13), gateways with members left out. */
  readonly overClaimFoundCount: number;
  /** Seats of the era's committees, and those that the foundation's Slarks filled. */
  readonly seatCount: number;
  readonly foundationSeatCount: number;
  /** Concentration of what is delegated to providers: sum of squared shares by provider; 0 if nothing is. */
  readonly delegationHhiFp: number;
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
  /**
   * Income of the era by source: calls (F-32), era rewards (PoWR, validators, creators), delegation; liveness and bonus of
   * providers (F-7, F-8), what licences earned, liquid and delegated (F-11), and restitution (SLASH-1).
   */
  readonly callUnits: number;
  readonly rewardUnits: number;
  readonly delegationUnits: number;
  readonly livenessUnits: number;
  readonly slarkUnits: number;
  readonly restitutionUnits: number;
  /** Of leases and of a gateway’s part in them, of all assets at the price of the moment (F-17). */
  readonly leaseUnits: number;
  /** Lost in the era to penalties and slashes; spent on calls, leases, fees and licences. */
  readonly penaltyUnits: number;
  readonly spentUnits: number;
  /**
   * Trust weight (miner: mean of its nodes), reputation (validator), mean market rank (creator), share of the results of
   * the latest era with any that agree with the majority (Slark); −1 where there is none.
   */
  readonly standingFp: number;
  /** Requests of the era: assigned to a miner, sent by a consumer, received by a creator; and served of these. */
  readonly requestCount: number;
  readonly servedCount: number;
  /** Miner: outputs checked and accepted in the era. Validator: tasks scored and aligned. Slark: results so. Else 0. */
  readonly checkedCount: number;
  readonly acceptedCount: number;
  /** Work units (MFLOP of the variants really run) that the agent executed in the era: what its income cost it. */
  readonly executedWu: number;
  /** Mean measured quality of the answers that it served, or that its models gave, bps; −1 if there were none. */
  readonly servedQualityBps: number;
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
  /** Quality on which validators agreed when they last checked its function, bps; −1 before. What a creator may train for. */
  readonly validatedQualityBps: number;
  /** Mean measured quality of the answers that consumers really got, bps; −1 if there were none. Nobody in the run sees it. */
  readonly servedQualityBps: number;
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
  readonly targetKind: 'node' | 'validator' | 'provider';
  readonly target: number;
  /** At the era's end; eligible is what was there for the whole era (F-9), at settlement. */
  readonly units: number;
  readonly eligibleUnits: number;
  readonly unbondingUnits: number;
  /** Licence that earned it, 0 for any other; what of its release vests, and has vested (F-35). */
  readonly licence: number;
  readonly vestUnits: number;
  readonly vestedUnits: number;
};

/**
 * One row per provider and era (table `providers`): what its liveness, its slashes and its tier come of. Hours are bits,
 * hour of the era 0 lowest; `bit_count()` counts them in SQL.
 */
export type ProviderRow = {
  readonly era: number;
  readonly provider: number;
  /** Its owner, and the node that it is linked to. */
  readonly account: number;
  readonly node: number;
  /** Name of the SM-14 state at settlement and after it. */
  readonly stateBefore: string;
  readonly stateAfter: string;
  /** Trust tier at settlement and after it, 1 best; why it moved: '', 'metrics' or 'collateral'. */
  readonly tierBefore: number;
  readonly tierAfter: number;
  readonly tierReason: string;
  readonly isMatchable: number;
  /** Consecutive eras that met the better tier, missed the tier, were short of collateral; before and after. */
  readonly promoBeforeCount: number;
  readonly promoAfterCount: number;
  readonly demoBeforeCount: number;
  readonly demoAfterCount: number;
  readonly shortBeforeCount: number;
  readonly shortAfterCount: number;
  /** As registered. */
  readonly cpuCount: number;
  readonly memoryGb: number;
  readonly storageGb: number;
  readonly gpuCount: number;
  readonly gpuTier: number;
  readonly computeTier: number;
  readonly storageTier: number;
  readonly netTier: number;
  readonly compliance: number;
  /** Largest of registered over true capacity, thousandths; 1000 if it has all that it registered. Nobody can see it. */
  readonly overClaimMil: number;
  /** Collateral before slashes; of the own stake, exiting is what has been asked back. */
  readonly ownUnits: number;
  readonly delegatedUnits: number;
  readonly unbondingUnits: number;
  readonly exitingUnits: number;
  /** What the tier rule compared: collateral after slashes and rewards, less what is exiting (TIER-2), and its own part. */
  readonly tierCollateralUnits: number;
  readonly tierOwnUnits: number;
  /** Hours: all heartbeats answered; active; working; working in breach; touched by a cooldown; with a failed challenge. */
  readonly fullBits: number;
  readonly activeBits: number;
  readonly taskBits: number;
  readonly breachedBits: number;
  readonly cooledBits: number;
  readonly failedBits: number;
  /** Outages of more than an hour that began in standby, and their further whole hours. */
  readonly streakCount: number;
  readonly extraHourCount: number;
  /** What the tier rule reads (F-31). */
  readonly beatAnsweredCount: number;
  readonly beatExpectedCount: number;
  readonly assignedCount: number;
  readonly finishedCount: number;
  readonly meanMs: number;
  readonly ratingSumTenths: number;
  readonly ratingCount: number;
  /** Fees of the era's work, and its lease-hours. */
  readonly feeUnits: number;
  readonly leaseHours: number;
  readonly challengeCount: number;
  readonly passedCount: number;
  readonly failedCount: number;
  readonly inconclusiveCount: number;
  /** Hours that counted, liveness and forfeits before scaling (F-7), bonus (F-8). */
  readonly hourCount: number;
  readonly rawUnits: number;
  readonly forfeitUnits: number;
  readonly bonusUnits: number;
  /** Taken from the collateral: all, and of it for misconduct (F-10, SLASH-1). */
  readonly slashUnits: number;
  readonly misconductUnits: number;
  /** Paid for the era: all, and of it to the owner; the rest went to its delegators. */
  readonly rewardUnits: number;
  readonly ownerUnits: number;
  readonly ownEligibleUnits: number;
  readonly delegatedEligibleUnits: number;
};

/** One row per licence and era (table `slarks`): the factors of its reward and of its tier. */
export type SlarkRow = {
  readonly era: number;
  readonly licence: number;
  /** Its owner, who runs it, and the provider that its rewards are delegated to. */
  readonly account: number;
  readonly runner: number;
  readonly provider: number;
  readonly isFoundation: number;
  /** Name of the SM-5 state at settlement and after it. */
  readonly stateBefore: string;
  readonly stateAfter: string;
  /** Tier at settlement and after it, 6 best. */
  readonly tierBefore: number;
  readonly tierAfter: number;
  readonly promoBeforeCount: number;
  readonly promoAfterCount: number;
  readonly demoBeforeCount: number;
  readonly demoAfterCount: number;
  readonly lowBeforeCount: number;
  readonly lowAfterCount: number;
  readonly isOptedIn: number;
  /** Paid for the licence so far. */
  readonly buyUnits: number;
  /** Seats that it was drawn for, results of its that were certified, and those equal to the majority (SLARK-13). */
  readonly selectedCount: number;
  readonly resultCount: number;
  readonly alignedCount: number;
  readonly meanDelayMs: number;
  /** Aligned results × multiplier of the tier (F-11), and what it brought. */
  readonly score: number;
  readonly liquidUnits: number;
  readonly delegatedUnits: number;
};

/** One row per challenge that ended, in the era in which it did (table `challenges`). */
export type ChallengeRow = {
  readonly era: number;
  readonly slot: number;
  readonly challenge: number;
  readonly provider: number;
  readonly class: number;
  readonly isRetry: number;
  /** What it asked for (F-12). */
  readonly cpuCount: number;
  readonly memoryGb: number;
  readonly storageGb: number;
  readonly gpuCount: number;
  /** What the seats made of it: 'passed', 'failed' or 'inconclusive'; and what it counts as, 'inconclusive' for nothing. */
  readonly outcome: string;
  readonly countsAs: string;
  readonly passCount: number;
  readonly failCount: number;
  /** The committee: its licences in order of the seats, how many are the foundation's, and how many signed. */
  readonly licences: string;
  readonly seatCount: number;
  readonly foundationSeatCount: number;
  readonly signerCount: number;
  /**
   * Largest of registered over true capacity, thousandths; and the chance of passing by F-13, −1 for a gateway with members, of
   * which F-13 says nothing. Nobody can see them.
   */
  readonly overClaimMil: number;
  readonly expectedPassShare: number;
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

/**
 * One row per era of a run with a compute market (table `market`). Amounts of foreign assets are counted at the oracle's
 * price of the moment, in base units of the token.
 */
export type MarketRow = {
  readonly era: number;
  /** Orders of the era by what became of them, bids accepted, and orders that wait at its end. */
  readonly orderCount: number;
  readonly matchedCount: number;
  readonly expiredCount: number;
  readonly cancelledCount: number;
  readonly bidCount: number;
  readonly waitingCount: number;
  /** Ages of the orders matched in the era when they were matched, and of those expired in it at their end: sums. */
  readonly matchedWaitS: number;
  readonly expiredWaitS: number;
  /** Leases opened in the era; closed in it, by reason (CLOSE_REASON); open at its end. */
  readonly openedLeaseCount: number;
  readonly closedByConsumerCount: number;
  readonly closedByProviderCount: number;
  readonly endedCount: number;
  readonly exhaustedCount: number;
  readonly outageCount: number;
  readonly updatedCount: number;
  readonly providerLostCount: number;
  readonly expelledCount: number;
  readonly openLeaseCount: number;
  readonly breachCount: number;
  /** What consumers were charged for service, and its parts (F-17); what they got back at closings. */
  readonly grossUnits: number;
  readonly payeeUnits: number;
  readonly gatewayUnits: number;
  readonly commissionUnits: number;
  readonly userFeeUnits: number;
  readonly providerFeeUnits: number;
  readonly refundUnits: number;
  readonly foreignGrossUnits: number;
  /** Of what payees got, that from leases whose consumer owns the provider: from one's own purse into it. */
  readonly selfPayeeUnits: number;
  readonly matchRewardUnits: number;
  readonly fizzRewardUnits: number;
  /** Mean price per CPU and hour of the leases opened without GPU, and per hour of those with; -1 without any. */
  readonly cpuHourPriceUnits: number;
  readonly gpuHourPriceUnits: number;
  /** Tokens per dollar at the era's end, FP-scaled; 0 where none was posted. */
  readonly dollarPriceFp: number;
  /** Registered by Active providers at the era's end, and used by leases. */
  readonly registeredCpuCount: number;
  readonly usedCpuCount: number;
  readonly registeredGpuCount: number;
  readonly usedGpuCount: number;
  /** Fizz nodes by state at the era's end, and subnets that exist. */
  readonly fizzActiveCount: number;
  readonly fizzServingCount: number;
  readonly fizzDetachedCount: number;
  readonly subnetCount: number;
  /** Held in escrow wallets at the era's end. */
  readonly unlockedUnits: number;
  readonly lockedUnits: number;
};

/** Money that moved between two kinds of accounts in an era for one reason (table `flows`). */
export type FlowRow = {
  readonly era: number;
  /** Role of an agent, or name of an account of the protocol; `outside` for what is issued, `burnt` for what leaves. */
  readonly payer: string;
  readonly receiver: string;
  /** Name of a MOVE reason. */
  readonly reason: string;
  readonly asset: number;
  readonly units: number;
  /** In base units of the token, at the price of the moment. */
  readonly valueUnits: number;
};

/** One row per lease, in the era in which it was closed (table `leases`). */
export type LeaseRow = {
  readonly era: number;
  readonly lease: number;
  readonly order: number;
  /** Owner of the escrow wallet, of the provider, of the fizz node (0 without). */
  readonly account: number;
  readonly providerAccount: number;
  readonly fizzAccount: number;
  readonly provider: number;
  readonly fizz: number;
  readonly asset: number;
  readonly priceUnits: number;
  readonly cpuCount: number;
  readonly memoryGb: number;
  readonly storageGb: number;
  readonly gpuCount: number;
  readonly orderedS: number;
  readonly startS: number;
  readonly endS: number;
  readonly closedS: number;
  /** 0 if there was no manifest, no deployment. */
  readonly manifestS: number;
  readonly deployedS: number;
  /** Seconds for which it was not charged, but for a stop that it was closed in. */
  readonly pausedS: number;
  /** Seconds in which it awaited its manifest or its deployment, and in which it was served, by its states. */
  readonly undeployedS: number;
  readonly servedS: number;
  readonly breachCount: number;
  /** Name of the CLOSE_REASON. */
  readonly reason: string;
  /** In the lease's own asset. */
  readonly grossUnits: number;
  readonly refundUnits: number;
};

/** One row per provider and era of a run with a compute market: what it earned and what it cost (table `economics`). */
export type EconomicsRow = {
  readonly era: number;
  readonly provider: number;
  readonly account: number;
  readonly strategy: string;
  /** Class of the machine as in the scenario, and class of its GPUs (ATTR-4). */
  readonly hardware: string;
  readonly gpuTier: number;
  /** Trust tier and collateral at the era's end. */
  readonly tier: number;
  readonly collateralUnits: number;
  /** Price of the machine, and what it cost to run in the era, at the oracle's price (ECON-7). */
  readonly capexUnits: number;
  readonly opexUnits: number;
  /** Income of the era: leases, its part of its members' leases, liveness and bonus to the owner; and what it lost of its own stake. */
  readonly leaseUnits: number;
  readonly gatewayUnits: number;
  readonly rewardUnits: number;
  readonly lostUnits: number;
  /** Leases won in the era; of these, served by its fizz nodes; and of its own, rented by its own owner. CPUs in use at its end. */
  readonly wonCount: number;
  readonly memberWonCount: number;
  readonly selfWonCount: number;
  readonly usedCpuCount: number;
  readonly cpuCount: number;
};

/** One row per fizz node and era (table `fizz`). */
export type FizzRow = {
  readonly era: number;
  readonly fizz: number;
  readonly account: number;
  readonly strategy: string;
  /** Name of the SM-12 state at the era's end. */
  readonly state: string;
  /** Provider number of its gateway and its trust tier; 0 without. */
  readonly gateway: number;
  readonly gatewayTier: number;
  readonly priceUnits: number;
  readonly cpuCount: number;
  readonly gpuCount: number;
  readonly delegatedUnits: number;
  /** Earned by leases, and by the reward of F-24. */
  readonly leaseUnits: number;
  readonly rewardUnits: number;
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
  /** Answers, findings, swaps and orders that were ignored, by reason: a mistake in a strategy. */
  readonly messages: { readonly ignored: Readonly<Record<string, number>> };
  readonly inference: {
    readonly mode: 'measure' | 'replay';
    readonly device: string;
    readonly runtime: string;
    readonly executedCount: number;
    readonly replayedCount: number;
    /** Sketches that were compared, the executions that this took, and where validators executed. */
    readonly comparedCount: number;
    readonly sketchedCount: number;
    readonly validatorDevice: string;
    /** Bands that sketches were judged by, of the scenario or of the device's profile; absent in runs of older versions. */
    readonly bands?: Readonly<Record<Precision, Bands>>;
    /** Parts of the task pool; absent in runs of older versions. */
    readonly sets?: SampleSets;
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

/** One row per audit that was decided, in the era in which it was (table `audits`). Nobody in a run can see what was served. */
export type AuditRow = {
  readonly era: number;
  readonly task: number;
  readonly node: number;
  /** The node's owner: account, name, strategy. */
  readonly account: number;
  readonly miner: string;
  readonly strategy: string;
  /** Variants: of the version that was paid for, and of the output that was committed to ('' if its owner never executed it). */
  readonly declared: string;
  readonly served: string;
  readonly sample: number;
  readonly level: number;
  /**
   * What the miner really did: 'honest'; 'substitute' (another variant than declared); 'copied' (committed to the right output, with
   * a sketch that is not of it under this audit's nonce); 'absent' (executed and committed to `served`, but was not there to show
   * it); 'unopened' (committed to nothing that it has executed, and showed nothing).
   */
  readonly conduct: string;
  /** 1 if the text of the answer is the one that the declared variant gives, 0 if not, −1 if the latter was not executed. */
  readonly isSameText: number;
  /** Relative distance of the two sketches, ppb; −1 if none was compared. A second look takes more projections. */
  readonly distancePpb: number;
  readonly isSecondLook: number;
  /** Bands of the declared variant's precision class: up to the first is accepted, beyond the second rejected. */
  readonly acceptPpb: number;
  readonly rejectPpb: number;
  /** 'passed' or 'failed'. */
  readonly outcome: string;
  /** Measured quality on the audited sample, bps; −1 if not executed or unknown. */
  readonly declaredQualityBps: number;
  readonly servedQualityBps: number;
};

/** Everything the report is made of. */
export type RunTables = {
  readonly manifest: Manifest;
  readonly summary: Readonly<Record<string, number>>;
  readonly scenarioYaml: string;
  readonly eras: readonly EraRow[];
  readonly agents: readonly AgentRow[];
  readonly models: readonly ModelRow[];
  readonly providers: readonly ProviderRow[];
  readonly slarks: readonly SlarkRow[];
  readonly challenges: readonly ChallengeRow[];
  readonly market: readonly MarketRow[];
  readonly flows: readonly FlowRow[];
  readonly economics: readonly EconomicsRow[];
  readonly fizz: readonly FizzRow[];
  readonly audits: readonly AuditRow[];
};
