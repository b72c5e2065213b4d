// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {
    ACCOUNT_FOUNDATION,
    FAMILY_COUNT,
    KIND_PROVIDER,
    PROVIDER_ACTIVE,
    PROVIDER_REGISTERED,
    P_SLARK_LICENCES_PER_MACHINE,
    SLARK_OFFLINE,
    SLARK_OWNED,
    SLARK_PENDING,
    SLARK_RUNNING,
    SlarksRecord
} from "../../src/Protocol.sol";
import {Slarks} from "../../src/Slarks.sol";
import {Stake} from "../../src/Stake.sol";
import {
    A_ACCEPT_RUNNER,
    A_BUY_LICENCE,
    A_CHOOSE_PROVIDER,
    A_END_RUNNER,
    A_GRANT_LICENCE,
    A_LOSE_CLIENT,
    A_REDELEGATE,
    A_REGISTER_FOUNDATION_KEY,
    A_REGISTER_SLARK_KEY,
    A_REJECT_RUNNER,
    A_REPORT_SLARKS,
    A_REQUEST_RUNNER,
    A_RESTORE_CLIENT,
    A_SELF_OPERATE,
    A_SET_OPT_IN,
    A_TOP_UP_LICENCE,
    A_TRANSFER_LICENCE
} from "../Actions.sol";
import {BlsSigner} from "../BlsSigner.sol";
import {Handler} from "./Handler.sol";

