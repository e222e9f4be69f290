/*
 * An author that shows different histories to different parties, and what the parties' own acts make of it: P5.
 *
 * Every act cites, in `seen`, the newest head of every other log that its author has cosigned: size and root. Who receives the act holds
 * the citation against its own copy of that log. Heads are numbers as in line.pml: a leading 1, then a binary digit for every entry.
 *
 *   V1  the newest head is cited, with its root;
 *   V2  a citation shorter than one's own copy is held against one's own root at that size;
 *   V3  of one that is longer, the way from one's own head is asked for, from the party that cites it: its copy leads there or does not;
 *   V4  only two heads that the author has signed are a proof: the word of a party is none.
 *
 * P5: once each of two honest parties has taken an act of the other, either both hold a fork proof or what both cited is consistent; and
 * nobody holds a proof against an author that signed one history only.
 */

#ifndef ENTRIES
#define ENTRIES 4
#endif
#define EMPTY 1
#define SIZE(h) ((h) < 2 -> 0 : ((h) < 4 -> 1 : ((h) < 8 -> 2 : ((h) < 16 -> 3 : ((h) < 32 -> 4 : 5)))))
#define PREFIX(a, b) (SIZE(a) <= SIZE(b) && ((b) >> ((SIZE(a) <= SIZE(b) -> SIZE(b) - SIZE(a) : 0))) == (a))
#define CONSISTENT(a, b) (PREFIX(a, b) || PREFIX(b, a))
#define FULL(h) (SIZE(h) >= ENTRIES)

byte view[2] = EMPTY;                /* the head of the author's log that a party has cosigned */
byte cited[2];                       /* by the act of this party; 0: none yet */
byte at[2];                          /* its view when it was written */
byte claimed[2];                     /* what the act says, which is the same but for a liar */
bool taken[2];                       /* the other has taken the act of this party */
bool proof[2];
bool forked;                         /* the author has signed two heads that are inconsistent */

#ifdef SIZE_ONLY          /* WRONG, against V1: the size is cited, not the root */
#define DIFFERS(own, said) false
#elif defined(SAME_SIZE)  /* WRONG, against V2 and V3: only heads of one size are compared */
#define DIFFERS(own, said) (SIZE(own) == SIZE(said) && (own) != (said))
#elif defined(SHORTER_ONLY) /* WRONG, against V3: a head beyond one's own copy is believed */
#define DIFFERS(own, said) (SIZE(said) <= SIZE(own) && !PREFIX(said, own))
#else
#define DIFFERS(own, said) (!CONSISTENT(own, said))
#endif

/* The author shows the next entry to one party, whatever it shows to the other. */
active proctype Author() {
  byte next, p;
end:
  do
  :: atomic {
       if
       :: !FULL(view[0]) -> p = 0
       :: !FULL(view[1]) -> p = 1
       fi;
       next = view[p] << 1;
       if
       :: skip
       :: next = next | 1
       fi;
#ifdef HONEST_AUTHOR
       if
       :: CONSISTENT(next, view[1 - p]) -> view[p] = next
       :: else
       fi;
#else
       view[p] = next;
       forked = forked || !CONSISTENT(view[0], view[1]);
#endif
       next = 0; p = 0 }
  od
}

proctype Party(byte p) {
end:
  do
  :: atomic { cited[p] == 0 ->
#ifdef OLD_HEAD           /* WRONG, against V1: what is cited is what was there at the opening */
       cited[p] = EMPTY;
#else
       cited[p] = view[p];
#endif
       at[p] = view[p];
       claimed[p] = cited[p];
#ifdef LIAR               /* the first party says that it has seen something else */
       if
       :: p == 0 -> claimed[p] = cited[p] ^ 1; claimed[p] = (claimed[p] == 0 -> EMPTY : claimed[p])
       :: else
       fi
#endif
     }
  :: atomic { cited[1 - p] != 0 && !taken[1 - p] ->
       taken[1 - p] = true;
       if
       :: DIFFERS(view[p], claimed[1 - p]) ->
#ifdef TAKE_WORD          /* WRONG, against V4 */
          proof[p] = true
#else
          /* The head that is cited must be shown as the author signed it. */
          proof[p] = proof[p] || claimed[1 - p] == cited[1 - p]
#endif
       :: else
       fi;
       /* Whoever holds a proof shows it. */
       proof[1 - p] = proof[1 - p] || proof[p];
#ifdef CHECK_P5
       assert(!(taken[0] && taken[1]) || CONSISTENT(at[0], at[1]) || (proof[0] && proof[1]));
#endif
#ifdef CHECK_INNOCENT
       assert(!proof[0] && !proof[1] || forked);
#endif
#ifdef REACH              /* a fork that began after both had agreed on an entry, found by both */
       assert(!(taken[0] && taken[1] && proof[0] && proof[1] && SIZE(cited[0]) != SIZE(cited[1]) && cited[0] > 7 && cited[1] > 3));
#endif
     }
  od
}

init { atomic { run Party(0); run Party(1) } }
