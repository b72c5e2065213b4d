/**
 * The ledger's state, field by field: which table lives in which contract and in which order its fields are packed.
 * A field is an integer < 2^53 that fills one uint64; four fields fill one storage word, lowest bits first, exactly as
 * Solidity packs a struct of uint64. Records are dense and numbered from 1; record 0 of a table is never used, except
 * in the one-record tables named `…Totals`, whose record is 0. Decides nothing else.
 */

export type TableName = keyof typeof FIELDS;

/** Field names of each table, in storage order. A table with one field is packed four records to a word. */
export const FIELDS = {
  // Params.sol
  paramValues: ['value'],
  // Clock.sol
  clockTotals: [
    'era',
    'slotCount',
    'stepsDone',
    'cursor',
    'settledEraCount',
    'beacon0',
    'beacon1',
    'beacon2',
    'beacon3',
    'beacon4',
    'beacon5',
    'beacon6',
    'beacon7',
  ],
  // Token.sol
  wallets: ['units'],
  tokenTotals: ['supplyUnits', 'burntUnits', 'accountCount', 'maxSupplyUnits'],
  // EntityNft.sol
  modelHolders: ['account'],
  nodeHolders: ['account'],
  validatorHolders: ['account'],
  // Stake.sol (stake and delegation)
  nodeCollateral: [
    'ownUnits',
    'delegatedUnits',
    'unbondingUnits',
    'slashPendingUnits',
    'ownAddedUnits',
    'delegatedAddedUnits',
    'addedEra',
    'rewardUnits',
    'rewardWeight',
    'runningUnits',
    'slashUnits',
    'slashWeight',
  ],
  validatorCollateral: [
    'ownUnits',
    'delegatedUnits',
    'unbondingUnits',
    'slashPendingUnits',
    'ownAddedUnits',
    'delegatedAddedUnits',
    'addedEra',
    'rewardUnits',
    'rewardWeight',
    'runningUnits',
    'slashUnits',
    'slashWeight',
  ],
  providerCollateral: [
    'ownUnits',
    'delegatedUnits',
    'unbondingUnits',
    'slashPendingUnits',
    'ownAddedUnits',
    'delegatedAddedUnits',
    'addedEra',
    'rewardUnits',
    'rewardWeight',
    'runningUnits',
    'slashUnits',
    'slashWeight',
  ],
  modelCollateral: ['ownUnits'],
  delegations: [
    'delegator',
    'targetKind',
    'target',
    'units',
    'addedUnits',
    'addedEra',
    'unbondingUnits',
    'releaseEra',
    'autoStake',
  ],
  // Of a delegation with the same number, earned by a Slark licence (F-35); all zeros for any other delegation.
  vestings: ['licence', 'vestUnits', 'vestedUnits', 'startEra', 'nextTarget'],
  // Of a licence: what its delegations, all together, have released at once within a window of eras (F-35).
  licenceWindows: ['windowEra', 'windowUnits'],
  stakeTotals: [
    'delegationCount',
    'delegatedUnits',
    'addedUnits',
    'addedEra',
    'runningUnits',
    'poolUnits',
    'poolWeight',
  ],
  // Nodes.sol (nodes, trust, PoWR, ranking)
  nodes: [
    'owner',
    'state',
    'seat',
    'deadlineS',
    'domains',
    'capacityCount',
    'loadCount',
    'pendingTask',
    'documentId',
    'pausedAtS',
    'exitEra',
    'exitErrorCount',
    'needsChange',
  ],
  nodeTrust: [
    'trustFp',
    'completionFp',
    'accuracyFp',
    'stabilityFp',
    'speedFp',
    'behaviourFp',
    'qualityFp',
    'offenceEra',
  ],
  nodeEra: [
    'assignedCount',
    'finishedCount',
    'checkedCount',
    'acceptedCount',
    'acceptedWu',
    'auditedWu',
    'auditedWuBps',
    'scoreFp',
  ],
  nodeReports: ['hourBits', 'breaches', 'beats', 'offlineSinceS'],
  freedSeats: ['seat'],
  ranking: ['node'],
  nodeTotals: [
    'nodeCount',
    'seatsUsedCount',
    'seatsOpenedCount',
    'freedCount',
    'onlineCount',
    'rankedCount',
    'maxWu',
    'scoreSumFp',
    'runningFp',
  ],
  // Models.sol (models, versions, hosts, feedback)
  models: [
    'owner',
    'state',
    'candidateState',
    'feeUnits',
    'domain',
    'liveVersion',
    'candidateVersion',
    'pendingTask',
    'testNode',
    'triesCount',
    'needsChange',
    'rotationEra',
    'ratingSumTenths',
    'ratingCount',
    'ratingNext',
    'requestCount',
    'successCount',
    'errorCount',
    'eraWu',
    'checkCount',
    'checkPassedCount',
    'hostCount',
  ],
  versions: [
    'model',
    'number',
    'artefactId',
    'wu',
    'documentId',
    'metadataPassed',
    'functionPassed',
    'createdEra',
    'feeUnits',
  ],
  hosts: ['node', 'nextNode', 'state', 'sinceEra'],
  ratings: ['tenths'],
  modelTotals: ['modelCount', 'versionCount', 'liveCount', 'eraWu', 'runningWu'],
  // Calls.sol (prepaid calls)
  prepaid: ['freeUnits', 'lockedUnits'],
  requests: [
    'consumer',
    'model',
    'node',
    'feeUnits',
    'state',
    'version',
    'wu',
    'scaleMil',
    'answerId',
    'latencyMs',
    'ratedTenths',
    'auditTask',
  ],
  callTotals: [
    'slot',
    'requestCount',
    'routedCount',
    'closedCount',
    'auditedCount',
    'servedCount',
    'refundedCount',
    'freeUnits',
    'lockedUnits',
  ],
  // Validators.sol
  validators: [
    'owner',
    'state',
    'engagedCount',
    'reputationFp',
    'keyId',
    'keyVersion',
    'eraScoreFp',
    'eraTaskCount',
    'eraPayWeightFp',
  ],
  committeeWeights: ['cumulativeFp'],
  validatorTotals: [
    'validatorCount',
    'activeCount',
    'committeeCount',
    'committeeWeightFp',
    'payWeightFp',
    'runningFp',
    'potUnits',
  ],
  // Tasks.sol (validation tasks, consensus)
  tasks: [
    'kind',
    'subject',
    'owner',
    'state',
    'roundCount',
    'outcome',
    'assignedS',
    'deadlineS',
    'memberStart',
    'memberCount',
    'submittedCount',
    'assignedWeightFp',
    'submittedWeightFp',
    'passWeightFp',
    'feeUnits',
    'referenceId',
    'wu',
    'answerId',
    'qualityBps',
    'openedEra',
  ],
  members: ['validator', 'weightFp', 'verdict', 'submittedS', 'reportId', 'qualityBps', 'copied', 'task'],
  taskTotals: ['taskCount', 'memberCount', 'openCount', 'settledCount'],
  // Emission.sol
  emissionTotals: [
    'emittedUnits',
    'eraUnits',
    'powrUnits',
    'validatorUnits',
    'creatorUnits',
    'stakerUnits',
    'foundationUnits',
  ],
  // Providers.sol (providers, attribute and trust tiers, liveness, slashing)
  providers: [
    'owner',
    'state',
    'tier',
    'node',
    'promoEraCount',
    'demoEraCount',
    'shortEraCount',
    'isMatchable',
    'cpuCount',
    'memoryGb',
    'storageGb',
    'gpuCount',
    'gpuTier',
    'computeTier',
    'storageTier',
    'netTier',
    'region',
    'compliance',
    'activeEra',
    'challengedEra',
    'exitUnits',
    'exitEra',
    'foundationDelegation',
    'misconductUnits',
    'harmedAccount',
    'harmUnits',
    'ratingSumTenths',
    'ratingCount',
    'ratingNext',
  ],
  providerEra: [
    'failedHours',
    'challengeCount',
    'passedCount',
    'inconclusiveCount',
    'rawUnits',
    'forfeitUnits',
    'bonusUnits',
    'hourCount',
    'misconductTakenUnits',
    'utilisationBps',
  ],
  providerReports: ['hourBits', 'modes', 'pauses', 'beats', 'work', 'feeUnits', 'leaseHours', 'offlineSinceS'],
  providerRatings: ['tenths'],
  nodeProviders: ['provider'],
  providerTotals: [
    'providerCount',
    'activeCount',
    'rawUnits',
    'forfeitUnits',
    'bonusUnits',
    'slashUnits',
    'poolUnits',
    'runningUnits',
    'foundationUnits',
  ],
  // SlarkLicence.sol
  licenceHolders: ['account'],
  // Slarks.sol
  slarks: [
    'owner',
    'runner',
    'state',
    'tier',
    'promoEraCount',
    'demoEraCount',
    'lowEraCount',
    'optIn',
    'buyUnits',
    'soulboundUntilS',
    'provider',
    'delegation',
    'keyId',
    'isFoundation',
    'selectedCount',
    'resultCount',
    'alignedCount',
    'meanDelayMs',
    'selectedEra',
    'pendingRunner',
    'judgedEra',
  ],
  slarkOrder: ['licence'],
  runners: ['licenceCount'],
  slarkTotals: [
    'slarkCount',
    'drawableCount',
    'orderedCount',
    'foundationCount',
    'classCount1',
    'classCount2',
    'classCount3',
    'classCount4',
    'classCount5',
    'classCount6',
    'tierCount1',
    'tierCount2',
    'tierCount3',
    'tierCount4',
    'tierCount5',
    'tierCount6',
    'scoreSum',
    'runningScore',
    'poolUnits',
  ],
  // Challenges.sol
  newTargets: ['provider'],
  poorTargets: ['provider'],
  restTargets: ['provider'],
  retryTargets: ['provider'],
  challenges: ['provider', 'class', 'state', 'retried', 'cpuCount', 'memoryGb', 'storageGb', 'gpuCount'],
  committees: ['state', 'targetCount', 'seatCount', 'puzzleHash0', 'puzzleHash1', 'signerCount'],
  seats: ['licence'],
  challengeTotals: [
    'slot',
    'challengeCount',
    'firstId',
    'newHead',
    'newCount',
    'poorCount',
    'restCount',
    'retryCount',
    'decidedCount',
    'passedCount',
    'failedCount',
    'inconclusiveCount',
    'missedCount',
    'certificateCount',
    'attestedEraCount',
    'selectedCount',
    'subsets0',
    'subsets1',
    'subsets2',
    'subsets3',
    'subsets4',
    'subsets5',
    'subsets6',
    'subsets7',
  ],
} as const;

