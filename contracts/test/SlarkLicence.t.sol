// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {OnlyFamily} from "../src/Family.sol";
import {
    FAMILY_CLOCK,
    FAMILY_COUNT,
    FAMILY_SLARKS,
    FAMILY_SLARK_LICENCE,
    FAMILY_TOKEN,
    InvalidKey,
    Soulbound
} from "../src/Protocol.sol";
import {IERC5192, SlarkLicence, TransferByLedgerOnly} from "../src/SlarkLicence.sol";
import {Base} from "./Base.sol";
import {BlsSigner} from "./BlsSigner.sol";
import {SLOT_LICENCE_HOLDERS} from "./Tables.sol";

/// @notice The token of a licence, with the test in the place of Slarks, Clock and Token.
contract SlarkLicenceTest is Base {
    uint64 private constant ANNA = 32;
    uint64 private constant BELA = 33;
    uint64 private constant UNTIL_S = 1_000;

    SlarkLicence private licences;
    uint64 public nowS;
    mapping(uint64 licence => uint64 untilS) public soulboundUntilSOf;

    function setUp() public {
        address[FAMILY_COUNT] memory families;
        families[FAMILY_CLOCK] = address(this);
        families[FAMILY_TOKEN] = address(this);
        families[FAMILY_SLARKS] = address(this);
        licences = new SlarkLicence(families);
        families[FAMILY_SLARK_LICENCE] = address(licences);
        soulboundUntilSOf[1] = UNTIL_S;
        licences.mint(1, ANNA, UNTIL_S);
    }

    /// @dev Of Token. Each holder is a contract that takes no ERC-721 tokens: this test.
    function addressOf(uint64 account) public view returns (address) {
        return account == ANNA ? address(this) : address(uint160(account));
    }

    function asSlarkOnly(address sender) private {
        vm.expectRevert(abi.encodeWithSelector(OnlyFamily.selector, sender));
        vm.prank(sender);
    }

    // ERC-721

    function test_mint_gives_the_token_to_the_account_without_asking_it() public {
        soulboundUntilSOf[2] = UNTIL_S;
        vm.expectEmit(address(licences));
        emit IERC721.Transfer(address(0), address(this), 2);
        vm.expectEmit(address(licences));
        emit IERC5192.Locked(2);
        licences.mint(2, ANNA, UNTIL_S);
        assertEq(licences.ownerOf(2), address(this));
        assertEq(licences.balanceOf(address(this)), 2);
        assertEq(licences.holderOf(2), ANNA);
        assertEq(
            uint256(vm.load(address(licences), bytes32(SLOT_LICENCE_HOLDERS))), (uint256(ANNA) << 128) | (uint256(ANNA) << 64)
        );
    }

    function test_mint_says_unlocked_where_nothing_binds_the_token() public {
        vm.expectEmit(address(licences));
        emit IERC5192.Unlocked(2);
        licences.mint(2, BELA, 0);
        assertFalse(licences.locked(2));
    }

    function test_nobody_but_Slarks_mints_moves_or_keeps_keys(address sender) public {
        vm.assume(sender != address(this));
        asSlarkOnly(sender);
        licences.mint(2, ANNA, 0);
        asSlarkOnly(sender);
        licences.move(1, BELA);
        asSlarkOnly(sender);
        licences.registerKey(1, ANNA, new uint64[](48));
        asSlarkOnly(sender);
        licences.dropKey(1);
    }

    function test_the_standards_are_announced() public view {
        assertTrue(licences.supportsInterface(0x80ac58cd), "ERC-721");
        assertTrue(licences.supportsInterface(0x5b5e139f), "its metadata");
        assertTrue(licences.supportsInterface(0xb45a3c0e), "ERC-5192");
        assertTrue(licences.supportsInterface(0x01ffc9a7), "ERC-165");
        assertFalse(licences.supportsInterface(0xffffffff));
    }

    function test_a_token_that_is_not_there_has_neither_owner_nor_lock() public {
        bytes memory missing = abi.encodeWithSelector(IERC721Errors.ERC721NonexistentToken.selector, 7);
        vm.expectRevert(missing);
        licences.ownerOf(7);
        vm.expectRevert(missing);
        licences.locked(7);
        assertEq(licences.holderOf(7), 0);
    }

    // ERC-5192

    function test_the_lock_ends_at_its_second() public {
        nowS = UNTIL_S - 1;
        assertTrue(licences.locked(1));
        vm.expectRevert(abi.encodeWithSelector(Soulbound.selector, UNTIL_S - 1, UNTIL_S));
        licences.move(1, BELA);
        nowS = UNTIL_S;
        assertFalse(licences.locked(1));
        licences.approve(address(0xbeef), 1);
        vm.expectEmit(address(licences));
        emit IERC721.Transfer(address(this), addressOf(BELA), 1);
        licences.move(1, BELA);
        assertEq(licences.ownerOf(1), addressOf(BELA));
        assertEq(licences.balanceOf(address(this)), 0);
        assertEq(licences.balanceOf(addressOf(BELA)), 1);
        assertEq(licences.holderOf(1), BELA);
        assertEq(licences.getApproved(1), address(0));
    }

    /// @dev INV-18, whoever tries and whenever: the standard's own transfers never move a licence.
    function testFuzz_a_direct_transfer_is_refused_at_any_time(uint64 time, uint64 untilS, uint256 way) public {
        nowS = time;
        soulboundUntilSOf[1] = untilS;
        assertEq(licences.locked(1), time < untilS);
        address sender = way & 4 == 0 ? address(this) : address(0xbeef);
        if (way & 8 == 0) licences.approve(address(0xbeef), 1);
        else licences.setApprovalForAll(address(0xbeef), true);
        vm.expectRevert(
            time < untilS
                ? abi.encodeWithSelector(Soulbound.selector, time, untilS)
                : abi.encodeWithSelector(TransferByLedgerOnly.selector, 1)
        );
        vm.prank(sender);
        if (way & 3 == 0) licences.transferFrom(address(this), address(0xcafe), 1);
        else if (way & 3 == 1) licences.safeTransferFrom(address(this), address(0xcafe), 1);
        else if (way & 3 == 2) licences.safeTransferFrom(address(this), address(0xcafe), 1, "data");
        else licences.transferFrom(address(this), address(this), 1);
    }

    function testFuzz_move_keeps_ledger_and_token_together(uint64 time, uint64 untilS) public {
        nowS = time;
        soulboundUntilSOf[1] = untilS;
        if (time < untilS) vm.expectRevert(abi.encodeWithSelector(Soulbound.selector, time, untilS));
        licences.move(1, BELA);
        uint64 holder = time < untilS ? ANNA : BELA;
        assertEq(licences.holderOf(1), holder);
        assertEq(licences.ownerOf(1), addressOf(holder));
    }

    function test_a_licence_is_minted_once() public {
        nowS = UNTIL_S;
        vm.expectRevert(abi.encodeWithSelector(TransferByLedgerOnly.selector, 1));
        licences.mint(1, BELA, 0);
    }

    // Keys

    function test_a_key_with_its_proof_is_kept_under_its_hash() public {
        uint64[] memory words = BlsSigner.keyWords(BlsSigner.secretOf(1), ANNA);
        bytes memory packed;
        for (uint256 i; i < 16; ++i) {
            packed = abi.encodePacked(packed, uint48(words[i]));
        }
        assertEq(licences.registerKey(1, ANNA, words), uint256(keccak256(packed)) % 2 ** 52);
    }

    function test_a_proof_of_another_key_is_refused() public {
        uint64[] memory words = BlsSigner.keyWords(BlsSigner.secretOf(1), ANNA);
        uint64[] memory others = BlsSigner.keyWords(BlsSigner.secretOf(2), ANNA);
        for (uint256 i = 16; i < 48; ++i) {
            words[i] = others[i];
        }
        vm.expectRevert(abi.encodeWithSelector(InvalidKey.selector, 1, 0));
        licences.registerKey(1, ANNA, words);
    }

    /// @dev Key and proof of the one lie in the ledger for all to see.
    function test_a_key_with_its_holders_own_proof_is_refused_from_another_account() public {
        uint64[] memory words = BlsSigner.keyWords(BlsSigner.secretOf(1), ANNA);
        licences.registerKey(1, ANNA, words);
        vm.expectRevert(abi.encodeWithSelector(InvalidKey.selector, 2, 0));
        licences.registerKey(2, BELA, words);
    }

    function test_a_group_with_a_licence_without_key_is_never_signed() public {
        uint256 secret = BlsSigner.secretOf(1);
        licences.registerKey(1, ANNA, BlsSigner.keyWords(secret, ANNA));
        uint64[][] memory groups = new uint64[][](1);
        bytes32[] memory messages = new bytes32[](1);
        uint64[] memory signature = new uint64[](32);
        messages[0] = "message";
        BlsSigner.writeSignature(signature, 0, BlsSigner.sign(secret, messages[0]));
        groups[0] = new uint64[](1);
        groups[0][0] = 1;
        assertTrue(licences.isSigned(groups, messages, signature));
        groups[0] = new uint64[](2);
        (groups[0][0], groups[0][1]) = (1, 2);
        assertFalse(licences.isSigned(groups, messages, signature));
        licences.dropKey(1);
        groups[0] = new uint64[](1);
        groups[0][0] = 1;
        assertFalse(licences.isSigned(groups, messages, signature));
    }
}
