// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title What the families of the protocol may ask of each other.
/// @notice Functions marked "module" only obey the other families of the same deployment. Amounts are base units,
/// ratios FP (10^9), identifiers dense from 1; all fit 53 bits.

interface IParams {
    /// @return value of parameter `number` as the ledger stores it
    function get(uint256 number) external view returns (uint256 value);
    /// @return values of `count` parameters from number `first` on
    function slice(uint256 first, uint256 count) external view returns (uint64[] memory values);
}

interface IClock {
    function era() external view returns (uint64);
    function slotCount() external view returns (uint64);
    /// @notice Seconds from genesis of this block.
    function nowS() external view returns (uint64);
    /// @notice Low 64 bits of the beacon of the current slot (NUM-6).
    function beacon() external view returns (uint64);
    /// @notice Reverts EraNotSettled between two steps of a settlement: nothing but its next step may happen then.
    function checkAtRest() external view;
    /// @notice Module. Enters chunk [from, to) of `count` positions of a settlement step; refuses any other order (TIME-4, INV-67).
    function enterStep(uint64 step, uint64 from, uint64 to, uint64 count) external;
}

interface IToken {
    /// @return account number of an address, 0 if it has none
    function accountOf(address holder) external view returns (uint64 account);
    function addressOf(uint64 account) external view returns (address holder);
    /// @return units in the wallet of `account`
    function unitsOf(uint64 account) external view returns (uint64 units);
    function maxSupplyUnits() external view returns (uint64);
    /// @notice Module. Moves units between accounts; nothing happens for 0 units. Reverts InsufficientBalance(balance, units).
    function move(uint64 from, uint64 to, uint64 units, uint64 reason) external;
    /// @notice Module. Burns units of an account; nothing happens for 0 units.
    function burnUnits(uint64 from, uint64 units) external;
}

interface IEntityNft {
    /// @notice Module. Mints the one token of an entity to the address of `account`.
    function mint(uint64 kind, uint64 entity, uint64 account) external;
    /// @notice Module. Burns the one token of an entity.
    function burn(uint64 kind, uint64 entity) external;
    /// @return account that holds the entity's token, 0 if there is none
    function holderOf(uint64 kind, uint64 entity) external view returns (uint64 account);
}

interface IStake {
    /// @notice Module. Moves units of `account` into the stake of an entity.
    function lockStake(uint64 kind, uint64 entity, uint64 account, uint64 units) external;
    /// @notice Module. Pays units of an entity's stake out to `account`.
    function releaseStake(uint64 kind, uint64 entity, uint64 account, uint64 units) external;
    /// @notice Module. Takes at most `units` of an entity's own stake (SLASH-6). @return taken units taken
    function penaliseStake(uint64 kind, uint64 entity, uint64 units, uint64 toAccount) external returns (uint64 taken);
    /// @notice Module. Notes a slash of `bps` of the collateral, applied when the era is settled.
    function addSlash(uint64 kind, uint64 entity, uint64 bps) external;
    /// @notice Module. Pays an era reward: `poolUnits` of it are shared with the delegators (F-9), the rest goes to the owner.
    function shareReward(uint64 kind, uint64 entity, uint64 ownerAccount, uint64 rewardUnits, uint64 poolUnits, uint64 fromAccount, uint64 reason) external;
    function ownUnits(uint64 kind, uint64 entity) external view returns (uint64);
    function slashPendingUnits(uint64 kind, uint64 entity) external view returns (uint64);
    /// @return own own stake
    /// @return delegated units delegated, without what is unbonding
    /// @return unbonding units that delegators have asked back
    function collateralUnits(uint64 kind, uint64 entity) external view returns (uint64 own, uint64 delegated, uint64 unbonding);
    /// @notice Module. Takes the own part of a provider's slashes and announces the delegated part.
    /// @return misconduct units of it that there was collateral for
    /// @return operational units of those that there was collateral for
    function slashProvider(uint64 provider, uint64 misconductUnits, uint64 operationalUnits, bool isAllShared) external returns (uint64 misconduct, uint64 operational);
    /// @notice Module. Opens a delegation of the foundation's units to a provider.
    /// @return delegation its number
    function delegateFoundationUnits(uint64 provider, uint64 units) external returns (uint64 delegation);
    /// @notice Module. Starts to unbond all of the foundation's delegation.
    /// @return units how many there were
    function undelegateFoundationUnits(uint64 delegation) external returns (uint64 units);
    function delegatedUnits(uint64 delegation) external view returns (uint64);
    /// @notice Module of Fizz. Opens a delegation of the owner of a fizz node to the provider that is its gateway.
    /// @return delegation its number
    function delegateFizz(uint64 owner, uint64 provider, uint64 units) external returns (uint64 delegation);
    /// @notice Module of Fizz. Starts to unbond all units of a delegation; nothing happens if it has none.
    function undelegateFizz(uint64 delegation) external;
    /// @return units what is unbonding @return releaseEra era whose settlement releases it
    function unbondingOf(uint64 delegation) external view returns (uint64 units, uint64 releaseEra);
    /// @notice Module. Delegates part of a licence's reward from the Slark pool to its provider, in `delegation` if that is
    /// not 0 and backs the provider or moves there, else in a new one of `owner`.
    /// @return used delegation that got it
    function delegateReward(uint64 licence, uint64 owner, uint64 delegation, uint64 provider, uint64 units) external returns (uint64 used);
}

