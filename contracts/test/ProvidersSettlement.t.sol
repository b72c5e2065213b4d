// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Fixed} from "../src/Fixed.sol";
import {
    ACCOUNT_FOUNDATION,
    ACCOUNT_SLARK_POOL,
    ACCOUNT_SLASH_POT,
    ACCOUNT_TREASURY,
    KIND_PROVIDER,
    P_ATTR_COMPLIANCE_CAP_MIL,
    P_BONUS_LADDER_HOURS_1,
    P_BONUS_LADDER_TOKENS_1,
    P_CHAL_FAIL_FORFEIT_SLOTS,
    P_DELEG_POOL_SHARE_BPS,
    P_LIVE_IDLE_SCALING,
    P_LIVE_POOL_ERA,
    P_LIVE_STACK,
    P_SLARK_POOL_ERA,
    P_SLASH_DELEGATORS_SHARE,
    P_SLASH_MISCONDUCT_BPS,
    P_SLASH_MISCONDUCT_DEST,
    P_SLASH_SLARK_SHARE_BPS,
    P_SLASH_STANDBY_MODE,
    P_SLASH_TASK_MODE,
    P_TIER7_MODE,
    P_TIER_INITIAL,
    P_TIME_SLOTS_PER_ERA,
    PROVIDER_SUSPENDED,
    ProviderEraRecord,
    STEP_ASSESS_PROVIDERS,
    STEP_PAY_DELEGATORS,
    STEP_PAY_PROVIDERS,
    STEP_PAY_SLARKS,
    STEP_SLASH_DELEGATIONS,
    STEP_UPDATE_TIERS
} from "../src/Protocol.sol";
import {Deployment} from "./Deployment.sol";
import {SLOT_PROVIDERS, SLOT_PROVIDER_ERA} from "./Tables.sol";
import {ProviderWords} from "./World.sol";

