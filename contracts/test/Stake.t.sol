// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    ACCOUNT_COMMUNITY,
    ACCOUNT_DELEGATION_VAULT,
    ACCOUNT_STAKE_VAULT,
    ACCOUNT_TREASURY,
    AmountTooSmall,
    DelegationTooSmall,
    DelegationsRecord,
    InsufficientBalance,
    InsufficientStake,
    KIND_MODEL,
    KIND_NODE,
    KIND_PROVIDER,
    KIND_TASK,
    KIND_VALIDATOR,
    MOVE_DELEGATE,
    MOVE_PENALTY,
    MOVE_POWR_REWARD,
    MOVE_STAKE,
    MOVE_UNSTAKE,
    NodeCollateralRecord,
    NotOwner,
    StakeTotalsRecord,
    UnknownEntity,
    ValidatorCollateralRecord,
    ValueOutOfRange,
    WrongState
} from "../src/Protocol.sol";
import {Deployment} from "./Deployment.sol";

/// @notice Collateral as the other families use it, and what delegators do. The settlement steps are in
/// StakeSettlement.t.sol.
contract StakeTest is Deployment {
    uint64 private constant STAKE_MIN = 100 * ONE;
    uint64 private validator;
    uint64 private node;

    function setUp() public {
        deploy();
        openSlot();
        validator = activateValidator(VAL_1);
        node = registerNode(HOST_1);
        // Entities enter in era 0; what follows happens in era 1.
        nextEra();
    }

    function module() private {
        vm.prank(address(nodes));
    }

    // lockStake

    function test_lockStake_givenANode_locksUnitsThatCountFromTheNextEra() public {
        emits(address(token));
        emit Moved(A, ACCOUNT_STAKE_VAULT, 70, MOVE_STAKE);
        emits(address(stake));
        emit StakeChanged(KIND_NODE, 9, 70, 0);
        module();
        stake.lockStake(KIND_NODE, 9, A, 70);
        NodeCollateralRecord memory c = nodeCollateralAt(9);
        assertEq(c.ownUnits, 70);
        assertEq(c.ownAddedUnits, 70);
        assertEq(c.addedEra, 1);
        assertEq(stake.ownUnits(KIND_NODE, 9), 70);
    }

    function test_lockStake_givenTwoEras_countsOnlyThePresentOneAsAdded() public {
        module();
        stake.lockStake(KIND_VALIDATOR, 9, A, 70);
        nextEra();
        module();
        stake.lockStake(KIND_VALIDATOR, 9, A, 5);
        ValidatorCollateralRecord memory c = validatorCollateralAt(9);
        assertEq(c.ownUnits, 75);
        assertEq(c.ownAddedUnits, 5);
        assertEq(c.addedEra, 2);
    }

    function test_lockStake_givenAModel_keepsOneNumber() public {
        emits(address(stake));
        emit StakeChanged(KIND_MODEL, 9, 70, 0);
        module();
        stake.lockStake(KIND_MODEL, 9, A, 70);
        assertEq(modelCollateralAt(9), 70);
        assertEq(stake.ownUnits(KIND_MODEL, 9), 70);
        assertEq(nodeCollateralAt(9).ownUnits, 0);
    }

    function test_lockStake_givenAKindWithoutStake_isRefused() public {
        refused(ValueOutOfRange.selector, KIND_TASK, KIND_PROVIDER);
        module();
        stake.lockStake(KIND_TASK, 9, A, 70);
    }

    function test_lockStake_givenMoreThanTheWallet_isRefused() public {
        refused(InsufficientBalance.selector, OPENING, OPENING + 1);
        module();
        stake.lockStake(KIND_NODE, 9, A, OPENING + 1);
    }

    // releaseStake

    function test_releaseStake_givenStake_paysItOutNewestFirst() public {
        module();
        stake.lockStake(KIND_NODE, node, HOST_1, 30);
        emits(address(token));
        emit Moved(ACCOUNT_STAKE_VAULT, A, 40, MOVE_UNSTAKE);
        emits(address(stake));
        emit StakeChanged(KIND_NODE, node, STAKE_MIN - 10, 0);
        module();
        stake.releaseStake(KIND_NODE, node, A, 40);
        assertEq(nodeCollateralAt(node).ownUnits, STAKE_MIN - 10);
        assertEq(nodeCollateralAt(node).ownAddedUnits, 0);
    }

    function test_releaseStake_givenMoreThanTheStake_isRefused() public {
        refused(InsufficientStake.selector, STAKE_MIN, STAKE_MIN + 1);
        module();
        stake.releaseStake(KIND_NODE, node, A, STAKE_MIN + 1);
        refused(InsufficientStake.selector, 0, 1);
        module();
        stake.releaseStake(KIND_MODEL, 9, A, 1);
    }

    // penaliseStake

    function test_penaliseStake_givenLessThanTheStake_takesIt() public {
        emits(address(token));
        emit Moved(ACCOUNT_STAKE_VAULT, ACCOUNT_TREASURY, 25, MOVE_PENALTY);
        emits(address(stake));
        emit Slashed(KIND_NODE, node, 25);
        emits(address(stake));
        emit StakeChanged(KIND_NODE, node, STAKE_MIN - 25, 0);
        module();
        assertEq(stake.penaliseStake(KIND_NODE, node, 25, ACCOUNT_TREASURY), 25);
        assertEq(nodeCollateralAt(node).ownUnits, STAKE_MIN - 25);
    }

    function test_penaliseStake_givenMoreThanTheStake_takesWhatIsThere() public {
        module();
        assertEq(stake.penaliseStake(KIND_NODE, node, STAKE_MIN + 1, ACCOUNT_TREASURY), STAKE_MIN);
        assertEq(nodeCollateralAt(node).ownUnits, 0);
        vm.recordLogs();
        module();
        assertEq(stake.penaliseStake(KIND_NODE, node, 1, ACCOUNT_TREASURY), 0);
        assertEq(vm.getRecordedLogs().length, 0);
    }

    function test_penaliseStake_givenDelegations_leavesThem() public {
        by(A);
        stake.delegate(KIND_NODE, node, ONE, 0);
        module();
        stake.penaliseStake(KIND_NODE, node, WHOLE, ACCOUNT_TREASURY);
        assertEq(nodeCollateralAt(node).delegatedUnits, ONE);
        assertEq(delegationsAt(1).units, ONE);
    }

    function test_penaliseStake_givenAModel_takesItsStake() public {
        module();
        stake.lockStake(KIND_MODEL, 9, A, 70);
        module();
        assertEq(stake.penaliseStake(KIND_MODEL, 9, 30, ACCOUNT_TREASURY), 30);
        assertEq(modelCollateralAt(9), 40);
    }

    // addSlash

    function test_addSlash_givenOwnDelegatedAndUnbonding_notesAShareOfAllThree() public {
        by(A);
        stake.delegate(KIND_VALIDATOR, validator, 30 * ONE + 9, 0);
        by(A);
        stake.undelegate(1, 10 * ONE);
        module();
        stake.addSlash(KIND_VALIDATOR, validator, 50);
        // 0.5 % of 130 000 009, rounded down.
        assertEq(validatorCollateralAt(validator).slashPendingUnits, 650_000);
        assertEq(stake.slashPendingUnits(KIND_VALIDATOR, validator), 650_000);
        module();
        stake.addSlash(KIND_VALIDATOR, validator, 10_000);
        assertEq(validatorCollateralAt(validator).slashPendingUnits, 130_650_009);
        assertEq(validatorCollateralAt(validator).ownUnits, STAKE_MIN);
    }

    function test_addSlash_givenAModel_isRefused() public {
        refused(ValueOutOfRange.selector, KIND_MODEL, KIND_PROVIDER);
        module();
        stake.addSlash(KIND_MODEL, 9, 1);
    }

    // shareReward

    function share(uint64 reward, uint64 pool) private {
        module();
        stake.shareReward(KIND_NODE, node, HOST_1, reward, pool, ACCOUNT_COMMUNITY, MOVE_POWR_REWARD);
    }

    function test_shareReward_givenAPoolAboveTheReward_isRefused() public {
        refused(ValueOutOfRange.selector, 11, 10);
        share(10, 11);
    }

    function test_shareReward_givenNoDelegations_paysTheOwnerAlone() public {
        emits(address(token));
        emit Moved(ACCOUNT_COMMUNITY, HOST_1, 10, MOVE_POWR_REWARD);
        emits(address(stake));
        emit RewardPaid(KIND_NODE, node, HOST_1, 10, MOVE_POWR_REWARD);
        share(10, 10);
        assertEq(nodeCollateralAt(node).rewardWeight, 0);
    }

    function test_shareReward_givenDelegationsOfThisEra_paysTheOwnerAlone() public {
        by(A);
        stake.delegate(KIND_NODE, node, 300 * ONE, 0);
        uint64 before = walletsAt(HOST_1);
        share(10, 10);
        assertEq(walletsAt(HOST_1), before + 10);
        assertEq(nodeCollateralAt(node).rewardUnits, 0);
    }

    function test_shareReward_givenDelegations_setsTheirPartAside() public {
        by(A);
        stake.delegate(KIND_NODE, node, 300 * ONE, 0);
        nextEra();
        uint64 before = walletsAt(HOST_1);
        // The pool of 41 is divided 100 : 300; the owner has the first share, ⌊41/4⌋ = 10, and 9 outside the pool.
        emits(address(token));
        emit Moved(ACCOUNT_COMMUNITY, HOST_1, 19, MOVE_POWR_REWARD);
        emits(address(token));
        emit Moved(ACCOUNT_COMMUNITY, ACCOUNT_DELEGATION_VAULT, 31, MOVE_POWR_REWARD);
        emits(address(stake));
        emit RewardPaid(KIND_NODE, node, HOST_1, 19, MOVE_POWR_REWARD);
        share(50, 41);
        assertEq(walletsAt(HOST_1), before + 19);
        NodeCollateralRecord memory c = nodeCollateralAt(node);
        assertEq(c.rewardUnits, 41);
        assertEq(c.rewardWeight, 400 * ONE);
        assertEq(c.runningUnits, STAKE_MIN);
    }

    function test_shareReward_givenNothing_clearsWhatWasAnnouncedAndSaysNothing() public {
        by(A);
        stake.delegate(KIND_NODE, node, 300 * ONE, 0);
        nextEra();
        share(50, 41);
        vm.recordLogs();
        share(0, 0);
        assertEq(vm.getRecordedLogs().length, 0);
        assertEq(nodeCollateralAt(node).rewardWeight, 0);
        assertEq(nodeCollateralAt(node).rewardUnits, 0);
    }

    // delegate

    function test_delegate_givenAValidator_opensADelegation() public {
        emits(address(token));
        emit Moved(A, ACCOUNT_DELEGATION_VAULT, 5 * ONE, MOVE_DELEGATE);
        emits(address(stake));
        emit DelegationChanged(1, validator, 5 * ONE, 0);
        emits(address(stake));
        emit StakeChanged(KIND_VALIDATOR, validator, STAKE_MIN, 5 * ONE);
        by(A);
        stake.delegate(KIND_VALIDATOR, validator, 5 * ONE, 1);

        DelegationsRecord memory d = delegationsAt(1);
        assertEq(
            abi.encode(d), abi.encode(DelegationsRecord(A, KIND_VALIDATOR, validator, 5 * ONE, 5 * ONE, 1, 0, 0, 1))
        );
        ValidatorCollateralRecord memory c = validatorCollateralAt(validator);
        assertEq(c.delegatedUnits, 5 * ONE);
        assertEq(c.delegatedAddedUnits, 5 * ONE);
        assertEq(c.addedEra, 1);
        assertEq(c.ownAddedUnits, 0);
        StakeTotalsRecord memory t = stakeTotals();
        assertEq(abi.encode(t), abi.encode(StakeTotalsRecord(1, 5 * ONE, 5 * ONE, 1, 0, 0, 0)));
        assertEq(walletsAt(A), OPENING - 5 * ONE);
        assertEq(walletsAt(ACCOUNT_DELEGATION_VAULT), 5 * ONE);
    }

    function test_delegate_givenAnotherKindOfTarget_isRefused() public {
        uint64[4] memory kinds = [0, KIND_MODEL, KIND_TASK, type(uint64).max];
        for (uint256 i; i < kinds.length; ++i) {
            refusedBy(A, ValueOutOfRange.selector, kinds[i], KIND_PROVIDER);
            stake.delegate(kinds[i], 1, ONE, 0);
        }
    }

    function test_delegate_givenAnUnknownTarget_isRefused() public {
        refusedBy(A, UnknownEntity.selector, 0, 1);
        stake.delegate(KIND_NODE, 0, ONE, 0);
        refusedBy(A, UnknownEntity.selector, 2, 1);
        stake.delegate(KIND_NODE, 2, ONE, 0);
        refusedBy(A, UnknownEntity.selector, 2, 1);
        stake.delegate(KIND_VALIDATOR, 2, ONE, 0);
    }

    function test_delegate_givenATargetWithoutNft_isRefused() public {
        uint64 reserved = reserveNode(HOST_2, 1, 1);
        refusedBy(A, WrongState.selector, 0, 0);
        stake.delegate(KIND_NODE, reserved, ONE, 0);
        by(VAL_1);
        validators.exitValidator(validator);
        refusedBy(A, WrongState.selector, 0, 0);
        stake.delegate(KIND_VALIDATOR, validator, ONE, 0);
    }

    function test_delegate_givenLessThanTheLeast_isRefused() public {
        refusedBy(A, DelegationTooSmall.selector, ONE - 1, ONE);
        stake.delegate(KIND_NODE, node, ONE - 1, 0);
        by(A);
        stake.delegate(KIND_NODE, node, ONE, 0);
    }

    function test_delegate_givenAnotherAutoStake_isRefused() public {
        refusedBy(A, ValueOutOfRange.selector, 2, 1);
        stake.delegate(KIND_NODE, node, ONE, 2);
    }

    function test_delegate_givenMoreThanTheWallet_isRefused() public {
        refusedBy(A, InsufficientBalance.selector, OPENING, OPENING + 1);
        stake.delegate(KIND_NODE, node, OPENING + 1, 0);
        by(A);
        stake.delegate(KIND_NODE, node, OPENING, 0);
        assertEq(walletsAt(A), 0);
    }

    // increaseDelegation

    function open() private returns (uint64 delegation) {
        by(A);
        stake.delegate(KIND_NODE, node, 5 * ONE, 0);
        delegation = stakeTotals().delegationCount;
    }

    function test_increaseDelegation_givenALaterEra_countsOnlyTheNewUnitsAsAdded() public {
        uint64 delegation = open();
        nextEra();
        emits(address(token));
        emit Moved(A, ACCOUNT_DELEGATION_VAULT, 3, MOVE_DELEGATE);
        emits(address(stake));
        emit DelegationChanged(delegation, node, 5 * ONE + 3, 0);
        emits(address(stake));
        emit StakeChanged(KIND_NODE, node, STAKE_MIN, 5 * ONE + 3);
        by(A);
        stake.increaseDelegation(delegation, 3);
        assertEq(delegationsAt(delegation).units, 5 * ONE + 3);
        assertEq(delegationsAt(delegation).addedUnits, 3);
        assertEq(delegationsAt(delegation).addedEra, 2);
        assertEq(nodeCollateralAt(node).delegatedAddedUnits, 3);
        assertEq(stakeTotals().addedUnits, 3);
        assertEq(stakeTotals().delegatedUnits, 5 * ONE + 3);
    }

    function test_increaseDelegation_givenAnUnknownDelegation_isRefused() public {
        open();
        refusedBy(A, UnknownEntity.selector, 0, 1);
        stake.increaseDelegation(0, 1);
        refusedBy(A, UnknownEntity.selector, 2, 1);
        stake.increaseDelegation(2, 1);
    }

    function test_increaseDelegation_givenAnotherAccount_isRefused() public {
        uint64 delegation = open();
        refusedBy(B, NotOwner.selector, B, A);
        stake.increaseDelegation(delegation, 1);
    }

    function test_increaseDelegation_givenNothing_isRefused() public {
        uint64 delegation = open();
        refusedBy(A, AmountTooSmall.selector, 0, 1);
        stake.increaseDelegation(delegation, 0);
    }

    function test_increaseDelegation_givenATargetThatHasLeft_isRefused() public {
        by(A);
        stake.delegate(KIND_VALIDATOR, validator, ONE, 0);
        by(VAL_1);
        validators.exitValidator(validator);
        refusedBy(A, WrongState.selector, 0, 0);
        stake.increaseDelegation(1, 1);
    }

    function test_increaseDelegation_givenMoreThanTheWallet_isRefused() public {
        uint64 delegation = open();
        uint64 left = OPENING - 5 * ONE;
        refusedBy(A, InsufficientBalance.selector, left, left + 1);
        stake.increaseDelegation(delegation, left + 1);
    }

    // undelegate

    function test_undelegate_givenNewUnits_takesThemFirst() public {
        uint64 delegation = open();
        nextEra();
        by(A);
        stake.increaseDelegation(delegation, 10);
        emits(address(stake));
        emit DelegationChanged(delegation, node, 5 * ONE - 2, 12);
        emits(address(stake));
        emit StakeChanged(KIND_NODE, node, STAKE_MIN, 5 * ONE - 2);
        by(A);
        stake.undelegate(delegation, 12);
        DelegationsRecord memory d = delegationsAt(delegation);
        assertEq(d.units, 5 * ONE - 2);
        assertEq(d.addedUnits, 0);
        assertEq(d.unbondingUnits, 12);
        // Two eras of unbonding, from era 2.
        assertEq(d.releaseEra, 4);
        NodeCollateralRecord memory c = nodeCollateralAt(node);
        assertEq(c.delegatedUnits, 5 * ONE - 2);
        assertEq(c.delegatedAddedUnits, 0);
        assertEq(c.unbondingUnits, 12);
        assertEq(stakeTotals().delegatedUnits, 5 * ONE - 2);
        assertEq(stakeTotals().addedUnits, 0);
        assertEq(walletsAt(ACCOUNT_DELEGATION_VAULT), 5 * ONE + 10);
    }

    function test_undelegate_givenFewerThanTheNewUnits_leavesTheRestNew() public {
        uint64 delegation = open();
        nextEra();
        by(A);
        stake.increaseDelegation(delegation, 10);
        by(A);
        stake.undelegate(delegation, 4);
        assertEq(delegationsAt(delegation).addedUnits, 6);
        assertEq(nodeCollateralAt(node).delegatedAddedUnits, 6);
        assertEq(stakeTotals().addedUnits, 6);
    }

    function test_undelegate_givenUnitsThatUnbondAlready_restartsTheirTime() public {
        uint64 delegation = open();
        by(A);
        stake.undelegate(delegation, 1);
        assertEq(delegationsAt(delegation).releaseEra, 3);
        nextEra();
        by(A);
        stake.undelegate(delegation, 1);
        assertEq(delegationsAt(delegation).releaseEra, 4);
        assertEq(delegationsAt(delegation).unbondingUnits, 2);
    }

    function test_undelegate_givenATargetThatHasLeft_needsNoUnbondingTime() public {
        by(A);
        stake.delegate(KIND_VALIDATOR, validator, ONE, 0);
        by(VAL_1);
        validators.exitValidator(validator);
        by(A);
        stake.undelegate(1, ONE);
        assertEq(delegationsAt(1).releaseEra, 1);
        nextEra();
        assertEq(walletsAt(A), OPENING);
    }

    function test_undelegate_givenTheGuards_isRefusedInTheirOrder() public {
        uint64 delegation = open();
        refusedBy(A, UnknownEntity.selector, 2, 1);
        stake.undelegate(2, 0);
        refusedBy(B, NotOwner.selector, B, A);
        stake.undelegate(delegation, 0);
        refusedBy(A, AmountTooSmall.selector, 0, 1);
        stake.undelegate(delegation, 0);
        refusedBy(A, InsufficientStake.selector, 5 * ONE, 5 * ONE + 1);
        stake.undelegate(delegation, 5 * ONE + 1);
        by(A);
        stake.undelegate(delegation, 5 * ONE);
        refusedBy(A, InsufficientStake.selector, 0, 1);
        stake.undelegate(delegation, 1);
    }

    // setAutoStake

    function test_setAutoStake_givenOneOrZero_isStored() public {
        uint64 delegation = open();
        by(A);
        stake.setAutoStake(delegation, 1);
        assertEq(delegationsAt(delegation).autoStake, 1);
        by(A);
        stake.setAutoStake(delegation, 0);
        assertEq(delegationsAt(delegation).autoStake, 0);
    }

    function test_setAutoStake_givenTheGuards_isRefusedInTheirOrder() public {
        uint64 delegation = open();
        refusedBy(A, UnknownEntity.selector, 2, 1);
        stake.setAutoStake(2, 2);
        refusedBy(B, NotOwner.selector, B, A);
        stake.setAutoStake(delegation, 2);
        refusedBy(A, ValueOutOfRange.selector, 2, 1);
        stake.setAutoStake(delegation, 2);
    }

    // The books add up whatever is done

    function testFuzz_delegations_givenAnyHistory_addUpInTheTargetAndTheTotals(uint256 seed) public {
        uint64[3] memory delegators = [A, B, CREATOR];
        for (uint256 i; i < delegators.length; ++i) {
            by(delegators[i]);
            stake.delegate(KIND_NODE, node, ONE + uint64(seed % 1_000), 0);
            seed = uint256(keccak256(abi.encode(seed)));
        }
        for (uint256 i; i < 12; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint64 delegation = uint64(1 + seed % 3);
            uint64 units = uint64((seed >> 8) % (ONE / 2)) + 1;
            if ((seed >> 64) % 5 == 0) nextEra();
            bool isEnough = delegationsAt(delegation).units >= units;
            by(delegators[delegation - 1]);
            if ((seed >> 72) % 2 == 0) stake.increaseDelegation(delegation, units);
            else if (isEnough) stake.undelegate(delegation, units);
            else stake.setAutoStake(delegation, uint64(seed >> 80) % 2);
            assertBooks();
        }
    }

    function assertBooks() private view {
        uint64 era = currentEra();
        DelegationsRecord memory sum;
        for (uint64 i = 1; i <= 3; ++i) {
            DelegationsRecord memory d = delegationsAt(i);
            sum.units += d.units;
            sum.unbondingUnits += d.unbondingUnits;
            if (d.addedEra == era) sum.addedUnits += d.addedUnits;
        }
        NodeCollateralRecord memory c = nodeCollateralAt(node);
        assertEq(c.delegatedUnits, sum.units);
        assertEq(c.unbondingUnits, sum.unbondingUnits);
        assertEq(c.addedEra == era ? c.delegatedAddedUnits : 0, sum.addedUnits);
        assertEq(stakeTotals().delegatedUnits, sum.units);
        assertEq(stakeTotals().addedEra == era ? stakeTotals().addedUnits : 0, sum.addedUnits);
        assertEq(walletsAt(ACCOUNT_DELEGATION_VAULT), sum.units + sum.unbondingUnits);
    }
}