interface INodes {
    /// @return nodes ever reserved
    function nodeCount() external view returns (uint64);
    /// @notice Module. Outcome of a metadata or node task, once per task.
    function onTask(uint64 task, uint64 taskKind, uint64 node, bool passed, uint64 actor) external;
    /// @notice Module. Outcome of the audit of one served request.
    function onAudit(uint64 node, uint64 wu, uint64 qualityBps, bool accepted) external;
    /// @notice Module. A request was assigned to the node.
    function recordRouted(uint64 node) external;
    /// @notice Module. The node served a request of `wu` work units.
    function recordServed(uint64 node, uint64 wu) external;
    /// @notice Module. The node hosts one more / one fewer deployment.
    function addLoad(uint64 node) external;
    function removeLoad(uint64 node) external;
    /// @param band 0 anywhere in the list, 1 top, 2 bottom (F-22)
    /// @param excluded nodes that may not be chosen; zeros are ignored
    /// @return node the first eligible node, 0 if there is none
    function pickNode(uint64 band, uint64 draw, uint64 domain, uint64[10] calldata excluded) external view returns (uint64 node);
    function ownerOf(uint64 node) external view returns (uint64);
    function stateOf(uint64 node) external view returns (uint64);
    function rankedCount() external view returns (uint64);
    function trustFpOf(uint64 node) external view returns (uint64);
    /// @return load deployments that the node hosts
    function loadOf(uint64 node) external view returns (uint64 load);
}

interface IModels {
    /// @notice Module. Outcome of a metadata or model task, once per task.
    function onTask(uint64 task, uint64 taskKind, uint64 model, bool passed, uint64 actor) external;
    /// @return owner @return state @return feeUnits @return version live version @return wu of one call of it @return count of models
    function callInfo(uint64 model) external view returns (uint64 owner, uint64 state, uint64 feeUnits, uint64 version, uint64 wu, uint64 count);
    /// @return hosting true if the node serves the model now
    function isHosting(uint64 model, uint64 node) external view returns (bool hosting);
    /// @notice Module. Counts of the model's market history (F-21).
    function recordRequested(uint64 model) external;
    function recordServed(uint64 model, uint64 wu) external;
    function recordFailed(uint64 model) external;
    /// @notice Module. Adds a rating to the model's window (OP-30). @return sumTenths @return ratingCount after it
    function addRating(uint64 model, uint64 tenths) external returns (uint64 sumTenths, uint64 ratingCount);
}

