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
    'commitmentId',
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
    'commitmentId',
    'nonceId',
    'outputId',
    'sketchId',
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
  // Assets.sol (foreign payment assets 1 to 3 and their oracle prices: TOK-4, NUM-7)
  assets: ['isEnabled', 'priceFp', 'issuedUnits'],
  // Of foreign assets: record account·4 + asset. Native units are in table `wallets`.
  assetWallets: ['units'],
  // Escrow.sol: what the open leases of a wallet use, of machines without and with GPU (F-18).
  escrows: [
    'owner',
    'leaseCount',
    'cpuCount',
    'memoryGb',
    'storageGb',
    'gpuTaskCpuCount',
    'gpuTaskMemoryGb',
    'gpuTaskStorageGb',
    'gpuTaskGpuCount',
  ],
  // Record wallet·4 + asset.
  escrowBalances: ['unlockedUnits', 'lockedUnits'],
  escrowTotals: [
    'escrowCount',
    'unlockedUnits0',
    'unlockedUnits1',
    'unlockedUnits2',
    'unlockedUnits3',
    'lockedUnits0',
    'lockedUnits1',
    'lockedUnits2',
    'lockedUnits3',
  ],
  // Orders.sol (orders, bids, matching)
  orders: [
    'escrow',
    'state',
    'asset',
    'mode',
    'cpuCount',
    'memoryGb',
    'storageGb',
    'gpuCount',
    'gpuTier',
    'region',
    'durationS',
    'maxPriceUnits',
    'flags',
    'createdS',
    'bidUntilS',
    'expiresS',
    'bidCount',
    'lastBid',
    'lease',
    'seed',
    'operatorSet0',
    'operatorSet1',
    'operatorCount',
    'voted0',
    'voted1',
    'matchingS',
  ],
  // The bids of an order are a list: `previous` is the bid before on the same order, 0 ends. Voters are bits by operator seat.
  bids: ['order', 'provider', 'priceUnits', 'fizz', 'state', 'previous', 'voters0', 'voters1'],
  // Seat of an operator is its record minus 1.
  operators: ['account', 'state', 'joinedS', 'voteCount', 'wonCount', 'rewardUnits'],
  // Of a provider: which assets it accepts (bit a: asset a), and in how many eras it was slashed.
  providerMarket: ['assetMask', 'slashedEraCount', 'lastSlashedEra', 'isAssetsSet'],
  // Eras (plus 1) in which a provider was slashed, the last 64: record provider·64 + number modulo 64.
  slashedEras: ['era'],
  orderTotals: [
    'orderCount',
    'bidCount',
    'openCount',
    'operatorCount',
    'operatorSet0',
    'operatorSet1',
    'medianUnits',
    'medianBelowCount',
    'medianNotAboveCount',
    'medianTotalCount',
    'matchedCount',
    'expiredCount',
  ],
  // Leases.sol
  leases: [
    'order',
    'escrow',
    'provider',
    'fizz',
    'state',
    'asset',
    'priceUnits',
    'startS',
    'endS',
    'cpuCount',
    'memoryGb',
    'storageGb',
    'gpuCount',
    'userFeeBps',
    'foundationBps',
    'providerFeeBps',
    'rebateBps',
    'gatewayBps',
    'terms',
    'pausedS',
    'downSinceS',
    'manifestS',
    'deployedS',
    'accruedS',
    'paidUnits',
    'fundedUnits',
    'lockedUnits',
    'place',
    'ratedTenths',
    'closeReason',
    'closedS',
    'breachCount',
  ],
  // What a consumer asks the running lease of the same number to become (LEASE-11).
  leaseUpdates: ['state', 'cpuCount', 'memoryGb', 'storageGb', 'gpuCount', 'durationS', 'priceUnits'],
  // Leases that are not closed, places 1 to `openCount`.
  openLeases: ['lease'],
  // What a provider has in use, and its leases that are not closed (INV-53).
  providerUse: ['cpuCount', 'memoryGb', 'storageGb', 'gpuCount', 'leaseCount'],
  leaseTotals: ['leaseCount', 'openCount'],
  // Fizz.sol (fizz nodes, subnets). Record of a subnet is its gateway's provider number.
  fizzNodes: [
    'owner',
    'state',
    'gateway',
    'peerId',
    'cpuCount',
    'memoryGb',
    'storageGb',
    'gpuCount',
    'gpuTier',
    'priceUnits',
    'delegation',
    'order',
    'lease',
    'detachedS',
    'votedProposal',
    'joinedEra',
  ],
  subnets: [
    'state',
    'isOpen',
    'memberCount',
    'minDelegationUnits',
    'gatewayBps',
    'isShareFixed',
    'freeCpuCount',
    'freeMemoryGb',
    'freeStorageGb',
    'freeGpuCount',
    'proposal',
    'proposalKind',
    'proposalValue',
    'proposalEndS',
    'yesUnits',
    'noUnits',
  ],
  fizzTotals: ['fizzCount', 'proposalCount', 'rewardedEra', 'rewardedCount'],
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
  Assets: ['assets', 'assetWallets'],
  Escrow: ['escrows', 'escrowBalances', 'escrowTotals'],
  Orders: ['orders', 'bids', 'operators', 'providerMarket', 'slashedEras', 'orderTotals'],
  Leases: ['leases', 'leaseUpdates', 'openLeases', 'providerUse', 'leaseTotals'],
  Fizz: ['fizzNodes', 'subnets', 'fizzTotals'],
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
  assets: indexFields(FIELDS.assets),
  assetWallets: indexFields(FIELDS.assetWallets),
  escrows: indexFields(FIELDS.escrows),
  escrowBalances: indexFields(FIELDS.escrowBalances),
  escrowTotals: indexFields(FIELDS.escrowTotals),
  orders: indexFields(FIELDS.orders),
  bids: indexFields(FIELDS.bids),
  operators: indexFields(FIELDS.operators),
  providerMarket: indexFields(FIELDS.providerMarket),
  slashedEras: indexFields(FIELDS.slashedEras),
  orderTotals: indexFields(FIELDS.orderTotals),
  leases: indexFields(FIELDS.leases),
  leaseUpdates: indexFields(FIELDS.leaseUpdates),
  openLeases: indexFields(FIELDS.openLeases),
  providerUse: indexFields(FIELDS.providerUse),
  leaseTotals: indexFields(FIELDS.leaseTotals),
  fizzNodes: indexFields(FIELDS.fizzNodes),
  subnets: indexFields(FIELDS.subnets),
  fizzTotals: indexFields(FIELDS.fizzTotals),
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
  /** Consumers' escrow wallets, of every asset (SM-13). */
  escrow: 18,
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
  escrow: 12,
  order: 13,
  lease: 14,
  fizz: 15,
  subnet: 16,
  operator: 17,
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

