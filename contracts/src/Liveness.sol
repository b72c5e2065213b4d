// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Fixed} from "./Fixed.sol";
import {
    COMPLIANCE_GDPR,
    COMPLIANCE_HIPAA,
    COMPLIANCE_SOC2,
    P_ATTR_COMPLIANCE_CAP_MIL,
    P_ATTR_COMPLIANCE_MIL,
    P_ATTR_MULT_MIL_COMPUTE_1,
    P_ATTR_MULT_MIL_GPU_1,
    P_ATTR_MULT_MIL_NET_1,
    P_ATTR_MULT_MIL_STORAGE_1,
    P_BONUS_LADDER_HOURS_1,
    P_BONUS_LADDER_TOKENS_1,
    P_CHAL_FAIL_FORFEIT_SLOTS,
    P_LIVE_BASE_ERA_CPU,
    P_LIVE_BASE_ERA_GPU,
    P_LIVE_IDLE_SCALING,
    P_LIVE_STACK,
    P_SLASH_DELEGATORS_SHARE,
    P_SLASH_STANDBY_MODE,
    P_SLASH_TASK_MODE,
    P_TIER7_MODE,
    P_TIER_MULT_MIL_1,
    PROVIDER_TIERS,
    ProviderReportsRecord,
    ProvidersRecord
} from "./Protocol.sol";
import {ParamSlice} from "./ParamSlice.sol";
import {ProviderReport} from "./ProviderReport.sol";