interface IValidators {
    /// @return validators ever registered
    function validatorCount() external view returns (uint64);
    /// @return owner @return state @return reputationFp of a validator
    function info(uint64 validator) external view returns (uint64 owner, uint64 state, uint64 reputationFp);
    /// @return active validators @return covered number of validators in the weights @return weightFp their total
    function committee() external view returns (uint64 active, uint64 covered, uint64 weightFp);
    /// @return validator whose cumulative weight is the first above `value`
    function validatorAt(uint64 value) external view returns (uint64 validator);
    /// @notice Module. The validator has one more / one fewer task in hand.
    function engage(uint64 validator) external;
    function disengage(uint64 validator) external;
    /// @notice Module. Score and pay weight of one settled task (F-6, F-36).
    function recordResult(uint64 validator, uint64 scoreFp, uint64 payWeightFp) external;
}

interface ITasks {
    /// @notice Module. Opens a task (SM-4) and takes its fee from `owner`. @return task its identifier
    function openTask(uint64 kind, uint64 subject, uint64 owner, uint64 referenceId, uint64 wu, uint64 answerId, uint64 commitmentId, uint64 actor) external returns (uint64 task);
}

interface IEmission {
    /// @return powrUnits @return validatorUnits @return creatorUnits @return stakerUnits pools of the era being settled, @return eraUnits their sum with the foundation's part
    function pools() external view returns (uint64 powrUnits, uint64 validatorUnits, uint64 creatorUnits, uint64 stakerUnits, uint64 eraUnits);
}

interface IProviders {
    /// @return providers ever proposed
    function providerCount() external view returns (uint64);
    /// @return providers that are Active
    function activeCount() external view returns (uint64);
    function stateOf(uint64 provider) external view returns (uint64);
    /// @return owner account that a delegation would back, 0 if the provider is not Registered, Active or Suspended
    function holderOf(uint64 provider) external view returns (uint64 owner);
    /// @notice Module. The provider is a target of the present slot.
    function markChallenged(uint64 provider) external;
    /// @notice Module. Outcome of a challenge: CHALLENGE_PASSED, CHALLENGE_FAILED or CHALLENGE_INCONCLUSIVE.
    function recordChallenge(uint64 provider, uint64 outcome) external;
    /// @notice Module. A rating of the provider that the node belongs to, if there is one and it is Active.
    function noteRating(uint64 node, uint64 account, uint64 tenths) external;
    /// @notice Module. A rating of the provider by the consumer of a closed lease, if it is Active.
    function rateProvider(uint64 provider, uint64 account, uint64 tenths) external;
    /// @notice Module. Fixes what of the era's liveness is paid, and moves the Slarks' part of forfeits and slashes into
    /// their pool, the rest of the slashes to the foundation. Once an era, before the Slarks are paid.
    function closeLiveness() external;
}

// Sections of the Slarks and of the challenges.

interface ISlarkLicence {
    /// @notice Module. Mints the token of a licence to an account; it is locked until `soulboundUntilS`.
    function mint(uint64 licence, uint64 account, uint64 soulboundUntilS) external;
    /// @notice Module. Moves the token of a licence, which must not be locked any more, to another account.
    function move(uint64 licence, uint64 to) external;
    /// @return account that holds the licence's token, 0 if there is none
    function holderOf(uint64 licence) external view returns (uint64 account);
    /// @notice Module. Keeps the key of a licence: 16 words of 48 bits, then 32 of the proof that its holder has it, made for
    /// the account that registers it. Reverts if the proof does not hold. @return keyId identifier of the key, not 0
    function registerKey(uint64 licence, uint64 account, uint64[] calldata words) external returns (uint64 keyId);
    /// @notice Module. Forgets the key of a licence.
    function dropKey(uint64 licence) external;
    /// @notice Whether an aggregate signature, 32 words of 48 bits, covers each group's message by the keys of all its licences.
    /// Reverts for words that are no point.
    function isSigned(uint64[][] calldata groups, bytes32[] calldata messages, uint64[] calldata signature) external view returns (bool);
}

