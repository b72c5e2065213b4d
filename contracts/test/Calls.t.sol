// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Fixed} from "../src/Fixed.sol";
import {
    ACCOUNT_CALL_ESCROW,
    ACCOUNT_FOUNDATION,
    ACCOUNT_KEEPER,
    ACCOUNT_VALIDATOR_POT,
    AlreadyRated,
    AmountTooSmall,
    BatchMismatch,
    CallTotalsRecord,
    CursorMismatch,
    FeeAboveMaximum,
    InsufficientBalance,
    InsufficientPrepaid,
    KIND_TASK,
    MAX_INT,
    MODEL_REGISTERED,
    MODEL_REMOVED,
    MOVE_CALL_CREATOR,
    MOVE_CALL_FOUNDATION,
    MOVE_CALL_NODE,
    MOVE_CALL_VALIDATORS,
    MOVE_PREPAY,
    MOVE_REFUND,
    ModelNotLive,
    NODE_OFFLINE,
    NotEngagedHost,
    NotHosting,
    NotYourRequest,
    P_DN_SPLIT_BPS_BURN,
    P_DN_SPLIT_BPS_CREATOR,
    P_DN_SPLIT_BPS_FOUNDATION,
    P_DN_SPLIT_BPS_NODE,
    P_DN_SPLIT_BPS_VALIDATORS,
    P_PLACE_POLICY,
    P_REQ_TIMEOUT_MS,
    P_VAL_AUDIT_BPS,
    REQUEST_OPEN,
    REQUEST_REFUNDED,
    REQUEST_ROUTED,
    REQUEST_SERVED,
    RequestsRecord,
    ResultsOutstanding,
    SlotOutOfOrder,
    TASK_CREATED,
    TASK_KIND_OUTPUT,
    UnknownEntity,
    ValueOutOfRange,
    WrongState
} from "../src/Protocol.sol";
import {Deployment} from "./Deployment.sol";
import {SLOT_MODELS, SLOT_REQUESTS, SLOT_VERSIONS} from "./Tables.sol";

