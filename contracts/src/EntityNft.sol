// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";
import {Family} from "./Family.sol";
import {IEntityNft} from "./Interfaces.sol";
import {
    AlreadySet,
    FAMILY_COUNT,
    KIND_MODEL,
    KIND_NODE,
    KIND_VALIDATOR,
    TABLE_LENGTH,
    ValueOutOfRange,
    WrongState
} from "./Protocol.sol";

/// @notice The token `id` is the identity of one entity and cannot change hands.
error NftBound(uint256 id);

/// @title EntityNft
/// @notice The ERC-1155 token of each model, node and validator: the identity of exactly one entity, supply 1, burnt when
/// the entity leaves. Its id is kind · 2^32 + entity. Stake and reputation hang on it, so it cannot be transferred.
/// @custom:rule TOK-3
contract EntityNft is ERC1155, Family, IEntityNft {
    /// @dev Account that holds the entity's token, 0 if there is none.
    uint64[TABLE_LENGTH] internal modelHolders;
    uint64[TABLE_LENGTH] internal nodeHolders;
    uint64[TABLE_LENGTH] internal validatorHolders;

    /// @param families addresses of all families, in the order of the FAMILY_ constants
    constructor(address[FAMILY_COUNT] memory families) ERC1155("") Family(families) {}

    /// @inheritdoc IEntityNft
    /// @dev Reverts AlreadySet(holder, 0) if the entity has a token.
    /// Warning: a holder with code is asked whether it accepts the token, and may call back; it then sees the token minted,
    /// and the calling family in the middle of its action.
    /// @custom:rule TOK-3
    function mint(uint64 kind, uint64 entity, uint64 account) external {
        _onlyFamily();
        uint64[TABLE_LENGTH] storage holders = _holders(kind);
        uint64 holder = holders[entity];
        if (holder != 0) revert AlreadySet(holder, 0);
        holders[entity] = account;
        _mint(TOKEN.addressOf(account), idOf(kind, entity), 1, "");
    }

    /// @inheritdoc IEntityNft
    /// @dev Reverts WrongState(0, 0) if the entity has no token.
    /// @custom:rule TOK-3
    function burn(uint64 kind, uint64 entity) external {
        _onlyFamily();
        uint64[TABLE_LENGTH] storage holders = _holders(kind);
        uint64 holder = holders[entity];
        if (holder == 0) revert WrongState(0, 0);
        holders[entity] = 0;
        _burn(TOKEN.addressOf(holder), idOf(kind, entity), 1);
    }

    /// @inheritdoc IEntityNft
    function holderOf(uint64 kind, uint64 entity) external view returns (uint64 account) {
        return _holders(kind)[entity];
    }

    /// @return ERC-1155 id of the token of an entity, minted or not
    function idOf(uint64 kind, uint64 entity) public pure returns (uint256) {
        return (uint256(kind) << 32) | entity;
    }

    function _update(address from, address to, uint256[] memory ids, uint256[] memory values) internal override {
        if (from != address(0) && to != address(0)) revert NftBound(ids.length == 0 ? 0 : ids[0]);
        super._update(from, to, ids, values);
    }

    function _holders(uint64 kind) private view returns (uint64[TABLE_LENGTH] storage) {
        if (kind == KIND_NODE) return nodeHolders;
        if (kind == KIND_VALIDATOR) return validatorHolders;
        if (kind == KIND_MODEL) return modelHolders;
        revert ValueOutOfRange(kind, KIND_VALIDATOR);
    }
}
