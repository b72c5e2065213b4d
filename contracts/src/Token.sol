// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {Family} from "./Family.sol";
import {Fixed} from "./Fixed.sol";
import {IToken} from "./Interfaces.sol";
import {
    ACCOUNT_AIRDROP,
    ACCOUNT_COMMUNITY,
    ACCOUNT_FIRST_AGENT,
    ACCOUNT_FOUNDATION,
    ACCOUNT_INVESTORS,
    ACCOUNT_KEEPER,
    ACCOUNT_LIQUIDITY,
    ACCOUNT_TEAM,
    AlreadySet,
    BPS,
    BatchMismatch,
    FAMILY_COUNT,
    InsufficientBalance,
    MAX_INT,
    MOVE_GENESIS,
    MOVE_TRANSFER,
    P_ECON_ALLOC_BPS_AIRDROP,
    P_ECON_ALLOC_BPS_COMMUNITY,
    P_ECON_ALLOC_BPS_FOUNDATION,
    P_ECON_ALLOC_BPS_INVESTORS,
    P_ECON_ALLOC_BPS_LIQUIDITY,
    P_ECON_ALLOC_BPS_TEAM,
    P_ECON_MAX_SUPPLY,
    P_TOKEN_DECIMALS,
    TABLE_LENGTH,
    TokenTotalsRecord,
    UnknownAccount,
    ValueOutOfRange
} from "./Protocol.sol";

/// @notice `caller` may not open accounts: it did not deploy the protocol, or the book is sealed.
error NotRegistrar(address caller);

