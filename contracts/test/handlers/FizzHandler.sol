// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Fizz} from "../../src/Fizz.sol";
import {
    FAMILY_COUNT,
    FIZZ_ACTIVE,
    FIZZ_CONFIGURED,
    FIZZ_DETACHED,
    FIZZ_LEAVING,
    FIZZ_REGISTERED,
    FIZZ_RESERVED,
    FIZZ_SERVING,
    FizzNodesRecord,
    KIND_PROVIDER,
    ORDER_EXPIRED,
    ORDER_MODE_FIZZ,
    ORDER_OPEN,
    PROVIDER_ACTIVE,
    PROVIDER_DEACTIVATED,
    P_DELEG_MIN,
    P_FIZZ_BASE_ERA_CPU,
    P_FIZZ_BASE_ERA_GPU,
    P_FIZZ_MIN_DELEGATION,
    SUBNET_EXISTS
} from "../../src/Protocol.sol";
import {
    A_ACCEPT_FIZZ,
    A_CHANGE_FIZZ,
    A_CONFIGURE_FIZZ,
    A_DECIDE_SUBNET,
    A_DETACH_FIZZ,
    A_FINISH_LEAVE,
    A_FLAG_FIZZ,
    A_JOIN_SUBNET,
    A_LEAVE_SUBNET,
    A_OPEN_GATEWAY,
    A_PROPOSE_SUBNET,
    A_REATTACH_FIZZ,
    A_RELEASE_FIZZ,
    A_RELEASE_MEMBER,
    A_RESERVE_FIZZ,
    A_REWARD_FIZZ,
    A_VOTE_SUBNET
} from "../Actions.sol";
import {Wish} from "../MarketWorld.sol";
import {Handler} from "./Handler.sol";
import {MarketTurns} from "./MarketHandler.sol";

