// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ewma} from "./Ewma.sol";
import {Family} from "./Family.sol";
import {Fixed} from "./Fixed.sol";
import {INodes} from "./Interfaces.sol";
import {Placement} from "./Placement.sol";
import {Powr, PowrExponents} from "./Powr.sol";
import {
    ACCOUNT_COMMUNITY,
    ACCOUNT_FOUNDATION,
    ACCOUNT_KEEPER,
    ACCOUNT_TREASURY,
    AmountTooSmall,
    BatchMismatch,
    CapacityExhausted,
    ChangeRequired,
    DeadlineNotPassed,
    DeadlinePassed,
    EndpointNotConformant,
    ExitQueueNotOver,
    FAMILY_COUNT,
    InsufficientBalance,
    KIND_NODE,
    MAX_INT,
    MOVE_POWR_REWARD,
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
    NodeEraRecord,
    NodeReportsRecord,
    NodeSlotsExhausted,
    NodeTotalsRecord,
    NodeTrustRecord,
    NodesRecord,
    NotOwner,
    P_DELEG_POOL_SHARE_BPS,
    P_NODE_DEADLINE_PENALTY_BPS,
    P_NODE_DEADLINE_TARGET,
    P_NODE_EXIT_ERAS,
    P_NODE_EXIT_ERROR_BUDGET,
    P_NODE_EXIT_PENALTY_BPS,
    P_NODE_RESERVE_DEADLINE_S,
    P_NODE_SLOTS,
    P_NODE_STAKE_MIN,
    P_PLACE_BAND_BPS,
    P_POWR_EXP4_A,
    P_POWR_EXP4_B,
    P_POWR_EXP4_C,
    P_POWR_VARIANT,
    P_TRUST_BEHAVIOUR_HALF_LIFE,
    P_TRUST_FLAP_PENALTY,
    P_TRUST_HALF_LIFE_ERAS,
    P_TRUST_INIT_BPS,
    P_TRUST_SPEED_MS_BAD,
    P_TRUST_SPEED_MS_GOOD,
    P_TRUST_W_BPS_ACCURACY,
    P_TRUST_W_BPS_BEHAVIOUR,
    P_TRUST_W_BPS_COMPLETION,
    P_TRUST_W_BPS_SPEED,
    P_TRUST_W_BPS_STABILITY,
    P_VAL_TASK_FEE,
    RankingInvalid,
    STEP_COMPUTE_ERA_METRICS,
    STEP_PAY_NODES,
    STEP_POST_RANKING,
    STEP_SCORE_NODES,
    STEP_UPDATE_TRUST,
    StillHosting,
    TABLE_LENGTH,
    TASK_KIND_NODE,
    TASK_KIND_NODE_METADATA,
    TaskPending,
    UnknownEntity,
    ValueOutOfRange,
    WrongState
} from "./Protocol.sol";
import {Trust, TrustRules, TrustWeights} from "./Trust.sol";

