// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Demand} from "./Demand.sol";
import {Fixed} from "./Fixed.sol";
import {
    LEASE_DOWN,
    LEASE_TERM_CHARGES_DOWNTIME,
    LEASE_TERM_CHARGES_UNDEPLOYED,
    LEASE_TERM_GROSS_BASE,
    LEASE_TERM_HOUR_UP,
    LeasesRecord
} from "./Protocol.sol";

/// @title LeaseMoney
/// @notice What a lease costs, for how long its money lasts, and how a payment is divided, as in
/// `sim/protocol/leaseMoney.ts`. It moves nothing and reads no parameter: the terms of a lease never change (FEE-6).
library LeaseMoney {
    uint256 private constant HOUR_S = Demand.HOUR_S;

    /// @notice Sums of what was charged and of its parts since the lease began. All but the user fee sum to the charge.
    struct Levies {
        uint256 userFeeUnits;
        uint256 foundationUnits;
        uint256 providerFeeUnits;
        uint256 gatewayUnits;
        uint256 payeeUnits;
    }

    /// @notice What `durationS` seconds at a price per hour cost the consumer, his fee included. Both are rounded up.
    /// @custom:rule F-16, ORDER-1
    function lockCost(uint256 priceUnits, uint256 durationS, uint256 feeBps) internal pure returns (uint64 units) {
        uint256 serviceUnits = Fixed.mulDivUp(priceUnits, durationS, HOUR_S);
        // Prices, durations and fees are bounded so that the sum is below 2^50.
        units = uint64(serviceUnits + Fixed.mulDivUp(serviceUnits, feeBps, Fixed.BPS));
    }

    /// @notice Seconds of service, fee included, that `fundedUnits` pay for; at most the longest lease.
    /// @param priceUnits of an hour, not 0
    /// @custom:rule F-16, LEASE-9
    function coveredS(uint256 fundedUnits, uint256 priceUnits, uint256 feeBps)
        internal
        pure
        returns (uint256 seconds_)
    {
        uint256 mostUnits = Fixed.mulDivDown(fundedUnits, Fixed.BPS, Fixed.BPS + feeBps);
        if (mostUnits + 1 + Fixed.mulDivDown(mostUnits + 1, feeBps, Fixed.BPS) <= fundedUnits) ++mostUnits;
        // The last second before the charge would be one unit more: ⌈a/p⌉ − 1 = ⌊(a − 1)/p⌋. Units are below 2^53.
        seconds_ = ((mostUnits + 1) * HOUR_S - 1) / priceUnits;
        if (seconds_ > Demand.MAX_DURATION_S) seconds_ = Demand.MAX_DURATION_S;
    }

    /// @notice Seconds until `t` that are to be paid, not yet rounded to a billing unit: without breaks, and from the
    /// deployment on where the terms say so.
    /// @custom:rule F-16, LEASE-5, OP-79, OP-87
    function usedS(LeasesRecord memory l, uint256 t) internal pure returns (uint256 seconds_) {
        if (l.deployedS == 0 && l.terms & LEASE_TERM_CHARGES_UNDEPLOYED == 0) return 0;
        uint256 until = t < l.endS ? t : l.endS;
        if (l.state == LEASE_DOWN && l.terms & LEASE_TERM_CHARGES_DOWNTIME == 0 && l.downSinceS < until) {
            until = l.downSinceS;
        }
        return until - l.startS - l.pausedS;
    }

    /// @notice The same in whole hours begun where the lease is billed so, but not more than the lease's own.
    /// @custom:rule F-16, FIZZ-10, OP-79
    function elapsedS(LeasesRecord memory l, uint256 t) internal pure returns (uint256 seconds_) {
        seconds_ = usedS(l, t);
        if (l.terms & LEASE_TERM_HOUR_UP == 0) return seconds_;
        seconds_ = (seconds_ + HOUR_S - 1) / HOUR_S * HOUR_S;
        if (seconds_ > l.endS - l.startS) seconds_ = l.endS - l.startS;
    }

    /// @notice Seconds of service that the lease's money lasts for.
    /// @custom:rule F-16, LEASE-9
    function coveredS(LeasesRecord memory l) internal pure returns (uint256 seconds_) {
        return coveredS(l.fundedUnits, l.priceUnits, l.userFeeBps);
    }

    /// @notice Units that the service has cost until `t`, without the consumer's fee; never less than was charged before.
    /// @custom:rule F-16, INV-51
    function grossUnits(LeasesRecord memory l, uint256 t) internal pure returns (uint256 units) {
        (uint256 chargedS, uint256 payableS) = (elapsedS(l, t), coveredS(l));
        if (chargedS > payableS) chargedS = payableS;
        units = Fixed.mulDivDown(l.priceUnits, chargedS, HOUR_S);
        if (units < l.paidUnits) units = l.paidUnits;
    }

    /// @notice How a charge of `units` since the beginning of the lease is divided. Every part grows with the charge, so that
    /// payments are the differences of two divisions, and any number of them gives the same sums.
    /// @custom:rule F-17, FEE-1, FEE-2, FEE-3, FEE-5, FIZZ-11
    function levies(LeasesRecord memory l, uint256 units) internal pure returns (Levies memory v) {
        v.userFeeUnits = Fixed.mulDivDown(units, l.userFeeBps, Fixed.BPS);
        v.foundationUnits = Fixed.mulDivDown(units, l.foundationBps, Fixed.BPS);
        uint256 baseUnits = units - v.foundationUnits;
        uint256 feeUnits;
        if (l.terms & LEASE_TERM_GROSS_BASE == 0) {
            feeUnits = Fixed.mulDivDown(baseUnits, l.providerFeeBps, Fixed.BPS);
        } else if (l.foundationBps < Fixed.BPS) {
            feeUnits = Fixed.mulDivCapped(baseUnits, l.providerFeeBps, Fixed.BPS - l.foundationBps, baseUnits);
        }
        feeUnits -= Fixed.mulDivDown(feeUnits, l.rebateBps, Fixed.BPS);
        v.providerFeeUnits = feeUnits;
        uint256 restUnits = baseUnits - feeUnits;
        v.gatewayUnits = Fixed.mulDivDown(restUnits, l.gatewayBps, Fixed.BPS);
        v.payeeUnits = restUnits - v.gatewayUnits;
    }
}
