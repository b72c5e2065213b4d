// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Family} from "./Family.sol";
import {Fixed} from "./Fixed.sol";
import {IEmission} from "./Interfaces.sol";
import {
    ACCOUNT_COMMUNITY,
    ACCOUNT_FOUNDATION,
    BPS,
    EmissionTotalsRecord,
    FAMILY_COUNT,
    MOVE_EMISSION_FOUNDATION,
    P_ECON_EMISSION_ERA_PPM,
    P_ECON_EMISSION_REST_BPS_CREATORS,
    P_ECON_EMISSION_REST_BPS_FOUNDATION,
    P_ECON_EMISSION_REST_BPS_STAKERS,
    P_ECON_HALVING_ERAS,
    P_POWR_POOL_SHARE_BPS,
    P_VAL_POOL_SHARE_BPS,
    STEP_OPEN_EMISSION,
    ValueOutOfRange
} from "./Protocol.sol";

/// @title Emission
/// @notice How much an era emits and how it is cut into pools. The foundation's part is paid at once; the families pay the
/// other pools from the community account in their own steps. Nothing is minted. Amounts are base units, rounded down.
contract Emission is Family, IEmission {
    EmissionTotalsRecord internal emissionTotals;

    uint256 private constant PPM = 1_000_000;
    /// @dev A supply below 2^53 is 0 after so many halvings.
    uint64 private constant HALVINGS_TO_ZERO = 53;

    /// @notice Reverts ValueOutOfRange(sum, 10 000) unless the five parts of the emission sum to 10 000.
    /// Warning: Params must be deployed before.
    /// @param families addresses of all families, in the order of the FAMILY_ constants
    constructor(address[FAMILY_COUNT] memory families) Family(families) {
        uint64 sumBps = _param(P_POWR_POOL_SHARE_BPS) + _param(P_VAL_POOL_SHARE_BPS)
            + _param(P_ECON_EMISSION_REST_BPS_CREATORS) + _param(P_ECON_EMISSION_REST_BPS_STAKERS)
            + _param(P_ECON_EMISSION_REST_BPS_FOUNDATION);
        // BPS is 10 000.
        if (sumBps != BPS) revert ValueOutOfRange(sumBps, uint64(BPS));
    }

    /// @notice Keeper. Settlement step 2, of one position: fixes the era's emission, min(schedule, what the community account
    /// holds), and its pools, and pays the foundation's part.
    /// @dev Reverts as Clock.enterStep does.
    /// @custom:rule ECON-2, ECON-6
    function openEmission(uint64 from, uint64 to) external {
        _onlyKeeper();
        CLOCK.enterStep(STEP_OPEN_EMISSION, from, to, 1);

        uint64 eraUnits = scheduleUnits(CLOCK.era());
        uint64 communityUnits = TOKEN.unitsOf(ACCOUNT_COMMUNITY);
        if (communityUnits < eraUnits) eraUnits = communityUnits;
        emissionTotals.emittedUnits += eraUnits;
        emissionTotals.eraUnits = eraUnits;
        uint64 cutBps;
        (emissionTotals.powrUnits, cutBps) = _cut(eraUnits, 0, P_POWR_POOL_SHARE_BPS);
        (emissionTotals.validatorUnits, cutBps) = _cut(eraUnits, cutBps, P_VAL_POOL_SHARE_BPS);
        (emissionTotals.creatorUnits, cutBps) = _cut(eraUnits, cutBps, P_ECON_EMISSION_REST_BPS_CREATORS);
        (emissionTotals.stakerUnits, cutBps) = _cut(eraUnits, cutBps, P_ECON_EMISSION_REST_BPS_STAKERS);
        uint64 foundationUnits;
        (foundationUnits,) = _cut(eraUnits, cutBps, P_ECON_EMISSION_REST_BPS_FOUNDATION);
        emissionTotals.foundationUnits = foundationUnits;
        TOKEN.move(ACCOUNT_COMMUNITY, ACCOUNT_FOUNDATION, foundationUnits, MOVE_EMISSION_FOUNDATION);
    }

    /// @inheritdoc IEmission
    function pools()
        external
        view
        returns (uint64 powrUnits, uint64 validatorUnits, uint64 creatorUnits, uint64 stakerUnits, uint64 eraUnits)
    {
        return (
            emissionTotals.powrUnits,
            emissionTotals.validatorUnits,
            emissionTotals.creatorUnits,
            emissionTotals.stakerUnits,
            emissionTotals.eraUnits
        );
    }

    /// @notice What the schedule allows for an era: a fixed share of the maximum supply, halved (rounding down each time)
    /// after every `econ.halving_eras` eras.
    /// @custom:rule ECON-6
    function scheduleUnits(uint64 era) public view returns (uint64 units) {
        uint64 halvings = era / _param(P_ECON_HALVING_ERAS);
        if (halvings >= HALVINGS_TO_ZERO) return 0;
        // At most 1 % of a supply below 2^53. Halving k times and rounding down each time is a shift by k.
        return uint64(Fixed.mulDivDown(TOKEN.maxSupplyUnits(), _param(P_ECON_EMISSION_ERA_PPM), PPM) >> halvings);
    }

    /// @return units of `total` between two running sums of shares, of which the second is `afterBps`
    function _cut(uint64 total, uint64 beforeBps, uint256 shareParam)
        private
        view
        returns (uint64 units, uint64 afterBps)
    {
        afterBps = beforeBps + _param(shareParam);
        // A share of `total` is at most `total`.
        units = uint64(Fixed.allocShare(total, beforeBps, afterBps, BPS));
    }
}
