// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Packed
/// @notice Whole records between storage, four fields of 64 bits to a word, and memory, 32 bytes to a field: less code than the
/// compiler has for it, and each word is written once. It knows no record.
library Packed {
    /// @param slot storage word in which the record begins
    /// @param to memory of a struct of uint64s
    /// @param fieldCount fields of the struct
    function load(uint256 slot, uint256 to, uint256 fieldCount) internal view {
        assembly ("memory-safe") {
            for { let i := 0 } lt(i, fieldCount) { i := add(i, 1) } {
                let field := shr(shl(6, and(i, 3)), sload(add(slot, shr(2, i))))
                mstore(add(to, shl(5, i)), and(field, 0xffffffffffffffff))
            }
        }
    }

    /// @param from memory of a struct of uint64s. Warning: each must be below 2^64, as Solidity keeps them.
    /// @param slot storage word in which the record begins
    /// @param fieldCount fields of the struct
    function store(uint256 from, uint256 slot, uint256 fieldCount) internal {
        assembly ("memory-safe") {
            let word := 0
            for { let i := 0 } lt(i, fieldCount) {} {
                word := or(word, shl(shl(6, and(i, 3)), mload(add(from, shl(5, i)))))
                i := add(i, 1)
                if or(iszero(and(i, 3)), eq(i, fieldCount)) {
                    sstore(add(slot, shr(2, sub(i, 1))), word)
                    word := 0
                }
            }
        }
    }
}
