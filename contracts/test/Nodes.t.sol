// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    ACCOUNT_KEEPER,
    ACCOUNT_STAKE_VAULT,
    ACCOUNT_TASK_POT,
    ACCOUNT_TREASURY,
    AmountTooSmall,
    BatchMismatch,
    CapacityExhausted,
    ChangeRequired,
    DeadlineNotPassed,
    DeadlinePassed,
    EndpointNotConformant,
    ExitQueueNotOver,
    FP,
    InsufficientBalance,
    KIND_NODE,
    KIND_TASK,
    MAX_INT,
    MOVE_PENALTY,
    MOVE_STAKE,
    MOVE_TASK_FEE,
    MOVE_UNSTAKE,
    NODE_EXITING,
    NODE_META_APPROVED,
    NODE_META_REJECTED,
    NODE_META_REVIEW,
    NODE_OFFLINE,
    NODE_ONLINE,
    NODE_REGISTERED,
    NODE_RELEASED,
    NODE_REMOVED,
    NODE_RESERVED,
    NODE_VAL_REJECTED,
    NODE_VAL_REVIEW,
    NodeReportsRecord,
    NodeSlotsExhausted,
    NodesRecord,
    NotOwner,
    P_NODE_DEADLINE_TARGET,
    P_NODE_RESERVE_DEADLINE_S,
    P_NODE_STAKE_MIN,
    StillHosting,
    TASK_CREATED,
    TASK_KIND_NODE,
    TASK_KIND_NODE_METADATA,
    TaskPending,
    UnknownEntity,
    VERDICT_FAIL,
    VERDICT_PASS,
    ValueOutOfRange,
    WrongState
} from "../src/Protocol.sol";
import {Deployment} from "./Deployment.sol";
import {SLOT_NODES} from "./Tables.sol";

