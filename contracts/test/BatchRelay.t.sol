// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AgentWallet} from "../src/AgentWallet.sol";
import {BatchRelay} from "../src/BatchRelay.sol";
import {Base} from "./Base.sol";
import {Counterpart} from "./Counterpart.sol";

contract BatchRelayTest is Base {
    uint256 internal constant AGENTS = 8;
    uint32 internal constant CAP_GAS = 200_000;
    uint32 internal constant NO_DATA = 0xffffffff;
    uint32 internal constant NO_WALLET = 0xfffffffe;

    BatchRelay internal relay;
    AgentWallet internal wallet;
    Counterpart internal first;
    Counterpart internal second;
    address[] internal agents;

    event BatchRun(bytes outcomes);

    function setUp() public {
        first = new Counterpart();
        second = new Counterpart();
        address[] memory targets = new address[](2);
        (targets[0], targets[1]) = (address(first), address(second));
        relay = new BatchRelay(address(this), targets);
        wallet = new AgentWallet(address(relay));
        for (uint256 i = 0; i < AGENTS; i++) {
            agents.push(makeAddress(string.concat("agent", vm.toString(i))));
            delegate(agents[i], address(wallet));
        }
    }

    function action(address agent, uint8 target, uint32 capGas, bytes memory data)
        internal
        pure
        returns (bytes memory)
    {
        return abi.encodePacked(agent, target, capGas, uint24(data.length), data);
    }

    function reason(bytes memory outcomes, uint256 i) internal pure returns (uint32 value) {
        assembly ("memory-safe") {
            value := shr(224, mload(add(add(outcomes, 0x20), mul(i, 8))))
        }
    }

    function gasUsed(bytes memory outcomes, uint256 i) internal pure returns (uint32 value) {
        assembly ("memory-safe") {
            value := and(shr(192, mload(add(add(outcomes, 0x20), mul(i, 8)))), 0xffffffff)
        }
    }

    function test_run_givenSeveralTargets_callsEachAsItsAgentInOrder() public {
        bytes memory batch = bytes.concat(
            action(agents[0], 0, CAP_GAS, abi.encodeCall(Counterpart.move, (1))),
            action(agents[1], 1, CAP_GAS, abi.encodeCall(Counterpart.move, (2))),
            action(agents[2], 0, CAP_GAS, abi.encodeCall(Counterpart.move, (3)))
        );
        bytes memory outcomes = relay.run(batch);
        assertEq(outcomes.length, 24);
        for (uint256 i = 0; i < 3; i++) {
            assertEq(reason(outcomes, i), 0);
        }
        bytes32 one = keccak256(abi.encode(uint256(0), agents[0], uint256(1)));
        assertEq(first.chain(), uint256(keccak256(abi.encode(one, agents[2], uint256(3)))));
        assertEq(second.lastSender(), agents[1]);
    }

    function test_run_givenFailures_undoesOnlyThoseAndNamesTheReason() public {
        bytes[] memory calls = new bytes[](11);
        uint32[] memory expected = new uint32[](11);
        (calls[0], expected[0]) = (abi.encodeCall(Counterpart.move, (1)), 0);
        (calls[1], expected[1]) = (abi.encodeCall(Counterpart.moveEven, (3)), uint32(Counterpart.Refused.selector));
        (calls[2], expected[2]) = (abi.encodeCall(Counterpart.refuseBare, ()), uint32(Counterpart.Bare.selector));
        (calls[3], expected[3]) = (abi.encodeCall(Counterpart.refuseText, ()), 0x08c379a0);
        (calls[4], expected[4]) = (abi.encodeCall(Counterpart.refuseEmpty, ()), NO_DATA);
        (calls[5], expected[5]) = (abi.encodeCall(Counterpart.refuseShort, ()), NO_DATA);
        (calls[6], expected[6]) = (abi.encodeCall(Counterpart.refuseZeros, ()), NO_DATA);
        (calls[7], expected[7]) = (abi.encodeCall(Counterpart.overflow, (1)), 0x4e487b71);
        (calls[8], expected[8]) = (abi.encodeCall(Counterpart.invalid, ()), NO_DATA);
        (calls[9], expected[9]) = (abi.encodeCall(Counterpart.burn, ()), NO_DATA);
        (calls[10], expected[10]) = (abi.encodeCall(Counterpart.refuseLong, (20_000)), 0xdeadbeef);
        bytes memory batch;
        for (uint256 i = 0; i < calls.length; i++) {
            batch = bytes.concat(batch, action(agents[i % AGENTS], 0, CAP_GAS, calls[i]));
        }
        batch = bytes.concat(batch, action(agents[7], 0, CAP_GAS, abi.encodeCall(Counterpart.move, (2))));
        bytes memory outcomes = relay.run(batch);
        for (uint256 i = 0; i < calls.length; i++) {
            assertEq(reason(outcomes, i), expected[i], vm.toString(i));
        }
        assertEq(reason(outcomes, 11), 0);
        bytes32 one = keccak256(abi.encode(uint256(0), agents[0], uint256(1)));
        assertEq(first.chain(), uint256(keccak256(abi.encode(one, agents[7], uint256(2)))));
    }

    function test_run_givenAnAgentWithoutWallet_saysSo() public {
        bytes memory outcomes =
            relay.run(action(makeAddress("stranger"), 0, CAP_GAS, abi.encodeCall(Counterpart.move, (1))));
        assertEq(reason(outcomes, 0), NO_WALLET);
        assertEq(first.chain(), 0);
    }

    function test_run_givenACallThatBurnsItsCap_reportsAboutTheCap() public {
        bytes memory outcomes = relay.run(action(agents[0], 0, CAP_GAS, abi.encodeCall(Counterpart.burn, ())));
        // The wallet keeps a 64th of what it is given, to fail in order; the accounts it touches first cost extra.
        assertGe(gasUsed(outcomes, 0), CAP_GAS - CAP_GAS / 64);
        assertLt(gasUsed(outcomes, 0), CAP_GAS + 8_000);
        assertEq(first.callsBy(agents[0]), 0);
    }

    function test_run_givenALongAnswer_countsAsSuccess() public {
        bytes memory outcomes =
            relay.run(action(agents[0], 0, CAP_GAS, abi.encodeCall(Counterpart.answerLong, (9_000))));
        assertEq(reason(outcomes, 0), 0);
    }

    function test_run_givenNoActions_emitsNoOutcomes() public {
        vm.expectEmit(address(relay));
        emit BatchRun("");
        assertEq(relay.run("").length, 0);
    }

    function test_run_givenActions_emitsWhatItReturns() public {
        bytes memory batch = bytes.concat(
            action(agents[0], 0, CAP_GAS, abi.encodeCall(Counterpart.move, (1))),
            action(agents[0], 0, CAP_GAS, abi.encodeCall(Counterpart.refuseBare, ()))
        );
        vm.recordLogs();
        bytes memory outcomes = relay.run(batch);
        bytes memory logged = vm.getRecordedLogs()[1].data;
        assertEq(abi.decode(logged, (bytes)), outcomes);
        assertEq(logged, abi.encode(outcomes));
    }

    function testFuzz_run_givenAnotherCaller_isRefused(address caller) public {
        vm.assume(caller != address(this));
        vm.expectRevert(abi.encodeWithSelector(BatchRelay.NotOwner.selector, caller));
        vm.prank(caller);
        relay.run("");
    }

    function test_run_givenAnAgentThatCallsBack_isRefusedForIt() public {
        address[] memory targets = new address[](1);
        BatchRelay reentered = new BatchRelay(address(this), targets);
        targets[0] = address(reentered);
        BatchRelay outer = new BatchRelay(address(this), targets);
        delegate(agents[0], address(new AgentWallet(address(outer))));
        bytes memory outcomes = outer.run(action(agents[0], 0, CAP_GAS, abi.encodeCall(BatchRelay.run, (""))));
        assertEq(reason(outcomes, 0), uint32(BatchRelay.NotOwner.selector));
    }

    function test_run_givenAnUnknownTarget_revertsAsAWhole() public {
        bytes memory good = action(agents[0], 0, CAP_GAS, abi.encodeCall(Counterpart.move, (1)));
        vm.expectRevert(abi.encodeWithSelector(BatchRelay.UnknownTarget.selector, good.length, 2, 2));
        relay.run(bytes.concat(good, action(agents[0], 2, CAP_GAS, "")));
        assertEq(first.chain(), 0);
    }

    function testFuzz_run_givenACutBatch_revertsAsAWhole(uint256 cut) public {
        bytes memory good = action(agents[0], 0, CAP_GAS, abi.encodeCall(Counterpart.move, (1)));
        bytes memory batch = bytes.concat(good, good);
        cut = bound(cut, 1, good.length - 1);
        assembly ("memory-safe") {
            mstore(batch, sub(mload(batch), cut))
        }
        vm.expectRevert(abi.encodeWithSelector(BatchRelay.TruncatedAction.selector, good.length));
        relay.run(batch);
    }

    function testFuzz_run_givenTooLittleGas_revertsRatherThanStarvesTheLastAction(uint256 gasLimit) public {
        bytes memory burner = action(agents[0], 0, CAP_GAS, abi.encodeCall(Counterpart.burn, ()));
        bytes memory run = abi.encodeCall(BatchRelay.run, (bytes.concat(burner, burner)));
        uint256 before = vm.snapshotState();
        (, bytes memory plenty) = address(relay).call(run);
        vm.revertToState(before);

        gasLimit = bound(gasLimit, 100_000, 600_000);
        (bool ok, bytes memory answer) = address(relay).call{gas: gasLimit}(run);
        if (ok) {
            assertEq(answer, plenty);
        } else {
            assertLt(gasLimit, 2 * (uint256(CAP_GAS) + CAP_GAS / 63) + 40_000);
            assertEq(bytes4(answer), BatchRelay.NotEnoughGas.selector);
        }
    }

    function testFuzz_run_givenAnyMix_equalsDirectCallsByTheAgents(uint256 seed, uint256 count) public {
        count = bound(count, 0, 40);
        bytes memory batch;
        bytes[] memory calls = new bytes[](count);
        for (uint256 i = 0; i < count; i++) {
            calls[i] = anyCall(uint256(keccak256(abi.encode(seed, i))));
            batch = bytes.concat(batch, action(agents[i % AGENTS], uint8(i % 2), CAP_GAS, calls[i]));
        }
        uint256 before = vm.snapshotState();
        bytes memory outcomes = relay.run(batch);
        (uint256 chainFirst, uint256 chainSecond) = (first.chain(), second.chain());
        vm.revertToState(before);

        assertEq(outcomes.length, count * 8);
        for (uint256 i = 0; i < count; i++) {
            vm.prank(agents[i % AGENTS]);
            (bool ok, bytes memory answer) =
                (i % 2 == 0 ? address(first) : address(second)).call{gas: CAP_GAS}(calls[i]);
            uint32 direct = ok ? 0 : answer.length < 4 || bytes4(answer) == 0 ? NO_DATA : uint32(bytes4(answer));
            assertEq(reason(outcomes, i), direct, vm.toString(i));
        }
        assertEq(first.chain(), chainFirst);
        assertEq(second.chain(), chainSecond);
    }

    function anyCall(uint256 draw) internal pure returns (bytes memory) {
        uint256 kind = draw % 8;
        if (kind < 3) return abi.encodeCall(Counterpart.move, (draw));
        if (kind < 5) return abi.encodeCall(Counterpart.moveEven, (draw >> 8));
        if (kind == 5) return abi.encodeCall(Counterpart.refuseLong, ((draw >> 8) % 5_000));
        if (kind == 6) return abi.encodeCall(Counterpart.refuseEmpty, ());
        return abi.encodeCall(Counterpart.overflow, (draw >> 255));
    }

    function test_constructor_givenMoreTargetsThanAByteNames_isRefused() public {
        vm.expectRevert(abi.encodeWithSelector(BatchRelay.TooManyTargets.selector, 257));
        new BatchRelay(address(this), new address[](257));
        BatchRelay full = new BatchRelay(address(this), new address[](256));
        assertEq(full.targets(255), address(0));
    }

    function test_run_givenManyActions_takesLittleGasForItself() public {
        bytes memory batch = action(agents[0], 0, CAP_GAS, abi.encodeCall(Counterpart.answerLong, (0)));
        for (uint256 i = 0; i < 9; i++) {
            batch = bytes.concat(batch, batch);
        }
        bytes memory run = abi.encodeCall(BatchRelay.run, (batch));
        uint256 before = gasleft();
        (, bytes memory answer) = address(relay).call(run);
        uint256 used = before - gasleft();
        bytes memory outcomes = abi.decode(answer, (bytes));
        uint256 inCalls;
        for (uint256 i = 0; i < 512; i++) {
            inCalls += gasUsed(outcomes, i);
        }
        assertLt((used - inCalls) / 512, 1_000);
    }
}
