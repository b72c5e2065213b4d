/**
 * The transitions of section 5 as tables: for each machine, which state may follow which. The rules do not read them; the
 * invariants do, so that a rule that forgets a guard is noticed.
 */
import {
  CHALLENGE_STATE,
  FIZZ_STATE,
  KIND,
  LEASE_STATE,
  MODEL_STATE,
  NODE_STATE,
  OPERATOR_STATE,
  ORDER_STATE,
  PROVIDER_STATE,
  SLARK_STATE,
  SUBNET_STATE,
  TASK_STATE,
  VALIDATOR_STATE,
} from './layout.ts';

type Successors = { readonly [state: number]: readonly number[] };

const M = MODEL_STATE;
const N = NODE_STATE;
const V = VALIDATOR_STATE;
const T = TASK_STATE;
const P = PROVIDER_STATE;
const L = SLARK_STATE;
const C = CHALLENGE_STATE;
const O = ORDER_STATE;
const E = LEASE_STATE;
const Z = FIZZ_STATE;
const U = SUBNET_STATE;

/** SM-1, for a model until its first version is live, then Live until removed. */
const MODEL: Successors = {
  0: [M.registered],
  [M.registered]: [M.metaReview, M.removed],
  [M.metaReview]: [M.metaApproved, M.metaRejected, M.removed],
  [M.metaApproved]: [M.testDeploying, M.removed],
  [M.metaRejected]: [M.metaReview, M.removed],
  [M.testDeploying]: [M.testDeployed, M.testFailed, M.removed],
  [M.testDeployed]: [M.funcReview, M.removed],
  [M.testFailed]: [M.testDeploying, M.removed],
  [M.funcReview]: [M.prodDeploying, M.funcRejected, M.removed],
  [M.funcRejected]: [M.testDeploying, M.removed],
  [M.prodDeploying]: [M.live, M.testFailed, M.removed],
  [M.live]: [M.removed],
  [M.removed]: [],
};

/** SM-1, for a candidate beside a live version (OP-10): no production of its own. */
const VERSION: Successors = {
  0: [M.registered],
  [M.registered]: [M.metaReview],
  [M.metaReview]: [M.metaApproved, M.metaRejected],
  [M.metaApproved]: [M.testDeploying],
  [M.metaRejected]: [M.metaReview],
  [M.testDeploying]: [M.testDeployed, M.testFailed],
  [M.testDeployed]: [M.funcReview],
  [M.testFailed]: [M.testDeploying],
  [M.funcReview]: [M.live, M.funcRejected],
  [M.funcRejected]: [M.testDeploying],
  [M.live]: [],
};

/** SM-2. While a check is pending, the deadline stands still, so only the other states can run out of time. */
const NODE: Successors = {
  0: [N.reserved],
  [N.reserved]: [N.registered, N.released],
  [N.registered]: [N.metaReview, N.released],
  [N.metaReview]: [N.metaApproved, N.metaRejected],
  [N.metaApproved]: [N.valReview, N.released],
  [N.metaRejected]: [N.metaReview, N.released],
  [N.valReview]: [N.online, N.valRejected],
  [N.valRejected]: [N.valReview, N.released],
  [N.online]: [N.offline, N.exiting],
  [N.offline]: [N.online, N.exiting],
  [N.exiting]: [N.removed],
  [N.removed]: [],
  [N.released]: [],
};

/** SM-3. */
const VALIDATOR: Successors = {
  0: [V.registered],
  [V.registered]: [V.keyed],
  [V.keyed]: [V.active, V.exited],
  [V.active]: [V.suspended, V.exited],
  [V.suspended]: [V.active, V.exited],
  [V.exited]: [],
};

/** SM-4. */
const TASK: Successors = {
  0: [T.created],
  [T.created]: [T.assigned],
  [T.assigned]: [T.created, T.settled],
  [T.settled]: [],
};

/** SM-5. */
const SLARK: Successors = {
  0: [L.owned, L.running],
  [L.owned]: [L.pending, L.running, L.banned],
  [L.pending]: [L.running, L.owned, L.banned],
  [L.running]: [L.owned, L.offline, L.banned],
  [L.offline]: [L.owned, L.running, L.banned],
  [L.banned]: [],
};

