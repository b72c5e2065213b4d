// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Delegation} from "./Delegation.sol";
import {Family, OnlyFamily} from "./Family.sol";
import {Fixed} from "./Fixed.sol";
import {IStake} from "./Interfaces.sol";
import {
    ACCOUNT_COMMUNITY,
    ACCOUNT_DELEGATION_VAULT,
    ACCOUNT_FOUNDATION,
    ACCOUNT_SLARK_POOL,
    ACCOUNT_SLASH_POT,
    ACCOUNT_STAKE_VAULT,
    ACCOUNT_TREASURY,
    AlreadySet,
    AmountTooSmall,
    BPS,
    DelegationTooSmall,
    DelegationsRecord,
    FAMILY_COUNT,
    InsufficientBalance,
    InsufficientStake,
    KIND_DELEGATION,
    KIND_MODEL,
    KIND_NODE,
    KIND_PROVIDER,
    KIND_VALIDATOR,
    LicenceWindowsRecord,
    MOVE_DELEGATE,
    MOVE_DELEGATOR_REWARD,
    MOVE_PENALTY,
    MOVE_RELEASE,
    MOVE_SLARK_REWARD,
    MOVE_SLASH,
    MOVE_STAKE,
    MOVE_STAKER_REWARD,
    MOVE_UNSTAKE,
    NodeCollateralRecord,
    NotOwner,
    P_DELEG_MIN,
    P_DELEG_UNBOND_ERAS,
    P_SLARK_VEST_ERAS,
    P_SLARK_VEST_THRESHOLD,
    ProviderCollateralRecord,
    STEP_PAY_DELEGATORS,
    STEP_PAY_STAKERS,
    STEP_RELEASE_DELEGATIONS,
    STEP_SLASH_DELEGATIONS,
    STEP_SLASH_OWN_STAKE,
    StakeTotalsRecord,
    TABLE_LENGTH,
    TaskPending,
    UnknownEntity,
    ValidatorCollateralRecord,
    ValueOutOfRange,
    VestingsRecord,
    WrongState
} from "./Protocol.sol";
import {Vesting} from "./Vesting.sol";

