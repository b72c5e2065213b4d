// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Family} from "./Family.sol";
import {Fixed} from "./Fixed.sol";
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
    FAMILY_COUNT,
    FeeAboveMaximum,
    InsufficientBalance,
    InsufficientPrepaid,
    MAX_INT,
    MODEL_LIVE,
    MODEL_REMOVED,
    ModelNotLive,
    MOVE_CALL_CREATOR,
    MOVE_CALL_FOUNDATION,
    MOVE_CALL_NODE,
    MOVE_CALL_VALIDATORS,
    MOVE_PREPAY,
    MOVE_REFUND,
    NODE_EXITING,
    NODE_ONLINE,
    NotEngagedHost,
    NotHosting,
    NotYourRequest,
    P_DN_SPLIT_BPS_BURN,
    P_DN_SPLIT_BPS_CREATOR,
    P_DN_SPLIT_BPS_FOUNDATION,
    P_DN_SPLIT_BPS_NODE,
    P_DN_SPLIT_BPS_VALIDATORS,
    P_FB_SCALE_TENTHS,
    P_REQ_TIMEOUT_MS,
    P_VAL_AUDIT_BPS,
    PrepaidRecord,
    REQUEST_OPEN,
    REQUEST_REFUNDED,
    REQUEST_ROUTED,
    REQUEST_SERVED,
    RequestsRecord,
    ResultsOutstanding,
    SlotOutOfOrder,
    TABLE_LENGTH,
    TASK_KIND_OUTPUT,
    UnknownEntity,
    ValueOutOfRange,
    WrongState
} from "./Protocol.sol";

