// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    ACCOUNT_DELEGATION_VAULT,
    ACCOUNT_FOUNDATION,
    ACCOUNT_SLARK_POOL,
    AlreadySet,
    AmountTooSmall,
    DelegationTooSmall,
    KIND_PROVIDER,
    MOVE_RELEASE,
    MOVE_SLARK_REWARD,
    NotOwner,
    P_DELEG_MIN,
    P_DELEG_UNBOND_ERAS,
    P_SLARK_VEST_ERAS,
    P_SLARK_VEST_THRESHOLD,
    STEP_RELEASE_DELEGATIONS,
    TaskPending,
    UnknownEntity,
    WrongState
} from "../src/Protocol.sol";
import {Deployment} from "./Deployment.sol";
import {SLOT_SLARKS} from "./Tables.sol";

/// @notice Delegations that Slark licences earn: how they come to be, move to another provider, and vest (F-35, SLARK-12).
contract VestingTest is Deployment {
    uint64 private constant LICENCE = 1;
    /// @dev Place of the current delegation in a licence's record.
    uint256 private constant AT_DELEGATION = 11;

    uint64 private one;
    uint64 private other;

    function setUp() public {
        deploy();
        setParam(P_SLARK_VEST_THRESHOLD, 100 * ONE);
        setParam(P_SLARK_VEST_ERAS, 4);
        openSlot();
        one = activateProvider(A, 500 * ONE);
        other = activateProvider(A, 500 * ONE);
    }

    /// @dev A reward of a licence of B is delegated, as a settlement does it.
    function earn(uint64 delegation, uint64 provider, uint64 units) private returns (uint64 used) {
        vm.prank(address(stake));
        token.move(ACCOUNT_FOUNDATION, ACCOUNT_SLARK_POOL, units, MOVE_SLARK_REWARD);
        vm.prank(address(slarks));
        used = stake.delegateReward(LICENCE, B, delegation, provider, units);
        poke(address(slarks), SLOT_SLARKS + 6 * LICENCE, AT_DELEGATION, used);
    }

    function unbond(uint64 delegation, uint64 units) private {
        by(B);
        stake.undelegate(delegation, units);
    }

    /// @return paid what the era's settlement pays B in the step of releases
    function releaseEra() private returns (uint64 paid) {
        endEra();
        runSteps(STEP_RELEASE_DELEGATIONS - 1, WHOLE);
        uint64 balance = walletsAt(B);
        runSteps(STEP_RELEASE_DELEGATIONS, WHOLE);
        paid = walletsAt(B) - balance;
        nextEra();
    }

    // delegateReward

    function test_delegateReward_givenNoDelegationYet_opensOneOfTheOwner() public {
        uint64 delegation = earn(0, one, 30 * ONE);
        assertEq(
            abi.encode(delegationsAt(delegation)),
            abi.encode(B, KIND_PROVIDER, one, 30 * ONE, 30 * ONE, 0, 0, 0, 0)
        );
        assertEq(vestingsAt(delegation).licence, LICENCE);
        assertEq(walletsAt(ACCOUNT_DELEGATION_VAULT), 30 * ONE);
        assertEq(earn(delegation, one, 12 * ONE), delegation);
        assertEq(delegationsAt(delegation).units, 42 * ONE);
        assertEq(stakeTotals().delegationCount, 1);
    }

    function test_delegateReward_givenADelegationElsewhere_opensAnother() public {
        uint64 delegation = earn(0, one, 30 * ONE);
        assertEq(earn(delegation, other, 12 * ONE), delegation + 1);
        assertEq(delegationsAt(delegation + 1).target, other);
    }

    function test_delegateReward_givenADelegationOnItsWay_joinsIt() public {
        uint64 delegation = earn(0, one, 30 * ONE);
        move(delegation, other);
        assertEq(earn(delegation, other, 12 * ONE), delegation);
        assertEq(providerCollateralAt(one).delegatedUnits, 42 * ONE, "until the settlement it is where it was");
        // Unless what it backs until then has left: nothing is paid to a dead target.
        by(A);
        providers.deregisterProvider(one);
        assertEq(earn(delegation, other, 12 * ONE), delegation + 1);
    }

    // increaseDelegation

    function test_increaseDelegation_givenAnEarnedOne_isRefused() public {
        uint64 delegation = earn(0, one, 30 * ONE);
        refusedBy(B, WrongState.selector, LICENCE, 0);
        stake.increaseDelegation(delegation, 0);
        by(B);
        stake.delegate(KIND_PROVIDER, one, ONE, 0);
        by(B);
        stake.increaseDelegation(delegation + 1, ONE);
    }

    // Release

    /// F-35: up to the threshold at once, the rest evenly over the eras that follow.
    function test_release_givenMoreThanTheThreshold_letsTheRestVest() public {
        uint64 delegation = earn(0, one, 300 * ONE);
        unbond(delegation, 250 * ONE);
        assertEq(releaseEra(), 0);
        assertEq(releaseEra(), 0);
        assertEq(releaseEra(), 100 * ONE);
        assertEq(vestingsAt(delegation).vestUnits, 150 * ONE);
        assertEq(walletsAt(ACCOUNT_DELEGATION_VAULT), 200 * ONE, "INV-6: what vests stays in the vault");
        assertEq(providerCollateralAt(one).delegatedUnits, 50 * ONE, "INV-9: and is no collateral");
        for (uint64 i = 1; i <= 4; ++i) {
            assertEq(releaseEra(), 37_500_000, "a quarter");
            assertEq(vestingsAt(delegation).vestedUnits, i == 4 ? 0 : i * 37_500_000);
        }
        assertEq(vestingsAt(delegation).vestUnits, 0);
        assertEq(vestingsAt(delegation).startEra, 0);
        assertEq(releaseEra(), 0);
    }

    function test_release_givenAnAmountThatDoesNotDivide_paysAllOfItInTheEnd() public {
        setParam(P_SLARK_VEST_ERAS, 3);
        uint64 delegation = earn(0, one, 200 * ONE + 1);
        unbond(delegation, 200 * ONE + 1);
        releaseEra();
        releaseEra();
        uint64 sum = releaseEra();
        for (uint256 i; i < 3; ++i) {
            sum += releaseEra();
        }
        assertEq(sum, 200 * ONE + 1);
    }

    /// OP-67: the threshold is of a window, not of a release.
    function test_release_givenASecondOneInTheWindow_hasNothingFreeUntilTheNextWindow() public {
        uint64 delegation = earn(0, one, 600 * ONE);
        unbond(delegation, 70 * ONE);
        releaseEra();
        releaseEra();
        assertEq(releaseEra(), 70 * ONE);
        unbond(delegation, 50 * ONE);
        releaseEra();
        releaseEra();
        assertEq(releaseEra(), 30 * ONE, "what is left of the threshold");
        assertEq(vestingsAt(delegation).vestUnits, 20 * ONE);
        unbond(delegation, 60 * ONE);
        assertEq(releaseEra(), 5 * ONE);
        assertEq(releaseEra(), 5 * ONE);
        assertEq(releaseEra(), 5 * ONE + 60 * ONE, "a new window");
    }

    /// OP-67: another delegation of the same licence opens no window of its own.
    function test_release_givenTwoDelegationsOfALicence_sharesOneWindow() public {
        uint64 delegation = earn(0, one, 200 * ONE);
        uint64 second = earn(0, other, 200 * ONE);
        unbond(delegation, 80 * ONE);
        unbond(second, 80 * ONE);
        releaseEra();
        releaseEra();
        assertEq(releaseEra(), 100 * ONE);
        assertEq(vestingsAt(delegation).vestUnits, 0);
        assertEq(vestingsAt(second).vestUnits, 60 * ONE);
        assertEq(licenceWindowsAt(LICENCE).windowUnits, 100 * ONE);
    }

    /// @dev New units that vest and those that do already become one, from now on.
    function test_release_givenUnitsThatVestAlready_startsAnewWithBoth() public {
        uint64 delegation = earn(0, one, 600 * ONE);
        unbond(delegation, 140 * ONE);
        releaseEra();
        releaseEra();
        assertEq(releaseEra(), 100 * ONE);
        unbond(delegation, 60 * ONE);
        assertEq(releaseEra(), 10 * ONE);
        assertEq(releaseEra(), 10 * ONE);
        endEra();
        runSteps(STEP_RELEASE_DELEGATIONS - 1, WHOLE);
        emits(address(token));
        emit Moved(ACCOUNT_DELEGATION_VAULT, B, 10 * ONE, MOVE_RELEASE);
        emits(address(stake));
        emit VestingChanged(delegation, 40 * ONE, 30 * ONE);
        emits(address(stake));
        emit DelegationChanged(delegation, one, 400 * ONE, 0);
        emits(address(stake));
        emit VestingChanged(delegation, 70 * ONE, 0);
        runSteps(STEP_RELEASE_DELEGATIONS, WHOLE);
        nextEra();
        assertEq(releaseEra(), 17_500_000);
    }

    function test_release_givenNoErasOfVesting_isFreeAltogether() public {
        setParam(P_SLARK_VEST_ERAS, 0);
        uint64 delegation = earn(0, one, 300 * ONE);
        unbond(delegation, 300 * ONE);
        releaseEra();
        releaseEra();
        assertEq(releaseEra(), 300 * ONE);
        assertEq(licenceWindowsAt(LICENCE).windowEra, 0);
    }

    function test_release_givenADelegationOfOnesOwn_doesNotVest() public {
        by(B);
        stake.delegate(KIND_PROVIDER, one, 300 * ONE, 0);
        unbond(1, 300 * ONE);
        releaseEra();
        releaseEra();
        assertEq(releaseEra(), 300 * ONE);
    }

    // redelegate

    function move(uint64 delegation, uint64 provider) private {
        by(B);
        stake.redelegate(delegation, provider);
    }

    /// SLARK-12
    function test_redelegate_givenAnotherProvider_movesAllWithTheSettlement() public {
        uint64 delegation = earn(0, one, 260 * ONE);
        bytes memory before = abi.encode(delegationsAt(delegation));
        move(delegation, other);
        assertEq(abi.encode(delegationsAt(delegation)), before, "it earns and is slashed where it is");
        assertEq(vestingsAt(delegation).nextTarget, other);
        endEra();
        runSteps(STEP_RELEASE_DELEGATIONS - 1, WHOLE);
        emits(address(stake));
        emit StakeChanged(KIND_PROVIDER, one, 500 * ONE, 0);
        emits(address(stake));
        emit DelegationChanged(delegation, other, 260 * ONE, 0);
        emits(address(stake));
        emit StakeChanged(KIND_PROVIDER, other, 500 * ONE, 260 * ONE);
        runSteps(STEP_RELEASE_DELEGATIONS, WHOLE);
        assertEq(delegationsAt(delegation).addedUnits, 260 * ONE, "they count from the next era on");
        assertEq(delegationsAt(delegation).addedEra, 0);
        assertEq(providerCollateralAt(other).delegatedAddedUnits, 260 * ONE);
        assertEq(vestingsAt(delegation).nextTarget, 0);
        assertEq(stakeTotals().delegatedUnits, 260 * ONE);
        assertEq(stakeTotals().delegationCount, 1, "no other record");
        assertEq(slarksAt(LICENCE).delegation, delegation);
        assertEq(walletsAt(ACCOUNT_DELEGATION_VAULT), 260 * ONE);
    }

    function test_redelegate_givenThePresentTargetAgain_stays() public {
        uint64 delegation = earn(0, one, 260 * ONE);
        move(delegation, other);
        move(delegation, one);
        assertEq(vestingsAt(delegation).nextTarget, 0);
        releaseEra();
        assertEq(delegationsAt(delegation).target, one);
    }

    function test_redelegate_givenUnitsThatUnbondBeforeTheSettlement_stays() public {
        uint64 delegation = earn(0, one, 260 * ONE);
        move(delegation, other);
        unbond(delegation, ONE);
        releaseEra();
        assertEq(delegationsAt(delegation).target, one);
        assertEq(vestingsAt(delegation).nextTarget, 0);
        assertEq(providerCollateralAt(one).unbondingUnits, ONE);
    }

    function test_redelegate_givenANewTargetThatLeaves_stays() public {
        uint64 delegation = earn(0, one, 260 * ONE);
        move(delegation, other);
        by(A);
        providers.deregisterProvider(other);
        releaseEra();
        assertEq(delegationsAt(delegation).target, one);
        assertEq(delegationsAt(delegation).units, 260 * ONE);
        assertEq(vestingsAt(delegation).nextTarget, 0);
    }

    function test_redelegate_givenAnOldTargetThatLeaves_isReleased() public {
        uint64 delegation = earn(0, one, 260 * ONE);
        move(delegation, other);
        by(A);
        providers.deregisterProvider(one);
        assertEq(releaseEra(), 100 * ONE, "the rest vests");
        assertEq(delegationsAt(delegation).target, one);
        assertEq(vestingsAt(delegation).vestUnits, 160 * ONE);
        assertEq(vestingsAt(delegation).nextTarget, 0);
    }

    function test_redelegate_givenAFault_isRefused() public {
        uint64 delegation = earn(0, one, 300 * ONE);
        by(B);
        stake.delegate(KIND_PROVIDER, one, ONE, 0);
        refusedBy(B, UnknownEntity.selector, 3, 2);
        stake.redelegate(3, 9);
        refusedBy(A, NotOwner.selector, A, B);
        stake.redelegate(delegation, 9);
        refusedBy(B, WrongState.selector, 0, 0);
        stake.redelegate(2, 9);
        refusedBy(B, UnknownEntity.selector, 9, 2);
        stake.redelegate(delegation, 9);
        refusedBy(B, AlreadySet.selector, one, 0);
        stake.redelegate(delegation, one);
        uint256 snapshot = vm.snapshotState();
        unbond(delegation, ONE);
        refusedBy(B, TaskPending.selector, ONE, 0);
        stake.redelegate(delegation, other);
        vm.revertToState(snapshot);
        setParam(P_DELEG_MIN, 300 * ONE + 1);
        refusedBy(B, DelegationTooSmall.selector, 300 * ONE, 300 * ONE + 1);
        stake.redelegate(delegation, other);
        setParam(P_DELEG_UNBOND_ERAS, 0);
        unbond(delegation, 300 * ONE);
        releaseEra();
        refusedBy(B, AmountTooSmall.selector, 0, 1);
        stake.redelegate(delegation, other);
        by(A);
        providers.deregisterProvider(other);
        refusedBy(B, WrongState.selector, 0, 0);
        stake.redelegate(delegation, other);
    }
}