/** Payment assets: 0 is the token, the others are foreign (TOK-4). */
export const ASSET_COUNT = 4;
/** Foreign asset 1 is the unit of account for brackets: one unit of it is a US dollar (F-18). */
export const DOLLAR_ASSET = 1;

/** SM-6, before the lease. */
export const ORDER_STATE = { open: 1, matching: 2, leased: 3, expired: 4, cancelled: 5 } as const;
/** `out` is a bid that lost, was beaten by a better one, or whose provider is no longer eligible. */
export const BID_STATE = { open: 1, out: 2, won: 3 } as const;
export const ORDER_MODE = { provider: 0, fizz: 1 } as const;
/** Bits of `orders.flags`: the region is a must (MATCH-2); tiers 1–3 only, tiers 4–7 only (ORDER-2); data is sensitive (FIZZ-15); certificates count (OP-37). */
export const ORDER_FLAG = { regionHard: 1, secured: 2, community: 4, sensitive: 8, compliance: 16 } as const;
/** Most bids of an order: `order.max_bids` ≤ 64. Most seats of operators: `match.operators` ≤ 101, in two words of 52 and 49 bits. */
export const MAX_BIDS = 64;
export const OPERATOR_SEATS = 101;
export const SEATS_PER_WORD = 52;
/** Slashed eras of a provider that matching remembers. */
export const SLASHED_ERAS = 64;
export const OPERATOR_STATE = { active: 1, left: 2 } as const;

