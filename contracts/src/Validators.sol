// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ewma} from "./Ewma.sol";
import {Family} from "./Family.sol";
import {Fixed} from "./Fixed.sol";
import {IValidators} from "./Interfaces.sol";
import {
    ACCOUNT_COMMUNITY,
    ACCOUNT_KEEPER,
    ACCOUNT_TREASURY,
    ACCOUNT_VALIDATOR_POT,
    AlreadySet,
    AmountTooSmall,
    FAMILY_COUNT,
    InsufficientBalance,
    KIND_VALIDATOR,
    MAX_INT,
    MOVE_VALIDATOR_REWARD,
    NotOwner,
    P_TRUST_HALF_LIFE_ERAS,
    P_TRUST_INIT_BPS,
    P_VAL_COMMISSION_BPS,
    P_VAL_SELECT_FLOOR_BPS,
    P_VAL_STAKE_MIN,
    STEP_PAY_VALIDATORS,
    STEP_UPDATE_REPUTATIONS,
    TABLE_LENGTH,
    TaskPending,
    UnknownEntity,
    VALIDATOR_ACTIVE,
    VALIDATOR_EXITED,
    VALIDATOR_KEYED,
    VALIDATOR_REGISTERED,
    VALIDATOR_SUSPENDED,
    ValidatorEngaged,
    ValidatorTotalsRecord,
    ValidatorsRecord,
    ValueOutOfRange,
    WrongState
} from "./Protocol.sol";

