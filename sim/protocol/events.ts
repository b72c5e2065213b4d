/**
 * What the ledger tells the world: one numbered event per kind, each with up to six integers, in the order in which
 * they happened. The contracts emit Solidity events of the same names and arguments (COMP-6). Kinds are only appended.
 */
export const EVENTS = {
  /** An entity moved between the states of its machine (section 5). */
  Transition: ['kind', 'entity', 'actor', 'from', 'to'],
  /** Tokens moved between accounts (TOK-5); `reason` is one of {@link MOVE}. */
  Moved: ['from', 'to', 'units', 'reason'],
  Burnt: ['from', 'units'],
  SlotOpened: ['slot', 'era'],
  EraSettled: ['era', 'emittedUnits'],
  RequestRouted: ['request', 'model', 'node'],
  RequestServed: ['request', 'model', 'node', 'wu', 'feeUnits', 'latencyMs'],
  RequestRefunded: ['request', 'model', 'node', 'feeUnits'],
  ModelRated: ['model', 'account', 'tenths', 'sumTenths', 'ratingCount'],
  TaskAssigned: ['task', 'kind', 'subject', 'roundCount', 'memberCount'],
  ResultSubmitted: ['task', 'validator', 'verdict', 'reportId', 'qualityBps'],
  CopyFlagged: ['task', 'validator'],
  /** Outcome 1 passed, 2 failed, 0 unresolved (F-5). */
  TaskTallied: ['task', 'kind', 'subject', 'outcome', 'agreeFp', 'qualityBps'],
  TrustUpdated: ['node', 'trustFp', 'qualityFp'],
  ReputationUpdated: ['validator', 'reputationFp'],
  StakeChanged: ['kind', 'entity', 'ownUnits', 'delegatedUnits'],
  Slashed: ['kind', 'entity', 'units'],
  HostChanged: ['model', 'host', 'node', 'state'],
  RewardPaid: ['kind', 'entity', 'account', 'units', 'reason'],
  DelegationChanged: ['delegation', 'target', 'units', 'unbondingUnits'],
  /** Reason: 1 metrics (SM-9, SM-10), 2 collateral short (SM-9), 3 start tier. */
  TierChanged: ['kind', 'entity', 'from', 'to', 'reason'],
  /** What an era's assessment of a provider came to, before scaling to the pool (F-7, F-8, F-10). */
  ProviderAssessed: ['provider', 'hourCount', 'rawUnits', 'forfeitUnits', 'slashUnits', 'bonusUnits'],
  ProviderRated: ['provider', 'account', 'tenths', 'sumTenths', 'ratingCount'],
  CommitteeDrawn: ['slot', 'class', 'seatCount', 'targetCount', 'foundationSeatCount'],
  /** Outcome: state of SM-7. Votes for pass and for fail among the seats. */
  ChallengeDecided: ['challenge', 'provider', 'class', 'outcome', 'passCount', 'failCount'],
  ResultsCertified: ['slot', 'class', 'groupCount', 'signerCount', 'targetCount'],
  SubsetsAttested: ['era', 'signerCount', 'unselectedCount'],
  VestingChanged: ['delegation', 'vestUnits', 'vestedUnits'],
  /** As Moved, of a foreign asset; from 0: issued. */
  AssetMoved: ['asset', 'from', 'to', 'units', 'reason'],
  PricePosted: ['asset', 'priceFp'],
  EscrowChanged: ['escrow', 'asset', 'unlockedUnits', 'lockedUnits', 'owner'],
  OrderCreated: ['order', 'escrow', 'consumer', 'mode', 'durationS', 'maxPriceUnits'],
  BidPlaced: ['order', 'bid', 'provider', 'priceUnits', 'fizz'],
  MatchVoted: ['order', 'seat', 'bid', 'voterCount'],
  LeaseCreated: ['lease', 'order', 'provider', 'consumer', 'priceUnits', 'endS'],
  /** Increments of one accrual (F-17): what the consumer paid for the service, and its parts. `feeUnits`: fees of both sides. */
  LeaseAccrued: ['lease', 'grossUnits', 'payeeUnits', 'foundationUnits', 'feeUnits', 'gatewayUnits'],
  LeaseExtended: ['lease', 'endS', 'lockedUnits'],
  /** Reason: one of CLOSE_REASON. */
  LeaseClosed: ['lease', 'reason', 'grossUnits', 'refundUnits', 'consumer', 'provider'],
  FizzChanged: ['fizz', 'gateway', 'priceUnits', 'cpuCount', 'gpuCount'],
  SubnetVoted: ['provider', 'proposal', 'fizz', 'isYes', 'units'],
  SubnetDecided: ['provider', 'proposal', 'kind', 'value', 'isPassed'],
  MedianPosted: ['era', 'medianUnits'],
  /** What a node opened of the commitment it had served with: identifiers of its output and of that output's sketch. */
  SketchRevealed: ['task', 'subject', 'outputId', 'sketchId'],
} as const satisfies Record<string, readonly string[]>;

export type EventName = keyof typeof EVENTS;
export const EVENT_NAMES = Object.keys(EVENTS) as readonly EventName[];

/** Number of each event kind: `EV.Transition`. */
export const EV = Object.fromEntries(EVENT_NAMES.map((name, code) => [name, code])) as {
  readonly [K in EventName]: number;
};

/** Why tokens moved (argument `reason` of Moved and RewardPaid). */
export const MOVE = {
  genesis: 1,
  transfer: 2,
  stake: 3,
  unstake: 4,
  penalty: 5,
  slash: 6,
  delegate: 7,
  release: 8,
  prepay: 9,
  refund: 10,
  callCreator: 11,
  callNode: 12,
  callValidators: 13,
  callFoundation: 14,
  taskFee: 15,
  registerFee: 16,
  powrReward: 17,
  validatorReward: 18,
  creatorReward: 19,
  stakerReward: 20,
  delegatorReward: 21,
  emissionFoundation: 22,
  livenessReward: 23,
  bonusReward: 24,
  slarkReward: 25,
  forfeit: 26,
  restitution: 27,
  licence: 28,
  escrowDeposit: 29,
  escrowWithdraw: 30,
  leasePayment: 31,
  commission: 32,
  userFee: 33,
  providerFee: 34,
  gatewayShare: 35,
  fizzReward: 36,
  fizzFee: 37,
  matchReward: 38,
  issue: 39,
} as const;
