// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    COMPLIANCE_AUDIT,
    COMPLIANCE_SOC2,
    KIND_PROVIDER,
    P_FB_MIN_SAMPLES,
    P_STAKE_SCALE_BPS_P,
    P_TIER_BELOW7,
    P_TIER_COMPARE,
    P_TIER_COMPLETION_PCT_1,
    P_TIER_COUNT_DELEGATIONS,
    P_TIER_DELEG_CAP_X_OWN,
    P_TIER_DEMO_ERAS,
    P_TIER_FEEDBACK_TENTHS_1,
    P_TIER_INITIAL,
    P_TIER_PROMO_ERAS,
    P_TIER_PROMO_STEP,
    P_TIER_RESPONSE_MS_1,
    P_TIER_STAKE_GRACE_ERAS,
    P_TIER_STAKE_TOKENS_1,
    P_TIER_UPTIME_PCT_1,
    P_TIER_UPTIME_SOURCE,
    P_TIER_USE_FEEDBACK,
    PROVIDER_ACTIVE,
    PROVIDER_REGISTERED,
    STEP_UPDATE_TIERS
} from "../src/Protocol.sol";
import {Vm} from "./Base.sol";
import {Deployment} from "./Deployment.sol";
import {SLOT_PROVIDERS, SLOT_PROVIDER_ERA} from "./Tables.sol";
import {ProviderWords} from "./World.sol";

