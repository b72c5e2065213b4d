// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Family} from "./Family.sol";
import {Feedback} from "./Feedback.sol";
import {Fixed} from "./Fixed.sol";
import {Hosting} from "./Hosting.sol";
import {IModels} from "./Interfaces.sol";
import {Placement} from "./Placement.sol";
import {
    ACCOUNT_COMMUNITY,
    ACCOUNT_FOUNDATION,
    ACCOUNT_KEEPER,
    ACCOUNT_TREASURY,
    AlreadySet,
    AmountTooSmall,
    ChangeRequired,
    FAMILY_COUNT,
    FAULT_MODEL,
    FAULT_NODE,
    HOST_DEPLOYING,
    HOST_EMPTY,
    HOST_ROTATING,
    HOST_UP,
    HOSTS_PER_MODEL,
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
    ModelTotalsRecord,
    ModelsRecord,
    MOVE_CREATOR_REWARD,
    MOVE_REGISTER_FEE,
    NODE_ONLINE,
    NoEligibleNode,
    NotEngagedHost,
    NotOwner,
    P_FB_WINDOW,
    P_MODEL_DEPLOY_RETRIES,
    P_MODEL_FORCED_FORFEIT_BPS,
    P_MODEL_REGISTER_FEE,
    P_MODEL_REGISTER_STAKE,
    P_PLACE_POLICY,
    P_PLACE_REPLICAS,
    P_ROTATE_PERIOD_ERAS,
    STEP_PAY_CREATORS,
    STEP_ROTATE_MODELS,
    TABLE_LENGTH,
    TASK_KIND_MODEL,
    TASK_KIND_MODEL_METADATA,
    TaskPending,
    UnknownEntity,
    ValueOutOfRange,
    VersionsRecord,
    WrongState
} from "./Protocol.sol";

