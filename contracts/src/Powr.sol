// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Fixed} from "./Fixed.sol";
import {Trust} from "./Trust.sol";

/// @notice Exponents of contribution, quality and reputation, in quarters (OP-24).
struct PowrExponents {
    uint256 a;
    uint256 b;
    uint256 c;
}

/// @title Powr
/// @notice The PoWR score of a node (POWR-1 to POWR-7), as in `sim/protocol/powr.ts`.
library Powr {
    uint256 private constant RELEVANCE = 0;
    uint256 private constant REPUTATION = 1;

    /// @notice Exponents in force: all 1 for `relevance`, quality left out for `reputation`, as given for `custom`.
    /// @param variant value of parameter powr.variant
    /// @param given values of powr.exp4.a, .b and .c
    /// @custom:rule POWR-1
    function exponents(uint256 variant, PowrExponents memory given) internal pure returns (PowrExponents memory) {
        if (variant == RELEVANCE) return PowrExponents(4, 4, 4);
        if (variant == REPUTATION) return PowrExponents(given.a, 0, given.c);
        return given;
    }

    /// @notice Score S = c^a · (Q^b · R^c). Without accepted work it is 0, also where the exponent of contribution is 0:
    /// only genuine work counts (POWR-2). Each product is rounded down.
    /// @param acceptedWu work units of the era's accepted tasks
    /// @param maxWu largest such sum of any node
    /// @return a ratio, FP (10^9)
    /// @custom:rule F-4, POWR-2, POWR-5
    function scoreFp(uint256 acceptedWu, uint256 maxWu, uint256 qualityFp, uint256 trustFp, PowrExponents memory e)
        internal
        pure
        returns (uint256)
    {
        if (acceptedWu == 0 || maxWu == 0) return 0;
        uint256 judged = Fixed.mulDivDown(Fixed.pow4(qualityFp, e.b), Fixed.pow4(trustFp, e.c), Fixed.FP);
        return Fixed.mulDivDown(Fixed.pow4(Trust.shareFp(acceptedWu, maxWu), e.a), judged, Fixed.FP);
    }
}
