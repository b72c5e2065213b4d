// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Emission} from "../src/Emission.sol";
import {Fixed} from "../src/Fixed.sol";
import {
    ACCOUNT_COMMUNITY,
    ACCOUNT_FOUNDATION,
    EmissionTotalsRecord,
    MOVE_EMISSION_FOUNDATION,
    P_ECON_EMISSION_ERA_PPM,
    P_ECON_EMISSION_REST_BPS_CREATORS,
    P_ECON_HALVING_ERAS,
    P_POWR_POOL_SHARE_BPS,
    STEP_OPEN_EMISSION,
    StepOutOfOrder,
    ValueOutOfRange
} from "../src/Protocol.sol";
import {Deployment} from "./Deployment.sol";

contract EmissionTest is Deployment {
    /// @notice 0.02 % of 100 million tokens.
    uint64 private constant FIRST_ERAS_UNITS = 20_000 * ONE;

    function setUp() public {
        deploy();
    }

    // constructor

    function test_constructor_givenPartsThatDoNotSumToAll_isRefused() public {
        setParam(P_POWR_POOL_SHARE_BPS, 6_001);
        refused(ValueOutOfRange.selector, 10_001, 10_000);
        new Emission(families);
        setParam(P_POWR_POOL_SHARE_BPS, 5_999);
        refused(ValueOutOfRange.selector, 9_999, 10_000);
        new Emission(families);
        setParam(P_ECON_EMISSION_REST_BPS_CREATORS, 1_001);
        new Emission(families);
    }

    // scheduleUnits

    function test_scheduleUnits_givenHalvings_halvesRoundingDownEachTime() public view {
        // Four eras to a halving.
        assertEq(emission.scheduleUnits(0), FIRST_ERAS_UNITS);
        assertEq(emission.scheduleUnits(3), FIRST_ERAS_UNITS);
        assertEq(emission.scheduleUnits(4), FIRST_ERAS_UNITS / 2);
        assertEq(emission.scheduleUnits(7), FIRST_ERAS_UNITS / 2);
        assertEq(emission.scheduleUnits(8), FIRST_ERAS_UNITS / 4);
        // 20 000 000 000 in binary has 35 digits.
        assertEq(emission.scheduleUnits(4 * 34), 1);
        assertEq(emission.scheduleUnits(4 * 35), 0);
        assertEq(emission.scheduleUnits(4 * 53), 0);
        assertEq(emission.scheduleUnits(type(uint64).max), 0);
    }

    function testFuzz_scheduleUnits_givenAnyTwoEras_neverRises(uint64 era, uint64 later) public {
        setParam(P_ECON_HALVING_ERAS, 3);
        era = uint64(bound(era, 0, 400));
        later = uint64(bound(later, era, 500));
        assertLe(emission.scheduleUnits(later), emission.scheduleUnits(era));
        uint64 expected = FIRST_ERAS_UNITS;
        for (uint64 i = 3; i <= era; i += 3) {
            expected /= 2;
        }
        assertEq(emission.scheduleUnits(era), expected);
    }

    // openEmission

    function test_openEmission_givenItsStep_cutsTheEraIntoPools() public {
        endEra();
        runSteps(STEP_OPEN_EMISSION - 1, WHOLE);
        uint64 communityBefore = walletsAt(ACCOUNT_COMMUNITY);
        uint64 foundationBefore = walletsAt(ACCOUNT_FOUNDATION);
        emits(address(token));
        emit Moved(ACCOUNT_COMMUNITY, ACCOUNT_FOUNDATION, 200 * ONE, MOVE_EMISSION_FOUNDATION);
        by(K);
        emission.openEmission(0, 1);

        EmissionTotalsRecord memory e = emissionTotals();
        assertEq(e.eraUnits, FIRST_ERAS_UNITS);
        assertEq(e.emittedUnits, FIRST_ERAS_UNITS);
        assertEq(e.powrUnits, 12_000 * ONE);
        assertEq(e.validatorUnits, 4_000 * ONE);
        assertEq(e.creatorUnits, 2_000 * ONE);
        assertEq(e.stakerUnits, 1_800 * ONE);
        assertEq(e.foundationUnits, 200 * ONE);
        // The other pools leave the community account in the steps that pay them.
        assertEq(walletsAt(ACCOUNT_COMMUNITY), communityBefore - 200 * ONE);
        assertEq(walletsAt(ACCOUNT_FOUNDATION), foundationBefore + 200 * ONE);
        (uint64 powr, uint64 val, uint64 creators, uint64 stakers, uint64 all) = emission.pools();
        assertEq(
            abi.encode(powr, val, creators, stakers, all),
            abi.encode(e.powrUnits, e.validatorUnits, e.creatorUnits, e.stakerUnits, e.eraUnits)
        );
    }

    function test_openEmission_givenAnotherStepIsDue_isRefused() public {
        endEra();
        refusedBy(K, StepOutOfOrder.selector, STEP_OPEN_EMISSION, 1);
        emission.openEmission(0, 1);
        runSteps(STEP_OPEN_EMISSION, WHOLE);
        refusedBy(K, StepOutOfOrder.selector, STEP_OPEN_EMISSION, STEP_OPEN_EMISSION + 1);
        emission.openEmission(0, 1);
    }

    function test_openEmission_givenItsOnePosition_takesNoOtherSlice() public {
        endEra();
        runSteps(STEP_OPEN_EMISSION - 1, WHOLE);
        refusedBy(K, ValueOutOfRange.selector, 0, 1);
        emission.openEmission(0, 0);
        refusedBy(K, ValueOutOfRange.selector, 2, 1);
        emission.openEmission(0, 2);
    }

    function test_openEmission_givenLessInTheCommunityAccount_emitsThatAndThenNothing() public {
        uint64 left = 777;
        uint64 surplus = walletsAt(ACCOUNT_COMMUNITY) - left;
        vm.prank(address(stake));
        token.move(ACCOUNT_COMMUNITY, ACCOUNT_FOUNDATION, surplus, 1);
        settleEra(WHOLE);
        EmissionTotalsRecord memory e = emissionTotals();
        assertEq(e.eraUnits, left);
        assertEq(e.powrUnits + e.validatorUnits + e.creatorUnits + e.stakerUnits + e.foundationUnits, left);
        assertEq(walletsAt(ACCOUNT_COMMUNITY), 0);
        openSlot();
        settleEra(WHOLE);
        assertEq(emissionTotals().eraUnits, 0);
        assertEq(emissionTotals().emittedUnits, left);
    }

    function testFuzz_openEmission_givenAnyRateAndShares_poolsSumToTheEra(uint64 ppm, uint64 powrBps, uint64 creatorBps)
        public
    {
        ppm = uint64(bound(ppm, 0, 10_000));
        powrBps = uint64(bound(powrBps, 0, 7_000));
        creatorBps = 7_000 - powrBps;
        setParam(P_ECON_EMISSION_ERA_PPM, ppm);
        setParam(P_POWR_POOL_SHARE_BPS, powrBps);
        setParam(P_ECON_EMISSION_REST_BPS_CREATORS, creatorBps);
        settleEra(WHOLE);
        EmissionTotalsRecord memory e = emissionTotals();
        assertEq(e.eraUnits, Fixed.mulDivDown(tokenTotals().maxSupplyUnits, ppm, 1_000_000));
        assertEq(e.powrUnits + e.validatorUnits + e.creatorUnits + e.stakerUnits + e.foundationUnits, e.eraUnits);
        assertApproxEq(e.powrUnits, Fixed.mulDivDown(e.eraUnits, powrBps, Fixed.BPS));
        assertApproxEq(e.creatorUnits, Fixed.mulDivDown(e.eraUnits, creatorBps, Fixed.BPS));
    }

    /// @dev Running sums leave each share within a unit of its own quotient.
    function assertApproxEq(uint256 a, uint256 b) private pure {
        vm.assertApproxEqAbs(a, b, 1);
    }
}
