// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1155Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";
import {AgentWallet} from "../src/AgentWallet.sol";
import {NftBound} from "../src/EntityNft.sol";
import {
    AlreadySet,
    KIND_MODEL,
    KIND_NODE,
    KIND_TASK,
    KIND_VALIDATOR,
    ValueOutOfRange,
    WrongState
} from "../src/Protocol.sol";
import {Deployment} from "./Deployment.sol";

/// @notice Takes tokens as it is told: with the right answer, a wrong one, or an error.
contract Receiver {
    enum Manner {
        Accept,
        AnswerWrong,
        Revert,
        RevertEmpty,
        Panic
    }

    error Unwanted(uint256 id);

    Manner private immutable MANNER;

    constructor(Manner manner) {
        MANNER = manner;
    }

    function onERC1155Received(address, address, uint256 id, uint256, bytes calldata) external view returns (bytes4) {
        if (MANNER == Manner.AnswerWrong) return 0xdeadbeef;
        if (MANNER == Manner.Revert) revert Unwanted(id);
        if (MANNER == Manner.RevertEmpty) {
            assembly ("memory-safe") {
                revert(0, 0)
            }
        }
        if (MANNER == Manner.Panic) assert(false);
        return IERC1155Receiver.onERC1155Received.selector;
    }
}

