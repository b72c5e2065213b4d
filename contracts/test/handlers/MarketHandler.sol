// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Assets} from "../../src/Assets.sol";
import {Escrow} from "../../src/Escrow.sol";
import {Resources} from "../../src/Interfaces.sol";
import {Leases} from "../../src/Leases.sol";
import {Orders} from "../../src/Orders.sol";
import {
    ASSET_COUNT,
    BID_OPEN,
    BidsRecord,
    FAMILY_COUNT,
    FP,
    KIND_PROVIDER,
    LEASE_AWAITING,
    LEASE_CLOSED,
    LEASE_DEPLOYING,
    LEASE_DOWN,
    LEASE_SERVING,
    LeasesRecord,
    OPERATOR_ACTIVE,
    ORDER_LEASED,
    ORDER_MATCHING,
    ORDER_MODE_FIZZ,
    ORDER_OPEN,
    OrdersRecord,
    PROVIDER_ACTIVE,
    P_ESCROW_BRACKETS_ENFORCED,
    P_LEASE_DEPLOY_SLA_S,
    P_MATCH_MODE,
    P_MATCH_OPERATORS,
    P_MATCH_USER_CHOICE,
    UPDATE_PROPOSED
} from "../../src/Protocol.sol";
import {
    A_ACCEPT_UPDATE,
    A_CANCEL_ORDER,
    A_CHOOSE_BID,
    A_CLOSE_LEASE,
    A_CONFIRM_DEPLOYMENT,
    A_CREATE_ORDER,
    A_DEPOSIT_ESCROW,
    A_ENABLE_ASSET,
    A_END_LEASE,
    A_EXPIRE_ORDER,
    A_EXTEND_LEASE,
    A_ISSUE_ASSET,
    A_JOIN_OPERATORS,
    A_LEAVE_OPERATORS,
    A_MATCH_ORDER,
    A_OPEN_ESCROW,
    A_OPEN_MATCHING,
    A_PAUSE_LEASE,
    A_PLACE_BID,
    A_POST_PRICES,
    A_PROPOSE_UPDATE,
    A_RATE_LEASE,
    A_REJECT_UPDATE,
    A_RESUME_LEASE,
    A_SEND_MANIFEST,
    A_SET_ACCEPTED_ASSETS,
    A_TRANSFER_ASSET,
    A_TRANSFER_ESCROW,
    A_VOTE_MATCH,
    A_WITHDRAW_ESCROW,
    A_WITHDRAW_LEASE
} from "../Actions.sol";
import {Vm} from "../Base.sol";
import {MarketInvariants} from "../MarketInvariants.sol";
import {Wish} from "../MarketWorld.sol";
import {Handler} from "./Handler.sol";

