// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Fixed} from "../src/Fixed.sol";
import {
    ACCOUNT_CALL_ESCROW,
    ACCOUNT_COMMUNITY,
    ACCOUNT_DELEGATION_VAULT,
    ACCOUNT_ESCROW,
    ACCOUNT_FIRST_AGENT,
    ACCOUNT_RESTITUTION,
    ACCOUNT_SLARK_POOL,
    ACCOUNT_SLASH_POT,
    ACCOUNT_STAKE_VAULT,
    ACCOUNT_TASK_POT,
    BPS,
    ClockTotalsRecord,
    DelegationsRecord,
    EmissionTotalsRecord,
    FP,
    HOSTS_PER_MODEL,
    HOST_EMPTY,
    HOST_ROTATING,
    HostsRecord,
    KIND_MODEL,
    KIND_NODE,
    KIND_PROVIDER,
    KIND_VALIDATOR,
    MAX_INT,
    MODEL_LIVE,
    MODEL_REMOVED,
    MembersRecord,
    ModelsRecord,
    NODE_EXITING,
    NODE_ONLINE,
    NODE_REGISTERED,
    NODE_RELEASED,
    NODE_REMOVED,
    NodeCollateralRecord,
    NodeEraRecord,
    NodeTotalsRecord,
    NodeTrustRecord,
    NodesRecord,
    P_ECON_ALLOC_BPS_COMMUNITY,
    P_FDELEG_BUDGET,
    P_LIVE_POOL_ERA,
    P_NODE_SLOTS,
    P_PLACE_REPLICAS,
    P_TIER_DEMO_ERAS,
    P_TIER_PROMO_ERAS,
    P_TIME_SLOTS_PER_ERA,
    PROVIDER_ACTIVE,
    PROVIDER_DEACTIVATED,
    PROVIDER_REJECTED,
    PROVIDER_SUSPENDED,
    PROVIDER_TIERS,
    PrepaidRecord,
    ProviderCollateralRecord,
    ProvidersRecord,
    REQUEST_OPEN,
    REQUEST_ROUTED,
    REQUEST_SERVED,
    RequestsRecord,
    STEP_OPEN_EMISSION,
    STEP_PAY_CREATORS,
    TASK_ASSIGNED,
    TASK_KIND_NODE,
    TASK_KIND_NODE_METADATA,
    TASK_KIND_OUTPUT,
    TASK_SETTLED,
    TasksRecord,
    TokenTotalsRecord,
    VALIDATOR_ACTIVE,
    VALIDATOR_EXITED,
    VERDICT_FAIL,
    VERDICT_NONE,
    VERDICT_PASS,
    ValidatorCollateralRecord,
    ValidatorsRecord,
    VersionsRecord,
    VestingsRecord
} from "../src/Protocol.sol";
import {MarketInvariants} from "./MarketInvariants.sol";
import {SlarkInvariants} from "./SlarkInvariants.sol";