/** The contract that stores each table, in the order in which tables enter the digest. */
export const TABLES_OF_CONTRACT = {
  Params: ['paramValues'],
  Clock: ['clockTotals'],
  Token: ['wallets', 'tokenTotals'],
  EntityNft: ['modelHolders', 'nodeHolders', 'validatorHolders'],
  Stake: [
    'nodeCollateral',
    'validatorCollateral',
    'providerCollateral',
    'modelCollateral',
    'delegations',
    'vestings',
    'licenceWindows',
    'stakeTotals',
  ],
  Nodes: ['nodes', 'nodeTrust', 'nodeEra', 'nodeReports', 'freedSeats', 'ranking', 'nodeTotals'],
  Models: ['models', 'versions', 'hosts', 'ratings', 'modelTotals'],
  Calls: ['prepaid', 'requests', 'callTotals'],
  Validators: ['validators', 'committeeWeights', 'validatorTotals'],
  Tasks: ['tasks', 'members', 'taskTotals'],
  Emission: ['emissionTotals'],
  Providers: ['providers', 'providerEra', 'providerReports', 'providerRatings', 'nodeProviders', 'providerTotals'],
  SlarkLicence: ['licenceHolders'],
  Slarks: ['slarks', 'slarkOrder', 'runners', 'slarkTotals'],
  Challenges: [
    'newTargets',
    'poorTargets',
    'restTargets',
    'retryTargets',
    'challenges',
    'committees',
    'seats',
    'challengeTotals',
  ],
} as const satisfies Record<string, readonly TableName[]>;

