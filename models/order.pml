/*
 * What came before what, read from the heads that acts cite: P7.
 *
 * Three parties write acts; each act cites how much of the other logs its author has cosigned. An act is before another when it is earlier
 * in the same log, or lies in what the other cites, or so through acts between them. Each replica keeps for every act one running maximum
 * a log (`before`), made of the citation, of the act before it in its log and of the acts it cites.
 *
 *   O1  a citation has the root of what it cites, so nothing can be cited before it is there;
 *   O2  an act takes its place only when all that it cites is there;
 *   O3  places come from citations alone, never from clocks and never from the order of arrival.
 *
 * P7: no act comes before itself, and every replica gives every act the same place, which is the one that it had when it was written.
 */

#ifndef ACTS
#define ACTS 2            /* of each party */
#endif
#ifndef LAST
#define LAST 1            /* of the third */
#endif
#define PARTIES 3
#define MOST(p) ((p) == 2 -> LAST : ACTS)
#define NEXT(p) (((p) + 1) % PARTIES)
#define ACT(p, i) ((p) * ACTS + (i))
#define SEEN(a, q) seen[(a) * PARTIES + (q)]
#define BEFORE(a, q) before[(a) * PARTIES + (q)]
#define KNOWN(r, q) known[(r) * PARTIES + (q)]

byte size[PARTIES];
byte seen[PARTIES * ACTS * PARTIES];
byte before[PARTIES * ACTS * PARTIES];   /* the place that the act has: entries of every log that are before it */
byte held[PARTIES * PARTIES];            /* entries of a log that a party has cosigned, and may cite */
byte placed[PARTIES];                    /* acts of a log that have their place in the replica that is looked at: any one */
#define HELD(p, q) held[(p) * PARTIES + (q)]

#define MAX(a, b) ((a) > (b) -> (a) : (b))

/* What the citation of log q in act `a` reaches of another log, for who has `there` acts of q. */
#define REACHED(a, q, there, into) (SEEN(a, q) > 0 && SEEN(a, q) <= (there) -> BEFORE(ACT(q, SEEN(a, q) - 1), into) : 0)

inline PLACE(A, OWNER, INDEX, LOG, THERE0, THERE1, THERE2, RESULT) {
  RESULT = MAX(SEEN(A, LOG), REACHED(A, 0, THERE0, LOG));
  RESULT = MAX(RESULT, REACHED(A, 1, THERE1, LOG));
  RESULT = MAX(RESULT, REACHED(A, 2, THERE2, LOG));
  if
  :: INDEX > 0 -> RESULT = MAX(RESULT, BEFORE(A - 1, LOG))
  :: else
  fi;
  if
  :: LOG == OWNER -> RESULT = MAX(RESULT, INDEX)
  :: else
  fi
}

#ifdef NO_WAIT            /* WRONG, against O2: placed at once, by what happens to be there */
#define HAS_PLACE(a) true
#else
#define HAS_PLACE(a) (SEEN(a, 0) <= placed[0] && SEEN(a, 1) <= placed[1] && SEEN(a, 2) <= placed[2])
#endif

proctype Party(byte p) {
  byte a, q, into, place;
end:
  do
  :: atomic { size[p] < MOST(p) ->
       a = ACT(p, size[p]);
       for (q : 0 .. PARTIES - 1) {
         if
         :: q != p -> SEEN(a, q) = HELD(p, q)
#ifdef NO_ROOT            /* WRONG, against O1: a hostile party cites what is not there yet, since a number is all it takes */
         :: q != p && p == 0 -> SEEN(a, q) = ACTS
#endif
         :: else
         fi
       }
       for (into : 0 .. PARTIES - 1) {
         PLACE(a, p, size[p], into, size[0], size[1], size[2], place);
         BEFORE(a, into) = place
       }
       size[p]++;
#ifdef CHECK_P7
       /* Not before itself. */
       assert(BEFORE(a, p) == size[p] - 1);
#endif
#ifdef REACH              /* an act that reaches a third log only through another one */
       assert(BEFORE(a, NEXT(p)) <= SEEN(a, NEXT(p)));
#endif
       a = 0; q = 0; into = 0; place = 0 }
  od
}

/* Party p cosigns one more entry of log q, whether or not it can place it. */
proctype Way(byte q, p) {
end:
  do
  :: atomic { HELD(p, q) < size[q] -> HELD(p, q) = HELD(p, q) + 1 }
  od
}

/* The replica that is looked at gives the next act of log p its place: the logs come to it in any order. */
proctype Replica(byte p) {
  byte a, into, place;
end:
  do
  :: atomic { placed[p] < size[p] && HAS_PLACE(ACT(p, placed[p])) ->
       a = ACT(p, placed[p]);
#ifdef CHECK_P7
       for (into : 0 .. PARTIES - 1) {
#ifdef BY_ARRIVAL         /* WRONG, against O3: before it is all that has come before it */
         place = placed[into];
#else
         PLACE(a, p, placed[p], into, placed[0], placed[1], placed[2], place);
#endif
         assert(place == BEFORE(a, into))
       }
#endif
       placed[p]++;
       a = 0; into = 0; place = 0 }
  od
}

init {
  byte p;
  atomic {
    for (p : 0 .. PARTIES - 1) {
      run Party(p);
      run Replica(p);
      run Way(p, NEXT(p));
      run Way(p, NEXT(NEXT(p)))
    }
    p = 0
  }
}

#ifdef CHECK_LIVE         /* every act gets its place everywhere */
ltl live { <> [] (placed[0] == ACTS && placed[1] == ACTS && placed[2] == LAST) }
#endif
