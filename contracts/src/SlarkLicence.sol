// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {Bls} from "./Bls.sol";
import {Family, OnlyFamily} from "./Family.sol";
import {Fixed} from "./Fixed.sol";
import {ISlarkLicence} from "./Interfaces.sol";
import {FAMILY_COUNT, InvalidKey, Soulbound, TABLE_LENGTH} from "./Protocol.sol";

/// @notice ERC-5192: tokens that may be bound to their holder.
interface IERC5192 {
    event Locked(uint256 tokenId);
    event Unlocked(uint256 tokenId);

    /// @return true while the token cannot change hands. Reverts for a token that does not exist.
    function locked(uint256 tokenId) external view returns (bool);
}

/// @notice A licence changes hands by `Slarks.transferLicence` only, which keeps its owner in the ledger.
error TransferByLedgerOnly(uint256 tokenId);

/// @title SlarkLicence
/// @notice The ERC-721 token of each Slark licence, numbered as the licence. It is soulbound for a time from mint (SM-5):
/// `locked` turns false by itself at that second, and no event can say so. Slarks alone mints and moves it. With the
/// licence goes the key that its client signs with.
/// @custom:rule SLARK-2, SLARK-6, CHAL-10, INV-18
contract SlarkLicence is ERC721, Family, ISlarkLicence, IERC5192 {
    /// @dev Account that holds the licence.
    uint64[TABLE_LENGTH] internal licenceHolders;
    /// @dev Keys as points; the ledger's tables hold their identifiers only. Each was registered with its proof of
    /// possession, so that their sums can be trusted.
    mapping(uint64 licence => Bls.G1 key) internal keys;

    bytes4 private constant ERC5192_ID = 0xb45a3c0e;
    uint256 private constant KEY_WORDS = 16;

    /// @param families addresses of all families, in the order of the FAMILY_ constants
    constructor(address[FAMILY_COUNT] memory families) ERC721("Powr Slark Licence", "SLARK") Family(families) {}

    /// @inheritdoc ISlarkLicence
    /// @dev The receiver is not called back: a licence cannot be refused, and nobody runs inside the purchase.
    /// @custom:rule SM-5
    function mint(uint64 licence, uint64 account, uint64 soulboundUntilS) external {
        _onlySlarks();
        licenceHolders[licence] = account;
        _mint(TOKEN.addressOf(account), licence);
        if (CLOCK.nowS() < soulboundUntilS) emit Locked(licence);
        else emit Unlocked(licence);
    }

    /// @inheritdoc ISlarkLicence
    /// @dev Reverts Soulbound(nowS, soulboundUntilS) while it is locked, whatever Slarks has checked.
    /// @custom:rule SLARK-6, INV-18
    function move(uint64 licence, uint64 to) external {
        _onlySlarks();
        _checkUnlocked(licence);
        licenceHolders[licence] = to;
        super._update(TOKEN.addressOf(to), licence, address(0));
    }

    /// @inheritdoc ISlarkLicence
    function holderOf(uint64 licence) external view returns (uint64 account) {
        return licenceHolders[licence];
    }

    /// @inheritdoc ISlarkLicence
    /// @dev Reverts InvalidKey(licence, 0) if the proof does not hold, with an error of Bls for words that are no point.
    /// @custom:rule CHAL-10
    function registerKey(uint64 licence, uint64 account, uint64[] calldata words) external returns (uint64 keyId) {
        _onlySlarks();
        Bls.G1 memory key = Bls.g1FromWords(words, 0);
        if (!Bls.verifyPossession(key, account, Bls.g2FromWords(words, KEY_WORDS))) revert InvalidKey(licence, 0);
        keys[licence] = key;
        // Coordinates are below 2^381, so both high halves fit 128 bits.
        bytes32 hash = keccak256(abi.encodePacked(uint128(key.xHigh), key.xLow, uint128(key.yHigh), key.yLow));
        keyId = uint64(uint256(hash) & (Fixed.TWO_52 - 1));
        if (keyId == 0) keyId = 1;
    }

    /// @inheritdoc ISlarkLicence
    function dropKey(uint64 licence) external {
        _onlySlarks();
        delete keys[licence];
    }

    /// @inheritdoc ISlarkLicence
    /// @custom:rule CHAL-2, CHAL-10
    function isSigned(uint64[][] calldata groups, bytes32[] calldata messages, uint64[] calldata signature)
        external
        view
        returns (bool)
    {
        Bls.G1[] memory sums = new Bls.G1[](groups.length);
        for (uint256 group; group < groups.length; ++group) {
            uint64[] calldata licences = groups[group];
            Bls.G1[] memory list = new Bls.G1[](licences.length);
            for (uint256 i; i < licences.length; ++i) {
                list[i] = keys[licences[i]];
            }
            sums[group] = Bls.aggregateKeys(list);
        }
        return Bls.verifyGroups(sums, messages, Bls.g2FromWords(signature, 0));
    }

    /// @inheritdoc IERC5192
    /// @custom:rule SLARK-6
    function locked(uint256 tokenId) external view returns (bool) {
        _requireOwned(tokenId);
        return CLOCK.nowS() < _soulboundUntilS(tokenId);
    }

    function supportsInterface(bytes4 interfaceId) public view override returns (bool) {
        return interfaceId == ERC5192_ID || super.supportsInterface(interfaceId);
    }

    /// @dev Every transfer of the standard comes through here. Reverts Soulbound while locked, then TransferByLedgerOnly.
    function _update(address to, uint256 tokenId, address auth) internal override returns (address from) {
        if (_ownerOf(tokenId) != address(0)) {
            _checkUnlocked(tokenId);
            revert TransferByLedgerOnly(tokenId);
        }
        return super._update(to, tokenId, auth);
    }

    function _checkUnlocked(uint256 tokenId) private view {
        (uint64 nowS, uint64 untilS) = (CLOCK.nowS(), _soulboundUntilS(tokenId));
        if (nowS < untilS) revert Soulbound(nowS, untilS);
    }

    /// @dev Tokens have the numbers of licences, which fit.
    function _soulboundUntilS(uint256 tokenId) private view returns (uint64) {
        return SLARKS.soulboundUntilSOf(uint64(tokenId));
    }

    function _onlySlarks() private view {
        if (msg.sender != address(SLARKS)) revert OnlyFamily(msg.sender);
    }
}
