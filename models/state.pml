/*
 * Two parties that suspend and resume their line while the way between them is cut and healed: P8.
 *
 * A suspension is an act in the log of who declares it, and lasts until the same party's act that cites it. What a screen shows of the
 * other party follows from the prefix of its log that is there, and from nothing else.
 *
 *   S1  what is shown of a party is folded from its log, in the order of the log, each entry once;
 *   S2  silence is shown beside it and never taken for it, and word from the other side takes nothing back;
 *   S3  a suspension ends by its own party's resumption alone;
 *   S4  what is pushed is all that is not receipted, in one request; it is pushed again until receipted.
 *
 * P8: at every moment a screen shows what the other party had declared at the end of the prefix that is there, neither more nor less; the
 * first request that is answered after a heal brings all that was declared in the cut; and in the end both screens show the same.
 */

#ifndef ACTS
#define ACTS 3            /* declarations of each party */
#endif
#ifndef CUTS
#define CUTS 2            /* of one way, or of both */
#endif
#ifndef REPEATS
#define REPEATS 1         /* requests that arrive twice */
#endif

#define OTHER(p) (1 - (p))
#define BIT(i) (1 << (i))
#define IN(i, set) (((set) & BIT(i)) != 0)

/* Entry i of the log of p: 1 suspends, 2 + j resumes the suspension that entry j is. */
byte entry[2 * ACTS];
#define ENTRY(p, i) entry[(p) * ACTS + (i)]
byte size[2];
byte lasting[2];                     /* suspensions of a party that last, as it declares them */
byte declared[2 * (ACTS + 1)];       /* the same after each prefix */
#define DECLARED(p, n) declared[(p) * (ACTS + 1) + (n)]

byte held[2];                        /* entries of p's log at the other party */
byte shown[2];                       /* suspensions of p that the other's screen shows */
byte receipted[2];                   /* entries of p's log that p knows to be there */

bool up[2] = true;                   /* the way from p to the other */
byte cuts, repeats;
byte due[2];                         /* entries there when the way was healed: the first request answered after it brings them */
bool owed[2];

/* Requests from p: how many entries they bring, from which one on, and whether they left after the heal. */
chan request[2] = [1] of { byte, byte, bool };
chan late[2] = [1] of { byte, byte };   /* a request that arrives a second time, whenever it likes */
chan answer[2] = [1] of { byte };
bool tried[2];                       /* sent again only when something has changed, since otherwise nothing would */

inline FOLD(p, i) {
  if
  :: ENTRY(p, i) == 1 -> shown[p] = shown[p] | BIT(i)
  :: ENTRY(p, i) > 1 -> shown[p] = shown[p] & ~BIT(ENTRY(p, i) - 2)
  :: else
  fi
}

#ifdef CHECK_P8
#define CHECK assert(shown[0] == DECLARED(0, held[0]) && shown[1] == DECLARED(1, held[1]))
#else
#define CHECK skip
#endif

proctype Officers(byte p) {
  byte j;
end:
  do
  :: atomic { size[p] < ACTS ->
       if
       :: ENTRY(p, size[p]) = 1; lasting[p] = lasting[p] | BIT(size[p])
       :: lasting[p] != 0 ->
          do
          :: IN(j, lasting[p]) -> break
          :: j < ACTS - 1 -> j++
          :: else -> break
          od;
          if
          :: IN(j, lasting[p]) -> ENTRY(p, size[p]) = 2 + j; lasting[p] = lasting[p] & ~BIT(j)
          :: else -> ENTRY(p, size[p]) = 1; lasting[p] = lasting[p] | BIT(size[p])
          fi;
#ifdef ANYBODY_RESUMES    /* WRONG, against S3: to resume ends what the other party has suspended, too */
          shown[OTHER(p)] = 0;
#endif
          j = 0
       fi;
       size[p]++;
       DECLARED(p, size[p]) = lasting[p];
       CHECK }
  od
}

