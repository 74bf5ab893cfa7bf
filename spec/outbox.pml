/*
 * The send protocol as a model: one thread, two messages, W workers, and a world that is as unkind as the real one.
 * Steps have the numbers of MessageSender.cs. docs/protocol.md tells what each run of it shows; check.sh makes the runs.
 *
 * What makes it small, and why that is sound:
 * - A fence (the update time under which a document may be changed) is one bit: `fresh` goes up when the document is
 *   read or when one's own change is applied, and every change takes it down for everybody else.
 * - A read and a fenced write whose decision rests on that one document are one step: had anybody come between them,
 *   the write would have been refused and made again. Where a decision rests on more (the head of the lane, the claim
 *   that rides, a reply that is read back), the steps are apart.
 * - A record whose reply is lost is written again until it is known. That is the same as writing it later, so losing
 *   the reply of a record that goes alone is not a step of its own.
 * - Nothing here knows Redis: every worker may look at the lane at any time. So whatever holds here holds without it.
 * - There is no time. A lease may end at any moment, an answer may never come, a process may rest for ever between two
 *   steps. What does rest on time is a switch: TRUST and QUIET.
 * - Every fault has a budget, so that each history ends. When nothing can move any more, its end must be lawful.
 *
 * A switch that starts with BROKEN_ takes one rule away, or is something that was found in the code as it was built.
 */

#ifndef W
#define W 2             /* workers */
#endif
#ifndef LOSSES
#define LOSSES 1        /* replies of commits that get lost */
#endif
#ifndef RESCUES
#define RESCUES 2       /* leases that end while their holder is still at it */
#endif
#ifndef RETRIES
#define RETRIES 1       /* refusals that are worth another attempt */
#endif
#ifndef DEFERS
#define DEFERS 1        /* claims given back before a byte left: a slow worker, a shutdown */
#endif
#ifndef CRASHES
#define CRASHES 0
#endif
#ifndef WITHDRAWALS
#define WITHDRAWALS 0   /* cancels and expiries */
#endif
#ifndef VERBS
#define VERBS 0         /* what an operator or a policy does to a doubt or a dead letter */
#endif

#define BIT(i) (1 << (i))

mtype = { queued, processing, uncertain, sent, failed, canceled };          /* the states of a message */
mtype = { Accepted, Rejected, RetryLater, Deferred, Uncertain };            /* the outcomes of an attempt */

/* ---- Firestore: the truth ------------------------------------------------------------------------------------ */
mtype state[2] = queued;
byte  seq[2];           /* claimSeq: names an attempt, never goes back */
byte  claimId[2];       /* whose claim the document shows: NOBODYS, or one of the names below */
bit   released[2];      /* it has no orderAt, so that it is in no lane */
byte  first;            /* which of the two comes first in the thread */

#define NOBODYS 0
#define MINE(w) (1 + 2 * (w))        /* the claim that worker w makes or holds */
#define LATE(w) (2 + 2 * (w))        /* the claim that worker w saw no reply of, and watches (LateClaims) */

/* ---- What workers know --------------------------------------------------------------------------------------- */
byte  fresh[W];         /* of which messages a worker knows the newest update time */
byte  onItsWay[W];      /* a commit that was sent, not answered, and may still be applied */
bit   gone[W];          /* the process has died */
bit   trusted[W];       /* the trust window of the claim in hand is open */

#define CLAIM_OF(m)      (1 + (m))
#define SENT_THEN(m)     (3 + (m))   /* m becomes sent, and the other message's claim rides along */
#define FAILED_THEN(m)   (5 + (m))