/// @title Models
/// @notice The life of a model (SM-1): registration, the checks that each version must pass, production, new versions,
/// removal, and the creators' part of an era's emission, as in `sim/protocol/models.ts`. Calls and their fees are Calls'.
/// @dev Function by function the same guards in the same order as the core, then the same events in the same order. A
/// task's fee is the last guard of an action that opens one: Token refuses it (InsufficientBalance) when it is moved.
contract Models is Family, IModels {
    using Hosting for HostsRecord[TABLE_LENGTH];

    /// @notice Highest fee of one call of size 1: a call may be a thousand times as large (NUM-2).
    uint64 internal constant MAX_FEE_UNITS = 1_000_000_000_000;
    /// @notice Most work units of one call, so that an era's sums of wu and of wu·BPS stay below 2^53 (NUM-2).
    uint64 internal constant MAX_WU = 1_000_000;
    uint64 internal constant MAX_DOMAIN = 31;
    /// @notice The test deployment's number in HostChanged.
    uint64 internal constant TEST_HOST = uint64(HOSTS_PER_MODEL);

    ModelsRecord[TABLE_LENGTH] internal models;
    VersionsRecord[TABLE_LENGTH] internal versions;
    HostsRecord[TABLE_LENGTH] internal hosts;
    uint64[TABLE_LENGTH] internal ratings;
    ModelTotalsRecord internal modelTotals;

    constructor(address[FAMILY_COUNT] memory families) Family(families) {}

    // Registration and checks

    /// @notice Registers a model with its first version: mints the Model NFT to the sender, takes the fee, locks the stake.
    /// @param domain Domain, 0 to 31
    /// @param feeUnits Fee of a call of size 1
    /// @param artefactId Identifier of the weights
    /// @param wu Work units of a call of size 1
    /// @custom:rule MODEL-2, OP-5, OP-104
    function registerModel(uint64 domain, uint64 feeUnits, uint64 artefactId, uint64 wu) external {
        uint64 actor = _agent();
        if (domain > MAX_DOMAIN) revert ValueOutOfRange(domain, MAX_DOMAIN);
        _checkFee(feeUnits);
        _checkArtefact(artefactId, wu);
        uint64 registerFeeUnits = _param(P_MODEL_REGISTER_FEE);
        uint64 stakeUnits = _param(P_MODEL_REGISTER_STAKE);
        uint64 balance = TOKEN.unitsOf(actor);
        if (balance < registerFeeUnits + stakeUnits) revert InsufficientBalance(balance, registerFeeUnits + stakeUnits);

        uint64 model = ++modelTotals.modelCount;
        ModelsRecord storage m = models[model];
        m.owner = actor;
        m.state = MODEL_REGISTERED;
        m.feeUnits = feeUnits;
        m.domain = domain;
        _addVersion(m, model, 1, artefactId, wu, feeUnits);
        emit Transition(KIND_MODEL, model, actor, 0, MODEL_REGISTERED);
        TOKEN.move(actor, ACCOUNT_TREASURY, registerFeeUnits, MOVE_REGISTER_FEE);
        if (stakeUnits > 0) STAKE.lockStake(KIND_MODEL, model, actor, stakeUnits);
        // Calls the receiver: everything is written by now.
        NFT.mint(KIND_MODEL, model, actor);
    }

    /// @notice Hands in the metadata document of the version under validation and opens its check.
    /// @custom:rule MODEL-3, OP-23
    function submitModelMetadata(uint64 model, uint64 documentId) external {
        uint64 actor = _agent();
        ModelsRecord storage m = _owned(model, actor);
        uint64 walk = _walkOf(m);
        if (walk != MODEL_REGISTERED && walk != MODEL_META_REJECTED) revert WrongState(walk, 0);
        if (m.needsChange != 0) revert ChangeRequired(model, 0);
        if (documentId == 0) revert ValueOutOfRange(0, 0);
        if (documentId > MAX_INT) revert ValueOutOfRange(documentId, uint64(MAX_INT));
        if (m.pendingTask != 0) revert TaskPending(m.pendingTask, 0);

        uint64 version = m.candidateVersion;
        versions[version].documentId = documentId;
        m.pendingTask = TASKS.openTask(TASK_KIND_MODEL_METADATA, model, actor, version, 0, 0, 0, actor);
        _setWalk(m, model, MODEL_META_REVIEW, actor);
    }

    /// @notice Asks for a test deployment; the node is drawn from the whole list.
    /// @custom:rule MODEL-4, F-22
    function requestTest(uint64 model) external {
        uint64 actor = _agent();
        ModelsRecord storage m = _owned(model, actor);
        uint64 walk = _walkOf(m);
        if (walk != MODEL_META_APPROVED && walk != MODEL_TEST_FAILED && walk != MODEL_FUNC_REJECTED) {
            revert WrongState(walk, 0);
        }
        if (m.needsChange != 0) revert ChangeRequired(model, 0);
        uint64 node = _pickTestNode(m, model, 0);
        if (node == 0) revert NoEligibleNode(NODES.rankedCount(), 0);

        m.triesCount = 0;
        _startTest(m, model, node);
        _setWalk(m, model, MODEL_TEST_DEPLOYING, actor);
    }

    /// @notice The test node reports that the test deployment runs.
    /// @custom:rule MODEL-4
    function confirmTestDeployment(uint64 model) external {
        uint64 actor = _agent();
        ModelsRecord storage m = _existing(model);
        _checkTestNode(m, actor);

        emit HostChanged(model, TEST_HOST, m.testNode, HOST_UP);
        _setWalk(m, model, MODEL_TEST_DEPLOYED, actor);
    }

    /// @notice The test node reports that the deployment failed. A node's fault tries another node while tries are left; a
    /// model's fault ends the test at once, and the creator has to change the version.
    /// @param fault FAULT_NODE or FAULT_MODEL
    /// @custom:rule MODEL-4, OP-6
    function failTestDeployment(uint64 model, uint64 fault) external {
        uint64 actor = _agent();
        ModelsRecord storage m = _existing(model);
        _checkFault(fault, FAULT_MODEL);
        _checkTestNode(m, actor);

        uint64 tries = m.triesCount + 1;
        uint64 node;
        if (fault == FAULT_NODE && tries <= _param(P_MODEL_DEPLOY_RETRIES)) node = _pickTestNode(m, model, tries);
        _endTest(m, model);
        if (node != 0) {
            m.triesCount = tries;
            _startTest(m, model, node);
        } else {
            if (fault == FAULT_MODEL) m.needsChange = 1;
            _setWalk(m, model, MODEL_TEST_FAILED, actor);
        }
    }

    /// @notice Opens the functional check of the version that is test-deployed.
    /// @custom:rule MODEL-5, OP-23
    function openModelValidation(uint64 model) external {
        uint64 actor = _agent();
        ModelsRecord storage m = _owned(model, actor);
        uint64 walk = _walkOf(m);
        if (walk != MODEL_TEST_DEPLOYED) revert WrongState(walk, 0);

        uint64 version = m.candidateVersion;
        VersionsRecord storage v = versions[version];
        m.pendingTask = TASKS.openTask(TASK_KIND_MODEL, model, actor, version, v.wu, v.artefactId, 0, actor);
        _setWalk(m, model, MODEL_FUNC_REVIEW, actor);
    }

    /// @notice Changes the version under validation after a rejection or a fault of the model; only then may it be checked
    /// again. What the functional check has found no longer counts.
    /// @custom:rule MODEL-6
    function changeModel(uint64 model, uint64 artefactId, uint64 wu) external {
        ModelsRecord storage m = _owned(model, _agent());
        if (m.state == MODEL_REMOVED) revert WrongState(MODEL_REMOVED, 0);
        if (m.needsChange == 0) revert AlreadySet(0, 0);
        _checkArtefact(artefactId, wu);

        VersionsRecord storage v = versions[m.candidateVersion];
        v.artefactId = artefactId;
        v.wu = wu;
        v.functionPassed = 0;
        m.needsChange = 0;
    }

    /// @notice Hands in a new version of a Live model. The old one stays live until the new one has passed both checks.
    /// @custom:rule MODEL-13, OP-10
    function submitVersion(uint64 model, uint64 artefactId, uint64 wu, uint64 feeUnits) external {
        uint64 actor = _agent();
        ModelsRecord storage m = _owned(model, actor);
        uint64 state = m.state;
        if (state != MODEL_LIVE) revert WrongState(state, 0);
        if (m.candidateVersion != 0) revert WrongState(m.candidateState, 0);
        _checkArtefact(artefactId, wu);
        _checkFee(feeUnits);

        _addVersion(m, model, versions[m.liveVersion].number + 1, artefactId, wu, feeUnits);
        _setWalk(m, model, MODEL_REGISTERED, actor);
    }

    // Replicas

    /// @notice A node reports that its replica is up, or that it has taken over from the replica that rotates out.
    /// @custom:rule MODEL-7, MODEL-9, MODEL-14
    function confirmHost(uint64 model, uint64 host) external {
        uint64 actor = _agent();
        ModelsRecord storage m = _existing(model);
        _checkHost(host);
        HostsRecord storage h = hosts.hostOf(model, host);
        _checkComing(h, actor);

        uint64 next = h.nextNode;
        if (next != 0) {
            NODES.removeLoad(h.node);
            h.node = next;
            h.nextNode = 0;
        }
        h.state = HOST_UP;
        h.sinceEra = CLOCK.era();
        emit HostChanged(model, host, h.node, HOST_UP);
        _goLiveIfUp(m, model, actor);
    }

    /// @notice A node reports that its replica cannot be brought up. Before the model is Live, a node's fault tries another
    /// node of the band while tries are left, and a model's fault ends the whole production; when Live, the place is left
    /// for the keeper to fill, or the replica that was to rotate out stays.
    /// @param fault FAULT_NODE, or FAULT_MODEL before the model is Live
    /// @custom:rule MODEL-8, OP-6
    function failHost(uint64 model, uint64 host, uint64 fault) external {
        uint64 actor = _agent();
        ModelsRecord storage m = _existing(model);
        _checkHost(host);
        bool isFirst = m.liveVersion == 0;
        _checkFault(fault, isFirst ? FAULT_MODEL : FAULT_NODE);
        HostsRecord storage h = hosts.hostOf(model, host);
        _checkComing(h, actor);

        if (h.state == HOST_ROTATING) {
            _dropNext(h, model, host);
        } else if (!isFirst) {
            _emptyHost(m, h, model, host);
        } else if (fault == FAULT_MODEL) {
            _emptyHosts(m, model);
            m.needsChange = 1;
            _setWalk(m, model, MODEL_TEST_FAILED, actor);
        } else {
            _retryHost(m, h, model, host, actor);
        }
    }

    /// @notice Places a replica anew whose node is no longer Online, or whose place is empty; a successor that is being
    /// deployed takes over. Keeper only.
    /// @custom:rule MODEL-8, NODE-13, F-22
    function replaceHost(uint64 model, uint64 host) external {
        _onlyKeeperAtRest();
        ModelsRecord storage m = _existing(model);
        uint64 state = m.state;
        if (state != MODEL_LIVE && state != MODEL_PROD_DEPLOYING) revert WrongState(state, 0);
        _checkHost(host);
        HostsRecord storage h = hosts.hostOf(model, host);
        uint64 old = h.node;
        if (old != 0 && NODES.stateOf(old) == NODE_ONLINE) revert WrongState(NODE_ONLINE, 0);
        uint64 node = h.nextNode;
        if (node == 0) {
            node = _pickHost(m, model, _bandOf(host), Fixed.PURPOSE_ROTATION, host + 16 * CLOCK.slotCount());
        }
        if (node == 0) revert NoEligibleNode(NODES.rankedCount(), 0);

        if (old == 0) _fillHost(m, model, host, node);
        else _moveHost(h, model, host, node);
    }

    // Removal

    /// @notice The creator withdraws the model: all its deployments end, the NFT is burnt, the stake returns.
    /// @custom:rule MODEL-15, OP-5
    function removeModel(uint64 model) external {
        uint64 actor = _agent();
        ModelsRecord storage m = _owned(model, actor);
        _endModel(m, model, actor);
        _payStakeBack(m, model, STAKE.ownUnits(KIND_MODEL, model));
    }

    /// @notice The protocol removes a malicious or broken model: as removeModel, and a share of the stake goes to the
    /// treasury, rounded down. Keeper only.
    /// @custom:rule MODEL-15, OP-5
    function forceRemoveModel(uint64 model) external {
        _onlyKeeperAtRest();
        ModelsRecord storage m = _existing(model);
        _endModel(m, model, ACCOUNT_KEEPER);
        uint64 units = STAKE.ownUnits(KIND_MODEL, model);
        // A share of units.
        uint64 forfeitUnits = uint64(Fixed.mulDivDown(units, _param(P_MODEL_FORCED_FORFEIT_BPS), Fixed.BPS));
        if (forfeitUnits > 0) STAKE.penaliseStake(KIND_MODEL, model, forfeitUnits, ACCOUNT_TREASURY);
        _payStakeBack(m, model, units - forfeitUnits);
    }

    // Settlement

    /// @notice Settlement step 9: the creators' part of the emission, by the work units their models served in the era; to
    /// the foundation if none served any. Removed models are paid for what they served. Rounding: running sums, nothing is
    /// left over. Keeper only.
    /// @custom:rule MODEL-16, ECON-2, NUM-4
    function payCreators(uint64 from, uint64 to) external {
        _onlyKeeper();
        uint64 count = modelTotals.modelCount;
        CLOCK.enterStep(STEP_PAY_CREATORS, from, to, count);

        (,, uint64 poolUnits,,) = EMISSION.pools();
        uint64 sumWu = modelTotals.eraWu;
        uint64 running = modelTotals.runningWu;
        for (uint64 model = from + 1; model <= to; ++model) {
            ModelsRecord storage m = models[model];
            uint64 wu = m.eraWu;
            if (wu == 0) continue;
            // A share of poolUnits.
            uint64 units = uint64(Fixed.allocShare(poolUnits, running, running + wu, sumWu));
            running += wu;
            m.eraWu = 0;
            if (units == 0) continue;
            uint64 owner = m.owner;
            TOKEN.move(ACCOUNT_COMMUNITY, owner, units, MOVE_CREATOR_REWARD);
            emit RewardPaid(KIND_MODEL, model, owner, units, MOVE_CREATOR_REWARD);
        }
        if (to == count) {
            if (sumWu == 0) TOKEN.move(ACCOUNT_COMMUNITY, ACCOUNT_FOUNDATION, poolUnits, MOVE_CREATOR_REWARD);
            modelTotals.eraWu = 0;
            running = 0;
        }
        modelTotals.runningWu = running;
    }

    /// @notice Settlement step 15: starts the rotations that are due. Keeper only.
    /// @custom:rule MODEL-14, OP-11
    function rotateModels(uint64 from, uint64 to) external {
        _onlyKeeper();
        CLOCK.enterStep(STEP_ROTATE_MODELS, from, to, modelTotals.modelCount);

        uint64 period = _param(P_ROTATE_PERIOD_ERAS);
        if (period == 0) return;
        uint64 era = CLOCK.era();
        for (uint64 model = from + 1; model <= to; ++model) {
            ModelsRecord storage m = models[model];
            if (m.state == MODEL_LIVE && era - m.rotationEra >= period) _rotate(m, model, era);
        }
    }

    // For the other families

    /// @inheritdoc IModels
    /// @dev A model that was removed meanwhile only forgets the task.
    /// @custom:rule MODEL-3, MODEL-5, MODEL-6, MODEL-7, OP-10
    function onTask(uint64, uint64 taskKind, uint64 model, bool passed, uint64 actor) external {
        _onlyFamily();
        ModelsRecord storage m = models[model];
        m.pendingTask = 0;
        if (m.state == MODEL_REMOVED) return;
        ++m.checkCount;
        if (passed) ++m.checkPassedCount;
        else m.needsChange = 1;
        VersionsRecord storage v = versions[m.candidateVersion];
        if (taskKind == TASK_KIND_MODEL_METADATA) {
            v.metadataPassed = passed ? 1 : 0;
            _setWalk(m, model, passed ? MODEL_META_APPROVED : MODEL_META_REJECTED, actor);
            return;
        }
        _endTest(m, model);
        v.functionPassed = passed ? 1 : 0;
        if (!passed) {
            _setWalk(m, model, MODEL_FUNC_REJECTED, actor);
        } else if (m.liveVersion == 0) {
            _startProduction(m, model, actor);
        } else {
            _setWalk(m, model, MODEL_LIVE, actor);
            _promoteCandidate(m);
        }
    }

    /// @inheritdoc IModels
    function callInfo(uint64 model)
        external
        view
        returns (uint64 owner, uint64 state, uint64 feeUnits, uint64 version, uint64 wu, uint64 count)
    {
        count = modelTotals.modelCount;
        if (model <= count) {
            ModelsRecord storage m = models[model];
            (owner, state, feeUnits, version) = (m.owner, m.state, m.feeUnits, m.liveVersion);
            wu = versions[version].wu;
        }
    }

    /// @inheritdoc IModels
    function isHosting(uint64 model, uint64 node) external view returns (bool hosting) {
        return hosts.isHosting(model, node, _param(P_PLACE_REPLICAS));
    }

    /// @inheritdoc IModels
    function recordRequested(uint64 model) external {
        _onlyFamily();
        ++models[model].requestCount;
    }

    /// @inheritdoc IModels
    function recordServed(uint64 model, uint64 wu) external {
        _onlyFamily();
        ModelsRecord storage m = models[model];
        ++m.successCount;
        m.eraWu += wu;
        modelTotals.eraWu += wu;
    }

    /// @inheritdoc IModels
    function recordFailed(uint64 model) external {
        _onlyFamily();
        ++models[model].errorCount;
    }

    /// @inheritdoc IModels
    function addRating(uint64 model, uint64 tenths) external returns (uint64 sumTenths, uint64 ratingCount) {
        _onlyFamily();
        return Feedback.addRating(models[model], ratings, model, tenths, _param(P_FB_WINDOW));
    }

    // Guards

    function _existing(uint64 model) private view returns (ModelsRecord storage m) {
        uint64 count = modelTotals.modelCount;
        if (model == 0 || model > count) revert UnknownEntity(model, count);
        return models[model];
    }

    function _owned(uint64 model, uint64 actor) private view returns (ModelsRecord storage m) {
        m = _existing(model);
        if (m.owner != actor) revert NotOwner(actor, m.owner);
    }

    function _checkFee(uint64 feeUnits) private pure {
        if (feeUnits == 0) revert AmountTooSmall(0, 1);
        if (feeUnits > MAX_FEE_UNITS) revert ValueOutOfRange(feeUnits, MAX_FEE_UNITS);
    }

    function _checkArtefact(uint64 artefactId, uint64 wu) private pure {
        if (artefactId == 0) revert ValueOutOfRange(0, 0);
        if (artefactId > MAX_INT) revert ValueOutOfRange(artefactId, uint64(MAX_INT));
        if (wu == 0) revert AmountTooSmall(0, 1);
        if (wu > MAX_WU) revert ValueOutOfRange(wu, MAX_WU);
    }

    function _checkFault(uint64 fault, uint64 limit) private pure {
        if (fault == 0 || fault > limit) revert ValueOutOfRange(fault, limit);
    }

    function _checkHost(uint64 host) private view {
        uint64 replicas = _param(P_PLACE_REPLICAS);
        if (host >= replicas) revert ValueOutOfRange(host, replicas - 1);
    }

    /// @dev A replica or its successor must be on its way, and the sender must be the owner of the node it is on its way to.
    function _checkComing(HostsRecord storage h, uint64 actor) private view {
        uint64 state = h.state;
        if (!Hosting.isComing(state)) revert WrongState(state, 0);
        _checkEngaged(state == HOST_ROTATING ? h.nextNode : h.node, actor);
    }

    function _checkTestNode(ModelsRecord storage m, uint64 actor) private view {
        uint64 walk = _walkOf(m);
        if (walk != MODEL_TEST_DEPLOYING) revert WrongState(walk, 0);
        _checkEngaged(m.testNode, actor);
    }

    function _checkEngaged(uint64 node, uint64 actor) private view {
        uint64 owner = NODES.ownerOf(node);
        if (actor != owner) revert NotEngagedHost(actor, owner);
    }

    // Versions and states

    /// @dev State of what is under validation: the candidate's once a version is live, else the model's.
    function _walkOf(ModelsRecord storage m) private view returns (uint64) {
        return m.liveVersion == 0 ? m.state : m.candidateState;
    }

    function _setWalk(ModelsRecord storage m, uint64 model, uint64 to, uint64 actor) private {
        if (m.liveVersion == 0) {
            emit Transition(KIND_MODEL, model, actor, m.state, to);
            m.state = to;
        } else {
            emit Transition(KIND_VERSION, m.candidateVersion, actor, m.candidateState, to);
            m.candidateState = to;
        }
    }

    function _addVersion(
        ModelsRecord storage m,
        uint64 model,
        uint64 number,
        uint64 artefactId,
        uint64 wu,
        uint64 feeUnits
    ) private {
        uint64 version = ++modelTotals.versionCount;
        VersionsRecord storage v = versions[version];
        v.model = model;
        v.number = number;
        v.artefactId = artefactId;
        v.wu = wu;
        v.createdEra = CLOCK.era();
        v.feeUnits = feeUnits;
        m.candidateVersion = version;
    }

    /// @dev Makes the candidate the live version; requests take its price and its work units from now on.
    function _promoteCandidate(ModelsRecord storage m) private {
        uint64 version = m.candidateVersion;
        m.liveVersion = version;
        m.feeUnits = versions[version].feeUnits;
        m.candidateVersion = 0;
        m.candidateState = 0;
    }

    /// @dev A model whose placed replicas are all up goes Live.
    function _goLiveIfUp(ModelsRecord storage m, uint64 model, uint64 actor) private {
        if (m.state != MODEL_PROD_DEPLOYING || hosts.isDeploying(model, _param(P_PLACE_REPLICAS))) return;
        if (m.hostCount == 0) return;
        _setWalk(m, model, MODEL_LIVE, actor);
        _promoteCandidate(m);
        m.rotationEra = CLOCK.era();
        ++modelTotals.liveCount;
    }

    /// @dev Requests that are open or routed find no host any more and are refunded when the slot is closed.
    function _endModel(ModelsRecord storage m, uint64 model, uint64 actor) private {
        uint64 state = m.state;
        if (state == MODEL_REMOVED) revert WrongState(state, 0);

        _emptyHosts(m, model);
        _endTest(m, model);
        if (state == MODEL_LIVE) --modelTotals.liveCount;
        m.candidateState = 0;
        m.state = MODEL_REMOVED;
        emit Transition(KIND_MODEL, model, actor, state, MODEL_REMOVED);
        NFT.burn(KIND_MODEL, model);
    }

    function _payStakeBack(ModelsRecord storage m, uint64 model, uint64 units) private {
        if (units > 0) STAKE.releaseStake(KIND_MODEL, model, m.owner, units);
    }

    // Deployments

    function _bandOf(uint64 host) private view returns (uint256) {
        return Hosting.bandOf(_param(P_PLACE_POLICY), host);
    }

    /// @dev A node for the model from a band, none of those that run it already; 0 if there is none.
    function _pickHost(ModelsRecord storage m, uint64 model, uint256 band, uint256 purpose, uint64 k)
        private
        view
        returns (uint64)
    {
        // A band is 0 to 2, a draw has 52 bits.
        return NODES.pickNode(
            uint64(band),
            uint64(Fixed.rnd(CLOCK.beacon(), purpose, model, k)),
            m.domain,
            hosts.deployedNodes(model, _param(P_PLACE_REPLICAS), m.testNode)
        );
    }

    function _pickTestNode(ModelsRecord storage m, uint64 model, uint64 tries) private view returns (uint64) {
        uint64 k = tries + 16 * m.candidateVersion;
        return _pickHost(m, model, Placement.BAND_ANYWHERE, Fixed.PURPOSE_TEST_PLACEMENT, k);
    }

    function _startTest(ModelsRecord storage m, uint64 model, uint64 node) private {
        m.testNode = node;
        NODES.addLoad(node);
        emit HostChanged(model, TEST_HOST, node, HOST_DEPLOYING);
    }

    function _endTest(ModelsRecord storage m, uint64 model) private {
        uint64 node = m.testNode;
        if (node == 0) return;
        m.testNode = 0;
        NODES.removeLoad(node);
        emit HostChanged(model, TEST_HOST, 0, HOST_EMPTY);
    }

    /// @dev Deploys the replicas; without a single node the model falls back to TestFailed, with nothing to change.
    function _startProduction(ModelsRecord storage m, uint64 model, uint64 actor) private {
        m.triesCount = 0;
        _setWalk(m, model, MODEL_PROD_DEPLOYING, actor);
        uint64 replicas = _param(P_PLACE_REPLICAS);
        for (uint64 host; host < replicas; ++host) {
            uint64 node = _pickHost(m, model, _bandOf(host), Fixed.PURPOSE_PRODUCTION_PLACEMENT, host);
            if (node != 0) _fillHost(m, model, host, node);
        }
        if (m.hostCount == 0) _setWalk(m, model, MODEL_TEST_FAILED, actor);
    }

    /// @dev A node's fault before the model is Live: another node of the band, or one replica less.
    function _retryHost(ModelsRecord storage m, HostsRecord storage h, uint64 model, uint64 host, uint64 actor) private {
        uint64 tries = m.triesCount + 1;
        uint64 node;
        if (tries <= _param(P_MODEL_DEPLOY_RETRIES)) {
            node = _pickHost(m, model, _bandOf(host), Fixed.PURPOSE_PRODUCTION_PLACEMENT, host + 16 * tries);
        }
        if (node != 0) {
            m.triesCount = tries;
            _moveHost(h, model, host, node);
            return;
        }
        _emptyHost(m, h, model, host);
        if (m.hostCount == 0) _setWalk(m, model, MODEL_TEST_FAILED, actor);
        else _goLiveIfUp(m, model, actor);
    }

    function _fillHost(ModelsRecord storage m, uint64 model, uint64 host, uint64 node) private {
        ++m.hostCount;
        NODES.addLoad(node);
        _writeDeploying(hosts.hostOf(model, host), model, host, node);
    }

    function _moveHost(HostsRecord storage h, uint64 model, uint64 host, uint64 node) private {
        NODES.removeLoad(h.node);
        // A successor has carried the load since its deployment began.
        if (h.nextNode == 0) NODES.addLoad(node);
        _writeDeploying(h, model, host, node);
    }

    function _writeDeploying(HostsRecord storage h, uint64 model, uint64 host, uint64 node) private {
        h.node = node;
        h.nextNode = 0;
        h.state = HOST_DEPLOYING;
        h.sinceEra = 0;
        emit HostChanged(model, host, node, HOST_DEPLOYING);
    }

    function _emptyHosts(ModelsRecord storage m, uint64 model) private {
        uint64 replicas = _param(P_PLACE_REPLICAS);
        for (uint64 host; host < replicas; ++host) {
            HostsRecord storage h = hosts.hostOf(model, host);
            if (h.state != HOST_EMPTY) _emptyHost(m, h, model, host);
        }
    }

    function _emptyHost(ModelsRecord storage m, HostsRecord storage h, uint64 model, uint64 host) private {
        --m.hostCount;
        NODES.removeLoad(h.node);
        uint64 next = h.nextNode;
        if (next != 0) NODES.removeLoad(next);
        h.node = 0;
        h.nextNode = 0;
        h.state = HOST_EMPTY;
        h.sinceEra = 0;
        emit HostChanged(model, host, 0, HOST_EMPTY);
    }

    /// @dev Gives up the successor of a replica; the replica stays where it is.
    function _dropNext(HostsRecord storage h, uint64 model, uint64 host) private {
        NODES.removeLoad(h.nextNode);
        h.nextNode = 0;
        h.state = HOST_UP;
        emit HostChanged(model, host, h.node, HOST_UP);
    }

    /// @dev The replica that has been up longest gets a successor from its band and keeps serving until that one is up. A
    /// successor that did not come up within a whole period is given up first, so at most one is deploying.
    function _rotate(ModelsRecord storage m, uint64 model, uint64 era) private {
        m.rotationEra = era;
        uint64 replicas = _param(P_PLACE_REPLICAS);
        for (uint64 host; host < replicas; ++host) {
            HostsRecord storage pending = hosts.hostOf(model, host);
            if (pending.state == HOST_ROTATING) _dropNext(pending, model, host);
        }
        uint64 oldest = hosts.oldestUp(model, replicas);
        if (oldest == replicas) return;
        uint64 node = _pickHost(m, model, _bandOf(oldest), Fixed.PURPOSE_ROTATION, era);
        if (node == 0) return;
        HostsRecord storage h = hosts.hostOf(model, oldest);
        h.nextNode = node;
        h.state = HOST_ROTATING;
        NODES.addLoad(node);
        emit HostChanged(model, oldest, node, HOST_ROTATING);
    }
}