#ifdef NO_RETRY           /* WRONG, against S4: an answer that was lost is waited for without end */
#define AGAIN(p) skip
#else
#define AGAIN(p) tried[p] = false
#endif

/* Pushes what is not receipted. */
proctype Author(byte p) {
  byte n;
end:
  do
  :: atomic { up[p] && receipted[p] < size[p] && !tried[p] && empty(request[p]) && empty(answer[p]) ->
       tried[p] = true;
#ifdef ONE_AT_A_TIME      /* WRONG, against S4: one act a request, though many wait */
       n = receipted[p] + 1;
#else
       n = size[p];
#endif
       request[p]!receipted[p], n, owed[p];
       n = 0 }
  :: atomic { answer[p]?n ->
       tried[p] = false;
       if
       :: n > receipted[p] -> receipted[p] = n
       :: else
       fi;
       n = 0 }
  od
}

/* The other party's mirror and screen. */
proctype Mirror(byte p) {
  byte from, to, i; bool fresh;
end:
  do
  :: atomic {
       if
       :: request[p]?from, to, fresh
       :: late[p]?from, to
       fi;
#ifdef LATEST_ONLY        /* WRONG, against S1: a screen that is told of the newest act alone */
       from = to - 1;
       i = from;
#elif defined(NOT_ONCE)   /* WRONG, against S1: what comes again counts again */
       i = from;
#else
       i = held[p];
#endif
       do
       :: i < to -> FOLD(p, i); i++
       :: else -> break
       od;
       held[p] = (to > held[p] -> to : held[p]);
#ifdef HEAL_CLEARS        /* WRONG, against S2: word from the other side is taken for the end of a suspension */
       if
       :: fresh -> shown[p] = 0
       :: else
       fi;
#endif
       CHECK;
#ifdef CHECK_RTT
       assert(!fresh || held[p] >= due[p]);
#endif
#ifdef REACH              /* suspended and resumed within a cut, learnt of by the first request after it */
       assert(!(fresh && due[p] == ACTS && ENTRY(p, ACTS - 1) > 1 && from == ENTRY(p, ACTS - 1) - 2));
#endif
       if
       :: fresh -> owed[p] = false
       :: else
       fi;
       if
       :: up[OTHER(p)] -> answer[p]!held[p]
       :: else
       fi;
       i = 0; from = 0; to = 0; fresh = false }
  :: atomic { repeats < REPEATS && nempty(request[p]) && empty(late[p]) -> repeats++;
       request[p]?<from, to, fresh>;
       late[p]!from, to;
       from = 0; to = 0; fresh = false }
  od
}

/* Cuts and heals of either way. What is on it is lost with it. */
proctype Chance(byte p) {
  byte from, to; bool fresh;
end:
  do
  :: atomic { up[p] && cuts < CUTS ->
       cuts++; up[p] = false;
       AGAIN(0); AGAIN(1);
       do
       :: nempty(request[p]) -> request[p]?from, to, fresh
       :: empty(request[p]) && nempty(answer[OTHER(p)]) -> answer[OTHER(p)]?to
       :: else -> break
       od;
       from = 0; to = 0; fresh = false;
#ifdef SILENCE_SUSPENDS   /* WRONG, against S2: who is not heard is shown as suspended */
       shown[p] = shown[p] | 1;
#endif
       CHECK }
  :: atomic { !up[p] -> up[p] = true;
       AGAIN(0); AGAIN(1);
       due[p] = size[p]; owed[p] = size[p] > receipted[p] }
  od
}

init {
  atomic {
    run Officers(0); run Officers(1);
    run Author(0); run Author(1);
    run Mirror(0); run Mirror(1);
    run Chance(0); run Chance(1)
  }
}

#ifdef CHECK_AGREE        /* both screens show the same in the end */
ltl agree { <> [] (shown[0] == lasting[0] && shown[1] == lasting[1] && held[0] == size[0] && held[1] == size[1]) }
#endif
