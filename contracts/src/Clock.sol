// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Family} from "./Family.sol";
import {IClock} from "./Interfaces.sol";
import {
    BeaconMismatch,
    ClockTotalsRecord,
    CursorMismatch,
    EraNotSettled,
    FAMILY_COUNT,
    P_TIME_SLOTS_PER_ERA,
    P_TIME_SLOT_S,
    STEP_COUNT,
    SlotOutOfOrder,
    StepOutOfOrder,
    ValueOutOfRange
} from "./Protocol.sol";

/// @title Clock
/// @notice Which slot and era it is, the randomness of the slot, and which settlement step may be taken now. It decides
/// order only; what happens in a step is the business of the family that takes it.
contract Clock is Family, IClock {
    ClockTotalsRecord internal clockTotals;

    /// @notice Unix time of the start of slot 0, in seconds.
    uint64 public immutable GENESIS_S;

    uint64 private constant MAX_WORD = type(uint32).max;

    /// @param families addresses of all families, in the order of the FAMILY_ constants
    /// @param genesisS unix time of the start of slot 0, not later than the first action
    /// @param beaconCommitment keccak256 of the beacon of slot 0, as eight words, most significant first
    constructor(address[FAMILY_COUNT] memory families, uint64 genesisS, uint32[8] memory beaconCommitment)
        Family(families)
    {
        GENESIS_S = genesisS;
        uint256 commitment;
        for (uint256 i; i < 8; ++i) {
            commitment = (commitment << 32) | beaconCommitment[i];
        }
        _storeBeacon(commitment);
    }

    /// @inheritdoc IClock
    function era() external view returns (uint64) {
        return clockTotals.era;
    }

    /// @inheritdoc IClock
    function slotCount() external view returns (uint64) {
        return clockTotals.slotCount;
    }

    /// @inheritdoc IClock
    function nowS() public view returns (uint64) {
        // Block times fit 64 bits for ever.
        return uint64(block.timestamp) - GENESIS_S;
    }

    /// @inheritdoc IClock
    /// @custom:rule NUM-6
    function beacon() external view returns (uint64) {
        return (clockTotals.beacon6 << 32) | clockTotals.beacon7;
    }

    /// @inheritdoc IClock
    /// @dev Reverts EraNotSettled(settled eras, settled eras + 1).
    /// @custom:rule TIME-4
    function checkAtRest() external view {
        if (clockTotals.stepsDone == 0 && clockTotals.cursor == 0) return;
        uint64 settledEras = clockTotals.settledEraCount;
        revert EraNotSettled(settledEras, settledEras + 1);
    }

    /// @notice Keeper. Opens the slot that the block's time lies in and reveals its beacon: 256 bits in eight words, most
    /// significant first, whose keccak256 must be the beacon stored before. Slots are opened one by one, the first slot of
    /// an era only when all eras before it are settled.
    /// @dev Reverts ValueOutOfRange, SlotOutOfOrder, EraNotSettled, BeaconMismatch, in this order. No step of a settlement
    /// can be open when the last check passes: enterStep takes the first step only when the era's last slot is open.
    /// @custom:rule TIME-2, TIME-3, NUM-6
    function openSlot(
        uint64 word0,
        uint64 word1,
        uint64 word2,
        uint64 word3,
        uint64 word4,
        uint64 word5,
        uint64 word6,
        uint64 word7
    ) external {
        _onlyKeeper();
        uint256 value = _append(0, word0);
        value = _append(value, word1);
        value = _append(value, word2);
        value = _append(value, word3);
        value = _append(value, word4);
        value = _append(value, word5);
        value = _append(value, word6);
        value = _append(value, word7);
        _open(value);
    }

    /// @inheritdoc IClock
    /// @dev Reverts StepOutOfOrder, CursorMismatch, ValueOutOfRange, in this order. An empty chunk is only allowed where
    /// the step has no positions: otherwise what a step does once, at `from` = 0, could be done twice.
    /// @custom:rule TIME-4
    function enterStep(uint64 step, uint64 from, uint64 to, uint64 count) external {
        _onlyFamilyOrMarket();
        uint64 settled = clockTotals.settledEraCount;
        uint64 endSlot = (settled + 1) * _param(P_TIME_SLOTS_PER_ERA);
        if (clockTotals.slotCount != endSlot || nowS() < endSlot * _param(P_TIME_SLOT_S)) {
            revert StepOutOfOrder(step, 0);
        }
        uint64 expected = clockTotals.stepsDone + 1;
        if (step != expected) revert StepOutOfOrder(step, expected);
        uint64 cursor = clockTotals.cursor;
        if (from != cursor) revert CursorMismatch(from, cursor);
        if (to > count || (to <= from && count > 0)) revert ValueOutOfRange(to, count);

        if (to < count) {
            clockTotals.cursor = to;
            return;
        }
        clockTotals.cursor = 0;
        if (step < STEP_COUNT) {
            clockTotals.stepsDone = step;
            return;
        }
        clockTotals.stepsDone = 0;
        clockTotals.settledEraCount = settled + 1;
        (,,,, uint64 eraUnits) = EMISSION.pools();
        emit EraSettled(clockTotals.era, eraUnits);
    }

    function _append(uint256 value, uint64 word) private pure returns (uint256) {
        if (word > MAX_WORD) revert ValueOutOfRange(word, MAX_WORD);
        return (value << 32) | word;
    }

    function _open(uint256 value) private {
        uint64 slot = clockTotals.slotCount;
        uint64 slotByTime = nowS() / _param(P_TIME_SLOT_S);
        if (slotByTime != slot) revert SlotOutOfOrder(slotByTime, slot);
        uint64 slotsPerEra = _param(P_TIME_SLOTS_PER_ERA);
        uint64 newEra = slot / slotsPerEra;
        uint64 settled = clockTotals.settledEraCount;
        if (slot % slotsPerEra == 0 && settled != newEra) revert EraNotSettled(settled, newEra);
        if (uint256(keccak256(abi.encode(value))) != _storedBeacon()) revert BeaconMismatch(0, 0);

        _storeBeacon(value);
        clockTotals.slotCount = slot + 1;
        clockTotals.era = newEra;
        emit SlotOpened(slot, newEra);
    }

    /// @dev The casts keep the 32 bits of one word each.
    function _storeBeacon(uint256 value) private {
        clockTotals.beacon0 = uint32(value >> 224);
        clockTotals.beacon1 = uint32(value >> 192);
        clockTotals.beacon2 = uint32(value >> 160);
        clockTotals.beacon3 = uint32(value >> 128);
        clockTotals.beacon4 = uint32(value >> 96);
        clockTotals.beacon5 = uint32(value >> 64);
        clockTotals.beacon6 = uint32(value >> 32);
        clockTotals.beacon7 = uint32(value);
    }

    function _storedBeacon() private view returns (uint256) {
        return (uint256(clockTotals.beacon0) << 224) | (uint256(clockTotals.beacon1) << 192)
            | (uint256(clockTotals.beacon2) << 160) | (uint256(clockTotals.beacon3) << 128)
            | (uint256(clockTotals.beacon4) << 96) | (uint256(clockTotals.beacon5) << 64)
            | (uint256(clockTotals.beacon6) << 32) | uint256(clockTotals.beacon7);
    }
}