/// @title Stake
/// @notice The collateral of models, nodes, validators and providers, and the delegations to all but models: joining,
/// leaving, their share of slashes and rewards, and the vesting of what a Slark licence has earned. Who must stake how much, and who is slashed, other families decide. Amounts are base
/// units. Functions marked "keeper" are settlement steps over positions [from, to), callable in chunks of any size.
/// @custom:rule TOK-5
contract Stake is Family, IStake {
    using Delegation for DelegationsRecord;
    using Delegation for NodeCollateralRecord;
    using Delegation for StakeTotalsRecord;
    using Vesting for VestingsRecord;

    NodeCollateralRecord[TABLE_LENGTH] internal nodeCollateral;
    ValidatorCollateralRecord[TABLE_LENGTH] internal validatorCollateral;
    ProviderCollateralRecord[TABLE_LENGTH] internal providerCollateral;
    /// @dev Own stake; models cannot be delegated to.
    uint64[TABLE_LENGTH] internal modelCollateral;
    DelegationsRecord[TABLE_LENGTH] internal delegations;
    /// @dev Of the delegation with the same number, if a Slark licence earned it.
    VestingsRecord[TABLE_LENGTH] internal vestings;
    LicenceWindowsRecord[TABLE_LENGTH] internal licenceWindows;
    StakeTotalsRecord internal stakeTotals;

    /// @param families addresses of all families, in the order of the FAMILY_ constants
    constructor(address[FAMILY_COUNT] memory families) Family(families) {}

    // What the other families ask for.

    /// @inheritdoc IStake
    /// @dev Reverts InsufficientBalance. The stake counts for rewards from the next era on.
    /// @custom:rule NODE-1, VAL-1, MODEL-2
    function lockStake(uint64 kind, uint64 entity, uint64 account, uint64 units) external {
        _onlyFamilyOrMarket();
        if (kind == KIND_MODEL) modelCollateral[entity] += units;
        else _collateral(kind, entity).addOwn(units, CLOCK.era());
        TOKEN.move(account, ACCOUNT_STAKE_VAULT, units, MOVE_STAKE);
        _emitStakeChanged(kind, entity);
    }

    /// @inheritdoc IStake
    /// @dev Reverts InsufficientStake(stake, units).
    /// @custom:rule VAL-13
    function releaseStake(uint64 kind, uint64 entity, uint64 account, uint64 units) external {
        _onlyFamilyOrMarket();
        uint64 own = ownUnits(kind, entity);
        if (own < units) revert InsufficientStake(own, units);
        _removeOwn(kind, entity, units);
        TOKEN.move(ACCOUNT_STAKE_VAULT, account, units, MOVE_UNSTAKE);
        _emitStakeChanged(kind, entity);
    }

    /// @inheritdoc IStake
    /// @dev Nothing to take leaves no event. Delegations are not touched.
    /// @custom:rule SLASH-6
    function penaliseStake(uint64 kind, uint64 entity, uint64 units, uint64 toAccount)
        external
        returns (uint64 taken)
    {
        _onlyFamilyOrMarket();
        uint64 own = ownUnits(kind, entity);
        taken = units < own ? units : own;
        if (taken == 0) return 0;
        _removeOwn(kind, entity, taken);
        TOKEN.move(ACCOUNT_STAKE_VAULT, toAccount, taken, MOVE_PENALTY);
        emit Slashed(kind, entity, taken);
        _emitStakeChanged(kind, entity);
    }

    /// @inheritdoc IStake
    /// @dev Of own stake, delegations and what is unbonding. Rounds down.
    /// @custom:rule SLASH-7, DELEG-5
    function addSlash(uint64 kind, uint64 entity, uint64 bps) external {
        _onlyFamilyOrMarket();
        NodeCollateralRecord storage c = _collateral(kind, entity);
        c.slashPendingUnits += _mulDivDown(_slashable(c), bps, uint64(BPS));
    }

    /// @inheritdoc IStake
    /// @dev Of `poolUnits` the owner gets the share of his own stake, the rest waits in the delegation vault for
    /// `payDelegators`; both by stake that was there for the whole era, own stake first in the running sum. Without
    /// delegations everything is the owner's. Must be called for every entity at each settlement, also with 0. Reverts
    /// ValueOutOfRange(poolUnits, rewardUnits) if the pool is the larger.
    /// @custom:rule F-9, FIZZ-12, DELEG-2, OP-53, OP-20
    function shareReward(
        uint64 kind,
        uint64 entity,
        uint64 ownerAccount,
        uint64 rewardUnits,
        uint64 poolUnits,
        uint64 fromAccount,
        uint64 reason
    ) external {
        _onlyFamilyOrMarket();
        if (poolUnits > rewardUnits) revert ValueOutOfRange(poolUnits, rewardUnits);
        uint64 delegatorsUnits = _announceReward(_collateral(kind, entity), poolUnits);
        uint64 ownerUnits = rewardUnits - delegatorsUnits;
        TOKEN.move(fromAccount, ownerAccount, ownerUnits, reason);
        TOKEN.move(fromAccount, ACCOUNT_DELEGATION_VAULT, delegatorsUnits, reason);
        if (ownerUnits > 0) emit RewardPaid(kind, entity, ownerAccount, ownerUnits, reason);
    }

    /// @inheritdoc IStake
    function ownUnits(uint64 kind, uint64 entity) public view returns (uint64) {
        return kind == KIND_MODEL ? modelCollateral[entity] : _collateral(kind, entity).ownUnits;
    }

    /// @inheritdoc IStake
    function slashPendingUnits(uint64 kind, uint64 entity) external view returns (uint64) {
        return _collateral(kind, entity).slashPendingUnits;
    }

    /// @inheritdoc IStake
    function collateralUnits(uint64 kind, uint64 entity)
        external
        view
        returns (uint64 own, uint64 delegated, uint64 unbonding)
    {
        NodeCollateralRecord storage c = _collateral(kind, entity);
        return (c.ownUnits, c.delegatedUnits, c.unbondingUnits);
    }

    /// @inheritdoc IStake
    /// @dev Misconduct goes first; either takes at most what is left. What is shared is borne by own stake and delegations in
    /// proportion: everything, or misconduct only. Slashed units wait in the slash pot for their destination.
    /// @custom:rule SLASH-6, SLASH-7, SLASH-10, OP-60
    function slashProvider(uint64 provider, uint64 misconductUnits, uint64 operationalUnits, bool isAllShared)
        external
        returns (uint64 misconduct, uint64 operational)
    {
        _onlyFamilyOrMarket();
        NodeCollateralRecord storage c = _collateral(KIND_PROVIDER, provider);
        uint64 weight = _slashable(c);
        misconduct = misconductUnits < weight ? misconductUnits : weight;
        uint64 leftUnits = weight - misconduct;
        if (!isAllShared) {
            uint64 own = c.ownUnits;
            leftUnits = own - (weight == 0 ? 0 : _allocShare(misconduct, 0, own, weight));
        }
        operational = operationalUnits < leftUnits ? operationalUnits : leftUnits;
        uint64 units = misconduct + operational;
        if (units == 0) return (0, 0);
        ORDERS.recordSlash(provider);
        _applySlash(KIND_PROVIDER, provider, units, isAllShared ? units : misconduct, ACCOUNT_SLASH_POT, CLOCK.era());
    }

    /// @inheritdoc IStake
    /// @custom:rule DELEG-4
    function delegateFoundationUnits(uint64 provider, uint64 units) external returns (uint64 delegation) {
        _onlyFamilyOrMarket();
        delegation = _open(ACCOUNT_FOUNDATION, KIND_PROVIDER, provider, 0);
        _join(delegations[delegation], delegation, ACCOUNT_FOUNDATION, units);
    }

    /// @inheritdoc IStake
    /// @custom:rule DELEG-4, INV-14
    function undelegateFoundationUnits(uint64 delegation) external returns (uint64 units) {
        _onlyFamilyOrMarket();
        DelegationsRecord storage d = delegations[delegation];
        units = d.units;
        _unbond(d, delegation, units);
    }

    /// @inheritdoc IStake
    function delegatedUnits(uint64 delegation) external view returns (uint64) {
        return delegations[delegation].units;
    }

    /// @inheritdoc IStake
    /// @dev As `delegate` without auto-staking, and guarded by Fizz.
    /// @custom:rule FIZZ-3, OP-77
    function delegateFizz(uint64 owner, uint64 provider, uint64 units) external returns (uint64 delegation) {
        _onlyFizz();
        delegation = _open(owner, KIND_PROVIDER, provider, 0);
        _join(delegations[delegation], delegation, owner, units);
    }

    /// @inheritdoc IStake
    /// @dev As `undelegate`.
    /// @custom:rule SM-12, DELEG-6
    function undelegateFizz(uint64 delegation) external {
        _onlyFizz();
        DelegationsRecord storage d = delegations[delegation];
        uint64 units = d.units;
        if (units > 0) _unbond(d, delegation, units);
    }

    /// @inheritdoc IStake
    function unbondingOf(uint64 delegation) external view returns (uint64 units, uint64 releaseEra) {
        DelegationsRecord storage d = delegations[delegation];
        return (d.unbondingUnits, d.releaseEra);
    }

    /// @inheritdoc IStake
    /// @custom:rule SLARK-11, F-11, F-35
    function delegateReward(uint64 licence, uint64 owner, uint64 delegation, uint64 provider, uint64 units)
        external
        returns (uint64 used)
    {
        _onlyFamilyOrMarket();
        used = delegation;
        if (used == 0 || !_backs(used, provider)) {
            used = _open(owner, KIND_PROVIDER, provider, 0);
            vestings[used].licence = licence;
        }
        TOKEN.move(ACCOUNT_SLARK_POOL, ACCOUNT_DELEGATION_VAULT, units, MOVE_SLARK_REWARD);
        _autoDelegate(delegations[used], used, units, CLOCK.era());
    }

    /// @return true if the delegation backs the provider, or moves there at the settlement's end and backs nobody who has left
    function _backs(uint64 delegation, uint64 provider) private view returns (bool) {
        uint64 target = delegations[delegation].target;
        if (target == provider) return true;
        return vestings[delegation].nextTarget == provider && _hasTarget(KIND_PROVIDER, target);
    }

    // What delegators do.

    /// @notice Opens a delegation of `units` to a node, a validator or a provider, from the sender's wallet. It is collateral of the
    /// target from now on and counts for rewards from the next era on. With `autoStake` = 1 its rewards join it, with 0 they
    /// go to the delegator's wallet.
    /// @dev Reverts ValueOutOfRange(targetKind), UnknownEntity, WrongState(0, 0) if the target has no NFT,
    /// DelegationTooSmall, ValueOutOfRange(autoStake), InsufficientBalance, in this order.
    /// @custom:rule DELEG-1, DELEG-7, OP-53
    function delegate(uint64 targetKind, uint64 target, uint64 units, uint64 autoStake) external {
        uint64 actor = _agent();
        _checkTarget(targetKind, target);
        uint64 minUnits = _param(P_DELEG_MIN);
        if (units < minUnits) revert DelegationTooSmall(units, minUnits);
        if (autoStake > 1) revert ValueOutOfRange(autoStake, 1);
        _checkBalance(actor, units);

        uint64 delegation = _open(actor, targetKind, target, autoStake);
        _join(delegations[delegation], delegation, actor, units);
    }

    /// @notice Adds units to a delegation of the sender whose target has not left. They count from the next era on. What a
    /// licence has earned takes no units of a wallet: they would move and vest by rules that are not theirs.
    /// @dev Reverts UnknownEntity, NotOwner, WrongState(licence, 0), AmountTooSmall, WrongState(0, 0) if the target has no
    /// NFT, InsufficientBalance, in this order.
    /// @custom:rule DELEG-1, SLARK-12
    function increaseDelegation(uint64 delegation, uint64 units) external {
        uint64 actor = _agent();
        DelegationsRecord storage d = _ownDelegation(actor, delegation);
        uint64 licence = vestings[delegation].licence;
        if (licence != 0) revert WrongState(licence, 0);
        if (units < 1) revert AmountTooSmall(units, 1);
        if (!_hasTarget(d.targetKind, d.target)) revert WrongState(0, 0);
        _checkBalance(actor, units);
        _join(d, delegation, actor, units);
    }

    /// @notice Starts to unbond part of a delegation, newest units first. They stop earning at once, stay slashable, and are
    /// released at the settlement of the era `deleg.unbond_eras` from now; at this era's settlement if the target has left.
    /// Unbonding again restarts the time of what is unbonding already.
    /// @dev Reverts UnknownEntity, NotOwner, AmountTooSmall, InsufficientStake, in this order.
    /// @custom:rule DELEG-6, OP-55, OP-20
    function undelegate(uint64 delegation, uint64 units) external {
        uint64 actor = _agent();
        DelegationsRecord storage d = _ownDelegation(actor, delegation);
        if (units < 1) revert AmountTooSmall(units, 1);
        uint64 haveUnits = d.units;
        if (units > haveUnits) revert InsufficientStake(haveUnits, units);

        _unbond(d, delegation, units);
    }

    /// @notice Says whether the delegation's rewards join it (1) or go to the delegator's wallet (0).
    /// @dev Reverts UnknownEntity, NotOwner, ValueOutOfRange, in this order.
    /// @custom:rule F-9
    function setAutoStake(uint64 delegation, uint64 autoStake) external {
        DelegationsRecord storage d = _ownDelegation(_agent(), delegation);
        if (autoStake > 1) revert ValueOutOfRange(autoStake, 1);
        d.autoStake = autoStake;
    }

    /// @notice Names another provider for a delegation that a Slark licence has earned. All its units go there at the
    /// settlement, without unbonding; until then they earn and are slashed where they are. Naming the present target again
    /// lets it stay.
    /// @dev Reverts UnknownEntity, NotOwner, WrongState(0, 0) if no licence has earned it, UnknownEntity and WrongState(0, 0)
    /// for the provider, AlreadySet if it is there and stays, TaskPending(unbonding, 0), AmountTooSmall, DelegationTooSmall,
    /// in this order.
    /// @custom:rule SLARK-12, DELEG-8
    function redelegate(uint64 delegation, uint64 provider) external {
        uint64 actor = _agent();
        DelegationsRecord storage d = _ownDelegation(actor, delegation);
        VestingsRecord storage v = vestings[delegation];
        if (v.licence == 0) revert WrongState(0, 0);
        _checkTarget(KIND_PROVIDER, provider);
        bool stays = d.target == provider;
        if (stays && v.nextTarget == 0) revert AlreadySet(provider, 0);
        uint64 unbonding = d.unbondingUnits;
        if (unbonding > 0) revert TaskPending(unbonding, 0);
        uint64 units = d.units;
        if (units == 0) revert AmountTooSmall(0, 1);
        uint64 minUnits = _param(P_DELEG_MIN);
        if (units < minUnits) revert DelegationTooSmall(units, minUnits);

        v.nextTarget = stays ? 0 : provider;
    }

    // Settlement.

    /// @notice Keeper. Settlement step over validators: takes the own part of each pending slash and announces the rest to
    /// the delegations. The slash is at most what is there, shared by running sums over own stake, then the delegations with
    /// what they unbond. Slashed units go to the treasury.
    /// @dev Reverts as Clock.enterStep does.
    /// @custom:rule SLASH-6, SLASH-7, VAL-14
    function slashOwnStake(uint64 from, uint64 to) external {
        _onlyKeeper();
        CLOCK.enterStep(STEP_SLASH_OWN_STAKE, from, to, VALIDATORS.validatorCount());
        uint64 era = CLOCK.era();
        for (uint64 validator = from + 1; validator <= to; ++validator) {
            _slashOwn(validator, era);
        }
    }

    /// @notice Keeper. Settlement step over delegations: takes each delegation's part of the slash of its target, from what
    /// is delegated and what is unbonding in proportion. The slash is forgotten when its last delegation has paid.
    /// @dev Reverts as Clock.enterStep does.
    /// @custom:rule SLASH-7, DELEG-5
    function slashDelegations(uint64 from, uint64 to) external {
        _onlyKeeper();
        CLOCK.enterStep(STEP_SLASH_DELEGATIONS, from, to, stakeTotals.delegationCount);
        uint64 era = CLOCK.era();
        for (uint64 delegation = from + 1; delegation <= to; ++delegation) {
            _slashDelegation(delegation, era);
        }
    }

    /// @notice Keeper. Settlement step over delegations: shares the stakers' part of the emission by what was delegated for
    /// the whole era, whoever the target. If nothing was, the foundation gets it.
    /// @dev Reverts as Clock.enterStep does.
    /// @custom:rule ECON-2, F-9, DELEG-1
    function payStakers(uint64 from, uint64 to) external {
        _onlyKeeper();
        uint64 count = stakeTotals.delegationCount;
        CLOCK.enterStep(STEP_PAY_STAKERS, from, to, count);
        uint64 era = CLOCK.era();
        if (from == 0) _openStakerPool(era);
        uint64 poolUnits = stakeTotals.poolUnits;
        if (poolUnits > 0) {
            uint64 poolWeight = stakeTotals.poolWeight;
            uint64 running = stakeTotals.runningUnits;
            for (uint64 delegation = from + 1; delegation <= to; ++delegation) {
                uint64 afterUnits = running + delegations[delegation].eligible(era);
                uint64 shareUnits = _allocShare(poolUnits, running, afterUnits, poolWeight);
                running = afterUnits;
                if (shareUnits > 0) {
                    _payDelegation(delegation, shareUnits, ACCOUNT_COMMUNITY, MOVE_STAKER_REWARD, era);
                }
            }
            stakeTotals.runningUnits = running;
        }
        if (to == count) {
            stakeTotals.poolUnits = 0;
            stakeTotals.poolWeight = 0;
            stakeTotals.runningUnits = 0;
        }
    }

    /// @notice Keeper. Settlement step over delegations: brings each delegation its share of what `shareReward` set aside
    /// for its target's delegators. The reward is forgotten when its last delegation has been paid, so that it is never paid
    /// twice.
    /// @dev Reverts as Clock.enterStep does.
    /// @custom:rule F-9, DELEG-2, OP-20, OP-53
    function payDelegators(uint64 from, uint64 to) external {
        _onlyKeeper();
        CLOCK.enterStep(STEP_PAY_DELEGATORS, from, to, stakeTotals.delegationCount);
        uint64 era = CLOCK.era();
        for (uint64 delegation = from + 1; delegation <= to; ++delegation) {
            uint64 shareUnits = _takeReward(delegation, era);
            if (shareUnits > 0) {
                _payDelegation(delegation, shareUnits, ACCOUNT_DELEGATION_VAULT, MOVE_DELEGATOR_REWARD, era);
            }
        }
    }

    /// @notice Keeper. Settlement step over delegations: pays out what has vested, then what has unbonded, less what slashes
    /// took meanwhile. What a licence has earned goes last to the provider that `redelegate` has named.
    /// @dev Reverts as Clock.enterStep does.
    /// @custom:rule DELEG-6, OP-55, SLARK-12, F-35
    function releaseDelegations(uint64 from, uint64 to) external {
        _onlyKeeper();
        CLOCK.enterStep(STEP_RELEASE_DELEGATIONS, from, to, stakeTotals.delegationCount);
        uint64 era = CLOCK.era();
        for (uint64 delegation = from + 1; delegation <= to; ++delegation) {
            DelegationsRecord storage d = delegations[delegation];
            uint64 licence = d.targetKind == KIND_PROVIDER ? vestings[delegation].licence : 0;
            if (licence != 0) _releaseVested(d, delegation, era);
            if (d.units > 0 && !_hasTarget(d.targetKind, d.target)) _releaseAll(d, era);
            _releaseUnbonded(d, delegation, licence, era);
            if (licence != 0) _moveToNextTarget(d, delegation, era);
        }
    }

    function _releaseUnbonded(DelegationsRecord storage d, uint64 delegation, uint64 licence, uint64 era) private {
        uint64 units = d.unbondingUnits;
        if (units == 0 || era < d.releaseEra) return;
        d.removeUnbonding(_collateral(d.targetKind, d.target), units);
        uint64 vestUnits = licence == 0 ? 0 : _takeVesting(delegation, licence, units, era);
        TOKEN.move(ACCOUNT_DELEGATION_VAULT, d.delegator, units - vestUnits, MOVE_RELEASE);
        _emitDelegationChanged(d, delegation);
        if (vestUnits > 0) _emitVestingChanged(delegation);
    }

    /// @dev Brings a delegation to the provider that `redelegate` has named, if that is still there. Its units count as added
    /// in the era that is settled. It stays where it is if anything of it unbonds by then: those units answer for the old
    /// target, and a delegation has one.
    /// @custom:rule SLARK-12, DELEG-8
    function _moveToNextTarget(DelegationsRecord storage d, uint64 delegation, uint64 era) private {
        uint64 provider = vestings[delegation].nextTarget;
        if (provider == 0) return;
        vestings[delegation].nextTarget = 0;
        uint64 units = d.units;
        if (units == 0 || d.unbondingUnits > 0 || !_hasTarget(KIND_PROVIDER, provider)) return;
        uint64 from = d.target;
        NodeCollateralRecord storage c = _collateral(KIND_PROVIDER, from);
        d.remove(c, stakeTotals, units, era);
        emit StakeChanged(KIND_PROVIDER, from, c.ownUnits, c.delegatedUnits);
        d.target = provider;
        _autoDelegate(d, delegation, units, era);
    }

    /// @dev Pays out what has vested since the last settlement.
    /// @custom:rule SLARK-12, F-35, OP-67
    function _releaseVested(DelegationsRecord storage d, uint64 delegation, uint64 era) private {
        VestingsRecord storage v = vestings[delegation];
        if (v.vestUnits == 0) return;
        uint64 dueUnits = v.vest(era, _param(P_SLARK_VEST_ERAS));
        if (dueUnits == 0) return;
        TOKEN.move(ACCOUNT_DELEGATION_VAULT, d.delegator, dueUnits, MOVE_RELEASE);
        _emitVestingChanged(delegation);
    }

    /// @return vestUnits what of the units stays in the vault and vests
    /// @custom:rule SLARK-12, F-35, OP-67
    function _takeVesting(uint64 delegation, uint64 licence, uint64 units, uint64 era)
        private
        returns (uint64 vestUnits)
    {
        uint64 vestEras = _param(P_SLARK_VEST_ERAS);
        if (vestEras == 0) return 0;
        uint64 thresholdUnits = _param(P_SLARK_VEST_THRESHOLD);
        return vestings[delegation].take(licenceWindows[licence], units, era, thresholdUnits, vestEras);
    }

    /// @dev Whoever it backed has left: nothing can be earned or slashed there any more (SM-3: delegations released).
    function _releaseAll(DelegationsRecord storage d, uint64 era) private {
        uint64 units = d.units;
        NodeCollateralRecord storage c = _collateral(d.targetKind, d.target);
        d.remove(c, stakeTotals, units, era);
        d.addUnbonding(c, units);
        d.releaseEra = era;
        emit StakeChanged(d.targetKind, d.target, c.ownUnits, c.delegatedUnits);
    }

    // Guards.

    function _onlyFizz() private view {
        if (msg.sender != address(FIZZ)) revert OnlyFamily(msg.sender);
    }

    function _checkTarget(uint64 targetKind, uint64 target) private view {
        uint64 count;
        if (targetKind == KIND_NODE) count = NODES.nodeCount();
        else if (targetKind == KIND_VALIDATOR) count = VALIDATORS.validatorCount();
        else if (targetKind == KIND_PROVIDER) count = PROVIDERS.providerCount();
        else revert ValueOutOfRange(targetKind, KIND_PROVIDER);
        if (target < 1 || target > count) revert UnknownEntity(target, count);
        if (!_hasTarget(targetKind, target)) revert WrongState(0, 0);
    }

    /// @return true if the target has not left
    function _hasTarget(uint64 targetKind, uint64 target) private view returns (bool) {
        if (targetKind == KIND_PROVIDER) return PROVIDERS.holderOf(target) != 0;
        return NFT.holderOf(targetKind, target) != 0;
    }

    function _checkBalance(uint64 actor, uint64 units) private view {
        uint64 balanceUnits = TOKEN.unitsOf(actor);
        if (balanceUnits < units) revert InsufficientBalance(balanceUnits, units);
    }

    function _ownDelegation(uint64 actor, uint64 delegation) private view returns (DelegationsRecord storage d) {
        uint64 count = stakeTotals.delegationCount;
        if (delegation < 1 || delegation > count) revert UnknownEntity(delegation, count);
        d = delegations[delegation];
        uint64 delegator = d.delegator;
        if (actor != delegator) revert NotOwner(actor, delegator);
    }

    // Parts of the above.

    /// @return delegation a new one, without units
    function _open(uint64 delegator, uint64 targetKind, uint64 target, uint64 autoStake)
        private
        returns (uint64 delegation)
    {
        delegation = stakeTotals.delegationCount + 1;
        stakeTotals.delegationCount = delegation;
        DelegationsRecord storage d = delegations[delegation];
        d.delegator = delegator;
        d.targetKind = targetKind;
        d.target = target;
        d.autoStake = autoStake;
    }

    function _unbond(DelegationsRecord storage d, uint64 delegation, uint64 units) private {
        uint64 era = CLOCK.era();
        (uint64 targetKind, uint64 target) = (d.targetKind, d.target);
        NodeCollateralRecord storage c = _collateral(targetKind, target);
        d.remove(c, stakeTotals, units, era);
        d.addUnbonding(c, units);
        d.releaseEra = _hasTarget(targetKind, target) ? era + _param(P_DELEG_UNBOND_ERAS) : era;
        _emitDelegationChanged(d, delegation);
        emit StakeChanged(targetKind, target, c.ownUnits, c.delegatedUnits);
    }

    function _join(DelegationsRecord storage d, uint64 delegation, uint64 actor, uint64 units) private {
        (uint64 targetKind, uint64 target) = (d.targetKind, d.target);
        NodeCollateralRecord storage c = _collateral(targetKind, target);
        d.add(c, stakeTotals, units, CLOCK.era());
        TOKEN.move(actor, ACCOUNT_DELEGATION_VAULT, units, MOVE_DELEGATE);
        _emitDelegationChanged(d, delegation);
        emit StakeChanged(targetKind, target, c.ownUnits, c.delegatedUnits);
    }

    /// @return delegatorsUnits what is left of the pool when the owner has his share
    function _announceReward(NodeCollateralRecord storage c, uint64 poolUnits)
        private
        returns (uint64 delegatorsUnits)
    {
        uint64 era = CLOCK.era();
        uint64 delegatedEligible = c.eligibleDelegated(era);
        if (delegatedEligible == 0 || poolUnits == 0) {
            c.rewardUnits = 0;
            c.rewardWeight = 0;
            c.runningUnits = 0;
            return 0;
        }
        uint64 ownEligible = c.eligibleOwn(era);
        uint64 weight = ownEligible + delegatedEligible;
        c.rewardUnits = poolUnits;
        c.rewardWeight = weight;
        c.runningUnits = ownEligible;
        return poolUnits - _allocShare(poolUnits, 0, ownEligible, weight);
    }

    function _slashOwn(uint64 validator, uint64 era) private {
        NodeCollateralRecord storage c = _collateral(KIND_VALIDATOR, validator);
        uint64 slash = c.slashPendingUnits;
        if (slash == 0) return;
        uint64 weight = _slashable(c);
        if (weight < slash) slash = weight;
        c.slashPendingUnits = 0;
        _applySlash(KIND_VALIDATOR, validator, slash, slash, ACCOUNT_TREASURY, era);
    }

    /// @dev Takes the own part of a slash and announces the delegations' part.
    /// @param units all that is slashed, at most what can be slashed
    /// @param sharedUnits part of it that own stake and delegations bear in proportion; the rest is the own stake's alone
    /// @custom:rule SLASH-6, SLASH-7, OP-60
    function _applySlash(uint64 kind, uint64 entity, uint64 units, uint64 sharedUnits, uint64 toAccount, uint64 era)
        private
    {
        NodeCollateralRecord storage c = _collateral(kind, entity);
        uint64 own = c.ownUnits;
        uint64 weight = _slashable(c);
        uint64 ownPart = units - sharedUnits;
        if (weight > 0) ownPart += _allocShare(sharedUnits, 0, own, weight);
        bool isShared = weight > own && sharedUnits > 0;
        c.slashUnits = isShared ? sharedUnits : 0;
        c.slashWeight = isShared ? weight : 0;
        c.runningUnits = isShared ? own : 0;
        c.removeOwn(ownPart, era);
        TOKEN.move(ACCOUNT_STAKE_VAULT, toAccount, ownPart, MOVE_SLASH);
        emit Slashed(kind, entity, units);
        emit StakeChanged(kind, entity, c.ownUnits, c.delegatedUnits);
    }

    function _slashDelegation(uint64 delegation, uint64 era) private {
        DelegationsRecord storage d = delegations[delegation];
        (uint64 targetKind, uint64 target) = (d.targetKind, d.target);
        NodeCollateralRecord storage c = _collateral(targetKind, target);
        if (c.slashWeight == 0) return;
        uint64 unbonding = d.unbondingUnits;
        uint64 units = d.units + unbonding;
        if (units == 0) return;
        uint64 part = _takeSlash(c, units);
        if (part == 0) return;
        uint64 unbondingPart = _mulDivDown(part, unbonding, units);
        d.removeUnbonding(c, unbondingPart);
        d.remove(c, stakeTotals, part - unbondingPart, era);
        uint64 toAccount = targetKind == KIND_PROVIDER ? ACCOUNT_SLASH_POT : ACCOUNT_TREASURY;
        TOKEN.move(ACCOUNT_DELEGATION_VAULT, toAccount, part, MOVE_SLASH);
        _emitDelegationChanged(d, delegation);
        if (part > unbondingPart) emit StakeChanged(targetKind, target, c.ownUnits, c.delegatedUnits);
    }

    /// @return part of the announced slash that falls on the next `units` of the running sum
    function _takeSlash(NodeCollateralRecord storage c, uint64 units) private returns (uint64 part) {
        uint64 weight = c.slashWeight;
        uint64 beforeUnits = c.runningUnits;
        uint64 afterUnits = beforeUnits + units;
        if (afterUnits > weight) afterUnits = weight;
        part = _allocShare(c.slashUnits, beforeUnits, afterUnits, weight);
        bool isLast = afterUnits == weight;
        c.runningUnits = isLast ? 0 : afterUnits;
        if (isLast) {
            c.slashUnits = 0;
            c.slashWeight = 0;
        }
    }

    /// @return part of its target's announced reward that falls on a delegation
    function _takeReward(uint64 delegation, uint64 era) private returns (uint64 part) {
        DelegationsRecord storage d = delegations[delegation];
        NodeCollateralRecord storage c = _collateral(d.targetKind, d.target);
        uint64 weight = c.rewardWeight;
        if (weight == 0) return 0;
        uint64 units = d.eligible(era);
        if (units == 0) return 0;
        uint64 beforeUnits = c.runningUnits;
        uint64 afterUnits = beforeUnits + units;
        if (afterUnits > weight) afterUnits = weight;
        part = _allocShare(c.rewardUnits, beforeUnits, afterUnits, weight);
        bool isLast = afterUnits == weight;
        c.runningUnits = isLast ? 0 : afterUnits;
        if (isLast) {
            c.rewardUnits = 0;
            c.rewardWeight = 0;
        }
    }

    function _openStakerPool(uint64 era) private {
        (,,, uint64 poolUnits,) = EMISSION.pools();
        uint64 poolWeight = stakeTotals.eligibleTotal(era);
        stakeTotals.poolWeight = poolWeight;
        stakeTotals.runningUnits = 0;
        stakeTotals.poolUnits = poolWeight == 0 ? 0 : poolUnits;
        if (poolWeight == 0) TOKEN.move(ACCOUNT_COMMUNITY, ACCOUNT_FOUNDATION, poolUnits, MOVE_STAKER_REWARD);
    }

    /// @dev Gives units of a reward to a delegation: to the vault if it auto-stakes, else to the delegator's wallet.
    function _payDelegation(uint64 delegation, uint64 units, uint64 fromAccount, uint64 reason, uint64 era) private {
        DelegationsRecord storage d = delegations[delegation];
        uint64 delegator = d.delegator;
        if (d.autoStake == 1) {
            if (fromAccount != ACCOUNT_DELEGATION_VAULT) {
                TOKEN.move(fromAccount, ACCOUNT_DELEGATION_VAULT, units, reason);
            }
            _autoDelegate(d, delegation, units, era);
        } else {
            TOKEN.move(fromAccount, delegator, units, reason);
        }
        emit RewardPaid(KIND_DELEGATION, delegation, delegator, units, reason);
    }

    /// @dev Adds units that already lie in the delegation vault, as if they were delegated now.
    /// @custom:rule DELEG-8, F-9
    function _autoDelegate(DelegationsRecord storage d, uint64 delegation, uint64 units, uint64 era) private {
        (uint64 targetKind, uint64 target) = (d.targetKind, d.target);
        NodeCollateralRecord storage c = _collateral(targetKind, target);
        d.add(c, stakeTotals, units, era);
        _emitDelegationChanged(d, delegation);
        emit StakeChanged(targetKind, target, c.ownUnits, c.delegatedUnits);
    }

    function _removeOwn(uint64 kind, uint64 entity, uint64 units) private {
        if (kind == KIND_MODEL) modelCollateral[entity] -= units;
        else _collateral(kind, entity).removeOwn(units, CLOCK.era());
    }

    function _emitStakeChanged(uint64 kind, uint64 entity) private {
        if (kind == KIND_MODEL) {
            emit StakeChanged(kind, entity, modelCollateral[entity], 0);
            return;
        }
        NodeCollateralRecord storage c = _collateral(kind, entity);
        emit StakeChanged(kind, entity, c.ownUnits, c.delegatedUnits);
    }

    function _emitDelegationChanged(DelegationsRecord storage d, uint64 delegation) private {
        emit DelegationChanged(delegation, d.target, d.units, d.unbondingUnits);
    }

    function _emitVestingChanged(uint64 delegation) private {
        VestingsRecord storage v = vestings[delegation];
        emit VestingChanged(delegation, v.vestUnits, v.vestedUnits);
    }

    function _slashable(NodeCollateralRecord storage c) private view returns (uint64) {
        return c.ownUnits + c.delegatedUnits + c.unbondingUnits;
    }

    function _collateral(uint64 kind, uint64 entity) private view returns (NodeCollateralRecord storage c) {
        if (kind == KIND_NODE) return nodeCollateral[entity];
        if (kind == KIND_PROVIDER) {
            ProviderCollateralRecord storage p = providerCollateral[entity];
            assembly ("memory-safe") {
                // The three records have the same fields in the same order; Solidity has no name for that.
                c.slot := p.slot
            }
            return c;
        }
        if (kind != KIND_VALIDATOR) revert ValueOutOfRange(kind, KIND_PROVIDER);
        ValidatorCollateralRecord storage v = validatorCollateral[entity];
        assembly ("memory-safe") {
            c.slot := v.slot
        }
    }

    /// @dev Fixed's results are below 2^53, so both casts keep the value.
    function _mulDivDown(uint64 a, uint64 b, uint64 c) private pure returns (uint64) {
        return uint64(Fixed.mulDivDown(a, b, c));
    }

    function _allocShare(uint64 total, uint64 beforeUnits, uint64 afterUnits, uint64 sum) private pure returns (uint64) {
        return uint64(Fixed.allocShare(total, beforeUnits, afterUnits, sum));
    }
}
