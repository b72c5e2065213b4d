// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {OnlyFamily} from "../src/Family.sol";
import {Assets} from "../src/Assets.sol";
import {Challenges} from "../src/Challenges.sol";
import {Clock} from "../src/Clock.sol";
import {EntityNft} from "../src/EntityNft.sol";
import {Escrow} from "../src/Escrow.sol";
import {Fizz} from "../src/Fizz.sol";
import {LeaseRequest, Resources} from "../src/Interfaces.sol";
import {Leases} from "../src/Leases.sol";
import {Models} from "../src/Models.sol";
import {Nodes} from "../src/Nodes.sol";
import {Orders} from "../src/Orders.sol";
import {
    ACCOUNT_KEEPER,
    EraNotSettled,
    FAMILY_ASSETS,
    FAMILY_CALLS,
    FAMILY_CHALLENGES,
    FAMILY_CLOCK,
    FAMILY_COUNT,
    FAMILY_ENTITY_NFT,
    FAMILY_ESCROW,
    FAMILY_FIZZ,
    FAMILY_LEASES,
    FAMILY_MODELS,
    FAMILY_NODES,
    FAMILY_ORDERS,
    FAMILY_PARAMS,
    FAMILY_PROVIDERS,
    FAMILY_SLARKS,
    FAMILY_SLARK_LICENCE,
    FAMILY_STAKE,
    FAMILY_TASKS,
    FAMILY_TOKEN,
    FAMILY_VALIDATORS,
    KIND_NODE,
    OnlyKeeper,
    STEP_COUNT,
    STEP_SLASH_OWN_STAKE,
    UnknownAccount
} from "../src/Protocol.sol";
import {Providers} from "../src/Providers.sol";
import {SlarkLicence} from "../src/SlarkLicence.sol";
import {Slarks} from "../src/Slarks.sol";
import {Stake} from "../src/Stake.sol";
import {Tasks} from "../src/Tasks.sol";
import {Token} from "../src/Token.sol";
import {Validators} from "../src/Validators.sol";
import {A_OPEN_SLOT, ActionSpec, listActions} from "./Actions.sol";
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
        assertEq(count, 71);
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
        assertEq(count, 86);
    }

    /// @dev TIME-4: nobody acts between two chunks of a settlement, nor between two of its steps.
    function test_actions_givenASettlementThatIsNotOver_areRefused() public {
        openSlot();
        registerValidator(A);
        registerValidator(B);
        endEra();
        runSteps(STEP_SLASH_OWN_STAKE - 1, WHOLE);
        checkAllAtRest();
        takeStep(STEP_SLASH_OWN_STAKE, 0, 1);
        checkAllAtRest();
        vm.expectRevert(abi.encodeWithSelector(EraNotSettled.selector, 0, 1));
        vm.prank(addressOf(A));
        token.transfer(addressOf(B), 1);
        runSteps(STEP_COUNT, WHOLE);
        by(A);
        token.transfer(addressOf(B), 1);
    }

    function checkAllAtRest() private {
        ActionSpec[] memory actions = listActions();
        for (uint256 i; i < actions.length; ++i) {
            if (actions[i].isStep || i == A_OPEN_SLOT) continue;
            address sender = addressOf(actions[i].isKeepers ? K : A);
            check(sender, actions[i], abi.encodeWithSelector(EraNotSettled.selector, 0, 1));
        }
    }

    function moduleCalls() private pure returns (ModuleCall[] memory list) {
        list = new ModuleCall[](57);
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
        list[23] = ModuleCall(FAMILY_TASKS, abi.encodeCall(Tasks.openTask, (1, 1, A, 1, 1, 1, 1, A)));
        list[24] = ModuleCall(FAMILY_STAKE, abi.encodeCall(Stake.slashProvider, (1, 1, 1, true)));
        list[25] = ModuleCall(FAMILY_STAKE, abi.encodeCall(Stake.delegateFoundationUnits, (1, 1)));
        list[26] = ModuleCall(FAMILY_STAKE, abi.encodeCall(Stake.undelegateFoundationUnits, (1)));
        list[27] = ModuleCall(FAMILY_STAKE, abi.encodeCall(Stake.delegateReward, (1, A, 0, 1, 1)));
        list[28] = ModuleCall(FAMILY_PROVIDERS, abi.encodeCall(Providers.markChallenged, (1)));
        list[29] = ModuleCall(FAMILY_PROVIDERS, abi.encodeCall(Providers.recordChallenge, (1, 5)));
        list[30] = ModuleCall(FAMILY_PROVIDERS, abi.encodeCall(Providers.noteRating, (1, A, 50)));
        list[31] = ModuleCall(FAMILY_PROVIDERS, abi.encodeCall(Providers.closeLiveness, ()));
        list[32] = ModuleCall(FAMILY_SLARK_LICENCE, abi.encodeCall(SlarkLicence.registerKey, (1, A, new uint64[](48))));
        list[33] = ModuleCall(FAMILY_SLARK_LICENCE, abi.encodeCall(SlarkLicence.mint, (1, A, 0)));
        list[34] = ModuleCall(FAMILY_SLARK_LICENCE, abi.encodeCall(SlarkLicence.move, (1, A)));
        list[35] = ModuleCall(FAMILY_CHALLENGES, abi.encodeCall(Challenges.queueNew, (1)));
        list[36] = ModuleCall(FAMILY_CHALLENGES, abi.encodeCall(Challenges.resetTargets, ()));
        uint64[] memory none = new uint64[](0);
        list[37] = ModuleCall(FAMILY_CHALLENGES, abi.encodeCall(Challenges.queueTargets, (none, none, none, 0)));
        list[38] = ModuleCall(FAMILY_SLARKS, abi.encodeCall(Slarks.recordSelected, (none)));
        list[39] = ModuleCall(FAMILY_PROVIDERS, abi.encodeCall(Providers.rateProvider, (1, A, 50)));
        list[40] = ModuleCall(FAMILY_STAKE, abi.encodeCall(Stake.delegateFizz, (A, 1, 1)));
        list[41] = ModuleCall(FAMILY_STAKE, abi.encodeCall(Stake.undelegateFizz, (1)));
        listMarketCalls(list);
    }

    /// @dev What the contracts of the compute market ask of each other.
    function listMarketCalls(ModuleCall[] memory list) private pure {
        Resources memory r;
        LeaseRequest memory q;
        list[42] = ModuleCall(FAMILY_ASSETS, abi.encodeCall(Assets.move, (0, A, A, 0, 1)));
        list[43] = ModuleCall(FAMILY_ESCROW, abi.encodeCall(Escrow.lock, (1, 0, 0)));
        list[44] = ModuleCall(FAMILY_ESCROW, abi.encodeCall(Escrow.unlock, (1, 0, 0)));
        list[45] = ModuleCall(FAMILY_ESCROW, abi.encodeCall(Escrow.pay, (1, 0, A, 0, 1)));
        list[46] = ModuleCall(FAMILY_ESCROW, abi.encodeCall(Escrow.addUse, (1, r)));
        list[47] = ModuleCall(FAMILY_ESCROW, abi.encodeCall(Escrow.removeUse, (1, r)));
        list[48] = ModuleCall(FAMILY_LEASES, abi.encodeCall(Leases.open, (q)));
        list[49] = ModuleCall(FAMILY_LEASES, abi.encodeCall(Leases.pauseByOutage, (1, 1)));
        list[50] = ModuleCall(FAMILY_LEASES, abi.encodeCall(Leases.resumeAfterOutage, (1, 1, 1)));
        list[51] = ModuleCall(FAMILY_LEASES, abi.encodeCall(Leases.closeExpelled, (1)));
        list[52] = ModuleCall(FAMILY_FIZZ, abi.encodeCall(Fizz.release, (1, 1, A)));
        list[53] = ModuleCall(FAMILY_FIZZ, abi.encodeCall(Fizz.serve, (1, 1, A)));
        list[54] = ModuleCall(FAMILY_FIZZ, abi.encodeCall(Fizz.free, (1, A)));
        list[55] = ModuleCall(FAMILY_ORDERS, abi.encodeCall(Orders.setLease, (1, 1)));
        list[56] = ModuleCall(FAMILY_ORDERS, abi.encodeCall(Orders.recordSlash, (1)));
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

    function isMarket(uint256 family) private pure returns (bool) {
        return family == FAMILY_ASSETS || family == FAMILY_ESCROW || family == FAMILY_ORDERS || family == FAMILY_LEASES
            || family == FAMILY_FIZZ;
    }

    function isKeeping(uint256 family) private pure returns (bool) {
        return family == FAMILY_PARAMS || family == FAMILY_SLARK_LICENCE;
    }

    function test_moduleFunctions_givenEachFamilyButThoseThatOnlyKeep_areAccepted() public {
        for (uint256 i; i < FAMILY_COUNT; ++i) {
            address family = families[i];
            if (isKeeping(i) || isMarket(i)) vm.expectRevert(abi.encodeWithSelector(OnlyFamily.selector, family));
            vm.prank(family);
            validators.engage(1);
        }
        assertEq(validatorsAt(1).engagedCount, FAMILY_COUNT - 7);
    }

    function test_modulesOfToken_givenEachFamilyButThoseThatOnlyKeep_areAccepted() public {
        for (uint256 i; i < FAMILY_COUNT; ++i) {
            address family = families[i];
            if (isKeeping(i)) vm.expectRevert(abi.encodeWithSelector(OnlyFamily.selector, family));
            vm.prank(family);
            token.move(A, B, 1, 1);
        }
        assertEq(walletsAt(B), OPENING + FAMILY_COUNT - 2);
    }

    function test_modulesOfTheMarket_givenEachFamily_areTheMarketsOnly() public {
        for (uint256 i; i < FAMILY_COUNT; ++i) {
            address family = families[i];
            if (!isMarket(i)) vm.expectRevert(abi.encodeWithSelector(OnlyFamily.selector, family));
            vm.prank(family);
            assets.move(0, A, B, 1, 1);
        }
        assertEq(walletsAt(B), OPENING + 5);
    }

    function test_families_givenTheirPredictedAddresses_haveCodeThere() public view {
        for (uint256 i; i < FAMILY_COUNT; ++i) {
            assertGt(families[i].code.length, 0);
            assertLe(families[i].code.length, 24_576);
        }
        assertGt(families[FAMILY_CALLS].code.length, 1_000);
    }
}