/// @notice What owners and runners of licences do, and the keeper about them. The secret of a licence is that of its number.
contract SlarkHandler is Handler {
    constructor(address[FAMILY_COUNT] memory addresses) Handler(addresses) {}

    /// @inheritdoc Handler
    function turns() external pure override returns (bytes4[] memory list) {
        list = new bytes4[](13);
        list[0] = this.buyAndTopUp.selector;
        list[1] = this.registerKey.selector;
        list[2] = this.registerKey.selector;
        list[3] = this.selfOperate.selector;
        list[4] = this.chooseProvider.selector;
        list[5] = this.requestRunner.selector;
        list[6] = this.answer.selector;
        list[7] = this.endRunner.selector;
        list[8] = this.transfer.selector;
        list[9] = this.transferDirectly.selector;
        list[10] = this.client.selector;
        list[11] = this.foundation.selector;
        list[12] = this.reportAndMove.selector;
    }

    function buyAndTopUp(uint256 seed) external turn(seed) {
        uint64 count = slarkTotals().slarkCount;
        if (count < 20) act(A_BUY_LICENCE, agent(), address(slarks), abi.encodeCall(Slarks.buyLicence, ()));
        uint64 licence = anyOf(count);
        send(A_TOP_UP_LICENCE, licence, abi.encodeCall(Slarks.topUpLicence, (licence, chance(150 * ONE))));
        send(A_SET_OPT_IN, licence, abi.encodeCall(Slarks.setOptIn, (licence, once(20) ? 2 : 1 - chance(2) / 2)));
    }

    function registerKey(uint256 seed) external turn(seed) {
        uint64 licence = once(2) ? inState(SLARK_PENDING) : inState(SLARK_OWNED);
        SlarksRecord memory z = slarksAt(licence);
        uint64 actor = z.state == SLARK_PENDING ? z.pendingRunner : z.state == SLARK_OWNED ? z.owner : z.runner;
        bytes memory data = abi.encodeCall(Slarks.registerSlarkKey, (licence, words(licence, actor)));
        if (!act(A_REGISTER_SLARK_KEY, mostly(actor), address(slarks), data)) return;
        assertGt(slarksAt(licence).keyId, 0, "CHAL-10: a key");
    }

    function selfOperate(uint256 seed) external turn(seed) {
        uint64 licence = inState(SLARK_OWNED);
        send(A_SELF_OPERATE, licence, abi.encodeCall(Slarks.selfOperate, (licence, provider())));
    }

    function chooseProvider(uint256 seed) external turn(seed) {
        uint64 licence = anyOf(slarkTotals().slarkCount);
        send(A_CHOOSE_PROVIDER, licence, abi.encodeCall(Slarks.chooseProvider, (licence, provider())));
    }

    function requestRunner(uint256 seed) external turn(seed) {
        uint64 licence = inState(SLARK_OWNED);
        bytes memory data = abi.encodeCall(Slarks.requestRunner, (licence, agent(), provider()));
        if (!send(A_REQUEST_RUNNER, licence, data)) return;
        assertEq(slarksAt(licence).keyId, 0, "INV-19: the key is the runner's");
    }

    function answer(uint256 seed) external turn(seed) {
        uint64 licence = inState(SLARK_PENDING);
        uint64 actor = mostly(slarksAt(licence).pendingRunner);
        if (once(4)) {
            act(A_REJECT_RUNNER, actor, address(slarks), abi.encodeCall(Slarks.rejectRunner, (licence)));
            return;
        }
        uint64 carried = runnersAt(actor);
        if (!act(A_ACCEPT_RUNNER, actor, address(slarks), abi.encodeCall(Slarks.acceptRunner, (licence)))) return;
        assertEq(runnersAt(actor), carried + 1, "INV-19: counted once");
        assertLt(carried, param(P_SLARK_LICENCES_PER_MACHINE), "INV-19: room on the machine");
    }

    function endRunner(uint256 seed) external turn(seed) {
        if (!once(4)) return;
        uint64 licence = inState(SLARK_RUNNING);
        uint64 actor = once(2) ? slarksAt(licence).owner : slarksAt(licence).runner;
        act(A_END_RUNNER, mostly(actor), address(slarks), abi.encodeCall(Slarks.endRunner, (licence)));
    }

    function transfer(uint256 seed) external turn(seed) {
        uint64 licence = inState(SLARK_OWNED);
        uint64 untilS = slarksAt(licence).soulboundUntilS;
        uint64 to = agent();
        if (!send(A_TRANSFER_LICENCE, licence, abi.encodeCall(Slarks.transferLicence, (licence, to)))) return;
        assertGe(nowS(), untilS, "INV-18: before its soulbound end");
        assertEq(licences.ownerOf(licence), addressOf(to), "INV-18: the token goes along");
    }

    /// @notice The standard's own transfer never moves a licence, soulbound or not.
    function transferDirectly(uint256 seed) external turn(seed) {
        uint64 licence = 1 + chance(slarkTotals().slarkCount + 1);
        uint64 owner = slarksAt(licence).owner;
        address holder = token.addressOf(owner);
        vm.prank(holder);
        (bool ok,) =
            address(licences).call(abi.encodeCall(IERC721.transferFrom, (holder, addressOf(agent()), licence)));
        assertFalse(ok, "INV-18: moved past the ledger");
    }

    function client(uint256 seed) external turn(seed) {
        if (once(3)) {
            uint64 running = inState(SLARK_RUNNING);
            act(A_LOSE_CLIENT, K, address(slarks), abi.encodeCall(Slarks.loseClient, (running)));
        } else {
            uint64 offline = inState(SLARK_OFFLINE);
            act(A_RESTORE_CLIENT, K, address(slarks), abi.encodeCall(Slarks.restoreClient, (offline)));
        }
    }

    function foundation(uint256 seed) external turn(seed) {
        if (once(3)) act(A_GRANT_LICENCE, K, address(slarks), abi.encodeCall(Slarks.grantLicence, ()));
        uint64 count = slarkTotals().slarkCount;
        uint64 licence = anyOf(count);
        for (uint64 other = 1; other <= count && !once(10); ++other) {
            if (slarksAt(other).isFoundation == 1 && slarksAt(other).keyId == 0) licence = other;
        }
        bytes memory data = abi.encodeCall(Slarks.registerFoundationKey, (licence, words(licence, ACCOUNT_FOUNDATION)));
        act(A_REGISTER_FOUNDATION_KEY, K, address(slarks), data);
    }

    function reportAndMove(uint256 seed) external turn(seed) {
        uint64 count = slarkTotals().slarkCount;
        uint64 from = chance(count + 1);
        uint64 to = from + chance(count - from + 1);
        uint64[] memory delays = new uint64[](to - from);
        for (uint256 i; i < delays.length; ++i) {
            delays[i] = chance(400);
        }
        act(A_REPORT_SLARKS, K, address(slarks), abi.encodeCall(Slarks.reportSlarks, (from, to, delays)));
        uint64 delegation = anyOf(stakeTotals().delegationCount);
        for (uint64 licence = 1; licence <= count && !once(15); ++licence) {
            uint64 earned = slarksAt(licence).delegation;
            if (delegationsAt(earned).units > 0) delegation = earned;
        }
        bytes memory before = abi.encode(delegationsAt(delegation));
        bytes memory data = abi.encodeCall(Stake.redelegate, (delegation, provider()));
        if (!act(A_REDELEGATE, mostly(delegationsAt(delegation).delegator), address(stake), data)) return;
        assertEq(abi.encode(delegationsAt(delegation)), before, "SLARK-12: it moves with the settlement only");
    }

    /// @return list a key with its proof for the account, now and then false
    function words(uint64 licence, uint64 account) private returns (uint64[] memory list) {
        list = BlsSigner.keyWords(BlsSigner.secretOf(licence), account);
        if (once(12)) list[chance(48)] = chance(2 ** 49);
    }

    function provider() private returns (uint64) {
        return among(KIND_PROVIDER, 1 << PROVIDER_ACTIVE | 1 << PROVIDER_REGISTERED);
    }

    /// @return licence one in this state, for want of one any
    function inState(uint64 state) private returns (uint64 licence) {
        uint64 count = slarkTotals().slarkCount;
        if (count == 0 || once(20)) return anyOf(count);
        uint64 start = chance(count);
        for (uint64 i; i < count; ++i) {
            licence = 1 + (start + i) % count;
            if (slarksAt(licence).state == state) return licence;
        }
        return anyOf(count);
    }

    function send(uint256 action, uint64 licence, bytes memory data) private returns (bool) {
        return act(action, mostly(slarksAt(licence).owner), address(slarks), data);
    }
}
