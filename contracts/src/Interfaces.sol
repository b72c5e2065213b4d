// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title What the families of the protocol may ask of each other.
/// @notice Functions marked "module" only obey the other families of the same deployment. Amounts are base units,
/// ratios FP (10^9), identifiers dense from 1; all fit 53 bits.

interface IParams {
    /// @return value of parameter `number` as the ledger stores it
    function get(uint256 number) external view returns (uint256 value);
}

interface IClock {
    function era() external view returns (uint64);
    function slotCount() external view returns (uint64);
    /// @notice Seconds from genesis of this block.
    function nowS() external view returns (uint64);
    /// @notice Low 64 bits of the beacon of the current slot (NUM-6).
    function beacon() external view returns (uint64);
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
    function openTask(uint64 kind, uint64 subject, uint64 owner, uint64 referenceId, uint64 wu, uint64 answerId, uint64 actor) external returns (uint64 task);
}

interface IEmission {
    /// @return powrUnits @return validatorUnits @return creatorUnits @return stakerUnits pools of the era being settled, @return eraUnits their sum with the foundation's part
    function pools() external view returns (uint64 powrUnits, uint64 validatorUnits, uint64 creatorUnits, uint64 stakerUnits, uint64 eraUnits);
}
