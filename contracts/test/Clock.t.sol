// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    BeaconMismatch,
    ClockTotalsRecord,
    CursorMismatch,
    EraNotSettled,
    P_TIME_SLOT_S,
    STEP_COUNT,
    SlotOutOfOrder,
    StepOutOfOrder,
    ValueOutOfRange
} from "../src/Protocol.sol";
import {Deployment} from "./Deployment.sol";

contract ClockTest is Deployment {
    uint64 private constant MAX_WORD = type(uint32).max;
    uint64 private slotS;

    function setUp() public {
        deploy();
        slotS = param(P_TIME_SLOT_S);
    }

    function open(uint64[8] memory w) private {
        by(K);
        clock.openSlot(w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7]);
    }

    function words(uint256 slot) private pure returns (uint64[8] memory) {
        return wordsOf(beaconOf(slot));
    }

    // openSlot

    function test_openSlot_givenGenesis_opensSlotZeroOfEraZero() public {
        emits(address(clock));
        emit SlotOpened(0, 0);
        open(words(0));
        ClockTotalsRecord memory c = clockTotals();
        assertEq(c.slotCount, 1);
        assertEq(c.era, 0);
        assertEq(c.stepsDone, 0);
        uint64[8] memory stored =
            [c.beacon0, c.beacon1, c.beacon2, c.beacon3, c.beacon4, c.beacon5, c.beacon6, c.beacon7];
        assertEq(abi.encode(stored), abi.encode(words(0)));
        assertEq(clock.beacon(), uint64(uint256(beaconOf(0))));
        assertEq(clock.slotCount(), 1);
        assertEq(clock.era(), 0);
    }

    function test_openSlot_givenTheGenesisCommitment_checksSlotZeroToo() public {
        refused(BeaconMismatch.selector, 0, 0);
        open(words(1));
    }

    function test_openSlot_givenAWordOf33Bits_isRefusedForEachWord() public {
        for (uint256 i; i < 8; ++i) {
            uint64[8] memory w = words(0);
            w[i] = MAX_WORD + 1;
            refused(ValueOutOfRange.selector, MAX_WORD + 1, MAX_WORD);
            open(w);
        }
    }

    function testFuzz_openSlot_givenAnyOtherBeacon_isRefused(uint256 value, uint256 slot) public {
        slot = bound(slot, 0, 1);
        if (slot == 1) openSlot();
        vm.assume(bytes32(value) != beaconOf(slot));
        goTo(uint64(slot) * slotS);
        refused(BeaconMismatch.selector, 0, 0);
        open(wordsOf(bytes32(value)));
    }

    function test_openSlot_givenAnEarlierTime_isRefused() public {
        openSlot();
        goTo(slotS - 1);
        refused(SlotOutOfOrder.selector, 0, 1);
        open(words(1));
        goTo(slotS);
        open(words(1));
        assertEq(clockTotals().slotCount, 2);
    }

    function test_openSlot_givenTheTimeOfALaterSlot_isRefused() public {
        openSlot();
        goTo(3 * slotS);
        refused(SlotOutOfOrder.selector, 3, 1);
        open(words(1));
        goTo(2 * slotS - 1);
        open(words(1));
        assertEq(clockTotals().slotCount, 2);
    }

    function test_openSlot_givenASlotAlreadyOpen_isRefused() public {
        openSlot();
        refused(SlotOutOfOrder.selector, 0, 1);
        open(words(1));
    }

    function test_openSlot_givenAnUnsettledEra_isRefusedWhateverSlotItWouldBegin() public {
        endEra();
        refused(EraNotSettled.selector, 0, 1);
        open(words(2));
        runSteps(STEP_COUNT - 1, WHOLE);
        refused(EraNotSettled.selector, 0, 1);
        open(words(2));
        runSteps(STEP_COUNT, WHOLE);
        emits(address(clock));
        emit SlotOpened(2, 1);
        open(words(2));
        assertEq(clockTotals().era, 1);
        assertEq(clockTotals().settledEraCount, 1);
    }

    function test_openSlot_givenSeveralFaults_namesThemInOrder() public {
        endEra();
        goTo(3 * slotS);
        uint64[8] memory w = words(5);
        w[7] = MAX_WORD + 1;
        refused(ValueOutOfRange.selector, MAX_WORD + 1, MAX_WORD);
        open(w);
        refused(SlotOutOfOrder.selector, 3, 2);
        open(words(5));
        goTo(2 * slotS);
        refused(EraNotSettled.selector, 0, 1);
        open(words(5));
        runSteps(STEP_COUNT, WHOLE);
        refused(BeaconMismatch.selector, 0, 0);
        open(words(5));
    }

    function test_openSlot_givenTenEras_countsSlotsAndErasTogether() public {
        for (uint64 i; i < 10; ++i) {
            nextEra();
            ClockTotalsRecord memory c = clockTotals();
            assertEq(c.settledEraCount, i + 1);
            assertEq(c.era, i + 1);
            assertEq(c.slotCount, 2 * (i + 1) + 1);
        }
    }

    // enterStep, as a family calls it

    function enter(uint64 step, uint64 from, uint64 to, uint64 count) private {
        vm.prank(address(stake));
        clock.enterStep(step, from, to, count);
    }

    function test_enterStep_givenAnEraThatIsNotOver_isRefused() public {
        openSlot();
        goTo(2 * slotS);
        refused(StepOutOfOrder.selector, 1, 0);
        enter(1, 0, 0, 0);
        goTo(slotS);
        openSlot();
        goTo(2 * slotS - 1);
        refused(StepOutOfOrder.selector, 1, 0);
        enter(1, 0, 0, 0);
        goTo(2 * slotS);
        enter(1, 0, 0, 0);
        assertEq(clockTotals().stepsDone, 1);
    }

    function test_enterStep_givenAnotherStepThanTheNext_isRefused() public {
        endEra();
        refused(StepOutOfOrder.selector, 2, 1);
        enter(2, 0, 0, 0);
        refused(StepOutOfOrder.selector, 0, 1);
        enter(0, 0, 0, 0);
        enter(1, 0, 0, 0);
        refused(StepOutOfOrder.selector, 1, 2);
        enter(1, 0, 0, 0);
    }

    function test_enterStep_givenAnotherCursor_isRefused() public {
        endEra();
        refused(CursorMismatch.selector, 1, 0);
        enter(1, 1, 3, 3);
        enter(1, 0, 2, 3);
        assertEq(clockTotals().cursor, 2);
        refused(CursorMismatch.selector, 0, 2);
        enter(1, 0, 3, 3);
        refused(CursorMismatch.selector, 3, 2);
        enter(1, 3, 3, 3);
    }

    function test_enterStep_givenAnEndOutOfRange_isRefused() public {
        endEra();
        refused(ValueOutOfRange.selector, 4, 3);
        enter(1, 0, 4, 3);
        enter(1, 0, 2, 3);
        refused(ValueOutOfRange.selector, 1, 3);
        enter(1, 2, 1, 3);
    }

    function test_enterStep_givenAnEmptyChunkOfAStepWithPositions_isRefused() public {
        endEra();
        refused(ValueOutOfRange.selector, 0, 3);
        enter(1, 0, 0, 3);
        enter(1, 0, 1, 3);
        refused(ValueOutOfRange.selector, 1, 3);
        enter(1, 1, 1, 3);
    }

    function test_enterStep_givenTheLastPosition_completesTheStep() public {
        endEra();
        enter(1, 0, 1, 3);
        enter(1, 1, 3, 3);
        assertEq(clockTotals().stepsDone, 1);
        assertEq(clockTotals().cursor, 0);
    }

    function test_enterStep_givenTheLastStep_settlesTheEraOnce() public {
        endEra();
        runSteps(STEP_COUNT - 1, WHOLE);
        (,,,, uint64 eraUnits) = emission.pools();
        assertGt(eraUnits, 0);
        emits(address(clock));
        emit EraSettled(0, eraUnits);
        enter(STEP_COUNT, 0, 0, 0);
        ClockTotalsRecord memory c = clockTotals();
        assertEq(c.settledEraCount, 1);
        assertEq(c.stepsDone, 0);
        assertEq(c.cursor, 0);
        assertEq(c.era, 0);
        refused(StepOutOfOrder.selector, 1, 0);
        enter(1, 0, 0, 0);
    }

    function testFuzz_enterStep_givenAnyCutsOfAStep_endsAtTheSameCursor(uint256 seed, uint64 count) public {
        endEra();
        count = uint64(bound(count, 1, 40));
        uint64 from;
        while (from < count) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint64 to = from + 1 + uint64(seed % (count - from));
            enter(1, from, to, count);
            from = to;
            assertEq(clockTotals().cursor, to == count ? 0 : to);
        }
        assertEq(clockTotals().stepsDone, 1);
    }

    function test_nowS_givenATime_countsFromGenesis() public {
        goTo(12_345);
        assertEq(clock.nowS(), 12_345);
        assertEq(clock.GENESIS_S(), GENESIS_S);
    }
}