/* ---- WhatsApp ------------------------------------------------------------------------------------------------ */
byte  flying[2];        /* requests on their way, a bit for each claimSeq */
byte  accepted[2];      /* requests that WhatsApp took: what really happened, and what the promises are about */
byte  receipts[2];      /* statuses of accepted requests that have not reached us yet */
byte  undelivered[2];   /* accepted requests that WhatsApp itself reported as failed: nobody got them */
#ifdef BROKEN_REDIS_LOCK_ONLY
byte  lock;             /* the worker that holds the lane's key, plus one */
#endif
#ifdef BROKEN_BLIND_CANCEL
byte  cancelled;        /* a cancel that has read `queued` and writes later, without a precondition */
#endif
bit   lostReceipt;      /* our intake has not been whole: a status will never come */
bit   canary[2];        /* after the quiet period, a status of somebody's later attempt has come in */

/* ---- Budgets and what only the checks look at ----------------------------------------------------------------- */
byte  losses = LOSSES, rescues = RESCUES, retries = RETRIES, defers = DEFERS, crashes = CRASHES;
byte  withdrawals = WITHDRAWALS, verbs = VERBS;
bit   unknown[2];       /* of the newest attempt nobody knows the outcome */
bit   judged[2];        /* an operator or a policy decided without proof */

/*
 * The promises. A run checks all of them; a run that SEEKs one looks for that one only, so that a counterexample shows
 * what it is meant to show and not something smaller on the way.
 */
bit duplicate;   /* S1  WhatsApp took a message twice */
bit untrue;      /* S3  a state says what did not happen */
bit inversion;   /* S4  a message overtook one that was before it */
bit crowded;     /* S5  two requests of one thread on their way at once */
bit reversed;    /* S8  a message left `sent` */
bit stuck;       /* S2  nothing will ever move, and a message waits where nobody looks */
bit needless;    /*     a message waits in doubt, though somebody alive knew its outcome */

#define NO_duplicate 1
#define NO_untrue 2
#define NO_inversion 3
#define NO_crowded 4
#define NO_reversed 5
#define NO_stuck 6
#define NO_needless 7
#define JOIN(a, b) a##b
#define NUMBER(promise) JOIN(NO_, promise)
#ifdef SEEK
#define HOLDS(promise) assert(!promise || NO_##promise != NUMBER(SEEK))
#else
#define HOLDS(promise) assert(!promise)
#endif

/* A message is in the lane while it is unfinished and has a place. Only the first one in the lane may be claimed. */
#define UNFINISHED(m) (state[m] == queued || state[m] == processing || state[m] == uncertain)
#define IN_LANE(m)    (UNFINISHED(m) && !released[m])
#ifdef BROKEN_DOUBT_DOES_NOT_BLOCK
#define BLOCKS(m)     (IN_LANE(m) && state[m] != uncertain)
#else
#define BLOCKS(m)     IN_LANE(m)
#endif
#define HEAD          (BLOCKS(first) -> first : 1 - first)
#define CLAIMABLE     ((BLOCKS(first) && state[first] == queued) || (!BLOCKS(first) && BLOCKS(1 - first) && state[1 - first] == queued))

/* What a lost reply is read back for: the claim stands, and is this one. */
#ifdef BROKEN_READ_BACK_IN_ANY_STATE
#define SHOWS_MY_CLAIM(w, m) (claimId[m] == MINE(w))
#else
#define SHOWS_MY_CLAIM(w, m) (claimId[m] == MINE(w) && state[m] == processing)
#endif

#define FRESH(w, m)   (fresh[w] & BIT(m))
#define OUT(m)        (flying[m] != 0 && accepted[m] == 0)

#ifdef QUIET            /* T2: longer than any request lives */
#define QUIET_FOR(m)  (flying[m] == 0)
#else
#define QUIET_FOR(m)  true
#endif

/* Firestore applied a change: whoever read the document before it holds an old update time, also on a commit that is
   still on its way. */
#define TOUCHES(w, m) (onItsWay[w] > CLAIM_OF(1) || onItsWay[w] == CLAIM_OF(m))