export type ContractName = keyof typeof TABLES_OF_CONTRACT;

type FieldIndex<T extends readonly string[]> = { readonly [K in T[number]]: number };

function indexFields<T extends readonly string[]>(names: T): FieldIndex<T> {
  return Object.fromEntries(names.map((name, index) => [name, index])) as FieldIndex<T>;
}

/** Position of each field inside its record: `s.nodes[node * STRIDE.nodes + F.nodes.state]`. */
export const F = {
  paramValues: indexFields(FIELDS.paramValues),
  clockTotals: indexFields(FIELDS.clockTotals),
  wallets: indexFields(FIELDS.wallets),
  tokenTotals: indexFields(FIELDS.tokenTotals),
  modelHolders: indexFields(FIELDS.modelHolders),
  nodeHolders: indexFields(FIELDS.nodeHolders),
  validatorHolders: indexFields(FIELDS.validatorHolders),
  nodeCollateral: indexFields(FIELDS.nodeCollateral),
  validatorCollateral: indexFields(FIELDS.validatorCollateral),
  providerCollateral: indexFields(FIELDS.providerCollateral),
  modelCollateral: indexFields(FIELDS.modelCollateral),
  delegations: indexFields(FIELDS.delegations),
  vestings: indexFields(FIELDS.vestings),
  licenceWindows: indexFields(FIELDS.licenceWindows),
  stakeTotals: indexFields(FIELDS.stakeTotals),
  nodes: indexFields(FIELDS.nodes),
  nodeTrust: indexFields(FIELDS.nodeTrust),
  nodeEra: indexFields(FIELDS.nodeEra),
  nodeReports: indexFields(FIELDS.nodeReports),
  freedSeats: indexFields(FIELDS.freedSeats),
  ranking: indexFields(FIELDS.ranking),
  nodeTotals: indexFields(FIELDS.nodeTotals),
  models: indexFields(FIELDS.models),
  versions: indexFields(FIELDS.versions),
  hosts: indexFields(FIELDS.hosts),
  ratings: indexFields(FIELDS.ratings),
  modelTotals: indexFields(FIELDS.modelTotals),
  prepaid: indexFields(FIELDS.prepaid),
  requests: indexFields(FIELDS.requests),
  callTotals: indexFields(FIELDS.callTotals),
  validators: indexFields(FIELDS.validators),
  committeeWeights: indexFields(FIELDS.committeeWeights),
  validatorTotals: indexFields(FIELDS.validatorTotals),
  tasks: indexFields(FIELDS.tasks),
  members: indexFields(FIELDS.members),
  taskTotals: indexFields(FIELDS.taskTotals),
  emissionTotals: indexFields(FIELDS.emissionTotals),
  providers: indexFields(FIELDS.providers),
  providerEra: indexFields(FIELDS.providerEra),
  providerReports: indexFields(FIELDS.providerReports),
  providerRatings: indexFields(FIELDS.providerRatings),
  nodeProviders: indexFields(FIELDS.nodeProviders),
  providerTotals: indexFields(FIELDS.providerTotals),
  licenceHolders: indexFields(FIELDS.licenceHolders),
  slarks: indexFields(FIELDS.slarks),
  slarkOrder: indexFields(FIELDS.slarkOrder),
  runners: indexFields(FIELDS.runners),
  slarkTotals: indexFields(FIELDS.slarkTotals),
  newTargets: indexFields(FIELDS.newTargets),
  poorTargets: indexFields(FIELDS.poorTargets),
  restTargets: indexFields(FIELDS.restTargets),
  retryTargets: indexFields(FIELDS.retryTargets),
  challenges: indexFields(FIELDS.challenges),
  committees: indexFields(FIELDS.committees),
  seats: indexFields(FIELDS.seats),
  challengeTotals: indexFields(FIELDS.challengeTotals),
} as const satisfies { readonly [T in TableName]: FieldIndex<(typeof FIELDS)[T]> };

