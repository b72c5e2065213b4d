// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1155Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {AgentWallet} from "../src/AgentWallet.sol";
import {NftBound} from "../src/EntityNft.sol";
import {OnlyFamily} from "../src/Family.sol";
import {
    AlreadySet,
    KIND_MODEL,
    KIND_NODE,
    KIND_TASK,
    KIND_VALIDATOR,
    ValueOutOfRange,
    WrongState
} from "../src/Protocol.sol";
import {LedgerBase} from "./LedgerBase.sol";

contract EntityNftTest is LedgerBase {
    uint64 private constant ENTITY = 3;

    function test_mint_givesTheAccountsAddressOneTokenOfTheKind() public {
        nft.mint(KIND_NODE, ENTITY, ANNA);
        assertEq(nft.balanceOf(ANNAS, nft.idOf(KIND_NODE, ENTITY)), 1);
        assertEq(nft.idOf(KIND_NODE, ENTITY), (2 << 32) + 3);
        assertEq(nft.holderOf(KIND_NODE, ENTITY), ANNA);
        assertEq(nft.holderOf(KIND_MODEL, ENTITY), 0);
        assertEq(nft.holderOf(KIND_VALIDATOR, ENTITY), 0);
    }

    function test_mint_givenAnEntityWithAToken_isRefused() public {
        nft.mint(KIND_NODE, ENTITY, ANNA);
        vm.expectRevert(abi.encodeWithSelector(AlreadySet.selector, ANNA, 0));
        nft.mint(KIND_NODE, ENTITY, BELA);
    }

    function test_mint_givenAKindWithoutTokens_isRefused() public {
        vm.expectRevert(abi.encodeWithSelector(ValueOutOfRange.selector, KIND_TASK, KIND_VALIDATOR));
        nft.mint(KIND_TASK, ENTITY, ANNA);
    }

    function test_mint_givenAnAgentsWallet_isAccepted_andGivenOtherCode_refused() public {
        delegate(ANNAS, address(new AgentWallet(KEEPER)));
        nft.mint(KIND_VALIDATOR, ENTITY, ANNA);
        // revert(0, 0)
        vm.etch(BELAS, hex"60006000fd");
        vm.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155InvalidReceiver.selector, BELAS));
        nft.mint(KIND_VALIDATOR, ENTITY + 1, BELA);
        assertEq(nft.holderOf(KIND_VALIDATOR, ENTITY + 1), 0);
    }

    function test_burn_takesTheToken_andTheEntityMayHaveNone() public {
        nft.mint(KIND_MODEL, ENTITY, ANNA);
        nft.burn(KIND_MODEL, ENTITY);
        assertEq(nft.balanceOf(ANNAS, nft.idOf(KIND_MODEL, ENTITY)), 0);
        assertEq(nft.holderOf(KIND_MODEL, ENTITY), 0);
        vm.expectRevert(abi.encodeWithSelector(WrongState.selector, 0, 0));
        nft.burn(KIND_MODEL, ENTITY);
    }

    function testFuzz_mintAndBurn_givenAnyCallerOutsideTheProtocol_areRefused(address caller) public {
        vm.assume(caller != address(this) && caller != address(token) && caller != address(nft) && caller != address(0));
        nft.mint(KIND_MODEL, ENTITY, ANNA);
        vm.startPrank(caller);
        vm.expectRevert(abi.encodeWithSelector(OnlyFamily.selector, caller));
        nft.mint(KIND_NODE, ENTITY, ANNA);
        vm.expectRevert(abi.encodeWithSelector(OnlyFamily.selector, caller));
        nft.burn(KIND_MODEL, ENTITY);
    }

    function test_safeTransferFrom_givenTheHolderOrAnOperator_isRefused() public {
        nft.mint(KIND_NODE, ENTITY, ANNA);
        uint256 id = nft.idOf(KIND_NODE, ENTITY);
        vm.startPrank(ANNAS);
        vm.expectRevert(abi.encodeWithSelector(NftBound.selector, id));
        nft.safeTransferFrom(ANNAS, BELAS, id, 1, "");
        uint256[] memory ids = new uint256[](1);
        uint256[] memory counts = new uint256[](1);
        (ids[0], counts[0]) = (id, 1);
        vm.expectRevert(abi.encodeWithSelector(NftBound.selector, id));
        nft.safeBatchTransferFrom(ANNAS, BELAS, ids, counts, "");
        nft.setApprovalForAll(BELAS, true);
        vm.stopPrank();
        vm.prank(BELAS);
        vm.expectRevert(abi.encodeWithSelector(NftBound.selector, id));
        nft.safeTransferFrom(ANNAS, BELAS, id, 1, "");
        assertEq(nft.holderOf(KIND_NODE, ENTITY), ANNA);
    }
}