/// @title Calls
/// @notice Calls of models (MODEL-10): prepaid call rights, requests of the current slot, what a served call pays to whom
/// (F-32), refunds, audits and ratings, as in `sim/protocol/calls.ts`. Which replica a request goes to is computed
/// off-chain (F-23) and only checked here.
contract Calls is Family {
    /// @notice Largest call: a thousand times the size that a model's fee and work units are quoted for.
    uint64 internal constant MAX_SCALE_MIL = 1_000_000;
    /// @notice Most work units of one call, as in Models.
    uint64 internal constant MAX_WU = 1_000_000;

    PrepaidRecord[TABLE_LENGTH] internal prepaid;
    RequestsRecord[TABLE_LENGTH] internal requests;
    CallTotalsRecord internal callTotals;

    constructor(address[FAMILY_COUNT] memory families) Family(families) {}

    /// @notice Buys call rights: units go to the escrow of calls and stay the account's own until a request locks them.
    /// @custom:rule TOK-1, MODEL-10
    function buyCalls(uint64 units) external {
        uint64 actor = _agent();
        if (units == 0) revert AmountTooSmall(0, 1);
        uint64 balance = TOKEN.unitsOf(actor);
        if (balance < units) revert InsufficientBalance(balance, units);

        prepaid[actor].freeUnits += units;
        callTotals.freeUnits += units;
        TOKEN.move(actor, ACCOUNT_CALL_ESCROW, units, MOVE_PREPAY);
    }

    /// @notice Takes unused call rights back.
    /// @custom:rule TOK-1
    function withdrawCalls(uint64 units) external {
        uint64 actor = _agent();
        if (units == 0) revert AmountTooSmall(0, 1);
        PrepaidRecord storage p = prepaid[actor];
        uint64 freeUnits = p.freeUnits;
        if (freeUnits < units) revert InsufficientPrepaid(freeUnits, units);

        p.freeUnits = freeUnits - units;
        callTotals.freeUnits -= units;
        TOKEN.move(ACCOUNT_CALL_ESCROW, actor, units, MOVE_REFUND);
    }

    /// @notice Asks for one call of a model and locks the fee, rounded up. The first request of a slot takes the place of
    /// the last slot's requests, which must be closed.
    /// @param scaleMil Size of the call, in thousandths of what the fee is quoted for
    /// @param maxFeeUnits Most that the sender pays
    /// @custom:rule MODEL-10, TOK-1, OP-9
    function requestInference(uint64 model, uint64 scaleMil, uint64 maxFeeUnits) external {
        uint64 actor = _agent();
        uint64 feeUnits;
        uint64 version;
        uint64 wu;
        {
            uint64 state;
            uint64 count;
            (, state, feeUnits, version, wu, count) = MODELS.callInfo(model);
            if (model == 0 || model > count) revert UnknownEntity(model, count);
            if (state != MODEL_LIVE) revert ModelNotLive(model, state);
        }
        if (scaleMil == 0 || scaleMil > MAX_SCALE_MIL) revert ValueOutOfRange(scaleMil, MAX_SCALE_MIL);
        // Models bounds fee and work units so that both products, divided by MIL, fit 53 bits.
        wu = uint64(Fixed.mulDivDown(wu, scaleMil, Fixed.MIL));
        if (wu == 0) wu = 1;
        if (wu > MAX_WU) revert ValueOutOfRange(wu, MAX_WU);
        feeUnits = uint64(Fixed.mulDivUp(feeUnits, scaleMil, Fixed.MIL));
        if (feeUnits > maxFeeUnits) revert FeeAboveMaximum(feeUnits, maxFeeUnits);
        PrepaidRecord storage p = prepaid[actor];
        if (p.freeUnits < feeUnits) revert InsufficientPrepaid(p.freeUnits, feeUnits);

        uint64 request = _nextRequest();
        requests[request] = RequestsRecord({
            consumer: actor,
            model: model,
            node: 0,
            feeUnits: feeUnits,
            state: REQUEST_OPEN,
            version: version,
            wu: wu,
            scaleMil: scaleMil,
            answerId: 0,
            latencyMs: 0,
            ratedTenths: 0,
            auditTask: 0,
            commitmentId: 0
        });
        p.freeUnits -= feeUnits;
        p.lockedUnits += feeUnits;
        callTotals.freeUnits -= feeUnits;
        callTotals.lockedUnits += feeUnits;
        MODELS.recordRequested(model);
    }

    /// @notice Assigns requests [from, to) to nodes; 0 leaves a request without a replica, to be refunded. Keeper only.
    /// @custom:rule MODEL-10, F-23
    function routeRequests(uint64 from, uint64 to, uint64[] calldata nodes) external {
        _onlyKeeperAtRest();
        _checkSlice(from, to, callTotals.routedCount);
        // A list is shorter than 2^64.
        if (nodes.length != to - from) revert BatchMismatch(uint64(nodes.length), to - from);

        callTotals.routedCount = to;
        for (uint64 i; i < to - from; ++i) {
            if (nodes[i] != 0) _route(from + i + 1, nodes[i]);
        }
    }

    /// @notice The node returns the answer, in time: the fee is divided among creator, node, the validators' pot, burning
    /// and the foundation, at once and once. Rounding: running sums, the parts sum to the fee.
    /// @param commitmentId Binds the node to its output (`Commitment.commitmentOf`) before it can know whether that is
    /// audited; 0 commits to nothing
    /// @param latencyMs As measured
    /// @custom:rule TOK-2, MODEL-10, MODEL-16, F-32, OP-4, OP-9, VAL-15
    function serveRequest(uint64 request, uint64 answerId, uint64 commitmentId, uint64 latencyMs) external {
        uint64 actor = _agent();
        RequestsRecord storage q = _current(request);
        if (q.state != REQUEST_ROUTED) revert WrongState(q.state, 0);
        (uint64 model, uint64 node) = (q.model, q.node);
        {
            uint64 nodeOwner = NODES.ownerOf(node);
            if (actor != nodeOwner) revert NotEngagedHost(actor, nodeOwner);
            // A node that hosted when the request came keeps it, also if a rotation has meanwhile moved the model.
            (, uint64 modelState,,,,) = MODELS.callInfo(model);
            if (modelState == MODEL_REMOVED) revert NotHosting(node, model);
            uint64 timeoutMs = _param(P_REQ_TIMEOUT_MS);
            if (latencyMs > timeoutMs) revert ValueOutOfRange(latencyMs, timeoutMs);
            if (answerId > MAX_INT) revert ValueOutOfRange(answerId, uint64(MAX_INT));
            if (commitmentId > MAX_INT) revert ValueOutOfRange(commitmentId, uint64(MAX_INT));
        }

        (uint64 feeUnits, uint64 wu) = (q.feeUnits, q.wu);
        q.state = REQUEST_SERVED;
        q.answerId = answerId;
        q.latencyMs = latencyMs;
        q.commitmentId = commitmentId;
        prepaid[q.consumer].lockedUnits -= feeUnits;
        callTotals.lockedUnits -= feeUnits;
        ++callTotals.servedCount;
        _payFee(feeUnits, model, actor);
        MODELS.recordServed(model, wu);
        NODES.recordServed(node, wu);
        emit RequestServed(request, model, node, wu, feeUnits, latencyMs);
    }

    /// @notice Closes requests [from, to): whoever got no answer has the fee back among his call rights. Keeper only.
    /// @custom:rule MODEL-10, OP-9
    function closeRequests(uint64 from, uint64 to) external {
        _onlyKeeperAtRest();
        _checkSlice(from, to, callTotals.closedCount);

        callTotals.closedCount = to;
        for (uint64 request = from + 1; request <= to; ++request) {
            RequestsRecord storage q = requests[request];
            uint64 state = q.state;
            if (state != REQUEST_OPEN && state != REQUEST_ROUTED) continue;
            (uint64 feeUnits, uint64 model) = (q.feeUnits, q.model);
            q.state = REQUEST_REFUNDED;
            PrepaidRecord storage p = prepaid[q.consumer];
            p.lockedUnits -= feeUnits;
            p.freeUnits += feeUnits;
            callTotals.lockedUnits -= feeUnits;
            callTotals.freeUnits += feeUnits;
            ++callTotals.refundedCount;
            MODELS.recordFailed(model);
            emit RequestRefunded(request, model, q.node, feeUnits);
        }
    }

    /// @notice Draws audits among the served requests [from, to) of the slot before, with the present slot's beacon, so that
    /// nobody knew at serving time what would be audited. Keeper only.
    /// @custom:rule VAL-15, OP-22
    function auditRequests(uint64 from, uint64 to) external {
        _onlyKeeperAtRest();
        uint64 slots = CLOCK.slotCount();
        uint64 lastSlot = slots == 0 ? 0 : slots - 1;
        if (callTotals.slot != lastSlot) revert SlotOutOfOrder(callTotals.slot, lastSlot);
        _checkSlice(from, to, callTotals.auditedCount);

        callTotals.auditedCount = to;
        uint64 beacon = CLOCK.beacon();
        uint64 auditBps = _param(P_VAL_AUDIT_BPS);
        for (uint64 request = from + 1; request <= to; ++request) {
            RequestsRecord storage q = requests[request];
            if (q.state != REQUEST_SERVED) continue;
            if (!Fixed.chance(Fixed.rnd(beacon, Fixed.PURPOSE_AUDIT, request, 0), auditBps)) continue;
            uint64 node = q.node;
            q.auditTask = TASKS.openTask(
                TASK_KIND_OUTPUT, node, NODES.ownerOf(node), q.version, q.wu, q.answerId, q.commitmentId, ACCOUNT_KEEPER
            );
        }
    }

    /// @notice The consumer rates the answer he got in this slot, once.
    /// @param tenths 1 to `fb.scale_tenths`
    /// @custom:rule FB-1, FB-2, FB-4, MODEL-11, OP-30
    function rateModel(uint64 request, uint64 tenths) external {
        uint64 actor = _agent();
        RequestsRecord storage q = _current(request);
        if (actor != q.consumer) revert NotYourRequest(actor, q.consumer);
        if (q.state != REQUEST_SERVED) revert WrongState(q.state, 0);
        if (q.ratedTenths != 0) revert AlreadyRated(request, 0);
        uint64 scaleTenths = _param(P_FB_SCALE_TENTHS);
        if (tenths == 0 || tenths > scaleTenths) revert ValueOutOfRange(tenths, scaleTenths);

        q.ratedTenths = tenths;
        uint64 model = q.model;
        (uint64 sumTenths, uint64 ratingCount) = MODELS.addRating(model, tenths);
        emit ModelRated(model, actor, tenths, sumTenths, ratingCount);
        PROVIDERS.noteRating(q.node, actor, tenths);
    }

    /// @dev A request of the current slot.
    function _current(uint64 request) private view returns (RequestsRecord storage q) {
        uint64 count = callTotals.slot == CLOCK.slotCount() ? callTotals.requestCount : 0;
        if (request == 0 || request > count) revert UnknownEntity(request, count);
        return requests[request];
    }

    function _checkSlice(uint64 from, uint64 to, uint64 cursor) private view {
        uint64 count = callTotals.requestCount;
        if (from != cursor) revert CursorMismatch(from, cursor);
        if (to < from || to > count) revert ValueOutOfRange(to, count);
    }

    /// @dev Number of the next request; the first one of a slot starts the count anew.
    function _nextRequest() private returns (uint64 request) {
        uint64 slot = CLOCK.slotCount();
        if (callTotals.slot == slot) return ++callTotals.requestCount;
        (uint64 closedCount, uint64 count) = (callTotals.closedCount, callTotals.requestCount);
        if (closedCount != count) revert ResultsOutstanding(closedCount, count);
        callTotals.slot = slot;
        callTotals.requestCount = 1;
        callTotals.routedCount = 0;
        callTotals.closedCount = 0;
        callTotals.auditedCount = 0;
        return 1;
    }

    function _route(uint64 request, uint64 node) private {
        RequestsRecord storage q = requests[request];
        if (q.state != REQUEST_OPEN) revert WrongState(q.state, 0);
        uint64 model = q.model;
        if (!MODELS.isHosting(model, node)) revert NotHosting(node, model);
        uint64 nodeState = NODES.stateOf(node);
        if (nodeState != NODE_ONLINE && nodeState != NODE_EXITING) revert WrongState(nodeState, 0);

        q.node = node;
        q.state = REQUEST_ROUTED;
        NODES.recordRouted(node);
        emit RequestRouted(request, model, node);
    }

    /// @dev Divides a fee out of the escrow. `dn.split_bps` sums to 10 000, so nothing stays behind. (F-32)
    function _payFee(uint64 feeUnits, uint64 model, uint64 nodeOwner) private {
        (uint64 creator,,,,,) = MODELS.callInfo(model);
        uint256[5] memory ends = _splitEnds();
        uint64[5] memory parts;
        uint256 before;
        for (uint256 i; i < 5; ++i) {
            // A share of feeUnits.
            parts[i] = uint64(Fixed.allocShare(feeUnits, before, ends[i], ends[4]));
            before = ends[i];
        }
        TOKEN.move(ACCOUNT_CALL_ESCROW, creator, parts[0], MOVE_CALL_CREATOR);
        TOKEN.move(ACCOUNT_CALL_ESCROW, nodeOwner, parts[1], MOVE_CALL_NODE);
        TOKEN.move(ACCOUNT_CALL_ESCROW, ACCOUNT_VALIDATOR_POT, parts[2], MOVE_CALL_VALIDATORS);
        TOKEN.burnUnits(ACCOUNT_CALL_ESCROW, parts[3]);
        TOKEN.move(ACCOUNT_CALL_ESCROW, ACCOUNT_FOUNDATION, parts[4], MOVE_CALL_FOUNDATION);
    }

    /// @return ends Running sums of the five parts of `dn.split_bps`: creator, node, validators, burn, foundation
    function _splitEnds() private view returns (uint256[5] memory ends) {
        ends[0] = _param(P_DN_SPLIT_BPS_CREATOR);
        ends[1] = ends[0] + _param(P_DN_SPLIT_BPS_NODE);
        ends[2] = ends[1] + _param(P_DN_SPLIT_BPS_VALIDATORS);
        ends[3] = ends[2] + _param(P_DN_SPLIT_BPS_BURN);
        ends[4] = ends[3] + _param(P_DN_SPLIT_BPS_FOUNDATION);
    }
}
