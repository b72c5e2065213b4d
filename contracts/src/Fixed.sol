// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title Fixed
/// @notice Exact integer arithmetic and protocol randomness, the same functions under the same names as in
/// `sim/base/fixedPoint.ts` and `sim/base/rnd.ts`. Operands and results are integers below 2^53, so that the simulator
/// can hold each of them in a float64 (NUM-2). It decides nothing about rules.
library Fixed {
    /// @notice 1.0 of a share, in basis points.
    uint256 internal constant BPS = 10_000;
    /// @notice 1.0 of a multiplier.
    uint256 internal constant MIL = 1_000;
    /// @notice 1.0 of a ratio.
    uint256 internal constant FP = 1e9;
    /// @notice Largest integer that the ledger stores: 2^53 − 1.
    uint256 internal constant MAX_INT = 2 ** 53 - 1;
    /// @notice One more than the largest draw of `rnd`.
    uint256 internal constant TWO_52 = 2 ** 52;

    /// @notice Numbered list of what a draw of `rnd` is for; a number is never reused.
    uint256 internal constant PURPOSE_COMMITTEE = 1;
    uint256 internal constant PURPOSE_TEST_PLACEMENT = 2;
    uint256 internal constant PURPOSE_PRODUCTION_PLACEMENT = 3;
    uint256 internal constant PURPOSE_ROUTING = 4;
    uint256 internal constant PURPOSE_AUDIT = 5;
    uint256 internal constant PURPOSE_COPY_DETECTION = 6;
    uint256 internal constant PURPOSE_ROTATION = 7;
    uint256 internal constant PURPOSE_TARGET = 10;
    uint256 internal constant PURPOSE_SLARK_SEAT = 11;
    uint256 internal constant PURPOSE_REQUIREMENT = 12;
    uint256 internal constant PURPOSE_NONCE = 15;

    uint256 private constant MAX_64 = type(uint64).max;

    /// @notice An operand is 2^53 or more.
    error OperandTooLarge(uint256 value);
    /// @notice A result is 2^53 or more.
    error QuotientTooLarge(uint256 value);

    /// @notice ⌊a·b/c⌋. Panics with 0x12 if c is 0. (NUM-3 `md`)
    function mulDivDown(uint256 a, uint256 b, uint256 c) internal pure returns (uint256 q) {
        if ((a | b | c) > MAX_INT) _revertOperand(a, b, c);
        unchecked {
            q = a * b / c; // a·b < 2^106
        }
        if (q > MAX_INT) revert QuotientTooLarge(q);
    }

    /// @notice min(⌊a·b/c⌋, limit): for quotients that may be too large for `mulDivDown`. Panics with 0x12 if c is 0.
    function mulDivCapped(uint256 a, uint256 b, uint256 c, uint256 limit) internal pure returns (uint256 q) {
        if ((a | b | c) > MAX_INT) _revertOperand(a, b, c);
        unchecked {
            q = a * b / c; // a·b < 2^106
        }
        if (q > limit) q = limit;
    }

    /// @notice ⌈a·b/c⌉. Panics with 0x12 if c is 0. (NUM-3 `mdu`)
    function mulDivUp(uint256 a, uint256 b, uint256 c) internal pure returns (uint256 q) {
        if ((a | b | c) > MAX_INT) _revertOperand(a, b, c);
        unchecked {
            q = (a * b + c - 1) / c; // a·b + c < 2^107; below 0 only if a·b = c = 0, which panics all the same
        }
        if (q > MAX_INT) revert QuotientTooLarge(q);
    }

    /// @notice Sign of a·b − c·d: −1, 0 or 1. (NUM-2 `cmp`)
    function compareProducts(uint256 a, uint256 b, uint256 c, uint256 d) internal pure returns (int256) {
        if ((a | b | c | d) > MAX_INT) _revertOperand(a, b, c > d ? c : d);
        unchecked {
            (uint256 left, uint256 right) = (a * b, c * d); // both < 2^106
            return left == right ? int256(0) : left < right ? -1 : int256(1);
        }
    }

    /// @notice ⌊√(x·FP)⌋: the square root of a ratio. (NUM-5)
    function root2(uint256 x) internal pure returns (uint256) {
        if (x > MAX_INT) revert OperandTooLarge(x);
        unchecked {
            return Math.sqrt(x * FP); // x·FP < 2^83, so the root is < 2^42
        }
    }

    /// @notice Fourth root of a ratio. (NUM-5)
    function root4(uint256 x) internal pure returns (uint256) {
        return root2(root2(x));
    }

    /// @notice x raised to `quarters`/4, as a ratio; multiples of four use no root. 1.0 for quarters = 0, also if x = 0.
    /// Rounds down after each multiplication. (NUM-5)
    function pow4(uint256 x, uint256 quarters) internal pure returns (uint256 result) {
        bool whole = quarters % 4 == 0;
        uint256 base = whole ? x : root4(x);
        uint256 times = whole ? quarters / 4 : quarters;
        result = FP;
        for (uint256 i; i < times; ++i) {
            result = mulDivDown(result, base, FP);
        }
    }

    /// @notice Share of the recipient whose weight lies between two running sums of `alloc(total, weights)`.
    /// The shares of all recipients sum to `total`. (NUM-4)
    /// @param beforeSum Sum of the weights of the entities before it, in ascending entity ID
    /// @param afterSum The same with its own weight
    /// @param sum Sum of all weights. Warning: 0 panics; the caller gives everything to the named sink then.
    function allocShare(uint256 total, uint256 beforeSum, uint256 afterSum, uint256 sum)
        internal
        pure
        returns (uint256)
    {
        return mulDivDown(total, afterSum, sum) - mulDivDown(total, beforeSum, sum);
    }

    /// @notice Uniform in [0, 2^52): mix64(mix64(beacon + purpose·2^48 + entity) + k) >> 12. (NUM-6)
    function rnd(uint64 beacon, uint256 purpose, uint256 entity, uint256 k) internal pure returns (uint256) {
        if ((purpose | entity | k) > MAX_INT) _revertOperand(purpose, entity, k);
        unchecked {
            // Sums are modulo 2^64 by definition; before the mask they are < 2^102.
            uint256 x = _mix64((uint256(beacon) + (purpose << 48) + entity) & MAX_64);
            return _mix64((x + k) & MAX_64) >> 12;
        }
    }

    /// @notice Uniform integer in [0, n) from a draw of `rnd`. (NUM-6)
    function pick(uint256 draw, uint256 n) internal pure returns (uint256) {
        return mulDivDown(draw, n, TWO_52);
    }

    /// @notice True with probability bps/10 000. (NUM-6)
    function chance(uint256 draw, uint256 bps) internal pure returns (bool) {
        return pick(draw, BPS) < bps;
    }

    /// @dev SplitMix64's finaliser (Stafford's variant 13) of x < 2^64.
    function _mix64(uint256 x) private pure returns (uint256) {
        unchecked {
            // Products of two 64-bit numbers fit; the masks make them modulo 2^64.
            x = ((x ^ (x >> 30)) * 0xbf58476d1ce4e5b9) & MAX_64;
            x = ((x ^ (x >> 27)) * 0x94d049bb133111eb) & MAX_64;
            return x ^ (x >> 31);
        }
    }

    /// @dev Reverts with the first operand that is too large. The caller has checked that there is one.
    function _revertOperand(uint256 a, uint256 b, uint256 c) private pure {
        revert OperandTooLarge(a > MAX_INT ? a : b > MAX_INT ? b : c);
    }
}
