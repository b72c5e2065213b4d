// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Fixed} from "./Fixed.sol";
import {ParamSlice} from "./ParamSlice.sol";
import {
    COMPLIANCE_AUDIT,
    COMPLIANCE_SOC2,
    P_FB_MIN_SAMPLES,
    P_TIER_BELOW7,
    P_TIER_COMPARE,
    P_TIER_COMPLETION_PCT_1,
    P_TIER_DEMO_ERAS,
    P_TIER_FEEDBACK_TENTHS_1,
    P_TIER_PROMO_ERAS,
    P_TIER_PROMO_STEP,
    P_TIER_RESPONSE_MS_1,
    P_TIER_STAKE_GRACE_ERAS,
    P_TIER_STAKE_TOKENS_1,
    P_TIER_UPTIME_PCT_1,
    P_TIER_UPTIME_SOURCE,
    P_TIER_USE_FEEDBACK,
    PROVIDER_TIERS,
    ProviderEraRecord,
    ProviderReportsRecord,
    ProvidersRecord
} from "./Protocol.sol";
import {ProviderReport} from "./ProviderReport.sol";

/// @title Tiers
/// @notice The trust tiers of providers (SM-9): which tier an era's figures meet, and how the counters of consecutive eras
/// lead from one to another, as in `sim/protocol/tiers.ts`. It knows the parameters and no money.
library Tiers {
    using ParamSlice for uint64[];
    using ProviderReport for ProviderReportsRecord;

    /// @notice First and last parameter that the tiers need; they are given all of them at once.
    uint256 internal constant FIRST_PARAM = P_TIER_STAKE_TOKENS_1;
    uint256 internal constant LAST_PARAM = P_TIER_UPTIME_SOURCE;

    /// @notice Reasons of TierChanged.
    uint64 internal constant REASON_METRICS = 1;
    uint64 internal constant REASON_COLLATERAL = 2;
    uint64 internal constant REASON_START = 3;

    // Options of the parameters, by their index.
    uint64 private constant ON = 1;
    uint64 private constant STEP_JUMP = 1;
    uint64 private constant BELOW7_STAY = 0;
    uint64 private constant BELOW7_NO_MATCH = 1;
    uint64 private constant COMPARE_GE = 1;
    uint64 private constant SOURCE_CHALLENGE = 1;

    /// @notice The figures of an era that a tier is judged by.
    struct Figures {
        uint256 up; // heartbeats answered, or challenges passed
        uint256 asked;
        uint256 assigned;
        uint256 finished;
        uint256 meanMs;
        uint256 ratingSumTenths;
        uint256 ratingCount; // 0 if ratings do not count
        bool isObserved; // a heartbeat at least was expected
        bool isCertified; // SOC 2 and an external audit, as tier 1 needs
    }

    /// @return units collateral that tier `tier` needs more than
    /// @custom:rule TIER-1, OP-110
    function stakeUnits(uint64[] memory v, uint256 tier, uint256 scaleBps) internal pure returns (uint64 units) {
        uint256 tierUnits = v.param(FIRST_PARAM, P_TIER_STAKE_TOKENS_1 + tier - 1);
        return uint64(Fixed.mulDivCapped(tierUnits, scaleBps, Fixed.BPS, Fixed.MAX_INT));
    }

    /// @return f the era's figures of a provider
    /// @custom:rule TIER-8, FB-3, OP-31, OP-41
    function figuresOf(
        ProvidersRecord storage p,
        ProviderReportsRecord storage r,
        ProviderEraRecord storage e,
        uint64[] memory v
    ) internal view returns (Figures memory f) {
        (f.up, f.asked, f.meanMs) = r.beatsOf();
        f.isObserved = f.asked > 0;
        if (v.param(FIRST_PARAM, P_TIER_UPTIME_SOURCE) == SOURCE_CHALLENGE) (f.up, f.asked) = (e.passedCount, e.challengeCount);
        (f.assigned, f.finished) = r.workOf();
        uint256 ratingCount = p.ratingCount;
        if (v.param(FIRST_PARAM, P_TIER_USE_FEEDBACK) == ON && ratingCount >= v.param(FIRST_PARAM, P_FB_MIN_SAMPLES)) {
            (f.ratingSumTenths, f.ratingCount) = (p.ratingSumTenths, ratingCount);
        }
        uint256 audited = COMPLIANCE_SOC2 | COMPLIANCE_AUDIT;
        f.isCertified = p.compliance & audited == audited;
    }

    /// @return isMet true if the figures are those of tier `tier`, certificates aside. What was never measured is met.
    /// @custom:rule TIER-1, TIER-11, OP-45
    function meets(Figures memory f, uint256 tier, uint64[] memory v) internal pure returns (bool isMet) {
        uint256 place = tier - 1;
        bool isGe = v.param(FIRST_PARAM, P_TIER_COMPARE) == COMPARE_GE;
        if (f.asked > 0 && !_passes(f.up * 100, v.param(FIRST_PARAM, P_TIER_UPTIME_PCT_1 + place) * f.asked, isGe)) return false;
        if (
            f.assigned > 0
                && !_passes(f.finished * 100, v.param(FIRST_PARAM, P_TIER_COMPLETION_PCT_1 + place) * f.assigned, isGe)
        ) return false;
        if (f.meanMs > 0 && !_passes(v.param(FIRST_PARAM, P_TIER_RESPONSE_MS_1 + place), f.meanMs, isGe)) return false;
        return f.ratingCount == 0
            || _passes(f.ratingSumTenths, v.param(FIRST_PARAM, P_TIER_FEEDBACK_TENTHS_1 + place) * f.ratingCount, isGe);
    }

    /// @notice Moves an Active provider by one era through the tiers: down as far as its collateral is short, else one step up
    /// or down by its figures. Where no heartbeat was expected, nothing was observed and no count goes on.
    /// @param freeUnits own stake that was not asked back
    /// @param collateralUnits what counts as its collateral
    /// @return reason of a change of tier, REASON_METRICS or REASON_COLLATERAL, 0 if it cannot have changed
    /// @return isOut true if the provider leaves service, for which it has entered no other tier
    /// @custom:rule SM-9, F-31, TIER-2, TIER-3, TIER-4, TIER-5, TIER-8, TIER-9, OP-39, INV-11, INV-39
    function update(
        ProvidersRecord storage p,
        Figures memory f,
        uint256 freeUnits,
        uint256 collateralUnits,
        uint64[] memory v,
        uint256 scaleBps
    ) internal returns (uint64 reason, bool isOut) {
        uint256 tier = p.tier;
        uint64 shortEras = p.shortEraCount;
        if (freeUnits == 0 || collateralUnits <= stakeUnits(v, tier, scaleBps)) {
            if (shortEras >= v.param(FIRST_PARAM, P_TIER_STAKE_GRACE_ERAS)) {
                if (freeUnits == 0 || collateralUnits <= stakeUnits(v, PROVIDER_TIERS, scaleBps)) {
                    p.isMatchable = 0;
                    return (0, true);
                }
                do ++tier; while (collateralUnits <= stakeUnits(v, tier, scaleBps)); // it covers the last at least
                enter(p, tier);
                return (REASON_COLLATERAL, false);
            }
            p.shortEraCount = shortEras + 1;
        } else if (shortEras != 0) {
            p.shortEraCount = 0;
        }
        if (!f.isObserved) return (0, false);
        if (!_isCertifiedFor(f, tier) || !meets(f, tier, v)) return _miss(p, tier, v);
        if (p.demoEraCount != 0) p.demoEraCount = 0;
        if (p.isMatchable == 0) p.isMatchable = 1;
        if (tier == 1 || !meets(f, tier - 1, v)) {
            if (p.promoEraCount != 0) p.promoEraCount = 0;
            return (0, false);
        }
        return (_excel(p, f, tier, collateralUnits, v, scaleBps), false);
    }

    /// @notice Enters a tier, in which every count starts again.
    /// @custom:rule TIER-5
    function enter(ProvidersRecord storage p, uint256 tier) internal {
        // A tier is at most PROVIDER_TIERS.
        p.tier = uint64(tier);
        p.promoEraCount = 0;
        p.demoEraCount = 0;
        p.shortEraCount = 0;
    }

    /// @dev The tier's figures are missed.
    function _miss(ProvidersRecord storage p, uint256 tier, uint64[] memory v)
        private
        returns (uint64 reason, bool isOut)
    {
        if (p.promoEraCount != 0) p.promoEraCount = 0;
        uint256 demoEras = v.param(FIRST_PARAM, P_TIER_DEMO_ERAS);
        uint64 missedEras = p.demoEraCount;
        if (missedEras < demoEras) p.demoEraCount = ++missedEras;
        if (tier < PROVIDER_TIERS) {
            if (missedEras < demoEras) return (0, false);
            enter(p, tier + 1);
            return (REASON_METRICS, false);
        }
        uint256 below7 = v.param(FIRST_PARAM, P_TIER_BELOW7);
        if (below7 == BELOW7_STAY) return (0, false);
        if (below7 == BELOW7_NO_MATCH) {
            p.isMatchable = 0;
            return (0, false);
        }
        return (0, true);
    }

    /// @dev The figures are those of the next better tier.
    /// @return reason REASON_METRICS if that came often enough and the collateral suffices
    function _excel(
        ProvidersRecord storage p,
        Figures memory f,
        uint256 tier,
        uint256 collateralUnits,
        uint64[] memory v,
        uint256 scaleBps
    ) private returns (uint64 reason) {
        uint256 promoEras = v.param(FIRST_PARAM, P_TIER_PROMO_ERAS);
        uint64 metEras = p.promoEraCount;
        if (metEras < promoEras) p.promoEraCount = ++metEras;
        if (metEras < promoEras) return 0;
        uint256 to = v.param(FIRST_PARAM, P_TIER_PROMO_STEP) == STEP_JUMP ? 1 : tier - 1;
        for (; to < tier; ++to) {
            bool isMet = to == tier - 1 || meets(f, to, v);
            if (isMet && _isCertifiedFor(f, to) && collateralUnits > stakeUnits(v, to, scaleBps)) {
                enter(p, to);
                return REASON_METRICS;
            }
        }
    }

    /// @dev Tier 1 is for providers with SOC 2 and an audit.
    function _isCertifiedFor(Figures memory f, uint256 tier) private pure returns (bool) {
        return tier > 1 || f.isCertified;
    }

    function _passes(uint256 value, uint256 threshold, bool isGe) private pure returns (bool) {
        return isGe ? value >= threshold : value > threshold;
    }
}