inline moved(m) {
  fresh[0] = fresh[0] & ~BIT(m);
  fresh[1] = fresh[1] & ~BIT(m);
  onItsWay[0] = (TOUCHES(0, m) -> 0 : onItsWay[0]);
  onItsWay[1] = (TOUCHES(1, m) -> 0 : onItsWay[1]);
#if W > 2
  fresh[2] = fresh[2] & ~BIT(m);
  onItsWay[2] = (TOUCHES(2, m) -> 0 : onItsWay[2]);
#endif
}

inline become(m, to) {
  reversed = (state[m] == sent && to != sent);
  HOLDS(reversed);
  untrue = (to == sent && accepted[m] == 0);
  HOLDS(untrue);
  state[m] = to;
  canary[m] = 0;
  moved(m);
}

inline claim(w, m, id) {
  become(m, processing);
  seq[m]++;
  assert(seq[m] < 8);   /* the model's own bound: attempts are the bits of a byte */
  claimId[m] = id;
  unknown[m] = 0;
}

/* A claim that its worker knows of: it holds the fence. The trust window has been open since before the claim. */
inline claimHeld(w, m) {
  claim(w, m, MINE(w));
  fresh[w] = fresh[w] | BIT(m);
#ifdef TRUST
  trusted[w] = 1
#endif
}

inline goToTheEnd(m) { released[m] = 0; first = 1 - m }

/* It was not sent, and goes on waiting. One that was released from its lane has no place any more: it gets a new one. */
inline queueAgain(m) {
  become(m, queued);
#ifndef BROKEN_NO_PLACE_AGAIN
  if :: released[m] -> goToTheEnd(m) :: else fi
#endif
}

/* WhatsApp takes a request: the only place where a promise about the outside can break. */
inline accept(m, s) {
  printf("  WhatsApp accepts message %d, attempt %d\n", m, s);
#ifndef JUDGEMENT_MAY_DOUBLE
  duplicate = (accepted[m] != 0);
  HOLDS(duplicate);
#endif
  /* Nobody overtakes: whoever is before it has been accepted or has left the lane; and whoever is behind it has not. */
  inversion = (accepted[m] == 0 && !released[m]
    && ((first == 1 - m && IN_LANE(1 - m) && accepted[1 - m] == 0) || (first == m && accepted[1 - m] != 0)));
  HOLDS(inversion);
  flying[m] = flying[m] & ~BIT(s);
  accepted[m] = accepted[m] | BIT(s);
  receipts[m] = receipts[m] | BIT(s);
}

/* Which arrow the outcome takes (OutcomeArrow). */
inline arrow(m, outcome) {
  if
  :: outcome == Accepted   -> become(m, sent)
  :: outcome == Rejected   -> become(m, failed)
  :: outcome == RetryLater || outcome == Deferred -> queueAgain(m)
#ifdef BROKEN_SELF_REQUEUE
  :: outcome == Uncertain  -> queueAgain(m)
#else
  :: outcome == Uncertain  -> become(m, uncertain)
#endif
  fi
}

/* Step 7, when the fence is gone: an acceptance is true whatever others thought; whoever knows that nothing was sent
   settles the doubt about this very claim; anything else is out of date. */
inline stillTrue(w, m, outcome, answer) {
  answer = 0;
  if
#ifndef BROKEN_ANSWER_IS_DROPPED
  :: outcome == Accepted && state[m] != sent -> answer = 1
#endif
#ifdef BROKEN_REFUSAL_SETTLES_ANY_CLAIM
  :: (outcome == Rejected || outcome == RetryLater) && state[m] == uncertain -> answer = 1
#else
  :: (outcome == Rejected || outcome == RetryLater) && state[m] == uncertain && claimId[m] == MINE(w) -> answer = 1
#endif
#ifndef BROKEN_GIVE_BACK_IS_DROPPED
  :: outcome == Deferred && state[m] == uncertain && claimId[m] == MINE(w) -> answer = 1
#endif
  :: else
  fi
}

