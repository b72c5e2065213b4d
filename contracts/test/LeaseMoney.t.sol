// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LeaseMoney} from "../src/LeaseMoney.sol";
import {
    LEASE_DOWN,
    LEASE_SERVING,
    LEASE_TERM_CHARGES_DOWNTIME,
    LEASE_TERM_CHARGES_UNDEPLOYED,
    LEASE_TERM_GROSS_BASE,
    LEASE_TERM_HOUR_UP,
    LeasesRecord
} from "../src/Protocol.sol";
import {Base} from "./Base.sol";

/// @notice What leases cost, for how long money lasts, and how payments are divided (F-16, F-17).
contract LeaseMoneyTest is Base {
    uint256 private constant MAX_PRICE = 1e11;
    uint256 private constant MAX_DURATION = 31_536_000;
    uint256 private constant HOURS = 8_760;

    function boundPrice(uint256 price) private pure returns (uint256) {
        // Small prices are where rounding shows.
        return price % 2 == 0 ? bound(price, 1, 5_000) : bound(price, 1, MAX_PRICE);
    }

    /// @dev What a lease of this price has cost after so many seconds, fee included.
    function debit(uint256 price, uint256 elapsed, uint256 feeBps) private pure returns (uint256) {
        uint256 gross = price * elapsed / 3_600;
        return gross + gross * feeBps / 10_000;
    }

    function testFuzz_lockCost_givenAnyLease_coversItsWholeDuration(uint256 price, uint256 hoursCount, uint256 feeBps)
        public
        pure
    {
        price = boundPrice(price);
        uint256 duration = bound(hoursCount, 1, HOURS) * 3_600;
        feeBps = bound(feeBps, 0, 1_000);
        uint256 cost = LeaseMoney.lockCost(price, duration, feeBps);
        assertGe(cost, debit(price, duration, feeBps));
        assertGe(LeaseMoney.coveredS(cost, price, feeBps), duration);
        assertLe(cost, price * duration / 3_600 * (10_000 + feeBps) / 10_000 + 1);
    }

    function test_lockCost_givenFractions_roundsBothPartsUp() public pure {
        assertEq(LeaseMoney.lockCost(1, 1, 0), 1);
        assertEq(LeaseMoney.lockCost(1, 1, 1), 2);
        assertEq(LeaseMoney.lockCost(3_601, 3_600, 200), 3_601 + 73);
        assertEq(LeaseMoney.lockCost(MAX_PRICE, MAX_DURATION, 1_000), 876_000_000_000_000 * 11 / 10);
    }

    function testFuzz_coveredS_givenAnyMoney_isTheLastSecondThatItPaysFor(uint256 funded, uint256 price, uint256 feeBps)
        public
        pure
    {
        price = boundPrice(price);
        feeBps = bound(feeBps, 0, 1_000);
        funded = bound(funded, 0, price * HOURS * 2);
        uint256 covered = LeaseMoney.coveredS(funded, price, feeBps);
        assertLe(debit(price, covered, feeBps), funded);
        if (covered < MAX_DURATION) assertGt(debit(price, covered + 1, feeBps), funded);
        else assertEq(covered, MAX_DURATION);
    }

    function testFuzz_coveredS_givenLittleMoney_isWhatCountingSecondBySecondFinds(
        uint256 funded,
        uint256 price,
        uint256 feeBps
    ) public pure {
        price = bound(price, 3_600, 400_000);
        funded = bound(funded, 0, 20_000);
        feeBps = bound(feeBps, 0, 1_000);
        uint256 counted;
        while (debit(price, counted + 1, feeBps) <= funded) ++counted;
        assertEq(LeaseMoney.coveredS(funded, price, feeBps), counted);
    }

    function lease(uint64 terms) private pure returns (LeasesRecord memory l) {
        (l.state, l.priceUnits, l.startS, l.endS) = (LEASE_SERVING, 3_600, 1_000, 1_000 + 36_000);
        (l.fundedUnits, l.deployedS, l.terms) = (36_000, 1_100, terms);
    }

    function test_usedS_givenTheTerms_countsWhatIsCharged() public pure {
        LeasesRecord memory l = lease(0);
        l.pausedS = 100;
        assertEq(LeaseMoney.usedS(l, 1_500), 400);
        assertEq(LeaseMoney.usedS(l, 90_000), 35_900);
        (l.state, l.downSinceS) = (LEASE_DOWN, 1_200);
        assertEq(LeaseMoney.usedS(l, 1_500), 100);
        assertEq(LeaseMoney.usedS(l, 1_150), 50);
        l.downSinceS = 50_000;
        assertEq(LeaseMoney.usedS(l, 90_000), 35_900);
        (l.downSinceS, l.terms) = (1_200, LEASE_TERM_CHARGES_DOWNTIME);
        assertEq(LeaseMoney.usedS(l, 1_500), 400);
        l.deployedS = 0;
        assertEq(LeaseMoney.usedS(l, 1_500), 0);
        l.terms = LEASE_TERM_CHARGES_UNDEPLOYED;
        assertEq(LeaseMoney.usedS(l, 1_500), 100);
    }

    function test_elapsedS_givenBillingByTheHour_roundsUpButNotBeyondTheLease() public pure {
        LeasesRecord memory l = lease(LEASE_TERM_HOUR_UP);
        assertEq(LeaseMoney.elapsedS(l, 1_000), 0);
        assertEq(LeaseMoney.elapsedS(l, 1_001), 3_600);
        assertEq(LeaseMoney.elapsedS(l, 4_600), 3_600);
        assertEq(LeaseMoney.elapsedS(l, 4_601), 7_200);
        l.endS = 1_000 + 5_000;
        assertEq(LeaseMoney.elapsedS(l, 4_601), 5_000);
    }

    function test_grossUnits_givenLittleMoney_stopsWhereThatEndsAndNeverFalls() public pure {
        LeasesRecord memory l = lease(0);
        assertEq(LeaseMoney.grossUnits(l, 1_700), 700);
        l.fundedUnits = 500;
        assertEq(LeaseMoney.grossUnits(l, 1_700), 500);
        l.paidUnits = 501;
        assertEq(LeaseMoney.grossUnits(l, 1_700), 501);
    }

    function termsOf(uint256 seed) private pure returns (LeasesRecord memory l) {
        // Each a part of the seed, bounded to its range.
        l.userFeeBps = uint64(bound(seed & 0xffff, 0, 1_000));
        l.foundationBps = uint64(bound((seed >> 16) & 0xffff, 0, 10_000));
        l.providerFeeBps = uint64(bound((seed >> 32) & 0xffff, 0, 1_000));
        l.rebateBps = uint64(bound((seed >> 48) & 0xffff, 0, 10_000));
        l.gatewayBps = uint64(bound((seed >> 64) & 0xffff, 0, 5_000));
        l.terms = (seed >> 80) & 1 == 1 ? LEASE_TERM_GROSS_BASE : 0;
    }

    function assertGrown(LeaseMoney.Levies memory v, LeaseMoney.Levies memory before) private pure {
        assertGe(v.userFeeUnits, before.userFeeUnits);
        assertGe(v.foundationUnits, before.foundationUnits);
        assertGe(v.providerFeeUnits, before.providerFeeUnits);
        assertGe(v.gatewayUnits, before.gatewayUnits);
        assertGe(v.payeeUnits, before.payeeUnits);
    }

    function testFuzz_levies_givenAnyNumberOfAccruals_neverFallAndSumToTheCharge(uint256 seed, uint32[16] memory steps)
        public
        pure
    {
        LeasesRecord memory l = termsOf(seed);
        LeaseMoney.Levies memory before;
        uint256 paid;
        for (uint256 i; i < 16; ++i) {
            // Small and large increments.
            paid += i % 2 == 0 ? steps[i] % 8 : steps[i];
            LeaseMoney.Levies memory v = LeaseMoney.levies(l, paid);
            assertGrown(v, before);
            assertEq(v.foundationUnits + v.providerFeeUnits + v.gatewayUnits + v.payeeUnits, paid);
            assertEq(v.userFeeUnits, paid * l.userFeeBps / 10_000);
            before = v;
        }
    }

    function test_levies_givenTheDefaults_divideAsTheFormulaSays() public pure {
        LeasesRecord memory l;
        (l.userFeeBps, l.foundationBps, l.providerFeeBps) = (200, 2_000, 200);
        assertEq(abi.encode(LeaseMoney.levies(l, 10_000)), abi.encode(LeaseMoney.Levies(200, 2_000, 160, 0, 7_840)));
        l.terms = LEASE_TERM_GROSS_BASE;
        assertEq(abi.encode(LeaseMoney.levies(l, 10_000)), abi.encode(LeaseMoney.Levies(200, 2_000, 200, 0, 7_800)));
        l.rebateBps = 5_000;
        assertEq(abi.encode(LeaseMoney.levies(l, 10_000)), abi.encode(LeaseMoney.Levies(200, 2_000, 100, 0, 7_900)));
        l.gatewayBps = 1_000;
        assertEq(abi.encode(LeaseMoney.levies(l, 10_000)), abi.encode(LeaseMoney.Levies(200, 2_000, 100, 790, 7_110)));
        l.foundationBps = 10_000;
        assertEq(abi.encode(LeaseMoney.levies(l, 10_000)), abi.encode(LeaseMoney.Levies(200, 10_000, 0, 0, 0)));
        // A fee that the base cannot bear takes all of it, and no more.
        (l.foundationBps, l.rebateBps, l.providerFeeBps) = (9_950, 0, 1_000);
        assertEq(abi.encode(LeaseMoney.levies(l, 10_000)), abi.encode(LeaseMoney.Levies(200, 9_950, 50, 0, 0)));
    }
}
