// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Fixed} from "../src/Fixed.sol";
import {Resources} from "../src/Interfaces.sol";
import {Matching} from "../src/Matching.sol";
import {
    BID_WON,
    COMPLIANCE_GDPR,
    COMPLIANCE_HIPAA,
    COMPLIANCE_SOC2,
    ORDER_FLAG_COMPLIANCE,
    OrdersRecord,
    P_MATCH_STAKE_CAP_X_MEDIAN,
    P_MATCH_W_BPS_PRICE,
    P_MATCH_W_BPS_RANDOM,
    P_MATCH_W_BPS_REGION,
    P_REGION_MATRIX_CONTINENT,
    P_REGION_MATRIX_OTHER
} from "../src/Protocol.sol";
import {defaultParams} from "./DefaultParams.sol";
import {Deployment} from "./Deployment.sol";
import {MarketWorld, Wish} from "./MarketWorld.sol";
import {SLOT_PROVIDERS} from "./Tables.sol";

/// @notice The score of a bid (F-15) by numbers worked out by hand, and that the winner is the same in whatever order bids come.
contract MatchingTest is Deployment, MarketWorld {
    // Places of fields in a provider's record.
    uint256 private constant AT_TIER = 2;
    uint256 private constant AT_REGION = 16;
    uint256 private constant AT_COMPLIANCE = 17;
    uint256 private constant AT_RATING_SUM = 26;
    uint256 private constant AT_RATING_COUNT = 27;
    uint256 private constant BIDDERS = 6;

    function rulesOf() private pure returns (Matching.Rules memory rules) {
        uint64[] memory all = defaultParams();
        rules.v = new uint64[](Matching.LAST_PARAM + 1 - Matching.FIRST_PARAM);
        for (uint256 i; i < rules.v.length; ++i) {
            rules.v[i] = all[Matching.FIRST_PARAM + i];
        }
        rules.scaleTenths = 50;
        rules.complianceMil = 1_100;
        rules.complianceCapMil = 1_250;
        rules.stakeCapUnits = 400;
    }

    function setRule(Matching.Rules memory rules, uint256 number, uint64 value) private pure {
        rules.v[number - Matching.FIRST_PARAM] = value;
    }

    function exampleOrder() private pure returns (OrdersRecord memory o) {
        o.region = 9;
        o.maxPriceUnits = 2_000_000;
        (o.cpuCount, o.memoryGb, o.storageGb) = (4, 8, 100);
        o.seed = 4_503_599_627_370_495;
    }

    function exampleBidder() private pure returns (Matching.Bidder memory b) {
        b.provider = 7;
        b.region = 8;
        b.tier = 3;
        b.ratingSumTenths = 120;
        b.ratingCount = 3;
        b.priceUnits = 1_500_000;
        b.slashedEraCount = 1;
        b.collateralUnits = 100;
        b.totals = Resources(16, 64, 1_000, 1);
        b.free = Resources(8, 40, 1_000, 1);
    }

    // The score

    /// @dev 0.15·0.7 + 0.25·0.25 + 0.1·0.8 + 0.1·0.25 + 0.1·0.5 + 0.15·5/7 + 0.1·0.25, and no chance.
    function test_score_isTheWeightedSumOfItsTerms() public pure {
        Matching.Rules memory rules = rulesOf();
        setRule(rules, P_MATCH_W_BPS_RANDOM, 0);
        (uint256 scoreFp,) = Matching.score(exampleOrder(), exampleBidder(), rules);
        assertEq(scoreFp, 454_642_857);
    }

    function test_score_givenChance_addsTheDrawOfTheOrdersSeedForTheProvider() public pure {
        Matching.Rules memory rules = rulesOf();
        (uint256 scoreFp, uint256 randomFp) = Matching.score(exampleOrder(), exampleBidder(), rules);
        uint256 draw = Fixed.rnd(4_503_599_627_370_495, 14, 7, 0);
        assertEq(randomFp, draw * 1e9 / 2 ** 52);
        assertEq(scoreFp, (4_546_428_571_000 + 500 * randomFp) / 10_000);
        assertGt(randomFp, 0);
    }

    function test_score_givenAnOrderThatAsksForCertificates_risesByEachUpToTheCap() public pure {
        Matching.Rules memory rules = rulesOf();
        setRule(rules, P_MATCH_W_BPS_RANDOM, 0);
        OrdersRecord memory o = exampleOrder();
        Matching.Bidder memory b = exampleBidder();
        b.compliance = COMPLIANCE_SOC2 | COMPLIANCE_HIPAA;
        (uint256 plain,) = Matching.score(o, b, rules);
        assertEq(plain, 454_642_857);
        o.flags = ORDER_FLAG_COMPLIANCE;
        (uint256 two,) = Matching.score(o, b, rules);
        assertEq(two, 550_117_856);
        b.compliance |= COMPLIANCE_GDPR;
        (uint256 three,) = Matching.score(o, b, rules);
        assertEq(three, 568_303_571);
    }

    function test_region_isNearestAtHomeThenOnTheContinentThenElsewhere() public pure {
        Matching.Rules memory rules = rulesOf();
        setRule(rules, P_REGION_MATRIX_CONTINENT, 600_000_000);
        setRule(rules, P_REGION_MATRIX_OTHER, 300_000_000);
        assertEq(Matching.regionFp(rules.v, 15, 15), 1e9);
        assertEq(Matching.regionFp(rules.v, 8, 15), 600_000_000);
        assertEq(Matching.regionFp(rules.v, 15, 16), 300_000_000);
    }

    function test_feedback_givenNoRating_isOneHalfElseTheShareOfTheBest() public pure {
        Matching.Bidder memory b = exampleBidder();
        assertEq(Matching.feedbackFp(b, 50), 800_000_000);
        (b.ratingSumTenths, b.ratingCount) = (0, 0);
        assertEq(Matching.feedbackFp(b, 50), 500_000_000);
        (b.ratingSumTenths, b.ratingCount) = (120, 2);
        assertEq(Matching.feedbackFp(b, 50), 1e9);
    }

    function test_available_isTheLeastShareThatStaysFree_whatThereIsNoneOfApart() public pure {
        OrdersRecord memory o = exampleOrder();
        Matching.Bidder memory b = exampleBidder();
        assertEq(Matching.availableFp(o, b), 250_000_000);
        (o.cpuCount, o.storageGb) = (1, 950);
        assertEq(Matching.availableFp(o, b), 50_000_000);
        (o.storageGb, o.memoryGb) = (0, 40);
        assertEq(Matching.availableFp(o, b), 0);
        (o.memoryGb, b.totals.storageGb, b.free.storageGb, b.totals.gpuCount, b.free.gpuCount) = (4, 0, 0, 0, 0);
        assertEq(Matching.availableFp(o, b), 437_500_000);
    }

    function test_stake_givenNoMedian_isFullForEverybodyElseTheShareOfTheCap() public pure {
        assertEq(Matching.stakeFp(5, 0), 1e9);
        assertEq(Matching.stakeFp(300, 400), 750_000_000);
        assertEq(Matching.stakeFp(500, 400), 1e9);
        Matching.Rules memory rules = rulesOf();
        setRule(rules, P_MATCH_STAKE_CAP_X_MEDIAN, 4);
        assertEq(Matching.stakeCap(rules.v, 100, 1_000), 400);
        assertEq(Matching.stakeCap(rules.v, 300, 1_000), 1_000);
    }

    // The winner

    /// @dev Providers with what the fuzzer gives them; the order's bids come in one order and in another.
    /// @custom:rule INV-31
    function testFuzz_winner_doesNotDependOnTheOrderOfBids(uint256 seed) public {
        deploy();
        openSlot();
        openMarket();
        for (uint64 i; i < BIDDERS; ++i) {
            equip(activateProvider(HOST_1 + i % 3, (600 + _of(seed, i, 0, 500)) * ONE), seed);
        }
        uint64 wallet = openEscrow(CONSUMER, 0, 2_000 * ONE);
        Wish memory w = wishOf(wallet, 0);
        w.region = uint64(_of(seed, 9, 1, 16));
        w.flags = _of(seed, 9, 2, 2) == 0 ? 0 : ORDER_FLAG_COMPLIANCE;
        uint64 order = createOrder(w);

        uint256 state = vm.snapshotState();
        uint64 first = winnerAfter(order, seed, 0);
        assertTrue(vm.revertToState(state));
        assertEq(winnerAfter(order, seed, 1 + _of(seed, 9, 3, BIDDERS - 1)), first);
    }

    function test_winner_givenEqualScores_isTheOneOfTheHigherDraw() public {
        deploy();
        openSlot();
        openMarket();
        setParam(P_MATCH_W_BPS_RANDOM, 0);
        for (uint64 i; i < BIDDERS; ++i) {
            activateProvider(HOST_1, 600 * ONE);
        }
        uint64 order = createOrder(wishOf(openEscrow(CONSUMER, 0, 2_000 * ONE), 0));
        for (uint64 provider = 1; provider <= BIDDERS; ++provider) {
            placeBid(order, provider, ONE, 0);
        }
        matchOrder(order);
        uint64 seed = ordersAt(order).seed;
        uint64 winner = leasesAt(1).provider;
        for (uint64 provider = 1; provider <= BIDDERS; ++provider) {
            if (provider == winner) continue;
            assertGt(Fixed.rnd(seed, 14, winner, 0), Fixed.rnd(seed, 14, provider, 0));
        }
    }

    function test_winner_givenPriceAlone_isTheCheapest() public {
        deploy();
        openSlot();
        openMarket();
        for (uint256 number = P_MATCH_W_BPS_REGION; number <= P_MATCH_W_BPS_RANDOM; ++number) {
            setParam(number, number == P_MATCH_W_BPS_PRICE ? 10_000 : 0);
        }
        for (uint64 i; i < 3; ++i) {
            activateProvider(HOST_1, 600 * ONE);
        }
        uint64 order = createOrder(wishOf(openEscrow(CONSUMER, 0, 2_000 * ONE), 0));
        placeBid(order, 1, ONE + 1, 0);
        uint64 cheapest = placeBid(order, 2, ONE - 1, 0);
        placeBid(order, 3, ONE, 0);
        matchOrder(order);
        assertEq(leasesAt(1).provider, 2);
        assertEq(bidsAt(cheapest).state, BID_WON);
    }

    function equip(uint64 provider, uint256 seed) private {
        uint256 slot = SLOT_PROVIDERS + 8 * uint256(provider);
        poke(address(providers), slot, AT_TIER, uint64(1 + _of(seed, provider, 4, 7)));
        poke(address(providers), slot, AT_REGION, uint64(_of(seed, provider, 5, 16)));
        poke(address(providers), slot, AT_COMPLIANCE, uint64(_of(seed, provider, 6, 16)));
        uint64 ratingCount = uint64(_of(seed, provider, 7, 4));
        poke(address(providers), slot, AT_RATING_COUNT, ratingCount);
        poke(address(providers), slot, AT_RATING_SUM, ratingCount * uint64(1 + _of(seed, provider, 8, 50)));
    }

    /// @dev Each provider bids what it would in any case; `turn` turns the list round, and turn 1 reads it backwards.
    function winnerAfter(uint64 order, uint256 seed, uint256 turn) private returns (uint64 provider) {
        for (uint256 i; i < BIDDERS; ++i) {
            uint256 place = (i + turn) % BIDDERS;
            if (turn == 1) place = BIDDERS - 1 - i;
            uint64 bidder = uint64(place + 1);
            placeBid(order, bidder, uint64(ONE + _of(seed, bidder, 10, 4) * ONE / 4), 0);
        }
        uint64 lease = matchOrder(order);
        assertGt(lease, 0);
        return leasesAt(lease).provider;
    }

    function _of(uint256 seed, uint256 entity, uint256 what, uint256 n) private pure returns (uint64) {
        return uint64(uint256(keccak256(abi.encode(seed, entity, what))) % n);
    }
}
