// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {
    ACCOUNT_AIRDROP,
    ACCOUNT_COMMUNITY,
    ACCOUNT_FIRST_AGENT,
    ACCOUNT_FOUNDATION,
    ACCOUNT_INVESTORS,
    ACCOUNT_KEEPER,
    ACCOUNT_LIQUIDITY,
    ACCOUNT_TEAM,
    ACCOUNT_TREASURY,
    AlreadySet,
    BatchMismatch,
    InsufficientBalance,
    MAX_INT,
    MOVE_GENESIS,
    MOVE_REFUND,
    MOVE_TRANSFER,
    P_ECON_ALLOC_BPS_TEAM,
    P_ECON_MAX_SUPPLY,
    UnknownAccount,
    ValueOutOfRange
} from "../src/Protocol.sol";
import {NotRegistrar, Token} from "../src/Token.sol";
import {Vm} from "./Base.sol";
import {defaultParams} from "./DefaultParams.sol";
import {Deployment} from "./Deployment.sol";

/// @notice Genesis of the ledger of tokens, payments between agents, and what the families do with it.
contract TokenTest is Deployment {
    uint64 private constant SUPPLY = 100_000_000 * ONE;

    function setUp() public {
        deploy();
    }

    function sumOfWallets() private view returns (uint256 sum) {
        for (uint64 account; account < A + AGENT_COUNT; ++account) {
            sum += walletsAt(account);
        }
    }

    /// @dev Address of a pool or an account, opened or not.
    function holder(uint64 account) private pure returns (address) {
        bool isPool = account < ACCOUNT_FIRST_AGENT && account != ACCOUNT_KEEPER;
        return isPool ? address(uint160(bytes20("pool")) + account) : addressOf(account);
    }

    function moved(uint64 from, uint64 to, uint64 units, uint64 reason) private {
        emits(address(token));
        emit Moved(from, to, units, reason);
        emits(address(token));
        emit IERC20.Transfer(holder(from), holder(to), units);
    }

    // constructor

    function test_constructor_givenTheAllocation_mintsTheMaximumSupplyIntoIt() public {
        deploy(smallParams());
        assertEq(walletsAt(ACCOUNT_COMMUNITY), SUPPLY / 2);
        assertEq(walletsAt(ACCOUNT_TEAM), SUPPLY * 15 / 100);
        assertEq(walletsAt(ACCOUNT_INVESTORS), SUPPLY * 13 / 100);
        assertEq(walletsAt(ACCOUNT_LIQUIDITY), SUPPLY / 10);
        assertEq(walletsAt(ACCOUNT_AIRDROP), SUPPLY / 50);
        assertEq(walletsAt(ACCOUNT_FOUNDATION), SUPPLY / 10);
        assertEq(walletsAt(ACCOUNT_TREASURY), 0);
        assertEq(tokenTotals().supplyUnits, SUPPLY);
        assertEq(tokenTotals().maxSupplyUnits, SUPPLY);
        assertEq(tokenTotals().burntUnits, 0);
        assertEq(tokenTotals().accountCount, 0);
        assertEq(token.maxSupplyUnits(), SUPPLY);
    }

    function test_constructor_givenTheAllocation_saysWhatItMintsToWhom() public {
        vm.recordLogs();
        deploy(smallParams());
        Vm.Log[] memory logs = vm.getRecordedLogs();
        uint64[6] memory accounts = [
            ACCOUNT_COMMUNITY, ACCOUNT_TEAM, ACCOUNT_INVESTORS, ACCOUNT_LIQUIDITY, ACCOUNT_AIRDROP, ACCOUNT_FOUNDATION
        ];
        assertEq(logs.length, 12);
        for (uint256 i; i < 6; ++i) {
            uint64 units = walletsAt(accounts[i]);
            assertEq(logs[2 * i].emitter, address(token));
            assertEq(logs[2 * i].topics[0], Moved.selector);
            assertEq(logs[2 * i].data, abi.encode(0, accounts[i], units, MOVE_GENESIS));
            assertEq(logs[2 * i + 1].topics[0], IERC20.Transfer.selector);
            assertEq(logs[2 * i + 1].topics[2], bytes32(uint256(uint160(holder(accounts[i])))));
            assertEq(logs[2 * i + 1].data, abi.encode(units));
        }
    }

    function testFuzz_constructor_givenAnySupply_leavesNothingOver(uint64 units) public {
        uint64[] memory p = smallParams();
        p[P_ECON_MAX_SUPPLY] = uint64(bound(units, 0, MAX_INT));
        deploy(p);
        assertEq(sumOfWallets(), p[P_ECON_MAX_SUPPLY]);
        assertEq(token.totalSupply(), p[P_ECON_MAX_SUPPLY]);
    }

    function test_constructor_givenSharesThatDoNotSumToAll_isRefused() public {
        setParam(P_ECON_ALLOC_BPS_TEAM, 1_501);
        refused(ValueOutOfRange.selector, 10_001, 10_000);
        new Token(families, address(this), addressOf(K));
        setParam(P_ECON_ALLOC_BPS_TEAM, 1_499);
        refused(ValueOutOfRange.selector, 9_999, 10_000);
        new Token(families, address(this), addressOf(K));
    }

    function test_metadata_givenTheParameters_namesTheToken() public view {
        assertEq(token.name(), "PoWR Lab token");
        assertEq(token.symbol(), "POWR");
        assertEq(token.decimals(), 6);
    }

    // openAccounts, seal

    function test_openAccounts_givenHolders_numbersThemAndTakesFromInvestorsFirst() public {
        deploy(smallParams());
        address[] memory holders = new address[](2);
        (holders[0], holders[1]) = (addressOf(A), addressOf(B));
        uint64[] memory units = new uint64[](2);
        (units[0], units[1]) = (5, 0);
        moved(ACCOUNT_INVESTORS, A, 5, MOVE_GENESIS);
        token.openAccounts(holders, units);
        assertEq(token.accountOf(addressOf(A)), ACCOUNT_FIRST_AGENT);
        assertEq(token.accountOf(addressOf(B)), ACCOUNT_FIRST_AGENT + 1);
        assertEq(token.addressOf(B), addressOf(B));
        assertEq(tokenTotals().accountCount, 2);
        assertEq(walletsAt(A), 5);
        assertEq(walletsAt(ACCOUNT_INVESTORS), SUPPLY * 13 / 100 - 5);
    }

    function test_openAccounts_givenMoreThanTheInvestorsHave_goesOnToLiquidityAndAirdrop() public {
        deploy(smallParams());
        (uint64 investors, uint64 liquidity, uint64 airdrop) =
            (walletsAt(ACCOUNT_INVESTORS), walletsAt(ACCOUNT_LIQUIDITY), walletsAt(ACCOUNT_AIRDROP));
        moved(ACCOUNT_INVESTORS, A, investors, MOVE_GENESIS);
        moved(ACCOUNT_LIQUIDITY, A, liquidity, MOVE_GENESIS);
        moved(ACCOUNT_AIRDROP, A, 1, MOVE_GENESIS);
        openAgents(1, investors + liquidity + 1);
        assertEq(walletsAt(ACCOUNT_INVESTORS), 0);
        assertEq(walletsAt(ACCOUNT_LIQUIDITY), 0);
        assertEq(walletsAt(ACCOUNT_AIRDROP), airdrop - 1);
    }

    function test_openAccounts_givenMoreThanAllThreeHave_isRefused() public {
        deploy(smallParams());
        uint64 available = walletsAt(ACCOUNT_INVESTORS) + walletsAt(ACCOUNT_LIQUIDITY) + walletsAt(ACCOUNT_AIRDROP);
        refused(InsufficientBalance.selector, available, available + 1);
        openAgents(1, available + 1);
        openAgents(1, available);
        assertEq(walletsAt(A), available);
    }

    function test_openAccounts_givenAnAddressWithAnAccount_isRefused() public {
        deploy(smallParams());
        openAgents(1, 7);
        refused(AlreadySet.selector, A, 0);
        openAgents(1, 7);
        address[] memory holders = new address[](1);
        holders[0] = addressOf(K);
        refused(AlreadySet.selector, ACCOUNT_KEEPER, 0);
        token.openAccounts(holders, new uint64[](1));
        holders[0] = address(0);
        refused(AlreadySet.selector, 0, 0);
        token.openAccounts(holders, new uint64[](1));
    }

    function test_openAccounts_givenListsOfDifferentLength_isRefused() public {
        deploy(smallParams());
        refused(BatchMismatch.selector, 2, 1);
        token.openAccounts(new address[](1), new uint64[](2));
    }

    function test_openAccounts_givenAnybodyButTheDeployerOrASealedBook_isRefused() public {
        deploy(smallParams());
        vm.expectRevert(abi.encodeWithSelector(NotRegistrar.selector, STRANGER));
        vm.prank(STRANGER);
        token.openAccounts(new address[](0), new uint64[](0));
        vm.expectRevert(abi.encodeWithSelector(NotRegistrar.selector, STRANGER));
        vm.prank(STRANGER);
        token.seal();
        assertEq(token.registrar(), address(this));
        token.seal();
        assertEq(token.registrar(), address(0));
        vm.expectRevert(abi.encodeWithSelector(NotRegistrar.selector, address(this)));
        openAgents(1, 7);
        vm.expectRevert(abi.encodeWithSelector(NotRegistrar.selector, address(this)));
        token.seal();
    }

    // transferTokens

    function test_transferTokens_givenAnAgent_movesUnitsAndSaysSo() public {
        moved(A, B, 30, MOVE_TRANSFER);
        by(A);
        token.transferTokens(B, 30);
        assertEq(walletsAt(A), OPENING - 30);
        assertEq(walletsAt(B), OPENING + 30);
    }

    function test_transferTokens_givenNoAgentsAccount_isRefused() public {
        uint64[6] memory wrong =
            [0, ACCOUNT_COMMUNITY, ACCOUNT_KEEPER, ACCOUNT_FIRST_AGENT - 1, A + AGENT_COUNT, type(uint64).max];
        for (uint256 i; i < wrong.length; ++i) {
            refusedBy(A, UnknownAccount.selector, wrong[i], 0);
            token.transferTokens(wrong[i], 1);
        }
        by(A);
        token.transferTokens(A + AGENT_COUNT - 1, 1);
    }

    function test_transferTokens_givenMoreThanTheWallet_isRefused() public {
        refusedBy(A, InsufficientBalance.selector, OPENING, OPENING + 1);
        token.transferTokens(B, OPENING + 1);
        by(A);
        token.transferTokens(B, OPENING);
        assertEq(walletsAt(A), 0);
    }

    function test_transferTokens_givenNothing_leavesNoTrace() public {
        vm.recordLogs();
        by(A);
        token.transferTokens(B, 0);
        assertEq(vm.getRecordedLogs().length, 0);
        assertEq(walletsAt(B), OPENING);
    }

    function testFuzz_transferTokens_givenAnyPair_conservesTheSum(uint64 from, uint64 to, uint64 units) public {
        from = uint64(bound(from, A, A + AGENT_COUNT - 1));
        to = uint64(bound(to, A, A + AGENT_COUNT - 1));
        units = uint64(bound(units, 0, OPENING));
        uint256 sum = sumOfWallets();
        by(from);
        token.transferTokens(to, units);
        assertEq(sumOfWallets(), sum);
        assertEq(walletsAt(from), from == to ? OPENING : OPENING - units);
    }

    // move, burnUnits

    function test_move_givenAFamily_movesBetweenAnyAccountsWithItsReason() public {
        moved(ACCOUNT_COMMUNITY, A, 9, MOVE_REFUND);
        vm.prank(address(calls));
        token.move(ACCOUNT_COMMUNITY, A, 9, MOVE_REFUND);
        assertEq(walletsAt(A), OPENING + 9);
    }

    function test_move_givenMoreThanTheAccountHolds_isRefused() public {
        refused(InsufficientBalance.selector, 0, 1);
        vm.prank(address(calls));
        token.move(ACCOUNT_TREASURY, A, 1, MOVE_REFUND);
    }

    function test_burnUnits_givenAFamily_takesThemOutOfTheSupply() public {
        emits(address(token));
        emit Burnt(A, 40);
        emits(address(token));
        emit IERC20.Transfer(addressOf(A), address(0), 40);
        vm.prank(address(calls));
        token.burnUnits(A, 40);
        assertEq(walletsAt(A), OPENING - 40);
        assertEq(tokenTotals().supplyUnits, SUPPLY - 40);
        assertEq(tokenTotals().burntUnits, 40);
        assertEq(tokenTotals().maxSupplyUnits, SUPPLY);
        assertEq(token.totalSupply(), SUPPLY - 40);
    }

    function test_burnUnits_givenMoreThanTheAccountHolds_isRefused() public {
        refused(InsufficientBalance.selector, OPENING, OPENING + 1);
        vm.prank(address(calls));
        token.burnUnits(A, OPENING + 1);
    }

    function test_burnUnits_givenNothing_leavesNoTrace() public {
        vm.recordLogs();
        vm.prank(address(calls));
        token.burnUnits(A, 0);
        assertEq(vm.getRecordedLogs().length, 0);
        assertEq(tokenTotals().burntUnits, 0);
    }

    // addresses of accounts of the protocol

    function test_addressOf_givenAPool_isTheWordPoolAndItsNumber() public view {
        assertEq(token.addressOf(ACCOUNT_TREASURY), address(0x706F6F6C00000000000000000000000000000003));
        assertEq(token.addressOf(ACCOUNT_KEEPER), addressOf(K));
        assertEq(token.addressOf(0), address(0));
        assertEq(token.accountOf(token.addressOf(ACCOUNT_TREASURY)), 0);
    }

    function test_balanceOf_givenAPoolsAddress_isTheAccounts() public view {
        assertEq(token.balanceOf(token.addressOf(ACCOUNT_COMMUNITY)), SUPPLY / 2);
        assertEq(token.balanceOf(addressOf(A)), OPENING);
        assertEq(token.balanceOf(STRANGER), 0);
        assertEq(token.balanceOf(address(token.POOL_ADDRESSES())), 0);
        assertEq(token.balanceOf(address(token.POOL_ADDRESSES() + ACCOUNT_KEEPER)), 0);
        assertEq(token.balanceOf(address(token.POOL_ADDRESSES() + A)), 0);
    }
}

