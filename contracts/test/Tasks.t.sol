// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Commitment} from "../src/Commitment.sol";
import {Fixed} from "../src/Fixed.sol";
import {
    ACCOUNT_KEEPER,
    ACCOUNT_TASK_POT,
    ACCOUNT_VALIDATOR_POT,
    AlreadyCopied,
    AlreadySubmitted,
    CommitmentMismatch,
    DeadlinePassed,
    FP,
    InsufficientBalance,
    KIND_TASK,
    KIND_VALIDATOR,
    MAX_INT,
    MOVE_TASK_FEE,
    MembersRecord,
    NODE_META_APPROVED,
    NODE_META_REJECTED,
    NODE_META_REVIEW,
    NoEligibleValidator,
    NotAssigned,
    NotOwner,
    P_VAL_GROUP_SIZE,
    P_VAL_MAX_ROUNDS,
    P_VAL_SLASH_COPY_BPS,
    P_VAL_SLASH_NOSHOW_BPS,
    ResultsOutstanding,
    TASK_ASSIGNED,
    TASK_CREATED,
    TASK_KIND_NODE_METADATA,
    TASK_KIND_OUTPUT,
    TASK_SETTLED,
    TasksRecord,
    UnknownEntity,
    VERDICT_FAIL,
    VERDICT_NONE,
    VERDICT_PASS,
    ValueOutOfRange,
    WrongState
} from "../src/Protocol.sol";
import {Deployment} from "./Deployment.sol";
import {SLOT_VALIDATORS} from "./Tables.sol";

