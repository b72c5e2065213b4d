// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Calls} from "../../src/Calls.sol";
import {Clock} from "../../src/Clock.sol";
import {
    ACCOUNT_COMMUNITY,
    ACCOUNT_TREASURY,
    ClockTotalsRecord,
    FAMILY_COUNT,
    P_TIME_SLOTS_PER_ERA,
    P_TIME_SLOT_S,
    STEP_COUNT,
    STEP_SLASH_DELEGATIONS,
    STEP_SLASH_OWN_STAKE
} from "../../src/Protocol.sol";
import {A_AUDIT_REQUESTS, A_CLOSE_REQUESTS, A_COMPUTE_ERA_METRICS, A_OPEN_SLOT} from "../Actions.sol";
import {Handler} from "./Handler.sol";

/// @notice Time: slots are opened, and eras settled in chunks of changing size, as the keeper does it: requests are
/// closed first, and nobody else acts between the steps.
contract KeeperHandler is Handler {
    constructor(address[FAMILY_COUNT] memory addresses) Handler(addresses) {}

    /// @inheritdoc Handler
    function turns() external pure override returns (bytes4[] memory list) {
        list = new bytes4[](3);
        list[0] = this.nextSlot.selector;
        list[1] = this.nextEra.selector;
        list[2] = this.openSlotTooEarlyOrWithAnotherBeacon.selector;
    }

    /// @notice The slot runs out; the next one is opened, after the era's settlement if it was the last.
    function nextSlot(uint256 seed) external turn(seed) {
        if (once(2)) advance();
    }

    /// @notice An era passes with nothing else happening.
    function nextEra(uint256 seed) external turn(seed) {
        if (!once(8)) return;
        uint64 era = currentEra();
        while (currentEra() == era) advance();
    }

    function openSlotTooEarlyOrWithAnotherBeacon(uint256 seed) external turn(seed) {
        uint64[8] memory w = wordsOf(keccak256(abi.encode(seed)));
        bool ok = sendSlot(w);
        assertFalse(ok, "INV-67: a slot out of turn");
    }

    function advance() private {
        (uint64 closed, uint64 count) = (callTotals().closedCount, callTotals().requestCount);
        act(A_CLOSE_REQUESTS, K, address(calls), abi.encodeCall(Calls.closeRequests, (closed, count)));
        ClockTotalsRecord memory c = clockTotals();
        uint64 endS = c.slotCount * param(P_TIME_SLOT_S);
        if (nowS() < endS) goTo(endS);
        if (c.slotCount == (c.settledEraCount + 1) * param(P_TIME_SLOTS_PER_ERA)) settleOnce(1 + chance(6));
        passTime(chance(100));
        assertTrue(sendSlot(wordsOf(beaconOf(c.slotCount))), "the slot opens");
        if (once(4)) return;
        bytes memory data = abi.encodeCall(Calls.auditRequests, (0, callTotals().requestCount));
        act(A_AUDIT_REQUESTS, K, address(calls), data);
    }

    function sendSlot(uint64[8] memory w) private returns (bool) {
        bytes memory data = abi.encodeCall(Clock.openSlot, (w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7]));
        return act(A_OPEN_SLOT, K, address(clock), data);
    }

    function settleOnce(uint64 chunk) private {
        uint64 settled = clockTotals().settledEraCount;
        uint64 community = walletsAt(ACCOUNT_COMMUNITY);
        (uint64 treasury, uint64 expected) = (walletsAt(ACCOUNT_TREASURY), 0);
        for (uint64 step = 1; step <= STEP_COUNT; ++step) {
            if (step == STEP_SLASH_OWN_STAKE) expected = dueSlashes();
            takeWhole(step, chunk);
            if (step == STEP_SLASH_DELEGATIONS) {
                assertEq(walletsAt(ACCOUNT_TREASURY) - treasury, expected, "INV-8: parts of the slashes");
            }
        }
        assertEq(clockTotals().settledEraCount, settled + 1, "INV-67: settled once");
        assertEq(community - walletsAt(ACCOUNT_COMMUNITY), emissionTotals().eraUnits, "INV-40: paid what was emitted");
    }

    function takeWhole(uint64 step, uint64 chunk) private {
        uint64 count = positionsOf(step);
        uint64 from;
        do {
            uint64 to = count - from > chunk ? from + chunk : count;
            (address target, bytes memory data) = stepCall(step, from, to);
            // Steps are the last actions, in their order.
            assertTrue(act(A_COMPUTE_ERA_METRICS + step - 1, K, target, data), "a step is taken");
            from = to;
        } while (from < count);
    }

    /// @dev What the slashes of the era take: each what is pending, or the whole collateral.
    function dueSlashes() private view returns (uint64 sum) {
        uint64 count = validatorTotals().validatorCount;
        for (uint64 validator = 1; validator <= count; ++validator) {
            uint64 pending = validatorCollateralAt(validator).slashPendingUnits;
            uint64 present = validatorCollateralAt(validator).ownUnits + validatorCollateralAt(validator).delegatedUnits
                + validatorCollateralAt(validator).unbondingUnits;
            sum += pending < present ? pending : present;
        }
    }
}