/// @title Validators
/// @notice Validators (SM-3): registration, keys, stake, exit, and their two steps of the settlement: era pay (F-36) and
/// reputation with the next era's committee weights (F-6, OP-16), as in `sim/protocol/validators.ts`. What a task is
/// worth to them is decided by Tasks. Amounts are base units, ratios FP (10^9).
contract Validators is Family, IValidators {
    ValidatorsRecord[TABLE_LENGTH] internal validators;
    uint64[TABLE_LENGTH] internal committeeWeights;
    ValidatorTotalsRecord internal validatorTotals;

    constructor(address[FAMILY_COUNT] memory families) Family(families) {}

    // Actions

    /// @notice Stakes `val.stake_min` and mints the Validator NFT to the sender. Reputation starts at `trust.init_bps`.
    /// @custom:rule VAL-1, OP-15
    function registerValidator() external {
        uint64 actor = _agent();
        uint64 stakeUnits = _param(P_VAL_STAKE_MIN);
        uint64 balance = TOKEN.unitsOf(actor);
        if (balance < stakeUnits) revert InsufficientBalance(balance, stakeUnits);

        uint64 validator = ++validatorTotals.validatorCount;
        ValidatorsRecord storage v = validators[validator];
        v.owner = actor;
        // A share of FP.
        v.reputationFp = uint64(Fixed.mulDivDown(_param(P_TRUST_INIT_BPS), Fixed.FP, Fixed.BPS));
        _setState(validator, actor, VALIDATOR_REGISTERED);
        STAKE.lockStake(KIND_VALIDATOR, validator, actor, stakeUnits);
        // Calls the receiver: everything is written by now.
        NFT.mint(KIND_VALIDATOR, validator, actor);
    }

    /// @notice The Validator Service hands out the first secret key; the ledger keeps its identifier. Keeper only.
    /// @custom:rule VAL-2
    function issueKey(uint64 validator, uint64 keyId) external {
        _onlyKeeperAtRest();
        ValidatorsRecord storage v = _existing(validator);
        if (v.state != VALIDATOR_REGISTERED) revert WrongState(v.state, 0);
        _checkKey(keyId);

        v.keyId = keyId;
        v.keyVersion = 1;
        _setState(validator, ACCOUNT_KEEPER, VALIDATOR_KEYED);
    }

    /// @notice The validator's service runs: from the next era's start on it can be drawn.
    /// @custom:rule VAL-3
    function subscribe(uint64 validator) external {
        uint64 actor = _agent();
        ValidatorsRecord storage v = _owned(validator, actor);
        if (v.state != VALIDATOR_KEYED) revert WrongState(v.state, 0);

        _setState(validator, actor, VALIDATOR_ACTIVE);
    }

    /// @notice Replaces the key, also with tasks in hand; reputation is not touched.
    /// @custom:rule VAL-11
    function rotateKey(uint64 validator, uint64 keyId) external {
        ValidatorsRecord storage v = _owned(validator, _agent());
        uint64 state = v.state;
        if (state < VALIDATOR_KEYED || state > VALIDATOR_SUSPENDED) revert WrongState(state, 0);
        _checkKey(keyId);
        if (keyId == v.keyId) revert AlreadySet(keyId, 0);

        v.keyId = keyId;
        ++v.keyVersion;
    }

    /// @notice Adds to the stake; a suspended validator that reaches `val.stake_min` again is active at once.
    /// @custom:rule VAL-1, VAL-14
    function topUpValidator(uint64 validator, uint64 units) external {
        uint64 actor = _agent();
        ValidatorsRecord storage v = _owned(validator, actor);
        uint64 state = v.state;
        if (state == VALIDATOR_EXITED) revert WrongState(state, 0);
        if (units == 0) revert AmountTooSmall(units, 1);
        uint64 balance = TOKEN.unitsOf(actor);
        if (balance < units) revert InsufficientBalance(balance, units);

        STAKE.lockStake(KIND_VALIDATOR, validator, actor, units);
        bool isEnough = STAKE.ownUnits(KIND_VALIDATOR, validator) >= _param(P_VAL_STAKE_MIN);
        if (state == VALIDATOR_SUSPENDED && isEnough) _setState(validator, actor, VALIDATOR_ACTIVE);
    }

    /// @notice Leaves at once: stake back, NFT burnt, not drawn any more; the record and its reputation stay. Refused
    /// while a task is in hand or a proven offence awaits its slash at the era's end (TaskPending carries its units).
    /// Delegations to it may be undelegated without delay.
    /// @custom:rule VAL-12, VAL-13, OP-20, OP-21
    function exitValidator(uint64 validator) external {
        uint64 actor = _agent();
        ValidatorsRecord storage v = _owned(validator, actor);
        uint64 state = v.state;
        if (state < VALIDATOR_KEYED || state > VALIDATOR_SUSPENDED) revert WrongState(state, 0);
        if (v.engagedCount > 0) revert ValidatorEngaged(v.engagedCount, 0);
        uint64 slashUnits = STAKE.slashPendingUnits(KIND_VALIDATOR, validator);
        if (slashUnits > 0) revert TaskPending(slashUnits, 0);

        _setState(validator, actor, VALIDATOR_EXITED);
        STAKE.releaseStake(KIND_VALIDATOR, validator, actor, STAKE.ownUnits(KIND_VALIDATOR, validator));
        NFT.burn(KIND_VALIDATOR, validator);
    }

    // Settlement

    /// @notice Settlement step 8. The pot (fees of calls and tasks, and the validators' part of the emission) is shared
    /// by the pay weights of the era's aligned, independent results; the treasury takes it if there are none. Of a
    /// validator's share `val.commission_bps` is its own, the rest is shared with its delegators. Rounding: running
    /// sums, nothing is left over. Keeper only.
    /// @custom:rule F-36, F-9, OP-20, OP-23
    function payValidators(uint64 from, uint64 to) external {
        _onlyKeeper();
        uint64 count = validatorTotals.validatorCount;
        CLOCK.enterStep(STEP_PAY_VALIDATORS, from, to, count);

        if (from == 0) _openPot();
        uint64 potUnits = validatorTotals.potUnits;
        uint64 weightFp = validatorTotals.payWeightFp;
        uint64 commissionBps = _param(P_VAL_COMMISSION_BPS);
        uint64 running = validatorTotals.runningFp;
        for (uint64 validator = from + 1; validator <= to; ++validator) {
            uint64 before = running;
            running += validators[validator].eraPayWeightFp;
            // A share of potUnits.
            uint64 rewardUnits = weightFp == 0 ? 0 : uint64(Fixed.allocShare(potUnits, before, running, weightFp));
            _payValidator(validator, rewardUnits, commissionBps);
        }
        validatorTotals.runningFp = to == count ? 0 : running;
        if (to == count) validatorTotals.potUnits = 0;
    }

    /// @notice Settlement step 12. Reputation moves towards the mean score of the era's tasks; without a task it stays.
    /// An active validator below `val.stake_min` (after slashes) is suspended. The cumulative weights for the next era's
    /// groups are reputation + floor of every validator active now. Keeper only.
    /// @custom:rule VAL-9, VAL-10, F-6, OP-16, OP-21
    function updateReputations(uint64 from, uint64 to) external {
        _onlyKeeper();
        uint64 count = validatorTotals.validatorCount;
        CLOCK.enterStep(STEP_UPDATE_REPUTATIONS, from, to, count);

        uint256 alphaFp = Ewma.alphaOf(_param(P_TRUST_HALF_LIFE_ERAS));
        uint64 stakeMinUnits = _param(P_VAL_STAKE_MIN);
        // A share of FP.
        uint64 floorFp = uint64(Fixed.mulDivDown(Fixed.FP, _param(P_VAL_SELECT_FLOOR_BPS), Fixed.BPS));
        uint64 cumulativeFp = validatorTotals.runningFp;
        for (uint64 validator = from + 1; validator <= to; ++validator) {
            uint64 reputationFp = _learnReputation(validator, alphaFp);
            if (_staysActive(validator, stakeMinUnits)) cumulativeFp += reputationFp + floorFp;
            committeeWeights[validator] = cumulativeFp;
        }
        if (cumulativeFp > MAX_INT) revert Fixed.QuotientTooLarge(cumulativeFp);
        if (to == count) {
            validatorTotals.committeeCount = count;
            validatorTotals.committeeWeightFp = cumulativeFp;
            validatorTotals.payWeightFp = 0;
            validatorTotals.runningFp = 0;
        } else {
            validatorTotals.runningFp = cumulativeFp;
        }
    }

    // For the other families

    /// @inheritdoc IValidators
    function engage(uint64 validator) external {
        _onlyFamily();
        ++validators[validator].engagedCount;
    }

    /// @inheritdoc IValidators
    function disengage(uint64 validator) external {
        _onlyFamily();
        --validators[validator].engagedCount;
    }

    /// @inheritdoc IValidators
    function recordResult(uint64 validator, uint64 scoreFp, uint64 payWeightFp) external {
        _onlyFamily();
        ValidatorsRecord storage v = validators[validator];
        uint64 eraScoreFp = v.eraScoreFp + scoreFp;
        uint64 sumFp = validatorTotals.payWeightFp + payWeightFp;
        if (eraScoreFp > MAX_INT) revert Fixed.QuotientTooLarge(eraScoreFp);
        if (sumFp > MAX_INT) revert Fixed.QuotientTooLarge(sumFp);
        v.eraScoreFp = eraScoreFp;
        ++v.eraTaskCount;
        v.eraPayWeightFp += payWeightFp;
        validatorTotals.payWeightFp = sumFp;
    }

    /// @inheritdoc IValidators
    function validatorCount() external view returns (uint64) {
        return validatorTotals.validatorCount;
    }

    /// @inheritdoc IValidators
    function info(uint64 validator) external view returns (uint64 owner, uint64 state, uint64 reputationFp) {
        ValidatorsRecord storage v = validators[validator];
        return (v.owner, v.state, v.reputationFp);
    }

    /// @inheritdoc IValidators
    function committee() external view returns (uint64 active, uint64 covered, uint64 weightFp) {
        return (validatorTotals.activeCount, validatorTotals.committeeCount, validatorTotals.committeeWeightFp);
    }

    /// @inheritdoc IValidators
    /// @custom:rule OP-16
    function validatorAt(uint64 value) external view returns (uint64 validator) {
        uint64 low = 1;
        uint64 high = validatorTotals.committeeCount;
        while (low < high) {
            uint64 middle = (low + high) / 2;
            if (committeeWeights[middle] > value) high = middle;
            else low = middle + 1;
        }
        return low;
    }

    // Parts

    /// @dev The record of a validator. Reverts UnknownEntity if there is none.
    function _existing(uint64 validator) private view returns (ValidatorsRecord storage) {
        uint64 count = validatorTotals.validatorCount;
        if (validator == 0 || validator > count) revert UnknownEntity(validator, count);
        return validators[validator];
    }

    /// @dev The record of a validator that belongs to `actor`. Reverts UnknownEntity or NotOwner.
    function _owned(uint64 validator, uint64 actor) private view returns (ValidatorsRecord storage v) {
        v = _existing(validator);
        if (actor != v.owner) revert NotOwner(actor, v.owner);
    }

    function _checkKey(uint64 keyId) private pure {
        if (keyId == 0) revert ValueOutOfRange(0, 0);
        if (keyId > MAX_INT) revert ValueOutOfRange(keyId, uint64(MAX_INT));
    }

    /// @dev Writes the state, keeps the number of active validators and leaves the event.
    function _setState(uint64 validator, uint64 actor, uint64 to) private {
        ValidatorsRecord storage v = validators[validator];
        uint64 from = v.state;
        if (from == VALIDATOR_ACTIVE) --validatorTotals.activeCount;
        if (to == VALIDATOR_ACTIVE) ++validatorTotals.activeCount;
        v.state = to;
        emit Transition(KIND_VALIDATOR, validator, actor, from, to);
    }

    /// @dev Collects what the era's pay is shared from, or hands it to the treasury if nobody has earned any.
    function _openPot() private {
        (, uint64 emissionUnits,,,) = EMISSION.pools();
        TOKEN.move(ACCOUNT_COMMUNITY, ACCOUNT_VALIDATOR_POT, emissionUnits, MOVE_VALIDATOR_REWARD);
        uint64 potUnits = TOKEN.unitsOf(ACCOUNT_VALIDATOR_POT);
        bool hasRecipients = validatorTotals.payWeightFp > 0;
        validatorTotals.potUnits = hasRecipients ? potUnits : 0;
        if (!hasRecipients) TOKEN.move(ACCOUNT_VALIDATOR_POT, ACCOUNT_TREASURY, potUnits, MOVE_VALIDATOR_REWARD);
    }

    /// @dev Also with nothing to pay: it clears what the delegators' step would otherwise pay again.
    function _payValidator(uint64 validator, uint64 rewardUnits, uint64 commissionBps) private {
        ValidatorsRecord storage v = validators[validator];
        uint64 sharedUnits;
        if (v.state != VALIDATOR_EXITED) {
            // A share of rewardUnits.
            sharedUnits = rewardUnits - uint64(Fixed.mulDivDown(rewardUnits, commissionBps, Fixed.BPS));
        }
        STAKE.shareReward(
            KIND_VALIDATOR, validator, v.owner, rewardUnits, sharedUnits, ACCOUNT_VALIDATOR_POT, MOVE_VALIDATOR_REWARD
        );
    }

    /// @dev F-6 for one validator, and the end of its era. @return reputationFp after it
    function _learnReputation(uint64 validator, uint256 alphaFp) private returns (uint64 reputationFp) {
        ValidatorsRecord storage v = validators[validator];
        reputationFp = v.reputationFp;
        uint64 taskCount = v.eraTaskCount;
        if (taskCount == 0) return reputationFp;
        // Between two ratios of at most FP.
        reputationFp = uint64(Ewma.ewma(reputationFp, v.eraScoreFp / taskCount, alphaFp));
        v.reputationFp = reputationFp;
        v.eraScoreFp = 0;
        v.eraTaskCount = 0;
        v.eraPayWeightFp = 0;
        emit ReputationUpdated(validator, reputationFp);
    }

    /// @dev Suspends an active validator whose stake has become too small. @return true if it is active after that
    function _staysActive(uint64 validator, uint64 stakeMinUnits) private returns (bool) {
        if (validators[validator].state != VALIDATOR_ACTIVE) return false;
        if (STAKE.ownUnits(KIND_VALIDATOR, validator) >= stakeMinUnits) return true;
        _setState(validator, ACCOUNT_KEEPER, VALIDATOR_SUSPENDED);
        return false;
    }
}
