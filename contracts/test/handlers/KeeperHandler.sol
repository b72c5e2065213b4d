// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Calls} from "../../src/Calls.sol";
import {Clock} from "../../src/Clock.sol";
import {
    ACCOUNT_COMMUNITY,
    ACCOUNT_SLASH_POT,
    ACCOUNT_TREASURY,
    ClockTotalsRecord,
    FAMILY_COUNT,
    P_TIME_SLOTS_PER_ERA,
    P_TIME_SLOT_S,
    STEP_COUNT,
    STEP_PAY_SLARKS,
    STEP_SLASH_DELEGATIONS,
    STEP_SLASH_OWN_STAKE,
    STEP_UPDATE_SLARKS,
    SlarksRecord
} from "../../src/Protocol.sol";
import {A_AUDIT_REQUESTS, A_CLOSE_REQUESTS, A_OPEN_SLOT, actionsOfSteps} from "../Actions.sol";
import {SlarkInvariants} from "../SlarkInvariants.sol";
import {Handler} from "./Handler.sol";

/// @notice Time: slots are opened, and eras settled in chunks of changing size, as the keeper does it: requests are
/// closed first. A settlement may stop anywhere, and others try to act before it goes on.
contract KeeperHandler is Handler, SlarkInvariants {
    // What was there when the present settlement began.
    uint64 private community;
    uint64 private treasury;
    uint64 private expectedSlashes;
    uint64 private chunkSize;

    constructor(address[FAMILY_COUNT] memory addresses) Handler(addresses) {}

    /// @inheritdoc Handler
    function turns() external pure override returns (bytes4[] memory list) {
        list = new bytes4[](5);
        list[0] = this.nextSlot.selector;
        list[1] = this.nextEra.selector;
        list[2] = this.openSlotTooEarlyOrWithAnotherBeacon.selector;
        // What a settlement stops goes on with the next turn of this.
        list[3] = this.nextSlot.selector;
        list[4] = this.nextSlot.selector;
    }

    /// @notice The slot runs out; the next one is opened, after the era's settlement if it was the last.
    function nextSlot(uint256 seed) external turn(seed) {
        if (isSettling() || once(6)) advance(once(3) ? WHOLE : 1 + chance(40));
    }

    /// @notice An era passes with nothing else happening.
    function nextEra(uint256 seed) external turn(seed) {
        if (!once(8)) return;
        uint64 era = currentEra();
        while (currentEra() == era) advance(WHOLE);
    }

    function openSlotTooEarlyOrWithAnotherBeacon(uint256 seed) external turn(seed) {
        uint64[8] memory w = wordsOf(keccak256(abi.encode(seed)));
        bool ok = sendSlot(w);
        assertFalse(ok, "INV-67: a slot out of turn");
    }

    /// @dev Goes on to the next slot, or at most `chunks` chunks on the way through the settlement that lies before it.
    function advance(uint64 chunks) private {
        if (!isSettling()) endSlot();
        ClockTotalsRecord memory c = clockTotals();
        if (isDue(c)) {
            if (!isSettling()) beginSettlement();
            for (uint64 i; i < chunks && clockTotals().settledEraCount == c.settledEraCount; ++i) {
                takeChunk();
            }
            if (clockTotals().settledEraCount == c.settledEraCount) return;
            assertEq(community - walletsAt(ACCOUNT_COMMUNITY), emissionTotals().eraUnits, "INV-40: paid what was emitted");
        }
        passTime(chance(100));
        assertTrue(sendSlot(wordsOf(beaconOf(c.slotCount))), "the slot opens");
        if (once(4)) return;
        bytes memory data = abi.encodeCall(Calls.auditRequests, (0, callTotals().requestCount));
        act(A_AUDIT_REQUESTS, K, address(calls), data);
    }

    function endSlot() private {
        (uint64 closed, uint64 count) = (callTotals().closedCount, callTotals().requestCount);
        act(A_CLOSE_REQUESTS, K, address(calls), abi.encodeCall(Calls.closeRequests, (closed, count)));
        uint64 endS = clockTotals().slotCount * param(P_TIME_SLOT_S);
        if (nowS() < endS) goTo(endS);
    }

    /// @return true if the era of the last open slot is over and not settled
    function isDue(ClockTotalsRecord memory c) private view returns (bool) {
        return c.slotCount == (c.settledEraCount + 1) * param(P_TIME_SLOTS_PER_ERA);
    }

    function sendSlot(uint64[8] memory w) private returns (bool) {
        bytes memory data = abi.encodeCall(Clock.openSlot, (w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7]));
        return act(A_OPEN_SLOT, K, address(clock), data);
    }

    function beginSettlement() private {
        community = walletsAt(ACCOUNT_COMMUNITY);
        treasury = walletsAt(ACCOUNT_TREASURY);
        chunkSize = 1 + chance(6);
    }

    function takeChunk() private {
        uint64 step = clockTotals().stepsDone + 1;
        uint64 from = clockTotals().cursor;
        if (step == STEP_SLASH_OWN_STAKE && from == 0) expectedSlashes = dueSlashes();
        uint64 count = positionsOf(step);
        uint64 to = count - from > chunkSize ? from + chunkSize : count;
        (address target, bytes memory data) = stepCall(step, from + 1, to + 1);
        if (once(10)) assertFalse(act(actionsOfSteps()[step], K, target, data), "TIME-4: a slice out of turn");
        if (from == 0) rememberOrder(step);
        (target, data) = stepCall(step, from, to);
        SlarksRecord[] memory before = slarksTo(slarkTotals().slarkCount);
        if (step == STEP_PAY_SLARKS) vm.recordLogs();
        assertTrue(act(actionsOfSteps()[step], K, target, data), "a step is taken");
        if (step == STEP_PAY_SLARKS) checkPay(vm.getRecordedLogs());
        if (step == STEP_UPDATE_SLARKS) checkPromotions(before);
        if (to < count) return;
        if (step == STEP_SLASH_DELEGATIONS) {
            assertEq(walletsAt(ACCOUNT_TREASURY) - treasury, expectedSlashes, "INV-8: parts of the slashes");
            uint64 pot = misconductUnits() + providerTotals().slashUnits;
            assertEq(walletsAt(ACCOUNT_SLASH_POT), pot, "INV-8: parts of the slashes of providers");
        }
        if (step == STEP_PAY_SLARKS) {
            assertEq(walletsAt(ACCOUNT_SLASH_POT), misconductUnits(), "SLASH-10: operational slashes have left the pot");
        }
    }

    /// @dev What misconduct has cost the providers in this settlement.
    function misconductUnits() private view returns (uint64 sum) {
        uint64 count = providerTotals().providerCount;
        for (uint64 provider = 1; provider <= count; ++provider) {
            sum += providerEraAt(provider).misconductTakenUnits;
        }
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
