// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Extsload
/// @notice Lets anybody read raw storage words, so that one call reads a page of packed state. Storage is public
/// anyway; this only makes reading it cheap. It changes nothing.
abstract contract Extsload {
    /// @notice `count` consecutive storage words, from `startSlot` on, 32 bytes each.
    /// @dev Memory costs grow with the square of the page: read at most a few thousand words at once.
    function extsload(uint256 startSlot, uint256 count) external view returns (bytes memory) {
        assembly ("memory-safe") {
            let start := mload(0x40)
            let size := shl(5, count)
            mstore(start, 0x20)
            mstore(add(start, 0x20), size)
            let word := add(start, 0x40)
            for { let i := 0 } lt(i, count) { i := add(i, 1) } {
                mstore(word, sload(add(startSlot, i)))
                word := add(word, 0x20)
            }
            return(start, add(size, 0x40))
        }
    }
}