/// @title Liveness
/// @notice What a provider's era comes to: liveness and its forfeits, bonus, and the slashes of standby and task mode, before
/// anything is scaled to a pool or paid, as in `sim/protocol/liveness.ts`. It reads and changes nothing.
library Liveness {
    using ParamSlice for uint64[];
    using ProviderReport for ProviderReportsRecord;

    /// @notice First and last parameter that an assessment reads; it is given all of them at once.
    uint256 internal constant FIRST_PARAM = P_ATTR_MULT_MIL_COMPUTE_1;
    uint256 internal constant LAST_PARAM = P_SLASH_DELEGATORS_SHARE;

    // Options of the parameters, by their index.
    uint64 private constant TIER7_GATE = 0;
    uint64 private constant IDLE_FRACTION = 1;
    uint64 private constant STACK_ADDITIVE = 0;
    uint64 private constant STACK_COMPOUND = 2;
    uint64 private constant PER_HOUR = 1;
    uint64 private constant FORFEIT_FEE = 0;
    uint64 private constant MAX_ONLY = 1;
    uint64 private constant SHARED_BY_ALL = 0;

    /// @notice Outcome of an assessment, in base units, hours and BPS.
    struct Assessment {
        uint64 rawUnits;
        uint64 forfeitUnits;
        uint64 bonusUnits;
        uint64 hourCount;
        uint64 utilisationBps;
        uint64 slashUnits; // of standby and task mode together
    }

    /// @notice The hours of an era by what they count as.
    struct Hours {
        uint256 counted;
        uint256 forfeited;
        uint256 breached; // Active, in task mode, conditions broken
        uint256 task; // Active, in task mode
    }

    /// @dev All claims stay below 2^53 together: nothing that is reported can stop a settlement.
    /// @param v parameters FIRST_PARAM to LAST_PARAM
    /// @param claimedUnits liveness and forfeits that the providers before claim
    /// @param failedHours hours with a failed challenge
    /// @return a what the era comes to
    /// @custom:rule F-7, F-8, F-10, LIVE-1, LIVE-2, LIVE-3, LIVE-5, LIVE-6, LIVE-10, SLASH-3, SLASH-4, SLASH-5, TIER-7
    function assess(
        ProvidersRecord storage p,
        ProviderReportsRecord storage r,
        uint256 failedHours,
        uint64[] memory v,
        uint256 slotsPerEra,
        uint256 claimedUnits
    ) internal view returns (Assessment memory a) {
        Hours memory h = _hours(r, failedHours, v);
        uint256 eraUnits = _eraUnits(p, v);
        uint256 taskHourCount = ProviderReport.countHours(h.task);
        a.hourCount = ProviderReport.countHours(h.counted);
        uint256 raw = Fixed.mulDivCapped(eraUnits, a.hourCount, slotsPerEra, Fixed.MAX_INT);
        if (v.param(FIRST_PARAM, P_LIVE_IDLE_SCALING) == IDLE_FRACTION) {
            uint256 idleHourCount = slotsPerEra > taskHourCount ? slotsPerEra - taskHourCount : 0;
            raw = Fixed.mulDivDown(raw, idleHourCount, slotsPerEra);
        }
        uint256 room = Fixed.MAX_INT - claimedUnits;
        raw = _least(raw, room);
        // Results of Fixed are below 2^53, here and below.
        a.rawUnits = uint64(raw);
        uint256 forfeit =
            Fixed.mulDivCapped(eraUnits, ProviderReport.countHours(h.forfeited), slotsPerEra, Fixed.MAX_INT);
        a.forfeitUnits = uint64(_least(forfeit, room - raw));
        a.utilisationBps = uint64(Fixed.mulDivDown(taskHourCount, Fixed.BPS, slotsPerEra));
        a.bonusUnits = _bonus(p, r.leaseHours, v);
        a.slashUnits = _slash(r, h.breached, eraUnits / slotsPerEra, v);
    }

    /// @return isShared true if delegators share every slash, false if only misconduct
    /// @custom:rule OP-60
    function isSharedByAll(uint64[] memory v) internal pure returns (bool isShared) {
        return v.param(FIRST_PARAM, P_SLASH_DELEGATORS_SHARE) == SHARED_BY_ALL;
    }

    /// @dev A full hour in a cooldown is neither counted nor forfeited (LIVE-5); one that was not full is forfeited all the
    /// same (SLASH-3). What a failed challenge forfeits ends with the era, which is settled by its own report (OP-52).
    function _hours(ProviderReportsRecord storage r, uint256 failedHours, uint64[] memory v)
        private
        view
        returns (Hours memory h)
    {
        (uint256 full, uint256 active) = r.hoursOf();
        (uint256 task, uint256 breached) = r.modesOf();
        (uint256 cooled,,) = r.pausesOf();
        h.task = active & task;
        h.breached = h.task & breached;

        uint256 failed = failedHours;
        uint256 slots = v.param(FIRST_PARAM, P_CHAL_FAIL_FORFEIT_SLOTS);
        for (uint256 i = 1; i < slots; ++i) {
            failed |= failedHours << i;
        }
        uint256 open = active & ~(cooled & full);
        h.forfeited = open & failed;
        open &= ~failed;
        uint256 broken = open & h.breached;
        h.counted = open & full & ~broken;
        h.forfeited |= open & ~full & ~broken;
        if (v.param(FIRST_PARAM, P_SLASH_TASK_MODE) == MAX_ONLY) h.counted |= broken & full;
        else h.forfeited |= broken;
    }

    /// @return units liveness of a full era at the provider's attributes and tier, below 2^53
    /// @custom:rule F-7, LIVE-3, OP-40, OP-48
    function _eraUnits(ProvidersRecord storage p, uint64[] memory v) private view returns (uint256 units) {
        uint256 tier = p.tier;
        if (tier == PROVIDER_TIERS && v.param(FIRST_PARAM, P_TIER7_MODE) == TIER7_GATE) return 0;
        uint256 tierMil = v.param(FIRST_PARAM, P_TIER_MULT_MIL_1 + tier - 1);
        // Storage and connectivity above 1.0 add, below it they take away.
        uint256 otherMil = v.param(FIRST_PARAM, P_ATTR_MULT_MIL_STORAGE_1 + p.storageTier - 1)
            + v.param(FIRST_PARAM, P_ATTR_MULT_MIL_NET_1 + p.netTier - 1);
        uint256 gpuTier = p.gpuTier;
        uint256 gpuUnits;
        if (gpuTier > 0) {
            gpuUnits = _resourceUnits(
                uint256(p.gpuCount) * v.param(FIRST_PARAM, P_LIVE_BASE_ERA_GPU),
                v.param(FIRST_PARAM, P_ATTR_MULT_MIL_GPU_1 + gpuTier - 1),
                tierMil,
                otherMil,
                v
            );
        }
        units = _resourceUnits(
            uint256(p.cpuCount) * v.param(FIRST_PARAM, P_LIVE_BASE_ERA_CPU),
            v.param(FIRST_PARAM, P_ATTR_MULT_MIL_COMPUTE_1 + p.computeTier - 1),
            tierMil,
            otherMil,
            v
        );
        units = _least(units + gpuUnits, Fixed.MAX_INT);
    }

    function _resourceUnits(
        uint256 baseUnits,
        uint256 hardwareMil,
        uint256 tierMil,
        uint256 otherMil,
        uint64[] memory v
    ) private pure returns (uint256) {
        uint256 stack = v.param(FIRST_PARAM, P_LIVE_STACK);
        uint256 mil;
        if (stack == STACK_COMPOUND) {
            mil = Fixed.mulDivDown(hardwareMil, tierMil, Fixed.MIL);
        } else {
            mil = hardwareMil + tierMil;
            if (stack == STACK_ADDITIVE) {
                mil += otherMil;
                mil = mil > 2 * Fixed.MIL ? mil - 2 * Fixed.MIL : 0;
            }
        }
        return Fixed.mulDivCapped(baseUnits, mil, Fixed.MIL, Fixed.MAX_INT);
    }

    function _least(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }

    /// @custom:rule F-8, LIVE-6, ATTR-6
    function _bonus(ProvidersRecord storage p, uint256 leaseHours, uint64[] memory v) private view returns (uint64) {
        uint256 units;
        for (uint256 i; i < 3; ++i) {
            uint256 milestone = v.param(FIRST_PARAM, P_BONUS_LADDER_HOURS_1 + i);
            if (milestone > 0 && milestone <= leaseHours) units = v.param(FIRST_PARAM, P_BONUS_LADDER_TOKENS_1 + i);
        }
        if (units == 0) return 0;
        uint256 factor = Fixed.MIL;
        uint256 certificates = p.compliance & (COMPLIANCE_SOC2 | COMPLIANCE_HIPAA | COMPLIANCE_GDPR);
        for (; certificates > 0; certificates &= certificates - 1) {
            factor = Fixed.mulDivDown(factor, v.param(FIRST_PARAM, P_ATTR_COMPLIANCE_MIL), Fixed.MIL);
        }
        uint256 cap = v.param(FIRST_PARAM, P_ATTR_COMPLIANCE_CAP_MIL);
        return uint64(Fixed.mulDivDown(units, factor < cap ? factor : cap, Fixed.MIL));
    }

    /// @param breached hours in task mode whose conditions were broken
    /// @param hourUnits liveness of one hour, as at the start of the era
    /// @custom:rule F-10, SLASH-4, SLASH-5, SLASH-8, SLASH-9, OP-58, OP-59
    function _slash(
        ProviderReportsRecord storage r,
        uint256 breached,
        uint256 hourUnits,
        uint64[] memory v
    ) private view returns (uint64) {
        uint256 breachedCount = ProviderReport.countHours(breached);
        uint256 breachUnits = breachedCount == 0 ? 0 : uint256(r.feeUnits) / breachedCount;
        if (v.param(FIRST_PARAM, P_SLASH_TASK_MODE) != FORFEIT_FEE && hourUnits > breachUnits) breachUnits = hourUnits;
        (, uint256 outageCount, uint256 extraHourCount) = r.pausesOf();
        if (v.param(FIRST_PARAM, P_SLASH_STANDBY_MODE) == PER_HOUR) outageCount += extraHourCount;
        uint256 units = breachedCount * breachUnits + hourUnits * outageCount;
        // Each factor is below 2^53, so the sum fits. Collateral is less than the most in any case.
        return uint64(_least(units, Fixed.MAX_INT));
    }
}
