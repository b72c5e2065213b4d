// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {OnlyFamily} from "../src/Family.sol";
import {
    ACCOUNT_ESCROW,
    ACCOUNT_FOUNDATION,
    AlreadySet,
    AmountTooSmall,
    AssetsRecord,
    FP,
    InsufficientBalance,
    MAX_INT,
    MOVE_ISSUE,
    MOVE_TRANSFER,
    MOVE_USER_FEE,
    OnlyKeeper,
    UnknownAccount,
    ValueOutOfRange
} from "../src/Protocol.sol";
import {Deployment} from "./Deployment.sol";

/// @notice Foreign payment assets, their prices and their wallets, entry point by entry point.
contract AssetsTest is Deployment {
    uint64 private constant MAX_PRICE = 10 ** 15;
    uint64 private constant MAX_DOLLAR = 10 ** 12;

    function setUp() public {
        deploy();
    }

    function issue(uint64 asset, uint64 account, uint64 units) private {
        by(K);
        assets.issueAsset(asset, account, units);
    }

    function unitsOf(uint64 account, uint64 asset) private view returns (uint64) {
        return assetWalletsAt(account * 4 + asset);
    }

    function pricesOf() private view returns (uint64[3] memory) {
        return [assetsAt(1).priceFp, assetsAt(2).priceFp, assetsAt(3).priceFp];
    }

    // valueOf, unitsWorth

    /// NUM-7
    function test_unitsWorth_isTheLeastThatIsWorthSoMuch() public {
        by(K);
        assets.postPrices(3 * uint64(FP), uint64(FP) / 4, 7);
        assertEq(abi.encode(assets.unitsWorth(10, 0), assets.unitsWorth(10, 1)), abi.encode(10, 4));
        assertEq(abi.encode(assets.unitsWorth(10, 2), assets.unitsWorth(10, 3)), abi.encode(40, 1_428_571_429));
        assertEq(abi.encode(assets.valueOf(10, 0), assets.valueOf(4, 1)), abi.encode(10, 12));
        assertEq(abi.encode(assets.valueOf(39, 2), assets.valueOf(1_428_571_428, 3)), abi.encode(9, 9));
    }

    function test_unitsWorth_givenNoPriceOrMoreThanThereCanBe_isTheMost() public {
        assertEq(assets.unitsWorth(1, 1), MAX_INT);
        assertEq(assets.valueOf(7, 1), 0);
        by(K);
        assets.postPrices(1, 10 ** 15, 1);
        assertEq(assets.unitsWorth(9_007_199, 1), 9_007_199 * FP);
        assertEq(assets.unitsWorth(9_007_200, 1), MAX_INT);
        assertEq(assets.valueOf(uint64(MAX_INT), 2), MAX_INT);
    }

    // enableAsset

    function test_enableAsset_givenAForeignAsset_enablesThatOneForGood() public {
        by(K);
        assets.enableAsset(2);
        AssetsRecord memory expected;
        expected.isEnabled = 1;
        assertEq(abi.encode(assetsAt(2)), abi.encode(expected));
        assertTrue(assets.isEnabled(0));
        assertFalse(assets.isEnabled(1));
        assertTrue(assets.isEnabled(2));
        assertFalse(assets.isEnabled(3));
    }

    function test_enableAsset_givenTheGuards_isRefusedInTheirOrder() public {
        refusedBy(K, ValueOutOfRange.selector, 0, 3);
        assets.enableAsset(0);
        refusedBy(K, ValueOutOfRange.selector, 4, 3);
        assets.enableAsset(4);
        by(K);
        assets.enableAsset(3);
        refusedBy(K, AlreadySet.selector, 1, 0);
        assets.enableAsset(3);
        refusedBy(A, OnlyKeeper.selector, A, K);
        assets.enableAsset(4);
    }

    // issueAsset

    function test_issueAsset_givenUnits_putsThemIntoTheWalletAndTheSum() public {
        emits(address(assets));
        emit AssetMoved(3, 0, A, 7, MOVE_ISSUE);
        issue(3, A, 7);
        issue(3, B, 5);
        assertEq(unitsOf(A, 3), 7);
        assertEq(unitsOf(B, 3), 5);
        assertEq(unitsOf(A, 2), 0);
        assertEq(assetsAt(3).issuedUnits, 12);
        assertEq(assets.unitsOf(A, 3), 7);
        assertEq(assets.unitsOf(A, 0), OPENING);
    }

    function test_issueAsset_givenTheGuards_isRefusedInTheirOrder() public {
        refusedBy(K, ValueOutOfRange.selector, 0, 3);
        assets.issueAsset(0, 1, 0);
        refusedBy(K, ValueOutOfRange.selector, 4, 3);
        assets.issueAsset(4, 1, 0);
        refusedBy(K, UnknownAccount.selector, ACCOUNT_FOUNDATION, 0);
        assets.issueAsset(1, ACCOUNT_FOUNDATION, 0);
        refusedBy(K, UnknownAccount.selector, A + AGENT_COUNT, 0);
        assets.issueAsset(1, A + AGENT_COUNT, 0);
        refusedBy(K, AmountTooSmall.selector, 0, 1);
        assets.issueAsset(1, A, 0);
        issue(1, A, 10);
        refusedBy(K, ValueOutOfRange.selector, uint64(MAX_INT) - 9, uint64(MAX_INT) - 10);
        assets.issueAsset(1, B, uint64(MAX_INT) - 9);
        issue(1, B, uint64(MAX_INT) - 10);
        assertEq(assetsAt(1).issuedUnits, MAX_INT);
    }

    // postPrices

    function test_postPrices_givenNewPrices_tellsOfThoseThatChangedOnly() public {
        by(K);
        assets.postPrices(11, 12, 13);
        assertEq(abi.encode(pricesOf()), abi.encode([uint64(11), 12, 13]));
        vm.recordLogs();
        by(K);
        assets.postPrices(11, 14, 13);
        assertEq(vm.getRecordedLogs().length, 1);
        emits(address(assets));
        emit PricePosted(1, MAX_DOLLAR);
        emits(address(assets));
        emit PricePosted(3, MAX_PRICE);
        by(K);
        assets.postPrices(MAX_DOLLAR, 14, MAX_PRICE);
        assertEq(assets.priceOf(0), FP);
        assertEq(assets.priceOf(1), MAX_DOLLAR);
        assertEq(assets.priceOf(2), 14);
        assertEq(assets.priceOf(3), MAX_PRICE);
    }

    function test_postPrices_givenAPriceOutOfRange_isRefusedInTheirOrder() public {
        refusedBy(K, ValueOutOfRange.selector, 0, MAX_PRICE);
        assets.postPrices(0, MAX_PRICE + 1, 0);
        refusedBy(K, ValueOutOfRange.selector, MAX_PRICE + 1, MAX_PRICE);
        assets.postPrices(MAX_DOLLAR + 1, MAX_PRICE + 1, 0);
        refusedBy(K, ValueOutOfRange.selector, 0, MAX_PRICE);
        assets.postPrices(MAX_DOLLAR + 1, 1, 0);
        refusedBy(K, ValueOutOfRange.selector, MAX_DOLLAR + 1, MAX_DOLLAR);
        assets.postPrices(MAX_DOLLAR + 1, 1, 1);
        assertEq(abi.encode(pricesOf()), abi.encode([uint64(0), 0, 0]));
    }

    // transferAsset

    function test_transferAsset_givenUnits_movesThemWhetherOrNotTheAssetIsEnabled() public {
        issue(2, A, 9);
        emits(address(assets));
        emit AssetMoved(2, A, B, 4, MOVE_TRANSFER);
        by(A);
        assets.transferAsset(2, B, 4);
        assertEq(unitsOf(A, 2), 5);
        assertEq(unitsOf(B, 2), 4);
        by(A);
        assets.transferAsset(2, A, 5);
        assertEq(unitsOf(A, 2), 5);
        assertEq(assetsAt(2).issuedUnits, 9);
    }

    function test_transferAsset_givenNoUnits_doesNothing() public {
        vm.recordLogs();
        by(A);
        assets.transferAsset(1, B, 0);
        assertEq(vm.getRecordedLogs().length, 0);
    }

    function test_transferAsset_givenTheGuards_isRefusedInTheirOrder() public {
        refusedBy(A, ValueOutOfRange.selector, 0, 3);
        assets.transferAsset(0, 1, 1);
        refusedBy(A, ValueOutOfRange.selector, 4, 3);
        assets.transferAsset(4, 1, 1);
        refusedBy(A, UnknownAccount.selector, ACCOUNT_ESCROW, 0);
        assets.transferAsset(1, ACCOUNT_ESCROW, 1);
        refusedBy(A, UnknownAccount.selector, A + AGENT_COUNT, 0);
        assets.transferAsset(1, A + AGENT_COUNT, 1);
        issue(1, A, 3);
        refusedBy(A, InsufficientBalance.selector, 3, 4);
        assets.transferAsset(1, B, 4);
    }

    // move

    function test_move_givenTheToken_movesTokens() public {
        emits(address(token));
        emit Moved(A, ACCOUNT_ESCROW, 3, MOVE_USER_FEE);
        vm.prank(address(escrow));
        assets.move(0, A, ACCOUNT_ESCROW, 3, MOVE_USER_FEE);
        assertEq(walletsAt(A), OPENING - 3);
        refused(InsufficientBalance.selector, OPENING - 3, OPENING);
        vm.prank(address(escrow));
        assets.move(0, A, ACCOUNT_ESCROW, OPENING, MOVE_USER_FEE);
    }

    function test_move_givenAForeignAsset_movesItAndNeverMoreThanThereIs() public {
        issue(1, A, 5);
        emits(address(assets));
        emit AssetMoved(1, A, ACCOUNT_ESCROW, 5, MOVE_USER_FEE);
        vm.prank(address(leases));
        assets.move(1, A, ACCOUNT_ESCROW, 5, MOVE_USER_FEE);
        assertEq(unitsOf(ACCOUNT_ESCROW, 1), 5);
        refused(InsufficientBalance.selector, 0, 1);
        vm.prank(address(leases));
        assets.move(1, A, ACCOUNT_ESCROW, 1, MOVE_USER_FEE);
    }

    function test_move_givenAFamilyOutsideTheMarket_isRefused() public {
        vm.expectRevert(abi.encodeWithSelector(OnlyFamily.selector, address(stake)));
        vm.prank(address(stake));
        assets.move(1, A, B, 0, MOVE_TRANSFER);
    }
}