/**
 * Float64s per record in the core and uint64s per record on the chain. A record of several fields starts on a word of
 * its own, so its stride is padded to a multiple of four, as Solidity pads a struct in an array; padding stays 0.
 */
export const STRIDE = Object.fromEntries(
  Object.entries(FIELDS).map(([name, fields]) => [name, fields.length === 1 ? 1 : Math.ceil(fields.length / 4) * 4]),
) as { readonly [T in TableName]: number };

/** Most hosts a model may have: `place.replicas` ≤ 8. Host k (0…7) of model m is record m·8 + k of table `hosts`. */
export const HOSTS_PER_MODEL = 8;

/** Accounts of the protocol itself; agents' accounts start at `firstAgent` (TOK-5). 0 is no account. */
export const ACCOUNT = {
  community: 1,
  foundation: 2,
  treasury: 3,
  stakeVault: 4,
  delegationVault: 5,
  callEscrow: 6,
  taskPot: 7,
  validatorPot: 8,
  insurance: 9,
  restitution: 10,
  team: 11,
  investors: 12,
  liquidity: 13,
  airdrop: 14,
  /** Slashed collateral of providers until its destination is paid in the same settlement (T-DEST). */
  slashPot: 15,
  /** The protocol's operator: beacon, matchmaking, reports, settlement, admin key of `gov.mode` = admin. */
  keeper: 16,
  /** Slarks' era pool (F-11). */
  slarkPool: 17,
  firstAgent: 32,
} as const;

