// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {FAMILY_COUNT} from "../src/Protocol.sol";
import {World} from "./World.sol";

/// @notice More cheatcodes of forge.
interface AccessCheats {
    function record() external;
    function accesses(address account) external returns (bytes32[] memory reads, bytes32[] memory writes);
}

/// @title Accesses
/// @notice Which families' storage was read and written since a moment, one bit for each: so that a check is repeated only
/// where something it reads has changed.
abstract contract Accesses is World {
    AccessCheats private constant ACCESS_CHEATS = AccessCheats(address(vm));
    uint256 private constant READS = 0;
    uint256 private constant WRITES = 1;

    function recordAccesses() internal {
        ACCESS_CHEATS.record();
    }

    /// @return set families that were read since `recordAccesses`
    function familiesRead() internal returns (uint256 set) {
        return familiesWith(READS);
    }

    /// @return set families that were written since `recordAccesses`
    function familiesWritten() internal returns (uint256 set) {
        return familiesWith(WRITES);
    }

    function familiesWith(uint256 list) private returns (uint256 set) {
        for (uint256 family; family < FAMILY_COUNT; ++family) {
            if (lengthOf(families[family], list) > 0) set |= 1 << family;
        }
    }

    /// @dev Length of one of the two lists. They may be long, and nobody needs what is in them: only the lengths are copied.
    function lengthOf(address family, uint256 list) private returns (uint256 length) {
        bytes memory data = abi.encodeCall(AccessCheats.accesses, (family));
        address cheats = address(ACCESS_CHEATS);
        assembly ("memory-safe") {
            if iszero(call(gas(), cheats, 0, add(data, 32), mload(data), 0, 0)) { revert(0, 0) }
            returndatacopy(0, mul(32, list), 32)
            returndatacopy(0, mload(0), 32)
            length := mload(0)
        }
    }
}
