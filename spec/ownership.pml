/*
 * Who holds a WhatsApp session: one account, two instances, a lease document with epochs, and session keys of which only
 * the owner's writes may count. Its code is WaAspire.Worker/Accounts/Ownership and Sessions; docs/protocol.md tells what
 * each run shows.
 *
 * As in outbox.pml a fence is a bit, there is no time, and every fault has a budget. A worker that rests for ever between
 * two steps stands for a paused process: it still holds its socket open and still believes what it knew.
 */

#ifndef TERMS
#define TERMS 3
#endif
#ifndef COMMITS
#define COMMITS 2       /* session commits in all */
#endif
#ifndef CRASHES
#define CRASHES 1
#endif
#ifndef LOSSES
#define LOSSES 1
#endif
#define W 2

/* accountLeases/{id}: never deleted. */
byte owner;             /* 0: nobody */
byte epoch;
bit  clean = 1;         /* the last owner gave it back */
bit  ended;             /* whoever watches has seen it unchanged for a full lease */
/* wa_sessions/{id} and the keys behind it */
byte sessionEpoch;
byte sessionSeq;

byte leaseFresh;        /* a bit for each worker: it knows the lease document's newest update time */
byte sessionFresh;
byte mine[W];           /* the epoch under which a worker believes itself the owner; 0: it does not */
bit  open[W];           /* its socket */
bit  replaced[W];       /* WhatsApp has closed it with 440, and it has not noticed yet */
bit  gone[W];
bit  late[W];           /* the command to open it is still on its way to the gateway */

byte terms = TERMS, commits = COMMITS, crashes = CRASHES, losses = LOSSES;
bit  slow = 1;          /* once, a command takes its time */
bit  stranger = 1;      /* once, WhatsApp says 440 for a reason of its own */
byte highest;           /* the highest epoch ever given out */
byte evictions;

bit mixed;              /* S9  a session write of an older term landed among those of a newer one */
bit stale;              /*     a session write built on keys that were not the newest: a key is lost */
bit reused;             /* S6  an epoch came twice, or went back */
bit doubled;            /* S9  two sockets open, though nobody was late */
bit fight;              /*     two instances throw each other out again and again */
bit deserted;           /*     nothing will move any more, and nobody holds the account */
#define HOLDS(promise) assert(!promise)
#define BIT(w) (1 << (w))
#define OTHER (1 - w)

inline leaseMoved() { leaseFresh = 0; ended = 0 }

inline take() {
  leaseMoved();
  leaseFresh = BIT(w);
  owner = w + 1; clean = 0; terms--;
  epoch++;
  reused = (epoch <= highest);
  HOLDS(reused);
  highest = epoch;
  printf("worker %d takes the lease, epoch %d\n", w, epoch)
}

inline connect(w) {
  if
  :: open[OTHER] ->
#ifdef TRUST
     doubled = 1; HOLDS(doubled);
#endif
     open[OTHER] = 0; replaced[OTHER] = 1; evictions++;
     fight = (evictions > 2 * TERMS + 1);
     HOLDS(fight)
  :: else
  fi;
  open[w] = 1; printf("worker %d opens the socket\n", w)
}

inline letGo() {
#ifndef BROKEN_CLOSE_OVERTAKES
  late[w] = 0;          /* the gateway refuses what comes after the close that was meant for it */
#endif
  open[w] = 0; replaced[w] = 0; mine[w] = 0; loaded = 0;
  sessionFresh = sessionFresh & ~BIT(w)
}