interface ISlarks {
    /// @return licences ever minted
    function slarkCount() external view returns (uint64);
    /// @return licences in the list from which this era's committees are drawn, at most those that are online now
    function orderedCount() external view returns (uint64);
    /// @return soulboundUntilS seconds from genesis at which the licence may change hands
    function soulboundUntilSOf(uint64 licence) external view returns (uint64 soulboundUntilS);
    /// @notice Draws the committee of a class in a slot; changes nothing.
    /// @param excluded providers whose Slarks are not drawn
    /// @return licences of the seats that could be filled, in their order @return foundationSeats how many of them are the foundation's
    function drawCommittee(uint64 slot, uint64 class, uint64 size, uint64[] calldata excluded) external view returns (uint64[] memory licences, uint64 foundationSeats);
    /// @notice Module. The licences have been drawn. @return firstTimes how many had not been drawn before in this era, the foundation's apart
    function recordSelected(uint64[] calldata licences) external returns (uint64 firstTimes);
    /// @notice Module. Each licence submitted `resultCount` results that were decided; `alignedCounts[i]` equalled the majority.
    function recordResults(uint64[] calldata licences, uint64 resultCount, uint64[] calldata alignedCounts) external;
    /// @return eligible true if the licence may sign the era's subsets: it can be drawn, and has not been in this era
    function isUnselected(uint64 licence) external view returns (bool eligible);
}

interface IChallenges {
    /// @notice Module. The provider has become Active and waits for its first challenge.
    function queueNew(uint64 provider) external;
    /// @notice Module. Targets of the next epoch: not yet challenged ever, badly rated, and all others; and how many
    /// providers more were Active at this one's end and had not been challenged (CHAL-4).
    function queueTargets(uint64[] calldata fresh, uint64[] calldata poor, uint64[] calldata rest, uint64 missed) external;
    /// @notice Module. Ends the epoch: empties the lists.
    function resetTargets() external;
}

// Sections of the compute market.

/// @notice Amounts of each resource.
struct Resources {
    uint64 cpuCount;
    uint64 memoryGb;
    uint64 storageGb;
    uint64 gpuCount;
}

interface IAssets {
    /// @return enabled whether orders may be paid in the asset; the token always
    function isEnabled(uint64 asset) external view returns (bool enabled);
    /// @return priceFp tokens per unit of the asset, FP for the token, 0 if none was posted
    function priceOf(uint64 asset) external view returns (uint64 priceFp);
    /// @return tokenUnits value of units of an asset in units of the token, rounded down, at most MAX_INT
    function valueOf(uint64 units, uint64 asset) external view returns (uint64 tokenUnits);
    /// @return units of an asset that are worth `tokenUnits`, rounded up; MAX_INT if none are, or more would be needed
    function unitsWorth(uint64 tokenUnits, uint64 asset) external view returns (uint64 units);
    /// @return units of an asset in the wallet of an account; of the token too
    function unitsOf(uint64 account, uint64 asset) external view returns (uint64 units);
    /// @notice Module. Moves units of an asset, the token included, between accounts; nothing happens for 0 units.
    function move(uint64 asset, uint64 from, uint64 to, uint64 units, uint64 reason) external;
}