/** SM-6, from the lease on. Awaiting: no manifest yet. Down: the service does not run (breach). */
export const LEASE_STATE = { awaiting: 1, deploying: 2, serving: 3, down: 4, closed: 5 } as const;
/** Bits of `leases.terms`, fixed when the lease begins: what the provider fee is taken of, what is charged, in which unit. */
export const LEASE_TERM = { grossBase: 1, chargesUndeployed: 2, chargesDowntime: 4, hourUp: 8 } as const;
export const UPDATE_STATE = { none: 0, proposed: 1 } as const;
/** Why a lease was closed. */
export const CLOSE_REASON = {
  consumer: 1,
  provider: 2,
  ended: 3,
  exhausted: 4,
  outage: 5,
  updated: 6,
  providerLost: 7,
  expelled: 8,
} as const;

/** SM-12. */
export const FIZZ_STATE = {
  configured: 1,
  registered: 2,
  active: 3,
  reserved: 4,
  serving: 5,
  detached: 6,
  leaving: 7,
} as const;
export const SUBNET_STATE = { none: 0, exists: 1, dissolved: 2 } as const;
/** What a subnet may vote on (OP-81). */
export const PROPOSAL_KIND = { expel: 1, gatewayShare: 2 } as const;

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
  /** (1) Leases accrue to the boundary. Over leases that are not closed. */
  accrueLeases: 1,
  /** (3) Era metrics: Q_i of F-4 and the largest contribution. Over nodes. */
  computeEraMetrics: 2,
  /** (3–6) Forfeits, slashes, liveness and bonus of providers; slashes of their own stake. Over providers. */
  assessProviders: 3,
  /** (3) Size of the era's emission and of its pools. One call. */
  openEmission: 4,
  /** (6) Pending stake slashes, own parts. Over validators. */
  slashOwnStake: 5,
  /** (6) Pending stake slashes, delegated parts. Over delegations. */
  slashDelegations: 6,
  /** (7) Slark pool and its shares. Over licences. */
  paySlarks: 7,
  /** (8) Liveness and bonus, restitution. Over providers. */
  payProviders: 8,
  /** (8) Stakers' part of the emission. Over delegations. */
  payStakers: 9,
  /** (9) PoWR scores S_i. Over nodes. */
  scoreNodes: 10,
  /** (9) PoWR rewards. Over nodes. */
  payNodes: 11,
  /** (10) Validators' era pot. Over validators. */
  payValidators: 12,
  /** (10) Creators' part of the emission. Over models. */
  payCreators: 13,
  /** (8, 10, F-9) Delegators' shares of the rewards of steps 7, 10 and 11. Over delegations. */
  payDelegators: 14,
  /** (11) Trust weights. Over nodes. */
  updateTrust: 15,
  /** (11) Validator reputations and the next era's committee weights. Over validators. */
  updateReputations: 16,
  /** (12) Trust tiers of providers, and the next epoch's targets. Over providers. */
  updateTiers: 17,
  /** (12) Tiers of Slarks, in order of their accuracy. Over licences. */
  updateSlarks: 18,
  /** (12) The list by tier from which committees are drawn in the next era. Over licences that can be drawn. */
  postSlarks: 19,
  /** (13) Release of unbonded delegations and of vested ones. Over delegations. */
  releaseDelegations: 20,
  /** (13) Median collateral of the Active providers, for the stake term of matching (F-15). Over providers. */
  postMedian: 21,
  /** (15) The list by trust weight that placement uses in the next era (F-22). Over ranked nodes. */
  postRanking: 22,
  /** (15) Rotation of production replicas (MODEL-14). Over models. */
  rotateModels: 23,
} as const;
