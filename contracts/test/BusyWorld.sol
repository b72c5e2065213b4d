// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    KIND_NODE,
    KIND_VALIDATOR,
    P_PLACE_POLICY,
    P_VAL_AUDIT_BPS,
    TASK_ASSIGNED,
    TASK_CREATED,
    VERDICT_FAIL,
    VERDICT_PASS
} from "../src/Protocol.sol";
import {Deployment} from "./Deployment.sol";

/// @title BusyWorld
/// @notice A protocol in the middle of its life: models live and served, delegations old, new and unbonding, tasks
/// decided, missed and open, a slash pending, a rotation due. Every settlement step has something to do.
abstract contract BusyWorld is Deployment {
    uint64 private constant RANDOM_PLACES = 2;

    /// @notice Two live models, delegations that count, and the start of an era.
    function growBusy() internal {
        deploy();
        setParam(P_PLACE_POLICY, RANDOM_PLACES);
        setParam(P_VAL_AUDIT_BPS, 10_000);
        tune();
        populate();
        liveModel(CREATOR);
        liveModel(B);
        delegateTo(A, KIND_NODE, 1, 300 * ONE, 0);
        delegateTo(B, KIND_NODE, 2, 77 * ONE, 1);
        delegateTo(A, KIND_VALIDATOR, 1, 130 * ONE, 1);
        delegateTo(CREATOR, KIND_VALIDATOR, 1, 55 * ONE, 0);
        delegateTo(CREATOR, KIND_VALIDATOR, 2, 41 * ONE, 0);
        by(CONSUMER);
        calls.buyCalls(5_000 * ONE);
        nextEra();
        serveSome(5);
        nextEra();
    }

    /// @dev Sets parameters before anybody acts.
    function tune() internal virtual {}

    function delegateTo(uint64 delegator, uint64 kind, uint64 target, uint64 units, uint64 autoStake) internal {
        by(delegator);
        stake.delegate(kind, target, units, autoStake);
    }

    /// @notice The present era gets work, checks, offences, reports and changes of stake, all from one number.
    function stir(uint256 seed) internal {
        serveSome(seed);
        by(A);
        stake.undelegate(1, uint64(seed % (50 * ONE)) + 1);
        by(B);
        stake.increaseDelegation(2, uint64(seed % (20 * ONE)) + 1);
        delegateTo(CONSUMER, KIND_NODE, 1, ONE + uint64((seed >> 16) % (30 * ONE)), 1);
        nextSlot(WHOLE);
        uint64 requestCount = callTotals().requestCount;
        by(K);
        calls.auditRequests(0, requestCount);
        judgeOpen(seed >> 32);
        reportAll(seed >> 64);
        serveSome(seed >> 96);
        by(CREATOR);
        stake.undelegate(4, uint64((seed >> 24) % (10 * ONE)) + 1);
    }

    /// @dev Some calls of both models, answered by different replicas, some never.
    function serveSome(uint256 seed) private {
        for (uint64 i; i < 6; ++i) {
            uint64 model = 1 + uint64(seed >> i) % 2;
            by(CONSUMER);
            calls.requestInference(model, 1 + uint64(seed >> (8 * i)) % 3_000, WHOLE);
            uint64 request = callTotals().requestCount;
            route(hostsAt(hostRecord(model, uint64(seed >> (3 * i)) % 2)).node);
            if ((seed >> (5 * i)) % 5 == 0) continue;
            serve(request, 50 + uint64(seed % 400));
            by(CONSUMER);
            calls.rateModel(request, 1 + uint64(seed >> (2 * i)) % 50);
        }
    }

    /// @dev Groups for the created tasks; some members pass, some fail, some copy, some miss the deadline.
    function judgeOpen(uint256 seed) private {
        uint64 count = taskTotals().taskCount;
        for (uint64 task = 1; task <= count; ++task) {
            if (tasksAt(task).state != TASK_CREATED) continue;
            assign(task);
            uint64 first = tasksAt(task).memberStart;
            for (uint64 i; i < tasksAt(task).memberCount; ++i) {
                uint256 draw = uint256(keccak256(abi.encode(seed, task, i))) % 10;
                if (draw == 0) continue;
                submit(first + i, draw == 1 ? VERDICT_FAIL : VERDICT_PASS, 8_000 + uint64(draw) * 100);
                if (draw != 2) continue;
                by(K);
                tasks.flagCopy(first + i);
            }
        }
        wait_(901);
        for (uint64 task = 1; task <= count; ++task) {
            if (tasksAt(task).state == TASK_ASSIGNED) settle(task);
        }
    }

    function reportAll(uint256 seed) private {
        uint64 count = nodeTotals().nodeCount;
        uint64[] memory words = new uint64[](4 * count);
        for (uint64 i; i < count; ++i) {
            uint256 draw = uint256(keccak256(abi.encode(seed, i)));
            words[4 * i] = uint64(draw % 1_000);
            words[4 * i + 1] = uint64((draw >> 16) % 4) << 24;
            words[4 * i + 2] = uint64((draw >> 32) % 61) | (60 << 16) | (uint64((draw >> 48) % 600) << 32);
        }
        by(K);
        nodes.reportNodes(0, count, words);
    }
}
