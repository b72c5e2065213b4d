// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    ACCOUNT_COMMUNITY,
    ACCOUNT_DELEGATION_VAULT,
    ACCOUNT_FOUNDATION,
    ACCOUNT_STAKE_VAULT,
    ACCOUNT_TREASURY,
    KIND_DELEGATION,
    KIND_NODE,
    KIND_VALIDATOR,
    MOVE_DELEGATOR_REWARD,
    MOVE_POWR_REWARD,
    MOVE_RELEASE,
    MOVE_SLASH,
    MOVE_STAKER_REWARD,
    STEP_PAY_DELEGATORS,
    STEP_PAY_STAKERS,
    STEP_RELEASE_DELEGATIONS,
    STEP_SLASH_DELEGATIONS,
    STEP_SLASH_OWN_STAKE,
    ValidatorCollateralRecord
} from "../src/Protocol.sol";
import {Deployment} from "./Deployment.sol";

/// @notice The settlement steps of stake and delegations, each entered as the keeper does.
contract StakeSettlementTest is Deployment {
    uint64 private constant STAKE_MIN = 100 * ONE;
    uint64 private validator;
    uint64 private node;

    function setUp() public {
        deploy();
        openSlot();
        validator = activateValidator(VAL_1);
        activateValidator(VAL_2);
        node = registerNode(HOST_1);
    }

    function delegateTo(uint64 delegator, uint64 kind, uint64 target, uint64 units, uint64 autoStake) private {
        by(delegator);
        stake.delegate(kind, target, units, autoStake);
    }

    function slash(uint64 bps) private {
        vm.prank(address(tasks));
        stake.addSlash(KIND_VALIDATOR, validator, bps);
    }

    // slashOwnStake

    function test_slashOwnStake_givenNoDelegations_takesTheWholeSlashFromTheOwner() public {
        slash(1_000);
        endEra();
        runSteps(STEP_SLASH_OWN_STAKE - 1, WHOLE);
        emits(address(token));
        emit Moved(ACCOUNT_STAKE_VAULT, ACCOUNT_TREASURY, 10 * ONE, MOVE_SLASH);
        emits(address(stake));
        emit Slashed(KIND_VALIDATOR, validator, 10 * ONE);
        emits(address(stake));
        emit StakeChanged(KIND_VALIDATOR, validator, 90 * ONE, 0);
        by(K);
        stake.slashOwnStake(0, 2);
        ValidatorCollateralRecord memory c = validatorCollateralAt(validator);
        assertEq(c.ownUnits, 90 * ONE);
        assertEq(c.slashPendingUnits, 0);
        assertEq(c.slashUnits, 0);
        assertEq(c.slashWeight, 0);
        assertEq(validatorCollateralAt(2).ownUnits, STAKE_MIN);
        assertEq(walletsAt(ACCOUNT_TREASURY), 10 * ONE);
    }

    function test_slashOwnStake_givenDelegations_takesItsPartAndAnnouncesTheRest() public {
        delegateTo(A, KIND_VALIDATOR, validator, 200 * ONE, 0);
        by(A);
        stake.undelegate(1, 50 * ONE);
        slash(1_000);
        endEra();
        runSteps(STEP_SLASH_OWN_STAKE, WHOLE);
        ValidatorCollateralRecord memory c = validatorCollateralAt(validator);
        // 30 tokens over 100 own, 150 delegated and 50 unbonding.
        assertEq(c.ownUnits, 90 * ONE);
        assertEq(c.slashUnits, 30 * ONE);
        assertEq(c.slashWeight, 300 * ONE);
        assertEq(c.runningUnits, STAKE_MIN);
        assertEq(c.slashPendingUnits, 0);
    }

    function test_slashOwnStake_givenMoreThanTheCollateral_takesAllThereIs() public {
        delegateTo(A, KIND_VALIDATOR, validator, 200 * ONE, 0);
        slash(10_000);
        slash(10_000);
        endEra();
        runSteps(STEP_SLASH_DELEGATIONS, WHOLE);
        assertEq(validatorCollateralAt(validator).ownUnits, 0);
        assertEq(validatorCollateralAt(validator).delegatedUnits, 0);
        assertEq(delegationsAt(1).units, 0);
        assertEq(walletsAt(ACCOUNT_TREASURY), 300 * ONE);
        assertEq(walletsAt(ACCOUNT_DELEGATION_VAULT), 0);
    }

    // slashDelegations

    function test_slashDelegations_givenUnbondingUnits_takesFromBothInProportion() public {
        delegateTo(A, KIND_VALIDATOR, validator, 200 * ONE, 0);
        by(A);
        stake.undelegate(1, 50 * ONE);
        slash(1_000);
        endEra();
        runSteps(STEP_SLASH_OWN_STAKE, WHOLE);
        emits(address(token));
        emit Moved(ACCOUNT_DELEGATION_VAULT, ACCOUNT_TREASURY, 20 * ONE, MOVE_SLASH);
        emits(address(stake));
        emit DelegationChanged(1, validator, 135 * ONE, 45 * ONE);
        emits(address(stake));
        emit StakeChanged(KIND_VALIDATOR, validator, 90 * ONE, 135 * ONE);
        by(K);
        stake.slashDelegations(0, 1);
        assertEq(delegationsAt(1).units, 135 * ONE);
        assertEq(delegationsAt(1).unbondingUnits, 45 * ONE);
        ValidatorCollateralRecord memory c = validatorCollateralAt(validator);
        assertEq(c.delegatedUnits, 135 * ONE);
        assertEq(c.unbondingUnits, 45 * ONE);
        assertEq(c.slashWeight, 0);
        assertEq(c.slashUnits, 0);
        assertEq(c.runningUnits, 0);
        assertEq(stakeTotals().delegatedUnits, 135 * ONE);
    }

    function test_slashDelegations_givenAnotherTarget_leavesItAlone() public {
        delegateTo(A, KIND_VALIDATOR, 2, 200 * ONE, 0);
        delegateTo(A, KIND_NODE, validator, 200 * ONE, 0);
        delegateTo(B, KIND_VALIDATOR, validator, 200 * ONE, 0);
        slash(1_000);
        endEra();
        runSteps(STEP_SLASH_DELEGATIONS, WHOLE);
        assertEq(delegationsAt(1).units, 200 * ONE);
        assertEq(delegationsAt(2).units, 200 * ONE);
        assertEq(delegationsAt(3).units, 180 * ONE);
    }

    /// INV-7, INV-8
    function testFuzz_slash_givenAnyStakes_takesExactlyItsUnitsAndLeavesNothingNegative(
        uint64[4] memory units,
        uint64[4] memory unbonding,
        uint64 bps,
        uint64 chunk
    ) public {
        bps = uint64(bound(bps, 0, 12_000));
        uint64[4] memory delegators = [A, B, CREATOR, A];
        for (uint64 i; i < 4; ++i) {
            units[i] = uint64(bound(units[i], ONE, 900 * ONE));
            delegateTo(delegators[i], KIND_VALIDATOR, validator, units[i], 0);
            unbonding[i] = uint64(bound(unbonding[i], 0, units[i]));
            if (unbonding[i] == 0) continue;
            by(delegators[i]);
            stake.undelegate(i + 1, unbonding[i]);
        }
        uint64 collateral = STAKE_MIN + units[0] + units[1] + units[2] + units[3];
        slash(bps > 10_000 ? 10_000 : bps);
        if (bps > 10_000) slash(bps - 10_000);
        uint64 expected = validatorCollateralAt(validator).slashPendingUnits;
        if (expected > collateral) expected = collateral;
        endEra();
        runSteps(STEP_SLASH_DELEGATIONS, uint64(bound(chunk, 1, 5)));

        uint64 taken = STAKE_MIN - validatorCollateralAt(validator).ownUnits;
        for (uint64 i; i < 4; ++i) {
            uint64 left = delegationsAt(i + 1).units + delegationsAt(i + 1).unbondingUnits;
            assertLe(left, units[i]);
            // In proportion, within a unit.
            vm.assertApproxEqAbs(
                uint256(units[i] - left) * collateral, uint256(expected) * units[i], 2 * uint256(collateral)
            );
            taken += units[i] - left;
        }
        assertEq(taken, expected);
        assertEq(walletsAt(ACCOUNT_TREASURY), expected);
        assertEq(validatorCollateralAt(validator).slashWeight, 0);
    }

    // payStakers

    function test_payStakers_givenNoDelegationOfAWholeEra_paysTheFoundation() public {
        delegateTo(A, KIND_NODE, node, 200 * ONE, 0);
        endEra();
        runSteps(STEP_PAY_STAKERS - 1, WHOLE);
        (,,, uint64 pool,) = emission.pools();
        emits(address(token));
        emit Moved(ACCOUNT_COMMUNITY, ACCOUNT_FOUNDATION, pool, MOVE_STAKER_REWARD);
        by(K);
        stake.payStakers(0, 1);
        assertEq(walletsAt(A), OPENING - 200 * ONE);
    }

    function test_payStakers_givenDelegationsToAnyTarget_sharesByUnitsOfTheWholeEra() public {
        delegateTo(A, KIND_NODE, node, 100 * ONE, 0);
        delegateTo(B, KIND_VALIDATOR, validator, 300 * ONE, 1);
        nextEra();
        by(A);
        stake.increaseDelegation(1, 500 * ONE);
        endEra();
        runSteps(STEP_PAY_STAKERS - 1, WHOLE);
        (,,, uint64 pool,) = emission.pools();
        uint64 before = walletsAt(A);
        emits(address(token));
        emit Moved(ACCOUNT_COMMUNITY, A, pool / 4, MOVE_STAKER_REWARD);
        emits(address(stake));
        emit RewardPaid(KIND_DELEGATION, 1, A, pool / 4, MOVE_STAKER_REWARD);
        emits(address(token));
        emit Moved(ACCOUNT_COMMUNITY, ACCOUNT_DELEGATION_VAULT, pool - pool / 4, MOVE_STAKER_REWARD);
        emits(address(stake));
        emit DelegationChanged(2, validator, 300 * ONE + pool - pool / 4, 0);
        emits(address(stake));
        emit StakeChanged(KIND_VALIDATOR, validator, STAKE_MIN, 300 * ONE + pool - pool / 4);
        emits(address(stake));
        emit RewardPaid(KIND_DELEGATION, 2, B, pool - pool / 4, MOVE_STAKER_REWARD);
        by(K);
        stake.payStakers(0, 2);
        assertEq(walletsAt(A), before + pool / 4);
        // What joins by auto-staking counts from the next era on.
        assertEq(delegationsAt(2).addedUnits, pool - pool / 4);
        assertEq(stakeTotals().poolWeight, 0);
        assertEq(stakeTotals().poolUnits, 0);
        assertEq(stakeTotals().runningUnits, 0);
    }

    function testFuzz_payStakers_givenAnyWeights_sumToThePool(uint64[3] memory units, uint64 chunk, uint8 autoStake)
        public
    {
        for (uint64 i; i < 3; ++i) {
            units[i] = uint64(bound(units[i], ONE, 5_000 * ONE));
            delegateTo(i == 0 ? A : B, KIND_NODE, node, units[i], (autoStake >> i) & 1);
        }
        nextEra();
        endEra();
        runSteps(STEP_PAY_STAKERS - 1, WHOLE);
        (,,, uint64 pool,) = emission.pools();
        (uint64 community, uint64 held) =
            (walletsAt(ACCOUNT_COMMUNITY), walletsAt(A) + walletsAt(B) + walletsAt(ACCOUNT_DELEGATION_VAULT));
        runSteps(STEP_PAY_STAKERS, uint64(bound(chunk, 1, 3)));
        assertEq(walletsAt(ACCOUNT_COMMUNITY), community - pool);
        assertEq(walletsAt(A) + walletsAt(B) + walletsAt(ACCOUNT_DELEGATION_VAULT), held + pool);
    }

    // payDelegators

    /// @dev Announces a reward of the node between the steps, as payNodes does.
    function announce(uint64 reward, uint64 pool) private {
        runSteps(STEP_PAY_DELEGATORS - 1, WHOLE);
        vm.prank(address(nodes));
        stake.shareReward(KIND_NODE, node, HOST_1, reward, pool, ACCOUNT_COMMUNITY, MOVE_POWR_REWARD);
    }

    function test_payDelegators_givenAReward_bringsEachItsShare() public {
        delegateTo(A, KIND_NODE, node, 100 * ONE, 0);
        delegateTo(B, KIND_NODE, node, 200 * ONE, 1);
        nextEra();
        endEra();
        announce(1_000, 401);
        (uint64 before, uint64 unitsBefore) = (walletsAt(A), delegationsAt(2).units);
        uint64 weight = nodeCollateralAt(node).rewardWeight;
        assertEq(weight, 400 * ONE);
        // Of 401 over 100 : 100 : 200, by running sums: 100, 100, 201.
        emits(address(token));
        emit Moved(ACCOUNT_DELEGATION_VAULT, A, 100, MOVE_DELEGATOR_REWARD);
        emits(address(stake));
        emit RewardPaid(KIND_DELEGATION, 1, A, 100, MOVE_DELEGATOR_REWARD);
        emits(address(stake));
        emit DelegationChanged(2, node, unitsBefore + 201, 0);
        emits(address(stake));
        emit RewardPaid(KIND_DELEGATION, 2, B, 201, MOVE_DELEGATOR_REWARD);
        by(K);
        stake.payDelegators(0, 2);
        assertEq(walletsAt(A), before + 100);
        assertEq(delegationsAt(2).units, unitsBefore + 201);
        assertEq(nodeCollateralAt(node).rewardUnits, 0);
        assertEq(nodeCollateralAt(node).rewardWeight, 0);
        assertEq(nodeCollateralAt(node).runningUnits, 0);
    }

    /// INV-43
    function testFuzz_payDelegators_givenAnyDelegations_operatorAndDelegatorsSumToTheReward(
        uint64[3] memory units,
        uint64 late,
        uint64 reward,
        uint64 poolBps,
        uint64 chunk
    ) public {
        for (uint64 i; i < 3; ++i) {
            units[i] = uint64(bound(units[i], ONE, 5_000 * ONE));
            delegateTo(i == 2 ? B : A, KIND_NODE, node, units[i], 0);
        }
        nextEra();
        // Whoever comes within the era is paid nothing.
        delegateTo(CREATOR, KIND_NODE, node, uint64(bound(late, ONE, 5_000 * ONE)), 0);
        endEra();
        reward = uint64(bound(reward, 0, 1_000_000 * ONE));
        runSteps(STEP_PAY_DELEGATORS - 1, WHOLE);
        uint64[4] memory before = wallets4();
        vm.prank(address(nodes));
        stake.shareReward(
            KIND_NODE,
            node,
            HOST_1,
            reward,
            shareOf(reward, uint64(bound(poolBps, 0, 10_000))),
            ACCOUNT_COMMUNITY,
            MOVE_POWR_REWARD
        );
        uint64 vault = walletsAt(ACCOUNT_DELEGATION_VAULT);
        runSteps(STEP_PAY_DELEGATORS, uint64(bound(chunk, 1, 4)));
        uint64[4] memory afterwards = wallets4();
        assertEq(
            afterwards[0] + afterwards[1] + afterwards[3] - before[0] - before[1] - before[3], reward, "INV-43: sum"
        );
        assertEq(afterwards[2], before[2], "INV-43: newcomer");
        assertLe(walletsAt(ACCOUNT_DELEGATION_VAULT), vault);
        assertEq(nodeCollateralAt(node).rewardWeight, 0);
    }

    function wallets4() private view returns (uint64[4] memory) {
        return [walletsAt(A), walletsAt(B), walletsAt(CREATOR), walletsAt(HOST_1)];
    }

    // releaseDelegations

    function test_releaseDelegations_givenTheEraOfRelease_paysOutAndNotBefore() public {
        delegateTo(A, KIND_NODE, node, 100 * ONE, 0);
        by(A);
        stake.undelegate(1, 40 * ONE);
        assertEq(delegationsAt(1).releaseEra, 2);
        nextEra();
        nextEra();
        assertEq(delegationsAt(1).unbondingUnits, 40 * ONE);
        endEra();
        runSteps(STEP_RELEASE_DELEGATIONS - 1, WHOLE);
        emits(address(token));
        emit Moved(ACCOUNT_DELEGATION_VAULT, A, 40 * ONE, MOVE_RELEASE);
        emits(address(stake));
        emit DelegationChanged(1, node, 60 * ONE, 0);
        by(K);
        stake.releaseDelegations(0, 1);
        assertEq(delegationsAt(1).unbondingUnits, 0);
        assertEq(nodeCollateralAt(node).unbondingUnits, 0);
        assertEq(nodeCollateralAt(node).delegatedUnits, 60 * ONE);
    }

    function test_releaseDelegations_givenASlashMeanwhile_paysWhatIsLeft() public {
        delegateTo(A, KIND_VALIDATOR, validator, 100 * ONE, 0);
        by(A);
        stake.undelegate(1, 100 * ONE);
        nextEra();
        slash(1_000);
        nextEra();
        uint64 before = walletsAt(A);
        nextEra();
        assertEq(walletsAt(A), before + 90 * ONE);
        assertEq(validatorCollateralAt(validator).unbondingUnits, 0);
    }

    function test_releaseDelegations_givenATargetThatHasLeft_releasesEverything() public {
        delegateTo(A, KIND_VALIDATOR, validator, 100 * ONE, 0);
        delegateTo(B, KIND_VALIDATOR, 2, 100 * ONE, 0);
        by(A);
        stake.undelegate(1, 40 * ONE);
        by(VAL_1);
        validators.exitValidator(validator);
        endEra();
        runSteps(STEP_RELEASE_DELEGATIONS - 1, WHOLE);
        emits(address(stake));
        emit StakeChanged(KIND_VALIDATOR, validator, 0, 0);
        emits(address(token));
        emit Moved(ACCOUNT_DELEGATION_VAULT, A, 100 * ONE, MOVE_RELEASE);
        emits(address(stake));
        emit DelegationChanged(1, validator, 0, 0);
        by(K);
        stake.releaseDelegations(0, 2);
        assertEq(walletsAt(A), OPENING);
        assertEq(delegationsAt(1).units, 0);
        assertEq(delegationsAt(1).unbondingUnits, 0);
        assertEq(validatorCollateralAt(validator).delegatedUnits, 0);
        assertEq(validatorCollateralAt(validator).unbondingUnits, 0);
        assertEq(stakeTotals().delegatedUnits, 100 * ONE);
        assertEq(delegationsAt(2).units, 100 * ONE);
    }
}
