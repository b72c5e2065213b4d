// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Fixed} from "../src/Fixed.sol";

/// @title FixedHarness
/// @notice The functions of Fixed, callable from outside, one by one or many in a call. Only tests deploy it.
contract FixedHarness {
    struct Outcome {
        bool ok;
        bytes data;
    }

    /// @notice Calls this contract with each of `calls`; a failing one is reported with its revert data.
    function runAll(bytes[] calldata calls) external view returns (Outcome[] memory outcomes) {
        outcomes = new Outcome[](calls.length);
        for (uint256 i; i < calls.length; ++i) {
            (outcomes[i].ok, outcomes[i].data) = address(this).staticcall(calls[i]);
        }
    }

    function mulDivDown(uint256 a, uint256 b, uint256 c) external pure returns (uint256) {
        return Fixed.mulDivDown(a, b, c);
    }

    function mulDivUp(uint256 a, uint256 b, uint256 c) external pure returns (uint256) {
        return Fixed.mulDivUp(a, b, c);
    }

    function compareProducts(uint256 a, uint256 b, uint256 c, uint256 d) external pure returns (int256) {
        return Fixed.compareProducts(a, b, c, d);
    }

    function root2(uint256 x) external pure returns (uint256) {
        return Fixed.root2(x);
    }

    function root4(uint256 x) external pure returns (uint256) {
        return Fixed.root4(x);
    }

    function pow4(uint256 x, uint256 quarters) external pure returns (uint256) {
        return Fixed.pow4(x, quarters);
    }

    function allocShare(uint256 total, uint256 beforeSum, uint256 afterSum, uint256 sum)
        external
        pure
        returns (uint256)
    {
        return Fixed.allocShare(total, beforeSum, afterSum, sum);
    }

    function rnd(uint64 beacon, uint256 purpose, uint256 entity, uint256 k) external pure returns (uint256) {
        return Fixed.rnd(beacon, purpose, entity, k);
    }

    function pick(uint256 draw, uint256 n) external pure returns (uint256) {
        return Fixed.pick(draw, n);
    }

    function chance(uint256 draw, uint256 bps) external pure returns (bool) {
        return Fixed.chance(draw, bps);
    }
}
