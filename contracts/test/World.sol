// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Assets} from "../src/Assets.sol";
import {Calls} from "../src/Calls.sol";
import {Challenges} from "../src/Challenges.sol";
import {Clock} from "../src/Clock.sol";
import {Commitment} from "../src/Commitment.sol";
import {Emission} from "../src/Emission.sol";
import {EntityNft} from "../src/EntityNft.sol";
import {Escrow} from "../src/Escrow.sol";
import {Fizz} from "../src/Fizz.sol";
import {Leases} from "../src/Leases.sol";
import {Models} from "../src/Models.sol";
import {Nodes} from "../src/Nodes.sol";
import {Orders} from "../src/Orders.sol";
import {Params} from "../src/Params.sol";
import {
    ACCOUNT_KEEPER,
    ClockTotalsRecord,
    FAMILY_ASSETS,
    FAMILY_CALLS,
    FAMILY_CHALLENGES,
    FAMILY_CLOCK,
    FAMILY_COUNT,
    FAMILY_EMISSION,
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
    HOSTS_PER_MODEL,
    HOST_DEPLOYING,
    IProtocolEvents,
    MAX_INT,
    MembersRecord,
    NODE_ONLINE,
    PROVIDER_ACTIVE,
    P_PLACE_REPLICAS,
    P_TIME_SLOTS_PER_ERA,
    P_TIME_SLOT_S,
    SLARK_RUNNING,
    STEP_ACCRUE_LEASES,
    STEP_ASSESS_PROVIDERS,
    STEP_COMPUTE_ERA_METRICS,
    STEP_COUNT,
    STEP_OPEN_EMISSION,
    STEP_PAY_CREATORS,
    STEP_PAY_DELEGATORS,
    STEP_PAY_NODES,
    STEP_PAY_PROVIDERS,
    STEP_PAY_SLARKS,
    STEP_PAY_STAKERS,
    STEP_PAY_VALIDATORS,
    STEP_POST_MEDIAN,
    STEP_POST_RANKING,
    STEP_POST_SLARKS,
    STEP_RELEASE_DELEGATIONS,
    STEP_ROTATE_MODELS,
    STEP_SCORE_NODES,
    STEP_SLASH_DELEGATIONS,
    STEP_SLASH_OWN_STAKE,
    STEP_UPDATE_REPUTATIONS,
    STEP_UPDATE_SLARKS,
    STEP_UPDATE_TIERS,
    STEP_UPDATE_TRUST,
    SlarksRecord,
    TasksRecord,
    VERDICT_NONE,
    VERDICT_PASS
} from "../src/Protocol.sol";
import {Providers} from "../src/Providers.sol";
import {SlarkLicence} from "../src/SlarkLicence.sol";
import {Slarks} from "../src/Slarks.sol";
import {Stake} from "../src/Stake.sol";
import {Tasks} from "../src/Tasks.sol";
import {Token} from "../src/Token.sol";
import {Validators} from "../src/Validators.sol";
import {Base} from "./Base.sol";
import {SLOT_PARAM_VALUES, Tables} from "./Tables.sol";

/// @notice What a provider's report of an era says, before it is packed.
struct ProviderWords {
    uint64 full;
    uint64 active;
    uint64 task;
    uint64 breached;
    uint64 cooled;
    uint64 streaks;
    uint64 extraHours;
    uint64 answered;
    uint64 expected;
    uint64 meanMs;
    uint64 assigned;
    uint64 finished;
    uint64 feeUnits;
    uint64 leaseHours;
    uint64 offlineSinceS;
}

