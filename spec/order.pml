/*
 * Who goes first in a thread: three messages that are enqueued, scheduled, refused and replayed in any order, and two
 * workers that read pages of heads and let claims ride on records. Faults of sending are outbox.pml's affair; here every
 * send is accepted or refused at once, and what is asked is only: in which order, and not before its time.
 *
 * Order in a thread = (orderAt, the document's createTime). The clock ticks so coarsely that equal orderAt are normal.
 */

#ifndef W
#define W 2
#endif
#ifndef TICKS
#define TICKS 2
#endif
#ifndef REPLAYS
#define REPLAYS 1
#endif
#define N 3
#define BIT(i) (1 << (i))

mtype = { unborn, queued, processing, sent, failed };

mtype state[N] = unborn;
byte  orderAt[N];
byte  older[N];         /* whose documents have an earlier createTime */
byte  now;              /* the server's clock */
byte  fresh[2];         /* of which messages a worker knows the newest update time */
byte  replays = REPLAYS;

/* What was promised, from the app's side: these messages go out before this one. */
byte  before[N];
bit   answered[N];      /* `success:true` has reached the app */
bit   scheduled[N];
#ifdef BROKEN_SIGNAL_CARRIES_THE_MESSAGE
byte  signalled;        /* messages whose signal got through; a signal may be lost */
#endif

bit inversion;          /* S4  it went out before one that was before it */
bit early;              /*     it went out before its time */
bit heldUp;             /*     one whose time lies ahead holds up one that is due */
bit stuck;
#define HOLDS(promise) assert(!promise)

#define UNFINISHED(i) (state[i] == queued || state[i] == processing)
#define EXISTS(i)     (UNFINISHED(i) || state[i] == failed)
#ifdef BROKEN_TIES_BY_NAME
#define PRECEDES(i, j) (orderAt[i] < orderAt[j] || (orderAt[i] == orderAt[j] && i > j))
#elif defined(BROKEN_SCHEDULED_HOLDS_ITS_PLACE)
#define PRECEDES(i, j) ((older[j] & BIT(i)))
#else
#define PRECEDES(i, j) (orderAt[i] < orderAt[j] || (orderAt[i] == orderAt[j] && (older[j] & BIT(i))))
#endif
#define BEHIND(i, j)  (UNFINISHED(j) && PRECEDES(j, i))
#define IS_HEAD(i)    (UNFINISHED(i) && !BEHIND(i, 0) && !BEHIND(i, 1) && !BEHIND(i, 2))
/* k comes right after i: nobody unfinished stands between them. */
#define BETWEEN(i, j, k) (UNFINISHED(j) && PRECEDES(i, j) && PRECEDES(j, k))
#define IS_NEXT(i, k) (UNFINISHED(k) && PRECEDES(i, k) && !BETWEEN(i, 0, k) && !BETWEEN(i, 1, k) && !BETWEEN(i, 2, k))
#define DUE(i)        (orderAt[i] <= now)

inline moved(i) { fresh[0] = fresh[0] & ~BIT(i); fresh[1] = fresh[1] & ~BIT(i) }

/* One app, sending one message: the request reaches the server at one moment, is committed at another, answered at a third. */
proctype App(byte i) {
  byte j;
  atomic {
    if
    :: orderAt[i] = now
    :: now < TICKS -> orderAt[i] = now + 1; scheduled[i] = 1
    fi;
    /* Whoever was answered before this one was asked for goes first; a scheduled one, if its time has come by then. */
    for (j : 0 .. N - 1) {
      if
      :: j != i && answered[j] && orderAt[j] <= orderAt[i] -> before[i] = before[i] | BIT(j)
      :: else
      fi
    }
    j = 0;
    printf("message %d is asked for at %d, its place is %d\n", i, now, orderAt[i])
  }
  atomic { older[i] = (EXISTS(0) -> 1 : 0) | (EXISTS(1) -> 2 : 0) | (EXISTS(2) -> 4 : 0); state[i] = queued; printf("message %d is committed\n", i) }
  atomic {
    answered[i] = (state[i] != sent);
    /* A scheduled message whose time lies ahead goes out behind what was answered before that time. */
    for (j : 0 .. N - 1) {
      if
      :: j != i && UNFINISHED(i) && scheduled[j] && orderAt[j] > now && orderAt[j] > orderAt[i] && UNFINISHED(j) -> before[j] = before[j] | BIT(i)
      :: else
      fi
    }
    j = 0;
    printf("message %d is answered\n", i)
  }
#ifdef BROKEN_SIGNAL_CARRIES_THE_MESSAGE
  atomic { if :: signalled = signalled | BIT(i) :: printf("the signal of message %d is lost until the sweep\n", i); timeout -> signalled = signalled | BIT(i) fi }
#endif
}

/* Nobody looks at a sent message again. Forgetting it keeps histories that differ only in it from counting twice. */
inline forget(i) {
  orderAt[i] = 0; older[i] = 0; before[i] = 0; scheduled[i] = 0; answered[i] = 0;
  older[0] = older[0] & ~BIT(i); older[1] = older[1] & ~BIT(i); older[2] = older[2] & ~BIT(i);
  before[0] = before[0] & ~BIT(i); before[1] = before[1] & ~BIT(i); before[2] = before[2] & ~BIT(i)
}