contract EntityNftTest is Deployment {
    uint256 private constant NODE_7 = 2 * 2 ** 32 + 7;

    function setUp() public {
        deploy();
    }

    function mint(uint64 kind, uint64 entity, uint64 account) private {
        vm.prank(address(nodes));
        nft.mint(kind, entity, account);
    }

    function burn(uint64 kind, uint64 entity) private {
        vm.prank(address(nodes));
        nft.burn(kind, entity);
    }

    function balance(uint64 account, uint256 id) private view returns (uint256) {
        return nft.balanceOf(addressOf(account), id);
    }

    // mint

    function test_mint_givenAnEntity_givesItsOneTokenToTheAccount() public {
        emits(address(nft));
        emit IERC1155.TransferSingle(address(nodes), address(0), addressOf(A), NODE_7, 1);
        mint(KIND_NODE, 7, A);
        assertEq(balance(A, NODE_7), 1);
        assertEq(nodeHoldersAt(7), A);
        assertEq(nft.holderOf(KIND_NODE, 7), A);
        assertEq(nft.idOf(KIND_NODE, 7), NODE_7);
    }

    function test_mint_givenEachKind_keepsTheHoldersApart() public {
        mint(KIND_MODEL, 7, A);
        mint(KIND_NODE, 7, B);
        mint(KIND_VALIDATOR, 7, CREATOR);
        assertEq(modelHoldersAt(7), A);
        assertEq(nodeHoldersAt(7), B);
        assertEq(validatorHoldersAt(7), CREATOR);
        assertEq(balance(A, nft.idOf(KIND_MODEL, 7)), 1);
        assertEq(balance(B, NODE_7), 1);
        assertEq(balance(CREATOR, nft.idOf(KIND_VALIDATOR, 7)), 1);
        assertEq(balance(A, NODE_7), 0);
    }

    function test_mint_givenAnEntityWithAToken_isRefused() public {
        mint(KIND_NODE, 7, A);
        refused(AlreadySet.selector, A, 0);
        mint(KIND_NODE, 7, B);
    }

    function test_mint_givenAKindWithoutTokens_isRefused() public {
        refused(ValueOutOfRange.selector, KIND_TASK, KIND_VALIDATOR);
        mint(KIND_TASK, 7, A);
        refused(ValueOutOfRange.selector, 0, KIND_VALIDATOR);
        nft.holderOf(0, 1);
    }

    function testFuzz_idOf_givenTwoEntities_neverMeets(uint8 kind, uint32 entity, uint8 otherKind, uint32 other)
        public
        view
    {
        vm.assume(kind != otherKind || entity != other);
        assertNotEq(nft.idOf(kind, entity), nft.idOf(otherKind, other));
    }

    // The acceptance check of ERC-1155

    function become(uint64 account, Receiver.Manner manner) private {
        vm.etch(addressOf(account), address(new Receiver(manner)).code);
    }

    function test_mint_givenAHolderThatAccepts_mints() public {
        become(A, Receiver.Manner.Accept);
        mint(KIND_NODE, 7, A);
        assertEq(balance(A, NODE_7), 1);
    }

    function test_mint_givenAnAgentsWallet_mints() public {
        delegate(addressOf(A), address(new AgentWallet(STRANGER)));
        mint(KIND_NODE, 7, A);
        assertEq(balance(A, NODE_7), 1);
    }

    function test_mint_givenAHolderThatAnswersWrong_isRefused() public {
        become(A, Receiver.Manner.AnswerWrong);
        vm.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155InvalidReceiver.selector, addressOf(A)));
        mint(KIND_NODE, 7, A);
        assertEq(nodeHoldersAt(7), 0);
    }

    function test_mint_givenAHolderThatReverts_passesItsReasonOn() public {
        become(A, Receiver.Manner.Revert);
        vm.expectRevert(abi.encodeWithSelector(Receiver.Unwanted.selector, NODE_7));
        mint(KIND_NODE, 7, A);
        become(A, Receiver.Manner.Panic);
        vm.expectRevert(abi.encodeWithSignature("Panic(uint256)", 1));
        mint(KIND_NODE, 7, A);
    }

    function test_mint_givenAHolderThatRevertsWithoutReason_isRefused() public {
        become(A, Receiver.Manner.RevertEmpty);
        vm.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155InvalidReceiver.selector, addressOf(A)));
        mint(KIND_NODE, 7, A);
    }

    function test_mint_givenAHolderWithoutTheFunction_isRefused() public {
        vm.etch(addressOf(A), address(params).code);
        vm.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155InvalidReceiver.selector, addressOf(A)));
        mint(KIND_NODE, 7, A);
    }

    function test_registering_givenAHolderThatRefuses_changesNothing() public {
        openSlot();
        uint64 node = reserveNode(HOST_1, 1, 1);
        become(HOST_1, Receiver.Manner.Revert);
        vm.expectRevert(abi.encodeWithSelector(Receiver.Unwanted.selector, nft.idOf(KIND_NODE, node)));
        by(HOST_1);
        nodes.registerNode(node, 1);
        assertEq(nodesAt(node).state, 1);
        vm.expectRevert(abi.encodeWithSelector(Receiver.Unwanted.selector, nft.idOf(KIND_VALIDATOR, 1)));
        by(HOST_1);
        validators.registerValidator();
        vm.expectRevert(abi.encodeWithSelector(Receiver.Unwanted.selector, nft.idOf(KIND_MODEL, 1)));
        by(HOST_1);
        models.registerModel(0, 1, 1, 1);
        assertEq(walletsAt(HOST_1), OPENING - nodeCollateralAt(node).ownUnits);
    }

    // burn

    function test_burn_givenAnEntityWithAToken_endsIt() public {
        mint(KIND_NODE, 7, A);
        emits(address(nft));
        emit IERC1155.TransferSingle(address(nodes), addressOf(A), address(0), NODE_7, 1);
        burn(KIND_NODE, 7);
        assertEq(balance(A, NODE_7), 0);
        assertEq(nodeHoldersAt(7), 0);
        mint(KIND_NODE, 7, B);
        assertEq(nodeHoldersAt(7), B);
    }

    function test_burn_givenAnEntityWithoutToken_isRefused() public {
        refused(WrongState.selector, 0, 0);
        burn(KIND_NODE, 7);
    }

    function test_burn_givenAKindWithoutTokens_isRefused() public {
        refused(ValueOutOfRange.selector, KIND_TASK, KIND_VALIDATOR);
        burn(KIND_TASK, 7);
    }

    // Transfers: a token is the identity of one entity and stays where it is

    function bound_(uint256 id) private {
        vm.expectRevert(abi.encodeWithSelector(NftBound.selector, id));
    }

    function test_safeTransferFrom_givenTheHolder_isRefused() public {
        mint(KIND_NODE, 7, A);
        bound_(NODE_7);
        by(A);
        nft.safeTransferFrom(addressOf(A), addressOf(B), NODE_7, 1, "");
        bound_(NODE_7);
        by(A);
        nft.safeTransferFrom(addressOf(A), addressOf(A), NODE_7, 1, "");
        // A transfer of nothing is none either.
        bound_(NODE_7);
        by(A);
        nft.safeTransferFrom(addressOf(A), addressOf(B), NODE_7, 0, "");
        assertEq(balance(A, NODE_7), 1);
        assertEq(nodeHoldersAt(7), A);
    }

    function test_safeTransferFrom_givenAnApprovedOperator_isRefused() public {
        mint(KIND_NODE, 7, A);
        by(A);
        nft.setApprovalForAll(addressOf(B), true);
        bound_(NODE_7);
        by(B);
        nft.safeTransferFrom(addressOf(A), addressOf(B), NODE_7, 1, "");
    }

    function test_safeTransferFrom_givenAnUnapprovedOperator_isRefused() public {
        mint(KIND_NODE, 7, A);
        vm.expectRevert(
            abi.encodeWithSelector(IERC1155Errors.ERC1155MissingApprovalForAll.selector, addressOf(B), addressOf(A))
        );
        by(B);
        nft.safeTransferFrom(addressOf(A), addressOf(B), NODE_7, 1, "");
    }

    function test_safeTransferFrom_givenTheZeroAddress_isRefused() public {
        mint(KIND_NODE, 7, A);
        vm.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155InvalidReceiver.selector, address(0)));
        by(A);
        nft.safeTransferFrom(addressOf(A), address(0), NODE_7, 1, "");
        vm.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155InvalidSender.selector, address(0)));
        vm.prank(address(0));
        nft.safeTransferFrom(address(0), addressOf(A), NODE_7, 1, "");
    }

    function test_safeBatchTransferFrom_givenTheHolder_isRefused() public {
        mint(KIND_NODE, 7, A);
        uint256[] memory ids = new uint256[](2);
        (ids[0], ids[1]) = (NODE_7, NODE_7 + 1);
        uint256[] memory counts = new uint256[](2);
        counts[0] = 1;
        bound_(NODE_7);
        by(A);
        nft.safeBatchTransferFrom(addressOf(A), addressOf(B), ids, counts, "");
        bound_(0);
        by(A);
        nft.safeBatchTransferFrom(addressOf(A), addressOf(B), new uint256[](0), new uint256[](0), "");
    }

    // Approvals and balances

    function test_setApprovalForAll_givenAnOperator_isSetAndUnset() public {
        emits(address(nft));
        emit IERC1155.ApprovalForAll(addressOf(A), addressOf(B), true);
        by(A);
        nft.setApprovalForAll(addressOf(B), true);
        assertTrue(nft.isApprovedForAll(addressOf(A), addressOf(B)));
        assertFalse(nft.isApprovedForAll(addressOf(B), addressOf(A)));
        by(A);
        nft.setApprovalForAll(addressOf(B), false);
        assertFalse(nft.isApprovedForAll(addressOf(A), addressOf(B)));
    }

    function test_setApprovalForAll_givenTheZeroAddress_isRefused() public {
        vm.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155InvalidOperator.selector, address(0)));
        by(A);
        nft.setApprovalForAll(address(0), true);
    }

    function test_balanceOfBatch_givenPairs_answersInOrder() public {
        mint(KIND_NODE, 7, A);
        address[] memory owners = new address[](4);
        (owners[0], owners[1], owners[2], owners[3]) = (addressOf(B), addressOf(A), address(0), addressOf(A));
        uint256[] memory ids = new uint256[](4);
        (ids[0], ids[1], ids[2], ids[3]) = (NODE_7, NODE_7, NODE_7, NODE_7 + 1);
        uint256[] memory balances = nft.balanceOfBatch(owners, ids);
        assertEq(abi.encode(balances), abi.encode(_list(0, 1, 0, 0)));
        vm.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155InvalidArrayLength.selector, 3, 4));
        nft.balanceOfBatch(owners, new uint256[](3));
    }

    function _list(uint256 a, uint256 b, uint256 c, uint256 d) private pure returns (uint256[] memory list) {
        list = new uint256[](4);
        (list[0], list[1], list[2], list[3]) = (a, b, c, d);
    }

    function test_supportsInterface_givenErc1155_isTrue() public view {
        assertTrue(nft.supportsInterface(type(IERC1155).interfaceId));
        assertFalse(nft.supportsInterface(0xffffffff));
    }
}