/// @notice The life of a node (SM-2), entry point by entry point. Work, trust, rewards and the list are in
/// NodesSettlement.t.sol.
contract NodesTest is Deployment {
    uint64 private constant STAKE_MIN = 100 * ONE;
    uint64 private constant FEE = 2 * ONE;
    uint64 private constant DEADLINE_S = 36_000;
    uint64 private constant MAX_DOMAINS = type(uint32).max;

    function setUp() public {
        deploy();
        openSlot();
        activateValidator(VAL_1);
        activateValidator(VAL_2);
        activateValidator(VAL_3);
        activateValidator(VAL_4);
        nextEra();
    }

    /// @dev Field 7 of the record is the pending task.
    function pokePending(uint64 node, uint64 task) private {
        poke(address(nodes), SLOT_NODES + 4 * node, 7, task);
    }

    function pokeState(uint64 node, uint64 state) private {
        poke(address(nodes), SLOT_NODES + 4 * node, 1, state);
    }

    function transition(uint64 node, uint64 actor, uint64 from, uint64 to) private {
        emits(address(nodes));
        emit Transition(KIND_NODE, node, actor, from, to);
    }

    /// @dev Every state but those named, one after the other, is refused by the calldata of the owner or the keeper.
    function refusedInOtherStates(uint64 node, uint64 actor, bytes memory data, uint16 allowedBits) private {
        uint64 before = nodesAt(node).state;
        for (uint64 state = NODE_RESERVED; state <= NODE_RELEASED; ++state) {
            if ((allowedBits >> state) & 1 == 1) continue;
            pokeState(node, state);
            refusedBy(actor, WrongState.selector, state, 0);
            send(address(nodes), data);
        }
        pokeState(node, before);
    }

    // reserveSlot

    function test_reserveSlot_givenAnOffer_takesASlotAgainstTheStake() public {
        emits(address(token));
        emit Moved(HOST_1, ACCOUNT_STAKE_VAULT, STAKE_MIN, MOVE_STAKE);
        emits(address(stake));
        emit StakeChanged(KIND_NODE, 1, STAKE_MIN, 0);
        transition(1, HOST_1, 0, NODE_RESERVED);
        by(HOST_1);
        nodes.reserveSlot(5, 3);

        NodesRecord memory n = nodesAt(1);
        NodesRecord memory expected;
        (expected.owner, expected.state, expected.seat) = (HOST_1, NODE_RESERVED, 1);
        (expected.domains, expected.capacityCount) = (5, 3);
        expected.deadlineS = nowS() + DEADLINE_S;
        assertEq(abi.encode(n), abi.encode(expected));
        assertEq(nodeTrustAt(1).trustFp, FP / 2);
        assertEq(nodeTrustAt(1).completionFp, FP / 2);
        assertEq(nodeTrustAt(1).behaviourFp, FP / 2);
        assertEq(nodeTrustAt(1).qualityFp, FP / 2);
        assertEq(nodeTotals().nodeCount, 1);
        assertEq(nodeTotals().seatsUsedCount, 1);
        assertEq(nodeTotals().seatsOpenedCount, 1);
        assertEq(nodeHoldersAt(1), 0);
        assertEq(nodeCollateralAt(1).ownUnits, STAKE_MIN);
    }

    function test_reserveSlot_givenAnOfferOutOfRange_isRefused() public {
        refusedBy(HOST_1, ValueOutOfRange.selector, 0, MAX_DOMAINS);
        nodes.reserveSlot(0, 1);
        refusedBy(HOST_1, ValueOutOfRange.selector, MAX_DOMAINS + 1, MAX_DOMAINS);
        nodes.reserveSlot(MAX_DOMAINS + 1, 1);
        refusedBy(HOST_1, ValueOutOfRange.selector, 0, 1_000);
        nodes.reserveSlot(1, 0);
        refusedBy(HOST_1, ValueOutOfRange.selector, 1_001, 1_000);
        nodes.reserveSlot(1, 1_001);
        by(HOST_1);
        nodes.reserveSlot(MAX_DOMAINS, 1_000);
        assertEq(nodesAt(1).domains, MAX_DOMAINS);
    }

    function test_reserveSlot_givenAllSlotsUsed_isRefused() public {
        for (uint256 i; i < 8; ++i) {
            reserveNode(HOST_1, 1, 1);
        }
        refusedBy(HOST_1, NodeSlotsExhausted.selector, 8, 8);
        nodes.reserveSlot(1, 1);
    }

    function test_reserveSlot_givenTooSmallAWallet_isRefused() public {
        by(HOST_1);
        token.transferTokens(A, OPENING - STAKE_MIN + 1);
        refusedBy(HOST_1, InsufficientBalance.selector, STAKE_MIN - 1, STAKE_MIN);
        nodes.reserveSlot(1, 1);
        by(A);
        token.transferTokens(HOST_1, 1);
        by(HOST_1);
        nodes.reserveSlot(1, 1);
        assertEq(walletsAt(HOST_1), 0);
    }

    function test_reserveSlot_givenFreedSlots_takesTheOneFreedLast() public {
        for (uint64 i; i < 3; ++i) {
            reserveNode(HOST_1, 1, 1);
        }
        wait_(DEADLINE_S + 1);
        by(K);
        nodes.expireReservation(1);
        by(K);
        nodes.expireReservation(3);
        assertEq(nodesAt(reserveNode(HOST_2, 1, 1)).seat, 3);
        assertEq(nodesAt(reserveNode(HOST_2, 1, 1)).seat, 1);
        assertEq(nodesAt(reserveNode(HOST_2, 1, 1)).seat, 4);
        assertEq(nodeTotals().freedCount, 0);
        assertEq(nodeTotals().seatsUsedCount, 4);
        assertEq(freedSeatsAt(1), 0);
    }

    function test_reserveSlot_givenNoStakeAtAll_locksNone() public {
        setParam(P_NODE_STAKE_MIN, 0);
        reserveNode(HOST_1, 1, 1);
        assertEq(nodeCollateralAt(1).ownUnits, 0);
        assertEq(walletsAt(HOST_1), OPENING);
    }

    // registerNode

    function test_registerNode_givenAReservation_mintsTheNft() public {
        uint64 node = reserveNode(HOST_1, 1, 1);
        uint64 deadlineS = nodesAt(node).deadlineS;
        transition(node, HOST_1, NODE_RESERVED, NODE_REGISTERED);
        by(HOST_1);
        nodes.registerNode(node, 1);
        assertEq(nodesAt(node).state, NODE_REGISTERED);
        assertEq(nodesAt(node).deadlineS, deadlineS);
        assertEq(nodeHoldersAt(node), HOST_1);
    }

    function test_registerNode_givenTheTargetRegistered_endsTheDeadline() public {
        setParam(P_NODE_DEADLINE_TARGET, 0);
        assertEq(nodesAt(registerNode(HOST_1)).deadlineS, 0);
    }

    function test_registerNode_givenTheGuards_isRefusedInTheirOrder() public {
        uint64 node = reserveNode(HOST_1, 1, 1);
        refusedBy(HOST_1, UnknownEntity.selector, 0, 1);
        nodes.registerNode(0, 0);
        refusedBy(HOST_1, UnknownEntity.selector, 2, 1);
        nodes.registerNode(2, 0);
        refusedBy(HOST_2, NotOwner.selector, HOST_2, HOST_1);
        nodes.registerNode(node, 0);
        wait_(DEADLINE_S + 1);
        refusedBy(HOST_1, DeadlinePassed.selector, nowS(), nowS() - 1);
        nodes.registerNode(node, 0);
        goTo(nowS() - 1);
        refusedBy(HOST_1, EndpointNotConformant.selector, 0, 0);
        nodes.registerNode(node, 0);
        by(HOST_1);
        nodes.registerNode(node, 1);
        refusedInOtherStates(node, HOST_1, abi.encodeCall(nodes.registerNode, (node, 0)), 1 << 1);
    }

    // editNode

    function test_editNode_givenARejectedNode_isTheChangeThatAnotherCheckNeeds() public {
        uint64 node = reviewNode(HOST_1, VERDICT_FAIL);
        assertEq(nodesAt(node).needsChange, 1);
        by(HOST_1);
        nodes.editNode(node, 9, 7);
        NodesRecord memory n = nodesAt(node);
        assertEq(n.domains, 9);
        assertEq(n.capacityCount, 7);
        assertEq(n.documentId, 0);
        assertEq(n.needsChange, 0);
        assertEq(n.state, NODE_META_REJECTED);
    }

    function test_editNode_givenTheGuards_isRefusedInTheirOrder() public {
        uint64 node = registerNode(HOST_1);
        refusedBy(HOST_1, UnknownEntity.selector, 2, 1);
        nodes.editNode(2, 0, 0);
        refusedBy(HOST_2, NotOwner.selector, HOST_2, HOST_1);
        nodes.editNode(node, 0, 0);
        refusedInOtherStates(node, HOST_1, abi.encodeCall(nodes.editNode, (node, 0, 0)), 1 << 2 | 1 << 5 | 1 << 7);
        refusedBy(HOST_1, ValueOutOfRange.selector, 0, MAX_DOMAINS);
        nodes.editNode(node, 0, 0);
        refusedBy(HOST_1, ValueOutOfRange.selector, 1_001, 1_000);
        nodes.editNode(node, 1, 1_001);
    }

    // submitNodeMetadata

    function test_submitNodeMetadata_givenARegisteredNode_opensItsCheckForAFee() public {
        uint64 node = registerNode(HOST_1);
        uint64 before = walletsAt(HOST_1);
        transition(node, HOST_1, NODE_REGISTERED, NODE_META_REVIEW);
        emits(address(tasks));
        emit Transition(KIND_TASK, 1, HOST_1, 0, TASK_CREATED);
        emits(address(token));
        emit Moved(HOST_1, ACCOUNT_TASK_POT, FEE, MOVE_TASK_FEE);
        by(HOST_1);
        nodes.submitNodeMetadata(node, 44);
        NodesRecord memory n = nodesAt(node);
        assertEq(n.state, NODE_META_REVIEW);
        assertEq(n.documentId, 44);
        assertEq(n.pendingTask, 1);
        assertEq(n.pausedAtS, nowS());
        assertEq(tasksAt(1).kind, TASK_KIND_NODE_METADATA);
        assertEq(tasksAt(1).subject, node);
        assertEq(tasksAt(1).owner, HOST_1);
        assertEq(tasksAt(1).referenceId, 44);
        assertEq(walletsAt(HOST_1), before - FEE);
    }

    function test_submitNodeMetadata_givenTheGuards_isRefusedInTheirOrder() public {
        uint64 node = registerNode(HOST_1);
        refusedBy(HOST_1, UnknownEntity.selector, 2, 1);
        nodes.submitNodeMetadata(2, 0);
        refusedBy(HOST_2, NotOwner.selector, HOST_2, HOST_1);
        nodes.submitNodeMetadata(node, 0);
        refusedInOtherStates(node, HOST_1, abi.encodeCall(nodes.submitNodeMetadata, (node, 0)), 1 << 2 | 1 << 5);
        poke(address(nodes), SLOT_NODES + 4 * node, 12, 1);
        refusedBy(HOST_1, ChangeRequired.selector, node, 0);
        nodes.submitNodeMetadata(node, 0);
        poke(address(nodes), SLOT_NODES + 4 * node, 12, 0);
        refusedBy(HOST_1, ValueOutOfRange.selector, 0, 0);
        nodes.submitNodeMetadata(node, 0);
        refusedBy(HOST_1, ValueOutOfRange.selector, uint64(MAX_INT + 1), uint64(MAX_INT));
        nodes.submitNodeMetadata(node, uint64(MAX_INT + 1));
        goTo(nodesAt(node).deadlineS + 1);
        refusedBy(HOST_1, DeadlinePassed.selector, nowS(), nowS() - 1);
        nodes.submitNodeMetadata(node, 1);
        goTo(nowS() - 1);
        by(HOST_1);
        token.transferTokens(A, OPENING - STAKE_MIN - FEE + 1);
        refusedBy(HOST_1, InsufficientBalance.selector, FEE - 1, FEE);
        nodes.submitNodeMetadata(node, 1);
    }

    function test_submitNodeMetadata_givenARejectionWithoutChange_isRefused() public {
        uint64 node = reviewNode(HOST_1, VERDICT_FAIL);
        refusedBy(HOST_1, ChangeRequired.selector, node, 0);
        nodes.submitNodeMetadata(node, 1);
        by(HOST_1);
        nodes.editNode(node, 1, 1);
        by(HOST_1);
        nodes.submitNodeMetadata(node, 1);
        assertEq(nodesAt(node).state, NODE_META_REVIEW);
    }

    // requestNodeValidation

    function test_requestNodeValidation_givenApprovedMetadata_opensTheFullCheck() public {
        uint64 node = reviewNode(HOST_1, VERDICT_PASS);
        transition(node, HOST_1, NODE_META_APPROVED, NODE_VAL_REVIEW);
        emits(address(token));
        emit Moved(HOST_1, ACCOUNT_TASK_POT, FEE, MOVE_TASK_FEE);
        by(HOST_1);
        nodes.requestNodeValidation(node);
        assertEq(nodesAt(node).pendingTask, 2);
        assertEq(tasksAt(2).kind, TASK_KIND_NODE);
        assertEq(tasksAt(2).referenceId, nodesAt(node).documentId);
    }

    function test_requestNodeValidation_givenTheGuards_isRefusedInTheirOrder() public {
        uint64 node = reviewNode(HOST_1, VERDICT_PASS);
        refusedBy(HOST_1, UnknownEntity.selector, 2, 1);
        nodes.requestNodeValidation(2);
        refusedBy(HOST_2, NotOwner.selector, HOST_2, HOST_1);
        nodes.requestNodeValidation(node);
        refusedInOtherStates(node, HOST_1, abi.encodeCall(nodes.requestNodeValidation, (node)), 1 << 4 | 1 << 7);
        poke(address(nodes), SLOT_NODES + 4 * node, 12, 1);
        refusedBy(HOST_1, ChangeRequired.selector, node, 0);
        nodes.requestNodeValidation(node);
        poke(address(nodes), SLOT_NODES + 4 * node, 12, 0);
        goTo(nodesAt(node).deadlineS + 1);
        refusedBy(HOST_1, DeadlinePassed.selector, nowS(), nowS() - 1);
        nodes.requestNodeValidation(node);
        goTo(nowS() - 1);
        by(HOST_1);
        token.transferTokens(A, OPENING - STAKE_MIN - 2 * FEE + 1);
        refusedBy(HOST_1, InsufficientBalance.selector, FEE - 1, FEE);
        nodes.requestNodeValidation(node);
    }

    // onTask: what a settled check does

    function test_onTask_givenPassedMetadata_approvesAndLetsTheDeadlineRunOn() public {
        uint64 node = registerNode(HOST_1);
        uint64 deadlineS = nodesAt(node).deadlineS;
        by(HOST_1);
        nodes.submitNodeMetadata(node, 1);
        wait_(500);
        assign(1);
        submitAll(1, VERDICT_PASS, 1);
        transition(node, ACCOUNT_KEEPER, NODE_META_REVIEW, NODE_META_APPROVED);
        settle(1);
        assertEq(nodesAt(node).state, NODE_META_APPROVED);
        assertEq(nodesAt(node).pendingTask, 0);
        assertEq(nodesAt(node).deadlineS, deadlineS + 500);
        assertEq(nodesAt(node).needsChange, 0);
    }

    function test_onTask_givenFailedMetadata_rejectsAndAsksForAChange() public {
        uint64 node = reviewNode(HOST_1, VERDICT_FAIL);
        assertEq(nodesAt(node).state, NODE_META_REJECTED);
        assertEq(nodesAt(node).needsChange, 1);
    }

    function test_onTask_givenAPassedValidation_bringsTheNodeOnline() public {
        uint64 node = reviewNode(HOST_1, VERDICT_PASS);
        by(HOST_1);
        nodes.requestNodeValidation(node);
        assign(2);
        submitAll(2, VERDICT_PASS, 1);
        transition(node, ACCOUNT_KEEPER, NODE_VAL_REVIEW, NODE_ONLINE);
        settle(2);
        assertEq(nodesAt(node).state, NODE_ONLINE);
        assertEq(nodesAt(node).deadlineS, 0);
        assertEq(nodeTotals().onlineCount, 1);
    }

    function test_onTask_givenAFailedValidation_rejectsAndMayBeAskedAgainAfterAChange() public {
        uint64 node = reviewNode(HOST_1, VERDICT_PASS);
        by(HOST_1);
        nodes.requestNodeValidation(node);
        decide(2, VERDICT_FAIL);
        assertEq(nodesAt(node).state, NODE_VAL_REJECTED);
        refusedBy(HOST_1, ChangeRequired.selector, node, 0);
        nodes.requestNodeValidation(node);
        by(HOST_1);
        nodes.editNode(node, 1, 1);
        by(HOST_1);
        nodes.requestNodeValidation(node);
        assertEq(nodesAt(node).state, NODE_VAL_REVIEW);
        assertEq(nodeTotals().onlineCount, 0);
    }

    function test_onTask_givenAnotherTaskThanTheOneWaitedFor_isAnErrorOfOurs() public {
        uint64 node = registerNode(HOST_1);
        by(HOST_1);
        nodes.submitNodeMetadata(node, 1);
        bytes memory panic = abi.encodeWithSignature("Panic(uint256)", 1);
        vm.expectRevert(panic);
        vm.prank(address(tasks));
        nodes.onTask(2, TASK_KIND_NODE_METADATA, node, true, K);
        vm.expectRevert(panic);
        vm.prank(address(tasks));
        nodes.onTask(1, TASK_KIND_NODE, node, true, K);
    }

    // topUpNode

    function test_topUpNode_givenUnits_addsToTheStake() public {
        uint64 node = registerNode(HOST_1);
        emits(address(stake));
        emit StakeChanged(KIND_NODE, node, STAKE_MIN + 6, 0);
        by(HOST_1);
        nodes.topUpNode(node, 6);
        assertEq(nodeCollateralAt(node).ownUnits, STAKE_MIN + 6);
    }

    function test_topUpNode_givenTheGuards_isRefusedInTheirOrder() public {
        uint64 node = registerNode(HOST_1);
        refusedBy(HOST_1, UnknownEntity.selector, 2, 1);
        nodes.topUpNode(2, 0);
        refusedBy(HOST_2, NotOwner.selector, HOST_2, HOST_1);
        nodes.topUpNode(node, 0);
        refusedInOtherStates(node, HOST_1, abi.encodeCall(nodes.topUpNode, (node, 0)), 0x7fe);
        refusedBy(HOST_1, AmountTooSmall.selector, 0, 1);
        nodes.topUpNode(node, 0);
        uint64 left = walletsAt(HOST_1);
        refusedBy(HOST_1, InsufficientBalance.selector, left, left + 1);
        nodes.topUpNode(node, left + 1);
    }

    // requestExit, reportExitError, finaliseExit

    function test_requestExit_givenAnOnlineNode_entersTheQueue() public {
        uint64 node = onlineNode(HOST_1);
        transition(node, HOST_1, NODE_ONLINE, NODE_EXITING);
        by(HOST_1);
        nodes.requestExit(node);
        assertEq(nodesAt(node).exitEra, currentEra() + 1);
        assertEq(nodesAt(node).exitErrorCount, 0);
        assertEq(nodeTotals().onlineCount, 0);
    }

    function test_requestExit_givenAnOfflineNode_leavesTheOnlineCount() public {
        onlineNode(HOST_2);
        uint64 node = onlineNode(HOST_1);
        by(K);
        nodes.loseHeartbeat(node);
        by(HOST_1);
        nodes.requestExit(node);
        assertEq(nodesAt(node).state, NODE_EXITING);
        assertEq(nodeTotals().onlineCount, 1);
    }

    function test_requestExit_givenTheGuards_isRefusedInTheirOrder() public {
        uint64 node = onlineNode(HOST_1);
        refusedBy(HOST_1, UnknownEntity.selector, 2, 1);
        nodes.requestExit(2);
        refusedBy(HOST_2, NotOwner.selector, HOST_2, HOST_1);
        nodes.requestExit(node);
        refusedInOtherStates(node, HOST_1, abi.encodeCall(nodes.requestExit, (node)), 1 << 8 | 1 << 9);
    }

    function exiting() private returns (uint64 node) {
        node = onlineNode(HOST_1);
        by(HOST_1);
        nodes.requestExit(node);
    }

    function test_reportExitError_givenErrorsAboveTheBudget_costsStakeEachTime() public {
        uint64 node = exiting();
        by(K);
        nodes.reportExitError(node);
        assertEq(nodeCollateralAt(node).ownUnits, STAKE_MIN);
        assertEq(nodesAt(node).exitErrorCount, 1);
        // 2 % of 100, then 2 % of 98.
        emits(address(token));
        emit Moved(ACCOUNT_STAKE_VAULT, ACCOUNT_TREASURY, 2 * ONE, MOVE_PENALTY);
        by(K);
        nodes.reportExitError(node);
        by(K);
        nodes.reportExitError(node);
        assertEq(nodeCollateralAt(node).ownUnits, STAKE_MIN - 2 * ONE - 1_960_000);
    }

    function test_reportExitError_givenTheGuards_isRefusedInTheirOrder() public {
        uint64 node = exiting();
        refusedBy(K, UnknownEntity.selector, 2, 1);
        nodes.reportExitError(2);
        refusedInOtherStates(node, K, abi.encodeCall(nodes.reportExitError, (node)), 1 << 10);
    }

    function test_finaliseExit_givenTheEndOfTheQueue_returnsTheStakeAndFreesTheSlot() public {
        uint64 node = exiting();
        uint64 before = walletsAt(HOST_1);
        nextEra();
        emits(address(token));
        emit Moved(ACCOUNT_STAKE_VAULT, HOST_1, STAKE_MIN, MOVE_UNSTAKE);
        transition(node, HOST_1, NODE_EXITING, NODE_REMOVED);
        by(HOST_1);
        nodes.finaliseExit(node);
        assertEq(nodesAt(node).state, NODE_REMOVED);
        assertEq(nodesAt(node).seat, 0);
        assertEq(nodeTotals().seatsUsedCount, 0);
        assertEq(nodeTotals().freedCount, 1);
        assertEq(freedSeatsAt(1), 1);
        assertEq(nodeHoldersAt(node), 0);
        assertEq(nodeCollateralAt(node).ownUnits, 0);
        assertEq(walletsAt(HOST_1), before + STAKE_MIN);
    }

    function test_finaliseExit_givenTheGuards_isRefusedInTheirOrder() public {
        uint64 node = exiting();
        refusedBy(HOST_1, UnknownEntity.selector, 2, 1);
        nodes.finaliseExit(2);
        refusedBy(HOST_2, NotOwner.selector, HOST_2, HOST_1);
        nodes.finaliseExit(node);
        refusedInOtherStates(node, HOST_1, abi.encodeCall(nodes.finaliseExit, (node)), 1 << 10);
        vm.prank(address(models));
        nodes.addLoad(node);
        pokePending(node, 9);
        refusedBy(HOST_1, ExitQueueNotOver.selector, 1, 2);
        nodes.finaliseExit(node);
        nextEra();
        refusedBy(HOST_1, StillHosting.selector, 1, 0);
        nodes.finaliseExit(node);
        vm.prank(address(models));
        nodes.removeLoad(node);
        refusedBy(HOST_1, TaskPending.selector, 9, 0);
        nodes.finaliseExit(node);
        pokePending(node, 0);
        by(HOST_1);
        nodes.finaliseExit(node);
    }

    // expireReservation

    function test_expireReservation_givenAPassedDeadline_keepsAShareAndFreesTheSlot() public {
        uint64 node = reserveNode(HOST_1, 1, 1);
        wait_(DEADLINE_S + 1);
        emits(address(token));
        emit Moved(ACCOUNT_STAKE_VAULT, ACCOUNT_TREASURY, 5 * ONE, MOVE_PENALTY);
        emits(address(token));
        emit Moved(ACCOUNT_STAKE_VAULT, HOST_1, 95 * ONE, MOVE_UNSTAKE);
        transition(node, ACCOUNT_KEEPER, NODE_RESERVED, NODE_RELEASED);
        by(K);
        nodes.expireReservation(node);
        assertEq(nodesAt(node).state, NODE_RELEASED);
        assertEq(nodesAt(node).seat, 0);
        assertEq(nodeTotals().seatsUsedCount, 0);
        assertEq(walletsAt(HOST_1), OPENING - 5 * ONE);
        assertEq(nodeCollateralAt(node).ownUnits, 0);
    }

    function test_expireReservation_givenARegisteredNode_burnsItsNft() public {
        uint64 node = registerNode(HOST_1);
        wait_(DEADLINE_S + 1);
        by(K);
        nodes.expireReservation(node);
        assertEq(nodeHoldersAt(node), 0);
        assertEq(nft.balanceOf(addressOf(HOST_1), nft.idOf(KIND_NODE, node)), 0);
    }

    function test_expireReservation_givenTheGuards_isRefusedInTheirOrder() public {
        uint64 node = registerNode(HOST_1);
        refusedBy(K, UnknownEntity.selector, 2, 1);
        nodes.expireReservation(2);
        refusedInOtherStates(node, K, abi.encodeCall(nodes.expireReservation, (node)), 0xfe);
        by(HOST_1);
        nodes.submitNodeMetadata(node, 1);
        uint64 deadlineS = nodesAt(node).deadlineS;
        goTo(deadlineS);
        refusedBy(K, DeadlineNotPassed.selector, deadlineS, deadlineS);
        nodes.expireReservation(node);
        goTo(deadlineS + 1);
        refusedBy(K, TaskPending.selector, 1, 0);
        nodes.expireReservation(node);
    }

    function test_expireReservation_givenNoDeadline_isRefused() public {
        setParam(P_NODE_DEADLINE_TARGET, 0);
        uint64 node = registerNode(HOST_1);
        wait_(10 * DEADLINE_S);
        refusedBy(K, DeadlineNotPassed.selector, nowS(), 0);
        nodes.expireReservation(node);
    }

    function testFuzz_expireReservation_givenAnyTime_isPossibleExactlyAfterTheDeadline(uint64 deadlineS, uint64 later)
        public
    {
        deadlineS = uint64(bound(deadlineS, 3_600, 2_592_000));
        setParam(P_NODE_RESERVE_DEADLINE_S, deadlineS);
        uint64 node = reserveNode(HOST_1, 1, 1);
        wait_(uint64(bound(later, 0, 2 * deadlineS)));
        bool isOver = nowS() > nodesAt(node).deadlineS;
        by(K);
        (bool ok,) = address(nodes).call(abi.encodeCall(nodes.expireReservation, (node)));
        assertEq(ok, isOver);
    }

    // loseHeartbeat, restoreHeartbeat

    function test_loseHeartbeat_givenAnOnlineNode_isOfflineUntilItIsRestored() public {
        uint64 node = onlineNode(HOST_1);
        transition(node, ACCOUNT_KEEPER, NODE_ONLINE, NODE_OFFLINE);
        by(K);
        nodes.loseHeartbeat(node);
        assertEq(nodesAt(node).state, NODE_OFFLINE);
        assertEq(nodeReportsAt(node).offlineSinceS, nowS());
        assertEq(nodeTotals().onlineCount, 0);
        wait_(10);
        transition(node, ACCOUNT_KEEPER, NODE_OFFLINE, NODE_ONLINE);
        by(K);
        nodes.restoreHeartbeat(node);
        assertEq(nodesAt(node).state, NODE_ONLINE);
        assertEq(nodeReportsAt(node).offlineSinceS, 0);
        assertEq(nodeTotals().onlineCount, 1);
    }

    function test_heartbeats_givenTheGuards_areRefusedInTheirOrder() public {
        uint64 node = onlineNode(HOST_1);
        refusedBy(K, UnknownEntity.selector, 0, 1);
        nodes.loseHeartbeat(0);
        refusedBy(K, UnknownEntity.selector, 2, 1);
        nodes.restoreHeartbeat(2);
        refusedInOtherStates(node, K, abi.encodeCall(nodes.loseHeartbeat, (node)), 1 << 8);
        refusedInOtherStates(node, K, abi.encodeCall(nodes.restoreHeartbeat, (node)), 1 << 9);
    }

    // reportNodes

    function test_reportNodes_givenWords_storesFourForEachNode() public {
        for (uint64 i; i < 3; ++i) {
            reserveNode(HOST_1, 1, 1);
        }
        uint64[] memory words = new uint64[](8);
        for (uint64 i; i < 8; ++i) {
            words[i] = 100 + i;
        }
        by(K);
        nodes.reportNodes(1, 3, words);
        assertEq(abi.encode(nodeReportsAt(1)), abi.encode(NodeReportsRecord(0, 0, 0, 0)));
        assertEq(abi.encode(nodeReportsAt(2)), abi.encode(NodeReportsRecord(100, 101, 102, 103)));
        assertEq(abi.encode(nodeReportsAt(3)), abi.encode(NodeReportsRecord(104, 105, 106, 107)));
    }

    function test_reportNodes_givenTheGuards_isRefusedInTheirOrder() public {
        reserveNode(HOST_1, 1, 1);
        refusedBy(K, ValueOutOfRange.selector, 2, 1);
        nodes.reportNodes(2, 1, new uint64[](0));
        refusedBy(K, ValueOutOfRange.selector, 2, 1);
        nodes.reportNodes(0, 2, new uint64[](0));
        refusedBy(K, BatchMismatch.selector, 3, 4);
        nodes.reportNodes(0, 1, new uint64[](3));
        refusedBy(K, BatchMismatch.selector, 1, 0);
        nodes.reportNodes(1, 1, new uint64[](1));
        uint64[] memory words = new uint64[](4);
        words[2] = uint64(MAX_INT + 1);
        refusedBy(K, ValueOutOfRange.selector, uint64(MAX_INT + 1), uint64(MAX_INT));
        nodes.reportNodes(0, 1, words);
        words[2] = uint64(MAX_INT);
        by(K);
        nodes.reportNodes(0, 1, words);
        by(K);
        nodes.reportNodes(1, 1, new uint64[](0));
    }

    // addLoad, removeLoad

    function test_addLoad_givenTheCapacity_isRefusedBeyondIt() public {
        uint64 node = reserveNode(HOST_1, 1, 2);
        for (uint256 i; i < 2; ++i) {
            vm.prank(address(models));
            nodes.addLoad(node);
        }
        assertEq(nodesAt(node).loadCount, 2);
        refused(CapacityExhausted.selector, 2, 2);
        vm.prank(address(models));
        nodes.addLoad(node);
        vm.prank(address(models));
        nodes.removeLoad(node);
        assertEq(nodesAt(node).loadCount, 1);
    }

    function test_removeLoad_givenNoLoad_isAnErrorOfOurs() public {
        uint64 node = reserveNode(HOST_1, 1, 2);
        vm.expectRevert(abi.encodeWithSignature("Panic(uint256)", 0x11));
        vm.prank(address(models));
        nodes.removeLoad(node);
    }

    function test_views_givenANode_answerFromItsRecord() public {
        uint64 node = reserveNode(HOST_1, 1, 2);
        assertEq(nodes.ownerOf(node), HOST_1);
        assertEq(nodes.stateOf(node), NODE_RESERVED);
        assertEq(nodes.nodeCount(), 1);
        assertEq(nodes.rankedCount(), 0);
        assertEq(nodes.trustFpOf(node), FP / 2);
    }
}
