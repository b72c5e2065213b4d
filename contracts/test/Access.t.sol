// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {OnlyFamily} from "../src/Family.sol";
import {Clock} from "../src/Clock.sol";
import {EntityNft} from "../src/EntityNft.sol";
import {Models} from "../src/Models.sol";
import {Nodes} from "../src/Nodes.sol";
import {
    ACCOUNT_KEEPER,
    FAMILY_CALLS,
    FAMILY_CLOCK,
    FAMILY_COUNT,
    FAMILY_ENTITY_NFT,
    FAMILY_MODELS,
    FAMILY_NODES,
    FAMILY_PARAMS,
    FAMILY_STAKE,
    FAMILY_TASKS,
    FAMILY_TOKEN,
    FAMILY_VALIDATORS,
    KIND_NODE,
    OnlyKeeper,
    UnknownAccount
} from "../src/Protocol.sol";
import {Stake} from "../src/Stake.sol";
import {Tasks} from "../src/Tasks.sol";
import {Token} from "../src/Token.sol";
import {Validators} from "../src/Validators.sol";
import {ActionSpec, listActions} from "./Actions.sol";
import {Deployment} from "./Deployment.sol";

/// @notice Who may call what, for every entry point there is.
contract AccessTest is Deployment {
    struct ModuleCall {
        uint256 family;
        bytes data;
    }

    function setUp() public {
        deploy();
    }

    /// @dev Calldata of an action with every argument 0 and an empty list.
    function emptyCall(ActionSpec memory spec) private pure returns (bytes memory data) {
        data = abi.encodePacked(bytes4(keccak256(bytes(spec.signature))), new bytes(32 * spec.argCount));
        if (spec.hasList) data = abi.encodePacked(data, 32 * (spec.argCount + 1), uint256(0));
    }

    function check(address sender, ActionSpec memory spec, bytes memory refusal) private {
        vm.prank(sender);
        (bool ok, bytes memory answer) = families[spec.family].call(emptyCall(spec));
        assertFalse(ok, spec.signature);
        assertEq(answer, refusal, spec.signature);
    }

    function test_keepersActions_givenAnybodyElse_areRefused() public {
        ActionSpec[] memory actions = listActions();
        uint256 count;
        for (uint256 i; i < actions.length; ++i) {
            if (!actions[i].isKeepers) continue;
            ++count;
            check(addressOf(A), actions[i], abi.encodeWithSelector(OnlyKeeper.selector, A, ACCOUNT_KEEPER));
            check(STRANGER, actions[i], abi.encodeWithSelector(OnlyKeeper.selector, 0, ACCOUNT_KEEPER));
        }
        assertEq(count, 30);
    }

    function test_agentsActions_givenNoAgent_areRefused() public {
        ActionSpec[] memory actions = listActions();
        uint256 count;
        for (uint256 i; i < actions.length; ++i) {
            if (actions[i].isKeepers) continue;
            ++count;
            check(addressOf(K), actions[i], abi.encodeWithSelector(UnknownAccount.selector, ACCOUNT_KEEPER, 0));
            check(STRANGER, actions[i], abi.encodeWithSelector(UnknownAccount.selector, 0, 0));
        }
        assertEq(count, 35);
    }

    function moduleCalls() private pure returns (ModuleCall[] memory list) {
        list = new ModuleCall[](24);
        list[0] = ModuleCall(FAMILY_CLOCK, abi.encodeCall(Clock.enterStep, (1, 0, 0, 0)));
        list[1] = ModuleCall(FAMILY_TOKEN, abi.encodeCall(Token.move, (1, 2, 3, 4)));
        list[2] = ModuleCall(FAMILY_TOKEN, abi.encodeCall(Token.burnUnits, (1, 2)));
        list[3] = ModuleCall(FAMILY_ENTITY_NFT, abi.encodeCall(EntityNft.mint, (2, 1, A)));
        list[4] = ModuleCall(FAMILY_ENTITY_NFT, abi.encodeCall(EntityNft.burn, (2, 1)));
        list[5] = ModuleCall(FAMILY_STAKE, abi.encodeCall(Stake.lockStake, (KIND_NODE, 1, A, 1)));
        list[6] = ModuleCall(FAMILY_STAKE, abi.encodeCall(Stake.releaseStake, (KIND_NODE, 1, A, 1)));
        list[7] = ModuleCall(FAMILY_STAKE, abi.encodeCall(Stake.penaliseStake, (KIND_NODE, 1, 1, A)));
        list[8] = ModuleCall(FAMILY_STAKE, abi.encodeCall(Stake.addSlash, (KIND_NODE, 1, 1)));
        list[9] = ModuleCall(FAMILY_STAKE, abi.encodeCall(Stake.shareReward, (KIND_NODE, 1, A, 1, 1, 1, 1)));
        list[10] = ModuleCall(FAMILY_NODES, abi.encodeCall(Nodes.onTask, (1, 2, 1, true, 16)));
        list[11] = ModuleCall(FAMILY_NODES, abi.encodeCall(Nodes.onAudit, (1, 1, 1, true)));
        list[12] = ModuleCall(FAMILY_NODES, abi.encodeCall(Nodes.recordRouted, (1)));
        list[13] = ModuleCall(FAMILY_NODES, abi.encodeCall(Nodes.recordServed, (1, 1)));
        list[14] = ModuleCall(FAMILY_NODES, abi.encodeCall(Nodes.addLoad, (1)));
        list[15] = ModuleCall(FAMILY_NODES, abi.encodeCall(Nodes.removeLoad, (1)));
        list[16] = ModuleCall(FAMILY_MODELS, abi.encodeCall(Models.onTask, (1, 1, 1, true, 16)));
        list[17] = ModuleCall(FAMILY_MODELS, abi.encodeCall(Models.recordRequested, (1)));
        list[18] = ModuleCall(FAMILY_MODELS, abi.encodeCall(Models.recordServed, (1, 1)));
        list[19] = ModuleCall(FAMILY_MODELS, abi.encodeCall(Models.recordFailed, (1)));
        list[20] = ModuleCall(FAMILY_MODELS, abi.encodeCall(Models.addRating, (1, 1)));
        list[21] = ModuleCall(FAMILY_VALIDATORS, abi.encodeCall(Validators.engage, (1)));
        list[22] = ModuleCall(FAMILY_VALIDATORS, abi.encodeCall(Validators.recordResult, (1, 1, 1)));
        list[23] = ModuleCall(FAMILY_TASKS, abi.encodeCall(Tasks.openTask, (1, 1, A, 1, 1, 1, A)));
    }

    function test_moduleFunctions_givenAnyCallerButAFamily_areRefused() public {
        ModuleCall[] memory list = moduleCalls();
        address[4] memory callers = [addressOf(K), addressOf(A), STRANGER, address(this)];
        for (uint256 i; i < list.length; ++i) {
            for (uint256 j; j < callers.length; ++j) {
                vm.prank(callers[j]);
                (bool ok, bytes memory answer) = families[list[i].family].call(list[i].data);
                assertFalse(ok);
                assertEq(answer, abi.encodeWithSelector(OnlyFamily.selector, callers[j]));
            }
        }
        vm.expectRevert(abi.encodeWithSelector(OnlyFamily.selector, STRANGER));
        vm.prank(STRANGER);
        validators.disengage(1);
    }

    function test_moduleFunctions_givenEachFamilyButParams_areAccepted() public {
        for (uint256 i; i < FAMILY_COUNT; ++i) {
            address family = families[i];
            if (i == FAMILY_PARAMS) vm.expectRevert(abi.encodeWithSelector(OnlyFamily.selector, family));
            vm.prank(family);
            validators.engage(1);
        }
        assertEq(validatorsAt(1).engagedCount, FAMILY_COUNT - 1);
    }

    function test_families_givenTheirPredictedAddresses_haveCodeThere() public view {
        for (uint256 i; i < FAMILY_COUNT; ++i) {
            assertGt(families[i].code.length, 0);
            assertLe(families[i].code.length, 24_576);
        }
        assertGt(families[FAMILY_CALLS].code.length, 1_000);
    }
}