/// @notice Prepaid call rights, requests and what they pay to whom, entry point by entry point.
contract CallsTest is Deployment {
    uint64 private constant FEE = ONE;
    uint64 private constant BOUGHT = 100 * ONE;
    uint64 private constant MAX_SCALE = 1_000_000;
    uint64 private constant MAX_WU = 1_000_000;
    uint64 private model;
    uint64 private node;

    function setUp() public {
        deploy();
        populate();
        model = liveModel(CREATOR);
        node = hostsAt(hostRecord(model, 0)).node;
        by(CONSUMER);
        calls.buyCalls(BOUGHT);
    }

    function setModelState(uint64 state) private {
        poke(address(models), SLOT_MODELS + 6 * uint256(model), 1, state);
    }

    function nodeOwner() private view returns (uint64) {
        return nodesAt(node).owner;
    }

    /// @dev A node without a replica of the model.
    function strangerNode() private view returns (uint64 other) {
        for (other = 1; models.isHosting(model, other); ++other) {}
    }

    // buyCalls, withdrawCalls

    function test_buyCalls_givenUnits_movesThemToTheEscrow() public {
        emits(address(token));
        emit Moved(A, ACCOUNT_CALL_ESCROW, 7, MOVE_PREPAY);
        by(A);
        calls.buyCalls(7);
        assertEq(prepaidAt(A).freeUnits, 7);
        assertEq(prepaidAt(A).lockedUnits, 0);
        assertEq(callTotals().freeUnits, BOUGHT + 7);
        assertEq(walletsAt(ACCOUNT_CALL_ESCROW), BOUGHT + 7);
    }

    function test_buyCalls_givenTheGuards_isRefusedInTheirOrder() public {
        refusedBy(A, AmountTooSmall.selector, 0, 1);
        calls.buyCalls(0);
        refusedBy(A, InsufficientBalance.selector, OPENING, OPENING + 1);
        calls.buyCalls(OPENING + 1);
    }

    function test_withdrawCalls_givenFreeUnits_paysThemBack() public {
        uint64 before = walletsAt(CONSUMER);
        emits(address(token));
        emit Moved(ACCOUNT_CALL_ESCROW, CONSUMER, BOUGHT, MOVE_REFUND);
        by(CONSUMER);
        calls.withdrawCalls(BOUGHT);
        assertEq(walletsAt(CONSUMER), before + BOUGHT);
        assertEq(prepaidAt(CONSUMER).freeUnits, 0);
        assertEq(callTotals().freeUnits, 0);
    }

    function test_withdrawCalls_givenTheGuards_isRefusedInTheirOrder() public {
        refusedBy(A, AmountTooSmall.selector, 0, 1);
        calls.withdrawCalls(0);
        refusedBy(A, InsufficientPrepaid.selector, 0, 1);
        calls.withdrawCalls(1);
        ask(CONSUMER, model);
        refusedBy(CONSUMER, InsufficientPrepaid.selector, BOUGHT - FEE, BOUGHT);
        calls.withdrawCalls(BOUGHT);
    }

    // requestInference

    function test_requestInference_givenALiveModel_locksTheFee() public {
        by(CONSUMER);
        calls.requestInference(model, 2_500, 3 * ONE);
        RequestsRecord memory q = requestsAt(1);
        RequestsRecord memory expected;
        (expected.consumer, expected.model, expected.feeUnits) = (CONSUMER, model, 2_500_000);
        (expected.state, expected.version, expected.wu, expected.scaleMil) = (REQUEST_OPEN, 1, 25, 2_500);
        assertEq(abi.encode(q), abi.encode(expected));
        assertEq(prepaidAt(CONSUMER).freeUnits, BOUGHT - 2_500_000);
        assertEq(prepaidAt(CONSUMER).lockedUnits, 2_500_000);
        CallTotalsRecord memory t = callTotals();
        assertEq(t.slot, clockTotals().slotCount);
        assertEq(t.requestCount, 1);
        assertEq(t.freeUnits, BOUGHT - 2_500_000);
        assertEq(t.lockedUnits, 2_500_000);
        assertEq(modelsAt(model).requestCount, 1);
        assertEq(walletsAt(ACCOUNT_CALL_ESCROW), BOUGHT);
    }

    function testFuzz_requestInference_givenAnySize_roundsTheFeeUpAndTheWorkDownButNotToZero(
        uint64 feeUnits,
        uint64 scaleMil,
        uint64 wu
    ) public {
        feeUnits = uint64(bound(feeUnits, 1, 10 * ONE));
        scaleMil = uint64(bound(scaleMil, 1, 10_000));
        wu = uint64(bound(wu, 1, 100_000));
        poke(address(models), SLOT_MODELS + 6 * uint256(model), 3, feeUnits);
        poke(address(models), SLOT_VERSIONS + 3, 3, wu);
        by(CONSUMER);
        calls.requestInference(model, scaleMil, WHOLE);
        uint256 exact = uint256(feeUnits) * scaleMil;
        assertGe(uint256(requestsAt(1).feeUnits) * 1_000, exact);
        assertLt(uint256(requestsAt(1).feeUnits - 1) * 1_000, exact);
        uint256 work = uint256(wu) * scaleMil / 1_000;
        assertEq(requestsAt(1).wu, work == 0 ? 1 : work);
    }

    function request(uint64 ofModel, uint64 scaleMil, uint64 maxFeeUnits) private {
        by(CONSUMER);
        calls.requestInference(ofModel, scaleMil, maxFeeUnits);
    }

    function test_requestInference_givenTheGuards_isRefusedInTheirOrder() public {
        refused(UnknownEntity.selector, 0, 1);
        request(0, 0, 0);
        refused(UnknownEntity.selector, 2, 1);
        request(2, 0, 0);
        setModelState(MODEL_REGISTERED);
        refused(ModelNotLive.selector, model, MODEL_REGISTERED);
        request(model, 0, 0);
        setModelState(MODEL_REMOVED);
        refused(ModelNotLive.selector, model, MODEL_REMOVED);
        request(model, 0, 0);
        setModelState(12);
        refused(ValueOutOfRange.selector, 0, MAX_SCALE);
        request(model, 0, 0);
        refused(ValueOutOfRange.selector, MAX_SCALE + 1, MAX_SCALE);
        request(model, MAX_SCALE + 1, 0);
        poke(address(models), SLOT_VERSIONS + 3, 3, 1_001);
        refused(ValueOutOfRange.selector, 1_001_000, MAX_WU);
        request(model, MAX_SCALE, 0);
        refused(FeeAboveMaximum.selector, FEE, FEE - 1);
        request(model, 1_000, FEE - 1);
        refused(InsufficientPrepaid.selector, BOUGHT, BOUGHT + 1_000);
        request(model, 100_001, BOUGHT + 1_000);
        request(model, 100_000, BOUGHT);
        assertEq(prepaidAt(CONSUMER).freeUnits, 0);
    }

    function test_requestInference_givenANewSlot_startsTheNumbersAnew() public {
        callOnce(CONSUMER, model, 0);
        ask(CONSUMER, model);
        nextSlot(WHOLE);
        assertEq(ask(CONSUMER, model), 1);
        CallTotalsRecord memory t = callTotals();
        assertEq(t.slot, clockTotals().slotCount);
        assertEq(t.routedCount, 0);
        assertEq(t.closedCount, 0);
        assertEq(t.auditedCount, 0);
        RequestsRecord memory q = requestsAt(1);
        assertEq(q.state, REQUEST_OPEN);
        assertEq(q.node, 0);
        assertEq(q.answerId, 0);
        assertEq(q.latencyMs, 0);
        assertEq(t.servedCount, 1);
        assertEq(t.refundedCount, 1);
    }

    function test_requestInference_givenUnclosedRequestsOfTheLastSlot_isRefused() public {
        ask(CONSUMER, model);
        openSlot();
        refused(ResultsOutstanding.selector, 0, 1);
        request(model, 1_000, WHOLE);
        closeRequests();
        ask(CONSUMER, model);
        assertEq(callTotals().requestCount, 1);
    }

    // routeRequests

    function test_routeRequests_givenAReplica_assignsTheRequest() public {
        ask(CONSUMER, model);
        emits(address(calls));
        emit RequestRouted(1, model, node);
        by(K);
        calls.routeRequests(0, 1, listOf(node));
        assertEq(requestsAt(1).node, node);
        assertEq(requestsAt(1).state, REQUEST_ROUTED);
        assertEq(callTotals().routedCount, 1);
        assertEq(nodeEraAt(node).assignedCount, 1);
    }

    function test_routeRequests_givenNoReplica_leavesTheRequestOpen() public {
        ask(CONSUMER, model);
        vm.recordLogs();
        by(K);
        calls.routeRequests(0, 1, listOf(0));
        assertEq(vm.getRecordedLogs().length, 0);
        assertEq(requestsAt(1).state, REQUEST_OPEN);
        assertEq(callTotals().routedCount, 1);
    }

    function test_routeRequests_givenTheGuards_isRefusedInTheirOrder() public {
        ask(CONSUMER, model);
        ask(CONSUMER, model);
        refusedBy(K, CursorMismatch.selector, 1, 0);
        calls.routeRequests(1, 9, listOf(node));
        refusedBy(K, ValueOutOfRange.selector, 3, 2);
        calls.routeRequests(0, 3, listOf(node));
        refusedBy(K, BatchMismatch.selector, 1, 2);
        calls.routeRequests(0, 2, listOf(node));
        poke(address(calls), SLOT_REQUESTS + 4, 4, REQUEST_REFUNDED);
        refusedBy(K, WrongState.selector, REQUEST_REFUNDED, 0);
        calls.routeRequests(0, 1, listOf(node));
        poke(address(calls), SLOT_REQUESTS + 4, 4, REQUEST_OPEN);
        uint64 stranger = strangerNode();
        refusedBy(K, NotHosting.selector, stranger, model);
        calls.routeRequests(0, 1, listOf(stranger));
        by(K);
        nodes.loseHeartbeat(node);
        refusedBy(K, WrongState.selector, NODE_OFFLINE, 0);
        calls.routeRequests(0, 1, listOf(node));
        route(0);
        refusedBy(K, CursorMismatch.selector, 0, 1);
        calls.routeRequests(0, 1, listOf(0));
        refusedBy(K, ValueOutOfRange.selector, 0, 2);
        calls.routeRequests(1, 0, listOf(0));
    }

    function test_routeRequests_givenAnExitingNode_isAccepted() public {
        ask(CONSUMER, model);
        by(nodeOwner());
        nodes.requestExit(node);
        route(node);
        assertEq(requestsAt(1).state, REQUEST_ROUTED);
    }

    function test_routeRequests_givenARemovedModel_findsNoHost() public {
        ask(CONSUMER, model);
        by(CREATOR);
        models.removeModel(model);
        refusedBy(K, NotHosting.selector, node, model);
        calls.routeRequests(0, 1, listOf(node));
        route(0);
    }

    // serveRequest

    function test_serveRequest_givenAnAnswer_dividesTheFee() public {
        ask(CONSUMER, model);
        route(node);
        uint64 owner = nodeOwner();
        uint64 supply = tokenTotals().supplyUnits;
        emits(address(token));
        emit Moved(ACCOUNT_CALL_ESCROW, CREATOR, 300_000, MOVE_CALL_CREATOR);
        emits(address(token));
        emit Moved(ACCOUNT_CALL_ESCROW, owner, 500_000, MOVE_CALL_NODE);
        emits(address(token));
        emit Moved(ACCOUNT_CALL_ESCROW, ACCOUNT_VALIDATOR_POT, 180_000, MOVE_CALL_VALIDATORS);
        emits(address(token));
        emit Burnt(ACCOUNT_CALL_ESCROW, 10_000);
        emits(address(token));
        emit Moved(ACCOUNT_CALL_ESCROW, ACCOUNT_FOUNDATION, 10_000, MOVE_CALL_FOUNDATION);
        emits(address(calls));
        emit RequestServed(1, model, node, 10, FEE, 321);
        by(owner);
        calls.serveRequest(1, 55, 56, 321);
        RequestsRecord memory q = requestsAt(1);
        assertEq(q.state, REQUEST_SERVED);
        assertEq(q.answerId, 55);
        assertEq(q.commitmentId, 56);
        assertEq(q.latencyMs, 321);
        assertEq(prepaidAt(CONSUMER).lockedUnits, 0);
        assertEq(callTotals().lockedUnits, 0);
        assertEq(callTotals().servedCount, 1);
        assertEq(tokenTotals().supplyUnits, supply - 10_000);
        assertEq(modelsAt(model).successCount, 1);
        assertEq(modelsAt(model).eraWu, 10);
        assertEq(nodeEraAt(node).finishedCount, 1);
        assertEq(nodeEraAt(node).acceptedWu, 10);
        assertEq(walletsAt(ACCOUNT_CALL_ESCROW), BOUGHT - FEE);
    }

    /// F-32, INV-42
    function testFuzz_serveRequest_givenAnyFeeAndSplit_partsSumToTheFee(uint64 feeUnits, uint64[4] memory cuts) public {
        feeUnits = uint64(bound(feeUnits, 1, BOUGHT));
        poke(address(models), SLOT_MODELS + 6 * uint256(model), 3, feeUnits);
        uint256[5] memory split = [
            P_DN_SPLIT_BPS_CREATOR,
            P_DN_SPLIT_BPS_NODE,
            P_DN_SPLIT_BPS_VALIDATORS,
            P_DN_SPLIT_BPS_BURN,
            P_DN_SPLIT_BPS_FOUNDATION
        ];
        uint64 left = 10_000;
        for (uint256 i; i < 4; ++i) {
            cuts[i] = uint64(bound(cuts[i], 0, left));
            setParam(split[i], cuts[i]);
            left -= cuts[i];
        }
        setParam(split[4], left);
        ask(CONSUMER, model);
        route(node);
        uint64[5] memory before = ends();
        serve(1, 50);
        uint64[5] memory afterwards = ends();
        uint64 sum;
        for (uint256 i; i < 5; ++i) {
            uint64 part = afterwards[i] - before[i];
            // Running sums: within a unit of its own share.
            uint256 share = uint256(feeUnits) * (i < 4 ? cuts[i] : left) / 10_000;
            vm.assertApproxEqAbs(part, share, 1);
            sum += part;
        }
        assertEq(sum, feeUnits, "F-32");
        assertEq(walletsAt(ACCOUNT_CALL_ESCROW), BOUGHT - feeUnits);
    }

    /// @dev The five ends of a fee: creator, node, validators, burnt, foundation.
    function ends() private view returns (uint64[5] memory) {
        return [
            walletsAt(CREATOR),
            walletsAt(nodeOwner()),
            walletsAt(ACCOUNT_VALIDATOR_POT),
            tokenTotals().burntUnits,
            walletsAt(ACCOUNT_FOUNDATION)
        ];
    }

    function test_serveRequest_givenTheGuards_isRefusedInTheirOrder() public {
        uint64 timeoutMs = param(P_REQ_TIMEOUT_MS);
        uint64 owner = nodeOwner();
        refusedBy(A, UnknownEntity.selector, 1, 0);
        calls.serveRequest(1, 0, 0, 0);
        ask(CONSUMER, model);
        refusedBy(A, UnknownEntity.selector, 0, 1);
        calls.serveRequest(0, 0, 0, 0);
        refusedBy(A, UnknownEntity.selector, 2, 1);
        calls.serveRequest(2, 0, 0, 0);
        refusedBy(A, WrongState.selector, REQUEST_OPEN, 0);
        calls.serveRequest(1, 0, 0, 0);
        route(node);
        refusedBy(A, NotEngagedHost.selector, A, owner);
        calls.serveRequest(1, uint64(MAX_INT + 1), uint64(MAX_INT + 1), timeoutMs + 1);
        refusedBy(owner, ValueOutOfRange.selector, timeoutMs + 1, timeoutMs);
        calls.serveRequest(1, uint64(MAX_INT + 1), uint64(MAX_INT + 1), timeoutMs + 1);
        refusedBy(owner, ValueOutOfRange.selector, uint64(MAX_INT + 1), uint64(MAX_INT));
        calls.serveRequest(1, uint64(MAX_INT + 1), uint64(MAX_INT + 2), timeoutMs);
        refusedBy(owner, ValueOutOfRange.selector, uint64(MAX_INT + 2), uint64(MAX_INT));
        calls.serveRequest(1, uint64(MAX_INT), uint64(MAX_INT + 2), timeoutMs);
        by(owner);
        calls.serveRequest(1, uint64(MAX_INT), uint64(MAX_INT), timeoutMs);
        refusedBy(owner, WrongState.selector, REQUEST_SERVED, 0);
        calls.serveRequest(1, 0, 0, 0);
    }

    function test_serveRequest_givenAReplicaThatMovedMeanwhile_isStillAnswered() public {
        ask(CONSUMER, model);
        route(node);
        by(K);
        nodes.loseHeartbeat(node);
        setParam(P_PLACE_POLICY, 2);
        by(K);
        models.replaceHost(model, 0);
        assertFalse(models.isHosting(model, node));
        serve(1, 50);
        assertEq(requestsAt(1).state, REQUEST_SERVED);
    }

    function test_serveRequest_givenARemovedModel_isRefused() public {
        ask(CONSUMER, model);
        route(node);
        by(CREATOR);
        models.removeModel(model);
        refusedBy(nodeOwner(), NotHosting.selector, node, model);
        calls.serveRequest(1, 0, 0, 0);
    }

    function test_serveRequest_givenALaterSlot_isRefused() public {
        ask(CONSUMER, model);
        route(node);
        openSlot();
        refusedBy(nodeOwner(), UnknownEntity.selector, 1, 0);
        calls.serveRequest(1, 0, 0, 0);
    }

    // closeRequests

    function test_closeRequests_givenUnansweredRequests_refundsThem() public {
        callOnce(CONSUMER, model, 0);
        ask(CONSUMER, model);
        ask(CONSUMER, model);
        by(K);
        calls.routeRequests(1, 2, listOf(node));
        emits(address(calls));
        emit RequestRefunded(2, model, node, FEE);
        emits(address(calls));
        emit RequestRefunded(3, model, 0, FEE);
        by(K);
        calls.closeRequests(0, 3);
        assertEq(requestsAt(1).state, REQUEST_SERVED);
        assertEq(requestsAt(2).state, REQUEST_REFUNDED);
        assertEq(requestsAt(3).state, REQUEST_REFUNDED);
        assertEq(prepaidAt(CONSUMER).freeUnits, BOUGHT - FEE);
        assertEq(prepaidAt(CONSUMER).lockedUnits, 0);
        assertEq(callTotals().closedCount, 3);
        assertEq(callTotals().refundedCount, 2);
        assertEq(callTotals().lockedUnits, 0);
        assertEq(modelsAt(model).errorCount, 2);
    }

    function test_closeRequests_givenTheGuards_isRefusedInTheirOrder() public {
        ask(CONSUMER, model);
        refusedBy(K, CursorMismatch.selector, 1, 0);
        calls.closeRequests(1, 9);
        refusedBy(K, ValueOutOfRange.selector, 2, 1);
        calls.closeRequests(0, 2);
        by(K);
        calls.closeRequests(0, 0);
        by(K);
        calls.closeRequests(0, 1);
        refusedBy(K, ValueOutOfRange.selector, 0, 1);
        calls.closeRequests(1, 0);
        refusedBy(K, CursorMismatch.selector, 0, 1);
        calls.closeRequests(0, 1);
    }

    // auditRequests

    function test_auditRequests_givenTheNextSlot_opensATaskForTheDrawn() public {
        setParam(P_VAL_AUDIT_BPS, 10_000);
        callOnce(CONSUMER, model, 0);
        ask(CONSUMER, model);
        closeRequests();
        openSlot();
        uint64 task = lastTask() + 1;
        emits(address(tasks));
        emit Transition(KIND_TASK, task, ACCOUNT_KEEPER, 0, TASK_CREATED);
        by(K);
        calls.auditRequests(0, 2);
        assertEq(requestsAt(1).auditTask, task);
        assertEq(requestsAt(2).auditTask, 0);
        assertEq(callTotals().auditedCount, 2);
        assertEq(lastTask(), task);
        assertEq(tasksAt(task).kind, TASK_KIND_OUTPUT);
        assertEq(tasksAt(task).subject, node);
        assertEq(tasksAt(task).owner, nodeOwner());
        assertEq(tasksAt(task).referenceId, 1);
        assertEq(tasksAt(task).wu, 10);
        assertEq(tasksAt(task).answerId, 4_001);
        assertEq(tasksAt(task).commitmentId, sealedBy(nodeOwner(), 4_001));
        assertEq(tasksAt(task).nonceId, Fixed.rnd(clock.beacon(), Fixed.PURPOSE_NONCE, task, 0));
    }

    /// VAL-15: from the answer to the sketch.
    function test_auditRequests_givenAnAuditedAnswer_canBeOpenedByTheNodeThatGaveIt() public {
        setParam(P_VAL_AUDIT_BPS, 10_000);
        callOnce(CONSUMER, model, 0);
        closeRequests();
        openSlot();
        by(K);
        calls.auditRequests(0, 1);
        uint64 task = lastTask();
        by(nodeOwner());
        tasks.revealSketch(task, outputOf(4_001), saltOf(4_001), 77);
        assertEq(tasksAt(task).sketchId, 77);
    }

    function test_requestInference_givenTheNextSlot_forgetsWhatWasCommittedTo() public {
        callOnce(CONSUMER, model, 0);
        assertEq(requestsAt(1).commitmentId, sealedBy(nodeOwner(), 4_001));
        closeRequests();
        openSlot();
        ask(CONSUMER, model);
        assertEq(requestsAt(1).commitmentId, 0);
    }

    function test_auditRequests_givenAShare_drawsByTheBeaconOfTheNewSlot() public {
        for (uint256 i; i < 12; ++i) {
            callOnce(CONSUMER, model, 0);
        }
        closeRequests();
        openSlot();
        by(K);
        calls.auditRequests(0, 12);
        uint256 drawn;
        for (uint64 i = 1; i <= 12; ++i) {
            bool expected = Fixed.chance(Fixed.rnd(clock.beacon(), Fixed.PURPOSE_AUDIT, i, 0), 5_000);
            assertEq(requestsAt(i).auditTask != 0, expected);
            if (expected) ++drawn;
        }
        assertTrue(drawn > 0 && drawn < 12);
    }

    function test_auditRequests_givenTheGuards_isRefusedInTheirOrder() public {
        callOnce(CONSUMER, model, 0);
        uint64 slot = clockTotals().slotCount;
        refusedBy(K, SlotOutOfOrder.selector, slot, slot - 1);
        calls.auditRequests(0, 1);
        nextSlot(WHOLE);
        refusedBy(K, CursorMismatch.selector, 1, 0);
        calls.auditRequests(1, 1);
        refusedBy(K, ValueOutOfRange.selector, 2, 1);
        calls.auditRequests(0, 2);
        by(K);
        calls.auditRequests(0, 1);
        refusedBy(K, CursorMismatch.selector, 0, 1);
        calls.auditRequests(0, 1);
        nextSlot(WHOLE);
        refusedBy(K, SlotOutOfOrder.selector, slot, slot + 1);
        calls.auditRequests(1, 1);
    }

    function test_auditRequests_givenNoSlotYet_hasNothingToDo() public {
        deploy();
        by(K);
        calls.auditRequests(0, 0);
    }

    // rateModel

    function test_rateModel_givenAServedRequest_countsTheRating() public {
        callOnce(CONSUMER, model, 0);
        emits(address(calls));
        emit ModelRated(model, CONSUMER, 42, 42, 1);
        by(CONSUMER);
        calls.rateModel(1, 42);
        assertEq(requestsAt(1).ratedTenths, 42);
        assertEq(modelsAt(model).ratingSumTenths, 42);
        assertEq(modelsAt(model).ratingCount, 1);
    }

    function test_rateModel_givenTheGuards_isRefusedInTheirOrder() public {
        ask(CONSUMER, model);
        refusedBy(A, UnknownEntity.selector, 2, 1);
        calls.rateModel(2, 0);
        refusedBy(A, NotYourRequest.selector, A, CONSUMER);
        calls.rateModel(1, 0);
        refusedBy(CONSUMER, WrongState.selector, REQUEST_OPEN, 0);
        calls.rateModel(1, 0);
        route(node);
        serve(1, 50);
        refusedBy(CONSUMER, ValueOutOfRange.selector, 0, 50);
        calls.rateModel(1, 0);
        refusedBy(CONSUMER, ValueOutOfRange.selector, 51, 50);
        calls.rateModel(1, 51);
        by(CONSUMER);
        calls.rateModel(1, 50);
        refusedBy(CONSUMER, AlreadyRated.selector, 1, 0);
        calls.rateModel(1, 0);
        nextSlot(WHOLE);
        refusedBy(CONSUMER, UnknownEntity.selector, 1, 0);
        calls.rateModel(1, 1);
    }
}
