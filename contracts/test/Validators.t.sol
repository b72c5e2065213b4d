// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ewma} from "../src/Ewma.sol";
import {Fixed} from "../src/Fixed.sol";
import {
    ACCOUNT_COMMUNITY,
    ACCOUNT_KEEPER,
    ACCOUNT_STAKE_VAULT,
    ACCOUNT_TREASURY,
    ACCOUNT_VALIDATOR_POT,
    AlreadySet,
    AmountTooSmall,
    FP,
    InsufficientBalance,
    KIND_VALIDATOR,
    MAX_INT,
    MOVE_STAKE,
    MOVE_TASK_FEE,
    MOVE_UNSTAKE,
    MOVE_VALIDATOR_REWARD,
    NotOwner,
    P_TRUST_HALF_LIFE_ERAS,
    P_VAL_COMMISSION_BPS,
    P_VAL_SELECT_FLOOR_BPS,
    P_VAL_STAKE_MIN,
    STEP_PAY_VALIDATORS,
    STEP_UPDATE_REPUTATIONS,
    TaskPending,
    UnknownEntity,
    VALIDATOR_ACTIVE,
    VALIDATOR_EXITED,
    VALIDATOR_KEYED,
    VALIDATOR_REGISTERED,
    VALIDATOR_SUSPENDED,
    ValidatorEngaged,
    ValidatorsRecord,
    ValueOutOfRange,
    WrongState
} from "../src/Protocol.sol";
import {Deployment} from "./Deployment.sol";
import {SLOT_COMMITTEE_WEIGHTS, SLOT_VALIDATORS, SLOT_VALIDATOR_TOTALS} from "./Tables.sol";

