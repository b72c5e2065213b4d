// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Fixed} from "../src/Fixed.sol";
import {
    ACCOUNT_ESCROW,
    ACCOUNT_FIRST_AGENT,
    ASSET_COUNT,
    BID_OPEN,
    BID_OUT,
    BID_WON,
    BPS,
    BidsRecord,
    CLOSE_CONSUMER,
    CLOSE_EXPELLED,
    DelegationsRecord,
    EscrowBalancesRecord,
    EscrowTotalsRecord,
    EscrowsRecord,
    FIZZ_ACTIVE,
    FIZZ_CONFIGURED,
    FIZZ_DETACHED,
    FIZZ_LEAVING,
    FIZZ_REGISTERED,
    FIZZ_RESERVED,
    FIZZ_SERVING,
    FizzNodesRecord,
    KIND_PROVIDER,
    LEASE_AWAITING,
    LEASE_CLOSED,
    LEASE_DOWN,
    LEASE_TERM_CHARGES_DOWNTIME,
    LEASE_TERM_CHARGES_UNDEPLOYED,
    LEASE_TERM_HOUR_UP,
    LeasesRecord,
    OPERATOR_ACTIVE,
    OPERATOR_SEATS,
    ORDER_CANCELLED,
    ORDER_LEASED,
    ORDER_MATCHING,
    ORDER_OPEN,
    OrdersRecord,
    P_ORDER_MAX_BIDS,
    ProviderUseRecord,
    SUBNET_EXISTS,
    SubnetsRecord
} from "../src/Protocol.sol";
import {Vm} from "./Base.sol";
import {MarketWorld} from "./MarketWorld.sol";