inline record(w, m, outcome) {
  if
  :: FRESH(w, m) -> arrow(m, outcome)
  :: else ->
     stillTrue(w, m, outcome, yes);
     if :: yes -> arrow(m, outcome) :: else fi
  fi
}

/* Only a record that ends its message takes the next one's claim along. */
#ifdef BROKEN_RIDE_ON_RETRY
#define MAY_CARRY(outcome) (outcome != Uncertain)
#else
#define MAY_CARRY(outcome) (outcome == Accepted || outcome == Rejected)
#endif

/* The worker is done with the message in its hand. Forgetting all of it at once keeps histories that only differ in
   what nobody will look at again from counting twice. */
inline letGo(w) {
  if :: claimId[m] == MINE(w) -> claimId[m] = NOBODYS :: else fi;
  m = 0; n = 0; b = 0; page = 0; yes = 0; outcome = 0; fresh[w] = 0; trusted[w] = 0
}

proctype Worker(byte w) {
  byte m, n, b;         /* the message in hand, the number of its attempt, and the other message */
  bit page;             /* the head was read together with the message behind it, which was queued */
  bit yes;              /* step 7's answer */
#ifdef BROKEN_RIDE_ALONE
  bit rides;
#endif
  mtype outcome;

Look: /* :: Step 2: Head, read strongly. (Step 1 is pacing: it only makes a worker wait.) */
  atomic {
#ifdef BROKEN_REDIS_LOCK_ONLY
    CLAIMABLE && (lock == 0 || lock == w + 1) -> lock = w + 1;
#else
    CLAIMABLE ->
#endif
    m = HEAD; b = 1 - m;
    fresh[w] = 3;
    page = (m == first && BLOCKS(b) && state[b] == queued);
    printf("worker %d reads the head of the lane: message %d\n", w, m)
  }
#ifdef BROKEN_NO_INTENT
  atomic { seq[m]++; n = seq[m] }
  goto Send;
#endif

Claim: /* :: Step 3: Claim = intent. Its id is new, so what the document shows of an older claim is not this one. */
  atomic {
    if
#if defined(BROKEN_BLIND_CLAIM) || defined(BROKEN_REDIS_LOCK_ONLY)
    :: true -> claimHeld(w, m);
#else
    :: FRESH(w, m) -> claimHeld(w, m);
#endif
       printf("worker %d claims message %d, attempt %d\n", w, m, seq[m])
#ifndef BROKEN_BLIND_CLAIM
    :: !FRESH(w, m) -> printf("worker %d: the claim of message %d is refused\n", w, m); letGo(w); goto Look
#endif
    :: losses && FRESH(w, m) -> losses--; claimHeld(w, m);
       printf("worker %d claims message %d, attempt %d; the reply is lost\n", w, m, seq[m]); goto ReadBackClaim
    :: losses && FRESH(w, m) && onItsWay[w] == 0 -> losses--; onItsWay[w] = CLAIM_OF(m);
       printf("worker %d: the claim of message %d is on its way; no reply comes, the document does not show it\n", w, m); letGo(w); goto Look
    fi
  }
  goto Claimed;

ReadBackClaim:
  atomic {
#ifdef BROKEN_NO_READ_BACK
    letGo(w); goto Look;
#endif
    if
    :: SHOWS_MY_CLAIM(w, m) -> fresh[w] = fresh[w] | BIT(m)
    :: else -> /* too late: not to be acted on, but known as one's own */
       if :: claimId[m] == MINE(w) -> claimId[m] = LATE(w) :: else fi;
       letGo(w); goto Look
    fi
  }

Claimed: /* :: Step 4: Trust window, right before the bytes leave. */
  atomic { n = (claimId[m] == MINE(w) -> seq[m] : seq[m] + 1) }
Send:
  atomic {
    if
#ifdef TRUST
    :: !trusted[w] -> outcome = Deferred
    :: trusted[w] ->
#else
    :: true ->
#endif
       /* :: Step 5: Send once. */
       crowded = (accepted[m] == 0 && (OUT(0) || OUT(1)));
       HOLDS(crowded);
       flying[m] = flying[m] | BIT(n);
       printf("worker %d sends message %d, attempt %d\n", w, m, n)
    :: defers -> defers--; outcome = Deferred; printf("worker %d does not send message %d and gives it back\n", w, m)
    :: crashes -> crashes--; printf("worker %d dies before sending message %d\n", w, m); goto Died
    fi
  }

  /* :: Step 6: Classify. A refusal and its being heard are one step: nobody else sees a refusal. */
  atomic {
    if
    :: outcome == Deferred
    :: outcome == 0 && (accepted[m] & BIT(n)) -> outcome = Accepted; printf("worker %d hears: accepted\n", w)
    :: outcome == 0 && (flying[m] & BIT(n)) -> flying[m] = flying[m] & ~BIT(n); outcome = Rejected; printf("worker %d hears: rejected\n", w)
    :: outcome == 0 && retries && (flying[m] & BIT(n)) ->
       retries--; outcome = RetryLater; printf("worker %d hears: later\n", w);
#ifdef BROKEN_REFUSAL_LIES
       skip /* WhatsApp answered with an error and goes on with the request */
#else
       flying[m] = flying[m] & ~BIT(n)
#endif
    :: outcome == 0 -> outcome = Uncertain; printf("worker %d hears nothing\n", w);
       if :: n == seq[m] -> unknown[m] = 1 :: else fi
    :: outcome == 0 && crashes -> crashes--; printf("worker %d dies while it waits for the answer\n", w); goto Died
    fi
  }

Record: /* :: Step 7 and step 8: the record, and the claim of the next message in the same commit. */
  atomic {
    if
    :: page && MAY_CARRY(outcome) ->
       if
       :: fresh[w] == 3 -> arrow(m, outcome); claimHeld(w, b); goto Rode
       :: losses && fresh[w] == 3 -> losses--; arrow(m, outcome); claimHeld(w, b); fresh[w] = BIT(m);
          printf("worker %d records message %d and claims message %d with it; the reply is lost\n", w, m, b); goto ReadBackRide
       :: losses -> losses--;
          printf("worker %d: the record of message %d with the claim of message %d gets no reply and was not applied\n", w, m, b);
          goto ReadBackRide
       :: fresh[w] != 3 ->
          printf("worker %d: the record of message %d with the claim of message %d is refused\n", w, m, b);
#ifdef BROKEN_RIDE_ALONE
          rides = 1;
#endif
          goto RecordAlone
       fi
    :: goto RecordAlone
    fi
  }

ReadBackRide: /* The reply of record and claim is lost: one document is read back, and decides whether both were applied. */
  atomic {
    if
#ifdef BROKEN_RIDE_READ_BACK_BY_RECORD
    /* It looks at the record. But proof may have made the message sent meanwhile, with this worker's claimId still on it. */
    :: claimId[m] == MINE(w) && ((outcome == Accepted && state[m] == sent) || (outcome == Rejected && state[m] == failed)) ->
#ifdef TRUST
       trusted[w] = 1;
#endif
#else
    :: SHOWS_MY_CLAIM(w, b) ->
#endif
#if defined(BROKEN_RIDE_READ_BACK_BY_RECORD) || defined(BROKEN_RIDE_FENCE_OF_RECORD)
       /* The record's update time stands in for the claim's: wrong as soon as a receipt has touched the record. */
       if :: FRESH(w, m) && SHOWS_MY_CLAIM(w, b) -> fresh[w] = BIT(b) :: else -> fresh[w] = 0 fi;
#else
       fresh[w] = BIT(b);
#endif
       goto Rode
    :: else ->
       if :: claimId[b] == MINE(w) -> claimId[b] = LATE(w) :: else fi;
       if
       :: fresh[w] == 3 && onItsWay[w] == 0 && outcome == Accepted -> onItsWay[w] = SENT_THEN(m)
       :: fresh[w] == 3 && onItsWay[w] == 0 && outcome == Rejected -> onItsWay[w] = FAILED_THEN(m)
       :: true
       fi
    fi
  }

RecordAlone:
  atomic {
    if
#ifdef BROKEN_REDIS_LOCK_ONLY
    :: true -> arrow(m, outcome)
#elif defined(BROKEN_UNFENCED_REQUEUE)
    :: outcome == RetryLater || outcome == Deferred -> arrow(m, outcome)
    :: outcome != RetryLater && outcome != Deferred -> record(w, m, outcome)
#else
    :: true -> record(w, m, outcome)
#endif
    :: crashes && outcome != Deferred -> crashes--; printf("worker %d dies before it records message %d\n", w, m); goto Died
    fi;
#ifdef BROKEN_RIDE_ALONE
    if :: rides && FRESH(w, b) -> claimHeld(w, b); goto Rode :: else -> rides = 0 fi;
#endif
    printf("worker %d has recorded what it knows of message %d: it is %e now\n", w, m, state[m]);
#ifdef BROKEN_REDIS_LOCK_ONLY
    if :: lock == w + 1 -> lock = 0 :: else fi;
#endif
    letGo(w)
  }
  goto Look;

Rode:
  atomic {
    printf("worker %d has recorded message %d and holds message %d\n", w, m, b);
    if :: claimId[m] == MINE(w) -> claimId[m] = NOBODYS :: else fi;
    m = b; b = 1 - m; n = 0; page = 0; yes = 0; outcome = 0;
#ifdef BROKEN_RIDE_ALONE
    rides = 0;
#endif
    fresh[w] = fresh[w] & BIT(m)
  }
  goto Claimed;

Died:
  atomic { gone[w] = 1; letGo(w) }
}

