// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {IERC721Receiver} from "@openzeppelin/contracts/token/ERC721/IERC721Receiver.sol";
import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";
import {AgentWallet} from "../src/AgentWallet.sol";
import {Base} from "./Base.sol";
import {Collectible721, Collectible1155} from "./Collectibles.sol";
import {Counterpart} from "./Counterpart.sol";

contract AgentWalletTest is Base {
    uint256 internal constant AGENT_KEY = 0xa11ce;

    address internal immutable RELAY = makeAddress("relay");
    address internal immutable AGENT = vm.addr(AGENT_KEY);
    AgentWallet internal wallet;
    Counterpart internal target;

    function setUp() public {
        wallet = new AgentWallet(RELAY);
        target = new Counterpart();
        delegate(AGENT, address(wallet));
    }

    function test_execute_givenTheRelay_callsTheTargetAsTheAgent() public {
        vm.prank(RELAY);
        assertTrue(AgentWallet(payable(AGENT)).execute(address(target), abi.encodeCall(Counterpart.move, (7))));
        assertEq(target.lastSender(), AGENT);
        assertEq(target.callsBy(AGENT), 1);
    }

    function test_execute_givenASignedDelegation_behavesTheSame() public {
        uint256 key = 0xb0b;
        vm.signAndAttachDelegation(address(wallet), key);
        vm.prank(RELAY);
        AgentWallet(payable(vm.addr(key))).execute(address(target), abi.encodeCall(Counterpart.move, (7)));
        assertEq(target.lastSender(), vm.addr(key));
        assertEq(vm.addr(key).code, abi.encodePacked(hex"ef0100", address(wallet)));
    }

    function testFuzz_execute_givenAnyOtherCaller_isRefused(address caller) public {
        vm.assume(caller != RELAY);
        vm.expectRevert(abi.encodeWithSelector(AgentWallet.NotRelay.selector, caller));
        vm.prank(caller);
        AgentWallet(payable(AGENT)).execute(address(target), abi.encodeCall(Counterpart.move, (7)));
        assertEq(target.callsBy(AGENT), 0);
    }

    function test_execute_givenTheAgentItself_isRefused() public {
        vm.expectRevert(abi.encodeWithSelector(AgentWallet.NotRelay.selector, AGENT));
        vm.prank(AGENT);
        AgentWallet(payable(AGENT)).execute(address(target), "");
    }

    function testFuzz_execute_givenATargetThatReverts_passesTheRevertOn(uint256 value) public {
        value |= 1;
        vm.expectRevert(abi.encodeWithSelector(Counterpart.Refused.selector, value));
        vm.prank(RELAY);
        AgentWallet(payable(AGENT)).execute(address(target), abi.encodeCall(Counterpart.moveEven, (value)));
    }

    function test_execute_givenAnEmptyRevert_revertsEmpty() public {
        vm.expectRevert(bytes(""));
        vm.prank(RELAY);
        AgentWallet(payable(AGENT)).execute(address(target), abi.encodeCall(Counterpart.refuseEmpty, ()));
    }

    function test_agent_givenDelegation_stillActsOnItsOwn() public {
        vm.prank(AGENT, AGENT);
        target.move(9);
        assertEq(target.lastSender(), AGENT);
    }

    function test_receive_givenEther_takesIt() public {
        vm.deal(address(this), 1 ether);
        (bool ok,) = AGENT.call{value: 1 ether}("");
        assertTrue(ok);
        assertEq(AGENT.balance, 1 ether);
    }

    function test_receivers_givenSafeMints_accept() public {
        Collectible1155 multi = new Collectible1155();
        Collectible721 single = new Collectible721();
        multi.mint(AGENT, 1);
        multi.mintTwo(AGENT, 2);
        single.mint(AGENT, 1);
        assertEq(multi.balanceOf(AGENT, 1) + multi.balanceOf(AGENT, 2) + multi.balanceOf(AGENT, 3), 3);
        assertEq(single.ownerOf(1), AGENT);
    }

    function test_supportsInterface_givenReceiversAndErc165_isTrueForThoseOnly() public view {
        assertTrue(wallet.supportsInterface(type(IERC165).interfaceId));
        assertTrue(wallet.supportsInterface(type(IERC721Receiver).interfaceId));
        assertTrue(wallet.supportsInterface(type(IERC1155Receiver).interfaceId));
        assertFalse(wallet.supportsInterface(0xffffffff));
    }
}
