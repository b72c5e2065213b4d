// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";

/// @notice An ERC-1155 token that anybody may mint, to see whether an account can receive it.
contract Collectible1155 is ERC1155("") {
    function mint(address to, uint256 id) external {
        _mint(to, id, 1, "");
    }

    function mintTwo(address to, uint256 id) external {
        uint256[] memory ids = new uint256[](2);
        uint256[] memory counts = new uint256[](2);
        (ids[0], ids[1]) = (id, id + 1);
        (counts[0], counts[1]) = (1, 1);
        _mintBatch(to, ids, counts, "");
    }
}

/// @notice The same for ERC-721.
contract Collectible721 is ERC721("Collectible", "C") {
    function mint(address to, uint256 id) external {
        _safeMint(to, id);
    }
}