/// @notice The trust tiers of providers (SM-9, T-TIER): every boundary, every count of eras, every option.
contract TiersTest is Deployment {
    uint64 private constant PLENTY = 2_000 * ONE;
    uint64 private constant EXPECTED = 10_000;
    // Fields of the records that a test writes directly.
    uint256 private constant TIER = 2;
    uint256 private constant PROMO = 4;
    uint256 private constant DEMO = 5;
    uint256 private constant COMPLIANCE = 17;
    uint256 private constant RATING_SUM = 26;
    uint256 private constant RATING_COUNT = 27;

    uint64 private provider;

    function setUp() public {
        deploy();
        openSlot();
        provider = activateProvider(A, PLENTY);
    }

    function field(uint256 number, uint64 value) private {
        poke(address(providers), SLOT_PROVIDERS + 8 * provider, number, value);
    }

    function tier() private view returns (uint64) {
        return providersAt(provider).tier;
    }

    /// @dev A report that is just good enough for a tier, or for none of its four figures if `slack` is false.
    function figuresOf(uint64 k) private view returns (ProviderWords memory r) {
        r.expected = EXPECTED;
        r.answered = param(P_TIER_UPTIME_PCT_1 + k - 1) * (EXPECTED / 100) + 1;
        (r.assigned, r.finished) = (EXPECTED, param(P_TIER_COMPLETION_PCT_1 + k - 1) * (EXPECTED / 100) + 1);
        r.meanMs = param(P_TIER_RESPONSE_MS_1 + k - 1) - 1;
    }

    /// @dev Ratings of a mean just above what the tier needs, or, `isEnough` false, exactly what it needs.
    function rate(uint64 k, bool isEnough) private {
        uint64 samples = param(P_FB_MIN_SAMPLES);
        field(RATING_COUNT, samples);
        field(RATING_SUM, param(P_TIER_FEEDBACK_TENTHS_1 + k - 1) * samples + (isEnough ? 1 : 0));
    }

    function era(ProviderWords memory r) private {
        endEra();
        // The steps before do not look at the report's figures, so it may come after the last slot.
        reportProvider(provider, r);
        nextEra();
    }

    function eraAt(uint64 k) private {
        era(figuresOf(k));
    }

    // Counts of eras

    /// TIER-3
    function test_promotion_givenTheBetterTierMet_comesAfterThreeErasNotTwo() public {
        for (uint64 k = 6; k >= 2; --k) {
            eraAt(k);
            eraAt(k);
            assertEq(tier(), k + 1, "an era too early");
            assertEq(providersAt(provider).promoEraCount, 2);
            eraAt(k);
            assertEq(tier(), k, "an era too late");
            assertEq(providersAt(provider).promoEraCount, 0);
        }
    }

    /// TIER-3
    function test_promotion_givenABreakInBetween_startsAnew() public {
        eraAt(6);
        eraAt(6);
        eraAt(7);
        assertEq(providersAt(provider).promoEraCount, 0);
        eraAt(6);
        eraAt(6);
        assertEq(tier(), 7);
        eraAt(6);
        assertEq(tier(), 6);
    }

    /// TIER-4
    function test_demotion_givenTheTierMissed_comesAfterFiveErasNotFour() public {
        for (uint64 k = 2; k <= 6; ++k) {
            field(TIER, k);
            for (uint256 i; i < 4; ++i) {
                eraAt(7);
            }
            assertEq(tier(), k, "an era too early");
            assertEq(providersAt(provider).demoEraCount, 4);
            eraAt(7);
            assertEq(tier(), k + 1, "an era too late");
            assertEq(providersAt(provider).demoEraCount, 0);
        }
    }

    function test_demotion_givenAnEraThatMeetsTheTier_startsAnew() public {
        field(TIER, 5);
        for (uint256 i; i < 4; ++i) {
            eraAt(7);
        }
        eraAt(5);
        assertEq(providersAt(provider).demoEraCount, 0);
        for (uint256 i; i < 4; ++i) {
            eraAt(7);
        }
        assertEq(tier(), 5);
    }

    function test_counts_givenOtherParameters_followThem() public {
        setParam(P_TIER_PROMO_ERAS, 1);
        setParam(P_TIER_DEMO_ERAS, 2);
        eraAt(5);
        assertEq(tier(), 6);
        eraAt(7);
        assertEq(tier(), 6);
        eraAt(7);
        assertEq(tier(), 7);
    }

    // Boundaries of T-TIER

    /// TIER-1, TIER-11: exactly at a threshold is missed with `gt` and met with `ge`; what was not measured is met.
    function test_boundaries_givenEachFigureOfEachTier_areStrictUnlessTheParameterSaysOtherwise() public {
        setParam(P_TIER_DEMO_ERAS, 1);
        for (uint64 k = 1; k <= 6; ++k) {
            for (uint256 figure; figure < 4; ++figure) {
                for (uint64 compare; compare < 2; ++compare) {
                    setParam(P_TIER_COMPARE, compare);
                    prepare(k);
                    ProviderWords memory r = figuresOf(k);
                    if (figure == 0) --r.answered;
                    if (figure == 1) --r.finished;
                    if (figure == 2) ++r.meanMs;
                    rate(k, figure != 3);
                    era(r);
                    assertEq(tier(), compare == 1 ? k : k + 1, "at the threshold");
                    prepare(k);
                    r = figuresOf(k);
                    if (figure == 0) r.answered -= 2;
                    if (figure == 1) r.finished -= 2;
                    if (figure == 2) r.meanMs += 2;
                    rate(k, true);
                    if (figure == 3) field(RATING_SUM, providersAt(provider).ratingSumTenths - 2);
                    era(r);
                    assertEq(tier(), k + 1, "below the threshold");
                }
            }
        }
    }

    function prepare(uint64 k) private {
        field(TIER, k);
        field(PROMO, 0);
        field(DEMO, 0);
        field(COMPLIANCE, COMPLIANCE_SOC2 | COMPLIANCE_AUDIT);
    }

    /// TIER-8
    function test_counts_givenNoHeartbeatExpected_standStill() public {
        setParam(P_TIER_DEMO_ERAS, 1);
        setParam(P_TIER_PROMO_ERAS, 1);
        for (uint64 k = 1; k <= 6; k += 5) {
            prepare(k);
            field(PROMO, 1);
            // Good enough for anything, then work of which nothing was finished.
            era(ProviderWords(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
            assertEq(providersAt(provider).promoEraCount, 1);
            ProviderWords memory r;
            r.assigned = EXPECTED;
            era(r);
            assertEq(tier(), k);
            assertEq(providersAt(provider).demoEraCount, 0);
            // A single heartbeat is enough to judge it.
            (r.expected, r.answered) = (1, 1);
            era(r);
            assertEq(tier(), k + 1);
        }
    }

    /// FB-3, OP-31
    function test_feedback_givenTooFewRatingsOrNoUseOfThem_isNotAsked() public {
        setParam(P_TIER_DEMO_ERAS, 1);
        prepare(3);
        rate(3, false);
        field(RATING_COUNT, param(P_FB_MIN_SAMPLES) - 1);
        eraAt(3);
        assertEq(tier(), 3, "too few");
        rate(3, false);
        setParam(P_TIER_USE_FEEDBACK, 0);
        eraAt(3);
        assertEq(tier(), 3, "not used");
        setParam(P_TIER_USE_FEEDBACK, 1);
        eraAt(3);
        assertEq(tier(), 4, "used");
    }

    /// OP-41
    function test_uptime_givenChallengesAsItsSource_isWhatOfThemWasPassed() public {
        setParam(P_TIER_UPTIME_SOURCE, 1);
        setParam(P_TIER_DEMO_ERAS, 1);
        prepare(6);
        ProviderWords memory r = figuresOf(6);
        r.answered = 0;
        endEra();
        challengesOf(100, 86);
        reportProvider(provider, r);
        nextEra();
        assertEq(tier(), 6);
        r = figuresOf(6);
        endEra();
        challengesOf(100, 85);
        reportProvider(provider, r);
        nextEra();
        assertEq(tier(), 7);
    }

    function challengesOf(uint64 count, uint64 passed) private {
        poke(address(providers), SLOT_PROVIDER_ERA + 3 * provider, 1, count);
        poke(address(providers), SLOT_PROVIDER_ERA + 3 * provider, 2, passed);
    }

    /// TIER-1: SOC 2 and an audit for tier 1, both.
    function test_tierOne_givenAMissingCertificate_isNotReachedNorKept() public {
        uint64[4] memory sets = [0, COMPLIANCE_SOC2, COMPLIANCE_AUDIT, COMPLIANCE_SOC2 | COMPLIANCE_AUDIT];
        setParam(P_TIER_DEMO_ERAS, 1);
        for (uint256 i; i < 4; ++i) {
            prepare(2);
            field(COMPLIANCE, sets[i]);
            eraAt(1);
            eraAt(1);
            eraAt(1);
            assertEq(tier(), i == 3 ? 1 : 2, "reached");
            // The count is kept for the day of the certificate.
            assertEq(providersAt(provider).promoEraCount, i == 3 ? 0 : 3);
            prepare(1);
            field(COMPLIANCE, sets[i]);
            eraAt(1);
            assertEq(tier(), i == 3 ? 1 : 2, "kept");
        }
    }

    // Collateral

    /// TIER-2: promoted only above the better tier's collateral; the count is kept until then.
    function test_promotion_givenCollateralAtTheThreshold_waitsWithItsCountKept() public {
        uint64 other = activateProvider(B, 100 * ONE);
        provider = other;
        eraAt(6);
        eraAt(6);
        eraAt(6);
        eraAt(6);
        assertEq(tier(), 7, "100 is not more than 100");
        assertEq(providersAt(other).promoEraCount, 3);
        stakeProvider(other, 1);
        eraAt(6);
        assertEq(tier(), 6, "more than 100");
    }

    /// TIER-4, OP-39: the only way down by more than one tier.
    function test_shortfall_givenEachCollateral_fallsToTheBestTierItIsEnoughFor() public {
        uint64[6] memory leftTokens = [uint64(401), 301, 201, 151, 101, 51];
        for (uint64 i; i < 6; ++i) {
            provider = activateProvider(B, 600 * ONE);
            field(TIER, 1);
            by(B);
            providers.unstakeProvider(provider, 600 * ONE - leftTokens[i] * ONE);
            endEra();
            runSteps(STEP_UPDATE_TIERS - 1, WHOLE);
            emits(address(providers));
            emit TierChanged(KIND_PROVIDER, provider, 1, i + 2, 2);
            runSteps(STEP_UPDATE_TIERS, WHOLE);
            nextEra();
            assertEq(tier(), i + 2);
            assertEq(providersAt(provider).state, PROVIDER_ACTIVE);
        }
    }

    /// INV-11
    function test_shortfall_givenEnoughForNoTier_leavesService() public {
        provider = activateProvider(B, 600 * ONE);
        field(TIER, 3);
        by(B);
        providers.unstakeProvider(provider, 550 * ONE);
        uint64 active = providerTotals().activeCount;
        endEra();
        runSteps(STEP_UPDATE_TIERS - 1, WHOLE);
        // INV-39: it changes tier once, whichever tiers lie between.
        vm.recordLogs();
        runSteps(STEP_UPDATE_TIERS, WHOLE);
        assertEq(tierChanges(), 1);
        nextEra();
        assertEq(providersAt(provider).state, PROVIDER_REGISTERED);
        assertEq(providersAt(provider).isMatchable, 0);
        assertEq(tier(), param(P_TIER_INITIAL));
        assertEq(providerTotals().activeCount, active - 1);
    }

    /// @return count events TierChanged among those recorded
    function tierChanges() private returns (uint256 count) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics[0] == TierChanged.selector) ++count;
        }
    }

    function test_shortfall_givenAGrace_waitsSoManyEras() public {
        setParam(P_TIER_STAKE_GRACE_ERAS, 2);
        provider = activateProvider(B, 600 * ONE);
        field(TIER, 1);
        field(COMPLIANCE, COMPLIANCE_SOC2 | COMPLIANCE_AUDIT);
        by(B);
        providers.unstakeProvider(provider, 200 * ONE);
        eraAt(1);
        eraAt(1);
        assertEq(tier(), 1);
        assertEq(providersAt(provider).shortEraCount, 2);
        eraAt(1);
        assertEq(tier(), 3);
        assertEq(providersAt(provider).shortEraCount, 0);
    }

    function test_shortfall_givenStakeInTime_isForgotten() public {
        setParam(P_TIER_STAKE_GRACE_ERAS, 1);
        provider = activateProvider(B, 600 * ONE);
        field(TIER, 2);
        by(B);
        providers.unstakeProvider(provider, 300 * ONE);
        eraAt(2);
        stakeProvider(provider, 101 * ONE);
        eraAt(2);
        assertEq(providersAt(provider).shortEraCount, 0);
        assertEq(tier(), 2);
    }

    /// TIER-2, OP-105
    function test_collateral_givenDelegations_countsThemAsTheParametersSay() public {
        provider = activateProvider(B, 60 * ONE);
        by(CONSUMER);
        stake.delegate(KIND_PROVIDER, provider, 1_000 * ONE, 0);
        field(TIER, 2);
        eraAt(2);
        assertEq(tier(), 2, "delegations count");
        setParam(P_TIER_DELEG_CAP_X_OWN, 6);
        eraAt(2);
        assertEq(tier(), 2, "60 + 360 is more than 400");
        setParam(P_TIER_DELEG_CAP_X_OWN, 5);
        eraAt(2);
        assertEq(tier(), 3, "60 + 300 is not, but more than 300");
        setParam(P_TIER_COUNT_DELEGATIONS, 0);
        eraAt(2);
        assertEq(tier(), 7, "60 is more than 50");
    }

    /// INV-11: delegations never stand in for the whole of the own stake.
    function test_collateral_givenNoOwnStake_leavesServiceWhateverIsDelegated() public {
        provider = activateProvider(B, 60 * ONE);
        by(CONSUMER);
        stake.delegate(KIND_PROVIDER, provider, 1_000 * ONE, 0);
        by(B);
        providers.unstakeProvider(provider, 60 * ONE);
        eraAt(1);
        assertEq(providersAt(provider).state, PROVIDER_REGISTERED);
    }

    /// OP-110
    function test_collateral_givenAScale_isMeasuredByIt() public {
        setParam(P_STAKE_SCALE_BPS_P, 20_000);
        uint64 other = proposeProvider(B, 0);
        stakeProvider(other, 100 * ONE);
        assertEq(providersAt(other).state, PROVIDER_REGISTERED);
        stakeProvider(other, 1);
        assertEq(providersAt(other).state, PROVIDER_ACTIVE);
    }

    // Options

    /// OP-38
    function test_promotion_givenJumps_leadsToTheBestTierThatIsMetAndCovered() public {
        setParam(P_TIER_PROMO_STEP, 1);
        eraAt(2);
        eraAt(2);
        eraAt(2);
        assertEq(tier(), 2);
        provider = activateProvider(B, 250 * ONE);
        eraAt(2);
        eraAt(2);
        eraAt(2);
        assertEq(tier(), 4, "250 covers tier 4");
    }

    /// OP-43, TIER-9
    function test_belowSeven_givenEachOption_doesWhatItSays() public {
        ProviderWords memory bad = figuresOf(7);
        bad.answered = 0;
        setParam(P_TIER_BELOW7, 0);
        era(bad);
        assertEq(providersAt(provider).isMatchable, 1, "stay");
        setParam(P_TIER_BELOW7, 1);
        era(bad);
        assertEq(providersAt(provider).isMatchable, 0, "no match");
        eraAt(7);
        assertEq(providersAt(provider).isMatchable, 1, "matched again");
        assertEq(providersAt(provider).demoEraCount, 0);
        for (uint256 i; i < 7; ++i) {
            era(bad);
        }
        assertEq(providersAt(provider).demoEraCount, 5, "saturated");
        setParam(P_TIER_BELOW7, 2);
        era(bad);
        assertEq(providersAt(provider).state, PROVIDER_REGISTERED, "deactivate");
    }

    // Properties

    /// INV-35, INV-39: whatever the figures and the collateral, a tier changes by one step by figures, and only down by more.
    function testFuzz_update_givenAnyEra_movesAtMostOneStepUnlessCollateralIsShort(uint256 seed) public {
        provider = activateProvider(B, 60 * ONE + uint64(seed % (700 * ONE)));
        for (uint256 i; i < 6; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            field(TIER, 1 + uint64(seed % 7));
            field(PROMO, uint64(seed >> 8) % 4);
            field(DEMO, uint64(seed >> 16) % 6);
            field(COMPLIANCE, uint64(seed >> 24) % 16);
            ProviderWords memory r = figuresOf(1 + uint64(seed >> 32) % 7);
            r.answered = uint64(seed >> 40) % (EXPECTED + 1);
            uint64 from = tier();
            uint64 own = providerCollateralAt(provider).ownUnits;
            bool isShort = own <= param(P_TIER_STAKE_TOKENS_1 + from - 1);
            era(r);
            uint64 to = tier();
            assertTrue(to >= 1 && to <= 7, "INV-35: range");
            if (isShort) {
                assertGt(to, from == 7 ? 6 : from, "a shortfall leads down");
                assertGt(own, param(P_TIER_STAKE_TOKENS_1 + to - 1), "to a tier that is covered");
            } else {
                assertTrue(to + 1 >= from && to <= from + 1, "INV-35: one step");
                if (to < from) assertGt(own, param(P_TIER_STAKE_TOKENS_1 + to - 1), "INV-36");
            }
        }
    }
}