interface IEscrow {
    function escrowCount() external view returns (uint64);
    function ownerOf(uint64 escrow) external view returns (uint64 owner);
    function balanceOf(uint64 escrow, uint64 asset) external view returns (uint64 unlockedUnits, uint64 lockedUnits);
    /// @return needed brackets that the wallet's open leases need with `added` more and `removed` less @return held brackets that its money fills (F-18)
    function brackets(uint64 escrow, Resources calldata added, Resources calldata removed) external view returns (uint64 needed, uint64 held);
    /// @notice Module. Unlocked to locked, and back.
    function lock(uint64 escrow, uint64 asset, uint64 units) external;
    function unlock(uint64 escrow, uint64 asset, uint64 units) external;
    /// @notice Module. Pays units out of the locked balance.
    function pay(uint64 escrow, uint64 asset, uint64 to, uint64 units, uint64 reason) external;
    /// @notice Module. One lease more / less of the wallet, with its resources.
    function addUse(uint64 escrow, Resources calldata resources) external;
    function removeUse(uint64 escrow, Resources calldata resources) external;
}

/// @notice What a fizz node needs to know of an order.
struct OrderTerms {
    uint64 state;
    uint64 mode;
    uint64 bidUntilS;
    uint64 expiresS;
    uint64 maxPriceUnits;
    uint64 asset;
    uint64 gpuTier;
    Resources needs;
}

interface IOrders {
    function orderCount() external view returns (uint64);
    function termsOf(uint64 order) external view returns (OrderTerms memory);
    /// @notice Module. The order's lease was replaced by another.
    function setLease(uint64 order, uint64 lease) external;
    /// @notice Module. The provider was slashed in the era being settled.
    function recordSlash(uint64 provider) external;
}

/// @notice What a lease begins with.
struct LeaseRequest {
    uint64 order;
    uint64 escrow;
    uint64 provider;
    uint64 fizz;
    uint64 asset;
    uint64 priceUnits;
    uint64 durationS;
    uint64 actor;
    Resources resources;
}

interface ILeases {
    /// @return resources that the provider's leases use, fizz nodes' apart @return leaseCount its leases that are not closed
    function useOf(uint64 provider) external view returns (Resources memory resources, uint64 leaseCount);
    /// @return leaseCount the provider's leases that are not closed, fizz nodes' included
    function leaseCountOf(uint64 provider) external view returns (uint64 leaseCount);
    /// @return startS @return accruedS up to when a lease has accrued
    function timesOf(uint64 lease) external view returns (uint64 startS, uint64 accruedS);
    /// @notice Module. Opens a lease. @return lease its number
    function open(LeaseRequest calldata request) external returns (uint64 lease);
    /// @notice Module. Its fizz node is off since `sinceS`, or is back at `atS`.
    function pauseByOutage(uint64 lease, uint64 sinceS) external;
    function resumeAfterOutage(uint64 lease, uint64 sinceS, uint64 atS) external;
    /// @notice Module. Closes the lease of a fizz node that the subnet expels.
    function closeExpelled(uint64 lease) external;
}

/// @notice What the market needs to know of a fizz node.
struct FizzInfo {
    uint64 owner;
    uint64 state;
    uint64 gateway;
    uint64 order;
    uint64 priceUnits;
    uint64 gpuTier;
    uint64 detachedS;
    Resources resources;
}

interface IFizz {
    function fizzCount() external view returns (uint64);
    function infoOf(uint64 fizz) external view returns (FizzInfo memory);
    /// @return units of an asset that the node asks for an hour, its price in tokens, rounded up; at most MAX_INT
    function floorOf(uint64 fizz, uint64 asset) external view returns (uint64 units);
    /// @return gatewayBps share of the gateway in what its members earn
    function shareOf(uint64 provider) external view returns (uint64 gatewayBps);
    /// @return resources of the members of a subnet that are Active
    function freeOf(uint64 provider) external view returns (Resources memory resources);
    /// @notice Module. The order is over, and the node that was reserved for it is free again; nothing happens otherwise.
    function release(uint64 fizz, uint64 order, uint64 actor) external;
    /// @notice Module. The node serves a lease / does not any more.
    function serve(uint64 fizz, uint64 lease, uint64 actor) external;
    function free(uint64 fizz, uint64 actor) external;
}
