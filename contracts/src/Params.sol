// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Extsload} from "./Extsload.sol";
import {IParams} from "./Interfaces.sol";
import {MAX_INT, TABLE_LENGTH, ValueOutOfRange} from "./Protocol.sol";

/// @title Params
/// @notice The parameters of the protocol, by number (`P_…` in Protocol.sol). They are set once, at genesis; nothing
/// changes them afterwards. Amounts are base units, everything else is in the unit of the parameter registry.
/// @custom:rule INV-65
contract Params is Extsload, IParams {
    /// @dev The only table that is numbered from 0.
    uint64[TABLE_LENGTH] internal paramValues;

    /// @param values of all parameters, in the order of their numbers, each at most 2^53 − 1
    constructor(uint64[] memory values) {
        for (uint256 i; i < values.length; ++i) {
            // MAX_INT fits 53 bits.
            if (values[i] > MAX_INT) revert ValueOutOfRange(values[i], uint64(MAX_INT));
            paramValues[i] = values[i];
        }
    }

    /// @inheritdoc IParams
    function get(uint256 number) external view returns (uint256 value) {
        return paramValues[number];
    }

    /// @inheritdoc IParams
    function slice(uint256 first, uint256 count) external view returns (uint64[] memory values) {
        values = new uint64[](count);
        for (uint256 i; i < count; ++i) {
            values[i] = paramValues[first + i];
        }
    }
}