/// @title Nodes
/// @notice The life of a node from reserved slot to removal (SM-2), its work, its trust weight (F-1 to F-3), its reward
/// (F-4) and the list by trust weight that placement uses (F-22): the rules of `sim/protocol/{nodes,trust,powr,placement}.ts`.
/// Amounts are base units, ratios FP (10^9), times seconds from genesis. Rewards and penalties round down.
contract Nodes is Family, INodes {
    uint64 private constant MAX_DOMAINS = 4_294_967_295; // one bit for each of 32 domains
    uint64 private constant MAX_CAPACITY = 1_000;
    uint64 private constant TARGET_REGISTERED = 0;
    uint64 private constant REPORT_WORDS = 4;

    NodesRecord[TABLE_LENGTH] internal nodes;
    NodeTrustRecord[TABLE_LENGTH] internal nodeTrust;
    NodeEraRecord[TABLE_LENGTH] internal nodeEra;
    NodeReportsRecord[TABLE_LENGTH] internal nodeReports;
    uint64[TABLE_LENGTH] internal freedSeats;
    uint64[TABLE_LENGTH] internal ranking;
    NodeTotalsRecord internal nodeTotals;

    constructor(address[FAMILY_COUNT] memory families) Family(families) {}

    // Actions of owners

    /// @notice Reserves a node slot for a new node, against its stake.
    /// @param domains one bit per supported domain, not 0
    /// @param capacityCount deployments it can hold, 1 to 1 000
    /// @custom:rule NODE-1, NODE-16, SM-2, TRUST-5, INV-16
    function reserveSlot(uint64 domains, uint64 capacityCount) external {
        uint64 actor = _agent();
        _checkOffer(domains, capacityCount);
        {
            uint64 used = nodeTotals.seatsUsedCount;
            uint64 slots = _param(P_NODE_SLOTS);
            if (used >= slots) revert NodeSlotsExhausted(used, slots);
        }
        uint64 stakeUnits = _param(P_NODE_STAKE_MIN);
        _checkBalance(actor, stakeUnits);

        uint64 node = ++nodeTotals.nodeCount;
        NodesRecord storage record = nodes[node];
        record.owner = actor;
        record.seat = _takeSeat();
        record.deadlineS = CLOCK.nowS() + _param(P_NODE_RESERVE_DEADLINE_S);
        record.domains = domains;
        record.capacityCount = capacityCount;
        nodeTrust[node] = Trust.start(_param(P_TRUST_INIT_BPS), _trustWeights());
        if (stakeUnits > 0) STAKE.lockStake(KIND_NODE, node, actor, stakeUnits);
        _enterState(record, node, NODE_RESERVED, actor);
    }

    /// @notice Registers a reserved node whose endpoint conforms to the API: mints its NFT to the owner.
    /// @param endpointId identifier of the endpoint that passed the conformance test, 0 if none did
    /// @custom:rule NODE-3, NODE-4, SM-2, INV-15
    function registerNode(uint64 node, uint64 endpointId) external {
        (NodesRecord storage record, uint64 actor) = _owned(node);
        uint64 state = record.state;
        if (state != NODE_RESERVED) revert WrongState(state, 0);
        _checkDeadline(record);
        if (endpointId == 0) revert EndpointNotConformant(endpointId, 0);

        if (_param(P_NODE_DEADLINE_TARGET) == TARGET_REGISTERED) record.deadlineS = 0;
        _enterState(record, node, NODE_REGISTERED, actor);
        NFT.mint(KIND_NODE, node, actor);
    }

    /// @notice Changes what a node offers while no check of it is under way; after a failed check this is the change that
    /// the next one needs.
    /// @custom:rule NODE-5, NODE-7, SM-2
    function editNode(uint64 node, uint64 domains, uint64 capacityCount) external {
        (NodesRecord storage record,) = _owned(node);
        uint64 state = record.state;
        if (state != NODE_REGISTERED && state != NODE_META_REJECTED && state != NODE_VAL_REJECTED) {
            revert WrongState(state, 0);
        }
        _checkOffer(domains, capacityCount);

        record.domains = domains;
        record.capacityCount = capacityCount;
        record.documentId = 0;
        record.needsChange = 0;
    }

    /// @notice Submits the node's metadata document for review, for the fee of a task.
    /// @param documentId identifier of the stored document, not 0
    /// @custom:rule NODE-5, NODE-6, SM-2
    function submitNodeMetadata(uint64 node, uint64 documentId) external {
        (NodesRecord storage record, uint64 actor) = _owned(node);
        uint64 state = record.state;
        if (state != NODE_REGISTERED && state != NODE_META_REJECTED) revert WrongState(state, 0);
        if (record.needsChange != 0) revert ChangeRequired(node, 0);
        if (documentId == 0) revert ValueOutOfRange(0, 0);
        if (documentId > MAX_INT) revert ValueOutOfRange(documentId, uint64(MAX_INT));
        _checkDeadline(record);
        _checkBalance(actor, _param(P_VAL_TASK_FEE));

        record.documentId = documentId;
        _openReview(record, node, actor, NODE_META_REVIEW, TASK_KIND_NODE_METADATA, documentId);
    }

    /// @notice Asks for the full validation of a node, for the fee of a task.
    /// @custom:rule NODE-7, SM-2
    function requestNodeValidation(uint64 node) external {
        (NodesRecord storage record, uint64 actor) = _owned(node);
        uint64 state = record.state;
        if (state != NODE_META_APPROVED && state != NODE_VAL_REJECTED) revert WrongState(state, 0);
        if (record.needsChange != 0) revert ChangeRequired(node, 0);
        _checkDeadline(record);
        _checkBalance(actor, _param(P_VAL_TASK_FEE));

        _openReview(record, node, actor, NODE_VAL_REVIEW, TASK_KIND_NODE, record.documentId);
    }

    /// @notice Adds to the stake of a node that is not Removed or Released.
    /// @custom:rule NODE-1, SM-2
    function topUpNode(uint64 node, uint64 units) external {
        (NodesRecord storage record, uint64 actor) = _owned(node);
        uint64 state = record.state;
        if (state > NODE_EXITING) revert WrongState(state, 0);
        if (units == 0) revert AmountTooSmall(units, 1);
        _checkBalance(actor, units);

        STAKE.lockStake(KIND_NODE, node, actor, units);
    }

    /// @notice Enters the exit queue; deployments go on serving until they are moved.
    /// @custom:rule NODE-13, SM-2
    function requestExit(uint64 node) external {
        (NodesRecord storage record, uint64 actor) = _owned(node);
        uint64 state = record.state;
        if (state != NODE_ONLINE && state != NODE_OFFLINE) revert WrongState(state, 0);

        if (state == NODE_ONLINE) --nodeTotals.onlineCount;
        record.exitEra = CLOCK.era() + _param(P_NODE_EXIT_ERAS);
        record.exitErrorCount = 0;
        _enterState(record, node, NODE_EXITING, actor);
    }

    /// @notice Leaves the network at the end of the exit queue: stake back, NFT burnt, slot free. Era rewards need no
    /// payment here: each was paid when its era was settled.
    /// @custom:rule NODE-13, NODE-14, SM-2, INV-15, INV-16, INV-17
    function finaliseExit(uint64 node) external {
        (NodesRecord storage record, uint64 actor) = _owned(node);
        uint64 state = record.state;
        if (state != NODE_EXITING) revert WrongState(state, 0);
        uint64 currentEra = CLOCK.era();
        uint64 exitEra = record.exitEra;
        if (currentEra < exitEra) revert ExitQueueNotOver(currentEra, exitEra);
        uint64 load = record.loadCount;
        if (load != 0) revert StillHosting(load, 0);
        uint64 pendingTask = record.pendingTask;
        if (pendingTask != 0) revert TaskPending(pendingTask, 0);

        record.state = NODE_REMOVED;
        _freeSeat(record);
        _releaseStake(node, actor, STAKE.ownUnits(KIND_NODE, node));
        NFT.burn(KIND_NODE, node);
        emit Transition(KIND_NODE, node, actor, state, NODE_REMOVED);
    }

    // Actions of the keeper

    /// @notice Ends a reservation whose deadline has passed: part of the stake is lost to the treasury, the rest goes
    /// back to the owner, the slot is free.
    /// @custom:rule NODE-2, SM-2, INV-15, INV-16, INV-17
    function expireReservation(uint64 node) external {
        _onlyKeeperAtRest();
        NodesRecord storage record = _existing(node);
        uint64 state = record.state;
        if (state >= NODE_ONLINE) revert WrongState(state, 0);
        {
            uint64 deadlineS = record.deadlineS;
            uint64 nowS = CLOCK.nowS();
            if (deadlineS == 0 || nowS <= deadlineS) revert DeadlineNotPassed(nowS, deadlineS);
        }
        uint64 pendingTask = record.pendingTask;
        if (pendingTask != 0) revert TaskPending(pendingTask, 0);

        record.state = NODE_RELEASED;
        _freeSeat(record);
        uint64 ownUnits = STAKE.ownUnits(KIND_NODE, node);
        uint64 penaltyUnits = _penalise(node, ownUnits, P_NODE_DEADLINE_PENALTY_BPS);
        _releaseStake(node, record.owner, ownUnits - penaltyUnits);
        if (state != NODE_RESERVED) NFT.burn(KIND_NODE, node);
        emit Transition(KIND_NODE, node, ACCOUNT_KEEPER, state, NODE_RELEASED);
    }

    /// @notice An Online node's heartbeat is lost.
    /// @custom:rule NODE-12, SM-2
    function loseHeartbeat(uint64 node) external {
        _onlyKeeperAtRest();
        NodesRecord storage record = _existing(node);
        uint64 state = record.state;
        if (state != NODE_ONLINE) revert WrongState(state, 0);

        --nodeTotals.onlineCount;
        nodeReports[node].offlineSinceS = CLOCK.nowS();
        _enterState(record, node, NODE_OFFLINE, ACCOUNT_KEEPER);
    }

    /// @notice An Offline node's heartbeat is back.
    /// @custom:rule NODE-12, SM-2
    function restoreHeartbeat(uint64 node) external {
        _onlyKeeperAtRest();
        NodesRecord storage record = _existing(node);
        uint64 state = record.state;
        if (state != NODE_OFFLINE) revert WrongState(state, 0);

        ++nodeTotals.onlineCount;
        nodeReports[node].offlineSinceS = 0;
        _enterState(record, node, NODE_ONLINE, ACCOUNT_KEEPER);
    }

    /// @notice Counts an error of an exiting node; each one above the budget costs part of the stake.
    /// @custom:rule NODE-13, SM-2
    function reportExitError(uint64 node) external {
        _onlyKeeperAtRest();
        NodesRecord storage record = _existing(node);
        uint64 state = record.state;
        if (state != NODE_EXITING) revert WrongState(state, 0);

        uint64 errors = ++record.exitErrorCount;
        if (errors > _param(P_NODE_EXIT_ERROR_BUDGET)) {
            _penalise(node, STAKE.ownUnits(KIND_NODE, node), P_NODE_EXIT_PENALTY_BPS);
        }
    }

    /// @notice Takes the era's reports of the nodes at positions from … to − 1, four words each: hourBits, breaches, beats,
    /// and since when the node has been offline, packed as in `sim/protocol/nodeReport.ts`.
    /// @custom:rule TIER-8, NODE-12
    function reportNodes(uint64 from, uint64 to, uint64[] calldata words) external {
        _onlyKeeperAtRest();
        uint64 count = nodeTotals.nodeCount;
        if (from > to) revert ValueOutOfRange(from, to);
        if (to > count) revert ValueOutOfRange(to, count);
        // to ≤ count < 2^32, so the product fits.
        if (words.length != REPORT_WORDS * (to - from)) {
            revert BatchMismatch(uint64(words.length), REPORT_WORDS * (to - from));
        }
        for (uint256 i; i < words.length; ++i) {
            if (words[i] > MAX_INT) revert ValueOutOfRange(words[i], uint64(MAX_INT));
        }

        uint256 word;
        for (uint256 node = uint256(from) + 1; node <= to; ++node) {
            nodeReports[node] = NodeReportsRecord(words[word], words[word + 1], words[word + 2], words[word + 3]);
            word += REPORT_WORDS;
        }
    }

    // Settlement steps, all over nodes but the last

    /// @notice Quality of the era's audited results, where there are any, and the largest contribution.
    /// @custom:rule F-4, POWR-3
    function computeEraMetrics(uint64 from, uint64 to) external {
        _onlyKeeper();
        CLOCK.enterStep(STEP_COMPUTE_ERA_METRICS, from, to, nodeTotals.nodeCount);
        uint64 maxWu = from == 0 ? 0 : nodeTotals.maxWu;
        for (uint256 node = uint256(from) + 1; node <= to; ++node) {
            NodeEraRecord storage e = nodeEra[node];
            (uint64 acceptedWu, uint64 auditedWu, uint64 auditedWuBps) = (e.acceptedWu, e.auditedWu, e.auditedWuBps);
            if (auditedWu > 0) {
                // md(FP, Σ wu·q, Σ wu·BPS) with BPS cancelled, so that no operand passes 2^53; the quotient is < 2^53.
                nodeTrust[node].qualityFp = uint64(Fixed.mulDivDown(auditedWuBps, Fixed.FP / Fixed.BPS, auditedWu));
            }
            if (acceptedWu > maxWu) maxWu = acceptedWu;
        }
        nodeTotals.maxWu = maxWu;
    }

    /// @notice Score of every working node, and their sum.
    /// @custom:rule F-4, POWR-1, POWR-4
    function scoreNodes(uint64 from, uint64 to) external {
        _onlyKeeper();
        CLOCK.enterStep(STEP_SCORE_NODES, from, to, nodeTotals.nodeCount);
        PowrExponents memory exponents = Powr.exponents(
            _param(P_POWR_VARIANT),
            PowrExponents(_param(P_POWR_EXP4_A), _param(P_POWR_EXP4_B), _param(P_POWR_EXP4_C))
        );
        uint256 maxWu = nodeTotals.maxWu;
        uint64 sumFp = from == 0 ? 0 : nodeTotals.scoreSumFp;
        for (uint256 node = uint256(from) + 1; node <= to; ++node) {
            NodeEraRecord storage e = nodeEra[node];
            uint64 acceptedWu = e.acceptedWu;
            uint64 score;
            if (acceptedWu > 0) {
                NodeTrustRecord storage t = nodeTrust[node];
                // A quotient of mulDivDown, < 2^53.
                score = uint64(Powr.scoreFp(acceptedWu, maxWu, t.qualityFp, t.trustFp, exponents));
            }
            e.scoreFp = score;
            sumFp += score;
        }
        nodeTotals.scoreSumFp = sumFp;
    }

    /// @notice Each node's share of the era's pool by score; if nobody scored, the pool goes to the foundation when the
    /// step is complete. A part of a reward is shared with the node's delegators (F-9). A node that was removed after it
    /// had scored gets its reward all the same, its owner alone: its delegations are over.
    /// @custom:rule POWR-7, F-4, NODE-14, NODE-15
    function payNodes(uint64 from, uint64 to) external {
        _onlyKeeper();
        uint64 count = nodeTotals.nodeCount;
        CLOCK.enterStep(STEP_PAY_NODES, from, to, count);
        (uint64 pool,,,,) = EMISSION.pools();
        uint64 sumFp = nodeTotals.scoreSumFp;
        uint64 sharedBps = _param(P_DELEG_POOL_SHARE_BPS);
        uint64 runningFp = from == 0 ? 0 : nodeTotals.runningFp;
        for (uint64 node = from + 1; node <= to; ++node) {
            uint64 score = nodeEra[node].scoreFp;
            uint64 reward;
            if (score > 0) {
                reward = uint64(Fixed.allocShare(pool, runningFp, runningFp + score, sumFp)); // ≤ pool
                runningFp += score;
            }
            bool isWorking = Trust.isWorking(nodes[node].state);
            if (!isWorking && reward == 0) continue;
            // At most the reward.
            uint64 sharedUnits = isWorking ? uint64(Fixed.mulDivDown(reward, sharedBps, Fixed.BPS)) : 0;
            STAKE.shareReward(
                KIND_NODE, node, nodes[node].owner, reward, sharedUnits, ACCOUNT_COMMUNITY, MOVE_POWR_REWARD
            );
        }
        nodeTotals.runningFp = runningFp;
        if (to == count && sumFp == 0) TOKEN.move(ACCOUNT_COMMUNITY, ACCOUNT_FOUNDATION, pool, MOVE_POWR_REWARD);
    }

    /// @notice New trust weights of all working nodes; then the era's counts and reports of every node are cleared,
    /// except since when it has been offline.
    /// @custom:rule TRUST-2, TRUST-4, F-1, F-2, F-3
    function updateTrust(uint64 from, uint64 to) external {
        _onlyKeeper();
        CLOCK.enterStep(STEP_UPDATE_TRUST, from, to, nodeTotals.nodeCount);
        TrustRules memory rules = _trustRules();
        for (uint64 node = from + 1; node <= to; ++node) {
            NodeReportsRecord memory report = nodeReports[node];
            if (Trust.isWorking(nodes[node].state)) {
                NodeTrustRecord memory t = nodeTrust[node];
                Trust.judge(t, nodeEra[node], report.breaches, report.beats, rules);
                nodeTrust[node] = t;
                emit TrustUpdated(node, t.trustFp, t.qualityFp);
            }
            delete nodeEra[node];
            nodeReports[node] = NodeReportsRecord(0, 0, 0, report.offlineSinceS);
        }
    }

    /// @notice The list of the next era, over the Online nodes: every entry must be Online and strictly behind its
    /// predecessor (trust weight falling, on a tie identifier rising). As many distinct Online nodes as there are, in
    /// strict order, is the whole list.
    /// Warning: a node that goes Online, Offline or into the exit queue between two chunks leaves a list that no further
    /// chunk completes; the keeper posts all chunks before anybody else acts.
    /// @custom:rule F-22, NUM-3
    function postRanking(uint64 from, uint64 to, uint64[] calldata list) external {
        _onlyKeeper();
        uint64 count = nodeTotals.onlineCount;
        CLOCK.enterStep(STEP_POST_RANKING, from, to, count);
        if (list.length != to - from) revert BatchMismatch(uint64(list.length), to - from);
        uint64 nodeCount = nodeTotals.nodeCount;
        uint64 before = from == 0 ? 0 : ranking[from];
        uint64 beforeFp = nodeTrust[before].trustFp;
        for (uint256 i; i < list.length; ++i) {
            uint64 node = list[i];
            // i < to − from ≤ count < 2^32.
            uint64 position = from + uint64(i);
            if (node > nodeCount || nodes[node].state != NODE_ONLINE) revert RankingInvalid(position, node);
            uint64 trustFp = nodeTrust[node].trustFp;
            if (before > 0 && !Placement.precedes(beforeFp, before, trustFp, node)) {
                revert RankingInvalid(position, node);
            }
            ranking[position + 1] = node;
            (before, beforeFp) = (node, trustFp);
        }
        if (to == count) nodeTotals.rankedCount = count;
    }

    // For the other families

    /// @inheritdoc INodes
    /// @custom:rule NODE-6, NODE-7, NODE-8, SM-2, INV-27
    function onTask(uint64 task, uint64 taskKind, uint64 node, bool passed, uint64 actor) external {
        _onlyFamily();
        NodesRecord storage record = nodes[node];
        bool isMetadata = taskKind == TASK_KIND_NODE_METADATA;
        // A task settles once and moves its subject once: anything else is an error of ours.
        assert(record.pendingTask == task && record.state == (isMetadata ? NODE_META_REVIEW : NODE_VAL_REVIEW));
        record.pendingTask = 0;
        uint64 deadlineS = record.deadlineS;
        if (deadlineS > 0) record.deadlineS = deadlineS + CLOCK.nowS() - record.pausedAtS;
        if (!passed) {
            record.needsChange = 1;
            _enterState(record, node, isMetadata ? NODE_META_REJECTED : NODE_VAL_REJECTED, actor);
        } else if (isMetadata) {
            _enterState(record, node, NODE_META_APPROVED, actor);
        } else {
            record.deadlineS = 0;
            ++nodeTotals.onlineCount;
            _enterState(record, node, NODE_ONLINE, actor);
        }
    }

    /// @inheritdoc INodes
    /// @dev Rejected work counts neither as contribution nor, with quality 0, towards the mean quality.
    /// @custom:rule F-2, F-4, POWR-2, POWR-3, INV-27
    function onAudit(uint64 node, uint64 wu, uint64 qualityBps, bool accepted) external {
        _onlyFamily();
        NodeEraRecord storage e = nodeEra[node];
        ++e.checkedCount;
        e.auditedWu += wu;
        if (accepted) {
            ++e.acceptedCount;
            e.auditedWuBps += uint64(Fixed.mulDivDown(wu, qualityBps, 1)); // < 2^53
        } else {
            // The work may have been served in an era that is settled already.
            uint64 acceptedWu = e.acceptedWu;
            e.acceptedWu = acceptedWu > wu ? acceptedWu - wu : 0;
            _recordOffence(node);
        }
    }

    /// @dev A confirmed offence lowers the trust weight at once; a second one of the same era changes nothing more (TRUST-2).
    function _recordOffence(uint64 node) private {
        uint64 mark = CLOCK.era() + 1;
        NodeTrustRecord memory t = nodeTrust[node];
        if (t.offenceEra == mark) return;
        Trust.offend(t, mark, Ewma.alphaOf(_param(P_TRUST_BEHAVIOUR_HALF_LIFE)), _trustWeights());
        nodeTrust[node] = t;
        emit TrustUpdated(node, t.trustFp, t.qualityFp);
    }

    /// @inheritdoc INodes
    /// @custom:rule F-2
    function recordRouted(uint64 node) external {
        _onlyFamily();
        ++nodeEra[node].assignedCount;
    }

    /// @inheritdoc INodes
    /// @dev The work counts as accepted until an audit says otherwise.
    /// @custom:rule F-2, F-4, NODE-11, POWR-2
    function recordServed(uint64 node, uint64 wu) external {
        _onlyFamily();
        NodeEraRecord storage e = nodeEra[node];
        ++e.finishedCount;
        e.acceptedWu += wu;
    }

    /// @inheritdoc INodes
    /// @dev Reverts CapacityExhausted(load, capacity) if there is no room.
    /// @custom:rule SM-2
    function addLoad(uint64 node) external {
        _onlyFamily();
        NodesRecord storage record = nodes[node];
        uint64 load = record.loadCount;
        if (load >= record.capacityCount) revert CapacityExhausted(load, record.capacityCount);
        record.loadCount = load + 1;
    }

    /// @inheritdoc INodes
    /// @custom:rule SM-2
    function removeLoad(uint64 node) external {
        _onlyFamily();
        --nodes[node].loadCount;
    }

    /// @inheritdoc INodes
    /// @custom:rule F-22, MODEL-7, NODE-10
    function pickNode(uint64 band, uint64 draw, uint64 domain, uint64[10] calldata excluded)
        external
        view
        returns (uint64 node)
    {
        uint64 n = nodeTotals.rankedCount;
        if (n == 0) return 0;
        return Placement.pickNode(nodes, ranking, n, band, _param(P_PLACE_BAND_BPS), draw, domain, excluded);
    }

    /// @inheritdoc INodes
    function ownerOf(uint64 node) external view returns (uint64) {
        return nodes[node].owner;
    }

    /// @inheritdoc INodes
    function stateOf(uint64 node) external view returns (uint64) {
        return nodes[node].state;
    }

    /// @inheritdoc INodes
    function nodeCount() external view returns (uint64) {
        return nodeTotals.nodeCount;
    }

    /// @inheritdoc INodes
    function rankedCount() external view returns (uint64) {
        return nodeTotals.rankedCount;
    }

    /// @inheritdoc INodes
    function loadOf(uint64 node) external view returns (uint64 load) {
        return nodes[node].loadCount;
    }

    /// @inheritdoc INodes
    function trustFpOf(uint64 node) external view returns (uint64) {
        return nodeTrust[node].trustFp;
    }

    // Guards

    /// @dev Reverts UnknownEntity(node, count) if there is no such node.
    function _existing(uint64 node) private view returns (NodesRecord storage) {
        uint64 count = nodeTotals.nodeCount;
        if (node == 0 || node > count) revert UnknownEntity(node, count);
        return nodes[node];
    }

    /// @dev Reverts NotOwner(actor, owner) unless an agent is calling to whom the node belongs.
    function _owned(uint64 node) private view returns (NodesRecord storage record, uint64 actor) {
        actor = _agent();
        record = _existing(node);
        uint64 owner = record.owner;
        if (owner != actor) revert NotOwner(actor, owner);
    }

    function _checkOffer(uint64 domains, uint64 capacityCount) private pure {
        if (domains == 0 || domains > MAX_DOMAINS) revert ValueOutOfRange(domains, MAX_DOMAINS);
        if (capacityCount == 0 || capacityCount > MAX_CAPACITY) revert ValueOutOfRange(capacityCount, MAX_CAPACITY);
    }

    /// @dev A deadline of 0 is none.
    function _checkDeadline(NodesRecord storage record) private view {
        uint64 deadlineS = record.deadlineS;
        uint64 nowS = CLOCK.nowS();
        if (deadlineS > 0 && nowS > deadlineS) revert DeadlinePassed(nowS, deadlineS);
    }

    function _checkBalance(uint64 account, uint64 units) private view {
        uint64 balance = TOKEN.unitsOf(account);
        if (balance < units) revert InsufficientBalance(balance, units);
    }

    // Effects

    function _enterState(NodesRecord storage record, uint64 node, uint64 state, uint64 actor) private {
        uint64 before = record.state;
        record.state = state;
        emit Transition(KIND_NODE, node, actor, before, state);
    }

    /// @dev The slot freed last, else one never used.
    function _takeSeat() private returns (uint64 seat) {
        ++nodeTotals.seatsUsedCount;
        uint64 freed = nodeTotals.freedCount;
        if (freed == 0) return ++nodeTotals.seatsOpenedCount;
        seat = freedSeats[freed];
        freedSeats[freed] = 0;
        nodeTotals.freedCount = freed - 1;
    }

    /// @dev Takes a node out of its slot; the slot is free at once (INV-17).
    function _freeSeat(NodesRecord storage record) private {
        freedSeats[++nodeTotals.freedCount] = record.seat;
        --nodeTotals.seatsUsedCount;
        record.seat = 0;
    }

    /// @dev Hands the node over to a validation task; its deadline stands still until the task is settled (OP-13).
    function _openReview(
        NodesRecord storage record,
        uint64 node,
        uint64 actor,
        uint64 state,
        uint64 taskKind,
        uint64 subjectPart
    ) private {
        record.pausedAtS = CLOCK.nowS();
        _enterState(record, node, state, actor);
        record.pendingTask = TASKS.openTask(taskKind, node, actor, subjectPart, 0, 0, 0, actor);
    }

    /// @dev Takes the share `bpsParam` of `ownUnits` to the treasury. @return units taken, rounded down
    function _penalise(uint64 node, uint64 ownUnits, uint256 bpsParam) private returns (uint64 units) {
        units = uint64(Fixed.mulDivDown(ownUnits, _param(bpsParam), Fixed.BPS)); // ≤ ownUnits
        if (units > 0) STAKE.penaliseStake(KIND_NODE, node, units, ACCOUNT_TREASURY);
    }

    function _releaseStake(uint64 node, uint64 owner, uint64 units) private {
        if (units > 0) STAKE.releaseStake(KIND_NODE, node, owner, units);
    }

    function _trustWeights() private view returns (TrustWeights memory) {
        return TrustWeights({
            completionBps: _param(P_TRUST_W_BPS_COMPLETION),
            accuracyBps: _param(P_TRUST_W_BPS_ACCURACY),
            stabilityBps: _param(P_TRUST_W_BPS_STABILITY),
            speedBps: _param(P_TRUST_W_BPS_SPEED),
            behaviourBps: _param(P_TRUST_W_BPS_BEHAVIOUR)
        });
    }

    function _trustRules() private view returns (TrustRules memory) {
        return TrustRules({
            alphaFp: Ewma.alphaOf(_param(P_TRUST_HALF_LIFE_ERAS)),
            behaviourAlphaFp: Ewma.alphaOf(_param(P_TRUST_BEHAVIOUR_HALF_LIFE)),
            flapPenaltyFp: _param(P_TRUST_FLAP_PENALTY),
            goodMs: _param(P_TRUST_SPEED_MS_GOOD),
            badMs: _param(P_TRUST_SPEED_MS_BAD),
            offenceMark: uint256(CLOCK.era()) + 1,
            weights: _trustWeights()
        });
    }
}
