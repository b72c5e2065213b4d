// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    ACCOUNT_COMMUNITY,
    ACCOUNT_FOUNDATION,
    ACCOUNT_KEEPER,
    ACCOUNT_STAKE_VAULT,
    ACCOUNT_TASK_POT,
    ACCOUNT_TREASURY,
    AlreadySet,
    AmountTooSmall,
    ChangeRequired,
    FAULT_MODEL,
    FAULT_NODE,
    HOST_DEPLOYING,
    HOST_EMPTY,
    HOST_ROTATING,
    HOST_UP,
    HostsRecord,
    InsufficientBalance,
    KIND_MODEL,
    KIND_VERSION,
    MAX_INT,
    MODEL_FUNC_REJECTED,
    MODEL_FUNC_REVIEW,
    MODEL_LIVE,
    MODEL_META_APPROVED,
    MODEL_META_REJECTED,
    MODEL_META_REVIEW,
    MODEL_PROD_DEPLOYING,
    MODEL_REGISTERED,
    MODEL_REMOVED,
    MODEL_TEST_DEPLOYED,
    MODEL_TEST_DEPLOYING,
    MODEL_TEST_FAILED,
    MOVE_CREATOR_REWARD,
    MOVE_PENALTY,
    MOVE_REGISTER_FEE,
    MOVE_STAKE,
    MOVE_TASK_FEE,
    MOVE_UNSTAKE,
    ModelsRecord,
    NODE_ONLINE,
    NoEligibleNode,
    NotEngagedHost,
    NotOwner,
    P_MODEL_DEPLOY_RETRIES,
    P_MODEL_FORCED_FORFEIT_BPS,
    P_MODEL_REGISTER_STAKE,
    P_PLACE_POLICY,
    P_ROTATE_PERIOD_ERAS,
    RATINGS_PER_MODEL,
    STEP_PAY_CREATORS,
    STEP_ROTATE_MODELS,
    TASK_KIND_MODEL,
    TASK_KIND_MODEL_METADATA,
    TaskPending,
    UnknownEntity,
    VERDICT_FAIL,
    VERDICT_PASS,
    ValueOutOfRange,
    VersionsRecord,
    WrongState
} from "../src/Protocol.sol";
import {Deployment} from "./Deployment.sol";
import {SLOT_MODELS} from "./Tables.sol";

