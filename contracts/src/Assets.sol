// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Family} from "./Family.sol";
import {Fixed} from "./Fixed.sol";
import {IAssets} from "./Interfaces.sol";
import {
    ACCOUNT_FIRST_AGENT,
    ASSET_COUNT,
    AlreadySet,
    AmountTooSmall,
    AssetsRecord,
    FAMILY_COUNT,
    InsufficientBalance,
    MAX_INT,
    MOVE_ISSUE,
    MOVE_TRANSFER,
    TABLE_LENGTH,
    UnknownAccount,
    ValueOutOfRange
} from "./Protocol.sol";

/// @title Assets
/// @notice Foreign assets that leases may be paid in, their posted prices and who holds how much of them, as in
/// `sim/protocol/assets.ts`. Asset 0 is the token itself: Token keeps its units, it is always enabled and its price is FP.
/// What an asset is used for is decided elsewhere.
/// @dev Function by function the same guards in the same order as the core, then the same events in the same order.
/// @custom:rule TOK-4, NUM-7
contract Assets is Family, IAssets {
    AssetsRecord[TABLE_LENGTH] internal assets;
    /// @dev Units of foreign asset a of an account: entry account · 4 + a.
    uint64[TABLE_LENGTH] internal assetWallets;

    /// @dev Highest prices, FP: of any asset, and of the dollar, in which brackets are counted (F-18).
    uint64 private constant MAX_PRICE_FP = 1e15;
    uint64 private constant MAX_DOLLAR_PRICE_FP = 1e12;

    /// @param families addresses of all families, in the order of the FAMILY_ constants
    constructor(address[FAMILY_COUNT] memory families) Family(families) {}

    /// @notice Keeper. From now on orders may be paid in the asset.
    /// @dev Reverts ValueOutOfRange, AlreadySet(1, 0), in this order.
    /// @custom:rule TOK-4
    function enableAsset(uint64 asset) external {
        _onlyKeeperAtRest();
        _checkForeign(asset);
        if (assets[asset].isEnabled == 1) revert AlreadySet(1, 0);
        assets[asset].isEnabled = 1;
    }

    /// @notice Keeper. Units of a foreign asset come to an agent from outside the protocol.
    /// @dev Reverts ValueOutOfRange(asset, 3), UnknownAccount, AmountTooSmall, ValueOutOfRange(units, room), in this order.
    /// @custom:rule TOK-4
    function issueAsset(uint64 asset, uint64 account, uint64 units) external {
        _onlyKeeperAtRest();
        _checkForeign(asset);
        _checkAgent(account);
        if (units == 0) revert AmountTooSmall(0, 1);
        uint64 issuedUnits = assets[asset].issuedUnits;
        // What was issued never exceeds MAX_INT, so neither the difference nor its cast loses anything.
        uint64 roomUnits = uint64(MAX_INT) - issuedUnits;
        if (units > roomUnits) revert ValueOutOfRange(units, roomUnits);
        assets[asset].issuedUnits = issuedUnits + units;
        assetWallets[_place(account, asset)] += units;
        emit AssetMoved(asset, 0, account, units, MOVE_ISSUE);
    }

    /// @notice Keeper. Prices of the three foreign assets, in tokens, FP.
    /// @dev Reverts ValueOutOfRange(price, highest).
    /// @custom:rule NUM-7
    function postPrices(uint64 price1Fp, uint64 price2Fp, uint64 price3Fp) external {
        _onlyKeeperAtRest();
        _checkPrice(price1Fp, MAX_PRICE_FP);
        _checkPrice(price2Fp, MAX_PRICE_FP);
        _checkPrice(price3Fp, MAX_PRICE_FP);
        _checkPrice(price1Fp, MAX_DOLLAR_PRICE_FP);
        _post(1, price1Fp);
        _post(2, price2Fp);
        _post(3, price3Fp);
    }

    /// @notice An agent pays another agent in a foreign asset; nothing happens for 0 units.
    /// @dev Reverts ValueOutOfRange(asset, 3), UnknownAccount, InsufficientBalance, in this order.
    /// @custom:rule TOK-4
    function transferAsset(uint64 asset, uint64 to, uint64 units) external {
        uint64 actor = _agent();
        _checkForeign(asset);
        _checkAgent(to);
        _move(asset, actor, to, units, MOVE_TRANSFER);
    }

    // What the other families ask for

    /// @inheritdoc IAssets
    function isEnabled(uint64 asset) external view returns (bool enabled) {
        return asset == 0 || assets[asset].isEnabled == 1;
    }

    /// @inheritdoc IAssets
    function priceOf(uint64 asset) external view returns (uint64 priceFp) {
        // FP is 10^9.
        return asset == 0 ? uint64(Fixed.FP) : assets[asset].priceFp;
    }

    /// @inheritdoc IAssets
    /// @custom:rule NUM-7, F-18
    function valueOf(uint64 units, uint64 asset) external view returns (uint64 tokenUnits) {
        // At most MAX_INT.
        return asset == 0 ? units : uint64(Fixed.mulDivCapped(units, assets[asset].priceFp, Fixed.FP, MAX_INT));
    }

    /// @inheritdoc IAssets
    /// @custom:rule NUM-7, OP-82
    function unitsWorth(uint64 tokenUnits, uint64 asset) external view returns (uint64 units) {
        if (asset == 0) return tokenUnits;
        uint64 priceFp = assets[asset].priceFp;
        bool isPayable =
            priceFp > 0 && Fixed.mulDivCapped(tokenUnits, Fixed.FP, priceFp, MAX_INT) < MAX_INT;
        // What is payable is at most MAX_INT, rounded up too.
        return uint64(isPayable ? Fixed.mulDivUp(tokenUnits, Fixed.FP, priceFp) : MAX_INT);
    }

    /// @inheritdoc IAssets
    function unitsOf(uint64 account, uint64 asset) external view returns (uint64 units) {
        return asset == 0 ? TOKEN.unitsOf(account) : assetWallets[_place(account, asset)];
    }

    /// @inheritdoc IAssets
    /// @custom:rule TOK-4
    function move(uint64 asset, uint64 from, uint64 to, uint64 units, uint64 reason) external {
        _onlyMarket();
        if (asset == 0) TOKEN.move(from, to, units, reason);
        else _move(asset, from, to, units, reason);
    }

    // Parts of the above

    function _move(uint64 asset, uint64 from, uint64 to, uint64 units, uint64 reason) private {
        if (units == 0) return;
        uint256 fromPlace = _place(from, asset);
        uint64 balanceUnits = assetWallets[fromPlace];
        if (balanceUnits < units) revert InsufficientBalance(balanceUnits, units);
        unchecked {
            assetWallets[fromPlace] = balanceUnits - units; // units ≤ balanceUnits
            assetWallets[_place(to, asset)] += units; // all wallets together hold what was issued, which is below 2^53
        }
        emit AssetMoved(asset, from, to, units, reason);
    }

    function _post(uint64 asset, uint64 priceFp) private {
        if (assets[asset].priceFp == priceFp) return;
        assets[asset].priceFp = priceFp;
        emit PricePosted(asset, priceFp);
    }

    function _checkPrice(uint64 priceFp, uint64 highestFp) private pure {
        if (priceFp == 0 || priceFp > highestFp) revert ValueOutOfRange(priceFp, highestFp);
    }

    function _checkForeign(uint64 asset) private pure {
        if (asset == 0 || asset >= ASSET_COUNT) revert ValueOutOfRange(asset, ASSET_COUNT - 1);
    }

    function _checkAgent(uint64 account) private view {
        if (account < ACCOUNT_FIRST_AGENT || TOKEN.addressOf(account) == address(0)) revert UnknownAccount(account, 0);
    }

    function _place(uint64 account, uint64 asset) private pure returns (uint256 place) {
        // Accounts are below 2^32.
        return uint256(account) * ASSET_COUNT + asset;
    }
}
