// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Fixed} from "./Fixed.sol";
import {Resources} from "./Interfaces.sol";
import {ParamSlice} from "./ParamSlice.sol";
import {
    COMPLIANCE_GDPR,
    COMPLIANCE_HIPAA,
    COMPLIANCE_SOC2,
    ORDER_FLAG_COMPLIANCE,
    OrdersRecord,
    PROVIDER_TIERS,
    P_MATCH_STAKE_CAP_X_MEDIAN,
    P_MATCH_W_BPS_AVAIL,
    P_MATCH_W_BPS_FEEDBACK,
    P_MATCH_W_BPS_PRICE,
    P_MATCH_W_BPS_RANDOM,
    P_MATCH_W_BPS_REGION,
    P_MATCH_W_BPS_SLASHES,
    P_MATCH_W_BPS_STAKE,
    P_MATCH_W_BPS_TIER,
    P_REGION_MATRIX_CONTINENT,
    P_REGION_MATRIX_OTHER
} from "./Protocol.sol";

/// @title Matching
/// @notice What a bid is worth to an order (F-15), as in `sim/protocol/matching.ts`. It reads nothing and decides on no state:
/// whether a bid may win at all is asked before.
library Matching {
    using ParamSlice for uint64[];

    /// @notice First and last parameter that a score reads of one slice.
    uint256 internal constant FIRST_PARAM = P_MATCH_W_BPS_REGION;
    uint256 internal constant LAST_PARAM = P_REGION_MATRIX_OTHER;
    /// @dev Purpose of the draws for orders and their bidders.
    uint256 internal constant PURPOSE_MATCH = 14;
    /// @dev Regions of one continent have the same number when divided by this.
    uint256 private constant REGIONS_PER_CONTINENT = 8;

    /// @notice What is asked of a bidder. Amounts are base units, tiers numbers; `totals` and `free` are of its fizz node if the
    /// bid is for one.
    struct Bidder {
        uint64 provider;
        uint64 region;
        uint64 tier;
        uint64 compliance;
        uint64 ratingSumTenths;
        uint64 ratingCount;
        uint64 priceUnits;
        uint64 slashedEraCount;
        uint64 collateralUnits;
        Resources totals;
        Resources free;
    }

    /// @notice What all bids of an order are judged by.
    struct Rules {
        uint64[] v; // parameters FIRST_PARAM to LAST_PARAM
        uint256 scaleTenths; // best rating
        uint256 complianceMil;
        uint256 complianceCapMil;
        uint256 stakeCapUnits; // collateral beyond it does not count; 0: everybody's counts as full
    }

    /// @param medianUnits collateral of the median provider
    /// @return units collateral beyond which more does not count, at most the whole supply
    /// @custom:rule F-15, OP-84
    function stakeCap(uint64[] memory v, uint256 medianUnits, uint256 supplyUnits) internal pure returns (uint256 units) {
        return Fixed.mulDivCapped(medianUnits, v.param(FIRST_PARAM, P_MATCH_STAKE_CAP_X_MEDIAN), 1, supplyUnits);
    }

    /// @notice Weighted sum of eight terms, each a ratio. The bidder has what the order needs free.
    /// @return scoreFp what decides
    /// @return randomFp the term of chance, which decides between equal scores
    /// @custom:rule F-15, MATCH-1, MATCH-4, OP-84, ATTR-6
    function score(OrdersRecord memory o, Bidder memory b, Rules memory rules)
        internal
        pure
        returns (uint256 scoreFp, uint256 randomFp)
    {
        uint64[] memory v = rules.v;
        randomFp = Fixed.pick(Fixed.rnd(o.seed, PURPOSE_MATCH, b.provider, 0), Fixed.FP);
        // Eight weights of at most BPS, and terms of at most FP: below 2^47.
        uint256 sum = v.param(FIRST_PARAM, P_MATCH_W_BPS_RANDOM) * randomFp;
        sum += v.param(FIRST_PARAM, P_MATCH_W_BPS_REGION) * regionFp(v, o.region, b.region);
        sum += v.param(FIRST_PARAM, P_MATCH_W_BPS_PRICE)
            * Fixed.mulDivDown(Fixed.FP, o.maxPriceUnits - b.priceUnits, o.maxPriceUnits);
        sum += v.param(FIRST_PARAM, P_MATCH_W_BPS_FEEDBACK) * feedbackFp(b, rules.scaleTenths);
        sum += v.param(FIRST_PARAM, P_MATCH_W_BPS_AVAIL) * availableFp(o, b);
        sum += v.param(FIRST_PARAM, P_MATCH_W_BPS_SLASHES) * (Fixed.FP / (1 + uint256(b.slashedEraCount)));
        sum += v.param(FIRST_PARAM, P_MATCH_W_BPS_TIER)
            * Fixed.mulDivDown(Fixed.FP, PROVIDER_TIERS + 1 - b.tier, PROVIDER_TIERS);
        sum += v.param(FIRST_PARAM, P_MATCH_W_BPS_STAKE) * stakeFp(b.collateralUnits, rules.stakeCapUnits);
        scoreFp = Fixed.mulDivDown(sum, 1, Fixed.BPS);
        if (o.flags & ORDER_FLAG_COMPLIANCE != 0) {
            scoreFp = Fixed.mulDivDown(scoreFp, complianceMil(b.compliance, rules), Fixed.MIL);
        }
    }

    /// @return nearness of two regions
    function regionFp(uint64[] memory v, uint64 a, uint64 b) internal pure returns (uint256 nearness) {
        if (a == b) return Fixed.FP;
        bool isOneContinent = a / REGIONS_PER_CONTINENT == b / REGIONS_PER_CONTINENT;
        return v.param(FIRST_PARAM, isOneContinent ? P_REGION_MATRIX_CONTINENT : P_REGION_MATRIX_OTHER);
    }

    /// @return share of the best rating; half of it for whoever has no rating
    function feedbackFp(Bidder memory b, uint256 scaleTenths) internal pure returns (uint256 share) {
        if (b.ratingCount == 0) return Fixed.FP / 2;
        return Fixed.mulDivCapped(Fixed.FP, b.ratingSumTenths, b.ratingCount * scaleTenths, Fixed.FP);
    }

    /// @return least share of any resource that would stay free
    function availableFp(OrdersRecord memory o, Bidder memory b) internal pure returns (uint256 least) {
        least = _leftFp(Fixed.FP, b.totals.cpuCount, b.free.cpuCount, o.cpuCount);
        least = _leftFp(least, b.totals.memoryGb, b.free.memoryGb, o.memoryGb);
        least = _leftFp(least, b.totals.storageGb, b.free.storageGb, o.storageGb);
        least = _leftFp(least, b.totals.gpuCount, b.free.gpuCount, o.gpuCount);
    }

    /// @return share of the collateral that counts
    function stakeFp(uint256 collateralUnits, uint256 capUnits) internal pure returns (uint256 share) {
        if (capUnits == 0) return Fixed.FP;
        return Fixed.mulDivDown(Fixed.FP, collateralUnits < capUnits ? collateralUnits : capUnits, capUnits);
    }

    /// @return factor by which certificates raise a score, rounded down after each
    /// @custom:rule F-8, ATTR-6
    function complianceMil(uint64 compliance, Rules memory rules) internal pure returns (uint256 factor) {
        factor = Fixed.MIL;
        uint256 certificates = compliance & (COMPLIANCE_SOC2 | COMPLIANCE_HIPAA | COMPLIANCE_GDPR);
        for (; certificates > 0; certificates &= certificates - 1) {
            factor = Fixed.mulDivDown(factor, rules.complianceMil, Fixed.MIL);
        }
        if (factor > rules.complianceCapMil) factor = rules.complianceCapMil;
    }

    /// @dev The lesser of `least` and what of a resource would stay free; a resource that the bidder has none of is left out.
    function _leftFp(uint256 least, uint64 total, uint64 free, uint64 need) private pure returns (uint256) {
        if (total == 0) return least;
        uint256 left = Fixed.mulDivDown(Fixed.FP, free - need, total);
        return left < least ? left : least;
    }
}