/* The lease of the newest claim has ended: whoever looks finds an orphan. Bytes may have left, so it is in doubt. */
inline rescue(m) {
  printf("the lease of message %d, attempt %d, has ended: it is rescued\n", m, seq[m]);
  if :: claimId[m] == MINE(0) -> trusted[0] = 0 :: else fi;
  if :: claimId[m] == MINE(1) -> trusted[1] = 0 :: else fi;
#if W > 2
  if :: claimId[m] == MINE(2) -> trusted[2] = 0 :: else fi;
#endif
#ifdef BROKEN_RESEND_ON_RESCUE
  become(m, queued)
#else
  become(m, uncertain)
#endif
}

/* One status of attempt s reaches our intake (StatusDecision). */
inline proof(m, s) {
  receipts[m] = receipts[m] & ~BIT(s);
  printf("the receipt of message %d, attempt %d, comes in\n", m, s);
  if
  :: state[m] != sent -> become(m, sent)
  :: else -> moved(m)  /* delivered, read: the document changes, the state does not */
  fi
}

/* WhatsApp accepted it and says later that it could not deliver it. */
inline failureStatus(m, s) {
  receipts[m] = receipts[m] & ~BIT(s);
  undelivered[m] = undelivered[m] | BIT(s);
  printf("a failed status of message %d, attempt %d, comes in\n", m, s);
  if
#ifdef BROKEN_OLD_FAILURE_ACTS
  :: s < seq[m] -> become(m, failed)
#else
  :: s < seq[m]        /* a newer attempt is on its way: this one says nothing about it */
#endif
  :: s >= seq[m] && state[m] != sent -> become(m, sent)
  :: s >= seq[m] && state[m] == sent -> moved(m)
  fi
}

