// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Orders} from "../src/Orders.sol";
import {FP, P_ORACLE_PRICE_MIL_1, P_ORACLE_PRICE_MIL_2, P_ORACLE_PRICE_MIL_3} from "../src/Protocol.sol";
import {World} from "./World.sol";

/// @notice What an order asks for.
struct Wish {
    uint64 escrow;
    uint64 asset;
    uint64 mode;
    uint64 cpuCount;
    uint64 memoryGb;
    uint64 storageGb;
    uint64 gpuCount;
    uint64 gpuTier;
    uint64 region;
    uint64 durationS;
    uint64 maxPriceUnits;
    uint64 flags;
}

/// @title MarketWorld
/// @notice Short ways through the life of escrow wallets, orders, leases, fizz nodes and subnets. It asserts nothing about
/// rules.
abstract contract MarketWorld is World {
    // Assets and escrow

    /// @notice The prices of genesis, and foreign assets 1 and 2 enabled.
    function openMarket() internal {
        uint64 price1Fp = oraclePrice(P_ORACLE_PRICE_MIL_1);
        uint64 price2Fp = oraclePrice(P_ORACLE_PRICE_MIL_2);
        uint64 price3Fp = oraclePrice(P_ORACLE_PRICE_MIL_3);
        by(K);
        assets.postPrices(price1Fp, price2Fp, price3Fp);
        for (uint64 asset = 1; asset <= 2; ++asset) {
            by(K);
            assets.enableAsset(asset);
        }
    }

    function oraclePrice(uint256 number) internal view returns (uint64) {
        // Prices are below 10^15.
        return param(number) * uint64(FP / 1_000);
    }

    function issue(uint64 asset, uint64 account, uint64 units) internal {
        by(K);
        assets.issueAsset(asset, account, units);
    }

    function openEscrow(uint64 owner, uint64 asset, uint64 units) internal returns (uint64 wallet) {
        by(owner);
        escrow.openEscrow(asset, units);
        wallet = escrowTotals().escrowCount;
    }

    // Orders

    /// @notice One CPU for ten hours at no more than two tokens an hour.
    function wishOf(uint64 wallet, uint64 mode) internal pure returns (Wish memory w) {
        w.escrow = wallet;
        w.mode = mode;
        (w.cpuCount, w.memoryGb, w.storageGb) = (1, 2, 10);
        (w.durationS, w.maxPriceUnits) = (36_000, 2 * ONE);
    }

    /// @return data calldata of the order
    function orderCall(Wish memory w) internal pure returns (bytes memory data) {
        // The fields are the arguments, in their order.
        return bytes.concat(Orders.createOrder.selector, abi.encode(w));
    }

    function createOrder(Wish memory w) internal returns (uint64 order) {
        by(escrowsAt(w.escrow).owner);
        send(address(orders), orderCall(w));
        order = orderTotals().orderCount;
    }

    function placeBid(uint64 order, uint64 provider, uint64 priceUnits, uint64 fizz) internal returns (uint64 bid) {
        by(providersAt(provider).owner);
        orders.placeBid(order, provider, priceUnits, fizz);
        bid = orderTotals().bidCount;
    }

    /// @notice Lets the bids' time run out and opens the matching.
    function openMatching(uint64 order) internal {
        uint64 untilS = ordersAt(order).bidUntilS;
        if (nowS() <= untilS) goTo(untilS + 1);
        by(K);
        orders.openMatching(order);
    }

    /// @return lease of the order, 0 if none came of it
    function matchOrder(uint64 order) internal returns (uint64 lease) {
        openMatching(order);
        by(K);
        orders.matchOrder(order);
        lease = ordersAt(order).lease;
    }

    function cancelOrder(uint64 order) internal {
        by(escrowsAt(ordersAt(order).escrow).owner);
        orders.cancelOrder(order);
    }

    // Leases

    function sendManifest(uint64 lease) internal {
        by(escrowsAt(leasesAt(lease).escrow).owner);
        leases.sendManifest(lease);
    }

    function confirmDeployment(uint64 lease) internal {
        uint64 fizz = leasesAt(lease).fizz;
        by(fizz == 0 ? providersAt(leasesAt(lease).provider).owner : fizzNodesAt(fizz).owner);
        leases.confirmDeployment(lease);
    }

    function closeLease(uint64 lease) internal {
        by(escrowsAt(leasesAt(lease).escrow).owner);
        leases.closeLease(lease);
    }

    // Fizz nodes and subnets

    function openGateway(uint64 provider, uint64 minUnits, uint64 gatewayBps) internal {
        by(providersAt(provider).owner);
        fizzes.openGateway(provider, 1, minUnits, gatewayBps);
    }

    /// @notice A machine with four CPUs and one GPU of sub-tier 3, at one token an hour.
    function configureFizz(uint64 owner) internal returns (uint64 fizz) {
        by(owner);
        fizzes.configureFizz(77, 4, 16, 100, 1, 3, ONE);
        fizz = fizzTotals().fizzCount;
    }

    function joinSubnet(uint64 fizz, uint64 provider, uint64 units) internal {
        by(fizzNodesAt(fizz).owner);
        fizzes.joinSubnet(fizz, provider, units);
    }

    function acceptFizz(uint64 fizz) internal {
        by(providersAt(fizzNodesAt(fizz).gateway).owner);
        fizzes.acceptFizz(fizz);
    }

    function registeredFizz(uint64 owner, uint64 provider, uint64 units) internal returns (uint64 fizz) {
        fizz = configureFizz(owner);
        joinSubnet(fizz, provider, units);
    }

    function activeFizz(uint64 owner, uint64 provider, uint64 units) internal returns (uint64 fizz) {
        fizz = registeredFizz(owner, provider, units);
        acceptFizz(fizz);
    }

    function reserveFizz(uint64 fizz, uint64 order) internal {
        by(fizzNodesAt(fizz).owner);
        fizzes.reserveFizz(fizz, order);
    }

    /// @notice An Active fizz node gets a lease of the wallet, which deploys.
    function leaseOf(uint64 fizz, uint64 wallet) internal returns (uint64 lease) {
        uint64 order = createOrder(wishOf(wallet, 1));
        reserveFizz(fizz, order);
        placeBid(order, fizzNodesAt(fizz).gateway, ONE, fizz);
        lease = matchOrder(order);
    }
}
