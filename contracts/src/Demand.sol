// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Resources} from "./Interfaces.sol";
import {ValueOutOfRange} from "./Protocol.sol";

/// @title Demand
/// @notice What an order or the update of a lease may ask for (ORDER-2, LEASE-11): limits that no parameter moves.
library Demand {
    uint64 private constant MAX_CPU_COUNT = 4_096;
    uint64 private constant MAX_MEMORY_GB = 65_536;
    uint64 private constant MAX_STORAGE_GB = 1_000_000;
    uint64 private constant MAX_GPU_COUNT = 64;
    /// @dev Base units per hour.
    uint64 private constant MAX_PRICE_UNITS = 10 ** 11;
    uint64 internal constant MAX_DURATION_S = 31_536_000;
    uint64 internal constant HOUR_S = 3_600;

    /// @notice Reverts ValueOutOfRange for the first resource beyond its limits.
    /// @custom:rule ORDER-2
    function checkResources(Resources memory needs) internal pure {
        within(needs.cpuCount, 1, MAX_CPU_COUNT);
        within(needs.memoryGb, 1, MAX_MEMORY_GB);
        within(needs.storageGb, 0, MAX_STORAGE_GB);
        within(needs.gpuCount, 0, MAX_GPU_COUNT);
    }

    /// @notice Reverts ValueOutOfRange unless it is a number of whole hours, at least one, at most a year.
    /// @custom:rule ORDER-2
    function checkDuration(uint64 durationS) internal pure {
        if (durationS % HOUR_S != 0) revert ValueOutOfRange(durationS, MAX_DURATION_S);
        within(durationS, HOUR_S, MAX_DURATION_S);
    }

    /// @notice Reverts ValueOutOfRange for a price per hour of nothing, or too high for exact sums.
    /// @custom:rule ORDER-2, NUM-2
    function checkPrice(uint64 priceUnits) internal pure {
        within(priceUnits, 1, MAX_PRICE_UNITS);
    }

    /// @notice Reverts ValueOutOfRange(value, most) unless the value is `least` … `most`.
    function within(uint64 value, uint64 least, uint64 most) internal pure {
        if (value < least || value > most) revert ValueOutOfRange(value, most);
    }
}
