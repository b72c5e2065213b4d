// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {OnlyFamily} from "../src/Family.sol";
import {Fixed} from "../src/Fixed.sol";
import {Orders} from "../src/Orders.sol";
import {
    ACCOUNT_FOUNDATION,
    AlreadyBid,
    AlreadySet,
    AlreadyVoted,
    AmountTooSmall,
    AssetNotAccepted,
    AssetNotEnabled,
    BID_OPEN,
    BID_OUT,
    BID_WON,
    BatchMismatch,
    BracketExceeded,
    CapacityExhausted,
    DeadlineNotPassed,
    DeadlinePassed,
    FIZZ_ACTIVE,
    FIZZ_SERVING,
    FeeAboveMaximum,
    InsufficientEscrow,
    InsufficientStake,
    KIND_OPERATOR,
    KIND_ORDER,
    KIND_PROVIDER,
    LeasesOpen,
    NotAssigned,
    NotInMode,
    NotMatchable,
    NotOwner,
    OPERATOR_ACTIVE,
    OPERATOR_LEFT,
    ORDER_CANCELLED,
    ORDER_EXPIRED,
    ORDER_FLAG_COMMUNITY,
    ORDER_FLAG_REGION_HARD,
    ORDER_FLAG_SECURED,
    ORDER_FLAG_SENSITIVE,
    ORDER_LEASED,
    ORDER_MATCHING,
    ORDER_MODE_FIZZ,
    ORDER_OPEN,
    OperatorsFull,
    OperatorsRecord,
    OrdersRecord,
    PROVIDER_REGISTERED,
    P_ANTI_SELF_LEASE_BAN,
    P_ESCROW_BRACKETS_ENFORCED,
    P_MATCH_BID_FLOOR_BPS,
    P_MATCH_MODE,
    P_MATCH_OPERATORS,
    P_MATCH_OP_REWARD,
    P_MATCH_QUORUM_BPS,
    P_MATCH_SLASH_WINDOW_ERAS,
    P_MATCH_USER_CHOICE,
    P_MATCH_W_BPS_RANDOM,
    P_MATCH_W_BPS_REGION,
    P_MATCH_W_BPS_SLASHES,
    P_ORDER_BID_WINDOW_BLOCKS,
    P_ORDER_MAX_BIDS,
    P_ORDER_TTL_BLOCKS,
    P_SLASH_TASK_MODE,
    PriceTooLow,
    RankingInvalid,
    RegionMismatch,
    STEP_POST_MEDIAN,
    SelfLease,
    SensitiveData,
    TierExcluded,
    TierTooLow,
    UnknownEntity,
    ValueOutOfRange,
    WrongState
} from "../src/Protocol.sol";
import {Deployment} from "./Deployment.sol";
import {MarketWorld, Wish} from "./MarketWorld.sol";
import {SLOT_FIZZ_NODES, SLOT_PROVIDERS, SLOT_PROVIDER_COLLATERAL, SLOT_PROVIDER_MARKET, SLOT_SLASHED_ERAS} from "./Tables.sol";
import {ProviderWords} from "./World.sol";

/// @notice More cheatcodes of forge.
interface GasCheats {
    /// @notice Makes all storage of a contract cold again.
    function cool(address target) external;
}