/// @notice The life of a validator (SM-3), its era pay and its reputation.
contract ValidatorsTest is Deployment {
    uint64 private constant STAKE_MIN = 100 * ONE;

    function setUp() public {
        deploy();
        openSlot();
    }

    function transition(uint64 validator, uint64 actor, uint64 from, uint64 to) private {
        emits(address(validators));
        emit Transition(KIND_VALIDATOR, validator, actor, from, to);
    }

    function setState(uint64 validator, uint64 state) private {
        poke(address(validators), SLOT_VALIDATORS + 3 * validator, 1, state);
    }

    function refusedInOtherStates(uint64 validator, uint64 actor, bytes memory data, uint16 allowedBits) private {
        uint64 before = validatorsAt(validator).state;
        for (uint64 state = VALIDATOR_REGISTERED; state <= VALIDATOR_EXITED; ++state) {
            if ((allowedBits >> state) & 1 == 1) continue;
            setState(validator, state);
            refusedBy(actor, WrongState.selector, state, 0);
            send(address(validators), data);
        }
        setState(validator, before);
    }

    // registerValidator

    function test_registerValidator_givenTheStake_mintsTheNft() public {
        transition(1, VAL_1, 0, VALIDATOR_REGISTERED);
        emits(address(token));
        emit Moved(VAL_1, ACCOUNT_STAKE_VAULT, STAKE_MIN, MOVE_STAKE);
        emits(address(stake));
        emit StakeChanged(KIND_VALIDATOR, 1, STAKE_MIN, 0);
        by(VAL_1);
        validators.registerValidator();
        assertEq(
            abi.encode(validatorsAt(1)),
            abi.encode(ValidatorsRecord(VAL_1, VALIDATOR_REGISTERED, 0, uint64(FP / 2), 0, 0, 0, 0, 0))
        );
        assertEq(validatorTotals().validatorCount, 1);
        assertEq(validatorTotals().activeCount, 0);
        assertEq(validatorHoldersAt(1), VAL_1);
        assertEq(validatorCollateralAt(1).ownUnits, STAKE_MIN);
        assertEq(walletsAt(VAL_1), OPENING - STAKE_MIN);
        assertEq(validators.validatorCount(), 1);
    }

    function test_registerValidator_givenTooSmallAWallet_isRefused() public {
        by(VAL_1);
        token.transferTokens(A, OPENING - STAKE_MIN + 1);
        refusedBy(VAL_1, InsufficientBalance.selector, STAKE_MIN - 1, STAKE_MIN);
        validators.registerValidator();
    }

    // issueKey

    function test_issueKey_givenARegisteredValidator_isKeyed() public {
        registerValidator(VAL_1);
        transition(1, ACCOUNT_KEEPER, VALIDATOR_REGISTERED, VALIDATOR_KEYED);
        by(K);
        validators.issueKey(1, uint64(MAX_INT));
        assertEq(validatorsAt(1).keyId, MAX_INT);
        assertEq(validatorsAt(1).keyVersion, 1);
    }

    function test_issueKey_givenTheGuards_isRefusedInTheirOrder() public {
        registerValidator(VAL_1);
        refusedBy(K, UnknownEntity.selector, 0, 1);
        validators.issueKey(0, 0);
        refusedBy(K, UnknownEntity.selector, 2, 1);
        validators.issueKey(2, 0);
        refusedInOtherStates(1, K, abi.encodeCall(validators.issueKey, (1, 0)), 1 << 1);
        refusedBy(K, ValueOutOfRange.selector, 0, 0);
        validators.issueKey(1, 0);
        refusedBy(K, ValueOutOfRange.selector, uint64(MAX_INT + 1), uint64(MAX_INT));
        validators.issueKey(1, uint64(MAX_INT + 1));
    }

    // subscribe

    function test_subscribe_givenAKeyedValidator_isActive() public {
        registerValidator(VAL_1);
        by(K);
        validators.issueKey(1, 5);
        transition(1, VAL_1, VALIDATOR_KEYED, VALIDATOR_ACTIVE);
        by(VAL_1);
        validators.subscribe(1);
        assertEq(validatorsAt(1).state, VALIDATOR_ACTIVE);
        assertEq(validatorTotals().activeCount, 1);
    }

    function test_subscribe_givenTheGuards_isRefusedInTheirOrder() public {
        registerValidator(VAL_1);
        refusedBy(VAL_1, UnknownEntity.selector, 2, 1);
        validators.subscribe(2);
        refusedBy(VAL_2, NotOwner.selector, VAL_2, VAL_1);
        validators.subscribe(1);
        refusedInOtherStates(1, VAL_1, abi.encodeCall(validators.subscribe, (1)), 1 << 2);
    }

    // rotateKey

    function test_rotateKey_givenAnotherKey_countsItsVersionAndNothingElse() public {
        activateValidator(VAL_1);
        vm.recordLogs();
        by(VAL_1);
        validators.rotateKey(1, 77);
        assertEq(vm.getRecordedLogs().length, 0);
        assertEq(validatorsAt(1).keyId, 77);
        assertEq(validatorsAt(1).keyVersion, 2);
        assertEq(validatorsAt(1).reputationFp, FP / 2);
        assertEq(validatorsAt(1).state, VALIDATOR_ACTIVE);
    }

    function test_rotateKey_givenTheGuards_isRefusedInTheirOrder() public {
        activateValidator(VAL_1);
        refusedBy(VAL_1, UnknownEntity.selector, 2, 1);
        validators.rotateKey(2, 0);
        refusedBy(VAL_2, NotOwner.selector, VAL_2, VAL_1);
        validators.rotateKey(1, 0);
        refusedInOtherStates(1, VAL_1, abi.encodeCall(validators.rotateKey, (1, 0)), 1 << 2 | 1 << 3 | 1 << 4);
        refusedBy(VAL_1, ValueOutOfRange.selector, 0, 0);
        validators.rotateKey(1, 0);
        refusedBy(VAL_1, ValueOutOfRange.selector, uint64(MAX_INT + 1), uint64(MAX_INT));
        validators.rotateKey(1, uint64(MAX_INT + 1));
        refusedBy(VAL_1, AlreadySet.selector, 1_001, 0);
        validators.rotateKey(1, 1_001);
    }

    // topUpValidator

    function test_topUpValidator_givenASuspendedOne_isActiveFromTheMinimumOn() public {
        activateValidator(VAL_1);
        vm.prank(address(tasks));
        stake.addSlash(KIND_VALIDATOR, 1, 100);
        nextEra();
        assertEq(validatorsAt(1).state, VALIDATOR_SUSPENDED);
        assertEq(validatorTotals().activeCount, 0);
        by(VAL_1);
        validators.topUpValidator(1, ONE - 1);
        assertEq(validatorsAt(1).state, VALIDATOR_SUSPENDED);
        emits(address(stake));
        emit StakeChanged(KIND_VALIDATOR, 1, STAKE_MIN, 0);
        transition(1, VAL_1, VALIDATOR_SUSPENDED, VALIDATOR_ACTIVE);
        by(VAL_1);
        validators.topUpValidator(1, 1);
        assertEq(validatorTotals().activeCount, 1);
    }

    function test_topUpValidator_givenAnotherState_onlyAddsStake() public {
        registerValidator(VAL_1);
        by(VAL_1);
        validators.topUpValidator(1, 5);
        assertEq(validatorsAt(1).state, VALIDATOR_REGISTERED);
        assertEq(validatorCollateralAt(1).ownUnits, STAKE_MIN + 5);
    }

    function test_topUpValidator_givenTheGuards_isRefusedInTheirOrder() public {
        activateValidator(VAL_1);
        refusedBy(VAL_1, UnknownEntity.selector, 2, 1);
        validators.topUpValidator(2, 0);
        refusedBy(VAL_2, NotOwner.selector, VAL_2, VAL_1);
        validators.topUpValidator(1, 0);
        refusedInOtherStates(1, VAL_1, abi.encodeCall(validators.topUpValidator, (1, 0)), 0x1e);
        refusedBy(VAL_1, AmountTooSmall.selector, 0, 1);
        validators.topUpValidator(1, 0);
        uint64 left = walletsAt(VAL_1);
        refusedBy(VAL_1, InsufficientBalance.selector, left, left + 1);
        validators.topUpValidator(1, left + 1);
    }

    // exitValidator

    function test_exitValidator_givenNothingInHand_leavesAtOnce() public {
        activateValidator(VAL_1);
        transition(1, VAL_1, VALIDATOR_ACTIVE, VALIDATOR_EXITED);
        emits(address(token));
        emit Moved(ACCOUNT_STAKE_VAULT, VAL_1, STAKE_MIN, MOVE_UNSTAKE);
        by(VAL_1);
        validators.exitValidator(1);
        assertEq(validatorsAt(1).state, VALIDATOR_EXITED);
        assertEq(validatorsAt(1).reputationFp, FP / 2);
        assertEq(validatorTotals().activeCount, 0);
        assertEq(validatorHoldersAt(1), 0);
        assertEq(walletsAt(VAL_1), OPENING);
        assertEq(validatorCollateralAt(1).ownUnits, 0);
    }

    function test_exitValidator_givenTheGuards_isRefusedInTheirOrder() public {
        activateValidator(VAL_1);
        refusedBy(VAL_1, UnknownEntity.selector, 2, 1);
        validators.exitValidator(2);
        refusedBy(VAL_2, NotOwner.selector, VAL_2, VAL_1);
        validators.exitValidator(1);
        refusedInOtherStates(1, VAL_1, abi.encodeCall(validators.exitValidator, (1)), 1 << 2 | 1 << 3 | 1 << 4);
        vm.prank(address(tasks));
        stake.addSlash(KIND_VALIDATOR, 1, 100);
        vm.prank(address(tasks));
        validators.engage(1);
        refusedBy(VAL_1, ValidatorEngaged.selector, 1, 0);
        validators.exitValidator(1);
        vm.prank(address(tasks));
        validators.disengage(1);
        refusedBy(VAL_1, TaskPending.selector, ONE, 0);
        validators.exitValidator(1);
        nextEra();
        by(VAL_1);
        validators.exitValidator(1);
        assertEq(walletsAt(VAL_1), OPENING - ONE);
    }

    // engage, recordResult, committee, validatorAt

    function test_recordResult_givenResults_sumsScoresAndPayWeights() public {
        activateValidator(VAL_1);
        record(1, 800_000_000, 500_000_000);
        record(1, 0, 0);
        ValidatorsRecord memory v = validatorsAt(1);
        assertEq(v.eraScoreFp, 800_000_000);
        assertEq(v.eraTaskCount, 2);
        assertEq(v.eraPayWeightFp, 500_000_000);
        assertEq(validatorTotals().payWeightFp, 500_000_000);
    }

    function test_recordResult_givenASumThatTheLedgerCannotHold_isRefused() public {
        activateValidator(VAL_1);
        record(1, uint64(MAX_INT), uint64(MAX_INT));
        vm.expectRevert(abi.encodeWithSelector(Fixed.QuotientTooLarge.selector, MAX_INT + 1));
        record(1, 1, 0);
        vm.expectRevert(abi.encodeWithSelector(Fixed.QuotientTooLarge.selector, MAX_INT + 1));
        record(2, 0, 1);
    }

    function record(uint64 validator, uint64 scoreFp, uint64 payWeightFp) private {
        vm.prank(address(tasks));
        validators.recordResult(validator, scoreFp, payWeightFp);
    }

    function testFuzz_validatorAt_givenAnyWeights_isTheFirstAbove(uint64[8] memory weightFp, uint64 value) public {
        uint64 sum;
        for (uint64 i; i < 8; ++i) {
            sum += weightFp[i] % 4 == 0 ? 0 : weightFp[i] % 1_000_000_000;
            poke(address(validators), SLOT_COMMITTEE_WEIGHTS, i + 1, sum);
        }
        vm.assume(sum > 0);
        poke(address(validators), SLOT_VALIDATOR_TOTALS, 2, 8);
        value = uint64(bound(value, 0, sum - 1));
        uint64 found = validators.validatorAt(value);
        assertGt(committeeWeightsAt(found), value);
        if (found > 1) assertLe(committeeWeightsAt(found - 1), value);
    }

    // payValidators

    /// @dev Validators 1 to 3 are active; the era is at the step that pays them.
    function beforePay() private {
        endEra();
        runSteps(STEP_PAY_VALIDATORS - 1, WHOLE);
    }

    function three() private {
        activateValidator(VAL_1);
        activateValidator(VAL_2);
        activateValidator(VAL_3);
    }

    function test_payValidators_givenPayWeights_sharesFeesAndEmissionByThem() public {
        three();
        vm.prank(address(tasks));
        token.move(A, ACCOUNT_VALIDATOR_POT, 7, MOVE_TASK_FEE);
        record(1, 0, 100);
        record(3, 0, 300);
        beforePay();
        (, uint64 units,,,) = emission.pools();
        uint64 pot = units + 7;
        (uint64 before1, uint64 before2, uint64 before3) = (walletsAt(VAL_1), walletsAt(VAL_2), walletsAt(VAL_3));
        emits(address(token));
        emit Moved(ACCOUNT_COMMUNITY, ACCOUNT_VALIDATOR_POT, units, MOVE_VALIDATOR_REWARD);
        emits(address(token));
        emit Moved(ACCOUNT_VALIDATOR_POT, VAL_1, pot / 4, MOVE_VALIDATOR_REWARD);
        emits(address(stake));
        emit RewardPaid(KIND_VALIDATOR, 1, VAL_1, pot / 4, MOVE_VALIDATOR_REWARD);
        by(K);
        validators.payValidators(0, 3);
        assertEq(walletsAt(VAL_1), before1 + pot / 4);
        assertEq(walletsAt(VAL_2), before2);
        assertEq(walletsAt(VAL_3), before3 + pot - pot / 4);
        assertEq(walletsAt(ACCOUNT_VALIDATOR_POT), 0);
        assertEq(validatorTotals().potUnits, 0);
        assertEq(validatorTotals().runningFp, 0);
    }

    function test_payValidators_givenNoPayWeight_paysTheTreasury() public {
        three();
        vm.prank(address(tasks));
        token.move(A, ACCOUNT_VALIDATOR_POT, 7, MOVE_TASK_FEE);
        beforePay();
        (, uint64 units,,,) = emission.pools();
        emits(address(token));
        emit Moved(ACCOUNT_VALIDATOR_POT, ACCOUNT_TREASURY, units + 7, MOVE_VALIDATOR_REWARD);
        by(K);
        validators.payValidators(0, 3);
        assertEq(walletsAt(ACCOUNT_TREASURY), units + 7);
    }

    function test_payValidators_givenNoValidators_paysTheTreasury() public {
        beforePay();
        (, uint64 units,,,) = emission.pools();
        by(K);
        validators.payValidators(0, 0);
        assertEq(walletsAt(ACCOUNT_TREASURY), units);
    }

    function test_payValidators_givenDelegators_keepsACommissionAndSharesTheRest() public {
        three();
        by(A);
        stake.delegate(KIND_VALIDATOR, 1, 300 * ONE, 0);
        nextEra();
        record(1, 0, 100);
        beforePay();
        (, uint64 pot,,,) = emission.pools();
        uint64 before = walletsAt(VAL_1);
        by(K);
        validators.payValidators(0, 3);
        // 10 % commission; the rest is divided 100 : 300.
        uint64 shared = pot - pot / 10;
        assertEq(walletsAt(VAL_1), before + pot / 10 + shared / 4);
        assertEq(validatorCollateralAt(1).rewardUnits, shared);
    }

    function test_payValidators_givenAValidatorThatLeft_paysItsOwnerAlone() public {
        three();
        by(A);
        stake.delegate(KIND_VALIDATOR, 1, 300 * ONE, 0);
        nextEra();
        record(1, 0, 100);
        by(VAL_1);
        validators.exitValidator(1);
        beforePay();
        (, uint64 pot,,,) = emission.pools();
        uint64 before = walletsAt(VAL_1);
        by(K);
        validators.payValidators(0, 3);
        assertEq(walletsAt(VAL_1), before + pot);
        assertEq(validatorCollateralAt(1).rewardWeight, 0);
    }

    function testFuzz_payValidators_givenAnyWeights_paysExactlyThePot(
        uint64[3] memory weightFp,
        uint64 feeUnits,
        uint64 commissionBps,
        uint64 chunk
    ) public {
        three();
        by(A);
        stake.delegate(KIND_VALIDATOR, 2, 300 * ONE, 0);
        nextEra();
        setParam(P_VAL_COMMISSION_BPS, uint64(bound(commissionBps, 0, 10_000)));
        uint64 sum;
        for (uint64 i; i < 3; ++i) {
            weightFp[i] = uint64(bound(weightFp[i], 0, 10 * FP));
            sum += weightFp[i];
            record(i + 1, 0, weightFp[i]);
        }
        feeUnits = uint64(bound(feeUnits, 0, 1_000 * ONE));
        vm.prank(address(tasks));
        token.move(A, ACCOUNT_VALIDATOR_POT, feeUnits, MOVE_TASK_FEE);
        beforePay();
        (, uint64 units,,,) = emission.pools();
        uint64 before = walletsAt(VAL_1) + walletsAt(VAL_2) + walletsAt(VAL_3) + walletsAt(5);
        runSteps(STEP_PAY_VALIDATORS, uint64(bound(chunk, 1, 4)));
        uint64 paid = walletsAt(VAL_1) + walletsAt(VAL_2) + walletsAt(VAL_3) + walletsAt(5) - before;
        assertEq(paid, sum == 0 ? 0 : units + feeUnits);
        assertEq(walletsAt(ACCOUNT_VALIDATOR_POT), 0);
    }

    // updateReputations

    function learn() private {
        endEra();
        runSteps(STEP_UPDATE_REPUTATIONS, WHOLE);
    }

    function test_updateReputations_givenTasks_movesTowardsTheMeanScore() public {
        three();
        record(1, 900_000_000, 0);
        record(1, 0, 0);
        record(1, 1, 0);
        endEra();
        runSteps(STEP_UPDATE_REPUTATIONS - 1, WHOLE);
        uint64 expected = uint64(Ewma.ewma(FP / 2, 300_000_000, Ewma.alphaOf(param(P_TRUST_HALF_LIFE_ERAS))));
        emits(address(validators));
        emit ReputationUpdated(1, expected);
        by(K);
        validators.updateReputations(0, 3);
        ValidatorsRecord memory v = validatorsAt(1);
        assertEq(v.reputationFp, expected);
        assertEq(v.eraScoreFp, 0);
        assertEq(v.eraTaskCount, 0);
        assertEq(v.eraPayWeightFp, 0);
        assertEq(validatorsAt(2).reputationFp, FP / 2);
        assertEq(validatorTotals().payWeightFp, 0);
    }

    function test_updateReputations_givenActiveValidators_fixesTheirCumulativeWeights() public {
        three();
        registerValidator(VAL_4);
        by(VAL_2);
        validators.exitValidator(2);
        endEra();
        runSteps(STEP_UPDATE_REPUTATIONS, 2);
        // Reputation 0.5 and a floor of 0.05; who is not active adds nothing.
        assertEq(committeeWeightsAt(1), 550_000_000);
        assertEq(committeeWeightsAt(2), 550_000_000);
        assertEq(committeeWeightsAt(3), 1_100_000_000);
        assertEq(committeeWeightsAt(4), 1_100_000_000);
        (uint64 active, uint64 covered, uint64 weightFp) = validators.committee();
        assertEq(active, 2);
        assertEq(covered, 4);
        assertEq(weightFp, 1_100_000_000);
        assertEq(validatorTotals().runningFp, 0);
    }

    function test_updateReputations_givenTooSmallAStake_suspends() public {
        three();
        vm.prank(address(tasks));
        stake.addSlash(KIND_VALIDATOR, 1, 1);
        endEra();
        runSteps(STEP_UPDATE_REPUTATIONS - 1, WHOLE);
        transition(1, ACCOUNT_KEEPER, VALIDATOR_ACTIVE, VALIDATOR_SUSPENDED);
        by(K);
        validators.updateReputations(0, 3);
        assertEq(validatorTotals().activeCount, 2);
        assertEq(committeeWeightsAt(1), 0);
        assertEq(committeeWeightsAt(2), 550_000_000);
    }

    function test_updateReputations_givenTheMinimumExactly_staysActive() public {
        three();
        setParam(P_VAL_STAKE_MIN, STAKE_MIN + 1);
        by(VAL_1);
        validators.topUpValidator(1, 1);
        learn();
        assertEq(validatorsAt(1).state, VALIDATOR_ACTIVE);
        assertEq(validatorsAt(2).state, VALIDATOR_SUSPENDED);
    }

    function test_updateReputations_givenAnotherFloor_takesIt() public {
        three();
        setParam(P_VAL_SELECT_FLOOR_BPS, 0);
        learn();
        assertEq(committeeWeightsAt(3), 1_500_000_000);
    }

    /// INV-34
    function testFuzz_updateReputations_givenAnyScores_staysARatio(uint64[4] memory scoreFp, uint64 half) public {
        activateValidator(VAL_1);
        setParam(P_TRUST_HALF_LIFE_ERAS, uint64(bound(half, 1, 120)));
        for (uint256 i; i < 4; ++i) {
            uint64 before = validatorsAt(1).reputationFp;
            uint64 score = uint64(bound(scoreFp[i], 0, FP));
            record(1, score, 0);
            nextEra();
            uint64 reputationFp = validatorsAt(1).reputationFp;
            assertGe(reputationFp, before < score ? before : score);
            assertLe(reputationFp, before < score ? score : before);
        }
    }
}
