// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DelegationsRecord, NodeCollateralRecord, StakeTotalsRecord} from "./Protocol.sol";

/// @title Delegation
/// @notice The books of delegations: what joins and leaves one, in its own record, in its target's and in the totals, and
/// what of it counts for rewards of an era. It moves no tokens and emits nothing; see Stake.
/// @dev The target's record and the totals carry the sums over delegations of `units`, `addedUnits` and `unbondingUnits`;
/// every function here changes all of them alike, so that a pass over the delegations meets exactly the weight that was
/// announced. Amounts are below 2^53, so no sum of two overflows.
library Delegation {
    /// @return units that joined the delegation in `era`, and do not count for its rewards
    function addedIn(DelegationsRecord storage d, uint64 era) internal view returns (uint64 units) {
        return d.addedEra == era ? d.addedUnits : 0;
    }

    /// @return units of a delegation that were there for the whole era
    /// @custom:rule F-9
    function eligible(DelegationsRecord storage d, uint64 era) internal view returns (uint64 units) {
        return d.units - addedIn(d, era);
    }

    /// @return units of all delegations that were there for the whole era
    function eligibleTotal(StakeTotalsRecord storage t, uint64 era) internal view returns (uint64 units) {
        return t.delegatedUnits - (t.addedEra == era ? t.addedUnits : 0);
    }

    /// @return units of own stake that were there for the whole era
    /// @custom:rule F-9
    function eligibleOwn(NodeCollateralRecord storage c, uint64 era) internal view returns (uint64 units) {
        return c.ownUnits - (c.addedEra == era ? c.ownAddedUnits : 0);
    }

    /// @return units delegated to an entity that were there for the whole era
    /// @custom:rule F-9
    function eligibleDelegated(NodeCollateralRecord storage c, uint64 era) internal view returns (uint64 units) {
        return c.delegatedUnits - (c.addedEra == era ? c.delegatedAddedUnits : 0);
    }

    /// @notice Raises an entity's own stake. What is added counts from the era after.
    function addOwn(NodeCollateralRecord storage c, uint64 units, uint64 era) internal {
        _enterAddedEra(c, era);
        c.ownUnits += units;
        c.ownAddedUnits += units;
    }

    /// @notice Lowers an entity's own stake, by what was added in this era first. The stake must be that large.
    function removeOwn(NodeCollateralRecord storage c, uint64 units, uint64 era) internal {
        c.ownUnits -= units;
        if (c.addedEra == era) {
            uint64 addedUnits = c.ownAddedUnits;
            c.ownAddedUnits = addedUnits > units ? addedUnits - units : 0;
        }
    }

    /// @notice Adds units to a delegation to `c`. They count from the era after.
    function add(
        DelegationsRecord storage d,
        NodeCollateralRecord storage c,
        StakeTotalsRecord storage t,
        uint64 units,
        uint64 era
    ) internal {
        if (d.addedEra != era) {
            d.addedEra = era;
            d.addedUnits = 0;
        }
        d.units += units;
        d.addedUnits += units;

        _enterAddedEra(c, era);
        c.delegatedUnits += units;
        c.delegatedAddedUnits += units;

        if (t.addedEra != era) {
            t.addedEra = era;
            t.addedUnits = 0;
        }
        t.delegatedUnits += units;
        t.addedUnits += units;
    }

    /// @notice Takes units out of a delegation to `c`, those that joined in this era first. It must have that many.
    function remove(
        DelegationsRecord storage d,
        NodeCollateralRecord storage c,
        StakeTotalsRecord storage t,
        uint64 units,
        uint64 era
    ) internal {
        uint64 addedUnits = addedIn(d, era);
        if (addedUnits > units) addedUnits = units;
        d.units -= units;
        d.addedUnits -= addedUnits;
        c.delegatedUnits -= units;
        c.delegatedAddedUnits -= addedUnits;
        t.delegatedUnits -= units;
        t.addedUnits -= addedUnits;
    }

    /// @notice More of a delegation is unbonding: of its own record and of its target's.
    function addUnbonding(DelegationsRecord storage d, NodeCollateralRecord storage c, uint64 units) internal {
        d.unbondingUnits += units;
        c.unbondingUnits += units;
    }

    /// @notice Less of a delegation is unbonding.
    function removeUnbonding(DelegationsRecord storage d, NodeCollateralRecord storage c, uint64 units) internal {
        d.unbondingUnits -= units;
        c.unbondingUnits -= units;
    }

    /// @dev Forgets what was added in earlier eras: it counts in full.
    function _enterAddedEra(NodeCollateralRecord storage c, uint64 era) private {
        if (c.addedEra == era) return;
        c.ownAddedUnits = 0;
        c.delegatedAddedUnits = 0;
        c.addedEra = era;
    }
}
