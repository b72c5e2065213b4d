// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    ACCOUNT_DELEGATION_VAULT,
    ACCOUNT_FOUNDATION,
    ACCOUNT_SLARK_POOL,
    AlreadySet,
    AmountTooSmall,
    KIND_PROVIDER,
    MOVE_RELEASE,
    MOVE_SLARK_REWARD,
    NotOwner,
    P_SLARK_VEST_ERAS,
    P_SLARK_VEST_THRESHOLD,
    STEP_RELEASE_DELEGATIONS,
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
        poke(address(slarks), SLOT_SLARKS + 5 * LICENCE, AT_DELEGATION, used);
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
        assertEq(vestingsAt(delegation).windowEra, 0);
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

    /// SLARK-12
    function test_redelegate_givenAnotherProvider_movesAllAtOnce() public {
        uint64 delegation = earn(0, one, 300 * ONE);
        unbond(delegation, 40 * ONE);
        emits(address(stake));
        emit DelegationChanged(delegation, one, 0, 40 * ONE);
        emits(address(stake));
        emit StakeChanged(KIND_PROVIDER, one, 500 * ONE, 0);
        emits(address(stake));
        emit DelegationChanged(delegation + 1, other, 260 * ONE, 0);
        emits(address(stake));
        emit StakeChanged(KIND_PROVIDER, other, 500 * ONE, 260 * ONE);
        by(B);
        stake.redelegate(delegation, other);
        assertEq(vestingsAt(delegation + 1).licence, LICENCE);
        assertEq(delegationsAt(delegation + 1).addedUnits, 260 * ONE, "they count from the next era on");
        assertEq(slarksAt(LICENCE).delegation, delegation + 1, "the licence's rewards follow");
        assertEq(walletsAt(ACCOUNT_DELEGATION_VAULT), 300 * ONE);
    }

    function test_redelegate_givenADelegationThatIsNotTheCurrentOne_leavesTheLicenceAlone() public {
        uint64 delegation = earn(0, one, 300 * ONE);
        uint64 current = earn(0, other, 10 * ONE);
        by(B);
        stake.redelegate(delegation, other);
        assertEq(slarksAt(LICENCE).delegation, current);
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
        unbond(delegation, 300 * ONE);
        refusedBy(B, AmountTooSmall.selector, 0, 1);
        stake.redelegate(delegation, other);
        by(A);
        providers.deregisterProvider(other);
        refusedBy(B, WrongState.selector, 0, 0);
        stake.redelegate(delegation, other);
    }
}
