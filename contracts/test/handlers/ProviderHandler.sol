// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    FAMILY_COUNT,
    KIND_PROVIDER,
    PROVIDER_ACTIVE,
    PROVIDER_DEACTIVATED,
    PROVIDER_PROPOSED,
    PROVIDER_REGISTERED,
    PROVIDER_SUSPENDED,
    ProvidersRecord
} from "../../src/Protocol.sol";
import {Providers} from "../../src/Providers.sol";
import {
    A_APPROVE_PROVIDER,
    A_DELEGATE_FOUNDATION,
    A_DEREGISTER_PROVIDER,
    A_PROPOSE_PROVIDER,
    A_RECLAIM_FOUNDATION,
    A_REJECT_PROVIDER,
    A_REPORT_PROVIDERS,
    A_RESUME_PROVIDER,
    A_SET_COMPLIANCE,
    A_STAKE_PROVIDER,
    A_UNSTAKE_PROVIDER,
    A_UPHOLD_MISCONDUCT
} from "../Actions.sol";
import {Handler} from "./Handler.sol";

/// @notice What providers do, and what the keeper finds out about them.
contract ProviderHandler is Handler {
    uint256 private constant STAKED = 1 << PROVIDER_REGISTERED | 1 << PROVIDER_ACTIVE | 1 << PROVIDER_SUSPENDED;

    constructor(address[FAMILY_COUNT] memory addresses) Handler(addresses) {}

    /// @inheritdoc Handler
    function turns() external pure override returns (bytes4[] memory list) {
        list = new bytes4[](14);
        list[0] = this.propose.selector;
        list[1] = this.vote.selector;
        list[2] = this.stakeMore.selector;
        list[3] = this.unstake.selector;
        list[4] = this.deregister.selector;
        list[5] = this.resume.selector;
        list[6] = this.upholdMisconduct.selector;
        list[7] = this.setCompliance.selector;
        list[8] = this.delegateFoundation.selector;
        list[9] = this.reclaimFoundation.selector;
        list[10] = this.report.selector;
        // Every era forgets its reports.
        list[11] = this.report.selector;
        list[12] = this.report.selector;
        list[13] = this.report.selector;
    }

    function propose(uint256 seed) external turn(seed) {
        uint64 count = providerTotals().providerCount;
        if (count > 14) return;
        uint64 node = once(2) ? 0 : anyOf(nodeTotals().nodeCount);
        uint64 gpuCount = chance(4);
        bytes memory data = abi.encodeCall(
            Providers.proposeProvider,
            (
                node,
                chance(64),
                1 + chance(64),
                1 + chance(256),
                chance(2_000),
                gpuCount,
                gpuCount == 0 ? 0 : 1 + chance(11),
                1 + chance(3),
                1 + chance(3),
                1 + chance(4),
                chance(17)
            )
        );
        uint64 owner = node == 0 ? agent() : mostly(nodesAt(node).owner);
        if (!act(A_PROPOSE_PROVIDER, owner, address(providers), data)) return;
        assertEq(providerTotals().providerCount, count + 1, "INV-22: providers are numbered one by one");
    }

    function vote(uint256 seed) external turn(seed) {
        uint64 provider = among(KIND_PROVIDER, 1 << PROVIDER_PROPOSED);
        if (once(3)) {
            act(A_REJECT_PROVIDER, K, address(providers), abi.encodeCall(Providers.rejectProvider, (provider)));
        } else {
            act(A_APPROVE_PROVIDER, K, address(providers), abi.encodeCall(Providers.approveProvider, (provider)));
        }
    }

    function stakeMore(uint256 seed) external turn(seed) {
        uint64 provider = among(KIND_PROVIDER, STAKED);
        uint64 units = once(20) ? 0 : chance(300 * ONE);
        send(A_STAKE_PROVIDER, provider, abi.encodeCall(Providers.stakeProvider, (provider, units)));
    }

    function unstake(uint256 seed) external turn(seed) {
        uint64 provider = among(KIND_PROVIDER, 1 << PROVIDER_ACTIVE | 1 << PROVIDER_REGISTERED);
        uint64 own = providerCollateralAt(provider).ownUnits;
        uint64 units = once(6) ? own - providersAt(provider).exitUnits : chance(60 * ONE);
        if (!send(A_UNSTAKE_PROVIDER, provider, abi.encodeCall(Providers.unstakeProvider, (provider, units)))) return;
        assertEq(providerCollateralAt(provider).ownUnits, own, "INV-12: paid before its time");
    }

    function deregister(uint256 seed) external turn(seed) {
        if (!once(5)) return;
        uint64 provider = among(KIND_PROVIDER, 1 << PROVIDER_ACTIVE | 1 << PROVIDER_REGISTERED);
        send(A_DEREGISTER_PROVIDER, provider, abi.encodeCall(Providers.deregisterProvider, (provider)));
    }

    function resume(uint256 seed) external turn(seed) {
        uint64 provider = among(KIND_PROVIDER, 1 << PROVIDER_SUSPENDED);
        if (!send(A_RESUME_PROVIDER, provider, abi.encodeCall(Providers.resumeProvider, (provider)))) return;
        assertEq(providersAt(provider).misconductUnits, 0, "INV-13: resumed with a case open");
    }

    function upholdMisconduct(uint256 seed) external turn(seed) {
        if (!once(3)) return;
        uint64 provider = among(KIND_PROVIDER, 1 << PROVIDER_ACTIVE);
        bool isHarm = once(2);
        uint64 harmed = isHarm ? agent() : 0;
        uint64 units = isHarm ? 1 + chance(200 * ONE) : 0;
        bytes memory data = abi.encodeCall(Providers.upholdMisconduct, (provider, harmed, units));
        bool hasLeft = providersAt(provider).state == PROVIDER_DEACTIVATED;
        if (!act(A_UPHOLD_MISCONDUCT, K, address(providers), data)) return;
        ProvidersRecord memory p = providersAt(provider);
        // Of one that has left there is a case as long as there is stake.
        assertEq(p.state, hasLeft ? PROVIDER_DEACTIVATED : PROVIDER_SUSPENDED, "SLASH-1");
        assertGt(p.misconductUnits, 0, "SLASH-1");
    }

    function setCompliance(uint256 seed) external turn(seed) {
        uint64 provider = anyOf(providerTotals().providerCount);
        bytes memory data = abi.encodeCall(Providers.setCompliance, (provider, chance(17)));
        act(A_SET_COMPLIANCE, K, address(providers), data);
    }

    function delegateFoundation(uint256 seed) external turn(seed) {
        uint64 provider = among(KIND_PROVIDER, 1 << PROVIDER_ACTIVE);
        bytes memory data = abi.encodeCall(Providers.delegateFoundation, (provider));
        act(A_DELEGATE_FOUNDATION, K, address(providers), data);
    }

    function reclaimFoundation(uint256 seed) external turn(seed) {
        uint64 provider = anyOf(providerTotals().providerCount);
        bool isBacked;
        for (uint64 other = 1; other <= providerTotals().providerCount; ++other) {
            uint64 state = providersAt(other).state;
            bool isThere = state == PROVIDER_ACTIVE || state == PROVIDER_SUSPENDED;
            if (isThere && delegationsAt(providersAt(other).foundationDelegation).units > 0) (provider, isBacked) = (other, true);
        }
        if (isBacked && !isSettling() && once(2)) serveForAnEra(provider);
        uint64 delegation = providersAt(provider).foundationDelegation;
        uint64 units = delegationsAt(delegation).units;
        bytes memory data = abi.encodeCall(Providers.reclaimFoundation, (provider));
        if (!act(A_RECLAIM_FOUNDATION, K, address(providers), data)) return;
        assertGe(delegationsAt(delegation).unbondingUnits, units, "INV-14: principal under way");
    }

    /// @dev An era in which the provider had work in every hour: only then may the foundation take back what it delegated.
    function serveForAnEra(uint64 provider) private {
        uint64[] memory words = new uint64[](8);
        words[0] = 0xffffff | 0xffffff << 24;
        words[1] = 0xffffff;
        words[3] = 100 | 100 << 16;
        by(K);
        providers.reportProviders(provider - 1, provider, words);
        nextEra();
    }

    function report(uint256 seed) external turn(seed) {
        uint64 count = providerTotals().providerCount;
        uint64 from = chance(count + 1);
        uint64 to = from + chance(count - from + 1);
        uint64[] memory words = new uint64[](8 * (to - from));
        for (uint256 i; i < words.length; i += 8) {
            uint64 full = chance(1 << 24) | chance(1 << 24);
            words[i] = full | 0xffffff << 24;
            words[i + 1] = chance(1 << 24) | uint64(chance(1 << 24) & chance(1 << 24)) << 24;
            words[i + 2] = (once(2) ? 0 : chance(1 << 24)) | chance(4) << 24 | chance(6) << 36;
            words[i + 3] = (60 + chance(41)) | 100 << 16 | chance(700) << 32;
            words[i + 4] = 100 | (60 + chance(41)) << 26;
            words[i + 5] = chance(50 * ONE);
            words[i + 6] = chance(300);
        }
        bytes memory data = abi.encodeCall(Providers.reportProviders, (from, to, words));
        act(A_REPORT_PROVIDERS, K, address(providers), data);
    }

    function send(uint256 action, uint64 provider, bytes memory data) private returns (bool) {
        return act(action, mostly(providersAt(provider).owner), address(providers), data);
    }
}