/// @notice What an era is worth to a provider and what it costs it: the steps assessProviders and payProviders, with what
/// the steps between them do.
contract ProvidersSettlementTest is Deployment {
    uint64 private constant ALL = 0xffffff;
    uint64 private constant FIRST_12 = 0x000fff;
    /// @dev GPU of sub-tier 9 at tier 5: 20 · (6.0 + 1.1 + 0) = 142; 16 CPUs: 16 · 0.1 · (1.0 + 1.1) = 3.36.
    uint64 private constant ERA_UNITS = 145_360_000;
    uint64 private constant HOUR_UNITS = ERA_UNITS / 24;

    uint64 private provider;

    function setUp() public {
        deploy(longEra());
        openAgents(AGENT_COUNT, OPENING);
        token.seal();
        openSlot();
        provider = activateProvider(A, 1_000 * ONE);
    }

    function longEra() private pure returns (uint64[] memory p) {
        p = smallParams();
        p[P_TIME_SLOTS_PER_ERA] = 24;
        p[P_TIER_INITIAL] = 5;
    }

    function full() private pure returns (ProviderWords memory r) {
        r.full = ALL;
        r.active = ALL;
    }

    function assess(ProviderWords memory r) private returns (ProviderEraRecord memory) {
        endEra();
        reportProvider(provider, r);
        runSteps(STEP_ASSESS_PROVIDERS, WHOLE);
        return providerEraAt(provider);
    }

    // Liveness

    /// F-7
    function test_assess_givenAFullEra_isWorthItsAttributesAndTier() public {
        endEra();
        reportProvider(provider, full());
        runSteps(STEP_ASSESS_PROVIDERS - 1, WHOLE);
        emits(address(providers));
        emit ProviderAssessed(provider, 24, ERA_UNITS, 0, 0, 0);
        runSteps(STEP_ASSESS_PROVIDERS, WHOLE);
        assertEq(providerTotals().rawUnits, ERA_UNITS);
    }

    /// LIVE-3, OP-48
    function test_assess_givenEachStacking_combinesTheMultipliersAsItSays() public {
        setParam(P_LIVE_STACK, 1);
        poke(address(providers), SLOT_PROVIDERS + 8 * provider, 14, 3);
        poke(address(providers), SLOT_PROVIDERS + 8 * provider, 15, 4);
        uint256 start = vm.snapshotState();
        assertEq(assess(full()).rawUnits, ERA_UNITS, "storage and connectivity are left out");
        vm.revertToState(start);
        setParam(P_LIVE_STACK, 0);
        // + (1.2 − 1) + (1.5 − 1) on both.
        assertEq(assess(full()).rawUnits, 156_000_000 + 4_480_000, "additive");
        vm.revertToState(start);
        setParam(P_LIVE_STACK, 2);
        assertEq(assess(full()).rawUnits, 132_000_000 + 1_760_000, "compound");
    }

    function test_assess_givenMultipliersBelowNothing_isWorthNothing() public {
        // Tier 7 without its gate, HDD and low connectivity: 0.5 + 0 − 0.2 − 0.2 for CPUs, 0.1 − 0.4 for an Entry 1 GPU.
        setParam(P_TIER7_MODE, 1);
        uint256 slot = SLOT_PROVIDERS + 8 * provider;
        poke(address(providers), slot, 2, 7);
        poke(address(providers), slot, 12, 1);
        poke(address(providers), slot, 13, 1);
        poke(address(providers), slot, 14, 1);
        poke(address(providers), slot, 15, 1);
        assertEq(assess(full()).rawUnits, 160_000);
    }

    /// TIER-7, OP-40, INV-41
    function test_assess_givenTierSeven_isWorthNothingUnderTheGate() public {
        poke(address(providers), SLOT_PROVIDERS + 8 * provider, 2, 7);
        ProviderWords memory r = full();
        r.full = 0;
        r.streaks = 3;
        r.leaseHours = 100;
        ProviderEraRecord memory e = assess(r);
        assertEq(e.rawUnits + e.forfeitUnits, 0);
        assertEq(e.bonusUnits, 50 * ONE, "the bonus stays");
        assertEq(providerTotals().slashUnits, 0, "SLASH-9");
    }

    /// LIVE-4, LIVE-5, SLASH-3: a full hour in a cooldown accrues nothing, a broken one is forfeited wherever it lies.
    function test_assess_givenBrokenAndCooledHours_forfeitsTheBrokenOnes() public {
        ProviderWords memory r = full();
        r.full = ALL ^ 0x00000f;
        r.cooled = 0x0000fc;
        ProviderEraRecord memory e = assess(r);
        assertEq(e.hourCount, 16);
        assertEq(e.rawUnits, Fixed.mulDivDown(ERA_UNITS, 16, 24));
        assertEq(e.forfeitUnits, Fixed.mulDivDown(ERA_UNITS, 4, 24));
    }

    function test_assess_givenHoursThatItWasNotActive_isWorthNothingForThem() public {
        ProviderWords memory r = full();
        r.active = FIRST_12;
        ProviderEraRecord memory e = assess(r);
        assertEq(abi.encode(e.hourCount, e.forfeitUnits), abi.encode(12, 0));
    }

    /// LIVE-10, OP-52
    function test_assess_givenFailedChallenges_forfeitsTheirHoursAndThoseAfter() public {
        setParam(P_CHAL_FAIL_FORFEIT_SLOTS, 3);
        poke(address(providers), SLOT_PROVIDER_ERA + 3 * provider, 0, 1 << 4 | 1 << 23);
        ProviderEraRecord memory e = assess(full());
        assertEq(e.hourCount, 20);
        assertEq(e.forfeitUnits, Fixed.mulDivDown(ERA_UNITS, 4, 24));
    }

    /// LIVE-2, OP-47
    function test_assess_givenIdleScaling_paysTheIdleShare() public {
        setParam(P_LIVE_IDLE_SCALING, 1);
        ProviderWords memory r = full();
        r.task = 0x00003f;
        ProviderEraRecord memory e = assess(r);
        assertEq(e.rawUnits, Fixed.mulDivDown(ERA_UNITS, 18, 24));
        assertEq(e.utilisationBps, 2_500);
    }

    /// F-8, ATTR-6, OP-37, OP-50
    function test_assess_givenLeaseHours_paysTheHighestMilestoneTimesCertificates() public {
        setParam(P_BONUS_LADDER_HOURS_1 + 1, 200);
        setParam(P_BONUS_LADDER_TOKENS_1 + 1, 80 * ONE);
        uint64[4] memory hoursOf = [uint64(99), 100, 199, 200];
        uint64[4] memory units = [0, 50 * ONE, 50 * ONE, 80 * ONE];
        uint256 start = vm.snapshotState();
        for (uint256 i; i < 4; ++i) {
            ProviderWords memory r;
            r.leaseHours = hoursOf[i];
            assertEq(assess(r).bonusUnits, units[i]);
            vm.revertToState(start);
        }
        uint64[4] memory factors = [uint64(1_000), 1_050, 1_102, 1_150];
        for (uint64 i; i < 4; ++i) {
            poke(address(providers), SLOT_PROVIDERS + 8 * provider, 17, uint64((uint256(1) << i) - 1));
            ProviderWords memory r;
            r.leaseHours = 200;
            assertEq(assess(r).bonusUnits, 80_000 * factors[i]);
            vm.revertToState(start);
        }
        setParam(P_ATTR_COMPLIANCE_CAP_MIL, 1_200);
        poke(address(providers), SLOT_PROVIDERS + 8 * provider, 17, 15);
        ProviderWords memory last;
        last.leaseHours = 200;
        assertEq(assess(last).bonusUnits, 80_000 * 1_157, "an audit is no certificate");
    }

    // Slashes

    /// SLASH-4, OP-58
    function test_slash_givenOutagesInStandby_takesAnHourEach() public {
        ProviderWords memory r = full();
        (r.streaks, r.extraHours) = (2, 5);
        uint256 start = vm.snapshotState();
        assess(r);
        assertEq(providerTotals().slashUnits, 2 * HOUR_UNITS);
        vm.revertToState(start);
        setParam(P_SLASH_STANDBY_MODE, 1);
        assess(r);
        assertEq(providerTotals().slashUnits, 7 * HOUR_UNITS);
        assertEq(walletsAt(ACCOUNT_SLASH_POT), 7 * HOUR_UNITS);
        assertEq(providerCollateralAt(provider).ownUnits, 1_000 * ONE - 7 * HOUR_UNITS);
    }

    /// SLASH-5, OP-59, F-10: three of twelve hours in task mode are broken, one of them not full; the fees are those of the three.
    function test_slash_givenBreachesInTaskMode_costsWhatTheModeSays() public {
        ProviderWords memory r = full();
        r.full = ALL ^ 1;
        r.task = FIRST_12;
        r.breached = 0x000007;
        uint256 start = vm.snapshotState();
        for (uint64 mode; mode < 3; ++mode) {
            for (uint64 i; i < 2; ++i) {
                setParam(P_SLASH_TASK_MODE, mode);
                // A broken hour's fee above or below an hour's liveness.
                r.feeUnits = i == 0 ? 3 * ONE : 30 * ONE;
                uint64 fee = r.feeUnits / 3;
                ProviderEraRecord memory e = assess(r);
                uint64 each = mode == 0 || fee > HOUR_UNITS ? fee : HOUR_UNITS;
                assertEq(providerTotals().slashUnits, 3 * each, "slash");
                assertEq(e.hourCount, mode == 1 ? 23 : 21, "hours");
                assertEq(e.forfeitUnits, mode == 1 ? 0 : Fixed.mulDivDown(ERA_UNITS, 3, 24), "forfeit");
                vm.revertToState(start);
            }
        }
    }

    /// INV-7, SLASH-6
    function test_slash_givenMoreThanTheCollateral_takesWhatIsThere() public {
        ProviderWords memory r = full();
        r.streaks = 4_095;
        assess(r);
        assertEq(providerTotals().slashUnits, 1_000 * ONE);
        assertEq(providerCollateralAt(provider).ownUnits, 0);
    }

    /// @dev Units asked back can be slashed, and are paid out of what is left.
    function test_slash_givenUnitsAskedBack_takesThemToo() public {
        by(A);
        providers.unstakeProvider(provider, 990 * ONE);
        ProviderWords memory r = full();
        r.streaks = 100;
        assess(r);
        assertEq(providersAt(provider).exitUnits, 1_000 * ONE - 100 * HOUR_UNITS);
    }

    /// OP-60, INV-8
    function test_slash_givenDelegations_isSharedAsTheParameterSays() public {
        delegate(B, 600 * ONE);
        delegate(CREATOR, 400 * ONE);
        by(CREATOR);
        stake.undelegate(2, 100 * ONE);
        ProviderWords memory r = full();
        r.streaks = 10;
        uint256 start = vm.snapshotState();
        assess(r);
        runSteps(STEP_SLASH_DELEGATIONS, WHOLE);
        uint64 taken = 10 * HOUR_UNITS;
        assertEq(providerCollateralAt(provider).ownUnits, 1_000 * ONE - taken / 2, "half is own stake");
        assertEq(walletsAt(ACCOUNT_SLASH_POT), taken, "INV-8");
        vm.revertToState(start);
        setParam(P_SLASH_DELEGATORS_SHARE, 1);
        assess(r);
        runSteps(STEP_SLASH_DELEGATIONS, WHOLE);
        assertEq(providerCollateralAt(provider).ownUnits, 1_000 * ONE - taken, "all is own stake");
        assertEq(providerCollateralAt(provider).delegatedUnits, 900 * ONE);
        assertEq(walletsAt(ACCOUNT_SLASH_POT), taken);
    }

    function delegate(uint64 delegator, uint64 units) private {
        by(delegator);
        stake.delegate(KIND_PROVIDER, provider, units, 0);
    }

    /// @dev Whatever the collateral and the slashes: no part below 0, the parts sum to the whole, the pot gets exactly it.
    function testFuzz_slash_givenAnyCollateral_isApportionedExactly(uint256 seed) public {
        setParam(P_SLASH_DELEGATORS_SHARE, seed % 2 == 0 ? 0 : 1);
        setParam(P_SLASH_MISCONDUCT_BPS, uint64(seed >> 8) % 10_001);
        uint64[3] memory who = [B, CREATOR, CONSUMER];
        uint256 left = 1_000 * ONE;
        for (uint256 i; i < 3; ++i) {
            uint64 units = ONE + uint64(seed >> (24 + 24 * i)) % (700 * ONE);
            delegate(who[i], units);
            if ((seed >> (100 + i)) % 2 == 0) {
                by(who[i]);
                stake.undelegate(uint64(i) + 1, 1 + uint64(seed >> 104) % units);
            }
            left += units;
        }
        ProviderWords memory r = full();
        r.streaks = uint64(seed >> 128) % 400;
        bool isCase = (seed >> 200) % 2 == 0;
        if (isCase) {
            by(K);
            providers.upholdMisconduct(provider, 0, 0);
        }
        uint64 misconduct = providersAt(provider).misconductUnits;
        assess(r);
        runStep(STEP_ASSESS_PROVIDERS + 1, WHOLE);
        runStep(STEP_ASSESS_PROVIDERS + 2, WHOLE);
        runStep(STEP_SLASH_DELEGATIONS, 1 + uint64(seed >> 210) % 3);
        uint64 taken = providerEraAt(provider).misconductTakenUnits;
        assertEq(taken, misconduct, "a share of the collateral is always there");
        uint64 operational = providerTotals().slashUnits;
        assertLe(operational, r.streaks * HOUR_UNITS);
        assertEq(walletsAt(ACCOUNT_SLASH_POT), taken + operational, "INV-8: the pot");
        uint256 now_ = providerCollateralAt(provider).ownUnits;
        for (uint64 i = 1; i <= 3; ++i) {
            now_ += delegationsAt(i).units + delegationsAt(i).unbondingUnits;
        }
        assertEq(now_ + taken + operational, left, "INV-7: what is left");
        assertEq(providerCollateralAt(provider).slashWeight, 0, "announced and done");
        assertEq(providerCollateralAt(provider).slashUnits, 0, "announced and done");
    }

    // Where it goes

    /// F-7, F-11, SLASH-10, INV-40
    function test_close_givenForfeitsAndSlashes_fillsTheSlarkPoolAndScalesToThePool() public {
        setParam(P_LIVE_POOL_ERA, 100 * ONE);
        setParam(P_SLASH_SLARK_SHARE_BPS, 4_000);
        setParam(P_SLARK_POOL_ERA, 0);
        ProviderWords memory r = full();
        r.full = FIRST_12;
        r.streaks = 2;
        assess(r);
        runSteps(STEP_PAY_SLARKS - 1, WHOLE);
        uint64 foundation = walletsAt(ACCOUNT_FOUNDATION);
        vm.prank(address(slarks));
        providers.closeLiveness();
        assertEq(providerTotals().poolUnits, 50 * ONE, "half of what is claimed is liveness");
        uint64 slarkPart = 2 * HOUR_UNITS * 4 / 10;
        assertEq(walletsAt(ACCOUNT_SLARK_POOL), 20 * ONE + slarkPart);
        assertEq(walletsAt(ACCOUNT_FOUNDATION), foundation - 20 * ONE + (2 * HOUR_UNITS - slarkPart));
        assertEq(walletsAt(ACCOUNT_SLASH_POT), 0);
    }

    /// F-9, LIVE-7
    function test_pay_givenDelegations_sharesLivenessAndBonusWithThem() public {
        setParam(P_DELEG_POOL_SHARE_BPS, 5_000);
        delegate(B, 1_000 * ONE);
        nextEra();
        ProviderWords memory r = full();
        r.leaseHours = 100;
        endEra();
        reportProvider(provider, r);
        runSteps(STEP_PAY_PROVIDERS - 1, WHOLE);
        (uint64 owner, uint64 foundation) = (walletsAt(A), walletsAt(ACCOUNT_FOUNDATION));
        runSteps(STEP_PAY_PROVIDERS, WHOLE);
        uint64 reward = ERA_UNITS + 50 * ONE;
        assertEq(walletsAt(A), owner + reward - reward / 4);
        assertEq(walletsAt(ACCOUNT_FOUNDATION), foundation - reward);
        runSteps(STEP_PAY_DELEGATORS - 1, WHOLE);
        uint64 delegator = walletsAt(B);
        runSteps(STEP_PAY_DELEGATORS, WHOLE);
        assertEq(walletsAt(B), delegator + reward / 4);
    }

    /// @dev If the foundation runs out, the later ones get less.
    function test_pay_givenAnEmptyFoundation_paysWhatIsThere() public {
        endEra();
        reportProvider(provider, full());
        runSteps(STEP_PAY_PROVIDERS - 1, WHOLE);
        uint64 surplus = walletsAt(ACCOUNT_FOUNDATION) - ONE;
        vm.prank(address(stake));
        token.move(ACCOUNT_FOUNDATION, ACCOUNT_TREASURY, surplus, 1);
        uint64 owner = walletsAt(A);
        runSteps(STEP_PAY_PROVIDERS, WHOLE);
        assertEq(walletsAt(A), owner + ONE);
    }

    /// SLASH-1, SLASH-10, OP-56: collateral and the income of the era, to whom the parameter names.
    function test_restitution_givenEachDestination_goesThere() public {
        uint256 start = vm.snapshotState();
        for (uint64 destination; destination < 3; ++destination) {
            setParam(P_SLASH_MISCONDUCT_DEST, destination);
            by(K);
            providers.upholdMisconduct(provider, CONSUMER, 300 * ONE);
            endEra();
            reportProvider(provider, full());
            runSteps(STEP_PAY_PROVIDERS - 1, WHOLE);
            (uint64 harmed, uint64 foundation) = (walletsAt(CONSUMER), walletsAt(ACCOUNT_FOUNDATION));
            (uint64 treasury, uint64 supply) = (walletsAt(ACCOUNT_TREASURY), tokenTotals().supplyUnits);
            runSteps(STEP_PAY_PROVIDERS, WHOLE);
            uint64 pot = 1_000 * ONE + ERA_UNITS;
            assertEq(walletsAt(CONSUMER) - harmed, destination == 0 ? 300 * ONE : 0, "harmed");
            assertEq(
                walletsAt(ACCOUNT_FOUNDATION) + ERA_UNITS - foundation, destination == 0 ? pot - 300 * ONE : 0, "rest"
            );
            assertEq(walletsAt(ACCOUNT_TREASURY) - treasury, destination == 1 ? pot : 0, "treasury");
            assertEq(supply - tokenTotals().supplyUnits, destination == 2 ? pot : 0, "burnt");
            assertEq(walletsAt(ACCOUNT_SLASH_POT), 0);
            assertEq(providersAt(provider).misconductUnits, 0, "closed");
            assertEq(providersAt(provider).state, PROVIDER_SUSPENDED);
            vm.revertToState(start);
        }
    }

    /// INV-13: a case costs once.
    function test_restitution_givenTheNextEra_isNotTakenAgain() public {
        setParam(P_SLASH_MISCONDUCT_BPS, 1_000);
        by(K);
        providers.upholdMisconduct(provider, 0, 0);
        nextEra();
        assertEq(providerCollateralAt(provider).ownUnits, 900 * ONE);
        nextEra();
        assertEq(providerCollateralAt(provider).ownUnits, 900 * ONE);
        assertEq(providerEraAt(provider).misconductTakenUnits, 0);
    }

    // Gas

    /// @notice Prints the gas per provider of the three steps at 64 providers, with reports, in chunks of 32.
    function test_gas_of64Providers_staysBelowItsBudget() public {
        for (uint256 i = 1; i < 64; ++i) {
            activateProvider(A + uint64(i) % AGENT_COUNT, 200 * ONE);
        }
        nextEra();
        uint64[3] memory steps = [STEP_ASSESS_PROVIDERS, STEP_PAY_PROVIDERS, STEP_UPDATE_TIERS];
        string[3] memory names = ["assessProviders", "payProviders", "updateTiers"];
        uint64[3] memory budgets = [uint64(60_000), 60_000, 60_000];
        endEra();
        for (uint64 p = 1; p <= 64; ++p) {
            ProviderWords memory r = full();
            (r.expected, r.answered, r.meanMs) = (1_440, 1_440, 90);
            reportProvider(p, r);
        }
        for (uint256 i; i < 3; ++i) {
            runSteps(steps[i] - 1, WHOLE);
            uint256 gas = gasleft();
            runStep(steps[i], 32);
            gas = (gas - gasleft()) / 64;
            print(names[i], gas);
            assertLt(gas, budgets[i], names[i]);
        }
    }

    /// @dev To forge's console, shown with -vv.
    function print(string memory name, uint256 gas) private view {
        (bool ok,) = address(0x000000000000000000636F6e736F6c652e6c6f67)
            .staticcall(abi.encodeWithSignature("log(string,uint256)", name, gas));
        assertTrue(ok);
    }
}
