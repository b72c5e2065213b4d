// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ACCOUNT_FIRST_AGENT, EraNotSettled, FAMILY_COUNT} from "../../src/Protocol.sol";
import {Token} from "../../src/Token.sol";
import {A_TRANSFER_TOKENS} from "../Actions.sol";
import {Handler} from "./Handler.sol";

/// @notice Payments between agents, by the protocol's own function and as ERC-20 calls.
contract TokenHandler is Handler {
    constructor(address[FAMILY_COUNT] memory addresses) Handler(addresses) {}

    /// @inheritdoc Handler
    function turns() external pure override returns (bytes4[] memory list) {
        list = new bytes4[](3);
        list[0] = this.transferTokens.selector;
        list[1] = this.transfer.selector;
        list[2] = this.approveAndTransferFrom.selector;
    }

    function transferTokens(uint256 seed) external turn(seed) {
        uint64 to = ACCOUNT_FIRST_AGENT + chance(tokenTotals().accountCount + 1);
        act(A_TRANSFER_TOKENS, agent(), address(token), abi.encodeCall(Token.transferTokens, (to, units())));
    }

    function transfer(uint256 seed) external turn(seed) {
        (uint64 from, uint64 to, uint64 sum) = (agent(), agent(), units());
        if (walletsAt(from) < sum) sum = walletsAt(from);
        expectRest();
        by(from);
        token.transfer(addressOf(to), sum);
    }

    function approveAndTransferFrom(uint256 seed) external turn(seed) {
        (uint64 from, uint64 spender, uint64 to, uint64 sum) = (agent(), agent(), agent(), units());
        if (walletsAt(from) < sum) sum = walletsAt(from);
        by(from);
        token.approve(addressOf(spender), sum);
        bool isAtRest = expectRest();
        by(spender);
        token.transferFrom(addressOf(from), addressOf(to), sum);
        assertEq(token.allowance(addressOf(from), addressOf(spender)), isAtRest ? 0 : sum);
    }

    /// @dev The next call is refused if a settlement is under way.
    function expectRest() private returns (bool isAtRest) {
        isAtRest = !isSettling();
        uint64 settled = clockTotals().settledEraCount;
        if (!isAtRest) refused(EraNotSettled.selector, settled, settled + 1);
    }

    function units() private returns (uint64) {
        return once(10) ? chance(2) : 1 + chance(300 * ONE);
    }
}
