// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ewma} from "../src/Ewma.sol";
import {Fixed} from "../src/Fixed.sol";
import {
    ACCOUNT_COMMUNITY,
    ACCOUNT_DELEGATION_VAULT,
    ACCOUNT_FOUNDATION,
    BatchMismatch,
    FP,
    KIND_NODE,
    MOVE_POWR_REWARD,
    NODE_EXITING,
    NODE_REGISTERED,
    NODE_REMOVED,
    NodeEraRecord,
    NodeReportsRecord,
    NodeTrustRecord,
    P_DELEG_POOL_SHARE_BPS,
    P_PLACE_BAND_BPS,
    P_POWR_EXP4_A,
    P_POWR_EXP4_B,
    P_POWR_EXP4_C,
    P_POWR_VARIANT,
    RankingInvalid,
    STEP_COMPUTE_ERA_METRICS,
    STEP_PAY_NODES,
    STEP_POST_RANKING,
    STEP_SCORE_NODES,
    STEP_UPDATE_TRUST
} from "../src/Protocol.sol";
import {Deployment} from "./Deployment.sol";
import {SLOT_NODES, SLOT_NODE_TOTALS, SLOT_NODE_TRUST, SLOT_RANKING} from "./Tables.sol";

/// @notice Work, scores, rewards, trust weights and the list of nodes, as the settlement makes them.
contract NodesSettlementTest is Deployment {
    uint256 private constant ALPHA_7 = 94_276_336;
    uint256 private constant ALPHA_30 = 22_840_032;

    function setUp() public {
        deploy();
        populate();
    }

    // What the other families report

    function routed(uint64 node, uint64 count) private {
        for (uint64 i; i < count; ++i) {
            vm.prank(address(calls));
            nodes.recordRouted(node);
        }
    }

    function served(uint64 node, uint64 wu) private {
        vm.prank(address(calls));
        nodes.recordServed(node, wu);
    }

    function audited(uint64 node, uint64 wu, uint64 qualityBps, bool accepted) private {
        vm.prank(address(tasks));
        nodes.onAudit(node, wu, qualityBps, accepted);
    }

    function setTrust(uint64 node, uint64 trustFp) private {
        poke(address(nodes), SLOT_NODE_TRUST + 2 * node, 0, trustFp);
    }

    function setQuality(uint64 node, uint64 qualityFp) private {
        poke(address(nodes), SLOT_NODE_TRUST + 2 * node, 6, qualityFp);
    }

    function setState(uint64 node, uint64 state) private {
        poke(address(nodes), SLOT_NODES + 4 * node, 1, state);
    }

    function test_recordServed_givenWork_countsItAsAccepted() public {
        routed(1, 2);
        served(1, 30);
        NodeEraRecord memory e = nodeEraAt(1);
        assertEq(e.assignedCount, 2);
        assertEq(e.finishedCount, 1);
        assertEq(e.acceptedWu, 30);
    }

    function test_onAudit_givenAcceptedWork_countsItsQuality() public {
        served(1, 30);
        audited(1, 30, 9_000, true);
        NodeEraRecord memory e = nodeEraAt(1);
        assertEq(e.checkedCount, 1);
        assertEq(e.acceptedCount, 1);
        assertEq(e.auditedWu, 30);
        assertEq(e.auditedWuBps, 270_000);
        assertEq(e.acceptedWu, 30);
    }

    function test_onAudit_givenRejectedWork_takesItBackAndCountsQualityZero() public {
        served(1, 30);
        audited(1, 20, 9_000, false);
        NodeEraRecord memory e = nodeEraAt(1);
        assertEq(e.checkedCount, 1);
        assertEq(e.acceptedCount, 0);
        assertEq(e.auditedWu, 20);
        assertEq(e.auditedWuBps, 0);
        assertEq(e.acceptedWu, 10);
        // Work of an era that is settled already.
        audited(1, 20, 9_000, false);
        assertEq(nodeEraAt(1).acceptedWu, 0);
    }

    function test_onAudit_givenRejectedWork_isAnOffenceThatLowersTheTrustAtOnceAndOnce() public {
        NodeTrustRecord memory b = nodeTrustAt(1);
        uint64 behaviourFp = uint64(Ewma.ewma(b.behaviourFp, 0, ALPHA_30));
        uint64 trustFp = uint64(
            (uint256(b.completionFp)
                    * 2_500
                    + uint256(b.accuracyFp)
                    * 3_000
                    + uint256(b.stabilityFp)
                    * 2_000
                    + uint256(b.speedFp)
                    * 1_000
                    + uint256(behaviourFp)
                    * 1_500) / 10_000
        );
        emits(address(nodes));
        emit TrustUpdated(1, trustFp, b.qualityFp);
        audited(1, 20, 9_000, false);
        NodeTrustRecord memory t = nodeTrustAt(1);
        assertEq(t.behaviourFp, behaviourFp);
        assertEq(t.trustFp, trustFp);
        assertEq(t.offenceEra, currentEra() + 1);
        vm.recordLogs();
        audited(1, 20, 9_000, false);
        assertEq(vm.getRecordedLogs().length, 0);
        assertEq(abi.encode(nodeTrustAt(1)), abi.encode(t));
        nextEra();
        uint64 before = nodeTrustAt(1).behaviourFp;
        audited(1, 20, 9_000, false);
        assertEq(nodeTrustAt(1).behaviourFp, Ewma.ewma(before, 0, ALPHA_30));
    }

    function test_onAudit_givenAcceptedWork_leavesTheTrust() public {
        NodeTrustRecord memory b = nodeTrustAt(1);
        audited(1, 20, 0, true);
        assertEq(abi.encode(nodeTrustAt(1)), abi.encode(b));
    }

    // computeEraMetrics

    function test_computeEraMetrics_givenAudits_isTheMeanQualityWeightedByWork() public {
        served(1, 30);
        served(2, 50);
        audited(1, 10, 9_000, true);
        audited(1, 20, 10_000, false);
        endEra();
        runSteps(STEP_COMPUTE_ERA_METRICS, WHOLE);
        // 10·0.9 of 30 work units.
        assertEq(nodeTrustAt(1).qualityFp, 300_000_000);
        assertEq(nodeTrustAt(2).qualityFp, FP / 2);
        assertEq(nodeTotals().maxWu, 50);
    }

    function test_computeEraMetrics_givenANewEra_startsTheMaximumAnew() public {
        served(2, 50);
        nextEra();
        served(1, 3);
        endEra();
        runSteps(STEP_COMPUTE_ERA_METRICS, 1);
        assertEq(nodeTotals().maxWu, 3);
    }

    function testFuzz_computeEraMetrics_givenAnyAudits_qualityIsAShare(uint64[3] memory wu, uint64[3] memory qualityBps)
        public
    {
        for (uint256 i; i < 3; ++i) {
            audited(1, uint64(bound(wu[i], 1, 1_000_000)), uint64(bound(qualityBps[i], 0, 10_000)), i != 2);
        }
        endEra();
        runSteps(STEP_COMPUTE_ERA_METRICS, WHOLE);
        assertLe(nodeTrustAt(1).qualityFp, FP);
    }

    // scoreNodes

    function score() private {
        endEra();
        runSteps(STEP_SCORE_NODES, WHOLE);
    }

    function test_scoreNodes_givenRelevance_isContributionTimesQualityTimesReputation() public {
        served(1, 30);
        served(2, 60);
        setTrust(1, 800_000_000);
        setQuality(1, 900_000_000);
        score();
        // 0.5 · (0.9 · 0.8), and 1 · (0.5 · 0.5…) with the trust weight of two quiet eras.
        assertEq(nodeEraAt(1).scoreFp, 360_000_000);
        assertEq(nodeEraAt(2).scoreFp, nodeTrustAt(2).trustFp / 2);
        assertEq(nodeEraAt(3).scoreFp, 0);
        assertEq(nodeTotals().scoreSumFp, 360_000_000 + nodeTrustAt(2).trustFp / 2);
    }

    function test_scoreNodes_givenReputationVariant_leavesQualityOut() public {
        setParam(P_POWR_VARIANT, 1);
        served(1, 30);
        setTrust(1, 800_000_000);
        setQuality(1, 0);
        score();
        assertEq(nodeEraAt(1).scoreFp, 800_000_000);
    }

    function test_scoreNodes_givenCustomExponents_takesThem() public {
        setParam(P_POWR_VARIANT, 2);
        setParam(P_POWR_EXP4_A, 8);
        setParam(P_POWR_EXP4_B, 2);
        setParam(P_POWR_EXP4_C, 0);
        served(1, 30);
        served(2, 60);
        setQuality(1, 640_000_000);
        score();
        // 0.5² · √0.64, each factor rounded down.
        assertEq(nodeEraAt(1).scoreFp, Fixed.mulDivDown(250_000_000, Fixed.pow4(640_000_000, 2), FP));
        assertEq(nodeEraAt(1).scoreFp / 1_000, 199_999);
    }

    function test_scoreNodes_givenNoAcceptedWork_isZeroWhateverTheExponents() public {
        setParam(P_POWR_VARIANT, 2);
        setParam(P_POWR_EXP4_A, 0);
        setParam(P_POWR_EXP4_B, 0);
        setParam(P_POWR_EXP4_C, 0);
        served(1, 30);
        score();
        assertEq(nodeEraAt(1).scoreFp, FP);
        assertEq(nodeEraAt(2).scoreFp, 0);
        assertEq(nodeTotals().scoreSumFp, FP);
    }

    function test_scoreNodes_givenANodeThatHasLeft_scoresForWhatItDid() public {
        served(1, 30);
        served(2, 30);
        setState(1, NODE_REMOVED);
        setState(2, NODE_EXITING);
        score();
        assertGt(nodeEraAt(1).scoreFp, 0);
        assertGt(nodeEraAt(2).scoreFp, 0);
        assertEq(nodeTotals().scoreSumFp, nodeEraAt(1).scoreFp + nodeEraAt(2).scoreFp);
    }

    // payNodes

    function test_payNodes_givenScores_sharesThePoolByThem() public {
        served(1, 30);
        served(2, 60);
        for (uint64 node = 1; node <= 2; ++node) {
            setTrust(node, uint64(FP));
            setQuality(node, uint64(FP));
        }
        score();
        (uint64 pool,,,,) = emission.pools();
        uint64 first = pool / 3;
        emits(address(token));
        emit Moved(ACCOUNT_COMMUNITY, HOST_1, first, MOVE_POWR_REWARD);
        emits(address(stake));
        emit RewardPaid(KIND_NODE, 1, HOST_1, first, MOVE_POWR_REWARD);
        emits(address(token));
        emit Moved(ACCOUNT_COMMUNITY, HOST_2, pool - first, MOVE_POWR_REWARD);
        by(K);
        nodes.payNodes(0, 3);
    }

    function test_payNodes_givenNobodyScored_paysTheFoundation() public {
        score();
        (uint64 pool,,,,) = emission.pools();
        by(K);
        nodes.payNodes(0, 1);
        emits(address(token));
        emit Moved(ACCOUNT_COMMUNITY, ACCOUNT_FOUNDATION, pool, MOVE_POWR_REWARD);
        by(K);
        nodes.payNodes(1, 3);
    }

    function test_payNodes_givenDelegators_setsTheirShareOfThePoolAside() public {
        by(A);
        stake.delegate(KIND_NODE, 1, 300 * ONE, 0);
        nextEra();
        setParam(P_DELEG_POOL_SHARE_BPS, 5_000);
        served(1, 30);
        score();
        (uint64 pool,,,,) = emission.pools();
        (uint64 before, uint64 vaultBefore) = (walletsAt(HOST_1), walletsAt(ACCOUNT_DELEGATION_VAULT));
        runSteps(STEP_PAY_NODES, WHOLE);
        // Half of the reward is shared 100 : 300.
        assertEq(walletsAt(ACCOUNT_DELEGATION_VAULT), vaultBefore + pool / 2 - pool / 8);
        assertEq(walletsAt(HOST_1), before + pool - pool / 2 + pool / 8);
        assertEq(nodeCollateralAt(1).rewardUnits, pool / 2);
    }

    function test_payNodes_givenANodeThatLeftAfterItScored_paysItsOwnerAlone() public {
        by(A);
        stake.delegate(KIND_NODE, 1, 300 * ONE, 0);
        nextEra();
        served(1, 30);
        score();
        setState(1, NODE_REMOVED);
        (uint64 pool,,,,) = emission.pools();
        uint64 before = walletsAt(HOST_1);
        runSteps(STEP_PAY_NODES, WHOLE);
        assertEq(walletsAt(HOST_1), before + pool);
        assertEq(nodeCollateralAt(1).rewardWeight, 0);
    }

    function testFuzz_payNodes_givenAnyWork_paysExactlyThePool(
        uint64[3] memory wu,
        uint64[3] memory trustFp,
        uint64 poolBps,
        uint64 delegated,
        uint64 chunk
    ) public {
        by(A);
        stake.delegate(KIND_NODE, 2, uint64(bound(delegated, ONE, 9_000 * ONE)), 0);
        nextEra();
        setParam(P_DELEG_POOL_SHARE_BPS, uint64(bound(poolBps, 0, 10_000)));
        for (uint64 i; i < 3; ++i) {
            wu[i] = uint64(bound(wu[i], 0, 1_000_000));
            if (wu[i] > 0) served(i + 1, wu[i]);
            setTrust(i + 1, uint64(bound(trustFp[i], 0, FP)));
        }
        score();
        (uint64 pool,,,,) = emission.pools();
        uint64 community = walletsAt(ACCOUNT_COMMUNITY);
        uint64 held = holdings();
        runSteps(STEP_PAY_NODES, uint64(bound(chunk, 1, 4)));
        assertEq(walletsAt(ACCOUNT_COMMUNITY), community - pool);
        assertEq(holdings(), held + pool);
    }

    function holdings() private view returns (uint64) {
        return walletsAt(HOST_1) + walletsAt(HOST_2) + walletsAt(HOST_3) + walletsAt(ACCOUNT_DELEGATION_VAULT)
            + walletsAt(ACCOUNT_FOUNDATION);
    }

    // updateTrust

    /// @dev Report words of one node: flaps in the breaches, heartbeats and mean response in the beats.
    function report(uint64 node, uint64 flaps, uint64 answered, uint64 expected, uint64 meanMs) private {
        uint64[] memory words = new uint64[](4);
        words[0] = 5;
        words[1] = flaps << 24;
        words[2] = answered | (expected << 16) | (meanMs << 32);
        words[3] = nodeReportsAt(node).offlineSinceS;
        by(K);
        nodes.reportNodes(node - 1, node, words);
    }

    function judge() private {
        endEra();
        runSteps(STEP_UPDATE_TRUST, WHOLE);
    }

    function learnt(uint256 before, uint256 sample) private pure returns (uint256) {
        return Ewma.ewma(before, sample, ALPHA_7);
    }

    function test_updateTrust_givenAllObservations_movesEachIndicator() public {
        NodeTrustRecord memory b = nodeTrustAt(1);
        routed(1, 4);
        served(1, 10);
        audited(1, 10, 9_000, true);
        report(1, 2, 90, 100, 300);
        endEra();
        runSteps(STEP_UPDATE_TRUST - 1, WHOLE);
        uint64 completionFp = uint64(learnt(b.completionFp, 250_000_000));
        uint64 accuracyFp = uint64(learnt(b.accuracyFp, FP));
        // 0.9 less twice 0.02; half-way between 100 and 500 ms.
        uint64 stabilityFp = uint64(learnt(b.stabilityFp, 860_000_000));
        uint64 speedFp = uint64(learnt(b.speedFp, 500_000_000));
        uint64 behaviourFp = uint64(Ewma.ewma(b.behaviourFp, FP, ALPHA_30));
        uint64 trustFp = uint64(
            (uint256(completionFp)
                    * 2_500
                    + uint256(accuracyFp)
                    * 3_000
                    + uint256(stabilityFp)
                    * 2_000
                    + uint256(speedFp)
                    * 1_000
                    + uint256(behaviourFp)
                    * 1_500) / 10_000
        );
        emits(address(nodes));
        emit TrustUpdated(1, trustFp, nodeTrustAt(1).qualityFp);
        by(K);
        nodes.updateTrust(0, 1);
        NodeTrustRecord memory t = nodeTrustAt(1);
        assertEq(t.completionFp, completionFp);
        assertEq(t.accuracyFp, accuracyFp);
        assertEq(t.stabilityFp, stabilityFp);
        assertEq(t.speedFp, speedFp);
        assertEq(t.behaviourFp, behaviourFp);
        assertEq(t.trustFp, trustFp);
    }

    function test_updateTrust_givenNothingToObserve_movesBehaviourOnly() public {
        NodeTrustRecord memory b = nodeTrustAt(1);
        // A mean response without a finished request is no observation.
        report(1, 1, 0, 0, 300);
        judge();
        NodeTrustRecord memory t = nodeTrustAt(1);
        assertEq(t.completionFp, b.completionFp);
        assertEq(t.accuracyFp, b.accuracyFp);
        assertEq(t.stabilityFp, b.stabilityFp);
        assertEq(t.speedFp, b.speedFp);
        assertGt(t.behaviourFp, b.behaviourFp);
    }

    function test_updateTrust_givenAnOffenceOfTheEra_doesNotRaiseBehaviour() public {
        audited(1, 10, 9_000, false);
        uint64 lowered = nodeTrustAt(1).behaviourFp;
        uint64 accuracyFp = nodeTrustAt(1).accuracyFp;
        // An offence of the era before.
        poke(address(nodes), SLOT_NODE_TRUST + 4, 7, currentEra());
        uint64 old = nodeTrustAt(2).behaviourFp;
        judge();
        assertEq(nodeTrustAt(1).behaviourFp, lowered);
        assertEq(nodeTrustAt(1).accuracyFp, learnt(accuracyFp, 0));
        assertEq(nodeTrustAt(2).behaviourFp, Ewma.ewma(old, FP, ALPHA_30));
    }

    function test_updateTrust_givenTheEndOfTheEra_clearsItsCounts() public {
        routed(1, 4);
        served(1, 10);
        audited(1, 10, 9_000, true);
        report(1, 2, 90, 100, 300);
        by(K);
        nodes.loseHeartbeat(1);
        uint64 sinceS = nowS();
        judge();
        assertEq(abi.encode(nodeEraAt(1)), abi.encode(NodeEraRecord(0, 0, 0, 0, 0, 0, 0, 0)));
        assertEq(abi.encode(nodeReportsAt(1)), abi.encode(NodeReportsRecord(0, 0, 0, sinceS)));
    }

    function test_updateTrust_givenANodeThatDoesNotWork_leavesItsTrust() public {
        setState(1, NODE_REGISTERED);
        NodeTrustRecord memory b = nodeTrustAt(1);
        routed(1, 1);
        judge();
        assertEq(abi.encode(nodeTrustAt(1)), abi.encode(b));
        assertEq(nodeEraAt(1).assignedCount, 0);
    }

    // postRanking

    function list3(uint64 a, uint64 b, uint64 c) private pure returns (uint64[] memory list) {
        list = new uint64[](3);
        (list[0], list[1], list[2]) = (a, b, c);
    }

    function beforeRanking() private {
        endEra();
        runSteps(STEP_POST_RANKING - 1, WHOLE);
        setTrust(1, 300_000_000);
        setTrust(2, 700_000_000);
        setTrust(3, 700_000_000);
    }

    function test_postRanking_givenFallingTrust_storesTheList() public {
        beforeRanking();
        by(K);
        nodes.postRanking(0, 3, list3(2, 3, 1));
        assertEq(rankingAt(1), 2);
        assertEq(rankingAt(2), 3);
        assertEq(rankingAt(3), 1);
        assertEq(nodeTotals().rankedCount, 3);
        assertEq(nodes.rankedCount(), 3);
    }

    function test_postRanking_givenAnotherOrder_isRefusedAtTheFirstWrongPlace() public {
        beforeRanking();
        refusedBy(K, RankingInvalid.selector, 1, 2);
        nodes.postRanking(0, 3, list3(1, 2, 3));
        // On a tie the lower identifier comes first.
        refusedBy(K, RankingInvalid.selector, 1, 2);
        nodes.postRanking(0, 3, list3(3, 2, 1));
        refusedBy(K, RankingInvalid.selector, 2, 3);
        nodes.postRanking(0, 3, list3(2, 1, 3));
        refusedBy(K, RankingInvalid.selector, 1, 2);
        nodes.postRanking(0, 3, list3(2, 2, 1));
    }

    function test_postRanking_givenANodeThatIsNotOnline_isRefused() public {
        by(K);
        nodes.loseHeartbeat(1);
        beforeRanking();
        uint64[] memory list = new uint64[](2);
        (list[0], list[1]) = (2, 1);
        refusedBy(K, RankingInvalid.selector, 1, 1);
        nodes.postRanking(0, 2, list);
        (list[0], list[1]) = (2, 4);
        refusedBy(K, RankingInvalid.selector, 1, 4);
        nodes.postRanking(0, 2, list);
        (list[0], list[1]) = (0, 2);
        refusedBy(K, RankingInvalid.selector, 0, 0);
        nodes.postRanking(0, 2, list);
    }

    function test_postRanking_givenAListOfAnotherLength_isRefused() public {
        beforeRanking();
        refusedBy(K, BatchMismatch.selector, 3, 2);
        nodes.postRanking(0, 2, list3(2, 3, 1));
    }

    function test_postRanking_givenChunks_checksTheOrderAcrossThem() public {
        beforeRanking();
        by(K);
        nodes.postRanking(0, 1, listOf(3));
        assertEq(nodeTotals().rankedCount, 3);
        refusedBy(K, RankingInvalid.selector, 1, 2);
        nodes.postRanking(1, 2, listOf(2));
        by(K);
        nodes.postRanking(1, 2, listOf(1));
        refusedBy(K, RankingInvalid.selector, 2, 2);
        nodes.postRanking(2, 3, listOf(2));
    }

    // pickNode (F-22)

    function pickNode(uint64 band, uint64 draw, uint64 domain, uint64 excluded) private view returns (uint64) {
        uint64[10] memory list;
        list[9] = excluded;
        return nodes.pickNode(band, draw, domain, list);
    }

    /// @dev The list is 2, 3, 1.
    function ranked() private {
        beforeRanking();
        runSteps(STEP_POST_RANKING, WHOLE);
        // A draw at 0, 1/3 and 2/3 of its range picks places 0, 1 and 2 of three.
        assertEq(rankingAt(1), 2);
    }

    uint64 private constant THIRD = 1_501_199_875_790_166;

    function test_pickNode_givenTheTopBand_searchesDownTheList() public {
        ranked();
        setParam(P_PLACE_BAND_BPS, 3_000);
        // A band of ⌈0.9⌉ = 1: the first.
        assertEq(pickNode(1, 2 * THIRD, 0, 0), 2);
        assertEq(pickNode(1, 0, 0, 2), 3);
        setParam(P_PLACE_BAND_BPS, 3_400);
        // A band of ⌈1.02⌉ = 2.
        assertEq(pickNode(1, 2 * THIRD, 0, 0), 3);
        assertEq(pickNode(1, 2 * THIRD, 0, 3), 1);
    }

    function test_pickNode_givenTheBottomBand_searchesUpTheList() public {
        ranked();
        setParam(P_PLACE_BAND_BPS, 3_000);
        assertEq(pickNode(2, 2 * THIRD, 0, 0), 1);
        assertEq(pickNode(2, 0, 0, 1), 3);
        setParam(P_PLACE_BAND_BPS, 3_400);
        assertEq(pickNode(2, 2 * THIRD, 0, 0), 3);
        assertEq(pickNode(2, 2 * THIRD, 0, 3), 2);
    }

    function test_pickNode_givenAnywhere_searchesDownAndAround() public {
        ranked();
        assertEq(pickNode(0, 0, 0, 0), 2);
        assertEq(pickNode(0, THIRD, 0, 0), 3);
        assertEq(pickNode(0, 2 * THIRD, 0, 0), 1);
        assertEq(pickNode(0, 2 * THIRD, 0, 1), 2);
    }

    function test_pickNode_givenNodesThatCannot_passesThemOver() public {
        ranked();
        // Node 2 is full, 3 offline, and 1 supports domains 0 and 1 only.
        for (uint256 i; i < 4; ++i) {
            vm.prank(address(models));
            nodes.addLoad(2);
        }
        setState(3, 9);
        assertEq(pickNode(0, 0, 1, 0), 1);
        assertEq(pickNode(0, 0, 2, 0), 0);
        assertEq(pickNode(0, 0, 1, 1), 0);
    }

    function test_pickNode_givenNoList_findsNone() public {
        deploy();
        assertEq(pickNode(0, 0, 0, 0), 0);
    }

    function test_pickNode_givenALongList_looksAt128Entries() public {
        // 200 places, all of node 3 but place 128, which is node 1.
        for (uint64 place = 1; place <= 200; ++place) {
            poke(address(nodes), SLOT_RANKING, place, place == 129 ? 1 : 3);
        }
        poke(address(nodes), SLOT_NODE_TOTALS, 5, 200);
        assertEq(nodeTotals().rankedCount, 200);
        assertEq(pickNode(0, 0, 0, 3), 0);
        poke(address(nodes), SLOT_RANKING, 128, 1);
        assertEq(pickNode(0, 0, 0, 3), 1);
    }

    function testFuzz_pickNode_givenAnyDraw_findsAnEligibleNodeIfThereIsOne(uint64 band, uint64 draw, uint64 excluded)
        public
    {
        ranked();
        band = uint64(bound(band, 0, 2));
        draw = uint64(bound(draw, 0, 2 ** 52 - 1));
        excluded = uint64(bound(excluded, 0, 3));
        setParam(P_PLACE_BAND_BPS, 3_000);
        uint64 node = pickNode(band, draw, 1, excluded);
        assertTrue(node >= 1 && node <= 3 && node != excluded);
        assertEq(pickNode(band, draw, 9, excluded), 0);
    }
}
