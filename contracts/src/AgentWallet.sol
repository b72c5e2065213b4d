// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {IERC721Receiver} from "@openzeppelin/contracts/token/ERC721/IERC721Receiver.sol";
import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";

/// @title AgentWallet
/// @notice Code that an agent's own account delegates to (EIP-7702), so that the relay can make the account act.
/// A protocol contract then sees the agent itself as `msg.sender`. It decides who may make the account act, and nothing
/// about what the account does.
/// Warning: the relay is trusted with everything the account holds. This is a simulator's wallet.
/// @dev It has no storage: the delegating accounts share this code, and `RELAY` lives in the code.
contract AgentWallet is IERC721Receiver, IERC1155Receiver {
    /// @notice The only account that may call `execute`.
    address public immutable RELAY;

    /// @notice `caller` asked the account to act, and is not the relay.
    error NotRelay(address caller);

    constructor(address relay) {
        RELAY = relay;
    }

    /// @notice ETH may be sent to the account, as to any other.
    receive() external payable {}

    /// @notice Calls `target` with `data`, as this account, without value.
    /// @dev A revert of the target is passed on unchanged. The word returned tells the caller that a wallet was there:
    /// a call to an account without code succeeds too, and returns nothing.
    /// @return executed always true
    function execute(address target, bytes calldata data) external returns (bool executed) {
        if (msg.sender != RELAY) revert NotRelay(msg.sender);
        assembly ("memory-safe") {
            let start := mload(0x40)
            calldatacopy(start, data.offset, data.length)
            if iszero(call(gas(), target, 0, start, data.length, 0, 0)) {
                returndatacopy(start, 0, returndatasize())
                revert(start, returndatasize())
            }
        }
        return true;
    }

    /// @inheritdoc IERC721Receiver
    function onERC721Received(address, address, uint256, bytes calldata) external pure returns (bytes4) {
        return IERC721Receiver.onERC721Received.selector;
    }

    /// @inheritdoc IERC1155Receiver
    function onERC1155Received(address, address, uint256, uint256, bytes calldata) external pure returns (bytes4) {
        return IERC1155Receiver.onERC1155Received.selector;
    }

    /// @inheritdoc IERC1155Receiver
    function onERC1155BatchReceived(address, address, uint256[] calldata, uint256[] calldata, bytes calldata)
        external
        pure
        returns (bytes4)
    {
        return IERC1155Receiver.onERC1155BatchReceived.selector;
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(IERC165).interfaceId || interfaceId == type(IERC721Receiver).interfaceId
            || interfaceId == type(IERC1155Receiver).interfaceId;
    }
}