/// @notice Validation tasks (SM-4): a group is drawn, submits, and the tally moves the subject.
contract TasksTest is Deployment {
    uint64 private constant FEE = 2 * ONE;
    uint64 private constant HALF_FP = 500_000_000;
    uint64 private node;
    uint64 private task;

    function setUp() public {
        deploy();
        openSlot();
        activateValidator(VAL_1);
        activateValidator(VAL_2);
        activateValidator(VAL_3);
        activateValidator(VAL_4);
        nextEra();
        node = registerNode(HOST_1);
        by(HOST_1);
        nodes.submitNodeMetadata(node, 44);
        task = lastTask();
    }

    function setReputation(uint64 validator, uint64 reputationFp) private {
        poke(address(validators), SLOT_VALIDATORS + 3 * validator, 3, reputationFp);
    }

    function memberOf(uint64 index) private view returns (uint64) {
        return tasksAt(task).memberStart + index;
    }

    function validatorOf(uint64 member) private view returns (uint64) {
        return membersAt(member).validator;
    }

    function ownerOf(uint64 member) private view returns (uint64) {
        return validatorsAt(validatorOf(member)).owner;
    }

    // openTask

    function test_openTask_givenASubjectsFamily_createsATaskAndTakesTheFee() public view {
        TasksRecord memory t = tasksAt(task);
        TasksRecord memory expected;
        (expected.kind, expected.subject, expected.owner) = (TASK_KIND_NODE_METADATA, node, HOST_1);
        (expected.state, expected.feeUnits, expected.referenceId) = (TASK_CREATED, FEE, 44);
        expected.openedEra = 1;
        assertEq(abi.encode(t), abi.encode(expected));
        assertEq(taskTotals().openCount, 1);
        assertEq(taskTotals().taskCount, 1);
        assertEq(walletsAt(ACCOUNT_TASK_POT), FEE);
    }

    function open(uint64 kind, uint64 owner) private {
        vm.prank(address(calls));
        task = tasks.openTask(kind, node, owner, 3, 20, 9, sealedBy(owner, 9), ACCOUNT_KEEPER);
    }

    function test_openTask_givenAnAuditedOutput_takesNoFee() public {
        uint64 before = walletsAt(HOST_1);
        emits(address(tasks));
        emit Transition(KIND_TASK, 2, ACCOUNT_KEEPER, 0, TASK_CREATED);
        open(TASK_KIND_OUTPUT, HOST_1);
        assertEq(tasksAt(2).feeUnits, 0);
        assertEq(tasksAt(2).wu, 20);
        assertEq(tasksAt(2).answerId, 9);
        assertEq(tasksAt(2).commitmentId, sealedBy(HOST_1, 9));
        assertEq(walletsAt(HOST_1), before);
    }

    function test_openTask_givenAnAuditedOutput_drawsANonceOfItsOwnFromThePresentBeacon() public {
        open(TASK_KIND_OUTPUT, HOST_1);
        open(TASK_KIND_OUTPUT, HOST_1);
        assertEq(tasksAt(2).nonceId, Fixed.rnd(clock.beacon(), Fixed.PURPOSE_NONCE, 2, 0));
        assertEq(tasksAt(3).nonceId, Fixed.rnd(clock.beacon(), Fixed.PURPOSE_NONCE, 3, 0));
        assertNotEq(tasksAt(2).nonceId, tasksAt(3).nonceId);
    }

    function test_openTask_givenAnotherKind_hasNeitherNonceNorCommitment() public {
        open(TASK_KIND_NODE_METADATA, HOST_1);
        assertEq(tasksAt(2).nonceId, 0);
        assertEq(tasksAt(2).commitmentId, 0);
    }

    function test_openTask_givenAnOwnerWhoCannotPay_isRefused() public {
        uint64 left = walletsAt(HOST_1);
        by(HOST_1);
        token.transferTokens(A, left - FEE + 1);
        refused(InsufficientBalance.selector, FEE - 1, FEE);
        open(TASK_KIND_NODE_METADATA, HOST_1);
    }

    // assignTask

    function test_assignTask_givenEnoughValidators_drawsAGroupOfTheSize() public {
        emits(address(tasks));
        emit Transition(KIND_TASK, task, ACCOUNT_KEEPER, TASK_CREATED, TASK_ASSIGNED);
        emits(address(tasks));
        emit TaskAssigned(task, TASK_KIND_NODE_METADATA, node, 0, 3);
        assign(task);
        TasksRecord memory t = tasksAt(task);
        assertEq(t.state, TASK_ASSIGNED);
        assertEq(t.assignedS, nowS());
        assertEq(t.deadlineS, nowS() + 900);
        assertEq(t.memberStart, 1);
        assertEq(t.memberCount, 3);
        assertEq(t.assignedWeightFp, 3 * HALF_FP);
        assertEq(t.submittedCount, 0);
        assertEq(taskTotals().memberCount, 3);
        for (uint64 member = 1; member <= 3; ++member) {
            MembersRecord memory m = membersAt(member);
            assertEq(m.task, task);
            assertEq(m.weightFp, HALF_FP);
            assertEq(m.verdict, VERDICT_NONE);
            assertEq(validatorsAt(m.validator).engagedCount, 1);
            for (uint64 other = 1; other < member; ++other) {
                assertNotEq(m.validator, validatorOf(other));
            }
        }
    }

    function test_assignTask_givenTheGuards_isRefusedInTheirOrder() public {
        refusedBy(K, UnknownEntity.selector, 0, 1);
        tasks.assignTask(0);
        refusedBy(K, UnknownEntity.selector, 2, 1);
        tasks.assignTask(2);
        assign(task);
        refusedBy(K, WrongState.selector, TASK_ASSIGNED, 0);
        tasks.assignTask(task);
        submitAll(task, VERDICT_PASS, 1);
        settle(task);
        refusedBy(K, WrongState.selector, TASK_SETTLED, 0);
        tasks.assignTask(task);
    }

    function test_assignTask_givenNoFixedWeights_isRefused() public {
        deploy();
        openSlot();
        activateValidator(VAL_1);
        node = registerNode(HOST_1);
        by(HOST_1);
        nodes.submitNodeMetadata(node, 44);
        refusedBy(K, NoEligibleValidator.selector, 1, 0);
        tasks.assignTask(1);
    }

    function exit(uint64 owner, uint64 validator) private {
        by(owner);
        validators.exitValidator(validator);
    }

    function test_assignTask_givenNobodyActive_isRefused() public {
        exit(VAL_1, 1);
        exit(VAL_2, 2);
        exit(VAL_3, 3);
        exit(VAL_4, 4);
        refusedBy(K, NoEligibleValidator.selector, 0, 0);
        tasks.assignTask(task);
    }

    function test_assignTask_givenNoMoreThanASeatEach_takesAllInAscendingOrder() public {
        exit(VAL_2, 2);
        assign(task);
        assertEq(validatorOf(1), 1);
        assertEq(validatorOf(2), 3);
        assertEq(validatorOf(3), 4);
    }

    function test_assignTask_givenAValidatorThatCameWithinTheEra_isNotDrawn() public {
        setParam(P_VAL_GROUP_SIZE, 10);
        activateValidator(A);
        assign(task);
        assertEq(tasksAt(task).memberCount, 4);
    }

    function test_assignTask_givenTheSubjectsOwner_neverDrawsHim() public {
        exit(VAL_2, 2);
        open(TASK_KIND_OUTPUT, VAL_3);
        assign(task);
        assertEq(tasksAt(task).memberCount, 2);
        assertEq(validatorOf(1), 1);
        assertEq(validatorOf(2), 4);
    }

    function test_assignTask_givenOnlyTheSubjectsOwner_isRefused() public {
        exit(VAL_1, 1);
        exit(VAL_2, 2);
        exit(VAL_4, 4);
        open(TASK_KIND_OUTPUT, VAL_3);
        refusedBy(K, NoEligibleValidator.selector, 1, 0);
        tasks.assignTask(task);
    }

    function testFuzz_assignTask_givenAnyTask_drawsDistinctStrangersToTheSubject(uint64 owner, uint8 number) public {
        owner = uint64(bound(owner, VAL_1, VAL_4));
        for (uint256 i; i < number % 8; ++i) {
            open(TASK_KIND_OUTPUT, owner);
        }
        open(TASK_KIND_OUTPUT, owner);
        assign(task);
        TasksRecord memory t = tasksAt(task);
        assertEq(t.memberCount, 3);
        for (uint64 i; i < 3; ++i) {
            assertNotEq(ownerOf(t.memberStart + i), owner);
            for (uint64 j; j < i; ++j) {
                assertNotEq(validatorOf(t.memberStart + i), validatorOf(t.memberStart + j));
            }
        }
    }

    function test_assignTask_givenASecondRound_prefersAFreshGroup() public {
        setParam(P_VAL_GROUP_SIZE, 2);
        assign(task);
        (uint64 first, uint64 second) = (validatorOf(1), validatorOf(2));
        wait_(901);
        settle(task);
        assertEq(tasksAt(task).roundCount, 1);
        assertEq(tasksAt(task).memberStart, 1);
        assign(task);
        assertEq(tasksAt(task).memberStart, 3);
        assertEq(tasksAt(task).memberCount, 2);
        for (uint64 member = 3; member <= 4; ++member) {
            assertTrue(validatorOf(member) != first && validatorOf(member) != second);
        }
    }

    // submitResult

    function test_submitResult_givenAMember_storesVerdictQualityAndReport() public {
        assign(task);
        wait_(5);
        uint64 owner = ownerOf(2);
        emits(address(tasks));
        emit ResultSubmitted(task, validatorOf(2), VERDICT_PASS, 33, 9_500);
        by(owner);
        tasks.submitResult(task, 2, VERDICT_PASS, 33, 9_500);
        MembersRecord memory m = membersAt(2);
        assertEq(m.verdict, VERDICT_PASS);
        assertEq(m.submittedS, nowS());
        assertEq(m.reportId, 33);
        assertEq(m.qualityBps, 9_500);
        TasksRecord memory t = tasksAt(task);
        assertEq(t.submittedCount, 1);
        assertEq(t.submittedWeightFp, HALF_FP);
        assertEq(t.passWeightFp, HALF_FP);
        submit(1, VERDICT_FAIL, 0);
        assertEq(tasksAt(task).submittedWeightFp, 2 * HALF_FP);
        assertEq(tasksAt(task).passWeightFp, HALF_FP);
    }

    function result(uint64 actor, uint64 member, uint64 verdict, uint64 reportId, uint64 qualityBps) private {
        by(actor);
        tasks.submitResult(task, member, verdict, reportId, qualityBps);
    }

    function test_submitResult_givenTheGuards_isRefusedInTheirOrder() public {
        refusedBy(A, UnknownEntity.selector, 2, 1);
        tasks.submitResult(2, 1, 0, 0, 0);
        refusedBy(A, WrongState.selector, TASK_CREATED, 0);
        tasks.submitResult(task, 1, 0, 0, 0);
        assign(task);
        refused(NotAssigned.selector, 0, 0);
        result(A, 0, 0, 0, 0);
        refused(NotAssigned.selector, 4, 0);
        result(A, 4, 0, 0, 0);
        uint64 owner = ownerOf(1);
        refused(NotOwner.selector, A, owner);
        result(A, 1, 0, 0, 0);
        uint64 deadlineS = tasksAt(task).deadlineS;
        goTo(deadlineS + 1);
        refused(DeadlinePassed.selector, deadlineS + 1, deadlineS);
        result(owner, 1, 0, 0, 0);
        goTo(deadlineS);
        refused(ValueOutOfRange.selector, VERDICT_NONE, VERDICT_FAIL);
        result(owner, 1, VERDICT_NONE, 0, 10_001);
        refused(ValueOutOfRange.selector, 3, VERDICT_FAIL);
        result(owner, 1, 3, 0, 10_001);
        refused(ValueOutOfRange.selector, 10_001, 10_000);
        result(owner, 1, VERDICT_PASS, 0, 10_001);
        refused(ValueOutOfRange.selector, 0, 0);
        result(owner, 1, VERDICT_PASS, 0, 10_000);
        refused(ValueOutOfRange.selector, uint64(MAX_INT + 1), uint64(MAX_INT));
        result(owner, 1, VERDICT_PASS, uint64(MAX_INT + 1), 10_000);
        result(owner, 1, VERDICT_FAIL, uint64(MAX_INT), 10_000);
        refused(AlreadySubmitted.selector, 1, VERDICT_FAIL);
        result(owner, 1, VERDICT_FAIL, 0, 0);
    }

    function test_submitResult_givenAMemberOfAnEarlierRound_isRefused() public {
        assign(task);
        uint64 owner = ownerOf(1);
        wait_(901);
        settle(task);
        refusedBy(owner, WrongState.selector, TASK_CREATED, 0);
        tasks.submitResult(task, 1, VERDICT_PASS, 1, 1);
        assign(task);
        refusedBy(owner, NotAssigned.selector, 1, 0);
        tasks.submitResult(task, 1, VERDICT_PASS, 1, 1);
    }

    // revealSketch

    function reveal(uint64 actor, uint64 outputId, uint64 saltId, uint64 sketchId) private {
        by(actor);
        tasks.revealSketch(task, outputId, saltId, sketchId);
    }

    function test_revealSketch_givenTheOwnersCommitment_keepsOutputAndSketch() public {
        open(TASK_KIND_OUTPUT, HOST_1);
        emits(address(tasks));
        emit SketchRevealed(task, node, outputOf(9), 77);
        reveal(HOST_1, outputOf(9), saltOf(9), 77);
        assertEq(tasksAt(task).outputId, outputOf(9));
        assertEq(tasksAt(task).sketchId, 77);
    }

    function test_revealSketch_givenTheGuards_isRefusedInTheirOrder() public {
        uint64 large = uint64(MAX_INT + 1);
        refusedBy(A, UnknownEntity.selector, 0, 1);
        tasks.revealSketch(0, 0, 0, 0);
        refusedBy(A, UnknownEntity.selector, 2, 1);
        tasks.revealSketch(2, 0, 0, 0);
        refused(ValueOutOfRange.selector, TASK_KIND_NODE_METADATA, TASK_KIND_OUTPUT);
        reveal(A, 0, 0, 0);
        open(TASK_KIND_OUTPUT, HOST_1);
        assign(task);
        uint64 deadlineS = tasksAt(task).deadlineS;
        goTo(deadlineS + 1);
        refused(NotOwner.selector, A, HOST_1);
        reveal(A, large, large, 0);
        refused(DeadlinePassed.selector, deadlineS + 1, deadlineS);
        reveal(HOST_1, large, large, 0);
        goTo(deadlineS);
        refused(ValueOutOfRange.selector, 0, 0);
        reveal(HOST_1, large, large + 1, 0);
        refused(ValueOutOfRange.selector, large, uint64(MAX_INT));
        reveal(HOST_1, large, large + 1, large + 2);
        refused(ValueOutOfRange.selector, large + 1, uint64(MAX_INT));
        reveal(HOST_1, outputOf(9), large + 1, large + 2);
        refused(ValueOutOfRange.selector, large + 2, uint64(MAX_INT));
        reveal(HOST_1, outputOf(9), saltOf(9), large + 2);
        refused(CommitmentMismatch.selector, Commitment.commitmentOf(0, 0, HOST_1), sealedBy(HOST_1, 9));
        reveal(HOST_1, 0, 0, uint64(MAX_INT));
        reveal(HOST_1, outputOf(9), saltOf(9), uint64(MAX_INT));
        goTo(deadlineS + 1);
        refused(AlreadySubmitted.selector, task, uint64(MAX_INT));
        reveal(HOST_1, 0, 0, 0);
        goTo(deadlineS);
        submitAll(task, VERDICT_PASS, 1);
        settle(task);
        refused(WrongState.selector, TASK_SETTLED, 0);
        reveal(A, 0, 0, 0);
    }

    function test_revealSketch_givenACommitmentOfAnother_isRefused() public {
        open(TASK_KIND_OUTPUT, HOST_1);
        uint64 copied = tasksAt(task).commitmentId;
        vm.prank(address(calls));
        task = tasks.openTask(TASK_KIND_OUTPUT, node, HOST_2, 3, 20, 9, copied, ACCOUNT_KEEPER);
        refused(CommitmentMismatch.selector, sealedBy(HOST_2, 9), copied);
        reveal(HOST_2, outputOf(9), saltOf(9), 77);
    }

    function test_revealSketch_givenNoCommitment_isRefused() public {
        vm.prank(address(calls));
        task = tasks.openTask(TASK_KIND_OUTPUT, node, HOST_1, 3, 20, 9, 0, ACCOUNT_KEEPER);
        refused(CommitmentMismatch.selector, sealedBy(HOST_1, 9), 0);
        reveal(HOST_1, outputOf(9), saltOf(9), 77);
    }

    /// VAL-15: whatever was committed to is opened by that output and that salt, and by no others.
    function testFuzz_revealSketch_givenAnyCommitment_isOpenedByNothingElse(
        uint64 outputId,
        uint64 saltId,
        uint64 otherId,
        bool isSalt
    ) public {
        (outputId, saltId) = (uint64(bound(outputId, 0, MAX_INT)), uint64(bound(saltId, 0, MAX_INT)));
        otherId = uint64(bound(otherId, 0, MAX_INT));
        uint64 committed = Commitment.commitmentOf(outputId, saltId, HOST_1);
        vm.prank(address(calls));
        task = tasks.openTask(TASK_KIND_OUTPUT, node, HOST_1, 3, 20, 9, committed, ACCOUNT_KEEPER);
        (uint64 output, uint64 salt) = isSalt ? (outputId, otherId) : (otherId, saltId);
        if (output != outputId || salt != saltId) {
            refused(CommitmentMismatch.selector, Commitment.commitmentOf(output, salt, HOST_1), committed);
            reveal(HOST_1, output, salt, 1);
        }
        reveal(HOST_1, outputId, saltId, 1);
        assertEq(tasksAt(task).outputId, outputId);
    }

    function test_revealSketch_givenASecondRound_staysOrCanStillCome() public {
        open(TASK_KIND_OUTPUT, HOST_1);
        (uint64 first, uint64 second) = (task, task + 1);
        open(TASK_KIND_OUTPUT, HOST_1);
        task = first;
        reveal(HOST_1, outputOf(9), saltOf(9), 77);
        uint64 nonceId = tasksAt(first).nonceId;
        assign(first);
        assign(second);
        wait_(901);
        settle(first);
        settle(second);
        task = second;
        // The deadline of the first round has passed, that of the second has not begun.
        reveal(HOST_1, outputOf(9), saltOf(9), 78);
        assign(first);
        assign(second);
        assertEq(tasksAt(first).roundCount, 1);
        assertEq(tasksAt(first).sketchId, 77);
        assertEq(tasksAt(first).outputId, outputOf(9));
        assertEq(tasksAt(first).nonceId, nonceId);
        assertEq(tasksAt(second).sketchId, 78);
    }

    // flagCopy

    function test_flagCopy_givenASubmittedReport_marksIt() public {
        assign(task);
        submit(1, VERDICT_PASS, 1);
        emits(address(tasks));
        emit CopyFlagged(task, validatorOf(1));
        by(K);
        tasks.flagCopy(1);
        assertEq(membersAt(1).copied, 1);
        assertEq(tasksAt(task).passWeightFp, HALF_FP);
    }

    function test_flagCopy_givenTheGuards_isRefusedInTheirOrder() public {
        refusedBy(K, UnknownEntity.selector, 1, 0);
        tasks.flagCopy(1);
        assign(task);
        refusedBy(K, UnknownEntity.selector, 0, 3);
        tasks.flagCopy(0);
        refusedBy(K, UnknownEntity.selector, 4, 3);
        tasks.flagCopy(4);
        refusedBy(K, NotAssigned.selector, 1, 0);
        tasks.flagCopy(1);
        submit(1, VERDICT_PASS, 1);
        by(K);
        tasks.flagCopy(1);
        refusedBy(K, AlreadyCopied.selector, 1, 0);
        tasks.flagCopy(1);
        submitAll(task, VERDICT_PASS, 1);
        settle(task);
        refusedBy(K, WrongState.selector, TASK_SETTLED, 0);
        tasks.flagCopy(2);
    }

    function test_flagCopy_givenAMemberOfAnEarlierRound_isRefused() public {
        assign(task);
        submit(1, VERDICT_PASS, 1);
        wait_(901);
        settle(task);
        assign(task);
        refusedBy(K, NotAssigned.selector, 1, 0);
        tasks.flagCopy(1);
    }

    // settleTask

    function test_settleTask_givenTheGuards_isRefusedInTheirOrder() public {
        refusedBy(K, UnknownEntity.selector, 2, 1);
        tasks.settleTask(2);
        refusedBy(K, WrongState.selector, TASK_CREATED, 0);
        tasks.settleTask(task);
        assign(task);
        submit(1, VERDICT_PASS, 1);
        goTo(tasksAt(task).deadlineS);
        refusedBy(K, ResultsOutstanding.selector, 1, 3);
        tasks.settleTask(task);
        submitAll(task, VERDICT_PASS, 1);
        settle(task);
        refusedBy(K, WrongState.selector, TASK_SETTLED, 0);
        tasks.settleTask(task);
    }

    function test_settleTask_givenAMajority_decidesScoresAndMovesTheSubject() public {
        assign(task);
        submit(1, VERDICT_PASS, 9_000);
        submit(2, VERDICT_FAIL, 1_000);
        submit(3, VERDICT_PASS, 8_000);
        emits(address(tasks));
        emit Transition(KIND_TASK, task, ACCOUNT_KEEPER, TASK_ASSIGNED, TASK_SETTLED);
        emits(address(tasks));
        emit TaskTallied(task, TASK_KIND_NODE_METADATA, node, VERDICT_PASS, 666_666_666, 8_000);
        emits(address(token));
        emit Moved(ACCOUNT_TASK_POT, ACCOUNT_VALIDATOR_POT, FEE, MOVE_TASK_FEE);
        emits(address(nodes));
        emit Transition(2, node, ACCOUNT_KEEPER, NODE_META_REVIEW, NODE_META_APPROVED);
        settle(task);
        TasksRecord memory t = tasksAt(task);
        assertEq(t.state, TASK_SETTLED);
        assertEq(t.outcome, VERDICT_PASS);
        assertEq(t.qualityBps, 8_000);
        assertEq(taskTotals().openCount, 0);
        assertEq(taskTotals().settledCount, 1);
        assertScore(1, FP, 1, HALF_FP);
        assertScore(2, 0, 1, 0);
        assertScore(3, FP, 1, HALF_FP);
        assertEq(walletsAt(ACCOUNT_TASK_POT), 0);
        assertEq(walletsAt(ACCOUNT_VALIDATOR_POT), FEE);
        assertEq(nodesAt(node).state, NODE_META_APPROVED);
    }

    /// @dev What the member's validator earned, and that it has nothing in hand.
    function assertScore(uint64 member, uint256 scoreFp, uint256 taskCount, uint256 payWeightFp) private view {
        uint64 validator = validatorOf(member);
        assertEq(validatorsAt(validator).eraScoreFp, scoreFp, "score");
        assertEq(validatorsAt(validator).eraTaskCount, taskCount, "tasks");
        assertEq(validatorsAt(validator).eraPayWeightFp, payWeightFp, "pay weight");
        assertEq(validatorsAt(validator).engagedCount, 0, "engaged");
    }

    function test_settleTask_givenWeights_letsReputationDecide() public {
        setReputation(1, 900_000_000);
        setReputation(2, 300_000_000);
        setReputation(3, 300_000_000);
        setReputation(4, 300_000_000);
        exit(VAL_4, 4);
        assign(task);
        submit(1, VERDICT_FAIL, 10);
        submit(2, VERDICT_PASS, 9_000);
        submit(3, VERDICT_PASS, 9_000);
        settle(task);
        assertEq(tasksAt(task).outcome, VERDICT_FAIL);
        assertEq(tasksAt(task).qualityBps, 10);
        assertEq(nodesAt(node).state, NODE_META_REJECTED);
        assertScore(1, FP, 1, 900_000_000);
    }

    function test_settleTask_givenNoWeightAtAll_countsHeads() public {
        for (uint64 validator = 1; validator <= 4; ++validator) {
            setReputation(validator, 0);
        }
        assign(task);
        submit(1, VERDICT_PASS, 10);
        submit(2, VERDICT_PASS, 10);
        submit(3, VERDICT_FAIL, 10);
        settle(task);
        assertEq(tasksAt(task).outcome, VERDICT_PASS);
    }

    function test_settleTask_givenALateResult_scoresLess() public {
        assign(task);
        // Late is what comes after the first twentieth of 900 s.
        wait_(45);
        submit(1, VERDICT_PASS, 10);
        wait_(1);
        submit(2, VERDICT_PASS, 10);
        submit(3, VERDICT_PASS, 10);
        settle(task);
        assertScore(1, FP, 1, HALF_FP);
        assertScore(2, 800_000_000, 1, HALF_FP);
    }

    function test_settleTask_givenACopiedResult_countsItsVoteAndPaysItNothing() public {
        setParam(P_VAL_SLASH_COPY_BPS, 500);
        assign(task);
        submit(1, VERDICT_PASS, 1_000);
        submit(2, VERDICT_PASS, 9_000);
        submit(3, VERDICT_FAIL, 5_000);
        by(K);
        tasks.flagCopy(1);
        settle(task);
        assertEq(tasksAt(task).outcome, VERDICT_PASS);
        // The copied quality does not count for the median.
        assertEq(tasksAt(task).qualityBps, 9_000);
        assertScore(1, 0, 1, 0);
        assertEq(stake.slashPendingUnits(KIND_VALIDATOR, validatorOf(1)), 5 * ONE);
        assertEq(stake.slashPendingUnits(KIND_VALIDATOR, validatorOf(2)), 0);
    }

    function test_settleTask_givenNoShows_scoresThemZeroAndSlashesThem() public {
        assign(task);
        submit(1, VERDICT_PASS, 1_000);
        submit(2, VERDICT_PASS, 9_000);
        wait_(901);
        // Two of three equal weights are 66.66 %, less than the quorum of 66.67 %.
        settle(task);
        assertEq(tasksAt(task).state, TASK_CREATED);
        assertEq(stake.slashPendingUnits(KIND_VALIDATOR, validatorOf(3)), ONE / 2);
        assertScore(3, 0, 1, 0);
        assertScore(1, 0, 0, 0);
    }

    function test_settleTask_givenNoShowsWithoutSlash_onlyScoresThem() public {
        setParam(P_VAL_SLASH_NOSHOW_BPS, 0);
        assign(task);
        wait_(901);
        settle(task);
        assertEq(stake.slashPendingUnits(KIND_VALIDATOR, validatorOf(3)), 0);
        assertScore(3, 0, 1, 0);
    }

    function test_settleTask_givenATie_waitsForAnotherGroup() public {
        setParam(P_VAL_GROUP_SIZE, 2);
        assign(task);
        submit(1, VERDICT_PASS, 1_000);
        submit(2, VERDICT_FAIL, 9_000);
        emits(address(tasks));
        emit Transition(KIND_TASK, task, ACCOUNT_KEEPER, TASK_ASSIGNED, TASK_CREATED);
        emits(address(tasks));
        emit TaskTallied(task, TASK_KIND_NODE_METADATA, node, VERDICT_NONE, HALF_FP, 0);
        settle(task);
        TasksRecord memory t = tasksAt(task);
        assertEq(t.state, TASK_CREATED);
        assertEq(t.outcome, VERDICT_NONE);
        assertEq(t.roundCount, 1);
        assertEq(taskTotals().openCount, 1);
        assertScore(1, 0, 0, 0);
        assertScore(2, 0, 0, 0);
        assertEq(nodesAt(node).state, NODE_META_REVIEW);
        assertEq(walletsAt(ACCOUNT_TASK_POT), FEE);
    }

    function test_settleTask_givenTheLastRoundUndecided_fails() public {
        setParam(P_VAL_MAX_ROUNDS, 1);
        setParam(P_VAL_GROUP_SIZE, 2);
        assign(task);
        submit(1, VERDICT_PASS, 1_000);
        submit(2, VERDICT_FAIL, 9_000);
        emits(address(tasks));
        emit TaskTallied(task, TASK_KIND_NODE_METADATA, node, VERDICT_FAIL, HALF_FP, 0);
        settle(task);
        assertEq(tasksAt(task).outcome, VERDICT_FAIL);
        assertEq(tasksAt(task).qualityBps, 0);
        assertScore(1, 0, 0, 0);
        assertScore(2, 0, 0, 0);
        assertEq(nodesAt(node).state, NODE_META_REJECTED);
        assertEq(walletsAt(ACCOUNT_VALIDATOR_POT), FEE);
    }

    function test_settleTask_givenAnAudit_tellsTheNode() public {
        open(TASK_KIND_OUTPUT, HOST_1);
        assign(task);
        submitAll(task, VERDICT_PASS, 7_000);
        settle(task);
        assertEq(nodeEraAt(node).checkedCount, 1);
        assertEq(nodeEraAt(node).acceptedCount, 1);
        assertEq(nodeEraAt(node).auditedWuBps, 140_000);
        assertEq(nodesAt(node).state, NODE_META_REVIEW);
    }

    /// INV-29
    function testFuzz_settleTask_givenAnyOrderOfSubmission_decidesTheSame(
        uint64[3] memory reputationFp,
        uint8 verdicts,
        uint8 order
    ) public {
        exit(VAL_4, 4);
        for (uint64 i; i < 3; ++i) {
            setReputation(i + 1, uint64(bound(reputationFp[i], 0, FP)));
        }
        assign(task);
        uint256 before = vm.snapshotState();
        bytes memory first = settleInOrder(verdicts, [uint64(1), 2, 3]);
        vm.revertToState(before);
        uint64[3][5] memory orders =
            [[uint64(1), 3, 2], [uint64(2), 1, 3], [uint64(2), 3, 1], [uint64(3), 1, 2], [uint64(3), 2, 1]];
        assertEq(settleInOrder(verdicts, orders[order % 5]), first, "INV-29");
    }

    /// @dev Each member passes, fails or does not submit. @return what the task and its members' validators look like
    /// then
    function settleInOrder(uint8 verdicts, uint64[3] memory order) private returns (bytes memory) {
        for (uint256 i; i < 3; ++i) {
            uint64 verdict = (verdicts / uint64(3 ** order[i])) % 3;
            if (verdict != VERDICT_NONE) submit(order[i], verdict, 1_000 * order[i]);
        }
        wait_(901);
        settle(task);
        return abi.encode(tasksAt(task), validatorsAt(1), validatorsAt(2), validatorsAt(3), nodesAt(node));
    }

    /// INV-27
    function test_settleTask_givenASettledTask_movesItsSubjectOnce() public {
        decide(task, VERDICT_PASS);
        assertEq(nodesAt(node).pendingTask, 0);
        vm.expectRevert(abi.encodeWithSignature("Panic(uint256)", 1));
        vm.prank(address(tasks));
        nodes.onTask(task, TASK_KIND_NODE_METADATA, node, true, K);
    }
}
