// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {OnlyFamily} from "../src/Family.sol";
import {Resources} from "../src/Interfaces.sol";
import {
    ACCOUNT_ESCROW,
    AlreadySet,
    AmountTooSmall,
    AssetNotEnabled,
    EscrowTotalsRecord,
    EscrowsRecord,
    InsufficientBalance,
    InsufficientEscrow,
    MAX_INT,
    MOVE_ESCROW_DEPOSIT,
    MOVE_ESCROW_WITHDRAW,
    MOVE_LEASE_PAYMENT,
    NotOwner,
    P_ESCROW_BRACKET_USD,
    P_ESCROW_MIN_DEPOSIT,
    UnknownAccount,
    UnknownEntity,
    ValueOutOfRange
} from "../src/Protocol.sol";
import {Deployment} from "./Deployment.sol";
import {MarketWorld} from "./MarketWorld.sol";

/// @notice Escrow wallets: deposits, withdrawals, owners, locks and deposit brackets, entry point by entry point.
contract EscrowTest is Deployment, MarketWorld {
    uint64 private constant HELD = 1_000 * ONE;
    uint64 private wallet;

    function setUp() public {
        deploy();
        openMarket();
        enableAll();
        wallet = openEscrow(A, 0, HELD);
    }

    function enableAll() private {
        for (uint64 asset = 1; asset < 4; ++asset) {
            if (assets.isEnabled(asset)) continue;
            by(K);
            assets.enableAsset(asset);
        }
    }

    function balanceOf(uint64 asset) private view returns (uint64, uint64) {
        return escrow.balanceOf(wallet, asset);
    }

    function assertBalance(uint64 asset, uint64 unlocked, uint64 locked) private view {
        (uint64 unlockedUnits, uint64 lockedUnits) = balanceOf(asset);
        assertEq(unlockedUnits, unlocked);
        assertEq(lockedUnits, locked);
    }

    // openEscrow

    function test_openEscrow_givenTokens_movesThemIntoANewWallet() public {
        emits(address(token));
        emit Moved(B, ACCOUNT_ESCROW, 3 * ONE, MOVE_ESCROW_DEPOSIT);
        emits(address(escrow));
        emit EscrowChanged(2, 0, 3 * ONE, 0, B);
        by(B);
        escrow.openEscrow(0, 3 * ONE);
        assertEq(escrow.escrowCount(), 2);
        assertEq(escrow.ownerOf(2), B);
        EscrowsRecord memory expected;
        expected.owner = B;
        assertEq(abi.encode(escrowsAt(2)), abi.encode(expected));
        assertEq(escrowBalancesAt(8).unlockedUnits, 3 * ONE);
        assertEq(walletsAt(ACCOUNT_ESCROW), HELD + 3 * ONE);
        assertEq(walletsAt(B), OPENING - 3 * ONE);
    }

    function test_openEscrow_givenForeignUnits_asksForTheirWorthInTokens() public {
        issue(1, B, HELD);
        // At 48.6 tokens a dollar, ⌈1/48.6⌉ of a million units.
        refusedBy(B, AmountTooSmall.selector, 20_576, 20_577);
        escrow.openEscrow(1, 20_576);
        emits(address(assets));
        emit AssetMoved(1, B, ACCOUNT_ESCROW, 20_577, MOVE_ESCROW_DEPOSIT);
        emits(address(escrow));
        emit EscrowChanged(2, 1, 20_577, 0, B);
        by(B);
        escrow.openEscrow(1, 20_577);
        EscrowTotalsRecord memory expected;
        (expected.escrowCount, expected.unlockedUnits0, expected.unlockedUnits1) = (2, HELD, 20_577);
        assertEq(abi.encode(escrowTotals()), abi.encode(expected));
    }

    function test_openEscrow_givenTheGuards_isRefusedInTheirOrder() public {
        deploy();
        refusedBy(A, ValueOutOfRange.selector, 4, 3);
        escrow.openEscrow(4, 0);
        refusedBy(A, AssetNotEnabled.selector, 1, 0);
        escrow.openEscrow(1, 0);
        by(K);
        assets.enableAsset(1);
        refusedBy(A, AssetNotEnabled.selector, 1, 0);
        escrow.openEscrow(1, 0);
        refusedBy(A, AmountTooSmall.selector, 0, ONE);
        escrow.openEscrow(0, 0);
        refusedBy(A, AmountTooSmall.selector, ONE - 1, ONE);
        escrow.openEscrow(0, ONE - 1);
        refusedBy(A, InsufficientBalance.selector, OPENING, OPENING + 1);
        escrow.openEscrow(0, OPENING + 1);
        setParam(P_ESCROW_MIN_DEPOSIT, 0);
        refusedBy(A, AmountTooSmall.selector, 0, 1);
        escrow.openEscrow(0, 0);
    }

    function test_openEscrow_givenAnAssetThatIsWorthAlmostNothing_namesAtMostTheLargestInteger() public {
        by(K);
        assets.postPrices(1, 1, 1);
        setParam(P_ESCROW_MIN_DEPOSIT, 100_000 * ONE);
        refusedBy(A, AmountTooSmall.selector, 1, uint64(MAX_INT));
        escrow.openEscrow(2, 1);
    }

    // depositEscrow

    function test_depositEscrow_givenUnits_addsThem() public {
        issue(2, A, 9);
        emits(address(escrow));
        emit EscrowChanged(wallet, 2, 7, 0, A);
        by(A);
        escrow.depositEscrow(wallet, 2, 7);
        by(A);
        escrow.depositEscrow(wallet, 0, 1);
        assertBalance(2, 7, 0);
        assertBalance(0, HELD + 1, 0);
        assertEq(escrowTotals().unlockedUnits0, HELD + 1);
        assertEq(escrowTotals().unlockedUnits2, 7);
        assertEq(assetWalletsAt(ACCOUNT_ESCROW * 4 + 2), 7);
    }

    function test_depositEscrow_givenTheGuards_isRefusedInTheirOrder() public {
        refusedBy(B, UnknownEntity.selector, 0, 1);
        escrow.depositEscrow(0, 4, 0);
        refusedBy(B, UnknownEntity.selector, 2, 1);
        escrow.depositEscrow(2, 4, 0);
        refusedBy(B, NotOwner.selector, B, A);
        escrow.depositEscrow(wallet, 4, 0);
        refusedBy(A, ValueOutOfRange.selector, 4, 3);
        escrow.depositEscrow(wallet, 4, 0);
        refusedBy(A, AmountTooSmall.selector, 0, 1);
        escrow.depositEscrow(wallet, 0, 0);
        refusedBy(A, InsufficientBalance.selector, 0, 1);
        escrow.depositEscrow(wallet, 3, 1);
    }

    // withdrawEscrow

    function test_withdrawEscrow_givenUnlockedUnits_paysThemBack() public {
        emits(address(token));
        emit Moved(ACCOUNT_ESCROW, A, HELD, MOVE_ESCROW_WITHDRAW);
        emits(address(escrow));
        emit EscrowChanged(wallet, 0, 0, 0, A);
        by(A);
        escrow.withdrawEscrow(wallet, 0, HELD);
        assertEq(walletsAt(A), OPENING);
        assertEq(escrowTotals().unlockedUnits0, 0);
        assertEq(escrowTotals().escrowCount, 1);
    }

    function test_withdrawEscrow_givenTheGuards_isRefusedInTheirOrder() public {
        refusedBy(B, UnknownEntity.selector, 2, 1);
        escrow.withdrawEscrow(2, 4, 0);
        refusedBy(B, NotOwner.selector, B, A);
        escrow.withdrawEscrow(wallet, 4, 0);
        refusedBy(A, ValueOutOfRange.selector, 4, 3);
        escrow.withdrawEscrow(wallet, 4, 0);
        refusedBy(A, AmountTooSmall.selector, 0, 1);
        escrow.withdrawEscrow(wallet, 0, 0);
        vm.prank(address(leases));
        escrow.lock(wallet, 0, 1);
        refusedBy(A, InsufficientEscrow.selector, HELD - 1, HELD);
        escrow.withdrawEscrow(wallet, 0, HELD);
    }

    // transferEscrow

    function test_transferEscrow_givenAnotherAgent_givesItTheWallet() public {
        emits(address(escrow));
        emit EscrowChanged(wallet, 0, HELD, 0, B);
        by(A);
        escrow.transferEscrow(wallet, B);
        refusedBy(A, NotOwner.selector, A, B);
        escrow.withdrawEscrow(wallet, 0, HELD);
        by(B);
        escrow.withdrawEscrow(wallet, 0, HELD);
        assertEq(walletsAt(B), OPENING + HELD);
    }

    function test_transferEscrow_givenTheGuards_isRefusedInTheirOrder() public {
        refusedBy(B, UnknownEntity.selector, 2, 1);
        escrow.transferEscrow(2, 1);
        refusedBy(B, NotOwner.selector, B, A);
        escrow.transferEscrow(wallet, 1);
        refusedBy(A, UnknownAccount.selector, ACCOUNT_ESCROW, 0);
        escrow.transferEscrow(wallet, ACCOUNT_ESCROW);
        refusedBy(A, UnknownAccount.selector, A + AGENT_COUNT, 0);
        escrow.transferEscrow(wallet, A + AGENT_COUNT);
        refusedBy(A, AlreadySet.selector, A, 0);
        escrow.transferEscrow(wallet, A);
    }

    // Modules

    function test_lock_pay_unlock_givenUnits_keepBalancesAndSumsInStep() public {
        vm.prank(address(leases));
        escrow.lock(wallet, 0, 100);
        assertBalance(0, HELD - 100, 100);
        vm.recordLogs();
        vm.prank(address(leases));
        escrow.pay(wallet, 0, B, 30, MOVE_LEASE_PAYMENT);
        // Moved and Transfer: a payment does not tell of the wallet.
        assertEq(vm.getRecordedLogs().length, 2);
        assertBalance(0, HELD - 100, 70);
        assertEq(walletsAt(B), OPENING + 30);
        emits(address(escrow));
        emit EscrowChanged(wallet, 0, HELD - 30, 0, A);
        vm.prank(address(leases));
        escrow.unlock(wallet, 0, 70);
        EscrowTotalsRecord memory expected;
        (expected.escrowCount, expected.unlockedUnits0) = (1, HELD - 30);
        assertEq(abi.encode(escrowTotals()), abi.encode(expected));
        assertEq(walletsAt(ACCOUNT_ESCROW), HELD - 30);
    }

    function test_lock_pay_unlock_givenNoUnits_doNothing() public {
        vm.recordLogs();
        vm.prank(address(leases));
        escrow.lock(wallet, 0, 0);
        vm.prank(address(leases));
        escrow.unlock(wallet, 0, 0);
        vm.prank(address(leases));
        escrow.pay(wallet, 0, B, 0, MOVE_LEASE_PAYMENT);
        assertEq(vm.getRecordedLogs().length, 0);
    }

    function testFuzz_totals_givenAnyAssets_areTheSumsOfTheWallets(uint64[8] memory units, uint64 locked) public {
        uint64 other = openEscrow(B, 0, ONE);
        for (uint64 i; i < 8; ++i) {
            (uint64 asset, uint64 owner) = (i % 4, i < 4 ? A : B);
            units[i] = uint64(bound(units[i], 1, 2 ** 30));
            if (asset > 0) issue(asset, owner, units[i]);
            by(owner);
            escrow.depositEscrow(i < 4 ? wallet : other, asset, units[i]);
        }
        locked = uint64(bound(locked, 0, units[3]));
        vm.prank(address(leases));
        escrow.lock(wallet, 3, locked);
        EscrowTotalsRecord memory expected;
        expected.escrowCount = 2;
        expected.unlockedUnits0 = HELD + ONE + units[0] + units[4];
        expected.unlockedUnits1 = units[1] + units[5];
        expected.unlockedUnits2 = units[2] + units[6];
        expected.unlockedUnits3 = units[3] + units[7] - locked;
        expected.lockedUnits3 = locked;
        assertEq(abi.encode(escrowTotals()), abi.encode(expected));
    }

    function test_modules_givenAFamilyOutsideTheMarket_areRefused() public {
        bytes memory refusal = abi.encodeWithSelector(OnlyFamily.selector, address(stake));
        Resources memory none;
        vm.expectRevert(refusal);
        vm.prank(address(stake));
        escrow.lock(wallet, 0, 0);
        vm.expectRevert(refusal);
        vm.prank(address(stake));
        escrow.unlock(wallet, 0, 0);
        vm.expectRevert(refusal);
        vm.prank(address(stake));
        escrow.pay(wallet, 0, B, 0, MOVE_LEASE_PAYMENT);
        vm.expectRevert(refusal);
        vm.prank(address(stake));
        escrow.addUse(wallet, none);
        vm.expectRevert(refusal);
        vm.prank(address(stake));
        escrow.removeUse(wallet, none);
    }

    // Brackets

    function use(Resources memory resources) private {
        vm.prank(address(leases));
        escrow.addUse(wallet, resources);
    }

    function neededWith(Resources memory added, Resources memory removed) private view returns (uint64 needed) {
        (needed,) = escrow.brackets(wallet, added, removed);
    }

    function test_addUse_removeUse_givenMachinesWithAndWithoutGpu_countThemApart() public {
        use(Resources(1, 2, 3, 0));
        use(Resources(4, 5, 6, 2));
        EscrowsRecord memory e = escrowsAt(wallet);
        assertEq(abi.encode(e), abi.encode(EscrowsRecord(A, 2, 1, 2, 3, 4, 5, 6, 2)));
        vm.prank(address(leases));
        escrow.removeUse(wallet, Resources(4, 5, 6, 2));
        vm.prank(address(leases));
        escrow.removeUse(wallet, Resources(1, 2, 3, 0));
        assertEq(abi.encode(escrowsAt(wallet)), abi.encode(EscrowsRecord(A, 0, 0, 0, 0, 0, 0, 0, 0)));
    }

    function test_brackets_givenDemands_needTheScarcestResourceOfEachRow() public {
        Resources memory none;
        assertEq(neededWith(none, none), 0);
        assertEq(neededWith(Resources(8, 32, 512, 0), none), 1);
        assertEq(neededWith(Resources(9, 32, 512, 0), none), 2);
        assertEq(neededWith(Resources(1, 65, 512, 0), none), 3);
        assertEq(neededWith(Resources(1, 1, 1_537, 0), none), 4);
        assertEq(neededWith(Resources(32, 128, 1_024, 1), none), 1);
        assertEq(neededWith(Resources(33, 128, 1_024, 1), none), 2);
        assertEq(neededWith(Resources(1, 257, 1_024, 1), none), 3);
        assertEq(neededWith(Resources(1, 1, 3_073, 1), none), 4);
        assertEq(neededWith(Resources(1, 1, 0, 5), none), 5);
        use(Resources(8, 1, 0, 0));
        use(Resources(1, 1, 0, 1));
        assertEq(neededWith(none, none), 2);
        assertEq(neededWith(Resources(1, 1, 0, 0), none), 3);
        // What an update gives back makes room, also if it changes the row.
        assertEq(neededWith(Resources(8, 1, 0, 0), Resources(8, 1, 0, 0)), 2);
        assertEq(neededWith(Resources(8, 1, 0, 1), Resources(8, 1, 0, 0)), 2);
    }

    function test_brackets_givenMoney_holdsWhatItsWorthInDollarsFills() public {
        Resources memory none;
        // 15 dollars at 48.6 tokens.
        uint64 cost = 729 * ONE;
        (, uint64 held) = escrow.brackets(wallet, none, none);
        assertEq(held, 1);
        by(A);
        escrow.depositEscrow(wallet, 0, 2 * cost - HELD - 1);
        (, held) = escrow.brackets(wallet, none, none);
        assertEq(held, 1);
        by(A);
        escrow.depositEscrow(wallet, 0, 1);
        (, held) = escrow.brackets(wallet, none, none);
        assertEq(held, 2);
        issue(1, A, 15 * ONE);
        by(A);
        escrow.depositEscrow(wallet, 1, 15 * ONE);
        // What is locked counts as well.
        vm.prank(address(leases));
        escrow.lock(wallet, 1, 14 * ONE);
        (, held) = escrow.brackets(wallet, none, none);
        assertEq(held, 3);
    }

    function test_brackets_givenEnormousMoney_countsTheLargestInteger() public {
        Resources memory none;
        by(K);
        assets.postPrices(1, 10 ** 15, 10 ** 15);
        setParam(P_ESCROW_BRACKET_USD, 1);
        issue(2, A, uint64(MAX_INT));
        by(A);
        escrow.depositEscrow(wallet, 2, uint64(MAX_INT));
        (, uint64 held) = escrow.brackets(wallet, none, none);
        assertEq(held, MAX_INT);
    }

    function test_brackets_givenNoPriceOfTheDollar_holdsNone() public {
        deploy();
        wallet = openEscrow(A, 0, HELD);
        Resources memory none;
        (uint64 needed, uint64 held) = escrow.brackets(wallet, Resources(1, 1, 0, 0), none);
        assertEq(needed, 1);
        assertEq(held, 0);
    }
}
