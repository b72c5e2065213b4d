// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title ParamSlice
/// @notice Consecutive parameters in memory, read once for a whole chunk of a settlement step, and asked for by their numbers.
library ParamSlice {
    /// @param values parameters as Params.slice gave them
    /// @param first number of the first
    /// @param wanted number of the one that is asked for
    /// Warning: nothing checks that it is among them. Callers name constants, of which tests read every one.
    /// @return value of the parameter
    function param(uint64[] memory values, uint256 first, uint256 wanted) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            // Behind the length, a value fills 32 bytes.
            value := mload(add(values, shl(5, add(sub(wanted, first), 1))))
        }
    }
}