proctype Worker(byte w) {
  byte loaded;          /* the session as this worker's socket knows it */
Look:
  atomic { terms && !gone[w] && (owner == 0 || ended || (clean && owner != w + 1)) -> leaseFresh = leaseFresh | BIT(w) }
  atomic { /* CAS on the lease. A lost reply is read back: does it name me, with an epoch that I have not had? */
    if
    :: !(leaseFresh & BIT(w)) -> goto Look
    :: (leaseFresh & BIT(w)) -> take(); mine[w] = epoch
    :: losses && (leaseFresh & BIT(w)) -> losses--; take(); printf("worker %d hears no reply\n", w); goto ReadBack
    fi
  }
  goto Touch;
ReadBack:
  atomic { if :: owner == w + 1 -> mine[w] = epoch :: else -> goto Look fi }

Touch: /* The new owner's first act is a write to the session with its epoch: it takes the fence from the old owner. */
#ifdef BROKEN_LOAD_BEFORE_TOUCH
  loaded = sessionSeq;
#endif
  atomic {
    if
    :: owner == w + 1 && epoch == mine[w] ->
#ifdef BROKEN_NO_TOUCH
       skip
#else
       sessionSeq++; sessionEpoch = mine[w];
#ifdef BROKEN_LOAD_BEFORE_TOUCH
       loaded++;        /* it counts on its own write only */
#endif
       printf("worker %d touches the session: epoch %d, version %d\n", w, sessionEpoch, sessionSeq);
       sessionFresh = BIT(w)
#endif
    :: else -> letGo(); goto Look
    fi
  }
#ifndef BROKEN_LOAD_BEFORE_TOUCH
  atomic { loaded = sessionSeq; printf("worker %d loads version %d\n", w, loaded) }
#endif
#ifdef BROKEN_NO_TOUCH
  sessionFresh = sessionFresh | BIT(w);
#endif

Open:
  atomic {
#ifdef TRUST /* no socket is opened past the lease's deadline */
    if
    :: !(owner == w + 1 && epoch == mine[w]) || (ended && owner == w + 1) -> letGo(); goto Look
    :: else
    fi;
#endif
    if
    :: connect(w)
#ifdef TRUST
    :: slow -> slow = 0; late[w] = 1; printf("worker %d: the open is on its way\n", w)
#endif
    fi
  }

Own:
  do
  :: atomic { !replaced[w] && open[w] && commits -> commits--; /* keys change as messages are sent and received */
       if
#ifdef BROKEN_SESSION_WITHOUT_FENCE
       :: true ->
#elif defined(BROKEN_LEASE_DELETED)
       :: mine[w] == sessionEpoch ->  /* the fence compares epochs */
#else
       :: (sessionFresh & BIT(w)) ->
#endif
          mixed = (mine[w] < sessionEpoch); HOLDS(mixed);
          stale = (loaded != sessionSeq); HOLDS(stale);
          sessionSeq++; loaded = sessionSeq; sessionEpoch = mine[w]; sessionFresh = BIT(w);
          printf("worker %d writes the session: epoch %d, version %d\n", w, sessionEpoch, sessionSeq)
#ifndef BROKEN_SESSION_WITHOUT_FENCE
       :: else -> printf("worker %d: the session write is refused: ownership is lost\n", w); letGo(); goto Look
#endif
       fi }
  :: atomic { replaced[w] -> replaced[w] = 0; printf("worker %d hears 440\n", w);
#ifdef BROKEN_FIGHT
       goto Open
#else
       if
       :: owner == w + 1 && epoch == mine[w] -> goto Open
       :: else -> letGo(); goto Look
       fi
#endif
     }
  :: atomic { owner != w + 1 || epoch != mine[w] -> printf("worker %d cannot renew: it closes the socket\n", w); letGo(); goto Look }
#ifdef TRUST
  :: atomic { open[w] && owner == w + 1 && terms -> printf("worker %d: the deadline has passed, it closes the socket\n", w); open[w] = 0 }
#endif
  :: atomic { terms && owner == w + 1 && epoch == mine[w] -> /* drain: closed first, then given back */
       printf("worker %d gives the account back\n", w); letGo();
#ifdef BROKEN_LEASE_DELETED
       epoch = 0;
#endif
       leaseMoved(); owner = 0; clean = 1; goto Look }
#ifdef BROKEN_UNFENCED_RENEWAL
  :: atomic { terms && owner != w + 1 -> terms--; printf("worker %d renews without looking\n", w); leaseMoved(); owner = w + 1; epoch = mine[w];
       reused = (epoch < highest); HOLDS(reused) }
#endif
  :: atomic { crashes && mine[w] -> crashes--; printf("worker %d dies; its gateway dies with it\n", w); gone[w] = 1; letGo(); break }
  od
}

/* Lock delay: an unclean predecessor is waited out. With TRUST the holder's deadline comes before that. */
#ifdef TRUST
#define SEEN_ENDED (owner != 0 && !ended && !open[owner - 1])
#else
#define SEEN_ENDED (owner != 0 && !ended)
#endif

active proctype World() {
  do
  :: atomic { terms && SEEN_ENDED -> ended = 1; late[owner - 1] = 0; printf("the lease of worker %d has not been renewed\n", owner - 1) }
  :: atomic { late[0] -> late[0] = 0; if :: gone[0] :: else -> connect(0) fi }
  :: atomic { late[1] -> late[1] = 0; if :: gone[1] :: else -> connect(1) fi }
  :: atomic { stranger && open[0] -> stranger = 0; open[0] = 0; replaced[0] = 1; printf("somebody else throws worker 0 out\n") }
  :: atomic { timeout ->
       deserted = (terms && (owner == 0 || !open[owner - 1] || mine[owner - 1] != epoch));
       HOLDS(deserted); break }
  od
}

init { atomic { run Worker(0); run Worker(1) } }