/// @notice The token as an ERC-20. Identifiers are those of the crytic properties; where none is given, the case is
/// from OpenZeppelin's list. Properties of pausable, mintable and publicly burnable tokens do not apply: nobody can do
/// either.
contract TokenErc20Test is Deployment {
    uint256 private constant SUPPLY = 100_000_000 * uint256(ONE);

    function setUp() public {
        deploy();
    }

    function transfer(uint64 from, address to, uint256 units) private returns (bool) {
        by(from);
        return token.transfer(to, units);
    }

    function approve(uint64 owner, uint64 spender, uint256 units) private {
        by(owner);
        assertTrue(token.approve(addressOf(spender), units));
    }

    /// @dev `CONSUMER` spends what `from` allowed.
    function transferFrom(uint64 from, address to, uint256 units) private returns (bool) {
        by(CONSUMER);
        return token.transferFrom(addressOf(from), to, units);
    }

    function unknown() private {
        refused(UnknownAccount.selector, 0, 0);
    }

    /// ERC20-BASE-001, and no mint beyond genesis
    function testFuzz_totalSupply_givenTransfers_isConstant(uint256 units) public {
        units = bound(units, 0, OPENING);
        assertEq(token.totalSupply(), SUPPLY);
        transfer(A, addressOf(B), units);
        assertEq(token.totalSupply(), SUPPLY);
    }

    /// ERC20-BASE-002, ERC20-BASE-003
    function test_balances_givenAllAccounts_sumToTheSupply() public view {
        uint256 sum;
        for (uint64 account = 1; account < A + AGENT_COUNT; ++account) {
            uint256 units = token.balanceOf(token.addressOf(account));
            assertLe(units, token.totalSupply());
            sum += units;
        }
        assertEq(sum, token.totalSupply());
    }

    /// ERC20-BASE-004
    function test_balanceOf_givenTheZeroAddress_isZero() public view {
        assertEq(token.balanceOf(address(0)), 0);
    }

    /// ERC20-BASE-005, and any address without an account
    function test_transfer_givenAnAddressWithoutAccount_isRefused() public {
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InvalidReceiver.selector, address(0)));
        transfer(A, address(0), 1);
        address pool = token.addressOf(ACCOUNT_COMMUNITY);
        unknown();
        transfer(A, pool, 1);
        unknown();
        transfer(A, STRANGER, 1);
        unknown();
        vm.prank(STRANGER);
        token.transfer(addressOf(A), 0);
    }

    /// ERC20-BASE-006
    function test_transferFrom_givenAnAddressWithoutAccount_isRefused() public {
        approve(A, CONSUMER, 10);
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InvalidReceiver.selector, address(0)));
        transferFrom(A, address(0), 1);
        unknown();
        transferFrom(A, STRANGER, 1);
        assertEq(token.allowance(addressOf(A), addressOf(CONSUMER)), 10);
    }

    /// ERC20-BASE-007
    function testFuzz_transfer_givenOneself_leavesTheBalance(uint256 units) public {
        units = bound(units, 0, OPENING);
        assertTrue(transfer(A, addressOf(A), units));
        assertEq(token.balanceOf(addressOf(A)), OPENING);
    }

    /// ERC20-BASE-008
    function testFuzz_transferFrom_givenOneself_leavesTheBalance(uint256 units) public {
        units = bound(units, 0, OPENING);
        approve(A, CONSUMER, units);
        assertTrue(transferFrom(A, addressOf(A), units));
        assertEq(token.balanceOf(addressOf(A)), OPENING);
    }

    /// ERC20-BASE-009
    function testFuzz_transfer_givenMoreThanTheBalance_isRefused(uint256 units) public {
        units = bound(units, OPENING + 1, MAX_INT);
        refused(InsufficientBalance.selector, OPENING, uint64(units));
        transfer(A, addressOf(B), units);
    }

    function test_transfer_givenMoreThanTheLedgerCanHold_isRefused() public {
        refused(ValueOutOfRange.selector, uint64(MAX_INT + 1), uint64(MAX_INT));
        transfer(A, addressOf(B), MAX_INT + 1);
        refused(ValueOutOfRange.selector, type(uint64).max, uint64(MAX_INT));
        transfer(A, addressOf(B), type(uint256).max);
    }

    /// ERC20-BASE-010
    function test_transferFrom_givenMoreThanTheBalance_isRefused() public {
        approve(A, CONSUMER, OPENING + 1);
        refused(InsufficientBalance.selector, OPENING, OPENING + 1);
        transferFrom(A, addressOf(B), OPENING + 1);
    }

    /// ERC20-BASE-011
    function test_transfer_givenZero_emitsTransferButNoMove() public {
        vm.recordLogs();
        assertTrue(transfer(A, addressOf(B), 0));
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs.length, 1);
        assertEq(logs[0].topics[0], IERC20.Transfer.selector);
        assertEq(token.balanceOf(addressOf(B)), OPENING);
    }

    /// ERC20-BASE-012
    function test_transferFrom_givenZero_isAccepted() public {
        assertTrue(transferFrom(A, addressOf(B), 0));
        assertEq(token.balanceOf(addressOf(A)), OPENING);
    }

    /// ERC20-BASE-013
    function testFuzz_transfer_givenUnits_movesThemAndSaysSo(uint256 units) public {
        units = bound(units, 1, OPENING);
        emits(address(token));
        emit Moved(A, B, uint64(units), MOVE_TRANSFER);
        emits(address(token));
        emit IERC20.Transfer(addressOf(A), addressOf(B), units);
        assertTrue(transfer(A, addressOf(B), units));
        assertEq(token.balanceOf(addressOf(A)), OPENING - units);
        assertEq(token.balanceOf(addressOf(B)), OPENING + units);
        assertEq(walletsAt(B), OPENING + units);
    }

    function test_transfer_givenTheKeeper_takesPart() public {
        transfer(A, addressOf(K), 5);
        assertEq(walletsAt(ACCOUNT_KEEPER), 5);
        by(K);
        token.transfer(addressOf(B), 5);
        assertEq(walletsAt(B), OPENING + 5);
    }

    /// ERC20-BASE-014
    function testFuzz_transferFrom_givenAnAllowance_movesUnits(uint256 units) public {
        units = bound(units, 1, OPENING);
        approve(A, CONSUMER, units);
        assertTrue(transferFrom(A, addressOf(B), units));
        assertEq(token.balanceOf(addressOf(A)), OPENING - units);
        assertEq(token.balanceOf(addressOf(B)), OPENING + units);
    }

    function test_transferFrom_givenTooSmallAnAllowance_isRefused() public {
        approve(A, CONSUMER, 4);
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, addressOf(CONSUMER), 4, 5)
        );
        transferFrom(A, addressOf(B), 5);
    }

    /// ERC20-BASE-015, ERC20-BASE-016, ERC20-ALLOWANCE-001, ERC20-ALLOWANCE-002: raising and lowering is approving
    /// again
    function testFuzz_approve_givenAnyAmountTwice_holdsTheLast(uint256 first, uint256 second) public {
        approve(A, CONSUMER, first);
        assertEq(token.allowance(addressOf(A), addressOf(CONSUMER)), first);
        emits(address(token));
        emit IERC20.Approval(addressOf(A), addressOf(CONSUMER), second);
        approve(A, CONSUMER, second);
        assertEq(token.allowance(addressOf(A), addressOf(CONSUMER)), second);
        assertEq(token.allowance(addressOf(B), addressOf(CONSUMER)), 0);
    }

    function test_approve_givenTheZeroAddress_isRefused() public {
        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InvalidSpender.selector, address(0)));
        by(A);
        token.approve(address(0), 1);
    }

    /// ERC20-BASE-017
    function testFuzz_transferFrom_givenAnAllowance_spendsIt(uint256 allowed, uint256 units) public {
        allowed = bound(allowed, 1, type(uint256).max - 1);
        units = bound(units, 0, allowed < OPENING ? allowed : OPENING);
        approve(A, CONSUMER, allowed);
        transferFrom(A, addressOf(B), units);
        assertEq(token.allowance(addressOf(A), addressOf(CONSUMER)), allowed - units);
    }

    function test_transferFrom_givenAnInfiniteAllowance_leavesIt() public {
        approve(A, CONSUMER, type(uint256).max);
        transferFrom(A, addressOf(B), 5);
        assertEq(token.allowance(addressOf(A), addressOf(CONSUMER)), type(uint256).max);
    }

    /// ERC20-BURNABLE-001: burning is the families', and lowers balance and supply alike
    function testFuzz_burnUnits_givenAFamily_lowersBalanceAndSupplyAlike(uint64 units) public {
        units = uint64(bound(units, 0, OPENING));
        vm.prank(address(calls));
        token.burnUnits(A, units);
        assertEq(token.balanceOf(addressOf(A)), OPENING - units);
        assertEq(token.totalSupply(), SUPPLY - units);
    }
}