/// @notice The life of a model (SM-1), entry point by entry point, and the creators' part of the settlement.
contract ModelsTest is Deployment {
    uint64 private constant FEE = 2 * ONE;
    uint64 private constant STAKE = 10 * ONE;
    uint64 private constant MAX_FEE = 1_000_000_000_000;
    uint64 private constant MAX_WU = 1_000_000;
    uint64 private constant TEST_HOST = 8;
    uint64 private constant RANDOM = 2;

    function setUp() public {
        deploy();
        populate();
    }

    function pokeModel(uint64 model, uint256 field, uint64 value) private {
        poke(address(models), SLOT_MODELS + 6 * uint256(model), field, value);
    }

    function transition(uint64 model, uint64 actor, uint64 from, uint64 to) private {
        emits(address(models));
        emit Transition(KIND_MODEL, model, actor, from, to);
    }

    function hostChanged(uint64 model, uint64 host, uint64 node, uint64 state) private {
        emits(address(models));
        emit HostChanged(model, host, node, state);
    }

    function refusedInOtherStates(uint64 model, uint64 actor, bytes memory data, uint16 allowedBits) private {
        uint64 before = modelsAt(model).state;
        for (uint64 state = MODEL_REGISTERED; state <= MODEL_REMOVED; ++state) {
            if ((allowedBits >> state) & 1 == 1) continue;
            pokeModel(model, 1, state);
            refusedBy(actor, WrongState.selector, state, 0);
            send(address(models), data);
        }
        pokeModel(model, 1, before);
    }

    function hostAt(uint64 model, uint64 host) private view returns (HostsRecord memory) {
        return hostsAt(hostRecord(model, host));
    }

    function hostOwner(uint64 model, uint64 host) private view returns (uint64) {
        return nodesAt(hostAt(model, host).node).owner;
    }

    function testOwner(uint64 model) private view returns (uint64) {
        return nodesAt(modelsAt(model).testNode).owner;
    }

    function loads() private view returns (uint64 sum) {
        for (uint64 node = 1; node <= 3; ++node) {
            sum += nodesAt(node).loadCount;
        }
    }

    /// @dev Only these nodes stay Online.
    function keepOnline(uint64 first, uint64 second) private {
        for (uint64 node = 1; node <= 3; ++node) {
            if (node == first || node == second || nodesAt(node).state != NODE_ONLINE) continue;
            by(K);
            nodes.loseHeartbeat(node);
        }
    }

    // registerModel

    function test_registerModel_givenAFirstVersion_mintsTheNftForFeeAndStake() public {
        transition(1, CREATOR, 0, MODEL_REGISTERED);
        emits(address(token));
        emit Moved(CREATOR, ACCOUNT_TREASURY, ONE, MOVE_REGISTER_FEE);
        emits(address(token));
        emit Moved(CREATOR, ACCOUNT_STAKE_VAULT, STAKE, MOVE_STAKE);
        emits(address(stake));
        emit StakeChanged(KIND_MODEL, 1, STAKE, 0);
        by(CREATOR);
        models.registerModel(31, 55, 77, 10);
        ModelsRecord memory expected;
        (expected.owner, expected.state, expected.feeUnits) = (CREATOR, MODEL_REGISTERED, 55);
        (expected.domain, expected.candidateVersion) = (31, 1);
        assertEq(abi.encode(modelsAt(1)), abi.encode(expected));
        assertEq(abi.encode(versionsAt(1)), abi.encode(VersionsRecord(1, 1, 77, 10, 0, 0, 0, currentEra(), 55)));
        assertEq(modelTotals().modelCount, 1);
        assertEq(modelTotals().versionCount, 1);
        assertEq(modelHoldersAt(1), CREATOR);
        assertEq(modelCollateralAt(1), STAKE);
        assertEq(walletsAt(CREATOR), OPENING - ONE - STAKE);
    }

    function register(uint64 domain, uint64 feeUnits, uint64 artefactId, uint64 wu) private {
        by(CREATOR);
        models.registerModel(domain, feeUnits, artefactId, wu);
    }

    function test_registerModel_givenTheGuards_isRefusedInTheirOrder() public {
        refused(ValueOutOfRange.selector, 32, 31);
        register(32, 0, 0, 0);
        refused(AmountTooSmall.selector, 0, 1);
        register(31, 0, 0, 0);
        refused(ValueOutOfRange.selector, MAX_FEE + 1, MAX_FEE);
        register(31, MAX_FEE + 1, 0, 0);
        refused(ValueOutOfRange.selector, 0, 0);
        register(31, MAX_FEE, 0, 0);
        refused(ValueOutOfRange.selector, uint64(MAX_INT + 1), uint64(MAX_INT));
        register(31, MAX_FEE, uint64(MAX_INT + 1), 0);
        refused(AmountTooSmall.selector, 0, 1);
        register(31, MAX_FEE, uint64(MAX_INT), 0);
        refused(ValueOutOfRange.selector, MAX_WU + 1, MAX_WU);
        register(31, MAX_FEE, 1, MAX_WU + 1);
        by(CREATOR);
        token.transferTokens(A, OPENING - STAKE - ONE + 1);
        refused(InsufficientBalance.selector, STAKE + ONE - 1, STAKE + ONE);
        register(31, MAX_FEE, 1, MAX_WU);
        by(A);
        token.transferTokens(CREATOR, 1);
        register(31, MAX_FEE, 1, MAX_WU);
        assertEq(walletsAt(CREATOR), 0);
    }

    function test_registerModel_givenNoStake_locksNone() public {
        setParam(P_MODEL_REGISTER_STAKE, 0);
        registerModel(CREATOR);
        assertEq(modelCollateralAt(1), 0);
        assertEq(walletsAt(CREATOR), OPENING - ONE);
    }

    // submitModelMetadata, and what its check does

    function test_submitModelMetadata_givenARegisteredModel_opensItsCheckForAFee() public {
        uint64 model = registerModel(CREATOR);
        emits(address(token));
        emit Moved(CREATOR, ACCOUNT_TASK_POT, FEE, MOVE_TASK_FEE);
        transition(model, CREATOR, MODEL_REGISTERED, MODEL_META_REVIEW);
        by(CREATOR);
        models.submitModelMetadata(model, 44);
        uint64 task = lastTask();
        assertEq(modelsAt(model).pendingTask, task);
        assertEq(versionsAt(1).documentId, 44);
        assertEq(tasksAt(task).kind, TASK_KIND_MODEL_METADATA);
        assertEq(tasksAt(task).subject, model);
        assertEq(tasksAt(task).referenceId, 1);
    }

    function test_submitModelMetadata_givenTheGuards_isRefusedInTheirOrder() public {
        uint64 model = registerModel(CREATOR);
        refusedBy(CREATOR, UnknownEntity.selector, 0, 1);
        models.submitModelMetadata(0, 0);
        refusedBy(CREATOR, UnknownEntity.selector, 2, 1);
        models.submitModelMetadata(2, 0);
        refusedBy(A, NotOwner.selector, A, CREATOR);
        models.submitModelMetadata(model, 0);
        refusedInOtherStates(model, CREATOR, abi.encodeCall(models.submitModelMetadata, (model, 0)), 1 << 2 | 1 << 5);
        pokeModel(model, 10, 1);
        refusedBy(CREATOR, ChangeRequired.selector, model, 0);
        models.submitModelMetadata(model, 0);
        pokeModel(model, 10, 0);
        pokeModel(model, 7, 9);
        refusedBy(CREATOR, ValueOutOfRange.selector, 0, 0);
        models.submitModelMetadata(model, 0);
        refusedBy(CREATOR, ValueOutOfRange.selector, uint64(MAX_INT + 1), uint64(MAX_INT));
        models.submitModelMetadata(model, uint64(MAX_INT + 1));
        refusedBy(CREATOR, TaskPending.selector, 9, 0);
        models.submitModelMetadata(model, 1);
        pokeModel(model, 7, 0);
        uint64 left = walletsAt(CREATOR);
        by(CREATOR);
        token.transferTokens(A, left - FEE + 1);
        refusedBy(CREATOR, InsufficientBalance.selector, FEE - 1, FEE);
        models.submitModelMetadata(model, 1);
    }

    function test_onTask_givenPassedMetadata_approvesTheVersion() public {
        uint64 model = registerModel(CREATOR);
        submitMetadata(model);
        assign(lastTask());
        submitAll(lastTask(), VERDICT_PASS, 1);
        transition(model, ACCOUNT_KEEPER, MODEL_META_REVIEW, MODEL_META_APPROVED);
        settle(lastTask());
        assertEq(versionsAt(1).metadataPassed, 1);
        assertEq(modelsAt(model).pendingTask, 0);
        assertEq(modelsAt(model).checkCount, 1);
        assertEq(modelsAt(model).checkPassedCount, 1);
    }

    function test_onTask_givenFailedMetadata_asksForAChange() public {
        uint64 model = registerModel(CREATOR);
        submitMetadata(model);
        decide(lastTask(), VERDICT_FAIL);
        ModelsRecord memory m = modelsAt(model);
        assertEq(m.state, MODEL_META_REJECTED);
        assertEq(m.needsChange, 1);
        assertEq(m.checkCount, 1);
        assertEq(m.checkPassedCount, 0);
        refusedBy(CREATOR, ChangeRequired.selector, model, 0);
        models.submitModelMetadata(model, 1);
    }

    // changeModel

    function test_changeModel_givenARejection_isTheChangeThatAnotherCheckNeeds() public {
        uint64 model = registerModel(CREATOR);
        submitMetadata(model);
        decide(lastTask(), VERDICT_FAIL);
        vm.recordLogs();
        by(CREATOR);
        models.changeModel(model, 78, 11);
        assertEq(vm.getRecordedLogs().length, 0);
        assertEq(versionsAt(1).artefactId, 78);
        assertEq(versionsAt(1).wu, 11);
        assertEq(versionsAt(1).functionPassed, 0);
        assertEq(modelsAt(model).needsChange, 0);
        submitMetadata(model);
        assertEq(modelsAt(model).state, MODEL_META_REVIEW);
    }

    function test_changeModel_givenTheGuards_isRefusedInTheirOrder() public {
        uint64 model = registerModel(CREATOR);
        refusedBy(CREATOR, UnknownEntity.selector, 2, 1);
        models.changeModel(2, 0, 0);
        refusedBy(A, NotOwner.selector, A, CREATOR);
        models.changeModel(model, 0, 0);
        pokeModel(model, 1, MODEL_REMOVED);
        refusedBy(CREATOR, WrongState.selector, MODEL_REMOVED, 0);
        models.changeModel(model, 0, 0);
        pokeModel(model, 1, MODEL_REGISTERED);
        refusedBy(CREATOR, AlreadySet.selector, 0, 0);
        models.changeModel(model, 0, 0);
        pokeModel(model, 10, 1);
        refusedBy(CREATOR, ValueOutOfRange.selector, 0, 0);
        models.changeModel(model, 0, 0);
        refusedBy(CREATOR, AmountTooSmall.selector, 0, 1);
        models.changeModel(model, 1, 0);
        refusedBy(CREATOR, ValueOutOfRange.selector, MAX_WU + 1, MAX_WU);
        models.changeModel(model, 1, MAX_WU + 1);
    }

    // requestTest, confirmTestDeployment, failTestDeployment

    function approved() private returns (uint64 model) {
        model = registerModel(CREATOR);
        submitMetadata(model);
        decide(lastTask(), VERDICT_PASS);
    }

    function test_requestTest_givenApprovedMetadata_deploysOnADrawnNode() public {
        uint64 model = approved();
        by(CREATOR);
        models.requestTest(model);
        ModelsRecord memory m = modelsAt(model);
        assertEq(m.state, MODEL_TEST_DEPLOYING);
        assertTrue(m.testNode >= 1 && m.testNode <= 3);
        assertEq(nodesAt(m.testNode).loadCount, 1);
        assertEq(m.triesCount, 0);
    }

    function test_requestTest_givenADraw_saysWhereAndWhatState() public {
        uint64 model = approved();
        uint256 before = vm.snapshotState();
        by(CREATOR);
        models.requestTest(model);
        uint64 node = modelsAt(model).testNode;
        vm.revertToState(before);
        hostChanged(model, TEST_HOST, node, HOST_DEPLOYING);
        transition(model, CREATOR, MODEL_META_APPROVED, MODEL_TEST_DEPLOYING);
        by(CREATOR);
        models.requestTest(model);
    }

    function test_requestTest_givenTheGuards_isRefusedInTheirOrder() public {
        uint64 model = approved();
        refusedBy(CREATOR, UnknownEntity.selector, 2, 1);
        models.requestTest(2);
        refusedBy(A, NotOwner.selector, A, CREATOR);
        models.requestTest(model);
        refusedInOtherStates(model, CREATOR, abi.encodeCall(models.requestTest, (model)), 1 << 4 | 1 << 8 | 1 << 10);
        pokeModel(model, 10, 1);
        refusedBy(CREATOR, ChangeRequired.selector, model, 0);
        models.requestTest(model);
        pokeModel(model, 10, 0);
        keepOnline(0, 0);
        refusedBy(CREATOR, NoEligibleNode.selector, 3, 0);
        models.requestTest(model);
    }

    function test_requestTest_givenADomainThatNobodySupports_isRefused() public {
        uint64 model = approved();
        pokeModel(model, 4, 2);
        refusedBy(CREATOR, NoEligibleNode.selector, 3, 0);
        models.requestTest(model);
    }

    function test_confirmTestDeployment_givenTheTestNode_isDeployed() public {
        uint64 model = registerModel(CREATOR);
        startTest(model);
        uint64 owner = testOwner(model);
        hostChanged(model, TEST_HOST, modelsAt(model).testNode, HOST_UP);
        transition(model, owner, MODEL_TEST_DEPLOYING, MODEL_TEST_DEPLOYED);
        by(owner);
        models.confirmTestDeployment(model);
        assertEq(modelsAt(model).state, MODEL_TEST_DEPLOYED);
    }

    function test_testDeployment_givenTheGuards_isRefusedInTheirOrder() public {
        uint64 model = registerModel(CREATOR);
        startTest(model);
        uint64 owner = testOwner(model);
        refusedBy(A, UnknownEntity.selector, 2, 1);
        models.confirmTestDeployment(2);
        refusedBy(A, UnknownEntity.selector, 2, 1);
        models.failTestDeployment(2, 0);
        refusedBy(A, ValueOutOfRange.selector, 0, FAULT_MODEL);
        models.failTestDeployment(model, 0);
        refusedBy(A, ValueOutOfRange.selector, 3, FAULT_MODEL);
        models.failTestDeployment(model, 3);
        refusedInOtherStates(model, owner, abi.encodeCall(models.confirmTestDeployment, (model)), 1 << 6);
        refusedInOtherStates(model, owner, abi.encodeCall(models.failTestDeployment, (model, 1)), 1 << 6);
        refusedBy(A, NotEngagedHost.selector, A, owner);
        models.confirmTestDeployment(model);
        refusedBy(A, NotEngagedHost.selector, A, owner);
        models.failTestDeployment(model, FAULT_NODE);
    }

    function test_failTestDeployment_givenANodesFault_triesAnotherNode() public {
        uint64 model = registerModel(CREATOR);
        startTest(model);
        uint64 first = modelsAt(model).testNode;
        by(testOwner(model));
        models.failTestDeployment(model, FAULT_NODE);
        ModelsRecord memory m = modelsAt(model);
        assertEq(m.state, MODEL_TEST_DEPLOYING);
        assertNotEq(m.testNode, first);
        assertNotEq(m.testNode, 0);
        assertEq(m.triesCount, 1);
        assertEq(nodesAt(first).loadCount, 0);
        assertEq(loads(), 1);
        assertEq(m.needsChange, 0);
    }

    function test_failTestDeployment_givenNoTriesLeft_fails() public {
        setParam(P_MODEL_DEPLOY_RETRIES, 1);
        uint64 model = registerModel(CREATOR);
        startTest(model);
        by(testOwner(model));
        models.failTestDeployment(model, FAULT_NODE);
        uint64 owner = testOwner(model);
        hostChanged(model, TEST_HOST, 0, HOST_EMPTY);
        transition(model, owner, MODEL_TEST_DEPLOYING, MODEL_TEST_FAILED);
        by(owner);
        models.failTestDeployment(model, FAULT_NODE);
        assertEq(modelsAt(model).testNode, 0);
        assertEq(modelsAt(model).needsChange, 0);
        assertEq(loads(), 0);
        by(CREATOR);
        models.requestTest(model);
        assertEq(modelsAt(model).triesCount, 0);
    }

    function test_failTestDeployment_givenNoOtherNode_fails() public {
        uint64 model = registerModel(CREATOR);
        startTest(model);
        keepOnline(modelsAt(model).testNode, 0);
        by(testOwner(model));
        models.failTestDeployment(model, FAULT_NODE);
        assertEq(modelsAt(model).state, MODEL_TEST_FAILED);
    }

    function test_failTestDeployment_givenTheModelsFault_asksForAChange() public {
        uint64 model = registerModel(CREATOR);
        startTest(model);
        by(testOwner(model));
        models.failTestDeployment(model, FAULT_MODEL);
        assertEq(modelsAt(model).state, MODEL_TEST_FAILED);
        assertEq(modelsAt(model).needsChange, 1);
        assertEq(loads(), 0);
        refusedBy(CREATOR, ChangeRequired.selector, model, 0);
        models.requestTest(model);
    }

    // openModelValidation, and what its check does

    function test_openModelValidation_givenADeployedTest_opensTheCheck() public {
        uint64 model = registerModel(CREATOR);
        testDeploy(model);
        emits(address(token));
        emit Moved(CREATOR, ACCOUNT_TASK_POT, FEE, MOVE_TASK_FEE);
        transition(model, CREATOR, MODEL_TEST_DEPLOYED, MODEL_FUNC_REVIEW);
        by(CREATOR);
        models.openModelValidation(model);
        uint64 task = lastTask();
        assertEq(tasksAt(task).kind, TASK_KIND_MODEL);
        assertEq(tasksAt(task).referenceId, 1);
        assertEq(tasksAt(task).wu, 10);
        assertEq(tasksAt(task).answerId, 77);
        assertEq(modelsAt(model).pendingTask, task);
    }

    function test_openModelValidation_givenTheGuards_isRefusedInTheirOrder() public {
        uint64 model = registerModel(CREATOR);
        testDeploy(model);
        refusedBy(CREATOR, UnknownEntity.selector, 2, 1);
        models.openModelValidation(2);
        refusedBy(A, NotOwner.selector, A, CREATOR);
        models.openModelValidation(model);
        refusedInOtherStates(model, CREATOR, abi.encodeCall(models.openModelValidation, (model)), 1 << 7);
        uint64 left = walletsAt(CREATOR);
        by(CREATOR);
        token.transferTokens(A, left - FEE + 1);
        refusedBy(CREATOR, InsufficientBalance.selector, FEE - 1, FEE);
        models.openModelValidation(model);
    }

    function test_onTask_givenAPassedFirstVersion_deploysItsReplicasOnDistinctNodes() public {
        uint64 model = registerModel(CREATOR);
        validateModel(model);
        ModelsRecord memory m = modelsAt(model);
        assertEq(m.state, MODEL_PROD_DEPLOYING);
        assertEq(m.testNode, 0);
        assertEq(m.hostCount, 2);
        assertEq(versionsAt(1).functionPassed, 1);
        assertEq(hostAt(model, 0).state, HOST_DEPLOYING);
        assertEq(hostAt(model, 1).state, HOST_DEPLOYING);
        assertNotEq(hostAt(model, 0).node, hostAt(model, 1).node);
        assertEq(hostAt(model, 2).node, 0);
        assertEq(loads(), 2);
        assertEq(m.liveVersion, 0);
    }

    function test_onTask_givenAFailedFunction_asksForAChange() public {
        uint64 model = registerModel(CREATOR);
        testDeploy(model);
        by(CREATOR);
        models.openModelValidation(model);
        decide(lastTask(), VERDICT_FAIL);
        ModelsRecord memory m = modelsAt(model);
        assertEq(m.state, MODEL_FUNC_REJECTED);
        assertEq(m.needsChange, 1);
        assertEq(m.testNode, 0);
        assertEq(loads(), 0);
        by(CREATOR);
        models.changeModel(model, 5, 5);
        by(CREATOR);
        models.requestTest(model);
        assertEq(modelsAt(model).state, MODEL_TEST_DEPLOYING);
    }

    function test_onTask_givenNoNodeForAnyReplica_fallsBackToTestFailed() public {
        uint64 model = registerModel(CREATOR);
        testDeploy(model);
        by(CREATOR);
        models.openModelValidation(model);
        keepOnline(0, 0);
        decide(lastTask(), VERDICT_PASS);
        assertEq(modelsAt(model).state, MODEL_TEST_FAILED);
        assertEq(modelsAt(model).needsChange, 0);
        assertEq(modelsAt(model).hostCount, 0);
    }

    function test_onTask_givenARemovedModel_onlyForgetsTheTask() public {
        uint64 model = registerModel(CREATOR);
        submitMetadata(model);
        by(CREATOR);
        models.removeModel(model);
        decide(lastTask(), VERDICT_PASS);
        assertEq(modelsAt(model).state, MODEL_REMOVED);
        assertEq(modelsAt(model).pendingTask, 0);
        assertEq(modelsAt(model).checkCount, 0);
    }

    // confirmHost

    function deploying() private returns (uint64 model) {
        model = registerModel(CREATOR);
        validateModel(model);
    }

    function test_confirmHost_givenTheLastReplica_isLive() public {
        uint64 model = deploying();
        hostChanged(model, 0, hostAt(model, 0).node, HOST_UP);
        confirmHost(model, 0);
        assertEq(hostAt(model, 0).state, HOST_UP);
        assertEq(hostAt(model, 0).sinceEra, currentEra());
        assertEq(modelsAt(model).state, MODEL_PROD_DEPLOYING);
        uint64 owner = hostOwner(model, 1);
        hostChanged(model, 1, hostAt(model, 1).node, HOST_UP);
        transition(model, owner, MODEL_PROD_DEPLOYING, MODEL_LIVE);
        by(owner);
        models.confirmHost(model, 1);
        ModelsRecord memory m = modelsAt(model);
        assertEq(m.state, MODEL_LIVE);
        assertEq(m.liveVersion, 1);
        assertEq(m.candidateVersion, 0);
        assertEq(m.rotationEra, currentEra());
        assertEq(modelTotals().liveCount, 1);
        assertTrue(models.isHosting(model, hostAt(model, 0).node));
        assertFalse(models.isHosting(model, 0));
    }

    function test_confirmHost_givenTheGuards_isRefusedInTheirOrder() public {
        uint64 model = deploying();
        refusedBy(A, UnknownEntity.selector, 2, 1);
        models.confirmHost(2, 9);
        refusedBy(A, ValueOutOfRange.selector, 2, 1);
        models.confirmHost(model, 2);
        uint64 owner = hostOwner(model, 0);
        refusedBy(A, NotEngagedHost.selector, A, owner);
        models.confirmHost(model, 0);
        by(owner);
        models.confirmHost(model, 0);
        refusedBy(owner, WrongState.selector, HOST_UP, 0);
        models.confirmHost(model, 0);
        uint64 other = registerModel(CREATOR);
        refusedBy(owner, WrongState.selector, HOST_EMPTY, 0);
        models.confirmHost(other, 0);
    }

    // failHost

    function test_failHost_givenANodesFaultBeforeLive_triesAnotherNode() public {
        setParam(P_PLACE_POLICY, RANDOM);
        uint64 model = deploying();
        uint64 first = hostAt(model, 0).node;
        by(hostOwner(model, 0));
        models.failHost(model, 0, FAULT_NODE);
        assertEq(hostAt(model, 0).state, HOST_DEPLOYING);
        assertNotEq(hostAt(model, 0).node, first);
        assertNotEq(hostAt(model, 0).node, hostAt(model, 1).node);
        assertEq(modelsAt(model).triesCount, 1);
        assertEq(modelsAt(model).hostCount, 2);
        assertEq(nodesAt(first).loadCount, 0);
        assertEq(loads(), 2);
    }

    function test_failHost_givenNoTriesLeft_goesLiveWithOneReplicaLess() public {
        setParam(P_MODEL_DEPLOY_RETRIES, 0);
        uint64 model = deploying();
        confirmHost(model, 1);
        uint64 owner = hostOwner(model, 0);
        hostChanged(model, 0, 0, HOST_EMPTY);
        transition(model, owner, MODEL_PROD_DEPLOYING, MODEL_LIVE);
        by(owner);
        models.failHost(model, 0, FAULT_NODE);
        assertEq(modelsAt(model).hostCount, 1);
        assertEq(hostAt(model, 0).node, 0);
        assertEq(modelTotals().liveCount, 1);
    }

    function test_failHost_givenTheLastReplicaLost_fallsBackToTestFailed() public {
        setParam(P_MODEL_DEPLOY_RETRIES, 0);
        uint64 model = deploying();
        by(hostOwner(model, 1));
        models.failHost(model, 1, FAULT_NODE);
        by(hostOwner(model, 0));
        models.failHost(model, 0, FAULT_NODE);
        assertEq(modelsAt(model).state, MODEL_TEST_FAILED);
        assertEq(modelsAt(model).needsChange, 0);
        assertEq(loads(), 0);
    }

    function test_failHost_givenTheModelsFault_endsTheProduction() public {
        uint64 model = deploying();
        confirmHost(model, 1);
        by(hostOwner(model, 0));
        models.failHost(model, 0, FAULT_MODEL);
        assertEq(modelsAt(model).state, MODEL_TEST_FAILED);
        assertEq(modelsAt(model).needsChange, 1);
        assertEq(modelsAt(model).hostCount, 0);
        assertEq(hostAt(model, 1).state, HOST_EMPTY);
        assertEq(loads(), 0);
    }

    function test_failHost_givenALiveModel_leavesThePlaceToTheKeeper() public {
        setParam(P_PLACE_POLICY, RANDOM);
        uint64 model = liveModel(CREATOR);
        uint64 old = hostAt(model, 1).node;
        by(K);
        nodes.loseHeartbeat(old);
        by(K);
        models.replaceHost(model, 1);
        assertEq(hostAt(model, 1).state, HOST_DEPLOYING);
        uint64 owner = hostOwner(model, 1);
        refusedBy(owner, ValueOutOfRange.selector, FAULT_MODEL, FAULT_NODE);
        models.failHost(model, 1, FAULT_MODEL);
        by(owner);
        models.failHost(model, 1, FAULT_NODE);
        assertEq(hostAt(model, 1).state, HOST_EMPTY);
        assertEq(modelsAt(model).hostCount, 1);
        assertEq(modelsAt(model).state, MODEL_LIVE);
    }

    /// @dev The node that carries no replica of the model.
    function freeNode(uint64 model) private view returns (uint64) {
        return 6 - hostAt(model, 0).node - hostAt(model, 1).node;
    }

    function test_failHost_givenTheGuards_isRefusedInTheirOrder() public {
        uint64 model = deploying();
        refusedBy(A, UnknownEntity.selector, 2, 1);
        models.failHost(2, 9, 0);
        refusedBy(A, ValueOutOfRange.selector, 2, 1);
        models.failHost(model, 2, 0);
        refusedBy(A, ValueOutOfRange.selector, 0, FAULT_MODEL);
        models.failHost(model, 0, 0);
        uint64 owner = hostOwner(model, 0);
        refusedBy(A, NotEngagedHost.selector, A, owner);
        models.failHost(model, 0, FAULT_NODE);
        by(owner);
        models.confirmHost(model, 0);
        refusedBy(owner, WrongState.selector, HOST_UP, 0);
        models.failHost(model, 0, FAULT_NODE);
    }

    // replaceHost

    function test_replaceHost_givenANodeThatIsNotOnline_movesTheReplica() public {
        setParam(P_PLACE_POLICY, RANDOM);
        uint64 model = liveModel(CREATOR);
        (uint64 old, uint64 next) = (hostAt(model, 0).node, freeNode(model));
        by(K);
        nodes.loseHeartbeat(old);
        hostChanged(model, 0, next, HOST_DEPLOYING);
        by(K);
        models.replaceHost(model, 0);
        assertEq(hostAt(model, 0).node, next);
        assertEq(hostAt(model, 0).sinceEra, 0);
        assertEq(nodesAt(old).loadCount, 0);
        assertEq(nodesAt(next).loadCount, 1);
        assertFalse(models.isHosting(model, next));
    }

    function test_replaceHost_givenAnEmptyPlace_fillsIt() public {
        setParam(P_MODEL_DEPLOY_RETRIES, 0);
        setParam(P_PLACE_POLICY, RANDOM);
        uint64 model = deploying();
        confirmHost(model, 1);
        by(hostOwner(model, 0));
        models.failHost(model, 0, FAULT_NODE);
        by(K);
        models.replaceHost(model, 0);
        assertEq(modelsAt(model).hostCount, 2);
        assertEq(hostAt(model, 0).state, HOST_DEPLOYING);
        assertEq(loads(), 2);
    }

    function test_replaceHost_givenTheGuards_isRefusedInTheirOrder() public {
        uint64 model = liveModel(CREATOR);
        refusedBy(K, UnknownEntity.selector, 2, 1);
        models.replaceHost(2, 9);
        refusedInOtherStates(model, K, abi.encodeCall(models.replaceHost, (model, 9)), 1 << 11 | 1 << 12);
        refusedBy(K, ValueOutOfRange.selector, 2, 1);
        models.replaceHost(model, 2);
        refusedBy(K, WrongState.selector, NODE_ONLINE, 0);
        models.replaceHost(model, 0);
        keepOnline(hostAt(model, 1).node, 0);
        refusedBy(K, NoEligibleNode.selector, 3, 0);
        models.replaceHost(model, 0);
    }

    // submitVersion, and the walk of a candidate

    function test_submitVersion_givenALiveModel_walksBesideIt() public {
        uint64 model = liveModel(CREATOR);
        emits(address(models));
        emit Transition(KIND_VERSION, 2, CREATOR, 0, MODEL_REGISTERED);
        by(CREATOR);
        models.submitVersion(model, 88, 20, 3 * ONE);
        ModelsRecord memory m = modelsAt(model);
        assertEq(m.state, MODEL_LIVE);
        assertEq(m.candidateState, MODEL_REGISTERED);
        assertEq(m.candidateVersion, 2);
        assertEq(m.liveVersion, 1);
        assertEq(m.feeUnits, ONE);
        assertEq(versionsAt(2).number, 2);
        assertEq(versionsAt(2).feeUnits, 3 * ONE);

        validateModel(model);
        m = modelsAt(model);
        assertEq(m.liveVersion, 2);
        assertEq(m.candidateVersion, 0);
        assertEq(m.candidateState, 0);
        assertEq(m.feeUnits, 3 * ONE);
        assertEq(m.testNode, 0);
        // The replicas go on serving, now the new version.
        assertEq(hostAt(model, 0).state, HOST_UP);
        assertEq(modelTotals().liveCount, 1);
        (,, uint64 feeUnits, uint64 version, uint64 wu,) = models.callInfo(model);
        assertEq(abi.encode(feeUnits, version, wu), abi.encode(3 * ONE, 2, 20));
    }

    function test_submitVersion_givenARejectedCandidate_leavesTheLiveVersion() public {
        uint64 model = liveModel(CREATOR);
        by(CREATOR);
        models.submitVersion(model, 88, 20, 3 * ONE);
        submitMetadata(model);
        decide(lastTask(), VERDICT_FAIL);
        assertEq(modelsAt(model).candidateState, MODEL_META_REJECTED);
        assertEq(modelsAt(model).state, MODEL_LIVE);
        assertEq(modelsAt(model).liveVersion, 1);
    }

    function test_submitVersion_givenTheGuards_isRefusedInTheirOrder() public {
        uint64 model = liveModel(CREATOR);
        refusedBy(CREATOR, UnknownEntity.selector, 2, 1);
        models.submitVersion(2, 0, 0, 0);
        refusedBy(A, NotOwner.selector, A, CREATOR);
        models.submitVersion(model, 0, 0, 0);
        refusedInOtherStates(model, CREATOR, abi.encodeCall(models.submitVersion, (model, 0, 0, 0)), 1 << 12);
        refusedBy(CREATOR, ValueOutOfRange.selector, 0, 0);
        models.submitVersion(model, 0, 0, 0);
        refusedBy(CREATOR, AmountTooSmall.selector, 0, 1);
        models.submitVersion(model, 1, 0, 0);
        refusedBy(CREATOR, AmountTooSmall.selector, 0, 1);
        models.submitVersion(model, 1, 1, 0);
        refusedBy(CREATOR, ValueOutOfRange.selector, MAX_FEE + 1, MAX_FEE);
        models.submitVersion(model, 1, 1, MAX_FEE + 1);
        by(CREATOR);
        models.submitVersion(model, 1, 1, 1);
        refusedBy(CREATOR, WrongState.selector, MODEL_REGISTERED, 0);
        models.submitVersion(model, 1, 1, 1);
    }

    // removeModel, forceRemoveModel

    function test_removeModel_givenALiveModel_endsAllItsDeployments() public {
        uint64 model = liveModel(CREATOR);
        by(CREATOR);
        models.submitVersion(model, 88, 20, ONE);
        testDeploy(model);
        assertEq(loads(), 3);
        transition(model, CREATOR, MODEL_LIVE, MODEL_REMOVED);
        emits(address(token));
        emit Moved(ACCOUNT_STAKE_VAULT, CREATOR, STAKE, MOVE_UNSTAKE);
        by(CREATOR);
        models.removeModel(model);
        ModelsRecord memory m = modelsAt(model);
        assertEq(m.state, MODEL_REMOVED);
        assertEq(m.candidateState, 0);
        assertEq(m.hostCount, 0);
        assertEq(m.testNode, 0);
        assertEq(loads(), 0);
        assertEq(modelTotals().liveCount, 0);
        assertEq(modelHoldersAt(model), 0);
        assertEq(modelCollateralAt(model), 0);
        assertFalse(models.isHosting(model, 1));
    }

    function test_removeModel_givenTheGuards_isRefusedInTheirOrder() public {
        uint64 model = registerModel(CREATOR);
        refusedBy(CREATOR, UnknownEntity.selector, 2, 1);
        models.removeModel(2);
        refusedBy(A, NotOwner.selector, A, CREATOR);
        models.removeModel(model);
        by(CREATOR);
        models.removeModel(model);
        refusedBy(CREATOR, WrongState.selector, MODEL_REMOVED, 0);
        models.removeModel(model);
    }

    function test_forceRemoveModel_givenAShare_forfeitsItToTheTreasury() public {
        setParam(P_MODEL_FORCED_FORFEIT_BPS, 2_500);
        uint64 model = liveModel(CREATOR);
        uint64 before = walletsAt(CREATOR);
        transition(model, ACCOUNT_KEEPER, MODEL_LIVE, MODEL_REMOVED);
        emits(address(token));
        emit Moved(ACCOUNT_STAKE_VAULT, ACCOUNT_TREASURY, STAKE / 4, MOVE_PENALTY);
        emits(address(token));
        emit Moved(ACCOUNT_STAKE_VAULT, CREATOR, STAKE - STAKE / 4, MOVE_UNSTAKE);
        by(K);
        models.forceRemoveModel(model);
        assertEq(walletsAt(CREATOR), before + STAKE - STAKE / 4);
        assertEq(loads(), 0);
    }

    function test_forceRemoveModel_givenTheGuards_isRefusedInTheirOrder() public {
        uint64 model = registerModel(CREATOR);
        refusedBy(K, UnknownEntity.selector, 2, 1);
        models.forceRemoveModel(2);
        by(K);
        models.forceRemoveModel(model);
        assertEq(modelCollateralAt(model), 0);
        assertEq(walletsAt(CREATOR), OPENING - ONE - STAKE);
        refusedBy(K, WrongState.selector, MODEL_REMOVED, 0);
        models.forceRemoveModel(model);
    }

    // payCreators

    function served(uint64 model, uint64 wu) private {
        vm.prank(address(calls));
        models.recordServed(model, wu);
    }

    function test_payCreators_givenServedWork_sharesThePoolByIt() public {
        uint64 first = registerModel(CREATOR);
        registerModel(A);
        uint64 third = registerModel(B);
        served(first, 30);
        served(third, 10);
        by(CREATOR);
        models.removeModel(first);
        endEra();
        runSteps(STEP_PAY_CREATORS - 1, WHOLE);
        (,, uint64 pool,,) = emission.pools();
        // Removed models are paid for what they served.
        emits(address(token));
        emit Moved(ACCOUNT_COMMUNITY, CREATOR, pool * 3 / 4, MOVE_CREATOR_REWARD);
        emits(address(models));
        emit RewardPaid(KIND_MODEL, first, CREATOR, pool * 3 / 4, MOVE_CREATOR_REWARD);
        emits(address(models));
        emit RewardPaid(KIND_MODEL, third, B, pool - pool * 3 / 4, MOVE_CREATOR_REWARD);
        by(K);
        models.payCreators(0, 3);
        assertEq(modelsAt(first).eraWu, 0);
        assertEq(modelTotals().eraWu, 0);
        assertEq(modelTotals().runningWu, 0);
    }

    function test_payCreators_givenNoServedWork_paysTheFoundation() public {
        registerModel(CREATOR);
        endEra();
        runSteps(STEP_PAY_CREATORS - 1, WHOLE);
        (,, uint64 pool,,) = emission.pools();
        emits(address(token));
        emit Moved(ACCOUNT_COMMUNITY, ACCOUNT_FOUNDATION, pool, MOVE_CREATOR_REWARD);
        by(K);
        models.payCreators(0, 1);
    }

    function testFuzz_payCreators_givenAnyWork_paysExactlyThePool(uint64[3] memory wu, uint64 chunk) public {
        uint64[3] memory owners = [CREATOR, A, B];
        for (uint256 i; i < 3; ++i) {
            uint64 model = registerModel(owners[i]);
            wu[i] = uint64(bound(wu[i], i, MAX_WU));
            if (wu[i] > 0) served(model, wu[i]);
        }
        endEra();
        runSteps(STEP_PAY_CREATORS - 1, WHOLE);
        (,, uint64 pool,,) = emission.pools();
        uint64 before = walletsAt(CREATOR) + walletsAt(A) + walletsAt(B);
        runSteps(STEP_PAY_CREATORS, uint64(bound(chunk, 1, 3)));
        assertEq(walletsAt(CREATOR) + walletsAt(A) + walletsAt(B), before + pool);
    }

    // rotateModels

    function test_rotateModels_givenThePeriod_bringsUpASuccessorForTheOldestReplica() public {
        setParam(P_PLACE_POLICY, RANDOM);
        uint64 model = liveModel(CREATOR);
        uint64 next = freeNode(model);
        nextEra();
        assertEq(hostAt(model, 0).state, HOST_UP);
        nextEra();
        // Period 2: due in the settlement of the second era after it went live.
        endEra();
        runSteps(STEP_ROTATE_MODELS - 1, WHOLE);
        hostChanged(model, 0, next, HOST_ROTATING);
        by(K);
        models.rotateModels(0, 1);
        HostsRecord memory h = hostAt(model, 0);
        assertEq(h.state, HOST_ROTATING);
        assertEq(h.nextNode, next);
        assertEq(modelsAt(model).rotationEra, 4);
        assertTrue(models.isHosting(model, h.node));
        assertFalse(models.isHosting(model, next));
        assertEq(loads(), 3);
    }

    function rotating() private returns (uint64 model) {
        setParam(P_PLACE_POLICY, RANDOM);
        model = liveModel(CREATOR);
        nextEra();
        nextEra();
        nextEra();
        assertEq(hostAt(model, 0).state, HOST_ROTATING);
    }

    function test_confirmHost_givenARotation_handsOverToTheSuccessor() public {
        uint64 model = rotating();
        (uint64 old, uint64 next) = (hostAt(model, 0).node, hostAt(model, 0).nextNode);
        uint64 oldOwner = hostOwner(model, 0);
        refusedBy(oldOwner, NotEngagedHost.selector, oldOwner, nodesAt(next).owner);
        models.confirmHost(model, 0);
        hostChanged(model, 0, next, HOST_UP);
        confirmHost(model, 0);
        assertEq(hostAt(model, 0).node, next);
        assertEq(hostAt(model, 0).nextNode, 0);
        assertEq(hostAt(model, 0).sinceEra, currentEra());
        assertEq(nodesAt(old).loadCount, 0);
        assertEq(loads(), 2);
    }

    function test_failHost_givenARotation_keepsTheOldReplica() public {
        uint64 model = rotating();
        (uint64 old, uint64 next) = (hostAt(model, 0).node, hostAt(model, 0).nextNode);
        hostChanged(model, 0, old, HOST_UP);
        by(nodesAt(next).owner);
        models.failHost(model, 0, FAULT_NODE);
        assertEq(hostAt(model, 0).state, HOST_UP);
        assertEq(hostAt(model, 0).node, old);
        assertEq(hostAt(model, 0).nextNode, 0);
        assertEq(nodesAt(next).loadCount, 0);
    }

    function test_replaceHost_givenARotation_letsTheSuccessorTakeOver() public {
        uint64 model = rotating();
        (uint64 old, uint64 next) = (hostAt(model, 0).node, hostAt(model, 0).nextNode);
        by(K);
        nodes.loseHeartbeat(old);
        by(K);
        models.replaceHost(model, 0);
        assertEq(hostAt(model, 0).node, next);
        assertEq(hostAt(model, 0).state, HOST_DEPLOYING);
        assertEq(nodesAt(next).loadCount, 1);
        assertEq(nodesAt(old).loadCount, 0);
    }

    function test_rotateModels_givenASuccessorThatNeverCame_givesItUpFirst() public {
        uint64 model = rotating();
        nextEra();
        assertEq(hostAt(model, 0).state, HOST_ROTATING);
        nextEra();
        uint64 rotatingHosts;
        for (uint64 host; host < 2; ++host) {
            if (hostAt(model, host).state == HOST_ROTATING) ++rotatingHosts;
        }
        assertEq(rotatingHosts, 1);
        assertEq(loads(), 3);
    }

    function test_rotateModels_givenPeriodZero_isOff() public {
        setParam(P_ROTATE_PERIOD_ERAS, 0);
        uint64 model = liveModel(CREATOR);
        for (uint256 i; i < 4; ++i) {
            nextEra();
        }
        assertEq(hostAt(model, 0).state, HOST_UP);
        assertEq(hostAt(model, 1).state, HOST_UP);
    }

    // What calls report

    function test_records_givenCalls_keepTheMarketHistory() public {
        uint64 model = registerModel(CREATOR);
        vm.prank(address(calls));
        models.recordRequested(model);
        served(model, 30);
        vm.prank(address(calls));
        models.recordFailed(model);
        ModelsRecord memory m = modelsAt(model);
        assertEq(abi.encode(m.requestCount, m.successCount, m.errorCount, m.eraWu), abi.encode(1, 1, 1, 30));
        assertEq(modelTotals().eraWu, 30);
    }

    function rate(uint64 model, uint64 tenths) private returns (uint64 sum, uint64 count) {
        vm.prank(address(calls));
        return models.addRating(model, tenths);
    }

    function test_addRating_givenAFullWindow_replacesTheOldest() public {
        uint64 model = registerModel(CREATOR);
        rate(model, 50);
        rate(model, 10);
        (uint64 sum, uint64 count) = rate(model, 20);
        assertEq(abi.encode(sum, count), abi.encode(80, 3));
        (sum, count) = rate(model, 1);
        assertEq(abi.encode(sum, count), abi.encode(31, 3));
        assertEq(ratingsAt(model * RATINGS_PER_MODEL), 1);
        assertEq(modelsAt(model).ratingNext, 1);
    }

    function testFuzz_addRating_givenAnyRatings_sumIsThatOfTheLatest(uint256 seed) public {
        uint64 model = registerModel(CREATOR);
        uint64[12] memory given;
        for (uint256 i; i < 12; ++i) {
            given[i] = uint64(uint256(keccak256(abi.encode(seed, i))) % 50) + 1;
            (uint64 sum, uint64 count) = rate(model, given[i]);
            uint64 expected;
            for (uint256 j; j <= i && j < 3; ++j) {
                expected += given[i - j];
            }
            assertEq(sum, expected);
            assertEq(count, i < 2 ? i + 1 : 3);
        }
    }
}
