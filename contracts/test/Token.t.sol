// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {OnlyFamily} from "../src/Family.sol";
import {
    ACCOUNT_COMMUNITY,
    ACCOUNT_INVESTORS,
    ACCOUNT_KEEPER,
    ACCOUNT_TREASURY,
    AlreadySet,
    BatchMismatch,
    IProtocolEvents,
    InsufficientBalance,
    MAX_INT,
    MOVE_GENESIS,
    MOVE_PENALTY,
    MOVE_TRANSFER,
    UnknownAccount,
    ValueOutOfRange
} from "../src/Protocol.sol";
import {NotRegistrar} from "../src/Token.sol";
import {LedgerBase} from "./LedgerBase.sol";

contract TokenTest is LedgerBase, IProtocolEvents {
    function one(address holder, uint64 units) private pure returns (address[] memory holders, uint64[] memory amounts) {
        holders = new address[](1);
        amounts = new uint64[](1);
        (holders[0], amounts[0]) = (holder, units);
    }

    function pool(uint64 account) private view returns (address) {
        return address(token.POOL_ADDRESSES() + account);
    }

    // Genesis

    function test_genesis_mintsTheWholeSupplyIntoTheSixShares() public view {
        assertEq(token.totalSupply(), SUPPLY);
        assertEq(token.maxSupplyUnits(), SUPPLY);
        assertEq(token.decimals(), 6);
        uint256 sum;
        for (uint64 account = 1; account < 34; ++account) {
            sum += token.unitsOf(account);
        }
        assertEq(sum, SUPPLY);
        assertEq(token.unitsOf(ACCOUNT_COMMUNITY), SUPPLY / 2);
        assertEq(token.unitsOf(ACCOUNT_INVESTORS), SUPPLY / 100 * 13 - 2 * WALLET);
    }

    function test_openAccounts_givenTheDeployer_numbersAccountsAndFillsThem() public {
        (address[] memory holders, uint64[] memory units) = one(STRANGER, 7);
        vm.expectEmit(address(token));
        emit Moved(ACCOUNT_INVESTORS, 34, 7, MOVE_GENESIS);
        token.openAccounts(holders, units);
        assertEq(token.accountOf(STRANGER), 34);
        assertEq(token.addressOf(34), STRANGER);
        assertEq(token.balanceOf(STRANGER), 7);
    }

    function test_openAccounts_givenMoreThanTheThreeSourcesHave_namesBothFigures() public {
        uint64 left = SUPPLY / 4 - 2 * WALLET;
        (address[] memory holders, uint64[] memory units) = one(STRANGER, left + 1);
        vm.expectRevert(abi.encodeWithSelector(InsufficientBalance.selector, left, left + 1));
        token.openAccounts(holders, units);
        units[0] = left;
        token.openAccounts(holders, units);
        assertEq(token.unitsOf(34), left);
    }

    function test_openAccounts_givenAnAddressWithAnAccount_isRefused() public {
        (address[] memory holders, uint64[] memory units) = one(BELAS, 1);
        vm.expectRevert(abi.encodeWithSelector(AlreadySet.selector, BELA, 0));
        token.openAccounts(holders, units);
        holders[0] = KEEPER;
        vm.expectRevert(abi.encodeWithSelector(AlreadySet.selector, ACCOUNT_KEEPER, 0));
        token.openAccounts(holders, units);
        holders[0] = address(0);
        vm.expectRevert(abi.encodeWithSelector(AlreadySet.selector, 0, 0));
        token.openAccounts(holders, units);
    }

    function test_openAccounts_givenListsOfDifferentLength_isRefused() public {
        (address[] memory holders,) = one(STRANGER, 1);
        vm.expectRevert(abi.encodeWithSelector(BatchMismatch.selector, 2, 1));
        token.openAccounts(holders, new uint64[](2));
    }

    function test_openAccounts_givenAnyOtherCallerOrASealedBook_isRefused() public {
        (address[] memory holders, uint64[] memory units) = one(STRANGER, 1);
        vm.prank(ANNAS);
        vm.expectRevert(abi.encodeWithSelector(NotRegistrar.selector, ANNAS));
        token.openAccounts(holders, units);
        vm.prank(ANNAS);
        vm.expectRevert(abi.encodeWithSelector(NotRegistrar.selector, ANNAS));
        token.seal();
        token.seal();
        vm.expectRevert(abi.encodeWithSelector(NotRegistrar.selector, address(this)));
        token.openAccounts(holders, units);
    }

    // The protocol's own moves

    function test_move_givenAFamily_movesAndTellsBothWays() public {
        vm.expectEmit(address(token));
        emit Moved(ANNA, ACCOUNT_TREASURY, 5, MOVE_PENALTY);
        vm.expectEmit(address(token));
        emit IERC20.Transfer(ANNAS, pool(ACCOUNT_TREASURY), 5);
        token.move(ANNA, ACCOUNT_TREASURY, 5, MOVE_PENALTY);
        assertEq(token.balanceOf(pool(ACCOUNT_TREASURY)), 5);
        assertEq(token.balanceOf(ANNAS), WALLET - 5);
    }

    function test_move_givenNothing_leavesNoEvent() public {
        vm.recordLogs();
        token.move(ANNA, ACCOUNT_TREASURY, 0, MOVE_PENALTY);
        token.burnUnits(ANNA, 0);
        assertEq(vm.getRecordedLogs().length, 0);
    }

    function test_move_givenAUnitMoreThanThereIs_isRefused() public {
        vm.expectRevert(abi.encodeWithSelector(InsufficientBalance.selector, WALLET, WALLET + 1));
        token.move(ANNA, BELA, WALLET + 1, MOVE_PENALTY);
        token.move(ANNA, BELA, WALLET, MOVE_PENALTY);
        assertEq(token.unitsOf(BELA), 2 * WALLET);
    }

    function test_burnUnits_takesUnitsOutOfTheSupply() public {
        vm.expectEmit(address(token));
        emit Burnt(ANNA, 9);
        vm.expectEmit(address(token));
        emit IERC20.Transfer(ANNAS, address(0), 9);
        token.burnUnits(ANNA, 9);
        assertEq(token.totalSupply(), SUPPLY - 9);
        assertEq(token.maxSupplyUnits(), SUPPLY);
    }

    function testFuzz_moveAndBurn_givenAnyCallerOutsideTheProtocol_areRefused(address caller) public {
        vm.assume(caller != address(this) && caller != address(token) && caller != address(nft) && caller != address(0));
        vm.startPrank(caller);
        vm.expectRevert(abi.encodeWithSelector(OnlyFamily.selector, caller));
        token.move(ANNA, BELA, 1, MOVE_PENALTY);
        vm.expectRevert(abi.encodeWithSelector(OnlyFamily.selector, caller));
        token.burnUnits(ANNA, 1);
    }

    // What agents do

    function test_transferTokens_givenAnAgent_pays() public {
        vm.prank(ANNAS);
        vm.expectEmit(address(token));
        emit Moved(ANNA, BELA, 30, MOVE_TRANSFER);
        token.transferTokens(BELA, 30);
    }

    function test_transferTokens_givenOneWithoutAnAgentsAccount_isRefused() public {
        vm.prank(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(UnknownAccount.selector, 0, 0));
        token.transferTokens(BELA, 0);
        vm.prank(KEEPER);
        vm.expectRevert(abi.encodeWithSelector(UnknownAccount.selector, ACCOUNT_KEEPER, 0));
        token.transferTokens(BELA, 0);
    }

    function testFuzz_transferTokens_givenAnyAccountThatIsNoAgents_isRefused(uint64 to) public {
        vm.assume(to != ANNA && to != BELA);
        vm.prank(ANNAS);
        vm.expectRevert(abi.encodeWithSelector(UnknownAccount.selector, to, 0));
        token.transferTokens(to, WALLET + 1);
    }

    // ERC-20

    function testFuzz_transfer_givenAnyValue_movesItOrSaysWhyNot(uint256 value) public {
        value = value % 3 == 0 ? value : bound(value, 0, 2 * WALLET);
        vm.prank(ANNAS);
        if (value > MAX_INT) {
            uint64 told = value > type(uint64).max ? type(uint64).max : uint64(value);
            vm.expectRevert(abi.encodeWithSelector(ValueOutOfRange.selector, told, MAX_INT));
        } else if (value > WALLET) {
            vm.expectRevert(abi.encodeWithSelector(InsufficientBalance.selector, WALLET, value));
        }
        token.transfer(BELAS, value);
        uint256 moved = value > WALLET ? 0 : value;
        assertEq(token.balanceOf(ANNAS), WALLET - moved);
        assertEq(token.balanceOf(BELAS), WALLET + moved);
    }

    function test_transfer_givenNothing_leavesTheErc20EventOnly() public {
        vm.recordLogs();
        vm.prank(ANNAS);
        token.transfer(BELAS, 0);
        assertEq(vm.getRecordedLogs().length, 1);
    }

    function test_transfer_givenAnAddressWithoutAccount_isRefused() public {
        address poolAddress = pool(ACCOUNT_TREASURY);
        vm.startPrank(ANNAS);
        vm.expectRevert(abi.encodeWithSelector(UnknownAccount.selector, 0, 0));
        token.transfer(STRANGER, 0);
        vm.expectRevert(abi.encodeWithSelector(UnknownAccount.selector, 0, 0));
        token.transfer(poolAddress, 1);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InvalidReceiver.selector, address(0)));
        token.transfer(address(0), 1);
    }

    function test_transferFrom_needsTheAllowance() public {
        vm.prank(BELAS);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, BELAS, 0, 1));
        token.transferFrom(ANNAS, BELAS, 1);
        vm.prank(ANNAS);
        token.approve(BELAS, 5);
        vm.prank(BELAS);
        token.transferFrom(ANNAS, BELAS, 5);
        assertEq(token.allowance(ANNAS, BELAS), 0);
        assertEq(token.balanceOf(BELAS), WALLET + 5);
    }

    function testFuzz_balanceOf_givenAnAddressOfNobody_is0(address holder) public view {
        vm.assume(holder != ANNAS && holder != BELAS);
        vm.assume(uint160(holder) ^ token.POOL_ADDRESSES() > 31);
        assertEq(token.balanceOf(holder), 0);
    }

    function test_balanceOf_showsTheKeeperAtItsOwnAddressOnly() public {
        token.move(ANNA, ACCOUNT_KEEPER, 4, MOVE_PENALTY);
        assertEq(token.balanceOf(KEEPER), 4);
        assertEq(token.balanceOf(pool(ACCOUNT_KEEPER)), 0);
    }
}