inline goesOut(i) {
  printf("worker %d sends message %d\n", w, i);
  inversion = (((before[i] & BIT(0)) && UNFINISHED(0)) || ((before[i] & BIT(1)) && UNFINISHED(1)) || ((before[i] & BIT(2)) && UNFINISHED(2)));
  HOLDS(inversion);
  early = (orderAt[i] > now);
  HOLDS(early)
}

#ifdef BROKEN_RIDE_WITHOUT_ITS_TIME
#define MAY_RIDE(i) true
#else
#define MAY_RIDE(i) DUE(i)              /* due when the page was read */
#endif
#ifdef BROKEN_SIGNAL_CARRIES_THE_MESSAGE
#define MAY_TAKE(i) (state[i] == queued && DUE(i) && (signalled & BIT(i)))
#else
#define MAY_TAKE(i) (IS_HEAD(i) && state[i] == queued && DUE(i))
#endif
#define WAITS(i, j) (IS_HEAD(i) && state[i] == queued && !DUE(i) && state[j] == queued && DUE(j))

inline takeHead(i) {
  m = i; fresh[w] = 7;
  if
  :: IS_NEXT(i, 0) && state[0] == queued && MAY_RIDE(0) -> page = 1
  :: IS_NEXT(i, 1) && state[1] == queued && MAY_RIDE(1) -> page = 2
  :: IS_NEXT(i, 2) && state[2] == queued && MAY_RIDE(2) -> page = 3
  :: page = 0
  fi
}

proctype Worker(byte w) {
  byte m, page;         /* the message in hand, and the one behind it on the page, plus one */
  mtype to;
Look:
  atomic {
    if
    :: MAY_TAKE(0) -> takeHead(0)
    :: MAY_TAKE(1) -> takeHead(1)
    :: MAY_TAKE(2) -> takeHead(2)
    fi
  }
Claim:
  atomic {
    if
    :: (fresh[w] & BIT(m)) -> state[m] = processing; moved(m); fresh[w] = fresh[w] | BIT(m); printf("worker %d claims message %d\n", w, m)
    :: else -> m = 0; page = 0; fresh[w] = 0; goto Look
    fi
  }
Send:
  atomic { goesOut(m); if :: to = sent :: replays -> to = failed fi }
  atomic {
    state[m] = to; to = 0; moved(m); printf("worker %d records message %d: %e\n", w, m, state[m]);
    if :: state[m] == sent -> forget(m) :: else fi;
    if
    :: page && (fresh[w] & BIT(page - 1)) -> /* the claim rides with the record */
       m = page - 1; page = 0; state[m] = processing; moved(m); fresh[w] = BIT(m);
       printf("worker %d claims message %d with it\n", w, m); goto Send
    :: page -> /* the page is kept in hand, and its next message claimed by itself */
       m = page - 1; page = 0; goto Claim
    :: m = 0; page = 0; fresh[w] = 0; goto Look
    fi
  }
}

/* An operator replays a dead letter: it goes to the end of its thread, behind whoever was answered by now. With equal
   orderAt its older createTime would put it before them; so this rests on its being asked for in a later millisecond. */
#define HERE(i) (UNFINISHED(i) && orderAt[i] == now)
#ifdef BROKEN_REPLAY_IN_THE_SAME_MILLISECOND
#define LATER_THAN_THE_OTHERS true
#else
#define LATER_THAN_THE_OTHERS !(HERE(0) || HERE(1) || HERE(2))
#endif

inline replay(i) {
  replays && state[i] == failed && LATER_THAN_THE_OTHERS -> replays--;
  printf("message %d is replayed\n", i);
#ifndef BROKEN_REPLAY_KEEPS_ITS_PLACE
  orderAt[i] = now; scheduled[i] = 0;
  before[0] = before[0] & ~BIT(i); before[1] = before[1] & ~BIT(i); before[2] = before[2] & ~BIT(i);
  before[i] = (answered[0] && orderAt[0] <= now -> 1 : 0) | (answered[1] && orderAt[1] <= now -> 2 : 0) | (answered[2] && orderAt[2] <= now -> 4 : 0);
  before[i] = before[i] & ~BIT(i);
#endif
  state[i] = queued; moved(i)
}

active proctype World() {
  do
  :: atomic { now < TICKS -> now++; printf("the clock shows %d\n", now) }
  :: atomic { replay(0) }
  :: atomic { replay(1) }
  :: atomic { replay(2) }
  :: atomic { WAITS(0, 1) || WAITS(0, 2) || WAITS(1, 0) || WAITS(1, 2) || WAITS(2, 0) || WAITS(2, 1) -> heldUp = 1; HOLDS(heldUp) }
  :: atomic { timeout -> stuck = (UNFINISHED(0) || UNFINISHED(1) || UNFINISHED(2)); HOLDS(stuck); break }
  od
}

init {
  atomic {
    run App(0); run App(1); run App(2); run Worker(0)
#if W > 1
    ; run Worker(1)
#endif
  }
}
