/**
 * Every reason for which the ledger refuses an action: one code for the core, one custom error for the contracts. Both
 * carry two values, `(have, need)`: what was found and what the rule wanted. Codes are only ever appended.
 */
export const REJECTIONS = [
  'None',
  'UnknownAccount', // (account, 0)
  'OnlyKeeper', // (actor, keeper)
  'UnknownEntity', // (entity, count)
  'NotOwner', // (actor, owner)
  'WrongState', // (state, 0): the event is not listed for this state
  'InsufficientBalance', // (balance, amount)
  'InsufficientStake', // (stake, minimum)
  'AmountTooSmall', // (amount, minimum)
  'ValueOutOfRange', // (value, limit)
  'NodeSlotsExhausted', // (used, slots): NODE-1
  'EndpointNotConformant', // (endpoint, 0): NODE-3
  'DeadlineNotPassed', // (nowS, deadlineS)
  'DeadlinePassed', // (nowS, deadlineS)
  'TaskPending', // (task, 0)
  'ChangeRequired', // (entity, 0): MODEL-6, NODE-7: must be changed before it can be checked again
  'NoEligibleNode', // (ranked, 0): MODEL-4, F-22
  'ExitQueueNotOver', // (era, exitEra): NODE-13
  'StillHosting', // (load, 0): NODE-13
  'NotEngagedHost', // (actor, host owner)
  'ValidatorEngaged', // (engagedCount, 0): VAL-12
  'NoEligibleValidator', // (active, 0)
  'NotAssigned', // (member, 0): INV-28
  'AlreadySubmitted', // (member, verdict): INV-28
  'TaskAlreadyOpen', // (task, 0): SM-4
  'ResultsOutstanding', // (submitted, members)
  'ModelNotLive', // (model, state)
  'FeeAboveMaximum', // (fee, maximum)
  'InsufficientPrepaid', // (free, amount)
  'NotHosting', // (node, model): INV-25
  'AlreadyRated', // (request, 0): FB-4
  'NotYourRequest', // (actor, consumer)
  'SlotOutOfOrder', // (slot, expected): INV-67
  'EraNotSettled', // (settled, expected): INV-67
  'BeaconMismatch', // (0, 0): NUM-6
  'StepOutOfOrder', // (step, expected): TIME-4
  'CursorMismatch', // (from, cursor): INV-67
  'RankingInvalid', // (position, node): F-22
  'BatchMismatch', // (given, expected)
  'DelegationTooSmall', // (amount, minimum): OP-53
  'AlreadyCopied', // (member, 0)
  'CapacityExhausted', // (load, capacity)
  'AlreadySet', // (value, 0)
  'Soulbound', // (nowS, soulboundUntilS): SLARK-6
  'NotRunner', // (actor, runner): SLARK-4
  'InvalidKey', // (licence, 0): the proof of possession does not fit the key
  'InvalidSignature', // (class, slot): CHAL-10
  'PuzzleMismatch', // (class, slot): CHAL-5
  'SignersMissing', // (signers, needed): CHAL-10, INV-32
  'SignerRepeated', // (seat or licence, 0): CHAL-10
  'BudgetExhausted', // (delegated, budget): DELEG-4
  'TierTooLow', // (tier, minimum): DELEG-4
  'KeyMissing', // (licence, 0): CHAL-10
  'AssetNotEnabled', // (asset, 0): TOK-4
  'AssetNotAccepted', // (asset, accepted set): PROV-6
  'InsufficientEscrow', // (unlocked, amount): ESCROW-3, OP-82
  'BracketExceeded', // (brackets needed, brackets held): F-18
  'SensitiveData', // (flags, 0): FIZZ-15
  'NotMatchable', // (provider, 0): OP-43
  'RegionMismatch', // (region, wanted): MATCH-2
  'TierExcluded', // (tier, flags): ORDER-2
  'SelfLease', // (account, 0): OP-109
  'AlreadyBid', // (order, provider): ORDER-5
  'PriceTooLow', // (price, minimum)
  'OperatorsFull', // (operators, seats): OP-85
  'NotInMode', // (mode, needed): the parameter or the order asks for the other way
  'AlreadyVoted', // (order or proposal, seat or fizz node)
  'LeasesOpen', // (leases, 0): SM-14
  'CommitmentMismatch', // (commitment of what was revealed, commitment served with): VAL-15
] as const;

export type RejectionName = (typeof REJECTIONS)[number];

/** Code of each rejection: `R.NotOwner`. 0 is acceptance. */
export const R = Object.fromEntries(REJECTIONS.map((name, code) => [name, code])) as {
  readonly [K in RejectionName]: number;
};