/** Kinds of entities, as in events, NFT identifiers and delegation targets. */
export const KIND = {
  model: 1,
  node: 2,
  validator: 3,
  task: 4,
  request: 5,
  delegation: 6,
  version: 7,
  account: 8,
  provider: 9,
  slark: 10,
  challenge: 11,
} as const;

/** SM-1. Drafts are off-chain (MODEL-1), so the ledger's first state is Registered. */
export const MODEL_STATE = {
  registered: 2,
  metaReview: 3,
  metaApproved: 4,
  metaRejected: 5,
  testDeploying: 6,
  testDeployed: 7,
  testFailed: 8,
  funcReview: 9,
  funcRejected: 10,
  prodDeploying: 11,
  live: 12,
  removed: 13,
} as const;

/** SM-2. */
export const NODE_STATE = {
  reserved: 1,
  registered: 2,
  metaReview: 3,
  metaApproved: 4,
  metaRejected: 5,
  valReview: 6,
  valRejected: 7,
  online: 8,
  offline: 9,
  exiting: 10,
  removed: 11,
  released: 12,
} as const;

/** SM-3. Engaged is Active with `engagedCount` > 0. */
export const VALIDATOR_STATE = { registered: 1, keyed: 2, active: 3, suspended: 4, exited: 5 } as const;

/** SM-4. */
export const TASK_STATE = { created: 1, assigned: 2, settled: 3 } as const;
export const TASK_KIND = { modelMetadata: 1, nodeMetadata: 2, model: 3, node: 4, output: 5 } as const;
export const VERDICT = { none: 0, pass: 1, fail: 2 } as const;