/// @title MarketInvariants
/// @notice What must hold of assets, escrow wallets, orders, leases, fizz nodes and subnets, each under its number.
/// Most functions read one state; what compares two is called by the handlers with both.
abstract contract MarketInvariants is MarketWorld {
    uint256 private constant HOUR_S = 3_600;

    // Money: INV-48, INV-49

    /// @dev Of a foreign asset, what was issued lies in the wallets.
    function checkAssets() internal view {
        uint64 end = ACCOUNT_FIRST_AGENT + tokenTotals().accountCount;
        uint64[] memory wallets = assetWalletsTo(end * ASSET_COUNT);
        for (uint64 asset = 1; asset < ASSET_COUNT; ++asset) {
            uint256 sum;
            for (uint64 account; account < end; ++account) {
                sum += wallets[account * ASSET_COUNT + asset];
            }
            require(sum == assetsAt(asset).issuedUnits, "INV-48: units of an asset");
        }
    }

    /// @dev INV-48: the escrow account holds what the wallets have. INV-49: a wallet's locked units are those of its leases.
    function checkEscrow() internal view {
        LeasesRecord[] memory all = allLeases();
        EscrowTotalsRecord memory t = escrowTotals();
        uint256 count = t.escrowCount;
        EscrowBalancesRecord[] memory balances = escrowBalancesTo((count + 1) * ASSET_COUNT);
        uint256[] memory locked = new uint256[]((count + 1) * ASSET_COUNT);
        for (uint256 lease = 1; lease < all.length; ++lease) {
            LeasesRecord memory l = all[lease];
            if (l.state == LEASE_CLOSED) require(l.lockedUnits == 0, "INV-49: a closed lease with locked units");
            locked[l.escrow * ASSET_COUNT + l.asset] += l.lockedUnits;
        }
        uint64[4] memory unlockedTotals = [t.unlockedUnits0, t.unlockedUnits1, t.unlockedUnits2, t.unlockedUnits3];
        uint64[4] memory lockedTotals = [t.lockedUnits0, t.lockedUnits1, t.lockedUnits2, t.lockedUnits3];
        for (uint256 asset; asset < ASSET_COUNT; ++asset) {
            (uint256 unlockedSum, uint256 lockedSum) = (0, 0);
            for (uint256 wallet = 1; wallet <= count; ++wallet) {
                EscrowBalancesRecord memory b = balances[wallet * ASSET_COUNT + asset];
                require(b.lockedUnits == locked[wallet * ASSET_COUNT + asset], "INV-49: locked units of a wallet");
                unlockedSum += b.unlockedUnits;
                lockedSum += b.lockedUnits;
            }
            require(unlockedTotals[asset] == unlockedSum, "INV-48: sum of what is unlocked");
            require(lockedTotals[asset] == lockedSum, "INV-48: sum of what is locked");
            uint64 held = asset == 0 ? walletsAt(ACCOUNT_ESCROW) : assetWalletsAt(ACCOUNT_ESCROW * ASSET_COUNT + asset);
            require(held == unlockedSum + lockedSum, "INV-48: what the escrow holds");
        }
    }

    // Orders: INV-54, INV-55, MATCH-5

    function checkOrders() internal view {
        LeasesRecord[] memory leaseList = allLeases();
        OrdersRecord[] memory all = ordersTo(orderTotals().orderCount);
        BidsRecord[] memory bidList = bidsTo(orderTotals().bidCount);
        uint64 open;
        for (uint64 order = 1; order < all.length; ++order) {
            OrdersRecord memory o = all[order];
            require(o.state >= ORDER_OPEN && o.state <= ORDER_CANCELLED, "SM-6: state of an order");
            bool isOpen = o.state == ORDER_OPEN || o.state == ORDER_MATCHING;
            if (isOpen) ++open;
            require((o.state == ORDER_LEASED) == (o.lease != 0), "INV-55: the lease of an order");
            checkBidsOf(o, order, isOpen, bidList, leaseList);
        }
        require(orderTotals().openCount == open, "SM-6: orders that are open");
        checkOperators(orderTotals().operatorSet0, orderTotals().operatorSet1);
    }

    /// @dev The list of an order's bids: at most as many as the parameter says, no provider twice, none dearer than it may be.
    function checkBidsOf(
        OrdersRecord memory o,
        uint64 order,
        bool isOpen,
        BidsRecord[] memory bidList,
        LeasesRecord[] memory leaseList
    ) private view {
        (uint256 length, uint256 won) = (0, 0);
        for (uint64 bid = o.lastBid; bid != 0; bid = bidList[bid].previous) {
            BidsRecord memory b = bidList[bid];
            ++length;
            require(b.order == order, "ORDER-5: a bid of another order");
            require(b.previous < bid, "ORDER-5: the list ends");
            require(b.priceUnits > 0 && b.priceUnits <= o.maxPriceUnits, "INV-54: above the maximum price");
            require(isOpen || b.state == BID_OUT || b.state == BID_WON, "SM-6: an open bid of an order that is over");
            if (b.state == BID_OPEN) {
                for (uint64 other = b.previous; other != 0; other = bidList[other].previous) {
                    require(
                        bidList[other].state != BID_OPEN || bidList[other].provider != b.provider, "ORDER-5: two bids"
                    );
                }
            }
            if (b.state != BID_WON) continue;
            ++won;
            require(o.state == ORDER_LEASED, "INV-55: won without a lease");
            require(leaseList[o.lease].provider == b.provider, "INV-55: the lease of another provider");
        }
        require(won == (o.state == ORDER_LEASED ? 1 : 0), "INV-55: one bid wins");
        // One that was voted out makes room for another, and stays in the list.
        if (o.operatorCount == 0) require(length <= param(P_ORDER_MAX_BIDS), "ORDER-5: bids of an order");
    }

    function checkOperators(uint256 set0, uint256 set1) private view {
        uint256 active;
        for (uint256 seat; seat < OPERATOR_SEATS; ++seat) {
            bool isActive = operatorsAt(seat + 1).state == OPERATOR_ACTIVE;
            uint256 bit = seat < 52 ? (set0 >> seat) & 1 : (set1 >> (seat - 52)) & 1;
            require(isActive == (bit == 1), "MATCH-5: bit of a seat");
            if (isActive) ++active;
        }
        require(orderTotals().operatorCount == active, "MATCH-5: operators");
    }

    // Leases: INV-50, INV-51, INV-52, INV-55

    function checkLeases() internal view {
        LeasesRecord[] memory all = allLeases();
        uint64 open;
        bool[] memory isLeased = new bool[](orderTotals().orderCount + 1);
        for (uint64 lease = 1; lease < all.length; ++lease) {
            LeasesRecord memory l = all[lease];
            require(l.state >= LEASE_AWAITING && l.state <= LEASE_CLOSED, "SM-6: state of a lease");
            uint256 feeUnits = Fixed.mulDivDown(l.paidUnits, l.userFeeBps, BPS);
            require(l.paidUnits + feeUnits <= l.fundedUnits, "INV-50: more than was locked");
            require(l.paidUnits <= Fixed.mulDivDown(l.priceUnits, l.endS - l.startS, HOUR_S), "INV-50: more than its time");
            if (l.asset == 0) require(l.userFeeBps + l.providerFeeBps == 0, "INV-52: a fee on the token");
            if (l.state == LEASE_CLOSED) {
                require(l.place == 0, "SM-6: a place of a closed lease");
                require(l.closeReason >= CLOSE_CONSUMER && l.closeReason <= CLOSE_EXPELLED, "SM-6: why it was closed");
                continue;
            }
            ++open;
            require(l.lockedUnits + l.paidUnits + feeUnits == l.fundedUnits, "INV-51: units of a lease");
            require(openLeasesAt(l.place) == lease, "SM-6: place of a lease");
            require((l.state == LEASE_DOWN) == (l.downSinceS != 0), "SM-6: since when it is down");
            require(!isLeased[l.order], "INV-55: two leases of an order");
            isLeased[l.order] = true;
            require(ordersAt(l.order).lease == lease, "INV-55: the lease of its order");
            require(ordersAt(l.order).escrow == l.escrow, "INV-55: who pays");
        }
        require(leaseTotals().openCount == open, "SM-6: leases that are open");
        require(openLeasesAt(open + 1) == 0, "SM-6: a place that was vacated");
    }

    // Resources: INV-53

    function checkUse() internal view {
        LeasesRecord[] memory all = allLeases();
        uint64 providerCount = providerTotals().providerCount;
        ProviderUseRecord[] memory used = new ProviderUseRecord[](providerCount + 1);
        EscrowsRecord[] memory wallets = new EscrowsRecord[](escrowTotals().escrowCount + 1);
        for (uint256 lease = 1; lease < all.length; ++lease) {
            LeasesRecord memory l = all[lease];
            if (l.state == LEASE_CLOSED) continue;
            ProviderUseRecord memory u = used[l.provider];
            ++u.leaseCount;
            if (l.fizz == 0) {
                u.cpuCount += l.cpuCount;
                u.memoryGb += l.memoryGb;
                u.storageGb += l.storageGb;
                u.gpuCount += l.gpuCount;
            }
            EscrowsRecord memory w = wallets[l.escrow];
            ++w.leaseCount;
            if (l.gpuCount == 0) {
                w.cpuCount += l.cpuCount;
                w.memoryGb += l.memoryGb;
                w.storageGb += l.storageGb;
            } else {
                w.gpuTaskCpuCount += l.cpuCount;
                w.gpuTaskMemoryGb += l.memoryGb;
                w.gpuTaskStorageGb += l.storageGb;
                w.gpuTaskGpuCount += l.gpuCount;
            }
        }
        for (uint64 provider = 1; provider <= providerCount; ++provider) {
            ProviderUseRecord memory u = used[provider];
            require(keccak256(abi.encode(u)) == keccak256(abi.encode(providerUseAt(provider))), "INV-53: use of a provider");
            require(u.cpuCount <= providersAt(provider).cpuCount, "INV-53: CPUs of a provider");
            require(u.memoryGb <= providersAt(provider).memoryGb, "INV-53: memory of a provider");
            require(u.storageGb <= providersAt(provider).storageGb, "INV-53: storage of a provider");
            require(u.gpuCount <= providersAt(provider).gpuCount, "INV-53: GPUs of a provider");
        }
        for (uint64 wallet = 1; wallet < wallets.length; ++wallet) {
            wallets[wallet].owner = escrowsAt(wallet).owner;
            require(
                keccak256(abi.encode(wallets[wallet])) == keccak256(abi.encode(escrowsAt(wallet))),
                "INV-53: use of a wallet"
            );
        }
    }

    // Fizz nodes and subnets: INV-53, INV-57, INV-58

    /// @dev INV-57: a member belongs to one subnet, that of the provider to which it has delegated.
    function checkMembers() internal view {
        FizzNodesRecord[] memory all = fizzNodesTo(fizzTotals().fizzCount);
        LeasesRecord[] memory leaseList = allLeases();
        for (uint64 fizz = 1; fizz < all.length; ++fizz) {
            FizzNodesRecord memory f = all[fizz];
            require(f.state >= FIZZ_CONFIGURED && f.state <= FIZZ_LEAVING, "SM-12: state of a fizz node");
            require((f.state == FIZZ_CONFIGURED) == (f.gateway == 0), "INV-57: a subnet");
            require((f.gateway == 0) == (f.delegation == 0), "INV-57: a delegation");
            require((f.state == FIZZ_RESERVED) == (f.order != 0), "SM-12: an order that it is kept for");
            require((f.state == FIZZ_DETACHED) == (f.detachedS != 0), "SM-12: since when it is off");
            bool isServing = f.state == FIZZ_SERVING || f.state == FIZZ_DETACHED;
            require(isServing == (f.lease != 0), "SM-12: a lease that it serves");
            if (f.gateway != 0) {
                DelegationsRecord memory d = delegationsAt(f.delegation);
                require(d.delegator == f.owner, "INV-57: a delegation of another");
                require(d.targetKind == KIND_PROVIDER && d.target == f.gateway, "INV-57: a delegation to another");
            }
            if (!isServing) continue;
            LeasesRecord memory l = leaseList[f.lease];
            require(l.fizz == fizz && l.provider == f.gateway && l.state != LEASE_CLOSED, "INV-53: a lease of another");
            require(l.cpuCount <= f.cpuCount && l.memoryGb <= f.memoryGb, "INV-53: resources of a fizz node");
            require(l.storageGb <= f.storageGb && l.gpuCount <= f.gpuCount, "INV-53: resources of a fizz node");
        }
    }

    /// @dev INV-58: a subnet is that of one provider, its gateway, and counts its members; INV-53: what is free of them.
    function checkSubnets() internal view {
        FizzNodesRecord[] memory all = fizzNodesTo(fizzTotals().fizzCount);
        uint64 count = providerTotals().providerCount;
        SubnetsRecord[] memory expected = new SubnetsRecord[](count + 1);
        for (uint256 fizz = 1; fizz < all.length; ++fizz) {
            FizzNodesRecord memory f = all[fizz];
            require(f.gateway <= count, "INV-58: a gateway that is no provider");
            if (f.state < FIZZ_REGISTERED || f.state == FIZZ_LEAVING) continue;
            SubnetsRecord memory s = expected[f.gateway];
            ++s.memberCount;
            if (f.state != FIZZ_ACTIVE) continue;
            s.freeCpuCount += f.cpuCount;
            s.freeMemoryGb += f.memoryGb;
            s.freeStorageGb += f.storageGb;
            s.freeGpuCount += f.gpuCount;
        }
        for (uint64 provider = 1; provider <= count; ++provider) {
            SubnetsRecord memory s = subnetsAt(provider);
            SubnetsRecord memory e = expected[provider];
            require(s.memberCount == e.memberCount, "INV-58: members of a subnet");
            require((s.state == SUBNET_EXISTS) == (e.memberCount > 0), "INV-58: a subnet that exists");
            require(s.freeCpuCount == e.freeCpuCount && s.freeMemoryGb == e.freeMemoryGb, "INV-53: free of a subnet");
            require(s.freeStorageGb == e.freeStorageGb && s.freeGpuCount == e.freeGpuCount, "INV-53: free of a subnet");
            require((s.proposal != 0) == (s.proposalEndS != 0), "FIZZ-14: a vote");
        }
        SubnetsRecord memory none;
        require(keccak256(abi.encode(subnetsAt(count + 1))) == keccak256(abi.encode(none)), "INV-58: no gateway");
    }

    function allLeases() private view returns (LeasesRecord[] memory all) {
        return leasesTo(leaseTotals().leaseCount);
    }

    // Of two states

    /// @return units what a lease with this record has cost at `atS`, by the seconds that are charged and by what is funded
    function payableUnits(LeasesRecord memory l, uint256 atS) internal pure returns (uint256 units) {
        units = Fixed.mulDivDown(l.priceUnits, chargedS(l, atS), HOUR_S);
    }

    function chargedS(LeasesRecord memory l, uint256 atS) private pure returns (uint256 s) {
        uint256 endS = atS < l.endS ? atS : l.endS;
        if (l.deployedS == 0 && l.terms & LEASE_TERM_CHARGES_UNDEPLOYED == 0) return 0;
        bool stopsDown = l.state == LEASE_DOWN && l.terms & LEASE_TERM_CHARGES_DOWNTIME == 0;
        if (stopsDown && l.downSinceS < endS) endS = l.downSinceS;
        s = endS - l.startS - l.pausedS;
        if (l.terms & LEASE_TERM_HOUR_UP == 0) return s;
        s = (s + HOUR_S - 1) / HOUR_S * HOUR_S;
        if (s > l.endS - l.startS) s = l.endS - l.startS;
    }

    /// @notice After a lease has accrued: it has been paid what its seconds cost, as far as its funds go, and never less than
    /// before; each part went to somebody.
    /// @param before its record before the action
    function checkAccrual(uint64 lease, LeasesRecord memory before, Vm.Log[] memory logs) internal view {
        LeasesRecord memory l = leasesAt(lease);
        require(l.paidUnits >= before.paidUnits, "INV-50: accrued units fell");
        uint256 dueUnits = payableUnits(before, nowS());
        if (dueUnits < before.paidUnits) dueUnits = before.paidUnits;
        if (l.paidUnits != dueUnits) {
            require(l.paidUnits < dueUnits, "INV-50: more than the seconds cost");
            // One second more, and what is locked would not be enough.
            uint256 s = Fixed.mulDivUp(l.paidUnits + 1, HOUR_S, l.priceUnits);
            uint256 nextUnits = Fixed.mulDivDown(l.priceUnits, s, HOUR_S);
            nextUnits += Fixed.mulDivDown(nextUnits, l.userFeeBps, BPS);
            require(nextUnits > l.fundedUnits, "INV-50: less than the seconds cost");
        }
        uint256 userFee = Fixed.mulDivDown(l.paidUnits, l.userFeeBps, BPS);
        userFee -= Fixed.mulDivDown(before.paidUnits, l.userFeeBps, BPS);
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics[0] != LeaseAccrued.selector) continue;
            (uint64 of_, uint64 gross, uint64 payee, uint64 foundation, uint64 fees, uint64 gateway) =
                abi.decode(logs[i].data, (uint64, uint64, uint64, uint64, uint64, uint64));
            if (of_ != lease) continue;
            require(gross == l.paidUnits - before.paidUnits, "INV-51: what the consumer paid");
            require(uint256(payee) + foundation + fees + gateway == gross + userFee, "INV-51: parts of a payment");
            if (l.asset == 0) require(fees == 0, "INV-52: a fee on the token");
            if (l.fizz == 0) require(gateway == 0, "F-17: a gateway's share without a fizz node");
        }
    }

    /// @notice After a lease was closed: what was locked for it is paid or back.
    function checkClose(uint64 lease, LeasesRecord memory before, Vm.Log[] memory logs) internal view {
        checkAccrual(lease, before, logs);
        LeasesRecord memory l = leasesAt(lease);
        uint256 debitUnits = l.paidUnits + Fixed.mulDivDown(l.paidUnits, l.userFeeBps, BPS);
        uint256 found;
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics[0] != LeaseClosed.selector) continue;
            (uint64 of_,, uint64 gross, uint64 refund,, uint64 provider) =
                abi.decode(logs[i].data, (uint64, uint64, uint64, uint64, uint64, uint64));
            if (of_ != lease) continue;
            ++found;
            require(gross == l.paidUnits && provider == before.provider, "INV-51: what the end says");
            require(debitUnits + refund == before.fundedUnits, "INV-51: debit and refund");
        }
        require(found == 1, "INV-51: closed once");
    }

    /// @return parties of a lease, which never change
    function partiesOf(LeasesRecord memory l) internal pure returns (bytes32 parties) {
        return keccak256(abi.encode(l.order, l.escrow, l.provider, l.fizz, l.asset, l.priceUnits));
    }
}