inline anyBitOf(mask, s) {
  if
  :: mask & 2  -> s = 1 :: mask & 4  -> s = 2 :: mask & 8   -> s = 3
  :: mask & 16 -> s = 4 :: mask & 32 -> s = 5 :: mask & 64  -> s = 6 :: mask & 128 -> s = 7
  fi
}

/* LateClaims: its own claim, which it saw no reply of and never acted on. */
#ifdef BROKEN_LATE_CLAIM_ONLY_WHILE_PROCESSING
#define GIVES_BACK(w, m) (claimId[m] == LATE(w) && state[m] == processing)
#else
#define GIVES_BACK(w, m) (claimId[m] == LATE(w) && (state[m] == processing || state[m] == uncertain))
#endif

/* What becomes of the commits of worker w that gave no reply: applied after all (their fence still holds, or `moved` had
   taken them away), or never; and the worker's watch over the claims among them. */
proctype Wire(byte w) {
  byte m, kind;
  do
  :: atomic { onItsWay[w] ->
       printf("the commit of worker %d that was on its way is applied\n", w);
       kind = (onItsWay[w] - 1) / 2;
       m = (onItsWay[w] - 1) % 2;
       onItsWay[w] = 0;
       if
       :: kind -> become(m, (kind == 1 -> sent : failed)); m = 1 - m
       :: else
       fi;
       claim(w, m, LATE(w));
       m = 0; kind = 0 }
  :: atomic { onItsWay[w] -> onItsWay[w] = 0 }
#ifndef BROKEN_LATE_CLAIM_FORGOTTEN
  :: atomic { !gone[w] && (GIVES_BACK(w, 0) || GIVES_BACK(w, 1)) ->
       m = (GIVES_BACK(w, 0) -> 0 : 1);
       printf("worker %d gives its late claim of message %d back\n", w, m);
       queueAgain(m);
       m = 0 }
#endif
  od
}