/// @title Token
/// @notice The one ledger of tokens: wallets of the agents and accounts of the protocol, by account number, as an ERC-20
/// token. Everything there will ever be is minted by the constructor; what is burnt leaves the supply. Besides the ERC-20
/// events each move emits `Moved`, with its reason.
/// Warning: an ERC-20 call of an agent moves tokens that the simulator's core does not see moving; agents of a simulation
/// pay with `transferTokens`.
/// @dev OpenZeppelin's ERC20 brings the interface and the allowances; its own balances stay unused. Accounts of the
/// protocol have no key. In ERC-20 events and in `balanceOf` they appear as `POOL_ADDRESSES` + account number.
/// @custom:rule TOK-5
contract Token is ERC20, Family, IToken {
    uint64[TABLE_LENGTH] internal wallets;
    TokenTotalsRecord internal tokenTotals;

    mapping(address holder => uint64 account) private accounts;
    mapping(uint64 account => address holder) private holders;

    /// @notice Who may open accounts: the deployer, and nobody once the book is sealed.
    address public registrar;

    /// @notice Address of account 0 of the protocol, which is no account: "pool" in ASCII, then zeros.
    uint160 public constant POOL_ADDRESSES = uint160(bytes20("pool"));

    uint8 private immutable DECIMALS;

    /// @notice Mints the maximum supply into the accounts of `econ.alloc_bps`, which must sum to 10 000.
    /// Warning: Params must be deployed before.
    /// @param families addresses of all families, in the order of the FAMILY_ constants
    /// @param deployer may open accounts until it calls `seal`
    /// @param keeper the protocol's operator
    /// @custom:rule ECON-1, ECON-6
    constructor(address[FAMILY_COUNT] memory families, address deployer, address keeper)
        ERC20("PoWR Lab token", "POWR")
        Family(families)
    {
        registrar = deployer;
        accounts[keeper] = ACCOUNT_KEEPER;
        holders[ACCOUNT_KEEPER] = keeper;
        // The registry allows 3 to 9 decimals.
        DECIMALS = uint8(_param(P_TOKEN_DECIMALS));

        uint64 supplyUnits = _param(P_ECON_MAX_SUPPLY);
        tokenTotals.supplyUnits = supplyUnits;
        tokenTotals.maxSupplyUnits = supplyUnits;
        uint64 cutBps = _mintShare(supplyUnits, ACCOUNT_COMMUNITY, 0, P_ECON_ALLOC_BPS_COMMUNITY);
        cutBps = _mintShare(supplyUnits, ACCOUNT_TEAM, cutBps, P_ECON_ALLOC_BPS_TEAM);
        cutBps = _mintShare(supplyUnits, ACCOUNT_INVESTORS, cutBps, P_ECON_ALLOC_BPS_INVESTORS);
        cutBps = _mintShare(supplyUnits, ACCOUNT_LIQUIDITY, cutBps, P_ECON_ALLOC_BPS_LIQUIDITY);
        cutBps = _mintShare(supplyUnits, ACCOUNT_AIRDROP, cutBps, P_ECON_ALLOC_BPS_AIRDROP);
        cutBps = _mintShare(supplyUnits, ACCOUNT_FOUNDATION, cutBps, P_ECON_ALLOC_BPS_FOUNDATION);
        // BPS is 10 000.
        if (cutBps != BPS) revert ValueOutOfRange(cutBps, uint64(BPS));
    }

    /// @notice Genesis. Opens the next accounts for `newHolders`, in order, each with its `units` from investors, then
    /// liquidity, then airdrop. Reverts NotRegistrar, BatchMismatch, AlreadySet(account, 0) for an address that has an
    /// account, InsufficientBalance(left in the three, units).
    /// @custom:rule ECON-6
    function openAccounts(address[] calldata newHolders, uint64[] calldata units) external {
        if (msg.sender != registrar) revert NotRegistrar(msg.sender);
        // Lengths of calldata arrays fit 64 bits.
        if (units.length != newHolders.length) revert BatchMismatch(uint64(units.length), uint64(newHolders.length));
        for (uint256 i; i < newHolders.length; ++i) {
            _openAccount(newHolders[i], units[i]);
        }
    }

    /// @notice Genesis. Nobody can open accounts any more.
    function seal() external {
        if (msg.sender != registrar) revert NotRegistrar(msg.sender);
        registrar = address(0);
    }

    /// @notice An agent pays another agent. Accounts of the protocol take payments through their own families only, so that
    /// a vault holds exactly what it owes. Reverts UnknownAccount for the sender, EraNotSettled, UnknownAccount for `to`,
    /// InsufficientBalance, in this order.
    /// @custom:rule TOK-5
    function transferTokens(uint64 to, uint64 units) external {
        uint64 actor = accounts[msg.sender];
        if (actor < ACCOUNT_FIRST_AGENT) revert UnknownAccount(actor, 0);
        CLOCK.checkAtRest();
        if (to < ACCOUNT_FIRST_AGENT || to - ACCOUNT_FIRST_AGENT >= tokenTotals.accountCount) {
            revert UnknownAccount(to, 0);
        }
        _move(actor, to, units, MOVE_TRANSFER);
    }

    /// @inheritdoc IToken
    /// @custom:rule TOK-5
    function move(uint64 from, uint64 to, uint64 units, uint64 reason) external {
        _onlyFamilyOrMarket();
        _move(from, to, units, reason);
    }

    /// @inheritdoc IToken
    /// @custom:rule TOK-5
    function burnUnits(uint64 from, uint64 units) external {
        _onlyFamilyOrMarket();
        if (units == 0) return;
        _debit(from, units);
        tokenTotals.supplyUnits -= units;
        tokenTotals.burntUnits += units;
        emit Burnt(from, units);
        emit Transfer(addressOf(from), address(0), units);
    }

    /// @inheritdoc IToken
    function accountOf(address holder) external view returns (uint64 account) {
        return accounts[holder];
    }

    /// @inheritdoc IToken
    function addressOf(uint64 account) public view returns (address holder) {
        if (_isPool(account)) return address(POOL_ADDRESSES + account);
        return holders[account];
    }

    /// @inheritdoc IToken
    function unitsOf(uint64 account) external view returns (uint64 units) {
        return wallets[account];
    }

    /// @inheritdoc IToken
    function maxSupplyUnits() external view returns (uint64) {
        return tokenTotals.maxSupplyUnits;
    }

    /// @notice Base units of an agent, the keeper, or an account of the protocol; 0 for every other address.
    function balanceOf(address holder) public view override returns (uint256) {
        uint64 account = accounts[holder];
        if (account != 0) return wallets[account];
        uint160 number = uint160(holder) ^ POOL_ADDRESSES;
        // The cast keeps the number if it is below 32, and only then is it used.
        return number < ACCOUNT_FIRST_AGENT && _isPool(uint64(number)) ? wallets[number] : 0;
    }

    /// @notice Maximum supply minus what was burnt, in base units.
    function totalSupply() public view override returns (uint256) {
        return tokenTotals.supplyUnits;
    }

    /// @notice Decimal places of one token.
    function decimals() public view override returns (uint8) {
        return DECIMALS;
    }

    /// @dev What ERC-20's `transfer` and `transferFrom` come down to. Only addresses with an account can take part.
    function _update(address from, address to, uint256 value) internal override {
        uint64 fromAccount = accounts[from];
        uint64 toAccount = accounts[to];
        if (fromAccount == 0 || toAccount == 0) revert UnknownAccount(0, 0);
        CLOCK.checkAtRest();
        if (value == 0) {
            // ERC-20 wants the event; nothing moved, so the ledger says nothing.
            emit Transfer(from, to, 0);
            return;
        }
        // Both casts are of values that fit: the first is checked, the second is 2^53 − 1.
        if (value > MAX_INT) {
            revert ValueOutOfRange(value > type(uint64).max ? type(uint64).max : uint64(value), uint64(MAX_INT));
        }
        _move(fromAccount, toAccount, uint64(value), MOVE_TRANSFER);
    }

    function _openAccount(address holder, uint64 units) private {
        if (holder == address(0) || accounts[holder] != 0) revert AlreadySet(accounts[holder], 0);
        uint64 availableUnits = wallets[ACCOUNT_INVESTORS] + wallets[ACCOUNT_LIQUIDITY] + wallets[ACCOUNT_AIRDROP];
        if (availableUnits < units) revert InsufficientBalance(availableUnits, units);
        uint64 account = ACCOUNT_FIRST_AGENT + tokenTotals.accountCount;
        tokenTotals.accountCount += 1;
        accounts[holder] = account;
        holders[account] = holder;
        uint64 restUnits = _openFrom(ACCOUNT_INVESTORS, account, units);
        restUnits = _openFrom(ACCOUNT_LIQUIDITY, account, restUnits);
        _openFrom(ACCOUNT_AIRDROP, account, restUnits);
    }

    /// @return restUnits what `source` could not give
    function _openFrom(uint64 source, uint64 account, uint64 units) private returns (uint64 restUnits) {
        uint64 sourceUnits = wallets[source];
        uint64 partUnits = units < sourceUnits ? units : sourceUnits;
        _move(source, account, partUnits, MOVE_GENESIS);
        return units - partUnits;
    }

    /// @return afterBps the sum of the shares up to this one
    function _mintShare(uint64 supplyUnits, uint64 account, uint64 beforeBps, uint256 shareParam)
        private
        returns (uint64 afterBps)
    {
        afterBps = beforeBps + _param(shareParam);
        // A share of a supply below 2^53 is below 2^53.
        uint64 units = uint64(Fixed.allocShare(supplyUnits, beforeBps, afterBps, BPS));
        if (units == 0) return afterBps;
        wallets[account] = units;
        emit Moved(0, account, units, MOVE_GENESIS);
        emit Transfer(address(0), addressOf(account), units);
    }

    /// @dev Accounts of the protocol but the keeper's, which has an address of its own.
    function _isPool(uint64 account) private pure returns (bool) {
        return account != 0 && account < ACCOUNT_FIRST_AGENT && account != ACCOUNT_KEEPER;
    }

    function _debit(uint64 from, uint64 units) private {
        uint64 balanceUnits = wallets[from];
        if (balanceUnits < units) revert InsufficientBalance(balanceUnits, units);
        unchecked {
            wallets[from] = balanceUnits - units; // units ≤ balanceUnits
        }
    }

    function _move(uint64 from, uint64 to, uint64 units, uint64 reason) private {
        if (units == 0) return;
        _debit(from, units);
        unchecked {
            wallets[to] += units; // all wallets together hold the supply, which is below 2^53
        }
        emit Moved(from, to, units, reason);
        emit Transfer(addressOf(from), addressOf(to), units);
    }
}