/// @notice What owners of fizz nodes and their gateways do, and the keeper about them.
contract FizzHandler is MarketTurns {
    uint64 private constant MAX_NODES = 24;
    uint256 private constant CHANGEABLE = 1 << FIZZ_CONFIGURED | 1 << FIZZ_REGISTERED | 1 << FIZZ_ACTIVE;
    uint256 private constant RELEASABLE = 1 << FIZZ_REGISTERED | 1 << FIZZ_ACTIVE | 1 << FIZZ_RESERVED;

    constructor(address[FAMILY_COUNT] memory addresses) Handler(addresses) {}

    /// @inheritdoc Handler
    function turns() external pure override returns (bytes4[] memory list) {
        list = new bytes4[](15);
        list[0] = this.configure.selector;
        list[1] = this.openGateway.selector;
        list[2] = this.join.selector;
        list[3] = this.join.selector;
        list[4] = this.accept.selector;
        list[5] = this.accept.selector;
        list[6] = this.offer.selector;
        list[7] = this.offer.selector;
        list[8] = this.lease.selector;
        list[9] = this.lease.selector;
        list[10] = this.leave.selector;
        list[11] = this.outage.selector;
        list[12] = this.flag.selector;
        list[13] = this.vote.selector;
        list[14] = this.reward.selector;
    }

    function configure(uint256 seed) external turn(seed) {
        uint64 count = fizzTotals().fizzCount;
        uint64 gpuCount = chance(3);
        uint64 gpuTier = gpuCount == 0 ? 0 : 1 + chance(12);
        (uint64 cpuCount, uint64 memoryGb, uint64 storageGb) = (1 + chance(once(3) ? 64 : 32), 1 + chance(40), chance(500));
        uint64 priceUnits = 1 + chance(2 * ONE);
        if (count < MAX_NODES) {
            bytes memory data = abi.encodeCall(
                Fizz.configureFizz, (chance(1_000), cpuCount, memoryGb, storageGb, gpuCount, gpuTier, priceUnits)
            );
            if (act(A_CONFIGURE_FIZZ, agent(), address(fizzes), data)) {
                assertEq(fizzTotals().fizzCount, count + 1, "SM-12: fizz nodes are numbered one by one");
            }
        }
        uint64 fizz = anyOf(count);
        if (!rather((CHANGEABLE >> fizzNodesAt(fizz).state) & 1 == 1)) return;
        send(
            A_CHANGE_FIZZ,
            fizz,
            abi.encodeCall(Fizz.changeFizz, (fizz, cpuCount, memoryGb, storageGb, gpuCount, gpuTier, priceUnits / 4 + 1))
        );
    }

    function openGateway(uint256 seed) external turn(seed) {
        uint64 provider = among(KIND_PROVIDER, 1 << PROVIDER_ACTIVE);
        uint64 share = subnetsAt(provider).isShareFixed == 1 && !once(4) ? subnetsAt(provider).gatewayBps : chance(5_100);
        bytes memory data =
            abi.encodeCall(Fizz.openGateway, (provider, once(5) ? chance(3) : 1, chance(3) * 6 * ONE, share));
        act(A_OPEN_GATEWAY, mostly(providersAt(provider).owner), address(fizzes), data);
    }

    function join(uint256 seed) external turn(seed) {
        uint64 fizz = inState(1 << FIZZ_CONFIGURED);
        uint64 provider = gateway();
        uint64 units = once(8) ? chance(ONE) : leastUnits(provider) + chance(20 * ONE);
        uint64 members = subnetsAt(provider).memberCount;
        if (!rather(fizzNodesAt(fizz).state == FIZZ_CONFIGURED && subnetsAt(provider).isOpen == 1)) return;
        if (!send(A_JOIN_SUBNET, fizz, abi.encodeCall(Fizz.joinSubnet, (fizz, provider, units)))) return;
        assertEq(subnetsAt(provider).memberCount, members + 1, "INV-58: a member more");
        assertEq(delegationsAt(fizzNodesAt(fizz).delegation).units, units, "FIZZ-3: what it has delegated");
    }

    /// @dev INV-57: who becomes Active has delegated enough.
    function accept(uint256 seed) external turn(seed) {
        uint64 fizz = inState(1 << FIZZ_REGISTERED);
        uint64 provider = fizzNodesAt(fizz).gateway;
        if (!rather(fizzNodesAt(fizz).state == FIZZ_REGISTERED && unitsOf(fizz) >= leastUnits(provider))) return;
        uint64 owner = mostly(providersAt(provider).owner);
        if (!act(A_ACCEPT_FIZZ, owner, address(fizzes), abi.encodeCall(Fizz.acceptFizz, (fizz)))) return;
        assertGe(unitsOf(fizz), leastUnits(provider), "INV-57: too little delegated");
    }

    /// @dev An order is made for it, it is reserved, and mostly its gateway bids.
    function offer(uint256 seed) external turn(seed) {
        uint64 fizz = inState(1 << FIZZ_ACTIVE);
        FizzNodesRecord memory f = fizzNodesAt(fizz);
        uint64 order = once(6) ? orderIn(1 << ORDER_OPEN, ORDER_MODE_FIZZ) : order_(wishFor(f));
        if (!rather(f.state == FIZZ_ACTIVE && ordersAt(order).state == ORDER_OPEN)) return;
        if (!send(A_RESERVE_FIZZ, fizz, abi.encodeCall(Fizz.reserveFizz, (fizz, order)))) return;
        assertEq(fizzNodesAt(fizz).order, order, "FIZZ-7: kept for the order");
        if (!once(5)) bid_(order, f.gateway, f.priceUnits, fizz);
        if (!once(6)) return;
        // The order may end without a lease, and a node that nobody bid with stays reserved.
        poolRelease(fizz);
    }

    function wishFor(FizzNodesRecord memory f) private returns (Wish memory w) {
        w = wish(ORDER_MODE_FIZZ);
        w.flags = 0;
        w.asset = once(5) ? chance(4) : 0;
        w.cpuCount = 1 + chance(f.cpuCount + (once(10) ? 2 : 1)) % 4;
        w.memoryGb = 1 + chance(f.memoryGb + 1);
        w.storageGb = 0;
        w.gpuCount = 0;
        w.maxPriceUnits = f.priceUnits + chance(ONE);
    }

    function poolRelease(uint64 fizz) private {
        send(A_RELEASE_FIZZ, fizz, abi.encodeCall(Fizz.releaseFizz, (fizz)));
    }

    /// @dev The orders of reserved nodes are matched, and nodes whose orders are over are taken back.
    function lease(uint256 seed) external turn(seed) {
        uint64 count = fizzTotals().fizzCount;
        for (uint64 fizz = 1; fizz <= count; ++fizz) {
            FizzNodesRecord memory f = fizzNodesAt(fizz);
            if (f.state != FIZZ_RESERVED) continue;
            uint64 state = ordersAt(f.order).state;
            if (state >= ORDER_EXPIRED || once(10)) poolRelease(fizz);
            else if (once(2)) openMatching_(f.order);
            match_(f.order);
        }
    }

    function leave(uint256 seed) external turn(seed) {
        if (once(3)) {
            uint64 member = inState(1 << FIZZ_ACTIVE | 1 << FIZZ_REGISTERED);
            uint64 units = unitsOf(member);
            if (send(A_LEAVE_SUBNET, member, abi.encodeCall(Fizz.leaveSubnet, (member)))) {
                assertEq(unitsOf(member), 0, "SM-12: the delegation unbonds");
                assertGe(delegationsAt(fizzNodesAt(member).delegation).unbondingUnits, units, "SM-12: all of it");
            }
        }
        uint64 count = fizzTotals().fizzCount;
        for (uint64 fizz = 1; fizz <= count; ++fizz) {
            FizzNodesRecord memory f = fizzNodesAt(fizz);
            if (f.state == FIZZ_LEAVING) {
                bool isPaid = delegationsAt(f.delegation).unbondingUnits == 0;
                if (rather(isPaid) && send(A_FINISH_LEAVE, fizz, abi.encodeCall(Fizz.finishLeave, (fizz)))) {
                    assertTrue(isPaid, "SM-12: before its delegation was paid");
                }
            }
            bool isLeft = providersAt(f.gateway).state == PROVIDER_DEACTIVATED && (RELEASABLE >> f.state) & 1 == 1;
            if (isLeft || once(200)) {
                act(A_RELEASE_MEMBER, K, address(fizzes), abi.encodeCall(Fizz.releaseMember, (fizz)));
            }
        }
    }

    function outage(uint256 seed) external turn(seed) {
        uint64 off = inState(1 << FIZZ_DETACHED);
        uint64 atS = fizzNodesAt(off).detachedS + chance(30);
        if (rather(fizzNodesAt(off).state == FIZZ_DETACHED)) {
            act(A_REATTACH_FIZZ, K, address(fizzes), abi.encodeCall(Fizz.reattachFizz, (off, atS)));
        }
        uint64 fizz = inState(1 << FIZZ_SERVING);
        if (!rather(fizzNodesAt(fizz).state == FIZZ_SERVING)) return;
        uint64 sinceS = nowS() - chance(30);
        uint64 accruedS = leasesAt(fizzNodesAt(fizz).lease).accruedS;
        if (sinceS < accruedS && !once(6)) sinceS = accruedS;
        act(A_DETACH_FIZZ, K, address(fizzes), abi.encodeCall(Fizz.detachFizz, (fizz, sinceS)));
    }

    /// @dev INV-57: after the keeper has looked at all of them, every Active one has delegated enough.
    function flag(uint256 seed) external turn(seed) {
        uint64 count = fizzTotals().fizzCount;
        for (uint64 fizz = 1; fizz <= count; ++fizz) {
            bool canBe =
                fizzNodesAt(fizz).state == FIZZ_ACTIVE && unitsOf(fizz) < leastUnits(fizzNodesAt(fizz).gateway);
            if (!canBe && !once(40)) continue;
            act(A_FLAG_FIZZ, K, address(fizzes), abi.encodeCall(Fizz.flagFizz, (fizz)));
        }
        for (uint64 fizz = 1; fizz <= count && !isSettling(); ++fizz) {
            if (fizzNodesAt(fizz).state != FIZZ_ACTIVE) continue;
            assertGe(unitsOf(fizz), leastUnits(fizzNodesAt(fizz).gateway), "INV-57: Active with too little delegated");
        }
    }

    function vote(uint256 seed) external turn(seed) {
        uint64 fizz = inState(0x78);
        uint64 provider = fizzNodesAt(fizz).gateway;
        uint64 kind = once(15) ? chance(4) : 1 + chance(2);
        uint64 value = kind == 1 ? memberOf(provider) : chance(5_100);
        send(A_PROPOSE_SUBNET, fizz, abi.encodeCall(Fizz.proposeSubnet, (fizz, kind, value)));
        uint64 count = fizzTotals().fizzCount;
        for (uint64 other = 1; other <= count; ++other) {
            if (fizzNodesAt(other).gateway != provider || once(4)) continue;
            uint64 voted = fizzNodesAt(other).votedProposal;
            if (!rather(subnetsAt(provider).proposal > voted && nowS() <= subnetsAt(provider).proposalEndS)) continue;
            bytes memory data = abi.encodeCall(Fizz.voteSubnet, (other, once(20) ? 2 : once(4) ? 0 : 1));
            if (!send(A_VOTE_SUBNET, other, data)) continue;
            assertLt(voted, subnetsAt(provider).proposal, "FIZZ-14: a vote only once");
        }
        uint64 providerCount = providerTotals().providerCount;
        for (uint64 gate = 1; gate <= providerCount; ++gate) {
            if (subnetsAt(gate).proposal == 0 || (nowS() <= subnetsAt(gate).proposalEndS && !once(6))) continue;
            act(A_DECIDE_SUBNET, K, address(fizzes), abi.encodeCall(Fizz.decideSubnet, (gate)));
        }
    }

    function reward(uint256 seed) external turn(seed) {
        uint64 count = fizzTotals().fizzCount;
        uint64 from = fizzTotals().rewardedEra == currentEra() + 1 ? fizzTotals().rewardedCount : 0;
        if (from >= count && !once(4)) return;
        uint64 to = from + chance(count - from + 2);
        uint64[] memory units = new uint64[](to - from);
        for (uint64 i; i < units.length; ++i) {
            FizzNodesRecord memory f = fizzNodesAt(from + 1 + i);
            uint64 most = f.gpuCount * param(P_FIZZ_BASE_ERA_GPU) + f.cpuCount * param(P_FIZZ_BASE_ERA_CPU);
            units[i] = once(2) ? 0 : chance(uint256(most) / 20 + 1);
        }
        act(A_REWARD_FIZZ, K, address(fizzes), abi.encodeCall(Fizz.rewardFizz, (from, to, units)));
    }

    // Choice

    /// @return units least delegation of a member
    function leastUnits(uint64 provider) private view returns (uint64 units) {
        units = subnetsAt(provider).minDelegationUnits;
        if (units == 0) units = param(P_FIZZ_MIN_DELEGATION);
        if (units < param(P_DELEG_MIN)) units = param(P_DELEG_MIN);
    }

    function unitsOf(uint64 fizz) private view returns (uint64) {
        return delegationsAt(fizzNodesAt(fizz).delegation).units;
    }

    /// @return provider one that is an open gateway, for want of one any
    function gateway() private returns (uint64 provider) {
        uint64 count = providerTotals().providerCount;
        uint64 start = chance(count);
        for (uint64 i; i < count && !once(30); ++i) {
            provider = 1 + (start + i) % count;
            if (subnetsAt(provider).isOpen == 1 && providersAt(provider).state == PROVIDER_ACTIVE) return provider;
        }
        return anyOf(count);
    }

    function memberOf(uint64 provider) private returns (uint64 fizz) {
        uint64 count = fizzTotals().fizzCount;
        if (subnetsAt(provider).state != SUBNET_EXISTS) return anyOf(count);
        uint64 start = chance(count);
        for (uint64 i; i < count && !once(20); ++i) {
            fizz = 1 + (start + i) % count;
            if (fizzNodesAt(fizz).gateway == provider) return fizz;
        }
        return anyOf(count);
    }

    /// @return fizz one whose state is among those whose bits are set, for want of one any
    function inState(uint256 stateBits) private returns (uint64 fizz) {
        uint64 count = fizzTotals().fizzCount;
        if (count == 0 || once(20)) return anyOf(count);
        uint64 start = chance(count);
        for (uint64 i; i < count; ++i) {
            fizz = 1 + (start + i) % count;
            if ((stateBits >> fizzNodesAt(fizz).state) & 1 == 1) return fizz;
        }
        return anyOf(count);
    }

    function send(uint256 action, uint64 fizz, bytes memory data) private returns (bool) {
        return act(action, mostly(fizzNodesAt(fizz).owner), address(fizzes), data);
    }
}