/* Where a history may end. */
inline mustBeLawful(m) {
  /* A queued message may wait behind a doubt of its thread, in its place; for nothing else. */
  stuck = (state[m] == processing
    || (state[m] == queued && !(!released[m] && first == 1 - m && IN_LANE(1 - m) && state[1 - m] == uncertain)));
  HOLDS(stuck);
  untrue = ((state[m] == failed && (accepted[m] & ~undelivered[m]) && !judged[m]) || (state[m] == canceled && accepted[m] && !judged[m]) || (state[m] == sent && !accepted[m]));
  HOLDS(untrue);
  /* A doubt that waits for evidence or a person: the outcome is unknown, or whoever knew it has died. */
  needless = (state[m] == uncertain && !unknown[m] && crashes == CRASHES);
  HOLDS(needless)
}

#ifdef BROKEN_RECEIPT_MERELY_LATE
#define RECEIPTS_KEEP_ORDER(m) true
#else
#define RECEIPTS_KEEP_ORDER(m) (receipts[m] == 0)
#endif
#ifdef BROKEN_NO_CANARY
#define SILENCE_MEANS_SOMETHING(m) (!lostReceipt)
#elif defined(BROKEN_INTAKE_NOT_WHOLE)
#define SILENCE_MEANS_SOMETHING(m) (canary[m])
#else
#define SILENCE_MEANS_SOMETHING(m) (canary[m] && !lostReceipt)
#endif

/* A message that left doubt without proof says so: outcomeUnknown. */
#ifdef BROKEN_MARK_IS_IGNORED
#define MARKED(m) false
#else
#define MARKED(m) judged[m]
#endif