/** SM-7, without Settled: an era's end leaves no record of a challenge. */
const CHALLENGE: Successors = {
  0: [C.scheduled],
  [C.scheduled]: [C.committed, C.inconclusive],
  [C.committed]: [C.issued, C.inconclusive],
  [C.issued]: [C.answered, C.inconclusive],
  [C.answered]: [C.passed, C.failed, C.inconclusive],
  [C.passed]: [],
  [C.failed]: [],
  [C.inconclusive]: [C.passed, C.failed],
};

/** SM-14. */
const PROVIDER: Successors = {
  0: [P.proposed],
  [P.proposed]: [P.registered, P.rejected],
  [P.registered]: [P.active, P.deactivated],
  [P.active]: [P.suspended, P.registered, P.deactivated],
  [P.suspended]: [P.active],
  [P.deactivated]: [],
  [P.rejected]: [],
};

/** SM-6, before the lease. */
const ORDER: Successors = {
  0: [O.open],
  [O.open]: [O.matching, O.expired, O.cancelled],
  [O.matching]: [O.leased, O.expired],
  [O.leased]: [],
  [O.expired]: [],
  [O.cancelled]: [],
};

/** SM-6, LeaseActive in its four forms, then Closed. */
const LEASE: Successors = {
  0: [E.awaiting],
  [E.awaiting]: [E.deploying, E.down, E.closed],
  [E.deploying]: [E.serving, E.down, E.closed],
  [E.serving]: [E.down, E.closed],
  [E.down]: [E.awaiting, E.deploying, E.serving, E.closed],
  [E.closed]: [],
};

/** SM-12. A member whose delegation a slash has made too small falls back to Registered (INV-57). */
const FIZZ: Successors = {
  0: [Z.configured],
  [Z.configured]: [Z.registered],
  [Z.registered]: [Z.active, Z.leaving, Z.configured],
  [Z.active]: [Z.reserved, Z.registered, Z.leaving, Z.configured],
  [Z.reserved]: [Z.active, Z.serving, Z.leaving, Z.configured],
  [Z.serving]: [Z.detached, Z.active],
  [Z.detached]: [Z.serving, Z.active],
  [Z.leaving]: [Z.configured],
};

/** SM-12, last row. */
const SUBNET: Successors = { 0: [U.exists], [U.exists]: [U.dissolved], [U.dissolved]: [U.exists] };

/** MATCH-5: operators opt in and out. */
const OPERATOR: Successors = {
  0: [OPERATOR_STATE.active],
  [OPERATOR_STATE.active]: [OPERATOR_STATE.left],
  [OPERATOR_STATE.left]: [OPERATOR_STATE.active],
};

const MACHINES: { readonly [kind: number]: Successors } = {
  [KIND.model]: MODEL,
  [KIND.version]: VERSION,
  [KIND.node]: NODE,
  [KIND.validator]: VALIDATOR,
  [KIND.task]: TASK,
  [KIND.provider]: PROVIDER,
  [KIND.slark]: SLARK,
  [KIND.challenge]: CHALLENGE,
  [KIND.order]: ORDER,
  [KIND.lease]: LEASE,
  [KIND.fizz]: FIZZ,
  [KIND.subnet]: SUBNET,
  [KIND.operator]: OPERATOR,
};

/** True if `state` is one of the machine's, 0 (not created) excluded. */
export function isState(kind: number, state: number): boolean {
  return state !== 0 && MACHINES[kind]?.[state] !== undefined;
}

/** True if the machine of `kind` may step from `from` to `to`; 0 is the state before creation. @rule SM-1, SM-2, SM-3, SM-4, SM-5, SM-6, SM-7, SM-12, SM-14 */
export function isTransition(kind: number, from: number, to: number): boolean {
  return MACHINES[kind]?.[from]?.includes(to) === true;
}

/** True if `to` can be reached from `from` in any number of steps, none included. */
export function isReachable(kind: number, from: number, to: number): boolean {
  const machine = MACHINES[kind];
  if (machine === undefined) return false;
  const seen = new Set([from]);
  // A set is walked in the order of insertion, including what is added on the way.
  for (const state of seen) {
    if (state === to) return true;
    for (const next of machine[state] ?? []) seen.add(next);
  }
  return false;
}
