// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    ACCOUNT_FIRST_AGENT,
    ACCOUNT_FOUNDATION,
    ACCOUNT_SLARK_POOL,
    DelegationsRecord,
    FAMILY_COUNT,
    KIND_MODEL,
    KIND_NODE,
    KIND_PROVIDER,
    KIND_VALIDATOR,
    MOVE_SLARK_REWARD
} from "../../src/Protocol.sol";
import {Stake} from "../../src/Stake.sol";
import {A_DELEGATE, A_INCREASE_DELEGATION, A_REDELEGATE, A_SET_AUTO_STAKE, A_UNDELEGATE} from "../Actions.sol";
import {Handler} from "./Handler.sol";

/// @notice What delegators do.
contract StakeHandler is Handler {
    constructor(address[FAMILY_COUNT] memory addresses) Handler(addresses) {}

    /// @inheritdoc Handler
    function turns() external pure override returns (bytes4[] memory list) {
        list = new bytes4[](5);
        list[0] = this.delegate.selector;
        list[1] = this.increaseDelegation.selector;
        list[2] = this.undelegate.selector;
        list[3] = this.setAutoStake.selector;
        list[4] = this.redelegate.selector;
    }

    function delegate(uint256 seed) external turn(seed) {
        uint64 kind = once(3) ? KIND_NODE : once(2) ? KIND_VALIDATOR : KIND_PROVIDER;
        // Nodes from Registered to Exiting and validators up to Suspended have an NFT; providers from Registered to
        // Suspended can be backed.
        uint64 target = among(kind, kind == KIND_NODE ? 0x7fc : kind == KIND_VALIDATOR ? 0x1e : 0x1c);
        if (once(30)) kind = KIND_MODEL;
        uint64 units = once(8) ? chance(2 * ONE) : ONE + chance(300 * ONE);
        act(A_DELEGATE, agent(), address(stake), abi.encodeCall(Stake.delegate, (kind, target, units, chance(2))));
    }

    function increaseDelegation(uint256 seed) external turn(seed) {
        (uint64 delegation, uint64 owner) = some();
        bytes memory data = abi.encodeCall(Stake.increaseDelegation, (delegation, chance(100 * ONE)));
        act(A_INCREASE_DELEGATION, owner, address(stake), data);
    }

    function undelegate(uint256 seed) external turn(seed) {
        (uint64 delegation, uint64 owner) = some();
        DelegationsRecord memory d = delegationsAt(delegation);
        uint64 units = once(3) ? d.units : once(10) ? d.units + 1 : chance(d.units + 1);
        bytes memory data = abi.encodeCall(Stake.undelegate, (delegation, units));
        if (!act(A_UNDELEGATE, owner, address(stake), data)) return;
        DelegationsRecord memory left = delegationsAt(delegation);
        assertEq(left.units + left.unbondingUnits, d.units + d.unbondingUnits, "INV-6: undelegated units");
    }

    function setAutoStake(uint256 seed) external turn(seed) {
        (uint64 delegation, uint64 owner) = some();
        bytes memory data = abi.encodeCall(Stake.setAutoStake, (delegation, chance(3)));
        act(A_SET_AUTO_STAKE, owner, address(stake), data);
    }

    /// @dev Rewards of Slarks are rare in a random history, so that now and then one is delegated here, as Slarks does it.
    function redelegate(uint256 seed) external turn(seed) {
        uint64 licence = anyOf(slarkTotals().slarkCount);
        uint64 owner = slarksAt(licence).owner;
        uint64 provider = among(KIND_PROVIDER, 0x1c);
        // States Registered to Suspended of a provider, as above.
        if (!isSettling() && owner >= ACCOUNT_FIRST_AGENT && (0x1c >> providersAt(provider).state) & 1 == 1) {
            uint64 units = 1 + chance(20 * ONE);
            vm.prank(address(slarks));
            token.move(ACCOUNT_FOUNDATION, ACCOUNT_SLARK_POOL, units, MOVE_SLARK_REWARD);
            vm.prank(address(slarks));
            stake.delegateReward(licence, owner, 0, provider, units);
        }
        uint64 delegation = stakeTotals().delegationCount;
        for (uint64 i = chance(9); i > 0 && delegation > 1; --i) {
            uint64 earlier = delegation - 1;
            if (vestingsAt(earlier).licence != 0 && delegationsAt(earlier).units > 0) delegation = earlier;
        }
        DelegationsRecord memory d = delegationsAt(delegation);
        bytes memory data = abi.encodeCall(Stake.redelegate, (delegation, among(KIND_PROVIDER, 0x1c)));
        if (!act(A_REDELEGATE, mostly(d.delegator), address(stake), data)) return;
        assertEq(abi.encode(delegationsAt(delegation)), abi.encode(d), "SLARK-12: it moves with the settlement only");
        assertEq(d.unbondingUnits, 0, "SLARK-12: nothing of it unbonds");
    }

    function some() private returns (uint64 delegation, uint64 owner) {
        delegation = anyOf(stakeTotals().delegationCount);
        owner = mostly(delegationsAt(delegation).delegator);
    }
}