export const REQUEST_STATE = { open: 1, routed: 2, served: 3, refunded: 4 } as const;
export const HOST_STATE = { empty: 0, deploying: 1, up: 2, rotating: 3 } as const;
export const FAULT = { node: 1, model: 2 } as const;

/** SM-14. Rejected is the end of a proposal that was not approved. */
export const PROVIDER_STATE = {
  proposed: 1,
  registered: 2,
  active: 3,
  suspended: 4,
  deactivated: 5,
  rejected: 6,
} as const;

/** SM-5. */
export const SLARK_STATE = { owned: 1, pending: 2, running: 3, offline: 4, banned: 5 } as const;

/** SM-7, and of the committee of a (slot, class): the states up to Answered. Settled is the end of the era, which keeps no record. */
export const CHALLENGE_STATE = {
  scheduled: 1,
  committed: 2,
  issued: 3,
  answered: 4,
  passed: 5,
  failed: 6,
  inconclusive: 7,
} as const;

/** Trust tiers of providers: 1 is best. Tiers of Slarks: 6 is best. Class c of a challenge needs Slarks of tier ≥ c (SLARK-7). */
export const PROVIDER_TIERS = 7;
export const SLARK_TIERS = 6;
export const CLASS_COUNT = 6;
/** Seat k (0…20) of the committee of class c is record c·32 + k of table `seats`: `chal.n` ≤ 10. */
export const SEATS_PER_CLASS = 32;
/** Most targets of a slot. */
export const MAX_TARGETS = 240;
/** Bits of `providers.compliance` (ATTR-6, TIER-1). */
export const COMPLIANCE = { soc2: 1, hipaa: 2, gdpr: 4, audit: 8 } as const;

/** Steps of an era's settlement, in the order of TIME-4 (its number in brackets). A step is entered when the one before is complete. */
export const STEP = {
  /** (3) Era metrics: Q_i of F-4 and the largest contribution. Over nodes. */
  computeEraMetrics: 1,
  /** (3–6) Forfeits, slashes, liveness and bonus of providers; slashes of their own stake. Over providers. */
  assessProviders: 2,
  /** (3) Size of the era's emission and of its pools. One call. */
  openEmission: 3,
  /** (6) Pending stake slashes, own parts. Over validators. */
  slashOwnStake: 4,
  /** (6) Pending stake slashes, delegated parts. Over delegations. */
  slashDelegations: 5,
  /** (7) Slark pool and its shares. Over licences. */
  paySlarks: 6,
  /** (8) Liveness and bonus, restitution. Over providers. */
  payProviders: 7,
  /** (8) Stakers' part of the emission. Over delegations. */
  payStakers: 8,
  /** (9) PoWR scores S_i. Over nodes. */
  scoreNodes: 9,
  /** (9) PoWR rewards. Over nodes. */
  payNodes: 10,
  /** (10) Validators' era pot. Over validators. */
  payValidators: 11,
  /** (10) Creators' part of the emission. Over models. */
  payCreators: 12,
  /** (8, 10, F-9) Delegators' shares of the rewards of steps 7, 10 and 11. Over delegations. */
  payDelegators: 13,
  /** (11) Trust weights. Over nodes. */
  updateTrust: 14,
  /** (11) Validator reputations and the next era's committee weights. Over validators. */
  updateReputations: 15,
  /** (12) Trust tiers of providers, and the next epoch's targets. Over providers. */
  updateTiers: 16,
  /** (12) Tiers of Slarks, in order of their accuracy. Over licences. */
  updateSlarks: 17,
  /** (12) The list by tier from which committees are drawn in the next era. Over licences that can be drawn. */
  postSlarks: 18,
  /** (13) Release of unbonded delegations and of vested ones. Over delegations. */
  releaseDelegations: 19,
  /** (15) The list by trust weight that placement uses in the next era (F-22). Over ranked nodes. */
  postRanking: 20,
  /** (15) Rotation of production replicas (MODEL-14). Over models. */
  rotateModels: 21,
} as const;
