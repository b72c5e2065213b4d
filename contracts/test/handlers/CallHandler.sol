// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Calls} from "../../src/Calls.sol";
import {
    ACCOUNT_CALL_ESCROW,
    FAMILY_COUNT,
    HOST_ROTATING,
    HOST_UP,
    HostsRecord,
    KIND_MODEL,
    MODEL_LIVE,
    NODE_EXITING,
    NODE_ONLINE,
    P_PLACE_REPLICAS,
    REQUEST_OPEN,
    REQUEST_ROUTED,
    REQUEST_SERVED,
    RequestsRecord
} from "../../src/Protocol.sol";
import {
    A_AUDIT_REQUESTS,
    A_BUY_CALLS,
    A_CLOSE_REQUESTS,
    A_RATE_MODEL,
    A_REQUEST_INFERENCE,
    A_ROUTE_REQUESTS,
    A_SERVE_REQUEST,
    A_WITHDRAW_CALLS
} from "../Actions.sol";
import {Handler} from "./Handler.sol";

/// @notice What consumers ask for, what nodes answer, and what the keeper routes, closes and audits.
contract CallHandler is Handler {
    constructor(address[FAMILY_COUNT] memory addresses) Handler(addresses) {}

    /// @inheritdoc Handler
    function turns() external pure override returns (bytes4[] memory list) {
        list = new bytes4[](9);
        list[0] = this.buyCalls.selector;
        list[1] = this.withdrawCalls.selector;
        list[2] = this.requestInference.selector;
        list[3] = this.routeRequests.selector;
        list[4] = this.serveRequest.selector;
        list[5] = this.closeRequests.selector;
        list[6] = this.auditRequests.selector;
        list[7] = this.rateModel.selector;
        list[8] = this.callSome.selector;
    }

    function buyCalls(uint256 seed) external turn(seed) {
        act(A_BUY_CALLS, agent(), address(calls), abi.encodeCall(Calls.buyCalls, (chance(20 * ONE))));
    }

    function withdrawCalls(uint256 seed) external turn(seed) {
        uint64 account = agent();
        uint64 units = chance(prepaidAt(account).freeUnits + 2);
        act(A_WITHDRAW_CALLS, account, address(calls), abi.encodeCall(Calls.withdrawCalls, (units)));
    }

    function requestInference(uint256 seed) external turn(seed) {
        for (uint64 count = 1 + chance(3); count > 0; --count) {
            askOne();
        }
    }

    function routeRequests(uint256 seed) external turn(seed) {
        routeSome(once(4) ? 1 : WHOLE);
    }

    function serveRequest(uint256 seed) external turn(seed) {
        for (uint64 count = 1 + chance(3); count > 0; --count) {
            serveOne(within(REQUEST_ROUTED));
        }
    }

    function closeRequests(uint256 seed) external turn(seed) {
        (uint64 closed, uint64 count) = (callTotals().closedCount, callTotals().requestCount);
        // Closing early refunds what could still be served: seldom, and only a part.
        uint64 to = closed + (count > closed && once(4) ? 1 : 0);
        act(A_CLOSE_REQUESTS, K, address(calls), abi.encodeCall(Calls.closeRequests, (closed, to)));
    }

    function auditRequests(uint256 seed) external turn(seed) {
        (uint64 audited, uint64 count) = (callTotals().auditedCount, callTotals().requestCount);
        act(A_AUDIT_REQUESTS, K, address(calls), abi.encodeCall(Calls.auditRequests, (audited, count)));
    }

    function rateModel(uint256 seed) external turn(seed) {
        rateOne();
    }

    /// @notice Some calls from the question to the rating at once, so that models and nodes have work.
    function callSome(uint256 seed) external turn(seed) {
        uint64 count = 1 + chance(4);
        for (uint64 i; i < count; ++i) {
            askOne();
        }
        routeSome(WHOLE);
        for (uint64 i; i < count; ++i) {
            serveOne(within(REQUEST_ROUTED));
        }
        if (once(2)) rateOne();
    }

    function askOne() private {
        uint64 model = among(KIND_MODEL, 1 << MODEL_LIVE);
        bytes memory data = abi.encodeCall(Calls.requestInference, (model, chance(4_000), 3 * ONE));
        act(A_REQUEST_INFERENCE, withRights(), address(calls), data);
    }

    function routeSome(uint64 most) private {
        uint64 from = callTotals().routedCount;
        uint64 to = callTotals().requestCount;
        if (to - from > most) to = from + most;
        uint64[] memory list = new uint64[](to - from);
        for (uint64 i; i < list.length; ++i) {
            RequestsRecord memory q = requestsAt(from + i + 1);
            // A request that was closed before it was routed stays as it is.
            list[i] = q.state == REQUEST_OPEN ? replicaOf(q.model) : 0;
        }
        act(A_ROUTE_REQUESTS, K, address(calls), abi.encodeCall(Calls.routeRequests, (from, to, list)));
    }

    function serveOne(uint64 request) private {
        RequestsRecord memory q = requestsAt(request);
        uint64 escrow = walletsAt(ACCOUNT_CALL_ESCROW);
        uint64 answerId = chance(1_000);
        uint64 owner = nodesAt(q.node).owner;
        uint64 commitmentId = once(20) ? 0 : sealedBy(owner, answerId);
        bytes memory data = abi.encodeCall(Calls.serveRequest, (request, answerId, commitmentId, chance(31_000)));
        bool ok = act(A_SERVE_REQUEST, mostly(owner), address(calls), data);
        uint64 paid = escrow - walletsAt(ACCOUNT_CALL_ESCROW);
        assertEq(paid, ok ? q.feeUnits : 0, "INV-42: a fee is paid once and whole");
        if (!ok) return;
        assertEq(q.state, REQUEST_ROUTED, "INV-42: a request is served once");
        assertEq(requestsAt(request).commitmentId, commitmentId, "VAL-15: what was committed to is kept");
    }

    function rateOne() private {
        uint64 request = within(REQUEST_SERVED);
        uint64 consumer = mostly(requestsAt(request).consumer);
        act(A_RATE_MODEL, consumer, address(calls), abi.encodeCall(Calls.rateModel, (request, chance(52))));
    }

    /// @dev An account with call rights, if there is one.
    function withRights() private returns (uint64 account) {
        for (uint256 i; i < 4; ++i) {
            account = agent();
            if (prepaidAt(account).freeUnits > 0) return account;
        }
    }

    /// @dev A node that serves the model now, 0 if there is none; now and then any node.
    function replicaOf(uint64 model) private returns (uint64) {
        if (once(40)) return anyOf(nodeTotals().nodeCount);
        uint64 replicas = param(P_PLACE_REPLICAS);
        uint64 start = chance(replicas);
        for (uint64 i; i < replicas; ++i) {
            HostsRecord memory h = hostsAt(hostRecord(model, (start + i) % replicas));
            if (h.state != HOST_UP && h.state != HOST_ROTATING) continue;
            uint64 state = nodesAt(h.node).state;
            if (state == NODE_ONLINE || state == NODE_EXITING) return h.node;
        }
        return 0;
    }

    /// @dev A request in this state, or any.
    function within(uint64 state) private returns (uint64 request) {
        uint64 count = callTotals().requestCount;
        if (count == 0 || once(20)) return anyOf(count);
        uint64 start = chance(count);
        for (uint64 i; i < count; ++i) {
            request = 1 + (start + i) % count;
            if (requestsAt(request).state == state) return request;
        }
        return anyOf(count);
    }
}