/// @title ProtocolInvariants
/// @notice What must hold in every state of the ledger, whatever anybody does (protocol section 8), each under its
/// number. They read storage only, and hold between any two actions, also between two chunks of a settlement step.
/// What compares two states is asserted where the action is taken, in handlers/.
/// @dev `require`, not the cheatcodes: thousands of conditions are evaluated after each action.
abstract contract ProtocolInvariants is SlarkInvariants, MarketInvariants {
    uint256 internal constant CHECK_COUNT = 24;

    /// @notice Every check.
    function checkInvariants() internal view {
        function() internal view[CHECK_COUNT] memory all = checks();
        for (uint256 i; i < CHECK_COUNT; ++i) {
            all[i]();
        }
    }

    /// @return all the checks, so divided that each reads few families: it need not be repeated before one of them changes
    function checks() internal pure returns (function() internal view[CHECK_COUNT] memory all) {
        all[0] = checkTokens;
        all[1] = checkCollateral;
        all[2] = checkProviders;
        all[3] = checkSlarks;
        all[4] = checkEarned;
        all[5] = checkCommittees;
        all[6] = checkChallenges;
        all[7] = checkAssets;
        all[8] = checkEscrow;
        all[9] = checkOrders;
        all[10] = checkLeases;
        all[11] = checkUse;
        all[12] = checkMembers;
        all[13] = checkSubnets;
        all[14] = checkRegistries;
        all[15] = checkSeats;
        all[16] = checkModels;
        all[17] = checkTasks;
        all[18] = checkTaskPot;
        all[19] = checkRatios;
        all[20] = checkCalls;
        all[21] = checkEmission;
        all[22] = checkLeftovers;
        all[23] = checkTime;
    }

    // Tokens: INV-1, INV-2, INV-4, INV-6

    /// @dev First account number that is not open.
    function accountEnd() internal view returns (uint64) {
        return ACCOUNT_FIRST_AGENT + tokenTotals().accountCount;
    }

    function checkTokens() private view {
        TokenTotalsRecord memory t = tokenTotals();
        uint64 end = accountEnd();
        uint64[] memory wallets = walletsTo(end);
        uint256 sum;
        uint256 locked;
        for (uint64 account; account < end; ++account) {
            uint64 units = wallets[account];
            require(units <= MAX_INT, "INV-2: a wallet");
            sum += units;
            if (account >= ACCOUNT_STAKE_VAULT && account <= ACCOUNT_RESTITUTION) locked += units;
            bool isNobody = account == 0
                || (account > ACCOUNT_ESCROW && account < ACCOUNT_FIRST_AGENT);
            if (isNobody) require(units == 0, "INV-6: an account that is nobody's");
        }
        require(wallets[end] == 0, "INV-6: an account that is not open");
        require(sum == t.maxSupplyUnits - t.burntUnits, "INV-1");
        uint256 remaining = wallets[ACCOUNT_COMMUNITY];
        uint256 circulating = sum - locked - remaining;
        require(circulating + locked + remaining == t.supplyUnits, "INV-4: parts of the supply");
        require(t.supplyUnits <= t.maxSupplyUnits, "INV-4: maximum supply");
        require(token.totalSupply() == t.supplyUnits, "INV-4: ERC-20 supply");
        require(t.maxSupplyUnits <= MAX_INT, "INV-2: maximum supply");
    }

    // Collateral: INV-6, INV-7, INV-9, INV-42, INV-43

    /// @dev The three tables of collateral have the same fields in the same order; Solidity has no name for that.
    function collateralTo(uint64 kind, uint64 last) private view returns (NodeCollateralRecord[] memory records) {
        if (kind == KIND_NODE) return nodeCollateralTo(last);
        if (kind == KIND_PROVIDER) {
            ProviderCollateralRecord[] memory ofProviders = providerCollateralTo(last);
            assembly ("memory-safe") {
                records := ofProviders
            }
            return records;
        }
        ValidatorCollateralRecord[] memory same = validatorCollateralTo(last);
        assembly ("memory-safe") {
            records := same
        }
    }

    struct Sums {
        uint256 own;
        uint256 delegated;
        uint256 unbonding;
        uint256 setAside;
        uint256 added;
    }

    function checkCollateral() private view {
        Sums memory all;
        checkTargets(KIND_NODE, nodeTotals().nodeCount, all);
        checkTargets(KIND_VALIDATOR, validatorTotals().validatorCount, all);
        checkTargets(KIND_PROVIDER, providerTotals().providerCount, all);
        uint64[] memory ofModels = modelCollateralTo(modelTotals().modelCount);
        for (uint256 model = 1; model < ofModels.length; ++model) {
            all.own += ofModels[model];
        }
        require(walletsAt(ACCOUNT_STAKE_VAULT) == all.own, "INV-6: stake vault");
        require(
            walletsAt(ACCOUNT_DELEGATION_VAULT) == all.delegated + all.unbonding + all.setAside + vestingUnits(),
            "INV-6: delegation vault"
        );
        require(stakeTotals().delegatedUnits == all.delegated, "INV-9: delegated in all");
        uint256 added = stakeTotals().addedEra == currentEra() ? stakeTotals().addedUnits : 0;
        require(added == all.added, "INV-43: delegated within the era, in all");
    }

    /// @dev The books of each target are the sums of its delegations.
    function checkTargets(uint64 kind, uint64 count, Sums memory all) private view {
        Sums[] memory sums = sumsByTarget(kind, count);
        NodeCollateralRecord[] memory records = collateralTo(kind, count);
        uint64 era = currentEra();
        bool isOver = !isSettling();
        for (uint64 entity = 1; entity <= count; ++entity) {
            NodeCollateralRecord memory c = records[entity];
            Sums memory s = sums[entity];
            require(c.ownUnits <= MAX_INT, "INV-2: own stake");
            require(c.delegatedUnits == s.delegated, "INV-9: delegated");
            require(c.unbondingUnits == s.unbonding, "INV-9: unbonding");
            require(c.slashUnits <= c.slashWeight, "INV-7: slash above the collateral");
            if (kind == KIND_NODE) require(c.slashPendingUnits + c.slashUnits == 0, "INV-10: slash of a node");
            if (kind == KIND_PROVIDER) require(c.slashPendingUnits == 0, "INV-10: slash of a provider as a validator's");
            bool isThisEra = c.addedEra == era;
            require((isThisEra ? c.delegatedAddedUnits : 0) == s.added, "INV-43: delegated within the era");
            if (isThisEra) require(c.ownAddedUnits <= c.ownUnits, "INV-43: staked within the era");
            if (isOver) require(c.rewardUnits + c.rewardWeight == 0, "INV-42: reward left over");
            all.own += c.ownUnits;
            all.delegated += s.delegated;
            all.unbonding += s.unbonding;
            all.added += s.added;
            if (c.rewardWeight > 0) {
                all.setAside += c.rewardUnits - Fixed.mulDivDown(c.rewardUnits, c.runningUnits, c.rewardWeight);
            }
        }
    }

    function sumsByTarget(uint64 kind, uint64 count) private view returns (Sums[] memory sums) {
        sums = new Sums[](count + 1);
        DelegationsRecord[] memory delegations = delegationsTo(stakeTotals().delegationCount);
        uint64 era = currentEra();
        for (uint64 delegation = 1; delegation < delegations.length; ++delegation) {
            DelegationsRecord memory d = delegations[delegation];
            require(d.units + d.unbondingUnits <= MAX_INT, "INV-7: a delegation");
            if (d.targetKind != kind) continue;
            Sums memory s = sums[d.target];
            s.delegated += d.units;
            s.unbonding += d.unbondingUnits;
            if (d.addedEra != era) continue;
            require(d.addedUnits <= d.units, "INV-43: a delegation within the era");
            s.added += d.addedUnits;
        }
    }

    /// @return units what Slark licences earned, their owners undelegated, and has not vested yet
    function vestingUnits() private view returns (uint256 units) {
        VestingsRecord[] memory v = vestingsTo(stakeTotals().delegationCount);
        for (uint256 delegation = 1; delegation < v.length; ++delegation) {
            require(v[delegation].vestedUnits <= v[delegation].vestUnits, "INV-12: vested more than there is");
            if (v[delegation].licence == 0) require(v[delegation].vestUnits == 0, "INV-12: vesting of nobody's");
            units += v[delegation].vestUnits - v[delegation].vestedUnits;
        }
    }

    // Providers: INV-7, INV-11, INV-14, INV-35, INV-40, and the counts that rules rely on

    function checkProviders() private view {
        uint64 count = providerTotals().providerCount;
        ProvidersRecord[] memory all = providersTo(count);
        ProviderCollateralRecord[] memory collateral = providerCollateralTo(count);
        uint64[] memory links = nodeProvidersTo(nodeTotals().nodeCount);
        DelegationsRecord[] memory d = delegationsTo(stakeTotals().delegationCount);
        (uint64 promoEras, uint64 demoEras) = (param(P_TIER_PROMO_ERAS), param(P_TIER_DEMO_ERAS));
        bool isOver = !isSettling();
        uint64 active;
        uint64 linked;
        uint256 backedUnits;
        for (uint64 provider = 1; provider <= count; ++provider) {
            ProvidersRecord memory p = all[provider];
            require(p.tier >= 1 && p.tier <= PROVIDER_TIERS, "INV-35: tier");
            require(p.promoEraCount <= promoEras, "INV-36: eras that meet the better tier");
            require(p.demoEraCount <= demoEras, "INV-37: eras that miss the tier");
            require(p.exitUnits <= collateral[provider].ownUnits, "INV-7: asked back more than there is");
            require(p.isMatchable <= 1, "INV-22: matchable");
            if (p.misconductUnits > 0) {
                bool isOpen = p.state == PROVIDER_SUSPENDED || p.state == PROVIDER_DEACTIVATED;
                require(isOpen, "INV-13: a case of who neither is suspended nor has left");
            } else require(p.harmUnits + p.harmedAccount == 0, "INV-13: harm without a case");
            if (p.state == PROVIDER_ACTIVE) {
                ++active;
                if (isOver) require(collateral[provider].ownUnits > 0, "INV-11: Active without own stake");
            }
            bool isThere = p.state != PROVIDER_REJECTED && p.state != PROVIDER_DEACTIVATED;
            if (p.node != 0 && isThere) {
                ++linked;
                require(links[p.node] == provider, "INV-21: node of a provider");
            }
            if (p.foundationDelegation == 0) continue;
            require(d[p.foundationDelegation].target == provider, "INV-14: delegation of the foundation");
            // What it has with somebody who has left is on its way back, and in use no more.
            if (isThere) backedUnits += d[p.foundationDelegation].units;
        }
        require(providerTotals().activeCount == active, "INV-22: active providers");
        for (uint64 node = 1; node < links.length; ++node) {
            if (links[node] != 0) --linked;
        }
        require(linked == 0, "INV-21: nodes linked");
        require(backedUnits <= providerTotals().foundationUnits, "INV-14: more than the foundation delegated");
        require(providerTotals().foundationUnits <= param(P_FDELEG_BUDGET), "INV-14: budget");
        require(providerTotals().poolUnits <= param(P_LIVE_POOL_ERA), "INV-40: liveness above its pool");
        if (!isOver) return;
        require(walletsAt(ACCOUNT_SLASH_POT) == 0, "INV-42: slashes left over");
        require(walletsAt(ACCOUNT_SLARK_POOL) == 0, "INV-42: pool of the Slarks left over");
    }

    // Registries: INV-15, INV-21, and the counts that rules rely on

    function checkRegistries() private view {
        (uint64 count, uint64 found) = (nodeTotals().nodeCount, 0);
        NodesRecord[] memory n = nodesTo(count);
        uint64[] memory holders = nodeHoldersTo(count + 1);
        for (uint64 node = 1; node <= count; ++node) {
            bool hasNft = n[node].state >= NODE_REGISTERED && n[node].state <= NODE_EXITING;
            checkNft(KIND_NODE, node, n[node].owner, holders[node], hasNft);
            if (n[node].state == NODE_ONLINE) ++found;
        }
        require(holders[count + 1] == 0, "INV-15: a node that is none");
        require(nodeTotals().onlineCount == found, "INV-22: online nodes");

        (count, found) = (modelTotals().modelCount, 0);
        ModelsRecord[] memory m = modelsTo(count);
        holders = modelHoldersTo(count + 1);
        for (uint64 model = 1; model <= count; ++model) {
            checkNft(KIND_MODEL, model, m[model].owner, holders[model], m[model].state != MODEL_REMOVED);
            if (m[model].state == MODEL_LIVE) ++found;
        }
        require(holders[count + 1] == 0, "INV-15: a model that is none");
        require(modelTotals().liveCount == found, "INV-22: live models");

        (count, found) = (validatorTotals().validatorCount, 0);
        ValidatorsRecord[] memory v = validatorsTo(count);
        holders = validatorHoldersTo(count + 1);
        for (uint64 validator = 1; validator <= count; ++validator) {
            bool hasNft = v[validator].state != VALIDATOR_EXITED;
            checkNft(KIND_VALIDATOR, validator, v[validator].owner, holders[validator], hasNft);
            if (v[validator].state == VALIDATOR_ACTIVE) ++found;
        }
        require(holders[count + 1] == 0, "INV-15: a validator that is none");
        require(validatorTotals().activeCount == found, "INV-22: active validators");
    }

    function checkNft(uint64 kind, uint64 entity, uint64 owner, uint64 holder, bool expected) private view {
        require((holder != 0) == expected, "INV-15: NFT and state");
        if (holder != 0) require(holder == owner, "INV-21");
        uint256 balance = nft.balanceOf(addressOf(owner), nft.idOf(kind, entity));
        require(balance == (expected ? 1 : 0), "INV-15: supply of the identifier");
    }

    // Node slots: INV-16, INV-17

    function checkSeats() private view {
        NodeTotalsRecord memory t = nodeTotals();
        require(t.seatsUsedCount <= param(P_NODE_SLOTS), "INV-16: more than there are");
        require(t.seatsUsedCount + t.freedCount == t.seatsOpenedCount, "INV-16: used and free");
        bool[] memory isTaken = new bool[](t.seatsOpenedCount + 1);
        NodesRecord[] memory all = nodesTo(t.nodeCount);
        uint64 seated;
        for (uint64 node = 1; node <= t.nodeCount; ++node) {
            NodesRecord memory n = all[node];
            bool isGone = n.state == NODE_REMOVED || n.state == NODE_RELEASED;
            require((n.seat == 0) == isGone, "INV-17");
            if (n.seat == 0) continue;
            require(n.seat <= t.seatsOpenedCount, "INV-16: a slot that is none");
            require(!isTaken[n.seat], "INV-16: a slot taken twice");
            isTaken[n.seat] = true;
            ++seated;
        }
        require(seated == t.seatsUsedCount, "INV-16: slots counted as used");
        uint64[] memory freed = freedSeatsTo(t.freedCount);
        for (uint64 i = 1; i <= t.freedCount; ++i) {
            uint64 seat = freed[i];
            require(seat != 0 && seat <= t.seatsOpenedCount && !isTaken[seat], "INV-16: a free slot that is none");
            isTaken[seat] = true;
        }
    }

    // Models and deployments: INV-23, INV-24, INV-25

    function checkModels() private view {
        NodesRecord[] memory n = nodesTo(nodeTotals().nodeCount);
        ModelsRecord[] memory all = modelsTo(modelTotals().modelCount);
        VersionsRecord[] memory v = versionsTo(modelTotals().versionCount);
        HostsRecord[] memory h = hostsTo(all.length * HOSTS_PER_MODEL);
        uint64[] memory loads = new uint64[](n.length);
        uint64 replicas = param(P_PLACE_REPLICAS);
        for (uint64 model = 1; model < all.length; ++model) {
            ModelsRecord memory m = all[model];
            ++loads[m.testNode];
            uint64 placed = checkReplicas(h, model, replicas, loads);
            require(m.hostCount == placed, "INV-24: replicas counted");
            if (m.state == MODEL_REMOVED) require(placed + m.testNode == 0, "INV-25: deployment of a removed model");
            if (m.state != MODEL_LIVE) continue;
            require(v[m.liveVersion].model == model, "INV-23: version of another model");
            require(
                v[m.liveVersion].metadataPassed + v[m.liveVersion].functionPassed == 2, "INV-23: a check not passed"
            );
        }
        for (uint64 node = 1; node < n.length; ++node) {
            require(n[node].loadCount == loads[node], "INV-25: deployments counted");
            require(n[node].loadCount <= n[node].capacityCount, "INV-25: capacity");
            bool isServing = n[node].state >= NODE_ONLINE && n[node].state <= NODE_EXITING;
            if (n[node].loadCount > 0) require(isServing, "INV-25: deployment on a node that does not serve");
        }
    }

    /// @dev Replicas of a model lie on distinct nodes. @return placed how many there are
    function checkReplicas(HostsRecord[] memory all, uint64 model, uint64 replicas, uint64[] memory loads)
        private
        pure
        returns (uint64 placed)
    {
        uint64[] memory used = new uint64[](2 * HOSTS_PER_MODEL);
        uint256 usedCount;
        for (uint64 host; host < HOSTS_PER_MODEL; ++host) {
            HostsRecord memory h = all[hostRecord(model, host)];
            require((h.state == HOST_EMPTY) == (h.node == 0), "INV-24: an empty place");
            require((h.state == HOST_ROTATING) == (h.nextNode != 0), "INV-24: a successor");
            if (h.node == 0) continue;
            ++placed;
            require(host < replicas, "INV-24: more replicas than there are to be");
            ++loads[h.node];
            used[usedCount++] = h.node;
            if (h.nextNode == 0) continue;
            ++loads[h.nextNode];
            used[usedCount++] = h.nextNode;
        }
        for (uint256 i; i < usedCount; ++i) {
            for (uint256 j; j < i; ++j) {
                require(used[i] != used[j], "INV-24: two replicas on a node");
            }
        }
    }

    // Tasks: INV-13, INV-26, INV-27, INV-28, and INV-6 for the task pot

    /// @dev Tables that the checks of tasks read.
    struct TaskTables {
        TasksRecord[] tasks;
        MembersRecord[] members;
        ValidatorsRecord[] validators;
        NodesRecord[] nodes;
        ModelsRecord[] models;
        uint64[] inHand;
    }

    function checkTasks() private view {
        TaskTables memory a;
        a.tasks = tasksTo(taskTotals().taskCount);
        a.members = membersTo(taskTotals().memberCount);
        a.validators = validatorsTo(validatorTotals().validatorCount);
        a.nodes = nodesTo(nodeTotals().nodeCount);
        a.models = modelsTo(modelTotals().modelCount);
        a.inHand = new uint64[](a.validators.length);
        uint64 open;
        for (uint64 task = 1; task < a.tasks.length; ++task) {
            TasksRecord memory t = a.tasks[task];
            bool isSettled = t.state == TASK_SETTLED;
            require(isSettled == (t.outcome != VERDICT_NONE), "INV-27: outcome of a task that is not settled");
            if (!isSettled) ++open;
            if (t.kind != TASK_KIND_OUTPUT) {
                require(isSettled == (pendingTaskOf(a, t) != task), "INV-27: what the subject waits for");
            }
            checkGroup(a, task);
        }
        require(taskTotals().openCount == open, "INV-27: open tasks");
        require(taskTotals().settledCount == a.tasks.length - 1 - open, "INV-27: settled tasks");
        for (uint64 validator = 1; validator < a.validators.length; ++validator) {
            ValidatorsRecord memory v = a.validators[validator];
            require(v.engagedCount == a.inHand[validator], "INV-26: tasks in hand");
            if (v.state == VALIDATOR_EXITED) require(v.engagedCount == 0, "INV-26");
        }
    }

    function checkTaskPot() private view {
        TasksRecord[] memory all = tasksTo(taskTotals().taskCount);
        uint64 fees;
        for (uint64 task = 1; task < all.length; ++task) {
            if (all[task].state != TASK_SETTLED) fees += all[task].feeUnits;
        }
        require(walletsAt(ACCOUNT_TASK_POT) == fees, "INV-6: task pot");
    }

    function pendingTaskOf(TaskTables memory a, TasksRecord memory t) private pure returns (uint64) {
        bool isNode = t.kind == TASK_KIND_NODE || t.kind == TASK_KIND_NODE_METADATA;
        return isNode ? a.nodes[t.subject].pendingTask : a.models[t.subject].pendingTask;
    }

    /// @dev The present group of a task: each member once, never the subject's owner, and the sums of what they
    /// submitted.
    function checkGroup(TaskTables memory a, uint64 task) private pure {
        TasksRecord memory t = a.tasks[task];
        TasksRecord memory sum;
        for (uint64 i; i < t.memberCount; ++i) {
            MembersRecord memory m = a.members[t.memberStart + i];
            require(m.task == task, "INV-28: member of another task");
            require(m.verdict <= VERDICT_FAIL, "INV-28: verdict");
            require(m.copied <= 1, "INV-13: copied more than once");
            require(a.validators[m.validator].owner != t.owner, "INV-28: on its own subject");
            if (m.copied == 1) require(m.verdict != VERDICT_NONE, "INV-13: copied without a result");
            for (uint64 j; j < i; ++j) {
                require(a.members[t.memberStart + j].validator != m.validator, "INV-13: twice in a group");
            }
            sum.assignedWeightFp += m.weightFp;
            if (t.state == TASK_ASSIGNED) ++a.inHand[m.validator];
            if (m.verdict == VERDICT_NONE) continue;
            ++sum.submittedCount;
            sum.submittedWeightFp += m.weightFp;
            if (m.verdict == VERDICT_PASS) sum.passWeightFp += m.weightFp;
        }
        require(t.submittedCount == sum.submittedCount, "INV-28: results counted");
        require(t.assignedWeightFp == sum.assignedWeightFp, "INV-28: assigned weight");
        require(t.submittedWeightFp == sum.submittedWeightFp, "INV-28: submitted weight");
        require(t.passWeightFp == sum.passWeightFp, "INV-28: passed weight");
    }

    // Reputations: INV-34

    function checkRatios() private view {
        uint64 count = nodeTotals().nodeCount;
        NodeTrustRecord[] memory trust = nodeTrustTo(count);
        NodeEraRecord[] memory work = nodeEraTo(count);
        for (uint64 node = 1; node <= count; ++node) {
            NodeTrustRecord memory t = trust[node];
            require(t.trustFp <= FP, "INV-34: trust weight");
            require(t.completionFp <= FP, "INV-34: completion");
            require(t.accuracyFp <= FP, "INV-34: accuracy");
            require(t.stabilityFp <= FP, "INV-34: stability");
            require(t.speedFp <= FP, "INV-34: speed");
            require(t.behaviourFp <= FP, "INV-34: behaviour");
            require(t.qualityFp <= FP, "INV-34: quality");
            require(work[node].scoreFp <= FP, "INV-34: score");
        }
        ValidatorsRecord[] memory v = validatorsTo(validatorTotals().validatorCount);
        for (uint64 validator = 1; validator < v.length; ++validator) {
            require(v[validator].reputationFp <= FP, "INV-34: reputation");
        }
    }

    // Fees: INV-6 for the escrow, INV-25 for routes, INV-42

    function checkCalls() private view {
        uint64 end = accountEnd();
        uint64[] memory fees = new uint64[](end);
        RequestsRecord[] memory requests = requestsTo(callTotals().requestCount);
        uint64 nodeCount = nodeTotals().nodeCount;
        uint64 total;
        for (uint64 request = 1; request < requests.length; ++request) {
            RequestsRecord memory q = requests[request];
            if (q.state == REQUEST_ROUTED || q.state == REQUEST_SERVED) {
                require(q.node > 0 && q.node <= nodeCount, "INV-25: a route to no node");
            }
            if (q.state != REQUEST_OPEN && q.state != REQUEST_ROUTED) continue;
            fees[q.consumer] += q.feeUnits;
            total += q.feeUnits;
        }
        PrepaidRecord[] memory rights = prepaidTo(end);
        uint64 free;
        for (uint64 account; account < end; ++account) {
            require(rights[account].lockedUnits == fees[account], "INV-42: locked fees of an account");
            free += rights[account].freeUnits;
        }
        require(callTotals().lockedUnits == total, "INV-42: locked fees");
        require(callTotals().freeUnits == free, "INV-42: call rights");
        require(walletsAt(ACCOUNT_CALL_ESCROW) == free + total, "INV-6: escrow of calls");
    }

    // Emission and what an era leaves behind: INV-40, INV-42, INV-47

    function checkEmission() private view {
        EmissionTotalsRecord memory e = emissionTotals();
        ClockTotalsRecord memory c = clockTotals();
        require(
            e.powrUnits + e.validatorUnits + e.creatorUnits + e.stakerUnits + e.foundationUnits == e.eraUnits,
            "INV-40: pools"
        );
        uint256 granted = Fixed.mulDivDown(tokenTotals().maxSupplyUnits, param(P_ECON_ALLOC_BPS_COMMUNITY), BPS);
        uint256 left = walletsAt(ACCOUNT_COMMUNITY);
        bool isPaying = c.stepsDone >= STEP_OPEN_EMISSION && c.stepsDone < STEP_PAY_CREATORS;
        if (isPaying) require(left >= granted - e.emittedUnits, "INV-40: paid more than the pools");
        else require(left == granted - e.emittedUnits, "INV-40: paid what was emitted");

        uint64 eras = c.settledEraCount + (c.stepsDone >= STEP_OPEN_EMISSION ? 1 : 0);
        if (eras == 0) require(e.emittedUnits == 0, "INV-47: before the first settlement");
        else require(e.eraUnits <= emission.scheduleUnits(eras - 1), "INV-47: schedule");
        require(e.emittedUnits >= e.eraUnits, "INV-47: emitted in all");
        require(e.emittedUnits <= granted, "INV-47: reward account");
    }

    function checkLeftovers() private view {
        if (isSettling()) return;
        require(validatorTotals().potUnits == 0, "INV-42: pot left over");
        uint256 sum;
        ValidatorsRecord[] memory v = validatorsTo(validatorTotals().validatorCount);
        for (uint64 validator = 1; validator < v.length; ++validator) {
            sum += v[validator].eraPayWeightFp;
        }
        require(validatorTotals().payWeightFp == sum, "INV-42: pay weights");
        sum = 0;
        ModelsRecord[] memory m = modelsTo(modelTotals().modelCount);
        for (uint64 model = 1; model < m.length; ++model) {
            sum += m[model].eraWu;
        }
        require(modelTotals().eraWu == sum, "INV-42: work of creators");
    }

    // Time: INV-67

    function checkTime() private view {
        ClockTotalsRecord memory c = clockTotals();
        uint64 slotsPerEra = param(P_TIME_SLOTS_PER_ERA);
        require(c.era == (c.slotCount == 0 ? 0 : (c.slotCount - 1) / slotsPerEra), "INV-67: era of the slot");
        require(c.settledEraCount <= c.slotCount / slotsPerEra, "INV-67: settled before its end");
        require(c.settledEraCount >= c.era, "INV-67: an era left out");
    }
}
