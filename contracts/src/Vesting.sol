// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Fixed} from "./Fixed.sol";
import {LicenceWindowsRecord, VestingsRecord} from "./Protocol.sol";

/// @title Vesting
/// @notice F-35: what of a delegation that a Slark licence earned is free when it unbonds, and what is paid over the eras
/// after, as in `sim/protocol/delegation.ts`. It moves no tokens and emits nothing; see Stake.
library Vesting {
    /// @notice Takes `units` that have unbonded. Within a window of `vestEras` from its first release, up to the threshold is
    /// free, for all delegations of a licence together; the rest vests, from now on, together with what of this delegation
    /// has not vested yet.
    /// @param w the window of the licence that has earned the delegation
    /// @param vestEras eras of vesting and of a window, not 0
    /// @return restUnits what is not free
    /// @custom:rule F-35, SLARK-12, OP-67
    function take(
        VestingsRecord storage v,
        LicenceWindowsRecord storage w,
        uint64 units,
        uint64 era,
        uint64 thresholdUnits,
        uint64 vestEras
    ) internal returns (uint64 restUnits) {
        // windowEra is one more than the era in which the window began, 0 for none.
        uint64 windowEra = w.windowEra;
        uint64 windowUnits = w.windowUnits;
        if (windowEra == 0 || era + 1 >= windowEra + vestEras) {
            w.windowEra = era + 1;
            windowUnits = 0;
        }
        uint64 freeUnits = thresholdUnits > windowUnits ? thresholdUnits - windowUnits : 0;
        if (freeUnits > units) freeUnits = units;
        w.windowUnits = windowUnits + freeUnits;
        restUnits = units - freeUnits;
        if (restUnits == 0) return 0;
        v.vestUnits = v.vestUnits - v.vestedUnits + restUnits;
        v.vestedUnits = 0;
        v.startEra = era;
    }

    /// @notice What has vested since it was last asked for.
    /// @param v a record with units that vest
    /// @return dueUnits units to pay out
    /// @custom:rule F-35, SLARK-12
    function vest(VestingsRecord storage v, uint64 era, uint64 vestEras) internal returns (uint64 dueUnits) {
        (uint64 vestUnits, uint64 vestedUnits) = (v.vestUnits, v.vestedUnits);
        uint64 eras = era - v.startEra;
        if (eras > vestEras) eras = vestEras;
        // At most vestUnits.
        uint64 nowVestedUnits = uint64(Fixed.mulDivDown(vestUnits, eras, vestEras));
        dueUnits = nowVestedUnits - vestedUnits;
        if (dueUnits == 0) return 0;
        if (nowVestedUnits < vestUnits) {
            v.vestedUnits = nowVestedUnits;
        } else {
            v.vestUnits = 0;
            v.vestedUnits = 0;
            v.startEra = 0;
        }
    }
}
