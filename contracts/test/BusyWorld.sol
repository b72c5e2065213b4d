// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    KIND_NODE,
    KIND_PROVIDER,
    KIND_VALIDATOR,
    P_PLACE_POLICY,
    P_TIER_INITIAL,
    P_VAL_AUDIT_BPS,
    PROVIDER_ACTIVE,
    TASK_ASSIGNED,
    TASK_CREATED,
    VERDICT_FAIL,
    VERDICT_PASS
} from "../src/Protocol.sol";
import {BlsSigner} from "./BlsSigner.sol";
import {Deployment} from "./Deployment.sol";
import {ProviderWords} from "./World.sol";

/// @title BusyWorld
/// @notice A protocol in the middle of its life: models live and served, delegations old, new and unbonding, tasks
/// decided, missed and open, slashes pending, a rotation due, providers that earn and lose. Every settlement step has something to do.
abstract contract BusyWorld is Deployment {
    uint64 private constant RANDOM_PLACES = 2;

    /// @notice Two live models, delegations that count, and the start of an era.
    function growBusy() internal {
        deploy();
        setParam(P_PLACE_POLICY, RANDOM_PLACES);
        setParam(P_VAL_AUDIT_BPS, 10_000);
        setParam(P_TIER_INITIAL, 5);
        tune();
        populate();
        liveModel(CREATOR);
        liveModel(B);
        delegateTo(A, KIND_NODE, 1, 300 * ONE, 0);
        delegateTo(B, KIND_NODE, 2, 77 * ONE, 1);
        delegateTo(A, KIND_VALIDATOR, 1, 130 * ONE, 1);
        delegateTo(CREATOR, KIND_VALIDATOR, 1, 55 * ONE, 0);
        delegateTo(CREATOR, KIND_VALIDATOR, 2, 41 * ONE, 0);
        growProviders();
        by(CONSUMER);
        calls.buyCalls(5_000 * ONE);
        nextEra();
        serveSome(5);
        nextEra();
    }

    /// @dev Three providers, one of them of a node, with delegations; two licences that run for them.
    function growProviders() private {
        uint64 provider = proposeProvider(HOST_1, 1);
        stakeProvider(provider, 900 * ONE);
        activateProvider(B, 160 * ONE);
        activateProvider(CREATOR, 400 * ONE);
        delegateTo(A, KIND_PROVIDER, 1, 250 * ONE, 1);
        delegateTo(B, KIND_PROVIDER, 1, 33 * ONE, 0);
        delegateTo(A, KIND_PROVIDER, 2, 120 * ONE, 0);
        buyRunning(A, 1);
        buyRunning(B, 2);
    }

    /// @notice A licence that runs for a provider, with the key of its number.
    function buyRunning(uint64 owner, uint64 provider) internal returns (uint64 licence) {
        by(owner);
        slarks.buyLicence();
        licence = slarkTotals().slarkCount;
        uint64[] memory words = BlsSigner.keyWords(BlsSigner.secretOf(licence), owner);
        by(owner);
        slarks.registerSlarkKey(licence, words);
        by(owner);
        slarks.selfOperate(licence, provider);
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
        delegateTo(CONSUMER, KIND_PROVIDER, 2, ONE + uint64((seed >> 20) % (30 * ONE)), 0);
        nextSlot(WHOLE);
        uint64 requestCount = callTotals().requestCount;
        by(K);
        calls.auditRequests(0, requestCount);
        judgeOpen(seed >> 32);
        reportAll(seed >> 64);
        reportProviders(seed >> 72);
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

    /// @dev Full hours, broken ones, outages and fees of every provider; now and then a case of misconduct.
    function reportProviders(uint256 seed) private {
        uint64 count = providerTotals().providerCount;
        for (uint64 provider = 1; provider <= count; ++provider) {
            uint256 draw = uint256(keccak256(abi.encode(seed, provider)));
            ProviderWords memory r;
            r.active = 0xffffff;
            r.full = uint64(draw | draw >> 24) & 0xffffff;
            r.task = uint64(draw >> 48) & 0xffffff;
            r.breached = uint64(draw >> 72) & uint64(draw >> 96) & 0xffffff;
            r.cooled = uint64(draw >> 104) & uint64(draw >> 130) & 0xffffff;
            r.streaks = uint64(draw >> 150) % 3;
            r.extraHours = uint64(draw >> 160) % 5;
            (r.expected, r.answered) = (100, 60 + uint64(draw >> 170) % 41);
            r.meanMs = uint64(draw >> 180) % 600;
            (r.assigned, r.finished) = (50, 30 + uint64(draw >> 190) % 21);
            r.feeUnits = uint64(draw >> 200) % (40 * ONE);
            r.leaseHours = uint64(draw >> 240) % 200;
            reportProvider(provider, r);
        }
        if (seed % 3 != 0 || providersAt(2).state != PROVIDER_ACTIVE) return;
        by(K);
        providers.upholdMisconduct(2, CONSUMER, 20 * ONE);
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