/// @title World
/// @notice A deployed protocol in the hands of a test: its contracts, its tables, its time, and short ways through the
/// life cycles. It asserts nothing about rules.
abstract contract World is Base, Tables, IProtocolEvents {
    uint64 internal constant GENESIS_S = 1_767_225_600;
    /// @notice One token in base units, at the default number of decimals.
    uint64 internal constant ONE = 1_000_000;
    uint64 internal constant K = ACCOUNT_KEEPER;
    /// @notice Positions in one chunk of a settlement step, where the test does not care.
    uint64 internal constant WHOLE = type(uint64).max;

    /// @dev Slots that the chain of beacons lasts for.
    uint256 private constant BEACON_COUNT = 512;

    Params internal params;
    Clock internal clock;
    Token internal token;
    EntityNft internal nft;
    Stake internal stake;
    Nodes internal nodes;
    Models internal models;
    Calls internal calls;
    Validators internal validators;
    Tasks internal tasks;
    Emission internal emission;
    Providers internal providers;
    SlarkLicence internal licences;
    Slarks internal slarks;
    Challenges internal challenges;
    Assets internal assets;
    Escrow internal escrow;
    Orders internal orders;
    Leases internal leases;
    Fizz internal fizzes;

    /// @dev All licences, as the step over them by accuracy found them.
    uint64[] private accuracyOrder;

    function bind(address[FAMILY_COUNT] memory addresses) internal {
        families = addresses;
        params = Params(addresses[FAMILY_PARAMS]);
        clock = Clock(addresses[FAMILY_CLOCK]);
        token = Token(addresses[FAMILY_TOKEN]);
        nft = EntityNft(addresses[FAMILY_ENTITY_NFT]);
        stake = Stake(addresses[FAMILY_STAKE]);
        nodes = Nodes(addresses[FAMILY_NODES]);
        models = Models(addresses[FAMILY_MODELS]);
        calls = Calls(addresses[FAMILY_CALLS]);
        validators = Validators(addresses[FAMILY_VALIDATORS]);
        tasks = Tasks(addresses[FAMILY_TASKS]);
        emission = Emission(addresses[FAMILY_EMISSION]);
        providers = Providers(addresses[FAMILY_PROVIDERS]);
        licences = SlarkLicence(addresses[FAMILY_SLARK_LICENCE]);
        slarks = Slarks(addresses[FAMILY_SLARKS]);
        challenges = Challenges(addresses[FAMILY_CHALLENGES]);
        assets = Assets(addresses[FAMILY_ASSETS]);
        escrow = Escrow(addresses[FAMILY_ESCROW]);
        orders = Orders(addresses[FAMILY_ORDERS]);
        leases = Leases(addresses[FAMILY_LEASES]);
        fizzes = Fizz(addresses[FAMILY_FIZZ]);
    }

    // Who acts, and how it ends

    /// @return address of an account of the book: the keeper's, or an agent's
    function addressOf(uint64 account) internal pure returns (address) {
        return address(uint160(uint256(keccak256(abi.encode("account", account)))));
    }

    /// @notice The next call to the protocol is this account's.
    function by(uint64 account) internal {
        vm.prank(addressOf(account));
    }

    /// @notice The next call is refused with this error and these two values.
    function refused(bytes4 err, uint64 have, uint64 need) internal {
        vm.expectRevert(abi.encodeWithSelector(err, have, need));
    }

    /// @notice The next call of the account is refused with this error and these two values.
    function refusedBy(uint64 account, bytes4 err, uint64 have, uint64 need) internal {
        refused(err, have, need);
        by(account);
    }

    /// @notice The next call emits the event that follows, from this contract.
    function emits(address emitter) internal {
        vm.expectEmit(emitter);
    }

    /// @dev Sends calldata and passes a revert on.
    function send(address target, bytes memory data) internal {
        (bool ok, bytes memory answer) = target.call(data);
        if (ok) return;
        assembly ("memory-safe") {
            revert(add(answer, 32), mload(answer))
        }
    }

    // Parameters

    function param(uint256 number) internal view returns (uint64) {
        return paramValuesAt(number);
    }

    /// @notice Overwrites what genesis has fixed; only a test can.
    function setParam(uint256 number, uint64 value) internal {
        poke(address(params), SLOT_PARAM_VALUES, number, value);
    }

    /// @notice Overwrites field `field` of the record that starts at `slot`.
    function poke(address family, uint256 slot, uint256 field, uint64 value) internal {
        bytes32 word = bytes32(slot + field / 4);
        uint256 shift = 64 * (field % 4);
        uint256 cleared = uint256(vm.load(family, word)) & ~(uint256(type(uint64).max) << shift);
        vm.store(family, word, bytes32(cleared | (uint256(value) << shift)));
    }

    // Time

    function nowS() internal view returns (uint64) {
        return uint64(vm.getBlockTimestamp()) - GENESIS_S;
    }

    /// @notice Goes to `s` seconds from genesis.
    function goTo(uint64 s) internal {
        vm.warp(uint256(GENESIS_S) + s);
    }

    function wait_(uint64 s) internal {
        goTo(nowS() + s);
    }

    function currentEra() internal view returns (uint64) {
        return clockTotals().era;
    }

    /// @return beacon of a slot: each is the hash of the next one's
    function beaconOf(uint256 slot) internal pure returns (bytes32 beacon) {
        beacon = keccak256("last beacon");
        for (uint256 i = BEACON_COUNT; i > slot; --i) {
            beacon = keccak256(abi.encode(beacon));
        }
    }

    /// @return words the eight 32-bit parts of a beacon, most significant first
    function wordsOf(bytes32 beacon) internal pure returns (uint64[8] memory words) {
        for (uint256 i; i < 8; ++i) {
            // The cast keeps 32 bits.
            words[i] = uint32(uint256(beacon) >> (32 * (7 - i)));
        }
    }

    /// @notice Opens the next slot, at its start if that is not yet reached.
    function openSlot() internal {
        ClockTotalsRecord memory c = clockTotals();
        uint64 startS = c.slotCount * param(P_TIME_SLOT_S);
        if (nowS() < startS) goTo(startS);
        uint64[8] memory w = wordsOf(beaconOf(c.slotCount));
        by(K);
        clock.openSlot(w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7]);
    }

    /// @notice Closes what the slot leaves open, settles the era if it is its last slot, and opens the next slot.
    function nextSlot(uint64 chunk) internal {
        closeRequests();
        ClockTotalsRecord memory c = clockTotals();
        if (c.slotCount == (c.settledEraCount + 1) * param(P_TIME_SLOTS_PER_ERA)) settleEra(chunk);
        openSlot();
    }

    /// @notice Goes to the first slot of the next era.
    function nextEra() internal {
        nextEra(WHOLE);
    }

    function nextEra(uint64 chunk) internal {
        uint64 settled = clockTotals().settledEraCount;
        while (clockTotals().settledEraCount == settled) nextSlot(chunk);
    }

    /// @notice Goes to the moment at which the era may be settled: its slots are over, the next one is not open.
    function endEra() internal {
        uint64 endSlot = (clockTotals().settledEraCount + 1) * param(P_TIME_SLOTS_PER_ERA);
        while (clockTotals().slotCount < endSlot) nextSlot(WHOLE);
        closeRequests();
        uint64 endS = endSlot * param(P_TIME_SLOT_S);
        if (nowS() < endS) goTo(endS);
    }

    // Settlement

    /// @return true between two chunks of a settlement, or between two of its steps
    function isSettling() internal view returns (bool) {
        ClockTotalsRecord memory c = clockTotals();
        return c.stepsDone != 0 || c.cursor != 0;
    }

    /// @notice Settles the era, each step in chunks of at most this many positions.
    function settleEra(uint64 chunk) internal {
        endEra();
        runSteps(STEP_COUNT, chunk);
    }

    /// @notice Takes the steps of the settlement that are due, up to and with this one.
    function runSteps(uint64 last, uint64 chunk) internal {
        for (uint64 step = clockTotals().stepsDone + 1; step <= last; ++step) {
            runStep(step, chunk);
        }
    }

    function runStep(uint64 step, uint64 chunk) internal {
        uint64 count = positionsOf(step);
        uint64 from = clockTotals().cursor;
        do {
            uint64 to = count - from > chunk ? from + chunk : count;
            takeStep(step, from, to);
            from = to;
        } while (from < count);
    }

    function takeStep(uint64 step, uint64 from, uint64 to) internal {
        if (from == 0) rememberOrder(step);
        (address target, bytes memory data) = stepCall(step, from, to);
        by(K);
        send(target, data);
    }

    /// @dev Before the first chunk of a step: keeps what its later chunks need and cannot find any more.
    function rememberOrder(uint64 step) internal {
        if (step == STEP_UPDATE_SLARKS) accuracyOrder = slarksByAccuracy(0, slarkTotals().slarkCount);
    }

    /// @return count positions of a settlement step now
    function positionsOf(uint64 step) internal view returns (uint64 count) {
        if (step == STEP_OPEN_EMISSION) return 1;
        if (step == STEP_ACCRUE_LEASES) return leaseTotals().openCount;
        if (step == STEP_POST_MEDIAN) return providerTotals().providerCount;
        if (step == STEP_POST_RANKING) return nodeTotals().onlineCount;
        if (step == STEP_POST_SLARKS) return slarkTotals().drawableCount;
        if (step == STEP_ASSESS_PROVIDERS || step == STEP_PAY_PROVIDERS || step == STEP_UPDATE_TIERS) {
            return providerTotals().providerCount;
        }
        if (step == STEP_PAY_SLARKS || step == STEP_UPDATE_SLARKS) return slarkTotals().slarkCount;
        if (step == STEP_SLASH_OWN_STAKE || step == STEP_PAY_VALIDATORS || step == STEP_UPDATE_REPUTATIONS) {
            return validatorTotals().validatorCount;
        }
        if (
            step == STEP_SLASH_DELEGATIONS || step == STEP_PAY_STAKERS || step == STEP_PAY_DELEGATORS
                || step == STEP_RELEASE_DELEGATIONS
        ) return stakeTotals().delegationCount;
        if (step == STEP_PAY_CREATORS || step == STEP_ROTATE_MODELS) return modelTotals().modelCount;
        return nodeTotals().nodeCount;
    }

    /// @return target contract of a settlement step
    /// @return data its calldata for positions [from, to)
    function stepCall(uint64 step, uint64 from, uint64 to) internal view returns (address target, bytes memory data) {
        if (step == STEP_POST_RANKING) {
            return (address(nodes), abi.encodeCall(Nodes.postRanking, (from, to, ranks(from, to))));
        }
        if (step == STEP_UPDATE_SLARKS) {
            return (address(slarks), abi.encodeCall(Slarks.updateSlarks, (from, to, slarksByAccuracy(from, to))));
        }
        if (step == STEP_POST_SLARKS) {
            return (address(slarks), abi.encodeCall(Slarks.postSlarks, (from, to, slarksByTier(from, to))));
        }
        if (step == STEP_POST_MEDIAN) {
            return (address(orders), abi.encodeCall(Orders.postMedian, (from, to, listOf(medianUnits()))));
        }
        bytes4 selector;
        (target, selector) = _stepFunction(step);
        data = abi.encodeWithSelector(selector, from, to);
    }

    function _stepFunction(uint64 step) private view returns (address, bytes4) {
        if (step == STEP_ACCRUE_LEASES) return (address(leases), Leases.accrueLeases.selector);
        if (step == STEP_COMPUTE_ERA_METRICS) return (address(nodes), Nodes.computeEraMetrics.selector);
        if (step == STEP_ASSESS_PROVIDERS) return (address(providers), Providers.assessProviders.selector);
        if (step == STEP_OPEN_EMISSION) return (address(emission), Emission.openEmission.selector);
        if (step == STEP_SLASH_OWN_STAKE) return (address(stake), Stake.slashOwnStake.selector);
        if (step == STEP_SLASH_DELEGATIONS) return (address(stake), Stake.slashDelegations.selector);
        if (step == STEP_PAY_SLARKS) return (address(slarks), Slarks.paySlarks.selector);
        if (step == STEP_PAY_PROVIDERS) return (address(providers), Providers.payProviders.selector);
        if (step == STEP_PAY_STAKERS) return (address(stake), Stake.payStakers.selector);
        if (step == STEP_SCORE_NODES) return (address(nodes), Nodes.scoreNodes.selector);
        if (step == STEP_PAY_NODES) return (address(nodes), Nodes.payNodes.selector);
        if (step == STEP_PAY_VALIDATORS) return (address(validators), Validators.payValidators.selector);
        if (step == STEP_PAY_CREATORS) return (address(models), Models.payCreators.selector);
        if (step == STEP_PAY_DELEGATORS) return (address(stake), Stake.payDelegators.selector);
        if (step == STEP_UPDATE_TRUST) return (address(nodes), Nodes.updateTrust.selector);
        if (step == STEP_UPDATE_REPUTATIONS) return (address(validators), Validators.updateReputations.selector);
        if (step == STEP_UPDATE_TIERS) return (address(providers), Providers.updateTiers.selector);
        if (step == STEP_RELEASE_DELEGATIONS) return (address(stake), Stake.releaseDelegations.selector);
        return (address(models), Models.rotateModels.selector);
    }

    /// @return list all licences at places [from, to) by accuracy of the era, on a tie by identifier. The step forgets what it
    /// is measured by, so that what is asked for in the middle of it comes from the list that was right at its start.
    function slarksByAccuracy(uint64 from, uint64 to) internal view returns (uint64[] memory list) {
        uint64 count = slarkTotals().slarkCount;
        if (from > 0) return _part(accuracyOrder, accuracyOrder.length, from, to);
        uint64[] memory all = new uint64[](count);
        for (uint64 licence = 1; licence <= count; ++licence) {
            uint256 place = licence - 1;
            for (; place > 0 && _isMoreAccurate(licence, all[place - 1]); --place) {
                all[place] = all[place - 1];
            }
            all[place] = licence;
        }
        return _part(all, count, from, to);
    }

    function _isMoreAccurate(uint64 one, uint64 other) private view returns (bool) {
        SlarksRecord memory a = slarksAt(one);
        SlarksRecord memory b = slarksAt(other);
        uint256 aOf = a.resultCount == 0 ? 1 : a.resultCount;
        uint256 bOf = b.resultCount == 0 ? 1 : b.resultCount;
        return uint256(a.alignedCount) * bOf > uint256(b.alignedCount) * aOf;
    }

    /// @return list the licences that can be drawn at places [from, to) by tier, on a tie by identifier
    function slarksByTier(uint64 from, uint64 to) internal view returns (uint64[] memory list) {
        uint64 count = slarkTotals().slarkCount;
        uint64[] memory all = new uint64[](count);
        uint256 drawable;
        for (uint64 licence = 1; licence <= count; ++licence) {
            SlarksRecord memory z = slarksAt(licence);
            if (z.state != SLARK_RUNNING || z.keyId == 0 || z.isFoundation == 1) continue;
            uint256 place = drawable++;
            for (; place > 0 && slarksAt(all[place - 1]).tier < z.tier; --place) {
                all[place] = all[place - 1];
            }
            all[place] = licence;
        }
        return _part(all, drawable, from, to);
    }

    /// @return list entries [from, to) of the first `count` of `all`; zeros beyond
    function _part(uint64[] memory all, uint256 count, uint64 from, uint64 to)
        private
        pure
        returns (uint64[] memory list)
    {
        list = new uint64[](to > from ? to - from : 0);
        for (uint256 i; i < list.length && from + i < count; ++i) {
            list[i] = all[from + i];
        }
    }

    /// @return list the Online nodes at places [from, to) by trust weight, on a tie by identifier
    function ranks(uint64 from, uint64 to) internal view returns (uint64[] memory list) {
        uint64 count = nodeTotals().nodeCount;
        uint64[] memory all = new uint64[](count);
        uint64[] memory trusts = new uint64[](count);
        uint256 online;
        for (uint64 node = 1; node <= count; ++node) {
            if (nodesAt(node).state != NODE_ONLINE) continue;
            uint64 trustFp = nodeTrustAt(node).trustFp;
            uint256 place = online++;
            for (; place > 0 && trusts[place - 1] < trustFp; --place) {
                (all[place], trusts[place]) = (all[place - 1], trusts[place - 1]);
            }
            (all[place], trusts[place]) = (node, trustFp);
        }
        return _part(all, online, from, to);
    }

    /// @return units lower median of the collateral of the Active providers, what they have asked back apart; 0 of none
    function medianUnits() internal view returns (uint64 units) {
        uint64 count = providerTotals().providerCount;
        uint64[] memory sorted = new uint64[](count);
        uint256 active;
        for (uint64 provider = 1; provider <= count; ++provider) {
            if (providersAt(provider).state != PROVIDER_ACTIVE) continue;
            uint64 collateral = providerCollateralAt(provider).ownUnits - providersAt(provider).exitUnits
                + providerCollateralAt(provider).delegatedUnits;
            uint256 place = active++;
            for (; place > 0 && sorted[place - 1] > collateral; --place) {
                sorted[place] = sorted[place - 1];
            }
            sorted[place] = collateral;
        }
        return active == 0 ? 0 : sorted[(active - 1) / 2];
    }

    // Validators and their tasks

    function registerValidator(uint64 owner) internal returns (uint64 validator) {
        by(owner);
        validators.registerValidator();
        validator = validatorTotals().validatorCount;
    }

    function activateValidator(uint64 owner) internal returns (uint64 validator) {
        validator = registerValidator(owner);
        by(K);
        validators.issueKey(validator, 1_000 + validator);
        by(owner);
        validators.subscribe(validator);
    }

    function assign(uint64 task) internal {
        by(K);
        tasks.assignTask(task);
    }

    /// @notice The member's validator submits.
    function submit(uint64 member, uint64 verdict, uint64 qualityBps) internal {
        MembersRecord memory m = membersAt(member);
        by(validatorsAt(m.validator).owner);
        tasks.submitResult(m.task, member, verdict, 900 + member, qualityBps);
    }

    /// @notice Every member that has not yet submitted does.
    function submitAll(uint64 task, uint64 verdict, uint64 qualityBps) internal {
        TasksRecord memory t = tasksAt(task);
        for (uint64 member = t.memberStart; member < t.memberStart + t.memberCount; ++member) {
            if (membersAt(member).verdict == VERDICT_NONE) submit(member, verdict, qualityBps);
        }
    }

    function settle(uint64 task) internal {
        by(K);
        tasks.settleTask(task);
    }

    /// @notice A group is drawn, agrees, and the task is settled.
    function decide(uint64 task, uint64 verdict) internal {
        assign(task);
        submitAll(task, verdict, 9_000);
        settle(task);
    }

    function lastTask() internal view returns (uint64) {
        return taskTotals().taskCount;
    }

    // Nodes

    function reserveNode(uint64 owner, uint64 domains, uint64 capacityCount) internal returns (uint64 node) {
        by(owner);
        nodes.reserveSlot(domains, capacityCount);
        node = nodeTotals().nodeCount;
    }

    function registerNode(uint64 owner) internal returns (uint64 node) {
        node = reserveNode(owner, 3, 4);
        by(owner);
        nodes.registerNode(node, 1);
    }

    /// @notice A node whose metadata has been judged.
    function reviewNode(uint64 owner, uint64 verdict) internal returns (uint64 node) {
        node = registerNode(owner);
        by(owner);
        nodes.submitNodeMetadata(node, 1);
        decide(lastTask(), verdict);
    }

    function onlineNode(uint64 owner) internal returns (uint64 node) {
        node = reviewNode(owner, VERDICT_PASS);
        by(owner);
        nodes.requestNodeValidation(node);
        decide(lastTask(), VERDICT_PASS);
    }

    // Models and their calls

    function registerModel(uint64 owner) internal returns (uint64 model) {
        by(owner);
        models.registerModel(0, ONE, 77, 10);
        model = modelTotals().modelCount;
    }

    function submitMetadata(uint64 model) internal {
        by(modelsAt(model).owner);
        models.submitModelMetadata(model, 5);
    }

    /// @notice From Registered to TestDeploying.
    function startTest(uint64 model) internal {
        submitMetadata(model);
        decide(lastTask(), VERDICT_PASS);
        by(modelsAt(model).owner);
        models.requestTest(model);
    }

    /// @notice From Registered to TestDeployed.
    function testDeploy(uint64 model) internal {
        startTest(model);
        by(nodesAt(modelsAt(model).testNode).owner);
        models.confirmTestDeployment(model);
    }

    /// @notice From Registered to ProdDeploying, or a candidate to Live.
    function validateModel(uint64 model) internal {
        testDeploy(model);
        by(modelsAt(model).owner);
        models.openModelValidation(model);
        decide(lastTask(), VERDICT_PASS);
    }

    /// @notice The owners of the nodes that bring replicas up report that they are.
    function confirmHosts(uint64 model) internal {
        uint64 replicas = param(P_PLACE_REPLICAS);
        for (uint64 host; host < replicas; ++host) {
            if (hostsAt(hostRecord(model, host)).state == HOST_DEPLOYING) confirmHost(model, host);
        }
    }

    function confirmHost(uint64 model, uint64 host) internal {
        uint64 node = hostsAt(hostRecord(model, host)).nextNode;
        if (node == 0) node = hostsAt(hostRecord(model, host)).node;
        by(nodesAt(node).owner);
        models.confirmHost(model, host);
    }

    function hostRecord(uint64 model, uint64 host) internal pure returns (uint256) {
        return uint256(model) * HOSTS_PER_MODEL + host;
    }

    function liveModel(uint64 owner) internal returns (uint64 model) {
        model = registerModel(owner);
        validateModel(model);
        confirmHosts(model);
    }

    /// @notice The account asks for a call of size 1.
    function ask(uint64 consumer, uint64 model) internal returns (uint64 request) {
        by(consumer);
        calls.requestInference(model, 1_000, WHOLE);
        request = callTotals().requestCount;
    }

    /// @notice Routes the next request to a node.
    function route(uint64 node) internal {
        uint64 from = callTotals().routedCount;
        by(K);
        calls.routeRequests(from, from + 1, listOf(node));
    }

    /// @notice What a node computed for an answer, and the salt that it commits with: so that an audit can be opened.
    function outputOf(uint64 answerId) internal pure returns (uint64) {
        return answerId * 1_000_003;
    }

    function saltOf(uint64 answerId) internal pure returns (uint64) {
        return uint64(MAX_INT) - answerId;
    }

    /// @notice What the owner of a node serves an answer with.
    function sealedBy(uint64 owner, uint64 answerId) internal pure returns (uint64) {
        return Commitment.commitmentOf(outputOf(answerId), saltOf(answerId), owner);
    }

    function serve(uint64 request, uint64 latencyMs) internal {
        uint64 owner = nodesAt(requestsAt(request).node).owner;
        by(owner);
        calls.serveRequest(request, 4_000 + request, sealedBy(owner, 4_000 + request), latencyMs);
    }

    /// @notice The account asks, replica `host` answers.
    function callOnce(uint64 consumer, uint64 model, uint64 host) internal returns (uint64 request) {
        request = ask(consumer, model);
        route(hostsAt(hostRecord(model, host)).node);
        serve(request, 50);
    }

    function closeRequests() internal {
        (uint64 closed, uint64 count) = (callTotals().closedCount, callTotals().requestCount);
        if (closed == count) return;
        by(K);
        calls.closeRequests(closed, count);
    }

    // Providers

    /// @notice A provider with one GPU of sub-tier 9, Registered.
    function proposeProvider(uint64 owner, uint64 node) internal returns (uint64 provider) {
        by(owner);
        providers.proposeProvider(node, 0, 16, 64, 1_000, 1, 9, 2, 2, 2, 0);
        provider = providerTotals().providerCount;
    }

    function stakeProvider(uint64 provider, uint64 units) internal {
        by(providersAt(provider).owner);
        providers.stakeProvider(provider, units);
    }

    /// @notice A provider with this much own stake.
    function activateProvider(uint64 owner, uint64 units) internal returns (uint64 provider) {
        provider = proposeProvider(owner, 0);
        stakeProvider(provider, units);
    }

    /// @notice The keeper posts the era's report of one provider.
    function reportProvider(uint64 provider, ProviderWords memory r) internal {
        uint64[] memory words = new uint64[](8);
        words[0] = r.full + (r.active << 24);
        words[1] = r.task + (r.breached << 24);
        words[2] = r.cooled + (r.streaks << 24) + (r.extraHours << 36);
        words[3] = r.answered + (r.expected << 16) + (r.meanMs << 32);
        words[4] = r.assigned + (r.finished << 26);
        words[5] = r.feeUnits;
        words[6] = r.leaseHours;
        words[7] = r.offlineSinceS;
        by(K);
        providers.reportProviders(provider - 1, provider, words);
    }

    function listOf(uint64 value) internal pure returns (uint64[] memory list) {
        list = new uint64[](1);
        list[0] = value;
    }
}