/// @title MarketTurns
/// @notice What the handlers of the market share: orders, bids and matches, with what each must show.
abstract contract MarketTurns is Handler, MarketInvariants {
    uint64 private constant MAX_ORDERS = 400;

    /// @dev Sends an order of whoever owns the wallet. @return order its number, 0 if it was refused
    function order_(Wish memory w) internal returns (uint64 order) {
        if (orderTotals().orderCount >= MAX_ORDERS) return 0;
        if (!act(A_CREATE_ORDER, mostly(escrowsAt(w.escrow).owner), address(orders), orderCall(w))) return 0;
        return orderTotals().orderCount;
    }

    function wish(uint64 mode) internal returns (Wish memory w) {
        w = wishOf(anyOf(escrowTotals().escrowCount), mode);
        w.asset = once(8) ? chance(5) : richest(w.escrow);
        w.cpuCount = 1 + chance(4);
        w.memoryGb = 1 + chance(8);
        w.storageGb = chance(20);
        w.gpuCount = once(4) ? 1 : 0;
        w.region = chance(64);
        w.durationS = 3_600 * (1 + chance(6));
        w.maxPriceUnits = 1 + chance(3 * ONE);
        // Now and then more than the wallet can pay: a lease may begin with less than all of it, and use its money up.
        if (once(4)) w.maxPriceUnits = 1 + unlockedOf(w.escrow, w.asset) / (w.durationS / 3_600) * 3 / 2;
        w.flags = once(3) ? chance(33) : 0;
    }

    /// @return asset the one of which the wallet has most units
    function richest(uint64 wallet) private view returns (uint64 asset) {
        for (uint64 other = 1; other < 4; ++other) {
            if (unlockedOf(wallet, other) > unlockedOf(wallet, asset)) asset = other;
        }
    }

    function unlockedOf(uint64 wallet, uint64 asset) private view returns (uint64) {
        return escrowBalancesAt(wallet * 4 + asset).unlockedUnits;
    }

    /// @dev INV-54: what is accepted was in time, not too dear, and of a provider with stake that takes the asset.
    function bid_(uint64 order, uint64 provider, uint64 priceUnits, uint64 fizz) internal returns (bool ok) {
        bytes memory data = abi.encodeCall(Orders.placeBid, (order, provider, priceUnits, fizz));
        ok = act(A_PLACE_BID, mostly(providersAt(provider).owner), address(orders), data);
        if (!ok) return false;
        OrdersRecord memory o = ordersAt(order);
        assertLe(nowS(), o.bidUntilS, "INV-54: after the window");
        assertLe(priceUnits, o.maxPriceUnits, "INV-54: above the maximum price");
        uint64 mask = providerMarketAt(provider).isAssetsSet == 1 ? providerMarketAt(provider).assetMask : 1;
        assertEq((mask >> o.asset) & 1, 1, "INV-54: an asset that the provider does not take");
        assertGt(providerCollateralAt(provider).ownUnits, 0, "INV-54: without stake");
        assertEq(o.lastBid, orderTotals().bidCount, "ORDER-5: the latest bid");
    }

    /// @dev The keeper opens the matching of an order, when its bids' time is over.
    function openMatching_(uint64 order) internal {
        bool isOpen = ordersAt(order).state == ORDER_OPEN;
        uint64 untilS = ordersAt(order).bidUntilS;
        if (isOpen && nowS() <= untilS && !once(10)) passTime(untilS + 1 - nowS());
        if (!rather(isOpen && nowS() > untilS)) return;
        act(A_OPEN_MATCHING, K, address(orders), abi.encodeCall(Orders.openMatching, (order)));
    }

    function isInMatching(uint64 order) internal view returns (bool) {
        return ordersAt(order).state == ORDER_MATCHING && nowS() <= ordersAt(order).expiresS;
    }

    function match_(uint64 order) internal {
        if (!rather(isInMatching(order))) return;
        uint64 count = leaseTotals().leaseCount;
        if (!act(A_MATCH_ORDER, K, address(orders), abi.encodeCall(Orders.matchOrder, (order)))) return;
        checkNewLease(order, count);
    }

    /// @dev INV-56: a wallet in which a lease begins has the brackets for all of its leases.
    function checkNewLease(uint64 order, uint64 countBefore) internal view {
        bool isLeased = ordersAt(order).state == ORDER_LEASED;
        assertEq(leaseTotals().leaseCount, countBefore + (isLeased ? 1 : 0), "INV-55: one lease");
        if (isLeased) checkBrackets(ordersAt(order).escrow);
    }

    function checkBrackets(uint64 wallet) internal view {
        if (param(P_ESCROW_BRACKETS_ENFORCED) == 0) return;
        Resources memory none;
        (uint64 needed, uint64 held) = escrow.brackets(wallet, none, none);
        assertLe(needed, held, "INV-56: brackets of a wallet");
    }

    /// @param mode that of the order, or any above
    /// @return order one whose state is among those whose bits are set, of the youngest; for want of one any
    function orderIn(uint256 stateBits, uint64 mode) internal returns (uint64 order) {
        uint64 count = orderTotals().orderCount;
        uint64 skipped = chance(3);
        uint64 last;
        for (order = count; order > 0; --order) {
            OrdersRecord memory o = ordersAt(order);
            if ((stateBits >> o.state) & 1 == 0 || (mode < 2 && o.mode != mode)) continue;
            last = order;
            if (skipped == 0) return order;
            --skipped;
        }
        return last == 0 ? anyOf(count) : last;
    }
}