/* What may happen to message m at any time. */
proctype Fate(byte m) {
  byte s;
  do
  :: atomic { flying[m] -> anyBitOf(flying[m], s); accept(m, s); s = 0 }
  :: atomic { flying[m] -> anyBitOf(flying[m], s); flying[m] = flying[m] & ~BIT(s); s = 0 }  /* it never arrives */
  :: atomic { receipts[m] -> anyBitOf(receipts[m], s); proof(m, s); s = 0 }
#ifdef FAILED_STATUSES
  :: atomic { receipts[m] -> anyBitOf(receipts[m], s); failureStatus(m, s); s = 0 }
#endif
#ifdef RECEIPTS_GET_LOST
  :: atomic { receipts[m] -> anyBitOf(receipts[m], s); receipts[m] = receipts[m] & ~BIT(s); lostReceipt = 1; s = 0 }
#endif
  :: atomic { rescues && state[m] == processing -> rescues--; rescue(m) }

#ifdef BROKEN_BLIND_CANCEL
  :: atomic { withdrawals && state[m] == queued -> withdrawals--; cancelled = cancelled | BIT(m) }
  :: atomic { cancelled & BIT(m) -> cancelled = cancelled & ~BIT(m); become(m, canceled) }
#else
  :: atomic { withdrawals && state[m] == queued -> withdrawals--; printf("message %d is cancelled\n", m); become(m, canceled) }
#endif
  :: atomic { withdrawals && state[m] == queued && CLAIMABLE && m == HEAD -> withdrawals--; printf("message %d expires\n", m); become(m, failed) }

  /* An operator, after a look at the phone: he knows that it did not go out. */
#ifdef RESEND
  :: atomic { verbs && state[m] == uncertain && accepted[m] == 0 && QUIET_FOR(m) -> verbs--; judged[m] = 1;
     printf("an operator has message %d sent again\n", m); if :: released[m] -> goToTheEnd(m) :: else fi; become(m, queued) }
#endif
#ifdef RESEND_UNSEEN /* he only believes so */
  :: atomic { verbs && state[m] == uncertain && QUIET_FOR(m) -> verbs--; judged[m] = 1;
     printf("an operator has message %d sent again\n", m); if :: released[m] -> goToTheEnd(m) :: else fi; become(m, queued) }
#endif
#ifdef GIVE_UP
  :: atomic { verbs && state[m] == uncertain && QUIET_FOR(m) -> verbs--; judged[m] = 1; printf("message %d is given up\n", m); become(m, failed) }
#endif
#ifdef RELEASE
  :: atomic { verbs && state[m] == uncertain && !released[m] && QUIET_FOR(m) -> verbs--; printf("message %d is released from its lane\n", m); released[m] = 1; moved(m) }
#endif
#ifdef REPLAY
  :: atomic { verbs && state[m] == failed && accepted[m] == 0 -> verbs--; printf("message %d is replayed, at the end of its thread\n", m); goToTheEnd(m); become(m, queued) }
#endif
#ifdef REPLAY_BY_ITS_MARK /* nobody looks: a dead letter whose doubt was ended by proof or by an answer (no outcomeUnknown) is replayed */
  :: atomic { verbs && state[m] == failed && !MARKED(m) -> verbs--; printf("message %d is replayed, at the end of its thread\n", m); goToTheEnd(m); become(m, queued) }
#endif

#ifdef RESEND_AFTER_SILENCE
  /* A status of a later attempt of this number has come in. If receipts keep their order, ours would have come before. */
  :: atomic { state[m] == uncertain && QUIET_FOR(m) && !canary[m] && RECEIPTS_KEEP_ORDER(m) -> canary[m] = 1 }
  :: atomic { verbs && state[m] == uncertain && QUIET_FOR(m) && SILENCE_MEANS_SOMETHING(m) -> verbs--;
     printf("nothing was heard of message %d: it is sent again\n", m); become(m, queued) }
#endif

  /* Nothing else can move: the lease of a claim that nobody works on ends as well. Otherwise this history is over. */
  :: atomic { timeout && state[m] == processing -> rescue(m) }
  :: atomic { timeout && state[0] != processing && state[1] != processing ->
       printf("nothing can move any more: message %d is %e\n", m, state[m]); mustBeLawful(m); break }
  od
}

#ifdef BROKEN_REDIS_LOCK_ONLY
active proctype Redis() {
  do :: atomic { rescues && lock -> rescues--; printf("the lane's key expires\n"); lock = 0 } od
}
#endif

init {
  atomic {
    run Fate(0); run Fate(1);
    run Worker(0); run Wire(0);
    run Worker(1); run Wire(1)
#if W > 2
    ; run Worker(2); run Wire(2)
#endif
  }
}