/// @notice Orders, bids and operators (SM-6 up to the lease): every transition, every guard, and what the largest order book and
/// the largest set of operators cost.
contract OrdersTest is Deployment, MarketWorld {
    GasCheats private constant CHEATS = GasCheats(address(vm));
    uint64 private constant OWNER = HOST_1;
    uint64 private constant MAX = 2 * ONE;
    uint64 private constant COST = 20 * ONE; // ten hours at the order's maximum
    uint256 private constant BLOCK_GAS = 30_000_000;
    // Places of fields in a provider's record.
    uint256 private constant AT_STATE = 1;
    uint256 private constant AT_TIER = 2;
    uint256 private constant AT_MATCHABLE = 7;
    uint256 private constant AT_REGION = 16;

    uint64 private provider;
    uint64 private second;
    uint64 private third;
    uint64 private wallet;

    function setUp() public {
        deploy(smallParams());
        openAgents(130, OPENING);
        token.seal();
        openSlot();
        openMarket();
        provider = activateProvider(OWNER, 600 * ONE);
        second = activateProvider(HOST_2, 700 * ONE);
        third = activateProvider(HOST_3, 800 * ONE);
        wallet = openEscrow(CONSUMER, 0, 2_000 * ONE);
    }

    function orderTransition(uint64 order, uint64 actor, uint64 from, uint64 to) private {
        emits(address(orders));
        emit Transition(KIND_ORDER, order, actor, from, to);
    }

    function setProvider(uint64 id, uint256 field, uint64 value) private {
        poke(address(providers), SLOT_PROVIDERS + 8 * uint256(id), field, value);
    }

    function newOrder() private returns (uint64) {
        return createOrder(wishOf(wallet, 0));
    }

    function closeBids(uint64 order) private {
        goTo(ordersAt(order).bidUntilS + 1);
    }

    function refusesOrder(Wish memory w, bytes4 err, uint64 have, uint64 need) private {
        refusedBy(CONSUMER, err, have, need);
        send(address(orders), orderCall(w));
    }

    // Orders

    function test_createOrder_opensTheOrderForItsTwoDeadlines() public {
        goTo(40);
        Wish memory w = wishOf(wallet, 0);
        (w.gpuCount, w.gpuTier, w.region, w.flags) = (1, 9, 5, ORDER_FLAG_COMMUNITY | ORDER_FLAG_SENSITIVE);
        orderTransition(1, CONSUMER, 0, ORDER_OPEN);
        emits(address(orders));
        emit OrderCreated(1, wallet, CONSUMER, 0, 36_000, MAX);
        createOrder(w);
        OrdersRecord memory o = ordersAt(1);
        assertEq(abi.encode(o.escrow, o.state, o.asset, o.mode), abi.encode(wallet, ORDER_OPEN, 0, 0));
        assertEq(abi.encode(o.cpuCount, o.memoryGb, o.storageGb, o.gpuCount), abi.encode(1, 2, 10, 1));
        assertEq(abi.encode(o.gpuTier, o.region, o.durationS, o.maxPriceUnits), abi.encode(9, 5, 36_000, MAX));
        assertEq(o.flags, ORDER_FLAG_COMMUNITY | ORDER_FLAG_SENSITIVE);
        assertEq(abi.encode(o.createdS, o.bidUntilS, o.expiresS), abi.encode(40, 44, 100));
        assertEq(abi.encode(orderTotals().orderCount, orderTotals().openCount), abi.encode(1, 1));
    }

    function test_createOrder_givenSomebodyElsesWallet_isRefused() public {
        refusesOrder(wishOf(0, 0), UnknownEntity.selector, 0, 1);
        refusesOrder(wishOf(2, 0), UnknownEntity.selector, 2, 1);
        refusedBy(A, NotOwner.selector, A, CONSUMER);
        send(address(orders), orderCall(wishOf(wallet, 0)));
    }

    function test_createOrder_givenAValueOutOfItsRange_isRefusedByTheFirstOfThem() public {
        Wish memory w = wishOf(wallet, 0);
        (w.asset, w.mode, w.flags, w.cpuCount, w.maxPriceUnits) = (4, 2, 32, 0, 0);
        refusesOrder(w, ValueOutOfRange.selector, 4, 3);
        w.asset = 0;
        refusesOrder(w, ValueOutOfRange.selector, 2, 1);
        w.mode = ORDER_MODE_FIZZ;
        refusesOrder(w, ValueOutOfRange.selector, 32, 31);
        w.flags = ORDER_FLAG_SECURED | ORDER_FLAG_COMMUNITY;
        refusesOrder(w, ValueOutOfRange.selector, 6, 31);
        w.flags = ORDER_FLAG_SENSITIVE;
        refusesOrder(w, SensitiveData.selector, 8, 0);
        w.flags = 0;
        refusesOrder(w, ValueOutOfRange.selector, 0, 4_096);
        (w.cpuCount, w.memoryGb) = (4_096, 65_537);
        refusesOrder(w, ValueOutOfRange.selector, 65_537, 65_536);
        (w.memoryGb, w.storageGb) = (1, 1_000_001);
        refusesOrder(w, ValueOutOfRange.selector, 1_000_001, 1_000_000);
        (w.storageGb, w.gpuCount) = (0, 65);
        refusesOrder(w, ValueOutOfRange.selector, 65, 64);
        (w.gpuCount, w.gpuTier) = (0, 12);
        refusesOrder(w, ValueOutOfRange.selector, 12, 11);
        (w.gpuTier, w.region) = (1, 64);
        refusesOrder(w, ValueOutOfRange.selector, 1, 0);
        w.gpuCount = 1;
        refusesOrder(w, ValueOutOfRange.selector, 64, 63);
        (w.region, w.durationS) = (63, 3_601);
        refusesOrder(w, ValueOutOfRange.selector, 3_601, 31_536_000);
        w.durationS = 0;
        refusesOrder(w, ValueOutOfRange.selector, 0, 31_536_000);
        w.durationS = 31_536_000 + 3_600;
        refusesOrder(w, ValueOutOfRange.selector, 31_539_600, 31_536_000);
        w.durationS = 3_600;
        refusesOrder(w, ValueOutOfRange.selector, 0, 10 ** 11);
        w.maxPriceUnits = 10 ** 11 + 1;
        refusesOrder(w, ValueOutOfRange.selector, 10 ** 11 + 1, 10 ** 11);
    }

    function test_createOrder_givenNoTimeBetweenBidsAndTheEnd_isRefused() public {
        setParam(P_ORDER_TTL_BLOCKS, param(P_ORDER_BID_WINDOW_BLOCKS));
        refusesOrder(wishOf(wallet, 0), ValueOutOfRange.selector, 2, 2);
    }

    function test_createOrder_givenTooLittleInTheWallet_isRefused() public {
        uint64 poor = openEscrow(CONSUMER, 0, COST - 1);
        setParam(P_ESCROW_BRACKETS_ENFORCED, 0);
        refusesOrder(wishOf(poor, 0), InsufficientEscrow.selector, COST - 1, COST);
        Wish memory w = wishOf(poor, 0);
        w.maxPriceUnits = MAX - 1;
        createOrder(w);
    }

    /// @dev The consumer's fee on foreign payments is part of what must be there.
    function test_createOrder_givenAForeignAsset_needsTheFeeToo() public {
        issue(1, CONSUMER, 30 * ONE);
        uint64 dollars = openEscrow(CONSUMER, 1, COST + COST / 50 - 1);
        setParam(P_ESCROW_BRACKETS_ENFORCED, 0);
        Wish memory w = wishOf(dollars, 0);
        w.asset = 1;
        refusesOrder(w, InsufficientEscrow.selector, 20_399_999, 20_400_000);
        w.maxPriceUnits = MAX - 1;
        createOrder(w);
    }

    function test_createOrder_givenAnAssetThatIsNotEnabled_isRefused() public {
        deploy(smallParams());
        openAgents(12, OPENING);
        token.seal();
        openSlot();
        openEscrow(CONSUMER, 0, 2_000 * ONE);
        Wish memory w = wishOf(1, 0);
        (w.asset, w.mode) = (2, 2);
        refusesOrder(w, AssetNotEnabled.selector, 2, 0);
    }

    /// @dev A bracket is 15 dollars, 729 tokens.
    function test_createOrder_givenTooFewBrackets_isRefused() public {
        Wish memory w = wishOf(wallet, 0);
        w.cpuCount = 17;
        refusesOrder(w, BracketExceeded.selector, 3, 2);
        setParam(P_ESCROW_BRACKETS_ENFORCED, 0);
        createOrder(w);
    }

    function test_cancelOrder_isTheConsumersAndOnlyWhileItIsOpen() public {
        uint64 order = newOrder();
        uint64 bid = placeBid(order, provider, MAX, 0);
        refusedBy(CONSUMER, UnknownEntity.selector, 2, 1);
        orders.cancelOrder(2);
        refusedBy(A, NotOwner.selector, A, CONSUMER);
        orders.cancelOrder(order);
        orderTransition(order, CONSUMER, ORDER_OPEN, ORDER_CANCELLED);
        cancelOrder(order);
        assertEq(bidsAt(bid).state, BID_OUT);
        assertEq(abi.encode(orderTotals().openCount, orderTotals().expiredCount), abi.encode(0, 0));
        refusedBy(CONSUMER, WrongState.selector, ORDER_CANCELLED, 0);
        orders.cancelOrder(order);
    }

    /// @dev ESCROW-4: an order goes with its wallet.
    function test_cancelOrder_givenAWalletThatWasGivenAway_isTheNewOwners() public {
        uint64 order = newOrder();
        by(CONSUMER);
        escrow.transferEscrow(wallet, B);
        refusedBy(CONSUMER, NotOwner.selector, CONSUMER, B);
        orders.cancelOrder(order);
        by(B);
        orders.cancelOrder(order);
    }

    function test_expireOrder_endsWhatIsOpenOrInMatchingAfterItsTime() public {
        uint64 open = newOrder();
        uint64 matching = newOrder();
        placeBid(matching, provider, MAX, 0);
        openMatching(matching);
        uint64 expiresS = ordersAt(open).expiresS;
        goTo(expiresS);
        refusedBy(K, DeadlineNotPassed.selector, expiresS, expiresS);
        orders.expireOrder(open);
        goTo(expiresS + 1);
        orderTransition(open, K, ORDER_OPEN, ORDER_EXPIRED);
        by(K);
        orders.expireOrder(open);
        orderTransition(matching, K, ORDER_MATCHING, ORDER_EXPIRED);
        by(K);
        orders.expireOrder(matching);
        assertEq(abi.encode(orderTotals().openCount, orderTotals().expiredCount), abi.encode(0, 2));
        refusedBy(K, WrongState.selector, ORDER_EXPIRED, 0);
        orders.expireOrder(open);
    }

    // Bids

    function test_setAcceptedAssets_givenNothing_isTheTokenAlone() public {
        refusedBy(OWNER, UnknownEntity.selector, 4, 3);
        orders.setAcceptedAssets(4, 16);
        refusedBy(A, NotOwner.selector, A, OWNER);
        orders.setAcceptedAssets(provider, 16);
        refusedBy(OWNER, ValueOutOfRange.selector, 16, 15);
        orders.setAcceptedAssets(provider, 16);

        issue(1, CONSUMER, 100 * ONE);
        uint64 dollars = openEscrow(CONSUMER, 1, 100 * ONE);
        Wish memory w = wishOf(dollars, 0);
        w.asset = 1;
        uint64 order = createOrder(w);
        refusedBy(OWNER, AssetNotAccepted.selector, 1, 1);
        orders.placeBid(order, provider, MAX, 0);
        by(OWNER);
        orders.setAcceptedAssets(provider, 2);
        placeBid(order, provider, MAX, 0);
        uint64 native = newOrder();
        refusedBy(OWNER, AssetNotAccepted.selector, 0, 2);
        orders.placeBid(native, provider, MAX, 0);
        by(OWNER);
        orders.setAcceptedAssets(provider, 0);
        refusedBy(OWNER, AssetNotAccepted.selector, 0, 0);
        orders.placeBid(native, provider, MAX, 0);
    }

    function test_placeBid_joinsTheOrdersListOfBids() public {
        uint64 order = newOrder();
        emits(address(orders));
        emit BidPlaced(order, 1, provider, MAX, 0);
        placeBid(order, provider, MAX, 0);
        placeBid(order, second, ONE, 0);
        assertEq(abi.encode(bidsAt(2)), abi.encode(order, second, ONE, 0, BID_OPEN, 1, 0, 0));
        assertEq(abi.encode(ordersAt(order).lastBid, ordersAt(order).bidCount), abi.encode(2, 2));
        assertEq(orderTotals().bidCount, 2);
    }

    function test_placeBid_givenAWrongOrderProviderOrPrice_isRefusedInTheOrderOfTheGuards() public {
        uint64 order = newOrder();
        refusedBy(A, UnknownEntity.selector, 2, 1);
        orders.placeBid(2, 9, 0, 7);
        refusedBy(A, UnknownEntity.selector, 9, 3);
        orders.placeBid(order, 9, 0, 7);
        refusedBy(A, NotOwner.selector, A, OWNER);
        orders.placeBid(order, provider, 0, 7);
        refusedBy(OWNER, NotInMode.selector, 0, 1);
        orders.placeBid(order, provider, 0, 7);
        refusedBy(OWNER, AmountTooSmall.selector, 0, 1);
        orders.placeBid(order, provider, 0, 0);
        refusedBy(OWNER, FeeAboveMaximum.selector, MAX + 1, MAX);
        orders.placeBid(order, provider, MAX + 1, 0);
        setParam(P_MATCH_BID_FLOOR_BPS, 5_000);
        refusedBy(OWNER, PriceTooLow.selector, ONE - 1, ONE);
        orders.placeBid(order, provider, ONE - 1, 0);
        placeBid(order, provider, ONE, 0);
        refusedBy(OWNER, AlreadyBid.selector, order, provider);
        orders.placeBid(order, provider, ONE, 0);
        closeBids(order);
        uint64 untilS = ordersAt(order).bidUntilS;
        refusedBy(HOST_2, DeadlinePassed.selector, untilS + 1, untilS);
        orders.placeBid(order, second, ONE, 0);
        openMatching(order);
        refusedBy(HOST_2, WrongState.selector, ORDER_MATCHING, 0);
        orders.placeBid(order, second, ONE, 0);
    }


    function test_placeBid_givenTheConsumersOwnProvider_isRefusedWhereThatIsBanned() public {
        uint64 own = openEscrow(OWNER, 0, 2_000 * ONE);
        uint64 order = createOrder(wishOf(own, 0));
        setParam(P_ANTI_SELF_LEASE_BAN, 1);
        refusedBy(OWNER, SelfLease.selector, OWNER, 0);
        orders.placeBid(order, provider, ONE, 0);
        setParam(P_ANTI_SELF_LEASE_BAN, 0);
        placeBid(order, provider, ONE, 0);
    }

    function test_placeBid_givenAProviderThatMayNotWin_isRefusedByTheReason() public {
        Wish memory w = wishOf(wallet, 0);
        (w.gpuCount, w.gpuTier, w.region, w.flags) = (1, 10, 5, ORDER_FLAG_SECURED | ORDER_FLAG_REGION_HARD);
        setParam(P_ESCROW_BRACKETS_ENFORCED, 0);
        (w.cpuCount, w.memoryGb) = (17, 65);
        uint64 order = createOrder(w);
        setProvider(provider, AT_STATE, PROVIDER_REGISTERED);
        refusesBid(order, WrongState.selector, PROVIDER_REGISTERED, 0);
        setProvider(provider, AT_STATE, 3);
        poke(address(stake), SLOT_PROVIDER_COLLATERAL + 3 * uint256(provider), 0, 0);
        refusesBid(order, InsufficientStake.selector, 0, 1);
        poke(address(stake), SLOT_PROVIDER_COLLATERAL + 3 * uint256(provider), 0, 600 * ONE);
        setProvider(provider, AT_MATCHABLE, 0);
        refusesBid(order, NotMatchable.selector, provider, 0);
        setProvider(provider, AT_MATCHABLE, 1);
        setProvider(provider, AT_TIER, 4);
        refusesBid(order, TierExcluded.selector, 4, w.flags);
        setProvider(provider, AT_TIER, 3);
        refusesBid(order, RegionMismatch.selector, 0, 5);
        setProvider(provider, AT_REGION, 5);
        refusesBid(order, TierTooLow.selector, 9, 10);
        w.gpuTier = 9;
        order = createOrder(w);
        refusesBid(order, CapacityExhausted.selector, 16, 17);
        w.cpuCount = 16;
        order = createOrder(w);
        refusesBid(order, CapacityExhausted.selector, 64, 65);
        w.memoryGb = 64;
        order = createOrder(w);
        placeBid(order, provider, ONE, 0);
        w.flags = ORDER_FLAG_COMMUNITY;
        order = createOrder(w);
        refusesBid(order, TierExcluded.selector, 3, ORDER_FLAG_COMMUNITY);
    }

    function refusesBid(uint64 order, bytes4 err, uint64 have, uint64 need) private {
        refusedBy(OWNER, err, have, need);
        orders.placeBid(order, provider, ONE, 0);
    }

    /// @dev What leases use is not free any more (INV-53).
    function test_placeBid_givenALeaseThatTakesTheResources_isRefused() public {
        setParam(P_ESCROW_BRACKETS_ENFORCED, 0);
        Wish memory w = wishOf(wallet, 0);
        w.cpuCount = 10;
        uint64 order = createOrder(w);
        placeBid(order, provider, ONE, 0);
        assertEq(matchOrder(order), 1);
        order = createOrder(w);
        refusesBid(order, CapacityExhausted.selector, 6, 10);
    }

    function test_placeBid_givenAFullOrderBook_putsTheDearestOut_onATieTheLatest() public {
        setParam(P_ORDER_MAX_BIDS, 3);
        uint64 order = newOrder();
        placeBid(order, provider, MAX, 0);
        placeBid(order, second, MAX, 0);
        placeBid(order, third, ONE, 0);
        uint64 fourth = activateProvider(A, 600 * ONE);
        refusedBy(A, FeeAboveMaximum.selector, MAX, MAX);
        orders.placeBid(order, fourth, MAX, 0);
        placeBid(order, fourth, MAX - 1, 0);
        // The second bid was in the middle of the list: 4 → 3 → 1.
        assertEq(abi.encode(bidsAt(1).state, bidsAt(2).state), abi.encode(BID_OPEN, BID_OUT));
        assertEq(abi.encode(bidsAt(4).previous, bidsAt(3).previous), abi.encode(3, 1));
        assertEq(abi.encode(ordersAt(order).lastBid, ordersAt(order).bidCount), abi.encode(4, 3));
        // Whoever went out may bid again, and now the first bid is the dearest.
        placeBid(order, second, MAX - 2, 0);
        assertEq(bidsAt(1).state, BID_OUT);
        assertEq(abi.encode(bidsAt(3).previous, bidsAt(5).previous), abi.encode(0, 4));
        // The latest bid of the list may be the one that goes.
        setParam(P_ORDER_MAX_BIDS, 1);
        uint64 small = newOrder();
        placeBid(small, provider, MAX, 0);
        placeBid(small, second, ONE, 0);
        assertEq(abi.encode(bidsAt(7).previous, ordersAt(small).lastBid, ordersAt(small).bidCount), abi.encode(0, 7, 1));
    }

    // Matching

    function test_openMatching_givenBidsThatCanWin_drawsTheSeedOfTheOrder() public {
        uint64 order = newOrder();
        placeBid(order, provider, MAX, 0);
        uint64 untilS = ordersAt(order).bidUntilS;
        goTo(untilS);
        refusedBy(K, UnknownEntity.selector, 2, 1);
        orders.openMatching(2);
        refusedBy(K, DeadlineNotPassed.selector, untilS, untilS);
        orders.openMatching(order);
        goTo(untilS + 1);
        orderTransition(order, K, ORDER_OPEN, ORDER_MATCHING);
        by(K);
        orders.openMatching(order);
        OrdersRecord memory o = ordersAt(order);
        assertEq(o.seed, Fixed.rnd(clock.beacon(), 14, order, 0));
        assertEq(abi.encode(o.matchingS, o.operatorSet0, o.operatorCount), abi.encode(untilS + 1, 0, 0));
        refusedBy(K, WrongState.selector, ORDER_MATCHING, 0);
        orders.openMatching(order);
    }

    function test_openMatching_givenNoBidThatCanWin_endsTheOrder() public {
        uint64 order = newOrder();
        uint64 bid = placeBid(order, provider, MAX, 0);
        setProvider(provider, AT_MATCHABLE, 0);
        closeBids(order);
        orderTransition(order, K, ORDER_OPEN, ORDER_EXPIRED);
        by(K);
        orders.openMatching(order);
        assertEq(bidsAt(bid).state, BID_OUT);
        uint64 empty = newOrder();
        openMatching(empty);
        assertEq(ordersAt(empty).state, ORDER_EXPIRED);
        assertEq(orderTotals().expiredCount, 2);
    }

    function test_matchOrder_givesTheOrderToOneBidAndOpensItsLease() public {
        uint64 order = newOrder();
        placeBid(order, provider, MAX, 0);
        placeBid(order, second, 1, 0);
        openMatching(order);
        orderTransition(order, K, ORDER_MATCHING, ORDER_LEASED);
        by(K);
        orders.matchOrder(order);
        OrdersRecord memory o = ordersAt(order);
        assertEq(abi.encode(o.state, o.lease), abi.encode(ORDER_LEASED, 1));
        assertEq(abi.encode(bidsAt(1).state, bidsAt(2).state), abi.encode(BID_OUT, BID_WON));
        assertEq(abi.encode(leasesAt(1).provider, leasesAt(1).priceUnits, leasesAt(1).order), abi.encode(second, 1, order));
        assertEq(abi.encode(orderTotals().openCount, orderTotals().matchedCount), abi.encode(0, 1));
        refusedBy(K, WrongState.selector, ORDER_LEASED, 0);
        orders.matchOrder(order);
    }

    function test_matchOrder_givenTheWinnerCanServeNoMore_takesAnother_orEndsTheOrder() public {
        uint64 order = newOrder();
        placeBid(order, provider, MAX, 0);
        placeBid(order, second, 1, 0);
        openMatching(order);
        setProvider(second, AT_MATCHABLE, 0);
        uint256 state = vm.snapshotState();
        by(K);
        orders.matchOrder(order);
        assertEq(leasesAt(1).provider, provider);
        assertTrue(vm.revertToState(state));
        setProvider(provider, AT_MATCHABLE, 0);
        by(K);
        orders.matchOrder(order);
        assertEq(abi.encode(ordersAt(order).state, ordersAt(order).lease), abi.encode(ORDER_EXPIRED, 0));
    }

    /// @dev INV-56: what is not there any more cannot be locked.
    function test_matchOrder_givenAWalletThatWasEmptied_endsTheOrder() public {
        setParam(P_ESCROW_BRACKETS_ENFORCED, 0);
        uint64 order = newOrder();
        uint64 bid = placeBid(order, provider, MAX, 0);
        openMatching(order);
        by(CONSUMER);
        escrow.withdrawEscrow(wallet, 0, 2_000 * ONE - COST + 1);
        orderTransition(order, K, ORDER_MATCHING, ORDER_EXPIRED);
        by(K);
        orders.matchOrder(order);
        assertEq(bidsAt(bid).state, BID_OUT);
    }

    function test_matchOrder_givenTooFewBracketsByNow_endsTheOrder() public {
        uint64 order = newOrder();
        placeBid(order, provider, MAX, 0);
        openMatching(order);
        by(CONSUMER);
        escrow.withdrawEscrow(wallet, 0, 2_000 * ONE - 700 * ONE);
        by(K);
        orders.matchOrder(order);
        assertEq(ordersAt(order).state, ORDER_EXPIRED);
    }

    function test_matchOrder_givenAnotherMode_orNoTimeLeft_isRefused() public {
        uint64 order = newOrder();
        placeBid(order, provider, MAX, 0);
        refusedBy(K, WrongState.selector, ORDER_OPEN, 0);
        orders.matchOrder(order);
        openMatching(order);
        setParam(P_MATCH_USER_CHOICE, 1);
        refusedBy(K, NotInMode.selector, 1, 0);
        orders.matchOrder(order);
        setParam(P_MATCH_USER_CHOICE, 0);
        setParam(P_MATCH_MODE, 1);
        refusedBy(K, NotInMode.selector, 1, 0);
        orders.matchOrder(order);
        setParam(P_MATCH_MODE, 0);
        uint64 expiresS = ordersAt(order).expiresS;
        goTo(expiresS + 1);
        refusedBy(K, DeadlinePassed.selector, expiresS + 1, expiresS);
        orders.matchOrder(order);
    }

    function test_chooseBid_letsTheConsumerChooseWhereTheParameterDoes() public {
        uint64 other = newOrder();
        uint64 foreign = placeBid(other, provider, MAX, 0);
        uint64 order = newOrder();
        uint64 dear = placeBid(order, provider, MAX, 0);
        uint64 cheap = placeBid(order, second, 1, 0);
        openMatching(order);
        refusedBy(A, NotOwner.selector, A, CONSUMER);
        orders.chooseBid(order, dear);
        refusedBy(CONSUMER, NotInMode.selector, 0, 1);
        orders.chooseBid(order, dear);
        setParam(P_MATCH_USER_CHOICE, 1);
        refusedBy(CONSUMER, WrongState.selector, ORDER_OPEN, 0);
        orders.chooseBid(other, dear);
        refusedBy(CONSUMER, UnknownEntity.selector, 4, 3);
        orders.chooseBid(order, 4);
        refusedBy(CONSUMER, WrongState.selector, BID_OPEN, 0);
        orders.chooseBid(order, foreign);
        setProvider(second, AT_MATCHABLE, 0);
        refusedBy(CONSUMER, NotMatchable.selector, second, 0);
        orders.chooseBid(order, cheap);
        orderTransition(order, CONSUMER, ORDER_MATCHING, ORDER_LEASED);
        by(CONSUMER);
        orders.chooseBid(order, dear);
        assertEq(leasesAt(1).provider, provider);
    }

    function test_deregisterProvider_givenALease_isRefused() public {
        uint64 order = newOrder();
        placeBid(order, provider, MAX, 0);
        uint64 lease = matchOrder(order);
        refusedBy(OWNER, LeasesOpen.selector, 1, 0);
        providers.deregisterProvider(provider);
        closeLease(lease);
        by(OWNER);
        providers.deregisterProvider(provider);
    }

    // Fizz nodes

    function fizzOrder(uint64 gateway, uint64 owner) private returns (uint64 order, uint64 fizz) {
        openGateway(gateway, 0, 300);
        fizz = activeFizz(owner, gateway, 10 * ONE);
        order = createOrder(wishOf(wallet, ORDER_MODE_FIZZ));
        reserveFizz(fizz, order);
    }

    function test_placeBid_givenAnOrderInFizzMode_needsTheNodeThatIsReservedForIt() public {
        (uint64 order, uint64 fizz) = fizzOrder(provider, A);
        refusedBy(OWNER, NotInMode.selector, 1, 0);
        orders.placeBid(order, provider, MAX, 0);
        refusedBy(OWNER, UnknownEntity.selector, 2, 1);
        orders.placeBid(order, provider, MAX, 2);
        refusedBy(OWNER, PriceTooLow.selector, ONE - 1, ONE);
        orders.placeBid(order, provider, ONE - 1, fizz);
        refusedBy(HOST_2, WrongState.selector, fizzNodesAt(fizz).state, 0);
        orders.placeBid(order, second, ONE, fizz);
        placeBid(order, provider, ONE, fizz);
        uint64 lease = matchOrder(order);
        assertEq(abi.encode(leasesAt(lease).fizz, fizzNodesAt(fizz).state), abi.encode(fizz, FIZZ_SERVING));
    }

    function test_endedOrder_freesTheNodesThatWereReservedForIt() public {
        (uint64 order, uint64 fizz) = fizzOrder(provider, A);
        openGateway(second, 0, 300);
        uint64 other = activeFizz(B, second, 10 * ONE);
        reserveFizz(other, order);
        placeBid(order, provider, ONE, fizz);
        setParam(P_ORDER_MAX_BIDS, 1);
        refusedBy(HOST_2, FeeAboveMaximum.selector, ONE, ONE);
        orders.placeBid(order, second, ONE, other);
        setParam(P_ORDER_MAX_BIDS, 2);
        placeBid(order, second, ONE, other);
        cancelOrder(order);
        assertEq(abi.encode(fizzNodesAt(fizz).state, fizzNodesAt(other).state), abi.encode(FIZZ_ACTIVE, FIZZ_ACTIVE));
    }

    // Operators

    function join(uint64 account) private {
        by(account);
        orders.joinOperators();
    }

    function test_joinOperators_takesTheLowestFreeSeat() public {
        setParam(P_MATCH_OPERATORS, 2);
        goTo(10);
        emits(address(orders));
        emit Transition(KIND_OPERATOR, 1, A, 0, OPERATOR_ACTIVE);
        join(A);
        join(B);
        assertEq(abi.encode(operatorsAt(2)), abi.encode(B, OPERATOR_ACTIVE, 10, 0, 0, 0));
        assertEq(abi.encode(orderTotals().operatorCount, orderTotals().operatorSet0), abi.encode(2, 3));
        refusedBy(B, AlreadySet.selector, 1, 0);
        orders.joinOperators();
        refusedBy(CREATOR, OperatorsFull.selector, 2, 2);
        orders.joinOperators();
        refusedBy(B, NotOwner.selector, B, A);
        orders.leaveOperators(0);
        refusedBy(A, ValueOutOfRange.selector, 101, 100);
        orders.leaveOperators(101);
        emits(address(orders));
        emit Transition(KIND_OPERATOR, 1, A, OPERATOR_ACTIVE, OPERATOR_LEFT);
        by(A);
        orders.leaveOperators(0);
        assertEq(abi.encode(orderTotals().operatorCount, orderTotals().operatorSet0), abi.encode(1, 2));
        refusedBy(A, WrongState.selector, OPERATOR_LEFT, 0);
        orders.leaveOperators(0);
        goTo(20);
        join(CREATOR);
        assertEq(abi.encode(operatorsAt(1)), abi.encode(CREATOR, OPERATOR_ACTIVE, 20, 0, 0, 0));
    }

    /// @dev Three operators of three seats, and an order in matching with bids of `provider` and `second`.
    function votedOrder() private returns (uint64 order) {
        setParam(P_MATCH_MODE, 1);
        setParam(P_MATCH_OPERATORS, 3);
        join(VAL_1);
        join(VAL_2);
        join(VAL_3);
        order = newOrder();
        placeBid(order, provider, MAX, 0);
        placeBid(order, second, ONE, 0);
        openMatching(order);
        assertEq(abi.encode(ordersAt(order).operatorSet0, ordersAt(order).operatorCount), abi.encode(7, 3));
    }

    function vote(uint64 account, uint64 order, uint64 seat, uint64 bid) private {
        by(account);
        orders.voteMatch(order, seat, bid);
    }

    function test_voteMatch_givenTwoThirds_writesTheMatchAndRewardsThoseWhoVotedForIt() public {
        setParam(P_MATCH_QUORUM_BPS, 6_666);
        uint64 order = votedOrder();
        uint64 rewardUnits = param(P_MATCH_OP_REWARD);
        uint64 before = token.unitsOf(VAL_3);
        vote(VAL_2, order, 1, 2);
        emits(address(orders));
        emit MatchVoted(order, 0, 1, 1);
        vote(VAL_1, order, 0, 1);
        assertEq(ordersAt(order).state, ORDER_MATCHING);
        emits(address(orders));
        emit MatchVoted(order, 2, 1, 2);
        orderTransition(order, VAL_3, ORDER_MATCHING, ORDER_LEASED);
        vote(VAL_3, order, 2, 1);
        assertEq(leasesAt(1).provider, provider);
        assertEq(token.unitsOf(VAL_3), before + rewardUnits / 2);
        OperatorsRecord memory loser = operatorsAt(2);
        OperatorsRecord memory winner = operatorsAt(3);
        assertEq(abi.encode(loser.voteCount, loser.wonCount, loser.rewardUnits), abi.encode(1, 0, 0));
        assertEq(abi.encode(winner.voteCount, winner.wonCount, winner.rewardUnits), abi.encode(1, 1, rewardUnits / 2));
        assertEq(abi.encode(bidsAt(1).voters0, bidsAt(2).voters0, ordersAt(order).voted0), abi.encode(5, 2, 7));
    }

    function test_voteMatch_givenWhoHasNoVote_isRefusedInTheOrderOfTheGuards() public {
        uint64 order = votedOrder();
        refusedBy(VAL_1, UnknownEntity.selector, 2, 1);
        orders.voteMatch(2, 0, 1);
        refusedBy(VAL_1, ValueOutOfRange.selector, 101, 100);
        orders.voteMatch(order, 101, 1);
        refusedBy(VAL_1, NotOwner.selector, VAL_1, VAL_2);
        orders.voteMatch(order, 1, 1);
        vote(VAL_1, order, 0, 1);
        refusedBy(VAL_1, AlreadyVoted.selector, order, 0);
        orders.voteMatch(order, 0, 1);
        refusedBy(VAL_2, UnknownEntity.selector, 3, 2);
        orders.voteMatch(order, 1, 3);
        by(VAL_3);
        orders.leaveOperators(2);
        refusedBy(VAL_3, NotOwner.selector, VAL_3, 0);
        orders.voteMatch(order, 2, 1);
        wait_(1);
        join(VAL_4);
        refusedBy(VAL_4, NotAssigned.selector, 2, 0);
        orders.voteMatch(order, 2, 1);
        setParam(P_MATCH_USER_CHOICE, 1);
        refusedBy(VAL_2, NotInMode.selector, 1, 0);
        orders.voteMatch(order, 1, 1);
        setParam(P_MATCH_MODE, 0);
        refusedBy(VAL_2, NotInMode.selector, 0, 1);
        orders.voteMatch(order, 1, 1);
        setParam(P_MATCH_MODE, 1);
        setParam(P_MATCH_USER_CHOICE, 0);
        uint64 expiresS = ordersAt(order).expiresS;
        goTo(expiresS + 1);
        refusedBy(VAL_2, DeadlinePassed.selector, expiresS + 1, expiresS);
        orders.voteMatch(order, 1, 1);
    }

    /// @dev SM-6: the winner is no longer eligible; its voters may vote again.
    function test_voteMatch_givenABidThatCanWinNoMore_putsItOutAndFreesItsVotes() public {
        uint64 order = votedOrder();
        setParam(P_MATCH_QUORUM_BPS, 6_666);
        setProvider(provider, AT_MATCHABLE, 0);
        vote(VAL_1, order, 0, 1);
        vote(VAL_2, order, 1, 1);
        assertEq(abi.encode(bidsAt(1).state, bidsAt(1).voters0), abi.encode(BID_OUT, 3));
        assertEq(abi.encode(ordersAt(order).voted0, ordersAt(order).bidCount), abi.encode(0, 1));
        refusedBy(VAL_1, WrongState.selector, BID_OUT, 0);
        orders.voteMatch(order, 0, 1);
        vote(VAL_1, order, 0, 2);
        setProvider(second, AT_MATCHABLE, 0);
        orderTransition(order, VAL_3, ORDER_MATCHING, ORDER_EXPIRED);
        vote(VAL_3, order, 2, 2);
    }

    /// @dev What cannot be paid is not: the foundation gives what it has; a seat that changed hands gets nothing.
    function test_voteMatch_givenASeatThatAnotherHasTaken_rewardsOnlyTheOthers() public {
        uint64 order = votedOrder();
        setParam(P_MATCH_QUORUM_BPS, 6_666);
        vote(VAL_1, order, 0, 1);
        by(VAL_1);
        orders.leaveOperators(0);
        wait_(1);
        join(VAL_4);
        (uint64 old, uint64 heir) = (token.unitsOf(VAL_1), token.unitsOf(VAL_4));
        vote(VAL_2, order, 1, 1);
        assertEq(ordersAt(order).state, ORDER_LEASED);
        assertEq(abi.encode(token.unitsOf(VAL_1), token.unitsOf(VAL_4)), abi.encode(old, heir));
        assertEq(operatorsAt(1).wonCount, 0);
        assertEq(operatorsAt(2).rewardUnits, param(P_MATCH_OP_REWARD) / 2);
    }

    // What matching remembers

    function test_postMedian_isTheLowerMedianOfTheCollateralOfActiveProviders() public {
        activateProvider(A, 900 * ONE);
        by(HOST_2);
        providers.unstakeProvider(second, 100 * ONE);
        nextEra();
        // 600, 600, 800, 900: the lower of the two in the middle.
        assertEq(orderTotals().medianUnits, 600 * ONE);
        assertEq(abi.encode(orderTotals().medianBelowCount, orderTotals().medianTotalCount), abi.encode(0, 4));
    }

    function test_postMedian_givenAnythingElse_isRefused() public {
        endEra();
        runSteps(STEP_POST_MEDIAN - 1, WHOLE);
        postsMedian(0, 3, 700 * ONE - 1, RankingInvalid.selector, 3, 700 * ONE - 1);
        postsMedian(0, 3, 700 * ONE + 1, RankingInvalid.selector, 3, 700 * ONE + 1);
        postsMedian(0, 3, 2 ** 53, ValueOutOfRange.selector, 2 ** 53, 2 ** 53 - 1);
        refusedBy(K, BatchMismatch.selector, 2, 1);
        orders.postMedian(0, 3, new uint64[](2));
        by(K);
        orders.postMedian(0, 1, listOf(700 * ONE));
        postsMedian(1, 3, 800 * ONE, RankingInvalid.selector, 3, 800 * ONE);
        by(K);
        orders.postMedian(1, 2, listOf(700 * ONE));
        emits(address(orders));
        emit MedianPosted(0, 700 * ONE);
        by(K);
        orders.postMedian(2, 3, listOf(700 * ONE));
        assertEq(abi.encode(orderTotals().medianBelowCount, orderTotals().medianNotAboveCount), abi.encode(1, 2));
    }

    function postsMedian(uint64 from, uint64 to, uint64 units, bytes4 err, uint64 have, uint64 need) private {
        refusedBy(K, err, have, need);
        orders.postMedian(from, to, listOf(units));
    }

    function test_postMedian_givenNoProviders_isNothing() public {
        deploy(smallParams());
        openAgents(12, OPENING);
        token.seal();
        openSlot();
        endEra();
        runSteps(STEP_POST_MEDIAN - 1, WHOLE);
        postsMedian(0, 0, 1, RankingInvalid.selector, 0, 1);
        by(K);
        orders.postMedian(0, 0, listOf(0));
    }

    /// @dev F-10: with a fee for one breached hour.
    function slashOnce(uint64 id, uint64 feeUnits) private {
        ProviderWords memory r;
        (r.full, r.active, r.task, r.breached, r.feeUnits) = (3, 3, 3, 1, feeUnits);
        reportProvider(id, r);
    }

    function test_slashedEras_areRememberedOncePerEraInWhichCollateralWasTaken() public {
        slashOnce(provider, ONE);
        slashOnce(second, 0);
        setParam(P_SLASH_TASK_MODE, 0);
        nextEra();
        assertEq(abi.encode(providerMarketAt(provider)), abi.encode(0, 1, 1, 0));
        assertEq(slashedErasAt(64 * provider), 1);
        assertEq(providerMarketAt(second).slashedEraCount, 0);
        nextEra();
        slashOnce(provider, ONE);
        nextEra();
        assertEq(abi.encode(providerMarketAt(provider)), abi.encode(0, 2, 3, 0));
        assertEq(slashedErasAt(64 * provider + 1), 3);
    }

    /// @dev The mean over the breached hours, not over all in task mode, is what each of them costs.
    function test_slash_givenFeesOfTwoBreachedHoursOfTwenty_takesThemAll() public {
        setParam(P_SLASH_TASK_MODE, 0);
        ProviderWords memory r;
        (r.full, r.active, r.task, r.breached, r.feeUnits) = (2 ** 20 - 1, 2 ** 20 - 1, 2 ** 20 - 1, 3, 10 * ONE);
        reportProvider(provider, r);
        nextEra();
        assertEq(stake.ownUnits(KIND_PROVIDER, provider), 590 * ONE);
    }

    function test_recordSlash_givenASecondOneInTheEra_remembersOne() public {
        for (uint256 i; i < 2; ++i) {
            vm.prank(address(stake));
            orders.recordSlash(provider);
        }
        assertEq(abi.encode(providerMarketAt(provider)), abi.encode(0, 1, 1, 0));
        assertEq(slashedErasAt(64 * provider + 1), 0);
    }

    function test_recordSlash_isForStakeAlone() public {
        vm.expectRevert(abi.encodeWithSelector(OnlyFamily.selector, addressOf(A)));
        by(A);
        orders.recordSlash(provider);
        vm.expectRevert(abi.encodeWithSelector(OnlyFamily.selector, address(providers)));
        vm.prank(address(providers));
        orders.recordSlash(provider);
        vm.expectRevert(abi.encodeWithSelector(OnlyFamily.selector, addressOf(A)));
        by(A);
        orders.setLease(1, 1);
    }

    /// @dev The slash is the only term. The window ends with this era: two eras see the last one, one does not.
    function test_matchOrder_givenASlashInTheWindow_prefersTheOtherBid() public {
        for (uint256 number = P_MATCH_W_BPS_REGION; number <= P_MATCH_W_BPS_RANDOM; ++number) {
            setParam(number, number == P_MATCH_W_BPS_SLASHES ? 10_000 : 0);
        }
        setParam(P_MATCH_SLASH_WINDOW_ERAS, 2);
        uint64 order = winnerSeed();
        uint64 winner = matchedProvider(order);
        slashOnce(winner, ONE);
        nextEra();
        uint64 next = winnerSeed();
        assertNotEq(matchedProvider(next), winner);
        setParam(P_MATCH_SLASH_WINDOW_ERAS, 1);
        for (uint64 i; i < 4; ++i) {
            next = winnerSeed();
            uint64 chosen = matchedProvider(next);
            uint64 seed = ordersAt(next).seed;
            bool isFirst = Fixed.rnd(seed, 14, provider, 0) > Fixed.rnd(seed, 14, second, 0);
            assertEq(chosen, isFirst ? provider : second);
        }
    }

    /// @return order with bids of two providers, before its matching
    function winnerSeed() private returns (uint64 order) {
        order = newOrder();
        placeBid(order, provider, MAX, 0);
        placeBid(order, second, MAX, 0);
    }

    function matchedProvider(uint64 order) private returns (uint64) {
        return leasesAt(matchOrder(order)).provider;
    }

    // Gas

    function cost(uint64 actor, bytes memory data) private returns (uint256 gas) {
        for (uint256 i; i < families.length; ++i) {
            CHEATS.cool(families[i]);
        }
        gas = this.costOf(addressOf(actor), data);
        assertLt(gas, BLOCK_GAS);
    }

    /// @dev From outside, so that it does not matter how much memory the test has taken.
    /// @return gas of the action on storage that is cold
    function costOf(address sender, bytes calldata data) external returns (uint256 gas) {
        vm.prank(sender);
        gas = gasleft();
        send(address(orders), data);
        gas -= gasleft();
    }

    /// @dev An order in fizz mode with 64 bids, each with a node of a gateway of its own and 64 slashes to remember.
    function fullBook() private returns (uint64 order) {
        setParam(P_ORDER_MAX_BIDS, 64);
        setParam(P_ORDER_TTL_BLOCKS, 1_000);
        order = createOrder(wishOf(wallet, ORDER_MODE_FIZZ));
        for (uint64 i; i < 65; ++i) {
            uint64 owner = A + 12 + i;
            uint64 gateway = activateProvider(owner, 600 * ONE);
            openGateway(gateway, 0, 300);
            uint64 fizz = activeFizz(owner, gateway, 10 * ONE);
            reserveFizz(fizz, order);
            slashAlways(gateway);
            if (i < 64) placeBid(order, gateway, ONE + 100 - i, fizz);
        }
    }

    function slashAlways(uint64 id) private {
        poke(address(orders), SLOT_PROVIDER_MARKET + id, 1, 64);
        for (uint256 i; i < 64; ++i) {
            poke(address(orders), SLOT_SLASHED_ERAS + 16 * uint256(id) + i / 4, i % 4, 1);
        }
    }

    function test_gas_ofTheFullestOrderBookStaysBelowABlock() public {
        uint64 order = fullBook();
        uint64 last = 68; // provider of the 65th node
        uint256[5] memory gas;
        gas[0] = cost(A + 12 + 64, abi.encodeCall(Orders.placeBid, (order, last, ONE, 65)));
        uint256 state = vm.snapshotState();
        gas[1] = cost(CONSUMER, abi.encodeCall(Orders.cancelOrder, (order)));
        assertTrue(vm.revertToState(state));
        closeBids(order);
        gas[4] = costInVain(order);
        assertTrue(vm.revertToState(state));
        closeBids(order);
        gas[2] = cost(K, abi.encodeCall(Orders.openMatching, (order)));
        gas[3] = cost(K, abi.encodeCall(Orders.matchOrder, (order)));
        assertEq(ordersAt(order).state, ORDER_LEASED);
        printGas("64 bids: placeBid, cancelOrder", gas[0], gas[1]);
        printGas("64 bids: openMatching, matchOrder", gas[2], gas[3]);
        printGas("64 bids: openMatching in vain", gas[4], 0);
    }

    /// @dev No node is reserved any more, which is the last that a bid is asked.
    /// @return gas of opening the matching of an order that then ends
    function costInVain(uint64 order) private returns (uint256 gas) {
        for (uint256 fizz = 1; fizz <= 65; ++fizz) {
            poke(address(fizzes), SLOT_FIZZ_NODES + 4 * fizz, AT_STATE, FIZZ_ACTIVE);
        }
        gas = cost(K, abi.encodeCall(Orders.openMatching, (order)));
        assertEq(ordersAt(order).state, ORDER_EXPIRED);
    }

    function test_gas_ofTheLargestSetOfOperatorsStaysBelowABlock() public {
        setParam(P_MATCH_MODE, 1);
        setParam(P_MATCH_OPERATORS, 101);
        setParam(P_MATCH_QUORUM_BPS, 10_000);
        for (uint64 i; i < 100; ++i) {
            join(A + 12 + i);
        }
        uint256 joining = cost(A + 112, abi.encodeCall(Orders.joinOperators, ()));
        assertEq(orderTotals().operatorSet1, 2 ** 49 - 1);
        uint64 order = fullBook();
        openMatching(order);
        for (uint64 i; i < 100; ++i) {
            vote(A + 12 + i, order, i, 1);
        }
        uint256 state = vm.snapshotState();
        uint256 winning = cost(A + 112, abi.encodeCall(Orders.voteMatch, (order, 100, 1)));
        assertEq(abi.encode(ordersAt(order).state, operatorsAt(101).wonCount), abi.encode(ORDER_LEASED, 1));
        assertTrue(vm.revertToState(state));
        setProvider(bidsAt(1).provider, AT_MATCHABLE, 0);
        uint256 losing = cost(A + 112, abi.encodeCall(Orders.voteMatch, (order, 100, 1)));
        assertEq(abi.encode(ordersAt(order).voted0, ordersAt(order).voted1), abi.encode(0, 0));
        printGas("101 operators: joinOperators, voteMatch", joining, winning);
        printGas("64 bids: voteMatch that fails", losing, 0);
    }

    /// @dev To forge's console, shown with -vv.
    function printGas(string memory name, uint256 few, uint256 many) private view {
        (bool ok,) = address(0x000000000000000000636F6e736F6c652e6c6f67)
            .staticcall(abi.encodeWithSignature("log(string,uint256,uint256)", name, few, many));
        assertTrue(ok);
    }
}