/// @notice What consumers, providers, operators and the keeper do in the market. How an order is matched changes from turn to
/// turn, so that each way is taken.
contract MarketHandler is MarketTurns {
    uint64 private constant ANY = 2;
    uint256 private constant OPEN =
        1 << LEASE_AWAITING | 1 << LEASE_DEPLOYING | 1 << LEASE_SERVING | 1 << LEASE_DOWN;
    uint64 private constant MAX_WALLETS = 10;

    /// @dev Of each lease, as far as it was last seen.
    mapping(uint256 lease => uint64 units) private paidBefore;
    mapping(uint256 lease => bytes32 parties) private partiesBefore;

    constructor(address[FAMILY_COUNT] memory addresses) Handler(addresses) {}

    /// @inheritdoc Handler
    function turns() external pure override returns (bytes4[] memory list) {
        list = new bytes4[](21);
        list[0] = this.fund.selector;
        list[1] = this.prices.selector;
        list[2] = this.deposit.selector;
        list[3] = this.withdraw.selector;
        list[4] = this.order.selector;
        list[5] = this.order.selector;
        list[6] = this.order.selector;
        list[7] = this.bid.selector;
        list[8] = this.bid.selector;
        list[9] = this.endOrder.selector;
        list[10] = this.matchCentrally.selector;
        list[11] = this.matchCentrally.selector;
        list[12] = this.matchByOperators.selector;
        list[13] = this.choose.selector;
        list[14] = this.operators.selector;
        list[15] = this.deploy.selector;
        list[16] = this.deploy.selector;
        list[17] = this.payAndExtend.selector;
        list[18] = this.update.selector;
        list[19] = this.close.selector;
        list[20] = this.breakDown.selector;
    }

    /// @dev INV-50, INV-55: whoever acted since, and also over a settlement.
    modifier leases_() {
        watchLeases();
        _;
        watchLeases();
    }

    function watchLeases() private {
        LeasesRecord[] memory all = leasesTo(leaseTotals().leaseCount);
        for (uint256 lease = 1; lease < all.length; ++lease) {
            assertGe(all[lease].paidUnits, paidBefore[lease], "INV-50: accrued units fell");
            bytes32 parties = partiesOf(all[lease]);
            bytes32 before = partiesBefore[lease];
            assertTrue(before == 0 || before == parties, "INV-55: parties of a lease");
            paidBefore[lease] = all[lease].paidUnits;
            partiesBefore[lease] = parties;
        }
    }

    // Assets and escrow

    function fund(uint256 seed) external turn(seed) {
        uint64 asset = chance(5);
        // Nobody disables one again.
        bool canBe = asset > 0 && asset < ASSET_COUNT && assetsAt(asset).isEnabled == 0;
        if (canBe || once(60)) act(A_ENABLE_ASSET, K, address(assets), abi.encodeCall(Assets.enableAsset, (asset)));
        uint64 units = chance(200 * ONE);
        act(A_ISSUE_ASSET, K, address(assets), abi.encodeCall(Assets.issueAsset, (asset, agent(), units)));
        uint64 from = agent();
        bytes memory data = abi.encodeCall(Assets.transferAsset, (1 + chance(3), agent(), chance(40 * ONE)));
        act(A_TRANSFER_ASSET, from, address(assets), data);
    }

    /// @dev Around the prices of genesis, now and then far off or none.
    function prices(uint256 seed) external turn(seed) {
        uint64 fp = uint64(FP);
        uint64 dollar = once(8) ? chance(3) * 10 ** 12 : 30 * fp + chance(40 * fp);
        bytes memory data = abi.encodeCall(Assets.postPrices, (dollar, 1 + chance(10_000 * fp), 1 + chance(fp)));
        act(A_POST_PRICES, K, address(assets), data);
    }

    function deposit(uint256 seed) external turn(seed) {
        uint64 asset = once(2) ? 0 : chance(5);
        uint64 units = once(8) ? chance(10) : chance(600 * ONE);
        uint64 actor = agent();
        if (asset > 0 && asset < 4 && !once(5)) {
            bytes memory issued = abi.encodeCall(Assets.issueAsset, (asset, actor, units));
            act(A_ISSUE_ASSET, K, address(assets), issued);
        }
        uint64 count = escrowTotals().escrowCount;
        if (count < MAX_WALLETS) {
            act(A_OPEN_ESCROW, actor, address(escrow), abi.encodeCall(Escrow.openEscrow, (asset, units)));
            return;
        }
        uint64 wallet = anyOf(count);
        bytes memory data = abi.encodeCall(Escrow.depositEscrow, (wallet, asset, units));
        act(A_DEPOSIT_ESCROW, mostly(escrowsAt(wallet).owner), address(escrow), data);
    }

    function withdraw(uint256 seed) external turn(seed) {
        uint64 wallet = anyOf(escrowTotals().escrowCount);
        uint64 asset = once(2) ? 0 : chance(5);
        uint64 lockedUnits = escrowBalancesAt(wallet * 4 + asset % 4).lockedUnits;
        bytes memory data = abi.encodeCall(Escrow.withdrawEscrow, (wallet, asset, chance(80 * ONE)));
        if (act(A_WITHDRAW_ESCROW, mostly(escrowsAt(wallet).owner), address(escrow), data)) {
            assertEq(escrowBalancesAt(wallet * 4 + asset).lockedUnits, lockedUnits, "ESCROW-3: locked units withdrawn");
        }
        if (!once(4)) return;
        data = abi.encodeCall(Escrow.transferEscrow, (wallet, agent()));
        act(A_TRANSFER_ESCROW, mostly(escrowsAt(wallet).owner), address(escrow), data);
    }

    // Orders and bids

    function order(uint256 seed) external turn(seed) leases_ {
        uint64 id = order_(wish(once(10) ? ORDER_MODE_FIZZ : 0));
        if (id == 0) return;
        for (uint64 i = chance(4); i > 0; --i) {
            bidOf(id, active());
        }
        if (once(2)) return;
        openMatching_(id);
        match_(id);
    }

    function bid(uint256 seed) external turn(seed) {
        if (once(8)) accept(active());
        uint64 id = orderIn(1 << ORDER_OPEN, 0);
        bool isInTime = ordersAt(id).state == ORDER_OPEN && nowS() <= ordersAt(id).bidUntilS;
        if (rather(isInTime)) bidOf(id, active());
    }

    /// @dev The provider mostly accepts the asset first, and mostly has not bid yet.
    function bidOf(uint64 id, uint64 provider) private {
        OrdersRecord memory o = ordersAt(id);
        bool isNew = true;
        for (uint64 other = o.lastBid; other != 0; other = bidsAt(other).previous) {
            if (bidsAt(other).provider == provider && bidsAt(other).state == BID_OPEN) isNew = false;
        }
        if (!rather(isNew && o.mode != ORDER_MODE_FIZZ)) return;
        bool isAccepted = o.asset == 0 || (providerMarketAt(provider).assetMask >> o.asset) & 1 == 1;
        if (!isAccepted && !once(8)) accept(provider);
        bid_(id, provider, price(id), 0);
    }

    function accept(uint64 provider) private {
        bytes memory data = abi.encodeCall(Orders.setAcceptedAssets, (provider, once(6) ? chance(24) : 15));
        act(A_SET_ACCEPTED_ASSETS, mostly(providersAt(provider).owner), address(orders), data);
    }

    function endOrder(uint256 seed) external turn(seed) {
        uint64 id = orderIn(1 << ORDER_OPEN, ANY);
        if (once(4)) {
            uint64 owner = escrowsAt(ordersAt(id).escrow).owner;
            act(A_CANCEL_ORDER, mostly(owner), address(orders), abi.encodeCall(Orders.cancelOrder, (id)));
        }
        uint64 last = orderTotals().orderCount;
        for (uint64 other = 1; other <= last; ++other) {
            OrdersRecord memory o = ordersAt(other);
            bool isOpen = o.state == ORDER_OPEN || o.state == ORDER_MATCHING;
            if (isOpen && (nowS() > o.expiresS || once(30))) {
                act(A_EXPIRE_ORDER, K, address(orders), abi.encodeCall(Orders.expireOrder, (other)));
            }
        }
    }

    function matchCentrally(uint256 seed) external turn(seed) leases_ {
        uint64 id = toMatch();
        openMatching_(id);
        match_(id);
    }

    /// @dev The operators of the moment vote, mostly for the same bid.
    function matchByOperators(uint256 seed) external turn(seed) leases_ {
        if (isSettling()) return;
        setParam(P_MATCH_MODE, 1);
        for (uint64 i; i < 2; ++i) {
            join();
        }
        uint64 id = toMatch();
        openMatching_(id);
        uint64 favourite = openBidOf(id);
        for (uint64 seat; seat < param(P_MATCH_OPERATORS); ++seat) {
            if (!rather(isInMatching(id) && operatorsAt(seat + 1).state == OPERATOR_ACTIVE)) continue;
            uint64 count = leaseTotals().leaseCount;
            uint64 choice = once(6) ? anyOf(orderTotals().bidCount) : favourite;
            bytes memory data = abi.encodeCall(Orders.voteMatch, (id, seat, choice));
            if (!act(A_VOTE_MATCH, mostly(operatorsAt(seat + 1).account), address(orders), data)) continue;
            checkNewLease(id, count);
        }
        setParam(P_MATCH_MODE, 0);
    }

    function choose(uint256 seed) external turn(seed) leases_ {
        if (isSettling()) return;
        setParam(P_MATCH_USER_CHOICE, 1);
        uint64 id = toMatch();
        openMatching_(id);
        uint64 choice = openBidOf(id);
        if (once(4)) choice = bidsAt(choice).previous;
        uint64 count = leaseTotals().leaseCount;
        bytes memory data = abi.encodeCall(Orders.chooseBid, (id, choice));
        if (rather(isInMatching(id)) && act(A_CHOOSE_BID, mostly(escrowsAt(ordersAt(id).escrow).owner), address(orders), data)) {
            checkNewLease(id, count);
        }
        setParam(P_MATCH_USER_CHOICE, 0);
    }

    function operators(uint256 seed) external turn(seed) {
        join();
        if (!once(2)) return;
        uint64 seat = chance(param(P_MATCH_OPERATORS) + 1);
        bytes memory data = abi.encodeCall(Orders.leaveOperators, (seat));
        act(A_LEAVE_OPERATORS, mostly(operatorsAt(seat + 1).account), address(orders), data);
    }

    /// @return bid the latest of the order's that is open
    function openBidOf(uint64 id) private view returns (uint64 bid) {
        bid = ordersAt(id).lastBid;
        while (bid != 0 && bidsAt(bid).state != BID_OPEN) bid = bidsAt(bid).previous;
    }

    /// @dev Mostly somebody who has no seat yet, while one is free.
    function join() private {
        uint64 actor = agent();
        bool canBe = orderTotals().operatorCount < param(P_MATCH_OPERATORS);
        for (uint64 seat; seat < param(P_MATCH_OPERATORS); ++seat) {
            if (operatorsAt(seat + 1).account == actor && operatorsAt(seat + 1).state == OPERATOR_ACTIVE) canBe = false;
        }
        if (rather(canBe)) act(A_JOIN_OPERATORS, actor, address(orders), abi.encodeCall(Orders.joinOperators, ()));
    }

    // Leases

    function deploy(uint256 seed) external turn(seed) leases_ {
        uint64 lease = leaseIn(once(2) ? 1 << LEASE_AWAITING : 1 << LEASE_DEPLOYING);
        if (rather(isIn(lease, 1 << LEASE_AWAITING) && nowS() < leasesAt(lease).endS)) {
            act(A_SEND_MANIFEST, consumerOf(lease), address(leases), abi.encodeCall(Leases.sendManifest, (lease)));
        }
        if (once(3) || !rather(isIn(lease, 1 << LEASE_DEPLOYING) && nowS() < leasesAt(lease).endS)) return;
        bytes memory data = abi.encodeCall(Leases.confirmDeployment, (lease));
        act(A_CONFIRM_DEPLOYMENT, payeeOf(lease), address(leases), data);
    }

    function payAndExtend(uint256 seed) external turn(seed) leases_ {
        uint64 lease = leaseIn(1 << LEASE_SERVING | 1 << LEASE_DOWN);
        if (!rather(isIn(lease, OPEN))) return;
        LeasesRecord memory before = leasesAt(lease);
        vm.recordLogs();
        bool ok = act(A_WITHDRAW_LEASE, payeeOf(lease), address(leases), abi.encodeCall(Leases.withdrawLease, (lease)));
        Vm.Log[] memory logs = vm.getRecordedLogs();
        if (ok) checkAccrual(lease, before, logs);
        if (!once(3) || !rather(nowS() < before.endS)) return;
        bytes memory data = abi.encodeCall(Leases.extendLease, (lease, once(10) ? chance(4_000) : 3_600 * (1 + chance(3))));
        act(A_EXTEND_LEASE, consumerOf(lease), address(leases), data);
    }

    function update(uint256 seed) external turn(seed) leases_ {
        uint64 lease = leaseIn(1 << LEASE_SERVING | 1 << LEASE_DEPLOYING | 1 << LEASE_AWAITING);
        bool canBe = isIn(lease, OPEN) && leasesAt(lease).fizz == 0 && nowS() < leasesAt(lease).endS;
        if (!rather(canBe)) return;
        bytes memory data = abi.encodeCall(
            Leases.proposeUpdate,
            (lease, 1 + chance(5), 1 + chance(9), chance(22), chance(2), 3_600 * (1 + chance(5)), 1 + chance(2 * ONE))
        );
        act(A_PROPOSE_UPDATE, consumerOf(lease), address(leases), data);
        if (once(3) || !rather(leaseUpdatesAt(lease).state == UPDATE_PROPOSED)) return;
        uint64 provider = party(providersAt(leasesAt(lease).provider).owner);
        if (once(2)) {
            act(A_REJECT_UPDATE, provider, address(leases), abi.encodeCall(Leases.rejectUpdate, (lease)));
            return;
        }
        LeasesRecord memory before = leasesAt(lease);
        bool isProposed = leaseUpdatesAt(lease).state == UPDATE_PROPOSED;
        vm.recordLogs();
        bool ok = act(A_ACCEPT_UPDATE, provider, address(leases), abi.encodeCall(Leases.acceptUpdate, (lease)));
        Vm.Log[] memory logs = vm.getRecordedLogs();
        if (!ok) return;
        assertTrue(isProposed, "LEASE-11: what nobody asked for");
        checkClose(lease, before, logs);
        checkBrackets(before.escrow);
        assertEq(ordersAt(before.order).lease, leaseTotals().leaseCount, "INV-55: the lease of the order");
    }

    function close(uint256 seed) external turn(seed) leases_ {
        uint64 lease = once(2) ? dueLease() : leaseIn(once(3) ? 1 << LEASE_CLOSED : OPEN);
        LeasesRecord memory before = leasesAt(lease);
        if (rather(isIn(lease, OPEN))) end(lease, before);
        if (!rather(leasesAt(lease).state == LEASE_CLOSED && before.ratedTenths == 0)) return;
        bytes memory data = abi.encodeCall(Leases.rateLease, (lease, chance(52)));
        act(A_RATE_LEASE, consumerOf(lease), address(leases), data);
    }

    /// @dev The keeper ends it if it is due, else a party closes it.
    function end(uint64 lease, LeasesRecord memory before) private {
        bool isEnd = once(3) || nowS() >= before.endS;
        bytes memory data = isEnd ? abi.encodeCall(Leases.endLease, (lease)) : abi.encodeCall(Leases.closeLease, (lease));
        uint64 actor = isEnd ? K : once(3) ? payeeOf(lease) : consumerOf(lease);
        vm.recordLogs();
        bool ok = act(isEnd ? A_END_LEASE : A_CLOSE_LEASE, actor, address(leases), data);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        if (ok) checkClose(lease, before, logs);
    }

    function breakDown(uint256 seed) external turn(seed) leases_ {
        uint64 down = leaseIn(1 << LEASE_DOWN);
        uint64 back = nowS() - chance(20);
        if (back < leasesAt(down).downSinceS && !once(6)) back = leasesAt(down).downSinceS;
        if (rather(isIn(down, 1 << LEASE_DOWN) && leasesAt(down).deployedS != 0)) {
            act(A_RESUME_LEASE, K, address(leases), abi.encodeCall(Leases.resumeLease, (down, back)));
        }
        uint64 lease = leaseIn(once(2) ? 1 << LEASE_SERVING : 1 << LEASE_DEPLOYING);
        LeasesRecord memory l = leasesAt(lease);
        if (!rather(isIn(lease, 1 << LEASE_SERVING | 1 << LEASE_DEPLOYING))) return;
        uint64 sinceS = nowS() - chance(20);
        if (l.state == LEASE_DEPLOYING && !once(4)) sinceS = l.manifestS + param(P_LEASE_DEPLOY_SLA_S);
        if (l.accruedS > sinceS) sinceS = l.accruedS;
        act(A_PAUSE_LEASE, K, address(leases), abi.encodeCall(Leases.pauseLease, (lease, sinceS)));
    }

    // Choice

    function active() private returns (uint64) {
        return among(KIND_PROVIDER, 1 << PROVIDER_ACTIVE);
    }

    /// @return units a price for the order, now and then too high
    function price(uint64 id) private returns (uint64) {
        uint64 most = ordersAt(id).maxPriceUnits;
        return once(12) ? most + chance(3) : chance(uint256(most) + 1);
    }

    /// @return id an order in matching, or an open one with bids
    function toMatch() private returns (uint64 id) {
        id = orderIn(1 << ORDER_MATCHING, ANY);
        if (isInMatching(id) && once(2)) return id;
        uint64 count = orderTotals().orderCount;
        for (uint64 other = count; other > 0; --other) {
            OrdersRecord memory o = ordersAt(other);
            BidsRecord memory b = bidsAt(o.lastBid);
            if (o.state == ORDER_OPEN && o.lastBid != 0 && b.state == BID_OPEN && nowS() <= o.expiresS) return other;
        }
    }

    /// @return lease one whose state is among those whose bits are set, the youngest first; for want of one any
    function leaseIn(uint256 stateBits) private returns (uint64 lease) {
        uint64 count = leaseTotals().leaseCount;
        uint64 skipped = chance(4);
        uint64 last;
        for (lease = count; lease > 0; --lease) {
            if ((stateBits >> leasesAt(lease).state) & 1 == 0) continue;
            last = lease;
            if (skipped == 0) return lease;
            --skipped;
        }
        return last == 0 ? anyOf(count) : last;
    }

    /// @return lease one whose time is over, for want of one any that is not closed
    function dueLease() private returns (uint64 lease) {
        for (lease = leaseTotals().leaseCount; lease > 0; --lease) {
            if (isIn(lease, OPEN) && nowS() >= leasesAt(lease).endS) return lease;
        }
        return leaseIn(OPEN);
    }

    function isIn(uint64 lease, uint256 stateBits) private view returns (bool) {
        return (stateBits >> leasesAt(lease).state) & 1 == 1;
    }

    function consumerOf(uint64 lease) private returns (uint64) {
        return party(escrowsAt(leasesAt(lease).escrow).owner);
    }

    /// @return the party of a lease, now and then another
    function party(uint64 account) private returns (uint64) {
        return once(10) ? agent() : mostly(account);
    }

    function payeeOf(uint64 lease) private returns (uint64) {
        LeasesRecord memory l = leasesAt(lease);
        return party(l.fizz == 0 ? providersAt(l.provider).owner : fizzNodesAt(l.fizz).owner);
    }
}
